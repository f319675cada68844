"""`confirma adapters check`."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from confirma_connector.cli.saying import say
from confirma_connector.errors import SourceError
from confirma_connector.language import tr

if TYPE_CHECKING:
    from confirma_connector.testing import Tried

__all__ = ["check"]


@click.command()
@click.argument("name")
@click.argument("sample", type=click.Path(path_type=Path))
@click.option("--mapping", "-m", metavar="MAPPING", help="A shipped mapping's name, or a mapping file.")
@click.option(
    "--adapters", "folders", type=click.Path(path_type=Path), multiple=True, help="A folder with more adapters."
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def check(name: str, sample: Path, mapping: str | None, folders: tuple[Path, ...], as_json: bool) -> None:
    """Try everything that an adapter promises on a sample of its format, in the sandbox.

    NAME is the adapter's name, or its file. Copies of the sample are read, broken, sent, tracked, sorted and written
    into. What is found is told in English. The exit code is 1 when a promise is broken, else 0.
    """
    from confirma_connector.testing import Sample, tried

    if not sample.is_file():
        raise SourceError(tr("{path}: there is no such file", path=sample))
    done = []
    for one in tried(name, Sample(sample, mapping), folders=folders):
        done.append(one)
        if not as_json:
            say(one)
    if as_json:
        say(json.dumps({"version": 1, "adapter": name, "promises": [asdict(one) for one in done]}, indent=2))
    else:
        say(_sum(done))
    raise click.exceptions.Exit(1 if any(one.findings for one in done) else 0)


def _sum(done: list[Tried]) -> str:
    counts = Counter(one.outcome for one in done)
    return tr(
        "{kept} kept, {broken} broken, {untried} not tried, {needless} needless",
        **{outcome: counts[outcome] for outcome in ("kept", "broken", "untried", "needless")},
    )

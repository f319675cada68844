"""`confirma adapters check`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from confirma_connector.cli.saying import say
from confirma_connector.configfile import adapter_folders
from confirma_connector.errors import SourceError
from confirma_connector.language import tr

if TYPE_CHECKING:
    from confirma_connector.testing import Tried

__all__ = ["check", "folder_options", "folders_of"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


def folder_options(function: _Function) -> _Function:
    """Add what names folders of adapters, without loading what the settings need."""
    function = click.option("--profile", metavar="PROFILE", help="A profile of the config file.")(function)
    function = click.option("--config", metavar="CONFIG", help="The config file.")(function)
    return click.option(
        "--adapters", type=click.Path(path_type=Path), multiple=True, help="A folder with more adapters."
    )(function)


def folders_of(given: Mapping[str, Any]) -> tuple[Path, ...]:
    """Give the folders that the options name, else those of the config file. Raises SettingsError."""
    named: tuple[Path, ...] = given["adapters"]
    return named or adapter_folders(given["config"], given["profile"], os.environ)


@click.command()
@click.argument("name")
@click.argument("sample", type=click.Path(path_type=Path))
@click.option("--mapping", "-m", metavar="MAPPING", help="A shipped mapping's name, or a mapping file.")
@folder_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def check(name: str, sample: Path, mapping: str | None, as_json: bool, **given: Any) -> None:
    """Try everything that an adapter promises on a sample of its format, in the sandbox.

    NAME is the adapter's name, or its file. Copies of the sample are read, broken, sent, tracked, sorted and written
    into. What is found is told in English. The exit code is 0 when every promise that was tried is kept, 1 when one is
    broken, 2 when nothing could be tried.
    """
    from confirma_connector.testing import Sample, tried

    if not sample.is_file():
        raise SourceError(tr("{path}: there is no such file", path=sample))
    done = []
    for one in tried(name, Sample(sample, mapping), folders=folders_of(given)):
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

"""`confirma adapters check`."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
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
@click.option("--invoices", metavar="NUMBERS", help="The invoices in SAMPLE that can be sent, if not all: 1001,1002.")
@click.option(
    "--resorted", type=click.Path(path_type=Path), help="A file with the same invoices as SAMPLE in another order."
)
@folder_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def check(
    name: str,
    sample: Path,
    mapping: str | None,
    invoices: str | None,
    resorted: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Try everything that an adapter promises on a sample of its format, in the sandbox.

    NAME is the adapter's name, or its file. Copies of the sample are read, broken, sent, tracked, sorted and written
    into. What is found is told in English. The exit code is 0 when every promise that was tried is kept, 1 when one is
    broken, 2 when nothing could be tried.
    """
    from confirma_connector.testing import Sample, tried

    if not sample.is_file():
        raise SourceError(tr("{path}: there is no such file", path=sample))
    done: list[Tried] = []
    numbers = None if invoices is None else _numbers(invoices)
    for one in tried(name, Sample(sample, mapping, numbers, resorted=resorted), folders=folders_of(given)):
        if not as_json:
            say(_shown(one, done))
        done.append(one)
    if as_json:
        say(json.dumps({"version": 1, "adapter": name, "promises": [asdict(one) for one in done]}, indent=2))
    else:
        say(_sum(done))
    raise click.exceptions.Exit(1 if any(one.findings for one in done) else 0)


def _numbers(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise click.BadParameter(tr("expected numbers with commas between, such as 1001,1002"), param_hint="--invoices")
    return [*map(int, words)]


def _shown(one: Tried, before: list[Tried]) -> str:
    """Give what came of a promise; what broke others before it is told once."""
    told = {(finding.came, finding.look): other for other in reversed(before) for finding in other.findings}
    new = tuple(finding for finding in one.findings if (finding.came, finding.look) not in told)
    if new or not one.findings:
        return str(replace(one, findings=new))
    first = told[one.findings[0].came, one.findings[0].look]
    return str(replace(one, findings=(), reason=f"for the same reason as above: {first.title}"))  # not for people


def _sum(done: list[Tried]) -> str:
    counts = Counter(one.outcome for one in done)
    return tr(
        "{kept} kept, {broken} broken, {untried} not tried, {needless} needless",
        **{outcome: counts[outcome] for outcome in ("kept", "broken", "untried", "needless")},
    )

"""`confirma contract confirm`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from confirma_connector import plugins
from confirma_connector.cli import options
from confirma_connector.cli.progress import Listener, listener
from confirma_connector.cli.saying import say
from confirma_connector.confirming import confirm as written
from confirma_connector.contract import Provisional, read
from confirma_connector.errors import SettingsError, SourceError
from confirma_connector.items import Item
from confirma_connector.language import tr, trn
from confirma_connector.production import missing
from confirma_connector.run import Run
from confirma_connector.settings import Settings
from confirma_connector.showing import shown
from confirma_connector.survey import Survey
from confirma_connector.usage import Usage

__all__ = ["confirm"]


@click.command()
@options.one_file
@click.option("--by", metavar="NAME", help="Who confirms it.")
@click.option("--ground", metavar="TEXT", help="On what ground: a document, an e-mail, a printed invoice.")
@click.option("--yes", is_flag=True, help="Answer the last question with yes.")
@options.settings_options
def confirm(file: Path, mapping: str | None, by: str | None, ground: str | None, yes: bool, **given: Any) -> None:
    """Confirm, with your name, what the invoices of FILE use of the contract and nobody has confirmed yet.

    It shows every such value, and one invoice as it will be sent. Production is open to invoices that use nothing else.
    """
    settings = options.loaded_settings(given)
    overlay = settings.overlay
    hear = listener(log_json=False)
    run = _run(settings, overlay, hear)
    with hear:
        read = run.read(file, run.mapping(file, mapping), os.urandom(32))
    with contextlib.closing(read) as found:
        lines = missing(run, [found])
        _show(run, found, lines)
    if not lines:
        return
    if not options.at_a_terminal() and not (by and ground and yes):
        raise SettingsError(
            tr("nothing was confirmed: without a terminal to ask at, say --by NAME --ground TEXT --yes")
        )
    by = by or click.prompt(tr("Who confirms this"), err=True)
    ground = ground or click.prompt(tr("On what ground"), err=True)
    question = trn("Is the value above right?", "Is each of the {count} values above right?", len(lines))
    if not (yes or options.agreed(question)):
        raise SettingsError(tr("nothing was confirmed"))
    written(overlay, lines, by, ground, run.contract.version)
    say(
        trn(
            "{count} confirmed by {person}, kept in {path}",
            "{count} confirmed by {person}, kept in {path}",
            len(lines),
            person=by,
            path=overlay,
        )
    )


def _run(settings: Settings, overlay: Path, hear: Listener) -> Run:
    """Give a run that reads: the overlay it is to write need not be there yet."""
    in_force = read(overlay if overlay.exists() else None)
    return Run(settings, in_force, plugins.discover(settings.adapters), hear)


def _show(run: Run, found: Survey, lines: Sequence[Provisional]) -> None:
    sample = _sample(run, found, lines)
    if sample is None:
        raise SourceError(tr("{path}: there is no valid invoice in it; see confirma check", path=found.path))
    if left := sum(item.kind is None for item in found.items):
        say(
            tr(
                "{invalid} of {invoices} invoices are invalid and not looked at",
                invalid=left,
                invoices=len(found.items),
            )
        )
    if not lines:
        say(tr("{name}: everything that its invoices use of the contract is confirmed", name=found.path.name))
        return
    say(
        trn(
            "{name} uses {count} value of the contract that nobody has confirmed:",
            "{name} uses {count} values of the contract that nobody has confirmed:",
            len(lines),
            name=found.path.name,
        )
    )
    for one in lines:
        say(f"  {one.text()}")
    say(tr("invoice {number} as it will be sent:", number=sample.label))
    say(shown(found.claim(sample).body, run.contract))


def _sample(run: Run, found: Survey, lines: Sequence[Provisional]) -> Item | None:
    """Give the first valid invoice whose request uses one of *lines*; where none does, the first."""
    asked = found.used & {one.line for one in lines}
    usage = Usage(run.contract)
    for item in found.valid() if asked else ():
        body = found.claim(item).body
        usage.add(body)
        if usage.lines() & asked:
            return item
    return next(found.valid(), None)

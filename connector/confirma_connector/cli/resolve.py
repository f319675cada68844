"""`confirma resolve`."""

from __future__ import annotations

from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.saying import say
from confirma_connector.decide import Decision
from confirma_connector.decide import resolve as decide
from confirma_connector.language import tr
from confirma_connector.retelling import retold

__all__ = ["resolve"]


@click.command()
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(min=0), metavar="NUMBER...")
@click.option("--arrived", "decision", flag_value="arrived", help="It is at Confirma: it is never sent again.")
@click.option("--not-arrived", "decision", flag_value="not-arrived", help="It never got there: it may be sent.")
@click.option("--handled", "decision", flag_value="handled", help="Settled in another way: it is left alone.")
@click.option("--reason", required=True, metavar="TEXT", help="How you know; it is kept with your name.")
@click.option("--year", type=int, metavar="YEAR", help="The year of the invoice, where numbers begin anew every year.")
@options.settings_options
def resolve(numbers: tuple[int, ...], decision: Decision | None, reason: str, year: int | None, **given: Any) -> None:
    """Decide about invoices where Confirma's own word is missing."""
    if decision is None:
        raise click.UsageError(tr("say one of --arrived, --not-arrived, --handled"))
    settings = options.loaded_settings(given)
    for number in numbers:
        entry = decide(settings, number, decision, reason, year)
        say(
            tr(
                "invoice {number}: {state}: {message}",
                number=entry.number,
                state=entry.state,
                message=retold(entry.message),
            )
        )

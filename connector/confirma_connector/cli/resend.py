"""`confirma resend`."""

from __future__ import annotations

from typing import Any

import click

from confirma_connector import decide
from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.language import tr

__all__ = ["resend"]


@click.command()
@options.number_option
@click.option("--reason", required=True, metavar="TEXT", help="Why; it is kept with your name.")
@click.option("--year", type=int, metavar="YEAR", help="The year of the invoice, where numbers begin anew every year.")
@options.settings_options
def resend(number: int, reason: str, year: int | None, **given: Any) -> None:
    """Let the next send of its file send invoice NUMBER again, which Confirma refused, or took and did not deliver."""
    run = options.prepared(given, lambda _: None)
    sandbox_line(run.settings.environment)
    entry = decide.resend(run, number, reason, year)
    say(
        tr(
            "invoice {number}: {state}: the next send of its file sends it again",
            number=entry.number,
            state=entry.state,
        )
    )

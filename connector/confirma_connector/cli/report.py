"""`confirma report`."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.period import period
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.files import replacing
from confirma_connector.journal import Journal
from confirma_connector.language import tr, trn

__all__ = ["report"]


@click.command()
@click.option(
    "--html", "out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="Write the page into FILE."
)
@click.option("--replace", "replaces", is_flag=True, help="Write it in the place of a file of that name.")
@click.option("--from", "first", metavar="DATE", help="Only invoices dated on or after DATE (2026-01-31).")
@click.option("--to", "last", metavar="DATE", help="Only invoices dated on or before DATE.")
@options.settings_options
def report(out: Path, replaces: bool, first: str | None, last: str | None, **given: Any) -> None:
    """Make one page about the invoices of the account: sums, pictures over time, reasons, and what is open."""
    try:
        from confirma_connector.overview.page import Heading, page
    except ImportError as error:
        raise SettingsError(
            tr('the report needs more: pip install "confirma-connector[report]" ({name})', name=error.name)
        ) from None
    settings = options.loaded_settings(given)
    options.new_file(out, ".html", replaces=replaces)
    begin, end = period(("--from", first), ("--to", last))
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        entries = journal.dated(begin, end)
    about = Heading(
        settings.environment, settings.account, begin if first else None, end if last else None, dt.date.today()
    )
    made = page(entries, about)
    with replacing(out) as fresh:
        fresh.write_bytes(made)
    sandbox_line(settings.environment)
    say(
        trn(
            "made {path}: {count} invoice of account {account}",
            "made {path}: {count} invoices of account {account}",
            len(entries),
            path=out,
            account=settings.account,
        )
    )
    sandbox_line(settings.environment)

"""`confirma journal`: the journal's file itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.journal import Journal
from confirma_connector.language import tr, trn
from confirma_connector.opening import held
from confirma_connector.settings import Settings

__all__ = ["journal"]


@click.group()
def journal() -> None:
    """Drop personal data from the journal, or copy it."""


@journal.command()
@click.option("--older-than", type=click.IntRange(min=0), metavar="DAYS", help="Instead of the setting retention_days.")
@options.settings_options
def purge(older_than: int | None, **given: Any) -> None:
    """Drop the request bodies and the server's answers of invoices that have been in their final state for DAYS.

    The end of every send and track does so by itself. Number, state, dates, sums and what happened stay.
    """
    settings = _with_journal(given)
    days = settings.retention_days if older_than is None else older_than
    sandbox_line(settings.environment)
    with held(settings) as book:
        count, left = book.purge(days), book.kept()
    say(
        trn(
            "account {account}: dropped the data of {count} invoice",
            "account {account}: dropped the data of {count} invoices",
            count,
            account=settings.account,
        )
    )
    if left:
        say(
            trn(
                "{count} invoice came to a final state less than {days} days ago; --older-than 0 takes all",
                "{count} invoices came to a final state less than {days} days ago; --older-than 0 takes all",
                left,
                days=days,
            )
        )
    sandbox_line(settings.environment)


@journal.command()
@click.argument("file", type=click.Path(path_type=Path))
@options.settings_options
def backup(file: Path, **given: Any) -> None:
    """Copy the whole journal, all accounts, into the new FILE; runs may go on meanwhile."""
    settings = _with_journal(given)
    with Journal(settings.journal, settings.environment, settings.account) as book:
        book.backup(file)
    say(
        tr(
            "copied {journal} to {file}; it holds personal data: only you can read it, keep it so",
            journal=settings.journal,
            file=file,
        )
    )


def _with_journal(given: dict[str, Any]) -> Settings:
    settings = options.loaded_settings(given)
    if not settings.journal.is_file():
        raise SettingsError(tr("there is no journal {journal} yet", journal=settings.journal))
    return settings

"""`confirma show`."""

from __future__ import annotations

import json
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.contract import read
from confirma_connector.errors import SettingsError
from confirma_connector.journal import Journal
from confirma_connector.language import day, money, time_of, tr
from confirma_connector.outcome import entry_words
from confirma_connector.refusing import in_fields
from confirma_connector.retelling import retold

__all__ = ["show"]


@click.command()
@options.number_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
def show(number: int, as_json: bool, **given: Any) -> None:
    """Show invoice NUMBER: its state, and everything that happened to it, the server's own words included."""
    settings = options.loaded_settings(given)
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        found = [(entry, journal.events(entry)) for entry in journal.named(number)]
    if not found:
        raise SettingsError(
            tr(
                "the journal knows no invoice {number} of account {account} ({environment})",
                number=number,
                account=settings.account,
                environment=settings.environment,
            )
        )
    if as_json:
        told = [
            {
                "number": entry.number,
                "year": entry.year or None,
                "state": entry.state,
                "message": entry_words(entry),
                "type": entry.type,
                "date": entry.date.isoformat(),
                "currency": entry.currency,
                "gross_amount": str(entry.gross),
                "method": entry.method,
                "case_id": entry.case_id,
                "events": [{"at": at, "event": event, "http_status": code} for at, event, code, _ in events],
            }
            for entry, events in found
        ]
        say(json.dumps({"version": 1, "invoices": told}, ensure_ascii=False, indent=2))
        return
    sandbox_line(settings.environment)
    contract = read(settings.contract)
    for entry, events in found:
        say(tr("invoice {number}: {state}", number=entry.number, state=entry.state))
        say(
            tr(
                "  {type} of {date}, {amount} {currency}, by {method}",
                type=entry.type,
                date=day(entry.date),
                amount=money(entry.gross),
                currency=entry.currency,
                method=entry.method,
            )
        )
        say(f"  {entry_words(entry)}")
        for line in in_fields(entry, contract):
            say(f"  {line}")
        for at, event, code, detail in events:
            http = f" (HTTP {code})" if code else ""
            say(f"  {time_of(at)}  {retold(event)}{http}{': ' if detail else ''}{retold(detail)}")
    sandbox_line(settings.environment)

"""`confirma show`."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.journal import Journal
from confirma_connector.language import tr
from confirma_connector.outcome import entry_words

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
    for entry, events in found:
        say(f"invoice {entry.number}: {entry.state}")
        say(f"  {entry.type} of {entry.date}, {entry.gross} {entry.currency}, by {entry.method}")
        say(f"  {entry_words(entry)}")
        for at, event, code, detail in events:
            when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))
            say(f"  {when}  {event}{f' (HTTP {code})' if code else ''}{': ' if detail else ''}{detail}")
    sandbox_line(settings.environment)

"""`confirma status`."""

from __future__ import annotations

import json
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.journal import Journal, State
from confirma_connector.outcome import entry_words

__all__ = ["status"]

_OPEN: tuple[State, ...] = (
    "ready",
    "sending",
    "uncertain",
    "rejected",
    "conflict",
    "failed",
    "duplicate",
    "attention",
    "unknown",
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
def status(as_json: bool, **given: Any) -> None:
    """Count the invoices of the account by state, and list those that need a person or were never sent."""
    settings = options.loaded_settings(given)
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        counts, entries = journal.counts(), journal.entries(_OPEN)
    if as_json:
        listed = [{"number": entry.number, "state": entry.state, "message": entry_words(entry)} for entry in entries]
        facts = {"version": 1, "environment": settings.environment, "account": settings.account}
        click.echo(json.dumps({**facts, "states": counts, "invoices": listed}, ensure_ascii=False, indent=2))
        return
    sandbox_line(settings.environment)
    click.echo(f"account {settings.account} ({settings.environment}), journal {settings.journal}")
    for state, count in sorted(counts.items()):
        click.echo(f"  {state}: {count}")
    for entry in entries:
        words = entry_words(entry)
        click.echo(f"  invoice {entry.number}: {entry.state}{': ' if words else ''}{words}")
    sandbox_line(settings.environment)

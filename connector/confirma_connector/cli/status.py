"""`confirma status`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.grid import grid
from confirma_connector.cli.period import period
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.cli.troubles import said_lines
from confirma_connector.files import replacing
from confirma_connector.journal import Entry, Journal, Total
from confirma_connector.language import day, tr, trn
from confirma_connector.outcome import entry_words
from confirma_connector.overview.ledger import Mark, write_ledger
from confirma_connector.overview.sums import OPEN, Group, gathered, totals_of
from confirma_connector.settings import Settings

__all__ = ["status"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--csv",
    "dates",
    nargs=2,
    metavar="FROM TO",
    help="List the invoices dated FROM to TO (2026-10-01 2026-10-31) as CSV.",
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the CSV into FILE.")
@click.option("--replace", "replaces", is_flag=True, help="Write it in the place of a file of that name.")
@click.option(
    "--decimal", "mark", type=click.Choice(["comma", "point"]), help="The decimal mark of the CSV; else comma."
)
@options.settings_options
def status(
    as_json: bool,
    dates: tuple[str, str] | None,
    output: Path | None,
    replaces: bool,
    mark: Mark | None,
    **given: Any,
) -> None:
    """Count and add up the invoices of the account by state, and list those that need a person or were never sent.

    With --csv: one line for each invoice of a period, for bookkeeping.
    """
    if dates is None and (output or mark):
        raise click.UsageError(tr("--output and --decimal go with --csv FROM TO"))
    if dates is not None and as_json:
        raise click.UsageError(tr("--csv and --json exclude each other"))
    settings = options.loaded_settings(given)
    if output:
        options.new_file(output, ".csv", replaces=replaces)
    if dates is not None:
        _listed(settings, dates, output, mark or "comma")
        return
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        totals, entries = journal.totals(), journal.entries(OPEN)
    if as_json:
        say(json.dumps(_as_data(settings, totals, entries), ensure_ascii=False, indent=2))
        return
    sandbox_line(settings.environment)
    say(
        tr(
            "account {account} ({environment}), journal {journal}",
            account=settings.account,
            environment=settings.environment,
            journal=settings.journal,
        )
    )
    for line in _table(totals, entries):
        say(line)
    sandbox_line(settings.environment)


def _table(totals: Sequence[Total], entries: Sequence[Entry]) -> Iterator[str]:
    for whole in gathered(totals):
        yield from grid(gathered(totals, "state"), whole, "state", dates=True)
    if not totals:
        yield tr("  no invoices yet")
    command = "confirma status --json"  # not for people: it is typed as it is
    yield from said_lines(((str(entry.number), entry.state, entry_words(entry)) for entry in entries), command)


def _as_data(settings: Settings, totals: Sequence[Total], entries: Sequence[Entry]) -> dict[str, Any]:
    states = gathered(totals, "state")
    return {
        "version": 1,
        "environment": settings.environment,
        "account": settings.account,
        "states": {group.names[0]: group.count for group in states},
        "invoices": [
            {"number": entry.number, "state": entry.state, "message": entry_words(entry)} for entry in entries
        ],
        "by_state": {group.names[0]: _group_data(group) for group in states},
        "all": _group_data(*whole) if (whole := gathered(totals)) else None,
    }


def _group_data(group: Group) -> dict[str, Any]:
    return {
        "count": group.count,
        "gross": {currency: f"{amount:.2f}" for currency, amount in group.gross.items()},
        "oldest_date": group.oldest.isoformat(),
        "changed_at": group.changed_at,
    }


def _listed(settings: Settings, dates: tuple[str, str], output: Path | None, mark: Mark) -> None:
    """Write the list of a period; what people read besides goes where the list does not."""
    first, last = period(("--csv", dates[0]), ("--csv", dates[1]))
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        entries = journal.dated(first, last)
    if output:
        with replacing(output) as fresh, fresh.open("wb") as file:
            write_ledger(file, entries, settings.environment, mark)
    else:
        listed = io.BytesIO()
        write_ledger(listed, entries, settings.environment, mark)
        click.echo(listed.getvalue(), nl=False)
    totals, beside = list(totals_of(entries)), output is None
    sandbox_line(settings.environment, err=beside)
    told = trn(
        "account {account}: {count} invoice dated {first} to {last}",
        "account {account}: {count} invoices dated {first} to {last}",
        len(entries),
        account=settings.account,
        first=day(first),
        last=day(last),
    )
    say(f"{told}: {output}" if output else told, err=beside)
    for whole in gathered(totals):
        for line in grid(gathered(totals, "method", "state"), whole, "method", "state"):
            say(line, err=beside)
    sandbox_line(settings.environment, err=beside)

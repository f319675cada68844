"""The list of a period for bookkeeping: one line an invoice, as a CSV that Excel opens and pandas reads."""

from __future__ import annotations

import csv
import datetime as dt
import io
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Literal

from confirma_connector.journal import Entry, signed
from confirma_connector.outcome import entry_words
from confirma_connector.resultlist import harmless

__all__ = ["COLUMNS", "Mark", "moment", "write_ledger"]

Mark = Literal["comma", "point"]
"""The decimal mark of amounts."""

COLUMNS = (
    *("number", "type", "invoice_date", "currency", "gross", "method", "state", "message"),
    *("sent_at", "changed_at", "delivered_at", "case_id"),
)


def write_ledger(out: BinaryIO, entries: Iterable[Entry], environment: str, mark: Mark = "comma") -> None:
    """Write a header and a line for each of *entries*: UTF-8 with a byte order mark, fields separated by semicolons."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(COLUMNS)
    writer.writerows(_lines(entries, environment, mark))
    text.flush()
    text.detach()


def moment(seconds: float | None) -> str:
    """Give a time as this machine's clock shows it; nothing where there is none."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds)) if seconds is not None else ""


def local(said: str) -> str:
    """Give a time that Confirma wrote as this machine's clock shows it; what is none as it was said."""
    try:
        found = dt.datetime.fromisoformat(said)
    except ValueError:
        return said
    return moment(found.timestamp()) if found.tzinfo else said


def _lines(entries: Iterable[Entry], environment: str, mark: Mark) -> Iterator[tuple[str | int, ...]]:
    for entry in entries:
        gross = f"{signed(entry.type, entry.gross):.2f}"
        yield (
            entry.number,
            entry.type,
            entry.date.isoformat(),
            harmless(entry.currency),
            gross.replace(".", ",") if mark == "comma" else gross,
            harmless(entry.method),
            f"TEST {entry.state}" if environment == "sandbox" else entry.state,
            harmless(entry_words(entry)),
            moment(entry.taken_at),
            moment(entry.changed_at),
            harmless(local(entry.distributed_at)),
            harmless(entry.case_id),
        )

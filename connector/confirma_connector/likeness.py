"""Whether a record that the server lists can be an invoice of ours, as far as it tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from confirma_connector.answers import Listed
from confirma_connector.journal import Entry

__all__ = ["about", "created", "evidence", "fits", "ours"]

_A_DAY = dt.timedelta(days=1)
_EARLIER = 300.0
"""Seconds: a record created this long before an attempt may still be ours (clocks differ)."""


def fits(entry: Entry, record: Listed) -> bool:
    """Whether a listed record can be the invoice that *entry* tried to send."""
    if record.state == "duplicate" or entry.attempted_at is None:
        return False
    if not _is_of_its_date(entry, record):
        return False
    if record.gross is not None and abs(record.gross) != abs(entry.gross):
        return False
    if record.created_at is None:
        return True
    latest = record.created_at + (_A_DAY if _is_a_day_alone(record.created_at) else dt.timedelta())
    return latest.timestamp() >= entry.attempted_at - _EARLIER


def _is_of_its_date(entry: Entry, record: Listed) -> bool:
    """Whether a record's date is the invoice's, as far as time zones explain a difference.

    A record without a date can be of any invoice of its number; where numbers begin anew every year it tells nothing.
    """
    if record.invoice_date is None:
        return not entry.year
    return abs(record.invoice_date - entry.date) <= _A_DAY


def about(entry: Entry, records: Iterable[Listed]) -> list[Listed]:
    """Leave out the records of another invoice that had the same number."""
    return [record for record in records if _is_of_its_date(entry, record)]


def evidence(entry: Entry, records: Iterable[Listed]) -> list[Listed]:
    """Give the records that can be of this very attempt, and the duplicates beside them."""
    return [record for record in about(entry, records) if record.state == "duplicate" or fits(entry, record)]


def ours(entry: Entry, records: Iterable[Listed]) -> Listed | None:
    """Give the first record that fits."""
    return next((record for record in records if fits(entry, record)), None)


def created(record: Listed) -> float | None:
    """Give the time a record tells; None when it tells none, or a day alone."""
    time = record.created_at
    return time.timestamp() if time and not _is_a_day_alone(time) else None


def _is_a_day_alone(time: dt.datetime) -> bool:
    return time.time() == dt.time()

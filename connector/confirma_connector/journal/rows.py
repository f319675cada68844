"""The rows of the database, read as entries and written."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import simplejson

from confirma_connector.journal.entry import Change, Entry, Facts
from confirma_connector.journal.step import Step

__all__ = ["CHANGE", "COLUMNS", "FRESH", "INVOICES", "NEW", "as_change", "as_entry", "described", "fresh", "said"]

_NAMES = Entry._fields
_SAID_OF = {"message": "COALESCE(message, '')", "fields": "COALESCE(fields, '[]')"}
COLUMNS, CHANGE = (", ".join(_SAID_OF.get(name, name) for name in kind._fields) for kind in (Entry, Change))
INVOICES = "invoices LEFT JOIN said ON said.event = invoices.said"  # not for people
FRESH = ", ".join({"message": "''", "fields": "'[]'"}.get(name, name) for name in _NAMES)
"""The same columns of an invoice of which nothing has been said yet."""
_DATE, _GROSS, _UNCERTAIN, _SAID, _SUPERSEDED = map(
    _NAMES.index, ("date", "gross", "ever_uncertain", "fields", "superseded")
)
_OFTEN = [_NAMES.index(name) for name in ("state", "run", "type", "currency", "method", "status", "message")]
_NOTHING = "[]"
_NOT_YET = (None, None, None, "", "", _NOTHING, "", "", None, _NOTHING)
"""What is known of an invoice, after the time of its first attempt, when that begins."""
_BEGUN = len(_NAMES) - len(_NOT_YET) - 2
NEW = f"invoices ({', '.join(_NAMES[:_BEGUN])}, environment, account, attempted_at)"


def as_entry(row: Sequence[Any]) -> Entry:
    """Give the entry in a row of COLUMNS."""
    values = list(row)
    for at in _OFTEN:
        values[at] = sys.intern(values[at])  # many rows say the same: it is kept once
    values[_DATE] = dt.date.fromisoformat(values[_DATE])
    values[_GROSS] = Decimal(values[_GROSS])
    values[_UNCERTAIN] = bool(values[_UNCERTAIN])
    for at in (_SAID, _SUPERSEDED):
        values[at] = _tuple(values[at])
    return Entry._make(values)


def fresh(row: Sequence[Any], attempted_at: float | None) -> Entry:
    """Give the entry of an invoice that was just put in by a *row* of NEW, as it would be read."""
    return as_entry((*row[:_BEGUN], False, attempted_at, *_NOT_YET))


def as_change(row: Sequence[Any]) -> Change:
    """Give the change in a row of CHANGE."""
    id, number, state, status, message, fields, *more = row
    return Change._make((id, number, sys.intern(state), status, message, _tuple(fields), *more))


def _tuple(items: str) -> tuple[Any, ...]:
    if items == _NOTHING:
        return ()
    return tuple(tuple(item) if isinstance(item, list) else item for item in simplejson.loads(items))


def said(step: Step) -> tuple[str, str] | None:
    """Give what is said of the invoice from *step* on, as it is kept; None for nothing."""
    if not (step.message or step.fields):
        return None
    return step.message, simplejson.dumps(step.fields) if step.fields else _NOTHING


def described(facts: Facts) -> tuple[str, ...]:
    """Give what tells one version of an invoice from another, as it is kept."""
    return (
        facts.type,
        facts.date.isoformat(),
        facts.currency,
        f"{facts.gross:.2f}",
        facts.method,
        facts.core,
        facts.print,
    )

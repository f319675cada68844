"""The rows of the database: read as entries, and what a step writes into one."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args

import simplejson

from confirma_connector.journal.entry import Entry, Facts, State
from confirma_connector.journal.step import LEADS_TO, Step

__all__ = ["COLUMNS", "FRESH", "INVOICES", "as_entry", "described", "said", "update"]

_NAMES = Entry._fields
_SAID_OF = {"message": "COALESCE(message, '')", "fields": "COALESCE(fields, '[]')"}
COLUMNS = ", ".join(_SAID_OF.get(name, name) for name in _NAMES)
INVOICES = "invoices LEFT JOIN said ON said.event = invoices.said"  # not for people
FRESH = ", ".join({"message": "''", "fields": "'[]'"}.get(name, name) for name in _NAMES)
"""The same columns of an invoice of which nothing has been said yet."""
_DATE, _GROSS, _UNCERTAIN, _SAID, _SUPERSEDED = map(
    _NAMES.index, ("date", "gross", "ever_uncertain", "fields", "superseded")
)
_OFTEN = [_NAMES.index(name) for name in ("state", "run", "type", "currency", "method", "status", "message")]
_NOTHING = "[]"

_UPDATE = (
    "UPDATE invoices SET state = ?, said = ?, status = ?, absent_at = ?, purged_at = NULL,"
    " changed_at = CASE state WHEN ? THEN changed_at ELSE ? END,"
    " ended_at = COALESCE(?, ended_at), seen_at = COALESCE(?, seen_at),"
    " case_id = COALESCE(NULLIF(?, ''), case_id), method = COALESCE(NULLIF(?, ''), method),"
    " distributed_at = COALESCE(NULLIF(?, ''), distributed_at),"
    " ever_uncertain = ever_uncertain OR ?,"
    " attempted_at = CASE WHEN ? AND NOT ever_uncertain THEN NULL ELSE attempted_at END"
)
_BEFORE = {
    state: ", ".join(repr(before) for before, after in LEADS_TO.items() if state in after) for state in get_args(State)
}
"""What an invoice may have been before it became what it is, for SQL."""


def _updates(more: str) -> Mapping[State, str]:
    return {state: f"{_UPDATE}{more} WHERE id = ? AND state IN ({before})" for state, before in _BEFORE.items()}


_PLAIN, _TAKING = _updates(""), _updates(", taken_at = ?")
"""An update for each new state: an index is touched by every one that names its column, so only a taking does."""


def as_entry(row: Sequence[Any]) -> Entry:
    """Give the entry in a row of COLUMNS."""
    values = list(row)
    for at in _OFTEN:
        values[at] = sys.intern(values[at])  # many rows say the same: it is kept once
    values[_DATE] = dt.date.fromisoformat(values[_DATE])
    values[_GROSS] = Decimal(values[_GROSS])
    values[_UNCERTAIN] = bool(values[_UNCERTAIN])
    for at in (_SAID, _SUPERSEDED):
        values[at] = () if values[at] == _NOTHING else _tuple(simplejson.loads(values[at]))
    return Entry._make(values)


def _tuple(items: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(item) if isinstance(item, list) else item for item in items)


def said(step: Step) -> tuple[str, str] | None:
    """Give what is said of the invoice from *step* on, as it is kept; None for nothing."""
    if not (step.message or step.fields):
        return None
    return step.message, simplejson.dumps(step.fields) if step.fields else _NOTHING


def update(step: Step, now: float, said: int | None) -> tuple[str, tuple[Any, ...]]:
    """Give the statement that writes *step*, with its values; what the step does not tell stays as it is.

    *said* is the event with what is said from now on. The statement finds no row where the invoice is in a state from
    which this step does not lead on.
    """
    taken = () if step.taken_at is None else (step.taken_at,)
    values = (
        *(step.state, said, step.status, step.absent_at, step.state, now, step.ended_at, step.seen_at),
        *(
            step.case_id,
            step.method,
            step.distributed_at,
            step.state == "uncertain",
            step.never_left,
            *taken,
            step.entry,
        ),
    )
    return (_TAKING if taken else _PLAIN)[step.state], values


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

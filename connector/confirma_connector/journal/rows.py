"""The rows of the database: read as entries, and what a step writes into one."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

import simplejson

from confirma_connector.journal.entry import Entry
from confirma_connector.journal.step import Step

__all__ = ["COLUMNS", "as_entry", "assignments"]

_NAMES = [field.name for field in fields(Entry)]
COLUMNS = ", ".join(_NAMES)
_DATE, _GROSS, _UNCERTAIN, _SAID, _SUPERSEDED = map(
    _NAMES.index, ("date", "gross", "ever_uncertain", "fields", "superseded")
)
_OFTEN = [_NAMES.index(name) for name in ("state", "run", "type", "currency", "method", "status", "message")]
_NOTHING = "[]"


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
    return Entry(*values)


def _tuple(items: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(item) if isinstance(item, list) else item for item in items)


def assignments(step: Step, changed_at: float | None) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """Give what *step* sets, as SQL and as values: nothing that it does not tell, so that no index is touched for it.

    *changed_at* is when the state changed, None where it stays.
    """
    complaints = simplejson.dumps(step.fields) if step.fields else _NOTHING
    told = {
        "state = ?": step.state,
        "message = ?": step.message,
        "fields = ?": complaints,
        "status = ?": step.status,
        "changed_at = ?": changed_at,
        "ended_at = ?": step.ended_at,
        "taken_at = ?": step.taken_at,
        "seen_at = ?": step.seen_at,
        "case_id = ?": step.case_id or None,
        "distributed_at = ?": step.distributed_at or None,
        "method = ?": step.method or None,
    }
    given = {assignment: value for assignment, value in told.items() if value is not None}
    always = ["absent_at = ?", "purged_at = NULL"]
    if step.state == "uncertain":
        always.append("ever_uncertain = 1")
    if step.never_left:
        always.append("attempted_at = CASE WHEN ever_uncertain THEN attempted_at END")
    return (*given, *always), (*given.values(), step.absent_at)

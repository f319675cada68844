"""Many rows written by one statement: every statement takes time, and gives way to other threads before it goes on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, get_args

from confirma_connector.journal.entry import State
from confirma_connector.journal.step import LEADS_TO, Step

__all__ = ["Row", "Told", "insert", "told_by", "update"]

Row = tuple[Any, ...]
Told = tuple[bool, ...]
"""What kind of step it is, by what it tells."""

_AT_ONCE = 100
_BEFORE = {
    state: f" {' '.join(before for before, after in LEADS_TO.items() if state in after)} " for state in get_args(State)
}
"""What an invoice may have been before it became what it is."""
_COLUMNS = ("said", "absent_at", "ended_at", "taken_at", "seen_at", "case_id", "method", "distributed_at")
"""What a step may tell. What it does not stays as it was, but for the first two, which are of one step alone."""


def insert(database: sqlite3.Connection, into: str, rows: Sequence[Row], unless: str = "") -> int:
    """Put *rows* in; give how many were, *unless* something stands against it."""
    return sum(
        database.execute(f"INSERT INTO {into} VALUES {_marks(len(some), len(some[0]))} {unless}", _flat(some)).rowcount
        for some in _portions(rows)
    )


def told_by(step: Step, now: float, event: int) -> tuple[Told, Row]:
    """Give what *step* tells, with its row for `update`. *event* is where its words are kept."""
    values = (
        *(event if step.message or step.fields else None, step.absent_at, step.ended_at, step.taken_at, step.seen_at),
        *(step.case_id or None, step.method or None, step.distributed_at or None),
    )
    told = (step.state == "uncertain", step.never_left, *[value is not None for value in values])
    kept = [value for value in values if value is not None]
    return told, (step.entry, _BEFORE[step.state], step.state, step.status, now, *kept)


def update(database: sqlite3.Connection, told: Told, rows: Sequence[Row]) -> int:
    """Write steps into different invoices; give how many were in a state from which their step leads on."""
    return sum(database.execute(_update(told, len(some)), _flat(some)).rowcount for some in _portions(rows))


@lru_cache(maxsize=100)
def _update(told: Told, count: int) -> str:
    """Give the update for *count* steps that tell the same: a column that is named takes time, an index more so."""
    is_uncertain, never_left, *more = told
    columns = [column for column, is_told in zip(_COLUMNS, more, strict=True) if is_told]
    changes = [
        *("state = column3", "status = column4", "purged_at = NULL"),
        "changed_at = CASE state WHEN column3 THEN changed_at ELSE column5 END",  # not for people
        *(f"{column} = column{at}" for at, column in enumerate(columns, 6)),
        *(f"{column} = NULL" for column in _COLUMNS[:2] if column not in columns),
        *(["ever_uncertain = 1"] if is_uncertain else []),
        *(["attempted_at = CASE WHEN ever_uncertain THEN attempted_at END"] if never_left else []),
    ]
    values = _marks(count, 5 + len(columns))
    leads_on = "id = column1 AND instr(column2, ' ' || state || ' ')"  # IN would make a table for every row
    return f"UPDATE invoices SET {', '.join(changes)} FROM (VALUES {values}) WHERE {leads_on}"


@lru_cache(maxsize=100)
def _marks(rows: int, columns: int) -> str:
    return ", ".join([f"({', '.join('?' * columns)})"] * rows)


def _portions(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def _flat(rows: Sequence[Row]) -> Row:
    return tuple(chain.from_iterable(rows))

"""What is read of the journal: invoices by number, state and date, what is said of them, and what a run changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

from confirma_connector.journal.connection import Connection
from confirma_connector.journal.entry import FINAL, TAKEN, Change, Entry, State
from confirma_connector.journal.rows import CHANGE, COLUMNS, INVOICES, as_change, as_entry
from confirma_connector.journal.totals import Total, totals

__all__ = ["Reading"]

_CHUNK = 500
_AWAITED = sorted(TAKEN - FINAL)
_LARGEST = 2**63
_SORTED = "ORDER BY +number, year"
"""(Without the sign SQLite looks through all numbers of the account, which saves the sorting of a few.)"""


class Reading(Connection):
    """The invoices of one account."""

    def entry(self, number: int, year: int = 0) -> Entry | None:
        """Give the entry of one invoice."""
        found = self._select("number = ? AND year = ?", (number, year)) if number < _LARGEST else []
        return found[0] if found else None

    def named(self, number: int) -> list[Entry]:
        """Give every entry of a number, whatever its year."""
        return self._select("number = ? ORDER BY year", (number,)) if number < _LARGEST else []

    def entries(self, states: Iterable[State] | None = None) -> list[Entry]:
        """Give the entries in *states* (all without), by number."""
        wanted = list(states) if states is not None else None
        if wanted is None:
            return self._select("1 ORDER BY number, year", ())
        marks = ", ".join("?" * len(wanted))
        return self._select(f"state IN ({marks}) {_SORTED}", wanted)

    def awaited(self) -> list[tuple[int, dt.date]]:
        """Give number and date of every invoice that the API took and has not yet brought to its end, by number."""
        marks = ", ".join("?" * len(_AWAITED))
        query = (
            f"SELECT number, date FROM invoices WHERE environment = ? AND account = ? AND state IN ({marks}) {_SORTED}"
        )
        day = lru_cache(maxsize=100)(dt.date.fromisoformat)  # many are of one day: it is held once
        return [(number, day(date)) for number, date in self._each(query, (*self._ours, *_AWAITED))]

    def taken_between(self, first: float, last: float) -> Iterator[Entry]:
        """Give the invoices that the API took between two times of the server's clock, by time and one by one."""
        return self._select_each("taken_at BETWEEN ? AND ? ORDER BY taken_at", (first, last))

    def listed(self, numbers: Sequence[int]) -> dict[int, list[Entry]]:
        """Give the entries of many numbers at once."""
        found: dict[int, list[Entry]] = {}
        for start in range(0, len(numbers), _CHUNK):
            chunk = [number for number in numbers[start : start + _CHUNK] if number < _LARGEST]
            for one in self._select(f"number IN ({', '.join('?' * len(chunk))})", chunk):
                found.setdefault(one.number, []).append(one)
        return found

    def each(self, keys: Iterable[tuple[int, int] | None]) -> Iterator[Entry | None]:
        """Give the entry of each number and year, None for the unknown: many are asked for at once, few held."""
        left = iter(keys)
        while chunk := list(islice(left, _CHUNK)):
            numbers = [key[0] for key in chunk if key]
            known = self.listed(numbers) if numbers else {}
            found = {(one.number, one.year): one for several in known.values() for one in several}
            yield from (found.get(key) if key else None for key in chunk)

    def counts(self) -> dict[State, int]:
        """Count the invoices by state."""
        rows = self._rows(
            "SELECT state, COUNT(*) FROM invoices WHERE environment = ? AND account = ? GROUP BY state", self._ours
        )
        return dict(rows)

    def note_states(self) -> None:
        """Note the state of every invoice, for `changed`. The note is the database's own and ends with it."""
        with self._transaction() as database:
            database.execute("CREATE TEMP TABLE IF NOT EXISTS noted (id INTEGER PRIMARY KEY, state TEXT NOT NULL)")
            database.execute("DELETE FROM noted")
            database.execute(
                "INSERT INTO noted SELECT id, state FROM invoices WHERE environment = ? AND account = ?", self._ours
            )

    def changed(self) -> Iterator[Change]:
        """Give the invoices that have another state than `note_states` noted, and those that are new, by number."""
        query = (
            f"SELECT {CHANGE} FROM {INVOICES} WHERE id IN (SELECT invoices.id"
            " FROM invoices LEFT JOIN noted ON noted.id = invoices.id"
            " WHERE environment = ? AND account = ? AND noted.state IS NOT invoices.state) ORDER BY number, year"
        )
        return map(as_change, self._each(query, self._ours))

    def totals(self) -> list[Total]:
        """Count and add up the invoices by state, method, currency and amount."""
        return totals(self._rows, self._ours)

    def dated(self, first: dt.date, last: dt.date) -> list[Entry]:
        """Give the invoices with an invoice date from *first* to *last*, by date and number."""
        return self._select("date BETWEEN ? AND ? ORDER BY date, number", (first.isoformat(), last.isoformat()))

    def events(self, entry: Entry) -> list[tuple[float, str, int | None, str]]:
        """Give the audit trail of one invoice: time, event, HTTP status, detail."""
        query = "SELECT at, event, http_status, detail FROM events WHERE invoice = ? ORDER BY id"
        rows = self._rows(query, (entry.id,))
        return [(at, event, status, detail) for at, event, status, detail in rows]

    def _select(self, condition: str, values: Sequence[Any]) -> list[Entry]:
        return list(self._select_each(condition, values))

    def _select_each(self, condition: str, values: Sequence[Any]) -> Iterator[Entry]:
        query = f"SELECT {COLUMNS} FROM {INVOICES} WHERE environment = ? AND account = ? AND {condition}"
        return map(as_entry, self._each(query, (*self._ours, *values)))

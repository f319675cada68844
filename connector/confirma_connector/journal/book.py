"""The journal of one account: every transition of an invoice's state, each durable before it is acted upon.

ready ──claim──> sending ──settle──> sent ──observe──> waiting | delivered | failed | duplicate | attention | …
  ^                 |├──> rejected          (the API's own verdict, first attempt only)
  |                 |├──> ready             (nothing left this machine)
  |                 |└──> uncertain         (bytes were sent and no verdict came; or a crash)
  └── concluded absent ──┤  present and fits ──> sent;  present but not ours ──> conflict
handled: a person's final word
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import simplejson

from confirma_connector.errors import JournalError
from confirma_connector.journal.entry import FINAL, TAKEN, Claim, Entry, Facts, State
from confirma_connector.journal.keeping import Keeping
from confirma_connector.journal.register import Register
from confirma_connector.journal.rows import COLUMNS, FRESH, INVOICES, as_entry, described, said, update
from confirma_connector.journal.step import CLAIMABLE, REOPENABLE, Step
from confirma_connector.journal.totals import Total, totals
from confirma_connector.language import tr
from confirma_connector.retelling import CUT_OFF

__all__ = ["Journal"]

_CHUNK = 500
_AWAITED = sorted(TAKEN - FINAL)
_LARGEST = 2**63
_LOG = "INSERT INTO events (invoice, at, run, event, http_status, detail, id) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SAY = "INSERT INTO said (event, message, fields) VALUES (?, ?, ?)"
_NO_BODY = "UPDATE bodies SET body = x'' WHERE event IN (SELECT id FROM events WHERE invoice = ?)"
_CLAIMABLE = f"({', '.join(repr(state) for state in sorted(CLAIMABLE))})"


class Journal(Register, Keeping):
    """The journal as one account in one environment sees it."""

    # -- reading ---------------------------------------------------------------------------------------------------

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
        return self._select(f"state IN ({marks}) ORDER BY number, year", wanted)

    def awaited(self) -> list[tuple[int, dt.date]]:
        """Give number and date of every invoice that the API took and has not yet brought to its end, by number."""
        marks = ", ".join("?" * len(_AWAITED))
        query = (
            "SELECT number, date FROM invoices WHERE environment = ? AND account = ?"
            f" AND state IN ({marks}) ORDER BY number, year"
        )
        day = lru_cache(maxsize=100)(dt.date.fromisoformat)  # many are of one day: it is held once
        return [(number, day(date)) for number, date in self._each(query, (*self._ours, *_AWAITED))]

    def taken_between(self, first: float, last: float) -> list[Entry]:
        """Give the invoices that the API took between two times of the server's clock."""
        return self._select("taken_at BETWEEN ? AND ?", (first, last))

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

    def changed(self) -> Iterator[Entry]:
        """Give the entries that have another state than `note_states` noted, and those that are new, by number."""
        is_other = (
            "id IN (SELECT invoices.id FROM invoices LEFT JOIN noted ON noted.id = invoices.id"
            " WHERE environment = ? AND account = ? AND noted.state IS NOT invoices.state)"
        )
        return self._read(f"{is_other} ORDER BY number, year", self._ours)

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
        return list(self._read(condition, values))

    def _read(self, condition: str, values: Sequence[Any]) -> Iterator[Entry]:
        query = f"SELECT {COLUMNS} FROM {INVOICES} WHERE environment = ? AND account = ? AND {condition}"
        return map(as_entry, self._each(query, (*self._ours, *values)))

    # -- the seller ------------------------------------------------------------------------------------------------

    def seller(self) -> str | None:
        """Give the seller that this account is bound to."""
        rows = self._rows("SELECT seller FROM accounts WHERE environment = ? AND account = ?", self._ours)
        return rows[0][0] if rows else None

    def account_of(self, seller: str) -> str | None:
        """Give the account of this environment that *seller* is bound to."""
        query = "SELECT account FROM accounts WHERE environment = ? AND seller = ?"
        rows = self._rows(query, (self.environment, seller))
        return rows[0][0] if rows else None

    def is_yearly(self) -> bool | None:
        """Tell whether the invoices of this account are kept by number and year; None while there are none."""
        row = self._rows("SELECT year FROM invoices WHERE environment = ? AND account = ? LIMIT 1", self._ours)
        return bool(row[0][0]) if row else None

    def bind(self, seller: str) -> None:
        """Bind this account to *seller*, in the place of the one before."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?)", (*self._ours, seller, time.time()))

    # -- transitions -----------------------------------------------------------------------------------------------

    def advance(self, steps: Sequence[Step] = (), claims: Sequence[Claim] = (), server_now: float = 0.0) -> list[Entry]:
        """Write verdicts and the next claims in one durable transaction; give the entries of the claims.

        When this returns, the intent to send each claim is on disk.
        """
        if claims:
            self._refuse_moved()
        with self._transaction() as database:
            self._take(database, steps)
            return [self._claim(database, claim, server_now) for claim in claims]

    def _claim(self, database: sqlite3.Connection, claim: Claim, server_now: float) -> Entry:
        facts, now = claim.facts, time.time()
        row = database.execute(
            "INSERT INTO invoices (environment, account, number, year, state, changed_at, run,"
            " type, date, currency, gross, method, core, print, attempted_at)"
            " VALUES (?, ?, ?, ?, 'sending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (environment, account, number, year) DO UPDATE SET"
            " state = 'sending', changed_at = excluded.changed_at, ended_at = NULL,"
            " run = excluded.run, type = excluded.type, date = excluded.date, currency = excluded.currency,"
            " gross = excluded.gross, method = excluded.method, core = excluded.core, print = excluded.print,"
            " attempted_at = COALESCE(attempted_at, excluded.attempted_at),"
            " absent_at = NULL, said = NULL, status = '', purged_at = NULL"
            f" WHERE state IN {_CLAIMABLE} RETURNING {FRESH}",
            (*self._ours, facts.number, facts.year, now, self.run, *described(facts), server_now),
        ).fetchone()
        if row is None:
            raise JournalError(tr("invoice {number} cannot be claimed: it is not ready", number=facts.number))
        database.execute(_NO_BODY, (row[0],))
        event = self._log(database, row[0], "claimed", None, f"fingerprint {facts.print}")
        database.execute("INSERT INTO bodies VALUES (?, ?)", (event, claim.body))
        return as_entry(row)

    def _take(self, database: sqlite3.Connection, steps: Sequence[Step]) -> None:
        """Write some steps; one may follow another of the same invoice."""
        now = time.time()
        ((last,),) = database.execute("SELECT COALESCE(MAX(id), 0) FROM events").fetchall()
        events, words = [], []
        for event, step in enumerate(steps, last + 1):
            if told := said(step):
                words.append((event, *told))
            if not database.execute(*update(step, now, event if told else None)).rowcount:
                raise self._refused(database, step)
            events.append((step.entry, now, self.run, step.event, step.http_status, step.detail, event))
        database.executemany(_LOG, events)
        database.executemany(_SAY, words)

    def _refused(self, database: sqlite3.Connection, step: Step) -> JournalError:
        query = "SELECT number, state FROM invoices WHERE id = ?"
        number, state = database.execute(query, (step.entry,)).fetchone()
        return JournalError(
            tr("invoice {number} is {state} and cannot become {wanted}", number=number, state=state, wanted=step.state)
        )

    def reopen(self, entry: Entry, superseded: Iterable[str], event: str, detail: str = "") -> None:
        """Let an invoice go again that the API took and did not deliver, or that was adopted by mistake.

        From here on it is a new attempt.

        *superseded* are the marks of what the server says of it now: that is about the attempts before.
        """
        if entry.state not in REOPENABLE and not entry.is_foreign:
            raise JournalError(
                tr("invoice {number} is {state} and cannot be sent again", number=entry.number, state=entry.state)
            )
        with self._transaction() as database:
            database.execute(
                "UPDATE invoices SET state = 'ready', changed_at = ?, said = NULL, status = '',"
                " ever_uncertain = 0, attempted_at = NULL, ended_at = NULL, taken_at = NULL, absent_at = NULL,"
                " case_id = '', distributed_at = '', seen_at = NULL, superseded = ? WHERE id = ? AND state = ?",
                (
                    time.time(),
                    simplejson.dumps(sorted({*entry.superseded, *superseded})),
                    entry.id,
                    entry.state,
                ),
            )
            self._log(database, entry.id, event, None, detail)

    def _log(self, database: sqlite3.Connection, invoice: int, event: str, status: int | None, detail: str) -> int:
        """Add to the audit trail; give the number of the event."""
        id = database.execute(_LOG, (invoice, time.time(), self.run, event, status, detail, None)).lastrowid
        assert id is not None
        return id

    def _say(self, database: sqlite3.Connection, invoice: int, event: int, message: str) -> None:
        """Let *message* be said of an invoice from *event* on; what was said of its fields stays."""
        query = "SELECT fields FROM said WHERE event = (SELECT said FROM invoices WHERE id = ?)"
        (fields,) = database.execute(query, (invoice,)).fetchone() or ("[]",)
        database.execute(_SAY, (event, message, fields))
        database.execute("UPDATE invoices SET said = ? WHERE id = ?", (event, invoice))

    def note_conflict(self, facts: Facts, message: str, detail: str) -> None:
        """Remember an invoice that the server has and this journal has not sent: it is never sent from here."""
        with self._transaction() as database:
            (id,) = database.execute(
                "INSERT INTO invoices (environment, account, number, year, state, changed_at, run,"
                " type, date, currency, gross, method, core, print)"
                " VALUES (?, ?, ?, ?, 'conflict', ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (environment, account, number, year) DO UPDATE SET state = 'conflict',"
                " changed_at = excluded.changed_at"
                f" WHERE state IN {_CLAIMABLE} RETURNING id",
                (*self._ours, facts.number, facts.year, time.time(), self.run, *described(facts)),
            ).fetchone()
            event = self._log(database, id, "found at Confirma", None, detail)  # not for people
            self._say(database, id, event, message)

    def adopt(self, facts: Facts, message: str) -> bool:
        """Remember an invoice that was sent elsewhere: it is never sent from here. Tells whether it was unknown."""
        with self._transaction() as database:
            row = database.execute(
                "INSERT INTO invoices (environment, account, number, year, state, changed_at, run,"
                " type, date, currency, gross, method, core, print)"
                " VALUES (?, ?, ?, ?, 'handled', ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (environment, account, number, year) DO NOTHING RETURNING id",
                (*self._ours, facts.number, facts.year, time.time(), self.run, *described(facts)),
            ).fetchone()
            if row:
                self._say(database, row[0], self._log(database, row[0], "adopted", None, message), message)
            return row is not None

    def cut_off(self) -> int:
        """Turn what a killed run left as `sending` into `uncertain`; the caller holds the account's lock.

        When the attempt ended is not known, and is left open until the server's clock has been heard.
        """
        left = self.entries(["sending"])
        self.advance([Step(entry.id, "uncertain", "cut off", message=CUT_OFF) for entry in left])  # not for people
        return len(left)

"""Everything the stand-in has taken, in one SQLite file that outlives the process and may be shared by several."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, account TEXT NOT NULL, number INTEGER NOT NULL,
  invoice_date TEXT NOT NULL, method TEXT NOT NULL, ending TEXT NOT NULL, message TEXT, strangers TEXT NOT NULL,
  created_at REAL NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS records_by_number ON records (account, number);
CREATE INDEX IF NOT EXISTS records_by_date ON records (account, invoice_date);
CREATE TABLE IF NOT EXISTS requests (id INTEGER PRIMARY KEY, at REAL NOT NULL, route TEXT NOT NULL,
  query TEXT NOT NULL, number INTEGER);
"""

# A later copy is no duplicate of one that fails.
LISTING = """
SELECT number, invoice_date, method, ending, message, created_at, EXISTS (
  SELECT 1 FROM records AS earlier WHERE earlier.account = records.account AND earlier.number = records.number
    AND earlier.ending <> 'ERROR' AND (earlier.created_at, earlier.id) < (records.created_at, records.id))
FROM records WHERE account = ? AND created_at <= ? AND invoice_date BETWEEN ? AND ? AND number BETWEEN ? AND ?
ORDER BY created_at, id
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One create call that was taken: who sent it, the data the listing needs, the bytes as they came."""

    account: str
    number: int
    invoice_date: date
    method: str
    ending: str
    message: str | None
    strangers: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Listed:
    """One taken invoice as the listing sees it; *created_at* in seconds since 1970."""

    number: int
    invoice_date: date
    method: str
    ending: str
    message: str | None
    created_at: float
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Request:
    """One call that reached the stand-in, whatever became of it; *route* is create, listing, validate or renew."""

    at: float
    route: str
    query: str
    number: int | None


class Ledger:
    """The store at *path*; safe for several threads and several processes."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self._lock = threading.Lock()
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self._prepare()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def add(self, entry: Entry, *, delay: float = 0.0) -> None:
        """Commit one taken invoice; with *delay* it comes to be only so many seconds from now."""
        values = (entry.account, entry.number, entry.invoice_date.isoformat(), entry.method, entry.ending)
        strangers = json.dumps(entry.strangers)
        self._do(
            "INSERT INTO records (account, number, invoice_date, method, ending, message, strangers, created_at, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, entry.message, strangers, self.clock() + delay, entry.body),
        )

    def note_request(self, route: str, query: str, number: int | None) -> None:
        """Remember that a call came in."""
        self._do(
            "INSERT INTO requests (at, route, query, number) VALUES (?, ?, ?, ?)", (self.clock(), route, query, number)
        )

    def listed(
        self, account: str, *, until: float, dates: tuple[date, date], number: int | None = None
    ) -> list[Listed]:
        """Return an account's invoices created by *until* and dated within *dates*, both days included."""
        first, last = (day.isoformat() for day in dates)
        numbers = (number, number) if number is not None else (0, 2**63 - 1)
        rows = self._do(LISTING, (account, until, first, last, *numbers))
        return [
            Listed(number, date.fromisoformat(day), method, ending, message, created_at, bool(duplicate))
            for number, day, method, ending, message, created_at, duplicate in rows
        ]

    def numbers(self, *, pending: bool = False) -> list[int]:
        """Return the numbers committed by now in order, one for each copy; *pending* adds the late ones to come."""
        until = float("inf") if pending else self.clock()
        rows = self._do("SELECT number FROM records WHERE created_at <= ? ORDER BY created_at, id", (until,))
        return [row[0] for row in rows]

    def bodies(self, number: int) -> list[bytes]:
        """Return the bytes of each committed copy of *number*, in order."""
        rows = self._do(
            "SELECT body FROM records WHERE number = ? AND created_at <= ? ORDER BY created_at, id",
            (number, self.clock()),
        )
        return [row[0] for row in rows]

    def strangers(self, number: int | None = None) -> list[str]:
        """Return the wire paths nobody knows that came with *number*, or with any; sorted, each once."""
        rows = self._do("SELECT DISTINCT strangers FROM records WHERE number = coalesce(?, number)", (number,))
        return sorted({path for row in rows for path in json.loads(row[0])})

    def requests(self, route: str | None = None) -> list[Request]:
        """Return the calls that came in, in order; only those of *route* when given."""
        rows = self._do(
            "SELECT at, route, query, number FROM requests WHERE route = coalesce(?, route) ORDER BY id", (route,)
        )
        return [Request(*row) for row in rows]

    def request_count(self, route: str | None = None) -> int:
        """Return how many calls came in; only those of *route* when given."""
        count: int = self._do("SELECT count(*) FROM requests WHERE route = coalesce(?, route)", (route,))[0][0]
        return count

    def drop_bodies(self, days: float) -> None:
        """Forget what was in the invoices taken more than *days* ago; that they were taken, and how they end, stays."""
        if self._do(
            "UPDATE records SET body = x'' WHERE body <> x'' AND created_at <= ? RETURNING id",
            (self.clock() - days * 86_400,),
        ):
            self._do("PRAGMA wal_checkpoint(TRUNCATE)", ())

    def clear(self) -> None:
        """Forget everything, requests too."""
        with self._lock:
            self._db.executescript("BEGIN IMMEDIATE; DELETE FROM records; DELETE FROM requests; COMMIT")

    def _do(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def _prepare(self) -> None:
        # Another process may be switching the same new file to WAL; SQLite does not wait for that by itself.
        for _ in range(200):
            with suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA journal_mode = WAL")
                break
            time.sleep(0.02)
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT")

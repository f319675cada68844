"""The tables of the journal, as ordered migrations, and the opening that brings a file up to the newest of them."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal

from confirma_connector.errors import Busy, JournalError
from confirma_connector.files import private_file
from confirma_connector.language import mark, tr

__all__ = ["MIGRATIONS", "opened", "unusable"]

MIGRATIONS = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

    -- one creditor: the label a person gave the account, and the seller it belongs to
    CREATE TABLE accounts (
        environment TEXT NOT NULL, account TEXT NOT NULL, seller TEXT NOT NULL, bound_at REAL NOT NULL,
        PRIMARY KEY (environment, account)
    ) STRICT;

    -- every invoice that was ever claimed for sending, or that a person or the server has spoken about
    CREATE TABLE invoices (
        id INTEGER PRIMARY KEY,
        environment TEXT NOT NULL, account TEXT NOT NULL, number INTEGER NOT NULL, year INTEGER NOT NULL,
        state TEXT NOT NULL, changed_at REAL NOT NULL,
        run TEXT NOT NULL DEFAULT '',
        type TEXT NOT NULL, date TEXT NOT NULL, currency TEXT NOT NULL, gross TEXT NOT NULL, method TEXT NOT NULL,
        core TEXT NOT NULL, print TEXT NOT NULL, body BLOB,
        ever_uncertain INTEGER NOT NULL DEFAULT 0,
        attempted_at REAL, ended_at REAL, taken_at REAL, absent_at REAL,
        status TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', fields TEXT NOT NULL DEFAULT '[]',
        case_id TEXT NOT NULL DEFAULT '', distributed_at TEXT NOT NULL DEFAULT '', seen_at REAL,
        UNIQUE (environment, account, number, year)
    ) STRICT;
    CREATE INDEX invoices_by_state ON invoices (environment, account, state);
    CREATE INDEX invoices_by_taken ON invoices (environment, account, taken_at);

    -- the audit trail: attempts, verdicts, look-ups, observations, decisions; only ever added to
    CREATE TABLE events (
        id INTEGER PRIMARY KEY, invoice INTEGER NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
        at REAL NOT NULL, run TEXT NOT NULL, event TEXT NOT NULL, http_status INTEGER, detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX events_by_invoice ON events (invoice);

    -- the results files we wrote: what they were made from, and their bytes as we left them
    CREATE TABLE results (
        path TEXT PRIMARY KEY, environment TEXT NOT NULL, account TEXT NOT NULL,
        source TEXT NOT NULL, source_digest TEXT NOT NULL, digest TEXT NOT NULL, mapping TEXT NOT NULL,
        kind TEXT NOT NULL, written_at REAL NOT NULL
    ) STRICT;
    """,
    """
    -- what the server already said of an invoice when it was let go again: that is of an earlier attempt
    ALTER TABLE invoices ADD COLUMN superseded TEXT NOT NULL DEFAULT '[]';
    """,
    """
    -- when request body and answers were dropped; what the server says afterwards is new, and is dropped as well
    ALTER TABLE invoices ADD COLUMN purged_at REAL;
    CREATE INDEX invoices_to_purge ON invoices (environment, account, state, changed_at) WHERE purged_at IS NULL;
    """,
    """
    -- the hash of our own file that a results file takes the place of: a kill in between leaves that one
    ALTER TABLE results ADD COLUMN replaced TEXT NOT NULL DEFAULT '';
    """,
    """
    -- What retention drops stands by itself, in tables that are only added to, in the order of events. Where rows grow
    -- or go, SQLite copies those between them from page to page, and overwrites only the last copy of what is dropped.
    CREATE TABLE bodies (
        event INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE, body BLOB NOT NULL
    ) STRICT;
    INSERT INTO bodies
        SELECT COALESCE(MAX(CASE event WHEN 'claimed' THEN events.id END), MAX(events.id)), body
        FROM invoices JOIN events ON events.invoice = invoices.id
        WHERE body IS NOT NULL GROUP BY invoices.id ORDER BY 1;
    CREATE TABLE said (
        event INTEGER PRIMARY KEY REFERENCES events (id) ON DELETE CASCADE, message TEXT NOT NULL, fields TEXT NOT NULL
    ) STRICT;
    INSERT INTO said
        SELECT MAX(events.id), message, fields FROM invoices JOIN events ON events.invoice = invoices.id
        WHERE message != '' OR fields != '[]' GROUP BY invoices.id ORDER BY 1;

    -- said: the event with what is said of the invoice now
    CREATE TABLE renewed (
        id INTEGER PRIMARY KEY,
        environment TEXT NOT NULL, account TEXT NOT NULL, number INTEGER NOT NULL, year INTEGER NOT NULL,
        state TEXT NOT NULL, changed_at REAL NOT NULL,
        run TEXT NOT NULL DEFAULT '',
        type TEXT NOT NULL, date TEXT NOT NULL, currency TEXT NOT NULL, gross TEXT NOT NULL, method TEXT NOT NULL,
        core TEXT NOT NULL, print TEXT NOT NULL, said INTEGER,
        ever_uncertain INTEGER NOT NULL DEFAULT 0,
        attempted_at REAL, ended_at REAL, taken_at REAL, absent_at REAL,
        status TEXT NOT NULL DEFAULT '',
        case_id TEXT NOT NULL DEFAULT '', distributed_at TEXT NOT NULL DEFAULT '', seen_at REAL,
        superseded TEXT NOT NULL DEFAULT '[]', purged_at REAL,
        UNIQUE (environment, account, number, year)
    ) STRICT;
    INSERT INTO renewed
        SELECT id, environment, account, number, year, state, changed_at, run, type, date, currency, gross, method,
            core, print,
            (SELECT MAX(said.event) FROM events JOIN said ON said.event = events.id WHERE invoice = invoices.id),
            ever_uncertain, attempted_at, ended_at, taken_at, absent_at, status, case_id, distributed_at, seen_at,
            superseded, purged_at
        FROM invoices ORDER BY id;
    DROP TABLE invoices;
    ALTER TABLE renewed RENAME TO invoices;
    CREATE INDEX invoices_by_state ON invoices (environment, account, state);
    CREATE INDEX invoices_by_taken ON invoices (environment, account, taken_at);
    CREATE INDEX invoices_to_purge ON invoices (environment, account, state, changed_at) WHERE purged_at IS NULL;
    """,
    """
    -- Every change of a state costs a place in each index that names it: one finds what is in a state, and what of that
    -- is to be purged. An invoice that was not taken stands in no list of times.
    DROP INDEX invoices_by_state;
    DROP INDEX invoices_to_purge;
    DROP INDEX invoices_by_taken;
    CREATE INDEX invoices_by_state ON invoices (environment, account, state, purged_at, changed_at);
    CREATE INDEX invoices_by_taken ON invoices (environment, account, taken_at) WHERE taken_at IS NOT NULL;
    """,
)


Done = Literal["opened", "read", "written"]
_PROGRAM = "confirma-connector"
_TRIES, _BREATH = 100, 0.02
_UNUSABLE: Mapping[Done, str] = {
    "opened": mark("{path}: the journal cannot be opened: {reason}"),
    "read": mark("{path}: the journal cannot be read: {reason}"),
    "written": mark("{path}: the journal cannot be written: {reason}"),
}
_TABLES = frozenset({"meta", "accounts", "invoices", "events", "results"})
_PRAGMAS = (
    *("synchronous = FULL", "fullfsync = 1", "secure_delete = ON"),
    *("cache_size = -16384", "wal_autocheckpoint = 4000"),  # in kB, and in pages: what is flushed the less often
)


def opened(path: Path) -> sqlite3.Connection:
    """Open the database for its owner alone, durable, at the newest schema. Raises JournalError."""
    try:
        database = sqlite3.connect(private_file(path), isolation_level=None, timeout=30)
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, "opened", error) from error
    try:
        database.execute("BEGIN")  # at one moment: somebody else may be making the journal just now
        _version(database, path)  # before anything is changed in what may be no journal of ours
        database.execute("COMMIT")
        _patiently(database, "PRAGMA journal_mode = WAL")
        for pragma in _PRAGMAS:
            database.execute(f"PRAGMA {pragma}")
        _migrate(database, path)
        database.execute("PRAGMA foreign_keys = 1")  # not before: a table made anew would take what refers to it along
    except BaseException as error:
        database.close()
        if isinstance(error, sqlite3.Error):
            raise unusable(path, "opened", error) from error
        raise
    return database


def _patiently(database: sqlite3.Connection, statement: str) -> None:
    """Execute what SQLite refuses at once, whatever its timeout, while another makes the same journal."""
    for _ in range(_TRIES):
        try:
            database.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
        time.sleep(_BREATH)
    database.execute(statement)


def unusable(path: Path, done: Done, error: Exception) -> JournalError | Busy:
    """Say why the journal cannot be *done* now: for another run, which passes, or for good."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_BUSY:
        return Busy(
            tr(
                "{path}: another run holds the journal for too long ({reason}); nothing is lost, run again",
                path=path,
                reason=error,
            )
        )
    return JournalError(tr(_UNUSABLE[done], path=path, reason=error))


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    database.execute("BEGIN IMMEDIATE")
    try:
        version = _version(database, path)
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            for statement in _statements(script):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        if version < len(MIGRATIONS):
            release = metadata.version(_PROGRAM).encode()
            database.execute("INSERT OR REPLACE INTO meta VALUES ('release', ?)", (release,))
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk may have ended it already
            database.execute("ROLLBACK")
        raise


def _version(database: sqlite3.Connection, path: Path) -> int:
    """Give the schema of the journal, 0 for an empty file. Raises JournalError for a newer one and for what is none."""
    (version,) = database.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not (tables >= _TABLES if version else not tables):
        raise JournalError(
            tr("{path}: this is a database of another program; it stays as it is: name another file", path=path)
        )
    if version > len(MIGRATIONS):
        (row,) = database.execute("SELECT value FROM meta WHERE name = 'release'").fetchall() or [(b"",)]
        release = f" ({_PROGRAM} {bytes(row[0]).decode()})" if row[0] else ""
        raise JournalError(
            tr(
                "{path}: this journal is of a newer release{release}, and this is {own}: update {program}; the journal "
                "stays as it is",
                path=path,
                release=release,
                own=metadata.version(_PROGRAM),
                program=_PROGRAM,
            )
        )
    return int(version)


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""

"""How long the journal keeps what it holds of people, and copies of its whole file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from confirma_connector.errors import JournalError, SettingsError
from confirma_connector.journal.connection import Connection
from confirma_connector.journal.entry import FINAL, Entry
from confirma_connector.journal.step import ANSWERS
from confirma_connector.language import because, tr

__all__ = ["Keeping"]

_A_DAY = 86_400.0
_FINAL = f"({', '.join(repr(state) for state in sorted(FINAL))})"
_ANSWERS = f"({', '.join(repr(event) for event in sorted(ANSWERS))})"
_OLD = f"environment = ? AND account = ? AND purged_at IS NULL AND state IN {_FINAL} AND changed_at <= ?"
_EVENTS = f"(SELECT id FROM events WHERE invoice IN (SELECT id FROM invoices WHERE {_OLD}))"


class Keeping(Connection):
    """What of one account is kept and for how long."""

    def request(self, entry: Entry) -> bytes:
        """Give the request body that was sent last; empty where it is not kept any more."""
        query = (
            "SELECT body FROM bodies JOIN events ON events.id = bodies.event WHERE events.invoice = ?"
            " ORDER BY events.id DESC LIMIT 1"
        )
        rows = self._rows(query, (entry.id,))
        return bytes(rows[0][0]) if rows else b""

    def purge(self, days: float) -> int:
        """Drop request bodies and the server's own answers *days* after the final state; give of how many invoices.

        What they said is overwritten in the file. Number, state, dates, sums, fingerprints and the audit lines stay.
        """
        old = (*self._ours, time.time() - days * _A_DAY)
        with self._transaction() as database:
            database.execute(
                f"UPDATE events SET detail = '' WHERE event IN {_ANSWERS}"
                f" AND invoice IN (SELECT id FROM invoices WHERE {_OLD})",
                old,
            )
            database.execute(f"UPDATE bodies SET body = x'' WHERE event IN {_EVENTS}", old)
            database.execute(
                "UPDATE said SET fields = '[]', message = CASE event WHEN"
                " (SELECT invoices.said FROM events JOIN invoices ON invoices.id = invoice"
                " WHERE events.id = said.event AND state = 'handled') THEN message ELSE '' END"
                f" WHERE event IN {_EVENTS}",
                old,
            )
            count = database.execute(f"UPDATE invoices SET purged_at = ? WHERE {_OLD}", (time.time(), *old)).rowcount
        if count:
            self._empty_log()
        return count

    def kept(self) -> int:
        """Count the invoices in a final state whose request bodies and answers are still there."""
        ((count,),) = self._rows(f"SELECT COUNT(*) FROM invoices WHERE {_OLD}", (*self._ours, time.time()))
        return int(count)

    def _empty_log(self) -> None:
        """Write SQLite's log into the file and empty it: it holds the pages as they were before.

        While another account's run reads, that is left to its end: who closes the journal last removes the log.
        """
        self._rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def backup(self, target: Path) -> None:
        """Write a consistent copy of the whole journal, all accounts, into the new file *target*.

        Runs may go on meanwhile. Raises SettingsError when *target* is there already, JournalError.
        """
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise SettingsError(
                tr("{path} is there already and is left as it is: name a new file", path=target)
            ) from None
        except OSError as error:
            raise SettingsError(tr("{path}: cannot be written: {reason}", path=target, reason=because(error))) from None
        try:
            with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
                self._database.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, whole
        except BaseException as error:
            target.unlink(missing_ok=True)
            if isinstance(error, sqlite3.Error):
                raise JournalError(
                    tr("{path}: the copy cannot be written: {reason}", path=target, reason=error)
                ) from error
            raise

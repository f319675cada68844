"""One account's hold of the journal's file: transactions, questions, the key of its hashes."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confirma_connector.errors import JournalError
from confirma_connector.journal.schema import opened, unusable
from confirma_connector.language import tr

__all__ = ["Connection"]


class Connection:
    """The file at *path*, as one account in one environment holds it. One thread owns it; workers never touch it."""

    def __init__(self, path: Path, environment: str, account: str, run: str = "") -> None:
        self.path = path
        self.environment = environment
        self.account = account
        self.run = run or f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"
        self._database = opened(path)
        self._file = path.stat()
        self.key = self._key()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    @property
    def lock_path(self) -> Path:
        """The lock file that a run of this account holds."""
        label = f"{self.environment}-{self.account}".encode().hex()[:80]
        journal = self.path.resolve()  # one lock, by whatever link the journal is reached
        return journal.with_name(f"{journal.name}.{label}.lock")

    @property
    def _ours(self) -> tuple[str, str]:
        return (self.environment, self.account)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:  # a full disk may have ended it already
                    self._database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise unusable(self.path, "written", error) from error

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return list(self._each(query, values))

    def _each(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Give the rows one by one: of many, what is made of them is all that has to be held."""
        try:
            yield from self._database.execute(query, values)
        except sqlite3.Error as error:
            raise unusable(self.path, "read", error) from error

    def _refuse_moved(self) -> None:
        """Refuse to remember anything in a file that the next run would not find. Raises JournalError."""
        try:
            is_there = os.path.samestat(self.path.stat(), self._file)
        except OSError:
            is_there = False
        if not is_there:
            raise JournalError(
                tr(
                    "{path}: the journal was moved, deleted or replaced while this run went on; nothing more is "
                    "sent. Put it back before the next run: without it only Confirma's own list tells what was sent",
                    path=self.path,
                )
            )

    def _key(self) -> bytes:
        query = "SELECT value FROM meta WHERE name = 'key'"
        if not self._rows(query):
            with self._transaction() as database:
                database.execute("INSERT OR IGNORE INTO meta VALUES ('key', ?)", (secrets.token_bytes(32),))
        ((key,),) = self._rows(query)
        return bytes(key)

"""The results files that were written: what they were made from, and their bytes as we left them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from confirma_connector.errors import UnwritableResults
from confirma_connector.journal.connection import Connection
from confirma_connector.journal.entry import ResultsFile
from confirma_connector.language import tr

__all__ = ["Register"]

_SELECT = (
    "SELECT path, source, source_digest, digest, mapping, kind, replaced FROM results"
    " WHERE environment = ? AND account = ?"
)


class Register(Connection):
    """The results files of one account."""

    def remember_results(self, file: ResultsFile) -> None:
        """Remember a results file as we leave it. Raises UnwritableResults when it is another account's."""
        with self._transaction() as database:
            owner = database.execute(
                "SELECT account, environment FROM results"  # not for people
                " WHERE path = ? AND kind != 'checked' AND (environment, account) != (?, ?)",
                (str(file.path), *self._ours),
            ).fetchone()
            if owner:
                raise UnwritableResults(
                    tr(
                        "{path}: has the results of account {account} ({environment})",
                        path=file.path,
                        account=owner[0],
                        environment=owner[1],
                    )
                )
            database.execute(
                "INSERT OR REPLACE INTO results (path, environment, account, source, source_digest, digest, mapping,"
                " kind, replaced, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    str(file.path),
                    *self._ours,
                    str(file.source),
                    file.source_digest,
                    file.digest,
                    file.mapping,
                    file.kind,
                    file.replaced,
                    time.time(),
                ),
            )

    def results_files(self) -> list[ResultsFile]:
        """Give every results file of this account, oldest first."""
        rows = self._rows(f"{_SELECT} ORDER BY written_at, path", self._ours)
        return [_file(row) for row in rows]

    def results_file(self, path: Path) -> ResultsFile | None:
        """Give the results file of this account at *path*, if it has one there."""
        return next(map(_file, self._rows(f"{_SELECT} AND path = ?", (*self._ours, str(path)))), None)

    def forget_results(self, path: Path) -> None:
        """Forget a results file that was not written after all."""
        with self._transaction() as database:
            database.execute(
                "DELETE FROM results WHERE path = ? AND environment = ? AND account = ?", (str(path), *self._ours)
            )

    def move_results(self, moves: Mapping[Path, Path]) -> None:
        """Know results files and their sources again after *moves*, each from where it lay to where it lies."""
        paths = [(str(to), str(path), *self._ours) for path, to in moves.items()]
        with self._transaction() as database:
            for column in ("path", "source"):
                of_ours = f"{column} = ? AND environment = ? AND account = ?"
                database.executemany(f"UPDATE OR REPLACE results SET {column} = ? WHERE {of_ours}", paths)


def _file(row: tuple[Any, ...]) -> ResultsFile:
    path, source, *rest = row
    return ResultsFile(Path(path), Path(source), *rest)

"""The shapes of a list's rows: most have the same columns, each with the same tag, and are then cut by one pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from operator import getitem
from typing import NamedTuple

from confirma_connector.records import Value
from confirma_connector.workbook.markup import column_index

__all__ = ["Found", "Shapes", "contents"]

_ROWS_TO_LEARN = 16
_MOST_LEARNT = 12
_MOST_TRIED = 2
_MOST_COLUMNS = 200
_NOTHING = "(?!)()"  # fits nothing: the cell may only be empty

Meanings = Mapping[bytes | None, Value]
"""What the cells with one opening tag mean, by their content."""

Found = tuple[bytes, bytes, bytes, bytes, bytes]
"""A cell: its letters, its opening tag behind the reference, and its value, its text or all that stands in it."""


def contents(prefix: str) -> tuple[str, str, str]:
    """Give patterns of what stands behind an opening tag, up to the cell's end: a value, inline text, anything else."""
    p = re.escape(prefix)
    return (
        rf"<{p}v>([^<]*+)</{p}v></{p}c>",
        rf"<{p}is><{p}t>([^<]*+)</{p}t></{p}is></{p}c>",
        rf"(\s*+<(?!/?{p}c[\s/>])(?:[^<]++|<(?!/?{p}c[\s/>]))*+)</{p}c>",
    )


class _Shape(NamedTuple):
    """A pattern for a row in which any of the cells may be empty or missing, and of each its column and meanings."""

    pattern: re.Pattern[bytes]
    columns: tuple[int, ...]
    openings: tuple[bytes, ...]
    meanings: tuple[Meanings, ...]


class Shapes:
    """Learns the shapes of the rows of one sheet from those that none of the known ones fits.

    *meanings* gives what cells with an opening tag mean.
    """

    def __init__(self, prefix: str, meanings: Callable[[bytes], Meanings]) -> None:
        self._prefix = re.escape(prefix)
        self._contents = contents(prefix)
        self._meanings = meanings
        self._known: list[_Shape] = []
        self._seen: dict[int, tuple[str, bytes, str]] = {}
        self._missed = 0

    def read(self, row: bytes, start: int) -> tuple[tuple[int, ...], list[Value]] | None:
        """Give columns and cells of a row, whose opening tag ends at *start*; None for one of no known shape."""
        for pattern, columns, _, meanings in self._known:
            if match := pattern.fullmatch(row, start):
                return columns, list(map(getitem, meanings, match.groups()))
        return None

    def renew(self) -> None:
        """Ask anew what cells mean: what was known of it is to be forgotten."""
        self._known = [shape._replace(meanings=tuple(map(self._meanings, shape.openings))) for shape in self._known]

    def learn(self, cells: Iterable[Found]) -> None:
        """Look at a row that had no known shape; every few of them are made a shape of all their columns."""
        if self._missed >= _MOST_LEARNT * _ROWS_TO_LEARN:
            return
        for letters, opening, *parts in cells:
            content = next((pattern for part, pattern in zip(parts, self._contents, strict=True) if part), "")
            name = letters.decode()
            if content or column_index(name) not in self._seen:
                self._seen[column_index(name)] = name, opening, content or _NOTHING
        self._missed += 1
        if self._missed % _ROWS_TO_LEARN == 0:
            if len(self._seen) <= _MOST_COLUMNS:
                self._known = [self._shape(), *self._known][:_MOST_TRIED]
            self._seen = {}

    def _shape(self) -> _Shape:
        columns = sorted(self._seen)
        p, cells = self._prefix, [self._seen[column] for column in columns]
        row = "".join(
            # Possessive: a cell that has begun is never tried in another way, so that one pass is enough.
            rf'(?:<{p}c r="{letters}\d+"{re.escape(opening.decode().rstrip("/> "))} ?(?:/>|>{content}))?+'
            for letters, opening, content in cells
        )
        pattern = re.compile(rf"{row}</{p}row>".encode())
        openings = tuple(opening for _, opening, _ in cells)
        return _Shape(pattern, tuple(columns), openings, tuple(map(self._meanings, openings)))

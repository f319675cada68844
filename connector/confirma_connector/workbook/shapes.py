"""The shapes of a list's rows: most have the same columns, each with the same tag, and are then cut by one pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from confirma_connector.workbook.markup import column_index

__all__ = ["Found", "Shapes", "contents"]

_ROWS_TO_LEARN = 16
_MOST_LEARNT = 12
_MOST_TRIED = 2
_MOST_COLUMNS = 200
_NOTHING = "(?!)()"  # fits nothing: the cell may only be empty

Found = tuple[str, str, str, str, str]
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
    """A pattern for a whole row in which any of the cells may be empty or missing, and column and tag of each."""

    pattern: re.Pattern[str]
    columns: tuple[int, ...]
    openings: tuple[str, ...]


class Shapes:
    """Learns the shapes of the rows of one sheet from those that none of the known ones fits."""

    def __init__(self, prefix: str) -> None:
        self._prefix = re.escape(prefix)
        self._contents = contents(prefix)
        self._known: list[_Shape] = []
        self._seen: dict[int, tuple[str, str, str]] = {}
        self._missed = 0

    def cut(self, body: str) -> Iterable[tuple[int, str, str | None]] | None:
        """Give column, tag and content of each cell of a row, None where it has none; None for a row of no known shape.

        *body* is what stands behind the row's opening tag.
        """
        for shape in self._known:
            if match := shape.pattern.fullmatch(body):
                return zip(shape.columns, shape.openings, match.groups(), strict=True)
        return None

    def learn(self, cells: Iterable[Found]) -> None:
        """Look at a row that had no known shape; every few of them are made a shape of all their columns."""
        if self._missed >= _MOST_LEARNT * _ROWS_TO_LEARN:
            return
        for letters, opening, *parts in cells:
            content = next((pattern for part, pattern in zip(parts, self._contents, strict=True) if part), "")
            if content or column_index(letters) not in self._seen:
                self._seen[column_index(letters)] = letters, opening, content or _NOTHING
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
            rf'(?:<{p}c r="{letters}\d+"{re.escape(opening.rstrip("/> "))} ?(?:/>|>{content}))?+'
            for letters, opening, content in cells
        )
        return _Shape(re.compile(rf"{row}</{p}row>"), tuple(columns), tuple(opening for _, opening, _ in cells))

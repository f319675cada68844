"""The cells of one row: where each stands in its bytes, and what its tag says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from confirma_connector.language import tr
from confirma_connector.workbook.markup import (
    IN_TAG,
    attributes,
    column_index,
    column_letters,
    edges,
    elements,
    is_bare,
    masked,
)

__all__ = ["Cell", "RowCutter", "RowTag", "column_of", "counted"]

_MOST_REMEMBERED = 1_000
_REFERENCE = re.compile(rb'r="([A-Z]{1,3})\d+"')


class RowTag(NamedTuple):
    """A row's number, whether it is hidden, and where its opening tag ends in its bytes."""

    number: int
    is_hidden: bool
    end: int
    is_closed: bool
    spans: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as it stands in its row's bytes, from *start* to *end*; *has_content* is a value or a formula."""

    column: int
    start: int
    end: int
    style: str
    has_content: bool
    has_formula: bool


class RowCutter:
    """Finds the tag and the cells of each row of one sheet, in order."""

    def __init__(self, prefix: str) -> None:
        p = re.escape(prefix)
        self._last_mark = f"<{prefix}c ".encode()
        self._unusual_mark = re.compile(rf"<{p}c[\s/>]".encode())
        self._usual_tag = re.compile(rf'<{p}row r="(\d{{1,9}})"((?: [\w:.-]+="[^<>"]*+")*+/?>)'.encode())
        self._tag = re.compile(rf"<{p}row({IN_TAG})>")
        self._any = edges(f"{p}c")
        self._value = re.compile(rf"<{p}v(?:\s{IN_TAG})?(?<!/)>([^<]*)</{p}v\s*>")
        self._formula = re.compile(rf"<{p}f(?:\s{IN_TAG}|/)?>([^<]*)")
        self._told: dict[bytes, dict[str, str]] = {}
        self._before = 0

    def tag(self, row: bytes) -> RowTag:
        """Read the opening tag of the next row, whose number is one more than the last where it has none."""
        match = self._usual_tag.match(row)
        if match is None or "r" in (told := self._attributes(match[2])):
            return self._thorough_tag(row)
        self._before = int(match[1])
        is_hidden = told.get("hidden", "") in ("1", "true")
        return RowTag(self._before, is_hidden, match.end(), match[2].endswith(b"/>"), told.get("spans", ""))

    def _attributes(self, text: bytes) -> dict[str, str]:
        """Give the attributes behind a row's number: those of most rows are the same."""
        if text not in self._told:
            if len(self._told) >= _MOST_REMEMBERED:
                self._told.clear()
            self._told[text] = attributes(text.decode("utf-8", "replace"))
        return self._told[text]

    def _thorough_tag(self, row: bytes) -> RowTag:
        text = row[: row.index(b">") + 1].decode("utf-8", "replace")
        if text.count('"') % 2 or "'" in text:  # a ">" in an attribute
            text = row.decode("utf-8", "replace")
        match = self._tag.match(text)
        if match is None:
            raise ValueError(tr("a row without a tag"))
        told = attributes(match[1])
        number = counted(told.get("r", ""))
        self._before = self._before + 1 if number < 0 else number
        is_hidden = told.get("hidden", "") in ("1", "true")
        return RowTag(self._before, is_hidden, len(match[0].encode()), match[1].endswith("/"), told.get("spans", ""))

    def cells(self, data: bytes, tag: RowTag, first: int = 0) -> Iterator[Cell]:
        """Give every cell of a row, also the empty ones, with its place in *data*.

        With *first*, those left of that column are left out where it costs little to find it.
        """
        column, start = 0, -1
        if first and is_bare(data):
            start = data.find(self._last_mark + f'r="{column_letters(first)}{tag.number}"'.encode())
        text = masked(data).decode("latin-1")
        for begin, end, attrs, inner in elements(text, self._any, max(start, tag.end)):
            told = attributes(attrs)
            column = column_of(told.get("r", ""), column)
            has_formula = bool(self._formula.search(inner))
            has_value = bool(self._value.search(inner)) or told.get("t") == "inlineStr"
            yield Cell(column, begin, end, told.get("s", ""), has_value or has_formula, has_formula)

    def ends_before(self, data: bytes, column: int) -> bool:
        """Tell at little cost that all cells of a row stand left of *column*; when in doubt it says no."""
        last = data.rfind(self._last_mark)
        if not is_bare(data):
            return False
        if last < 0:
            return next(elements(data.decode("latin-1"), self._any), None) is None
        match = _REFERENCE.match(data, last + len(self._last_mark))
        if match is None or self._unusual_mark.search(data, match.end()):
            return False
        return column_index(match[1].decode()) < column


def column_of(reference: str, before: int) -> int:
    """Give the column that a cell's reference names; without one it is the next."""
    named = reference.strip()
    end = len(named)
    while end and named[end - 1].isdecimal():
        end -= 1
    return column_index(named[:end].upper()) if end else before + 1


def counted(text: str) -> int:
    """Read a whole number from 0; -1 when it is none."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1

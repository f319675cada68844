"""The rows of a table as they stand, before anybody knows which is its header; what a cell looks like."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from confirma_connector.fields import spelled
from confirma_connector.language import tr
from confirma_connector.proposing.found import Column
from confirma_connector.records import Unreadable, Value

__all__ = [
    "NOTHING",
    "Line",
    "is_name",
    "is_value",
    "kind_of",
    "line",
    "looks_dated",
    "looks_numeric",
    "numbering",
    "place_in",
]

_SPACE = "\\s\u00a0\u202f"
_NUMBER = re.compile(
    rf"[-\u2212+(]?[{_SPACE}]*(?:[€$£]|EUR|SEK|USD|GBP)?[{_SPACE}]*[-\u2212]?\d[\d{_SPACE}.,'’]*(?:[{_SPACE}]*(?:[€$£%]|EUR|SEK|USD|GBP|kr))?\)?[-\u2212]?",
    re.IGNORECASE,
)
_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?E[+-]?\d+", re.IGNORECASE)
_DATE = re.compile(
    r"(?:\d{1,4}([./-])\d{1,2}\1\d{1,4}\.?|\d{8})"
    r"(?:[T ]\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?(?:Z| ?[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_OTHER_VALUE = re.compile(r"\S+@\S+\.\S+|(?:FI)?\d{7}-?\d|[A-Z]{2}\d{2}[A-Z0-9 ]{10,40}|0037\d{8,13}")
_LONGEST_NAME = 60

NOTHING = frozenset({"-", "\u2013", "\u2014", "--", "n/a", "null", "none", "nil", "nan"})
"""Words that mean nothing where numbers or dates stand otherwise, in small letters."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its *number* as `header_row` counts, and its cells that are not blank, by column from 1."""

    number: int
    cells: Mapping[int, Value]
    width: int = 0

    @property
    def texts(self) -> list[str]:
        """Its cells as text, left to right."""
        return [spelled(value) for value in self.cells.values()]


def line(number: int, cells: Iterable[tuple[int, Value]]) -> Line:
    """Make a line of its cells; blank ones are left out."""
    filled = {column: value for column, value in cells if value is not None and spelled(value)}
    return Line(number, filled, max(filled, default=0))


def kind_of(value: Value) -> str:
    """Say what a cell is by its source: "text", "number", "date", "error", or "" for an empty one."""
    if isinstance(value, Unreadable):
        return "error"
    if isinstance(value, dt.date):
        return "date"
    if isinstance(value, (Decimal, int)):
        return "number"
    return "text" if value is not None and value.strip() else ""


def looks_numeric(text: str) -> bool:
    """Tell whether *text* may be a number with whatever marks, a currency or a percent sign."""
    return bool(_NUMBER.fullmatch(text)) and not looks_dated(text)


def looks_dated(text: str) -> bool:
    """Tell whether *text* may be a date, with or without a time; eight digits may be one too."""
    if not _DATE.fullmatch(text):
        return False
    digits = re.sub(r"\D", "", text)
    return not text.isdigit() or digits[:2] in ("19", "20") or digits[4:6] in ("19", "20")


def is_value(value: Value) -> bool:
    """Tell whether a cell holds data for sure: a number, a date, an identifier; never the name of a column."""
    if kind_of(value) != "text":
        return kind_of(value) != ""
    text = spelled(value)
    return bool(looks_numeric(text) or looks_dated(text) or _SCIENTIFIC.fullmatch(text) or _OTHER_VALUE.fullmatch(text))


def is_name(value: Value) -> bool:
    """Tell whether a cell may hold the name of a column: a short text that is no value."""
    text = spelled(value)
    return kind_of(value) == "text" and not is_value(value) and len(text) <= _LONGEST_NAME


def place_in(column: Column, at: int, wheres: Sequence[str]) -> str:
    """Name the cell of a column in the row *at*: Laskut!H17; or its line and header."""
    where = wheres[at] if at < len(wheres) else ""
    if column.letter and where:
        sheet, _, row = where.rpartition("!")
        return f"{sheet}!{column.letter}{row}"
    told = tr('column "{header}"', header=column.header)
    return f"{where}, {told}" if where else told


def numbering(cells: Sequence[str]) -> bool:
    """Tell whether *cells* only count the columns: 1 2 3, (1) (2) (3), or A B C."""
    marks = [re.sub(r"[().\s]", "", cell) for cell in cells]
    if len(marks) < 3:
        return False
    if all(mark.isascii() and mark.isdigit() for mark in marks):
        numbers = [int(mark) for mark in marks if len(mark) < 4]
        return len(numbers) == len(marks) and numbers[0] in (0, 1) and _rises_by_one(numbers)
    if all(len(mark) == 1 and mark.isascii() and mark.isalpha() for mark in marks):
        return marks[0].upper() == "A" and _rises_by_one([ord(mark.upper()) for mark in marks])
    return False


def _rises_by_one(numbers: Sequence[int]) -> bool:
    return all(after == before + 1 for before, after in pairwise(numbers))

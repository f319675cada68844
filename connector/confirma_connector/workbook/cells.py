"""The cells of one row: where each stands and what it means; what cannot be trusted says why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from confirma_connector.language import mark, tr
from confirma_connector.records import Unreadable, Value
from confirma_connector.workbook.formats import PLAIN, Format
from confirma_connector.workbook.markup import (
    IN_TAG,
    attributes,
    column_index,
    column_letters,
    decoded,
    edges,
    elements,
    masked,
    plain,
)
from confirma_connector.workbook.strings import text_of

__all__ = ["Cell", "Row", "RowReader", "RowTag"]

_FEW_DIGITS = 15
_MOST_REMEMBERED = 5_000


@dataclass(frozen=True, slots=True)
class RowTag:
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


@dataclass(frozen=True, slots=True)
class Row:
    """A row that has at least one value: its number from 1, whether it is hidden, its values by column from 1."""

    number: int
    is_hidden: bool
    values: Mapping[int, Value]


class RowReader:
    """Reads the rows of one sheet in order; rows and cells without a reference follow the one before."""

    def __init__(
        self,
        prefix: str,
        formats: Sequence[Format] = (),
        *,
        is_1904: bool = False,
        rounds: bool = False,
        is_uncalculated: bool = False,
    ) -> None:
        p = re.escape(prefix)
        self._formats = {str(style): format_ for style, format_ in enumerate(formats)}
        self._formats[""] = self._formats.get("0", PLAIN)
        self._is_1904 = is_1904
        self._rounds = rounds
        self._is_uncalculated = is_uncalculated
        self._is_bare = {
            style: format_.kind == "number" and not (rounds and format_.decimals is not None)
            for style, format_ in self._formats.items()
        }
        self._last_mark = f"<{prefix}c ".encode()
        self._unusual_mark = re.compile(rf"<{p}c[\s/>]".encode())
        self._cell_mark = f"<{prefix}c"
        self._value_mark = f"<{prefix}v"
        self._content = re.compile(rf"<{p}(?:v|is|f)[\s/>]".encode())
        self._numbered = re.compile(rf'<{p}row r="(\d{{1,9}})"'.encode())
        self._tag = re.compile(rf"<{p}row({IN_TAG})>")
        self._usual = re.compile(
            rf'<{p}c r="([A-Z]{{1,3}})\d+"(?: s="(\d+)")?(?: t="(\w+)")?'
            rf"(?:/>|>(?:<{p}v>([^<]*)</{p}v></{p}c>|(.*?)</{p}c>))",
            re.DOTALL,
        )
        self._any = edges(f"{p}c")
        self._opening = re.compile(rf"<{p}c(?:\s{IN_TAG})?(?<!/)>")
        self._end_mark = f"</{prefix}c>"
        self._value = re.compile(rf"<{p}v(?:\s{IN_TAG})?(?<!/)>([^<]*)</{p}v\s*>")
        self._start = re.compile(rf"<{p}c[\s/>]")
        self._formula = re.compile(rf"<{p}f(?:\s{IN_TAG}|/)?>([^<]*)")
        self._inline = edges(f"{p}is")
        self._plain_inline = (f"<{prefix}is><{prefix}t>", f"</{prefix}t></{prefix}is>")
        self._columns: dict[str, int] = {}
        self._numbers: dict[tuple[str, str], Value] = {}
        self._before = 0

    def tag(self, row: bytes) -> RowTag:
        """Read the opening tag of the next row, whose number is one more than the last where it has none."""
        text = row[: row.index(b">") + 1].decode("utf-8", "replace")
        if text.count('"') % 2 or "'" in text:  # a ">" in an attribute
            text = row.decode("utf-8", "replace")
        match = self._tag.match(text)
        if match is None:
            raise ValueError(tr("a row without a tag"))
        told = attributes(match[1])
        number = _counted(told.get("r", ""))
        self._before = self._before + 1 if number < 0 else number
        is_hidden = told.get("hidden", "") in ("1", "true")
        return RowTag(self._before, is_hidden, len(match[0].encode()), match[1].endswith("/"), told.get("spans", ""))

    def row(self, data: bytes, strings: Mapping[int, str]) -> Row | None:
        """Read the next row; None when no cell of it has a value. Raises ValueError with a reason for a damaged one."""
        if not self._content.search(data):
            numbered = self._numbered.match(data)
            self._before = int(numbered[1]) if numbered else self.tag(data).number
            return None
        tag = self.tag(data)
        body = plain(data[tag.end :].decode())
        # Where a cell is opened that nothing closes, the quick pattern would look for its end again and again.
        is_whole = not self._opening.search(body, body.rfind(self._end_mark) + 1)
        found = self._usual.findall(body) if is_whole else []
        if is_whole and len(found) == body.count(self._cell_mark):
            values = self._quickly(found, strings)
        else:
            values = self._thoroughly(body, strings)
        return Row(tag.number, tag.is_hidden, values) if values else None

    def cells(self, data: bytes, tag: RowTag, first: int = 0) -> Iterator[Cell]:
        """Give every cell of a row, also the empty ones, with its place in *data*.

        With *first*, those left of that column are left out where it costs little to find it.
        """
        column, start = 0, -1
        if first and b"<!" not in data and b"<?" not in data:
            start = data.find(self._last_mark + f'r="{column_letters(first)}{tag.number}"'.encode())
        text = masked(data).decode("latin-1")
        for begin, end, attrs, inner in elements(text, self._any, max(start, tag.end)):
            told = attributes(attrs)
            column = self._column(told.get("r", ""), column)
            has_formula = bool(self._formula.search(inner))
            has_value = bool(self._value.search(inner)) or told.get("t") == "inlineStr"
            yield Cell(column, begin, end, told.get("s", ""), has_value or has_formula, has_formula)

    def ends_before(self, data: bytes, column: int) -> bool:
        """Tell at little cost that all cells of a row stand left of *column*; when in doubt it says no."""
        last = data.rfind(self._last_mark)
        if b"<!" in data or b"<?" in data:
            return False
        if last < 0:
            return next(elements(data.decode("latin-1"), self._any), None) is None
        match = _REFERENCE.match(data, last + len(self._last_mark))
        if match is None or self._unusual_mark.search(data, match.end()):
            return False
        return self._index(match[1].decode()) < column

    def _index(self, letters: str) -> int:
        return self._columns.get(letters) or self._columns.setdefault(letters, column_index(letters))

    def _column(self, reference: str, before: int) -> int:
        letters = reference.strip().rstrip("0123456789").upper()
        return column_index(letters) if letters else before + 1

    def _quickly(self, found: list[tuple[str, ...]], strings: Mapping[int, str]) -> dict[int, Value]:
        """Read cells that are all written the way nearly every program writes them."""
        values: dict[int, Value] = {}
        columns = self._columns
        for letters, style, kind, value, inner in found:
            if value:
                meant = self._typed(kind, style, value, strings)
            elif inner:
                meant = self._meant(kind, style, inner, strings)
            else:
                continue
            if meant != "":
                values[columns.get(letters) or self._index(letters)] = meant
        return values

    def _thoroughly(self, body: str, strings: Mapping[int, str]) -> dict[int, Value]:
        values: dict[int, Value] = {}
        column = 0
        found = list(elements(body, self._any))
        if len(found) != len(self._start.findall(body)):
            raise ValueError(tr("a cell has no end"))
        for _, _, attrs, inner in found:
            told = attributes(attrs)
            column = self._column(told.get("r", ""), column)
            meant = self._meant(told.get("t", ""), told.get("s", ""), inner, strings)
            if meant != "":
                values[column] = meant
        return values

    def _meant(self, kind: str, style: str, inner: str, strings: Mapping[int, str]) -> Value:
        """Give what a cell means from everything that stands in it."""
        if kind == "inlineStr":
            opening, closing = self._plain_inline
            if inner.startswith(opening) and inner.endswith(closing) and inner.count("<") == 4:
                return decoded(inner[len(opening) : -len(closing)])
            found = next(elements(inner, self._inline), None)
            return text_of(found[3]) if found else ""
        match = self._value.search(inner)
        value = match[1] if match else ""
        if not value.strip() and (kind not in ("str", "e") or self._value_mark not in inner):
            return self._uncalculated(inner, tr(_NEVER))
        if self._is_uncalculated and value.strip() == "0":
            return self._uncalculated(inner, tr(_PERHAPS_NEVER)) or self._typed(kind, style, value, strings)
        return self._typed(kind, style, value, strings)

    def _uncalculated(self, inner: str, reason: str) -> Value:
        """Give the formula of a cell as something unreadable; "" when it has none."""
        formula = self._formula.search(inner)
        return Unreadable(f"={decoded(formula[1])}", reason) if formula else ""

    def _typed(self, kind: str, style: str, value: str, strings: Mapping[int, str]) -> Value:
        if kind == "s":
            text = strings.get(_counted(value))
            return Unreadable("?", tr("points to a text that the workbook does not have")) if text is None else text
        if kind in ("", "n"):
            return self._number(style, value)
        if kind == "str":
            return decoded(value)
        if kind == "b":
            return "TRUE" if value.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return _moment(value.strip())
        shown = decoded(value).strip() or "#"
        if kind == "e":
            return Unreadable(shown, tr("shows the error {shown}: correct its formula", shown=shown))
        return Unreadable(shown, tr('is of the unknown kind "{kind}"', kind=kind))

    def _number(self, style: str, value: str) -> Value:
        if len(value) <= _FEW_DIGITS and self._is_bare.get(style, True) and _SIMPLE.fullmatch(value):
            return Decimal(value)
        key = (style, value)
        if key not in self._numbers:
            if len(self._numbers) >= _MOST_REMEMBERED:
                self._numbers.clear()
            format_ = self._formats.get(style, PLAIN)
            self._numbers[key] = format_.value(value.strip(), is_1904=self._is_1904, rounds=self._rounds)
        return self._numbers[key]


_REFERENCE = re.compile(rb'r="([A-Z]{1,3})\d+"')
_SIMPLE = re.compile(r"0|-?(?:[1-9]\d*|0(?=\.\d*[1-9]))(?:\.\d+)?")
_NEVER = mark("has a formula that was never calculated: open the workbook in Excel or LibreOffice and save it")
_PERHAPS_NEVER = mark(
    "has a formula whose 0 the program that wrote the workbook may only have put there until "
    "it is calculated: open the workbook in Excel or LibreOffice and save it"
)


def _counted(text: str) -> int:
    """Read a whole number from 0; -1 when it is none."""
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _moment(text: str) -> Value:
    """Read the date of a strict workbook, which is written as text: 2026-10-01T00:00:00."""
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return Unreadable(text or "?", tr("is said to be a date, and is none"))
    return moment if moment.time() != time() else moment.date()

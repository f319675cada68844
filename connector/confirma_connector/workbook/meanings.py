"""What the cells of a row mean: their values as people see them; what cannot be trusted says why."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import NamedTuple

from confirma_connector.language import mark, tr
from confirma_connector.records import Unreadable, Value
from confirma_connector.workbook.cells import RowCutter, column_of, counted
from confirma_connector.workbook.formats import PLAIN, Format
from confirma_connector.workbook.markup import (
    IN_TAG,
    attributes,
    column_index,
    decoded,
    edges,
    elements,
    is_bare,
    plain,
)
from confirma_connector.workbook.shapes import Found, Shapes, contents
from confirma_connector.workbook.strings import text_of

__all__ = ["Row", "RowReader"]

_FEW_DIGITS = 15
_MOST_REMEMBERED = 30_000
_LONGEST_REMEMBERED = 100
_Way = Callable[[bytes], Value]
_USUAL_OPENING = re.compile(r'(?: [\w:.-]+="[^<>"]*")* ?/?>')
_SIMPLE = re.compile(r"0|-?(?:[1-9]\d*|0(?=\.\d*[1-9]))(?:\.\d+)?", re.ASCII)


class Row(NamedTuple):
    """A row that has at least one value: its number from 1, whether it is hidden, its cells and their columns from 1.

    A cell without a value is an empty text, or is left out.
    """

    number: int
    is_hidden: bool
    columns: tuple[int, ...]
    cells: Sequence[Value]

    @property
    def values(self) -> dict[int, Value]:
        """Give the values by column."""
        return {column: cell for column, cell in zip(self.columns, self.cells, strict=True) if _is_value(cell)}


class RowReader:
    """Reads the rows of one sheet in order; rows and cells without a reference follow the one before."""

    def __init__(
        self,
        prefix: str,
        strings: Mapping[int, str],
        formats: Sequence[Format] = (),
        *,
        is_1904: bool = False,
        rounds: bool = False,
        is_uncalculated: bool = False,
    ) -> None:
        p = re.escape(prefix)
        self._cutter = RowCutter(prefix)
        self._strings = strings
        self._formats = {str(style): format_ for style, format_ in enumerate(formats)}
        self._formats[""] = self._formats.get("0", PLAIN)
        self._is_1904 = is_1904
        self._rounds = rounds
        self._is_uncalculated = is_uncalculated
        self._is_bare = {
            style: format_.kind == "number" and not (rounds and format_.decimals is not None)
            for style, format_ in self._formats.items()
        }
        self._value_mark = f"<{prefix}v"
        self._content = re.compile(rf"<{p}(?:v|is|f)[\s/>]".encode())
        value, text, other = contents(prefix)
        # All that follows "<c" is optional: a cell that nobody would write so is found with nothing behind its name.
        self._usual = re.compile(
            (
                rf'<{p}c(?: r="([A-Z]{{1,3}})\d+"([^<>]*+>)'
                rf'(?:(?<=/>)|(?<! t="inlineStr">){value}|(?<= t="inlineStr">){text}|{other}))?+'
            ).encode()
        )
        self._any = edges(f"{p}c")
        self._value = re.compile(rf"<{p}v(?:\s{IN_TAG})?(?<!/)>([^<]*)</{p}v\s*>")
        self._start = re.compile(rf"<{p}c[\s/>]")
        self._formula = re.compile(rf"<{p}f(?:\s{IN_TAG}|/)?>([^<]*)")
        self._inline = edges(f"{p}is")
        self._plain_inline = (f"<{prefix}is><{prefix}t>", f"</{prefix}t></{prefix}is>")
        self._columns = _Columns()
        self._alike = _Alike(self)
        self._shapes = Shapes(prefix, self._alike.__getitem__)

    def row(self, data: bytes) -> Row | None:
        """Read the next row; None when no cell of it has a value. Raises ValueError with a reason for a damaged one."""
        if self._alike.held > _MOST_REMEMBERED:
            self._alike.forget()
            self._shapes.renew()
        number, is_hidden, end, _, _ = self._cutter.tag(data)
        shaped = self._shaped(data, end) if is_bare(data) else None
        if shaped is None:
            if not self._content.search(data):
                return None
            body = plain(data[end:].decode())
            try:
                values = self._quickly(body.encode())
            except _OddError:
                values = self._thoroughly(body)
            shaped = tuple(values), list(values.values())
        columns, cells = shaped
        return Row(number, is_hidden, columns, cells) if any(cells) or any(map(_is_value, cells)) else None

    def _shaped(self, data: bytes, start: int) -> tuple[tuple[int, ...], list[Value]] | None:
        try:
            return self._shapes.read(data, start)
        except UnicodeDecodeError:  # told with its place in the row by whoever decodes all of it
            return None

    def _quickly(self, body: bytes) -> dict[int, Value]:
        """Read a row whose cells are all written as nearly every program writes them."""
        columns, alike = self._columns, self._alike
        found: list[Found] = self._usual.findall(body)
        values: dict[int, Value] = {
            columns[letters]: meant
            for letters, opening, value, text, inner in found
            if _is_value(meant := alike[opening][value or text or inner])
        }
        self._shapes.learn(found)
        return values

    def way(self, opening: str) -> _Way:
        """Give how the content of cells is understood that have this opening tag (what follows their reference).

        Where there is markup in it, it is all that stands in the cell, otherwise only its value or text. Raises
        _OddError for a tag that is not written as nearly every program writes it.
        """
        told = attributes(opening)
        if not _USUAL_OPENING.fullmatch(opening) or "r" in told:
            raise _OddError
        kind, style = told.get("t", ""), told.get("s", "")
        is_number = kind in ("", "n") and self._is_bare.get(style, True)

        def way(content: bytes) -> Value:
            text = content.decode()
            if is_number and len(text) <= _FEW_DIGITS and _SIMPLE.fullmatch(text):
                return Decimal(text)
            if "<" in text:
                return self._meant(kind, style, text)
            return decoded(text) if kind == "inlineStr" else self._typed(kind, style, text)

        return way

    def _thoroughly(self, body: str) -> dict[int, Value]:
        values: dict[int, Value] = {}
        column = 0
        found = list(elements(body, self._any))
        if len(found) != len(self._start.findall(body)):
            raise ValueError(tr("a cell has no end"))
        for _, _, attrs, inner in found:
            told = attributes(attrs)
            column = column_of(told.get("r", ""), column)
            meant = self._meant(told.get("t", ""), told.get("s", ""), inner)
            if _is_value(meant):
                values[column] = meant
        return values

    def _meant(self, kind: str, style: str, inner: str) -> Value:
        """Give what a cell means from everything that stands in it."""
        if kind == "inlineStr":
            opening, closing = self._plain_inline
            if inner.startswith(opening) and inner.endswith(closing) and inner.count("<") == 4:
                return decoded(inner[len(opening) : -len(closing)])
            if found := next(elements(inner, self._inline), None):
                return text_of(found[3])
        match = self._value.search(inner)
        value = match[1] if match else ""
        if not value.strip() and (kind not in ("str", "e") or self._value_mark not in inner):
            return self._uncalculated(inner, tr(_NEVER))
        if self._is_uncalculated and value.strip() == "0":
            return self._uncalculated(inner, tr(_PERHAPS_NEVER)) or self._typed(kind, style, value)
        return self._typed(kind, style, value)

    def _uncalculated(self, inner: str, reason: str) -> Value:
        """Give the formula of a cell as something unreadable; "" when it has none."""
        formula = self._formula.search(inner)
        return Unreadable(f"={decoded(formula[1])}", reason) if formula else ""

    def _typed(self, kind: str, style: str, value: str) -> Value:
        if kind in ("", "n"):
            if len(value) <= _FEW_DIGITS and self._is_bare.get(style, True) and _SIMPLE.fullmatch(value):
                return Decimal(value)
            format_ = self._formats.get(style, PLAIN)
            return format_.value(value.strip(), is_1904=self._is_1904, rounds=self._rounds)
        if kind == "s":
            text = self._strings.get(counted(value))
            return Unreadable("?", tr("points to a text that the workbook does not have")) if text is None else text
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


def _is_value(cell: Value) -> bool:
    return bool(cell) or not isinstance(cell, str)


class _OddError(Exception):
    """A cell is not written as nearly every program writes it."""


class _Columns(dict[bytes, int]):
    """Column numbers by letters."""

    def __missing__(self, letters: bytes) -> int:
        return self.setdefault(letters, column_index(letters.decode()))


class _Alike(dict[bytes, "_Meanings"]):
    """What cells mean, by their opening tag and then by their content; *held* is how many are known."""

    def __init__(self, reader: RowReader) -> None:
        super().__init__()
        self._reader = reader
        self.held = 0

    def __missing__(self, opening: bytes) -> _Meanings:
        self.held += 1
        return self.setdefault(opening, _Meanings(self, self._reader.way(opening.decode())))

    def forget(self) -> None:
        """Forget all of them."""
        self.held = 0
        self.clear()


class _Meanings(dict[bytes | None, Value]):
    """What cells mean that have the same opening tag: most contents of a list come again, and are worked out once."""

    def __init__(self, alike: _Alike, way: _Way) -> None:
        super().__init__()
        self._alike = alike
        self._way = way

    def __missing__(self, content: bytes | None) -> Value:
        meant = self._way(content) if content else ""
        if content is None or len(content) <= _LONGEST_REMEMBERED:
            self._alike.held += 1
            self[content] = meant
        return meant


_NEVER = mark("has a formula that was never calculated: open the workbook in Excel or LibreOffice and save it")
_PERHAPS_NEVER = mark(
    "has a formula whose 0 the program that wrote the workbook may only have put there until "
    "it is calculated: open the workbook in Excel or LibreOffice and save it"
)


def _moment(text: str) -> Value:
    """Read the date of a strict workbook, which is written as text: 2026-10-01T00:00:00."""
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return Unreadable(text or "?", tr("is said to be a date, and is none"))
    return moment if moment.time() != time() else moment.date()

"""How much the sheets of .ods and .xlsb hold by what their parts say, before a reader that holds all of it opens them.

A few bytes can stand for a million rows: a row that is repeated, two cells far apart.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from xml.parsers import expat

from confirma_connector.language import tr
from confirma_connector.limits import Limits

__all__ = ["check_ods", "check_xlsb"]

_BLOCK = 1 << 18
_SPACE = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _ROWS, _FORMULA = (f"{_SPACE}table:1.0 {name}" for name in ("table", "table-row", "formula"))
_CELLS = frozenset({f"{_SPACE}table:1.0 table-cell", f"{_SPACE}table:1.0 covered-table-cell"})
_ROW_TIMES, _CELL_TIMES = (f"{_SPACE}table:1.0 number-{name}-repeated" for name in ("rows", "columns"))
_TYPE = f"{_SPACE}office:1.0 value-type"
_PARAGRAPH, _SPACES, _COUNT = (f"{_SPACE}text:1.0 {name}" for name in ("p", "s", "c"))
_FIRST_CELL, _LAST_CELL, _ROW = 1, 11, 0  # records of [MS-XLSB]: BrtCellBlank to BrtFmlaError, BrtRowHdr


def check_ods(part: IO[bytes], name: str, limits: Limits) -> None:
    """Read the *part* content.xml of an .ods in passing. Raises SourceError, and ValueError when it is damaged."""
    sheets = _Sheets(name, limits)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = sheets.start
    parser.EndElementHandler = sheets.end
    parser.CharacterDataHandler = sheets.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        while block := part.read(_BLOCK):
            parser.Parse(block)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None


def _refuse_doctype(*_: object) -> None:
    raise ValueError(tr("it has a document type, which no spreadsheet needs"))


@dataclass(slots=True)
class _Sheets:
    """Counts cells and text as a reader will hold them: empty ones count where something stands behind them."""

    name: str
    limits: Limits
    row: int = 0
    width: int = 0
    repeats: int = 0
    column: int = 0
    filled: int = 0
    times: int = 0
    row_size: int = 0
    size: int = 0
    depth: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.depth += 1
        if self.depth > self.limits.nesting:
            raise self.limits.refuse("nesting", self.name)
        if tag == _PARAGRAPH:
            self.filled = self.column
        elif tag in _CELLS:
            self.times = _times(attributes, _CELL_TIMES) if _CELL_TIMES in attributes else 1
            self.column += self.times
            if _TYPE in attributes or _FORMULA in attributes:
                self.filled = self.column
        elif tag == _ROWS:
            self.repeats = _times(attributes, _ROW_TIMES)
            self.column = self.filled = self.row_size = 0
        elif tag == _SPACES:
            self.row_size += _times(attributes, _COUNT) * self.times
        elif tag == _TABLE:
            self.row = self.width = 0

    def text(self, text: str) -> None:
        self.row_size += len(text) * self.times

    def end(self, tag: str) -> None:
        self.depth -= 1
        if tag != _ROWS:
            return
        before, self.row = self.row, self.row + self.repeats
        if self.filled:
            self.width = max(self.width, self.filled)
            self.size += self.row_size * self.repeats
            place = _at_row(self.name, before + 1)
            self.limits.check("held_cells", place, self.row * self.width)
            self.limits.check("text_size", place, self.size)


def _at_row(name: str, row: int) -> str:
    return tr("{name}, row {row}", name=name, row=row)


def _times(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "1").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1


def check_xlsb(opened: zipfile.ZipFile, name: str, limits: Limits) -> None:
    """Read the sheets of an .xlsb in passing. Raises SourceError."""
    for info in opened.infolist():
        part = info.filename.replace("\\", "/").lower()
        if part.endswith("sharedstrings.bin"):
            limits.check("text_size", name, info.file_size // 2)
        elif part.startswith("xl/worksheets/") and part.endswith(".bin"):
            with opened.open(info) as file:
                raw: Any = file  # it reads like a raw file, and is typed as another kind
                place = tr("{name}, part {part}", name=name, part=info.filename)
                _check_sheet(io.BufferedReader(raw, _BLOCK), place, limits)


def _check_sheet(file: IO[bytes], place: str, limits: Limits) -> None:
    rows: list[int] = []
    columns: list[int] = []
    row = 0
    for kind, number in _records(file):
        if kind == _ROW:
            row = number
            continue
        rows = [min([row, *rows]), max([row, *rows])]
        columns = [min([number, *columns]), max([number, *columns])]
        cells = (rows[1] - rows[0] + 1) * (columns[1] - columns[0] + 1)
        limits.check("held_cells", _at_row(place, row + 1), cells)


def _records(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Give the rows and cells of a sheet: the kind of the record, and the row's or column's number from 0."""
    while (kind := _varied(file, 2)) is not None:
        size = _varied(file, 4) or 0
        if size >= 4 and (kind == _ROW or _FIRST_CELL <= kind <= _LAST_CELL):
            yield kind, int.from_bytes(file.read(4), "little")
            size -= 4
        while size and (block := file.read(min(size, _BLOCK))):
            size -= len(block)


def _varied(file: IO[bytes], most: int) -> int | None:
    """Read a number of seven bits a byte; None at the end."""
    number = 0
    for place in range(most):
        byte = file.read(1)
        if not byte:
            return None
        number |= (byte[0] & 0x7F) << (7 * place)
        if not byte[0] & 0x80:
            break
    return number

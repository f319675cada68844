"""Results written into a workbook: its sheet streams by, four cells of a row are set, every other byte stays."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confirma_connector.errors import NoWriteBack, SourceError
from confirma_connector.records import Result
from confirma_connector.workbook.area import Area
from confirma_connector.workbook.book import Book, Table
from confirma_connector.workbook.cells import RowReader, RowTag
from confirma_connector.workbook.container import copy_with
from confirma_connector.workbook.head import fitted_head
from confirma_connector.workbook.layout import Layout
from confirma_connector.workbook.lists import (
    filter_area,
    grown_filter,
    grown_filter_name,
    grown_table,
    merged_areas,
    with_attribute,
)
from confirma_connector.workbook.markup import column_letters, encoded, is_utf8

__all__ = ["splice"]

_LAST_COLUMN = 16_384
_WIDTHS = (16, 48, 20, 16)


def splice(book: Book, found: Layout, ours: Sequence[str], results: Sequence[Result], target: Path) -> str:
    """Write to *target* the workbook with *results* in the columns headed *ours*; give what a person should know.

    Raises NoWriteBack, with the reason, for a workbook that cannot carry them.
    """
    if book.is_signed:
        raise NoWriteBack(f"{book.name} is digitally signed, and any change would break the signature")
    if not found.header:
        raise NoWriteBack(f"{book.name}: {found.sheet.quoted} has no header row, so it cannot carry result columns")
    due = _by_row(book, results)
    plan = _plan(book, found, [" ".join(name.split()) for name in ours])
    parts: dict[str, Iterator[bytes]] = {found.sheet.part: _Splicing(book, found, plan, due).chunks()}
    if plan.table:
        parts[plan.table.part] = iter([grown_table(book.container.read(plan.table.part), plan.table, ours)])
    if plan.filtered:
        part = grown_filter_name(book.container.read(book.part), found.sheet, plan.filtered, len(ours))
        parts[book.part] = iter([part])
    if not copy_with(book.container, parts, target):
        shutil.copyfile(book.container.path, target)
    return f"{found.sheet.quoted} is protected, and stays so; the results are in it" if plan.is_protected else ""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Which column gets which result cell, their headers if they are new, and what has to grow with them."""

    columns: tuple[int, ...]
    headers: tuple[str, ...] = ()
    table: Table | None = None
    filtered: Area | None = None
    is_protected: bool = False


@dataclass
class _Surroundings:
    """What one pass over the sheet finds right of the list and behind its rows."""

    used: set[int] = field(default_factory=set)
    tail: str = ""
    prefix: str = ""


def _by_row(book: Book, results: Sequence[Result]) -> dict[int, tuple[str, ...]]:
    due: dict[int, tuple[str, ...]] = {}
    for result in results:
        if not isinstance(result.at, int) or due.setdefault(result.at, cells := result.cells()) is not cells:
            raise SourceError(f"{book.name}: two results for the same row, {result.at!r} ({result.number})")
    return due


def _plan(book: Book, found: Layout, ours: Sequence[str]) -> _Plan:
    place = found.place_of(ours)
    around = _surroundings(book, found, everything=place is None)
    is_protected = bool(re.search(rf"<{around.prefix}sheetProtection\b", around.tail))
    if place is not None:
        by_name = {found.headers[column]: column for column in range(place, place + 4)}
        return _Plan(tuple(by_name[name] for name in ours), is_protected=is_protected)
    if len(set(ours)) < len(ours):
        raise NoWriteBack(f"{book.name}: two result columns would have the same header")
    start = _first_free(book, found, around)
    table, filtered = _joined_table(book, found, ours, start), _joined_filter(book, found, around, start)
    return _Plan(tuple(range(start, start + 4)), tuple(ours), table, filtered, is_protected)


def _surroundings(book: Book, found: Layout, *, everything: bool) -> _Surroundings:
    around = _Surroundings()
    is_below = False
    part = book.stream(found.sheet)
    reader: RowReader | None = None
    for piece in part.pieces():
        if piece.kind == "tail":
            around.tail, around.prefix = piece.data.decode("utf-8"), part.prefix
        elif piece.kind == "row" and everything:
            reader = reader or RowReader(part.prefix)
            if reader.ends_before(piece.data, found.last + 1) and is_below:
                continue
            tag = reader.tag(piece.data)
            is_below = is_below or tag.number >= found.header
            if is_below:
                around.used.update(cell.column for cell in reader.cells(piece.data, tag) if cell.has_content)
    return around


def _first_free(book: Book, found: Layout, around: _Surroundings) -> int:
    """Give the first of four columns right of the list in which nothing stands, from the header down."""
    used = set(around.used)
    for place in merged_areas(around.tail, around.prefix):
        if place.bottom >= found.header:
            used.update(range(place.left, place.right + 1))
    start = found.last + 1
    while not used.isdisjoint(range(start, start + 4)):
        start += 1
    if start + 3 > _LAST_COLUMN:
        raise NoWriteBack(f"{book.name}: {found.sheet.quoted} has no room for result columns")
    return start


def _joined_table(book: Book, found: Layout, ours: Sequence[str], start: int) -> Table | None:
    table = found.table
    if table is None:
        return None
    if table.query:
        raise NoWriteBack(f"{book.name}: the table {table.name} is filled by a query, and cannot grow")
    taken = {name.casefold() for name in table.columns} & {name.casefold() for name in ours}
    if taken:
        raise NoWriteBack(
            f'{book.name}: the table {table.name} has a column "{min(taken)}" already; '
            "choose other headers under results: in the mapping"
        )
    if start != table.area.right + 1 or not is_utf8(book.container.read(table.part)):
        raise NoWriteBack(_torn(book, f"the table {table.name}"))
    return table


def _joined_filter(book: Book, found: Layout, around: _Surroundings, start: int) -> Area | None:
    place = filter_area(around.tail, around.prefix)
    if place is None or place.top != found.header or not place.left <= found.last <= place.right:
        return None
    if start + 3 <= place.right:
        return None
    if start != place.right + 1 or not is_utf8(book.container.read(book.part)):
        raise NoWriteBack(_torn(book, f"the autofilter of {found.sheet.quoted}"))
    return place


def _torn(book: Book, what: str) -> str:
    return f"{book.name}: the columns right of {what} are in use, so that results would not be sorted with it"


class _Splicing:
    """One pass over the sheet that gives it with the results in."""

    def __init__(self, book: Book, found: Layout, plan: _Plan, due: Mapping[int, tuple[str, ...]]) -> None:
        self._book = book
        self._found = found
        self._plan = plan
        self._due = dict(due)
        self._part = book.stream(found.sheet)
        self._header_style = ""

    def chunks(self) -> Iterator[bytes]:
        """Give the sheet's part piece by piece. Raises SourceError when a result finds no row."""
        reader: RowReader | None = None
        for piece in self._part.pieces():
            if piece.kind == "row":
                reader = reader or RowReader(self._part.prefix)
                yield self._row(piece.data, reader)
            elif piece.kind == "head":
                yield self._head(piece.data)
            else:
                yield self._tail(piece.data) if piece.kind == "tail" else piece.data
        if self._due:
            rows = ", ".join(map(str, self._due))
            raise SourceError(
                f"{self._book.name}: {self._found.sheet.quoted} has no row {rows}: was it changed just now?"
            )

    def _head(self, head: bytes) -> bytes:
        if not self._plan.headers:
            return head
        widths = dict(zip(self._plan.columns, _WIDTHS, strict=True))
        return fitted_head(head, self._part.prefix, widths, max(self._due, default=self._found.header))

    def _tail(self, tail: bytes) -> bytes:
        was = self._plan.filtered
        return grown_filter(tail.decode("utf-8"), self._part.prefix, was, 4).encode() if was else tail

    def _row(self, data: bytes, reader: RowReader) -> bytes:
        tag = reader.tag(data)
        style = ""
        if tag.number == self._found.header and self._plan.headers:
            texts: tuple[str, ...] | None = self._plan.headers
            style = next((cell.style for cell in reader.cells(data, tag) if cell.column == self._found.last), "")
        else:
            texts = self._due.pop(tag.number, None)
        if texts is None:
            return data
        wanted = dict(sorted(zip(self._plan.columns, texts, strict=True)))
        if reader.ends_before(data, min(wanted)):
            return self._appended(data, tag, wanted, style)
        return self._replaced(data, tag, reader, wanted, style)

    def _appended(self, data: bytes, tag: RowTag, wanted: Mapping[int, str], style: str) -> bytes:
        """Put the cells behind all others of the row."""
        cells = "".join(self._cell(column, tag.number, text, style) for column, text in wanted.items() if text)
        if not cells:
            return data
        opening = self._opening(data, tag, max(wanted))
        closing = f"</{self._part.prefix}row>".encode()
        if tag.is_closed:
            return opening.rstrip(b">").rstrip(b"/").rstrip() + b">" + cells.encode() + closing
        end = data.rindex(b"</")
        return opening + data[tag.end : end] + cells.encode() + data[end:]

    def _replaced(self, data: bytes, tag: RowTag, reader: RowReader, wanted: Mapping[int, str], style: str) -> bytes:
        """Put the cells where they stand already, or between their neighbours."""
        left = dict(wanted)
        pieces, end = [self._opening(data, tag, max(wanted))], tag.end
        for cell in reader.cells(data, tag):
            for column in [column for column in left if column < cell.column]:
                pieces += [data[end : cell.start], self._cell(column, tag.number, left.pop(column), style).encode()]
                end = cell.start
            if cell.column in left:
                if cell.has_formula:
                    name = f"{self._found.sheet.quoted}!{column_letters(cell.column)}{tag.number}"
                    raise NoWriteBack(f"{self._book.name}: {name} has a formula, where a result is to stand")
                text = left.pop(cell.column)
                fresh = self._cell(cell.column, tag.number, text, cell.style, keeps=True).encode()
                pieces += [data[end : cell.start], fresh if text or cell.has_content else data[cell.start : cell.end]]
                end = cell.end
        last = data.rindex(b"</")
        rest = "".join(self._cell(column, tag.number, text, style) for column, text in left.items())
        return b"".join([*pieces, data[end:last], rest.encode(), data[last:]])

    def _opening(self, data: bytes, tag: RowTag, last: int) -> bytes:
        opening = data[: tag.end]
        upper = tag.spans.rpartition(":")[2]
        if upper.isdigit() and int(upper) < last:
            spans = f"{tag.spans.rpartition(':')[0]}:{last}"
            return with_attribute(opening.decode(), "spans", spans).encode()
        return opening

    def _cell(self, column: int, row: int, text: str, style: str, *, keeps: bool = False) -> str:
        p, reference = self._part.prefix, f"{column_letters(column)}{row}"
        styled = f' s="{style}"' if style else ""
        if not text:
            return f'<{p}c r="{reference}"{styled}/>' if keeps else ""
        space = ' xml:space="preserve"' if text != text.strip() or "\n" in text else ""
        content = f"<{p}is><{p}t{space}>{encoded(text)}</{p}t></{p}is>"
        return f'<{p}c r="{reference}"{styled} t="inlineStr">{content}</{p}c>'

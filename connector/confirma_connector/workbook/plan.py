"""Where results go on a sheet: the columns that are theirs already or the first free ones, and what grows with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from confirma_connector.errors import NoWriteBack
from confirma_connector.language import tr
from confirma_connector.workbook.area import Area
from confirma_connector.workbook.book import Book, Table
from confirma_connector.workbook.cells import RowCutter
from confirma_connector.workbook.layout import Layout
from confirma_connector.workbook.lists import filter_area, merged_areas
from confirma_connector.workbook.markup import IN_TAG, attributes, is_utf8

__all__ = ["Plan", "plan"]

_LAST_COLUMN = 16_384


@dataclass(frozen=True, slots=True)
class Plan:
    """The column of each result cell, their *headers* if they are new, and the table or filter that has to grow."""

    columns: tuple[int, ...]
    headers: tuple[str, ...] = ()
    table: Table | None = None
    filtered: Area | None = None
    is_protected: bool = False


def plan(book: Book, found: Layout, ours: Sequence[str]) -> Plan:
    """Find the columns for the results headed *ours*. Raises NoWriteBack with the reason where there are none."""
    place = found.place_of(ours)
    around = _surroundings(book, found, everything=place is None)
    is_protected = _is_protected(around)
    if place is not None:
        by_name = {found.headers[column]: column for column in range(place, place + 4)}
        return Plan(tuple(by_name[name] for name in ours), is_protected=is_protected)
    if len({name.casefold() for name in ours}) < len(ours):
        raise NoWriteBack(tr("{name}: two result columns would have the same header", name=book.name))
    start = _first_free(book, found, around)
    table, filtered = _joined_table(book, found, ours, start), _joined_filter(book, found, around, start)
    return Plan(tuple(range(start, start + 4)), tuple(ours), table, filtered, is_protected)


@dataclass
class _Surroundings:
    """What one pass over the sheet finds right of the list and behind its rows."""

    used: set[int] = field(default_factory=set)
    tail: str = ""
    prefix: str = ""


def _surroundings(book: Book, found: Layout, *, everything: bool) -> _Surroundings:
    around = _Surroundings()
    is_below = False
    part = book.stream(found.sheet)
    reader: RowCutter | None = None
    for piece in part.pieces():
        if piece.kind == "tail":
            around.tail, around.prefix = piece.data.decode("utf-8"), part.prefix
        elif piece.kind == "row" and everything:
            reader = reader or RowCutter(part.prefix)
            if reader.ends_before(piece.data, found.last + 1) and is_below:
                continue
            tag = reader.tag(piece.data)
            is_below = is_below or tag.number >= found.header
            if is_below:
                around.used.update(cell.column for cell in reader.cells(piece.data, tag) if cell.has_content)
    return around


def _is_protected(around: _Surroundings) -> bool:
    """Tell whether the sheet's protection is on: there may be one that is not."""
    match = re.search(rf"<{around.prefix}sheetProtection({IN_TAG})>", around.tail)
    return match is not None and attributes(match[1]).get("sheet") in ("1", "true")


def _first_free(book: Book, found: Layout, around: _Surroundings) -> int:
    """Give the first of four columns right of the list in which nothing stands, from the header down."""
    used = set(around.used)
    places = [*merged_areas(around.tail, around.prefix), *(table.area for table in _other_tables(book, found))]
    for place in places:
        if place.bottom >= found.header:
            used.update(range(place.left, place.right + 1))
    start = found.last + 1
    while not used.isdisjoint(range(start, start + 4)):
        start += 1
    if start + 3 > _LAST_COLUMN:
        raise NoWriteBack(
            tr("{name}: {sheet} has no room for result columns", name=book.name, sheet=found.sheet.quoted)
        )
    return start


def _other_tables(book: Book, found: Layout) -> list[Table]:
    return [table for table in book.tables(found.sheet) if table != found.table]


def _joined_table(book: Book, found: Layout, ours: Sequence[str], start: int) -> Table | None:
    table = found.table
    if table is None:
        _check_apart(book, found)
        return None
    if table.query:
        raise NoWriteBack(
            tr("{name}: the table {table} is filled by a query, and cannot grow", name=book.name, table=table.name)
        )
    taken = {name.casefold() for name in table.columns} & {name.casefold() for name in ours}
    if taken:
        raise NoWriteBack(
            tr(
                '{name}: the table {table} has a column "{header}" already; choose other headers under '
                "results: in the mapping",
                name=book.name,
                table=table.name,
                header=min(taken),
            )
        )
    if start != table.area.right + 1:
        raise NoWriteBack(
            tr(
                "{name}: the columns right of the table {table} are in use, so that results would not be "
                "sorted with it",
                name=book.name,
                table=table.name,
            )
        )
    _check_encoding(book, table.part)
    return table


def _check_apart(book: Book, found: Layout) -> None:
    """Refuse a list of which a part is a table: results beside it would not be sorted with it."""
    for table in _other_tables(book, found):
        place = table.area
        if place.bottom >= found.header and place.left <= found.last and place.right >= min(found.headers):
            raise NoWriteBack(
                tr(
                    "{name}: the table {table} ({area}) is only a part of the list, so that results would not "
                    "be sorted with it",
                    name=book.name,
                    table=table.name,
                    area=place,
                )
            )


def _joined_filter(book: Book, found: Layout, around: _Surroundings, start: int) -> Area | None:
    place = filter_area(around.tail, around.prefix)
    if place is None or place.bottom < found.header or not place.left <= found.last <= place.right < start + 3:
        return None
    if start > place.right + 1:
        raise NoWriteBack(
            tr(
                "{name}: the columns right of the autofilter of {sheet} are in use, so that results would not be "
                "sorted with it",
                name=book.name,
                sheet=found.sheet.quoted,
            )
        )
    _check_encoding(book, book.part)
    return place


def _check_encoding(book: Book, part: str) -> None:
    if not is_utf8(book.container.read(part)):
        raise NoWriteBack(
            tr(
                "{name}: its part {part} is not written in UTF-8; open the workbook and save it again",
                name=book.name,
                part=part,
            )
        )

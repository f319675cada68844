"""Which sheet of a workbook holds the invoices, and where its header is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from confirma_connector.errors import SeveralSheets, SourceError
from confirma_connector.fields import spelled
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.plugins import Adapter
from confirma_connector.proposing.grid import Line, kind_of, line, looks_dated, looks_numeric
from confirma_connector.proposing.heading import LOOKED_AT, Heading, Look, heading, known_words
from confirma_connector.proposing.words import the_words
from confirma_connector.records import Source
from confirma_connector.workbook import Book, choose_sheet, layout
from confirma_connector.workbook.book import Sheet
from confirma_connector.workbook.reading import first_rows, has_values

__all__ = ["look_at_book", "look_at_tables"]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One sheet with its first rows."""

    name: str
    lines: Sequence[Line]
    heading: Heading | None


def look_at_book(path: Path, limits: Limits, declared: Mapping[str, Any], chosen: Any) -> Look:
    """Look at an .xlsx or .xlsm. Raises SourceError when it has no table, or cannot be read."""
    with Book(path, limits) as book:
        if chosen.sheet:
            sheets = [choose_sheet(book, chosen.sheet)]
        else:
            sheets = [sheet for sheet in book.sheets if sheet.is_visible and has_values(book, sheet)]
        seen = [_of_book(book, sheet) for sheet in sheets]
    return _decided(path, seen, is_declared="sheet" in declared)


def _of_book(book: Book, sheet: Sheet) -> _Seen:
    rows = first_rows(book, sheet, until=LOOKED_AT)
    lines = [line(row.number, row.values.items()) for row in rows]
    tables = [table for table in book.tables(sheet) if table.has_header]
    if len(tables) == 1:
        told = tr('the table "{name}" begins there', name=tables[0].name)
        top, width = tables[0].area.top, tables[0].area.right - tables[0].area.left + 1
        own = heading(lines)
        is_beside = own is not None and own.row != top and 2 * width < max(len(one.cells) for one in lines)
        rivals = (top, own.row) if own is not None and is_beside else ()
        return _Seen(sheet.name, lines, Heading(top, told, rivals, first=top + 1))
    filtered = book.filtered(sheet)
    if filtered is not None and not tables and any(one.number == filtered.top for one in lines):
        at = layout(book, sheet, None).header
        return _Seen(sheet.name, lines, Heading(at, tr("its filter begins there"), first=at + 1))
    return _Seen(sheet.name, lines, heading(lines))


def look_at_tables(
    path: Path,
    limits: Limits,
    adapter: Adapter,
    declared: Mapping[str, Any],
    chosen: Any,
) -> Look:
    """Look at an .ods, .xls or .xlsb. Raises SourceError when it has no table, or cannot be read."""
    if chosen.sheet:
        seen = [_of_table(path, limits, adapter, chosen.sheet)]
    else:
        try:
            seen = [_of_table(path, limits, adapter, ())]
        except SeveralSheets as error:
            seen = [_of_table(path, limits, adapter, (name,)) for name in error.sheets]
    return _decided(path, seen, is_declared="sheet" in declared)


def _of_table(path: Path, limits: Limits, adapter: Adapter, sheet: Sequence[str]) -> _Seen:
    model = adapter.options()
    asked: dict[str, Any] = {"header_row": "none"} | ({"sheet": list(sheet)} if sheet else {})
    chosen = adapter.of_options(lambda: model.model_validate(asked)) if model else None
    source = Source((path,), chosen, limits=limits)
    lines = list(islice(_lines(adapter, source), LOOKED_AT))
    return _Seen(sheet[0] if sheet else "", lines, heading(lines))


def _lines(adapter: Adapter, source: Source) -> Iterator[Line]:
    for record in adapter.read(source):
        if isinstance(record.at, int):
            yield line(record.at, enumerate(record.values.values(), 1))


def _decided(path: Path, seen: Sequence[_Seen], *, is_declared: bool) -> Look:
    """Choose the sheet with invoices; where several may be it, the likeliest is looked at and all are asked."""
    if not any(one.heading for one in seen):
        raise SourceError(tr("{name}: no sheet has a table of rows and columns", name=path.name))
    lists = [one for one in seen if one.heading is not None and _is_list(one.lines, one.heading)]
    likely = lists or [one for one in seen if one.heading is not None]
    likely = sorted(likely, key=lambda one: -_known(one))
    best = likely[0]
    assert best.heading is not None
    if len(seen) == 1 or is_declared:
        return Look({}, {}, {}, best.heading)
    if len(likely) == 1:
        why = tr("of {count} sheets it is the only one with a list of dates and numbers", count=len(seen))
        return Look({"sheet": best.name}, {"sheet": why}, {}, best.heading)
    named = [one for one in likely if {"number", "date"} <= _fields(one)]
    if len(named) == 1:
        why = tr(
            "of {count} sheets it is the only one with columns for invoice number and invoice date", count=len(seen)
        )
        return Look({"sheet": named[0].name}, {"sheet": why}, {}, named[0].heading)
    why = tr("{count} sheets have lists that may be of invoices", count=len(likely))
    return Look({}, {"sheet": why}, {"sheet": tuple(one.name for one in likely)}, best.heading)


def _is_list(lines: Sequence[Line], told: Heading) -> bool:
    """Tell whether what is below the header can be invoices: three columns or more, with dates and with numbers."""
    body = [one for one in lines if one.number > told.row and one.number >= told.first]
    dated, numeric = set[int](), set[int]()
    for one in body:
        for column, value in one.cells.items():
            text = spelled(value)
            if kind_of(value) == "date" or (kind_of(value) == "text" and looks_dated(text)):
                dated.add(column)
            elif kind_of(value) == "number" or looks_numeric(text):
                numeric.add(column)
    return max((len(one.cells) for one in body), default=0) >= 3 and bool(dated) and bool(numeric)


def _header(one: _Seen) -> Line | None:
    return next((row for row in one.lines if one.heading and row.number == one.heading.row), None)


def _known(one: _Seen) -> int:
    header = _header(one)
    return known_words(header) if header else 0


def _fields(one: _Seen) -> set[str]:
    """Give the fields that the headers of a sheet name beyond doubt."""
    header = _header(one)
    return {the_words().meaning(text).exact for text in header.texts} if header else set()

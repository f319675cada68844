"""Excel workbooks (.xlsx, .xlsm): read as they are shown, and results written with every other byte kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from confirma_connector import Match, Record, Result, Source, SourceError, hookimpl
from confirma_connector.archives import DAMAGES, archive
from confirma_connector.language import listed, tr, trn
from confirma_connector.limits import DEFAULTS
from confirma_connector.rowcells import Cells
from confirma_connector.workbook import Book, Layout, Row, choose_sheet, layout, read_rows, splice

if TYPE_CHECKING:
    from confirma_connector.sheetoptions import WorkbookOptions

_SUFFIXES = {".xlsx", ".xlsm"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NAMED = 12
_MOST_TYPES = 1 << 20


@hookimpl
def options() -> type[WorkbookOptions]:
    """Give the model of the `source:` block."""
    from confirma_connector.sheetoptions import WorkbookOptions  # listing adapters needs no pydantic

    return WorkbookOptions


@hookimpl
def detect(path: Path, head: bytes) -> Match:
    """Say "generic" for workbooks, also for ones that turn out to be protected or damaged."""
    if not head.startswith((_ZIP, _OLE)):
        return "no"
    is_named = path.suffix.lower() in _SUFFIXES
    return "generic" if is_named or (head.startswith(_ZIP) and _is_workbook(path)) else "no"


def _is_workbook(path: Path) -> bool:
    try:
        with archive(path, DEFAULTS) as parts, parts.open("[Content_Types].xml") as part:
            types = part.read(_MOST_TYPES)
    except SourceError:
        return True  # too large: reading it says so
    except (*DAMAGES, KeyError, RuntimeError):
        return False
    return b"spreadsheetml.sheet.main" in types or b"ms-excel.sheet.macroEnabled.main" in types


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give every row below the header that has a value; `at` is its number, `where` names sheet and row."""
    chosen: WorkbookOptions = source.options or options()()
    with _decodable(source), Book(source.path, source.limits) as book:
        found = _layout(book, chosen)
        names = found.names()
        letters = found.letters(names)
        quoted, columns = found.sheet.quoted, tuple(names)
        heading = {name: place for place, name in enumerate(names.values())}
        hidden: list[int] = []
        for row in read_rows(book, found.sheet, rounds=chosen.numbers == "shown"):
            if row.number <= found.header:
                continue
            cells = row.cells
            if row.columns != columns:
                there = row.values
                if found.header and names.keys().isdisjoint(there):
                    continue
                cells = [*map(there.get, columns, repeat(""))]
            if row.is_hidden and not chosen.hidden and not source.is_target:
                hidden.append(row.number)
            where = f"{quoted}!{row.number}"
            yield Record(
                Cells(heading, cells), row.number, where, skipped=_skipped(row, found, chosen), letters=letters
            )
        if hidden:
            raise SourceError(_told(book.name, found, hidden))


def _skipped(row: Row, found: Layout, chosen: WorkbookOptions) -> str:
    if row.is_hidden and chosen.hidden == "skip":
        return tr("the row is hidden")
    if found.table and found.table.has_totals and row.number == found.table.area.bottom:
        return tr("it is the totals row of the table {table}", table=found.table.name)
    return ""


def _told(name: str, found: Layout, hidden: Sequence[int]) -> str:
    return trn(
        "{name}: on {sheet} row {rows} is hidden or filtered out: show it, or declare in the mapping "
        "source: {{hidden: send}} or {{hidden: skip}}",
        "{name}: on {sheet} {count} rows are hidden or filtered out ({rows}): show them, or declare in the mapping "
        "source: {{hidden: send}} or {{hidden: skip}}",
        len(hidden),
        name=name,
        sheet=found.sheet.quoted,
        rows=listed(list(map(str, hidden)), _NAMED),
    )


@hookimpl
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool | str:
    """Write to *target* the workbook with the results spliced into its list; True, or what a person should know."""
    chosen: WorkbookOptions = source.options or options()()
    with _decodable(source), Book(source.path, source.limits) as book:
        return splice(book, _layout(book, chosen), source.headers.names(), results, target) or True


@contextlib.contextmanager
def _decodable(source: Source) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise SourceError(tr("{name}: is damaged: a part of it is not UTF-8", name=source.path.name)) from None


def _layout(book: Book, chosen: WorkbookOptions) -> Layout:
    sheet = choose_sheet(book, chosen.sheet)
    return layout(book, sheet, chosen.header_row)

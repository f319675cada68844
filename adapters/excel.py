"""Excel workbooks (.xlsx, .xlsm): read as they are shown, and results written with every other byte kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from confirma_connector import Match, Record, Result, Source, SourceError, hookimpl
from confirma_connector.archives import DAMAGES, archive
from confirma_connector.language import listed, tr, trn
from confirma_connector.limits import DEFAULTS
from confirma_connector.workbook import Book, Layout, Row, choose_sheet, layout, read_rows, splice

_SUFFIXES = {".xlsx", ".xlsm"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NAMED = 12
_MOST_TYPES = 1 << 20


class Options(BaseModel):
    """The `source:` block: what is left out is found from the file, or the file is refused as ambiguous.

    *sheet* is a name, several spellings of one, or a number from 1. *header_row* counts from 1; 0 stands for "none".
    Hidden rows stop the run unless *hidden* says what becomes of them. With *numbers* "shown", numbers are rounded to
    the decimals that their cells show.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sheet: tuple[str, ...] = ()
    header_row: int | None = None
    hidden: Literal["send", "skip"] | None = None
    numbers: Literal["exact", "shown"] = "exact"

    @field_validator("sheet", mode="before")
    @classmethod
    def _spellings(cls, value: Any) -> tuple[str, ...]:
        spellings = tuple(str(one).strip() for one in (value if isinstance(value, (list, tuple)) else [value]))
        if spellings and all(spellings):
            return spellings
        raise ValueError(tr("a sheet has a name or a number; leave sheet out to take the only one with content"))

    @field_validator("header_row", mode="before")
    @classmethod
    def _header_line(cls, value: Any) -> int | None:
        text = "" if value is None else str(value).strip().lower()
        if text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= 1_048_576:
            return int(text)
        if text in ("", "none"):
            return 0 if text else None
        raise ValueError(
            tr(
                '"{value}" is no header_row; expected a row number from 1, or none for a list without header',
                value=value,
            )
        )


@hookimpl
def options() -> type[BaseModel]:
    """Give the model of the `source:` block."""
    return Options


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
    chosen: Options = source.options or Options()
    with _decodable(source), Book(source.path, source.limits) as book:
        found = _layout(book, chosen)
        names = found.names()
        letters = found.letters(names)
        quoted = found.sheet.quoted
        hidden: list[int] = []
        for row in read_rows(book, found.sheet, rounds=chosen.numbers == "shown"):
            if row.number <= found.header or (found.header and names.keys().isdisjoint(row.values)):
                continue
            if row.is_hidden and not chosen.hidden and not source.is_target:
                hidden.append(row.number)
            values = dict(zip(names.values(), map(row.values.get, names, repeat("")), strict=True))
            where = f"{quoted}!{row.number}"
            yield Record(values, row.number, where, skipped=_skipped(row, found, chosen), letters=letters)
        if hidden:
            raise SourceError(_told(book.name, found, hidden))


def _skipped(row: Row, found: Layout, chosen: Options) -> str:
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
    chosen: Options = source.options or Options()
    with _decodable(source), Book(source.path, source.limits) as book:
        return splice(book, _layout(book, chosen), source.headers.names(), results, target) or True


@contextlib.contextmanager
def _decodable(source: Source) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise SourceError(tr("{name}: is damaged: a part of it is not UTF-8", name=source.path.name)) from None


def _layout(book: Book, chosen: Options) -> Layout:
    sheet = choose_sheet(book, chosen.sheet)
    return layout(book, sheet, chosen.header_row)

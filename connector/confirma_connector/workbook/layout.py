"""Where the list stands on its sheet: which sheet, which row is its header, which columns it has and which are ours."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from confirma_connector.errors import SourceError
from confirma_connector.language import either, mark, tr
from confirma_connector.records import Unreadable, Value
from confirma_connector.workbook.area import Area
from confirma_connector.workbook.book import Book, Sheet, Table
from confirma_connector.workbook.markup import column_letters
from confirma_connector.workbook.meanings import Row
from confirma_connector.workbook.reading import first_rows, has_values

__all__ = ["Layout", "choose_sheet", "layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The list on *sheet*: its header row (0 for none) and the header of each column, by column from 1."""

    sheet: Sheet
    header: int
    headers: Mapping[int, str]
    table: Table | None

    @property
    def last(self) -> int:
        """The last column of the list."""
        return self.table.area.right if self.table else max(self.headers, default=0)

    def names(self) -> dict[int, str]:
        """Name the columns: the header, or "#3 Nimi" where it stands twice and "#5" where it is blank."""
        columns = range(min(self.headers, default=1), self.last + 1)
        names = {column: self.headers.get(column, "") or f"#{column}" for column in columns}
        while len(set(names.values())) < len(names):
            count = Counter(names.values())
            names = {column: f"#{column} {name}" if count[name] > 1 else name for column, name in names.items()}
        return names

    def letters(self, names: Mapping[int, str]) -> dict[str, str]:
        """Give the letters of each column by its name."""
        return {name: column_letters(column) for column, name in names.items()}

    def place_of(self, ours: Sequence[str]) -> int | None:
        """Find where the four result headers stand as neighbours: in our order first, else in any; None: nowhere."""
        groups = {column: [self.headers.get(column + step, "") for step in range(4)] for column in self.headers}
        places = [column for column, group in groups.items() if group == list(ours)]
        places = places or [column for column, group in groups.items() if sorted(group) == sorted(ours)]
        if len(places) > 1:
            first, second = (column_letters(place) for place in places[:2])
            raise SourceError(
                tr(
                    "{name}: the result columns stand twice, from columns {first} and {second}: delete four of them",
                    name=self.sheet.quoted,
                    first=first,
                    second=second,
                )
            )
        return places[0] if places else None


def choose_sheet(book: Book, wanted: Sequence[str]) -> Sheet:
    """Give the sheet that is called one of *wanted*, or has that number from 1 (also "#2"); without: the only one.

    Raises SourceError naming the sheets when there is none or more than one.
    """
    if not wanted:
        filled = [sheet for sheet in book.sheets if sheet.is_visible and has_values(book, sheet)]
        if len(filled) == 1:
            return filled[0]
        if not filled:
            raise SourceError(tr("{name}: has no sheet with content", name=book.name) + f"; {tr(_DECLARE)}")
        raise SourceError(
            tr(
                "{name}: has {count} sheets with content: {sheets}",
                name=book.name,
                count=len(filled),
                sheets=_listed(filled),
            )
            + f"; {tr(_DECLARE)}"
        )
    found = {sheet.part: sheet for text in wanted for sheet in _called(book, text)}
    if len(found) == 1:
        return next(iter(found.values()))
    if found:
        raise SourceError(
            tr(
                '{name}: the sheet "{wanted}" can be {sheets}',
                name=book.name,
                wanted=wanted[0],
                sheets=_listed(found.values()),
            )
            + f"; {tr(_DECLARE)}"
        )
    named = either(f'"{name}"' for name in wanted)
    raise SourceError(
        tr(
            "{name}: has no sheet {wanted}; it has {sheets}: rename the sheet, or correct sheet: in the mapping",
            name=book.name,
            wanted=named,
            sheets=_listed(book.sheets),
        )
    )


_DECLARE = mark("name one in the mapping, as in source: {sheet: Laskut}")


def _called(book: Book, text: str) -> list[Sheet]:
    folded = _folded(text)
    found = [sheet for sheet in book.sheets if _folded(sheet.name) == folded]
    number = folded.removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        found += [sheet for sheet in book.sheets if sheet.position + 1 == int(number)]
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", " ".join(name.split())).casefold()


def _listed(sheets: Iterable[Sheet]) -> str:
    return ", ".join(f'"{sheet.name}"' for sheet in sheets)


def layout(book: Book, sheet: Sheet, header_row: int | None) -> Layout:
    """Say where the list is, from the first rows of *sheet* that have values; *header_row* 0 stands for "none".

    An undeclared header is that of the sheet's only table, else of its autofilter, else the first row of text that is
    at least half as wide as the widest. Raises SourceError when that tells nothing.
    """
    tables = [table for table in book.tables(sheet) if table.has_header]
    filtered = book.filtered(sheet)
    tops = [area.top for area in (filtered, *(table.area for table in tables)) if area]
    rows = first_rows(book, sheet, until=max(header_row or 0, *tops, 0))
    widest = max((max(row.values) for row in rows), default=0)
    book.limits.check("columns", f"{book.name}, {sheet.quoted}", widest)
    if header_row == 0:
        return Layout(sheet, 0, dict.fromkeys(range(1, widest + 1), ""), None)
    at = header_row or _found(book, sheet, rows, tables, filtered)
    cells = next((row.values for row in rows if row.number == at), {})
    its = [table for table in tables if table.area.top == at]
    table = its[0] if len(its) == 1 else None
    if table:
        cells = {column: value for column, value in cells.items() if table.area.left <= column <= table.area.right}
    headers = {column: name for column, value in cells.items() if (name := text(value))}
    if not headers:
        raise SourceError(
            tr(
                "{name}: {sheet} has no header in row {row}",
                name=book.name,
                sheet=sheet.quoted,
                row=at,
            )
            + f"; {tr(_HEADER)}"
        )
    return Layout(sheet, at, headers, table)


_HEADER = mark("declare it in the mapping, as in source: {header_row: 3}, or none for a list without one")


def _found(book: Book, sheet: Sheet, rows: Sequence[Row], tables: Sequence[Table], filtered: Area | None) -> int:
    if len(tables) > 1:
        named = ", ".join(f"{table.name} ({table.area})" for table in tables)
        raise SourceError(
            tr(
                "{name}: {sheet} has {count} tables: {tables}",
                name=book.name,
                sheet=sheet.quoted,
                count=len(tables),
                tables=named,
            )
            + f"; {tr(_HEADER)}"
        )
    if tables:
        return tables[0].area.top
    if filtered and any(row.number == filtered.top for row in rows):
        return filtered.top
    widest = max((len(row.values) for row in rows), default=0)
    for row in rows:
        is_text = all(isinstance(value, str) for value in row.values.values())
        if is_text and len(row.values) >= max(2, widest / 2):
            return row.number
    raise SourceError(
        tr("{name}: no header is found in the first rows of {sheet}", name=book.name, sheet=sheet.quoted)
        + f"; {tr(_HEADER)}"
    )


def text(value: Value) -> str:
    """Give a header as text on one line."""
    shown = value.text if isinstance(value, Unreadable) else value
    return " ".join((f"{shown:f}" if isinstance(shown, Decimal) else str("" if shown is None else shown)).split())

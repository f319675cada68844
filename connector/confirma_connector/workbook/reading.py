"""The rows of a sheet that have values: all of them, or the first few at little cost."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.workbook.book import Book, Sheet
from confirma_connector.workbook.meanings import Row, RowReader
from confirma_connector.workbook.sheet import SheetPart
from confirma_connector.workbook.strings import shared_strings

__all__ = ["LOOKED_AT", "first_rows", "has_values", "read_rows"]

LOOKED_AT = 50
"""As many rows with values are looked at to find the header."""


def read_rows(book: Book, sheet: Sheet, *, rounds: bool = False) -> Iterator[Row]:
    """Give every row with a value, in order; *rounds* numbers to the decimals that are shown."""
    return (row for row, _ in _rows(book, sheet, book.stream(sheet), _strings(book), rounds=rounds))


def first_rows(book: Book, sheet: Sheet, until: int = 0) -> list[Row]:
    """Give the first rows with values as `read_rows` does, and those to row *until*; it holds no more than these."""
    limit = LOOKED_AT
    while True:
        asked = _Asked()
        found: list[tuple[Row, bytes]] = []
        is_whole = True
        part = book.stream(sheet)
        for row, data in _rows(book, sheet, part, asked):
            found.append((row, data))
            if len(found) >= limit and row.number >= until:
                is_whole = False
                break
        reader = _reader(book, part, _strings(book, asked.numbers))
        again = [(row, reader.row(data)) for row, data in found]
        rows = [read._replace(number=row.number) for row, read in again if read is not None]
        if is_whole or len(rows) >= LOOKED_AT:
            return rows
        limit *= 4  # some of them had nothing but empty texts


def _strings(book: Book, wanted: Collection[int] | None = None) -> dict[int, str]:
    try:
        return shared_strings(book.strings(), book.name, book.limits, wanted)
    except ValueError as error:
        raise SourceError(tr("{name}: its shared texts are damaged: {error}", name=book.name, error=error)) from None


def has_values(book: Book, sheet: Sheet) -> bool:
    """Tell whether there is anything on *sheet*."""
    return any(_rows(book, sheet, book.stream(sheet), _Asked()))


def _reader(book: Book, part: SheetPart, strings: Mapping[int, str], *, rounds: bool = False) -> RowReader:
    return RowReader(
        part.prefix,
        strings,
        book.formats,
        is_1904=book.is_1904,
        rounds=rounds,
        is_uncalculated=book.is_uncalculated,
    )


def _rows(
    book: Book, sheet: Sheet, part: SheetPart, strings: Mapping[int, str], *, rounds: bool = False
) -> Iterator[tuple[Row, bytes]]:
    """Give the rows with values, each with its bytes. Raises SourceError where they are damaged."""
    reader: RowReader | None = None
    before = count = 0
    for kind, data in part.pieces():
        if kind != "row":
            continue
        count += 1
        if count > book.limits.rows:
            raise book.limits.refuse("rows", f"{book.name}, {sheet.quoted}")
        reader = reader or _reader(book, part, strings, rounds=rounds)
        try:
            row = reader.row(data)
        except ValueError as error:
            raise SourceError(_damaged(book, sheet, before, error)) from None
        if row is None:
            continue
        if row.number <= before:
            raise SourceError(
                tr(
                    "{name}: {sheet} is damaged: row {row} comes after row {before}",
                    name=book.name,
                    sheet=sheet.quoted,
                    row=row.number,
                    before=before,
                )
            )
        before = row.number
        yield row, data


def _damaged(book: Book, sheet: Sheet, before: int, error: ValueError) -> str:
    if not before:
        return tr(
            "{name}: {sheet} is damaged in its first rows ({error})", name=book.name, sheet=sheet.quoted, error=error
        )
    return tr(
        "{name}: {sheet} is damaged below row {row} ({error})",
        name=book.name,
        sheet=sheet.quoted,
        row=before,
        error=error,
    )


class _Asked(dict[int, str]):
    """Strings that are not there yet: remembers which are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: set[int] = set()

    def get(self, number: int, default: object = None) -> str:  # noqa: ARG002
        """Note the number, and give some text for it."""
        self.numbers.add(number)
        return "?"

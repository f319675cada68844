"""The rows of a sheet that have values: all of them, or the first few at little cost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from confirma_connector.workbook.book import Book, Sheet
from confirma_connector.workbook.cells import Row, RowReader
from confirma_connector.workbook.strings import shared_strings

__all__ = ["LOOKED_AT", "first_rows", "has_values", "read_rows"]

LOOKED_AT = 50
"""As many rows with values are looked at to find the header."""


def read_rows(book: Book, sheet: Sheet, *, rounds: bool = False) -> Iterator[Row]:
    """Give every row with a value, in order; *rounds* numbers to the decimals that are shown."""
    strings = shared_strings(book.strings())
    reader: RowReader | None = None
    for data, prefix in _raw(book, sheet):
        reader = reader or RowReader(prefix, book.formats, is_1904=book.is_1904, rounds=rounds)
        row = reader.row(data, strings)
        if row is not None:
            yield row


def first_rows(book: Book, sheet: Sheet) -> list[Row]:
    """Give the first rows with values as `read_rows` does, holding no more of the workbook than these."""
    limit = LOOKED_AT
    while True:
        asked = _Asked()
        found: list[tuple[Row, bytes]] = []
        reader: RowReader | None = None
        for data, prefix in _raw(book, sheet):
            reader = reader or RowReader(prefix, book.formats, is_1904=book.is_1904)
            row = reader.row(data, asked)
            if row is not None:
                found.append((row, data))
            if len(found) == limit:
                break
        strings = shared_strings(book.strings(), asked.numbers)
        again = [(row, reader.row(data, strings)) for row, data in found] if reader else []
        rows = [replace(read, number=row.number) for row, read in again if read is not None]
        if len(found) < limit or len(rows) >= LOOKED_AT:
            return rows[:LOOKED_AT]
        limit *= 4  # some of them had nothing but empty texts


def has_values(book: Book, sheet: Sheet) -> bool:
    """Tell whether there is anything on *sheet*."""
    return any(RowReader(prefix, book.formats).row(data, _Asked()) is not None for data, prefix in _raw(book, sheet))


def _raw(book: Book, sheet: Sheet) -> Iterator[tuple[bytes, str]]:
    part = book.stream(sheet)
    return ((piece.data, part.prefix) for piece in part.pieces() if piece.kind == "row")


class _Asked(dict[int, str]):
    """Strings that are not there yet: remembers which are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: set[int] = set()

    def get(self, number: int, default: object = None) -> str:  # noqa: ARG002
        """Note the number, and give some text for it."""
        self.numbers.add(number)
        return "?"

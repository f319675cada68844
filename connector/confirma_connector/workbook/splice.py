"""Results written into a workbook: its sheet streams by, four cells of a row are set, every other byte stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from confirma_connector.errors import NoWriteBack, SourceError
from confirma_connector.language import tr
from confirma_connector.records import Result
from confirma_connector.workbook.book import Book
from confirma_connector.workbook.cells import RowCutter, RowTag
from confirma_connector.workbook.container import copy_with
from confirma_connector.workbook.head import fitted_head
from confirma_connector.workbook.layout import Layout
from confirma_connector.workbook.lists import grown_filter, grown_filter_name, grown_table, with_attribute
from confirma_connector.workbook.markup import column_letters, encoded
from confirma_connector.workbook.plan import Plan, plan

__all__ = ["splice"]

_WIDTHS = (16, 48, 20, 16)


def splice(book: Book, found: Layout, ours: Sequence[str], results: Sequence[Result], target: Path) -> str:
    """Write to *target* the workbook with *results* in the columns headed *ours*; give what a person should know.

    Raises NoWriteBack, with the reason, for a workbook that cannot carry them.
    """
    if book.is_signed:
        raise NoWriteBack(tr("{name} is digitally signed, and any change would break the signature", name=book.name))
    if not found.header:
        raise NoWriteBack(
            tr(
                "{name}: {sheet} has no header row, so it cannot carry result columns",
                name=book.name,
                sheet=found.sheet.quoted,
            )
        )
    due = _by_row(book, results)
    planned = plan(book, found, [" ".join(name.split()) for name in ours])
    parts = {found.sheet.part: _Splicing(book, found, planned, due).chunks(), **dict(_grown(book, found, planned))}
    try:
        if not copy_with(book.container, parts, target):
            shutil.copyfile(book.container.path, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return (
        tr("{sheet} is protected, and stays so; the results are in it", sheet=found.sheet.quoted)
        if planned.is_protected
        else ""
    )


def _grown(book: Book, found: Layout, planned: Plan) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Give the parts beside the sheet that have to tell of the new columns."""
    if planned.table:
        part = planned.table.part
        yield part, iter([grown_table(book.container.read(part), planned.table, planned.headers)])
    if planned.filtered:
        was = book.container.read(book.part)
        now = grown_filter_name(was, found.sheet, planned.filtered, max(planned.columns))
        if now != was:
            yield book.part, iter([now])


def _by_row(book: Book, results: Sequence[Result]) -> dict[int, tuple[str, ...]]:
    due: dict[int, tuple[str, ...]] = {}
    for result in results:
        if not isinstance(result.at, int) or due.setdefault(result.at, cells := result.cells()) is not cells:
            raise SourceError(
                tr(
                    "{name}: two results for the same row, {place} ({number})",
                    name=book.name,
                    place=repr(result.at),
                    number=result.number,
                )
            )
    return due


class _Splicing:
    """One pass over the sheet that gives it with the results in."""

    def __init__(self, book: Book, found: Layout, planned: Plan, due: Mapping[int, tuple[str, ...]]) -> None:
        self._book = book
        self._found = found
        self._plan = planned
        self._due = dict(due)
        self._part = book.stream(found.sheet)

    def chunks(self) -> Iterator[bytes]:
        """Give the sheet's part piece by piece. Raises SourceError when a result finds no row."""
        reader: RowCutter | None = None
        for piece in self._part.pieces():
            if piece.kind == "row":
                reader = reader or RowCutter(self._part.prefix)
                yield self._row(piece.data, reader)
            elif piece.kind == "head":
                yield self._head(piece.data)
            else:
                yield self._tail(piece.data) if piece.kind == "tail" else piece.data
        if self._due:
            rows = ", ".join(map(str, self._due))
            raise SourceError(
                tr(
                    "{name}: {sheet} has no row {rows}: was it changed just now?",
                    name=self._book.name,
                    sheet=self._found.sheet.quoted,
                    rows=rows,
                )
            )

    def _head(self, head: bytes) -> bytes:
        if not self._plan.headers:
            return head
        widths = dict(zip(self._plan.columns, _WIDTHS, strict=True))
        return fitted_head(head, self._part.prefix, widths, max(self._due, default=self._found.header))

    def _tail(self, tail: bytes) -> bytes:
        was, right = self._plan.filtered, max(self._plan.columns)
        return grown_filter(tail.decode("utf-8"), self._part.prefix, was, right).encode() if was else tail

    def _row(self, data: bytes, reader: RowCutter) -> bytes:
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
        opening = self._opening(data, tag, wanted)
        closing = f"</{self._part.prefix}row>".encode()
        if tag.is_closed:
            return opening.rstrip(b">").rstrip(b"/").rstrip() + b">" + cells.encode() + closing
        end = data.rindex(b"</")
        return opening + data[tag.end : end] + cells.encode() + data[end:]

    def _replaced(self, data: bytes, tag: RowTag, reader: RowCutter, wanted: Mapping[int, str], style: str) -> bytes:
        """Put the cells where they stand already, or between their neighbours."""
        left = dict(wanted)
        pieces, end = [self._opening(data, tag, wanted)], tag.end
        for cell in reader.cells(data, tag, min(wanted)):
            for column in [column for column in left if column < cell.column]:
                pieces += [data[end : cell.start], self._cell(column, tag.number, left.pop(column), style).encode()]
                end = cell.start
            if cell.column in left:
                if cell.has_formula:
                    place = f"{self._found.sheet.quoted}!{column_letters(cell.column)}{tag.number}"
                    raise NoWriteBack(
                        tr("{name}: {cell} has a formula, where a result is to stand", name=self._book.name, cell=place)
                    )
                text = left.pop(cell.column)
                fresh = self._cell(cell.column, tag.number, text, cell.style, keeps=True).encode()
                pieces += [data[end : cell.start], fresh if text or cell.has_content else data[cell.start : cell.end]]
                end = cell.end
        last = data.rindex(b"</")
        rest = "".join(self._cell(column, tag.number, text, style) for column, text in left.items())
        return b"".join([*pieces, data[end:last], rest.encode(), data[last:]])

    def _opening(self, data: bytes, tag: RowTag, wanted: Mapping[int, str]) -> bytes:
        opening = data[: tag.end]
        upper, last = tag.spans.rpartition(":")[2], max((column for column, text in wanted.items() if text), default=0)
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

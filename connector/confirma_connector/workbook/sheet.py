"""A sheet's part, cut into its head, its rows and its tail while it streams by: nothing is held, nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.workbook.markup import CLOSINGS, IN_TAG, SPECIAL, is_bare, is_utf8, masked, unfinished

__all__ = ["Piece", "SheetPart"]

_ROOT = re.compile(rb"<(?:([\w.-]+):)?worksheet[\s>]")
_TAG_END = re.compile(IN_TAG.encode() + rb">")


class Piece(NamedTuple):
    """A part of the part: the *head* up to the first row, a *row*, what stands between rows, the *tail*."""

    kind: str
    data: bytes


class SheetPart:
    """One pass over a sheet's part: `pieces` in order give its bytes again, each and every one.

    Raises SourceError when it is not the XML of a sheet.
    """

    def __init__(self, chunks: Iterator[bytes], place: str, limits: Limits) -> None:
        self._chunks = chunks
        self._limits = limits
        self._place = place
        self._buffer = b""
        self._at = 0
        self._is_empty = True
        self.prefix = ""

    def pieces(self) -> Iterator[Piece]:
        """Give head, rows, what is between them, and tail."""
        yield Piece("head", self._taken(self._head()))
        if not self._is_empty:
            yield from self._rows()
        yield Piece("tail", self._tail())

    def _head(self) -> int:
        """Give the end of the opening tag of the sheet's data; without one, the end of the part."""
        self._find(b">", 0)
        if not is_utf8(self._buffer):
            raise self._odd(tr("it is not written in UTF-8; open the workbook and save it again"))
        while True:
            head = masked(self._buffer)
            if b"<!DOCTYPE" in head:
                raise self._odd(tr("it has a document type, which no workbook needs"))
            root = _ROOT.search(head)
            if root and not unfinished(self._buffer):
                self.prefix = f"{root[1].decode()}:" if root[1] else ""
                data = re.search(rf"<{self.prefix}sheetData({IN_TAG})>".encode(), head)
                if data:
                    self._is_empty = data[1].endswith(b"/")
                    return data.end()
            self._limits.check("part_size", self._place, len(self._buffer))
            if not self._more():
                if root is None:
                    raise self._odd(tr("it is no worksheet"))
                return len(self._buffer)

    def _tail(self) -> bytes:
        """Give the rest: read in one go, for it may be long."""
        rest, size = [self._taken(len(self._buffer) - self._at)], 0
        for chunk in self._chunks:
            size += len(chunk)
            self._limits.check("part_size", self._place, size)
            rest.append(chunk)
        return b"".join(rest)

    def _rows(self) -> Iterator[Piece]:
        row, end = f"<{self.prefix}row".encode(), f"</{self.prefix}sheetData".encode()
        usual = re.compile(rf'<{re.escape(self.prefix)}row(?: [\w:.-]+="[^<>"]*+")*+>'.encode())
        while True:
            yield from self._usual_rows(usual)
            start = self._find(b"<", 0)
            if start:
                yield Piece("between", self._taken(start))
            self._find(b">", 0)
            if self._begins(end):
                return
            if self._begins(b"<!--") or self._begins(b"<?"):
                mark = b"-->" if self._begins(b"<!--") else b"?>"
                yield Piece("between", self._taken(self._find(mark, 0) + len(mark)))
            elif self._begins(row) and self._buffer[self._at + len(row)] in b" \t\r\n/>":
                yield Piece("row", self._taken(self._row_end()))
            else:
                raise self._odd(tr("there is something other than rows among its rows"))

    def _usual_rows(self, usual: re.Pattern[bytes]) -> Iterator[Piece]:
        """Give the next rows as far as they were read whole and are written as nearly every program writes them."""
        buffer, at = self._buffer, self._at
        if not is_bare(buffer):
            return
        closing = f"</{self.prefix}row".encode()
        while tag := usual.match(buffer, at):
            end = buffer.find(closing, tag.end()) + len(closing)
            if end < len(closing) or not buffer.startswith(b">", end):
                return
            self._at = end + 1
            yield Piece("row", buffer[at : self._at])
            at = self._at

    def _row_end(self) -> int:
        """Give the end of the row that comes next."""
        while (tag := _TAG_END.match(self._buffer, self._at + 1)) is None:
            self._more_of_it()
        end = tag.end() - self._at
        if self._buffer[tag.end() - 2] == ord("/"):
            return end
        closing = f"</{self.prefix}row".encode()
        found = self._find(closing, end)
        while special := SPECIAL.search(self._buffer, self._at + end, self._at + found):
            mark = CLOSINGS[special[0]]
            end = self._find(mark, special.end() - self._at) + len(mark)
            found = found if end <= found else self._find(closing, end)
        return self._find(b">", found) + 1

    # Places are counted from where the next piece begins: they stay true when more is read.

    def _begins(self, mark: bytes) -> bool:
        return self._buffer.startswith(mark, self._at)

    def _taken(self, size: int) -> bytes:
        data = self._buffer[self._at : self._at + size]
        self._at += size
        return data

    def _find(self, mark: bytes, start: int) -> int:
        while (found := self._buffer.find(mark, self._at + start)) < 0:
            start = max(start, len(self._buffer) - self._at - len(mark))
            self._more_of_it()
        return found - self._at

    def _more(self) -> bool:
        chunk = next(self._chunks, b"")
        self._buffer, self._at = self._buffer[self._at :] + chunk, 0
        return bool(chunk)

    def _more_of_it(self) -> None:
        self._limits.check("row_size", self._place, len(self._buffer) - self._at)
        if not self._more():
            raise self._odd(tr("it ends in the middle"))

    def _odd(self, why: str) -> SourceError:
        return SourceError(tr("{place}: the sheet cannot be read: {reason}", place=self._place, reason=why))

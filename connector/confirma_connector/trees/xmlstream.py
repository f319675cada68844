"""XML as it streams by: one document element in memory at a time; several XML documents in one file are several.

No DTD and no entity of one's own is ever read. Elements outside documents are kept without their text's bulk: only what
stands above or before a document can be asked for.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO
from xml.parsers import expat

from confirma_connector.errors import SourceError, at_line
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.trees.cutting import Cutter
from confirma_connector.trees.node import Node, Top

__all__ = ["xml_documents"]

_BLOCK = 1 << 16
_BLANK = b" \t\r\n"
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]+)["']""")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

Found = tuple[list[Node], Node, Top, tuple[str, ...]]
"""The elements above a document, the document, what stood above and before it, and what is wrong with it."""


class _Done(Exception):
    """The root element has ended: what follows is another XML document."""


def xml_documents(
    opened: Callable[[], BinaryIO], place: str, cutter: Cutter, limits: Limits, encoding: str = ""
) -> Iterator[Found]:
    """Give every document element of a file, complete, with what stood above it. Raises SourceError.

    *encoding* is what the user says; otherwise it is the mark at the start, what the XML declaration says, or UTF-8.
    """
    with opened() as file:
        rest, line, count = b"", 1, 0
        frame = Top()
        while True:
            rest, line = _begun(file, rest, line)
            if not rest:
                break
            count += 1
            reader = _Reader(place, cutter, limits, line, encoding or _encoding(rest), frame)
            is_told = bool(encoding)
            for block in _blocks(file, rest):
                ended = reader.feed(block, is_told)
                yield from reader.taken()
                if ended is not None:
                    rest, line, frame = ended, reader.line_after, reader.frame()
                    break
            else:
                reader.close()
                yield from reader.taken()
                return
    if not count:
        raise SourceError(tr("{name}: the file is empty", name=place))


def _blocks(file: BinaryIO, first: bytes) -> Iterator[bytes]:
    yield first
    while block := file.read(_BLOCK):
        yield block


def _begun(file: BinaryIO, rest: bytes, line: int) -> tuple[bytes, int]:
    """Go to where the next XML document begins; give the bytes from there, b"" at the end of the file."""
    while True:
        kept = rest.lstrip(_BLANK)
        if kept.startswith(codecs.BOM_UTF8):
            kept = kept[3:].lstrip(_BLANK)
        line += rest[: len(rest) - len(kept)].count(b"\n")
        if len(kept) >= 512:
            return kept, line
        block = file.read(_BLOCK)
        if not block:
            return kept, line
        rest = kept + block


def _encoding(start: bytes) -> str:
    for bom, name in _BOMS:
        if start.startswith(bom):
            return name
    if start.startswith((b"<\0", b"\0<")):
        return "utf-16le" if start[0] else "utf-16be"
    declared = _DECLARED.match(start)
    return declared[1].decode("ascii") if declared else "utf-8"


class _Reader:
    """Reads one XML document; complete document elements are `taken` as they come."""

    def __init__(self, place: str, cutter: Cutter, limits: Limits, line: int, encoding: str, frame: Top) -> None:
        self._place = place
        self._cutter = cutter
        self._limits = limits
        self._first_line = line
        self._encoding = encoding
        self._parser = parser = expat.ParserCreate(encoding, namespace_separator=" ")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._above: list[Node] = []
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._top = Top()
        self._top.children.extend(frame.children)
        self._top.forgotten.update(frame.forgotten)
        self._framed = len(frame.children)
        self._has_document = False
        self._held = 0
        self._is_inside = False
        self._within = 0
        self._fed = self._ended = 0
        self._begins, self._has_begun = b"", False
        self._last_line = line
        self._suspect = _Suspect(encoding)
        self._complete: list[Found] = []
        self.line_after = line

    def taken(self) -> Iterator[Found]:
        """Give the documents that are complete."""
        found, self._complete = self._complete, []
        yield from found

    def frame(self) -> Top:
        """Give what the next XML document may ask for: a frame of its own (SOAP) stands right before a message."""
        frame = Top()
        if not self._has_document:
            frame.children, frame.forgotten = self._top.children[self._framed :], self._top.forgotten
        return frame

    def feed(self, block: bytes, is_told: bool) -> bytes | None:
        """Read on; give what stands behind the end of the root element, None while it has not come."""
        before, self._fed = self._fed, self._fed + len(block)
        self._begins = self._begins or block[:4]
        if not is_told:
            self._suspect.feed(block)
        try:
            self._parser.Parse(block, False)
        except _Done:
            end = _end_of_tag(block, self._ended - before)
            self.line_after = self._last_line + block[max(self._ended - before, 0) : end].count(b"\n")
            return block[end:]
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise self._broken(error) from None
        return None

    def close(self) -> None:
        """Say that the file has ended. Raises SourceError unless it holds no element at all."""
        is_remark = self._begins.startswith((b"<!--", b"<?")) and not self._has_begun
        try:
            self._parser.Parse(b"", True)
        except _Done:
            return
        except expat.ExpatError as error:
            if error.code != expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS] or not is_remark:
                raise self._broken(error) from None
        else:
            if not self._has_begun and not is_remark:
                raise SourceError(
                    tr("{place}, line {line}: this is not well-formed XML", place=self._place, line=self._line())
                )

    def _line(self) -> int:
        return self._first_line + self._parser.CurrentLineNumber - 1

    def _refuse_doctype(self, *_: object) -> None:
        raise SourceError(
            tr(
                "{place}, line {line}: a DOCTYPE is not read; export the file without one",
                place=self._place,
                line=self._line(),
            )
        )

    def _broken(self, error: Exception) -> SourceError:
        if not isinstance(error, expat.ExpatError):
            return SourceError(
                tr(
                    '{where}: its encoding "{encoding}" cannot be read; export it as UTF-8',
                    where=self._place,
                    encoding=self._encoding,
                )
            )
        where = at_line(self._place, self._first_line + error.lineno - 1)
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]:
            return SourceError(
                tr(
                    '{where}: its encoding "{encoding}" cannot be read; export it as UTF-8',
                    where=where,
                    encoding=self._encoding,
                )
            )
        if error.code == expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN] and self._suspect.is_broken:
            return SourceError(
                tr(
                    "{where}: these bytes are not {encoding}, as the file says or as is taken when it says "
                    "nothing; declare what they are, as in source: {{encoding: iso-8859-15}}",
                    where=where,
                    encoding=self._encoding,
                )
            )
        said = expat.errors.messages.get(error.code, str(error))
        if not self._open:
            return SourceError(tr("{where}: this is not well-formed XML: {fault}", where=where, fault=said))
        return SourceError(
            tr(
                "{where}: this is not well-formed XML: {fault}, within {elements}",
                where=where,
                fault=said,
                elements="/".join(node.name for node in self._open[:6]),
            )
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        space, _, local = name.rpartition(" ")
        node = Node(local, space, self._line())
        self._has_begun = True
        for index in range(0, len(attributes), 2):
            node.attributes[attributes[index]] = attributes[index + 1]
        is_document = not self._is_inside and self._cutter.begins(self._open, node)
        if is_document:
            self._is_inside, self._within, self._held = True, len(self._open), 0
            self._has_document = True
        elif self._is_inside or self._top.takes(self._open, local):
            parent = self._open[-1] if self._open else self._top
            parent.children.append(node)
        self._held += 1
        if self._held > self._limits.held_cells and self._is_inside:
            raise self._limits.refuse("held_cells", at_line(self._place, node.line))
        self._open.append(node)
        self._texts.append([])
        if len(self._open) > self._limits.nesting:
            raise self._limits.refuse("nesting", at_line(self._place, node.line))

    def _characters(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def _end(self, _: str) -> None:
        node = self._open.pop()
        node.text = "".join(self._texts.pop()).strip()
        if self._is_inside and len(self._open) == self._within:
            self._is_inside = False
            self._complete.append((list(self._open), node, self._top.until_now(self._open), self._suspect.problems()))
        if not self._open:
            self._ended, self._last_line = self._parser.CurrentByteIndex, self._line()
            raise _Done


def _end_of_tag(block: bytes, at: int) -> int:
    """Give where the root's last tag ends.

    What expat names is where `</a>` begins (perhaps before *block*), and where `<a/>` ends.
    """
    if at >= 0 and not block[at : at + 4].replace(b"\0", b"").startswith(b"</"):
        return at
    start = max(at, 0)
    end = block.index(b">", start) + 1
    is_wide = b"\0" in block[start:end] and block[end : end + 1] == b"\0"
    return end + is_wide


class _Suspect:
    """Watches whether the bytes are what they are said to be.

    Text in UTF-8 that says it is of one byte a letter reads without an error, and wrongly: "Ã¤" for "ä".
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        try:
            self._is_utf8 = codecs.lookup(encoding).name == "utf-8"
            self._is_wide = codecs.lookup(encoding).name.startswith("utf-16")
        except LookupError:
            self._is_utf8 = self._is_wide = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._has_letters = False
        self.is_broken = False

    def feed(self, block: bytes) -> None:
        if self._is_wide or self.is_broken:
            return
        try:
            self._has_letters |= not self._decoder.decode(block).isascii()
        except UnicodeDecodeError:
            self.is_broken = True

    def problems(self) -> tuple[str, ...]:
        """Say what is wrong with the text so far."""
        if self._is_utf8 or self._is_wide or self.is_broken or not self._has_letters:
            return ()
        return (
            tr(
                "the file says that its encoding is {encoding}, but its bytes are UTF-8: the letters would "
                "come out wrong; let it be exported rightly, or say in the mapping source: {{encoding: "
                "utf-8}}",
                encoding=self._encoding,
            ),
        )

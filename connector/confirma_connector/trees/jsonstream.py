"""JSON as it streams by: one document object in memory at a time; an array, an envelope, or one value after another.

A member that is an array is as many nodes of one name; a text whose name begins with "@" is an attribute. Slashes and
brackets in names become "_", as they mean something in paths. Numbers keep their digits, `null` is nothing. What JSON
does not know (NaN, comments, commas too many) is refused with its line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO, Literal, NamedTuple, TextIO

from confirma_connector.encodings import encoding_of, opened
from confirma_connector.errors import SourceError, at_line
from confirma_connector.language import mark, tr
from confirma_connector.limits import Limits
from confirma_connector.trees.cutting import Cutter
from confirma_connector.trees.node import Node, Top

__all__ = ["json_documents"]

_BLOCK = 1 << 16

_TOKEN = re.compile(
    r'([ \t\r\n\ufeff]*+)(?:([{}\[\],])|"((?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*+)"([ \t\r\n]*+)(:?)|([\w.+-]++))',
    re.ASCII,
)
_BLANK = " \t\r\n\ufeff"
_ATTRIBUTE = re.compile(r"@[\w.-]+")
_NO_NAME = re.compile(r"[/\[\]]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE]([+-]?[0-9]{1,3}))?")
_WORDS = {"true": "true", "false": "false", "null": None}
_MORE = ("odata.nextLink", "@nextLink", "__next")
"""How the names end under which a server tells the address of the next page."""

Found = tuple[Sequence[Node], Node, Top, tuple[str, ...]]
"""The objects above a document, the document, what stood above and before it, and what is wrong with it."""


def json_documents(
    opened_: Callable[[], BinaryIO], place: str, cutter: Cutter, limits: Limits, encoding: str | None = None
) -> Iterator[Found]:
    """Give every document object of a file, complete, with what stood above it. Raises SourceError.

    *encoding* is what the user says; otherwise it is told by the mark at the start and the bytes.
    """
    with opened_() as file:
        start = file.read(2)
    wide = {b"\0": "utf-16-be", b"{": "utf-16-le", b"[": "utf-16-le"}.get(start[:1]) if b"\0" in start else None
    name, bom = encoding_of(opened_, place, encoding or wide, limits.file_size)
    with opened(opened_(), name, bom) as stream:
        yield from _Reader(stream, place, cutter, limits).documents()


class _Expected(NamedTuple):
    """What may come next: a *kind* of it, or the mark that is *closing*; and how a person is told."""

    kind: Literal["value", "name", "comma"]
    closing: Literal["", "]", "}"]
    told: str


_VALUE = _Expected("value", "", mark("expected a value"))
_VALUE_OR_END = _Expected("value", "]", mark("expected a value or ]"))
_NAME = _Expected("name", "", mark("expected a name and a colon"))
_NAME_OR_END = _Expected("name", "}", mark("expected a name and a colon, or }"))
_COMMA_IN_ARRAY = _Expected("comma", "]", mark("expected a comma or ]"))
_COMMA_IN_OBJECT = _Expected("comma", "}", mark("expected a comma or }"))


class _Open:
    """An object or an array that is being read. *node* takes its members; elements of an array are called *name*."""

    __slots__ = ("is_array", "key", "keys", "name", "node")

    def __init__(self, node: Node, name: str | None = None) -> None:
        self.node = node
        self.name = name
        self.is_array = name is not None
        self.key = ""
        self.keys: set[str] = set()

    def label(self) -> str:
        """Give the name of the value that comes."""
        return _spelled(self.key) if self.name is None else self.name


class _Reader:
    """Reads one file. *_open* is what is open, from the outside in; the first of it is the file itself."""

    def __init__(self, stream: TextIO, place: str, cutter: Cutter, limits: Limits) -> None:
        self._stream = stream
        self._place = place
        self._cutter = cutter
        self._limits = limits
        self._line = 1
        self._taken = 0
        self._open: list[_Open] = [_Open(Node(""), "")]
        self._top = Top()
        self._within = 0
        self._began = 0
        self._problems: list[str] = []
        self._unended = 0
        self._is_empty = True

    def documents(self) -> Iterator[Found]:
        """Give the documents as they become complete."""
        expected = _VALUE
        for sign, text in self._tokens():
            frame = self._open[-1]
            if sign in ("]", "}") and expected.closing == sign:
                yield from self._closed()
                expected = self._after()
            elif expected.kind == "value":
                expected = self._value(frame, sign, text)
            elif sign == ":" and expected.kind == "name":
                self._named(frame, text)
                expected = _VALUE
            elif sign == "," and expected.kind == "comma":
                expected = _VALUE if frame.is_array else _NAME
            else:
                raise self._wrong(tr(expected.told))
        if len(self._open) > 1:
            raise self._wrong(tr("the file ends within a value: was it cut?"))
        if self._is_empty:
            raise SourceError(tr("{name} is empty", name=self._place))
        if self._unended:
            raise SourceError(
                tr(
                    "{place}, line {line}: this is one page of several, as it names the address of the next "
                    "one: export all of them, and put them one after the other into one file",
                    place=self._place,
                    line=self._unended,
                )
            )

    # ---- tokens ----

    def _tokens(self) -> Iterator[tuple[str, str]]:
        """Give marks as they are, texts as ('"', text), names as (":", name), numbers and words as ("", word)."""
        text, at, is_ended = self._stream.read(_BLOCK), 0, False
        while True:
            found = _TOKEN.match(text, at)
            if not is_ended and (found is None or found.end() == len(text)):
                rest = text[at:]
                more = self._stream.read(
                    max(_BLOCK, len(rest))
                )  # as much again: what is long is not read anew and anew
                text, at, is_ended = rest + more, 0, not more
                self._measure(len(rest))
                continue
            if found is None:
                rest = text[at:].lstrip(_BLANK)
                self._line += text.count("\n", at, len(text) - len(rest))
                if rest:
                    raise self._wrong(_oddity(rest))
                return
            blank, sign, quoted, behind, colon, word = found.groups()
            if blank:
                self._line += blank.count("\n")
            self._taken += found.end() - at
            at = found.end()
            if sign:
                yield sign, ""
            elif quoted is not None:
                yield colon or '"', self._unescaped(quoted) if "\\" in quoted else quoted
                if behind:
                    self._line += behind.count("\n")
            else:
                yield "", word

    def _measure(self, waiting: int) -> None:
        self._limits.check("text_size", at_line(self._place, self._line), waiting)
        if self._within:
            self._limits.check("text_size", at_line(self._place, self._line), self._taken - self._began)

    def _unescaped(self, quoted: str) -> str:
        try:
            text: str = json.loads(f'"{quoted}"')
            text.encode()
        except json.JSONDecodeError:
            raise self._wrong(tr("a backslash in a text, and behind it no sign that JSON knows")) from None
        except UnicodeEncodeError:
            raise self._wrong(tr("a text with half a character in it")) from None
        return text

    def _scalar(self, word: str) -> str | None:
        if word in _WORDS:
            return _WORDS[word]
        number = _NUMBER.fullmatch(word)
        if number is None:
            raise self._wrong(
                tr("expected a value: a text in quotes, a number, true, false, null, an object or an array")
            )
        return word if number[1] is None else f"{Decimal(word):f}"

    # ---- values ----

    def _value(self, frame: _Open, sign: str, text: str) -> _Expected:
        """Take in a value, or what it begins with; give what is expected next."""
        is_top = len(self._open) == 1 or (len(self._open) == 2 and frame.is_array)
        if sign in ("{", "["):
            self._limits.check("nesting", at_line(self._place, self._line), len(self._open))
        if sign == "{":
            self._begin(frame, is_top)
            return _NAME_OR_END
        if sign == "[":
            self._begin_array(frame, is_top)
            return _VALUE_OR_END
        if sign not in ('"', ""):
            raise self._wrong(tr(_VALUE.told))
        value = text if sign else self._scalar(text)
        node = Node(frame.label(), "", self._line, (value or "").strip())
        is_no_invoice = is_top or (not self._within and self._cutter.begins(self._above(), node))
        if is_no_invoice and (value is not None or frame.is_array):
            raise SourceError(
                tr(
                    "{place}, line {line}: expected an object here, as it should be an invoice",
                    place=self._place,
                    line=self._line,
                )
            )
        if value is not None:
            self._keep(frame, node, is_attribute=frame.key[:1] == "@" and bool(_ATTRIBUTE.fullmatch(frame.key)))
            self._note_page(frame.key, value)
        return self._after()

    def _begin(self, frame: _Open, is_top: bool) -> None:
        node = Top(self._line) if is_top else Node(frame.label(), "", self._line)
        above: list[Node] = []
        if isinstance(node, Top):
            self._top, self._unended, self._is_empty = node, 0, False
        else:
            above = self._above()
        if not self._within and self._cutter.begins(above, node):
            self._within, self._began = len(self._open), self._taken
        elif not is_top:
            self._keep(frame, node)
        self._open.append(_Open(node))

    def _begin_array(self, frame: _Open, is_top: bool) -> None:
        if is_top and len(self._open) == 1:
            self._is_empty = False
            self._open.append(_Open(Node(""), ""))
        elif is_top:
            raise SourceError(
                tr(
                    "{place}, line {line}: expected an object here, as it should be an invoice",
                    place=self._place,
                    line=self._line,
                )
            )
        elif frame.is_array:
            inner = Node(frame.name or "", "", self._line)
            self._keep(frame, inner)
            self._open.append(_Open(inner, inner.name))
        else:
            self._open.append(_Open(frame.node, frame.label()))

    def _above(self) -> list[Node]:
        """Give the objects that are open, without the top one."""
        return [one.node for one in self._open[1:] if not one.is_array][1:]

    def _spine(self) -> list[Node]:
        """Give all nodes that are open below the top one."""
        nodes = list(dict.fromkeys(one.node for one in self._open))
        return nodes[nodes.index(self._top) + 1 :]

    def _keep(self, frame: _Open, node: Node, *, is_attribute: bool = False) -> None:
        if not self._within and not self._top.takes(self._spine(), node.name):
            return
        if is_attribute:
            frame.node.attributes[node.name] = node.text
        else:
            frame.node.children.append(node)

    def _named(self, frame: _Open, name: str) -> None:
        if name in frame.keys:
            told = tr('line {line}: "{name}" stands twice in one object', line=self._line, name=name)
            if not self._within:
                raise SourceError(f"{self._place}, {told}")
            self._problems.append(told)
        frame.keys.add(name)
        frame.key = name

    def _note_page(self, name: str, value: str) -> None:
        if not name.endswith(_MORE) or not value:
            return
        if self._within:
            self._problems.append(
                tr('line {line}: there is more of it where it came from, as "{name}" says', line=self._line, name=name)
            )
        else:
            self._unended = self._line

    def _closed(self) -> Iterator[Found]:
        frame = self._open.pop()
        if self._within and len(self._open) == self._within:
            self._within = 0
            problems, self._problems = tuple(self._problems), []
            yield self._above(), frame.node, self._top.until_now(one.node for one in self._open), problems

    def _after(self) -> _Expected:
        if len(self._open) == 1:
            return _VALUE
        return _COMMA_IN_ARRAY if self._open[-1].is_array else _COMMA_IN_OBJECT

    def _wrong(self, what: str) -> SourceError:
        return SourceError(
            tr("{place}, line {line}: this is no JSON: {fault}", place=self._place, line=self._line, fault=what)
        )


@lru_cache(1_000)
def _spelled(key: str) -> str:
    """Give the name of a member so that a path can say it."""
    name = _NO_NAME.sub("_", key).strip().lstrip("@").strip()
    return "_" if name in ("", ".") else name


def _oddity(rest: str) -> str:
    if rest.startswith('"'):
        return tr("a text is not closed, or has a line end or a control character in it")
    return tr("a sign that does not belong here")

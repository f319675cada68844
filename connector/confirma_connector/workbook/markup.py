"""The XML of workbooks as bytes and text: attributes, escapes, and small parts as trees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits

__all__ = [
    "CLOSINGS",
    "IN_TAG",
    "SPECIAL",
    "attributes",
    "children",
    "column_index",
    "column_letters",
    "decoded",
    "edges",
    "elements",
    "encoded",
    "in_attribute",
    "is_bare",
    "is_utf8",
    "local_name",
    "masked",
    "plain",
    "tree",
    "unfinished",
]

IN_TAG = r"""[^<>"']*+(?:"[^"]*"[^<>"']*+|'[^']*'[^<>"']*+)*+"""
"""A pattern for what may stand in a tag behind its name, also a ">" in quotes."""

LONGEST = 32_767
"""As many UTF-16 units fit into one cell."""

_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)')""")
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));")
_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ESCAPE = re.compile(r"_x([0-9a-fA-F]{4})_")
_LIKE_ESCAPE = re.compile(r"_(?=x[0-9a-fA-F]{4}_)")
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_NO_CHARACTER = re.compile("[\ud800-\udfff]")
SPECIAL = re.compile(rb"<!--|<!\[CDATA\[|<\?")
CLOSINGS = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
_ENCODING = re.compile(rb"""^<\?xml[^>]*encoding\s*=\s*["']([^"']*)["']""")


def tree(data: bytes, part: str, name: str, limits: Limits) -> ElementTree.Element:
    """Parse a small part. Raises SourceError for broken XML and for document types, which workbooks never have."""
    if b"<!DOCTYPE" in data or b"<\x00!\x00D\x00" in data or b"\x00<\x00!\x00D" in data:
        raise SourceError(
            tr(
                "{name}: its part {part} has a document type, which no workbook needs: it is not read",
                name=name,
                part=part,
            )
        )
    count = depth = 0
    root: ElementTree.Element | None = None
    parser: Any = ElementTree.XMLPullParser(("start", "end"))  # what its events hold depends on their kinds
    try:
        for at in range(0, len(data), _PIECE):
            parser.feed(data[at : at + _PIECE])
            for event, element in parser.read_events():
                root = element if root is None else root
                count, depth = (count + 1, depth + 1) if event == "start" else (count, depth - 1)
                if depth > limits.nesting or count > limits.elements:
                    place = tr("{name}, part {part}", name=name, part=part)
                    raise limits.refuse("nesting" if depth > limits.nesting else "elements", place)
        parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise SourceError(
            tr("{name}: its part {part} is damaged ({error})", name=name, part=part, error=error)
        ) from None
    if root is None:
        raise SourceError(tr("{name}: its part {part} is damaged (nothing is in it)", name=name, part=part))
    return root


_PIECE = 1 << 16


def local_name(tag: str) -> str:
    """Give a tag without its namespace: the strict and the usual ones are named alike."""
    return tag.rpartition("}")[2]


def children(element: ElementTree.Element | None, name: str) -> Iterator[ElementTree.Element]:
    """Give the children of *element* called *name* in any namespace."""
    return (child for child in element if local_name(child.tag) == name) if element is not None else iter(())


def is_utf8(data: bytes) -> bool:
    """Tell whether a part that begins with *data* is written in UTF-8."""
    bare = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = _ENCODING.match(bare)
    return bare.startswith(b"<") and (declared is None or declared[1].lower() in (b"utf-8", b"us-ascii", b"utf8"))


def attributes(text: str) -> dict[str, str]:
    """Give the attributes in the text of a tag."""
    return {name: decoded(double or single, is_cell=False) for name, double, single in _ATTRIBUTE.findall(text)}


def decoded(text: str, *, is_cell: bool = True) -> str:
    """Give the characters that *text* stands for: entities, and in cells `_x000D_` too."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if is_cell and "_x" in text:
        text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
        if _NO_CHARACTER.search(text):  # surrogate pairs may have been escaped one by one
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _character(match: re.Match[str]) -> str:
    if match[3]:
        return _ENTITIES[match[3]]
    code = int(match[1], 16) if match[1] else int(match[2])
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"


def encoded(text: str) -> str:
    """Give *text* as the content of a cell's `<t>`: at most as long as a cell may be, controls escaped."""
    text = _NO_CHARACTER.sub("?", text)
    if len(text.encode("utf-16-le")) > 2 * LONGEST:
        text = text.encode("utf-16-le")[: 2 * (LONGEST - 1)].decode("utf-16-le", "ignore") + "…"
    text = _LIKE_ESCAPE.sub("_x005F_", text)
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)


def in_attribute(text: str) -> str:
    """Give *text* as the value of an attribute in double quotes."""
    return encoded(text).replace('"', "&quot;").replace("\n", "_x000a_").replace("\t", "_x0009_")


def is_bare(markup: str | bytes) -> bool:
    """Tell whether there is no comment, CDATA section or instruction in *markup*.

    Every tag begins with "<"; the signs behind it are rare, and looking for these alone is many times as quick.
    """
    if isinstance(markup, str):
        return ("!" not in markup or "<!" not in markup) and ("?" not in markup or "<?" not in markup)
    return (b"!" not in markup or b"<!" not in markup) and (b"?" not in markup or b"<?" not in markup)


def plain(text: str) -> str:
    """Give markup without comments, and with the text of CDATA sections escaped like all other text."""
    if is_bare(text):
        return text
    data = text.encode()
    pieces, end = [], 0
    for kind, start, stop in _specials(data):
        inner = data[start + len(kind) : stop - len(CLOSINGS[kind])] if kind == b"<![CDATA[" else b""
        pieces += [data[end:start], _escaped(inner)]
        end = stop
    return b"".join([*pieces, data[end:]]).decode()


def _specials(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Give kind and place of each comment, CDATA section and instruction; what is not closed is none of them.

    It goes over the data once, whatever stands in them.
    """
    at, hopeless = 0, set[bytes]()
    while found := SPECIAL.search(data, at):
        kind, at = found[0], found.end()
        end = -1 if kind in hopeless else data.find(CLOSINGS[kind], at)
        if end < 0:
            hopeless.add(kind)
            continue
        at = end + len(CLOSINGS[kind])
        yield kind, found.start(), at


def _escaped(text: bytes) -> bytes:
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def masked(data: bytes) -> bytes:
    """Give markup of the same length in which comments and CDATA sections are blank: no tag is found in them."""
    if is_bare(data):
        return data
    pieces, end = [], 0
    for _, start, stop in _specials(data):
        pieces += [data[end:start], b" " * (stop - start)]
        end = stop
    return b"".join([*pieces, data[end:]])


def unfinished(data: bytes) -> bool:
    """Tell whether *data* ends within a comment or CDATA section."""
    return not is_bare(data) and b"<!" in masked(data)


def edges(name: str) -> re.Pattern[str]:
    """Give a pattern for the opening and closing tags of elements called *name*, for `elements`."""
    return re.compile(rf"<{name}((?:\s{IN_TAG}|/)?)>|</{name}\s*>")


def elements(text: str, tags: re.Pattern[str], start: int = 0) -> Iterator[tuple[int, int, str, str]]:
    """Give place, end, attributes and content of each element of *tags*, in one pass over *text* from *start*.

    One that is never closed is left out.
    """
    opened: re.Match[str] | None = None
    for tag in tags.finditer(text, start):
        if opened is None and tag[1] is not None:
            if tag[1].endswith("/"):
                yield tag.start(), tag.end(), tag[1], ""
            else:
                opened = tag
        elif opened is not None and tag[1] is None:
            yield opened.start(), tag.end(), opened[1], text[opened.end() : tag.start()]
            opened = None


def column_index(letters: str) -> int:
    """Give the number of a column from 1: A is 1, AA is 27."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index


def column_letters(index: int) -> str:
    """Give the letters of a column by its number from 1."""
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters

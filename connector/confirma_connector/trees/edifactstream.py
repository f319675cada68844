"""EDIFACT as it streams by: each message a tree of its segments, one message in memory at a time.

A segment is a node of its tag; its components are children named by their places: `2.1` is the first component of the
second element. What tells more of a segment stands within it (the reference of a party, the amount of a tax), all up
to the next line within its LIN, and the sums of the message within UNS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, TextIO

from confirma_connector.encodings import encoding_of, opened
from confirma_connector.errors import SourceError, at_line
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.trees.node import Node, Top

__all__ = ["edifact_messages"]

_BLOCK = 1 << 16
_BLANK = " \t\r\n\ufeff"
_WITHIN = {
    tag: frozenset(tags.split())
    for tag, tags in {
        "NAD": "LOC FII RFF DOC CTA COM",
        "CTA": "COM",
        "RFF": "DTM",
        "TAX": "MOA LOC",
        "PAT": "DTM PCD MOA PAI FII",
        "CUX": "DTM",
        "ALC": "ALI DTM QTY PCD MOA RTE TAX",
        "LIN": "",
        "UNS": "CNT MOA TAX ALC RFF FTX",
    }.items()
}

Found = tuple[Sequence[Node], Node, Top, tuple[str, ...]]
"""Nothing above a message, the message (named by its type), what stood before it, and what is wrong with it."""


class _Signs(NamedTuple):
    """What separates: components, elements, segments; and what takes a sign its meaning ("" for none)."""

    component: str = ":"
    element: str = "+"
    release: str = "?"
    end: str = "'"


def edifact_messages(
    opened_: Callable[[], BinaryIO], place: str, limits: Limits, encoding: str | None = None
) -> Iterator[Found]:
    """Give the messages of a file, each complete. Raises SourceError."""
    name, bom = encoding_of(opened_, place, encoding, limits.file_size)
    top, message, count, expected = Top(), None, 0, 0
    open_: list[Node] = []
    line = held = 0
    with opened(opened_(), name, bom) as stream:
        for line, segment in _segments(stream, place, limits):
            tag = segment.name
            if message is not None and tag in ("UNB", "UNZ", "UNH"):
                raise SourceError(
                    tr(
                        "{place}, line {line}: the message before it has no end (UNT): was the file cut?",
                        place=place,
                        line=line,
                    )
                )
            if tag == "UNB":
                if expected < 0:
                    raise SourceError(
                        tr(
                            "{place}, line {line}: the interchange before it has no end (UNZ): was it cut?",
                            place=place,
                            line=line,
                        )
                    )
                top, count, expected = Top(), 0, -1
                top.children.append(segment)
            elif tag == "UNZ":
                expected = int(told) if (told := _first(segment)).isascii() and told.isdigit() else -1
                if expected != count:
                    raise SourceError(
                        tr(
                            "{place}, line {line}: UNZ tells another number of messages than the {count} there are",
                            place=place,
                            line=line,
                            count=count,
                        )
                    )
            elif tag == "UNH":
                message, open_, count, held = _message(segment), [], count + 1, 1
            elif message is None:
                if top.takes((), tag):
                    top.children.append(segment)
            elif tag == "UNT":
                yield (), message, top.until_now(()), _problems(message, segment, held + 1)
                message = None
            else:
                held += 1
                limits.check("elements", at_line(place, line), held)
                _keep(message, open_, segment)
    if message is not None or expected < 0 or not top.children:
        raise SourceError(
            tr(
                "{place}, line {line}: the file does not end as an interchange (UNZ): was it cut?",
                place=place,
                line=line,
            )
        )


def _first(segment: Node) -> str:
    return next((child.text for child in segment.children if child.name == "1.1"), "")


def _message(head: Node) -> Node:
    kind = next((child.text for child in head.children if child.name == "2.1"), "")
    message = Node(kind, "", head.line)
    message.children.append(head)
    return message


def _keep(message: Node, open_: list[Node], segment: Node) -> None:
    """Put a segment where it belongs: into the nearest that takes such, else into the message itself."""
    while open_ and not _takes(open_[-1].name, segment.name):
        open_.pop()
    (open_[-1] if open_ else message).children.append(segment)
    if segment.name in _WITHIN:
        open_.append(segment)


def _takes(above: str, tag: str) -> bool:
    return tag not in ("LIN", "UNS") if above == "LIN" else tag in _WITHIN.get(above, ())


def _problems(message: Node, end: Node, found: int) -> tuple[str, ...]:
    told, reference = _first(end), _first(message.children[0])
    problems = []
    if told.lstrip("0") != str(found):
        problems.append(
            tr(
                "UNT at line {line} tells another number of segments than the {found} there are: was it cut?",
                line=end.line,
                found=found,
            )
        )
    if reference not in (child.text for child in end.children if child.name == "2.1"):
        problems.append(tr("UNT at line {line} has another reference than UNH", line=end.line))
    return tuple(problems)


def _segments(stream: TextIO, place: str, limits: Limits) -> Iterator[tuple[int, Node]]:
    text = stream.read(_BLOCK).lstrip(_BLANK)
    signs, line = _Signs(), 1
    if text.startswith("UNA") and len(text) > 8:
        signs = _Signs(text[3], text[4], text[6].strip(), text[8])
        text = text[9:]
    release, end = re.escape(signs.release), re.escape(signs.end)
    released = rf"|{release}." if release else ""
    whole = re.compile(rf"(\s*+)((?:[^{release}{end}]{released})*+){end}", re.DOTALL)
    at, is_ended = 0, False
    while True:
        found = whole.match(text, at)
        if found is None:
            rest = text[at:]
            limits.check("line_length", at_line(place, line), len(rest))
            if is_ended:
                if rest.strip(_BLANK):
                    raise SourceError(
                        tr("{place}, line {line}: a segment is not ended: was the file cut?", place=place, line=line)
                    )
                return
            more = stream.read(_BLOCK)
            text, at, is_ended = rest + more, 0, not more
            continue
        at = found.end()
        line += found[1].count("\n")
        yield line, _segment(found[2], signs, line, place)
        line += found[2].count("\n")


def _segment(text: str, signs: _Signs, line: int, place: str) -> Node:
    tag, *elements = _split(text, signs.element, signs.release)
    if not (len(tag) == 3 and tag.isascii() and tag.isalnum() and tag.isupper()):
        raise SourceError(
            tr(
                "{place}, line {line}: this is no EDIFACT: a segment begins with three capital letters",
                place=place,
                line=line,
            )
        )
    segment = Node(tag, "", line)
    for number, element in enumerate(elements, 1):
        for index, component in enumerate(_split(element, signs.component, signs.release), 1):
            bare = component
            if signs.release and signs.release in component:
                bare = re.sub(rf"{re.escape(signs.release)}(.)", r"\1", component, flags=re.DOTALL)
            if value := bare.strip():
                segment.children.append(Node(f"{number}.{index}", "", line, value))
    return segment


def _split(text: str, mark: str, release: str) -> list[str]:
    """Cut at the marks that no release sign stands before."""
    parts: list[str] = []
    is_released = False
    for piece in text.split(mark):
        if is_released:
            parts[-1] += mark + piece
        else:
            parts.append(piece)
        is_released = (len(piece) - len(piece.rstrip(release))) % 2 == 1
    return parts

"""Answers as XML: texts that any parser takes, in the encoding that the format wants."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from confirma_connector.masking import masked

__all__ = ["Element", "element", "line", "spelled"]

_NO_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


@dataclass(frozen=True, slots=True)
class Element:
    """One element with its text, or with others in it."""

    name: str
    inside: tuple[Element, ...] = ()
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = field(default=())

    def lines(self, depth: int = 0) -> list[str]:
        """Give it as lines of markup."""
        pad = "  " * depth
        told = "".join(f' {name}="{_escaped(value)}"' for name, value in self.attributes)
        if not self.inside:
            return [f"{pad}<{self.name}{told}>{_escaped(self.text)}</{self.name}>"]
        inner = [line for one in self.inside for line in one.lines(depth + 1)]
        return [f"{pad}<{self.name}{told}>", *inner, f"{pad}</{self.name}>"]


def element(name: str, inside: str | list[Element | None] | None = None, **attributes: str) -> Element:
    """Make an element; None in a list is left out."""
    told = tuple(attributes.items())
    if isinstance(inside, list):
        return Element(name, tuple(one for one in inside if one is not None), "", told)
    return Element(name, (), inside or "", told)


def spelled(root: Element, encoding: str) -> bytes:
    """Give the document's bytes; what *encoding* lacks becomes a character reference."""
    lines = [f'<?xml version="1.0" encoding="{encoding}"?>', *root.lines(), ""]  # not for people
    return "\n".join(lines).encode(encoding, "xmlcharrefreplace")


def line(text: str, most: int = 1_000) -> str:
    """Give *text* as one line of at most so many characters, without control characters and personal numbers."""
    told = masked(" ".join(_NO_TEXT.sub(" ", text).split()))
    return told if len(told) <= most else f"{told[: most - 1]}…"


def _escaped(text: str) -> str:
    return _NO_TEXT.sub(" ", text).translate(_ESCAPES)

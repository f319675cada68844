"""JSON as the API sends it, and the texts in it as people may see them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import simplejson

from confirma_connector.errors import legible
from confirma_connector.language import tr
from confirma_connector.masking import masked

__all__ = ["element_at", "first", "further_in", "json_body", "json_listing", "json_text", "text", "words"]

Read = Callable[..., Any]
"""Has an element of a listing, and may have the text and where in it the element begins."""
_DECODER = simplejson.JSONDecoder(parse_float=Decimal)
_SPACE = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r]*([,:\]}])[ \t\n\r]*")


def json_body(body: bytes) -> Any:
    """Parse a body as JSON with exact numbers. Raises ValueError."""
    return _parsed(json_text(body))


def json_text(body: bytes) -> str:
    """Give the text of a body that is JSON. Raises ValueError."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(str(error)) from None


def _parsed(text: str) -> Any:
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError(str(error)) from None
    except InvalidOperation:
        raise ValueError(tr("it has a number with an exponent beyond all bounds")) from None


def json_listing(text: str, read: Read) -> Any:
    """Parse a text of which the outermost arrays may be long: *read* has each element and gives what stays of it.

    It is given the text as well, and where in it the element begins, unless something is wrong: see `element_at`.
    The tree of a whole listing would take many times the memory of its text. Raises ValueError.
    """
    try:
        return _outline(text, read)
    except (ValueError, RecursionError, InvalidOperation):
        tree = _parsed(text)  # it says what is wrong
    if isinstance(tree, dict):
        return {name: list(map(read, value)) if isinstance(value, list) else value for name, value in tree.items()}
    return list(map(read, tree)) if isinstance(tree, list) else tree


def element_at(text: str, at: int) -> Any:
    """Give the element of a listing that begins at a place of its text."""
    return _DECODER.scan_once(text, at)[0]


def _outline(text: str, read: Read) -> Any:
    tree, at = (_members if text.lstrip().startswith("{") else _value)(text, _after_space(text, 0), read)
    if not isinstance(tree, (dict, list)) or _after_space(text, at) != len(text):
        raise ValueError(at)
    return tree


def _members(text: str, at: int, read: Read) -> tuple[dict[str, Any], int]:
    members: dict[str, Any] = {}
    at, sign = _after_space(text, at + 1), ","
    if text[at : at + 1] == "}":
        return members, at + 1
    while sign == ",":
        name, at = _DECODER.scan_once(text, at)
        sign, at = _sign(text, at)
        if not isinstance(name, str) or sign != ":":
            raise ValueError(at)
        members[name], at = _value(text, at, read)
        sign, at = _sign(text, at)
    if sign != "}":
        raise ValueError(at)
    return members, at


def _value(text: str, at: int, read: Read) -> tuple[Any, int]:
    if text[at : at + 1] != "[":
        value, at = _DECODER.scan_once(text, at)
        return value, at
    elements: list[Any] = []
    scan, between = _DECODER.scan_once, _BETWEEN.match
    at, sign = _after_space(text, at + 1), ","
    if text[at : at + 1] == "]":
        return elements, at + 1
    while sign == ",":
        element, end = scan(text, at)
        elements.append(read(element, text, at))
        found = between(text, end)
        if found is None:
            raise ValueError(end)
        sign, at = found[1], found.end()
    if sign != "]":
        raise ValueError(at)
    return elements, at


def _sign(text: str, at: int) -> tuple[str, int]:
    """Give what stands between two values, and the place after it. Raises ValueError."""
    found = _BETWEEN.match(text, at)
    if found is None:
        raise ValueError(at)
    return found[1], found.end()


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def first(tree: Mapping[str, Any], names: Iterable[str]) -> Any:
    """Give the first member of *names* that is not empty; `paging/total` stands further in, `.` is the tree itself."""
    for name in names:
        value = tree.get(name)
        if value is None and (name == "." or "/" in name):
            value = further_in(tree, name)
        if value is not None and value != "":
            return value
    return None


def further_in(tree: Any, way: str) -> Any:
    """Give what stands at the end of a *way* of names with / between them; None where there is nothing."""
    for name in way.split("/"):
        if name != ".":
            tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def text(value: Any) -> str:
    """Give a plain value as one line; "" for an object or a list."""
    return "" if value is None or isinstance(value, (dict, list)) else legible(" ".join(str(value).split()))


def words(value: Any) -> str:
    """Give what is said for people: it may repeat what an invoice says, but no personal identity number."""
    return masked(text(value))

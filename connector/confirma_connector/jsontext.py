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

__all__ = ["first", "json_body", "json_listing", "text", "words"]

_DECODER = simplejson.JSONDecoder(parse_float=Decimal)
_SPACE = re.compile(r"[ \t\n\r]*")
_BETWEEN = re.compile(r"[ \t\n\r]*([,:\]}])[ \t\n\r]*")


def json_body(body: bytes) -> Any:
    """Parse a body as JSON with exact numbers. Raises ValueError."""
    try:
        return simplejson.loads(body.decode("utf-8-sig"), use_decimal=True)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    except InvalidOperation:
        raise ValueError(tr("it has a number with an exponent beyond all bounds")) from None


def json_listing(body: bytes, read: Callable[[Any], Any]) -> Any:
    """Parse a body of which the outermost arrays may be long: *read* has each element and gives what stays of it.

    The tree of a whole listing would take many times the memory of its text. Raises ValueError.
    """
    try:
        return _outline(body.decode("utf-8-sig"), read)
    except (ValueError, RecursionError, InvalidOperation):
        tree = json_body(body)  # it says what is wrong
    if isinstance(tree, dict):
        return {name: list(map(read, value)) if isinstance(value, list) else value for name, value in tree.items()}
    return list(map(read, tree)) if isinstance(tree, list) else tree


def _outline(text: str, read: Callable[[Any], Any]) -> Any:
    tree, at = (_members if text.lstrip().startswith("{") else _value)(text, _after_space(text, 0), read)
    if not isinstance(tree, (dict, list)) or _after_space(text, at) != len(text):
        raise ValueError(at)
    return tree


def _members(text: str, at: int, read: Callable[[Any], Any]) -> tuple[dict[str, Any], int]:
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


def _value(text: str, at: int, read: Callable[[Any], Any]) -> tuple[Any, int]:
    if text[at : at + 1] != "[":
        value, at = _DECODER.scan_once(text, at)
        return value, at
    elements: list[Any] = []
    at, sign = _after_space(text, at + 1), ","
    if text[at : at + 1] == "]":
        return elements, at + 1
    while sign == ",":
        element, at = _DECODER.scan_once(text, at)
        elements.append(read(element))
        sign, at = _sign(text, at)
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
    """Give the first member of *names* that is not empty."""
    for name in names:
        value = tree.get(name)
        if value is not None and value != "":
            return value
    return None


def text(value: Any) -> str:
    """Give a plain value as one line; "" for an object or a list."""
    return "" if value is None or isinstance(value, (dict, list)) else legible(" ".join(str(value).split()))


def words(value: Any) -> str:
    """Give what is said for people: it may repeat what an invoice says, but no personal identity number."""
    return masked(text(value))

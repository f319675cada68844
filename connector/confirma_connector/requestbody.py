"""An invoice as the body of a create request: JSON written straight from a plan that is made once for a contract."""

from __future__ import annotations

import json.encoder
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from confirma_connector.invoice import Invoice

__all__ = ["Member", "Part", "writer"]


@dataclass(frozen=True, slots=True)
class Member:
    """How one field is written: its name on the wire, what is inside it, the words it knows, and its type in JSON."""

    name: str
    wire: str
    members: tuple[Member, ...] = ()
    words: Mapping[str, str] | None = None
    type: str | None = None


Part = tuple[tuple[str, ...], tuple[str, ...], Member]
"""The names that lead to a part of the invoice, those that lead to it on the wire from the outermost down, and it."""

Constant = tuple[tuple[str, ...], str, str | None]
"""The wire names that lead to a value which every request has, the value, and its type in JSON."""

_Write = Callable[[Any], str]
"""Spells a value; "" where nothing is to be written."""

_quoted: Callable[[str], str] = json.encoder.encode_basestring  # it leaves what is not ASCII as it is


def writer(parts: Iterable[Part], constants: Iterable[Constant] = ()) -> Callable[[Invoice], bytes]:
    """Give what writes an invoice: UTF-8 JSON without spaces, amounts as numbers from their own digits."""
    plan = [(names[0], names[1:], *_keys(route), _value(member)) for names, route, member in parts]
    fixed = [(*_keys(route), _spelled(value, type_)) for route, value, type_ in constants]

    def write(invoice: Invoice) -> bytes:
        root: _Branch = {}
        members = invoice.__dict__
        for name, inner, containers, key, spelled in plan:
            value = members[name]
            for further in inner:
                value = None if value is None else value.__dict__[further]
            if value is not None and (text := spelled(value)):
                _put(root, containers, key, text)
        for containers, key, text in fixed:
            _put(root, containers, key, text)
        return _joined(root).encode()

    return write


_Branch = dict[str, Any]
"""Keys as they are written, colon and all; under them text, or another branch."""


def _keys(route: Sequence[str]) -> tuple[tuple[str, ...], str]:
    *containers, name = (f"{_quoted(wire)}:" for wire in route)
    return tuple(containers), name


def _put(root: _Branch, containers: Iterable[str], key: str, text: str) -> None:
    branch = root
    for container in containers:
        branch = branch.setdefault(container, {})
    branch[key] = text


def _joined(branch: _Branch) -> str:
    members = (key + (inner if isinstance(inner, str) else _joined(inner)) for key, inner in branch.items())
    return "{" + ",".join(members) + "}"


def _value(member: Member) -> _Write:
    if member.members:
        return _several(_object(member))
    if member.words is not None:
        spelled = _as_integer if member.type == "integer" else _quoted
        words = {word: spelled(wire) if wire else "" for word, wire in member.words.items()}
        return words.__getitem__
    return _TYPED.get(member.type or "", _leaf)


def _leaf(value: Any) -> str:
    return _LEAVES[value.__class__](value)


def _object(member: Member) -> _Write:
    """Give what writes a part of the invoice; "" where nothing of it is there."""
    if any("/" in inner.wire for inner in member.members):
        return _deeper_object(member)
    plan = [
        (inner.name, f"{_quoted(inner.wire)}:", None if spelled is _leaf else spelled)
        for inner, spelled in ((inner, _value(inner)) for inner in member.members)
    ]

    def write(part: Any) -> str:
        members = part.__dict__
        told = []
        for name, key, spelled in plan:  # for every field of every row: the quickest way to a leaf
            value = members[name]
            if value is None:
                continue
            if spelled is None:
                told.append(key + _LEAVES[value.__class__](value))
            elif text := spelled(value):
                told.append(key + text)
        return "{" + ",".join(told) + "}" if told else ""

    return write


def _deeper_object(member: Member) -> _Write:
    """Give what writes a part of which some members stand further in."""
    plan = [(inner.name, *_keys(inner.wire.split("/")), _value(inner)) for inner in member.members]

    def write(part: Any) -> str:
        root: _Branch = {}
        for name, containers, key, spelled in plan:
            if (value := part.__dict__[name]) is not None and (text := spelled(value)):
                _put(root, containers, key, text)
        return _joined(root) if root else ""

    return write


def _several(write: _Write) -> _Write:
    """Let *write* take a tuple of parts as well; of these also one with nothing in it is written."""

    def written(value: Any) -> str:
        if not isinstance(value, tuple):
            return write(value)
        return "[" + ",".join([write(part) or "{}" for part in value]) + "]" if value else ""

    return written


def _decimal(value: Decimal) -> str:
    text = str(value)
    return text if "E" not in text else str(Decimal(f"{value:f}"))


def _date(value: date) -> str:
    return f'"{value.isoformat()}"'


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _as_text(value: Any) -> str:
    """Spell any value as a text."""
    spelled = _leaf(value)
    return spelled if spelled.startswith('"') else f'"{spelled}"'


def _as_integer(value: Any) -> str:
    """Spell a text that is the digits of a number as that number; another stays the text that it is."""
    text = str(value)
    return text if text.isascii() and text.isdigit() and str(int(text)) == text else _leaf(value)


def _as_time(value: Any) -> str:
    return f'"{value.isoformat()}T00:00:00Z"' if isinstance(value, date) else _leaf(value)


_TYPED: Mapping[str, _Write] = {"string": _as_text, "integer": _as_integer, "date-time": _as_time}


def _spelled(value: str, type_: str | None) -> str:
    return value if type_ in ("integer", "number", "boolean") else _quoted(value)


_LEAVES: Mapping[type, _Write] = {str: _quoted, Decimal: _decimal, date: _date, bool: _flag, int: str}

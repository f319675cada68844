"""An invoice as the body of a create request: JSON written straight from a plan that is made once for a contract."""

from __future__ import annotations

import json.encoder
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from confirma_connector.invoice import Invoice

__all__ = ["Member", "Route", "writer"]


@dataclass(frozen=True, slots=True)
class Member:
    """How one field is written: its name on the wire, what is inside it, and the words it knows."""

    name: str
    wire: str
    members: tuple[Member, ...] = ()
    words: Mapping[str, str] | None = None


Route = tuple[tuple[str, ...], Member]
"""A member of the invoice, and the wire names that lead to it from the outermost container down."""

_Write = Callable[[Any], str]
"""Spells a value; "" where nothing is to be written."""

_quoted: Callable[[str], str] = json.encoder.encode_basestring  # it leaves what is not ASCII as it is


def writer(routes: Iterable[Route]) -> Callable[[Invoice], bytes]:
    """Give what writes an invoice: UTF-8 JSON without spaces, amounts as numbers from their own digits."""
    plan = [
        (member.name, tuple(f"{_quoted(wire)}:" for wire in route[:-1]), f"{_quoted(route[-1])}:", _value(member))
        for route, member in routes
    ]

    def write(invoice: Invoice) -> bytes:
        root: _Branch = {}
        members = invoice.__dict__
        for name, containers, key, spelled in plan:
            if (value := members[name]) is not None and (text := spelled(value)):
                branch = root
                for container in containers:
                    branch = branch.setdefault(container, {})
                branch[key] = text
        return _joined(root).encode()

    return write


_Branch = dict[str, Any]
"""Keys as they are written, colon and all; under them text, or another branch."""


def _joined(branch: _Branch) -> str:
    members = (key + (inner if isinstance(inner, str) else _joined(inner)) for key, inner in branch.items())
    return "{" + ",".join(members) + "}"


def _value(member: Member) -> _Write:
    if member.members:
        return _several(_object(member))
    if member.words is not None:
        words = {word: _quoted(wire) if wire else "" for word, wire in member.words.items()}
        return words.__getitem__
    return _leaf


def _leaf(value: Any) -> str:
    return _LEAVES[value.__class__](value)


def _object(member: Member) -> _Write:
    """Give what writes a part of the invoice; "" where nothing of it is there."""
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


_LEAVES: Mapping[type, _Write] = {str: _quoted, Decimal: _decimal, date: _date, bool: _flag, int: str}

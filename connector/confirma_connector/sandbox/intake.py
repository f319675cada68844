"""Take the body of a create call: read it exactly, refuse what has not the shape of an invoice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from confirma_connector.sandbox import wire

LARGEST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Complaint:
    """One member that the API refuses, by its wire path."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """One member that the API does not know and passes over, by its wire path without row numbers."""

    field: str


class Malformed(Exception):
    """A request that gets a 400; *complaints* name the members at fault."""

    def __init__(self, message: str, complaints: tuple[Complaint, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.complaints = complaints


def read_document(raw: bytes) -> dict[str, Any]:
    """Read JSON, every decimal as the exact Decimal it was written as; raise Malformed."""
    try:
        document = json.loads(
            raw.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_no_twins
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(f"The body is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise Malformed("The body is not a JSON object")
    return document


def examine(document: dict[str, Any], shape: dict[str, Any]) -> tuple[str, ...]:
    """Raise Malformed for a document that is no invoice; else return the members nobody knows."""
    findings = (*_required(document), *_walk(document, shape, ""))
    complaints = {found.field: found for found in reversed(findings) if isinstance(found, Complaint)}
    if complaints:
        raise Malformed("The invoice is malformed", tuple(reversed(complaints.values())))
    return tuple(dict.fromkeys(found.field for found in findings if isinstance(found, Stranger)))


def iso_date(text: object) -> date | None:
    """Return the date that *text* spells as YYYY-MM-DD, or None."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _required(document: dict[str, Any]) -> Iterator[Complaint]:
    number = wire.member(document, "invoice", "header", "number")
    if type(number) is not int or not 0 < number <= LARGEST_NUMBER:
        yield Complaint("invoice.header.number", "must be a positive integer")
    if iso_date(wire.member(document, "invoice", "header", "date")) is None:
        yield Complaint("invoice.header.date", "must be a date, YYYY-MM-DD")
    if wire.member(document, "invoice", "header", "type") not in (None, "", *wire.TYPES):
        yield Complaint("invoice.header.type", f"must be one of {', '.join(wire.TYPES)}")
    if not wire.text_member(document, "invoice", "parties", "buyerParty", "name"):
        yield Complaint("invoice.parties.buyerParty.name", "must not be empty")
    if wire.member(document, "distribution", "method") not in wire.METHODS:
        yield Complaint("distribution.method", f"must be one of {', '.join(wire.METHODS)}")


def _walk(value: object, shape: object, path: str) -> Iterator[Complaint | Stranger]:
    if isinstance(shape, str):
        if shape != wire.ANY:
            yield from _leaf(value, shape, path)
    elif value in (None, ""):
        return
    elif isinstance(shape, list):
        yield from _array(value, shape[0], path)
    elif not isinstance(value, dict):
        yield Complaint(path, "must be an object")
    elif isinstance(shape, dict) and shape:
        yield from _members(value, shape, path)


def _array(value: object, shape: object, path: str) -> Iterator[Complaint | Stranger]:
    if not isinstance(value, list):
        yield Complaint(path, "must be an array")
        return
    for index, item in enumerate(value):
        yield from _walk(item, shape, f"{path}[{index}]")


def _members(value: dict[str, Any], shape: dict[str, Any], path: str) -> Iterator[Complaint | Stranger]:
    for name, item in value.items():
        here = f"{path}.{name}" if path else name
        if name not in shape:
            yield Stranger(re.sub(r"\[[0-9]+\]", "[]", here))
        elif shape[name] != wire.ANY:
            yield from _walk(item, shape[name], here)


def _leaf(value: object, kind: str, path: str) -> Iterator[Complaint]:
    if value is None:
        return
    if kind == wire.INTEGER:
        if type(value) is not int and value != "":
            yield Complaint(path, "must be an integer")
    elif type(value) is not int and not isinstance(value, Decimal):
        yield Complaint(path, "must be a number")
    elif kind == wire.MONEY and isinstance(value, Decimal) and _decimals(value) > 2:
        yield Complaint(path, "must have at most 2 decimals")


def _decimals(value: Decimal) -> int:
    # By its digits: arithmetic would round a long one first.
    _, digits, exponent = value.as_tuple()
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return -int(exponent) - zeros


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice in one object")
    return members

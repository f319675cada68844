"""What kind of value each member of a request is to us, and how the file wants it spelled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from confirma_connector.contract import ENUM_PLACES
from confirma_connector.contracting.evidence import Kind
from confirma_connector.contracting.shape import Shape
from confirma_connector.invoice import Invoice
from confirma_connector.parts import Part, defaults, members

__all__ = ["KIND_NAMES", "ROW_NUMBER", "fixed", "kind_of", "kinds_of", "may_be_absent", "spelling"]

_KINDS: Mapping[type, Kind] = {bool: "flag", int: "whole", Decimal: "decimal", dt.date: "date", str: "text"}
_ABOVE = ("invoice", "invoice.header", "invoice.parties")
ROW_NUMBER = "invoice.rows.row_number"
"""A text here, and often a number there."""
_LEADS = ("invoice.header.", "invoice.parties.", "invoice.")
KIND_NAMES: Mapping[Kind, str] = {
    "text": "string", "whole": "integer", "decimal": "number", "date": "string (date)", "flag": "boolean",
    "word": "string", "object": "object", "array": "array", "any": "?",
}  # fmt: skip


def kinds_of(shape: Shape) -> str:
    """Name the types of a value as the file does."""
    return "|".join(sorted(shape.kinds)) + (f" ({shape.format})" if shape.format else "")


def spelling(line: str, kind: Kind, shape: Shape) -> str | None:
    """Say as what a value of ours is to be spelled: "" as it is; None when nobody can tell."""
    kinds = shape.kinds
    if not kinds or kind == "any":
        return ""
    if kind in ("object", "array"):
        return "" if kind in kinds else None
    if kind == "date":
        return None if "string" not in kinds else "date-time" if shape.format == "date-time" else ""
    if kind in ("text", "word"):
        if "string" in kinds:
            return "" if shape.format not in ("date", "date-time") or kind == "word" else None
        is_known = kind == "word" or line == f"request.{ROW_NUMBER}"
        return "integer" if "integer" in kinds and is_known else None
    if kind == "flag":
        return "" if "boolean" in kinds else None
    if "number" in kinds or (kind == "whole" and "integer" in kinds):
        return ""
    return "string" if "string" in kinds and shape.format not in ("date", "date-time", "uuid") else None


def kind_of(place: str) -> Kind:
    """Give what kind of value stands at a place of the request section."""
    if place in _ABOVE:
        return "object"
    if place in ENUM_PLACES:
        return "word"
    part, name = _member(place)
    model, is_array = _inner_type(members(part)[name])
    if is_array and place.count(".") == 1:
        return "array"
    return _KINDS.get(model, "object" if isinstance(model, type) and issubclass(model, Part) else "text")


def may_be_absent(place: str) -> bool:
    """Whether a request may go without what stands at a place of the request section."""
    if place in _ABOVE:
        return False
    part, name = _member(place)
    return name in defaults(part) and defaults(part)[name] in (None, ())


def _member(place: str) -> tuple[type[Part], str]:
    """Give the part that a place is in, and its name there."""
    lead = next((lead for lead in _LEADS if place.startswith(lead)), "")
    *outer, last = place.removeprefix(lead).split(".")
    part: type[Part] = Invoice
    for name in outer:
        part, _ = _inner_type(members(part)[name])
    return part, last


def _inner_type(annotation: Any) -> tuple[Any, bool]:
    """Give the type that an annotation is about, without None, and whether it is of many."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    return (str if get_origin(annotation) is Literal else annotation), False


def fixed(shape: Shape) -> list[tuple[tuple[str, ...], str, str]] | None:
    """Give what a required member can only be; None when it may be several things."""
    only = shape.only
    if isinstance(only, bool):
        return [((), "true" if only else "false", "boolean")]
    if isinstance(only, (int, Decimal)):
        return [((), str(only), "integer" if isinstance(only, int) else "number")]
    if isinstance(only, str):
        return [((), only, "")]
    found: list[tuple[tuple[str, ...], str, str]] = []
    if shape.kinds != {"object"} or not shape.required:
        return None
    for name in shape.required:
        one = shape.member(name)
        inner = fixed(one) if one is not None else None
        if inner is None:
            return None
        found += [((name, *way), value, kind) for way, value, kind in inner]
    return sorted(found)

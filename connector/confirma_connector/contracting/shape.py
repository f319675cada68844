"""What the schemas of an OpenAPI file say of a value: references followed, parts and alternatives brought together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from confirma_connector.contracting.openapi import Described, Pointer
from confirma_connector.errors import ContractError
from confirma_connector.language import tr

__all__ = ["Schemas", "Shape"]

_LABELS = ("x-enumNames", "x-enum-varnames", "x-enum-names")
_HOPS = 50
_DEEPEST = 60
_MOST = 20_000
_NAMES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer"}


@dataclass(frozen=True)
class Shape:
    """One value as it is described. *kinds* are JSON types; none when it may be anything. *words* is its enum, *labels*
    are the names of those that are numbers."""

    at: Pointer = ()
    kinds: frozenset[str] = frozenset()
    format: str = ""
    words: tuple[Any, ...] | None = None
    default: Any = None
    maximum: Any = None
    description: str = ""
    is_read_only: bool = False
    required: frozenset[str] = frozenset()
    inner: Mapping[str, Pointer] = field(default_factory=dict)
    element: Pointer | None = None
    schemas: Schemas | None = field(default=None, repr=False, compare=False)
    labels: Mapping[str, str] = field(default_factory=dict)

    def member(self, name: str) -> Shape | None:
        """Give one member, of the elements where this is an array; None where there is none."""
        of = self.item() if "array" in self.kinds else self
        if name not in of.inner or of.schemas is None:
            return None
        return replace(of.schemas.shape(of.inner[name]), at=of.inner[name])

    def members(self) -> dict[str, Shape]:
        """Give all members, of the elements where this is an array."""
        of = self.item() if "array" in self.kinds else self
        return {name: found for name in of.inner if (found := of.member(name)) is not None}

    def demanded(self) -> frozenset[str]:
        """Give the names of the members that must be there."""
        return (self.item() if "array" in self.kinds else self).required

    def item(self) -> Shape:
        """Give an element of an array."""
        return self.schemas.shape(self.element) if self.schemas and self.element is not None else Shape(self.at)

    def further_in(self, way: tuple[str, ...]) -> Shape | None:
        """Give what stands at the end of a *way* of names."""
        found: Shape | None = self
        for name in way:
            found = found.member(name) if found is not None else None
        return found

    @property
    def only(self) -> Any:
        """The one value that is possible, or the default; None when there is neither."""
        return self.words[0] if self.words is not None and len(self.words) == 1 else self.default

    @property
    def is_default(self) -> bool:
        """Whether that one value is the default, and others are possible."""
        return self.default is not None and (self.words is None or len(self.words) != 1)

    @property
    def spoken(self) -> tuple[str, ...]:
        """The words of the enum as people know them."""
        return tuple(self.labels.get(str(word), str(word)) for word in self.words or ())


class Schemas:
    """Follows the references of one file, within it alone: nothing is ever fetched."""

    def __init__(self, described: Described) -> None:
        self.described = described
        self._shapes: dict[Pointer, Shape] = {}
        self._open: set[Pointer] = set()
        self._looked_at = 0

    def value(self, at: Pointer) -> Any:
        """Give what stands at a place; None where nothing does."""
        found: Any = self.described.tree
        for part in at:
            if isinstance(found, list) and part.isdigit() and int(part) < len(found):
                found = found[int(part)]
            else:
                found = found.get(part) if isinstance(found, dict) else None
        return found

    def follow(self, at: Pointer) -> Pointer:
        """Give where a place stands in the end, by the references on the way to it. Raises ContractError."""
        for _ in range(_HOPS):
            found = self.value(at)
            if not isinstance(found, dict) or not isinstance(found.get("$ref"), str):
                return at
            at = self._pointed(found["$ref"], at)
        raise self._refused(at, tr("these references lead in a circle, or never to an end"))

    def _pointed(self, ref: str, at: Pointer) -> Pointer:
        if not ref.startswith("#"):
            raise self._refused(
                at,
                tr('"{ref}" points outside the file, and nothing is fetched: bundle it into one file', ref=ref[:200]),
            )
        parts = unquote(ref[1:]).split("/")[1:]
        target = tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)
        if self.value(target) is None:
            raise self._refused(at, tr('"{ref}" points at nothing', ref=ref[:200]))
        return target

    def _refused(self, at: Pointer, reason: str) -> ContractError:
        return ContractError(f"{self.described.path}: {self.described.place(at)}: {reason}")

    def shape(self, at: Pointer) -> Shape:
        """Read the schema at a place; one that contains itself may hold anything the second time."""
        at = self.follow(at)
        if at in self._shapes:
            return self._shapes[at]
        if at in self._open:
            return Shape(at)
        self._looked_at += 1
        if len(self._open) > _DEEPEST or self._looked_at > _MOST:
            raise self._refused(at, tr("the schemas stand within one another too deeply"))
        self._open.add(at)
        try:
            found = self._shapes[at] = self._read(at)
        finally:
            self._open.remove(at)
        return found

    def _read(self, at: Pointer) -> Shape:
        schema = self.value(at)
        if not isinstance(schema, dict):
            return Shape(at)
        shape = self._own(schema, at)
        for part in self._listed(schema, at, "allOf"):
            shape = _both(shape, part)
        for key in ("oneOf", "anyOf"):
            choices = [one for one in self._listed(schema, at, key) if one.kinds != {"null"}]
            if choices:
                shape = _both(shape, _either(choices))
        return shape

    def _listed(self, schema: Mapping[str, Any], at: Pointer, key: str) -> Iterator[Shape]:
        parts = schema.get(key)
        for index in range(len(parts)) if isinstance(parts, list) else ():
            yield self.shape((*at, key, str(index)))

    def _own(self, schema: Mapping[str, Any], at: Pointer) -> Shape:
        given = schema.get("type")
        kinds = {str(kind) for kind in (given if isinstance(given, list) else [given]) if kind is not None}
        words = schema.get("enum") if isinstance(schema.get("enum"), list) else None
        if "const" in schema:
            words = [schema["const"]]
        words = None if words is None else [word for word in words if isinstance(word, (str, int, Decimal))]
        inner = schema.get("properties") if isinstance(schema.get("properties"), dict) else {}
        if not kinds:
            kinds = {"object"} if inner else {"array"} if isinstance(schema.get("items"), dict) else kinds
            kinds |= {_NAMES.get(type(word), "number") for word in words or ()}
        required = schema.get("required")
        return Shape(
            at,
            frozenset(kinds - {"null"} or kinds),
            str(schema.get("format", "")),
            tuple(words) if words else None,
            schema.get("default"),
            schema.get("maximum"),
            re.sub(r"\s+", " ", str(schema.get("description", "")))[:500],
            schema.get("readOnly") is True,
            frozenset(map(str, required)) if isinstance(required, list) else frozenset(),
            {name: (*at, "properties", name) for name in inner or {}},
            (*at, "items") if isinstance(schema.get("items"), dict) else None,
            self,
            _labels(schema),
        )


def _labels(schema: Mapping[str, Any]) -> Mapping[str, str]:
    """Give the names of an enum's numbers, as generators write them beside it."""
    words = schema.get("enum")
    for key in _LABELS:
        names = schema.get(key)
        if isinstance(words, list) and isinstance(names, list) and len(names) == len(words):
            return {str(word): str(name) for word, name in zip(words, names, strict=True) if isinstance(word, int)}
    return {}


def _both(one: Shape, other: Shape) -> Shape:
    """Give what holds when both are to hold."""
    words = one.words
    if other.words is not None:
        words = other.words if words is None else tuple(word for word in words if word in other.words)
    return Shape(
        one.at,
        one.kinds or other.kinds,
        one.format or other.format,
        words,
        one.default if one.default is not None else other.default,
        one.maximum if one.maximum is not None else other.maximum,
        one.description or other.description,
        one.is_read_only or other.is_read_only,
        one.required | other.required,
        {**other.inner, **one.inner},
        one.element or other.element,
        one.schemas or other.schemas,
        {**other.labels, **one.labels},
    )


def _either(choices: list[Shape]) -> Shape:
    """Give what may hold when one of several does: the members of all, and what all of them want."""
    words = [one.words for one in choices]
    return Shape(
        choices[0].at,
        frozenset[str]().union(*(one.kinds for one in choices)) if all(one.kinds for one in choices) else frozenset(),
        choices[0].format if len({one.format for one in choices}) == 1 else "",
        None if None in words else tuple(dict.fromkeys(word for some in words for word in some or ())),
        inner={name: at for one in reversed(choices) for name, at in one.inner.items()},
        required=frozenset.intersection(*(one.required for one in choices)),
        element=next((one.element for one in choices if one.element), None),
        schemas=choices[0].schemas,
        labels={word: name for one in choices for word, name in one.labels.items()},
    )

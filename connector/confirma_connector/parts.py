"""What the parts of an invoice are made of: dataclasses with slots, described once, for us and for pydantic.

Every row of every file becomes a part, so they are made and read in the quickest way there is. pydantic holds to the
same description what comes from outside, and tells it as JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, make_dataclass
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeVar, Union, cast, dataclass_transform, get_args, get_origin, get_type_hints

__all__ = ["Part", "bare", "defaults", "inner_of", "members", "part", "schema", "type_of", "validated"]


class Part:
    """A part of an invoice: without members that its class does not know."""

    __slots__ = ()
    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic looks for it under this name


_P = TypeVar("_P", bound=Part)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def part(described: type[_P]) -> type[_P]:
    """Make a dataclass of a part as it is *described*.

    The type checker holds it frozen, and asks for the members that it needs. Neither is done again at run time: a
    frozen dataclass takes nine times as long to make. It has a hash, so that it may be the default of a member.
    """
    made: Any = dataclass(slots=True, kw_only=True, unsafe_hash=True)(described)
    taken = [(own.name, Any, None if own.default is MISSING else own.default) for own in fields(made)]
    made.__init__ = vars(make_dataclass(described.__name__, taken, repr=False, eq=False))["__init__"]
    return cast(type[_P], made)


def members(its: type[Part]) -> Mapping[str, Any]:
    """Give the members of a part in their order, each with its type."""
    return _hints(cast(Any, its))


_hints = cache(get_type_hints)


def bare(annotation: Any) -> Any:
    """Take `| None` off an annotation."""
    if get_origin(annotation) in (Union, UnionType):
        kept = [arg for arg in get_args(annotation) if arg is not type(None)]
        return kept[0] if len(kept) == 1 else annotation
    return annotation


def inner_of(its: type[Part], name: str) -> type[Part]:
    """Give the kind of part that a part has under *name*, once or often."""
    inner = bare(members(its)[name])
    return cast(type[Part], get_args(inner)[0] if get_origin(inner) is tuple else inner)


def type_of(its: type[Part], name: str) -> type:
    """Give the type of what a part has under *name*, if it has it: str for words of a few, tuple for several parts."""
    annotation = bare(members(its)[name])
    return str if get_origin(annotation) is Literal else cast(type, get_origin(annotation) or annotation)


def defaults(its: type[Part]) -> Mapping[str, Any]:
    """Give what stands in those members of a part that may be left out."""
    return {own.name: own.default for own in fields(cast(Any, its)) if own.default is not MISSING}


def validated(its: type[_P], tree: Mapping[str, Any]) -> _P:
    """Give the part that a *tree* of members comes to. Raises pydantic's ValidationError."""
    return cast(_P, _adapter(cast(Any, its)).validate_python(tree))


def schema(its: type[Part]) -> dict[str, Any]:
    """Give the JSON Schema of a part."""
    return cast(dict[str, Any], _adapter(cast(Any, its)).json_schema(mode="serialization"))


@cache
def _adapter(its: type[Part]) -> Any:
    from pydantic import TypeAdapter  # few runs need it, and it is slow to load

    return TypeAdapter(its)

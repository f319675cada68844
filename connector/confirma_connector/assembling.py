"""An `Invoice` from typed fields, part by part, without asking of each value again what the mapping has proved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel

from confirma_connector.fields import CHOICES, inner_of
from confirma_connector.invoice import Amounts, Attachment, Invoice, Row

__all__ = ["assembled", "row"]

_ASIDE = ("amounts.", "attachments.", "prices")
"""Fields that go into the amounts and files, or that say how rows are to be read."""
_Part = TypeVar("_Part", bound=BaseModel)
_CHOSEN = tuple((name, frozenset(words)) for name, words in CHOICES.items() if name != "prices")


def assembled(
    fields: Mapping[str, Any], rows: tuple[Row, ...], amounts: Amounts, attachments: tuple[Attachment, ...]
) -> Invoice:
    """Give the invoice of *fields* (dotted name → value of the field's kind). Raises ValidationError.

    Fields that are not of the invoice itself are left out. The others have their kinds by construction: what a model
    could still refuse is a word that it does not know, and then pydantic is asked, for its words.
    """
    whole = {"rows": rows, "amounts": amounts, "attachments": attachments}
    for name, words in _CHOSEN:
        if name in fields and fields[name] not in words:
            return Invoice.model_validate({**_tree(fields), **whole})
    return _made(_plan(tuple(fields)), fields, whole)


def row(members: dict[str, Any]) -> Row:
    """Give the row of *members*, which have their kinds."""
    return _part(Row, {**_nothing_in(Row), **members}, set(members))


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one part comes about from the fields that are there: its members, and the parts that it has in turn."""

    model: type[BaseModel]
    nothing: Mapping[str, Any]
    leaves: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, _Plan], ...]
    given: set[str]


@lru_cache(maxsize=1024)
def _plan(names: tuple[str, ...], model: type[BaseModel] = Invoice, within: str = "") -> _Plan:
    own = [name.removeprefix(within) for name in names if name.startswith(within) and not name.startswith(_ASIDE)]
    inner = dict.fromkeys(name.partition(".")[0] for name in own if "." in name)
    leaves = tuple((name, within + name) for name in own if "." not in name)
    parts = tuple((name, _plan(names, inner_of(model, name), f"{within}{name}.")) for name in inner)
    whole = {"rows", "amounts", "attachments"} if model is Invoice else set()
    return _Plan(model, _nothing_in(model), leaves, parts, {*(name for name, _ in leaves), *inner, *whole})


@lru_cache(maxsize=64)
def _nothing_in(model: type[BaseModel]) -> Mapping[str, Any]:
    """Give the members of a part in which nothing stands, in their order; of a needed one nothing is None here."""
    return {
        name: None if info.is_required() else info.get_default(call_default_factory=True)
        for name, info in model.model_fields.items()
    }


def _made(plan: _Plan, fields: Mapping[str, Any], whole: Mapping[str, Any]) -> Any:
    members = {**plan.nothing, **whole}
    for member, name in plan.leaves:
        members[member] = fields[name]
    for member, inner in plan.parts:
        members[member] = _made(inner, fields, _NONE)
    return _part(plan.model, members, plan.given)


_NONE: Mapping[str, Any] = {}


def _part(model: type[_Part], members: dict[str, Any], given: set[str]) -> _Part:
    """Give a part as pydantic leaves it behind when it has found nothing wrong."""
    part = model.__new__(model)
    put = object.__setattr__
    put(part, "__dict__", members)
    put(part, "__pydantic_fields_set__", given)
    put(part, "__pydantic_extra__", None)
    put(part, "__pydantic_private__", None)
    return part


def _tree(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted names into nested members."""
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        if name.startswith(_ASIDE):
            continue
        *containers, leaf = name.split(".")
        branch = tree
        for container in containers:
            branch = branch.setdefault(container, {})
        branch[leaf] = value
    return tree

"""An `Invoice` from typed fields, part by part, without asking of each value again what the mapping has proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from confirma_connector.fields import CHOICES, inner_of
from confirma_connector.invoice import Amounts, Attachment, Distribution, Invoice, Part, Row, Seller

__all__ = ["assembled", "row"]

_ASIDE = ("amounts.", "attachments.", "prices")
"""Fields that go into the amounts and files, or that say how rows are to be read."""
_KEPT = (Seller, Distribution)
_MOST_KEPT = 100
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
    made = _made(_plan(tuple(fields)), fields)
    made.__dict__.update(whole)  # nobody else has it yet
    return cast(Invoice, made)


def row(fields: Mapping[str, Any], amounts: Mapping[str, Decimal]) -> Row:
    """Give the row of *fields*, which have their kinds, and of the *amounts* that they come to."""
    members = {**_NO_ROW, **fields, **amounts}
    if "prices" in fields:
        del members["prices"]
    return Row.proved(members, _given(tuple(fields)))


@lru_cache(maxsize=1024)
def _given(fields: tuple[str, ...]) -> set[str]:
    return {*fields, "net_amount", "vat_amount", "gross_amount"} - {"prices"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one part comes about from the fields that are there: its members, and the parts that it has in turn.

    A part that is the same in most invoices is *kept* by what its fields hold, and made once.
    """

    model: type[Part]
    nothing: dict[str, Any]
    members: tuple[tuple[str, str], ...]
    parts: tuple[tuple[str, _Plan], ...]
    given: set[str]
    take: Callable[[Mapping[str, Any]], object] | None
    kept: dict[object, Part]


@lru_cache(maxsize=1024)
def _plan(names: tuple[str, ...], model: type[Part] = Invoice, within: str = "") -> _Plan:
    own = [name.removeprefix(within) for name in names if name.startswith(within) and not name.startswith(_ASIDE)]
    inner = dict.fromkeys(name.partition(".")[0] for name in own if "." in name)
    members = tuple((name, within + name) for name in own if "." not in name)
    parts = tuple((name, _plan(names, inner_of(model, name), f"{within}{name}.")) for name in inner)
    whole = {"rows", "amounts", "attachments"} if model is Invoice else set()
    take = itemgetter(*(within + name for name in own)) if model in _KEPT else None
    return _Plan(model, _nothing_in(model), members, parts, {*dict(members), *inner, *whole}, take, {})


def _nothing_in(model: type[Part]) -> dict[str, Any]:
    """Give the members of a part in which nothing stands, in their order; of a needed one nothing is None here."""
    return {
        name: None if info.is_required() else info.get_default(call_default_factory=True)
        for name, info in model.model_fields.items()
    }


_NO_ROW = _nothing_in(Row)


def _made(plan: _Plan, fields: Mapping[str, Any]) -> Part:
    members = plan.nothing.copy()
    for member, name in plan.members:
        members[member] = fields[name]
    for member, inner in plan.parts:
        members[member] = _made(inner, fields) if inner.take is None else _kept(inner, inner.take(fields), fields)
    return plan.model.proved(members, plan.given)


def _kept(plan: _Plan, values: object, fields: Mapping[str, Any]) -> Part:
    part = plan.kept.get(values)
    if part is None:
        part = _made(plan, fields)
        if len(plan.kept) < _MOST_KEPT:
            plan.kept[values] = part
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

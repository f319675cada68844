"""An `Invoice` from typed fields, part by part, without asking of each value again what the mapping has proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any

from confirma_connector.fields import CHOICES, inner_of
from confirma_connector.invoice import Amounts, Attachment, Invoice, Part, Row

__all__ = ["assembled", "row"]

_ASIDE = ("amounts.", "attachments.", "prices")
"""Fields that go into the amounts and files, or that say how rows are to be read."""
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
    made: Invoice = _made(_plan(tuple(fields)), fields, whole)
    return made


def row(fields: Mapping[str, Any], amounts: Mapping[str, Decimal]) -> Row:
    """Give the row of *fields*, which have their kinds, and of the *amounts* that they come to."""
    members = {**_NO_ROW, **fields, **amounts}
    members.pop("prices", None)
    return Row.proved(members, _given(tuple(fields)))


@lru_cache(maxsize=1024)
def _given(fields: tuple[str, ...]) -> set[str]:
    return {*fields, "net_amount", "vat_amount", "gross_amount"} - {"prices"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one part comes about from the fields that are there: its members, and the parts that it has in turn."""

    model: type[Part]
    nothing: Mapping[str, Any]
    members: tuple[str, ...]
    take: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    parts: tuple[tuple[str, _Plan], ...]
    given: set[str]


@lru_cache(maxsize=1024)
def _plan(names: tuple[str, ...], model: type[Part] = Invoice, within: str = "") -> _Plan:
    own = [name.removeprefix(within) for name in names if name.startswith(within) and not name.startswith(_ASIDE)]
    inner = dict.fromkeys(name.partition(".")[0] for name in own if "." in name)
    members = tuple(name for name in own if "." not in name)
    parts = tuple((name, _plan(names, inner_of(model, name), f"{within}{name}.")) for name in inner)
    whole = {"rows", "amounts", "attachments"} if model is Invoice else set()
    take = _taking([within + name for name in members])
    return _Plan(model, _nothing_in(model), members, take, parts, {*members, *inner, *whole})


def _taking(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return itemgetter(*names) if len(names) > 1 else lambda fields: tuple(fields[name] for name in names)


def _nothing_in(model: type[Part]) -> Mapping[str, Any]:
    """Give the members of a part in which nothing stands, in their order; of a needed one nothing is None here."""
    return {
        name: None if info.is_required() else info.get_default(call_default_factory=True)
        for name, info in model.model_fields.items()
    }


_NO_ROW = _nothing_in(Row)


def _made(plan: _Plan, fields: Mapping[str, Any], whole: Mapping[str, Any] | None = None) -> Any:
    members = {**plan.nothing, **whole} if whole else {**plan.nothing}
    members.update(zip(plan.members, plan.take(fields), strict=True))
    for member, inner in plan.parts:
        members[member] = _made(inner, fields)
    return plan.model.proved(members, plan.given)


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

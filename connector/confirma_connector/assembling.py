"""An `Invoice` from typed fields, part by part, without asking of each value again what the mapping has proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from confirma_connector.fields import CHOICES, ROW_FIELDS
from confirma_connector.invoice import Amounts, Attachment, Invoice, Row
from confirma_connector.money import EXACT
from confirma_connector.parts import Part, defaults, inner_of, members, validated

__all__ = ["Held", "assembled", "given_in", "row", "usual_row"]

_ASIDE = ("amounts.", "attachments.", "prices")
"""Fields that go into the amounts and files, or that say how rows are to be read."""
_CHOSEN = tuple((name, frozenset(words)) for name, words in CHOICES.items() if name != "prices")
_BESIDE = ("rows", "amounts", "attachments")
"""The members of an invoice that do not come from single fields."""


def assembled(
    fields: Mapping[str, Any], rows: tuple[Row, ...], amounts: Amounts, attachments: tuple[Attachment, ...]
) -> Invoice:
    """Give the invoice of *fields* (dotted name → value of the field's kind). Raises ValidationError.

    Fields that are not of the invoice itself are left out. The others have their kinds by construction: what a part
    could still refuse is a word that it does not know, and then pydantic is asked, for its words.
    """
    for name, words in _CHOSEN:
        if name in fields and fields[name] not in words:
            return validated(Invoice, {**_tree(fields), "rows": rows, "amounts": amounts, "attachments": attachments})
    return _made({**fields, "rows": rows, "amounts": amounts, "attachments": attachments})


Held = tuple[Any, ...]
"""What a row holds for each of `ROW_FIELDS`, in their order; None for nothing."""


def given_in(held: Held) -> dict[str, Any]:
    """Give what a row holds by the names of its fields, those that hold something."""
    return {name: value for name, value in zip(ROW_FIELDS, held, strict=True) if value is not None}


def row(held: Held, amounts: Mapping[str, Decimal]) -> Row:
    """Give the row of what is *held*, and of the *amounts* that it comes to."""
    return _row(*held[:_FIRST_AMOUNT], amounts["net_amount"], amounts["vat_amount"], amounts["gross_amount"])


def usual_row(held: Held) -> Row | None:
    """Give the row of what is *held*; None where it needs a closer look.

    Most rows say net and VAT, a rate from 1 to 99 per cent or none at all, and nothing that contradicts them.
    """
    (place, product, name, text, quantity, unit, price, percent, discount, rate, code, net, vat, gross, prices) = held
    if net is None or vat is None or prices is not None:
        return None
    if rate is not None and (rate.is_signed() or not 0 <= rate.adjusted() <= 1):
        return None
    whole = EXACT.add(net, vat)
    if gross is None:
        gross = whole
    elif gross != whole:
        return None
    return _row(place, product, name, text, quantity, unit, price, percent, discount, rate, code, net, vat, gross)


_row = cast(Callable[..., Row], Row)
"""By the order of its members: a quarter of the time that it takes by their names."""
_FIRST_AMOUNT = [*ROW_FIELDS].index("net_amount")


def _inside_out(part: type[Part], within: str = "") -> Iterator[tuple[type[Part], str]]:
    """Give the parts that fields are in, each with what leads to it, what is inside another before it."""
    for name in members(part):
        inner = inner_of(part, name)
        if name not in _BESIDE and isinstance(inner, type) and issubclass(inner, Part):
            yield from _inside_out(inner, f"{within}{name}.")
    yield part, within


_PARTS = tuple(_inside_out(Invoice))
_NAMES = [[within + name for name in members(part)] for part, within in _PARTS]
_MEMBERS = {name: (index, names.index(name)) for index, names in enumerate(_NAMES) for name in names}
"""Field, or part within another: in which part it is, and which of its members it is."""
_INNER = [(cast(Callable[..., Part], part), *_MEMBERS[within[:-1]]) for part, within in _PARTS if within]
_EMPTY = [[*map(defaults(part).get, members(part))] for part, _ in _PARTS]
"""What each part holds where no field says anything: None for what is needed, which others have asked for before."""


def _made(given: Mapping[str, Any]) -> Invoice:
    """Make the parts that *given* fields are in, from the inside out: the last one is the invoice."""
    held: list[list[Any] | None] = [None] * len(_EMPTY)
    for name, value in given.items():
        if name in _MEMBERS:
            index, member = _MEMBERS[name]
            its = held[index]
            if its is None:
                its = held[index] = [*_EMPTY[index]]
            its[member] = value
    for its, (make, index, member) in zip(held, _INNER, strict=False):
        if its is not None:
            outer = held[index]
            if outer is None:
                outer = held[index] = [*_EMPTY[index]]
            outer[member] = make(*its)
    return cast(Callable[..., Invoice], Invoice)(*(held[-1] or ()))


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

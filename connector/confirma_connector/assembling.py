"""An `Invoice` from typed fields, part by part, without asking of each value again what the mapping has proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import Any, cast

from confirma_connector.fields import CHOICES, ROW_FIELDS
from confirma_connector.invoice import Amounts, Attachment, Distribution, Invoice, Row, Seller
from confirma_connector.money import EXACT
from confirma_connector.parts import Part, defaults, inner_of, maker, members, validated

__all__ = ["Held", "assembled", "given_in", "row", "usual_row"]

_ASIDE = ("amounts.", "attachments.", "prices")
"""Fields that go into the amounts and files, or that say how rows are to be read."""
_KEPT = (Seller, Distribution)
_MOST_KEPT = 100
_CHOSEN = tuple((name, frozenset(words)) for name, words in CHOICES.items() if name != "prices")
_WHOLE = ("rows", "amounts", "attachments")
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
    return cast(Invoice, _made(_plan(tuple(fields)), fields, (rows, amounts, attachments)))


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


_row = maker(Row)
_FIRST_AMOUNT = [*ROW_FIELDS].index("net_amount")

_Taking = Callable[[Any], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a part comes about from the fields that are there.

    Its values are those that *take* finds, the *defaults*, and what is given beside the fields; then what of it is the
    same in most invoices, and *kept* by what its fields hold; then what is made in *steps*, each of values before it,
    from the inside out. The last one is the part.
    """

    take: _Taking
    defaults: tuple[Any, ...]
    alike: tuple[_Plan, ...]
    steps: tuple[tuple[Callable[..., Part], _Taking], ...]
    kept: dict[tuple[Any, ...], Part]


def _made(plan: _Plan, fields: Mapping[str, Any], beside: tuple[Any, ...] = ()) -> Part:
    values = [*plan.take(fields), *plan.defaults, *beside]
    for inner in plan.alike:
        values.append(_kept(inner, fields))
    for make, take in plan.steps:
        values.append(make(*take(values)))
    return cast(Part, values[-1])


def _kept(plan: _Plan, fields: Mapping[str, Any]) -> Part:
    its = plan.take(fields)
    part = plan.kept.get(its)
    if part is None:
        part = _made(plan, fields)
        if len(plan.kept) < _MOST_KEPT:
            plan.kept[its] = part
    return part


@lru_cache(maxsize=1024)
def _plan(names: tuple[str, ...]) -> _Plan:
    return _plan_of(Invoice, "", names, _WHOLE)


def _plan_of(part: type[Part], within: str, names: Sequence[str], beside: Sequence[str] = ()) -> _Plan:
    own = [name for name in names if name.startswith(within) and not name.startswith(_ASIDE)]
    there = [*_inside_out(part, within, own)]
    alike = [(kind, place) for kind, place in there if kind in _KEPT and place != within]
    apart = tuple(place for _, place in alike)
    made = [(kind, place) for kind, place in there if not place.startswith(apart)]
    given = [name for name in own if not name.startswith(apart)]
    behind = [*beside, *(place[:-1] for _, place in (*alike, *made))]
    absent = {
        place + name: defaults(kind).get(name)  # of one that is needed nothing is None here
        for kind, place in made
        for name in members(kind)
        if place + name not in given and place + name not in behind
    }
    constants = [*dict.fromkeys(absent.values())]
    at = {name: len(given) + constants.index(value) for name, value in absent.items()}
    at |= {name: index for index, name in enumerate(given)}
    at |= {name: index for index, name in enumerate(behind, len(given) + len(constants))}
    return _Plan(
        _taking(given),
        tuple(constants),
        tuple(_plan_of(kind, place, own) for kind, place in alike),
        tuple((maker(kind), _taking([at[place + name] for name in members(kind)])) for kind, place in made),
        {},
    )


def _inside_out(part: type[Part], within: str, names: Sequence[str]) -> Iterator[tuple[type[Part], str]]:
    """Give the parts that fields with *names* are in, each with what leads to it, what is inside another before it."""
    for name in members(part):
        inner = f"{within}{name}."
        if any(own.startswith(inner) for own in names):
            yield from _inside_out(inner_of(part, name), inner, names)
    yield part, within


def _taking(keys: Sequence[Any]) -> _Taking:
    """Give what takes what is under *keys*, also where that is but one."""
    return itemgetter(*keys) if len(keys) > 1 else lambda values: tuple(values[key] for key in keys)


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

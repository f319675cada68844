"""Totals that come out by quantity × price, and what they say of the prices: whether VAT is in them or comes on top."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from confirma_connector.language import tr
from confirma_connector.parsing import CENT, Locale, cents
from confirma_connector.proposing.arithmetic import Numbers, is_proof, numbers
from confirma_connector.proposing.candidates import Named
from confirma_connector.proposing.found import Column, Proposal
from confirma_connector.proposing.naming import Naming, invoices
from confirma_connector.proposing.plan import Line, Place, Question
from confirma_connector.proposing.reading import reading
from confirma_connector.proposing.words import the_words

__all__ = ["PRICES", "Tie", "prices_question", "ties", "totals"]

PRICES: Place = ("prices",)
_HUNDRED = Decimal(100)
_TOTALS = ("net_amount", "gross_amount")
_ASKED = ("amounts.gross_amount", "rows.gross_amount", "amounts.net_amount", "rows.net_amount")
_STRENGTH, _LOOKED_AT = 95, 500

_Way = Literal["plain", "added", "out"]


@dataclass(frozen=True, slots=True)
class Tie:
    """A column that quantity × price makes: as it is, with VAT added to it, or with VAT taken out of it.

    *vat* says whether the column itself is "net" or "gross", "" where nobody can tell. *level* says whether it is an
    amount of the "row" or of the "invoice"; "" where each invoice has one row.
    """

    column: Named
    way: _Way
    vat: str
    level: Literal["row", "invoice", ""]
    evidence: str

    def fields(self, prices: str) -> tuple[str, ...]:
        """Name the fields that the column may be, where *prices* are "net", "gross" or not known."""
        net = "amounts.net_amount" if self.level == "invoice" else "rows.net_amount"
        gross = "rows.gross_amount" if self.level == "row" else "amounts.gross_amount"
        return {"net": (net,), "gross": (gross,)}.get(self.vat or prices, (net, gross))


def ties(columns: Mapping[int, Named], found: Naming, locale: Locale) -> tuple[Tie, ...]:
    """Give the columns that quantity × price makes in nearly every row, or invoice."""
    quantity, price = found.strongest("rows.quantity"), found.strongest("rows.unit_price")
    if quantity is None or price is None or quantity.column.place == price.column.place:
        return ()
    rate, number = found.strongest("rows.vat_percentage"), found.strongest("number")
    rates = None if rate is None else _rates(_numbers(rate.column, locale))
    count = len(_begun(price.column).texts)
    groups = list(range(count)) if number is None else invoices(_begun(number.column))
    discount = found.strongest("rows.discount_percentage")
    less = [None] * count if discount is None else _numbers(discount.column, locale)
    cells = zip(_numbers(quantity.column, locale), _numbers(price.column, locale), less, strict=True)
    products = [
        None if one is None or two is None else one * two * (_HUNDRED - (off or 0)) / _HUNDRED
        for one, two, off in cells
    ]
    known = {one.column.place for one in (quantity, price, rate, number) if one is not None}
    sums = _Sums(products, rates, groups, (quantity.column.header, price.column.header))
    left = {
        place: _numbers(one.column, locale) for place, one in columns.items() if place not in known and _may_be(one)
    }
    made = [tie for place, told in left.items() for tie in sums.ties(columns[place], told)]
    ways = {one.way for one in made}
    beside = "gross" if "out" in ways else "net" if "added" in ways else ""
    return tuple(replace(one, vat=one.vat or beside) for one in made)


def _begun(column: Column) -> Column:
    """Give the first cells of a column: more of them prove nothing more."""
    return replace(column, texts=column.texts[:_LOOKED_AT], kinds=column.kinds[:_LOOKED_AT])


def _numbers(column: Column, locale: Locale) -> Numbers:
    return numbers(_begun(column), locale)


def _may_be(one: Named) -> bool:
    meaning = one.meaning
    is_money = not meaning.exact or meaning.exact.rpartition(".")[2] in _TOTALS
    return is_money and not meaning.is_ours and not meaning.is_unneeded


def _rates(told: Numbers) -> Numbers:
    """Give the rates in per cent: where none is above one, they are fractions."""
    is_fraction = any(told) and all(rate is None or 0 <= rate < 1 for rate in told)
    return [None if rate is None else rate * _HUNDRED for rate in told] if is_fraction else told


@dataclass(frozen=True, slots=True)
class _Sums:
    """What quantity × price makes of each row, the rates, and the invoice that each row is of."""

    products: Numbers
    rates: Numbers | None
    groups: Sequence[int]
    headers: tuple[str, str]

    def ties(self, one: Named, told: Numbers) -> Iterator[Tie]:
        """Give the way in which the column comes out, if it does."""
        has_several = len(set(self.groups)) < len(self.groups)
        ways: tuple[_Way, ...] = ("plain", "added", "out")
        levels: tuple[Literal["row", "invoice", ""], ...] = ("row", "invoice") if has_several else ("",)
        for level in levels:
            for way in ways if self.rates is not None else ways[:1]:
                counted = self._counted(told, way, is_summed=level == "invoice")
                if is_proof(*counted):
                    said = self._said(one, way, *counted, is_summed=level == "invoice")
                    yield Tie(one, way, self._vat(one, way), level, said)
                    return

    def _counted(self, told: Numbers, way: _Way, *, is_summed: bool) -> tuple[int, int]:
        """Count in how many rows (or invoices, where it *is summed*) the amount is right, of those that show it."""
        hits = count = 0
        groups: dict[int, list[int]] = {}
        for at, invoice in enumerate(self.groups):
            groups.setdefault(invoice if is_summed else at, []).append(at)
        for group in groups.values():
            amounts = {told[at] for at in group} - {None}
            made = [self._made(at, way) for at in group]
            plain = [self._made(at, "plain") for at in group]
            if len(amounts) != 1 or any(one is None for one in (*made, *plain)) or not any(plain):
                continue
            total, other = (sum((one for one in some if one is not None), Decimal(0)) for some in (made, plain))
            if way != "plain" and abs(total - other) <= CENT:
                continue
            hits += abs(next(one for one in amounts if one is not None) - total) <= CENT * len(group)
            count += 1
        return hits, count

    def _made(self, at: int, way: _Way) -> Decimal | None:
        product, rate = self.products[at], None if self.rates is None else self.rates[at]
        if product is None or way == "plain":
            return None if product is None else cents(product)
        if rate is None:
            return None
        factor = (_HUNDRED + rate) / _HUNDRED
        return cents(product * factor if way == "added" else product / factor)

    def _vat(self, one: Named, way: _Way) -> str:
        """Say whether the column is with VAT: by the sum itself, by its header, or by net and VAT beside it."""
        if way != "plain":
            return "gross" if way == "added" else "net"
        if said := the_words().vat_of(one.column.header):
            return said
        names = {role.name for role in one.roles}
        return "gross" if "gross" in names else "net" if "net" in names else ""

    def _said(self, one: Named, way: _Way, hits: int, count: int, *, is_summed: bool) -> str:
        first, second = self.headers
        told = {"first": first, "second": second, "whole": one.column.header, "hits": hits, "count": count}
        if way == "added":
            return tr('"{first}" × "{second}" and the VAT on it make "{whole}" in {hits} of {count} cases', **told)
        if way == "out":
            return tr('"{first}" × "{second}" less the VAT in it makes "{whole}" in {hits} of {count} cases', **told)
        if is_summed:
            return tr('"{first}" × "{second}" = "{whole}" in {hits} of {count} invoices', **told)
        return tr('"{first}" × "{second}" = "{whole}" in {hits} of {count} rows', **told)


def totals(told: Sequence[Tie], prices: str, found: Naming, decimal: str) -> tuple[Naming, str]:
    """Name the totals by what they come out as, and the one field that is worth asking for: `check` compares it."""
    taken = found.taken()
    used = {one.column.place for one in taken.values()}
    free = [one for one in told if one.column.column.place not in used]
    left = [(one, name) for one in free for name in one.fields(prices) if name not in taken]
    said = tr("check compares it with the rows")
    named = [
        Proposal(
            name, one.column.column, False, f"{one.evidence}; {said}", _STRENGTH, *_read(name, one.column, decimal)
        )
        for one, name in left
    ]
    sure = [name for one, name in left if len(one.fields(prices)) == 1]
    is_compared = any(name in taken for name in _ASKED)
    asked = "" if is_compared else next((name for name in _ASKED if name in sure), "")
    return found.without({one.column.column.place for one, _ in left}).with_more(named), asked


def _read(name: str, one: Named, decimal: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    told = reading(name, one.facts, decimal)
    return told.rule, told.table


def prices_question(found: Naming, told: Sequence[Tie], filled: Collection[str]) -> Iterator[Question]:
    """Ask whether the unit prices are with VAT, unless a header or a sum says that they are without."""
    price = found.strongest("rows.unit_price")
    if price is None:
        return
    said = the_words().vat_of(price.column.header)
    of_gross = [one for one in told if (one.way, one.vat) == ("plain", "gross") or one.way == "out"]
    of_net = [one for one in told if (one.way, one.vat) == ("plain", "net") or one.way == "added"]
    is_net = said == "net" or of_net or "rows.net_amount" in filled
    if is_net and not of_gross and said != "gross":
        return
    evidence = tr("no sum and no header says it")
    if of_gross:
        one = of_gross[0]
        evidence = one.evidence
        if one.way == "plain":
            evidence += "; " + tr('"{header}" is with VAT', header=one.column.column.header)
    elif said == "gross":
        evidence = tr('the header "{header}" says it', header=price.column.header)
    elif told:
        evidence = told[0].evidence + "; " + tr("nothing says whether that is with VAT")
    gross, net = tr("the prices are with VAT"), tr("the prices are without VAT, which is added to them")
    if of_gross or said == "gross":
        yield Question(PRICES, (Line(PRICES, "gross", f"{gross}; {evidence}"), Line(PRICES, "net", net)))
    else:
        yield Question(PRICES, (Line(PRICES, "net", f"{net}; {evidence}"), Line(PRICES, "gross", gross)))

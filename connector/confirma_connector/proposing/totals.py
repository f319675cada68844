"""Totals that come out by quantity × price, and what they say of the prices: whether VAT is in them or comes on top."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from confirma_connector.language import tr
from confirma_connector.parsing import CENT, Locale, cents
from confirma_connector.proposing.arithmetic import Numbers, is_proof, numbers
from confirma_connector.proposing.candidates import Named
from confirma_connector.proposing.found import Proposal
from confirma_connector.proposing.naming import Naming, invoices
from confirma_connector.proposing.plan import Line, Place, Question
from confirma_connector.proposing.reading import reading
from confirma_connector.proposing.words import the_words

__all__ = ["PRICES", "Tie", "prices_question", "ties", "totals"]

PRICES: Place = ("prices",)
_HUNDRED = Decimal(100)
_TOTALS = ("net_amount", "gross_amount")
_ASKED = ("amounts.gross_amount", "rows.gross_amount", "amounts.net_amount", "rows.net_amount")
_STRENGTH = 95

_Way = Literal["as it is", "VAT added", "VAT taken out"]  # not for people


@dataclass(frozen=True, slots=True)
class Tie:
    """A column that quantity × price makes: as it is, with VAT added to it, or with VAT taken out of it.

    *vat* says whether the column itself is "net" or "gross", "" where nobody can tell. *is_of_row* says that it is an
    amount of rows, of which an invoice has several.
    """

    column: Named
    way: _Way
    vat: str
    is_of_row: bool
    evidence: str

    def fields(self, prices: str) -> tuple[str, ...]:
        """Name the fields that the column may be, where *prices* are "net", "gross" or not known."""
        vat = self.vat or prices
        gross = "rows.gross_amount" if self.is_of_row else "amounts.gross_amount"
        return {"net": ("rows.net_amount",), "gross": (gross,)}.get(vat, ("rows.net_amount", gross))


def ties(columns: Mapping[int, Named], found: Naming, locale: Locale) -> tuple[Tie, ...]:
    """Give the columns that quantity × price makes in nearly every row, or invoice."""
    quantity, price = found.strongest("rows.quantity"), found.strongest("rows.unit_price")
    if quantity is None or price is None or quantity.column.place == price.column.place:
        return ()
    rate, number = found.strongest("rows.vat_percentage"), found.strongest("number")
    rates = None if rate is None else _rates(numbers(rate.column, locale))
    groups = list(range(len(price.column.texts))) if number is None else invoices(number.column)
    products = [
        None if one is None or two is None else one * two
        for one, two in zip(numbers(quantity.column, locale), numbers(price.column, locale), strict=True)
    ]
    known = {one.column.place for one in (quantity, price, rate, number) if one is not None}
    sums = _Sums(products, rates, groups, (quantity.column.header, price.column.header))
    left = {place: numbers(one.column, locale) for place, one in columns.items() if place not in known and _may_be(one)}
    return tuple(tie for place in left for tie in sums.ties(columns[place], left, place))


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

    def ties(self, one: Named, left: Mapping[int, Numbers], place: int) -> Iterator[Tie]:
        """Give the way in which the column comes out, if it does."""
        has_several = len(set(self.groups)) < len(self.groups)
        ways: tuple[_Way, ...] = ("as it is", "VAT added", "VAT taken out")  # not for people
        for is_of_row in (True, False) if has_several else (False,):
            for way in ways if self.rates is not None else ways[:1]:
                counted = self._counted(left[place], way, is_summed=has_several and not is_of_row)
                if is_proof(*counted):
                    yield Tie(one, way, self._vat(one, left, place, way), is_of_row, self._said(one, way, *counted))
                    return

    def _counted(self, told: Numbers, way: _Way, *, is_summed: bool) -> tuple[int, int]:
        """Count in how many rows (or invoices, where it *is summed*) the amount is right, of those that show it."""
        hits = count = 0
        groups: dict[int, list[int]] = {}
        for at, group in enumerate(self.groups):
            groups.setdefault(group if is_summed else at, []).append(at)
        for group in groups.values():
            amounts = {told[at] for at in group} - {None}
            made = [self._made(at, way) for at in group]
            plain = [self._made(at, "as it is") for at in group]  # not for people
            if len(amounts) != 1 or any(one is None for one in (*made, *plain)) or not any(plain):
                continue
            total, other = (sum((one for one in some if one is not None), Decimal(0)) for some in (made, plain))
            if way != "as it is" and abs(total - other) <= CENT:  # not for people
                continue
            hits += abs(next(one for one in amounts if one is not None) - total) <= CENT * len(group)
            count += 1
        return hits, count

    def _made(self, at: int, way: _Way) -> Decimal | None:
        product, rate = self.products[at], None if self.rates is None else self.rates[at]
        if product is None or way == "as it is":  # not for people
            return None if product is None else cents(product)
        if rate is None:
            return None
        factor = (_HUNDRED + rate) / _HUNDRED
        return cents(product * factor if way == "VAT added" else product / factor)  # not for people

    def _vat(self, one: Named, left: Mapping[int, Numbers], place: int, way: _Way) -> str:
        """Say whether the column is with VAT: by the sum itself, by its header, or by another column."""
        if way != "as it is":  # not for people
            return "gross" if way == "VAT added" else "net"  # not for people
        if said := the_words().vat_of(one.column.header):
            return said
        names = {role.name for role in one.roles}
        if "gross" in names or any(self._is_with_vat(left[place], left[other]) for other in left if other != place):
            return "gross"
        is_net = "net" in names or any(self._is_with_vat(left[other], left[place]) for other in left if other != place)
        return "net" if is_net else ""

    def _is_with_vat(self, gross: Numbers, net: Numbers) -> bool:
        """Whether one column is the other with VAT added."""
        rows = [told for told in zip(gross, net, self.rates or (), strict=False) if all(told)]
        hits = sum(
            abs(cents(two * (_HUNDRED + rate) / _HUNDRED) - one) <= CENT
            for one, two, rate in rows
            if one is not None and two is not None and rate is not None
        )
        return is_proof(hits, len(rows))

    def _said(self, one: Named, way: _Way, hits: int, count: int) -> str:
        told = {"quantity": self.headers[0], "price": self.headers[1], "total": one.column.header}
        if way == "VAT added":  # not for people
            return tr(
                '"{quantity}" × "{price}" with VAT added is "{total}": {hits} of {count}',
                hits=hits,
                count=count,
                **told,
            )
        if way == "VAT taken out":  # not for people
            return tr(
                '"{quantity}" × "{price}" with the VAT taken out is "{total}": {hits} of {count}',
                hits=hits,
                count=count,
                **told,
            )
        return tr('"{quantity}" × "{price}" is "{total}": {hits} of {count}', hits=hits, count=count, **told)


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
    of_gross = [one for one in told if (one.way, one.vat) == ("as it is", "gross") or one.way == "VAT taken out"]
    of_net = [one for one in told if (one.way, one.vat) == ("as it is", "net") or one.way == "VAT added"]
    is_net = said == "net" or of_net or "rows.net_amount" in filled
    if is_net and not of_gross and said != "gross":
        return
    evidence = tr("no sum and no header says it")
    if of_gross:
        one = of_gross[0]
        evidence = one.evidence
        if one.way == "as it is":  # not for people
            evidence += "; " + tr('"{header}" is with VAT', header=one.column.column.header)
    elif said == "gross":
        evidence = tr('the header "{header}" says it', header=price.column.header)
    elif told:
        evidence = told[0].evidence + "; " + tr("nothing says whether that is with VAT")
    gross = Line(PRICES, "gross", tr("the prices are with VAT; {evidence}", evidence=evidence))
    net = Line(PRICES, "net", tr("the prices are without VAT, which is added to them"))
    is_gross = bool(of_gross) or said == "gross"
    if not is_gross:
        gross, net = (
            Line(PRICES, "gross", tr("the prices are with VAT")),
            Line(
                PRICES, "net", tr("the prices are without VAT, which is added to them; {evidence}", evidence=evidence)
            ),
        )
    yield Question(PRICES, (gross, net) if is_gross else (net, gross))

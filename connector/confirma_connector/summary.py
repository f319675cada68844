"""What a file comes to, as data: sums to tick off against the ledger, by currency, kind and VAT rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from confirma_connector.ranges import PlaceRange

__all__ = [
    "NOTHING",
    "CurrencySum",
    "KindSum",
    "RateSum",
    "SkippedSum",
    "Summary",
    "Worth",
    "in_order",
    "nothing_at",
    "together",
]

_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSum:
    """What the rows of one VAT rate come to; those without a rate have none."""

    rate: Decimal | None
    rows: int
    net: Decimal
    vat: Decimal

    def plus(self, other: RateSum, sign: int = 1) -> RateSum:
        """Give both together, the amounts of *other* with another sign where *sign* is -1."""
        net, vat = self.net + sign * other.net, self.vat + sign * other.vat
        return RateSum(rate=self.rate, rows=self.rows + other.rows, net=net, vat=vat)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindSum:
    """What the invoices or the credit notes of one currency come to, as they are sent.

    Net, VAT and gross are those of the invoices' totals; the rates are of their rows.
    """

    count: int = 0
    rows: int = 0
    net: Decimal = _ZERO
    vat: Decimal = _ZERO
    gross: Decimal = _ZERO
    rates: tuple[RateSum, ...] = ()

    def plus(self, other: KindSum, sign: int = 1) -> KindSum:
        """Give both together, the amounts of *other* with another sign where *sign* is -1."""
        rates = {one.rate: one for one in self.rates}
        for one in other.rates:
            rates[one.rate] = rates.get(one.rate, nothing_at(one.rate)).plus(one, sign)
        return KindSum(
            count=self.count + other.count,
            rows=self.rows + other.rows,
            net=self.net + sign * other.net,
            vat=self.vat + sign * other.vat,
            gross=self.gross + sign * other.gross,
            rates=in_order(rates.values()),
        )

    def rounding(self) -> tuple[Decimal, Decimal, Decimal]:
        """Give by how much net, VAT and gross differ from the sums of the rows."""
        net, vat = sum((one.net for one in self.rates), _ZERO), sum((one.vat for one in self.rates), _ZERO)
        return self.net - net, self.vat - vat, self.gross - net - vat


NOTHING = KindSum()


def nothing_at(rate: Decimal | None) -> RateSum:
    """Give the sum of no rows at *rate*."""
    return RateSum(rate=rate, rows=0, net=_ZERO, vat=_ZERO)


def in_order(rates: Iterable[RateSum]) -> tuple[RateSum, ...]:
    """Give the sums of rates with rows, the highest rate first, what has none last."""
    there = (one for one in rates if one.rows)
    return tuple(sorted(there, key=lambda one: Decimal(-1) if one.rate is None else one.rate, reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrencySum:
    """What the valid invoices of one currency come to."""

    currency: str
    invoices: KindSum
    credit_notes: KindSum
    together: Annotated[KindSum, Field(description="the credit notes taken off, whatever sign they are sent with")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """So many invoices, and their gross amount by currency."""

    count: int = 0
    gross: dict[str, Decimal] = field(default_factory=dict)

    def plus(self, other: Worth) -> Worth:
        """Give both together."""
        return Worth(count=self.count + other.count, gross=_added(self.gross, other.gross))


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedSum:
    """Rows that were skipped for one reason."""

    reason: str
    count: int
    has_amount: Annotated[bool, Field(description="there is an amount in each of them: worth a look")]
    places: tuple[PlaceRange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one file, or several, come to: every invoice is valid or not; the valid ones go, went, or wait.

    *waiting* are those that Confirma refused, that differ from what was sent, or of which it is not known.
    """

    rows: int = 0
    invoices: int = 0
    not_valid: int = 0
    to_send: Worth = Worth()
    sent_before: Worth = Worth()
    waiting: Worth = Worth()
    currencies: tuple[CurrencySum, ...] = ()
    methods: dict[str, int] = field(default_factory=dict)
    skipped: tuple[SkippedSum, ...] = ()


def together(all_of: Sequence[Summary]) -> Summary:
    """Give several files as one. What was skipped is told file by file alone: its places are in one file."""
    methods: dict[str, int] = {}
    for one in all_of:
        for method, count in one.methods.items():
            methods[method] = methods.get(method, 0) + count
    return Summary(
        rows=sum(one.rows for one in all_of),
        invoices=sum(one.invoices for one in all_of),
        not_valid=sum(one.not_valid for one in all_of),
        to_send=_worth(one.to_send for one in all_of),
        sent_before=_worth(one.sent_before for one in all_of),
        waiting=_worth(one.waiting for one in all_of),
        currencies=_currencies(all_of),
        methods=methods,
    )


def _worth(all_of: Iterable[Worth]) -> Worth:
    whole = Worth()
    for one in all_of:
        whole = whole.plus(one)
    return whole


def _currencies(all_of: Sequence[Summary]) -> tuple[CurrencySum, ...]:
    found: dict[str, CurrencySum] = {}
    for one in (currency for summary in all_of for currency in summary.currencies):
        other = found.get(one.currency)
        found[one.currency] = one if other is None else _both(other, one)
    return tuple(found[currency] for currency in sorted(found))


def _both(one: CurrencySum, other: CurrencySum) -> CurrencySum:
    return CurrencySum(
        currency=one.currency,
        invoices=one.invoices.plus(other.invoices),
        credit_notes=one.credit_notes.plus(other.credit_notes),
        together=one.together.plus(other.together),
    )


def _added(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: one.get(name, _ZERO) + other.get(name, _ZERO) for name in sorted({*one, *other})}

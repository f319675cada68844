"""Adding up the valid invoices of one source while it is read: nothing of a single invoice is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from operator import add, sub
from typing import Any, Literal

from confirma_connector.invoice import Invoice
from confirma_connector.summary import NOTHING, CurrencySum, KindSum, RateSum, in_order

__all__ = ["Tally"]

_ZERO = Decimal(0)

_quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii

_OfRate = list[Any]
"""A VAT rate, the number of its rows, their net and their VAT."""


class _Sums:
    """Sums that grow: number of invoices and rows, net, VAT and gross, and those of each rate."""

    def __init__(self) -> None:
        self.count = self.rows = 0
        self.net = self.vat = self.gross = _ZERO
        self.rates: dict[Decimal | None, _OfRate] = {}

    def told(self) -> KindSum:
        rates = in_order(
            RateSum(rate=rate, rows=rows, net=net, vat=vat) for rate, rows, net, vat in self.rates.values()
        )
        return KindSum(count=self.count, rows=self.rows, net=self.net, vat=self.vat, gross=self.gross, rates=rates)


class Tally:
    """Sums by currency and kind of invoice, and in these by VAT rate, to the cent as they are sent.

    *credit_sign* is the sign that credit notes are sent with.
    """

    def __init__(self, credit_sign: str) -> None:
        self._sign = 1 if credit_sign == "negative" else -1
        self._sums: dict[tuple[str, str], _Sums] = {}

    def add(self, invoice: Invoice) -> bytes:
        """Add an invoice; give what it adds as one line, by which it can be taken back."""
        rates: list[_OfRate] = []
        its: _OfRate | None = None
        for row in invoice.rows:
            rate = row.vat_percentage
            if its is None or its[0] is not rate:  # hardly more than two or three: quicker than by a hash
                its = next((one for one in rates if one[0] == rate), None)
                if its is None:
                    its = [rate, 0, _ZERO, _ZERO]
                    rates.append(its)
            its[1] += 1
            its[2] += row.net_amount
            its[3] += row.vat_amount
        own = invoice.amounts
        sums = own.net_amount, own.vat_amount, own.gross_amount
        self._count(invoice.currency_code, invoice.type, sums, rates, 1)
        words = [_quoted(invoice.currency_code), invoice.type, *map(str, sums)]
        for one in rates:
            words += map(str, one)
        words.append("\n")
        return "\t".join(words).encode()

    def take_back(self, line: bytes) -> None:
        """Take off what `add` gave as *line*: an invoice that is none after all."""
        currency, kind, net, vat, gross, *words = line.decode().removesuffix("\t\n").split("\t")
        rates: list[_OfRate] = [
            [None if rate == "None" else Decimal(rate), int(rows), Decimal(its_net), Decimal(its_vat)]
            for rate, rows, its_net, its_vat in zip(*[iter(words)] * 4, strict=True)
        ]
        self._count(json.loads(currency), kind, (Decimal(net), Decimal(vat), Decimal(gross)), rates, -1)

    def _count(
        self,
        currency: str,
        kind: str,
        sums: tuple[Decimal, Decimal, Decimal],
        rates: list[_OfRate],
        sign: Literal[1, -1],
    ) -> None:
        own = self._sums.get((currency, kind))
        if own is None:
            own = self._sums[currency, kind] = _Sums()
        put = add if sign > 0 else sub
        own.count += sign
        own.net, own.vat, own.gross = put(own.net, sums[0]), put(own.vat, sums[1]), put(own.gross, sums[2])
        for rate, rows, net, vat in rates:
            its = own.rates.get(rate)
            if its is None:
                its = own.rates[rate] = [rate, 0, _ZERO, _ZERO]
            own.rows += sign * rows
            its[1] += sign * rows
            its[2], its[3] = put(its[2], net), put(its[3], vat)

    def told(self) -> tuple[CurrencySum, ...]:
        """Give the sums, currency by currency."""
        found: dict[str, dict[str, KindSum]] = {}
        for (currency, kind), sums in sorted(self._sums.items()):
            if sums.count:
                found.setdefault(currency, {})[kind] = sums.told()
        return tuple(self._currency(currency, kinds) for currency, kinds in found.items())

    def _currency(self, currency: str, kinds: dict[str, KindSum]) -> CurrencySum:
        invoices, credits = kinds.get("INVOICE", NOTHING), kinds.get("CREDIT_NOTE", NOTHING)
        return CurrencySum(
            currency=currency, invoices=invoices, credit_notes=credits, together=invoices.plus(credits, self._sign)
        )

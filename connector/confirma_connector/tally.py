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

_Rates = dict[Decimal | None, list[Any]]
"""By VAT rate the number of rows, their net and their VAT."""


class _Sums:
    """Sums that grow: number of invoices and rows, net, VAT and gross, and those of each rate."""

    def __init__(self) -> None:
        self.count = self.rows = 0
        self.net = self.vat = self.gross = _ZERO
        self.rates: _Rates = {}

    def told(self) -> KindSum:
        rates = in_order(
            RateSum(rate=rate, rows=rows, net=net, vat=vat) for rate, (rows, net, vat) in self.rates.items()
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
        rates: _Rates = {}
        for row in invoice.rows:
            its = rates.get(row.vat_percentage)
            if its is None:
                rates[row.vat_percentage] = [1, row.net_amount, row.vat_amount]
            else:
                its[0] += 1
                its[1] += row.net_amount
                its[2] += row.vat_amount
        own = invoice.amounts
        sums = own.net_amount, own.vat_amount, own.gross_amount
        self._count(invoice.currency_code, invoice.type, sums, rates, 1)
        told = [f"{rate!s}\t{rows}\t{net!s}\t{vat!s}" for rate, (rows, net, vat) in rates.items()]
        words = [_quoted(invoice.currency_code), invoice.type, *map(str, sums), *told, "\n"]
        return "\t".join(words).encode()

    def take_back(self, line: bytes) -> None:
        """Take off what `add` gave as *line*: an invoice that is none after all."""
        currency, kind, net, vat, gross, *words = line.decode().removesuffix("\t\n").split("\t")
        rates: _Rates = {
            None if rate == "None" else Decimal(rate): [int(rows), Decimal(its_net), Decimal(its_vat)]
            for rate, rows, its_net, its_vat in zip(*[iter(words)] * 4, strict=True)
        }
        self._count(json.loads(currency), kind, (Decimal(net), Decimal(vat), Decimal(gross)), rates, -1)

    def _count(
        self,
        currency: str,
        kind: str,
        sums: tuple[Decimal, Decimal, Decimal],
        rates: _Rates,
        sign: Literal[1, -1],
    ) -> None:
        own = self._sums.get((currency, kind))
        if own is None:
            own = self._sums[currency, kind] = _Sums()
        put = add if sign > 0 else sub
        own.count += sign
        own.net, own.vat, own.gross = put(own.net, sums[0]), put(own.vat, sums[1]), put(own.gross, sums[2])
        for rate, (rows, net, vat) in rates.items():
            its = own.rates.get(rate)
            if its is None:
                its = own.rates[rate] = [0, _ZERO, _ZERO]
            own.rows += sign * rows
            its[0] += sign * rows
            its[1], its[2] = put(its[1], net), put(its[2], vat)

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

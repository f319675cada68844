"""Adding up the valid invoices of one source while it is read: nothing of a single invoice is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from operator import add, sub
from typing import Literal

from confirma_connector.invoice import Invoice
from confirma_connector.summary import NOTHING, CurrencySum, KindSum, RateSum, in_order

__all__ = ["Tally"]

_ZERO = Decimal(0)
_NO_ROWS = 0, _ZERO, _ZERO

_quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii

_Rates = dict[Decimal | None, tuple[int, Decimal, Decimal]]
"""By VAT rate the number of rows, their net and their VAT."""


class _Sums:
    """Sums that grow: number of invoices and rows, net, VAT and gross, and those of each rate."""

    def __init__(self) -> None:
        self.count = self.rows = 0
        self.net = self.vat = self.gross = _ZERO
        self.rates: _Rates = {}

    def told(self) -> KindSum:
        rates = in_order(RateSum(rate=rate, rows=its[0], net=its[1], vat=its[2]) for rate, its in self.rates.items())
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
            rows, net, vat = rates.get(row.vat_percentage, _NO_ROWS)
            rates[row.vat_percentage] = rows + 1, net + row.net_amount, vat + row.vat_amount
        own = invoice.amounts
        sums = own.net_amount, own.vat_amount, own.gross_amount
        self._count(invoice.currency_code, invoice.type, sums, rates, 1)
        shares = chain.from_iterable((rate, *its) for rate, its in rates.items())
        return "\t".join((_quoted(invoice.currency_code), invoice.type, *map(str, (*sums, *shares)), "\n")).encode()

    def take_back(self, line: bytes) -> None:
        """Take off what `add` gave as *line*: an invoice that is none after all."""
        currency, kind, net, vat, gross, *words = line.decode().removesuffix("\t\n").split("\t")
        rates: _Rates = {}
        for rate, rows, its_net, its_vat in zip(*[iter(words)] * 4, strict=True):
            rates[None if rate == "None" else Decimal(rate)] = int(rows), Decimal(its_net), Decimal(its_vat)
        self._count(json.loads(currency), kind, (Decimal(net), Decimal(vat), Decimal(gross)), rates, -1)

    def _count(
        self, currency: str, kind: str, sums: tuple[Decimal, Decimal, Decimal], rates: _Rates, sign: Literal[1, -1]
    ) -> None:
        own = self._sums.setdefault((currency, kind), _Sums())
        put = add if sign > 0 else sub
        own.count += sign
        own.net, own.vat, own.gross = put(own.net, sums[0]), put(own.vat, sums[1]), put(own.gross, sums[2])
        for rate, (rows, net, vat) in rates.items():
            before = own.rates.get(rate, _NO_ROWS)
            own.rows += sign * rows
            own.rates[rate] = before[0] + sign * rows, put(before[1], net), put(before[2], vat)

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

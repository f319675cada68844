"""Adding up the valid invoices of one source while it is read: nothing of a single invoice is kept."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import simplejson

from confirma_connector.invoice import Invoice
from confirma_connector.summary import NOTHING, CurrencySum, KindSum, RateSum, in_order, nothing_at

__all__ = ["Tally"]

_ZERO = Decimal(0)


class _Sums:
    """Sums that grow: number of invoices and rows, net, VAT and gross, and those of each rate."""

    def __init__(self) -> None:
        self.count = self.rows = 0
        self.net = self.vat = self.gross = _ZERO
        self.rates: dict[Decimal | None, RateSum] = {}

    def told(self) -> KindSum:
        rates = in_order(self.rates.values())
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
        rates = dict[Decimal | None, tuple[int, Decimal, Decimal]]()
        for row in invoice.rows:
            rows, net, vat = rates.get(row.vat_percentage, (0, _ZERO, _ZERO))
            rates[row.vat_percentage] = rows + 1, net + row.net_amount, vat + row.vat_amount
        own = invoice.amounts
        sums = [[rate, *its] for rate, its in rates.items()]
        share = [invoice.currency_code, invoice.type, own.net_amount, own.vat_amount, own.gross_amount, sums]
        self._count(share, 1)
        return simplejson.dumps(share, use_decimal=True, separators=(",", ":")).encode() + b"\n"

    def take_back(self, line: bytes) -> None:
        """Take off what `add` gave as *line*: an invoice that is none after all."""
        self._count(simplejson.loads(line, use_decimal=True), -1)

    def _count(self, share: Sequence[Any], sign: int) -> None:
        currency, kind, net, vat, gross, rates = share
        sums = self._sums.setdefault((currency, kind), _Sums())
        sums.count += sign
        sums.net += sign * net
        sums.vat += sign * vat
        sums.gross += sign * gross
        for told, rows, its_net, its_vat in rates:
            rate = None if told is None else Decimal(told)
            before = sums.rates.get(rate) or nothing_at(rate)
            sums.rows += sign * rows
            sums.rates[rate] = RateSum(
                rate=rate,
                rows=before.rows + sign * rows,
                net=before.net + sign * its_net,
                vat=before.vat + sign * its_vat,
            )

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

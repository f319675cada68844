"""The arithmetic of an invoice: what is missing is computed, what is given must add up, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, getcontext, localcontext, setcontext
from typing import Literal

from confirma_connector.invoice import Amounts, Row
from confirma_connector.language import number, tr
from confirma_connector.parsing import CENT, cents

__all__ = ["EXACT", "MoneyError", "Prices", "Vat", "complete_row", "complete_totals", "negated", "share"]

Prices = Literal["net", "gross"]
"""Whether unit prices are without or with VAT."""
Vat = Literal["per_row", "per_rate"]
"""Whether the source rounds VAT on every row, or once per rate on the sum of its rows."""

_HUNDRED = Decimal(100)
_ZERO = Decimal(0)
_MILLIONTH = Decimal("0.000001")
EXACT = Context(prec=200)
"""Wide enough for every product and sum of numbers as they may be spelled: only `cents` rounds."""


class MoneyError(ValueError):
    """Amounts that do not make an invoice; *field* is the one to look at first."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


def complete_row(given: Mapping[str, Decimal], prices: Prices) -> dict[str, Decimal]:
    """Give net, VAT and gross amount of one row from what its source says. Raises MoneyError."""
    with localcontext(EXACT):
        return _row(given, prices)


def _row(given: Mapping[str, Decimal], prices: Prices) -> dict[str, Decimal]:
    net, vat, gross = (given.get(name) for name in ("net_amount", "vat_amount", "gross_amount"))
    rate = given.get("vat_percentage")
    if rate is not None and not 0 <= rate <= 100:
        raise MoneyError("E-ROW-VAT-RANGE", "vat_percentage", tr("expected a VAT percentage from 0 to 100"))
    if net is None and gross is None:
        priced = _priced(given)
        if priced is None:
            raise MoneyError(
                "E-ROW-AMOUNT", "net_amount", tr("a row needs a net amount, a gross amount, or quantity and unit price")
            )
        net, gross = (priced, None) if prices == "net" else (None, priced)
    if net is None and gross is not None:
        net = gross - vat if vat is not None else _net_of(gross, rate)
    if net is not None and vat is None:
        vat = gross - net if gross is not None else _vat_on(net, rate)
    if net is None or vat is None:
        raise MoneyError("E-ROW-VAT-MISSING", "vat_percentage", tr("a row needs its VAT percentage or its VAT amount"))
    if gross is None:
        gross = net + vat
    if net + vat != gross:
        raise MoneyError(
            "E-ROW-SUM",
            "gross_amount",
            tr(
                "net {net} and VAT {vat} make {sum}, but the row says {gross}",
                net=number(net),
                vat=number(vat),
                sum=number(net + vat),
                gross=number(gross),
            ),
        )
    return {"net_amount": net, "vat_amount": vat, "gross_amount": gross}


def _priced(given: Mapping[str, Decimal]) -> Decimal | None:
    if "quantity" not in given or "unit_price" not in given:
        return None
    full = given["quantity"] * given["unit_price"]
    return cents(full - _discount(given, full))


def _discount(given: Mapping[str, Decimal], full: Decimal) -> Decimal:
    """Give the one discount of a row. Given both as percentage and as amount, they are the same discount."""
    percentage, amount = given.get("discount_percentage"), given.get("discount_amount")
    if percentage is not None and not 0 <= percentage <= 100:
        raise MoneyError("E-ROW-DISCOUNT", "discount_percentage", tr("expected a discount from 0 to 100 per cent"))
    if amount is not None and amount * full < 0:
        raise MoneyError(
            "E-ROW-DISCOUNT",
            "discount_amount",
            tr(
                "a discount of {discount} would raise the price {price}; map net_amount too",
                discount=number(amount),
                price=number(full),
            ),
        )
    if percentage is None:
        return amount or _ZERO
    counted = full * percentage / _HUNDRED
    if amount is None:
        return counted
    if abs(counted - amount) > CENT:
        raise MoneyError(
            "E-ROW-DISCOUNT",
            "discount_amount",
            tr(
                "{percentage} per cent of {price} is {discount}, but the row says {found}; map net_amount too",
                percentage=number(percentage),
                price=number(full),
                discount=number(cents(counted)),
                found=number(amount),
            ),
        )
    return amount


def _net_of(gross: Decimal, rate: Decimal | None) -> Decimal | None:
    return None if rate is None else cents(gross * _HUNDRED / (_HUNDRED + rate))


def _vat_on(net: Decimal, rate: Decimal | None) -> Decimal | None:
    return None if rate is None else cents(net * rate / _HUNDRED)


def complete_totals(rows: Sequence[Row], given: Mapping[str, Decimal], vat: Vat) -> Amounts:
    """Give the totals; given ones may differ from the rows by a cent a row, and the difference is the rounding amount.

    Raises MoneyError with both sums.
    """
    before = getcontext()
    setcontext(EXACT)  # as `localcontext` does, without a copy of its own for each invoice
    try:
        return _totals(rows, given, vat)
    finally:
        setcontext(before)


def _totals(rows: Sequence[Row], given: Mapping[str, Decimal], vat: Vat) -> Amounts:
    sums = _sums(rows, vat)
    net, tax = given.get("net_amount", sums["net_amount"]), given.get("vat_amount", sums["vat_amount"])
    gross = given.get("gross_amount", net + tax + given.get("rounding_amount", _ZERO))
    if not given.items() <= sums.items():
        _refuse_misfits(given, sums, net + tax, gross, len(rows))
    return Amounts(
        net_amount=net,
        vat_amount=tax,
        gross_amount=gross,
        rounding_amount=gross - sums["gross_amount"] or None,
        paid_amount=given.get("paid_amount"),
        prepaid_amount=given.get("prepaid_amount"),
        payable_amount=given.get("payable_amount"),
    )


def _refuse_misfits(
    given: Mapping[str, Decimal], sums: Mapping[str, Decimal], whole: Decimal, gross: Decimal, rows: int
) -> None:
    """Raise MoneyError where the totals *given* are not the *sums* of so many rows, or do not make the *gross* one."""
    rounding, tolerance = given.get("rounding_amount", _ZERO), CENT * rows
    if abs(rounding) >= 1:
        raise MoneyError(
            "E-TOTAL",
            "amounts.rounding_amount",
            tr("a rounding is less than one unit of the currency; this is an amount"),
        )
    for name, found in given.items() if rows else ():
        if name not in sums:
            continue
        total = sums[name]
        expected = found - rounding if name == "gross_amount" else found
        if abs(expected - total) > tolerance:
            raise MoneyError(
                "E-TOTAL",
                f"amounts.{name}",
                tr("the total says {found}, the rows add up to {sum}", found=number(found), sum=number(total))
                + (_otherwise_signed() if abs(expected + total) <= tolerance else ""),
            )
    if abs(whole + rounding - gross) > tolerance:
        raise MoneyError(
            "E-TOTAL",
            "amounts.gross_amount",
            tr(
                "net {net} and VAT {vat} make {sum}, but the total says {gross}",
                net=number(given.get("net_amount", sums["net_amount"])),
                vat=number(given.get("vat_amount", sums["vat_amount"])),
                sum=number(whole),
                gross=number(gross),
            ),
        )


def _sums(rows: Sequence[Row], vat: Vat) -> dict[str, Decimal]:
    net = sum([row.net_amount for row in rows], _ZERO)
    tax = _by_rate(rows) if vat == "per_rate" else sum([row.vat_amount for row in rows], _ZERO)
    return {"net_amount": net, "vat_amount": tax, "gross_amount": net + tax}


def _by_rate(rows: Sequence[Row]) -> Decimal:
    """VAT rounded once per rate. Rows without a rate keep their own VAT amount."""
    nets: defaultdict[Decimal, Decimal] = defaultdict(Decimal)
    own = _ZERO
    for row in rows:
        if row.vat_percentage is None:
            own += row.vat_amount
        else:
            nets[row.vat_percentage] += row.net_amount
    return own + sum((cents(net * rate / _HUNDRED) for rate, net in nets.items()), _ZERO)


def share(price: Decimal, units: Decimal) -> Decimal:
    """Give the price of one of so many *units*, to six decimals where it does not come out even."""
    with localcontext(EXACT):
        one = (price / units).quantize(_MILLIONTH, ROUND_HALF_UP)
        return one.normalize() + _ZERO


def negated(amount: Decimal) -> Decimal:
    """Turn the sign, without ever writing a negative zero."""
    return amount.copy_negate() if amount else amount


def _otherwise_signed() -> str:
    return tr(
        "; only the sign differs: where rows and total do not have the same minus in the source, as in credit notes, "
        "negative_when in the mapping turns one of them"
    )

"""Whether the amounts of an invoice fit each other: quantity and price, rate and VAT, rows and total."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from confirma_connector.invoice import Invoice, Row
from confirma_connector.language import mark, number, tr
from confirma_connector.parsing import cents
from confirma_connector.rules.places import finds_once, spelled
from confirma_connector.rules.rule import Finding, Rule, nothing

__all__ = ["RULES"]

_CENT = Decimal("0.01")
_HALF_CENT = Decimal("0.005")
_MOST_OFF = _CENT + _HALF_CENT
_HUNDRED = Decimal(100)


def _price_misfits(row: Row) -> bool:
    """Tell whether quantity × price less discounts is neither the net nor the gross amount of *row*.

    A unit price that was itself rounded to the cent may be half a cent off for each unit.
    """
    if row.quantity is None or row.unit_price is None:
        return False
    priced = full = row.quantity * row.unit_price
    if row.discount_percentage or row.discount_amount:
        priced -= full * row.discount_percentage / _HUNDRED if row.discount_percentage else row.discount_amount or 0
    if abs(row.net_amount - priced) <= _CENT:
        return False
    tolerance = _CENT + _HALF_CENT * abs(row.quantity)
    return abs(row.net_amount - priced) > tolerance and abs(row.gross_amount - priced) > tolerance


def _row_price(invoice: Invoice) -> Iterable[Finding]:
    return finds_once(
        invoice.rows,
        "net_amount",
        mark("quantity times unit price makes another amount; the amount is sent as it is"),
        _price_misfits,
    )


def _vat_misfits(row: Row) -> bool:
    rate = row.vat_percentage
    return rate is not None and abs(row.net_amount * rate / _HUNDRED - row.vat_amount) > _MOST_OFF


def _row_vat(invoice: Invoice) -> Iterable[Finding]:
    return finds_once(
        invoice.rows,
        "vat_amount",
        mark("the VAT amount does not fit the VAT percentage; it is sent as it is"),
        _vat_misfits,
    )


def _rounding(invoice: Invoice) -> Iterable[Finding]:
    gross, difference = invoice.amounts.gross_amount, invoice.amounts.rounding_amount
    if not difference:
        return ()
    message = tr(
        "the rows add up to {sum}; the difference of {difference} is sent as rounding",
        sum=number(cents(gross - difference)),
        difference=number(cents(difference)),
    )
    return (Finding("amounts.gross_amount", message, spelled(gross)),)


RULES = (
    Rule("E-ROW-PRICE", "warning", mark("Quantity times unit price is the row's amount."), _row_price, False, nothing),
    Rule("E-ROW-VAT", "warning", mark("A row's VAT amount fits its VAT percentage."), _row_vat, False, nothing),
    Rule("E-ROUNDING", "warning", mark("The rows add up to the total; a difference of cents is rounding."), _rounding),
)

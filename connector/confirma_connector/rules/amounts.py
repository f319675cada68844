"""Money, quantities, and what an invoice must say about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from operator import attrgetter

from confirma_connector.invoice import Invoice, Row
from confirma_connector.language import mark, tr
from confirma_connector.rules.places import finds_once, given, spelled
from confirma_connector.rules.rule import Finding, Rule, nothing

__all__ = ["RULES"]

_CENT, _TENTH, _ONE = Decimal("0.01"), Decimal("0.1"), Decimal(1)
_TWO_DECIMALS = mark("expected an amount of at most two decimals")
_ROW_AMOUNTS = ("net_amount", "vat_amount", "gross_amount", "discount_amount")
_TOTALS = (
    "net_amount",
    "vat_amount",
    "gross_amount",
    "rounding_amount",
    "paid_amount",
    "prepaid_amount",
    "payable_amount",
)
_totals = attrgetter(*_TOTALS)


def _is_finer_than_cents(amount: Decimal) -> bool:
    if _TENTH.same_quantum(amount) or _ONE.same_quantum(amount) or _CENT.same_quantum(amount):
        return False
    _, digits, exponent = amount.as_tuple()
    return not isinstance(exponent, int) or (exponent < -2 and any(digits[exponent + 2 :]))


def _total_decimals(invoice: Invoice) -> Iterable[Finding]:
    return () if all(map(_CENT.same_quantum, filter(None, _totals(invoice.amounts)))) else _finer(invoice)


def _decimals(invoice: Invoice) -> Iterable[Finding]:
    amounts = [*_totals(invoice.amounts)]
    for row in invoice.rows:
        amounts += (row.net_amount, row.vat_amount, row.gross_amount, row.discount_amount)
    return () if all(map(_CENT.same_quantum, filter(None, amounts))) else _finer(invoice)


def _finer(invoice: Invoice) -> Iterator[Finding]:
    total = invoice.amounts
    for member in _TOTALS:
        amount = getattr(total, member)
        if amount is not None and _is_finer_than_cents(amount):
            yield Finding(f"amounts.{member}", tr(_TWO_DECIMALS), spelled(amount))
    for index, row in enumerate(invoice.rows):
        for member in _ROW_AMOUNTS:
            amount = getattr(row, member)
            if amount is not None and _is_finer_than_cents(amount):
                yield Finding(f"rows[{index}].{member}", tr(_TWO_DECIMALS), spelled(amount))


def _unit_price_decimals(invoice: Invoice) -> Iterable[Finding]:
    price = finds_once(
        invoice.rows,
        "unit_price",
        mark("This unit price has more than two decimals: it is sent as it is, and the row's net amount decides"),
        _has_finer_price,
    )
    quantity = finds_once(
        invoice.rows,
        "quantity",
        mark("This quantity has more than two decimals: it is sent as it is, and the row's net amount decides"),
        _has_finer_quantity,
    )
    return (*price, *quantity)


def _has_finer_price(row: Row) -> bool:
    price = row.unit_price
    return price is not None and not _CENT.same_quantum(price) and _is_finer_than_cents(price)


def _has_finer_quantity(row: Row) -> bool:
    quantity = row.quantity
    return quantity is not None and not _CENT.same_quantum(quantity) and _is_finer_than_cents(quantity)


def _payable(invoice: Invoice) -> Iterable[Finding]:
    total = invoice.amounts
    if not total.paid_amount and not total.prepaid_amount and total.payable_amount is None:
        return ()
    return _elsewhere(invoice)


def _elsewhere(invoice: Invoice) -> Iterator[Finding]:
    total = invoice.amounts
    for member, amount in (("paid_amount", total.paid_amount), ("prepaid_amount", total.prepaid_amount)):
        if amount:
            yield Finding(
                f"amounts.{member}",
                tr("expected nothing paid in advance: the service has no place for it, and would bill the whole total"),
                spelled(amount),
            )
    if total.payable_amount is not None and total.payable_amount != total.gross_amount:
        yield Finding(
            "amounts.payable_amount",
            tr("expected the amount to pay to equal the total: the service would bill the total"),
            spelled(total.payable_amount),
        )


def _negative(invoice: Invoice) -> Iterable[Finding]:
    gross = invoice.amounts.gross_amount
    if invoice.type != "INVOICE" or gross >= 0:
        return ()
    message = tr("expected a total that is not negative: a credit is sent as a CREDIT_NOTE")
    return (Finding("amounts.gross_amount", message, spelled(gross)),)


def _no_rows(invoice: Invoice) -> Iterable[Finding]:
    return () if invoice.rows else (Finding("rows", tr("expected at least one invoice row")),)


def _row_text(invoice: Invoice) -> Iterable[Finding]:
    return finds_once(
        invoice.rows, "description", mark("expected a description or a product name on the row"), _has_no_text
    )


def _has_no_text(row: Row) -> bool:
    return not (row.description and row.description.strip()) and not given(row.product_name)


RULES = (
    Rule(
        "E-PAYABLE",
        "error",
        mark(
            "Nothing is paid in advance and the amount to pay is the total: the service has no place for anything else."
        ),
        _payable,
        fixed=True,
    ),
    Rule("E-DECIMALS", "error", mark("Amounts of money have at most two decimals."), _decimals, True, _total_decimals),
    Rule(
        "E-UNIT-PRICE-DECIMALS",
        "warning",
        mark("A unit price or quantity of more than two decimals is sent as it is; the net amount decides."),
        _unit_price_decimals,
        beside_rows=nothing,
    ),
    Rule("E-NEGATIVE", "error", mark("The total of an INVOICE is not negative."), _negative),
    Rule("E-NO-ROWS", "error", mark("An invoice has rows."), _no_rows),
    Rule("E-ROW-TEXT", "warning", mark("Every row has a description or a product name."), _row_text, False, nothing),
)

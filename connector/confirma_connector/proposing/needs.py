"""What an invoice needs of a file, what each way of distribution needs beside it, and what is still open of that."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

__all__ = ["METHODS", "lacking", "order", "wanted"]

METHODS: Mapping[str, tuple[str, ...]] = {
    "EDI": ("buyer.electronic_invoice_account", "buyer.electronic_routing_address"),
    "EMAIL": ("buyer.contact.email",),
    "LETTER": (
        "buyer.address.street",
        "buyer.address.postal_code",
        "buyer.address.postal_district",
        "buyer.address.country_code",
    ),
}
"""What each way of distribution needs, beside what every invoice does."""

_ALWAYS = ("number", "date", "due_date", "buyer.name", "seller.name", "currency_code")
_ROWS = (
    "rows.quantity",
    "rows.unit_price",
    "rows.net_amount",
    "rows.vat_percentage",
    "rows.vat_amount",
    "rows.gross_amount",
)
_GOOD = (
    *(
        "rows.description",
        "rows.unit",
        "type",
        "references.credited_invoice_number",
        "buyer.business_id",
        "buyer.entity_type",
    ),
    *("distribution.method",),
)
_LAST = ("seller.business_id", "seller.payment_details.iban", "references.payment")
_AMOUNTS = (("rows.net_amount",), ("rows.gross_amount",), ("rows.quantity", "rows.unit_price"))
_TAX = (("rows.vat_percentage",), ("rows.vat_amount",), ("rows.net_amount", "rows.gross_amount"))


def order() -> tuple[str, ...]:
    """Give the fields that are asked for, in the order of the questions."""
    return (*_ALWAYS, *_ROWS, *_GOOD, *(name for names in METHODS.values() for name in names), *_LAST)


def wanted(name: str, filled: Collection[str]) -> bool:
    """Tell whether *name* is still asked for where *filled* are there: rows need their amounts in one way only."""
    if name in ("rows.net_amount", "rows.gross_amount"):
        return not _is_met(_AMOUNTS, filled)
    if name in ("rows.vat_percentage", "rows.vat_amount"):
        return not _is_met(_TAX, filled)
    if name in ("rows.quantity", "rows.unit_price"):
        return "rows.net_amount" not in filled or "rows.unit_price" in filled or "rows.quantity" in filled
    if name == "rows.description":
        return "rows.product_name" not in filled
    return True


def lacking(filled: Collection[str], *, is_open: bool) -> Mapping[str, tuple[str, ...]]:
    """Name the fields that nothing fills, by the way of distribution that needs them; "" is every invoice.

    *is_open* says that nobody knows yet whether the prices are with VAT.
    """
    return {
        "": (*_always(filled), *(("prices",) if is_open else ())),
        **{name: tuple(one for one in needs if one not in filled) for name, needs in METHODS.items()},
    }


def _always(filled: Collection[str]) -> Iterator[str]:
    yield from (name for name in _ALWAYS if name not in filled)
    if not _is_met(_AMOUNTS, filled):
        yield "rows.net_amount"
    if not _is_met(_TAX, filled):
        yield "rows.vat_percentage"
    if not {"buyer.entity_type", "buyer.business_id", "buyer.vat_code"} & set(filled):
        yield "buyer.entity_type"


def _is_met(ways: tuple[tuple[str, ...], ...], filled: Collection[str]) -> bool:
    return any(set(way) <= set(filled) for way in ways)

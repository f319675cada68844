"""Invoices for tests: a plain one that no rule speaks on, and the vendor's example."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confirma_connector.invoice import Invoice
from confirma_connector.parts import validated
from confirma_connector.rules import check

__all__ = ["ABSENT", "invoice", "spoken", "vendors_example"]

ABSENT = "a member that is to be left out"
"""As the value of a change: takes the member out."""

_PLAIN: Mapping[str, Any] = {
    "number": 1001,
    "type": "INVOICE",
    "date": "2026-01-15",
    "due_date": "2026-01-29",
    "supply_date": "2026-01-10",
    "currency_code": "EUR",
    "language_code": "FI",
    "references": {"payment": "1234561"},
    "seller": {
        "business_id": "0112038-9",
        "name": "Myyjä Oy",
        "vat_code": "FI01120389",
        "address": {"street": "Katu 1", "postal_code": "00100", "postal_district": "HELSINKI", "country_code": "FI"},
        "payment_details": {"iban": "FI2112345600000785", "bic": "NDEAFIHH"},
    },
    "buyer": {
        "entity_type": "BUSINESS",
        "name": "Ostaja Oy",
        "business_id": "2331972-7",
        "address": {"street": "Tie 2", "postal_code": "02100", "postal_district": "ESPOO", "country_code": "FI"},
        "contact": {"email": "laskut@example.com"},
    },
    "rows": [
        {
            "description": "Työ",
            "quantity": "2",
            "unit": "h",
            "unit_price": "50.00",
            "vat_percentage": "25.5",
            "net_amount": "100.00",
            "vat_amount": "25.50",
            "gross_amount": "125.50",
        }
    ],
    "amounts": {"net_amount": "100.00", "vat_amount": "25.50", "gross_amount": "125.50"},
    "distribution": {"method": "EMAIL"},
}

_VENDORS: Mapping[str, Any] = {
    "number": 251601000,
    "type": "INVOICE",
    "date": "2025-12-01",
    "due_date": "2025-12-15",
    "currency_code": "EUR",
    "language_code": "FI",
    "references": {
        "sales": "SF0001",
        "buyer": "BR0002",
        "agreement": "AN456",
        "payment": "2516000017",
        "order_number": "ON798",
        "order_date": "2025-12-01",
    },
    "seller": {
        "business_id": "0646115-8",
        "name": "Test Company Ltd",
        "vat_code": "FI1234567",
        "address": {
            "street": "Teirinkatu 6",
            "postal_code": "65100",
            "postal_district": "VAASA",
            "country_code": "FI",
            "country_name": "FINLAND",
        },
        "contact": {
            "contact_person": {"name": "Teppo Testaaja", "email": "teppo.testaaja@example.com"},
            "email": "it@example.com",
            "phone": "+358501234567",
        },
        "payment_details": {"iban": "FI12345678912345678", "bic": "DABAFIHH"},
    },
    "buyer": {
        "entity_type": "BUSINESS",
        "name": "Buyer Company Oy",
        "customer_account_id": "",
        "business_id": "0646115-8",
        "vat_code": "FI9876543",
        "language_code": "FI",
        "address": {
            "street": "Kauppakatu 1",
            "postal_code": "00100",
            "postal_district": "HELSINKI",
            "country_code": "FI",
        },
        "contact": {
            "contact_person": {"name": "Matti Meikäläinen", "email": "matti.meikalainen@example.com"},
            "email": "laskut@example.com",
            "phone": "+358401234567",
        },
    },
    "recipient": {"language_code": "FI", "address": {}},
    "rows": _PLAIN["rows"],
    "amounts": _PLAIN["amounts"],
    "processing": {"payment_control_enabled": True},
    "distribution": {"method": "EMAIL", "enabled": True},
}


def invoice(**changes: Any) -> Invoice:
    """Give a plain invoice with *changes*: a member's path with `__` for its dots, and its value as text or as it is.

    `invoice(buyer__address__postal_code="100", rows__0__vat_percentage="24")`; mappings and lists replace what was
    there; `ABSENT` takes the member out.
    """
    return _built(_PLAIN, changes)


def vendors_example(**changes: Any) -> Invoice:
    """Give the vendor's own example. Our copy of it ends before the rows: row and totals are those of `invoice()`."""
    return _built(_VENDORS, changes)


def _built(members: Mapping[str, Any], changes: Mapping[str, Any]) -> Invoice:
    document = _copied(members)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = document
        for name in parents:
            if not isinstance(place, list):
                place.setdefault(name, {})
            place = place[int(name) if isinstance(place, list) else name]
        if value is ABSENT:
            del place[last]
        else:
            place[int(last) if isinstance(place, list) else last] = value
    return validated(Invoice, document)


def _copied(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {name: _copied(value) for name, value in part.items()}
    return [_copied(value) for value in part] if isinstance(part, list) else part


def spoken(code: str, asked: Invoice) -> list[tuple[str, str, str]]:
    """Give severity, field and value of every problem that rule *code* has with an invoice."""
    return [(problem.severity, problem.field, problem.value) for problem in check(asked) if problem.code == code]

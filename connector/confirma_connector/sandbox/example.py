"""The vendor's own example of an invoice, its cut-off tail completed in the obvious way."""

from __future__ import annotations

from typing import Any


def vendor_example() -> dict[str, Any]:
    """Return the request body of the vendor's page "Create an invoice", a fresh copy each time."""
    return {
        "processing": {
            "paymentControlEnabled": True,
            "manualApprovalEnabled": False,
            "accountingInvoiceEnabled": False,
        },
        "distribution": {"method": "EMAIL", "enabled": True},
        "invoice": {
            "header": {
                "number": 251601000,
                "type": "INVOICE",
                "date": "2025-12-01",
                "dueDate": "2025-12-15",
                "description": None,
                "additionalInformation": None,
                "currencyCode": "EUR",
                "languageCode": "FI",
            },
            "references": {
                "sales": "SF0001",
                "buyer": "BR0002",
                "agreement": "AN456",
                "payment": "2516000017",
                "orderNumber": "ON798",
                "orderDate": "2025-12-01",
                "electronicPaymentCode": None,
                "creditedInvoiceNumber": None,
                "invoiceCopyUrl": None,
            },
            "parties": {
                "sellerParty": _seller(),
                "buyerParty": _buyer(),
                "invoiceRecipientParty": _recipient(),
            },
        },
    }


def _seller() -> dict[str, Any]:
    return {
        "businessId": "0646115-8",
        "name": "Test Company Ltd",
        "vatCode": "FI1234567",
        "address": {
            "street": "Teirinkatu 6",
            "postalCode": "65100",
            "postalDistrict": "VAASA",
            "countryCode": "FI",
            "countryName": "FINLAND",
        },
        "contact": {
            "contactPerson": {"name": "Teppo Testaaja", "email": "teppo.testaaja@example.com"},
            "email": "it@example.com",
            "phone": "+358501234567",
        },
        "paymentDetails": {"iban": "FI12345678912345678", "bic": "DABAFIHH", "bankgiro": None, "postgiro": None},
    }


def _buyer() -> dict[str, Any]:
    return {
        "entityType": "BUSINESS",
        "name": "Buyer Company Oy",
        "customerAccountId": "",
        "personalIdentityNumber": None,
        "businessId": "0646115-8",
        "vatCode": "FI9876543",
        "electronicInvoiceAccount": None,
        "electronicRoutingAddress": None,
        "glnNumber": None,
        "languageCode": "FI",
        "address": {
            "street": "Kauppakatu 1",
            "street2": None,
            "street3": None,
            "postalCode": "00100",
            "postalDistrict": "HELSINKI",
            "countryCode": "FI",
        },
        "contact": {
            "contactPerson": {"name": "Matti Meikäläinen", "email": "matti.meikalainen@example.com"},
            "email": "laskut@example.com",
            "phone": "+358401234567",
        },
    }


def _recipient() -> dict[str, Any]:
    address = dict.fromkeys(("street", "street2", "street3", "postalCode", "postalDistrict", "countryCode"))
    return {
        "name": None,
        "businessId": None,
        "vatCode": None,
        "electronicInvoiceAccount": None,
        "electronicRoutingAddress": None,
        "glnNumber": None,
        "email": None,
        "languageCode": "FI",
        "address": address,
    }

"""The wire names of the Partner API, spelled here a second time so that our own spelling is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PREFIX: Final = "/api/v1/partner"
INVOICE_PATH: Final = f"{PREFIX}/invoice"
DISTRIBUTION_PATH: Final = f"{PREFIX}/invoice/distribution"
KEY_HEADER: Final = "X-Api-Key"

METHODS: Final = ("EMAIL", "EDI", "LETTER")
TYPES: Final = ("INVOICE", "CREDIT_NOTE", "REMINDER", "AUTO_PAYMENT_INVOICE", "COLLECTION", "FACTORING")

# What a member holds: anything, an exact number, money (a number of at most two decimals), an integer.
ANY: Final = "any"
NUMBER: Final = "number"
MONEY: Final = "money"
INTEGER: Final = "integer"


def shape() -> dict[str, Any]:
    """Return every member the API is known or believed to have, as a tree whose leaves say what they hold.

    A list of one tree stands for an array of such objects; an empty tree for an object of any members.
    """
    return {
        "processing": _any(
            "paymentControlEnabled manualApprovalEnabled accountingInvoiceEnabled showProductCodeEnabled"
        ),
        "distribution": _any("method enabled"),
        "invoice": {
            "header": _any("type date dueDate description additionalInformation currencyCode languageCode")
            | {"number": INTEGER},
            "references": _any(
                "sales buyer agreement payment orderNumber orderDate electronicPaymentCode invoiceCopyUrl"
            )
            | {"creditedInvoiceNumber": INTEGER},
            "parties": _parties(),
            "rows": [_row()],
            "amounts": _all(MONEY, "netAmount vatAmount grossAmount roundingAmount"),
            "terms": {},
            "attachments": [_any("fileName contentType data url")],
            "extensions": {},
        },
    }


def member(document: object, *path: str) -> object:
    """Return the member at *path*, or None where any part of the way is missing."""
    for name in path:
        if not isinstance(document, Mapping):
            return None
        document = document.get(name)
    return document


def text_member(document: object, *path: str) -> str:
    """Return the text at *path* without outer space; "" where it is missing, null or no text."""
    value = member(document, *path)
    return value.strip() if isinstance(value, str) else ""


def _all(kind: str, names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), kind)


def _any(names: str) -> dict[str, Any]:
    return _all(ANY, names)


def _parties() -> dict[str, Any]:
    contact = _any("email phone") | {"contactPerson": _any("name email")}
    address = _any("street street2 street3 postalCode postalDistrict countryCode countryName")
    electronic = _any("electronicInvoiceAccount electronicRoutingAddress glnNumber languageCode")
    seller = _any("businessId name vatCode") | {
        "address": address,
        "contact": contact,
        "paymentDetails": _any("iban bic bankgiro postgiro"),
    }
    buyer = electronic | _any("entityType name customerAccountId personalIdentityNumber businessId vatCode")
    buyer |= {"address": address, "contact": contact} | _any("disableCollection")
    return {
        "sellerParty": seller,
        "buyerParty": buyer,
        "invoiceRecipientParty": electronic | _any("name businessId vatCode email") | {"address": address},
        "deliveryParty": {},
    }


def _row() -> dict[str, Any]:
    row = _any("rowNumber productCode productName description unit vatCode")
    row |= _all(NUMBER, "quantity unitPrice discountPercentage vatPercentage")
    return row | _all(MONEY, "discountAmount vatAmount netAmount grossAmount")

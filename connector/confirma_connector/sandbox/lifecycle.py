"""What becomes of an invoice that was taken: judged once from its data, then a matter of age only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from confirma_connector.sandbox import wire

PAUSED = "PAUSED"
ACCEPTED = "ACCEPTED"
INTERMEDIATED = "INTERMEDIATED"
MANUAL = "MANUAL"
ERROR = "ERROR"
DUPLICATE = "DUPLICATE"

# The pattern of the W3C for <input type="email">.
EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)


def judge(document: dict[str, Any]) -> tuple[str, str | None]:
    """Return how the invoice will end and, for ERROR, the message; duplicates are not known here.

    An invoice whose distribution is switched off stays ACCEPTED.
    """
    complaints = list(_complaints(document))
    if complaints:
        return ERROR, "; ".join(complaints)
    if wire.member(document, "processing", "manualApprovalEnabled") is True:
        return MANUAL, None
    if wire.member(document, "distribution", "enabled") is False:
        return ACCEPTED, None
    return INTERMEDIATED, None


def status_at(ending: str, *, duplicate: bool, age: float, pace: float) -> str:
    """Return the status of a record *age* seconds after its creation, one step of life lasting *pace* seconds."""
    steps = age / pace if pace > 0 else 2
    final = DUPLICATE if duplicate else ending
    if steps < 1:
        return PAUSED
    if steps < 2 and final != ERROR:
        return ACCEPTED
    return final


def _complaints(document: dict[str, Any]) -> Iterator[str]:
    invoice = document["invoice"]
    credited = wire.member(invoice, "references", "creditedInvoiceNumber")
    if wire.member(invoice, "header", "type") == "CREDIT_NOTE" and credited in (None, ""):
        yield "a credit note must refer to the credited invoice (references.creditedInvoiceNumber)"
    buyer = wire.member(invoice, "parties", "buyerParty")
    recipient = wire.member(invoice, "parties", "invoiceRecipientParty")
    method = wire.text_member(document, "distribution", "method")
    ways = {"LETTER": _letter, "EMAIL": _email, "EDI": _electronic}
    yield from ways[method](recipient, buyer)


def _letter(recipient: object, buyer: object) -> Iterator[str]:
    own = any(wire.text_member(recipient, "address", name) for name in ("street", "postalCode", "postalDistrict"))
    address = wire.member(recipient if own else buyer, "address")
    names = {"street": "street", "postalCode": "postal code", "postalDistrict": "postal district"}
    for name, words in (names | {"countryCode": "country code"}).items():
        if not wire.text_member(address, name):
            yield f"{words} is missing"
    code, country = wire.text_member(address, "postalCode"), wire.text_member(address, "countryCode")
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        yield "country code is not valid"
    elif code and not _exists(code, country):
        yield "postal code is not valid"


def _exists(code: str, country: str) -> bool:
    patterns = {"FI": r"[0-9]{5}", "AX": r"[0-9]{5}", "SE": r"[0-9]{3} ?[0-9]{2}"}
    patterns |= {"NO": r"[0-9]{4}", "DK": r"[0-9]{4}"}
    nowhere = country in ("FI", "AX") and code == "00001"
    return bool(re.fullmatch(patterns.get(country, ".+"), code)) and not nowhere


def _email(recipient: object, buyer: object) -> Iterator[str]:
    address = wire.text_member(recipient, "email") or wire.text_member(buyer, "contact", "email")
    if not address:
        yield "e-mail address is missing"
    elif not EMAIL.fullmatch(address):
        yield "e-mail address is not valid"


def _electronic(recipient: object, buyer: object) -> Iterator[str]:
    names = ("electronicInvoiceAccount", "electronicRoutingAddress")
    if not any(all(wire.text_member(party, name) for name in names) for party in (recipient, buyer)):
        yield "electronic invoice account or routing address is missing"

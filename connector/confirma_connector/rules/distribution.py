"""What each way of distribution needs: a postal address, an e-mail address, an e-invoice address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from confirma_connector.invoice import Invoice
from confirma_connector.language import mark, tr
from confirma_connector.rules.places import addresses, given, postal_target, receivers
from confirma_connector.rules.rule import Finding, Rule

__all__ = ["RULES", "expected_postal_code"]

_FIVE = (
    re.compile(r"\d{5}", re.ASCII),
    mark("expected a postal code of five digits, such as 00100, as the country is {country}"),
)
_FIVE_SPACED = (
    re.compile(r"\d{3} ?\d{2}", re.ASCII),
    mark("expected a postal code of five digits, such as 114 55, as the country is {country}"),
)
_FOUR = (
    re.compile(r"\d{4}", re.ASCII),
    mark("expected a postal code of four digits, such as 0150, as the country is {country}"),
)
_NEEDED_BY_LETTERS = {
    "street": mark("expected the street address: a letter cannot be dispatched without it"),
    "postal_code": mark("expected the postal code: a letter cannot be dispatched without it"),
    "postal_district": mark("expected the post office (city): a letter cannot be dispatched without it"),
    "country_code": mark("expected the country code: a letter cannot be dispatched without it"),
}
_POSTAL_CODES = {"FI": _FIVE, "AX": _FIVE, "SE": _FIVE_SPACED, "NO": _FOUR, "DK": _FOUR}


def _letter_address(invoice: Invoice) -> Iterable[Finding]:
    if invoice.distribution.method != "LETTER":
        return ()
    path, address = postal_target(invoice)
    lacking = [member for member in _NEEDED_BY_LETTERS if not given(getattr(address, member))]
    return [Finding(f"{path}.{member}", tr(_NEEDED_BY_LETTERS[member])) for member in lacking]


def _postal_code(invoice: Invoice) -> Iterable[Finding]:
    wrong = [
        (path, text, country)
        for path, one in addresses(invoice)
        if (text := one.postal_code or "") and expected_postal_code(text, country := one.country_code or "")
    ]
    target = postal_target(invoice)[0] if wrong and invoice.distribution.method == "LETTER" else ""
    return [
        Finding(
            f"{path}.postal_code",
            tr(expected_postal_code(text, country), country=given(country).upper()),
            given(text),
            at_most="error" if path == target else "warning",
        )
        for path, text, country in wrong
    ]


@lru_cache(maxsize=4096)
def expected_postal_code(text: str, country: str) -> str:
    """Say what a postal code should have been; "" when it is right, or of a country that is not checked."""
    pattern, expected = _POSTAL_CODES.get(given(country).upper(), (None, ""))
    return expected if pattern is not None and given(text) and not pattern.fullmatch(given(text)) else ""


def _email_missing(invoice: Invoice) -> Iterable[Finding]:
    if invoice.distribution.method != "EMAIL":
        return ()
    contact, recipient = invoice.buyer.contact, invoice.recipient
    texts = (contact.email if contact is not None else None, recipient.email if recipient is not None else None)
    if any(map(given, texts)):
        return ()
    message = tr("expected an e-mail address: the invoice is to be sent by e-mail")
    return (Finding("buyer.contact.email", message),)


def _edi_address(invoice: Invoice) -> Iterable[Finding]:
    return _no_edi_address(invoice) if invoice.distribution.method == "EDI" else ()


def _no_edi_address(invoice: Invoice) -> Iterator[Finding]:
    recipient = invoice.recipient
    path, party = "buyer", invoice.buyer
    account, operator = given(party.electronic_invoice_account), given(party.electronic_routing_address)
    if recipient is not None:
        own = given(recipient.electronic_invoice_account), given(recipient.electronic_routing_address)
        if any(own):
            path, (account, operator) = "recipient", own
    if account in _NO_ADDRESS:
        yield Finding(
            f"{path}.electronic_invoice_account",
            tr("expected the e-invoice address of the receiver") + _zero(account),
        )
    if operator in _NO_ADDRESS:
        yield Finding(
            f"{path}.electronic_routing_address",
            tr("expected the operator (intermediator) of the e-invoice address") + _zero(operator),
        )


def _operator_alone(invoice: Invoice) -> Iterable[Finding]:
    return () if invoice.distribution.method == "EDI" else _without_account(invoice)


def _without_account(invoice: Invoice) -> Iterator[Finding]:
    for path, party in receivers(invoice):
        account, operator = given(party.electronic_invoice_account), given(party.electronic_routing_address)
        if account in _NO_ADDRESS and operator not in _NO_ADDRESS:
            yield Finding(
                f"{path}.electronic_invoice_account",
                tr(
                    "there is an operator and no e-invoice address, so the invoice goes another way ({method}): "
                    "expected the address as well, or no operator",
                    method=invoice.distribution.method,
                ),
                account,
            )


_NO_ADDRESS = frozenset({"", "0"})


def _zero(text: str) -> str:
    return (
        tr("; a formula that looks up an empty cell gives 0: the mapping can say empty: [0] for the field")
        if text
        else ""
    )


RULES = (
    Rule(
        "E-LETTER-ADDRESS", "error", mark("A letter has street, postal code, post office and country."), _letter_address
    ),
    Rule(
        "E-POSTAL-CODE",
        "error",
        mark("A postal code fits its country (FI, AX, SE, NO, DK); only a warning where no letter goes to it."),
        _postal_code,
    ),
    Rule("E-EMAIL-MISSING", "error", mark("An invoice by e-mail has an e-mail address to go to."), _email_missing),
    Rule("E-EDI-ADDRESS", "error", mark("An e-invoice has the receiver's address and operator."), _edi_address),
    Rule(
        "E-OPERATOR-ALONE",
        "warning",
        mark("Beside an e-invoice operator there is an address; not asked where the source says how the invoice goes."),
        _operator_alone,
    ),
)

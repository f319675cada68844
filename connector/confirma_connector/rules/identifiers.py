"""Who the parties are: business ids, VAT numbers, e-invoice addresses, and their check digits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import mul

from stdnum import ean
from stdnum.eu import vat
from stdnum.fi import hetu, ytunnus

from confirma_connector.invoice import Invoice
from confirma_connector.language import mark, tr
from confirma_connector.masking import hidden
from confirma_connector.references import values_of
from confirma_connector.rules.codes import OPERATORS
from confirma_connector.rules.places import given, is_finnish, parties, receivers
from confirma_connector.rules.rule import Finding, Rule

__all__ = ["RULES", "business_id_digits", "expected_ovt", "expected_vat_number", "has_lost_zeros", "is_of_company"]

_OLD_FORM = re.compile(r"\d{6}-\d", re.ASCII)
_NEW_FORM = re.compile(r"\d{7}-?\d", re.ASCII)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1)
_OVT = re.compile(r"0037(\d{8})[0-9A-Z]{0,5}", re.ASCII)
_CUT_OVT = re.compile(r"37(\d{8})\d{0,5}", re.ASCII)
_OF_COMPANY = re.compile(
    r"(?:as\.? |asunto )?(?:oy|ab|tmi)\.? .+|.+ (?:oy|oyj|ab|abp|ky|kb|ay|osk|tmi|ry|rf|rs|sr|oy ab|ab oy)\.?",
    re.IGNORECASE,
)
_EU_PREFIX = re.compile(r"[A-Za-z]{2}")
_WITH_ITS_COUNTRY = mark("expected a VAT number that begins with its country: FI and eight digits in Finland")
_FITTING_FINNISH = mark("expected FI and the eight digits of a business id, with fitting check digits")
_FITTING_OTHER = mark("expected the VAT number of its country, with fitting check digits")
_SAME_DIGITS = mark("expected a VAT number with the same digits as the business id")
_PROPER_OVT = mark("expected an OVT: 0037, the eight digits of a business id, and at most five signs more")
_WITH_ITS_ZEROS = mark(
    "it looks like an OVT that has lost its zeros in front or its last digits, as a number in a spreadsheet does: "
    "expected 0037 and the eight digits of a business id; enter it again, in a cell of the format Text"
)
_SHORTEST_CUT = 10
"""So many digits may be the number of a company elsewhere: they must hold a business id."""
_BRANCH = re.compile(r"[A-Z]{6}[A-Z0-9]{2}XXX")


@lru_cache(maxsize=4096)
def business_id_digits(text: str) -> str:
    """Give the eight digits of a valid Finnish business id; "" when it is not one. The old 6+1 form gets its zero."""
    if _NEW_FORM.fullmatch(text):  # nearly all are spelled so, and of a buyer that is new each time
        digits = text[:7] + text[-1]
        return digits if sum(map(mul, _WEIGHTS, values_of(digits))) % 11 == 0 and int(digits) != 0 else ""
    padded = text.zfill(9) if _OLD_FORM.fullmatch(text) else text
    digits = ytunnus.compact(padded)
    return digits if ytunnus.is_valid(padded) and int(digits) != 0 else ""


def _business_id(invoice: Invoice) -> Iterator[Finding]:
    for path, party in parties(invoice):
        text = given(party.business_id)
        if text and not business_id_digits(text) and is_finnish(party):
            yield Finding(
                f"{path}.business_id",
                tr(
                    "expected a Finnish business id such as 2331972-7 whose check digit fits; for a company "
                    "abroad give the country code of its address"
                ),
                text,
            )


def _seller_id(invoice: Invoice) -> Iterable[Finding]:
    if given(invoice.seller.business_id):
        return ()
    return (Finding("seller.business_id", tr("expected the seller's business id")),)


@lru_cache(maxsize=4096)
def _vat_number_is_valid(text: str) -> bool:
    return vat.is_valid(text) and any(digit in text for digit in "123456789")


def _vat_number(invoice: Invoice) -> Iterator[Finding]:
    for path, party in parties(invoice):
        text = given(party.vat_code)
        expected = expected_vat_number(text, given(party.business_id), finnish=is_finnish(party)) if text else ""
        if expected:
            yield Finding(f"{path}.vat_code", tr(expected), text)


@lru_cache(maxsize=4096)
def expected_vat_number(text: str, business_id: str, *, finnish: bool) -> str:
    """Say what a VAT number should have been; "" when it is right, or of a country that cannot be checked."""
    prefix = text[:2].upper()
    if not _EU_PREFIX.fullmatch(prefix):
        return _WITH_ITS_COUNTRY if finnish else ""
    if prefix != "EL" and prefix.lower() not in vat.MEMBER_STATES:
        return ""
    if not _vat_number_is_valid(text):
        return _FITTING_FINNISH if prefix == "FI" else _FITTING_OTHER
    own = business_id_digits(business_id) if finnish and prefix == "FI" else ""
    return _SAME_DIGITS if own and own != _digits(text) else ""


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign in "0123456789")


def _identity_number(invoice: Invoice) -> Iterable[Finding]:
    text = given(invoice.buyer.personal_identity_number)
    if not text or hetu.is_valid(text):
        return ()
    message = tr("expected a Finnish personal identity code whose check character fits")
    return (Finding("buyer.personal_identity_number", message, hidden(text)),)


def _gln(invoice: Invoice) -> Iterator[Finding]:
    for path, party in receivers(invoice):
        text = given(party.gln_number)
        if text and not _gln_is_valid(text):
            yield Finding(f"{path}.gln_number", tr("expected a GLN of 13 digits whose check digit fits"), text)


@lru_cache(maxsize=4096)
def _gln_is_valid(text: str) -> bool:
    return len(text) == 13 and ean.is_valid(text)


def _ovt(invoice: Invoice) -> Iterator[Finding]:
    for path, party in receivers(invoice):
        text = given(party.electronic_invoice_account)
        if expected := expected_ovt(text):
            yield Finding(f"{path}.electronic_invoice_account", tr(expected), text)


@lru_cache(maxsize=4096)
def expected_ovt(text: str) -> str:
    """Say what an e-invoice address should have been; "" when it is an OVT, or an address of another kind."""
    if has_lost_zeros(text):
        return _WITH_ITS_ZEROS
    return _PROPER_OVT if text.startswith("0037") and not _ovt_is_valid(text) else ""


def has_lost_zeros(text: str) -> bool:
    """Tell whether *text* looks like an OVT as a spreadsheet keeps it as a number: its zeros gone, digits rounded."""
    match = _CUT_OVT.fullmatch(text)
    if match is None or _gln_is_valid(text):
        return False
    return len(text) > _SHORTEST_CUT or bool(business_id_digits(match[1]))


def _ovt_is_valid(text: str) -> bool:
    match = _OVT.fullmatch(text)
    return match is not None and bool(business_id_digits(match[1]))


def _operator(invoice: Invoice) -> Iterator[Finding]:
    for path, party in receivers(invoice):
        text = given(party.electronic_routing_address).upper()
        if text and (text[:8] if _BRANCH.fullmatch(text) else text) not in OPERATORS:
            yield Finding(
                f"{path}.electronic_routing_address",
                tr("expected a known e-invoice operator or the BIC of its bank, such as 003721291126 or NDEAFIHH"),
                text,
            )


def _company_name(invoice: Invoice) -> Iterable[Finding]:
    buyer, name = invoice.buyer, given(invoice.buyer.name)
    if buyer.entity_type != "CONSUMER" or any(map(given, (buyer.business_id, buyer.vat_code))):
        return ()
    if given(buyer.personal_identity_number) or not is_of_company(name):
        return ()
    message = tr(
        "a company by its name, and this buyer goes as a consumer: expected a business id, or a buyer that is a company"
    )
    return (Finding("buyer.name", message, name),)


def is_of_company(name: str) -> bool:
    """Tell whether a name is that of a company."""
    return _OF_COMPANY.fullmatch(name) is not None


RULES = (
    Rule("E-BUSINESS-ID", "error", mark("A Finnish business id has fitting check digits."), _business_id),
    Rule("E-SELLER-ID", "warning", mark("The seller has a business id."), _seller_id),
    Rule("E-VAT-NUMBER", "warning", mark("A VAT number fits its country, and the Finnish business id."), _vat_number),
    Rule("E-HETU", "warning", mark("A personal identity code has a fitting check character."), _identity_number),
    Rule("E-GLN", "warning", mark("A GLN has 13 digits and a fitting check digit."), _gln),
    Rule("E-OVT", "warning", mark("An OVT (0037…) is a proper one, with its zeros in front."), _ovt),
    Rule("E-COMPANY-NAME", "warning", mark("A buyer with the name of a company is no consumer."), _company_name),
    Rule("E-OPERATOR", "warning", mark("The e-invoice operator is a known one (list of 2024)."), _operator),
)

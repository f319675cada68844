"""Where and with what reference the buyer pays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from stdnum import bic, iban, iso11649, luhn

from confirma_connector import references
from confirma_connector.invoice import Invoice
from confirma_connector.language import mark, tr
from confirma_connector.rules.places import country, given, is_finnish
from confirma_connector.rules.rule import Finding, Rule

__all__ = ["RULES", "bic_is_valid", "iban_is_valid"]

_OCR = re.compile(r"\d{2,25}", re.ASCII)
_RF = re.compile(r"RF\d{2}[0-9A-Z]{1,21}", re.ASCII)

iban_is_valid = lru_cache(maxsize=4096)(iban.is_valid)
bic_is_valid = lru_cache(maxsize=4096)(bic.is_valid)


def _iban(invoice: Invoice) -> Iterable[Finding]:
    details = invoice.seller.payment_details
    text = given(details.iban) if details is not None else ""
    if not text or iban_is_valid(text):
        return ()
    message = tr(
        "expected an IBAN with the length of its country and fitting check digits (FI and 16 digits in Finland)"
    )
    return (Finding("seller.payment_details.iban", message, text),)


def _bic(invoice: Invoice) -> Iterable[Finding]:
    details = invoice.seller.payment_details
    text = given(details.bic) if details is not None else ""
    if not text or bic_is_valid(text):
        return ()
    return (Finding("seller.payment_details.bic", tr("expected a BIC of 8 or 11 signs, such as NDEAFIHH"), text),)


def _reference(invoice: Invoice) -> Iterable[Finding]:
    text = given(invoice.references.payment)
    if not text or references.is_finnish(text):
        return ()
    compact = "".join(text.split())
    if compact[:2].upper() == "RF":
        if _rf_is_valid(compact):
            return ()
        return (Finding("references.payment", tr("expected an RF reference whose check digits fit"), text),)
    if not is_finnish(invoice.seller) or (_is_paid_in_sweden(invoice) and _ocr_is_valid(compact)):
        return ()
    message = tr("expected a Finnish reference of 4 to 20 digits whose last digit fits, or an RF reference")
    return (Finding("references.payment", message, text),)


def _is_paid_in_sweden(invoice: Invoice) -> bool:
    details = invoice.seller.payment_details
    return country(invoice.seller) == "SE" or (details is not None and given(details.iban)[:2].upper() == "SE")


@lru_cache(maxsize=4096)
def _rf_is_valid(compact: str) -> bool:
    return _RF.fullmatch(compact.upper()) is not None and iso11649.is_valid(compact)


@lru_cache(maxsize=4096)
def _ocr_is_valid(compact: str) -> bool:
    return _OCR.fullmatch(compact) is not None and luhn.is_valid(compact)


def _reference_missing(invoice: Invoice) -> Iterable[Finding]:
    if invoice.type != "INVOICE" or given(invoice.references.payment):
        return ()
    return (Finding("references.payment", tr("expected the reference that the buyer pays with")),)


RULES = (
    Rule("E-IBAN", "error", mark("The seller's IBAN has its country's length and fitting check digits."), _iban),
    Rule("E-BIC", "warning", mark("The seller's BIC is well formed."), _bic),
    Rule(
        "E-REFERENCE",
        "error",
        mark("The payment reference (Finnish, RF or Swedish) has fitting check digits."),
        _reference,
    ),
    Rule("E-REFERENCE-MISSING", "warning", mark("An invoice has a payment reference."), _reference_missing),
)

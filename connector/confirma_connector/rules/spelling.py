"""The service's types of text: codes of currencies, countries and languages, e-mail addresses and URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from confirma_connector.invoice import Invoice
from confirma_connector.language import mark, tr
from confirma_connector.rules.codes import COUNTRIES, CURRENCIES, LANGUAGES
from confirma_connector.rules.places import addresses, given
from confirma_connector.rules.rule import Finding, Rule

__all__ = ["RULES", "is_email"]

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(?:\.{_LABEL})*")
"""The pattern of the HTML standard for `<input type=email>`, which the service names."""

_URL = re.compile(rf"https?://{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?(?:[/?#][^\s<>\"]*)?", re.IGNORECASE)


def _currency(invoice: Invoice) -> Iterable[Finding]:
    code = invoice.currency_code
    if code in CURRENCIES:
        return ()
    return (Finding("currency_code", tr("expected a currency code of three capitals, such as EUR or SEK"), code),)


def _country(invoice: Invoice) -> Iterable[Finding]:
    return [
        Finding(f"{path}.country_code", tr("expected a country code of two capitals, such as FI or SE"), code)
        for path, address in addresses(invoice)
        if (code := address.country_code) and code not in COUNTRIES and code.strip()
    ]


def _language(invoice: Invoice) -> Iterable[Finding]:
    recipient = invoice.recipient
    codes = (
        ("language_code", invoice.language_code),
        ("buyer.language_code", invoice.buyer.language_code),
        ("recipient.language_code", recipient.language_code if recipient is not None else None),
    )
    return [
        Finding(path, tr("expected a language code of two capitals, such as FI, SV or EN"), code)
        for path, code in codes
        if code and code not in LANGUAGES and code.strip()
    ]


@lru_cache(maxsize=4096)
def is_email(text: str) -> bool:
    """Tell whether *text* is one e-mail address."""
    return _EMAIL.fullmatch(text) is not None


def _email(invoice: Invoice) -> Iterable[Finding]:
    return [
        Finding(path, tr("expected one e-mail address, such as laskut@example.com"), text)
        for path, text in _emails(invoice)
        if text and not is_email(text)
    ]


def _emails(invoice: Invoice) -> list[tuple[str, str]]:
    found = []
    for path, contact in (("seller.contact", invoice.seller.contact), ("buyer.contact", invoice.buyer.contact)):
        if contact is not None:
            found.append((f"{path}.email", given(contact.email)))
            if contact.contact_person is not None:
                found.append((f"{path}.contact_person.email", given(contact.contact_person.email)))
    if invoice.recipient is not None:
        found.append(("recipient.email", given(invoice.recipient.email)))
    return found


def _url(invoice: Invoice) -> Iterable[Finding]:
    if not invoice.references.invoice_copy_url and not invoice.attachments:
        return ()
    return _no_urls(invoice)


def _no_urls(invoice: Invoice) -> Iterator[Finding]:
    urls = [("references.invoice_copy_url", invoice.references.invoice_copy_url)]
    urls += [(f"attachments[{index}].url", attachment.url) for index, attachment in enumerate(invoice.attachments)]
    for path, url in urls:
        if given(url) and not _URL.fullmatch(given(url)):
            yield Finding(path, tr("expected a web address that begins with https:// or http://"), given(url))


RULES = (
    Rule("E-CURRENCY", "error", mark("The currency is a code of ISO 4217."), _currency),
    Rule("E-COUNTRY", "error", mark("Every country is a two-letter code of ISO 3166-1."), _country),
    Rule(
        "E-LANGUAGE",
        "error",
        mark("Every language is a code of ISO 639-1 in capitals (or the service's DK)."),
        _language,
    ),
    Rule("E-EMAIL", "error", mark("Every e-mail address is well formed, by the pattern of the HTML standard."), _email),
    Rule("E-URL", "error", mark("Every web address is well formed."), _url),
)

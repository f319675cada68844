from __future__ import annotations

from typing import Any

import pytest
from invoices import invoice, spoken

from confirma_connector.rules.codes import COUNTRIES, CURRENCIES, LANGUAGES


@pytest.mark.parametrize("currency", ["eur", "EURO", "€", "", "FIM", "XXX", "XAU", " EUR"])
def test_an_unknown_currency_is_an_error(currency: str) -> None:
    assert spoken("E-CURRENCY", invoice(currency_code=currency)) == [("error", "currency_code", currency)]


@pytest.mark.parametrize("currency", ["EUR", "SEK", "NOK", "DKK", "USD", "GBP", "CHF", "PLN"])
def test_a_currency_of_iso_4217_is_right(currency: str) -> None:
    assert spoken("E-CURRENCY", invoice(currency_code=currency)) == []


@pytest.mark.parametrize("party", ["seller", "buyer", "recipient", "delivery"])
def test_every_country_is_a_code_of_two_capitals(party: str) -> None:
    for wrong in ("fi", "FIN", "Suomi", "UK", "XX", "FI "):
        asked = invoice(**{f"{party}__address__country_code": wrong})
        assert spoken("E-COUNTRY", asked) == [("error", f"{party}.address.country_code", wrong)]
    for right in ("FI", "SE", "AX", "GB", "", " ", None):
        assert spoken("E-COUNTRY", invoice(**{f"{party}__address__country_code": right})) == []


@pytest.mark.parametrize("path", ["language_code", "buyer__language_code", "recipient__language_code"])
def test_every_language_is_a_code_of_two_capitals(path: str) -> None:
    for wrong in ("fi", "FIN", "SUOMI", "SWE", "XX"):
        found = spoken("E-LANGUAGE", invoice(**{path: wrong}))
        assert found == [("error", path.replace("__", "."), wrong)]
    for right in ("FI", "SV", "NO", "DK", "DA", "EN", "", None):
        assert spoken("E-LANGUAGE", invoice(**{path: right})) == []


EMAIL_PATHS = [
    "seller__contact__email",
    "seller__contact__contact_person__email",
    "buyer__contact__email",
    "buyer__contact__contact_person__email",
    "recipient__email",
]


@pytest.mark.parametrize("path", EMAIL_PATHS)
@pytest.mark.parametrize(
    "email",
    [
        "maija",
        "maija@",
        "@example.com",
        "a@x.fi; b@x.fi",
        "a@x.fi,b@x.fi",
        "mäija@x.fi",
        "a b@x.fi",
        "a@-x.fi",
        "a@x..fi",
    ],
)
def test_a_malformed_email_address_is_an_error_wherever_it_stands(path: str, email: str) -> None:
    assert spoken("E-EMAIL", invoice(**{path: email})) == [("error", path.replace("__", "."), email)]


@pytest.mark.parametrize("path", EMAIL_PATHS)
@pytest.mark.parametrize("email", ["laskut@example.com", "a.b+c@sub.example.fi", " a@x.fi ", "o'neil@x.fi", "", None])
def test_a_well_formed_or_absent_email_address_is_let_be(path: str, email: str | None) -> None:
    assert spoken("E-EMAIL", invoice(**{path: email})) == []


WRONG_URLS = [
    "www.example.com/lasku.pdf",
    "ftp://example.com/a",
    "https://",
    "https://exa mple.com",
    "https://x.fi/a b",
    "C:\\a.pdf",
]
RIGHT_URLS: list[Any] = [
    "https://example.com",
    "http://example.com:8080/lasku.pdf?x=1&y=å#s",
    "HTTPS://x.fi/a",
    "",
    None,
]


@pytest.mark.parametrize("url", WRONG_URLS)
def test_a_malformed_web_address_is_an_error(url: str) -> None:
    wrong = invoice(references__invoice_copy_url=url, attachments=[{"data": "JVBERg=="}, {"url": url}])
    assert spoken("E-URL", wrong) == [
        ("error", "references.invoice_copy_url", url),
        ("error", "attachments[1].url", url),
    ]


@pytest.mark.parametrize("url", RIGHT_URLS)
def test_a_well_formed_or_absent_web_address_is_let_be(url: str | None) -> None:
    assert spoken("E-URL", invoice(references__invoice_copy_url=url, attachments=[{"url": url}])) == []


def test_the_sets_of_codes_are_whole_and_spelled_right() -> None:
    assert len(COUNTRIES) == 249
    assert len(LANGUAGES) == 184  # the 183 of ISO 639-1 and DK
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES | LANGUAGES)

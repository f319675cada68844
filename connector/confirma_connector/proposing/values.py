"""What single values look like: check digits, patterns, known codes. Each test says yes only to what it is sure of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from types import MappingProxyType

from stdnum import bic, ean, iban, iso11649
from stdnum.eu import vat
from stdnum.fi import hetu, ytunnus

from confirma_connector.proposing.words import CODED, the_words
from confirma_connector.references import is_finnish
from confirma_connector.rules.codes import COUNTRIES, CURRENCIES, LANGUAGES, OPERATORS
from confirma_connector.rules.vat import FINNISH_RATES
from confirma_connector.transforms import business_id, country

__all__ = ["KINDS", "kinds_of", "plain_number"]

_BUSINESS_ID = re.compile(r"(?:FI)?\s?[0-9]{6,7}[-\u2010-\u2013\u2212]?[0-9]", re.IGNORECASE)
_OVT = re.compile(r"0037([0-9]{8})[0-9A-Za-z]{0,5}")
_EMAIL = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[A-Za-zÀ-ÿ]{2,}")
_PHONE = re.compile(r"\+?[0-9(][0-9 ()/-]{5,18}[0-9]")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_DATE = re.compile(
    r"(?:[0-9]{1,2}[./-][0-9]{1,2}[./-](?:[0-9]{2}|[0-9]{4})|[0-9]{4}[./-][0-9]{1,2}[./-][0-9]{1,2}"
    r"|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))(?:[T ][0-9:.Z+]*)?"
)
_NUMBER = re.compile(
    r"[-\u2212+(]?\s?(?:[€$£]\s?)?[0-9][0-9 .,'’\u00a0\u202f]*\s?(?:€|eur|kr|%|h)?\s?[-\u2212)]?", re.IGNORECASE
)
_DECIMALS = re.compile(r"[.,][0-9]{1,2}(?![0-9])")
_WHOLE = re.compile(r"[0-9]{1,18}")
_NUMBERED = re.compile(r"#?(?:[A-Za-zÅÄÖåäö]{1,8}[-/ _.]?){0,3}[0-9][0-9A-Za-z/_.-]{0,24}")
_POSTAL = re.compile(r"(?:FI-?|AX-?)?[0-9]{5}|(?:SE?-?)?[0-9]{3} [0-9]{2}", re.IGNORECASE)
_LIKE_POSTAL = re.compile(r"(?:[A-Z]{1,2}-)?(?=.*[0-9])[0-9A-Z]{2,5}(?:[ -][0-9A-Z]{2,4})?", re.IGNORECASE)
_ADDRESS = re.compile(r"(?=.*[^\W\d_]{3}).*[^\W\d_]\.?\s+[0-9]+(?:\s?[A-Za-z]{1,3}\b.*|\s*[-–/].*)?")
_WHOLE_ADDRESS = re.compile(r".*[^\W\d_].*[0-9]{5}\s+[^\W\d_]{2}.*", re.DOTALL)
_COMPANY = re.compile(
    r"(?:^|\s)(?:oy|oyj|ab|abp|ky|tmi|ry|rf|as oy|oü|ltd|llc|inc|gmbh|as|aps|osk|säätiö|kunta|kaupunki)\.?(?:$|\s)",
    re.IGNORECASE,
)
_LETTERS = re.compile(r".*[^\W\d_]{2}", re.DOTALL)
_BIC = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_MOST_RATE = 30
_RATES = frozenset(
    {"0", *(f"{rate.normalize():f}" for since in FINNISH_RATES for rate in since.rates), "25", "12", "6", "22", "8"}
)
_FRACTIONS = MappingProxyType(
    {f"{rate / 100:f}".rstrip("0"): f"{rate.normalize():f}" for since in FINNISH_RATES for rate in since.rates}
)


def _is_business_id(text: str) -> bool:
    if not _BUSINESS_ID.fullmatch(text):
        return False
    try:
        number = business_id(text)
    except ValueError:
        return False
    return bool(ytunnus.is_valid(number)) and any(digit in number for digit in "123456789")


def _is_vat_number(text: str) -> bool:
    compact = "".join(text.split())
    return compact[:2].isalpha() and len(compact) > 6 and bool(vat.is_valid(compact))


def _is_iban(text: str) -> bool:
    return text[:2].isalpha() and text[2:4].isdigit() and bool(iban.is_valid(text))


def _is_reference(text: str) -> bool:
    compact = "".join(text.split())
    if compact[:2].upper() == "RF":
        return bool(iso11649.is_valid(compact))
    return len(compact) >= 4 and is_finnish(compact)


def _is_ovt(text: str) -> bool:
    match = _OVT.fullmatch(text)
    return match is not None and bool(ytunnus.is_valid(f"{match[1][:7]}-{match[1][7]}"))


def _is_operator(text: str) -> bool:
    code = text.upper()
    return code in OPERATORS or (len(code) == 11 and code.endswith("XXX") and code[:8] in OPERATORS)


def _is_bic(text: str) -> bool:
    return bool(_BIC.fullmatch(text)) and text[4:6] in COUNTRIES and bool(bic.is_valid(text))


def _is_country(text: str) -> bool:
    if len(text) > 20 or not text.replace(" ", "").isalpha():
        return False
    try:
        return country(text) in COUNTRIES
    except ValueError:
        return False


def plain_number(text: str) -> str:
    """Give a short number without its signs, a point for the decimal mark: `25,5 %` is 25.5; "" for anything else."""
    line = text.replace("%", "").replace(",", ".").strip()
    if not re.fullmatch(r"-?[0-9]{1,3}(?:\.[0-9]{1,4})?", line):
        return ""
    return line.rstrip("0").rstrip(".") if "." in line else line


def _is_rate(text: str) -> bool:
    return plain_number(text) in _RATES


def _is_fraction(text: str) -> bool:
    return "%" not in text and plain_number(text) in (*_FRACTIONS, "0")


def _is_percentage(text: str) -> bool:
    return _is_up_to(text, _MOST_RATE)


def _is_up_to(text: str, most: int) -> bool:
    number = plain_number(text)
    return bool(number) and 0 <= Decimal(number) <= most


def _is_language(text: str) -> bool:
    return bool(the_words().code("language_code", text)) or (len(text) == 2 and text.upper() in LANGUAGES)


def _is_currency(text: str) -> bool:
    return text.upper() in CURRENCIES or bool(the_words().code("currency_code", text))


def _is_word_of(name: str, text: str) -> bool:
    return bool(the_words().code(name, text))


KINDS: Mapping[str, Callable[[str], bool]] = MappingProxyType(
    {
        "business_id": _is_business_id,
        "vat_number": _is_vat_number,
        "iban": _is_iban,
        "bic": _is_bic,
        "reference": _is_reference,
        "ovt": _is_ovt,
        "operator": _is_operator,
        "identity_code": lambda text: bool(hetu.is_valid(text)),
        "gln": lambda text: len(text) == 13 and bool(ean.is_valid(text)),
        "email": lambda text: bool(_EMAIL.fullmatch(text)),
        "phone": lambda text: bool(_PHONE.fullmatch(text)),
        "url": lambda text: bool(_URL.fullmatch(text)),
        "pdf": lambda text: text.lower().endswith(".pdf"),
        "date": lambda text: bool(_DATE.fullmatch(text)),
        "spelled_date": lambda text: bool(_DATE.fullmatch(text)) and not text.isdigit(),
        "number": lambda text: bool(_NUMBER.fullmatch(text)) and (text.isdigit() or not _DATE.fullmatch(text)),
        "decimal": lambda text: (
            bool(_NUMBER.fullmatch(text)) and bool(_DECIMALS.search(text)) and not _DATE.fullmatch(text)
        ),
        "whole": lambda text: bool(_WHOLE.fullmatch(text)),
        "numbered": lambda text: bool(_NUMBERED.fullmatch(text)),
        "rate": _is_rate,
        "fraction": _is_fraction,
        "percentage": _is_percentage,
        "hundredth": lambda text: _is_up_to(text, 100),
        "postal": lambda text: bool(_POSTAL.fullmatch(text)),
        "like_postal": lambda text: len(text) <= 10 and bool(_LIKE_POSTAL.fullmatch(text)),
        "street": lambda text: bool(_ADDRESS.fullmatch(text)) and not _WHOLE_ADDRESS.fullmatch(text),
        "whole_address": lambda text: bool(_WHOLE_ADDRESS.fullmatch(text)),
        "company": lambda text: bool(_COMPANY.search(text)),
        "below_one": lambda text: "%" not in text and 0 < Decimal(plain_number(text) or 1) < 1,
        "letters": lambda text: bool(_LETTERS.match(text)),
        "long": lambda text: len(text) > 60,
        "unit": lambda text: text.casefold().rstrip(".") in the_words().units,
        "currency": _is_currency,
        "country": _is_country,
        "country_code": lambda text: text.upper() in COUNTRIES and len(text) == 2,
        "language": _is_language,
        **{f"word_of_{name}": partial(_is_word_of, name) for name in CODED},
    }
)
"""Tests of a text without outer space, by the name of what they recognise."""


@lru_cache(maxsize=200_000)
def kinds_of(text: str) -> frozenset[str]:
    """Name all that *text* looks like."""
    return frozenset(kind for kind, test in KINDS.items() if test(text))

"""Named steps for mappings: text to text, or a `ValueError` with a sentence. The first docstring line is the help."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType

from confirma_connector.language import tr

__all__ = ["TRANSFORMS"]

_ZEROS_IN_FRONT = re.compile(r"0+(?=[0-9A-Za-z])")
_POSTAL_CODE = re.compile(r"[0-9]{1,5}")
_BUSINESS_ID = re.compile(r"(?:FI)?(?:([0-9]{6,7})[-\u2010\u2011\u2012\u2013\u2212]([0-9])|([0-9]{7})([0-9]))")
_UNSIGNED = re.compile(r"[0-9.,'’_\s]*[0-9][0-9.,'’_\s]*")
_MINUS = ("-", "\u2212")
_IMPLIED = re.compile(r"([-+\u2212]?)([0-9]+)([-+\u2212]?)")
_THOUSAND_OR_NOT = re.compile(r"[-\u2212]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_PERCENTAGE = re.compile(r"(?<![0-9])(?<![0-9][.,])([0-9]+)(?:([.,])([0-9]+))?\s*%")
_LETTERS = re.compile(r"[^\W\d_]+")
_COUNTRIES = MappingProxyType(
    {
        name.casefold(): code
        for code, names in {
            "FI": ("Suomi", "Finland"),
            "SE": ("Ruotsi", "Sverige", "Sweden"),
            "NO": ("Norja", "Norge", "Noreg", "Norway"),
            "DK": ("Tanska", "Danmark", "Denmark"),
            "AX": ("Ahvenanmaa", "Åland", "Åland Islands"),  # not for people
            "EE": ("Viro", "Eesti", "Estland", "Estonia"),
            "DE": ("Saksa", "Deutschland", "Tyskland", "Germany"),
        }.items()
        for name in names
    }
)


def strip(text: str) -> str:
    """Space before and after is removed."""
    return text.strip()


def upper(text: str) -> str:
    """Letters become capitals."""
    return text.upper()


def lower(text: str) -> str:
    """Letters become small."""
    return text.lower()


def collapse_spaces(text: str) -> str:
    """Every run of spaces and line ends becomes one space; none before and after."""
    return " ".join(text.split())


def digits(text: str) -> str:
    """Only the digits 0 to 9 are kept: "INV-2024/17" gives "202417"."""
    kept = "".join(sign for sign in text if sign in "0123456789")
    if not kept:
        raise ValueError(tr("expected at least one digit"))
    return kept


def strip_zeros(text: str) -> str:
    """Zeros in front are removed: "000123" gives "123", "0" stays."""
    line = text.strip()
    zeros = _ZEROS_IN_FRONT.match(line)
    return line[zeros.end() :] if zeros else line


def percent(text: str) -> str:
    """The per cent sign and the space around it are removed: "25,5 %" gives "25,5"."""
    line = text.strip()
    return (line.removesuffix("%") if line.endswith("%") else line.removeprefix("%")).strip()


def rate_in_text(text: str) -> str:
    """The one percentage in a text is kept: "20.0% (VAT on Income)" gives "20"; a text without one stays as it is."""
    found = _PERCENTAGE.findall(text)
    if not text.count("%") == len(found) <= 1:
        raise ValueError(tr("expected one percentage, such as 25.5%, and no second one"))
    if not found:
        return text.strip()
    whole, mark, decimals = found[0]
    decimals = decimals.rstrip("0")
    return f"{whole}{mark}{decimals}" if decimals else str(whole)


def first_letters(text: str) -> str:
    """Only the letters at the beginning are kept: "RINV/2024/00012" gives "RINV"."""
    letters = _LETTERS.match(text.strip())
    if letters is None:
        raise ValueError(tr("expected a text that begins with letters"))
    return letters[0]


def decimal_point(text: str) -> str:
    """A number with a comma or a point gets a point: "12,50" gives "12.50"; "1,500", which may be 1500, is an error."""
    line = text.strip()
    if _THOUSAND_OR_NOT.fullmatch(line):
        raise ValueError(tr("expected a number that can be read in one way: this may be thousands or three decimals"))
    return line.replace(",", ".") if line.count(",") == 1 and "." not in line else line


def _with_implied(text: str, decimals: int) -> str:
    number = _IMPLIED.fullmatch("".join(text.split()))
    if number is None or (number[1] and number[3]):
        raise ValueError(
            tr("expected digits alone, the last {decimals} of them decimals, and at most one sign", decimals=decimals)
        )
    figures = number[2].zfill(decimals + 1)
    is_negative = (number[1] or number[3]) in _MINUS and figures.strip("0")
    return f"{'-' if is_negative else ''}{figures[:-decimals].lstrip('0') or '0'}.{figures[-decimals:]}"


def decimals_1(text: str) -> str:
    """The last digit becomes a decimal behind a point: "255" gives "25.5"."""
    return _with_implied(text, 1)


def decimals_2(text: str) -> str:
    """The last two digits become decimals behind a point: "0012345" gives "123.45", "500-" gives "-5.00"."""
    return _with_implied(text, 2)


def decimals_3(text: str) -> str:
    """The last three digits become decimals behind a point: "0012500" gives "12.500"."""
    return _with_implied(text, 3)


def postal_code_fi(text: str) -> str:
    """A Finnish postal code gets back the zeros it lost: "100" gives "00100"."""
    line = text.strip()
    if not _POSTAL_CODE.fullmatch(line):
        raise ValueError(tr("expected a Finnish postal code of at most five digits"))
    return line.zfill(5)


def business_id(text: str) -> str:
    """A Finnish business id is written as 1234567-8: "FI01120389", "0112038 9" and "112038-9" give "0112038-9"."""
    match = _BUSINESS_ID.fullmatch("".join(text.split()).upper())
    if match is None:
        raise ValueError(tr("expected a Finnish business id such as 1234567-8 or all its eight digits"))
    number, check = match[1] or match[3], match[2] or match[4]
    return f"{number.zfill(7)}-{check}"


def iban(text: str) -> str:
    """An IBAN is written without spaces and in capitals."""
    return "".join(text.split()).upper()


def reference(text: str) -> str:
    """A payment reference is written without spaces and without zeros in front."""
    compact = "".join(text.split()).upper().lstrip("0")
    if not compact:
        raise ValueError(tr("expected a payment reference"))
    return compact


def negate(text: str) -> str:
    """The sign of a number is turned: "1 234,50" gives "-1 234,50"; "-5,00", "5,00-" and "(5,00)" give "5,00"."""
    line = text.strip()
    if line.startswith("(") and line.endswith(")"):
        negative, body = True, line[1:-1]
    elif line.startswith(_MINUS):
        negative, body = True, line[1:]
    elif line.endswith(_MINUS):
        negative, body = True, line[:-1]
    else:
        negative, body = False, line.removeprefix("+")
    body = body.strip()
    if not _UNSIGNED.fullmatch(body):
        raise ValueError(tr("expected a number whose sign can be turned"))
    is_zero = not any(sign in "123456789" for sign in body)
    return body if negative or is_zero else f"-{body}"


def sign(text: str) -> str:
    """Only the sign of a number is kept: "-12,50", "12,50-" and "(12,50)" give "-", others "+"."""
    return "-" if not negate(text).startswith("-") and any(mark in "123456789" for mark in text) else "+"


def first_line(text: str) -> str:
    """Only the first line that is not blank is kept."""
    for line in text.splitlines():
        if line.strip():
            return line.strip()
    raise ValueError(tr("expected a text with at least one line that is not blank"))


def last_word(text: str) -> str:
    """Only the last word is kept: "Lasku 1001" gives "1001"."""
    words = text.split()
    if not words:
        raise ValueError(tr("expected a text with at least one word"))
    return words[-1]


def country(text: str) -> str:
    """A country's name becomes its code: "Suomi" gives "FI"; codes of two letters become capitals."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if len(name) == 2 and name.isascii() and name.isalpha():
        return name.upper()
    if name.casefold() not in _COUNTRIES:
        raise ValueError(
            tr(
                "expected a country code of two letters, or the name of one of {countries}; other "
                "names need a table in the mapping",
                countries=", ".join(dict.fromkeys(_COUNTRIES.values())),
            )
        )
    return _COUNTRIES[name.casefold()]


TRANSFORMS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        step.__name__: step
        for step in (
            strip,
            upper,
            lower,
            collapse_spaces,
            digits,
            strip_zeros,
            percent,
            decimal_point,
            decimals_1,
            decimals_2,
            decimals_3,
            rate_in_text,
            first_letters,
            postal_code_fi,
            business_id,
            iban,
            reference,
            negate,
            sign,
            first_line,
            last_word,
            country,
        )
    }
)
"""The steps that every mapping may use, by name."""

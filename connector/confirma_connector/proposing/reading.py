"""What the line of a field needs beside its column, so that the values as they are spelled can be read."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.language import tr
from confirma_connector.proposing.evidence import Facts
from confirma_connector.proposing.values import kinds_of, plain_number
from confirma_connector.proposing.words import CODED, the_words
from confirma_connector.rules.codes import CURRENCIES, LANGUAGES
from confirma_connector.transforms import TRANSFORMS

__all__ = ["Reading", "reading"]

_MOST_CODES = 20
_SIGNED = re.compile(r"(?P<before>[^\d\s+(\-\u2212]*)[-\u2212+(]?[\d.,'’\s]*\d[)]?(?P<after>[^\d)]*)")


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands beside `column:`, and the codes of the table it names. *doubt* is what a person has to decide."""

    rule: Mapping[str, Any] = field(default_factory=dict)
    table: Mapping[str, str] = field(default_factory=dict)
    doubt: str = ""


def reading(name: str, facts: Facts, decimal: str = ",") -> Reading:
    """Give what the line of the field *name* needs; *decimal* is the mark that the mapping will declare."""
    if damaged := facts.damaged(name):
        told = reading(name, facts.without(damaged), decimal)
        doubts = (facts.doubt(name), told.doubt)
        return replace(told, doubt="; ".join(filter(None, doubts)))
    if not facts.count:
        return Reading()
    if name in CODED:
        return _coded(name, facts)
    if name in ("number", "references.credited_invoice_number"):
        return _numbered(facts)
    if name.endswith("_percentage"):
        return _rated(facts, decimal, is_vat=name == "rows.vat_percentage")
    if name.endswith("postal_code"):
        return _postal(facts)
    if _kind(name) in ("number", "money"):
        return _signed(facts)
    return _stepped(name, facts)


def _kind(name: str) -> str:
    return ROW_FIELDS.get(name.removeprefix("rows.")) or INVOICE_FIELDS.get(name, "text")


_TABLES: Mapping[str, str] = {
    "type": "kinds",
    "distribution.method": "methods",
    "buyer.entity_type": "customers",
    "language_code": "languages",
    "currency_code": "currencies",
}
_CODES: Mapping[str, frozenset[str]] = {"language_code": LANGUAGES, "currency_code": CURRENCIES}


def _coded(name: str, facts: Facts) -> Reading:
    words, texts = the_words(), list(facts.counts)
    if all(text.upper() in _CODES.get(name, ()) for text in texts):
        return Reading() if all(map(str.isupper, texts)) else Reading({"transform": ["upper"]})
    unknown = sorted({text.lower() for text in texts if not words.code(name, text)})
    doubt = ""
    if unknown:
        doubt = tr("the words {unknown} are not known: say what each means", unknown=", ".join(unknown[:_MOST_CODES]))
    return Reading({"transform": ["lower"], "table": _TABLES[name]}, words.table(name, texts), doubt)


def _numbered(facts: Facts) -> Reading:
    texts = list(facts.counts)
    if all(text.isascii() and text.isdigit() for text in texts):
        if all(text == str(int(text)) for text in texts):
            return Reading()
        said = tr("the numbers have zeros in front, which Confirma's do not have: they would be left out")
        return Reading({"transform": ["strip_zeros"]}, doubt=said)
    beginnings = sorted({_beginning(text) for text in texts})
    ends = [text.removeprefix(_beginning(text)) for text in texts]
    if not all(end.isascii() and end.isdigit() for end in ends):
        said = tr("the numbers have other signs between their digits, and only the digits would be kept")
        return Reading({"transform": ["digits"]}, doubt=said)
    said = tr("the numbers begin with {beginnings}, and Confirma's are digits alone", beginnings=", ".join(beginnings))
    if len(beginnings) > 1:  # a digit for each, so that no two numbers become one
        return Reading({"prefixes": {one: str(place) for place, one in enumerate(beginnings, 1)}}, doubt=said)
    zeros = {"transform": ["strip_zeros"]} if any(end.startswith("0") for end in ends) else {}
    return Reading({"prefixes": {beginnings[0]: ""}, **zeros}, doubt=said)


def _beginning(text: str) -> str:
    return "".join(itertools.takewhile(lambda sign: not sign.isdigit(), text))


def _rated(facts: Facts, decimal: str, *, is_vat: bool) -> Reading:
    if is_vat and not facts.are("rate") and facts.any_of(("fraction", "below_one")) * 10 >= facts.count * 9:
        codes = {text: _hundredfold(plain_number(text), decimal) for text in sorted(facts.counts)}
        doubt = "" if facts.are("fraction") else tr("the rates are below one, as 0.24 for 24 %")
        table = {text.replace(".", decimal): rate for text, rate in codes.items()}
        return Reading({"table": "vat_rates"}, table, doubt)
    return Reading({"transform": ["percent"]}) if any("%" in text for text in facts.counts) else Reading()


def _hundredfold(number: str, decimal: str) -> str:
    whole, _, decimals = number.partition(".")
    digits = f"{whole}{decimals.ljust(2, '0')[:2]}".lstrip("0") or "0"
    rest = decimals[2:]
    return f"{digits}{decimal}{rest}" if rest else digits


def _postal(facts: Facts) -> Reading:
    texts = list(facts.counts)
    if not all(text.isdigit() for text in texts) or all(len(text) == 5 for text in texts):
        return Reading()
    if not any(len(text) == 5 for text in texts) or max(map(len, texts)) > 5:
        return Reading()
    said = tr("some have fewer than five digits: Finnish ones would get back the zeros they lost")
    return Reading({"transform": ["postal_code_fi"]}, doubt=said)


def _signed(facts: Facts) -> Reading:
    """Take off what stands around every number of the column: `12,50 €`."""
    signs = {
        (match["before"].strip(), match["after"].strip()) for text in facts.counts if (match := _SIGNED.fullmatch(text))
    }
    if len(signs) != 1:
        return Reading()
    before, after = signs.pop()
    if bool(before) == bool(after) or "-" in after or "%" in after:
        return Reading()
    return Reading({"split": {"at": before or after, "take": "2" if before else "1"}, "transform": ["strip"]})


_STEPS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "business_id": ("business_id", lambda text: bool(re.fullmatch(r"[0-9]{7}-[0-9]", text))),
    "iban": ("iban", lambda text: text == "".join(text.split()).upper()),
    "payment": ("reference", lambda text: text == "".join(text.split()).upper().lstrip("0")),
    "country_code": ("country", lambda text: "country_code" in kinds_of(text) and text.isupper()),
    "vat_code": ("upper", lambda text: text == text.upper()),
}


def _stepped(name: str, facts: Facts) -> Reading:
    step, is_plain = _STEPS.get(name.rpartition(".")[2], ("", bool))
    if name == "rows.vat_code" or not step or all(map(is_plain, facts.counts)):
        return Reading()
    for text in facts.counts:
        try:
            TRANSFORMS[step](text)
        except ValueError:
            return Reading()
    return Reading({"transform": [step]})

"""What the values of a column say for or against a field: counts in a sentence, never a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from confirma_connector.cellerrors import spoilt
from confirma_connector.language import mark, tr
from confirma_connector.proposing.found import Column
from confirma_connector.proposing.values import kinds_of
from confirma_connector.rules.identifiers import has_lost_zeros

__all__ = ["Facts", "Verdict", "verdict"]

_SAID: Mapping[str, str] = MappingProxyType(
    {
        "business_id": mark("{hits} of {count} values are Finnish business ids with right check digits"),
        "vat_number": mark("{hits} of {count} values are VAT numbers with right check digits"),
        "iban": mark("{hits} of {count} values are IBANs with right check digits"),
        "bic": mark("{hits} of {count} values are BICs"),
        "reference": mark("{hits} of {count} values are payment references with right check digits"),
        "ovt": mark("{hits} of {count} values are OVT addresses with right check digits"),
        "operator": mark("{hits} of {count} values are known e-invoice operators"),
        "identity_code": mark("{hits} of {count} values are personal identity codes"),
        "gln": mark("{hits} of {count} values are GLNs with right check digits"),
        "email": mark("{hits} of {count} values are e-mail addresses"),
        "phone": mark("{hits} of {count} values look like phone numbers"),
        "url": mark("{hits} of {count} values are web addresses"),
        "pdf": mark("{hits} of {count} values are names of PDF files"),
        "date": mark("{hits} of {count} values are dates"),
        "number": mark("{hits} of {count} values are numbers"),
        "numbered": mark("{hits} of {count} values look like invoice numbers; different ones: {different}"),
        "code": mark("{hits} of {count} values are numbers or codes; different ones: {different}"),
        "rate": mark("{hits} of {count} values are known VAT rates"),
        "fraction": mark("{hits} of {count} values are known VAT rates, written as 0.255"),
        "percentage": mark("{hits} of {count} values are numbers up to 30"),
        "hundredth": mark("{hits} of {count} values are numbers from 0 to 100"),
        "postal": mark("{hits} of {count} values look like postal codes"),
        "like_postal": mark("{hits} of {count} values look like postal codes"),
        "street": mark("{hits} of {count} values look like street addresses"),
        "letters": mark("{hits} of {count} values are texts; different ones: {different}"),
        "unit": mark("{hits} of {count} values are known units"),
        "currency": mark("{hits} of {count} values are currencies"),
        "country": mark("{hits} of {count} values are countries"),
        "language": mark("{hits} of {count} values are languages"),
        "word_of_type": mark("{hits} of {count} values are words for invoices and credit notes"),
        "word_of_distribution.method": mark("{hits} of {count} values are words for ways of distribution"),
        "word_of_buyer.entity_type": mark("{hits} of {count} values are words for companies and consumers"),
    }
)


@dataclass(frozen=True)
class Facts:
    """What stands in the cells of a *column* that are filled."""

    column: Column

    @cached_property
    def counts(self) -> Counter[str]:
        """Count each value."""
        empty = {"", "-", "\u2013"}
        return Counter(text for raw in self.column.texts if (text := raw.strip()) not in empty)

    @cached_property
    def hits(self) -> Counter[str]:
        """Count for each kind of value how many look like it."""
        found: Counter[str] = Counter()
        for text, count in self.counts.items():
            for kind in kinds_of(text):
                found[kind] += count
        return found

    @cached_property
    def count(self) -> int:
        """Count the filled cells."""
        return self.counts.total()

    @property
    def different(self) -> int:
        """Count the different values."""
        return len(self.counts)

    @cached_property
    def _spoilt(self) -> frozenset[str]:
        return frozenset(filter(spoilt, self.counts))

    def damaged(self, field: str) -> frozenset[str]:
        """Name the values that a spreadsheet has spoilt: errors, shortened numbers, OVTs without their zeros."""
        if not field.endswith("electronic_invoice_account"):
            return self._spoilt
        return self._spoilt | frozenset(filter(has_lost_zeros, self.counts))

    def without(self, values: frozenset[str]) -> Facts:
        """Give the facts of the column as if *values* did not stand in it."""
        texts = tuple(text for text in self.column.texts if text.strip() not in values)
        return Facts(replace(self.column, texts=texts, kinds=()))

    def doubt(self, field: str) -> str:
        """Say that values were lost in a spreadsheet; "" where none was, or only errors stand among whole values."""
        damaged = self.damaged(field)
        lost = sum(self.counts[text] for text in damaged if not text.startswith("#"))
        if lost:
            return tr(
                "but {lost} of {count} values are numbers that a spreadsheet has shortened, their digits are lost: "
                "correct them in the file",
                lost=lost,
                count=self.count,
            )
        return tr("but all values are errors") if damaged and len(damaged) == self.different else ""

    def any_of(self, kinds: Sequence[str], never: Sequence[str] = ()) -> int:
        """Count the values of one of *kinds* (of any where none is named) that are of none of *never*."""
        wanted, refused = frozenset(kinds), frozenset(never)
        return sum(
            count
            for text, count in self.counts.items()
            if refused.isdisjoint(told := kinds_of(text)) and (not wanted or not wanted.isdisjoint(told))
        )

    def all_are(self, kind: str) -> bool:
        """Tell whether there are values and each is of *kind*."""
        return bool(self.count) and self.hits[kind] == self.count

    def are(self, kind: str) -> bool:
        """Tell whether nine of ten values are of *kind*."""
        return bool(self.count) and self.hits[kind] * 10 >= self.count * 9

    def said(self, kind: str) -> str:
        """Say how many are of *kind*."""
        hits = self.hits["numbered" if kind == "code" else kind]
        return tr(_SAID[kind], hits=hits, count=self.count, different=self.different)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a column's values say of a field: whether they may be it at all, whether they prove it, and the sentence."""

    is_possible: bool
    is_proved: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class _Test:
    """*proof* tells the field by itself; at least half the values must be of one of *could* and of none of *never*.

    Where the word above the column does not settle it, they must be of one of *weak*.
    """

    told: str
    proof: bool = False
    could: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


_NO_TEXT = ("email", "date", "iban", "url", "business_id")
_DATE = _Test("date", could=("date",))
_NUMBER = _Test("number", could=("number",))
_NAME = _Test("letters", could=("letters",), never=_NO_TEXT)
_NOTE = _Test(
    "letters", could=("letters", "numbered"), never=("email", "spelled_date", "iban", "url"), weak=("letters",)
)
_CODE = _Test(
    "code",
    could=("numbered", "letters"),
    never=("email", "spelled_date", "iban", "url", "long"),
    weak=("numbered",),
)
_TESTS: Mapping[str, _Test] = MappingProxyType(
    {
        "number": _Test(
            "numbered", could=("numbered",), never=("spelled_date", "decimal", "email", "iban", "vat_number")
        ),
        "references.credited_invoice_number": _Test(
            "numbered", could=("numbered",), never=("spelled_date", "decimal", "email")
        ),
        "type": _Test("word_of_type", proof=True, could=("word_of_type",)),
        "distribution.method": _Test("word_of_distribution.method", proof=True, could=("word_of_distribution.method",)),
        "buyer.entity_type": _Test("word_of_buyer.entity_type", proof=True, could=("word_of_buyer.entity_type",)),
        "currency_code": _Test("currency", proof=True, could=("currency",)),
        "language_code": _Test("language", could=("language",)),
        "buyer.language_code": _Test("language", could=("language",)),
        "recipient.language_code": _Test("language", could=("language",)),
        "references.payment": _Test("reference", proof=True, could=("reference",), never=("spelled_date", "decimal")),
        "references.electronic_payment_code": _Test("numbered", could=("numbered",)),
        "references.invoice_copy_url": _Test("url", could=("url",)),
        "attachments.url": _Test("url", could=("url",)),
        "attachments.file": _Test("pdf", could=("pdf",)),
        "rows.unit": _Test("unit", proof=True, could=("unit",)),
        "rows.vat_percentage": _Test("rate", proof=True, could=("percentage",), never=("currency",)),
        "rows.discount_percentage": _Test("hundredth", could=("hundredth",)),
        "amounts.rounding_amount": _Test("number", could=("number",), never=()),
        "rows.product_code": _CODE,
        "rows.row_number": _Test("number", could=("whole",)),
        "rows.vat_code": _Test("letters", never=("email", "spelled_date", "iban", "url", "long", "decimal")),
        "buyer.customer_account_id": _CODE,
    }
)
_ENDS: Mapping[str, _Test] = MappingProxyType(
    {
        "business_id": _Test(
            "business_id",
            proof=True,
            weak=("business_id",),
            could=("business_id", "vat_number", "whole", "numbered"),
            never=("spelled_date", "decimal", "email", "iban"),
        ),
        "vat_code": _Test(
            "vat_number",
            proof=True,
            weak=("vat_number",),
            could=("vat_number", "numbered"),
            never=("spelled_date", "decimal", "email", "iban"),
        ),
        "iban": _Test("iban", proof=True, could=("iban",)),
        "bic": _Test("bic", could=("bic",)),
        "bankgiro": _Test("numbered", could=("numbered",)),
        "postgiro": _Test("numbered", could=("numbered",)),
        "electronic_invoice_account": _Test(
            "ovt",
            proof=True,
            weak=("ovt", "iban", "business_id"),
            could=("ovt", "iban", "business_id", "numbered"),
            never=("spelled_date", "decimal", "email", "long"),
        ),
        "electronic_routing_address": _Test("operator", proof=True, could=("operator", "bic", "ovt")),
        "personal_identity_number": _Test("identity_code", proof=True, could=("identity_code",)),
        "gln_number": _Test("gln", proof=True, could=("gln",)),
        "email": _Test("email", proof=True, could=("email",)),
        "phone": _Test("phone", could=("phone", "whole"), never=("spelled_date", "decimal")),
        "street": _Test("street", could=("letters",), never=(*_NO_TEXT, "whole_address")),
        "street2": _Test("letters", could=(), never=(*_NO_TEXT, "whole_address")),
        "street3": _Test("letters", could=(), never=(*_NO_TEXT, "whole_address")),
        "postal_code": _Test("postal", could=("like_postal",), never=("spelled_date", "decimal")),
        "postal_district": _Test("letters", could=("letters",), never=(*_NO_TEXT, "street", "country_code")),
        "country_code": _Test("country", proof=True, could=("country",)),
        "country_name": _Test("letters", could=("letters",), never=_NO_TEXT),
        "date": _DATE,
        "name": _NAME,
        "amount": _NUMBER,
        "quantity": _NUMBER,
        "unit_price": _NUMBER,
    }
)


def _test_of(field: str) -> _Test:
    if field in _TESTS:
        return _TESTS[field]
    name = field.rpartition(".")[2]
    return next((test for end, test in _ENDS.items() if name == end or name.endswith(f"_{end}")), _NOTE)


def verdict(field: str, facts: Facts, *, is_sure: bool = False) -> Verdict:
    """Say what the values behind *facts* say of *field*; *is_sure* where the word above them means nothing else."""
    test = _test_of(field)
    if not facts.count:
        return Verdict(True, False, tr("the column is empty"))
    if damaged := facts.damaged(field):
        whole = facts.without(damaged)
        if not whole.count:
            return Verdict(True, False, "")
        return verdict(field, whole, is_sure=is_sure)
    could = facts.any_of(test.could if is_sure else test.weak or test.could, test.never)
    if could * 2 < facts.count or (field == "rows.vat_percentage" and could < facts.count):
        return Verdict(
            False, False, tr("but only {could} of {count} values could be that", could=could, count=facts.count)
        )
    if field.startswith("seller.") and facts.different > 1:
        return Verdict(
            False,
            False,
            tr("but there are {different} different values, and a file has one seller", different=facts.different),
        )
    told = "fraction" if test.told == "rate" and not facts.are("rate") and facts.are("fraction") else test.told
    is_proved = test.proof and facts.are(told)
    has_none = not facts.hits["numbered" if told == "code" else told]
    return Verdict(True, is_proved, facts.said("letters" if has_none and facts.hits["letters"] else told))

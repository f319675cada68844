"""Columns that nothing names, as answers for needed fields that have none: by the kind of their values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from confirma_connector.language import tr
from confirma_connector.proposing import needs
from confirma_connector.proposing.candidates import Named
from confirma_connector.proposing.evidence import Facts, verdict
from confirma_connector.proposing.found import Proposal
from confirma_connector.proposing.naming import Naming
from confirma_connector.proposing.reading import reading
from confirma_connector.proposing.values import plain_number

__all__ = ["leftover"]

_KINDS: Mapping[str, str] = {
    "number": "numbered",
    "date": "date",
    "due_date": "date",
    "buyer.name": "letters",
    "rows.quantity": "number",
    "rows.unit_price": "number",
    "rows.net_amount": "number",
    "rows.vat_percentage": "percentage",
    "rows.description": "letters",
    "buyer.contact.email": "email",
    "buyer.electronic_invoice_account": "ovt",
    "buyer.electronic_routing_address": "operator",
    "buyer.address.street": "street",
    "buyer.address.postal_code": "postal",
    "buyer.address.postal_district": "letters",
}
_OF_CODES = (
    "currency",
    "unit",
    "country",
    "language",
    "date",
    "email",
    "iban",
    "url",
    "business_id",
    "ovt",
    "operator",
)
_MOST, _STRENGTH = 4, 30


def leftover(columns: Mapping[int, Named], found: Naming, filled: Collection[str], decimal: str) -> Iterator[Proposal]:
    """Give, for each needed field without a proposal, the columns that nothing else claims and that may be it."""
    known = {one.field for one in found.proposed if one.strength >= _STRENGTH} | set(filled)
    if "rows.product_name" in known:
        known.add("rows.description")
    left = [columns[column.place] for column in found.unused]
    left = [one for one in left if one.facts.count and not one.meaning.is_unneeded and not one.meaning.is_of_another]
    for name in _wanted(known):
        told = sorted((one for one in left if _fits(name, one.facts)), key=lambda one: -_likeness(name, one.facts))
        for one in told[:_MOST]:
            kind = _KINDS[name]
            read = reading(name, one.facts, decimal)
            said = "; ".join(filter(None, (tr("the header says nothing of it"), one.facts.said(kind), read.doubt)))
            yield Proposal(name, one.column, False, said, _STRENGTH, read.rule, read.table)


def _wanted(known: Collection[str]) -> Sequence[str]:
    """Name the fields that have no column: those of a letter only where there is some address."""
    has_address = any(name in known for name in needs.METHODS["LETTER"][:3])
    fields = [name for name in _KINDS if name not in known]
    return [name for name in fields if has_address or name not in needs.METHODS["LETTER"]]


def _fits(name: str, facts: Facts) -> bool:
    kind = _KINDS[name]
    if not facts.are(kind) or not verdict(name, facts).is_possible:
        return False
    if kind == "letters":
        return facts.different > 1 and not any(facts.are(other) for other in _OF_CODES)
    return kind != "numbered" or (facts.different > 1 and not any("." in plain_number(text) for text in facts.counts))


def _likeness(name: str, facts: Facts) -> int:
    """Weigh a column for a field: names of companies for a buyer, long texts for a description."""
    if name == "buyer.name":
        return facts.hits["company"] * 1000 + facts.different
    if name == "rows.description":
        return sum(map(len, facts.counts)) // max(1, facts.different)
    return facts.different

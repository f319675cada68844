"""Lines that no column fills: what the same for all invoices, or follows from another column. None is taken unasked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from confirma_connector.language import tr
from confirma_connector.proposing.candidates import Named
from confirma_connector.proposing.naming import Naming, invoices
from confirma_connector.proposing.plan import Line, Place

__all__ = ["constants"]


def constants(columns: Mapping[int, Named], found: Naming) -> Mapping[Place, tuple[Line, ...]]:
    """Give the lines beside those of columns, by their place."""
    lines: dict[Place, list[Line]] = {}
    for line in (
        *_of_the_seller(),
        *_of_money(columns, found),
        *_of_the_buyer(columns, found),
        *_others(columns, found),
    ):
        lines.setdefault(line.place, []).append(line)
    return {place: tuple(told) for place, told in lines.items()}


def _invoice(name: str) -> Place:
    return ("invoice", name)


def _of_the_seller() -> Iterator[Line]:
    said = tr("the same in all your invoices")
    for name, typed in (("name", "name"), ("business_id", "business_id"), ("payment_details.iban", "iban")):
        yield Line(_invoice(f"seller.{name}"), {"constant": ""}, said, typed=typed)  # type: ignore[arg-type]


def _of_money(columns: Mapping[int, Named], found: Naming) -> Iterator[Line]:
    has_euros = any("€" in text or "eur" in text.casefold() for one in columns.values() for text in _told(one))
    said = tr("€ or EUR stands in the file") if has_euros else tr("no column tells the currency")
    if found.strongest("currency_code") is None:
        yield Line(_invoice("currency_code"), {"constant": "EUR"}, said)
    references = found.taken().get("references.payment")
    if references is None and found.strongest("references.payment") is None:
        said = tr("no column has payment references: one can be made of each invoice number")
        yield Line(("missing_reference",), "fi", said)
    elif references is not None and _is_filled_for_some(columns[references.column.place], found):
        said = tr("some invoices have no payment reference: one can be made of their number")
        yield Line(("missing_reference",), "fi", said)


def _told(one: Named) -> tuple[str, ...]:
    return (one.column.header, *list(one.facts.counts)[:20])


def _of_the_buyer(columns: Mapping[int, Named], found: Naming) -> Iterator[Line]:
    taken = found.taken()
    by = taken.get("buyer.business_id") or taken.get("buyer.vat_code")
    place = _invoice("buyer.entity_type")
    if by is None:
        yield Line(place, {"constant": "BUSINESS"}, tr("all your buyers are companies"))
        yield Line(place, {"constant": "CONSUMER"}, tr("all your buyers are consumers"))
    elif _is_filled_for_some(columns[by.column.place], found):
        value = {"column": by.column.header, "table": "with_business_id", "default": "CONSUMER"}
        said = tr(
            'whoever has nothing under "{header}" is a consumer, all others are companies', header=by.column.header
        )
        yield Line(place, value, said, table={"*": "BUSINESS"})
        yield Line(place, {"constant": "BUSINESS"}, tr("all your buyers are companies"))
    postal = found.strongest("buyer.address.postal_code")
    if postal is not None and found.strongest("buyer.address.country_code") is None:
        facts = columns[postal.column.place].facts
        if facts.are("postal"):
            yield Line(_invoice("buyer.address.country_code"), {"constant": "FI"}, facts.said("postal"))


def _is_filled_for_some(one: Named, found: Naming) -> bool:
    """Tell whether there are invoices for which the column has nothing."""
    number = found.strongest("number")
    groups = range(len(one.column.texts)) if number is None else invoices(number.column)
    filled = {group for group, text in zip(groups, one.column.texts, strict=True) if text.strip() not in ("", "-")}
    return len(filled) < len(set(groups))


def _others(columns: Mapping[int, Named], found: Naming) -> Iterator[Line]:
    credited = found.taken().get("references.credited_invoice_number")
    if credited is not None and columns[credited.column.place].facts.count:
        header = credited.column.header
        value = {"column": header, "table": "credits", "default": "INVOICE"}
        said = tr('what names an invoice under "{header}" is a credit note', header=header)
        yield Line(_invoice("type"), value, said, table={"*": "CREDIT_NOTE"})

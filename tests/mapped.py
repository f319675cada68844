"""Small mappings and records for tests of the mapping side: a plain mapping, plain rows, and the drafts of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from confirma_connector import plugins
from confirma_connector.invoice import Invoice
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import LoadedMapping, load_mapping
from confirma_connector.records import Problem, Record

__all__ = ["PLAIN", "TODAY", "drafts", "errors", "invoice_of", "mapper", "mapping", "records", "registry", "row"]

TODAY = "02.11.2026"

PLAIN: Mapping[str, Any] = {
    "version": "1",
    "name": "test",
    "adapter": "csv_file",
    "locale": {"decimal": ",", "thousands": [" "], "dates": ["%d.%m.%Y"], "empty": ["", "-"]},
    "group_by": ["Nro"],
    "invoice": {
        "number": "Nro",
        "date": "Pvm",
        "due_date": "Eräpvm",
        "currency_code": {"constant": "EUR"},
        "language_code": {"constant": "FI"},
        "seller.name": {"constant": "Myyjä Oy"},
        "seller.business_id": {"constant": "0112038-9"},
        "seller.payment_details.iban": {"constant": "FI2112345600000785"},
        "references.payment": {"constant": "1234561"},
        "buyer.name": "Asiakas",
        "buyer.business_id": "Tunnus",
        "buyer.contact.email": "Sähköposti",
        "buyer.address.street": {"constant": "Tie 2"},
        "buyer.address.postal_code": {"constant": "02100"},
        "buyer.address.postal_district": {"constant": "ESPOO"},
        "buyer.address.country_code": {"constant": "FI"},
    },
    "rows": {"description": "Selite", "quantity": "Määrä", "unit_price": "Hinta", "vat_percentage": "ALV"},
}

_ROW: Mapping[str, Any] = {
    "Nro": "1001",
    "Pvm": TODAY,
    "Eräpvm": "16.11.2026",
    "Asiakas": "Ostaja Oy",
    "Tunnus": "2331972-7",
    "Sähköposti": "laskut@example.com",
    "Selite": "Työ",
    "Määrä": "2",
    "Hinta": "50,00",
    "ALV": "25,5",
}


@cache
def registry() -> plugins.Registry:
    """The bundled adapters, and none that happens to be installed."""
    return plugins.discover([], [])


def mapping(folder: Path, /, **changes: Any) -> LoadedMapping:
    """Load the plain mapping with *changes*: blocks are merged, a None takes a key out, the rest replaces."""
    tree: dict[str, Any] = {**PLAIN}
    for name, change in changes.items():
        both = {**tree.get(name, {}), **change} if isinstance(change, dict) else change
        tree[name] = (
            {key: value for key, value in both.items() if value is not None} if isinstance(both, dict) else both
        )
    path = folder / "mapping.yaml"
    told = {name: value for name, value in tree.items() if value is not None}
    path.write_text(yaml.safe_dump(told, allow_unicode=True, sort_keys=False), "utf-8")
    return load_mapping(path, registry())


def row(**changes: Any) -> dict[str, Any]:
    """A plain row with *changes*."""
    return {**_ROW, **changes}


def records(rows: Iterable[Mapping[str, Any]]) -> list[Record]:
    """Rows as the records of a flat source whose header is line 1."""
    return [Record(values, at, f"line {at + 1}") for at, values in enumerate(rows, 1)]


def mapper(folder: Path, /, **changes: Any) -> Mapper:
    """The plain mapping with *changes* at work on `laskut.csv`."""
    return Mapper(mapping(folder, **changes), "laskut.csv")


def drafts(folder: Path, lines: Iterable[Mapping[str, Any]], /, **changes: Any) -> list[Draft]:
    """The drafts that the plain mapping with *changes* makes of *lines*."""
    return list(mapper(folder, **changes).drafts(records(lines)))


def invoice_of(folder: Path, lines: Sequence[Mapping[str, Any]] | Mapping[str, Any], /, **changes: Any) -> Invoice:
    """The one invoice of *lines*; fails when there is another number of drafts, or errors."""
    (draft,) = drafts(folder, [lines] if isinstance(lines, Mapping) else lines, **changes)
    assert draft.invoice is not None, [problem.text() for problem in draft.problems]
    return draft.invoice


def errors(draft: Draft) -> list[Problem]:
    """What stops *draft*."""
    return [problem for problem in draft.problems if problem.severity == "error"]

"""One invoice as it will be sent: each field beside the cell it came from, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from confirma_connector.contract import Contract
from confirma_connector.deriving import derived, worked_out
from confirma_connector.fields import spelled
from confirma_connector.language import day, number, tr
from confirma_connector.mapper import Draft, Filled, Mapper
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.masking import PERSONAL, hidden, masked
from confirma_connector.parts import Part, members
from confirma_connector.records import Problem

__all__ = ["Preview", "PreviewField", "PreviewRow", "preview"]


@dataclass(frozen=True, slots=True)
class PreviewField:
    """A field: what mappings call it, its path on the wire ("" when it is not sent), its value, where that is from."""

    field: str
    wire: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row: where it stands, and its values by field."""

    where: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Preview:
    """One invoice of one file. *columns* are the fields of its rows, each with where it is from, without a value.

    *empty* are fields that the mapping reads, and that are empty here, with their places.
    """

    label: str
    where: str
    fields: tuple[PreviewField, ...]
    columns: tuple[PreviewField, ...]
    rows: tuple[PreviewRow, ...]
    empty: tuple[PreviewField, ...]
    state: str = ""
    message: str = ""
    problems: tuple[Problem, ...] = ()


def preview(mapper: Mapper, contract: Contract, draft: Draft) -> Preview:
    """Show *draft* as it will be sent; when it is no invoice, as far as it can be read."""
    return _Viewing(mapper, contract, draft).whole()


class _Viewing:
    """One draft being looked at."""

    def __init__(self, mapper: Mapper, contract: Contract, draft: Draft) -> None:
        self._mapping: LoadedMapping = mapper.mapping
        self._mapper = mapper
        self._draft = draft
        self._filled: Filled = mapper.filled(draft)
        self._wires = {field: ".".join(route) for _, route, field in contract.fields() if all(route)}

    def whole(self) -> Preview:
        values = dict(self._values())
        rows = list(self._rows())
        mapped = [name for name in self._mapping.file.invoice if name not in values]
        names = [name for name in self._row_fields() if any(name in row.values for row in rows)]
        return Preview(
            label=self._draft.label,
            where=self._draft.head.where,
            fields=tuple(
                PreviewField(name, self._wires.get(name, ""), _shown(name, value), self._origin(name, value))
                for name, value in values.items()
            ),
            columns=tuple(PreviewField(name, self._wires.get(name, ""), "", self._row_origin(name)) for name in names),
            rows=tuple(rows),
            empty=tuple(
                PreviewField(name, self._wires.get(name, ""), "", self._cell(name))
                for name in mapped
                if self._mapping.file.invoice[name].constant is None
            ),
        )

    def _values(self) -> Iterator[tuple[str, Any]]:
        """Give the fields by name: those of the invoice where it is one, and what is not sent of the mapping's own."""
        invoice, filled = self._filled.invoice, self._filled.fields
        if invoice is None:
            yield from filled.items()
            return
        sent = dict(_leaves(invoice))
        yield from sent.items()
        yield from ((name, value) for name, value in filled.items() if name not in sent)

    def _rows(self) -> Iterator[PreviewRow]:
        group, invoice = self._draft.group, self._filled.invoice
        for index, given in enumerate(self._filled.rows):
            values = dict(given) if invoice is None else {**given, **dict(_leaves(invoice.rows[index]))}
            record = group.lines[index] if index < len(group.lines) else group.head
            shown = {f"rows.{name}": _shown(f"rows.{name}", value) for name, value in values.items()}
            yield PreviewRow(record.where, shown)

    def _row_fields(self) -> list[str]:
        names = (name for row in self._filled.rows for name in row)
        own = ["product_code", "product_name", "description", "quantity", "unit", "unit_price"]
        own += ["discount_percentage", "discount_amount", "vat_percentage", "vat_code"]
        last = ["net_amount", "vat_amount", "gross_amount"]
        ordered = dict.fromkeys([*own, *(name for name in names if name not in last), *last])
        return [f"rows.{name}" for name in ordered]

    # -- where it is from ------------------------------------------------------------------------------------------

    def _origin(self, name: str, value: Any) -> str:
        rule = self._mapping.file.invoice.get(name)
        own = self._filled.fields.get(name)
        if rule is None or name not in self._filled.own:
            return derived(name, value, self._mapping)
        told = self._of_rule(name, rule, ("invoice", name))
        if isinstance(value, Decimal) and isinstance(own, Decimal) and value and value == -own:
            return tr("{origin}; with the sign that credit notes are sent with", origin=told)
        return told

    def _row_origin(self, name: str) -> str:
        """Say where a column of the rows is from: the header; of a single row the cell itself."""
        own = name.removeprefix("rows.")
        given = [index for index, row in enumerate(self._filled.rows) if own in row]
        if not given:
            return worked_out(own, self._filled, self._mapping)
        index = given[0]
        if index >= len(self._draft.group.lines):
            return tr("a charge of the whole invoice, {line}", line=self._mapping.line_of("charges"))
        rule = self._mapping.file.rows[own]
        if rule.constant is not None:
            return self._of_rule(name, rule, ("rows", own))
        origin = self._mapper.origin(self._draft.group, f"rows[{index}].{own}")
        if not origin.header:
            return self._of_rule(name, rule, ("rows", own))
        return tr('column "{header}"', header=origin.header)

    def _of_rule(self, name: str, rule: FieldRule, place: tuple[str, str]) -> str:
        line = self._mapping.line_of(*place)
        if rule.constant is not None:
            return tr("a constant of the mapping, {line}", line=line)
        cell = self._cell(name) if place[0] == "invoice" else ""
        origin = self._mapper.origin(self._draft.group, name)
        if rule.default is not None and not origin.value:
            return tr("{cell}; the mapping has a default for it, {line}", cell=cell, line=line)
        return cell

    def _cell(self, name: str) -> str:
        """Name the cell of a field, and what stands there."""
        origin = self._mapper.origin(self._draft.group, name)
        value = tr("(empty)") if not origin.value else f'"{origin.value}"'
        return tr('{place}, column "{header}": {value}', place=origin.where, header=origin.header, value=value)


def _leaves(part: Part, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Give the fields of a part of an invoice by their dotted names; rows are told as a table, files by their names."""
    for name in members(type(part)):
        value = getattr(part, name)
        if isinstance(value, Part):
            yield from _leaves(value, f"{prefix}{name}.")
        elif value is not None and not isinstance(value, tuple):
            yield prefix + name, value


def _shown(name: str, value: Any) -> str:
    """Spell a value for people; who somebody is by number is never shown."""
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, dt.date):
        return day(value)
    return (hidden if name in PERSONAL else masked)(spelled(value))

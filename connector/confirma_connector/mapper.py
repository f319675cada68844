"""Mapping × records → drafts: each an `Invoice`, or the problems that stand in its way, in the source's own words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from confirma_connector import rules
from confirma_connector.assembling import Held, given_in
from confirma_connector.columns import Columns
from confirma_connector.completion import Completion
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS, Kind, UnreadableCell, spelled
from confirma_connector.filling import Block
from confirma_connector.grouping import Group, Grouping, together
from confirma_connector.invoice import Invoice
from confirma_connector.language import tr
from confirma_connector.limits import DEFAULTS, Limits
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.masking import masked
from confirma_connector.records import Problem, Record, Severity, Unreadable
from confirma_connector.registers import NotFound, Registers
from confirma_connector.skipping import Skipped
from confirma_connector.sourcing import Field, Origin
from confirma_connector.tables import UnknownCode

__all__ = ["Draft", "Filled", "Mapper", "Origin"]

_KIND_CODES: Mapping[Kind, str] = {
    "number": "E-AMOUNT",
    "money": "E-AMOUNT",
    "date": "E-DATE",
    "whole": "E-INVOICE-NUMBER",
    "flag": "E-VALUE",
    "text": "E-VALUE",
}
_CHARGED = ("net_amount", "gross_amount", "unit_price")
_NOTHING: frozenset[str] = frozenset()
_INDEXED = re.compile(r"rows\[(\d+)\]\.?(.*)")


class Draft(NamedTuple):
    """One would-be invoice: its number (as spelled where it is none), and the invoice or the errors in its way."""

    label: str
    number: int | None
    date: dt.date | None
    group: Group
    invoice: Invoice | None
    problems: tuple[Problem, ...]

    @property
    def head(self) -> Record:
        """The record that carries the invoice's result."""
        return self.group.head


@dataclass(frozen=True, slots=True)
class Filled:
    """What a draft's *fields* and *rows* hold, as typed; *own* are the fields that the mapping itself fills.

    *invoice* is what it comes to, also where the rules have something against it.
    """

    fields: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]
    own: frozenset[str]
    invoice: Invoice | None


class Mapper:
    """One mapping at work on one source."""

    def __init__(
        self,
        mapping: LoadedMapping,
        source: str,
        *,
        attachments: Path | None = None,
        credit_sign: str = "negative",
        limits: Limits = DEFAULTS,
        registers: Registers | None = None,
    ) -> None:
        self.mapping = mapping
        self._file = mapping.file
        self._columns = Columns(mapping, source)
        self._grouping = Grouping(mapping, self._columns, limits)
        self._attachments = attachments
        self._credit_sign = credit_sign
        kept = registers or Registers()
        self._registers = {name: kept.index(register, limits) for name, register in mapping.registers.items()}
        self._severities = (mapping.severities, {**mapping.severities, "E-OPERATOR-ALONE": "off"})
        operator = mapping.file.invoice.get("buyer.electronic_routing_address")
        self._has_one_operator = operator is not None and operator.constant is not None
        self._of_invoice = self._block(mapping.file.invoice, INVOICE_FIELDS)
        self._of_rows = self._block(mapping.file.rows, ROW_FIELDS)
        self._of_charges = [self._block(charge, ROW_FIELDS) for charge in mapping.file.charges]

    def _block(self, rules_of: Mapping[str, FieldRule], kinds: Mapping[str, Kind]) -> Block:
        fields = {
            name: Field(self.mapping, self._columns, self._registers, name, kinds[name], rule)
            for name, rule in rules_of.items()
        }
        return Block(fields, self._columns)

    @property
    def skipped(self) -> list[Skipped]:
        """The rows that are part of no invoice, so far."""
        return self._grouping.skipped

    def unheard(self) -> tuple[str, ...]:
        """Say which columns may be misspelt, once all records were read."""
        return tuple(self._grouping.unheard.told())

    def drafts(self, records: Iterable[Record]) -> Iterator[Draft]:
        """Give a draft for every group of records; rows that are none are added to `skipped`."""
        for groups in together(self._grouping.groups(records)):
            heads = self._of_invoice.values_of_all([group.head for group in groups])
            lines = iter(self._of_rows.rows_of_all([line for group in groups for line in group.lines]))
            for group, fields in zip(groups, heads, strict=True):
                yield self._draft(group, fields, [next(lines) for _ in group.lines])

    def origin(self, group: Group, field: str) -> Origin:
        """Say where the value of *field* ("buyer.name", "rows[2].vat_percentage") came from, as people may see it."""
        record, own = group.head, self._of_invoice.get(field)
        indexed = _INDEXED.fullmatch(field)
        if indexed:
            index = int(indexed[1])
            record = group.lines[index] if index < len(group.lines) else group.head
            own = self._plan_of(index, group).get(indexed[2])
        return Origin(record.place(""), "", "", record.where) if own is None else own.origin(record)

    def _plan_of(self, index: int, group: Group) -> Block:
        """Give the fields of one row of the invoice: behind the rows of the source stand its charges."""
        if index >= len(group.lines) and (charges := self._charges(group.head)):
            return self._of_charges[charges[min(index - len(group.lines), len(charges) - 1)]]
        return self._of_rows

    def within(self, field: str, group: Group) -> tuple[str, ...]:
        """Name what the mapping fills of *field*: itself, or what is in it, if it is a container ("buyer.address")."""
        container, bracket, rest = field.partition("[")
        if container.partition(".")[0] != "rows":
            own = container if bracket else field  # of the attachments only the first can be mapped
            return tuple(name for name in self._of_invoice if name == own or name.startswith(f"{own}."))
        index, _, member = rest.partition("]") if bracket else ("", "", field.removeprefix("rows"))
        every = range(len(group.lines) + len(self._charges(group.head)))
        places = [place for place in every if str(place) == index] if index else every
        plans = {place: self._plan_of(place, group) for place in places}
        return tuple(
            f"rows[{place}].{name}" for place, plan in plans.items() for name in plan if member in ("", f".{name}")
        )

    def constant(self, field: str) -> str | None:
        """Give what the mapping itself says for *field*, where it does."""
        rule = self._file.invoice.get(field) or self._file.rows.get(field.rpartition("].")[2])
        return None if rule is None else rule.constant

    def header(self, field: str) -> str:
        """Give the header of the column that feeds *field*."""
        rule = self._file.invoice.get(field)
        return " + ".join(self._columns.header(word) for word in rule.sources()) if rule else ""

    def answer(self, draft: Draft) -> tuple[str, ...]:
        """Give what the mapping names for the source's own answer, as spelled, in the order of the mapping."""
        if self._file.answer is None:
            return ()
        values = (self._columns.value(draft.head, word) for word in self._file.answer.values.values())
        return tuple("" if isinstance(value, Unreadable) else spelled(value) for value in values)

    def filled(self, draft: Draft) -> Filled:
        """Give what the fields of *draft* hold, also where it is no invoice: what can be read, and what follows."""
        problems: list[Problem] = []
        group = draft.group
        [head], lines = self._of_invoice.values_of_all([group.head]), self._of_rows.rows_of_all(group.lines)
        fields, rows = self._read(group, head, lines, problems)
        own = frozenset(fields)
        return Filled(fields, [*map(given_in, rows)], own, self._invoice(group, fields, rows, problems))

    def _read(
        self,
        group: Group,
        head: dict[str, Any] | None,
        lines: Sequence[Held | None],
        problems: list[Problem],
    ) -> tuple[dict[str, Any], list[Held]]:
        """Give what the fields and rows of *group* hold: where it could not be read at once, field by field."""
        fields = self._readable(group, group.head, self._of_invoice, "", problems) if head is None else head
        rows = [
            self._readable_row(group, group.lines[index], self._of_rows, index, problems) if line is None else line
            for index, line in enumerate(lines)
        ]
        for index in self._charges(group.head) if self._of_charges else ():
            block = self._of_charges[index]
            charge = block.rows_of_all([group.head])[0]
            if charge is None:
                charge = self._readable_row(group, group.head, block, len(rows), problems)
            rows.append(charge)
        return fields, rows

    def _draft(self, group: Group, head: dict[str, Any] | None, lines: Sequence[Held | None]) -> Draft:
        problems = [*group.problems]
        fields, rows = self._read(group, head, lines, problems)
        is_said = self._has_one_operator or "distribution.method" in fields  # before it follows from the rest
        label = str(fields["number"]) if "number" in fields else self.origin(group, "number").value
        number, date = fields.get("number"), fields.get("date")
        invoice = None if group.problems else self._invoice(group, fields, rows, problems)
        if invoice is not None:
            found = rules.check(invoice, self._severities[is_said])
            if found:
                problems += [self._located(group, problem) for problem in found]
        if problems:
            return Draft(label, number, date, group, None if _stopped(problems) else invoice, _told_once(problems))
        return Draft(label, number, date, group, invoice, ())

    def _charges(self, head: Record) -> list[int]:
        """Name the charges that the invoice of *head* has: those whose amount is not zero, or cannot be read."""
        return [
            index for index, plan in enumerate(self._of_charges) if any(_has_amount(one, head) for one in plan.values())
        ]

    def _readable_row(self, group: Group, record: Record, block: Block, index: int, problems: list[Problem]) -> Held:
        return tuple(map(self._readable(group, record, block, f"rows[{index}].", problems).get, ROW_FIELDS))

    def _readable(
        self, group: Group, record: Record, block: Block, prefix: str, problems: list[Problem]
    ) -> dict[str, Any]:
        """Give what can be read, field by field; what cannot is a problem."""
        fields: dict[str, Any] = {}
        for field in block.values():
            try:
                value = field.value(record)
            except NotFound as error:
                problems.append(self._problem(group, "E-REGISTER", prefix + field.name, str(error), error.severity))
                if error.severity == "error":
                    continue
                value = field.otherwise()
            except ValueError as error:
                problems.append(self._problem(group, _code(error, field.kind), prefix + field.name, str(error)))
                continue
            if value is not None:
                fields[field.name] = value
        return fields

    def _invoice(
        self, group: Group, fields: dict[str, Any], rows: list[Held], problems: list[Problem]
    ) -> Invoice | None:
        file = self._file
        completion = Completion(
            fields,
            rows,
            file.prices,
            file.vat,
            file.missing_reference,
            self._attachments,
            self._credit_sign,
            unreadable=frozenset(problem.field for problem in problems if problem.severity == "error")
            if problems
            else _NOTHING,
        )
        invoice = completion.invoice()
        problems += [self._problem(group, at.code, at.field, at.message) for at in completion.obstacles]
        return invoice

    def _problem(self, group: Group, code: str, field: str, message: str, severity: Severity = "error") -> Problem:
        return self._located(group, Problem(code, message, severity, field=field))

    def _located(self, group: Group, problem: Problem) -> Problem:
        origin = self.origin(group, problem.field)
        message = problem.message
        if problem.code == "E-DECIMALS" and getattr(self.mapping.options, "numbers", "") == "exact":
            recipe = tr("where a formula gives more than its cell shows, source: may say numbers: shown in the mapping")
            message = f"{message}; {recipe}"
        return Problem(
            code=problem.code,
            message=message if origin.header else f"{problem.field}: {message}",
            severity=problem.severity,
            where=origin.where,
            header=origin.header,
            value=origin.value or masked(problem.value),
            field=problem.field,
            record=origin.record,
        )


def _has_amount(field: Field, record: Record) -> bool:
    try:
        return field.name in _CHARGED and bool(field.value(record))
    except ValueError:
        return True


def _code(error: ValueError, kind: Kind) -> str:
    if isinstance(error, UnreadableCell):
        return "E-CELL"
    return "E-CODE" if isinstance(error, UnknownCode) else _KIND_CODES[kind]


def _told_once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave out that a register lacks a key, or that a cell is spoilt, where it was told of another field."""
    told: dict[object, Problem] = {}
    for index, problem in enumerate(problems):
        is_of_cell = problem.code in ("E-REGISTER", "E-CELL")
        told.setdefault((problem.where, problem.header, problem.message) if is_of_cell else index, problem)
    return tuple(told.values())


def _stopped(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)

"""Mapping × records → drafts: each an `Invoice`, or the problems that stand in its way, in the source's own words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confirma_connector import rules
from confirma_connector.columns import Columns
from confirma_connector.completion import Completion
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS, Conversion, Kind, UnreadableCell, spelled
from confirma_connector.grouping import Group, Grouping, Skipped
from confirma_connector.invoice import Invoice
from confirma_connector.limits import DEFAULTS, Limits
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.masking import masked
from confirma_connector.money import negated, share
from confirma_connector.records import Problem, Record, Unreadable, Value
from confirma_connector.tables import UnknownCode

__all__ = ["Draft", "Mapper", "Origin"]

_KIND_CODES: Mapping[Kind, str] = {
    "number": "E-AMOUNT",
    "money": "E-AMOUNT",
    "date": "E-DATE",
    "whole": "E-INVOICE-NUMBER",
    "flag": "E-VALUE",
    "text": "E-VALUE",
}
_CHARGED = ("net_amount", "gross_amount", "unit_price")
_INDEXED = re.compile(r"rows\[(\d+)\]\.?(.*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value came from, in the words of the source."""

    where: str
    header: str
    value: str
    record: str


@dataclass(frozen=True, slots=True)
class Draft:
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


class _Field:
    """One field of the mapping, ready to be read from record after record."""

    _MOST_REMEMBERED = 2_000

    def __init__(self, mapping: LoadedMapping, columns: Columns, name: str, kind: Kind, rule: FieldRule) -> None:
        self.name = name
        self.kind = kind
        self._rule = rule
        self._columns = columns
        self._nothing = frozenset(text.strip() for text in rule.empty)
        self._is_blank = mapping.locale.is_empty
        self._conversion = mapping.conversion(kind, rule)
        self._units = Conversion("number", mapping.locale)
        self._constant = None if rule.constant is None else self._conversion.value(rule.constant)
        self._remembered: dict[str, Any] = {}

    def _is_empty(self, text: str) -> bool:
        return text.strip() in self._nothing or self._is_blank(text)

    def value(self, record: Record) -> Any:
        """Give what the field holds for *record*; None for nothing. Raises ValueError with a sentence."""
        if self._rule.constant is not None:
            value = self._constant
        else:
            value = self._read(record)
        if value is None:
            return None
        value = self._of_one(value, record)
        return negated(value) if self._is_turned(record) else value

    def _of_one(self, value: Any, record: Record) -> Any:
        """Give a number for one unit, where it is told for several."""
        count = None if self._rule.per is None else self._units.value(self._columns.value(record, self._rule.per))
        if count is None:
            return value
        if count <= 0:
            raise ValueError(f"is for {count} units: expected more than none")
        return share(value, count)

    def _is_turned(self, record: Record) -> bool:
        test = self._rule.negative_when
        if test is None:
            return False
        text = self._columns.text(record, test.column)
        return bool(test.told(text, is_empty=self._is_blank(text)))

    def _read(self, record: Record) -> Any:
        spelling = self._spelling(record)
        if not isinstance(spelling, str):
            return self._converted(spelling)
        if spelling in self._remembered:  # the same few dates, rates and units recur on every row of a file
            return self._remembered[spelling]
        value = self._converted(spelling)
        if len(self._remembered) < self._MOST_REMEMBERED:
            self._remembered[spelling] = value
        return value

    def _spelling(self, record: Record) -> Value:
        if self._rule.column is not None:
            value = self._columns.value(record, self._rule.column)
            split = self._rule.split
            return value if split is None or isinstance(value, Unreadable) else split.piece(spelled(value))
        values = [self._columns.value(record, word) for word in self._rule.columns or ()]
        unreadable = next((value for value in values if isinstance(value, Unreadable)), None)
        texts = (text for value in values if not self._is_empty(text := spelled(value)))
        return unreadable or self._rule.join.join(texts)

    def _converted(self, spelling: Value) -> Any:
        if not self._is_empty(spelled(spelling)):
            return self._conversion.value(spelling)
        if self._rule.default is None:
            return None
        return self._conversion.value(self._rule.default, is_default=True)


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
    ) -> None:
        self._mapping = mapping
        self._file = mapping.file
        self._columns = Columns(mapping, source)
        self._grouping = Grouping(mapping, self._columns, limits)
        self._attachments = attachments
        self._credit_sign = credit_sign
        self._of_invoice = self._plan(mapping.file.invoice, INVOICE_FIELDS)
        self._of_rows = self._plan(mapping.file.rows, ROW_FIELDS)
        self._of_charges = [self._plan(charge, ROW_FIELDS) for charge in mapping.file.charges]

    def _plan(self, rules_of: Mapping[str, FieldRule], kinds: Mapping[str, Kind]) -> list[_Field]:
        return [_Field(self._mapping, self._columns, name, kinds[name], rule) for name, rule in rules_of.items()]

    @property
    def skipped(self) -> list[Skipped]:
        """The rows that are part of no invoice, so far."""
        return self._grouping.skipped

    def drafts(self, records: Iterable[Record]) -> Iterator[Draft]:
        """Give a draft for every group of records; rows that are none are added to `skipped`."""
        for group in self._grouping.groups(records):
            yield self._draft(group)

    def origin(self, group: Group, field: str) -> Origin:
        """Say where the value of *field* ("buyer.name", "rows[2].vat_percentage") came from, as people may see it."""
        record, rule = group.head, self._file.invoice.get(field)
        indexed = _INDEXED.fullmatch(field)
        if indexed:
            index = int(indexed[1])
            record = group.lines[index] if index < len(group.lines) else group.head
            own = self._file.rows
            if index >= len(group.lines) and (charges := self._charges(group.head)):
                own = self._file.charges[charges[min(index - len(group.lines), len(charges) - 1)]]
            rule = own.get(indexed[2])
        words = rule.sources() if rule else ()
        value = " ".join(text for word in words if (text := self._columns.shown(record, word)))
        headers = [self._columns.header(word, record) for word in words]
        return Origin(record.place(headers[0] if headers else ""), " + ".join(headers), value, record.where)

    def header(self, field: str) -> str:
        """Give the header of the column that feeds *field*."""
        rule = self._file.invoice.get(field)
        return " + ".join(self._columns.header(word) for word in rule.sources()) if rule else ""

    def _draft(self, group: Group) -> Draft:
        problems = list(group.problems)
        fields = self._fields(group, group.head, self._of_invoice, "", problems)
        rows = [
            self._fields(group, record, self._of_rows, f"rows[{index}].", problems)
            for index, record in enumerate(group.lines)
        ]
        for index in self._charges(group.head):
            rows.append(self._fields(group, group.head, self._of_charges[index], f"rows[{len(rows)}].", problems))
        label = str(fields["number"]) if "number" in fields else self.origin(group, "number").value
        number, date = fields.get("number"), fields.get("date")
        invoice = None if group.problems else self._invoice(group, fields, rows, problems)
        if invoice is not None:
            found = rules.check(invoice, self._mapping.severities)
            problems += [self._located(group, problem) for problem in found]
        return Draft(label, number, date, group, None if _stopped(problems) else invoice, tuple(problems))

    def _charges(self, head: Record) -> list[int]:
        """Name the charges that the invoice of *head* has: those whose amount is not zero, or cannot be read."""
        return [index for index, plan in enumerate(self._of_charges) if any(_has_amount(one, head) for one in plan)]

    def _fields(
        self, group: Group, record: Record, plan: Iterable[_Field], prefix: str, problems: list[Problem]
    ) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for field in plan:
            try:
                value = field.value(record)
            except ValueError as error:
                problems.append(self._problem(group, _code(error, field.kind), prefix + field.name, str(error)))
                continue
            if value is not None:
                fields[field.name] = value
        return fields

    def _invoice(
        self, group: Group, fields: dict[str, Any], rows: list[dict[str, Any]], problems: list[Problem]
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
            unreadable=frozenset(problem.field for problem in problems),
        )
        invoice = completion.invoice()
        problems += [self._problem(group, at.code, at.field, at.message) for at in completion.obstacles]
        return invoice

    def _problem(self, group: Group, code: str, field: str, message: str) -> Problem:
        return self._located(group, Problem(code, message, field=field))

    def _located(self, group: Group, problem: Problem) -> Problem:
        origin = self.origin(group, problem.field)
        return Problem(
            code=problem.code,
            message=problem.message if origin.header else f"{problem.field}: {problem.message}",
            severity=problem.severity,
            where=origin.where,
            header=origin.header,
            value=origin.value or masked(problem.value),
            field=problem.field,
            record=origin.record,
        )


def _has_amount(field: _Field, record: Record) -> bool:
    try:
        return field.name in _CHARGED and bool(field.value(record))
    except ValueError:
        return True


def _code(error: ValueError, kind: Kind) -> str:
    if isinstance(error, UnreadableCell):
        return "E-CELL"
    return "E-CODE" if isinstance(error, UnknownCode) else _KIND_CODES[kind]


def _stopped(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)

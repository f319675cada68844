"""Mapping × records → drafts: each an `Invoice`, or the problems that stand in its way, in the source's own words."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from confirma_connector import rules
from confirma_connector.completion import Completion
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS, Kind, spelled, typed
from confirma_connector.grouping import Columns, Group, Skipped, grouped
from confirma_connector.invoice import Invoice
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.records import Problem, Record, Value

__all__ = ["Draft", "Mapper", "Origin"]

_KIND_CODES: Mapping[Kind, str] = {
    "number": "E-AMOUNT",
    "money": "E-AMOUNT",
    "date": "E-DATE",
    "whole": "E-INVOICE-NUMBER",
    "flag": "E-VALUE",
    "text": "E-VALUE",
}
_MASKED = ("buyer.personal_identity_number",)
"""Fields whose value is shown only as the rule that speaks of it gives it."""
_INDEXED = re.compile(r"rows\[(\d+)\]\.?(.*)")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value came from, in the words of the source."""

    where: str
    header: str
    value: str


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


class _UnknownCode(ValueError):
    """A code that the mapping's table does not know."""


class Mapper:
    """One mapping at work on one source."""

    def __init__(
        self, mapping: LoadedMapping, source: str, *, attachments: Path | None = None, credit_sign: str = "negative"
    ) -> None:
        self._mapping = mapping
        self._file = mapping.file
        self._columns = Columns(mapping, source)
        self._attachments = attachments
        self._credit_sign = credit_sign
        self._row_words = list(dict.fromkeys(word for rule in mapping.file.rows.values() for word in rule.sources()))
        self.skipped: list[Skipped] = []

    def drafts(self, records: Iterable[Record]) -> Iterator[Draft]:
        """Give a draft for every group of records; rows that are none are added to `skipped`."""
        for group in grouped(self._mapping, self._columns, records, self.skipped):
            yield self._draft(group)

    def origin(self, group: Group, field: str) -> Origin:
        """Say where the value of *field* ("buyer.name", "rows[2].vat_percentage") came from."""
        record, rule = group.head, self._file.invoice.get(field)
        indexed = _INDEXED.fullmatch(field)
        if indexed:
            index = int(indexed[1])
            record = group.lines[index] if index < len(group.lines) else group.head
            rule = self._file.rows.get(indexed[2])
        words = rule.sources() if rule else ()
        value = " ".join(text for word in words if (text := self._columns.text(record, word)))
        return Origin(record.where, " + ".join(self._columns.header(word) for word in words), value)

    def header(self, field: str) -> str:
        """Give the header of the column that feeds *field*."""
        rule = self._file.invoice.get(field)
        return " + ".join(self._columns.header(word) for word in rule.sources()) if rule else ""

    def _draft(self, group: Group) -> Draft:
        problems = list(group.problems)
        group = self._without_blank_lines(group)
        fields = self._fields(group, group.head, self._file.invoice, INVOICE_FIELDS, "", problems)
        rows = [
            self._fields(group, record, self._file.rows, ROW_FIELDS, f"rows[{index}].", problems)
            for index, record in enumerate(group.lines)
        ]
        label = str(fields["number"]) if "number" in fields else self.origin(group, "number").value
        invoice = None if _stopped(problems) else self._invoice(group, fields, rows, problems)
        if invoice is not None:
            found = rules.check(invoice, self._mapping.severities)
            problems += [self._located(group, problem) for problem in found]
        number, date = fields.get("number"), fields.get("date")
        return Draft(label, number, date, group, None if _stopped(problems) else invoice, tuple(problems))

    def _without_blank_lines(self, group: Group) -> Group:
        """Take out the records whose row columns are all empty: the head without a row of its own, blank lines."""
        blank = [record for record in group.lines if self._row_words and self._is_blank(record)]
        for record in blank:
            if record is not group.head:
                self.skipped.append(Skipped(record.where, "all its row columns are empty", has_amount=False))
        lines = tuple(record for record in group.lines if not any(record is other for other in blank))
        return replace(group, lines=lines) if blank else group

    def _is_blank(self, record: Record) -> bool:
        return all(self._mapping.locale.is_empty(self._columns.text(record, word)) for word in self._row_words)

    def _fields(
        self,
        group: Group,
        record: Record,
        rules_of: Mapping[str, FieldRule],
        kinds: Mapping[str, Kind],
        prefix: str,
        problems: list[Problem],
    ) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, rule in rules_of.items():
            try:
                value = self._spelling(rule, record)
                if value is not None and value != "":
                    fields[name] = typed(kinds[name], value, self._mapping.locale)
            except ValueError as error:
                code = "E-CODE" if isinstance(error, _UnknownCode) else _KIND_CODES[kinds[name]]
                problems.append(self._problem(group, code, prefix + name, str(error)))
        return fields

    def _spelling(self, rule: FieldRule, record: Record) -> Value:
        """Follow one field's rule up to the value that is typed; None means there is nothing."""
        if rule.constant is not None:
            value: Value = rule.constant
        elif rule.column is not None:
            value = self._columns.value(record, rule.column)
        else:
            texts = (self._columns.text(record, word) for word in rule.columns or ())
            value = rule.join.join(text for text in texts if not self._mapping.locale.is_empty(text))
        is_default = rule.constant is None and self._mapping.locale.is_empty(spelled(value))
        if is_default:
            if rule.default is None:
                return None
            value = rule.default
        if not rule.transform and rule.table is None:
            return value
        text = spelled(value)
        for step in rule.transform:
            text = self._mapping.transforms[step](text)
        return self._looked_up(rule.table, text, is_default=is_default) if rule.table is not None else text

    def _looked_up(self, name: str, code: str, *, is_default: bool) -> str:
        table = self._mapping.tables[name]
        found = table.get(code.strip())
        if found is not None:
            return found
        if is_default:
            return code
        if "*" in table:
            return table["*"]
        near = difflib.get_close_matches(code, table, 1)
        known = f'did you mean "{near[0]}"?' if near else f"it knows {', '.join(list(table)[:10])}"
        raise _UnknownCode(f'the table "{name}" of the mapping does not know this code; {known}')

    def _invoice(
        self, group: Group, fields: dict[str, Any], rows: list[dict[str, Any]], problems: list[Problem]
    ) -> Invoice | None:
        file = self._file
        completion = Completion(
            fields, rows, file.prices, file.vat, file.missing_reference, self._attachments, self._credit_sign
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
            value=problem.value if problem.field in _MASKED else origin.value or problem.value,
            field=problem.field,
        )


def _stopped(problems: Iterable[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)

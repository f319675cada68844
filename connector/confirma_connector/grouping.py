"""From records to groups that say they are one invoice: skip, fill down, group; every row accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from confirma_connector.columns import Columns
from confirma_connector.fields import spelled
from confirma_connector.mapping import LoadedMapping, MappingFile, Skip
from confirma_connector.records import Problem, Record, Value

__all__ = ["Group", "Grouping", "Skipped"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not an invoice row by the mapping's own words; with an amount in it a person should look."""

    where: str
    reason: str
    has_amount: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The records that say they are one invoice: the one that speaks for the invoice, and its lines."""

    head: Record
    lines: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()


class Grouping:
    """Groups the records of one source. Every record ends in one group or in `skipped`."""

    def __init__(self, mapping: LoadedMapping, columns: Columns) -> None:
        self._file = mapping.file
        self._is_empty = mapping.locale.is_empty
        self._columns = columns
        self._amounts = _amount_words(mapping.file)
        self._shared = _shared_words(mapping.file)
        self._in_rows = list(dict.fromkeys(word for rule in mapping.file.rows.values() for word in rule.sources()))
        self.skipped: list[Skipped] = []

    def groups(self, records: Iterable[Record]) -> Iterator[Group]:
        """Give the groups in the order of their first records; a flat source's columns are found first."""
        filled = self._filled(self._kept(self._bound(records)))
        before: Group | None = None
        for members in self._gathered(filled) if self._file.scattered else self._neighbours(filled):
            if before is not None:
                yield replace(before, problems=(*before.problems, *self._astray(before, members[0])))
            before = self._group(members)
        if before is not None:
            yield before

    def _astray(self, before: Group, record: Record) -> Iterator[Problem]:
        """A row without a number right below an invoice may be of it: then the invoice is not whole."""
        is_nameless = bool(self._file.group_by) and record.document is None and not any(self._key(record))
        if is_nameless and any(self._key(before.head)) and self._has_row(record):
            yield Problem(
                "E-ROW-ASTRAY",
                f"the row below it ({record.where}) has no {self._columns.header(self._file.group_by[0])}: "
                "if it belongs to this invoice, it has to say so; if it is no invoice row, let the mapping skip it",
                where=before.head.where,
            )

    def _bound(self, records: Iterable[Record]) -> Iterator[Record]:
        for index, record in enumerate(records):
            if index == 0 and record.part == "whole":
                self._columns.bind(record)
            yield record

    def _kept(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if not any(value is not None and spelled(value) for value in record.values.values()):
                self._skip(record, "the whole row is empty")
                continue
            reason = record.skipped or next(filter(None, (self._reason(skip, record) for skip in self._file.skip)), "")
            if reason:
                self._skip(record, reason)
            else:
                yield record

    def _skip(self, record: Record, reason: str) -> None:
        has_amount = any(not self._is_empty(self._columns.text(record, word)) for word in self._amounts)
        self.skipped.append(Skipped(record.where, reason, has_amount))

    def _reason(self, skip: Skip, record: Record) -> str:
        header = self._columns.header(skip.column)
        if record.part != "whole" and header not in record.values:
            return ""
        text = self._columns.text(record, skip.column)
        if skip.empty is not None:
            fits, test = self._is_empty(text) == skip.empty, "is empty" if skip.empty else "is filled"
        elif skip.equals is not None:
            fits, test = text == skip.equals.strip(), f'is "{skip.equals}"'
        elif skip.in_ is not None:
            fits, test = text in (choice.strip() for choice in skip.in_), f'is "{text}"'
        else:
            start = (skip.starts_with or "").lstrip()
            fits, test = text.startswith(start), f'starts with "{start}"'
        return f'"{header}" {test}' if fits else ""

    def _filled(self, records: Iterable[Record]) -> Iterator[Record]:
        """Fill blank cells from above, within one invoice: where another one begins, nothing is carried into it."""
        last: dict[str, Value] = {}
        key: dict[str, str] = {}
        for record in records:
            if not self._file.fill_down or record.part != "whole":
                yield record
                continue
            told = {word: text for word, text in self._texts(record, self._file.group_by) if not self._is_empty(text)}
            if any(key.get(word) != text for word, text in told.items()):
                last, key = {}, told
            missing: dict[str, Value] = {}
            for word, text in self._texts(record, self._file.fill_down):
                header = self._columns.header(word)
                if not self._is_empty(text):
                    last[header] = record.values.get(header)
                elif header in last:
                    missing[header] = last[header]
            yield replace(record, values={**record.values, **missing}) if missing else record

    def _texts(self, record: Record, words: Iterable[str]) -> Iterator[tuple[str, str]]:
        return ((word, self._columns.text(record, word)) for word in words)

    def _key(self, record: Record) -> tuple[str, ...]:
        if record.document is not None:
            return (record.document,)
        return tuple(self._columns.text(record, word) for word in self._file.group_by)

    def _neighbours(self, records: Iterable[Record]) -> Iterator[list[Record]]:
        """Group what stands together; the same number further down is a second draft, and an error there."""
        members: list[Record] = []
        current: tuple[str, ...] = ()
        for record in records:
            key = self._key(record)
            if members and key == current and any(key):
                members.append(record)
                continue
            if members:
                yield members
            members, current = [record], key
        if members:
            yield members

    def _gathered(self, records: Iterable[Record]) -> Iterator[list[Record]]:
        """Group by key wherever the lines stand: the mapping says that they may be scattered."""
        groups: dict[tuple[str, ...] | int, list[Record]] = {}
        for index, record in enumerate(records):
            key = self._key(record)
            groups.setdefault(key if any(key) else index, []).append(record)
        yield from groups.values()

    def _group(self, members: list[Record]) -> Group:
        """Make a group; records whose row columns are all empty are no lines of it."""
        headers = [record for record in members if record.part == "header"]
        head = headers[0] if headers else members[0]
        all_lines = [record for record in members if record.part != "header"]
        problems = [Problem("E-RECORD", text, where=record.where) for record in members for text in record.problems]
        problems += [
            Problem("E-RECORD", f"a second header of the document that begins at {head.where}", where=record.where)
            for record in headers[1:]
        ]
        problems += self._disagreements(head, all_lines)
        lines = []
        for record in all_lines:
            if self._has_row(record):
                lines.append(record)
            elif record is not head:
                self._skip(record, "all its row columns are empty")
        return Group(head, tuple(lines), tuple(problems))

    def _has_row(self, record: Record) -> bool:
        if not self._in_rows:
            return True
        return any(not self._is_empty(self._columns.text(record, word)) for word in self._in_rows)

    def _disagreements(self, head: Record, lines: list[Record]) -> Iterator[Problem]:
        if len(lines) < 2:
            return
        for word in self._shared:
            first = self._columns.text(head, word)
            for record in lines:
                text = self._columns.text(record, word)
                if text and text != first and not self._is_empty(text) and record is not head:
                    other = "nothing" if self._is_empty(first) else "another value"
                    yield Problem(
                        "E-DISAGREES",
                        f"the rows of one invoice must agree here, and {head.where} has {other}",
                        where=record.place(self._columns.header(word)),
                        header=self._columns.header(word),
                        value=self._columns.shown(record, word),
                        record=record.where,
                    )
                    break


def _shared_words(file: MappingFile) -> list[str]:
    """Columns that feed the invoice: they agree on all its rows or are blank after the first."""
    feeding = dict.fromkeys(word for rule in file.invoice.values() for word in rule.sources())
    return [word for word in feeding if word not in file.first_in_group]


def _amount_words(file: MappingFile) -> list[str]:
    fields = {**{f"rows.{name}": rule for name, rule in file.rows.items()}, **file.invoice}
    return list(
        dict.fromkeys(
            word
            for name, rule in fields.items()
            if name.endswith("_amount") or name == "rows.unit_price"
            for word in rule.sources()
        )
    )

"""From records to groups that say they are one invoice; every row accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from confirma_connector.agreeing import Agreeing, differs
from confirma_connector.columns import Columns
from confirma_connector.fields import spelled
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping
from confirma_connector.records import Problem, Record, Value
from confirma_connector.rowcells import Cells
from confirma_connector.skipping import Skipped, Skipping
from confirma_connector.unheard import Unheard

__all__ = ["Group", "Grouping", "together"]

_HELD, _OF_A_DOCUMENT = 10_000, 100
"""As many cells, those of heads counted once more, are held to be read together; so many a part of a document has."""


_TEXT = frozenset({str})


class Group(NamedTuple):
    """The records that say they are one invoice: the one that speaks for the invoice, and its lines."""

    head: Record
    lines: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(slots=True)
class _Run:
    """Records with one *key*, and how many there are.

    *is_odd* says that they may say different things of their invoice.
    """

    key: tuple[str, ...]
    members: list[Record]
    count: int
    is_odd: bool


class Grouping:
    """Groups the records of one source. Every record ends in one group or in `skipped`."""

    def __init__(self, mapping: LoadedMapping, columns: Columns, limits: Limits) -> None:
        self._file = mapping.file
        self._is_empty = mapping.locale.is_empty
        self._columns = columns
        self._limits = limits
        self._agreeing = Agreeing(mapping, columns)
        told_by = mapping.file.told_by
        self._in_rows = list(dict.fromkeys(word for rule in mapping.file.rows.values() for word in told_by(rule)))
        self._nothing = mapping.locale.nothing
        self._skipping = Skipping(mapping, columns)
        knows_columns = hasattr(mapping.options, "check_column")
        self.unheard = Unheard(columns.spellings, columns.parts, is_thorough=not knows_columns)

    @property
    def skipped(self) -> list[Skipped]:
        """The rows that are part of no invoice, so far."""
        return self._skipping.skipped

    def groups(self, records: Iterable[Record]) -> Iterator[Group]:
        """Give the groups in the order of their first records; a flat source's columns are found first."""
        kept = self._skipping.kept(self._bound(records))
        before: Group | None = None
        key: tuple[str, ...] = ()
        for run in self._gathered(kept) if self._file.scattered else self._neighbours(kept):
            if before is not None:
                astray = tuple(self._astray(before, run.members[0])) if any(key) and not any(run.key) else ()
                yield before._replace(problems=(*before.problems, *astray)) if astray else before
            before, key = self._group(run), run.key
        if before is not None:
            yield before

    def _astray(self, before: Group, record: Record) -> Iterator[Problem]:
        """A row without a number right below an invoice may be of it: then the invoice is not whole."""
        if self._file.group_by and record.document is None and self._has_row(record):
            yield Problem(
                "E-ROW-ASTRAY",
                tr(
                    'the row below it ({place}) has no "{header}": if it belongs to this invoice, it has to say '
                    "so; if it is no invoice row, let the mapping skip it",
                    place=record.where,
                    header=self._columns.header(self._file.group_by[0]),
                ),
                where=before.head.where,
            )

    def _bound(self, records: Iterable[Record]) -> Iterator[Record]:
        bound: set[str] = set()
        for record in records:
            if record.part not in bound:
                if self._file.lines_from is not None or (record.part == "whole" and not bound):
                    self._columns.bind(record)
                bound.add(record.part)
            if record.document is not None and self._file.lines_from is None:
                self.unheard.hear(record)
            yield record

    def _neighbours(self, records: Iterable[Record]) -> Iterator[_Run]:
        """Group what stands together; the same number further down is a second draft, and an error there.

        Most rows say the same of their invoice as the first one: then it is their key that says so too.
        """
        most = self._limits.rows_per_invoice
        run = _Run((), [], 0, is_odd=False)
        first: tuple[Value, ...] | None = None
        typed: list[int] = []
        for record in records:
            cells = self._agreeing.said_by(record)
            is_odd = cells is None or cells != first or (typed and any(differs(cells[at], first[at]) for at in typed))
            key = self._skipping.key(record) if is_odd else run.key
            if run.members and key == run.key and any(key):
                run.is_odd = run.is_odd or bool(is_odd)
                run.count += 1
                if run.count <= most:
                    run.members.append(record)
                continue
            if run.members:
                yield run
            run = _Run(key, [record], 1, is_odd=False)
            first = cells if any(key) else None
            is_text = cells is None or _TEXT.issuperset(map(type, cells))
            typed = [] if is_text else [at for at, cell in enumerate(first or ()) if not isinstance(cell, str)]
        if run.members:
            yield run

    def _gathered(self, records: Iterable[Record]) -> Iterator[_Run]:
        """Group by key wherever the lines stand: the mapping says that they may be scattered."""
        groups: dict[tuple[str, ...] | int, list[Record]] = {}
        cells = 0
        for index, record in enumerate(records):
            cells += len(record.values)
            self._limits.check("held_cells", f"{self._columns.source}, {record.where} (scattered: true)", cells)
            key = self._skipping.key(record)
            groups.setdefault(key if any(key) else index, []).append(record)
        for told, members in groups.items():
            yield _Run(told if isinstance(told, tuple) else (), members, len(members), is_odd=True)

    def _group(self, run: _Run) -> Group:
        """Make a group; records whose row columns are all empty are no lines of it."""
        members = run.members
        headers = [record for record in members if record.part == "header"]
        all_lines = [record for record in members if record.part != "header"] if headers else members
        head = headers[0] if headers else members[0]
        problems = [Problem("E-RECORD", text, where=one.where) for one in members for text in one.problems]
        problems += [
            Problem(
                "E-RECORD",
                tr("a second header of the document that begins at {place}", place=head.where),
                where=record.where,
            )
            for record in headers[1:]
        ]
        problems += self._agreeing.disagreements(head, all_lines) if run.is_odd else ()
        if run.key in self._skipping.hidden:
            place = self._skipping.hidden[run.key]
            problems.append(
                Problem(
                    "E-RECORD",
                    tr("{place} is of this invoice as well, and hidden: show it, or hide all its rows", place=place),
                    where=head.where,
                )
            )
        if run.count > self._limits.rows_per_invoice:
            problem = tr("the invoice {problem}", problem=self._limits.told("rows_per_invoice", run.count))
            problems.append(Problem("E-ROWS", problem, where=head.where))
        lines = []
        for record in all_lines:
            if record.skipped:
                self._skipping.skip(
                    record, tr("as a line of its invoice: {reason}", reason=record.skipped), among=self._in_rows
                )
            elif self._has_row(record):
                lines.append(record)
            elif record is not head:
                self._skipping.skip(record, tr("all its row columns are empty"))
        return Group(head, tuple(lines), tuple(problems))

    def _has_row(self, record: Record) -> bool:
        if record.skipped:
            return False
        if not self._in_rows:
            return True
        for word in self._in_rows:  # noqa: SIM110 - asked of every row, and the first word says it nearly always
            if spelled(self._columns.value(record, word)) not in self._nothing:
                return True
        return False


def together(groups: Iterable[Group]) -> Iterator[list[Group]]:
    """Give the groups some at a time: so many that they have a few hundred rows to be read together."""
    several: list[Group] = []
    cells = 0
    for group in groups:
        several.append(group)
        values = group.head.values
        cells += (1 + len(group.lines)) * (len(values.cells) if isinstance(values, Cells) else _OF_A_DOCUMENT)
        if cells >= _HELD:
            yield several
            several, cells = [], 0
    if several:
        yield several

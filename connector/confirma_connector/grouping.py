"""From records to groups that say they are one invoice: skip, fill down, group; every row accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from confirma_connector.columns import Columns
from confirma_connector.fields import spelled
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping, MappingFile, Skip
from confirma_connector.records import Problem, Record, Value
from confirma_connector.unheard import Unheard

__all__ = ["Group", "Grouping", "Skipped"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not an invoice row by the mapping's own words; with an amount in it a person should look.

    *is_invoice* says that a whole invoice is left out with it.
    """

    where: str
    reason: str
    has_amount: bool
    is_invoice: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The records that say they are one invoice: the one that speaks for the invoice, and its lines."""

    head: Record
    lines: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class _Gone:
    """The place of a row that was skipped, and what it told of the invoice it is of."""

    told: dict[str, str]


class Grouping:
    """Groups the records of one source. Every record ends in one group or in `skipped`."""

    def __init__(self, mapping: LoadedMapping, columns: Columns, limits: Limits) -> None:
        self._file = mapping.file
        self._is_empty = mapping.locale.is_empty
        self._columns = columns
        self._limits = limits
        self._amounts = _amount_words(mapping.file)
        self._shared = _shared_words(mapping.file)
        told_by = mapping.file.told_by
        self._in_rows = list(dict.fromkeys(word for rule in mapping.file.rows.values() for word in told_by(rule)))
        self.skipped: list[Skipped] = []
        self.unheard = Unheard(columns.spellings)

    def groups(self, records: Iterable[Record]) -> Iterator[Group]:
        """Give the groups in the order of their first records; a flat source's columns are found first."""
        filled = self._filled(self._kept(self._bound(records)))
        before: Group | None = None
        for members, count in self._gathered(filled) if self._file.scattered else self._neighbours(filled):
            if before is not None:
                yield replace(before, problems=(*before.problems, *self._astray(before, members[0])))
            before = self._group(members, count)
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
        bound: set[str] = set()
        for record in records:
            if record.part not in bound:
                if self._file.lines_from is not None or (record.part == "whole" and not bound):
                    self._columns.bind(record)
                bound.add(record.part)
            if record.document is not None and self._file.lines_from is None:
                self.unheard.hear(record)
            yield record

    def _kept(self, records: Iterable[Record]) -> Iterator[Record | _Gone]:
        left_out: tuple[str, str] | None = None
        begun: tuple[Skip | None, str] | None = None
        for record in records:
            if record.part == "whole" and not any(
                value is not None and spelled(value) for value in record.values.values()
            ):
                self._skip(record, "the whole row is empty")
                continue
            if begun is not None and self._goes_along(record, begun[0]):
                self._skip(record, begun[1])
                continue
            skip, reason = self._left_out(record)
            begun = None
            if self._begins(record, skip):
                begun = skip, f"it belongs to {record.where}: {reason}"
            elif record.part == "whole" and skip is not None and (skip.part == "line" or self._is_torn(skip)):
                yield self._marked(record, skip, reason)
                continue
            if record.document is not None and record.part == "header":
                left_out = (record.document, reason) if reason else None
            elif left_out is not None and record.document == left_out[0]:
                continue
            if not reason:
                yield record
                continue
            self._skip(record, reason, is_invoice=record.part == "header" or begun is not None)
            if record.part == "whole":
                yield _Gone(dict(self._told(record)))

    def _is_torn(self, skip: Skip) -> bool:
        """Whether a row of an invoice is to leave out the whole of it without beginning it."""
        return skip.part == "header" and bool(self._file.group_by)

    def _marked(self, record: Record, skip: Skip, reason: str) -> Record:
        """Give a row whose line alone is left out, or one that would leave out an invoice and begins none."""
        if skip.part == "line":
            return replace(record, skipped=reason)
        said = f"{reason}, which leaves out whole invoices, and this row begins none"
        return replace(record, problems=(*record.problems, said))

    def _skip(self, record: Record, reason: str, *, as_line: bool = False, is_invoice: bool = False) -> None:
        words = [word for word in self._amounts if not as_line or word in self._in_rows]
        has_amount = any(self._is_amount(self._columns.text(record, word)) for word in words)
        self.skipped.append(Skipped(record.where, reason, has_amount, is_invoice))

    def _is_amount(self, text: str) -> bool:
        return not self._is_empty(text) and {sign for sign in text if sign.isdigit()} != {"0"}

    def _left_out(self, record: Record) -> tuple[Skip | None, str]:
        """Give what the mapping or the source itself says against *record*, and why; "" when it is an invoice row."""
        if record.skipped:
            return None, record.skipped
        told = ((skip, self._reason(skip, record)) for skip in self._file.skip)
        return next(((skip, reason) for skip, reason in told if reason), (None, ""))

    def _begins(self, record: Record, skip: Skip | None) -> bool:
        """Tell whether a skipped row begins an invoice: rows below it that have no key go along."""
        if record.part != "whole" or not any(self._key(record)):
            return False
        if skip is not None:
            return skip.part == "header"
        return bool(record.skipped and self._file.fill_down)

    def _goes_along(self, record: Record, skip: Skip | None) -> bool:
        if record.part != "whole" or any(self._key(record)):
            return False
        is_blank = skip is None or self._is_empty(self._columns.text(record, skip.column))
        return is_blank or (skip is not None and bool(self._reason(skip, record)))

    def _reason(self, skip: Skip, record: Record) -> str:
        if record.part != "whole" and (
            record.part != skip.part if skip.part else not self._columns.has(record, skip.column)
        ):
            return ""
        text = self._columns.text(record, skip.column)
        told = skip.told(text, is_empty=self._is_empty(text))
        if not told:
            return ""
        said = f'"{self._columns.header(skip.column, record)}" {told}'
        return f"{said}: {skip.because}" if skip.because else said

    def _filled(self, records: Iterable[Record | _Gone]) -> Iterator[Record]:
        """Fill blank cells from above, within one invoice: where another one begins, nothing is carried into it.

        Nor over the row of another one that is gone: what is below such a row may be of it.
        """
        last: dict[str, Value] = {}
        key: dict[str, str] = {}
        for record in records:
            if isinstance(record, _Gone):
                if any(key.get(word) != text for word, text in record.told.items()):
                    last, key = {}, record.told
                continue
            if not self._file.fill_down or record.part != "whole":
                yield record
                continue
            told = dict(self._told(record))
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

    def _told(self, record: Record) -> Iterator[tuple[str, str]]:
        """Give the cells of its key that are filled."""
        return ((word, text) for word, text in self._texts(record, self._file.group_by) if not self._is_empty(text))

    def _texts(self, record: Record, words: Iterable[str]) -> Iterator[tuple[str, str]]:
        return ((word, self._columns.text(record, word)) for word in words)

    def _key(self, record: Record) -> tuple[str, ...]:
        if record.document is not None:
            return (record.document,)
        told = dict(self._told(record))
        return tuple(told.get(word, "") for word in self._file.group_by)

    def _neighbours(self, records: Iterable[Record]) -> Iterator[tuple[list[Record], int]]:
        """Group what stands together; the same number further down is a second draft, and an error there.

        Of a group without measure only the first records are held, and it is told how many there are.
        """
        members: list[Record] = []
        current: tuple[str, ...] = ()
        count = 0
        for record in records:
            key = self._key(record)
            if members and key == current and any(key):
                count += 1
                if count <= self._limits.rows_per_invoice:
                    members.append(record)
                continue
            if members:
                yield members, count
            members, current, count = [record], key, 1
        if members:
            yield members, count

    def _gathered(self, records: Iterable[Record]) -> Iterator[tuple[list[Record], int]]:
        """Group by key wherever the lines stand: the mapping says that they may be scattered."""
        groups: dict[tuple[str, ...] | int, list[Record]] = {}
        cells = 0
        for index, record in enumerate(records):
            cells += len(record.values)
            self._limits.check("held_cells", f"{self._columns.source}, {record.where} (scattered: true)", cells)
            key = self._key(record)
            groups.setdefault(key if any(key) else index, []).append(record)
        yield from ((members, len(members)) for members in groups.values())

    def _group(self, members: list[Record], count: int) -> Group:
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
        if count > self._limits.rows_per_invoice:
            told = self._limits.told("rows_per_invoice", count)
            problems.append(Problem("E-ROWS", f"the invoice {told}", where=head.where))
        lines = []
        for record in all_lines:
            if record.skipped:
                self._skip(record, f"as a line of its invoice: {record.skipped}", as_line=True)
            elif self._has_row(record):
                lines.append(record)
            elif record is not head:
                self._skip(record, "all its row columns are empty")
        return Group(head, tuple(lines), tuple(problems))

    def _has_row(self, record: Record) -> bool:
        if record.skipped:
            return False
        if not self._in_rows:
            return True
        return any(not self._is_empty(self._columns.text(record, word)) for word in self._in_rows)

    def _disagreements(self, head: Record, lines: list[Record]) -> Iterator[Problem]:
        if len(lines) < 2 or head.document is not None:
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
    blocks = (file.invoice, *file.charges)
    feeding = dict.fromkeys(word for rules in blocks for rule in rules.values() for word in file.told_by(rule))
    return [word for word in feeding if word not in file.first_in_group]


def _amount_words(file: MappingFile) -> list[str]:
    fields = [item for rules in (file.rows, file.invoice, *file.charges) for item in rules.items()]
    return list(
        dict.fromkeys(
            word for name, rule in fields if name.endswith("_amount") or name == "unit_price" for word in rule.sources()
        )
    )

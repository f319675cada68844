"""From records to groups that say they are one invoice: skip, fill down, group; every row accounted for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from confirma_connector.errors import MappingError
from confirma_connector.fields import spelled
from confirma_connector.mapping import LoadedMapping, MappingFile, Skip
from confirma_connector.records import Problem, Record, Value

__all__ = ["Columns", "Group", "Skipped", "grouped"]


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


@dataclass
class Columns:
    """Our word for a column → the header it has in this source."""

    mapping: LoadedMapping
    source: str
    _found: dict[str, str] = field(default_factory=dict)

    def bind(self, record: Record) -> None:
        """Find every column the mapping names among the headers of a flat source. Raises MappingError."""
        folded: dict[str, list[str]] = {}
        for header in record.values:
            folded.setdefault(_folded(header), []).append(header)
            if header.startswith("#") and " " in header:
                folded.setdefault(_folded(header.partition(" ")[0]), []).append(header)
                folded.setdefault(_folded(header.partition(" ")[2]), []).append(header)
        mistakes = [mistake for word in _words(self.mapping.file) if (mistake := self._bind(word, folded))]
        if mistakes:
            raise MappingError("\n".join(f"{self.source}: {mistake}" for mistake in mistakes))

    def _bind(self, word: str, folded: Mapping[str, list[str]]) -> str:
        spellings = self.spellings(word)
        headers = list(dict.fromkeys(header for spelling in spellings for header in folded.get(_folded(spelling), ())))
        if len(headers) == 1:
            self._found[word] = headers[0]
            return ""
        named = f'column "{spellings[0]}"' + (f" ({word})" if word != spellings[0] else "")
        if headers:
            return f"{named} stands more than once: {', '.join(headers)}; name one of them in the mapping's columns:"
        known = [header for group in folded.values() for header in group]
        near = difflib.get_close_matches(_folded(spellings[0]), folded, 1)
        hint = f'; the nearest is "{folded[near[0]][0]}"' if near else f"; it has {', '.join(dict.fromkeys(known))}"
        return f"{named} is not in the file{hint}"

    def spellings(self, word: str) -> tuple[str, ...]:
        """Give every header that *word* may have; a word that is not listed is the header itself."""
        return self.mapping.file.columns.get(word, (word,))

    def header(self, word: str) -> str:
        """Give the header of *word* in this source."""
        return self._found.get(word) or self.spellings(word)[0]

    def value(self, record: Record, word: str) -> Value:
        """Give what *record* has in the column *word*; None where it has nothing."""
        return record.values.get(self.header(word))

    def text(self, record: Record, word: str) -> str:
        """Give it as text without outer space."""
        return spelled(self.value(record, word))


def grouped(
    mapping: LoadedMapping, columns: Columns, records: Iterable[Record], skipped: list[Skipped]
) -> Iterator[Group]:
    """Group the records of one source; rows that the mapping skips are added to *skipped*."""
    kept = _kept(mapping, columns, _bound(columns, records), skipped)
    filled = _filled(mapping, columns, kept)
    if mapping.file.scattered:
        return _gathered(mapping, columns, filled)
    return _neighbours(mapping, columns, filled)


def _bound(columns: Columns, records: Iterable[Record]) -> Iterator[Record]:
    for index, record in enumerate(records):
        if index == 0 and record.part == "whole":
            columns.bind(record)
        yield record


def _kept(
    mapping: LoadedMapping, columns: Columns, records: Iterable[Record], skipped: list[Skipped]
) -> Iterator[Record]:
    amounts = _amount_words(mapping.file)
    for record in records:
        if not any(value is not None and spelled(value) for value in record.values.values()):
            skipped.append(Skipped(record.where, "the whole row is empty", has_amount=False))
            continue
        reason = next((reason for skip in mapping.file.skip if (reason := _skips(mapping, columns, skip, record))), "")
        if reason:
            has_amount = any(not mapping.locale.is_empty(columns.text(record, word)) for word in amounts)
            skipped.append(Skipped(record.where, reason, has_amount))
        else:
            yield record


def _skips(mapping: LoadedMapping, columns: Columns, skip: Skip, record: Record) -> str:
    if record.part != "whole" and columns.header(skip.column) not in record.values:
        return ""
    text = columns.text(record, skip.column)
    header = columns.header(skip.column)
    if skip.empty is not None:
        return (
            f'"{header}" is {"empty" if skip.empty else "filled"}'
            if mapping.locale.is_empty(text) == skip.empty
            else ""
        )
    if skip.equals is not None:
        return f'"{header}" is "{skip.equals}"' if text == skip.equals.strip() else ""
    if skip.in_ is not None:
        return f'"{header}" is "{text}"' if text in skip.in_ else ""
    return f'"{header}" starts with "{skip.starts_with}"' if text.startswith(skip.starts_with or "\0") else ""


def _filled(mapping: LoadedMapping, columns: Columns, records: Iterable[Record]) -> Iterator[Record]:
    words = mapping.file.fill_down
    last: dict[str, Value] = {}
    for record in records:
        if not words or record.part != "whole":
            yield record
            continue
        missing: dict[str, Value] = {}
        for word in words:
            header = columns.header(word)
            if not mapping.locale.is_empty(columns.text(record, word)):
                last[header] = record.values.get(header)
            elif header in last:
                missing[header] = last[header]
        yield replace(record, values={**record.values, **missing}) if missing else record


def _key(mapping: LoadedMapping, columns: Columns, record: Record) -> tuple[str, ...]:
    if record.document is not None:
        return (record.document,)
    return tuple(columns.text(record, word) for word in mapping.file.group_by)


def _neighbours(mapping: LoadedMapping, columns: Columns, records: Iterable[Record]) -> Iterator[Group]:
    """Group what stands together; the same number further down is a second draft, and an error there."""
    members: list[Record] = []
    current: tuple[str, ...] = ()
    for record in records:
        key = _key(mapping, columns, record)
        if members and key == current and any(key):
            members.append(record)
            continue
        if members:
            yield _group(mapping, columns, members)
        members, current = [record], key
    if members:
        yield _group(mapping, columns, members)


def _gathered(mapping: LoadedMapping, columns: Columns, records: Iterable[Record]) -> Iterator[Group]:
    """Group by key wherever the lines stand: the mapping says that they may be scattered."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    for index, record in enumerate(records):
        key = _key(mapping, columns, record)
        groups.setdefault(key if any(key) else ("", str(index)), []).append(record)
    for members in groups.values():
        yield _group(mapping, columns, members)


def _group(
    mapping: LoadedMapping,
    columns: Columns,
    members: list[Record],
) -> Group:
    head = next((record for record in members if record.part == "header"), members[0])
    lines = tuple(record for record in members if record.part != "header")
    problems = [Problem("E-RECORD", text, where=record.where) for record in members for text in record.problems]
    problems += _disagreements(mapping, columns, head, lines)
    return Group(head, lines, tuple(problems))


def _disagreements(
    mapping: LoadedMapping, columns: Columns, head: Record, lines: tuple[Record, ...]
) -> Iterator[Problem]:
    if len(lines) < 2:
        return
    empty = mapping.locale.is_empty
    for word in _shared_words(mapping.file):
        first = columns.text(head, word)
        for record in lines:
            text = columns.text(record, word)
            if text != first and not empty(text) and record is not head:
                other = "nothing" if empty(first) else "another value"
                yield Problem(
                    "E-DISAGREES",
                    f"the rows of one invoice must agree here, and {head.where} has {other}",
                    where=record.where,
                    header=columns.header(word),
                    value=text,
                )
                break


def _shared_words(file: MappingFile) -> list[str]:
    """Columns that feed the invoice: they agree on all its rows or are blank after the first."""
    feeding = dict.fromkeys(word for rule in file.invoice.values() for word in rule.sources())
    return [word for word in feeding if word not in file.first_in_group]


def _words(file: MappingFile) -> list[str]:
    """Every column the mapping refers to, in our words."""
    named = [skip.column for skip in file.skip] + [*file.fill_down, *file.group_by, *file.first_in_group]
    fed = [word for rules in (file.invoice, file.rows) for rule in rules.values() for word in rule.sources()]
    return list(dict.fromkeys(named + fed))


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


def _folded(header: str) -> str:
    return " ".join(header.split()).casefold()

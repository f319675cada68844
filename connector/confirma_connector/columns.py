"""Our words for columns, and the headers they have in one source."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import Any

import yaml

from confirma_connector.fields import spelled
from confirma_connector.headers import MissingColumns, among
from confirma_connector.language import tr
from confirma_connector.mapping import FieldRule, LoadedMapping, MappingFile, shipped
from confirma_connector.masking import PERSONAL, hidden, masked
from confirma_connector.records import Record, Value
from confirma_connector.rowcells import Cells

__all__ = ["Columns", "Look"]


class Columns:
    """Our word for a column → the header it has in this source."""

    def __init__(self, mapping: LoadedMapping, source: str) -> None:
        file = mapping.file
        self.source = source
        self._mapping = mapping
        self._parts: dict[str, set[str]] = {}
        for _, word, part in file.uses():
            self._parts.setdefault(word, set()).add(part)
        self._spellings = {word: file.columns.get(word, (word,)) for word in self._parts}
        self._headers = dict(self._spellings)
        self._found: dict[str, tuple[str, ...]] = {}
        self.bindings = 0
        """So many times headers were found: what was worked out from headers before is out of date then."""
        self._personal = {
            word for field in PERSONAL if field in file.invoice for word in _told(file, file.invoice[field])
        }

    def __len__(self) -> int:
        return len(self._spellings)

    @property
    def spellings(self) -> Mapping[str, tuple[str, ...]]:
        """Give every header that each of our words may have."""
        return self._spellings

    @property
    def parts(self) -> Mapping[str, Collection[str]]:
        """Give the parts of an invoice that each of our words is read from; "" for any."""
        return self._parts

    def bind(self, record: Record, place: str = "") -> None:
        """Find every column the mapping names among the headers of a table: all of them in a flat source.

        Where headers and rows are two tables, those of the part that *record* is. *place* names the table for people.
        Raises MissingColumns.
        """
        part = record.part
        names = {
            word: spellings
            for word, spellings in self._spellings.items()
            if part == "whole" or not self._parts[word].isdisjoint((part, ""))
        }
        of_either = {word for word in names if part not in self._parts[word]} if part != "whole" else set()
        optional = of_either if part == "header" else of_either.intersection(self._found)
        try:
            bound = among(record.values, names, place or self.source, optional)
        except MissingColumns as error:
            raise MissingColumns(error.said, error.missing, self._recipe(error.missing)) from None
        for word, header in bound.items():
            self._found[word] = tuple(dict.fromkeys((*self._found.get(word, ()), header)))
            self._headers[word] = self._found[word]
        self.bindings += 1

    def _recipe(self, missing: Mapping[str, str]) -> str:
        """Say which line of the mapping reads the first of the columns that are missing, and how to name it."""
        word, near = next(iter(missing.items()), ("", ""))
        if not word:
            return ""
        place = next(place for place, used, _ in self._mapping.file.uses() if used == word)
        field = ".".join(str(part) for part in place).removeprefix("invoice.")
        names = {"columns": {word: [*self._spellings[word], near or "…"]}}
        told = {"line": self._mapping.line_of(*place), "header": self._spellings[word][0], "field": field}
        spelled_out = yaml.safe_dump(names, allow_unicode=True, default_flow_style=True, width=1_000).strip()[1:-1]
        if self._mapping.path in shipped().values():
            return tr(
                '{line} reads "{header}" for {field}; if the column is called otherwise in this file, a mapping '
                "of your own can say so: extends: {name}, and {yaml}",
                **told,
                name=self._mapping.path.stem,
                yaml=spelled_out,
            )
        return tr(
            '{line} reads "{header}" for {field}; if the column is called otherwise in this file, add its name: {yaml}',
            **told,
            yaml=spelled_out,
        )

    def found(self) -> frozenset[str]:
        """Give the headers that the mapping names, of the tables that were bound."""
        return frozenset(header for headers in self._found.values() for header in headers)

    def header(self, word: str, record: Record | None = None) -> str:
        """Give the header of *word* in this source; where it may be under several, the one that *record* has."""
        headers = self._headers[word]
        if record is None or len(headers) == 1:
            return headers[0]
        return next((header for header in headers if header in record.values), headers[0])

    def sole_header(self, word: str) -> str | None:
        """Give the header of *word* in this source; None where it may be under several."""
        headers = self._headers[word]
        return headers[0] if len(headers) == 1 else None

    def look(self, words: Sequence[str]) -> Look | None:
        """Give the look for what stands under *words*; None where one of them may be under several headers."""
        headers = [header for word in words if (header := self.sole_header(word)) is not None]
        return Look(headers) if len(headers) == len(words) else None

    def has(self, record: Record, word: str) -> bool:
        """Tell whether *record* knows the column *word* at all."""
        return any(header in record.values for header in self._headers[word])

    def value(self, record: Record, word: str) -> Value:
        """Give what *record* has in the column *word*; None where it has nothing."""
        values, headers = record.values, self._headers[word]
        if len(headers) == 1:
            return values.get(headers[0])
        for header in headers:
            if header in values:
                return values[header]
        return None

    def text(self, record: Record, word: str) -> str:
        """Give it as text without outer space."""
        return spelled(self.value(record, word))

    def shown(self, record: Record, word: str) -> str:
        """Give it as people may see it: a personal identity number only by its length."""
        is_personal = self.header(word) in map(self.header, self._personal)
        return (hidden if is_personal else masked)(self.text(record, word))


class Look:
    """What records have under several *headers*, all in one look; None where one has nothing."""

    def __init__(self, headers: Sequence[str]) -> None:
        self._headers = headers
        self._by_name = _taking(headers)
        self._by_place: Callable[[Any], tuple[Value, ...]] | None = None
        self._places: list[int | None] = []
        self._heading: Mapping[str, int] | None = None

    def of(self, record: Record) -> tuple[Value, ...]:
        """Give the cells of one record."""
        values = record.values
        if isinstance(values, Cells):
            if values.heading is not self._heading:
                self._turn_to(values.heading)
            if self._by_place is not None:
                return self._by_place(values.cells)
        else:
            try:
                return self._by_name(values)
            except KeyError:  # a record need not have every column
                pass
        return tuple(map(values.get, self._headers))

    def columns_of(self, records: Sequence[Record]) -> list[Sequence[Value]]:
        """Give the cells of several records, column by column."""
        first = records[0].values
        if isinstance(first, Cells) and first.heading is not self._heading:
            self._turn_to(first.heading)
        heading = self._heading
        rows = [its.cells for one in records if isinstance(its := one.values, Cells) and its.heading is heading]
        if len(rows) < len(records):
            return [*zip(*map(self.of, records), strict=True)]
        columns = [*zip(*rows, strict=True)]
        nothing = (None,) * len(rows)
        return [nothing if place is None else columns[place] for place in self._places]

    def _turn_to(self, heading: Mapping[str, int]) -> None:
        self._heading = heading
        self._places = [heading.get(header) for header in self._headers]
        self._by_place = None if None in self._places else _taking(self._places)


def _taking(keys: Sequence[object]) -> Callable[[Any], tuple[Value, ...]]:
    if len(keys) == 1:
        return lambda row, key=keys[0]: (row[key],)  # type: ignore[misc]
    return itemgetter(*keys) if keys else lambda _: ()


def _told(file: MappingFile, rule: FieldRule) -> tuple[str, ...]:
    """Name the columns that tell a field's value itself: that by which it is looked up only where it is the key."""
    name, _, column = (rule.register_ or "").partition(".")
    is_key = name in file.registers and file.registers[name].key == column
    return file.told_by(rule) if is_key else rule.sources()

"""Headers and rows of invoices in two tables (sheets of one workbook, or two files), joined by a key."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from confirma_connector.beside import STEM
from confirma_connector.columns import Columns
from confirma_connector.errors import SourceError
from confirma_connector.fields import spelled
from confirma_connector.language import tr
from confirma_connector.mapping import Lines, LoadedMapping
from confirma_connector.records import Record, Source

__all__ = ["lines_path", "read"]

_OURS = re.compile(r"(\.sandbox)?\.(results|checked)(-\d+)?$")
"""What we add to the name of a source for its results: the rows lie beside the source."""


def lines_path(mapping: LoadedMapping, path: Path, made_from: Path | None = None) -> Path | None:
    """Give the file with the rows of the source *path*; None where they stand in the source itself.

    A results file has its rows where the source it was *made_from* has them. Raises SourceError.
    """
    if mapping.lines is None or mapping.lines.block.file is None:
        return None
    name = mapping.lines.block.file
    stems = [(path, path.stem), (path, _OURS.sub("", path.stem))]
    stems += [(made_from, made_from.stem)] if made_from is not None else []
    places = [place.parent / name.replace(STEM, stem) for place, stem in stems]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise SourceError(
            tr(
                "{path}: there is no file {file} with the rows of its invoices ({place})",
                path=path,
                file=places[1],
                place=mapping.lines.said,
            )
        )
    if found.samefile(path):
        raise SourceError(tr("{path}: is the file of the rows itself ({place})", path=path, place=mapping.lines.said))
    return found


def read(mapping: LoadedMapping, source: Source, beside: Path | None = None) -> Iterator[Record]:
    """Give the records of *source* with their rows below them. *beside* is the file of the rows, where it is another.

    Raises SourceError, MappingError, AdapterError.
    """
    if mapping.lines is None:
        return mapping.adapter.read(source)
    return _Join(mapping, mapping.lines, source, source if beside is None else source.at(beside)).records()


@dataclass
class _Join:
    """Two tables: the rows are held by their keys, the headers are read twice and never held."""

    mapping: LoadedMapping
    lines: Lines
    source: Source
    beside: Source
    keys: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, list[Record]] = field(default_factory=dict)
    apart: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.columns = Columns(self.mapping, str(self.source.path))
        self.beside = replace(self.beside, options=self.lines.options)
        self.is_other_file = self.beside.path != self.source.path
        self.place = self.beside.path.name if self.is_other_file else tr("the sheet of the rows")

    def records(self) -> Iterator[Record]:
        self._find_keys()
        self._hold_lines()
        for header in self._headers():
            key = self._key(header)
            if header.skipped or not key or self.keys.get(key, [header.where])[0] != header.where:
                yield header
                continue
            rows = self.held.pop(key, [])
            yield header if rows else replace(header, problems=(*header.problems, self._lacking(header)))
            yield from rows
        yield from self.apart
        for rows in self.held.values():
            yield from (
                self._apart(row, tr('there is no invoice with its "{header}"', header=self._named(row))) for row in rows
            )

    def _lacking(self, header: Record) -> str:
        return tr(
            'no row of {place} has its "{header}": an invoice needs rows', place=self.place, header=self._named(header)
        )

    def _find_keys(self) -> None:
        for header in self._headers():
            key = self._key(header)
            if key and not header.skipped:
                self.keys.setdefault(key, []).append(header.where)

    def _headers(self) -> Iterator[Record]:
        for count, record in enumerate(_table(self.mapping.adapter.read(self.source), self.source), 1):
            self.source.limits.check("rows", f"{self.source.path}, {record.where}", count)
            header = replace(record, part="header")
            if count == 1:
                self.columns.bind(header)
            if header.skipped or _is_blank(record):
                yield replace(header, skipped=header.skipped or tr("the whole row is empty"))
                continue
            key = self._key(header)
            document, problems = key or header.where, header.problems
            if not key:
                problems = (
                    *problems,
                    tr('has no "{header}", by which its rows would find it', header=self._named(header)),
                )
            elif len(places := self.keys.get(key, ())) > 1:
                others = ", ".join(place for place in places if place != header.where)
                problems = (
                    *problems,
                    tr('its "{header}" is also that of {places}', header=self._named(header), places=others),
                )
                document = header.where
            yield replace(header, document=document, problems=problems)

    def _hold_lines(self) -> None:
        """Hold the rows by their keys, of each only what the mapping reads."""
        cells, above, wanted = 0, "", frozenset[str]()
        for count, record in enumerate(_table(self.lines.adapter.read(self.beside), self.beside), 1):
            if count == 1:
                sheet = record.where.rpartition("!")[0]
                self.place = self.place if self.is_other_file else sheet or self.place
                table = f"{self.beside.path}, {sheet}" if sheet else str(self.beside.path)
                self.columns.bind(replace(record, part="line"), table)
                wanted = self.columns.found()
            line = self._line(record, wanted)
            cells += len(line.values)
            if cells > self.source.limits.held_cells:
                place = tr("{path}, {place} (rows apart from their headers)", path=self.beside.path, place=record.where)
                raise self.source.limits.refuse("held_cells", place, cells)
            key = self._key(line)
            if line.skipped or _is_blank(record):
                self.apart.append(replace(line, skipped=line.skipped or tr("the whole row is empty")))
            elif key:
                self._hold(line, key)
                above = key
            elif above:
                problem = tr(
                    'has no "{header}": nobody can tell whether it is of the invoice above it',
                    header=self._named(line),
                )
                self._hold(replace(line, problems=(*line.problems, problem)), above)
            else:
                self.apart.append(self._apart(line, tr('has no "{header}"', header=self._named(line))))

    def _hold(self, line: Record, key: str) -> None:
        where = self.keys.get(key, [key])
        document = key if len(where) == 1 else where[0]
        self.held.setdefault(key, []).append(replace(line, document=document))

    def _line(self, record: Record, wanted: Set[str]) -> Record:
        where = record.where
        if self.is_other_file:
            where = tr("{place} of {file}", place=where, file=self.beside.path.name)
        at = record.at if isinstance(record.at, tuple) else (record.at,)
        values = {header: record.values[header] for header in record.values if header in wanted}
        return replace(record, values=values, at=("row", *at), where=where, part="line")

    def _apart(self, line: Record, why: str) -> Record:
        problems = (tr("; it {problem}", problem=problem) for problem in line.problems)
        return replace(line, document=None, skipped=why + "".join(problems))

    def _word(self, record: Record) -> str:
        block = self.lines.block
        return block.key if record.part == "line" else block.header_key

    def _named(self, record: Record) -> str:
        return self.columns.header(self._word(record), record)

    def _key(self, record: Record) -> str:
        text = self.columns.text(record, self._word(record))
        return "" if self.mapping.locale.is_empty(text) else text


def _table(records: Iterable[Record], source: Source) -> Iterator[Record]:
    for record in records:
        if record.part != "whole":
            raise SourceError(
                tr("{path}: knows itself which rows are of which invoice: lines_from is for tables", path=source.path)
            )
        yield record


def _is_blank(record: Record) -> bool:
    return not any(value is not None and spelled(value) for value in record.values.values())

"""How a file that has no mapping is laid out: what its adapter has to be told, and what then stands in its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from confirma_connector.errors import SourceError
from confirma_connector.fields import spelled
from confirma_connector.language import listed, mark, tr, trn
from confirma_connector.limits import Limits
from confirma_connector.plugins import Adapter, Registry
from confirma_connector.proposing.found import Column, Layout
from confirma_connector.proposing.grid import kind_of
from confirma_connector.proposing.heading import Heading, Look
from confirma_connector.proposing.oddities import oddities
from confirma_connector.proposing.sheets import look_at_book, look_at_tables
from confirma_connector.proposing.textfile import look_at_text
from confirma_connector.records import Record, Source
from confirma_connector.workbook import Book, choose_sheet, read_rows
from confirma_connector.workbook.markup import column_index

__all__ = ["LOOKED_AT", "laid_out"]

LOOKED_AT = 5_000
"""As many rows are looked at for evidence; the others are only counted."""

_TABLES = ("csv_file", "excel", "table")
_PARQUET = b"PAR1"
_NAMED = 8


def laid_out(path: Path, registry: Registry, limits: Limits, options: Mapping[str, Any] | None = None) -> Layout:
    """Say how *path* is laid out; what *options* declare of `source:` is taken as it is.

    Raises SourceError for what is no table, or cannot be read.
    """
    limits.check_file(path)
    claims = [name for name in registry.claims(path) if name in _TABLES]
    if len(claims) != 1:
        raise SourceError(
            tr(
                "{path}: is no list of rows and columns: a mapping is proposed for text and spreadsheets only",
                path=path,
            )
        )
    declared = {key: value for key, value in (options or {}).items() if value is not None}
    reading = _Reading(path, registry.get(claims[0]), limits)
    look = _look(reading, declared)
    meanwhile = {**look.source, **{key: some[0] for key, some in look.open.items()}, **declared}
    found = _Found({**look.source, **declared}, dict(look.why), dict(look.open), meanwhile)
    if look.heading is not None and "header_row" not in declared:
        _settle_header(reading, look.heading, found, declared)
    if reading.adapter.name == "excel":
        _settle_hidden(reading, found, declared)
        _settle_numbers(reading, found, declared)
    columns, rows, wheres = _columns(reading, found.meanwhile, look.heading.above if look.heading else {})
    return Layout(path, reading.adapter.name, found.source, found.why, columns, rows, wheres, found.open)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One file, and the adapter that reads it as `check` will."""

    path: Path
    adapter: Adapter
    limits: Limits

    def records(self, options: Mapping[str, Any]) -> Iterator[Record]:
        """Read with these *options*, but not what the source itself leaves out (the totals row of a table)."""
        source = Source((self.path,), self.options(options), limits=self.limits)
        return (record for record in self.adapter.read(source) if not record.skipped)

    def options(self, options: Mapping[str, Any]) -> BaseModel | None:
        """Give the options as the adapter takes them. Raises SourceError."""
        model = self.adapter.options()
        try:
            return model.model_validate(options) if model else None
        except ValidationError as error:
            told = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise SourceError(f"{self.path.name}: {told}") from None


@dataclass(frozen=True, slots=True)
class _Found:
    """What goes into the layout as it is found; *meanwhile* the file is read with the first of what is open."""

    source: dict[str, Any]
    why: dict[str, str]
    open: dict[str, tuple[str, ...]]
    meanwhile: dict[str, Any]


def _look(reading: _Reading, declared: Mapping[str, Any]) -> Look:
    path, limits, chosen = reading.path, reading.limits, reading.options(declared)
    if reading.adapter.name == "csv_file":
        return look_at_text(path, limits, declared, chosen)
    if reading.adapter.name == "excel":
        return look_at_book(path, limits, declared, chosen)
    with path.open("rb") as file:
        if file.read(len(_PARQUET)) == _PARQUET:
            return Look({}, {}, {}, None)
    return look_at_tables(path, limits, reading.adapter, declared, chosen)


def _settle_header(reading: _Reading, heading: Heading, found: _Found, declared: Mapping[str, Any]) -> None:
    """Declare the header's row unless the adapter finds it by itself; where it is not certain it is asked."""
    row = str(heading.row) if heading.row else "none"
    plain = dict(found.meanwhile)
    told = {"header_row": row}
    if reading.adapter.name == "csv_file":
        if not heading.row and heading.first > 1:
            told["skip_rows"] = str(heading.first - 1)
        elif "skip_rows" in declared:
            return
    found.meanwhile.update(told)
    found.why["header_row"] = heading.why
    if heading.rivals:
        rivals = (str(one) for one in heading.rivals if one != heading.row)
        found.open["header_row"] = (row, *rivals)
    elif _first(reading, plain) != _first(reading, found.meanwhile):
        found.source.update(told)


def _first(reading: _Reading, options: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """Give place and headers of the first record; None when there is none, or it cannot be read that way."""
    try:
        record = next(reading.records(options), None)
    except SourceError:
        return None
    return None if record is None else (record.where, tuple(record.values))


def _settle_hidden(reading: _Reading, found: _Found, declared: Mapping[str, Any]) -> None:
    """Hidden rows are somebody's decision."""
    if "hidden" in declared:
        return
    try:
        for _ in reading.records(found.meanwhile):
            pass
    except SourceError:
        found.meanwhile["hidden"] = "send"
        if rows := _hidden(reading, found.meanwhile):
            found.open["hidden"] = ("send", "skip")
            found.why["hidden"] = trn(
                "{count} row is hidden or filtered out: {rows}",
                "{count} rows are hidden or filtered out: {rows}",
                len(rows),
                rows=listed([str(row) for row in rows], _NAMED),
            )


def _hidden(reading: _Reading, options: Mapping[str, Any]) -> list[int]:
    header = options.get("header_row", "none")
    top = int(header) if str(header).isdigit() else 0
    with Book(reading.path, reading.limits) as book:
        chosen: Any = reading.options(options)
        rows = read_rows(book, choose_sheet(book, chosen.sheet))
        return [row.number for row in rows if row.is_hidden and row.number > top]


def _settle_numbers(reading: _Reading, found: _Found, declared: Mapping[str, Any]) -> None:
    """Numbers with more decimals than their cells show are asked about: no invoice can have them as amounts."""
    if "numbers" in declared:
        return
    shown = reading.records({**found.meanwhile, "numbers": "shown"})
    rounded = 0
    place = ""
    for one, other in islice(zip(reading.records(found.meanwhile), shown, strict=True), LOOKED_AT):
        if one.values != other.values:
            for header, value in one.values.items():
                if value != other.values[header]:
                    rounded += 1
                    place = place or one.place(header)
    if rounded:
        found.open["numbers"] = ("shown", "exact")
        found.meanwhile["numbers"] = "shown"
        found.why["numbers"] = trn(
            "{count} cell has more decimals than it shows: {place}",
            "{count} cells have more decimals than they show: the first is {place}",
            rounded,
            place=place,
        )


def _columns(
    reading: _Reading, options: Mapping[str, Any], above: Mapping[int, str]
) -> tuple[tuple[Column, ...], int, tuple[str, ...]]:
    """Read the rows: those that are looked at, and how many there are."""
    records = reading.records(options)
    looked = list(islice(records, LOOKED_AT))
    if not looked:
        raise SourceError(tr("{name}: no row stands below the header", name=reading.path.name))
    rows = len(looked) + sum(1 for _ in records)
    headers = list(dict.fromkeys(header for record in looked for header in record.values))
    columns = []
    for at, header in enumerate(headers, 1):
        letter = looked[0].letters.get(header, "")
        place = column_index(letter) if letter else at
        values = [record.values.get(header) for record in looked]
        texts = tuple(map(spelled, values))
        kinds = () if reading.adapter.name == "csv_file" else tuple(map(kind_of, values))
        places = [
            tr(_PLACE, where=record.where, header=header) if not letter else record.place(header) for record in looked
        ]
        told = oddities(texts, kinds, places)
        columns.append(Column(header, place, texts, kinds, letter, told, above.get(place, "")))
    return tuple(columns), rows, tuple(record.where for record in looked)


_PLACE = mark('{where}, column "{header}"')

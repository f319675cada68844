"""How a file that has no mapping is laid out: what its adapter has to be told, and what then stands in its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from confirma_connector.errors import SourceError
from confirma_connector.fields import spelled
from confirma_connector.language import listed, mark, tr, trn, whole
from confirma_connector.limits import Limits
from confirma_connector.plugins import Registry
from confirma_connector.proposing.found import Column, Layout
from confirma_connector.proposing.grid import kind_of
from confirma_connector.proposing.heading import Heading, Look
from confirma_connector.proposing.lookedat import LAST, LOOKED_AT, Reading, Rows
from confirma_connector.proposing.oddities import oddities
from confirma_connector.proposing.sheets import look_at_book, look_at_tables
from confirma_connector.proposing.textfile import look_at_text
from confirma_connector.records import Record
from confirma_connector.workbook import Book, choose_sheet, read_rows
from confirma_connector.workbook.markup import column_index

__all__ = ["laid_out"]

_TABLES = ("csv_file", "excel", "table")
_PARQUET = b"PAR1"
_NAMED = 8


def laid_out(path: Path, registry: Registry, limits: Limits, options: Mapping[str, Any] | None = None) -> Layout:
    """Say how *path* is laid out; what *options* declare of `source:` is taken as it is.

    Raises SourceError for what is no table, or cannot be read.
    """
    limits.check_file(path)
    if not path.stat().st_size:
        raise SourceError(tr("{name} is empty", name=path.name))
    claims = [name for name in registry.claims(path) if name in _TABLES]
    if len(claims) != 1:
        raise SourceError(
            tr(
                "{path}: is no list of rows and columns: a mapping is proposed for text and spreadsheets only",
                path=path,
            )
        )
    declared = {key: value for key, value in (options or {}).items() if value is not None}
    reading = Reading(path, registry.get(claims[0]), limits)
    look = _look(reading, declared)
    meanwhile = {**look.source, **{key: some[0] for key, some in look.open.items()}, **declared}
    found = _Found({**look.source, **declared}, dict(look.why), dict(look.open), meanwhile)
    if look.heading is not None:
        _settle_header(reading, look.heading, found, declared)
    rows = _settled_rows(reading, found, declared)
    if reading.adapter.name == "excel" and "numbers" not in declared:
        rows = _settle_numbers(reading, found, rows)
    if rows.count > len(rows.looked):
        found.why["rows"] = tr(
            "the first {first} and the last {last} of {rows} rows were looked at",
            first=whole(LOOKED_AT),
            last=LAST,
            rows=whole(rows.count),
        )
    if ragged := [record for record in rows.looked if record.problems]:
        found.why["ragged"] = trn(
            "{count} row is not as long as the header: {where}",
            "{count} rows are not as long as the header: the first is {where}",
            len(ragged),
            where=ragged[0].where,
        )
    columns = tuple(_columns(reading, rows.looked, look.heading.above if look.heading else {}))
    wheres = tuple(record.where for record in rows.looked)
    return Layout(path, reading.adapter.name, found.source, found.why, columns, rows.count, wheres, found.open)


@dataclass(frozen=True, slots=True)
class _Found:
    """What goes into the layout as it is found; *meanwhile* the file is read with the first of what is open."""

    source: dict[str, Any]
    why: dict[str, str]
    open: dict[str, tuple[str, ...]]
    meanwhile: dict[str, Any]


def _look(reading: Reading, declared: Mapping[str, Any]) -> Look:
    path, limits, chosen = reading.path, reading.limits, reading.options(declared)
    if reading.adapter.name == "csv_file":
        return look_at_text(path, limits, declared, chosen)
    if reading.adapter.name == "excel":
        return look_at_book(path, limits, declared, chosen)
    with path.open("rb") as file:
        if file.read(len(_PARQUET)) == _PARQUET:
            return Look({}, {}, {}, None)
    return look_at_tables(path, limits, reading.adapter, declared, chosen)


def _settle_header(reading: Reading, heading: Heading, found: _Found, declared: Mapping[str, Any]) -> None:
    """Declare the header's row unless the adapter finds it by itself; where it is not certain it is asked."""
    row = str(declared.get("header_row", heading.row or "none"))
    plain = dict(found.meanwhile)
    told = {"header_row": row}
    if reading.adapter.name == "csv_file" and "skip_rows" not in declared and row == "none" and heading.first > 1:
        told["skip_rows"] = str(heading.first - 1)
    if "skip_rows" in declared and row != "none":
        return  # it says as well where the header is
    found.meanwhile.update(told)
    if "header_row" in declared:
        found.source.update(told)
        return
    found.why["header_row"] = heading.why
    if heading.rivals:
        rivals = (str(one) if one else "none" for one in heading.rivals if one != heading.row)
        found.open["header_row"] = (row, *rivals)
    elif _first(reading, plain) != _first(reading, found.meanwhile):
        found.source.update(told)


def _first(reading: Reading, options: Mapping[str, Any]) -> tuple[str, tuple[str, ...]] | None:
    """Give place and headers of the first record; None when there is none, or it cannot be read that way."""
    try:
        record = next(reading.records(options), None)
    except SourceError:
        return None
    return None if record is None else (record.where, tuple(record.values))


def _settled_rows(reading: Reading, found: _Found, declared: Mapping[str, Any]) -> Rows:
    """Read the rows. Hidden ones are somebody's decision: they are read, named and asked about."""
    try:
        return reading.rows(found.meanwhile)
    except SourceError:
        if reading.adapter.name != "excel" or "hidden" in declared:
            raise
        found.meanwhile["hidden"] = "send"
        rows = reading.rows(found.meanwhile)
        hidden = _hidden(reading, found.meanwhile)
        found.open["hidden"] = ("send", "skip")
        found.why["hidden"] = trn(
            "{count} row is hidden or filtered out: {rows}",
            "{count} rows are hidden or filtered out: {rows}",
            len(hidden),
            rows=listed([str(row) for row in hidden], _NAMED),
        )
        return rows


def _hidden(reading: Reading, options: Mapping[str, Any]) -> list[int]:
    header = options.get("header_row", "none")
    top = int(header) if str(header).isdigit() else 0
    with Book(reading.path, reading.limits) as book:
        chosen: Any = reading.options(options)
        rows = read_rows(book, choose_sheet(book, chosen.sheet))
        return [row.number for row in rows if row.is_hidden and row.number > top]


def _settle_numbers(reading: Reading, found: _Found, rows: Rows) -> Rows:
    """Ask about numbers with more decimals than their cells show: no invoice can have them as amounts."""
    if not any(_is_long(value) for record in rows.looked for value in record.values.values()):
        return rows
    shown = reading.rows({**found.meanwhile, "numbers": "shown"})
    places = [
        record.place(header)
        for record, other in zip(rows.looked, shown.looked, strict=True)
        for header, value in record.values.items()
        if value != other.values[header]
    ]
    if not places:
        return rows
    found.open["numbers"] = ("shown", "exact")
    found.why["numbers"] = trn(
        "{count} cell has more decimals than it shows: {place}",
        "{count} cells have more decimals than they show: the first is {place}",
        len(places),
        place=places[0],
    )
    return shown


def _is_long(value: object) -> bool:
    """Tell whether a value is a number of more than two decimals."""
    return isinstance(value, Decimal) and int(value.as_tuple().exponent) < -2


def _columns(reading: Reading, records: Sequence[Record], above: Mapping[int, str]) -> Iterator[Column]:
    whole_ones = [record for record in records if not record.problems] or records
    for at, header in enumerate(dict.fromkeys(header for record in whole_ones for header in record.values), 1):
        letter = records[0].letters.get(header, "")
        place = column_index(letter) if letter else at
        values = [record.values.get(header) for record in records]
        texts = tuple(map(spelled, values))
        kinds = () if reading.adapter.name == "csv_file" else tuple(map(kind_of, values))
        places = [_place(record, header) for record in records]
        yield Column(header, place, texts, kinds, letter, oddities(texts, kinds, places), above.get(place, ""))


def _place(record: Record, header: str) -> str:
    return record.place(header) if record.letters else tr(_PLACE, where=record.where, header=header)


_PLACE = mark('{where}, column "{header}"')

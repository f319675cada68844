"""What a program hands over instead of a file: records of any iterable, or the rows of a DataFrame.

They are taken as they are at one moment, and nothing is guessed: a float is unreadable where the mapping reads it.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from confirma_connector.errors import MappingError, SourceError
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.headers import among
from confirma_connector.language import mark, tr
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping
from confirma_connector.records import Record, Unreadable, Value
from confirma_connector.wellformed import Malformed, wellformed

if TYPE_CHECKING:
    import pandas

__all__ = ["Handed", "of_frame", "of_records"]

_FLOAT = mark("is a binary number (float), which keeps neither an id nor a sum exactly; hand over text or a Decimal")
_FLOAT_COLUMN = mark(
    "is a binary number (float), which keeps neither an id nor a sum exactly; read the column as text "
    "(dtype=str, keep_default_na=False) or make Decimals of it"
)
_INT_COLUMN = mark(
    "is a number where the mapping wants text, so zeros at its front may be lost; read the column as text "
    '(dtype=str), or if none are, say so: astype("string")'
)
_OTHER = mark("is not text, a number or a date")
_NUMBERS = frozenset("iufb")
"""How numpy calls whole numbers, numbers without a sign, floats and booleans."""
_MIDNIGHT = dt.time()
_SHOWN = 200


@dataclass(frozen=True)
class Handed:
    """Records in memory, with the mapping that reads them. Their *name* stands where that of a file would."""

    name: str
    records: tuple[Record, ...]
    mapping: LoadedMapping


def of_records(records: Iterable[object], name: str, mapping: LoadedMapping, limits: Limits) -> Handed:
    """Take every one of *records*, a `Record` or a mapping of headers to values each. Raises SourceError, MappingError.

    In a flat source the first one tells all the headers there are: dicts may leave out what they have nothing for.
    """
    _refuse_two_tables(name, mapping)
    taken: list[Record] = []
    headers: dict[str, None] = {}
    cells = 0
    for row, one in enumerate(records, 1):
        place = tr("row {row}", row=row)
        record = _sound(_record(one, row, place, name), name, limits)
        cells += len(record.values)
        if row > limits.rows or cells > limits.cells:
            raise limits.refuse("rows" if row > limits.rows else "cells", f"{name}, {place}")
        headers.update(dict.fromkeys(record.values))
        taken.append(record)
    if taken and taken[0].part == "whole":
        taken[0] = replace(taken[0], values={**dict.fromkeys(headers), **taken[0].values})
    return Handed(name, tuple(taken), mapping)


def of_frame(frame: pandas.DataFrame, name: str, mapping: LoadedMapping, limits: Limits) -> Handed:
    """Take the rows of *frame*, counted from 1 whatever its index says. Raises SourceError, MappingError."""
    _refuse_two_tables(name, mapping)
    if not hasattr(frame, "iloc") or not hasattr(frame, "columns"):
        raise SourceError(tr("{name}: is a {type}, not a DataFrame of pandas", name=name, type=type(frame).__name__))
    height, width = frame.shape
    limits.check("columns", name, width)
    limits.check("rows", name, height)
    limits.check("cells", name, height * width)
    headers = _headers(list(frame.columns), name)
    texts = _read_as_text(mapping, headers)
    columns = [
        [_of_column(value, is_text=header in texts) for value in frame.iloc[:, index].tolist()]
        for index, header in enumerate(headers)
    ]
    rows = zip(*columns, strict=True)
    records = (
        Record(dict(zip(headers, values, strict=True)), row, tr("row {row}", row=row))
        for row, values in enumerate(rows, 1)
    )
    return Handed(name, tuple(_sound(record, name, limits) for record in records), mapping)


def _sound(record: Record, name: str, limits: Limits) -> Record:
    """Give a copy that holds to what is asked of adapters: no half characters, no endless numbers."""
    try:
        return wellformed(record, limits)
    except Malformed as error:
        raise SourceError(tr("{name}: what hands over the records {problem}", name=name, problem=error)) from None
    except SourceError as error:  # a value that passes a bound
        raise SourceError(f"{name}, {error}") from None


def _refuse_two_tables(name: str, mapping: LoadedMapping) -> None:
    if mapping.lines is not None:
        raise MappingError(
            tr(
                "{name}: the mapping takes the rows of the invoices from a second table ({place}); join the two before "
                "they are handed over, with a mapping that says group_by",
                name=name,
                place=mapping.lines.said,
            )
        )


def _record(one: object, row: int, place: str, name: str) -> Record:
    if isinstance(one, Record):
        return replace(one, values={header: _value(value) for header, value in one.values.items()})
    if not isinstance(one, Mapping):
        kind = type(one).__name__
        raise SourceError(
            tr("{name}, {place}: is a {type}, not a Record or a dict of headers", name=name, place=place, type=kind)
        )
    values: dict[str, Value] = {}
    for header, value in one.items():
        if not isinstance(header, str):
            raise SourceError(
                tr("{name}, {place}: the header {header} is not text", name=name, place=place, header=repr(header))
            )
        values[header] = _value(value)
    return Record(values, row, place)


def _headers(labels: Sequence[object], name: str) -> list[str]:
    """Name the columns: the label, or "#3 Nimi" where it stands twice and "#5" where it is blank."""
    if any(isinstance(label, tuple) for label in labels):
        raise SourceError(tr("{name}: its columns have names on several levels; give each one name", name=name))
    names = [str(label).strip() or f"#{place}" for place, label in enumerate(labels, 1)]
    while len(set(names)) < len(names):
        count = Counter(names)
        names = [f"#{place} {one}" if count[one] > 1 else one for place, one in enumerate(names, 1)]
    return names


def _read_as_text(mapping: LoadedMapping, headers: Sequence[str]) -> Collection[str]:
    """Name the headers that a text field takes as it is: there a number has lost the zeros at its front."""
    file = mapping.file
    words = {
        word: file.columns.get(word, (word,))
        for fields, kinds in ((file.invoice, INVOICE_FIELDS), (file.rows, ROW_FIELDS))
        for name, rule in fields.items()
        if kinds[name] == "text" and rule.table is None
        for word in rule.sources()
    }
    try:
        return frozenset(among(headers, words, "", words).values())
    except MappingError:  # a column stands twice: that is said when the records are read
        return frozenset()


def _of_column(value: Any, *, is_text: bool) -> Value:
    found = _value(value, _FLOAT_COLUMN)
    if is_text and isinstance(found, int):
        return Unreadable(str(found), tr(_INT_COLUMN))
    return found


def _value(value: Any, about_floats: str = _FLOAT) -> Value:
    """Give *value* as an adapter would; what means "missing" to pandas is nothing."""
    if type(value) is str or value is None:
        return value
    if getattr(getattr(value, "dtype", None), "kind", None) in _NUMBERS and not getattr(value, "ndim", 1):
        value = value.item()
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else Unreadable(repr(float(value)), tr(about_floats))
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, (dt.date, Unreadable)):
        return _moment(value) if isinstance(value, dt.datetime) else value
    return None if type(value).__name__ == "NAType" else Unreadable(str(value)[:_SHOWN], tr(_OTHER))


def _moment(moment: dt.datetime) -> Value:
    """Give the day of a moment at midnight; any other one as it is, without what pandas adds to it."""
    if type(moment).__name__ == "NaTType":
        return None
    time = moment.timetz()
    return moment.date() if moment.time() == _MIDNIGHT else dt.datetime.combine(moment.date(), time)

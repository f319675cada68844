"""The fields of one block of a mapping, read together from record after record of one source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from confirma_connector.columns import Columns
from confirma_connector.records import Record, Value
from confirma_connector.sourcing import Field, Known

__all__ = ["Block"]

_WEIGHED = 500
"""After so many records it is seen whether remembering cells is worth it."""


class Block(Mapping[str, Field]):
    """The fields of the invoice, of its rows or of a charge, by their names.

    Which cells they need and what each has to be asked is found once for a source; of a record there is then one look
    for all cells, and one for what they mean.
    """

    def __init__(self, fields: Mapping[str, Field], columns: Columns) -> None:
        self._fields = fields
        self._columns = columns
        self._names = tuple(fields)
        self._bound = -1
        self._reads: list[Callable[[Any], Any]] = []
        self._columnwise: list[Callable[[Sequence[Any]], Sequence[Any]]] = []
        self._known: list[tuple[int, Known]] = []
        self._others: list[int] = []
        self._unweighed = _WEIGHED
        self._headers: list[str] = []
        self._cells: Callable[[Mapping[str, Value]], tuple[Value, ...]] = _no_cells

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def values_of(self, record: Record) -> dict[str, Any]:
        """Give what the fields hold that hold something, if every one can be read. Raises ValueError."""
        if self._bound != self._columns.bindings:
            self._bind()
        try:
            cells = self._cells(record.values)
        except KeyError:  # a record need not have every column
            cells = tuple(map(record.values.get, self._headers))
        asked: Sequence[Any] = cells
        if self._others:
            asked = [*cells]
            for index in self._others:
                asked[index] = record
        return {
            name: value
            for name, read, it in zip(self._names, self._reads, asked, strict=True)
            if (value := read(it)) is not None
        }

    def values_of_all(self, records: Sequence[Record]) -> list[dict[str, Any] | None]:
        """Give for each record what `values_of` gives, None where it raises: several are read column by column."""
        if self._bound != self._columns.bindings:
            self._bind()
        if not self._names or not records:
            return [{} for _ in records]
        try:
            cells = [self._cells(record.values) for record in records]
        except KeyError:  # a record need not have every column
            cells = [tuple(map(record.values.get, self._headers)) for record in records]
        columns: list[Sequence[Any]] = list(zip(*cells, strict=True))
        for index in self._others:
            columns[index] = records
        try:
            values = [read(column) for read, column in zip(self._columnwise, columns, strict=True)]
        except (ValueError, TypeError):  # some record has something that cannot be read: then each is asked by itself
            return [self._value_or_none(record) for record in records]
        self._unweighed -= len(records)
        if self._unweighed <= 0:
            self._weigh()
        names = self._names
        return [
            {name: value for name, value in zip(names, its, strict=True) if value is not None}
            for its in zip(*values, strict=True)
        ]

    def _value_or_none(self, record: Record) -> dict[str, Any] | None:
        try:
            return self.values_of(record)
        except (ValueError, TypeError):  # a cell that cannot be read, or that is of an odd kind
            return None

    def _bind(self) -> None:
        fields = list(self._fields.values())
        headers = [field.header() for field in fields]
        told = [header for header in headers if header is not None]
        any_header = told[0] if told else ""  # a cell must stand there for what needs none
        self._headers = [any_header if header is None else header for header in headers]
        self._others = [
            index
            for index, field in enumerate(fields)
            if not field.is_plain or (headers[index] is None and not field.is_constant)
        ]
        apart = frozenset(self._others)
        self._known = [(index, one.known) for index, one in enumerate(fields) if index not in apart]
        self._reads = [
            one.value if index in apart else one.known.read if one.is_constant else one.known.__getitem__
            for index, one in enumerate(fields)
        ]
        self._columnwise = [_each(read) for read in self._reads]
        nothing = (None,) * len(fields)
        self._cells = (
            (lambda _: nothing) if not told else itemgetter(*self._headers) if len(fields) > 1 else self._one_cell
        )
        self._bound = self._columns.bindings

    def _weigh(self) -> None:
        """Do without memory of a column whose cells mostly were new: it costs more than it spares.

        At first all of them are new: that says nothing yet.
        """
        for index, known in self._known:
            if known.missed * 2 > _WEIGHED and len(known) != known.missed:
                known.clear()
                self._reads[index] = known.read
                self._columnwise[index] = known.read_all or _each(known.read)
            known.missed = 0
        self._unweighed = _WEIGHED

    def _one_cell(self, values: Mapping[str, Value]) -> tuple[Value, ...]:
        return tuple(values[header] for header in self._headers)


def _each(read: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    return lambda cells: [*map(read, cells)]


def _no_cells(_: Mapping[str, Value]) -> tuple[Value, ...]:
    return ()

"""The fields of one block of a mapping, read together from record after record of one source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from confirma_connector.columns import Columns, Look
from confirma_connector.fields import ROW_FIELDS
from confirma_connector.knowing import Known
from confirma_connector.records import Record
from confirma_connector.sourcing import Field

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
        self._told: list[bool] = []
        self._unweighed = _WEIGHED
        self._look = Look(())

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
        cells = iter(self._look.of(record))
        asked = [next(cells) if is_told else record for is_told in self._told]
        return {
            name: value
            for name, read, it in zip(self._names, self._reads, asked, strict=True)
            if (value := read(it)) is not None
        }

    def values_of_all(self, records: Sequence[Record]) -> list[dict[str, Any] | None]:
        """Give for each record what `values_of` gives, None where it raises: several are read column by column."""
        columns = self._read(records)
        if columns is None:
            return [*map(self._value_or_none, records)]
        if not columns:
            return [{} for _ in records]
        names = self._names
        return [
            {name: value for name, value in zip(names, its, strict=True) if value is not None}
            for its in zip(*columns, strict=True)
        ]

    def rows_of_all(self, records: Sequence[Record]) -> list[tuple[Any, ...] | None]:
        """Give it for rows: what each holds for every row field in its order, None for nothing."""
        columns = self._read(records)
        if columns is None:
            return [*map(self._row_or_none, records)]
        by_name = dict(zip(self._names, columns, strict=bool(records)))
        nothing = (None,) * len(records)
        return [*zip(*(by_name.get(name, nothing) for name in ROW_FIELDS), strict=True)]

    def _read(self, records: Sequence[Record]) -> list[Sequence[Any]] | None:
        """Give what the fields hold, each for all records; None where some record has something that cannot be read."""
        if self._bound != self._columns.bindings:
            self._bind()
        if not self._names or not records:
            return []
        cells = iter(self._look.columns_of(records))
        asked = [next(cells) if is_told else records for is_told in self._told]
        try:
            values = [read(column) for read, column in zip(self._columnwise, asked, strict=True)]
        except (ValueError, TypeError):
            return None
        self._unweighed -= len(records)
        if self._unweighed <= 0:
            self._weigh()
        return values

    def _value_or_none(self, record: Record) -> dict[str, Any] | None:
        try:
            return self.values_of(record)
        except (ValueError, TypeError):  # a cell that cannot be read, or that is of an odd kind
            return None

    def _row_or_none(self, record: Record) -> tuple[Any, ...] | None:
        values = self._value_or_none(record)
        return None if values is None else tuple(map(values.get, ROW_FIELDS))

    def _bind(self) -> None:
        fields = list(self._fields.values())
        headers = [field.header() for field in fields]
        self._told = [header is not None for header in headers]
        self._look = Look([header for header in headers if header is not None])
        self._known = [(index, one.known) for index, one in enumerate(fields) if self._told[index]]
        self._reads = [
            one.known.__getitem__ if is_told else one.known.read if one.is_constant else one.value
            for one, is_told in zip(fields, self._told, strict=True)
        ]
        self._columnwise = [
            one.known.read_all if one.is_constant else _each(read)
            for one, read in zip(fields, self._reads, strict=True)
        ]
        self._bound = self._columns.bindings

    def _weigh(self) -> None:
        """Do without memory of a column whose cells mostly were new: it costs more than it spares.

        At first all of them are new: that says nothing yet.
        """
        for index, known in self._known:
            if known.missed * 2 > _WEIGHED and len(known) != known.missed:
                known.clear()
                self._reads[index] = known.read
                self._columnwise[index] = known.read_all
            known.missed = 0
        self._unweighed = _WEIGHED


def _each(read: Callable[[Any], Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    return lambda cells: [*map(read, cells)]

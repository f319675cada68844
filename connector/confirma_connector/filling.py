"""The fields of one block of a mapping, read together from record after record of one source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confirma_connector.columns import Columns, Look
from confirma_connector.fields import ROW_FIELDS
from confirma_connector.records import Record
from confirma_connector.sourcing import Field, Reading

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
        self._readings: list[Reading] = []
        self._look = Look(())
        self._unweighed = _WEIGHED

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
        return {
            name: value
            for name, reading in zip(self._names, self._readings, strict=True)
            if (value := reading.one(record if reading.header is None else next(cells))) is not None
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
        columns = iter(self._look.columns_of(records))
        try:
            values = [reading.many(records if reading.header is None else next(columns)) for reading in self._readings]
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
        self._readings = [field.reading() for field in self._fields.values()]
        self._look = Look([reading.header for reading in self._readings if reading.header is not None])
        self._bound = self._columns.bindings

    def _weigh(self) -> None:
        """Do without memory of a column whose cells mostly were new: it costs more than it spares.

        At first all of them are new: that says nothing yet.
        """
        for reading in self._readings:
            known = reading.known
            if known is None:
                continue
            if known.missed * 2 > _WEIGHED and len(known) != known.missed:
                known.clear()
                reading.one, reading.many = known.read, known.read_all
            known.missed = 0
        self._unweighed = _WEIGHED

"""The fields of one block of a mapping, read together from record after record of one source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import getitem, itemgetter
from typing import Any

from confirma_connector.columns import Columns
from confirma_connector.records import Record, Value
from confirma_connector.sourcing import Field, Known

__all__ = ["Block"]


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
        self._known: list[Known] = []
        self._others: list[tuple[int, Field]] = []
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
        found = list(map(getitem, self._known, cells))
        for index, field in self._others:
            found[index] = field.value(record)
        return {name: value for name, value in zip(self._names, found, strict=True) if value is not None}

    def _bind(self) -> None:
        fields = list(self._fields.values())
        headers = [field.header() for field in fields]
        told = [header for header in headers if header is not None]
        any_header = told[0] if told else ""  # a cell must stand there for what needs none
        self._headers = [any_header if header is None else header for header in headers]
        self._others = [
            (index, field)
            for index, field in enumerate(fields)
            if not field.is_plain or (headers[index] is None and not field.is_constant)
        ]
        apart = {index for index, _ in self._others}
        self._known = [Known(_nothing) if index in apart else field.known for index, field in enumerate(fields)]
        self._cells = itemgetter(*self._headers) if len(fields) > 1 else self._one_cell
        self._bound = self._columns.bindings

    def _one_cell(self, values: Mapping[str, Value]) -> tuple[Value, ...]:
        return tuple(values[header] for header in self._headers)


def _no_cells(_: Mapping[str, Value]) -> tuple[Value, ...]:
    return ()


def _nothing(_: Value) -> None:
    return None

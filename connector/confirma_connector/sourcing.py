"""One field of a mapping: its value in record after record, and where that value stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from confirma_connector.columns import Columns
from confirma_connector.fields import Conversion, Kind, UnreadableCell, spelled
from confirma_connector.knowing import Known, known_amounts, known_texts
from confirma_connector.language import number, tr
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.mappingfile import Test
from confirma_connector.masking import PERSONAL, hidden, masked
from confirma_connector.money import negated, share
from confirma_connector.records import Record, Unreadable, Value
from confirma_connector.registers import Index, NotFound

__all__ = ["Field", "Origin", "Reading"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value came from, in the words of the source, or of the register that filled it."""

    where: str
    header: str
    value: str
    record: str


@dataclass(slots=True)
class Reading:
    """How a field is read, of *one* record and of *many*: from what stands under its *header*, else from all of them.

    What is *known* of the cells under a header is worth remembering only where they recur.
    """

    header: str | None
    one: Callable[[Any], Any]
    many: Callable[[Sequence[Any]], Sequence[Any]]
    known: Known | None = None


class Field:
    """One field of the mapping, ready to be read from record after record."""

    def __init__(
        self,
        mapping: LoadedMapping,
        columns: Columns,
        registers: Mapping[str, Index],
        name: str,
        kind: Kind,
        rule: FieldRule,
    ) -> None:
        self.name = name
        self.kind = kind
        self._rule = rule
        self._columns = columns
        register, _, self._column = (rule.register_ or "").partition(".")
        self._register = registers[register] if register else None
        self._is_blank = mapping.locale.is_empty
        self._nothing = mapping.locale.nothing.union(text.strip() for text in rule.empty)
        self._conversion = mapping.conversion(kind, rule)
        self._units = Conversion("number", mapping.locale)
        self._constant = None if rule.constant is None else self._conversion.value(rule.constant)
        self.known = self._knowing()

    def reading(self) -> Reading:
        """Give the shortest way to read the field from the records of this source."""
        rule, known, constant = self._rule, self.known, self._constant
        if rule.negative_when is None and rule.per is None:
            if rule.constant is not None:
                return Reading(None, lambda _: constant, lambda records: [constant] * len(records))
            if rule.column is not None and rule.split is None and self._register is None:
                header = self._columns.sole_header(rule.column)
                if header is not None:
                    return Reading(header, known.__getitem__, lambda cells: [*map(known.__getitem__, cells)], known)
        return Reading(None, self.value, lambda records: [*map(self.value, records)])

    def value(self, record: Record) -> Any:
        """Give what the field holds for *record*; None for nothing. Raises ValueError with a sentence, NotFound."""
        if self._rule.constant is not None:
            value = self._constant
        else:
            value = self._read(record)
        if value is None:
            return None
        value = self._of_one(value, record)
        test = self._rule.negative_when
        return value if test is None else self._turned(value, test, record)

    def otherwise(self) -> Any:
        """Give what the field holds where nothing was found for it."""
        return self._converted("")

    def origin(self, record: Record) -> Origin:
        """Say where the value stands: in a column of *record*, or in the register that fills what is empty there."""
        words = self._rule.sources()
        if self._register is not None and self._is_filled_from_it(record):
            try:
                return self._origin_there(self._register, record)
            except (NotFound, UnreadableCell):
                words = (self._register.register.block.by,)
        value = " ".join(text for word in words if (text := self._columns.shown(record, word)))
        headers = [self._columns.header(word, record) for word in words]
        return Origin(record.place(headers[0] if headers else ""), " + ".join(headers), value, record.where)

    def _origin_there(self, register: Index, record: Record) -> Origin:
        row, header = self._row(register, record), register.headers[self._column]
        shown = (hidden if self.name in PERSONAL else masked)(spelled(register.value(row, self._column)))
        return Origin(register.place(row.place(header)), header, shown, register.place(row.where))

    def _of_one(self, value: Any, record: Record) -> Any:
        """Give a number for one unit, where it is told for several."""
        count = None if self._rule.per is None else self._units.value(self._columns.value(record, self._rule.per))
        if count is None:
            return value
        if count <= 0:
            raise ValueError(tr("is for {count} units: expected more than none", count=number(count)))
        return share(value, count)

    def _turned(self, value: Any, test: Test, record: Record) -> Any:
        """Give a number with the sign that another column tells."""
        text = self._columns.text(record, test.column)
        if not test.is_met(text, is_empty=self._is_blank(text)):
            return value
        if value < 0:
            header = self._columns.header(test.column, record)
            raise ValueError(
                tr(
                    'is negative already, and "{header}" says minus as well: expected it from one of the two',
                    header=header,
                )
            )
        return negated(value)

    def _read(self, record: Record) -> Any:
        spelling = self._spelling(record)
        if self._register is not None and self._is_empty(spelled(spelling)):
            spelling = self._register.value(self._row(self._register, record), self._column)
        return self.known[spelling] if isinstance(spelling, str) else self._converted(spelling)

    def _row(self, register: Index, record: Record) -> Record:
        return register.row(self._key(register, record))

    def _key(self, register: Index, record: Record) -> Value:
        key = self._columns.value(record, register.register.block.by)
        return "" if not isinstance(key, Unreadable) and self._is_blank(spelled(key)) else key

    def _is_filled_from_it(self, record: Record) -> bool:
        try:
            return self._is_empty(spelled(self._spelling(record)))
        except ValueError:
            return False

    def _spelling(self, record: Record) -> Value:
        if self._rule.column is not None:
            value = self._columns.value(record, self._rule.column)
            split = self._rule.split
            return value if split is None or isinstance(value, Unreadable) else split.piece(spelled(value))
        values = [self._columns.value(record, word) for word in self._rule.columns or ()]
        unreadable = next((value for value in values if isinstance(value, Unreadable)), None)
        texts = (text for value in values if not self._is_empty(text := spelled(value)))
        return unreadable or self._rule.join.join(texts)

    def _is_empty(self, text: str) -> bool:
        return text.strip() in self._nothing

    def _knowing(self) -> Known:
        """Give what reads a cell and remembers it, in a short way where there is one."""
        conversion = self._conversion
        is_amount = self.kind in ("money", "number") and not conversion.steps and conversion.table is None
        return (known_amounts if is_amount else known_texts)(self._converted, conversion, self._nothing)

    def _converted(self, spelling: Value) -> Any:
        if not self._is_empty(spelled(spelling)):
            return self._conversion.value(spelling)
        if self._rule.default is None:
            return None
        return self._conversion.value(self._rule.default, is_default=True)

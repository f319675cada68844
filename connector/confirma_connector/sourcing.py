"""One field of a mapping: its value in record after record, and where that value stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from confirma_connector.columns import Columns
from confirma_connector.fields import Conversion, Kind, UnreadableCell, spelled, typed
from confirma_connector.language import number, tr
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.mappingfile import Test
from confirma_connector.masking import PERSONAL, hidden, masked
from confirma_connector.money import negated, share
from confirma_connector.parsing import CENT, Locale
from confirma_connector.records import Record, Unreadable, Value
from confirma_connector.registers import Index, NotFound

__all__ = ["Field", "Known", "Origin"]

_MOST_REMEMBERED = 2_000
_FEW_DIGITS = 15
_APART = "\n"
_REMEMBERED = frozenset({str, date, type(None)})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a field's value came from, in the words of the source, or of the register that filled it."""

    where: str
    header: str
    value: str
    record: str


class Known(dict[Value, Any]):
    """What the cells of one column mean: worked out once, since the same few dates, rates and units recur in a file.

    Only texts and dates are remembered, and so many at most; what cannot be read raises again each time. *read* gives
    the meaning of any cell, *read_all* that of many where there is a quicker way. (Numbers are not remembered: 1.50 is
    1.5, and True is 1.)
    """

    def __init__(
        self, read: Callable[[Value], Any], read_all: Callable[[Sequence[Any]], list[Any]] | None = None
    ) -> None:
        super().__init__()
        self.read = read
        self.read_all = read_all
        self.missed = 0
        """So many cells had to be read."""

    def __missing__(self, cell: Value) -> Any:
        value = self.read(cell)
        self.missed += 1
        if cell.__class__ in _REMEMBERED and len(self) < _MOST_REMEMBERED:
            self[cell] = value
        return value


def _amounts(read: Callable[[Value], Any], kind: Kind, locale: Locale, nothing: frozenset[str]) -> Callable[[Any], Any]:
    """Give what reads numbers as *read* does: most are digits with the decimal mark, or are typed by their source."""
    is_usual, mark = locale.usual(cents=kind == "money"), locale.decimal
    has_numbers = any(map(_is_number, nothing))
    is_typed = _is_in_cents if kind == "money" else _is_in_plain_digits

    def amount(cell: Any) -> Any:
        if cell.__class__ is str:
            if is_usual(cell) and cell not in nothing:
                return Decimal(cell.replace(mark, "."))
        elif cell.__class__ is Decimal and not has_numbers:
            return cell if is_typed(cell) else typed(kind, cell, locale)
        return read(cell)

    return amount


def _all_amounts(
    amount: Callable[[Any], Any], kind: Kind, locale: Locale, nothing: frozenset[str]
) -> Callable[[Sequence[Any]], list[Any]]:
    """Give what reads many cells as *amount* reads each: texts that are all usual are looked at together."""
    mark, are_usual = locale.decimal, locale.usual(cents=kind == "money", several=_APART)

    def amounts(cells: Sequence[Any]) -> list[Any]:
        try:
            together = _APART.join(cells)
        except TypeError:  # some are typed by their source
            return [*map(amount, cells)]
        is_cut_right = together.count(_APART) == len(cells) - 1
        if not is_cut_right or not are_usual(together) or not nothing.isdisjoint(cells):
            return [*map(amount, cells)]
        return [*map(Decimal, together.replace(mark, ".").split(_APART))]

    return amounts


def _is_in_cents(cell: Decimal) -> bool:
    """Tell that an amount is as `typed` would give it."""
    return cell.same_quantum(CENT) and cell.adjusted() < _FEW_DIGITS


def _is_in_plain_digits(cell: Decimal) -> bool:
    """Tell that a number is as `typed` would give it: a few digits, and at their end no zeros that say nothing."""
    text = str(cell)
    return (
        len(text) <= _FEW_DIGITS
        and text[-1] in "0123456789"
        and "E" not in text
        and ("." not in text or text[-1] != "0")
    )


def _texts(read: Callable[[Value], Any], conversion: Conversion, nothing: frozenset[str]) -> Callable[[Any], Any]:
    """Give what reads texts, and what is made of them, as *read* does.

    Most are sound; codes may be numbers in their source.
    """
    is_as_it_is = conversion.kind == "text" and not conversion.steps and conversion.table is None
    is_spelled = conversion.kind in ("text", "whole", "flag")
    meaning = conversion.meaning
    by_digits: dict[str, Any] = {}

    def text_or_more(cell: Any) -> Any:
        if cell.__class__ is str:
            text = cell.strip()
        elif cell.__class__ is not Decimal:
            return read(cell)
        elif is_spelled:
            text = spelled(cell)
        else:
            digits = str(cell)  # 1.50 is 1.5, but by its digits another
            if digits not in by_digits and len(by_digits) < _MOST_REMEMBERED:
                by_digits[digits] = read(cell)
            return by_digits[digits] if digits in by_digits else read(cell)
        if text in nothing or text[0] == "#" or "+" in text:
            return read(cell)
        return text if is_as_it_is else meaning(text)

    return text_or_more


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True


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
        self.is_plain = rule.negative_when is None and rule.per is None and self._is_of_one_cell()
        """Whether its value is what one cell says, or the same everywhere: `known` has it then."""
        self.known = self._knowing()

    def header(self) -> str | None:
        """Give the one header under which a plain field stands in this source; None where there is no such."""
        return self._columns.sole_header(self._rule.column) if self.is_plain and self._rule.column else None

    @property
    def is_constant(self) -> bool:
        """Whether the mapping itself says the value."""
        return self._rule.constant is not None

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

    def _is_of_one_cell(self) -> bool:
        rule = self._rule
        return rule.constant is not None or (rule.column is not None and rule.split is None and self._register is None)

    def _knowing(self) -> Known:
        """Give what reads a cell and remembers it, in a short way where there is one."""
        if self.is_constant:
            constant = self._constant
            return Known(lambda _: constant)
        conversion, nothing = self._conversion, self._nothing
        if self.kind in ("money", "number") and not conversion.steps and conversion.table is None:
            given = self.kind, conversion.locale, nothing
            amount = _amounts(self._converted, *given)
            return Known(amount, _all_amounts(amount, *given))
        return Known(_texts(self._converted, conversion, nothing))

    def _converted(self, spelling: Value) -> Any:
        if not self._is_empty(spelled(spelling)):
            return self._conversion.value(spelling)
        if self._rule.default is None:
            return None
        return self._conversion.value(self._rule.default, is_default=True)

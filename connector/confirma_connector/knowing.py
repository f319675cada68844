"""What the cells of one column mean: worked out once for each that recurs, and for many at a time where they do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from confirma_connector.fields import Conversion, Kind, spelled, typed
from confirma_connector.parsing import CENT, Locale
from confirma_connector.records import Value

__all__ = ["Known", "known_amounts", "known_texts"]

_MOST_REMEMBERED = 2_000
_FEW_DIGITS = 15
_APART = "\n"
_REMEMBERED = frozenset({str, date, type(None)})


class Known(dict[Value, Any]):
    """What the cells of one column mean: worked out once, since the same few dates, rates and units recur in a file.

    Only texts and dates are remembered, and so many at most; what cannot be read raises again each time. *read* gives
    the meaning of any cell, *read_all* that of many. (A number is no key here: 1.50 is 1.5, and True is 1.)
    """

    def __init__(self, read: Callable[[Any], Any], read_all: Callable[[Sequence[Any]], list[Any]]) -> None:
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


def known_amounts(read: Callable[[Value], Any], conversion: Conversion, nothing: frozenset[str]) -> Known:
    """Give what knows the numbers of a column as *read* reads them."""
    given = conversion.kind, conversion.locale, nothing
    amount = _amounts(read, *given)
    return Known(amount, _all_amounts(amount, *given))


def known_texts(read: Callable[[Value], Any], conversion: Conversion, nothing: frozenset[str]) -> Known:
    """Give what knows the texts of a column, and what is made of them, as *read* reads them."""
    text = _texts(read, conversion, nothing)
    return Known(text, _all_texts(text, conversion, nothing))


def _amounts(read: Callable[[Value], Any], kind: Kind, locale: Locale, nothing: frozenset[str]) -> Callable[[Any], Any]:
    """Give what reads numbers as *read* does: most are digits with the decimal mark, or are typed by their source."""
    is_usual, mark = locale.usual(cents=kind == "money"), locale.decimal
    nothing_usual = frozenset(filter(is_usual, nothing))
    has_numbers = any(map(_is_number, nothing))
    is_typed = _is_in_cents if kind == "money" else _is_in_plain_digits

    def amount(cell: Any) -> Any:
        if cell.__class__ is str:
            if is_usual(cell) and not (nothing_usual and cell in nothing_usual):
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
    nothing_usual = frozenset(filter(locale.usual(cents=kind == "money"), nothing))

    def amounts(cells: Sequence[Any]) -> list[Any]:
        try:
            together = _APART.join(cells)
        except TypeError:  # some are typed by their source
            return [*map(amount, cells)]
        is_cut_right = together.count(_APART) == len(cells) - 1
        if not is_cut_right or not are_usual(together) or (nothing_usual and not nothing_usual.isdisjoint(cells)):
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


def _all_texts(
    text_or_more: Callable[[Any], Any], conversion: Conversion, nothing: frozenset[str]
) -> Callable[[Sequence[Any]], list[Any]]:
    """Give what reads many cells as *text_or_more* reads each: texts of which none is odd are looked at together."""

    def texts_or_more(cells: Sequence[Any]) -> list[Any]:
        try:
            together = "".join(cells)
        except TypeError:  # some are typed by their source
            return [*map(text_or_more, cells)]
        texts = [*map(str.strip, cells)]
        if "#" in together or "+" in together or not nothing.isdisjoint(texts):
            return [*map(text_or_more, cells)]
        return conversion.meanings(texts)

    return texts_or_more


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True

"""Numbers and dates as people write them, by a declared grammar: what was not declared is an error, never a guess."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from confirma_connector.language import day, either, tr

__all__ = ["CENT", "Locale", "cents", "is_date_pattern", "sized", "whole_number"]

CENT = Decimal("0.01")
_SPACES = " \u00a0\u202f"
"""A declared space is any space that looks like one: what separates thousands in Finnish is a no-break space."""
_MINUS = "-\u2212"
_JOINED = re.compile(r"%[dmyY]%[dmyY]")
_USUAL = (
    *("%d.%m.%Y", "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y"),
)
"""Patterns by which dates are usually written: they tell how one is that fits none of those declared."""
_WHOLE_DIGITS, _DECIMALS = 15, 20


def cents(amount: Decimal) -> Decimal:
    """Round half-up to the cent."""
    rounded = amount.quantize(CENT, ROUND_HALF_UP)
    return rounded or abs(rounded)


def whole_number(text: str) -> int:
    """Read an invoice number: only digits that read back the same, so that no zero and no letter is lost.

    Raises ValueError with a sentence that names the transform which would help.
    """
    if not (text.isascii() and text.isdigit()):
        raise ValueError(
            tr(
                "an invoice number is a whole number for Confirma; if its digits alone are the number, add "
                "transform: [digits] to this field; if its beginning matters too (INV-17, CN-17), let prefixes: say "
                "what becomes of that; if the row is no invoice, let the mapping skip it"
            )
        )
    if len(text) > 18:
        raise ValueError(tr("an invoice number has at most 18 digits"))
    if text != str(int(text)):
        raise ValueError(
            tr(
                "an invoice number has no leading zeros for Confirma; if they may go, add transform: "
                "[strip_zeros] to this field"
            )
        )
    return int(text)


def sized(number: Decimal) -> Decimal:
    """Give *number* back if it is one that amounts and quantities are made of. Raises ValueError with a sentence."""
    if number.is_finite() and -7 < number.adjusted() < _WHOLE_DIGITS and len(str(number)) <= _DECIMALS:
        return number  # most are, and this is quick: as short as they are written, their decimals are not too many
    if not number.is_finite() or number.adjusted() >= _WHOLE_DIGITS or -int(number.as_tuple().exponent) > _DECIMALS:
        raise ValueError(
            tr(
                "expected a number of at most {whole_digits} digits and {decimals} decimals",
                whole_digits=_WHOLE_DIGITS,
                decimals=_DECIMALS,
            )
        )
    return number


def is_date_pattern(pattern: str) -> bool:
    """Tell whether dates can be written and read by *pattern*: day, month and year as numbers, nothing unknown."""
    if not all(part in pattern for part in ("%d", "%m")) or not ("%Y" in pattern or "%y" in pattern):
        return False
    example = dt.date(2026, 12, 31)
    try:
        return dt.datetime.strptime(example.strftime(pattern), pattern).date() == example
    except (ValueError, re.error):
        return False


@dataclass(frozen=True)
class Locale:
    """How numbers and dates are spelled in one source.

    *decimal* is one mark, *thousands* the marks allowed between groups of exactly three digits, *dates* are
    `strptime` patterns, *empty* the spellings that mean "nothing here".
    """

    decimal: str = "."
    thousands: tuple[str, ...] = ()
    dates: tuple[str, ...] = ("%Y-%m-%d",)
    empty: tuple[str, ...] = ("",)
    trailing_minus: bool = False
    parentheses: bool = False

    def is_empty(self, text: str) -> bool:
        """Tell whether *text*, outer space aside, is one of the declared spellings of nothing."""
        return text.strip() in self.nothing

    @cached_property
    def nothing(self) -> frozenset[str]:
        """The spellings of nothing, without outer space."""
        return frozenset(text.strip() for text in self.empty) | {""}

    def number(self, text: str) -> Decimal:
        """Read a number; ValueError says what was declared."""
        if self._is_usual(text):
            return Decimal(text.replace(self.decimal, "."))
        body, negative = self._unsigned(text.strip())
        match = self._number_pattern.fullmatch(body)
        if match is None:
            raise ValueError(self._expected_number())
        whole, fraction = match.groups()
        digits = re.sub(r"\D", "", whole, flags=re.ASCII)
        value = sized(Decimal(f"{digits}.{fraction}" if fraction else digits))
        return value.copy_negate() if negative and value else value

    def date(self, text: str) -> dt.date:
        """Read a date; ValueError says what was declared, or names both readings when two patterns fit."""
        readings = {pattern: reading for pattern in self.dates if (reading := _dated(text.strip(), pattern))}
        if not readings:
            raise ValueError(self._expected_date(text.strip()))
        if len(set(readings.values())) > 1:
            both = ", ".join(
                tr("{date} by {pattern}", date=day(reading), pattern=pattern) for pattern, reading in readings.items()
            )
            raise ValueError(tr("this date can be read in more than one declared way: {readings}", readings=both))
        return next(iter(readings.values()))

    def _expected_date(self, text: str) -> str:
        examples = either(map(_example, self.dates))
        readings = {reading: pattern for pattern in _USUAL if (reading := _dated(text, pattern))}
        if not readings and any(_is_shaped(text, pattern) for pattern in self.dates):
            return tr(
                "there is no such day; expected a date like {examples}, as the mapping declares", examples=examples
            )
        if len(readings) != 1:
            return tr("expected a date like {examples}, as the mapping declares", examples=examples)
        (pattern,) = readings.values()
        return tr(
            "expected a date like {examples}, as the mapping declares; this one is written like {found} ({pattern})",
            examples=examples,
            found=_example(pattern),
            pattern=pattern,
        )

    def spelled(self, value: Decimal | dt.date) -> str:
        """Write a number or date that its source had typed as this locale would read it."""
        if isinstance(value, dt.date):
            return value.strftime(self.dates[0])
        return f"{value:f}".replace(".", self.decimal)

    def usual(self, *, cents: bool, several: str = "") -> Callable[[str], object]:
        """Give what tells the usual spelling of a number, which means the same by every grammar of this locale.

        Of an amount in *cents* that has two decimals, else one without zeros that say nothing at its end; of *several*
        in one text what stands between them.
        """
        decimals = r"[0-9]{2}" if cents else r"[0-9]{0,11}[1-9]"
        optional = "" if cents else "?"
        one = rf"[0-9]{{1,15}}(?:{re.escape(self.decimal)}{decimals}){optional}"
        return re.compile(rf"{one}(?:{re.escape(several)}{one})*" if several else one).fullmatch

    @cached_property
    def _is_usual(self) -> Callable[[str], object]:
        return re.compile(rf"[0-9]{{1,15}}(?:{re.escape(self.decimal)}[0-9]{{1,12}})?").fullmatch

    @cached_property
    def _number_pattern(self) -> re.Pattern[str]:
        marks = [same for mark in self.thousands for same in (_SPACES if mark == " " else mark)]
        grouped = "|".join(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+" for mark in marks)
        whole = rf"(?:{grouped}|\d+)" if grouped else r"\d+"
        return re.compile(rf"({whole})(?:{re.escape(self.decimal)}(\d+))?", re.ASCII)

    def _unsigned(self, text: str) -> tuple[str, bool]:
        if text[:1] and text[0] in _MINUS:
            return text[1:], True
        if self.trailing_minus and text[-1:] and text[-1] in _MINUS:
            return text[:-1].rstrip(), True
        if self.parentheses and text.startswith("(") and text.endswith(")"):
            return text[1:-1].strip(), True
        return text, False

    def _expected_number(self) -> str:
        if not self.thousands:
            return tr(
                'expected a number with decimal mark "{decimal}" and no thousands mark, as the mapping declares, '
                "such as {example}",
                decimal=self.decimal,
                example=f"1234{self.decimal}50",
            )
        marks = either(
            tr("space") if mark == " " else tr("no-break space") if mark in "\u00a0\u202f" else f'"{mark}"'
            for mark in self.thousands
        )
        return tr(
            'expected a number with decimal mark "{decimal}" and thousands mark {marks}, as the mapping declares, '
            "such as {example}",
            decimal=self.decimal,
            marks=marks,
            example=f"1{self.thousands[0]}234{self.decimal}50",
        )


def _dated(text: str, pattern: str) -> dt.date | None:
    """Read a date; where nothing stands between its parts, 2026116 is 11-6 or 1-16."""
    if _JOINED.search(pattern) and len(text) != len(_example(pattern)):
        return None
    try:
        return dt.datetime.strptime(text, pattern).date()
    except ValueError:
        return None


def _is_shaped(text: str, pattern: str) -> bool:
    """Tell whether *text* has digits and signs where the pattern has them, as 31.4.2026 has."""
    if _JOINED.search(pattern):
        return False
    shape = re.escape(pattern)
    for part, digits in (("%d", r"\d{1,2}"), ("%m", r"\d{1,2}"), ("%Y", r"\d{4}"), ("%y", r"\d{2}")):
        shape = shape.replace(re.escape(part), digits)
    return re.fullmatch(shape, text, re.ASCII) is not None


def _example(pattern: str) -> str:
    return dt.date(2026, 12, 31).strftime(pattern)

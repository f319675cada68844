"""The vocabulary of mappings: every invoice and row field by its dotted name, and how its text becomes a value."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

from confirma_connector.cellerrors import spoilt
from confirma_connector.invoice import Invoice, Row
from confirma_connector.language import mark, tr
from confirma_connector.parsing import CENT, Locale, sized, whole_number
from confirma_connector.parts import Part, bare, members
from confirma_connector.records import Unreadable, Value
from confirma_connector.tables import CodeTable

__all__ = [
    "ATTACHMENT_FIELDS",
    "CHOICES",
    "INVOICE_FIELDS",
    "NOT_SENT",
    "PRICES_FIELDS",
    "REQUIRED",
    "ROW_FIELDS",
    "Conversion",
    "Kind",
    "UnreadableCell",
    "is_money",
    "spelled",
    "typed",
]

Kind = Literal["text", "number", "money", "whole", "date", "flag"]

ATTACHMENT_FIELDS: Mapping[str, Kind] = {"attachments.file": "text", "attachments.url": "text"}
"""A PDF by its file name below the attachments folder, or by its address."""

PRICES_FIELDS: Mapping[str, Kind] = {"prices": "text"}
"""Whether unit prices are net or gross, where the source says it of an invoice or of a row."""

REQUIRED = ("number", "date", "currency_code", "seller.name", "buyer.name")
"""What every mapping must fill."""

NOT_SENT: Mapping[str, str] = {
    "REMINDER": mark("a reminder repeats the number of an invoice that was sent"),
    "AUTO_PAYMENT_INVOICE": mark("Finnish direct payment goes another way"),
    "COLLECTION": mark("it opens a collection case and is not distributed"),
    "FACTORING": mark("it is offered to a financier and is not distributed"),
}
"""Types of invoice that Confirma knows and this product does not send, and why."""


def _leaves(part: type[Part], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, annotation in members(part).items():
        inner = bare(annotation)
        if isinstance(inner, type) and issubclass(inner, Part):
            yield from _leaves(inner, f"{prefix}{name}.")
        elif get_origin(inner) is not tuple:
            yield prefix + name, inner


def _kind(name: str, annotation: Any) -> Kind:
    if annotation is Decimal:
        return "money" if is_money(name) else "number"
    kinds: dict[Any, Kind] = {int: "whole", dt.date: "date", bool: "flag"}
    return kinds.get(annotation, "text")


def is_money(name: str) -> bool:
    """Tell whether a field holds an amount of money with two decimals."""
    return name.endswith("_amount")


def _vocabulary(part: type[Part]) -> dict[str, Kind]:
    return {name: _kind(name, annotation) for name, annotation in _leaves(part)}


INVOICE_FIELDS: Mapping[str, Kind] = {**_vocabulary(Invoice), **ATTACHMENT_FIELDS, **PRICES_FIELDS}
ROW_FIELDS: Mapping[str, Kind] = {**_vocabulary(Row), **PRICES_FIELDS}


def _choices(part: type[Part]) -> dict[str, tuple[str, ...]]:
    return {name: get_args(annotation) for name, annotation in _leaves(part) if get_origin(annotation) is Literal}


CHOICES: Mapping[str, tuple[str, ...]] = {**_choices(Invoice), "prices": ("net", "gross")}
"""Fields that know only a few words, and these words."""

_ONE = Decimal(1)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class UnreadableCell(ValueError):
    """The source itself says that this cell's value cannot be trusted; the text says why."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """How one field's value comes about once its column is read: transforms → table → type."""

    kind: Kind
    locale: Locale
    steps: tuple[Callable[[str], str], ...] = ()
    table: CodeTable | None = None

    def value(self, value: Value, *, is_default: bool = False) -> Any:
        """Give what the field holds; None for nothing. Raises UnreadableCell, UnknownCode, ValueError (a sentence)."""
        if isinstance(value, Unreadable):
            raise UnreadableCell(value.reason)
        if isinstance(value, str) and (reason := spoilt(value.strip())) and not self._knows(value.strip()):
            raise UnreadableCell(reason)
        if self.steps or self.table is not None:
            return self.meaning(self.text(value), is_default=is_default)
        return typed(self.kind, value, self.locale) if spelled(value) else None

    def meaning(self, text: str, *, is_default: bool = False) -> Any:
        """Give what a sound *text* without outer space stands for; None for nothing. Raises UnknownCode, ValueError."""
        text = self.code(text)
        if self.table is not None:
            text = self.table.meaning(text, is_default=is_default)
        return typed(self.kind, text, self.locale) if text.strip() else None

    def meanings(self, texts: list[str]) -> list[Any]:
        """Give what `meaning` gives for each of several texts."""
        for step in self.steps:
            texts = [*map(step, texts)]
        if self.table is not None:
            texts = [*map(self.table.meaning, texts)]
        elif not self.steps and self.kind == "text":
            return texts
        kind, locale = self.kind, self.locale
        return [typed(kind, text, locale) if text.strip() else None for text in texts]

    def code(self, text: str) -> str:
        """Give what of *text* is looked up in the table. Raises ValueError."""
        for step in self.steps:
            text = step(text)
        return text

    def _knows(self, text: str) -> bool:
        return self.table is not None and text in self.table.codes

    def text(self, value: Value) -> str:
        """Spell a typed number or date as it will be read again, whatever the steps leave of it."""
        if self.kind in ("number", "money", "date") and isinstance(value, (Decimal, dt.date)):
            return self.locale.spelled(value)
        return spelled(value)


def typed(kind: Kind, value: Value, locale: Locale) -> Any:
    """Turn a value as spelled (or typed by its source) into what the field holds. Raises ValueError with a sentence."""
    if kind in ("number", "money"):
        return _amount(kind, value, locale)
    if kind == "date":
        if isinstance(value, dt.date):
            return dt.date(value.year, value.month, value.day)
        return locale.date(spelled(value))
    text = spelled(value)
    if kind == "whole":
        return whole_number(text)
    if kind == "flag":
        if text.lower() not in _FLAGS:
            raise ValueError(tr("expected true or false; a table: in the mapping can translate other words"))
        return _FLAGS[text.lower()]
    return text


def _amount(kind: Kind, value: Value, locale: Locale) -> Decimal:
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        number = sized(Decimal(value))
    else:
        number = locale.number(spelled(value))
    if kind == "money":
        if number.same_quantum(CENT):
            return number
        rounded = number.quantize(CENT)
        return rounded if rounded == number else number
    return _plain(number)


def _plain(number: Decimal) -> Decimal:
    """Take off the zeros behind the decimal mark: 40,00 and 40 are one price."""
    if number.same_quantum(_ONE):
        return number
    return number.quantize(_ONE) if number == number.to_integral_value() else number.normalize()


def spelled(value: Value) -> str:
    """Give a value as text without outer space; one that its source had typed, in its plain spelling."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, Decimal):
        text = str(value)
        text = text if "E" not in text else f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, (int, dt.date)):
        return str(value)
    if isinstance(value, Unreadable):
        return value.text or "?"  # whatever it is, it is not nothing
    raise ValueError(tr("expected text, a number or a date, found {kind}", kind=type(value).__name__))

"""Whether a partner's record is one: exactly typed, within bounds, at a place of its own; a copy nobody else holds."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from confirma_connector.errors import brief, legible
from confirma_connector.language import mark, tr
from confirma_connector.limits import Limits
from confirma_connector.records import Locator, Record, Unreadable, Value

__all__ = ["Malformed", "Places", "wellformed"]

_MIDNIGHT = time()
_PARTS = ("whole", "header", "line")
_DIGITS = 100
"""A number with more digits, before or behind its point, is none that anybody wrote."""
_HALF = mark("has half of a character, which no file can hold: it was decoded wrongly")
_LINE = "line "
_NO_NUMBER = mark("is not a number that an invoice can hold")


class Malformed(Exception):
    """What an adapter gave is no record; the text says what is wrong with it, after "the adapter …"."""


class Places:
    """The places of one reading: each is given once. Numbers that go up are held as ranges."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        self._others: set[Locator] = set()

    def add(self, at: Locator, where: str) -> None:
        """Take a place down. Raises Malformed."""
        if isinstance(at, int) and self._lasts and at == self._lasts[-1] + 1:
            self._lasts[-1] = at
        elif isinstance(at, int) and (not self._lasts or at > self._lasts[-1]):
            self._firsts.append(at)
            self._lasts.append(at)
        elif at in self._others or (isinstance(at, int) and self._is_within(at)):
            raise Malformed(
                tr("gave the place {at} twice in read, the second time at {where}", at=_shown(at), where=where)
            )
        else:
            self._others.add(at)

    def _is_within(self, at: int) -> bool:
        index = bisect.bisect_left(self._lasts, at)
        return index < len(self._firsts) and self._firsts[index] <= at


def wellformed(record: object, limits: Limits) -> Record:
    """Give a copy of *record* that is what it says. Raises Malformed, and SourceError for what passes a bound."""
    if type(record) is not Record:
        raise Malformed(tr("gave a {type} in read, not a Record", type=_kind(record)))
    where = _spoken(brief(_text(record.where, "where", "")))
    if not where:
        raise Malformed(tr('gave a Record without a where, which tells people its place: "line 12"'))
    at = _locator(record.at, where)
    if not isinstance(record.values, Mapping):
        raise Malformed(
            tr(
                "gave a {type} for the values of a Record, not a mapping, in read, at {where}",
                type=_kind(record.values),
                where=where,
            )
        )
    values: dict[str, Value] = {}
    for header, value in dict(record.values).items():
        name = _text(header, "header", where)
        values[name] = _value(value, name, where, limits)
    limits.check("columns", where, len(values))
    if record.part not in _PARTS:
        raise Malformed(
            tr(
                "gave {found} for the part of a Record, not whole, header or line, in read, at {where}",
                found=_shown(record.part),
                where=where,
            )
        )
    if not isinstance(record.problems, (tuple, list)):
        raise Malformed(_odd(record.problems, "problems", tr("a tuple of texts"), where))
    return Record(
        values,
        at,
        where,
        None if record.document is None else _text(record.document, "document", where),
        record.part,
        tuple(brief(_text(problem, "problems", where)) for problem in record.problems),
        brief(_text(record.skipped, "skipped", where)),
        _texts(record.letters, "letters", where),
        {name: _spoken(place) for name, place in _texts(record.places, "places", where).items()} or _NONE,
    )


def _spoken(place: str) -> str:
    """Say "line 12" in the language of the day; what else an adapter calls its places is its own."""
    number = place.removeprefix(_LINE)
    is_line = number is not place and place.startswith(_LINE) and number.isascii() and number.isdigit()
    return tr("line {line}", line=number) if is_line else place


def _value(value: object, header: str, where: str, limits: Limits) -> Value:
    if isinstance(value, str):
        limits.check("line_length", f'{where}, "{header}"', len(value))
        plain = str.__str__(value)
        return plain if _is_whole(plain) else Unreadable(legible(plain), tr(_HALF))
    if value is None:
        return None
    if type(value) is Decimal:
        size = max(value.adjusted(), -int(value.as_tuple().exponent)) if value.is_finite() else _DIGITS
        return value if size < _DIGITS else Unreadable(_shown(value), tr(_NO_NUMBER))
    if type(value) is int:
        return value if value.bit_length() < 3 * _DIGITS else Unreadable("", tr(_NO_NUMBER))
    if isinstance(value, datetime) and value.tzinfo is not None and value.time() != _MIDNIGHT:
        return Unreadable(
            str(value), tr("is a moment in a time zone, of which the day is not certain; give a plain date")
        )
    if type(value) is datetime and value.tzinfo is not None:
        return value.replace(tzinfo=None)  # its zone is code that somebody else wrote
    if type(value) in (date, datetime):
        return value  # type: ignore[return-value]
    if type(value) is Unreadable:
        return Unreadable(_text(value.text, header, where), _text(value.reason, header, where))
    raise Malformed(
        tr(
            'gave a {type} for "{header}", not text, a Decimal, an int, a date or None, in read, at {where}',
            type=_kind(value),
            header=header,
            where=where,
        )
    )


def _locator(at: Any, where: str) -> Locator:
    if type(at) in (str, int) or (type(at) is tuple and all(type(part) in (str, int) for part in at)):
        return at  # type: ignore[no-any-return]
    raise Malformed(_odd(at, "at", tr("text, an int or a tuple of them"), where))


def _text(value: object, name: str, where: str) -> str:
    if not isinstance(value, str):
        raise Malformed(_odd(value, name, tr("text"), where))
    plain = str.__str__(value)
    return plain if _is_whole(plain) else legible(plain)


def _texts(value: object, name: str, where: str) -> Mapping[str, str]:
    if not value:
        return _NONE
    if not isinstance(value, Mapping) or not all(type(one) is str for pair in value.items() for one in pair):
        raise Malformed(_odd(value, name, tr("a mapping of texts"), where))
    return dict(value)


_NONE: Mapping[str, str] = {}


def _odd(value: object, name: str, expected: str, where: str) -> str:
    return tr(
        "gave a {type} for the {name} of a Record, not {expected}, in read{where}",
        type=_kind(value),
        name=name,
        expected=expected,
        where=tr(", at {where}", where=where) if where else "",
    )


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: object) -> str:
    return legible(type(value).__name__)[:80]


def _shown(value: object) -> str:
    try:
        return legible(repr(value))[:80]
    except Exception:  # its own repr may do what it likes
        return _kind(value)

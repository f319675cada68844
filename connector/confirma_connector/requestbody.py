"""An invoice as the body of a create request: JSON written straight from a plan that is made once for a contract."""

from __future__ import annotations

import json.encoder
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import compress, groupby, pairwise
from operator import itemgetter
from typing import Any, cast

from confirma_connector.invoice import Distribution, Invoice, Processing, Seller
from confirma_connector.parts import Part, inner_of, type_of

__all__ = ["Member", "Place", "writer"]


@dataclass(frozen=True, slots=True)
class Member:
    """How one field is written: its name on the wire, what is inside it, the words it knows, and its type in JSON."""

    name: str
    wire: str
    members: tuple[Member, ...] = ()
    words: Mapping[str, str] | None = None
    type: str | None = None


Place = tuple[tuple[str, ...], tuple[str, ...], Member]
"""The names that lead to a member of a part, those that lead to it on the wire from the outermost down, and it."""

Constant = tuple[tuple[str, ...], str, str | None]
"""The wire names that lead to a value which every request has, the value, and its type in JSON."""

_Write = Callable[[Any], str]
"""Spells a value; "" where nothing is to be written."""

_quoted: Callable[[str], str] = json.encoder.encode_basestring  # it leaves what is not ASCII as it is
_ALIKE = (Seller, Processing, Distribution)
"""Parts that are the same in one invoice after the other, as a rule."""


def writer(places: Iterable[Place], constants: Iterable[Constant] = ()) -> Callable[[Invoice], bytes]:
    """Give what writes an invoice: UTF-8 JSON without spaces, amounts as numbers from their own digits."""
    keyed = [(*_keys(route), _spelled(value, type_)) for route, value, type_ in constants]
    write = _spread(Invoice, places, [(containers, key + text) for containers, key, text in keyed])
    return lambda invoice: write(invoice).encode()


def _keys(route: Sequence[str]) -> tuple[tuple[str, ...], str]:
    *containers, name = (f"{_quoted(wire)}:" for wire in route)
    return tuple(containers), name


_Branch = dict[str | int, Any]
"""What stands in a container, in its order: by their keys, colon and all, other containers; and texts, by numbers."""


def _spread(its: type[Part], places: Iterable[Place], constants: Sequence[tuple[tuple[str, ...], str]] = ()) -> _Write:
    """Give what writes the members of a part where they belong, those together that follow one another.

    A container comes where the first of what is in it comes: which are there is mostly the same, and then so is the
    frame that they are put into.
    """
    keyed = [(*_keys(route), names, member) for names, route, member in places]
    groups = [
        (containers, _members(its, [place[1:] for place in several]))
        for containers, several in groupby(keyed, itemgetter(0))
    ]
    slots = [(containers, f"{{{index}}}") for index, (containers, _) in enumerate(groups)]
    fixed = [(containers, _in_frame(text)) for containers, text in constants]

    @lru_cache(maxsize=1024)
    def frame(there: tuple[bool, ...]) -> str:
        root: _Branch = {}
        for index, (containers, text) in enumerate([*compress(slots, there), *fixed]):
            branch = root
            for container in containers:
                branch = branch.setdefault(_in_frame(container), {})
            branch[index] = text
        return _joined(root)

    def write(part: Any) -> str:
        texts = [told(part) for _, told in groups]
        return frame(tuple(map(bool, texts))).format(*texts)

    return write


def _in_frame(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _joined(branch: _Branch) -> str:
    told = (f"{key}{_joined(inner)}" if isinstance(inner, dict) else inner for key, inner in branch.items())
    return "{{" + ",".join(told) + "}}"


def _members(its: type[Part], places: Iterable[tuple[str, tuple[str, ...], Member]], around: str = "") -> _Write:
    """Give what writes members of a part, each with its key, and puts the two characters of *around* round them.

    It is a function of its own, as dataclasses get theirs: everything that is sent passes here, and to look up for each
    value what is to be done with it takes twice as long.
    """
    known: dict[str, Any] = {"plain": _plain}
    lines = []
    for index, (key, names, member) in enumerate(places):
        part, value = its, f"part.{names[0]}"
        for outer, name in pairwise(names):
            part, value = inner_of(part, outer), f"getattr({value}, {name!r}, None)"
        spell = known[f"spell{index}"] = _value(part, member)
        there, text = f"(value := {value}) is not None", f"spell{index}(value)"  # not for people
        if spell is _decimal:
            text = "(text if 'E' not in (text := str(value)) else plain(value))"  # not for people
        elif spell not in _LEAVES.values():  # it may come to nothing
            there, text = f"{there} and (text := {text})", "text"
        lines.append(f"    text{index} = {',' + key!r} + {text} if {there} else ''")
    texts = "".join(f"{{text{index}}}" for index in range(len(lines)))
    result = f"    return {around[:1]!r} + text[1:] + {around[1:]!r} if (text := f'{texts}') else ''"
    exec("\n".join(["def write(part):", *lines, result]), known)  # not for people
    return cast(_Write, known["write"])


def _value(its: type[Part], member: Member) -> _Write:
    """Give what spells the value of a member of a part."""
    if member.members:
        inner = inner_of(its, member.name)
        write = _object(inner, member)
        if type_of(its, member.name) is tuple:
            return lambda parts: "[" + ",".join([write(part) or "{}" for part in parts]) + "]" if parts else ""
        return _remembering(write) if inner in _ALIKE else write
    if member.words is not None:
        spelled = _as_integer if member.type == "integer" else _quoted
        words = {word: spelled(wire) if wire else "" for word, wire in member.words.items()}
        return words.__getitem__
    return _TYPED[member.type] if member.type in _TYPED else _LEAVES[type_of(its, member.name)]


def _object(its: type[Part], member: Member) -> _Write:
    """Give what writes a part of the invoice; "" where nothing of it is there."""
    if any("/" in inner.wire for inner in member.members):
        write = _spread(its, [((inner.name,), tuple(inner.wire.split("/")), inner) for inner in member.members])
        return lambda part: text if (text := write(part)) != "{}" else ""
    return _members(its, [(f"{_quoted(inner.wire)}:", (inner.name,), inner) for inner in member.members], "{}")


def _remembering(write: _Write) -> _Write:
    """Let *write* be spared where the very part comes again that it wrote last."""
    last: tuple[Any, str] = (None, "")

    def written(part: Any) -> str:
        nonlocal last
        its, text = last
        if part is not its:
            text = write(part)
            last = part, text
        return text

    return written


def _decimal(value: Decimal) -> str:
    text = str(value)
    return text if "E" not in text else _plain(value)


def _plain(value: Decimal) -> str:
    return str(Decimal(f"{value:f}"))


def _date(value: date) -> str:
    return f'"{value.isoformat()}"'


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _leaf(value: Any) -> str:
    return _LEAVES[value.__class__](value)


def _as_text(value: Any) -> str:
    """Spell any value as a text."""
    spelled = _leaf(value)
    return spelled if spelled.startswith('"') else f'"{spelled}"'


def _as_integer(value: Any) -> str:
    """Spell a text that is the digits of a number as that number; another stays the text that it is."""
    text = str(value)
    return text if text.isascii() and text.isdigit() and str(int(text)) == text else _leaf(value)


def _as_time(value: Any) -> str:
    return f'"{value.isoformat()}T00:00:00Z"' if isinstance(value, date) else _leaf(value)


_TYPED: Mapping[str | None, _Write] = {"string": _as_text, "integer": _as_integer, "date-time": _as_time}


def _spelled(value: str, type_: str | None) -> str:
    return value if type_ in ("integer", "number", "boolean") else _quoted(value)


_LEAVES: Mapping[type, _Write] = {str: _quoted, Decimal: _decimal, date: _date, bool: _flag, int: str}

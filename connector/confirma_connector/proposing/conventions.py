"""How a file spells numbers, proved from them: what could be read in two ways stays open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.language import tr, trn
from confirma_connector.proposing.dating import dates as dates
from confirma_connector.proposing.found import Column, Convention
from confirma_connector.proposing.grid import NOTHING, looks_dated, looks_numeric, place_in
from confirma_connector.proposing.words import the_words

__all__ = ["dates", "decimal", "has_percent"]

_MARKS = (",", ".")
_BODY = re.compile(r"\d[\d.,' \u00a0\u202f’]*")
_SPACED = re.compile(r"(\d{1,3})(?:([ '])\d{3})(?:\2\d{3})*(?:([.,])\d+)?")
_BOTH = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*([.,])\d+")
_GROUPS = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})+")
_CENTS = re.compile(r"\d,\d\d$")  # codes have points, not commas
_ONCE = re.compile(r"(\d+)([.,])(\d+)")


@dataclass(slots=True)
class _Spelling:
    """How the numbers of one column are spelled: which mark is proved to be what, by how many and where first.

    *unclear* are marks with three digits behind them: of a fraction, or of thousands.
    """

    column: Column
    standing: Literal["amount", "unknown"]
    decimal: Counter[str] = field(default_factory=Counter)
    thousands: Counter[str] = field(default_factory=Counter)
    unclear: Counter[str] = field(default_factory=Counter)
    first: dict[tuple[str, str], int] = field(default_factory=dict)
    is_strong: bool = False
    trailing_minus: int = 0
    parentheses: int = 0

    def note(self, what: str, mark: str, at: int) -> None:
        """Count a mark at a cell."""
        {"decimal": self.decimal, "thousands": self.thousands, "unclear": self.unclear}[what][mark] += 1
        self.first.setdefault((what, mark), at)


def has_percent(column: Column) -> bool:
    """Tell whether numbers of a column have a percent sign in the cell."""
    return any(text.endswith("%") and looks_numeric(text) for text in column.texts)


def decimal(columns: Sequence[Column], wheres: Sequence[str] = ()) -> Convention:
    """Find decimal mark and thousands marks, and spellings of nothing and of minus; *wheres* are the places of rows."""
    found = [spelling for column in columns if (spelling := _spelling(column)) is not None]
    also = _also(columns, found)
    proofs = {mark: [one for one in found if one.decimal[mark]] for mark in _MARKS}
    proved = [mark for mark in _MARKS if proofs[mark]]
    groups = {mark for one in found for mark in one.thousands if mark in _MARKS}
    unsure = {mark for one in found if not one.decimal and not one.is_strong for mark in one.unclear}
    if len(proved) == 2 or groups.intersection(proved) or len(groups) == 2:
        return Convention((), False, _contradiction(found, wheres), _MARKS, also)
    if proved:
        mark = proved[0]
        if not _suffice(proofs[mark], unsure):
            return Convention((), False, _weakness(proofs[mark][0], mark, wheres), _ordered(mark), also)
        return Convention((mark,), True, _proof(proofs[mark], mark, wheres), also=also)
    if groups:
        mark = next(other for other in _MARKS if other not in groups)
        if mark in unsure:
            return Convention((), False, _contradiction(found, wheres), _MARKS, also)
        one = next(one for one in found if one.thousands[next(iter(groups))])
        said = tr(
            '"{mark}" stands between groups of thousands, as in {place}',
            mark=next(iter(groups)),
            place=_at(one, wheres),
        )
        return Convention((mark,), True, said, also=also)
    if unsure:
        one = next(one for one in found if one.unclear)
        said = tr(
            "three digits stand behind the mark of each number, as in {place}: it can be a fraction or thousands",
            place=_at(one, wheres),
        )
        return Convention((), False, said, _MARKS, also)
    return Convention((), True, tr("no number has a mark that could be read in two ways"), also=also)


def _spelling(column: Column) -> _Spelling | None:
    """Read the numbers of one column; None for one that holds none, or is known to hold something else."""
    standing = _standing(column.header)
    if standing is None:
        return None
    texts = [(at, text) for at, text in _texts(column) if text.casefold() not in NOTHING]
    numeric = [(at, text) for at, text in texts if looks_numeric(text)]
    least = 0.5 if standing == "amount" else 0.9
    if not texts or len(numeric) < least * len(texts):
        return None
    spelling, odd = _Spelling(column, standing), 0
    for at, text in numeric:
        odd += not _read(spelling, text, at)
    cents = [text for _, text in numeric if _CENTS.search(text)]
    spelling.is_strong = spelling.is_strong or 3 <= len(cents) == len(numeric)
    return spelling if 10 * odd <= len(numeric) else None


def _texts(column: Column) -> Iterator[tuple[int, str]]:
    """Give the cells that are text and not blank."""
    for at, text in enumerate(column.texts):
        if text and (not column.kinds or column.kinds[at] == "text"):
            yield at, text


def _standing(header: str) -> Literal["amount", "unknown"] | None:
    """Say whether a header names amounts and the like, nothing known, or (None) what is no number to count with."""
    told = the_words().meaning(header)
    names = (told.exact,) if told.exact else told.may_be
    if told.is_ours:
        return None
    kinds = {
        ROW_FIELDS.get(name.removeprefix("rows."), "") if name.startswith("rows.") else INVOICE_FIELDS.get(name, "")
        for name in names
    }
    if kinds & {"number", "money"}:
        return "amount" if kinds <= {"number", "money"} else "unknown"
    return None if told.exact or told.is_bare else "unknown"


def _read(spelling: _Spelling, text: str, at: int) -> bool:
    """Take down what one number tells; False for one that is no number after all."""
    if spelling.column.header and text.endswith(("%", "€")):
        spelling.is_strong = True
    found = _BODY.search(text)
    if found is None:
        return False
    body = re.sub(r"[\u00a0\u202f]", " ", found[0]).replace("’", "'").strip()
    spelling.trailing_minus += text.endswith(("-", "\u2212"))
    spelling.parentheses += text.startswith("(") and text.endswith(")")
    if body.isdigit():
        return True
    if match := _SPACED.fullmatch(body):
        spelling.note("thousands", match[2], at)
        if match[3]:
            spelling.note("decimal", match[3], at)
            spelling.is_strong = True
        return True
    if (match := _BOTH.fullmatch(body)) and match[1] != match[2]:
        spelling.note("thousands", match[1], at)
        spelling.note("decimal", match[2], at)
        spelling.is_strong = True
        return True
    if match := _GROUPS.fullmatch(body):
        spelling.note("thousands", match[1], at)
        return True
    if match := _ONCE.fullmatch(body):
        is_either = len(match[3]) == 3 and len(match[1]) <= 3 and not match[1].startswith("0")
        spelling.note("unclear" if is_either else "decimal", match[2], at)
        return True
    return False


def _suffice(proofs: Sequence[_Spelling], unsure: set[str]) -> bool:
    """Tell whether *proofs* are of amounts, and not perhaps of codes with a point in them."""
    if any(one.standing == "amount" for one in proofs):
        return True
    return not unsure and (len(proofs) > 1 or any(one.is_strong for one in proofs))


def _ordered(mark: str) -> tuple[str, ...]:
    return (mark, *(other for other in _MARKS if other != mark))


def _also(columns: Sequence[Column], found: Sequence[_Spelling]) -> dict[str, Any]:
    """Give what else is proved of `locale:`."""
    also: dict[str, Any] = {}
    marks = {mark for one in found for mark in one.thousands}
    decimals = {mark for one in found for mark in one.decimal}
    if marks and not marks & decimals and marks != set(_MARKS):
        also["thousands"] = sorted(marks)
    if nothing := _nothing(columns):
        also["empty"] = ["", *nothing]
    if any(one.trailing_minus for one in found):
        also["trailing_minus"] = "true"
    if any(one.parentheses for one in found):
        also["parentheses"] = "true"
    return also


def _nothing(columns: Sequence[Column]) -> list[str]:
    """Give the spellings of nothing that stand where otherwise only numbers or only dates do."""
    found: dict[str, None] = {}
    for column in columns:
        filled = [(text, column.kinds[at] if column.kinds else "text") for at, text in enumerate(column.texts) if text]
        nothing = [text for text, kind in filled if kind == "text" and text.casefold() in NOTHING]
        other = [(text, kind) for text, kind in filled if text.casefold() not in NOTHING]
        numbers = sum(kind == "number" or (kind == "text" and looks_numeric(text)) for text, kind in other)
        days = sum(kind == "date" or (kind == "text" and looks_dated(text)) for text, kind in other)
        if nothing and other and len(other) == max(numbers, days):
            found |= dict.fromkeys(nothing)
    return list(found)


# ---- evidence ----


def _at(one: _Spelling, wheres: Sequence[str], what: tuple[str, str] | None = None) -> str:
    at = one.first[what] if what in one.first else next(iter(one.first.values()))
    return place_in(one.column, at, wheres)


def _proof(proofs: Sequence[_Spelling], mark: str, wheres: Sequence[str]) -> str:
    return trn(
        '"{mark}" can only be the decimal mark of {count} number: {place}',
        '"{mark}" can only be the decimal mark of {count} numbers, as of {place}',
        sum(one.decimal[mark] for one in proofs),
        mark=mark,
        place=_at(proofs[0], wheres, ("decimal", mark)),
    )


def _weakness(one: _Spelling, mark: str, wheres: Sequence[str]) -> str:
    return tr(
        '"{mark}" seems to be the decimal mark, as in {place}, but nothing says that these are amounts',
        mark=mark,
        place=_at(one, wheres, ("decimal", mark)),
    )


def _contradiction(found: Sequence[_Spelling], wheres: Sequence[str]) -> str:
    places = [
        _at(one, wheres, (what, mark))
        for mark in _MARKS
        for what in ("decimal", "thousands", "unclear")
        for one in found
        if (what, mark) in one.first
    ]
    return tr("numbers are spelled in more than one way, as in {first} and {last}", first=places[0], last=places[-1])

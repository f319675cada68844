"""How a file spells dates, proved from them: by days after the 12th, by due dates and terms; else it stays open."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.language import either, tr, trn
from confirma_connector.proposing.found import Column, Convention
from confirma_connector.proposing.grid import NOTHING, looks_dated, place_in
from confirma_connector.proposing.words import the_words

__all__ = ["dates"]

_EARLIEST, _LATEST = 1980, 2060
_LONGEST_TERM = 366
_PARTS = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(\.?)(?:([T ])(\d{1,2}:\d{2})(:\d{2})?(\.\d+)?(Z?))?", re.ASCII
)
_DIGITS = re.compile(r"\d{8}", re.ASCII)
_DATE_WORD = re.compile(r"pvm|päivä|date|datum|dag\b", re.IGNORECASE)
_DAYS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Family:
    """Dates of one look (separators, digits of the year, time of day), and the patterns they may be of."""

    patterns: tuple[str, ...]
    cells: list[tuple[Column, int, str]]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What can be said of a family: its one pattern, or those that are left."""

    left: tuple[str, ...]
    evidence: str


def dates(columns: Sequence[Column], header_words: Mapping[int, str], wheres: Sequence[str] = ()) -> Convention:
    """Find the patterns of the dates; *header_words* tell which places hold dates, due dates, or terms of payment.

    Not proved, *candidates* are the patterns that are left of one kind of dates; *value* has those that are proved.
    """
    families = _families(columns, header_words)
    verdicts = [_verdict(family, columns, header_words, wheres) for family in families]
    settled = [verdict for verdict in verdicts if len(verdict.left) == 1]
    orders = {_order(verdict.left[0]) for verdict in settled} - {"ymd"}
    if len(orders) > 1:
        patterns = tuple(dict.fromkeys(verdict.left[0] for verdict in settled))
        said = tr("some dates have the day first, others the month: {evidence}", evidence="; ".join(_said(settled)))
        return Convention((), False, said, patterns)
    if unread := _unread(columns, header_words):
        said = tr("dates with a time zone cannot be read: {place}", place=place_in(*unread, wheres))
        return Convention(tuple(dict.fromkeys(verdict.left[0] for verdict in settled)), False, said)
    value = tuple(dict.fromkeys(verdict.left[0] for verdict in settled))
    if unsettled := [verdict for verdict in verdicts if len(verdict.left) != 1]:
        return Convention(value, False, unsettled[0].evidence, unsettled[0].left)
    return Convention(value, True, "; ".join(_said(settled)) or tr("no date is text"))


def _said(verdicts: Sequence[_Verdict]) -> Iterator[str]:
    yield from dict.fromkeys(verdict.evidence for verdict in verdicts)


def _order(pattern: str) -> str:
    return "".join(re.findall(r"%([dmyY])", pattern)).lower()


# ---- what the dates look like ----


def _families(columns: Sequence[Column], header_words: Mapping[int, str]) -> list[_Family]:
    """Gather the dates that are text by their look; where fields are known, only looks that these have count."""
    families: dict[tuple[str, ...], _Family] = {}
    needed: set[tuple[str, ...]] = set()
    dated = {place for place, name in header_words.items() if _is_date(name)}
    for column in columns:
        if not _may_be_dates(column, header_words.get(column.place, "")):
            continue
        for at, text in _texts(column):
            patterns = _patterns(text)
            if patterns:
                families.setdefault(patterns, _Family(patterns, [])).cells.append((column, at, text))
                if not dated or column.place in dated:
                    needed.add(patterns)
    return [family for patterns, family in families.items() if patterns in needed]


def _unread(columns: Sequence[Column], header_words: Mapping[int, str]) -> tuple[Column, int] | None:
    """Give a date of the invoice that no pattern can read."""
    is_said = any(map(_is_date, header_words.values()))
    for column in columns:
        name = header_words.get(column.place, "")
        if _is_date(name) or (not is_said and _may_be_dates(column, name)):
            for at, text in _texts(column):
                if looks_dated(text) and not _patterns(text):
                    return column, at
    return None


def _is_date(name: str) -> bool:
    return INVOICE_FIELDS.get(name, ROW_FIELDS.get(name.removeprefix("rows."))) == "date"


def _texts(column: Column) -> Iterator[tuple[int, str]]:
    for at, text in enumerate(column.texts):
        if text and text.casefold() not in NOTHING and (not column.kinds or column.kinds[at] in ("text", "number")):
            yield at, text


def _may_be_dates(column: Column, name: str) -> bool:
    """Tell whether a column holds dates: nearly all its texts look so. Bare digits are dates only by their header."""
    texts = [text for _, text in _texts(column)]
    looking = [text for text in texts if looks_dated(text)]
    if not texts or 10 * len(looking) < 9 * len(texts):
        return False
    meaning = the_words().meaning(column.header)
    is_said = _is_date(name) or bool(_DATE_WORD.search(column.header))
    if any(map(_DIGITS.fullmatch, looking)):
        return is_said
    return is_said or not meaning.exact or _is_date(meaning.exact)


def _patterns(text: str) -> tuple[str, ...]:
    """Give every pattern by which dates that look like *text* may be written."""
    if _DIGITS.fullmatch(text):
        return ("%Y%m%d", "%d%m%Y", "%m%d%Y")
    match = _PARTS.fullmatch(text)
    if match is None:
        return ()
    first, mark, _, last, point, between, time, seconds, fraction, zone = match.groups()
    rest = (point or "") + (f"{between}%H:%M" if time else "")
    rest += (":%S" if seconds else "") + (".%f" if fraction else "") + (zone or "")
    if len(first) > 2:
        orders: tuple[str, ...] = ("%Y{0}%m{0}%d",) if len(first) == 4 and len(last) < 3 else ()
    elif len(last) == 4:
        orders = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y")
    else:
        orders = ("%d{0}%m{0}%y", "%m{0}%d{0}%y", "%y{0}%m{0}%d") if len(last) < 3 else ()
    return tuple(order.format(mark) + rest for order in orders)


# ---- what they prove ----


def _verdict(
    family: _Family, columns: Sequence[Column], header_words: Mapping[int, str], wheres: Sequence[str]
) -> _Verdict:
    """Say which patterns are left for a family of dates, and by what."""
    faults = {
        pattern: [cell for cell in family.cells if _read(cell[2], pattern) is None] for pattern in family.patterns
    }
    left = tuple(pattern for pattern in family.patterns if not faults[pattern])
    if not left:
        places = [place_in(*cells[0][:2], wheres) for cells in faults.values()]
        said = tr("these dates cannot all be of one pattern: see {places}", places=", ".join(dict.fromkeys(places)))
        return _Verdict(family.patterns, said)
    if len(family.patterns) == 1:
        said = trn("{count} date begins with the year", "{count} dates begin with the year", len(family.cells))
        return _Verdict(left, said)
    if len(left) == 1:
        proofs = [cell for pattern in family.patterns if pattern != left[0] for cell in faults[pattern]]
        return _Verdict(left, _proof(left[0], proofs, wheres))
    rows = _rows(family, header_words)
    by_terms = [pattern for pattern in left if _agrees_with_terms(pattern, rows, columns, header_words)]
    if len(by_terms) == 1:
        said = tr("only as {pattern} does each due date agree with the terms of payment", pattern=_shown(by_terms[0]))
        return _Verdict((by_terms[0],), said)
    strays = {pattern: sum(_strays(pattern, *pair) for pair in rows.values()) for pattern in left}
    if not all(strays.values()):
        likely = tuple(pattern for pattern in left if strays[pattern] < 2)
        if len(likely) == 1 and not strays[likely[0]]:
            said = tr(
                "only as {pattern} is no due date before its invoice date, or years after it", pattern=_shown(likely[0])
            )
            return _Verdict(likely, said)
    said = trn(
        "{count} date can be read as {patterns}: {place}",
        "{count} dates can all be read as {patterns}: the first is {place}",
        len(family.cells),
        patterns=either(map(_shown, left)),
        place=place_in(*family.cells[0][:2], wheres),
    )
    return _Verdict(left, said)


def _proof(pattern: str, proofs: Sequence[tuple[Column, int, str]], wheres: Sequence[str]) -> str:
    count = len({(column.place, at) for column, at, _ in proofs})
    return trn(
        "{count} date can only be read as {pattern}: {place}",
        "{count} dates can only be read as {pattern}: the first is {place}",
        count,
        pattern=_shown(pattern),
        place=place_in(*proofs[0][:2], wheres),
    )


def _shown(pattern: str) -> str:
    """Spell a pattern as people do: dd.mm.yyyy."""
    words = {"%d": tr("dd"), "%m": tr("mm"), "%Y": tr("yyyy"), "%y": tr("yy"), "%H": "HH", "%M": "MM", "%S": "SS"}
    for sign, word in words.items():
        pattern = pattern.replace(sign, word)
    return pattern.replace(".%f", "")


def _read(text: str, pattern: str) -> dt.date | None:
    try:
        day = dt.datetime.strptime(text, pattern).date()
    except ValueError:
        return None
    return day if _EARLIEST <= day.year <= _LATEST else None


def _rows(family: _Family, header_words: Mapping[int, str]) -> dict[int, tuple[str, str]]:
    """Give invoice date and due date, as spelled, of the rows that have both in this look."""
    told: dict[str, dict[int, str]] = {"date": {}, "due_date": {}}
    for column, at, text in family.cells:
        if (name := header_words.get(column.place)) in told:
            told[name][at] = text
    return {at: (text, told["due_date"][at]) for at, text in told["date"].items() if at in told["due_date"]}


def _term(pattern: str, begun: str, due: str) -> int:
    first, last = _read(begun, pattern), _read(due, pattern)
    return (last - first).days if first and last else -1


def _strays(pattern: str, begun: str, due: str) -> bool:
    return not 0 <= _term(pattern, begun, due) <= _LONGEST_TERM


def _agrees_with_terms(
    pattern: str, rows: Mapping[int, tuple[str, str]], columns: Sequence[Column], header_words: Mapping[int, str]
) -> bool:
    """Tell whether all due dates are as many days after their invoice date as the terms say, in one row or more."""
    terms = next((column for column in columns if header_words.get(column.place) == "terms"), None)
    agreed = 0
    for at, (begun, due) in rows.items() if terms is not None else ():
        days = _DAYS.findall(terms.texts[at]) if terms is not None else []
        if len(days) == 1 and int(days[0]):
            if _term(pattern, begun, due) != int(days[0]):
                return False
            agreed += 1
    return agreed > 0

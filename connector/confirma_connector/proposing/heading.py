"""Which row names the columns: below titles, column numbers and instructions, above the data; or that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confirma_connector.fields import spelled
from confirma_connector.language import tr
from confirma_connector.proposing.grid import Line, is_name, is_value, kind_of, numbering
from confirma_connector.proposing.words import the_words

__all__ = ["LOOKED_AT", "Heading", "Look", "heading", "known_words"]

LOOKED_AT = 60
"""As many rows with text are looked at to find the header."""

_INSTRUCTION = re.compile(
    r"\b(?:pakollinen|valinnainen|vapaaehtoinen|esim|täytä|muodossa|pp\.kk\.vvvv|ppkkvvvv|obligatorisk|valfri|frivillig|"
    r"fyll i|t\.ex|dd\.mm\.åååå|åååå|required|optional|mandatory|e\.g|for example|example|dd[./-]mm[./-]yyyy|"
    r"yyyy-mm-dd|vvvv-kk-pp|max(?:imum)? \d+|merkkiä|tecken|characters|kirjoita|skriv|enter)\b|\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Heading:
    """The header: its row as `header_row` counts, 0 for none; *why* is for people.

    Of *rivals* one may be the header instead: then it has to be asked. *above* are titles over groups of columns;
    *first* is the row where the data begins.
    """

    row: int
    why: str
    rivals: tuple[int, ...] = ()
    above: Mapping[int, str] = field(default_factory=dict)
    first: int = 0

    @property
    def is_certain(self) -> bool:
        """Nothing speaks for another row."""
        return not self.rivals


@dataclass(frozen=True, slots=True)
class Look:
    """What the first rows of a file tell: keys of `source:`, why, those to be asked, and where the header is."""

    source: Mapping[str, Any]
    why: Mapping[str, str]
    open: Mapping[str, tuple[str, ...]]
    heading: Heading | None


def heading(lines: Sequence[Line]) -> Heading | None:
    """Find the header among the first rows of a table; None when there is no table."""
    looked = lines[:LOOKED_AT]
    widest = max((len(one.cells) for one in looked), default=0)
    if widest < 2:
        return None
    names = [one for one in looked if _may_name(one, widest)]
    data = next((one for one in looked if _is_data(one, widest) and not _is_title(one, names)), None)
    before = looked if data is None else [one for one in looked if one.number < data.number]
    candidates = [one for one in names if one in before]
    first = 0 if data is None else data.number
    if not candidates:
        return _headless(looked, before, data, widest)
    if data is None:
        first_row = candidates[0].number
        doubts = () if known_words(candidates[0]) > 1 else (first_row, 0)
        return Heading(first_row, tr("it is the first row of text, and all below it is text too"), doubts)
    chosen, rivals, why = _chosen(candidates)
    if known_words(chosen) < 2 and 4 * len(chosen.cells) < 3 * widest:
        rivals = (*(rivals or (chosen.number,)), 0)  # perhaps a title above a list without a header
    return Heading(chosen.number, why, rivals, _above(chosen, before), first)


def _is_data(one: Line, widest: int) -> bool:
    """Tell whether a row holds data: one that is wide enough and has values, and does not only count the columns."""
    values = sum(map(is_value, one.cells.values()))
    if numbering(one.texts) or 3 * len(one.cells) < widest or not values:
        return False
    return values >= 2 or 3 * values >= len(one.cells)


def _is_title(one: Line, names: Sequence[Line]) -> bool:
    """Tell whether a row with values (a title with its date) stands above the first row that can name columns."""
    return bool(names) and one.number < names[0].number and len(one.cells) < len(names[0].cells)


def _may_name(one: Line, widest: int) -> bool:
    """Tell whether a row may name the columns: wide, short texts that differ, and (nearly) no values."""
    values = sum(map(is_value, one.cells.values()))
    if len(one.cells) < 2 or 2 * len(one.cells) < widest or 10 * values > len(one.cells) or numbering(one.texts):
        return False
    names = sum(map(is_name, one.cells.values()))
    return 5 * names >= 4 * len(one.cells) and 2 * len({text.casefold() for text in one.texts}) > len(one.cells)


def _headless(looked: Sequence[Line], before: Sequence[Line], data: Line | None, widest: int) -> Heading | None:
    """Say that there is no header, as far as the first row of data is like the ones below it."""
    if data is None:
        return None
    below = [one for one in looked if one.number > data.number and _is_data(one, widest)]
    alike = sum(_is_like(data, one) for one in below)
    if below and 5 * alike >= 4 * len(below):
        why = tr("the first row with data is like the {count} below it, and no row above it names columns", count=alike)
        return Heading(0, why, first=data.number)
    rivals = (data.number, *(one.number for one in before if len(one.cells) > 1))
    return Heading(0, tr("no row of text stands above the data"), tuple(sorted(rivals)), first=data.number)


def _is_like(one: Line, other: Line) -> bool:
    """Tell whether two rows have values in the same columns, where both have something."""
    both = [column for column in one.cells if column in other.cells]
    same = sum(is_value(one.cells[column]) == is_value(other.cells[column]) for column in both)
    return len(both) >= 2 and 5 * same >= 4 * len(both)


def _chosen(candidates: Sequence[Line]) -> tuple[Line, tuple[int, ...], str]:
    if len(candidates) == 1:
        return candidates[0], (), tr("it is the only row of text above the data that is wide enough")
    known = {one.number: known_words(one) for one in candidates}
    most = max(known.values())
    best = [one for one in candidates if known[one.number] == most]
    if most >= 2 and len(best) == 1 and all(3 * known[one.number] <= most for one in candidates if one is not best[0]):
        return best[0], (), tr("{count} of its texts are known names of columns", count=most)
    plain = [one for one in candidates if not _instructs(one)]
    if len(plain) == 1:
        return plain[0], (), tr("the other rows of text above the data give instructions")
    left = plain or candidates
    widest = max(len(one.cells) for one in left)
    last = next(one for one in reversed(left) if len(one.cells) == widest)
    if last is left[-1] and all(one.cells.keys() < last.cells.keys() for one in left[:-1]):
        return last, (), tr("it names more columns than the rows of text above it")
    if len(left) == 2 and left[1].number - left[0].number == 1:
        why = tr("two rows name the columns, and only one can be read: this one names more of them, or stands lower")
        return last, tuple(one.number for one in left), why
    why = tr("several rows of text stand above the data: {rows}", rows=_counted(left))
    return last, tuple(one.number for one in left), why


def known_words(one: Line) -> int:
    """Count the texts of a row that are known to name columns."""
    words = the_words()
    return sum(bool((told := words.meaning(text)).exact or told.may_be or told.is_ours) for text in one.texts)


def _counted(lines: Iterable[Line]) -> str:
    return ", ".join(str(one.number) for one in lines)


def _instructs(one: Line) -> bool:
    told = sum(bool(_INSTRUCTION.search(text)) or len(text) > 40 for text in one.texts)
    return 3 * told >= len(one.texts)


def _above(header: Line, before: Sequence[Line]) -> dict[int, str]:
    """Give the titles over groups of columns in the row right above the header, each over the columns it spans."""
    over = next((one for one in before if one.number == header.number - 1), None)
    if over is None or len(over.cells) < 2 or numbering(over.texts):
        return {}
    if any(kind_of(value) != "text" for value in over.cells.values()):
        return {}
    titles: dict[int, str] = {}
    title = ""
    for column in range(1, max(header.width, over.width) + 1):
        title = spelled(over.cells[column]) if column in over.cells else title
        if title and (column in header.cells or column in over.cells):
            titles[column] = title
    return titles

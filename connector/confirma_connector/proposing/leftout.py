"""Rows of a list that are no invoice rows: totals, notes, headings of groups, headers that come again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

from confirma_connector.language import mark
from confirma_connector.proposing.found import Column, Layout
from confirma_connector.proposing.grid import is_value, looks_dated, looks_numeric, numbering

__all__ = ["EVIDENCE", "Special", "dated_columns", "says_nothing", "specials", "unnumbered"]

Kind = Literal["total", "group", "note", "instruction", "numbers", "repeated header"]  # not for people

_WORDS_OF_TOTALS = (
    r"(?:kaikki yhteensä|yhteensä|yht\.?|summat?|kokonaissumma|"  # not for people
    r"loppusumma|välisumma|totalt|totals?|grand total|"
    r"sub-?total|delsumma|slutsumma|sum|i alt|gesamt(?:summe)?|summe)"
)
_BESIDE = (
    r"(?:eur|sek|usd|€|alv|moms|vat|sis\.?|inkl\.?|exkl\.?|incl\.?|"  # not for people
    r"excl\.?|ei|veroton|verollinen|netto|brutto|net|"
    r"gross|due|payable|maksettava|maksettavaa|att betala)"
)
_TOTAL = re.compile(rf"{_WORDS_OF_TOTALS}(?:[\s\d:.,()/%-]|\b{_BESIDE})*", re.IGNORECASE)
_BEGINS_TOTAL = re.compile(rf"{_WORDS_OF_TOTALS}(?!\w)", re.IGNORECASE)
_OWN_TOTAL = re.compile(rf"(?:[^\s:]+ ){{1,5}}{_WORDS_OF_TOTALS}[\s:.]*", re.IGNORECASE)
_NOTE = re.compile(
    r"(?:tulostettu|tulostus|raportti|raportin|huom|sivu|luotu|ajettu|päivitetty|utskriven|utskrivet|rapport|obs|sida|"
    r"skapad|printed|report|note|page|generated|created|exported|updated|end of)(?!\w)",
    re.IGNORECASE,
)

EVIDENCE: Mapping[Kind, str] = {
    "total": mark("it has a word for totals or sums of the rows above, and no date"),
    "group": mark("it has one text alone, and rows of data below it"),
    "note": mark("it has a text, and nothing of an invoice"),
    "instruction": mark("it has only text where all other rows have numbers and dates"),
    "numbers": mark("it only counts the columns"),
    "repeated header": mark("it is the header once more"),  # not for people
}


@dataclass(frozen=True, slots=True)
class Special:
    """A row (by its place in the layout) that is none of an invoice; the *column* whose *text* gives it away.

    *is_sum* says that all its numbers are the sums of those above them.
    """

    at: int
    kind: Kind
    column: Column
    text: str
    is_sum: bool = False


def specials(layout: Layout) -> list[Special]:
    """Find the rows that are no invoice rows by what they look like."""
    rows = [
        [(column, column.texts[at]) for column in layout.columns if column.texts[at]]
        for at in range(len(layout.wheres))
    ]
    dated = dated_columns(layout.columns)
    last = max((at for at, cells in enumerate(rows) if 3 * len(cells) >= len(layout.columns)), default=-1)
    sums = _Sums(layout.columns)
    found = []
    for at, cells in enumerate(rows):
        is_sum = sums.are_of(at)
        special = _special(at, cells, layout, dated, last, is_sum=is_sum) if cells else None
        if special is None:
            sums.add(at)
        else:
            found.append(special)
    return found


def _is_dated(column: Column) -> bool:
    """Tell whether most of the cells of a column that hold something are dates."""
    filled = [at for at, text in enumerate(column.texts) if text]
    days = sum((column.kinds[at] == "date") if column.kinds else looks_dated(column.texts[at]) for at in filled)
    days += sum(column.kinds[at] == "text" and looks_dated(column.texts[at]) for at in filled) if column.kinds else 0
    return bool(filled) and 5 * days >= 3 * len(filled)


def unnumbered(layout: Layout, number: Column, found: Sequence[Special]) -> list[Special]:
    """Find the rows without a date whose invoice number is a text without a digit, where most have digits there."""
    dated = dated_columns(layout.columns)
    gone = {one.at for one in found} | {at for column in dated for at, text in enumerate(column.texts) if text}
    texts = {at: text for at, text in enumerate(number.texts) if text and at not in gone}
    odd = {at: text for at, text in texts.items() if not any(map(str.isdigit, text)) or says_nothing(text)}
    if 2 * len(odd) >= sum(map(bool, number.texts)):
        return []
    return [Special(at, "total" if _BEGINS_TOTAL.match(text) else "note", number, text) for at, text in odd.items()]


def says_nothing(text: str) -> bool:
    """Tell whether a text is a word for totals or notes, and so no invoice number."""
    return bool(_BEGINS_TOTAL.match(text) or _OWN_TOTAL.fullmatch(text) or _NOTE.match(text))


def dated_columns(columns: Sequence[Column]) -> list[Column]:
    """Give the columns that hold dates."""
    return [column for column in columns if _is_dated(column)]


def _special(
    at: int, cells: list[tuple[Column, str]], layout: Layout, dated: Sequence[Column], last: int, *, is_sum: bool
) -> Special | None:
    texts = [text for _, text in cells]
    first, text = cells[0]
    if len(cells) > 1 and all(one.casefold() == _bare(column.header).casefold() for column, one in cells):
        return Special(at, "repeated header", first, text)  # not for people
    if 2 * len(cells) >= len(layout.columns) and numbering(texts):
        return Special(at, "numbers", *next((cell for cell in cells if cell[0] in dated), cells[0]))
    if not any(column.texts[at] for column in dated) and (dated or 2 * len(cells) <= len(layout.columns)):
        total = next((cell for cell in cells if _TOTAL.fullmatch(cell[1]) or _OWN_TOTAL.fullmatch(cell[1])), None)
        if total:
            return Special(at, "total", *total, is_sum=is_sum)
        if is_sum and all(map(looks_numeric, texts)):
            return Special(at, "total", first, text, is_sum=True)
    if at < 3 and len(cells) > 2 and _instructs(at, cells, layout):
        return Special(at, "instruction", *cells[0])
    if len(layout.columns) > 3 and len(cells) == 1 and not is_value(text):
        is_note = bool(_NOTE.match(text)) or at > last or len(text) > 60
        return Special(at, "note" if is_note else "group", first, text)
    return None


def _bare(header: str) -> str:
    return re.sub(r"^#\d+ ", "", header)


def _instructs(at: int, cells: Sequence[tuple[Column, str]], layout: Layout) -> bool:
    """Tell whether a row has text in columns that hold values on nearly all other rows, and no value at all."""
    if any(is_value(text) or (column.kinds and column.kinds[at] != "text") for column, text in cells):
        return False
    typed = 0
    for column, _ in cells:
        others = [other for other in range(len(layout.wheres)) if other > at and column.texts[other]][:50]
        values = sum(is_value(column.texts[other]) for other in others)
        typed += len(others) > 0 and 10 * values >= 9 * len(others)
    return typed >= 2


class _Sums:
    """Adds up the number columns from above, to know a row of sums when it comes."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._numbers = [_numbers(column) for column in columns]
        self._sums = [Decimal(0) for _ in columns]
        self._counts = [0 for _ in columns]

    def add(self, at: int) -> None:
        """Take in a row."""
        for index, numbers in enumerate(self._numbers):
            if (number := numbers[at]) is not None:
                self._sums[index] += number
                self._counts[index] += 1

    def are_of(self, at: int) -> bool:
        """Tell whether all the numbers of a row are sums of at least two above them."""
        there = [(index, number) for index, numbers in enumerate(self._numbers) if (number := numbers[at]) is not None]
        are = [self._counts[index] > 1 and number == self._sums[index] != 0 for index, number in there]
        return bool(are) and all(are)


def _numbers(column: Column) -> list[Decimal | None]:
    """Read the cells of a column as numbers, as far as they can be with the last mark as that of decimals."""
    return list(_read(column))


def _read(column: Column) -> Iterator[Decimal | None]:
    for at, text in enumerate(column.texts):
        if not text or not (
            looks_numeric(text) if not column.kinds else column.kinds[at] == "number" or looks_numeric(text)
        ):
            yield None
            continue
        digits = re.sub(r"[^\d.,-]", "", text)
        whole, _, rest = digits.replace(",", ".").rpartition(".")
        try:
            yield Decimal(f"{whole.replace('.', '')}.{rest}" if whole else rest or "0")
        except InvalidOperation:
            yield None

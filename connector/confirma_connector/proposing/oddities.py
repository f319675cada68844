"""What is odd about the cells of a column, so that a person can mend it in the source: told beside the column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from confirma_connector.language import tr, trn
from confirma_connector.proposing.grid import looks_dated, looks_numeric

__all__ = ["oddities"]

_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|PUUTTUU!?|VIITTAUS!|ARVO!|NIMI\?|SAKNAS!?|JAKO/0!)")


def oddities(texts: Sequence[str], kinds: Sequence[str], places: Sequence[str]) -> tuple[str, ...]:
    """Say in sentences what is odd about the cells of a column: how many, and where the first one is."""
    return tuple(_oddities(texts, kinds, places))


def _oddities(texts: Sequence[str], kinds: Sequence[str], places: Sequence[str]) -> Iterator[str]:
    rounded = [at for at, text in enumerate(texts) if _SCIENTIFIC.fullmatch(text)]
    if rounded:
        yield trn(
            "{count} cell is a number like 3.7E+11, of which the last digits are lost: {place}; format the column as "
            "text and enter it again",
            "{count} cells are numbers like 3.7E+11, of which the last digits are lost: the first is {place}; format "
            "the column as text and enter them again",
            len(rounded),
            place=places[rounded[0]],
        )
    errors = [at for at, text in enumerate(texts) if (kinds and kinds[at] == "error") or _ERROR.fullmatch(text.upper())]
    if errors:
        yield trn(
            "{count} cell shows an error or cannot be read: {place}",
            "{count} cells show an error or cannot be read: the first is {place}",
            len(errors),
            place=places[errors[0]],
        )
    if kinds:
        yield from _mixed(texts, kinds, places)


def _mixed(texts: Sequence[str], kinds: Sequence[str], places: Sequence[str]) -> Iterator[str]:
    """Tell of numbers and dates that are stored as text in a workbook, where others are stored as what they are."""
    typed = {kind: sum(one == kind for one in kinds) for kind in ("number", "date")}
    stored = [at for at, (text, kind) in enumerate(zip(texts, kinds, strict=True)) if kind == "text"]
    numbers = [at for at in stored if looks_numeric(texts[at])]
    numbers = [at for at in numbers if not texts[at].startswith("0") or not texts[at].isdigit()]
    if 0 < len(numbers) <= typed["number"]:
        yield trn(
            "{count} number is stored as text, the others as numbers: {place}",
            "{count} numbers are stored as text, the others as numbers: the first is {place}",
            len(numbers),
            place=places[numbers[0]],
        )
    dates = [at for at in stored if looks_dated(texts[at])]
    if dates and typed["date"]:
        yield tr(
            "{count} of the dates are text and {typed} are true dates: the first text is {place}; see that day and "
            "month of the others were not exchanged when the file was opened",
            count=len(dates),
            typed=typed["date"],
            place=places[dates[0]],
        )

"""Delimited text that nobody described: its encoding, its delimiter and quote, and its header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from confirma_connector.delimited import Row, rows
from confirma_connector.delimiters import DELIMITERS, survey
from confirma_connector.errors import SourceError
from confirma_connector.language import mark, tr
from confirma_connector.limits import Limits
from confirma_connector.proposing.alphabet import alphabet
from confirma_connector.proposing.grid import line, looks_numeric
from confirma_connector.proposing.heading import Heading, Look, heading

__all__ = ["look_at_text"]

_SAMPLE = 500
_BETWEEN = re.compile(r"(?<!\d),|,(?!\d)")
"""A comma that is no decimal mark."""
_WORDS = {
    ";": mark("semicolons cut its rows into {width} columns each"),
    "\t": mark("tabs cut its rows into {width} columns each"),
    ",": mark("commas cut its rows into {width} columns each"),
    "|": mark("pipes cut its rows into {width} columns each"),
}


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    limits: Limits
    encoding: str | None


@dataclass(frozen=True, slots=True)
class _Cut:
    """The first rows as one delimiter and quote cut them.

    *fit* is the share of rows that are as wide as the header, *clean* that of fields without another delimiter in them.
    """

    delimiter: str
    quote: str
    heading: Heading
    width: int
    fit: float
    clean: float


def look_at_text(path: Path, limits: Limits, declared: Mapping[str, Any], chosen: Any) -> Look:
    """Look at a text file; of *chosen* what was *declared* counts. Raises SourceError when it is no table."""
    source: dict[str, Any] = {}
    why: dict[str, str] = {}
    asked: dict[str, tuple[str, ...]] = {}
    encoding = chosen.encoding
    if "encoding" not in declared:
        found = alphabet(lambda: path.open("rb"), path.name, limits)
        if found.declared or found.candidates:
            why["encoding"] = found.why
        if found.declared:
            source["encoding"] = encoding = found.declared
        elif found.candidates:
            asked["encoding"] = found.candidates
            encoding = found.candidates[0]
    file = _File(path, limits, encoding)
    if "delimiter" in declared:
        cuts, reason = [_declared(file, chosen.delimiter, chosen.quote if "quote" in declared else None)], ""
    else:
        cuts, reason = _cuts(file, chosen.quote if "quote" in declared else None)
        why["delimiter"] = reason
    best = cuts[0]
    if len(cuts) > 1:
        asked["delimiter"] = tuple(DELIMITERS[cut.delimiter] for cut in cuts)
    elif "delimiter" not in declared:
        source["delimiter"] = DELIMITERS[best.delimiter]
    if best.quote != '"' and "quote" not in declared:
        source["quote"] = best.quote or "none"
        why["quote"] = tr("with the usual quotes its rows cannot be cut")
    return Look(source, why, asked, best.heading)


def _declared(file: _File, delimiter: str, quote: str | None) -> _Cut:
    cut = _cut(file, delimiter, quote)
    if cut is None:
        raise _no_table(file)
    return cut


def _cuts(file: _File, quote: str | None) -> tuple[list[_Cut], str]:
    """Give the cut that is right, or those of which one may be, the likeliest first; and why."""
    if separator := _separator(file):
        return [_declared(file, separator, quote)], tr("its first line names the delimiter")
    cuts = [cut for sign in DELIMITERS if (cut := _cut(file, sign, quote)) is not None]
    likely = [cut for cut in cuts if cut.fit > 0.5 and cut.clean >= 0.5]
    likely = [cut for cut in likely if cut.heading.row] or likely
    if not likely:
        raise _no_table(file)
    likely.sort(key=lambda cut: (-cut.clean, -cut.fit, -cut.width))
    best = likely[0]
    if best.clean >= 0.9 and all(cut.clean <= 0.5 for cut in likely[1:]):
        return [best], tr(_WORDS[best.delimiter], width=best.width)
    if len(likely) == 1:
        return likely, tr(_WORDS[best.delimiter], width=best.width)
    return likely, tr("its rows can be cut in several ways")


def _no_table(file: _File) -> SourceError:
    return SourceError(
        tr("{name}: no semicolon, tab, comma or pipe cuts its rows into the same columns", name=file.path.name)
    )


def _separator(file: _File) -> str:
    """Give the delimiter that a first line like `sep=;` names; "" without one."""
    is_said = _survey(file, ";", '"').preamble == 1
    return _survey(file, None, '"').delimiter if is_said else ""


def _survey(file: _File, delimiter: str | None, quote: str) -> Any:
    return survey(
        lambda: file.path.open("rb"),
        file.path.name,
        file.limits,
        encoding=file.encoding,
        delimiter=delimiter,
        quote=quote,
        header_row=0,
    )


def _cut(file: _File, delimiter: str, quote: str | None) -> _Cut | None:
    """Cut the first rows at *delimiter*; None when that makes no table."""
    for sign in ('"', "'", "") if quote is None else (quote,):
        if sign == delimiter:
            continue
        try:
            found = _rows(file, delimiter, sign)
        except SourceError:
            continue
        if quote is None and (_is_odd(found) or (sign == '"' and _is_quoted(found))):
            continue
        if quote is None and sign == "'" and not any("'" in row.text for row in found):
            continue
        return _judged(found, delimiter, sign)
    return None


def _rows(file: _File, delimiter: str, quote: str) -> list[Row]:
    layout = _survey(file, delimiter, quote)
    filled = (row for row in rows(lambda: file.path.open("rb"), layout) if row.fields)
    return list(islice(filled, _SAMPLE))


def _is_odd(found: Sequence[Row]) -> bool:
    return 10 * sum(bool(row.problem) for row in found) > len(found)


def _is_quoted(found: Sequence[Row]) -> bool:
    """Tell whether nearly all rows begin and end with an apostrophe: it is the quote then."""
    rows = [row.text.strip() for row in found]
    return bool(rows) and 5 * sum(len(row) > 1 and row[0] == row[-1] == "'" for row in rows) > 4 * len(rows)


def _judged(found: Sequence[Row], delimiter: str, quote: str) -> _Cut | None:
    lines = [line(row.line, enumerate(row.fields, 1)) for row in found]
    told = heading(lines)
    if told is None:
        return None
    header = next((row for row in found if row.line == told.row), None)
    body = [row.fields for row in found if row.line > told.row and row.line >= told.first]
    width = len(header.fields) if header else Counter(map(len, body)).most_common(1)[0][0]
    if width < 2:
        return None
    if delimiter == "," and not any(_BETWEEN.search(row.text) for row in found):
        return None  # each comma stands between two digits: it is a decimal mark
    even = sum(len(fields) >= width and not any(fields[width:]) for fields in body)
    cells = [field for fields in (header.fields if header else [], *body) for field in fields if field.strip()]
    clean = sum(_is_clean(field, delimiter) for field in cells)
    return _Cut(delimiter, quote, told, width, even / len(body) if body else 1.0, clean / len(cells) if cells else 1.0)


def _is_clean(field: str, delimiter: str) -> bool:
    """Tell whether no other delimiter seems to have been overlooked in a field."""
    return looks_numeric(field.strip()) or not any(
        other in field and f"{other} " not in field for other in DELIMITERS if other != delimiter
    )

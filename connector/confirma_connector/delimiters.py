"""How delimited text is laid out, found from its first lines: encoding, lines to pass, header and delimiter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice

from confirma_connector.delimited import Layout, bounded, lines_of, tokenized
from confirma_connector.encodings import Opener, encoding_of, opened
from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits

__all__ = ["DELIMITERS", "splits_evenly", "survey"]

DELIMITERS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "pipe"}
"""The delimiters that are looked for when none is declared, and their words in a mapping."""

_RECORDS, _LINES = 200, 400

_SEP_LINE = re.compile(r'"?sep=(\t|[^\w\s"])"? *', re.IGNORECASE)


def survey(
    open_: Opener,
    name: str,
    limits: Limits,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str = '"',
    header_row: int | None = None,
    skip_rows: int = 0,
    ours: Collection[str] = (),
) -> Layout:
    """Find how the file is laid out; what is declared is taken as it is.

    *header_row* is the 1-based line of the header, 0 for a file without one, None for the first line with text after
    *skip_rows* lines. Of delimiters that seem alike, one that cuts the header into fields that have *ours* among them
    is right. Raise `SourceError` for a file that is empty, is not text, or can be read in two ways.
    """
    encoding, bom = encoding_of(open_, name, encoding, limits.line_length)
    draft = Layout(name, encoding, bom, delimiter or ";", quote, 0, headed=header_row != 0, limits=limits)
    with opened(open_(), encoding, bom) as stream:
        lines = bounded(lines_of(stream, draft), draft, 1)
        preamble, first, separator = _preamble(lines, name, header_row, skip_rows)
        sample = [] if first is None else [first, *_fitting(islice(lines, _LINES), limits.line_length)]
    chosen = delimiter or separator or _delimiter(sample, replace(draft, delimiter=";"), preamble + 1, ours)
    if quote == chosen:
        raise SourceError(tr("{name}: {sign} cannot be both the delimiter and the quote", name=name, sign=repr(chosen)))
    for sign in (chosen, quote):
        if sign.encode(encoding, "ignore").decode(encoding) != sign:
            raise SourceError(
                tr(
                    "{name}: the encoding {encoding} has no character {sign}",
                    name=name,
                    encoding=encoding,
                    sign=repr(sign),
                )
            )
    return replace(draft, delimiter=chosen, preamble=preamble)


def splits_evenly(lines: Iterable[str]) -> bool:
    """Say whether some delimiter cuts the first of *lines* and most of the others into the same number of fields."""
    sample = list(lines)
    layout = Layout("", "utf-8", b"", ";", '"', 0, headed=True)
    return len(sample) > 1 and any(_fit(sample, replace(layout, delimiter=mark))[1] > 0.5 for mark in DELIMITERS)


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        if (room := room - len(line)) < 0:
            return
        yield line


def _preamble(
    lines: Iterator[str], name: str, header_row: int | None, skip_rows: int
) -> tuple[int, str | None, str | None]:
    """Give how many lines stand before the first record, that record's first line, and what `sep=` declares."""
    separator = None
    passed = 0
    for number, line in enumerate(lines, 1):
        found = _SEP_LINE.fullmatch(line.rstrip("\r\n")) if number == 1 else None
        if found:
            separator = found[1]
            if header_row == 1:
                raise SourceError(
                    tr(
                        '{name}, line 1: "{found}" names the delimiter; the header must be further down',
                        name=name,
                        found=found[0],
                    )
                )
        if header_row:
            is_first = number == header_row
        else:
            is_first = not found and number > skip_rows and (header_row == 0 or not line.isspace())
        if is_first:
            if header_row and line.isspace() and "\t" not in line:
                raise SourceError(
                    tr(
                        "{name}, line {line}: the header was expected here, but the line is blank",
                        name=name,
                        line=number,
                    )
                )
            return passed, line, separator
        passed = number
    if header_row:
        raise SourceError(
            tr(
                "{name} has {count} lines, but its header is declared on line {line}",
                name=name,
                count=passed,
                line=header_row,
            )
        )
    if header_row is None:
        raise SourceError(
            tr("{name} is empty: it has no line with text below the lines to skip", name=name)
            if skip_rows
            else tr("{name} is empty: it has no line with text", name=name)
        )
    return passed, None, separator


def _delimiter(sample: list[str], layout: Layout, line: int, ours: Collection[str]) -> str:
    fits = {mark: _fit(sample, replace(layout, delimiter=mark)) for mark in DELIMITERS}
    best = max(share for _, share in fits.values())
    if best > 0.5:
        likely = [mark for mark, (_, share) in fits.items() if share > 0.5 and share >= best - 0.1]
    else:
        likely = [mark for mark, (width, _) in fits.items() if width > 1]
    if ours and len(likely) > 1:
        likely = [mark for mark in likely if set(ours) <= set(sample[0].rstrip("\r\n").split(mark))] or likely
    if len(likely) > 1:
        raise SourceError(
            tr(
                "{name}, line {line} and below can be split by {delimiters}: declare which, as in source: "
                "{{delimiter: {first}}}",
                name=layout.name,
                line=line,
                delimiters=tr(" and ").join(DELIMITERS[mark] for mark in likely),
                first=DELIMITERS[likely[0]],
            )
        )
    return likely[0] if likely else ";"


def _fit(sample: list[str], layout: Layout) -> tuple[int, float]:
    """Give the number of fields of the header and the share of the records that have as many.

    Without a header the commonest number counts. One field is no fit: the share is 0.
    """
    found: list[list[str]] = []
    with suppress(SourceError):  # the sample may end within a quoted field; a true fault is told when the file is read
        for row in islice(tokenized(iter(sample), layout), _RECORDS):
            found += [row.fields] if row.fields else []
    if not found:
        return 0, 0.0
    if layout.headed:
        width, body = len(found[0]), found[1:]
    else:
        width, body = Counter(map(len, found)).most_common(1)[0][0], found
    if width == 1:
        return 1, 0.0
    even = sum(len(fields) >= width and not any(fields[width:]) for fields in body)
    return width, even / len(body) if body else 1.0

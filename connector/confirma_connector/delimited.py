"""Delimited text: its layout, its delimiter, and the one tokenizer that both reading and writing use.

The tokenizer works on decoded text with the line ends as they are. Decoding and encoding strictly is a bijection for
the encodings in use; whoever writes proves it by comparing what it encodes again (see `Row.text` and `Row.end`).
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import NamedTuple

from confirma_connector.encodings import Opener, encoding_of, opened
from confirma_connector.errors import SourceError, at_line
from confirma_connector.language import tr
from confirma_connector.limits import DEFAULTS, Limits

__all__ = ["DELIMITERS", "Layout", "Row", "pieces", "rows", "splits_evenly", "survey"]

DELIMITERS = {";": "semicolon", "\t": "tab", ",": "comma", "|": "pipe"}
"""The delimiters that are looked for when none is declared, and their words in a mapping."""

SAMPLE_RECORDS, SAMPLE_LINES = 200, 400

_SEP_LINE = re.compile(r'"?sep=(\t|[^\w\s"])"? *', re.IGNORECASE)
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is laid out: *preamble* lines, then the header if *headed*, then the records.

    *bom* is the byte order mark (b"" without one), *encoding* what the bytes after it are in; *quote* is "" for none.
    """

    name: str
    encoding: str
    bom: bytes
    delimiter: str
    quote: str
    preamble: int
    headed: bool
    limits: Limits = DEFAULTS


class Row(NamedTuple):
    """One record as it stands in the file: `text + end` is all of it, *fields* are its values.

    *at* counts every record from 0, *line* is the 1-based line where it begins. A preamble line and a blank line are
    rows without fields.
    """

    at: int
    line: int
    text: str
    end: str
    fields: list[str]
    problem: str


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
        lines = _bounded(_lines(stream, draft), draft, 1)
        preamble, first, separator = _preamble(lines, name, header_row, skip_rows)
        sample = [] if first is None else [first, *_fitting(islice(lines, SAMPLE_LINES), limits.line_length)]
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


def rows(open_: Opener, layout: Layout) -> Iterator[Row]:
    """Give every record of the file in order, also those without fields; memory stays flat."""
    with opened(open_(), layout.encoding, layout.bom) as stream:
        yield from _tokenized(_lines(stream, layout), layout)


def pieces(text: str, layout: Layout) -> list[str]:
    """Cut the text of one record into its fields as spelled, with their quotes: joined they are *text* again."""
    return _cut(text, iter(()), layout, 0)[2] if layout.quote else text.split(layout.delimiter)


def splits_evenly(lines: Iterable[str]) -> bool:
    """Say whether some delimiter cuts the first of *lines* and most of the others into the same number of fields."""
    sample = list(lines)
    layout = Layout("", "utf-8", b"", ";", '"', 0, headed=True)
    return len(sample) > 1 and any(_fit(sample, replace(layout, delimiter=mark))[1] > 0.5 for mark in DELIMITERS)


def _lines(stream: io.TextIOWrapper, layout: Layout) -> Iterator[str]:
    """Give the lines as they are; of one that is too long only so much that it can be told."""
    return iter(partial(stream.readline, layout.limits.line_length + 3), "")


def _bounded(lines: Iterable[str], layout: Layout, number: int) -> Iterator[str]:
    """Give the lines, the first of which has this *number*; one that is too long is refused."""
    for at, line in enumerate(lines, number):
        _check_length(line, layout, at)
        yield line


def _check_length(line: str, layout: Layout, number: int) -> None:
    longest = layout.limits.line_length
    if len(line) > longest and len(line.rstrip("\r\n")) > longest:
        raise layout.limits.refuse("line_length", at_line(layout.name, number))


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        if (room := room - len(line)) < 0:
            return
        yield line


# ---- header and delimiter ----


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
        for row in islice(_tokenized(iter(sample), layout), SAMPLE_RECORDS):
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


# ---- tokenizer ----


def _tokenized(lines: Iterator[str], layout: Layout) -> Iterator[Row]:
    delimiter, quote, preamble = layout.delimiter, layout.quote, layout.preamble
    most_columns, most_rows, longest = layout.limits.columns, layout.limits.rows, layout.limits.line_length
    made = partial(tuple.__new__, Row)  # many are made, and what a NamedTuple has of its own is slow
    fed: list[str] = []  # most records with quotes are cut in C: what strict csv takes it cuts just as _cut does
    in_c = csv.reader(iter(fed.pop, None), delimiter=delimiter, quotechar=quote, strict=True) if quote else iter(())
    line = 1
    for at, text in enumerate(lines):
        begin, problem = line, ""
        line += 1
        if len(text) > longest:
            _check_length(text, layout, begin)
        if at - preamble > most_rows:
            raise layout.limits.refuse("rows", at_line(layout.name, begin))
        record = text.rstrip("\r\n")
        if at < preamble or not record or (record.isspace() and delimiter not in record):
            fields: list[str] = []
        elif not quote or quote not in record:
            fields = record.split(delimiter)
        else:
            fed.append(record)
            try:
                fields = next(in_c)
            except (csv.Error, IndexError):  # a fault or an oddity; or an open quote, with nothing more to pop
                text, taken, _, fields, problem = _cut(text, _bounded(lines, layout, line), layout, begin)
                line += taken
                record = text.rstrip("\r\n")
        if len(fields) > most_columns:
            raise layout.limits.refuse("columns", at_line(layout.name, begin), len(fields))
        yield made((at, begin, record, text[len(record) :], fields, problem))


def _cut(text: str, lines: Iterator[str], layout: Layout, line: int) -> tuple[str, int, list[str], list[str], str]:
    """Cut a record with quotes: all its text, how many further *lines* it took, its pieces, fields and problem."""
    delimiter, quote = layout.delimiter, layout.quote
    pieces: list[str] = []
    fields: list[str] = []
    problem = ""
    taken = begin = 0
    while True:
        at, value = begin, None
        if text.startswith(quote, begin):
            at = begin + 1
            while True:
                at = text.find(quote, at)
                if at < 0:
                    at = len(text)
                    text += next(lines, "")
                    taken += 1
                    if why := _too_long(layout.limits, taken, len(text), ended=len(text) == at):
                        where = at_line(layout.name, line + len(_LINE_END.findall(text, 0, begin)))
                        raise SourceError(
                            tr("{where}: the quote {quote} opened here is not closed", where=where, quote=quote) + why
                        )
                elif text.startswith(quote, at + 1):
                    at += 2
                else:
                    break
            value = text[begin + 1 : at].replace(quote * 2, quote)
            at += 1
        end = text.find(delimiter, at)
        piece = text[begin:end] if end >= 0 else text[begin:].rstrip("\r\n")
        if value is not None and piece[at - begin :].strip(" "):
            problem = problem or tr("has text after the closing quote of field {field}", field=len(pieces) + 1)
            value = piece
        pieces.append(piece)
        fields.append(piece if value is None else value)
        if end < 0:
            return text, taken, pieces, fields, problem
        begin = end + 1


def _too_long(limits: Limits, lines: int, size: int, *, ended: bool) -> str:
    """Say why a record in which a quote is open is not read on; "" when it may be."""
    if ended:
        return tr(" before the end of the file")
    passed = "record_lines" if lines > limits.record_lines else "line_length" if size > limits.line_length else ""
    return tr(": its record {told}", told=limits.told(passed)) if passed else ""

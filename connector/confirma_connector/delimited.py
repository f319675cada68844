"""Delimited text: its layout, and the one tokenizer that both reading and writing use.

The tokenizer works on decoded text with the line ends as they are. Decoding and encoding strictly is a bijection for
the encodings in use; whoever writes proves it by comparing what it encodes again (see `Row.text` and `Row.end`).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from confirma_connector.encodings import Opener, opened
from confirma_connector.errors import SourceError, at_line
from confirma_connector.language import tr
from confirma_connector.limits import DEFAULTS, Limits

__all__ = ["Layout", "Row", "bounded", "lines_of", "pieces", "rows", "tokenized"]

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


def rows(open_: Opener, layout: Layout) -> Iterator[Row]:
    """Give every record of the file in order, also those without fields; memory stays flat."""
    with opened(open_(), layout.encoding, layout.bom) as stream:
        yield from tokenized(lines_of(stream, layout), layout)


def pieces(text: str, layout: Layout) -> list[str]:
    """Cut the text of one record into its fields as spelled, with their quotes: joined they are *text* again."""
    return _cut(text, iter(()), layout, 0)[2] if layout.quote else text.split(layout.delimiter)


def lines_of(stream: io.TextIOWrapper, layout: Layout) -> Iterator[str]:
    """Give the lines as they are; of one that is too long only so much that it can be told."""
    return iter(partial(stream.readline, layout.limits.line_length + 3), "")


def bounded(lines: Iterable[str], layout: Layout, number: int) -> Iterator[str]:
    """Give the lines, the first of which has this *number*; one that is too long is refused."""
    for at, line in enumerate(lines, number):
        _check_length(line, layout, at)
        yield line


def _check_length(line: str, layout: Layout, number: int) -> None:
    longest = layout.limits.line_length
    if len(line) > longest and len(line.rstrip("\r\n")) > longest:
        raise layout.limits.refuse("line_length", at_line(layout.name, number))


def tokenized(lines: Iterator[str], layout: Layout) -> Iterator[Row]:
    """Give the records that *lines* come to."""
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
                text, taken, _, fields, problem = _cut(text, bounded(lines, layout, line), layout, begin)
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

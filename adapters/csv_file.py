"""Delimited text (CSV, TSV, …): read as spelled, and results written back with every other byte kept."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from confirma_connector import STATES, Match, NoWriteBack, Record, Result, Source, SourceError, hookimpl
from confirma_connector.delimited import Layout, Row, pieces, rows
from confirma_connector.delimiters import splits_evenly, survey
from confirma_connector.language import tr, trn
from confirma_connector.rowcells import Cells

if TYPE_CHECKING:
    from confirma_connector.dialect import DelimitedOptions

_BLOCK = 1 << 16
_SUFFIXES = {".csv", ".txt", ".tsv", ".tab", ".skv"}
_OTHER_FORMATS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"%PDF", b"<", b"{", b"[")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_NONE: dict[str, str] = {}
_CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]+")  # all but the tab: line breaks and non-text


@hookimpl
def options() -> type[DelimitedOptions]:
    """Give the model of the `source:` block."""
    from confirma_connector.dialect import DelimitedOptions  # listing adapters needs no pydantic

    return DelimitedOptions


@hookimpl
def detect(path: Path, head: bytes) -> Match:
    """Say "generic" for names of delimited text, and for text that some delimiter splits evenly; else "no"."""
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    bare = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not bare or bare.startswith(_OTHER_FORMATS) or (not is_utf16 and _BINARY.search(head)):
        return "no"
    text = head.decode("utf-16", "ignore") if is_utf16 else bare.decode("latin-1")
    if text.startswith(("<", "{", "[")):
        return "no"
    whole = text.splitlines()[: -1 if len(head) >= 1 << 16 else None]
    is_table = path.suffix.lower() in _SUFFIXES or splits_evenly([line + "\n" for line in whole])
    return "generic" if is_table else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give every record with text, as spelled; `at` counts records (also blank ones), `where` is the first line.

    A record that is longer or shorter than the header has a problem, but empty fields too many are none, nor are
    result fields missing at its end (spreadsheets drop empty ones there): its values are all there.
    """
    layout = _layout(source)
    heading: dict[str, int] = {}
    last: int | None = None
    before, _, after = tr("line {line}").partition("{line}")  # looked up once, not for each record
    for at, line, _, _, fields, problem in rows(source.open, layout):
        if not fields:
            continue
        if not layout.headed:
            if len(fields) != len(heading):
                heading = {f"#{place + 1}": place for place in range(len(fields))}
        elif not heading:
            heading = {name: place for place, name in enumerate(_names(fields))}
            place = _place([cell.strip() for cell in fields], _ours(source, layout), layout)
            last = place if place == len(heading) - 4 else None
            continue
        if len(fields) == len(heading):
            values: Mapping[str, Any] = Cells(heading, fields)
            problems: tuple[str, ...] = (problem,) if problem else ()
        else:
            values, problems = _ragged(
                fields, [*heading], problem, is_trimmed=last is not None and _is_trimmed(fields, last)
            )
        yield Record(values, at, f"{before}{line}{after}", None, "whole", problems, "", _NONE, _NONE)


@hookimpl
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool:
    """Write to *target* the bytes of *source* with the results in; always True.

    A record with more than the header's fields is never written into: its result is left out, and the host knows it
    by the record's problem. Where that problem would not tell, `NoWriteBack` is raised.
    """
    layout = _layout(source)
    if not layout.headed:
        raise NoWriteBack(tr("{name} has no header row, so it cannot carry result columns", name=layout.name))
    try:
        with target.open("wb") as out:
            _copy(source, layout, _by_place(results, layout), out)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return True


def _layout(source: Source) -> Layout:
    chosen: DelimitedOptions = source.options or options()()
    return survey(source.open, source.path.name, source.limits, ours=source.headers.names(), **chosen.model_dump())


# ---- reading ----


def _names(cells: Sequence[str]) -> list[str]:
    """Name the columns: the header, or "#3 Nimi" where it stands twice and "#5" where it is blank."""
    names = [cell.strip().strip("\ufeff").strip() or f"#{column}" for column, cell in enumerate(cells, 1)]
    while len(set(names)) < len(names):
        count = Counter(names)
        names = [f"#{column} {name}" if count[name] > 1 else name for column, name in enumerate(names, 1)]
    return names


def _is_trimmed(fields: Sequence[str], start: int) -> bool:
    """Tell whether only result fields are missing at the end of a record whose result columns begin at *start*.

    What stands there must be ours: a state's word, or nothing. Else it is a field too many from before.
    """
    there = fields[start:]
    is_ours = not any(there) or there[0].removeprefix("TEST ") in STATES
    return start <= len(fields) < start + 4 and is_ours


def _ragged(
    fields: list[str], names: list[str], problem: str, *, is_trimmed: bool
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Give the values of a record that is not as long as the header, and its problems."""
    width = len(names)
    values = dict(zip(names, fields + [""] * (width - len(fields)), strict=False))
    problems = [problem] if problem else []
    if any(fields[width:]):
        values |= {f"#{column}": field for column, field in enumerate(fields[width:], width + 1)}
    if any(fields[width:]) or (len(fields) < width and not is_trimmed):
        problems.append(
            trn(
                "has {count} field where the header has {width}",
                "has {count} fields where the header has {width}",
                len(fields),
                width=width,
            )
        )
    return values, tuple(problems)


# ---- writing back ----


@dataclass(frozen=True, slots=True)
class _Columns:
    """The four result columns: the first one's place, the header's own width, and which result cell goes where.

    *empty* is what a record gets that is as wide as the header and has no result.
    """

    start: int
    width: int
    order: tuple[int, ...]
    new: bool
    empty: str = ""


def _by_place(results: Sequence[Result], layout: Layout) -> dict[object, Result]:
    due: dict[object, Result] = {}
    for result in results:
        if result.at in due:
            raise SourceError(
                tr(
                    "{name}: two results for the same place, {place} ({number})",
                    name=layout.name,
                    place=repr(result.at),
                    number=result.number,
                )
            )
        due[result.at] = result
    return due


def _copy(source: Source, layout: Layout, due: dict[object, Result], out: BinaryIO) -> None:
    columns: _Columns | None = None
    spelled = lru_cache(1_000)(partial(_spelled, layout=layout))  # states and times come again and again
    copy = _Copy(source, layout, out)
    with copy.compared:
        for row in rows(source.open, layout):
            at, _, text, end, fields, _ = row
            new = text
            if fields and columns is None:
                columns = _columns(row, source, layout)
                new = _headed(row, source, layout) if columns.new else text
            elif fields and columns:
                result = due.pop(at, None)
                cells = None if result is None else [*map(spelled, result.cells())]
                is_usual = cells is None and len(fields) == columns.width
                new = text + columns.empty if is_usual else _filled(row, cells, columns, layout)
            copy.add(text, new, end)
        copy.flush()
        is_again = copy.is_again and not copy.compared.read(1)
    if due:
        raise SourceError(
            tr(
                "{name} has no record at place {places}: was it changed just now?",
                name=layout.name,
                places=", ".join(map(repr, due)),
            )
        )
    if not is_again:
        raise SourceError(
            tr(
                "{name}: this encoding does not round-trip: its bytes as {encoding} cannot be written "
                "again exactly; declare another one, as in source: {{encoding: utf-8}}",
                name=layout.name,
                encoding=layout.encoding,
            )
        )


class _Copy:
    """What is written, block by block; *is_again* says whether the records as read are the file's very bytes so far."""

    def __init__(self, source: Source, layout: Layout, out: BinaryIO) -> None:
        encoder = codecs.getincrementalencoder(layout.encoding)
        self._own_encoder, self._new_encoder = encoder(), encoder()
        self._out = out
        self._own: list[str] = []
        self._new: list[str] = []
        self._size = 0
        self.compared = source.open()
        self.is_again = self.compared.read(len(layout.bom)) == layout.bom
        out.write(layout.bom)

    def add(self, own: str, new: str, end: str) -> None:
        """Add a record as it is and as it is to be."""
        self._own += (own, end)
        self._new += (new, end)
        self._size += len(own)
        if self._size > _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what was added."""
        own = self._own_encoder.encode("".join(self._own))
        self.is_again = self.is_again and self.compared.read(len(own)) == own
        self._out.write(self._new_encoder.encode("".join(self._new)))
        self._own, self._new, self._size = [], [], 0


def _columns(header: Row, source: Source, layout: Layout) -> _Columns:
    ours = _ours(source, layout)
    if len(set(ours)) < 4:
        raise NoWriteBack(
            tr(
                "{name}: in {encoding} its result columns would have the same header twice",
                name=layout.name,
                encoding=layout.encoding,
            )
        )
    cells = [cell.strip() for cell in header.fields]
    width, place = len(cells), _place(cells, ours, layout)
    if place is None:
        return _Columns(width, width, (0, 1, 2, 3), new=True, empty=layout.delimiter * 4)
    return _Columns(place, width, tuple(ours.index(cell) for cell in cells[place : place + 4]), new=False)


def _ours(source: Source, layout: Layout) -> list[str]:
    return [_plain(name, layout).strip() for name in source.headers.names()]


def _place(cells: Sequence[str], ours: list[str], layout: Layout) -> int | None:
    """Find where the four result headers stand as neighbours: in our order first, else in any."""
    groups = [list(cells[at : at + 4]) for at in range(len(cells) - 3)]
    places = [at for at, group in enumerate(groups) if group == ours]
    places = places or [at for at, group in enumerate(groups) if sorted(group) == sorted(ours)]
    if len(places) > 1:
        raise SourceError(
            tr(
                "{name}: the result columns stand twice, from columns {first} and {second}: delete four of them",
                name=layout.name,
                first=places[0] + 1,
                second=places[1] + 1,
            )
        )
    return places[0] if places else None


def _headed(header: Row, source: Source, layout: Layout) -> str:
    return layout.delimiter.join([header.text, *(_spelled(name, layout) for name in source.headers.names())])


def _filled(row: Row, cells: list[str] | None, columns: _Columns, layout: Layout) -> str:
    """Give the text of a record with the result cells in: its own text first, or around them where they exist."""
    delimiter, start, count = layout.delimiter, columns.start, len(row.fields)
    has_more = any(row.fields[columns.width :])
    if columns.new:
        if has_more and count >= start + 4 and not any(row.fields[start + 4 :]):
            raise NoWriteBack(
                tr(
                    "{where} has more fields than the header, which would fall into the result columns",
                    where=_where(row, layout),
                )
            )
        if has_more or (cells is None and count < start):
            return row.text
        if cells is None:
            return row.text + delimiter * (start + 4 - count)
        if count > start + row.text.endswith(delimiter):  # one bare delimiter too many: the first text goes behind it
            raise NoWriteBack(
                tr(
                    "{where} has more fields than the header, which are empty and leave the results no place",
                    where=_where(row, layout),
                )
            )
        return row.text + delimiter * (start + 1 - count) + delimiter.join(cells)
    is_cut = start < count < start + 4 and (columns.width > start + 4 or not _is_trimmed(row.fields, start))
    if cells is None or has_more or is_cut:
        return row.text
    spelled = [*pieces(row.text, layout), *[""] * (start + 4 - count)]
    spelled[start : start + 4] = [cells[which] for which in columns.order]
    return delimiter.join(spelled)


def _where(row: Row, layout: Layout) -> str:
    return tr("{name}, line {line}", name=layout.name, line=row.line)


def _plain(text: str, layout: Layout) -> str:
    """Give *text* as one line that the file's encoding (and a file without quotes) can carry."""
    line = _CONTROLS.sub(" ", text).encode(layout.encoding, "replace").decode(layout.encoding)
    return line if layout.quote else line.replace(layout.delimiter, " ")


def _spelled(text: str, layout: Layout) -> str:
    """Give *text* as it stands in the file: quoted where it must be."""
    line, quote = _plain(text, layout), layout.quote
    if quote and (layout.delimiter in line or quote in line):
        return quote + line.replace(quote, quote * 2) + quote
    return line

"""The delimited-text adapter against arbitrary tables, with the csv module as an independent reader."""

from __future__ import annotations

import codecs
import csv
import io
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confirma_connector import NoWriteBack, Result, Source, SourceError
from confirma_connector.delimited import Layout, pieces, rows

pytestmark = pytest.mark.thorough

NAMES = ("confirma_state", "confirma_message", "confirma_updated", "confirma_case_id")
CODECS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "iso8859-15", "cp1252")
BOMS = {"utf-8-sig": codecs.BOM_UTF8, "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
ENDS = ("\n", "\r\n", "\r")
untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
LETTERS = "aZ0 ;,|\t'\"äÖ€\u00a0\r\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@dataclass(frozen=True)
class Line:
    """One record as it is spelled, what its fields are (None: no record), and its line end."""

    text: str
    fields: tuple[str, ...] | None
    end: str


@dataclass(frozen=True)
class Table:
    codec: str
    delimiter: str
    quote: str
    lines: tuple[Line, ...]  # the first one with fields is the header

    @property
    def content(self) -> bytes:
        plain = self.codec.removesuffix("-sig")
        return BOMS.get(self.codec, b"") + "".join(line.text + line.end for line in self.lines).encode(plain)

    @property
    def declared(self) -> dict[str, str]:
        return {"encoding": self.codec, "delimiter": self.delimiter, "quote": self.quote or "none"}


@st.composite
def _field(draw: Any, delimiter: str, quote: str, spaces: tuple[int, ...]) -> tuple[str, str]:
    """A value and one of its spellings."""
    value = draw(st.text(LETTERS, max_size=6))
    if not quote:
        value = re.sub(f"[\r\n{re.escape(delimiter)}]", "_", value)
        return value, value
    must = value.startswith(quote) or any(mark in value for mark in (delimiter, "\r", "\n"))
    if must or draw(st.booleans()):
        return value, quote + value.replace(quote, quote * 2) + quote + " " * draw(st.sampled_from(spaces))
    return value, value


@st.composite
def tables(draw: Any, *, ragged: bool = True) -> Table:
    delimiter = draw(st.sampled_from(";,\t|"))
    quote = draw(st.sampled_from(('"', '"', "'", "")))
    field = _field(delimiter, quote, (0, 0, 2) if ragged else (0,))
    width = draw(st.integers(1, 5))
    lines = []
    for at in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(("whole", "whole", "whole", "ragged", "blank"))) if at and ragged else "whole"
        end = draw(st.sampled_from(ENDS))
        if kind == "blank":
            lines.append(Line(draw(st.sampled_from(("", "  "))), None, end))
            continue
        count = width if kind == "whole" else draw(st.integers(1, width + 9))
        cells = [draw(field) for _ in range(count)]
        text = delimiter.join(spelling for _, spelling in cells)
        blank = (delimiter not in text or not lines) and not text.strip()
        if blank:
            text, cells = "x" + text, [("x" + cells[0][0], ""), *cells[1:]]
        lines.append(Line(text, tuple(value for value, _ in cells), end))
    if draw(st.booleans()) and lines[-1].text:
        lines[-1] = Line(lines[-1].text, lines[-1].fields, "")
    joined: list[Line] = []
    for line in lines:  # "\r" and then "\n" of a blank line would be one line end
        if joined and joined[-1].end == "\r" and not line.text and line.end == "\n":
            line = Line(" ", None, "\n")
        joined.append(line)
    return Table(draw(st.sampled_from(CODECS)), delimiter, quote, tuple(joined))


def source_of(adapter: ModuleType, folder: Path, content: bytes, **declared: str) -> Source:
    path = folder / "table.csv"
    path.write_bytes(content)
    return Source((path,), adapter.options()(**declared))


def layout_of(table: Table) -> Layout:
    plain = table.codec.removesuffix("-sig")
    return Layout("table.csv", plain, BOMS.get(table.codec, b""), table.delimiter, table.quote, 0, True)


@untimed
@given(tables())
def test_reading_gives_what_was_written(adapter: ModuleType, folder: Path, table: Table) -> None:
    records = list(adapter.read(source_of(adapter, folder, table.content, **table.declared)))
    header, *body = [(at, line.fields) for at, line in enumerate(table.lines) if line.fields is not None]
    width = len(header[1])
    assert [record.at for record in records] == [at for at, _ in body]
    for record, (_, fields) in zip(records, body, strict=True):
        padded = (*fields, *[""] * (width - len(fields)))
        extra = padded if any(fields[width:]) else padded[:width]
        assert tuple(record.values.values()) == extra
        assert bool(record.problems) == (len(fields) < width or any(fields[width:]))


@untimed
@given(tables(ragged=False))
def test_the_csv_module_reads_well_formed_tables_alike(adapter: ModuleType, folder: Path, table: Table) -> None:
    source = source_of(adapter, folder, table.content, **table.declared)
    text = "".join(line.text + line.end for line in table.lines)
    style: dict[str, Any] = {"quotechar": table.quote} if table.quote else {"quoting": csv.QUOTE_NONE}
    expected = list(csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter, **style))
    assert [list(record.values.values()) for record in adapter.read(source)] == expected[1:]


@untimed
@given(tables())
def test_the_rows_put_together_are_the_file(adapter: ModuleType, folder: Path, table: Table) -> None:
    source, layout = source_of(adapter, folder, table.content), layout_of(table)
    found = list(rows(source.open, layout))
    assert [(row.text, row.end) for row in found] == [(line.text, line.end) for line in table.lines]
    for row in found:
        if row.fields:
            spelled = pieces(row.text, layout)
            assert (table.delimiter.join(spelled), len(spelled)) == (row.text, len(row.fields))


@untimed
@given(st.text('ab"; \r\n', max_size=40))
def test_any_text_is_read_or_refused_in_one_way(folder: Path, text: str) -> None:
    """The quick cut in C and the full one agree: on fields, on what is a problem, on where records end."""
    path = folder / "any.csv"
    path.write_bytes(text.encode())
    layout = Layout("any.csv", "utf-8", b"", ";", '"', 0, True)
    found = []
    with suppress(SourceError):
        for row in rows(lambda: path.open("rb"), layout):
            found.append(row)
    whole = "".join(row.text + row.end for row in found)
    assert text.startswith(whole)
    rest = text[len(whole) :].split(";")
    assert whole == text or any(piece.startswith('"') for piece in rest)
    for row in found:
        for piece, field in zip(pieces(row.text, layout) if row.fields else [], row.fields, strict=True):
            quoted = re.fullmatch(r'"((?:[^"]|"")*)" *', piece)
            assert field == (quoted[1].replace('""', '"') if quoted else piece)
            assert quoted or row.problem or not piece.startswith('"')


@untimed
@given(tables(), st.data())
def test_each_record_is_an_exact_prefix_of_what_is_written(
    adapter: ModuleType, folder: Path, table: Table, data: st.DataObject
) -> None:
    source = source_of(adapter, folder, table.content, **table.declared)
    before = list(rows(source.open, layout_of(table)))
    records = list(adapter.read(source))
    results = [
        Result(
            record.at, "1", "sent", data.draw(st.text(LETTERS + "\x85😀=", max_size=8)), "2026-11-23", f"c{record.at}"
        )
        for record in records
        if data.draw(st.booleans())
    ]
    due = {result.at: result for result in results}
    target, again = folder / "target", folder / "again"
    header = next(row for row in before if row.fields)
    width = len(header.fields)

    def is_long(row: Any) -> bool:
        return any(row.fields[width:])

    no_place = any(
        (is_long(row) and len(row.fields) >= width + 4 and not any(row.fields[width + 4 :]))
        or (not is_long(row) and len(row.fields) > width + row.text.endswith(table.delimiter) and row.at in due)
        for row in before
    )
    if no_place:
        with pytest.raises(NoWriteBack):
            adapter.write_results(source, results, target)
        assert not target.exists()
        return
    assert adapter.write_results(source, results, target) is True

    written = source.at(target)
    after = list(rows(written.open, layout_of(table)))
    assert [(row.at, row.line, row.end) for row in after] == [(row.at, row.line, row.end) for row in before]
    for old, new in zip(before, after, strict=True):
        assert new.text.startswith(old.text)
        if not old.fields or is_long(old) or (old.at not in due and len(old.fields) < width):
            assert new.text == old.text
        elif old is header:
            assert tuple(new.fields[width:]) == NAMES
        elif len(old.fields) <= width + 4:
            assert len(new.fields) == width + 4
    values = {record.at: record for record in adapter.read(written)}
    for record, row in zip(records, [row for row in before if row.fields and row is not header], strict=True):
        if not is_long(row):
            now = values[record.at]
            assert list(now.values.values())[:width] == list(record.values.values())
            state = [now.values.get(name, "") for name in NAMES] if width + 4 == len(now.values) else []
            if record.at in due and len(set(header.fields)) == width and not set(header.fields) & set(NAMES):
                assert state[0] == "sent"
                assert state[3] == f"c{record.at}"

    assert adapter.write_results(written, results, again) is True
    assert again.read_bytes() == target.read_bytes()


@untimed
@given(tables(ragged=False), st.text(LETTERS + "\x85\u2028😀=", max_size=12))
def test_the_csv_module_reads_the_results(adapter: ModuleType, folder: Path, table: Table, message: str) -> None:
    source = source_of(adapter, folder, table.content, **table.declared)
    records = list(adapter.read(source))
    results = [Result(record.at, "1", "sent", message, "2026-11-23", "c") for record in records]
    adapter.write_results(source, results, folder / "target")
    text = (
        (folder / "target")
        .read_bytes()
        .removeprefix(BOMS.get(table.codec, b""))
        .decode(table.codec.removesuffix("-sig"))
    )
    style: dict[str, Any] = {"quotechar": table.quote} if table.quote else {"quoting": csv.QUOTE_NONE}
    found = list(csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter, **style))
    told = re.sub("[\r\n\x85\u2028]+", " ", message).encode(table.codec.removesuffix("-sig"), "replace")
    expected = told.decode(table.codec.removesuffix("-sig"))
    if not table.quote:
        expected = expected.replace(table.delimiter, " ")
    assert tuple(found[0][-4:]) == NAMES
    assert [row[-4:] for row in found[1:]] == [["sent", expected, "2026-11-23", "c"]] * len(records)


@untimed
@given(st.sampled_from(CODECS), st.sampled_from(";\t,|"), st.sampled_from(ENDS), st.integers(2, 6), st.data())
def test_undeclared_tables_are_found_out(
    adapter: ModuleType, folder: Path, codec: str, delimiter: str, end: str, width: int, data: st.DataObject
) -> None:
    word = st.text("abcÄö019 .-", min_size=1, max_size=6).filter(str.strip)
    cells = data.draw(st.lists(st.lists(word, min_size=width, max_size=width), min_size=1, max_size=8))
    header = [f"Sarake ä {column}" for column in range(width)]
    if codec == "cp1252":
        header[0] += "€"
    if codec == "utf-8":
        cells = [["ÄÖ" * 9, *row[1:]] for row in cells]
    text = end.join(delimiter.join(row) for row in [header, *cells])
    content = BOMS.get(codec, b"") + text.encode(codec.removesuffix("-sig"))
    path = folder / "undeclared.csv"
    path.write_bytes(content)
    records = list(adapter.read(Source((path,))))
    assert [list(record.values.items()) for record in records] == [list(zip(header, row, strict=True)) for row in cells]

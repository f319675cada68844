"""The excel adapter against arbitrary workbooks: openpyxl and calamine as independent readers, and odd spellings of XML."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter
from python_calamine import CalamineWorkbook
from workbooks import ADAPTER, MAIN, raw, records

from confirma_connector import Unreadable

pytestmark = pytest.mark.thorough

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
TEXTS = st.text("aZ09 ,.;<>&\"'äÖ€=\n\t\u00a0😀#_x", max_size=8).filter(lambda text: "_x" not in text)
DAYS = st.datetimes(dt.datetime(1900, 3, 1), dt.datetime(9998, 12, 31)).map(lambda day: day.replace(microsecond=0))
CODES = ("General", "0", "0.00", "#,##0.00\\ _€", "0.0%", "[Red]-#,##0.00", '0 "kpl"', '0.00" %"')
NUMBERS = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.decimals(-(10**9), 10**9, places=2).map(float),
    st.lists(st.decimals(-(10**6), 10**6, places=2).map(float), min_size=2, max_size=4).map(sum),
    st.floats(-1e14, 1e14)
    .filter(lambda number: not number or abs(number) > 1e-200)
    .map(lambda one: float(f"{one:.15g}")),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workbooks") / "laskut.xlsx"


@dataclass(frozen=True)
class Cell:
    value: Any
    code: str = "General"

    @property
    def meant(self) -> Any:
        """What people see."""
        if isinstance(self.value, bool):
            return str(self.value).upper()
        if isinstance(self.value, dt.datetime):
            return self.value if self.value.time() != dt.time() else self.value.date()
        if isinstance(self.value, (int, float)):
            shown = Decimal(f"{self.value:.15g}")
            return shown * 100 if self.code == "0.0%" else shown
        return "" if self.value is None else self.value


CELLS = st.one_of(
    st.just(Cell(None)),
    TEXTS.map(Cell),
    st.booleans().map(Cell),
    DAYS.map(lambda day: Cell(day, "d.m.yyyy h:mm")),
    DAYS.map(lambda day: Cell(dt.datetime(day.year, day.month, day.day), "d.m.yyyy")),
    st.builds(Cell, NUMBERS, st.sampled_from(CODES)),
)
GRIDS = st.dictionaries(st.tuples(st.integers(1, 40), st.integers(1, 30)), CELLS, max_size=12)


def write(path: Path, *grids: dict[tuple[int, int], Cell]) -> None:
    book = Workbook()
    for index, grid in enumerate(grids, 1):
        sheet = book.create_sheet(f"Lista {index}")
        for (row, column), cell in grid.items():
            place = sheet.cell(row, column)
            place.value = cell.value
            place.number_format = cell.code
            if isinstance(cell.value, str):
                place.data_type = "s"
    del book["Sheet"]
    book.save(path)


def grid_of(path: Path, sheet: str) -> dict[tuple[int, int], Any]:
    """What the adapter reads, by row and column."""
    found = {}
    for record in records(path, sheet=sheet, header_row="none"):
        for name, value in record.values.items():
            if value != "":
                found[int(str(record.at)), int(name.removeprefix("#"))] = value
    return found


@untimed
@given(st.lists(GRIDS, min_size=1, max_size=3))
def test_what_openpyxl_writes_is_read_as_it_is_meant(path: Path, grids: list[dict[tuple[int, int], Cell]]) -> None:
    write(path, *grids)
    for index, grid in enumerate(grids, 1):
        meant = {place: cell.meant for place, cell in grid.items() if cell.meant != ""}
        assert grid_of(path, f"#{index}") == meant


def _like_ours(value: Any, is_percent: bool) -> Any:
    """What another reader gives, as we give it."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.datetime):
        value = (value + dt.timedelta(microseconds=500_000)).replace(microsecond=0)
    return Cell(value, "0.0%" if is_percent else "General").meant


@untimed
@given(GRIDS)
def test_openpyxl_and_calamine_read_the_same(path: Path, grid: dict[tuple[int, int], Cell]) -> None:
    write(path, grid)
    ours = grid_of(path, "Lista 1")
    sheet = load_workbook(path, data_only=True)["Lista 1"]
    theirs = {
        (cell.row, cell.column): _like_ours(cell.value, cell.number_format == "0.0%")
        for line in sheet.iter_rows()
        for cell in line
        if cell.value not in (None, "")
    }
    assert ours == theirs
    lines = CalamineWorkbook.from_path(path).get_sheet_by_name("Lista 1").to_python(skip_empty_area=False)
    found = {
        (row, column): _like_ours(value, sheet.cell(row, column).number_format == "0.0%")
        for row, line in enumerate(lines, 1)
        for column, value in enumerate(line, 1)
        if not str(value).isspace() and value != ""
    }
    assert {place: value for place, value in ours.items() if not str(value).isspace()} == found  # it drops some spaces


# ---- the same sheet in many spellings ----


@dataclass(frozen=True)
class Hand:
    """How somebody writes XML: what may be chosen without any difference."""

    prefix: str
    quote: str
    has_references: bool
    reverses: bool
    space: str
    note: str
    empty: str
    shares: bool

    def _tag(self, name: str, inner: str = "", **attributes: str) -> str:
        told = list(attributes.items())
        if self.reverses:
            told.reverse()
        tag = self.prefix + name + "".join(f" {key}={self.quote}{value}{self.quote}" for key, value in told)
        if inner:
            return f"<{tag}>{inner}</{self.prefix}{name}>"
        return f"<{tag}{self.empty.replace('*', self.prefix + name)}"

    def _cell(self, value: Any, reference: str, texts: list[str]) -> str:
        at = {"r": reference} if self.has_references else {}
        if value is None:
            return self._tag("c", **at)
        if isinstance(value, Decimal):
            return self._tag("c", self._tag("v", f"{value:f}"), **at, s="0")
        if self.shares:
            texts.append(value)
            return self._tag("c", self._tag("v", str(len(texts) - 1)), **at, s="0", t="s")
        return self._tag("c", self._tag("is", self._tag("t", escape(value))), **at, t="inlineStr")

    def write(self, path: Path, lines: list[list[Any]]) -> None:
        texts: list[str] = []
        between = self.space + self.note + self.space
        rows = []
        for row, line in enumerate(lines, 1):
            written = [
                self._cell(value, f"{get_column_letter(column)}{row}", texts) for column, value in enumerate(line, 1)
            ]
            if self.has_references:
                written = [cell for cell, value in zip(written, line, strict=True) if value is not None]
            at = {"r": str(row)} if self.has_references else {}
            inner = between.join(["", *written, ""]) if written else ""
            rows.append(self._tag("row", inner, **at, spans="1:9"))
        name = self.prefix.removesuffix(":")
        space = f"xmlns:{name}" if name else "xmlns"
        items = between.join(self._tag("si", self._tag("t", escape(text))) for text in texts)
        raw(
            path,
            f"<{self.prefix}worksheet {space}='{MAIN}'>{self._tag('sheetData', between.join(['', *rows, '']) or ' ')}"
            f"</{self.prefix}worksheet>",
            strings="",
            parts={"xl/sharedStrings.xml": f"<{self.prefix}sst {space}='{MAIN}'>{items or ' '}</{self.prefix}sst>"},
        )


PLAIN = Hand("", '"', True, False, "", "", "/>", False)
HANDS = st.builds(
    Hand,
    prefix=st.sampled_from(("", "x:", "ss-1:")),
    quote=st.sampled_from("\"'"),
    has_references=st.booleans(),
    reverses=st.booleans(),
    space=st.sampled_from(("", "\n  ", "\r\n\t")),
    note=st.sampled_from(("", "<!-- </row><c r='A1'><v>1</v></c> -->", "<!--<row/>-->", "<?note <c/> ?>")),
    empty=st.sampled_from(("/>", " />", "\n/>", "></*>")),
    shares=st.booleans(),
)
VALUES = st.one_of(
    st.none(),
    TEXTS.filter(bool),
    st.decimals(-(10**9), 10**9, places=3),
    st.integers(0, 10**12).map(Decimal),
)


@untimed
@given(st.lists(st.lists(VALUES, max_size=5), min_size=1, max_size=6), HANDS)
def test_every_hand_that_writes_a_sheet_is_read_the_same(path: Path, lines: list[list[Any]], hand: Hand) -> None:
    written = {
        (row, column): value
        for row, line in enumerate(lines, 1)
        for column, value in enumerate(line, 1)
        if value is not None
    }
    PLAIN.write(path, lines)
    plain = grid_of(path, "Sheet1")
    assert plain == written
    hand.write(path, lines)
    assert grid_of(path, "Sheet1") == plain


# What a cell may be in a list that programs write: nearly every row then has the shape of one before it.
WRITTEN = (
    "",
    '<c r="{at}"/>',
    '<c r="{at}" s="1" />',
    '<c r="{at}" s="1"><v>{number}</v></c>',
    '<c r="{at}"><v>{number}.50</v></c>',
    '<c r="{at}" t="n"><v>-{number}</v></c>',
    '<c r="{at}" t="inlineStr"><is><t>rivi {number} &amp; muut</t></is></c>',
    '<c r="{at}" t="inlineStr"><is><r><t>a</t></r><r><t>{number}</t></r></is></c>',
    '<c r="{at}" s="1" t="s"><v>1</v></c>',
    '<c r="{at}" t="s"><v>0</v></c>',
    '<c r="{at}"><f>A1*2</f><v>{number}</v></c>',
    '<c r="{at}"><f>A1*2</f><v>0</v></c>',
    '<c r="{at}"><f>A{number}</f></c>',
    '<c r="{at}" t="str"><f>A1</f><v></v></c>',
    '<c r="{at}" t="e"><v>#N/A</v></c>',
    '<c r="{at}" t="b"><v>1</v></c>',
)
KINDS = st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=6)


@untimed
@given(
    st.lists(KINDS, min_size=1, max_size=3), st.lists(st.tuples(st.integers(0, 2), KINDS), max_size=6), st.booleans()
)
def test_rows_of_the_same_shape_are_read_like_rows_of_none(
    path: Path, usual: list[list[str]], others: list[tuple[int, list[str]]], is_uncalculated: bool
) -> None:
    """Many rows of a few kinds with others in between: spelled as ever, and so that every row is read cell by cell."""
    kinds = [usual[row % len(usual)] for row in range(60)]
    for place, kind in others:
        kinds.insert(place * 25 + 5, kind)
    lines = [
        f'<row r="{row}">'
        + "".join(cell.format(at=f"{'ABCDEF'[place]}{row}", number=row % 7) for place, cell in enumerate(kind))
        + "</row>"
        for row, kind in enumerate(kinds, 1)
    ]
    read = []
    for sheet in ("".join(lines), "".join(lines).replace('"', "'")):
        workbook = '<calcPr fullCalcOnLoad="1"/>' if is_uncalculated else ""
        raw(path, sheet, formats=["d.m.yyyy"], strings="<si><t>jaettu</t></si><si><t/></si>", workbook=workbook)
        read.append(grid_of(path, "Sheet1"))
    assert read[0] == read[1]


@untimed
@given(GRIDS)
def test_reading_gives_no_float_and_twice_the_same(path: Path, grid: dict[tuple[int, int], Cell]) -> None:
    write(path, grid)
    first = records(path, sheet="#1", header_row="none")
    assert first == records(path, sheet="#1", header_row="none")
    kinds = {type(value) for record in first for value in record.values.values()}
    assert kinds <= {str, Decimal, dt.date, dt.datetime}
    assert ADAPTER.detect(path) == "generic"


@untimed
@given(st.integers(10**15, 10**25), st.sampled_from(CODES), st.sampled_from((1, -1)))
def test_no_long_number_is_ever_trusted(path: Path, number: int, code: str, sign: int) -> None:
    raw(path, f'<row><c s="1"><v>{sign * number}</v></c></row>', formats=[code])
    assert isinstance(grid_of(path, "#1")[1, 1], Unreadable)

"""Results spliced into arbitrary sheets, with openpyxl as an independent reader."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from openpyxl.utils.escape import unescape
from spliced import NAMES, PART, Bench, changed, parts, seen, sheet, undone, workbook

from confirma_connector import Result, plugins

pytestmark = [pytest.mark.thorough, pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")]
untimed = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = ("a", "Ä", "&amp;", "&lt;c r='D2'/&gt;", "_x0007_", "_x000D_", " ", "\n", "&#65;", "😀", "<![CDATA[<>&]]>")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)
CELLS = st.one_of(
    st.integers(-9, 99_999).map(lambda number: f"{{}}<v>{number}</v>"),
    st.decimals(-9, 9, places=2).map(lambda number: f'{{}} t="n"<v>{number}</v>'),
    TEXTS.map(lambda text: f'{{}} t="inlineStr"<is><t xml:space="preserve">{text}</t></is>'),
    TEXTS.map(lambda text: f'{{}} t="inlineStr"<is><r><t>{text}</t></r><r><t>b</t></r></is>'),
    TEXTS.map(lambda text: f'{{}} t="str"<f>"a"&amp;A1</f><v>{text}</v>'),
    st.sampled_from(
        (
            '{} t="s"<v>1</v>',
            '{} t="b"<v>1</v>',
            '{} t="e"<v>#N/A</v>',
            "{}<f>A1+1</f><v>2</v>",
            "{}<v></v>",
            "{}",
            "{}",
        )
    ),
)
SETTLED = st.text(st.characters(codec="utf-8"), max_size=9) | st.sampled_from(
    ("_x0041_x0042_", "=1+1", " a ", "\r\n", "\x00\x1f", "😀" * 3, "_x005F_", "]]>", "'\"<&>")
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(plugins.discover([], []).get("excel"), tmp_path_factory.mktemp("sheets"))


@dataclass(frozen=True)
class Drawn:
    """A sheet: its XML, and the rows in which the list has something."""

    content: str
    rows: tuple[int, ...]


def _cell(told: str, place: str, style: int | None) -> str:
    attributes, mark, inner = told.format("").partition("<")
    tag = f"c{place}{f' s={chr(34)}{style}{chr(34)}' if style is not None else ''}{attributes}"
    return f"<{tag}>{mark}{inner}</c>" if mark else f"<{tag}/>"


@st.composite
def sheets(draw: Any) -> Drawn:
    width = draw(st.integers(1, 4))
    header = "".join(
        f'<c r="{get_column_letter(at)}1" s="1" t="inlineStr"><is><t>Sarake {at}</t></is></c>'
        for at in range(1, width + 1)
    )
    lines, rows, number = [f'<row r="1">{header}</row>'], [], 1
    for _ in range(draw(st.integers(0, 5))):
        gap = draw(st.sampled_from((1, 1, 1, 3)))
        number += gap
        is_bare = draw(st.booleans())  # no cell has a reference
        told: list[str] = []
        column = 0
        for at in range(draw(st.integers(0, 9))):
            step = 1 if is_bare else draw(st.sampled_from((1, 1, 2, 4)))
            column += step
            place = "" if is_bare else f' r="{get_column_letter(column)}{number}"'
            style = draw(st.none() | st.integers(0, 3))
            told.append(_cell("{}<v>7</v>" if not at and column == 1 else draw(CELLS), place, style))
            if not at and column == 1:
                rows.append(number)
        attributes = f' r="{number}"' if gap > 1 or draw(st.booleans()) else ""
        if column and draw(st.booleans()):
            attributes += f' spans="1:{column}"'
        space = draw(st.sampled_from(("", "\n", "\r\n  ")))
        inner = space.join(told)
        lines.append(
            f"<row{attributes}>{space}{inner}</row>" if inner or draw(st.booleans()) else f"<row{attributes}/>"
        )
    head = draw(
        st.sampled_from(("", '<dimension ref="A1"/>', '<cols><col min="2" max="16384" width="4" hidden="1"/></cols>'))
    )
    tail = draw(st.sampled_from(("", '<pageMargins left="1" right="1" top="1" bottom="1" header="1" footer="1"/>')))
    prefix = draw(st.sampled_from(("", "", "x:")))
    return Drawn(sheet("\n".join(lines), head=head, tail=tail, prefix=prefix), tuple(rows))


@untimed
@given(sheets(), st.data())
def test_everything_else_on_a_sheet_survives_the_results(bench: Bench, drawn: Drawn, data: st.DataObject) -> None:
    path = workbook(bench.folder / "lista.xlsx", drawn.content, strings=("nolla", "yksi &amp; _x0009_"))
    due = [
        Result(row, str(row), *(data.draw(SETTLED) for _ in range(4))) for row in drawn.rows if data.draw(st.booleans())
    ]
    target = bench.write(path, *due, header_row=1)
    assert changed(path, target) == [PART]

    page = openpyxl.load_workbook(target)["Laskut"]
    (first,) = [cell.column for cell in page[1] if cell.value == NAMES[0]]
    columns = [get_column_letter(column) for column in range(first, first + 4)]
    assert [page[f"{column}1"].value for column in columns] == list(NAMES)
    empty = rb"<(?:x:)?c(?: s=\"\d\")?/>"  # an empty cell may stand where a result is put
    old, new = (re.sub(empty, b"", undone(parts(one)[PART], columns)) for one in (path, target))
    assert new == old

    ours = {("Laskut", f"{column}{row}") for column in columns for row in range(1, 99)}
    before, after = ({k: told for k, told in seen(one).items() if k not in ours} for one in (path, target))
    assert after == before
    told = {record.at: record.values for record in bench.read(target, header_row=1)}
    for result in due:
        by_openpyxl = [unescape(page[f"{column}{result.at}"].value or "") for column in columns]
        assert by_openpyxl == list(result.cells())
        assert [told[result.at][name] for name in NAMES] == list(result.cells())


@untimed
@given(sheets(), st.data())
def test_later_results_take_the_place_of_earlier_ones(bench: Bench, drawn: Drawn, data: st.DataObject) -> None:
    path = workbook(bench.folder / "lista.xlsx", drawn.content, strings=("nolla", "yksi"))
    first = [Result(row, str(row), *(data.draw(SETTLED) for _ in range(4))) for row in drawn.rows]
    once = bench.write(path, *first, header_row=1).rename(bench.folder / "once.xlsx")
    second = [Result(row, str(row), *(data.draw(SETTLED) for _ in range(4))) for row in drawn.rows]
    twice = bench.write(once, *second, header_row=1)
    for result in second:
        told = {record.at: record.values for record in bench.read(twice, header_row=1)}
        assert [told[result.at][name] for name in NAMES] == list(result.cells())
    back = bench.write(twice.rename(bench.folder / "twice.xlsx"), *first, header_row=1)
    assert seen(back) == seen(once)

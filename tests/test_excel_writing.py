"""Results spliced into workbooks: what changes, what must not, and what cannot carry them."""

from __future__ import annotations

import re
import shutil
import tracemalloc
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pandas
import pytest
import python_calamine
from excellike import excel_like, totals_table
from openpyxl.utils.escape import unescape
from spliced import (
    NAMES,
    PART,
    STRICT,
    TABLE,
    TABLE_TAIL,
    Bench,
    changed,
    parts,
    relations,
    seen,
    sent,
    sheet,
    table,
    undone,
    workbook,
)

from confirma_connector import NoWriteBack, Result, SourceError, plugins
from confirma_connector.records import ResultHeaders

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")

DATA = Path(__file__).parent / "data"
HEADER = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Nro</t></is></c><c r="B1" t="inlineStr"><is><t>Nimi</t></is></c></row>'
)
SECOND = '<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="inlineStr"><is><t>Oy</t></is></c></row>'
THIRD = '<row r="3"><c r="A3"><v>2</v></c></row>'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(plugins.discover([], []).get("excel"), tmp_path)


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def row(number: int, **cells: str) -> str:
    return f'<row r="{number}">{"".join(text(f"{column}{number}", value) for column, value in cells.items())}</row>'


def small(folder: Path, rows: str = HEADER + SECOND + THIRD, name: str = "lista.xlsx", **told: str) -> Path:
    return workbook(folder / name, sheet(rows, **told))


def values(path: Path, area: str, page: str = "Laskut") -> list[list[object]]:
    told = openpyxl.load_workbook(path)[page]
    return [[cell.value for cell in cells] for cells in told[area]]


def content(path: Path, part: str = PART) -> str:
    return parts(path)[part].decode()


def element(path: Path, name: str, part: str = PART) -> list[str]:
    return re.findall(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>", content(path, part))


def results_for(numbers: Sequence[int]) -> list[Result]:
    return [sent(number, f"viesti {number}", case_id=f"c-{number}") for number in numbers]


def refused(bench: Bench, path: Path, *results: Result, **declared: object) -> str:
    """Write what cannot be written; give the reason when nothing was left behind."""
    target = bench.folder / "refused.xlsx"
    with pytest.raises(NoWriteBack) as error:
        bench.adapter.write_results(bench.source(path, **declared), results, target)  # type: ignore[arg-type]
    assert not target.exists()
    return str(error.value)


# ---- real workbooks, and rich ones ----

REAL = {
    "xlsx_bad_dimensions": ("xl/worksheets/sheet1.xml", "xl/tables/table1.xml"),
    "xlsx_export_invoice_form": ("xl/worksheets/sheet1.xml",),
    "excel_rich": ("xl/worksheets/sheet1.xml",),
    "excel_table": ("xl/worksheets/sheet1.xml", "xl/tables/table1.xml"),
    "excel_filtered": ("xl/workbook.xml", "xl/worksheets/sheet1.xml"),
    "excel_table_sorted": ("xl/worksheets/sheet1.xml",),
    "excel_filter_sorted": ("xl/worksheets/sheet1.xml",),
    "like": ("xl/workbook.xml", PART),
    "like_macros": ("xl/workbook.xml", PART),
    "like_plain": (PART,),
    "like_table": (PART, TABLE),
}


def real(name: str, folder: Path) -> Path:
    made = {
        "like": lambda: excel_like(folder / "like.xlsx"),
        "like_macros": lambda: excel_like(folder / "like.xlsm"),
        "like_plain": lambda: excel_like(folder / "like.xlsx", filtered=False),
        "like_table": lambda: excel_like(folder / "like.xlsx", table=totals_table(), filtered=False),
    }
    return made[name]() if name in made else Path(shutil.copy(DATA / f"{name}.xlsx", folder))


def declared_for(name: str) -> dict[str, object]:
    declared: dict[str, object] = {"hidden": "send"}
    if name == "xlsx_export_invoice_form":
        declared |= {"header_row": 40}
    return declared | ({"sheet": "1"} if name.startswith("excel_") else {})


@pytest.mark.parametrize("name", REAL)
def test_only_the_parts_that_must_change_do_and_all_other_cells_read_the_same(bench: Bench, name: str) -> None:
    path, declared = real(name, bench.folder), declared_for(name)
    records = bench.read(path, **declared)
    rows = [record.at for record in records if isinstance(record.at, int) and not record.skipped]
    target = bench.write(path, *results_for(rows), **declared)
    assert changed(path, target) == [part for part in parts(path) if part in REAL[name]]

    letters = bench.read(target, **declared)[0].letters
    columns = [letters[name] for name in NAMES]
    part = next(part for part in REAL[name] if "sheet" in part)
    assert undone(parts(target)[part], columns) == undone(parts(path)[part], columns)

    before, after = seen(path), seen(target)
    ours = {key for key in after if re.fullmatch(f"({'|'.join(columns)})[0-9]+", key[1]) and key[0] != "Muut tiedot"}
    assert rows
    assert {key: told for key, told in after.items() if key not in ours} == {
        key: told for key, told in before.items() if key not in ours
    }
    again = {record.at: record.values for record in bench.read(target, **declared)}
    for record in records:
        told = [again[record.at][name] for name in NAMES]
        expected = ["sent", f"viesti {record.at}", "2026-11-23 10:00:00", f"c-{record.at}"]
        assert told == (expected if record.at in rows else [""] * 4)
        assert {**again[record.at], **record.values} | dict.fromkeys(NAMES) == {**again[record.at]} | dict.fromkeys(
            NAMES
        )


@pytest.mark.parametrize("name", REAL)
def test_other_readers_open_what_was_written(bench: Bench, name: str) -> None:
    path, declared = real(name, bench.folder), declared_for(name)
    rows = [record.at for record in bench.read(path, **declared) if isinstance(record.at, int) and not record.skipped]
    target = bench.write(path, *results_for(rows), **declared)
    page = bench.read(target, **declared)[0].where.rpartition("!")[0].strip("'")
    told = python_calamine.load_workbook(target).get_sheet_by_name(page).to_python(skip_empty_area=False)
    header = next(cells for cells in told if NAMES[0] in cells)
    column = header.index(NAMES[0])
    assert [number for number, cells in enumerate(told, 1) if cells[column] == "sent"] == rows
    frame = pandas.read_excel(target, sheet_name=page, header=told.index(header), engine="openpyxl", nrows=100)
    assert list(frame.columns[column : column + 4]) == list(NAMES)
    assert set(frame[NAMES[3]].dropna()) == {f"c-{row}" for row in rows}


def test_a_sheet_styled_to_its_last_cell_takes_results(bench: Bench) -> None:
    path = Path(shutil.copy(DATA / "xlsx_calamine_issue174.xlsx", bench.folder))
    target = bench.write(path, sent(2, "eka"))
    assert changed(path, target) == ["xl/worksheets/sheet1.xml"]
    assert bench.notice == ""  # its protection is not switched on
    assert [bench.read(target)[0].values[name] for name in NAMES] == ["sent", "eka", "2026-11-23 10:00:00", "c-1"]
    old, new = (parts(one)["xl/worksheets/sheet1.xml"] for one in (path, target))
    assert undone(new, "LMNO") == undone(old, "LMNO")


def test_every_calculated_value_is_still_there(bench: Bench) -> None:
    path = excel_like(bench.folder / "like.xlsx")
    target = bench.write(path, *results_for([2, 3]), hidden="send")
    for found in (path, target):
        assert values_shown(found, "F2:F5") == [126.13, 25.1, 1506.31, 9.91]
    assert "<f>" in content(target)


def values_shown(path: Path, area: str) -> list[object]:
    told = openpyxl.load_workbook(path, data_only=True)["Laskut"]
    return [cell.value for (cell,) in told[area]]


def test_a_workbook_without_a_header_row_takes_no_results(bench: Bench) -> None:
    path = DATA / "xlsx_date1904.xlsx"
    assert refused(bench, path, sent(2), header_row="none").endswith(
        "xlsx_date1904.xlsx: Sheet1 has no header row, so it cannot carry result columns"
    )


def test_a_declared_header_row_makes_it_a_list(bench: Bench) -> None:
    path = Path(shutil.copy(DATA / "xlsx_date1904.xlsx", bench.folder))
    target = bench.write(path, sent(2), header_row=1)
    assert changed(path, target) == ["xl/worksheets/sheet1.xml"]
    assert values(target, "C1:F2", "Sheet1") == [list(NAMES), ["sent", None, "2026-11-23 10:00:00", "c-1"]]


@pytest.mark.parametrize("name", ["excel_table_sorted", "excel_filter_sorted"])
def test_a_list_sorted_by_another_column_keeps_each_state_beside_its_number(bench: Bench, name: str) -> None:
    path = Path(shutil.copy(DATA / f"{name}.xlsx", bench.folder))
    states = {1001: "delivered", 1002: "rejected", 1003: "sent", 1004: "waiting", 1005: "failed", 1006: "invalid"}
    records = bench.read(path, sheet="1")
    assert [int(str(record.values["Nro"])) for record in records] == [1003, 1006, 1001, 1005, 1002, 1004]
    assert {int(str(record.values["Nro"])): record.values[NAMES[0]] for record in records} == states

    at = {int(str(record.values["Nro"])): record.at for record in records}
    news = Result(int(str(at[1004])), "1004", "delivered", "perillä", "2026-11-24", "c-1004")
    target = bench.write(path, news, sheet="1")
    after = {int(str(record.values["Nro"])): record.values for record in bench.read(target, sheet="1")}
    assert {number: told[NAMES[0]] for number, told in after.items()} == states | {1004: "delivered"}
    assert after[1004][NAMES[1]] == "perillä"
    assert changed(path, target) == ["xl/worksheets/sheet1.xml"]


# ---- what grows with the list ----


def test_the_sheet_says_how_wide_it_is_now(bench: Bench) -> None:
    path = excel_like(bench.folder / "like.xlsx")
    target = bench.write(path, *results_for([2, 5]), hidden="send")
    assert element(target, "dimension") == ['<dimension ref="A1:J8"/>']
    spans = dict(re.findall(r'<row r="(\d+)" spans="([^"]*)"', content(target)))
    assert spans == {"1": "1:10", "2": "1:10", "3": "1:6", "4": "1:6", "5": "1:11", "8": "4:6"}
    assert '<c r="G5" s="3" t="inlineStr">' in content(target)


def test_a_row_spans_no_further_than_its_last_cell(bench: Bench) -> None:
    path = small(bench.folder, HEADER + SECOND.replace('r="2"', 'r="2" spans="1:2"', 1))
    target = bench.write(path, Result(2, "1", "ready", "odottaa"))
    assert element(target, "row")[1] == '<row r="2" spans="1:4">'


def test_hidden_columns_are_shown_where_results_stand_and_stay_hidden_beside_them(bench: Bench) -> None:
    path = excel_like(bench.folder / "like.xlsx", filtered=False)
    shutil.copy(path, bench.folder / "other.xlsx")
    more = sheet_with(path, '<c r="H2" t="n"><v>5</v></c></row>', after='si="0">D2*1.255</f><v>126.13</v></c></row>')
    target = bench.write(more, *results_for([2]), hidden="send")
    assert element(target, "col")[2:] == [
        '<col min="9" max="9" width="16" customWidth="1"/>',
        '<col min="10" max="10" width="48" customWidth="1"/>',
        '<col min="11" max="11" width="20" customWidth="1"/>',
        '<col min="12" max="12" width="16" customWidth="1"/>',
        '<col min="13" max="16384" width="9.140625" hidden="1" customWidth="1"/>',
    ]


def sheet_with(path: Path, piece: str, *, after: str) -> Path:
    """Write the workbook again with *piece* in place of the row's end behind *after*."""
    told = parts(path)
    old = told[PART].decode()
    assert after in old
    told[PART] = old.replace(after, after.removesuffix("</row>") + piece).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in told.items():
            archive.writestr(name, data)
    return path


def test_columns_keep_their_spelling_whatever_it_is(bench: Bench) -> None:
    own = (
        "<cols>\r\n <!-- ä <col min='3' max='9' hidden='1'/> -->\r\n <col min='1' max='2' width='9'></col>"
        " <col hidden='true' max='5' min='4' width='1'></col><col min='6' max='20' width='3'/>\r\n</cols>"
    )
    target = bench.write(small(bench.folder, head=own), sent(2))
    (block,) = re.findall(r"<cols>.*</cols>", content(target), re.DOTALL)
    assert block == (
        "<cols>\r\n <!-- ä <col min='3' max='9' hidden='1'/> -->\r\n <col min='1' max='2' width='9'></col>"
        '<col min="3" max="3" width="16" customWidth="1"/><col min="4" max="4" width="48" customWidth="1"/>'
        '<col min="5" max="5" width="20" customWidth="1"/><col min=\'6\' max=\'20\' width=\'3\'/>\r\n</cols>'
    )


def test_a_sheet_without_columns_or_dimension_gets_the_columns_before_its_rows(bench: Bench) -> None:
    target = bench.write(small(bench.folder), sent(2))
    assert content(target).index("</cols><sheetData>") > 0
    assert not element(target, "dimension")


def test_the_autofilter_and_its_hidden_name_grow_and_other_views_of_it_stay(bench: Bench) -> None:
    target = bench.write(excel_like(bench.folder / "like.xlsx"), sent(2), hidden="send")
    assert element(target, "autoFilter") == ['<autoFilter ref="A1:J5">', '<autoFilter ref="A1:F5"/>']
    assert element(target, "sortState") == ['<sortState ref="A2:J5">']
    assert element(target, "sortCondition") == ['<sortCondition ref="A2:A5"/>']
    named = re.findall(r"<definedName name=\"([^\"]*)\"[^>]*>([^<]*)<", content(target, "xl/workbook.xml"))
    assert named == [
        ("_xlnm._FilterDatabase", "Muut!$A$1:$F$5"),
        ("_xlnm._FilterDatabase", "Laskut!$A$1:$J$5"),
        ("_xlnm.Print_Area", "Laskut!$A$1:$F$5"),
        ("Netot", "Laskut!$D$2:$D$5"),
    ]


FILTERS = {
    "A1:B3": "A1:F3",  # the list and no more
    "A1:C3": "A1:F3",  # and an empty column
    "B1:B3": "B1:F3",
    "A2:B3": "A2:F3",  # below the first of two header rows
    "A1:G3": "A1:G3",  # wide enough already
    "A1:A3": "A1:A3",  # the rest of the list is not sorted with it either
    "D1:E3": "",
}


@pytest.mark.parametrize("ref", FILTERS)
def test_the_autofilter_grows_when_it_touches_the_results(bench: Bench, ref: str) -> None:
    told = sheet(HEADER + SECOND + THIRD, tail=f'<autoFilter ref="{ref}"/>')
    path = workbook(bench.folder / "lista.xlsx", told, method=zipfile.ZIP_STORED)
    target = bench.write(path, sent(2), header_row=1)
    assert element(target, "autoFilter") == [f'<autoFilter ref="{FILTERS[ref] or ref}"/>']
    assert changed(path, target) == [PART]


def test_an_order_of_other_columns_is_left_as_it_is(bench: Bench) -> None:
    tail = '<autoFilter ref="A1:B3"><sortState ref="A2:A3"><sortCondition ref="A2:A3"/></sortState></autoFilter>'
    target = bench.write(small(bench.folder, tail=tail), sent(2))
    assert element(target, "sortState") == ['<sortState ref="A2:A3">']


def test_columns_in_use_right_of_a_filter_stop_the_results(bench: Bench) -> None:
    path = small(bench.folder, HEADER + SECOND + row(3, D="muistiinpano"), tail='<autoFilter ref="A1:B3"/>')
    assert refused(bench, path, sent(2)) == (
        "lista.xlsx: the columns right of the autofilter of Laskut are in use, so that results would not be sorted "
        "with it"
    )


def test_a_table_grows_with_its_totals_row_and_calculated_column(bench: Bench) -> None:
    path = excel_like(bench.folder / "like.xlsx", table=totals_table(), filtered=False)
    target = bench.write(path, sent(2), hidden="send")
    added = "".join(f'<tableColumn id="{at}" name="{name}"/>' for at, name in enumerate(NAMES, 10))
    expected = totals_table()
    for was, now in (
        ('ref="A1:F8"', 'ref="A1:J8"'),
        ('ref="A1:F7"', 'ref="A1:J7"'),
        ('ref="A2:F7"', 'ref="A2:J7"'),
        ('<tableColumns count="6">', '<tableColumns count="10">'),
        ("</tableColumns>", f"{added}</tableColumns>"),
    ):
        assert expected.count(was) == 1
        expected = expected.replace(was, now)
    assert content(target, TABLE) == expected


def tabled(folder: Path, rows: str = HEADER + SECOND + THIRD, ref: str = "A1:B3", **told: str) -> Path:
    parted = table(ref, ("Nro", "Nimi"), **told)
    return workbook(folder / "taulu.xlsx", sheet(rows, tail=TABLE_TAIL), parted)


def test_columns_in_use_right_of_a_table_stop_the_results(bench: Bench) -> None:
    path = tabled(bench.folder, HEADER + SECOND + row(9, C="alla"))
    assert refused(bench, path, sent(2)) == (
        "taulu.xlsx: the columns right of the table Lista are in use, so that results would not be sorted with it"
    )


def test_a_table_with_a_column_called_like_a_result_takes_none(bench: Bench) -> None:
    path = tabled(bench.folder)
    headers = ResultHeaders(state="NIMI")
    with pytest.raises(NoWriteBack, match='the table Lista has a column "nimi" already; choose other headers'):
        bench.write(path, sent(2), headers=headers)


@pytest.mark.parametrize("how", ["relation", "kind"])
def test_a_table_filled_by_a_query_takes_none(bench: Bench, how: str) -> None:
    parted = table("A1:B3", ("Nro", "Nimi"), attrs=' tableType="queryTable"' if how == "kind" else "")
    if how == "relation":
        parted["xl/tables/_rels/table1.xml.rels"] = relations(("rId1", "queryTable", "../queryTables/queryTable1.xml"))
        parted["xl/queryTables/queryTable1.xml"] = "<queryTable/>"
    path = workbook(bench.folder / "kysely.xlsx", sheet(HEADER + SECOND, tail=TABLE_TAIL), parted)
    assert refused(bench, path, sent(2)) == ("kysely.xlsx: the table Lista is filled by a query, and cannot grow")


def test_a_table_that_is_only_a_part_of_the_list_takes_none(bench: Bench) -> None:
    two_headers = row(1, A="Nro", B="Nimi") + row(2, A="numero", B="nimi") + row(3, A="1", B="Oy")
    path = workbook(bench.folder / "osa.xlsx", sheet(two_headers, tail=TABLE_TAIL), table("A2:B3", ("numero", "nimi")))
    assert "the table Lista (A2:B3) is only a part of the list" in refused(bench, path, sent(3), header_row=1)


def test_the_place_of_another_table_is_not_taken_even_when_it_is_empty(bench: Bench) -> None:
    path = workbook(
        bench.folder / "kaksi.xlsx",
        sheet(HEADER + SECOND, tail=TABLE_TAIL),
        table("D2:E5", ("Sarake1", "Sarake2"), attrs=' headerRowCount="0"'),
    )
    target = bench.write(path, sent(2))
    assert values(target, "F1:I1") == [list(NAMES)]
    assert changed(path, target) == [PART]


def test_headers_of_a_table_are_spelled_alike_in_the_table_and_in_its_cells(bench: Bench) -> None:
    headers = ResultHeaders(' Tila  "A" ', "Viesti\n<&>", "_x0041_x0042_", "Tunnus\ttai")
    target = bench.write(tabled(bench.folder), sent(2), headers=headers)
    names = re.findall(r'<tableColumn id="\d+" name="([^"]*)"', content(target, TABLE))
    assert names == [
        "Nro",
        "Nimi",
        "Tila &quot;A&quot;",
        "Viesti &lt;&amp;&gt;",
        "_x005F_x0041_x005F_x0042_",
        "Tunnus tai",
    ]
    assert [unescape(str(cell)) for cell in values(target, "C1:F1")[0]] == [
        'Tila "A"',
        "Viesti <&>",
        "_x0041_x0042_",
        "Tunnus tai",
    ]


# ---- which columns ----


def test_columns_in_use_right_of_a_plain_list_are_jumped_over(bench: Bench) -> None:
    rows = HEADER + SECOND + row(3, A="3", D="huom") + row(7, H="summa")
    target = bench.write(small(bench.folder, rows), sent(2), sent(3))
    assert values(target, "I1:L3") == [
        list(NAMES),
        ["sent", None, "2026-11-23 10:00:00", "c-1"],
        ["sent", None, "2026-11-23 10:00:00", "c-1"],
    ]


def test_what_stands_above_the_header_takes_no_columns(bench: Bench) -> None:
    rows = row(1, A="Laskut", D="2026") + row(2, A="Nro", B="Nimi") + row(3, A="1", B="Oy")
    merged = '<mergeCells count="1"><mergeCell ref="A1:H1"/></mergeCells>'
    target = bench.write(small(bench.folder, rows, tail=merged), sent(3), header_row=2)
    assert values(target, "C2:F2") == [list(NAMES)]


def test_merged_cells_take_their_columns(bench: Bench) -> None:
    merged = '<mergeCells count="2"><mergeCell ref="B1:C1"/><mergeCell ref="F9:G9"/></mergeCells>'
    target = bench.write(small(bench.folder, tail=merged), sent(2))
    assert values(target, "H1:K1") == [list(NAMES)]


def test_the_last_columns_of_a_sheet_have_room_for_no_fifth(bench: Bench) -> None:
    rows = '<row r="1"><c r="A1" t="inlineStr"><is><t>Nro</t></is></c>{}</row>' + THIRD
    fits = rows.format(text("XEZ1", "viimeinen"))
    assert values(bench.write(small(bench.folder, fits), sent(3), header_row=1), "XFA1:XFD1") == [list(NAMES)]
    path = small(bench.folder, rows.format(text("XFA1", "viimeinen")))
    assert refused(bench, path, sent(3), header_row=1) == "lista.xlsx: Laskut has no room for result columns"


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_result_columns_that_are_there_are_used_in_their_own_order(bench: Bench, order: tuple[int, ...]) -> None:
    letters = "CDEF"
    header = HEADER.replace(
        "</row>", "".join(text(f"{letters[at]}1", NAMES[i]) for at, i in enumerate(order)) + "</row>"
    )
    result = sent(2, "viesti")
    path = small(bench.folder, header + SECOND + THIRD)
    target = bench.write(path, result)
    assert values(target, "C2:F2") == [[result.cells()[at] for at in order]]
    assert changed(path, target) == [PART]
    assert content(target).replace(re.findall(r'<c r="C2".*?(?=</row>)', content(target))[0], "") == content(path)


def test_result_headers_may_be_renamed(bench: Bench) -> None:
    headers = ResultHeaders("Tila", "Viesti", "Päivitetty", "Tunnus")
    target = bench.write(small(bench.folder), sent(2), headers=headers)
    assert values(target, "C1:F1") == [["Tila", "Viesti", "Päivitetty", "Tunnus"]]


@pytest.mark.parametrize("lone", [(0, 1, 2), (3,), (1, 2, 3), (0,), (3, 2, 1)])
def test_a_column_of_the_user_is_never_written_over_because_of_its_name(bench: Bench, lone: tuple[int, ...]) -> None:
    letters = "CDEFGHI"
    header = HEADER.replace(
        "</row>", "".join(text(f"{letters[at]}1", NAMES[i]) for at, i in enumerate(lone)) + "</row>"
    )
    theirs = SECOND.replace("</row>", text("C2", "oma") + "</row>")
    target = bench.write(small(bench.folder, header + theirs), sent(2))
    start = len(lone)
    assert values(target, "C2:C2") == [["oma"]]
    place = f"{letters[start]}1:{chr(ord(letters[start]) + 3)}2"
    assert values(target, place) == [list(NAMES), ["sent", None, "2026-11-23 10:00:00", "c-1"]]


def test_result_columns_that_stand_twice_are_an_error_that_says_where(bench: Bench) -> None:
    twice = "".join(text(f"{letter}1", name) for letter, name in zip("CDEFGHIJ", NAMES * 2, strict=True))
    path = small(bench.folder, HEADER.replace("</row>", f"{twice}</row>") + SECOND)
    with pytest.raises(SourceError, match="the result columns stand twice, from columns C and G: delete four of them"):
        bench.write(path, sent(2))


def test_two_results_under_one_header_are_refused(bench: Bench) -> None:
    path = small(bench.folder)
    with pytest.raises(NoWriteBack, match="two result columns would have the same header"):
        bench.write(path, sent(2), headers=ResultHeaders("Tila", "tila", "c", "d"))


# ---- writing over results ----


def test_other_results_change_only_their_own_cells(bench: Bench) -> None:
    rows = HEADER + SECOND + THIRD + row(4, A="3")
    first = bench.write(small(bench.folder, rows), sent(2, "eka"), sent(3, "toka"), sent(4, "kolmas"))
    kept = Path(shutil.copy(first, bench.folder / "first.xlsx"))
    second = bench.write(kept, Result(3, "2", "delivered", "", "2026-12-01", "c-1"))
    assert changed(kept, second) == [PART]
    assert values(second, "C2:F4") == [
        ["sent", "eka", "2026-11-23 10:00:00", "c-1"],
        ["delivered", None, "2026-12-01", "c-1"],
        ["sent", "kolmas", "2026-11-23 10:00:00", "c-1"],
    ]
    old, new = (re.split(r'(?=<row r="[34]")', content(path)) for path in (kept, second))
    assert (old[0], old[2]) == (new[0], new[2])


def test_results_can_be_emptied_and_stay_so(bench: Bench) -> None:
    first = bench.write(small(bench.folder), sent(2, "eka"), sent(3))
    target = bench.write(first, Result(2, "1", ""), sent(3))
    assert values(target, "C2:F3") == [[None] * 4, ["sent", None, "2026-11-23 10:00:00", "c-1"]]


def test_styles_of_result_cells_are_kept(bench: Bench) -> None:
    header = HEADER.replace("</row>", "".join(text(f"{a}1", n) for a, n in zip("CDEF", NAMES, strict=True)) + "</row>")
    styled = SECOND.replace("</row>", '<c r="C2" s="1" t="b"><v>1</v></c><c s="3" r="D2"/><c r="F2" s="2"></c></row>')
    target = bench.write(small(bench.folder, header + styled), sent(2))
    page = openpyxl.load_workbook(target)["Laskut"]
    assert [(cell.value, cell._style.xfId, cell.font.b, cell.number_format) for cell in page["C2:F2"][0]] == [
        ("sent", 0, True, "General"),
        (None, 0, False, "#,##0.00"),
        ("2026-11-23 10:00:00", 0, False, "General"),
        ("c-1", 0, False, "mm-dd-yy"),
    ]
    assert '<c s="3" r="D2"/>' in content(target)


def test_new_headers_look_like_the_header_beside_them(bench: Bench) -> None:
    rows = HEADER.replace('<c r="B1"', '<c r="B1" s="1"') + SECOND
    target = bench.write(small(bench.folder, rows), sent(2))
    page = openpyxl.load_workbook(target)["Laskut"]
    assert [cell.font.b for cell in page["C1:F1"][0]] == [True] * 4
    assert not page["C2"].font.b


def test_a_formula_among_the_result_cells_stops_the_results(bench: Bench) -> None:
    first = bench.write(small(bench.folder), sent(2), sent(3))
    told = parts(first)
    told[PART] = re.sub(rb'<c r="D3"/>|(?=<c r="E3")', b'<c r="D3"><f>A3+1</f><v>3</v></c>', told[PART], count=1)
    path = bench.folder / "kaava.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in told.items():
            archive.writestr(name, data)
    assert refused(bench, path, sent(2), sent(3)) == ("kaava.xlsx: Laskut!D3 has a formula, where a result is to stand")
    assert values(bench.write(path, sent(2, "muu")), "D2:D3") == [["muu"], ["=A3+1"]]


def test_a_result_for_a_row_that_is_gone_leaves_nothing_behind(bench: Bench) -> None:
    path = small(bench.folder)
    with pytest.raises(SourceError, match=r"Laskut has no row 9: was it changed just now\?"):
        bench.write(path, sent(2), sent(9))
    assert [file.name for file in bench.folder.iterdir()] == ["lista.xlsx"]


def test_two_results_for_one_row_are_refused(bench: Bench) -> None:
    path = small(bench.folder)
    with pytest.raises(SourceError, match="two results for the same row, 2"):
        bench.write(path, sent(2), sent(2, "muu"))


def test_hidden_rows_get_their_results_too(bench: Bench) -> None:
    target = bench.write(excel_like(bench.folder / "like.xlsx"), sent(4, "piilossa"), hidden="send")
    assert values(target, "H4:H4") == [["piilossa"]]
    assert re.findall(r'<row r="4"[^>]*hidden="1"', content(target))


def test_no_results_at_all_still_make_the_columns(bench: Bench) -> None:
    target = bench.write(small(bench.folder))
    assert values(target, "C1:F3") == [list(NAMES), [None] * 4, [None] * 4]


# ---- texts ----

TEXTS = {
    "&<>\"'": None,
    "  edessä ja takana \t": None,
    "rivi\nvaihtuu": None,
    "palaa\r\nalkuun": None,
    "\x00\x01\x08\x0b\x1f": None,
    "\ufffe\uffff": None,
    "_x000D_": None,
    "_x0041_x0042_x0043_": None,
    "_x005F_": None,
    "__x0041_": None,
    "_xZZZZ_ _x12_": None,
    "😀 𝔘": None,
    "=1+1": None,
    "@SUM(A1)": None,
    "0012": None,
    "TRUE": None,
    "]]>": None,
    "a\ud800b": "a?b",
    "\ude00\ud83d": "??",
    "x" * 32_767: None,
    "x" * 40_000: "x" * 32_766 + "…",
    "x" + "😀" * 20_000: "x" + "😀" * 16_382 + "…",
    "_x0041_" * 4_681: None,
    "<" * 32_768: "<" * 32_766 + "…",
}


@pytest.mark.parametrize("given", TEXTS, ids=range(len(TEXTS)))
def test_every_text_comes_back_as_it_was(bench: Bench, given: str) -> None:
    expected = TEXTS[given] or given
    target = bench.write(small(bench.folder), sent(2, given))
    assert bench.read(target)[0].values[NAMES[1]] == expected
    cell = openpyxl.load_workbook(target)["Laskut"]["D2"]
    assert (unescape(str(cell.value)), cell.data_type) == (expected, "s")


@pytest.mark.parametrize("given", [" a", "a\t", "a\nb"])
def test_space_around_a_text_is_marked_as_meant(bench: Bench, given: str) -> None:
    target = bench.write(small(bench.folder), sent(2, given))
    assert f'<c r="D2" t="inlineStr"><is><t xml:space="preserve">{given}</t>' in content(target)


def test_a_calculating_reader_sees_text_where_text_looks_like_a_formula(bench: Bench) -> None:
    target = bench.write(small(bench.folder), sent(2, "=1+1"))
    (told,) = pandas.read_excel(target, sheet_name="Laskut", engine="calamine")[NAMES[1]].dropna()
    assert told == "=1+1"


# ---- the many ways to write XML and zip files ----

SHEETS = {
    "prefix": sheet(
        HEADER + SECOND + THIRD,
        prefix="x:",
        head='<dimension ref="A1:B3"/><cols><col min="1" max="9" width="5" hidden="1"/></cols>',
        tail='<autoFilter ref="A1:B3"/>',
    ),
    "strict": sheet(HEADER + SECOND + THIRD, namespace=STRICT),
    "no references": sheet(re.sub(r' r="\w+"', "", HEADER + SECOND + THIRD)),
    "empty cells without references": sheet(
        re.sub(r' r="\w+"', "", HEADER + SECOND) + "<row><c><v>2</v></c><c/><c /><c></c></row>"
    ),
    "a mix of references": sheet(
        HEADER + re.sub(r' r="\w+"', "", SECOND) + '<row><c r="A3"><v>2</v></c><c/><c/><c/><c/></row>'
    ),
    "single quotes": sheet((HEADER + SECOND + THIRD).replace('"', "'"), head="<dimension ref='A1:B3'/>"),
    "spaces in tags": sheet(
        (HEADER + SECOND + THIRD).replace('">', '" >').replace("</c>", "</c >").replace("</row>", "</row\n>")
    ),
    "line ends": sheet((HEADER + SECOND + THIRD).replace("><", ">\r\n  <")),
    "comments": sheet(
        f'<!-- <row r="1"/> -->{HEADER}<?note x?>{SECOND.replace("</row>", "<!-- </row> <c r=" + chr(39) + "Z2" + chr(39) + "/> --></row>")}{THIRD}'
    ),
    "text in sections": sheet(HEADER + SECOND.replace("Oy", "<![CDATA[</row><c r='Z9'/>]]>") + THIRD),
    "signs in attributes": sheet(HEADER + SECOND.replace('<row r="2"', '<row foo="a>b" r="2"') + THIRD),
    "upper spans": sheet(HEADER + SECOND.replace('r="2"', 'r="2" spans="1:2 4:4"') + THIRD),
    "a mark of order": "\ufeff" + sheet(HEADER + SECOND + THIRD),
}


@pytest.mark.parametrize("kind", SHEETS)
def test_results_stand_in_their_cells_however_the_sheet_is_written(bench: Bench, kind: str) -> None:
    base = {"strict": "http://purl.oclc.org/ooxml/officeDocument/relationships"}.get(kind)
    path = workbook(bench.folder / "lista.xlsx", SHEETS[kind], **({"base": base} if base else {}))
    target = bench.write(path, sent(2, "eka"), sent(3, "toka"))
    assert changed(path, target) == [PART]
    bare = [re.sub(rb"<c ?/>|<c></c>", b"", undone(parts(one)[PART], "CDEF")) for one in (path, target)]
    assert bare[0] == bare[1]
    assert [[record.values[name] for name in NAMES] for record in bench.read(target)] == [
        ["sent", "eka", "2026-11-23 10:00:00", "c-1"],
        ["sent", "toka", "2026-11-23 10:00:00", "c-1"],
    ]
    if kind not in ("strict", "comments", "text in sections"):  # openpyxl reads these three otherwise, or not at all
        assert values(target, "A1:D3")[1:] == [[1, "Oy", "sent", "eka"], [2, None, "sent", "toka"]]
    told = python_calamine.load_workbook(target).get_sheet_by_name("Laskut").to_python()
    assert [cells[3] for cells in told] == [NAMES[1], "eka", "toka"]


def test_a_row_that_has_nothing_becomes_one_with_results(bench: Bench) -> None:
    for empty in ('<row r="4"/>', '<row r="4" ht="20" />', '<row r="4"></row>'):
        target = bench.write(small(bench.folder, HEADER + SECOND + empty), sent(2), sent(4))
        assert values(target, "C4:C4") == [["sent"]]


def test_a_sheet_in_another_encoding_is_refused_with_a_reason(bench: Bench) -> None:
    for encoding in ("utf-16", "iso-8859-1"):
        told = sheet(HEADER + SECOND).replace('encoding="UTF-8"', f'encoding="{encoding}"').encode(encoding)
        path = workbook(bench.folder / "lista.xlsx", told)
        with pytest.raises(
            SourceError, match=r"lista\.xlsx, Laskut: .*not written in UTF-8; open the workbook and save"
        ):
            bench.write(path, sent(2))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("streamed", [False, True])
def test_every_kind_of_zip_is_copied(bench: Bench, method: int, streamed: bool) -> None:
    path = workbook(
        bench.folder / "lista.xlsx",
        sheet(HEADER + SECOND),
        {"liitteet/ääkköset €.txt": "x" * 99, "docs/": "", "xl/media/tyhjä.bin": b""},
        method=method,
        streamed=streamed,
        comment="kommentti ä".encode(),
    )
    target = bench.write(path, sent(2))
    assert changed(path, target) == [PART]
    with zipfile.ZipFile(target) as archive:
        assert {info.flag_bits & 0x8 for info in archive.infolist()} == {0}


@pytest.mark.parametrize("name", [b"liite_\x84\x94", b"liite\x00\x84\x94"])
def test_odd_names_of_parts_are_copied_as_they_are(bench: Bench, name: bytes) -> None:
    path = workbook(bench.folder / "lista.xlsx", sheet(HEADER + SECOND), {"liite_AE.txt": "x"})
    path.write_bytes(path.read_bytes().replace(b"liite_AE", name))
    target = bench.write(path, sent(2))
    assert changed(path, target) == [PART]
    assert target.read_bytes().count(name + b".txt") == 2


# ---- signatures and protection ----


def test_a_signed_workbook_takes_no_results(bench: Bench) -> None:
    path = workbook(bench.folder / "allekirjoitettu.xlsx", sheet(HEADER + SECOND), {"_xmlsignatures/sig1.xml": "<s/>"})
    assert refused(bench, path, sent(2)) == (
        "allekirjoitettu.xlsx is digitally signed, and any change would break the signature"
    )


@pytest.mark.parametrize(
    ("protection", "notice"),
    [
        ('<sheetProtection sheet="1" objects="1"/>', "Laskut is protected, and stays so; the results are in it"),
        ("<sheetProtection sheet='true' password='CC1A'/>", "Laskut is protected, and stays so; the results are in it"),
        ('<sheetProtection sort="0"/>', ""),
        ("", ""),
    ],
)
def test_a_protected_sheet_is_written_and_mentioned(bench: Bench, protection: str, notice: str) -> None:
    path = excel_like(bench.folder / "like.xlsx", protection=protection)
    target = bench.write(path, sent(2), hidden="send")
    assert bench.notice == notice
    assert protection in content(target)


# ---- size ----


def test_a_long_sheet_is_never_held_whole(bench: Bench) -> None:
    letters = "ABCDEFGHIJKLMNOPQRST"
    cells = "".join(f'<c r="{letter}{{0}}" s="3"><v>{{0}}.12345678901234</v></c>' for letter in letters)
    body = "".join(f'<row r="{at}" ht="15" customHeight="1">{cells.format(at)}</row>' for at in range(2, 6_002))
    whole = sheet(row(1, **{letter: f"Otsikko {letter}" for letter in letters}) + body)
    source = bench.source(workbook(bench.folder / "pitkä.xlsx", whole))
    results = results_for(range(2, 6_002, 10))
    tracemalloc.start()
    try:
        bench.adapter.write_results(source, results, bench.folder / "target.xlsx")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < len(whole) / 2

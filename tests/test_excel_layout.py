"""The excel adapter finding the list: its sheet, its header, its hidden rows, and the emptiness around it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.table import Table
from pydantic import ValidationError
from workbooks import ADAPTER, HEADER, MAIN, cells, raw, records, rows, saved, values

from confirma_connector import SourceError

pytestmark = pytest.mark.thorough

DATA = Path(__file__).parent / "data"
HEAD = ["Nro", "Asiakas", "Summa"]
ONE = [1001, "Ostaja Oy", 12.5]
TWO = [1002, "Toinen Oy", 7]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "laskut.xlsx"


def headers(path: Path, **options: Any) -> list[str]:
    return list(records(path, **options)[0].values)


def changed(path: Path, change: Any) -> Path:
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def table(path: Path, *areas: str, totals: bool = False) -> Path:
    """Turn areas of the first sheet into tables."""

    def add(book: Workbook) -> None:
        for index, area in enumerate(areas, 1):
            made = Table(displayName=f"Taulukko{index}", ref=area)
            if totals:
                made.totalsRowCount = 1
            book.worksheets[0].add_table(made)

    return changed(path, add)


# ---- the sheet ----


def test_the_only_sheet_with_content_needs_no_name(path: Path) -> None:
    saved(path, Tyhjä=[], Laskut=[HEAD, ONE], Toinenkin=[[None]])
    assert [record.where for record in records(path)] == ["Laskut!2"]


def test_several_sheets_with_content_are_named_and_one_is_to_be_declared(path: Path) -> None:
    saved(path, Laskut=[HEAD, ONE], Tyhjä=[], Ohje=[["x"]])
    with pytest.raises(
        SourceError, match=r'^laskut\.xlsx: has 2 sheets with content: "Laskut", "Ohje"; .*\{sheet: Laskut\}'
    ):
        records(path)


def test_a_hidden_sheet_is_read_only_when_it_is_named(path: Path) -> None:
    saved(path, Laskut=[HEAD, ONE], Apu=[["a", "b"], [1, 2]], Syvä=[["a", "b"], [3, 4]])

    def hide(book: Workbook) -> None:
        book["Apu"].sheet_state = "hidden"
        book["Syvä"].sheet_state = "veryHidden"

    changed(path, hide)
    assert [record.where for record in records(path)] == ["Laskut!2"]
    assert values(path, sheet="apu") == [{"a": 1, "b": 2}]
    assert values(path, sheet="3") == [{"a": 3, "b": 4}]


def test_a_workbook_with_nothing_in_its_sheets_is_refused(path: Path) -> None:
    saved(path, Laskut=[], Apu=[])
    with pytest.raises(SourceError, match="has no sheet with content; name one in the mapping"):
        records(path)


@pytest.mark.parametrize(
    "sheet",
    ["Laskut 2026", " laskut  2026 ", "LASKUT 2026", "2", "#2", 2, ["Invoices", "Laskut 2026"], ["#2", "laskut 2026"]],
)
def test_a_sheet_is_called_by_its_name_or_by_its_place(path: Path, sheet: Any) -> None:
    saved(path, Ohje=[["x"]], **{"Laskut 2026": [HEAD, ONE]})
    assert [record.where for record in records(path, sheet=sheet)] == ["'Laskut 2026'!2"]


def test_letters_of_two_parts_are_the_same_letters_in_a_name(path: Path) -> None:
    sheets = {"Pa\u0308iva\u0308": [HEAD, ONE], "Ohje": [["x"]]}
    saved(path, **sheets)
    assert len(records(path, sheet="Päivä")) == 1


def test_a_number_that_is_also_a_name_is_refused(path: Path) -> None:
    saved(path, **{"2026": [HEAD, ONE], "1": [HEAD, TWO]})
    with pytest.raises(SourceError, match='the sheet "1" can be "1", "2026"; name one'):
        records(path, sheet="1")
    assert values(path, sheet="#1")[0]["Nro"] == 1001
    assert values(path, sheet="2026")[0]["Nro"] == 1001
    assert values(path, sheet="#2")[0]["Nro"] == 1002


def test_two_spellings_that_both_exist_are_refused(path: Path) -> None:
    saved(path, Laskut=[HEAD, ONE], Fakturor=[HEAD, TWO])
    with pytest.raises(SourceError, match='the sheet "Laskut" can be "Laskut", "Fakturor"'):
        records(path, sheet=["Laskut", "Fakturor"])


@pytest.mark.parametrize("sheet", ["Lasku", "7", "#0", "99999999999999999999"])
def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(path: Path, sheet: str) -> None:
    saved(path, Laskut=[HEAD, ONE], Ohje=[["x"]])
    with pytest.raises(SourceError, match=f'^laskut.xlsx: has no sheet "{sheet}"; it has "Laskut", "Ohje": rename'):
        records(path, sheet=sheet)


def test_a_chart_counts_as_a_tab_but_is_no_sheet(path: Path) -> None:
    book = Workbook()
    book.active.append(["x"])
    book.create_chartsheet("Kaavio")
    book.create_sheet("Laskut").append(HEAD)
    book["Laskut"].append(ONE)
    book.save(path)
    assert [record.where for record in records(path, sheet="3")] == ["Laskut!2"]
    with pytest.raises(SourceError, match='has no sheet "2"; it has "Sheet", "Laskut"'):
        records(path, sheet="2")
    with pytest.raises(SourceError, match='has no sheet "Kaavio"; it has "Sheet", "Laskut"'):
        records(path, sheet="Kaavio")


def test_the_name_of_a_sheet_is_quoted_in_places(path: Path) -> None:
    raw(path, HEADER + cells("1", "2"), names=["Veikko & 'Maija' <2>!"])
    (record,) = records(path, sheet="veikko & 'maija' <2>!")
    assert (record.where, record.place("B")) == ("'Veikko & ''Maija'' <2>!'!2", "'Veikko & ''Maija'' <2>!'!B2")


@pytest.mark.parametrize("wrong", [{"sheet": ""}, {"sheet": []}, {"sheet": ["a", " "]}, {"row": 1}, {"numbers": "x"}])
def test_options_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    model = ADAPTER.options()
    assert model is not None
    with pytest.raises(ValidationError):
        model(**wrong)


@pytest.mark.parametrize("wrong", ["0", "-1", "1048577", "x", "1.5", "²"])
def test_a_header_row_is_a_row_of_a_sheet(wrong: str) -> None:
    model = ADAPTER.options()
    assert model is not None
    with pytest.raises(ValidationError, match="is no header_row; expected a row number from 1, or none"):
        model(header_row=wrong)


# ---- the parts of the file ----


@pytest.mark.parametrize(
    "target",
    [
        "worksheets/sheet1.xml",
        "/xl/worksheets/sheet1.xml",
        "./worksheets/sheet1.xml",
        "../xl/worksheets/sheet1.xml",
        "worksheets\\sheet1.xml",
        "\\xl\\worksheets\\sheet1.xml",
        "Worksheets/Sheet1.XML",
        "worksheets/sheet%31.xml",
    ],
)
def test_a_sheet_is_found_wherever_the_workbook_says_that_it_is(path: Path, target: str) -> None:
    raw(path, HEADER + cells("1", "2"), targets={1: target})
    assert len(records(path)) == 1


@pytest.mark.parametrize(
    "part", ["xl/data/lista.xml", "XL/Data/Lista.xml", "xl\\data\\lista.xml", "xl/data/%C3%A4.xml"]
)
def test_a_sheet_may_be_any_part_of_the_file(path: Path, part: str) -> None:
    whole = f'<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{cells("1", "2")}</sheetData></worksheet>'
    target = "/" + part.replace("\\", "/").lower() if "%" not in part else "/" + part
    raw(path, cells("not", "this"), targets={1: target}, parts={part: whole})
    assert values(path) == [{"A": "1", "B": "2"}]


def test_a_workbook_without_styles_and_shared_texts_is_read(path: Path) -> None:
    relations = (
        '<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    )
    raw(path, HEADER + cells("1", "2"), parts={"xl/styles.xml": None, "xl/_rels/workbook.xml.rels": relations})
    assert values(path) == [{"A": "1", "B": "2"}]


# ---- the header ----


def test_the_header_is_found_below_titles_instructions_and_blank_rows(path: Path) -> None:
    title = [["Laskut 2026"], [], ["Tulostettu", dt.date(2026, 10, 1)], ["Täytä punaiset sarakkeet"], [1, 2, 3]]
    saved(path, Laskut=[*title, HEAD, ONE, TWO])
    changed(path, lambda book: book["Laskut"].merge_cells("A1:C1"))
    assert (headers(path), rows(path)) == (HEAD, [7, 8])


def test_the_header_may_begin_below_and_right_of_the_corner(path: Path) -> None:
    saved(path, Laskut=[[], [], [None, None, *HEAD], [None, "x", *ONE]])
    (record,) = records(path)
    assert (list(record.values), record.place("Nro"), record.place("Summa")) == (HEAD, "Laskut!C4", "Laskut!E4")


def test_a_declared_header_row_is_taken_as_it_is(path: Path) -> None:
    saved(path, Laskut=[HEAD, ["Nro", dt.date(2026, 10, 1), 2026], ONE])
    assert headers(path, header_row="2") == ["Nro", "2026-10-01", "2026"]
    assert values(path, header_row="1")[0]["Summa"] == 2026


def test_a_header_may_be_an_error_and_its_column_still_has_a_name(path: Path) -> None:
    error = '<row><c t="inlineStr"><is><t>Nro</t></is></c><c t="e"><v>#REF!</v></c><c><f>A1</f></c></row>'
    raw(path, error + "<row><c><v>1</v></c><c><v>2</v></c></row>")
    assert values(path, header_row="1") == [{"Nro": 1, "#REF!": 2, "=A1": ""}]


@pytest.mark.parametrize("row", ["2", "9"])
def test_a_declared_header_row_that_is_empty_is_refused(path: Path, row: str) -> None:
    saved(path, Laskut=[HEAD, [], ONE])
    with pytest.raises(SourceError, match=f"Laskut has no header in row {row}; declare it in the mapping"):
        records(path, header_row=row)


def test_a_header_far_below_is_found_where_it_is_declared(path: Path) -> None:
    saved(path, Laskut=[*([[f"muistio {index}"] for index in range(80)]), HEAD, ONE])
    assert rows(path, header_row="81") == [82]
    assert (headers(path, header_row="81"), headers(table(path, "A81:C82"))) == (HEAD, HEAD)


def test_a_list_whose_header_cannot_be_told_is_refused(path: Path) -> None:
    saved(path, Laskut=[[1, 2], [3, 4]])
    with pytest.raises(
        SourceError, match=r"laskut.xlsx: no header is found in the first rows of Laskut; .*header_row: 3"
    ):
        records(path)


def test_without_a_header_the_columns_are_numbers(path: Path) -> None:
    saved(path, Laskut=[ONE, [None, "x"]])
    assert values(path, header_row="none") == [
        {"#1": 1001, "#2": "Ostaja Oy", "#3": Decimal("12.5")},
        {"#1": "", "#2": "x", "#3": ""},
    ]
    assert records(path, header_row="none")[1].place("#3") == "Laskut!C2"


def test_an_empty_sheet_that_was_named_has_no_rows(path: Path) -> None:
    saved(path, Laskut=[])
    assert records(path, sheet="Laskut", header_row="none") == []
    with pytest.raises(SourceError, match="no header is found"):
        records(path, sheet="Laskut")


def test_a_list_with_nothing_below_its_header_has_no_rows(path: Path) -> None:
    saved(path, Laskut=[HEAD])
    assert records(path) == []


def test_blank_and_doubled_headers_are_called_by_their_column(path: Path) -> None:
    saved(path, Laskut=[["Nro", "Nimi", "Nimi", None, "Osoite\nja paikka", "#4"], [1, 2, 3, 4, 5, 6]])
    assert headers(path) == ["Nro", "#2 Nimi", "#3 Nimi", "#4 #4", "Osoite ja paikka", "#6 #4"]
    assert list(values(path)[0].values()) == [1, 2, 3, 4, 5, 6]


def test_columns_beyond_z_are_named_with_their_letters(path: Path) -> None:
    saved(path, Laskut=[[f"h{index}" for index in range(1, 801)], [*range(800)]])
    (record,) = records(path)
    assert [record.place(name) for name in ("h26", "h27", "h702", "h703")] == [
        "Laskut!Z2",
        "Laskut!AA2",
        "Laskut!ZZ2",
        "Laskut!AAA2",
    ]
    assert (record.values["h27"], record.values["h800"]) == (26, 799)


def test_a_table_says_where_its_header_is_and_what_stands_beside_it_is_no_part_of_it(path: Path) -> None:
    saved(
        path, Laskut=[["a", "b", "c", "d", "e", "f"], [None] * 6, [None, *HEAD, None, "Huom"], [None, *ONE, None, "y"]]
    )
    table(path, "B3:D4")
    (record,) = records(path)
    assert (list(record.values), record.where, record.place("Nro")) == (HEAD, "Laskut!4", "Laskut!B4")


def test_the_totals_row_of_a_table_is_no_row_of_the_list_and_rows_below_it_are(path: Path) -> None:
    saved(path, Laskut=[HEAD, ONE, TWO, ["Yhteensä", None, 19.5], [1003, "Alla Oy", 1]])
    table(path, "A1:C4", totals=True)
    told = [(record.at, record.skipped) for record in records(path)]
    assert told == [(2, ""), (3, ""), (4, "it is the totals row of the table Taulukko1"), (5, "")]


def test_two_tables_are_named_and_one_is_to_be_declared(path: Path) -> None:
    saved(path, Laskut=[HEAD, ONE, [], ["a", "b", "c"], TWO])
    table(path, "A1:C2", "A4:C5")
    with pytest.raises(SourceError, match=r"Laskut has 2 tables: Taulukko1 \(A1:C2\), Taulukko2 \(A4:C5\); declare it"):
        records(path)
    assert rows(path, header_row="4") == [5]
    assert headers(path, header_row="4") == ["a", "b", "c"]


def test_a_filter_says_where_its_header_is(path: Path) -> None:
    saved(path, Laskut=[["a", "b", "c"], ["x", "y", "z"], HEAD, ONE])

    def filtered(book: Workbook) -> None:
        book["Laskut"].auto_filter.ref = "A3:C4"

    changed(path, filtered)
    assert (headers(path), rows(path)) == (HEAD, [4])


def test_the_filter_of_another_sheet_says_nothing(path: Path) -> None:
    name = "Sheet1!$A$2:$B$2"
    defined = (
        f'<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="%s">{name}</definedName></definedNames>'
    )
    raw(path, HEADER + cells("x", "y") + cells("1", "2"), workbook=defined % 1)
    assert headers(path) == ["A", "B"]
    raw(path, HEADER + cells("x", "y") + cells("1", "2"), workbook=defined % 0)
    assert headers(path) == ["x", "y"]


# ---- hidden rows ----


def hidden(path: Path, *numbers: int) -> Path:
    def hide(book: Workbook) -> None:
        for number in numbers:
            book.worksheets[0].row_dimensions[number].hidden = True

    return changed(path, hide)


def test_hidden_rows_stop_the_reading_and_are_named(path: Path) -> None:
    hidden(saved(path, Laskut=[HEAD, ONE, TWO, ONE]), 2, 4)
    how = r", or declare in the mapping source: \{hidden: send\} or \{hidden: skip\}$"
    with pytest.raises(
        SourceError, match=r"^laskut\.xlsx: on Laskut 2 rows are hidden or filtered out \(2, 4\): show them" + how
    ):
        records(path)
    hidden(saved(path, Laskut=[HEAD, ONE, TWO]), 3)
    with pytest.raises(SourceError, match=r"on Laskut row 3 is hidden or filtered out: show it" + how):
        records(path)


def test_of_many_hidden_rows_some_are_named_and_the_rest_counted(path: Path) -> None:
    hidden(saved(path, Laskut=[HEAD, *([ONE] * 40)]), *range(2, 42))
    with pytest.raises(SourceError, match=r"40 rows are hidden .*\(2, 3, 4, .* 12, 13 and 28 more\)"):
        records(path)


def test_a_mapping_may_say_what_becomes_of_hidden_rows(path: Path) -> None:
    hidden(saved(path, Laskut=[HEAD, ONE, TWO]), 3)
    assert [record.skipped for record in records(path, hidden="send")] == ["", ""]
    assert [record.skipped for record in records(path, hidden="skip")] == ["", "the row is hidden"]


def test_hidden_rows_with_nothing_of_the_list_do_not_matter(path: Path) -> None:
    saved(path, Laskut=[["Otsikko"], HEAD, ONE, [], [None, None, None, None, "muistio"], TWO])
    assert rows(hidden(path, 1, 4, 5)) == [3, 6]


def test_an_empty_text_is_nothing_in_a_hidden_row(path: Path) -> None:
    raw(path, HEADER + cells("1", "2") + '<row hidden="true"><c t="str"><f>B9</f><v></v></c></row>')
    assert rows(path) == [2]


# ---- what is not there ----


@pytest.mark.parametrize(
    "far", ['<row r="1048576"><c r="A1048576" s="1"/></row>', '<row r="9"><c r="XFD9" s="1"/></row>']
)
def test_formats_far_away_are_nothing(path: Path, far: str) -> None:
    raw(path, HEADER + cells("1", "2") + far, formats=["0"])
    assert (headers(path), rows(path)) == (["A", "B"], [2])


def test_a_value_in_the_last_cell_of_all_is_no_row_of_the_list(path: Path) -> None:
    raw(path, HEADER + cells("1", "2") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert rows(path) == [2]


def test_a_value_in_the_last_row_is_a_row_of_the_list(path: Path) -> None:
    raw(path, HEADER + cells("1", "2") + '<row r="1048576"><c r="B1048576"><v>1</v></c></row>')
    assert [record.place("B") for record in records(path)] == ["Sheet1!B2", "Sheet1!B1048576"]


def test_a_header_in_the_last_column_is_a_column_of_the_list(path: Path) -> None:
    wide = HEADER.replace("</row>", '<c r="XFD1" t="str"><v>Z</v></c></row>')
    raw(path, wide + '<row><c><v>1</v></c><c r="XFD2"><v>2</v></c></row>')
    (record,) = records(path)
    assert (len(record.values), record.values["Z"], record.place("Z")) == (16_384, 2, "Sheet1!XFD2")


def test_hundreds_of_thousands_of_empty_rows_are_nothing(path: Path) -> None:
    empty = '<row r="%d" s="1" customFormat="1"><c r="A%d" s="1"/><c r="XFD%d" s="1"/></row>'
    sheet = HEADER + cells("1", "2") + "".join(empty % (row, row, row) for row in range(3, 300_003))
    raw(path, sheet, formats=["0"])
    assert rows(path) == [2]


def test_a_real_workbook_with_a_wrong_dimension_has_only_its_rows() -> None:
    found = values(DATA / "xlsx_bad_dimensions.xlsx")
    assert [list(row.values()) for row in found] == [
        ["EP00001", 10000, Decimal("0.0367")],
        ["EP00002", "", 1],
        ["EP00004", 10000, Decimal("0.001")],
    ]


def test_rows_of_nothing_but_spaces_are_given_as_they_are(path: Path) -> None:
    saved(path, Laskut=[HEAD, [" ", None, None], ONE])
    assert list(values(path)[0].values()) == [" ", "", ""]


def test_many_first_rows_of_empty_texts_do_not_hide_the_header(path: Path) -> None:
    blank = '<row><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>'
    shifted = HEADER.replace(' r="1"', "").replace(' r="A1"', "").replace(' r="B1"', "")
    raw(path, 300 * blank + shifted + cells("1", "2"), strings="<si><t></t></si>")
    assert (headers(path), rows(path)) == (["A", "B"], [302])

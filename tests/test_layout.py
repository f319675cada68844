"""A file without a mapping: its encoding, delimiter, sheet and header are found, or asked; never taken for others."""

from __future__ import annotations

import csv
import datetime as dt
import io
from pathlib import Path
from typing import Any

import pytest
import workbooks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.table import Table
from spreadsheets import ods

from confirma_connector.errors import SourceError
from confirma_connector.limits import DEFAULTS
from confirma_connector.plugins import discover
from confirma_connector.proposing.found import Layout
from confirma_connector.proposing.layout import laid_out

REGISTRY = discover([], [])
HEADER = ["Laskunumero", "Laskupvm", "Asiakas", "Määrä", "Yhteensä"]
ROWS = [
    ["1001", "13.6.2026", "Mäkelä Oy", "2", "125,50"],
    ["1002", "14.6.2026", "Työ ja Öljy", "1", "1 200,00"],
    ["1003", "15.6.2026", "Åbo Ab", "3", "7,00"],
]
DAY = dt.date(2026, 6, 13)


def found(path: Path, **options: Any) -> Layout:
    return laid_out(path, REGISTRY, DEFAULTS, options)


def text(path: Path, rows: list[list[str]], mark: str = ";", codec: str = "utf-8", above: str = "") -> Path:
    path.write_bytes((above + "".join(mark.join(row) + "\r\n" for row in rows)).encode(codec))
    return path


def headers(layout: Layout) -> list[str]:
    return [column.header for column in layout.columns]


def texts(layout: Layout, header: str) -> tuple[str, ...]:
    return next(column.texts for column in layout.columns if column.header == header)


# ---- text files ----


@pytest.mark.parametrize(("mark", "word"), [(";", "semicolon"), ("\t", "tab"), (",", "comma"), ("|", "pipe")])
def test_the_delimiter_is_the_one_that_cuts_all_rows_alike(tmp_path: Path, mark: str, word: str) -> None:
    rows = [HEADER, *([cell.replace(",", ".") for cell in row] for row in ROWS)]
    layout = found(text(tmp_path / "list.csv", rows, mark))
    assert (layout.adapter, dict(layout.source), dict(layout.open)) == ("csv_file", {"delimiter": word}, {})
    assert headers(layout) == HEADER
    assert layout.rows == 3
    assert layout.wheres == ("line 2", "line 3", "line 4")
    assert all(layout.why[key] for key in ("delimiter", "header_row"))


def test_decimal_commas_and_addresses_do_not_look_like_delimiters(tmp_path: Path) -> None:
    rows = [[*HEADER, "Osoite"], *([*row, "Katu 1, 00100 Helsinki"] for row in ROWS)]
    assert found(text(tmp_path / "list.csv", rows)).source == {"delimiter": "semicolon"}


def test_decimal_commas_are_no_delimiters_where_there_is_none_that_is_known(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cuts its rows into the same columns"):
        found(text(tmp_path / "list.csv", [HEADER, *ROWS], "^"))


def test_text_within_records_of_several_kinds_is_no_header() -> None:
    layout = found(Path(__file__).parent.parent / "samples" / "procountor" / "invoices.csv")
    assert layout.source == {"delimiter": "semicolon"}


def test_two_delimiters_that_both_fit_are_asked(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("Number;Total,Name\n1;a,Acme\n2;b,Beeta\n3;c,Oy\n")
    layout = found(path)
    assert "delimiter" not in layout.source
    assert set(layout.open["delimiter"]) == {"semicolon", "comma"}
    assert found(path, delimiter="comma").source == {"delimiter": "comma"}


def test_a_line_that_names_the_delimiter_is_believed(tmp_path: Path) -> None:
    path = text(tmp_path / "list.csv", [HEADER, *ROWS], above="sep=;\r\n")
    assert headers(found(path)) == HEADER


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15"])
def test_an_encoding_that_the_adapter_finds_is_not_declared(tmp_path: Path, codec: str) -> None:
    layout = found(text(tmp_path / "list.csv", [HEADER, *ROWS], codec=codec))
    assert layout.source == {"delimiter": "semicolon"}
    assert layout.open == {}
    assert texts(layout, "Asiakas") == tuple(row[2] for row in ROWS)


def test_words_with_no_other_letter_than_one_are_enough(tmp_path: Path) -> None:
    rows = [HEADER, ["1001", "13.6.2026", "Mäkelä", "2", "125,50"]]
    assert found(text(tmp_path / "list.csv", rows, codec="cp1252")).open == {}


def test_the_letters_of_its_words_prove_an_encoding_of_dos(tmp_path: Path) -> None:
    layout = found(text(tmp_path / "list.csv", [HEADER, *ROWS], codec="cp850"))
    assert layout.source["encoding"] == "cp850"
    assert "6 words" in layout.why["encoding"]
    assert texts(layout, "Asiakas") == tuple(row[2] for row in ROWS)


def test_a_sign_that_only_one_encoding_has_there_proves_it(tmp_path: Path) -> None:
    rows = [HEADER, ["1001", "13.6.2026", "Työ", "1½", "1,00"]]
    assert found(text(tmp_path / "half.csv", rows, codec="cp1252")).source["encoding"] == "cp1252"
    rows = [HEADER, ["1001", "13.6.2026", "Työ", "1", "1,00 €"]]
    assert "encoding" not in found(text(tmp_path / "euro.csv", rows, codec="iso8859-15")).source


def test_words_that_look_right_in_two_encodings_are_asked(tmp_path: Path) -> None:
    rows = [["Numero", "Pvm", "Asiakas", "Summa"], ["1", "1.6.2026", "Ž", "1,00"]]
    layout = found(text(tmp_path / "list.csv", rows, codec="cp1252"))
    assert "encoding" not in layout.source
    assert "cp1252" in layout.open["encoding"]


@given(
    st.sampled_from(("cp1252", "iso8859-15", "cp850", "utf-8")),
    st.lists(
        st.sampled_from(
            [
                *("Mäkelä", "Öljynvaihto", "Åbo", "Språkvård", "á-hinta", "Yhteensä", "Eräpäivä"),
                "1\u00a0234",
                *("Grünwald", "Café", "Ärlig", "TYÖ", "MYYJÄ"),
            ]
        ),
        min_size=1,
        max_size=6,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_encoding_is_never_taken_for_another(tmp_path: Path, codec: str, words: list[str]) -> None:
    rows = [["Numero", "Pvm", "Asiakas", "Summa"], *(["1", "1.6.2026", word, "1,00"] for word in words)]
    layout = found(text(tmp_path / "list.csv", rows, codec=codec))
    assert layout.open.get("encoding") or texts(layout, "Asiakas") == tuple(words)


def test_titles_and_column_numbers_above_the_header_are_passed(tmp_path: Path) -> None:
    above = "Laskutusraportti;;;;\r\nTulostettu 1.7.2026\r\n\r\n1;2;3;4;5\r\n"
    layout = found(text(tmp_path / "list.csv", [HEADER, *ROWS], above=above))
    assert layout.source["header_row"] == "5"
    assert headers(layout) == HEADER


def test_a_title_with_a_date_is_passed(tmp_path: Path) -> None:
    layout = found(text(tmp_path / "list.csv", [HEADER, *ROWS], above="Laskut;1.7.2026;12;;\r\n"))
    assert layout.source["header_row"] == "2"
    assert layout.open == {}


def test_instructions_are_no_header(tmp_path: Path) -> None:
    told = ["Pakollinen", "pp.kk.vvvv", "Pakollinen", "Valinnainen", "Esim. 12,50"]
    layout = found(text(tmp_path / "list.csv", [told, HEADER, *ROWS]))
    assert layout.source["header_row"] == "2"


def test_a_list_without_header_has_columns_by_number(tmp_path: Path) -> None:
    layout = found(text(tmp_path / "list.csv", ROWS))
    assert layout.source["header_row"] == "none"
    assert headers(layout) == ["#1", "#2", "#3", "#4", "#5"]
    assert layout.rows == 3


def test_one_row_alone_may_be_a_header_or_not(tmp_path: Path) -> None:
    layout = found(text(tmp_path / "list.csv", ROWS[:1]))
    assert "header_row" not in layout.source
    assert layout.open["header_row"] == ("none", "1")


def test_titles_above_a_list_without_header_are_passed_when_it_is_answered(tmp_path: Path) -> None:
    path = text(tmp_path / "list.csv", ROWS, above="Laskut;Kesäkuu;Helsinki;;\r\n")
    assert found(path).open["header_row"] == ("1", "none")
    layout = found(path, header_row="none")
    assert layout.source == {"delimiter": "semicolon", "header_row": "none", "skip_rows": "1"}
    assert texts(layout, "#1") == ("1001", "1002", "1003")


def test_rows_of_text_that_may_all_be_the_header_are_asked(tmp_path: Path) -> None:
    odd = ["Alfa", "Beeta", "Gamma", "Delta", "Epsilon"]
    other = ["Yksi", "Kaksi", "Kolme", "Neljä", "Viisi"]
    layout = found(text(tmp_path / "list.csv", [odd, other, *ROWS]))
    assert "header_row" not in layout.source
    assert set(layout.open["header_row"]) == {"1", "2"}


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<a/>")
    with pytest.raises(SourceError, match="no list of rows and columns"):
        found(tmp_path / "a.xml")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(SourceError, match=r"empty\.csv is empty"):
        found(tmp_path / "empty.csv")
    (tmp_path / "a.csv").write_text("Hyvä asiakas,\ntässä teille lasku\nystävällisin terveisin\n", "utf-8")
    with pytest.raises(SourceError, match="cuts its rows into the same columns"):
        found(tmp_path / "a.csv")
    text(tmp_path / "b.csv", [HEADER])
    with pytest.raises(SourceError, match="no row stands below the header"):
        found(tmp_path / "b.csv")


def test_rows_that_are_too_long_make_no_column_and_are_told(tmp_path: Path) -> None:
    layout = found(text(tmp_path / "list.csv", [HEADER, *ROWS, [*ROWS[0], "odd"]]))
    assert headers(layout) == HEADER
    assert layout.why["ragged"] == "1 row is not as long as the header: line 5"


def test_more_rows_than_are_looked_at_are_counted(tmp_path: Path) -> None:
    layout = found(text(tmp_path / "list.csv", [HEADER, *ROWS * 2000, ["Yhteensä", "", "", "", "1,00"]]))
    assert layout.rows == 6001
    assert len(layout.wheres) == len(layout.columns[0].texts) == 5000
    assert layout.columns[0].texts[-1] == "Yhteensä"
    assert layout.wheres[-1] == "line 6002"
    assert layout.why["rows"] == "the first 4,800 and the last 200 of 6,001 rows were looked at"


_CELLS = st.sampled_from(["Acme Oy", "Katu 1, Helsinki", 'sanoi "hei"', "", "kpl", "a;b", "x|y", "Mäki"])


@given(
    st.sampled_from(";\t,|"),
    st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "cp1252")),
    st.sampled_from(("\n", "\r\n")),
    st.sampled_from(("", "Raportti\n", "Raportti\n\n1\t2\t3\t4\t5\n")),
    st.lists(
        st.tuples(st.dates(dt.date(2020, 1, 1), dt.date(2030, 1, 1)), _CELLS, _CELLS, st.integers(0, 10**6)),
        min_size=2,
        max_size=8,
    ),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_table_in_any_dialect_is_found_again_or_asked(
    tmp_path: Path, mark: str, codec: str, end: str, above: str, rows: list[tuple[dt.date, str, str, int]]
) -> None:
    table = [
        [str(1000 + at), f"{day:%d.%m.%Y}", one, other, f"{cents // 100},{cents % 100:02}"]
        for at, (day, one, other, cents) in enumerate(rows)
    ]
    out = io.StringIO()
    csv.writer(out, delimiter=mark, lineterminator=end).writerows([HEADER, *table])
    path = tmp_path / "list.csv"
    path.write_bytes((above.replace("\t", mark).replace("\n", end) + out.getvalue()).encode(codec))
    layout = found(path)
    if not layout.open:
        assert headers(layout) == HEADER
        assert [tuple(row) for row in table] == list(zip(*(column.texts for column in layout.columns), strict=True))


_TITLES = st.sampled_from(
    [
        ["Laskut", "Kesäkuu"],
        ["Acme Oy"],
        ["Ajettu", "1.7.2026"],
        ["Laskut", "Kesäkuu", "Helsinki"],
        [],
        ["1", "2", "3", "4", "5"],
    ]
)
_HEADERS = st.sampled_from(
    [[], HEADER, ["Alfa", "Beeta", "Gamma", "Delta", "Epsilon"], ["Nro", "Päivä", "", "Kpl", "€"]]
)


@given(
    st.lists(_TITLES, max_size=3),
    _HEADERS,
    st.integers(1, 4),
    st.sampled_from(["csv", "xlsx"]),
    st.sets(st.integers(1, 4), max_size=2),
)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_header_below_any_titles_is_found_or_asked(
    tmp_path: Path, titles: list[list[str]], header: list[str], count: int, kind: str, blank: set[int]
) -> None:
    rows = [
        ["" if at in blank and line else cell for at, cell in enumerate(row)]
        for line, row in enumerate((ROWS * 2)[:count])
    ]
    table = [*titles, *([header] if header else []), *rows]
    path = tmp_path / f"list.{kind}"
    if kind == "csv":
        text(path, [[*row, *[""] * (5 - len(row))] for row in table])
    else:
        book(path, *table)
    try:
        layout = found(path)
    except SourceError:
        return
    if not layout.open:
        names = [name or f"#{at}" for at, name in enumerate(header or [""] * 5, 1)]
        assert headers(layout) == names


# ---- workbooks ----


def book(path: Path, *rows: list[Any], name: str = "Laskut") -> Path:
    return workbooks.saved(path, **{name: rows})


def typed(count: int = 3) -> list[list[Any]]:
    return [[1000 + at, DAY + dt.timedelta(at), "Acme Oy", at + 1, 12.5 * at] for at in range(1, count + 1)]


def test_a_plain_workbook_needs_no_options(tmp_path: Path) -> None:
    layout = found(book(tmp_path / "a.xlsx", HEADER, *typed()))
    assert (layout.adapter, dict(layout.source), dict(layout.open)) == ("excel", {}, {})
    assert layout.columns[1].kinds == ("date",) * 3
    assert layout.columns[1].letter == "B"
    assert texts(layout, "Yhteensä") == ("12.5", "25", "37.5")
    assert layout.wheres[0] == "Laskut!2"


def test_titles_numbers_and_letters_above_the_header_are_passed(tmp_path: Path) -> None:
    rows = [["Myyntilaskut 2026"], ["Yritys", "Acme"], ["A", "B", "C", "D", "E"], HEADER, [1, 2, 3, 4, 5], *typed()]
    layout = found(book(tmp_path / "a.xlsx", *rows))
    assert headers(layout) == HEADER
    assert layout.wheres[0] == "Laskut!5"


def test_a_header_of_two_rows_is_read_by_the_one_that_names_more(tmp_path: Path) -> None:
    sheet_rows = [
        ["Lasku", None, "Asiakas", None, "Summa", None],
        ["Numero", "Pvm", "Nimi", "Osoite", "Veroton", "Verollinen"],
        *([1000 + at, DAY, "Acme Oy", "Katu 1", 10.0, 12.55] for at in range(3)),
    ]
    path = tmp_path / "a.xlsx"
    made = Workbook()
    made.active.title = "Laskut"
    for row in sheet_rows:
        made.active.append(row)
    for area in ("A1:B1", "C1:D1", "E1:F1"):
        made.active.merge_cells(area)
    made.save(path)
    layout = found(path)
    assert layout.open == {}
    assert headers(layout) == sheet_rows[1]
    assert [column.above for column in layout.columns] == ["Lasku", "Lasku", "Asiakas", "Asiakas", "Summa", "Summa"]


def test_a_header_of_two_rows_of_which_each_names_some_is_asked(tmp_path: Path) -> None:
    rows = [
        ["Laskunro", "Pvm", "Asiakas", None, None, "Summa"],
        [None, None, "Nimi", "Osoite", "Y-tunnus", None],
        *([1000 + at, DAY, "Acme Oy", "Katu 1", "0112038-9", 10.0] for at in range(3)),
    ]
    layout = found(book(tmp_path / "a.xlsx", *rows))
    assert "header_row" not in layout.source
    assert layout.open["header_row"] == ("1", "2")
    assert headers(found(book(tmp_path / "b.xlsx", *rows), header_row="2")) == ["Nimi", "Osoite", "Y-tunnus"]


def test_the_sheet_with_invoices_is_chosen_among_others(tmp_path: Path) -> None:
    path = workbooks.saved(
        tmp_path / "a.xlsx",
        Ohjeet=[["Näin tämä täytetään"], ["Kirjoita lasku riville."]],
        Laskut=[HEADER, *typed()],
        Asiakkaat=[["Asiakas", "Y-tunnus", "Postinumero"], ["Acme Oy", "0112038-9", "00100"]],
    )
    layout = found(path)
    assert layout.source == {"sheet": "Laskut"}
    assert "3 sheets" in layout.why["sheet"]


def test_sheets_that_may_all_be_of_invoices_are_asked(tmp_path: Path) -> None:
    path = workbooks.saved(tmp_path / "a.xlsx", Tammi=[HEADER, *typed()], Helmi=[HEADER, *typed()])
    layout = found(path)
    assert "sheet" not in layout.source
    assert layout.open["sheet"] == ("Tammi", "Helmi")
    assert found(path, sheet="Helmi").wheres[0] == "Helmi!2"
    assert found(path, sheet="Helmi").open == {}


def test_the_header_of_a_table_is_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    made = Workbook()
    for row in (["Otsikko", "Toinen", "Kolmas", "Neljäs", "Viides"], HEADER, *typed()):
        made.active.append(row)
    made.active.add_table(Table(displayName="Lista", ref="A2:E5"))
    made.save(path)
    layout = found(path)
    assert layout.open == {}
    assert headers(layout) == HEADER
    assert "Lista" in layout.why["header_row"]


def test_a_header_that_the_adapter_would_not_take_is_declared(tmp_path: Path) -> None:
    rows = [[2026, "Laskut", "Tammi", "Helmi", "Maalis"], HEADER, *typed()]
    layout = found(book(tmp_path / "a.xlsx", ["Yksi", "Kaksi", "Kolme"], *rows))
    assert layout.source == {"header_row": "3"} or "header_row" in layout.open
    assert headers(layout) == HEADER


def test_hidden_rows_are_named_and_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    made = Workbook()
    for row in (HEADER, *typed(5)):
        made.active.append(row)
    made.active.row_dimensions[3].hidden = True
    made.active.row_dimensions[5].hidden = True
    made.save(path)
    layout = found(path)
    assert layout.open == {"hidden": ("send", "skip")}
    assert layout.why["hidden"] == "2 rows are hidden or filtered out: 3, 5"
    assert layout.rows == 5
    assert found(path, hidden="skip").rows == 3


def test_more_decimals_than_are_shown_are_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    made = Workbook()
    for row in (HEADER, *typed()):
        made.active.append(row)
    made.active["E3"] = 25.5255
    made.active["E3"].number_format = "0.00"
    made.save(path)
    layout = found(path)
    assert layout.open == {"numbers": ("shown", "exact")}
    assert "Sheet!E3" in layout.why["numbers"]
    assert texts(layout, "Yhteensä")[1] == "25.53"


def test_odd_cells_are_told_beside_their_column(tmp_path: Path) -> None:
    rows = typed(4)
    rows[0][3], rows[1][2], rows[2][1] = "2", "3,72332E+11", "13.6.2026"
    path = tmp_path / "a.xlsx"
    made = Workbook()
    for row in (HEADER, *rows):
        made.active.append(row)
    made.active["E5"] = "#N/A"
    made.active["E5"].data_type = "e"
    made.save(path)
    told = {column.header: column.warnings for column in found(path).columns}
    assert told["Laskunumero"] == ()
    assert told["Määrä"] == ("1 number is stored as text, the others as numbers: Sheet!D2",)
    assert "3.7E+11" in told["Asiakas"][0]
    assert "Sheet!C3" in told["Asiakas"][0]
    assert "day and month" in told["Laskupvm"][0]
    assert told["Yhteensä"] == ("1 cell shows an error or cannot be read: Sheet!E5",)


def test_codes_that_are_text_are_no_numbers_stored_as_text(tmp_path: Path) -> None:
    rows = [[*row, postal] for row, postal in zip(typed(3), ("00100", "33100", 20100), strict=True)]
    layout = found(book(tmp_path / "a.xlsx", [*HEADER, "Postinumero"], *rows))
    assert {column.header: column.warnings for column in layout.columns}["Postinumero"] == (
        "1 number is stored as text, the others as numbers: Laskut!F3",
    )
    rows[1][5] = "00200"
    layout = found(book(tmp_path / "b.xlsx", [*HEADER, "Postinumero"], *rows))
    assert not any(column.warnings for column in layout.columns)


def test_a_spreadsheet_of_another_kind_is_laid_out_too(tmp_path: Path) -> None:
    cells = [[str(1000 + at), DAY, "Acme Oy", 2.0, 12.5] for at in range(3)]
    path = ods(tmp_path / "a.ods", {"Ohjeet": [["Lue tämä"]], "Laskut": [["Raportti"], [], HEADER, *cells]})
    layout = found(path)
    assert (layout.adapter, dict(layout.source)) == ("table", {"sheet": "Laskut"})
    assert headers(layout) == HEADER
    assert layout.columns[1].kinds == ("date",) * 3

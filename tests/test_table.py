"""The table adapter: .ods, .xls, .xlsb and Parquet as they stand there, and what it refuses."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pandas
import pyarrow as pa
import pyarrow.parquet
import pytest
from pydantic import ValidationError
from spreadsheets import ods

from confirma_connector import Record, Source, SourceError, Unreadable, plugins

DATA = Path(__file__).parent / "data"
ADAPTER = plugins.discover().get("table")
HEADER = ["Nro", "Asiakas", "Summa"]
ROW = [1001.0, "Ostaja Oy", 12.5]


def chosen(**given: Any) -> Any:
    model = ADAPTER.options()
    assert model is not None
    return model(**given)


def records(path: Path, **options: Any) -> list[Record]:
    return list(ADAPTER.read(Source((path,), chosen(**options))))


def values(path: Path, **options: Any) -> list[dict[str, Any]]:
    return [dict(record.values) for record in records(path, **options)]


def parquet(path: Path, **columns: Any) -> Path:
    pa.parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "in.ods"


# -- values as they stand there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ods", "xls", "xlsb"])
def test_the_three_kinds_of_workbooks_read_the_same(kind: str) -> None:
    first, second = records(DATA / f"table_kinds.{kind}")
    assert (first.at, first.where, second.at, second.where) == (4, "'Laskut 2026'!4", 6, "'Laskut 2026'!6")
    assert first.values == {
        "Nro": Decimal(1001),
        "Pvm": dt.date(2026, 1, 5),
        "Aika": dt.datetime(2026, 1, 5, 13, 30),
        "Summa": Decimal("100.1"),
        "Postinumero": "00100",
        "Viite": first.values["Viite"],
        "Maksettu": Decimal(1) if kind == "ods" else "TRUE",
        "Kaava": Decimal(2),
        "Virhe": "",
        "Teksti": "NA",
    }
    assert second.values["Pvm"] == dt.date(2026, 1, 6)
    assert (second.values["Viite"], second.values["Teksti"]) == (Decimal(123456789012345), "null")


def test_no_value_is_a_float_and_whole_numbers_have_no_decimals(book: Path) -> None:
    ods(book, {"A": [HEADER, [1001.0, "00100", 0.1], [0.0, "1,50", -1e-7]]})
    found = [list(row.values()) for row in values(book)]
    assert found == [[Decimal(1001), "00100", Decimal("0.1")], [Decimal(0), "1,50", Decimal("-1E-7")]]
    assert [str(row[0]) for row in found] == ["1001", "0"]


@pytest.mark.parametrize("number", [1e15, 12345678901234567890.0, -1e16])
def test_a_number_of_more_digits_than_a_cell_keeps_is_not_trusted(book: Path, number: float) -> None:
    ods(book, {"A": [HEADER, [number, "x", 999999999999999.0]]})
    (row,) = values(book)
    assert isinstance(row["Nro"], Unreadable)
    assert "more than 15 digits" in row["Nro"].reason
    assert row["Summa"] == Decimal(999999999999999)


def test_what_is_true_is_told_as_text(book: Path) -> None:
    ods(book, {"A": [HEADER, [True, "x", False]]})
    assert list(values(book)[0].values()) == ["TRUE", "x", "FALSE"]


def test_text_that_pandas_would_take_for_nothing_or_for_a_number_stays_text(book: Path) -> None:
    texts = ["NA", "nan", "None", "", "1e5", "007", "=1+1", " x "]
    ods(book, {"A": [[f"c{index}" for index in range(8)], texts]})
    assert list(values(book)[0].values()) == texts


def test_empty_rows_are_left_out_and_places_count_them(book: Path) -> None:
    ods(book, {"A": [[None] * 3, HEADER, [None, " ", ""], ROW, [None] * 3, ROW]})
    assert [(record.at, record.where) for record in records(book)] == [(4, "A!4"), (6, "A!6")]


def test_a_problem_can_name_its_cell(book: Path) -> None:
    ods(book, {"Veikon ja Maijan 'lista'": [[None] * 27 + ["Nro", "Summa"], [None] * 27 + [1.0, 2.0]]})
    (record,) = records(book)
    assert record.place("Summa") == "'Veikon ja Maijan ''lista'''!AC2"


# -- the header ---------------------------------------------------------------------------------------------------------


def test_the_header_is_found_below_titles_and_notes(book: Path) -> None:
    title = [["Laskut 2026", None, None, None], ["Tulostettu", dt.date(2026, 1, 5), None, None]]
    ods(book, {"A": [*title, [*HEADER, "Maa"], [*ROW, "FI"]]})
    assert values(book) == [{"Nro": Decimal(1001), "Asiakas": "Ostaja Oy", "Summa": Decimal("12.5"), "Maa": "FI"}]


def test_a_table_whose_header_cannot_be_told_is_refused(book: Path) -> None:
    ods(book, {"Laskut": [[1.0, 2.0], [3.0, 4.0]]})
    with pytest.raises(SourceError, match=r'in.ods: no header was found in .* sheet "Laskut"; declare it'):
        records(book)


def test_a_declared_header_row_is_taken_even_if_there_are_numbers_in_it(book: Path) -> None:
    ods(book, {"A": [HEADER, ["x", 2026.0, dt.date(2026, 1, 5)], ROW]})
    (record,) = records(book, header_row="2")
    assert list(record.values) == ["x", "2026", "2026-01-05"]


@pytest.mark.parametrize("row", ["2", "9"])
def test_a_declared_header_row_that_is_empty_is_refused(book: Path, row: str) -> None:
    ods(book, {"A": [HEADER, [None, None, None], ROW]})
    with pytest.raises(SourceError, match=f'row {row} of sheet "A", the header_row declared, is empty'):
        records(book, header_row=row)


def test_without_a_header_columns_are_called_by_number(book: Path) -> None:
    ods(book, {"A": [ROW]})
    assert values(book, header_row="none") == [{"#1": Decimal(1001), "#2": "Ostaja Oy", "#3": Decimal("12.5")}]


def test_blank_and_doubled_headers_are_called_by_number(book: Path) -> None:
    ods(book, {"A": [["Nro", None, "Nimi", "Nimi"], ["1", "2", "3", "4"]]})
    assert list(values(book)[0]) == ["Nro", "#2", "#3 Nimi", "#4 Nimi"]


# -- the sheet ----------------------------------------------------------------------------------------------------------


SHEETS = {"Laskut": [HEADER, ROW], "Tyhjä": [], "2": [["a", "b"], [1.0, 2.0]]}


def test_the_only_sheet_with_rows_needs_no_name(book: Path) -> None:
    ods(book, {"Tyhjä": [], "Laskut": [HEADER, ROW]})
    assert records(book)[0].where == "Laskut!2"


def test_more_than_one_sheet_with_rows_must_be_chosen_from(book: Path) -> None:
    ods(book, SHEETS)
    with pytest.raises(SourceError, match=r'has rows: "Laskut", "2"; declare one, as in source: \{sheet: "Laskut"\}'):
        records(book)


@pytest.mark.parametrize("sheet", ["Laskut", " laskut ", "1", "#1", ["Fakturor", "Laskut"]])
def test_a_sheet_is_named_or_counted(book: Path, sheet: Any) -> None:
    ods(book, SHEETS)
    assert records(book, sheet=sheet)[0].where == "Laskut!2"


def test_a_number_that_is_the_name_of_another_sheet_is_refused(book: Path) -> None:
    ods(book, SHEETS)
    with pytest.raises(SourceError, match='sheet "2" may be "2" or "Tyhjä"; declare one of them, or its place as #1'):
        records(book, sheet="2")
    assert records(book, sheet="#3")[0].where == "'2'!2"


def test_two_spellings_that_are_both_there_are_refused(book: Path) -> None:
    ods(book, SHEETS)
    with pytest.raises(SourceError, match='sheet "Laskut" or "Tyhjä" may be "Laskut" or "Tyhjä"'):
        records(book, sheet=["Laskut", "Tyhjä"])


@pytest.mark.parametrize("sheet", ["Lasku", "7", "#0"])
def test_a_sheet_that_is_not_there_is_refused_with_those_that_are(book: Path, sheet: str) -> None:
    ods(book, SHEETS)
    with pytest.raises(SourceError, match=f'has no sheet "{sheet}"; it has "Laskut", "Tyhjä", "2"'):
        records(book, sheet=sheet)


def test_an_empty_sheet_is_refused(book: Path) -> None:
    ods(book, SHEETS)
    with pytest.raises(SourceError, match='the sheet "Tyhjä" is empty'):
        records(book, sheet="Tyhjä")


@pytest.mark.parametrize("wrong", [{"sheet": ""}, {"sheet": []}, {"header_row": "0"}, {"header_row": "x"}, {"rows": 1}])
def test_options_that_mean_nothing_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        chosen(**wrong)


def test_a_printed_form_has_no_list_of_invoices_but_can_be_read() -> None:
    path = DATA / "xls_invoice_form_biff8.xls"
    with pytest.raises(SourceError, match='more than one sheet has rows: "Invoice", "Terms and conditions"'):
        records(path)
    found = records(path, sheet="Invoice", header_row="3")
    assert list(found[0].values) == ["Product Id", "Description", "Price", "Amount", "Total"]
    assert found[1].values["Amount"] == "Total excl.:"


# -- Parquet ------------------------------------------------------------------------------------------------------------


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = parquet(
        tmp_path / "in.parquet",
        number=pa.array([1001, 12345678901234567], pa.int64()),
        missing=pa.array([7, None], pa.int64()),
        amount=pa.array([Decimal("100.10"), None], pa.decimal128(10, 2)),
        day=pa.array([dt.date(2026, 1, 5), None], pa.date32()),
        moment=pa.array([dt.datetime(2026, 1, 5), dt.datetime(2026, 1, 5, 13, 30)], pa.timestamp("ns")),
        price=pa.array([0.1, float("nan")], pa.float64()),
        single=pa.array([0.1, None], pa.float32()),
        paid=pa.array([True, None]),
        text=pa.array(["00100", None]).dictionary_encode(),
    )
    first, second = records(path)
    assert (first.at, first.where, first.place("amount")) == (1, "row 1", "row 1")
    assert list(first.values.values()) == [
        *(Decimal(1001), Decimal(7), Decimal("100.10"), dt.date(2026, 1, 5), dt.date(2026, 1, 5)),
        *(Decimal("0.1"), Decimal("0.1"), "TRUE", "00100"),
    ]
    assert str(second.values["number"]) == "12345678901234567"
    assert second.values["moment"] == dt.datetime(2026, 1, 5, 13, 30)
    assert [second.values[name] for name in ("missing", "amount", "day", "price", "single", "paid", "text")] == [""] * 7


def test_parquet_that_pandas_wrote_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    frame = pandas.DataFrame(
        {"number": [1001, 1002], "day": pandas.to_datetime(["2026-01-05", None]), "id": ["007", None]}
    )
    frame.to_parquet(path, index=False)
    assert values(path) == [
        {"number": Decimal(1001), "day": dt.date(2026, 1, 5), "id": "007"},
        {"number": Decimal(1002), "day": "", "id": ""},
    ]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (pa.array([1e15]), "15 digits"),
        (pa.array([16777217.0], pa.float32()), "7 digits"),
        (pa.array([[1, 2]]), "not text, a number or a date"),
        (pa.array([b"x"]), "not text, a number or a date"),
        (pa.array([dt.datetime(2026, 1, 5, 22)], pa.timestamp("us", "UTC")), "time zone"),
    ],
)
def test_values_of_parquet_that_cannot_be_trusted_are_not(tmp_path: Path, cells: Any, reason: str) -> None:
    (row,) = values(parquet(tmp_path / "in.parquet", cell=cells))
    assert isinstance(row["cell"], Unreadable)
    assert reason in row["cell"].reason


def test_empty_rows_of_parquet_are_left_out(tmp_path: Path) -> None:
    path = parquet(tmp_path / "in.parquet", a=["1", None, "3"], b=[None, " ", None])
    assert [record.where for record in records(path)] == ["row 1", "row 3"]


@pytest.mark.parametrize("options", [{"sheet": "A"}, {"header_row": "none"}])
def test_parquet_takes_no_options_of_sheets(tmp_path: Path, options: dict[str, str]) -> None:
    path = parquet(tmp_path / "in.parquet", a=["1"])
    with pytest.raises(SourceError, match="no sheet and no header_row"):
        records(path, **options)


# -- which files, and which not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["ods", "xls", "xlsb"])
def test_a_workbook_is_known_by_its_name_and_its_first_bytes(tmp_path: Path, kind: str) -> None:
    there = DATA / f"table_kinds.{kind}"
    assert ADAPTER.detect(there) == "generic"
    other = tmp_path / "in.dat"
    other.write_bytes(there.read_bytes())
    assert ADAPTER.detect(other) == "no"
    other = tmp_path / f"in.{kind}"
    other.write_bytes(b"Nro;Summa\n1;2\n")
    assert ADAPTER.detect(other) == "no"


def test_parquet_is_known_by_its_first_bytes_and_xlsx_is_for_another(tmp_path: Path) -> None:
    assert ADAPTER.detect(parquet(tmp_path / "in.dat", a=["1"])) == "generic"
    for suffix in ("xlsx", "xlsm"):
        path = tmp_path / f"in.{suffix}"
        openpyxl.Workbook().save(path)
        assert ADAPTER.detect(path) == "no"


def test_an_xlsx_under_another_name_is_refused_because_less_would_be_seen_of_it(tmp_path: Path) -> None:
    path = tmp_path / "in.xls"
    openpyxl.Workbook().save(path)
    with pytest.raises(SourceError, match=r"is an \.xlsx workbook; .* adapter excel"):
        records(path)


@pytest.mark.parametrize("content", [b"<html><table><tr><td>Nro</td></tr></table></html>", b"Nro;Summa\n1;2\n"])
def test_text_that_is_called_xls_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.xls"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="or Parquet file by its content"):
        records(path)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.ods"
    path.touch()
    with pytest.raises(SourceError, match=r"in\.ods: the file is empty"):
        records(path)


@pytest.mark.parametrize("kind", ["ods", "xls", "xlsb", "parquet"])
@pytest.mark.parametrize("share", [0.3, 0.7, 0.98])
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, kind: str, share: float) -> None:
    whole = parquet(tmp_path / "x", a=["1"]) if kind == "parquet" else DATA / f"table_kinds.{kind}"
    path = tmp_path / f"in.{kind}"
    content = whole.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SourceError, match=r"in\..*damaged") as caught:
        records(path)
    assert "\n" not in str(caught.value)


def test_a_spreadsheet_with_a_password_is_refused(book: Path) -> None:
    ods(book, {"A": [HEADER, ROW]}, is_locked=True)
    with pytest.raises(SourceError, match="protected with a password"):
        records(book)


def test_an_xls_with_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.xls"
    content = (DATA / "table_kinds.xls").read_bytes()
    at = content.index(b"\x3d\x00\x12\x00")  # the record of the window becomes one of a password
    path.write_bytes(content[:at] + b"\x2f\x00\x12\x00\x01\x00" + content[at + 6 :])
    with pytest.raises(SourceError, match="protected with a password"):
        records(path)


# -- what is installed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["pandas", "python_calamine"])
def test_what_is_missing_is_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SourceError, match=r'^table_kinds.ods: .* pip install "confirma-connector\[table\]"'):
        records(DATA / "table_kinds.ods")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = parquet(tmp_path / "in.parquet", a=["1"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(SourceError, match=r'pip install "confirma-connector\[table\]"'):
        records(path)


def test_finding_and_asking_the_adapter_loads_no_pandas() -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom confirma_connector import plugins\n"
        f"adapter = plugins.discover().get('table')\nadapter.options()\nadapter.detect(Path({str(DATA / 'table_kinds.ods')!r}))\n"
        "print(*{'pandas', 'numpy', 'pyarrow', 'python_calamine'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == ""

"""Results of sources that cannot carry them: a list beside them, as CSV or as a workbook, kept up to date."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from spreadsheets import Cell, ods
from world import DAY, HEADERS, World, csv_rows, csv_text, invoice_rows

from confirma_connector.errors import SettingsError

OURS = ["number", "where", "confirma_state", "confirma_message", "confirma_updated", "confirma_case_id"]
NUMBERS = {"Määrä": 2.0, "Hinta": 50.0, "ALV": 25.5}


def table_world(world: World, results: str = "") -> World:
    """Give the same world with a mapping for tables."""
    mapping = world.folder / "table.yaml"
    text = (world.folder / "mapping.yaml").read_text(encoding="utf-8")
    mapping.write_text(text.replace("adapter: csv_file", "adapter: table") + results, encoding="utf-8")
    return world.but(mapping=str(mapping))


def source(world: World, *numbers: int | str, **changes: Cell) -> Path:
    """Write a spreadsheet with plain invoices, typed as a spreadsheet types them."""
    plain = {"Pvm": DAY, **NUMBERS, **changes}
    rows: list[list[Cell]] = []
    for number in numbers:
        texts = dict(zip(HEADERS, invoice_rows(number)[0], strict=True))
        typed: dict[str, Cell] = {**texts, "Nro": float(number) if isinstance(number, int) else number, **plain}
        rows.append([typed[header] for header in HEADERS])
    return ods(world.folder / "in.ods", {"Laskut": [list(HEADERS), *rows]})


def workbook_rows(path: Path) -> list[dict[str, str]]:
    sheet = openpyxl.load_workbook(path).active
    header, *rows = sheet.iter_rows(values_only=True)
    assert list(header) == OURS
    return [{name: text or "" for name, text in zip(OURS, row, strict=True)} for row in rows]


def edit(path: Path) -> bytes:
    book = openpyxl.load_workbook(path)
    book.active["G1"] = "Oma"
    book.save(path)
    return path.read_bytes()


def names(world: World) -> list[str]:
    return sorted(path.name for path in world.folder.iterdir() if path.is_file() and path.suffix != ".yaml")


# -- from a spreadsheet to delivered invoices --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "name", "read"),
    [
        ("", "in.results.csv", lambda path: csv_rows(path, "utf-8-sig")),
        ("results: {file: csv}\n", "in.results.csv", lambda path: csv_rows(path, "utf-8-sig")),
        ("results: {file: xlsx}\n", "in.results.xlsx", workbook_rows),
    ],
)
def test_a_spreadsheet_is_sent_and_its_results_are_a_list_that_track_updates(
    world: World, block: str, name: str, read: Callable[[Path], list[dict[str, str]]]
) -> None:
    world = table_world(world, block)
    path = source(world, 1001, 1002)
    before = path.read_bytes()
    report = world.send(path)
    results = world.folder / name
    assert (report.exit_code, report.files[0].results, world.arrived()) == (0, str(results), [1001, 1002])
    assert report.files[0].notices == ("list of results: in.ods cannot carry them",)
    assert [(row["number"], row["where"], row["confirma_state"]) for row in read(results)] == [
        ("1001", "Laskut!2", "waiting"),
        ("1002", "Laskut!3", "waiting"),
    ]
    world.track()
    assert [row["confirma_state"] for row in read(results)] == ["delivered", "delivered"]
    world.send(path)
    assert (world.posts(), path.read_bytes(), names(world)) == (2, before, ["in.ods", name])


def test_a_wrong_cell_is_named_as_the_spreadsheet_names_it(world: World) -> None:
    world = table_world(world)
    report = world.send(source(world, 1001, Hinta="viisikymmentä"))
    (row,) = csv_rows(world.folder / "in.results.csv", "utf-8-sig")
    assert (report.exit_code, row["confirma_state"], world.arrived()) == (1, "invalid", [])
    assert 'Hinta "viisikymmentä": expected a number' in row["confirma_message"]
    assert report.files[0].invoices[0].problems[0].where == "Laskut!Q2"


def test_a_number_that_its_cell_could_not_hold_is_not_sent(world: World) -> None:
    world = table_world(world)
    report = world.send(source(world, 1001, IBAN=12345678901234567890.0))
    (row,) = csv_rows(world.folder / "in.results.csv", "utf-8-sig")
    assert (row["confirma_state"], world.arrived()) == ("invalid", [])
    assert report.files[0].invoices[0].problems[0].where == "Laskut!H2"
    assert "more than 15 digits" in row["confirma_message"]


# -- the workbook ------------------------------------------------------------------------------------------------------


def test_everything_in_the_workbook_is_text_and_nothing_is_a_formula(world: World) -> None:
    world = table_world(world, "results: {file: xlsx}\n")
    world.send(source(world, "=1+1", 1002))
    sheet = openpyxl.load_workbook(world.folder / "in.results.xlsx").active
    assert [sheet["A2"].value, sheet["A3"].value] == ["'=1+1", "1002"]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {(cell.data_type, cell.number_format) for cell in cells if cell.value is not None} == {("s", "@")}


def test_the_workbook_has_a_header_that_stays_and_filters(world: World) -> None:
    world = table_world(world, "results: {file: xlsx, state: Tila}\n")
    world.send(source(world, 1001))
    sheet = openpyxl.load_workbook(world.folder / "in.results.xlsx").active
    assert [cell.value for cell in sheet[1]] == [*OURS[:2], "Tila", *OURS[3:]]
    assert (sheet["C1"].font.bold, sheet["C2"].font.bold) == (True, False)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F2")
    assert sheet.column_dimensions["D"].width > sheet.column_dimensions["A"].width


def test_the_same_results_are_the_same_bytes(world: World) -> None:
    world = table_world(world, "results: {file: xlsx}\n")
    path = source(world, 1001)
    world.send(path)
    world.track()
    results = world.folder / "in.results.xlsx"
    before = results.stat()
    world.track()
    assert (results.stat().st_ino, results.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    with ZipFile(results) as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_characters_that_a_workbook_cannot_hold_become_spaces(world: World) -> None:
    world.send(world.source(rows=invoice_rows("10\x0101")), output=world.folder / "out.xlsx")
    assert workbook_rows(world.folder / "out.xlsx")[0]["number"] == "10 01"


def test_a_workbook_a_person_changed_is_left_alone_and_another_is_written(world: World) -> None:
    world = table_world(world, "results: {file: xlsx}\n")
    path = source(world, 1001)
    world.send(path)
    edited = edit(world.folder / "in.results.xlsx")
    report = world.track()
    assert (world.folder / "in.results.xlsx").read_bytes() == edited
    assert workbook_rows(world.folder / "in.results-2.xlsx")[0]["confirma_state"] == "delivered"
    assert (report.exit_code, "in.results.xlsx left alone" in report.files[0].notices[0]) == (0, True)


def test_the_results_of_the_sandbox_are_called_so(world: World) -> None:
    world = table_world(world, "results: {file: xlsx}\n").but(environment="sandbox", account="sandbox")
    world.send(source(world, 1001))
    assert workbook_rows(world.folder / "in.sandbox.results.xlsx")[0]["confirma_state"] == "TEST waiting"


# -- the name says the kind --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", ["", "results: {file: xlsx}\n"])
def test_an_output_says_by_its_name_which_kind_of_list_it_is(world: World, block: str) -> None:
    world = table_world(world, block)
    path, book, text = source(world, 1001), world.folder / "tulos.XLSX", world.folder / "tulos.csv"
    world.send(path, output=book)
    world.send(path, output=text)
    world.track()
    assert workbook_rows(book)[0]["confirma_state"] == "delivered"
    assert csv_rows(text, "utf-8-sig")[0]["confirma_state"] == "delivered"
    assert names(world) == ["in.ods", "tulos.XLSX", "tulos.csv"]


def test_an_output_of_another_kind_than_the_source_is_a_list(world: World) -> None:
    path, out = world.source(1001), world.folder / "tulos.xlsx"
    report = world.send(path, output=out)
    assert report.files[0].notices == ("list of results: in.csv cannot be copied into a .xlsx file",)
    world.track()
    assert workbook_rows(out)[0]["confirma_state"] == "delivered"
    assert names(world) == ["in.csv", "tulos.xlsx"]


def test_a_csv_without_header_gets_the_kind_of_list_its_mapping_says(world: World) -> None:
    text = (world.folder / "mapping.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("columns:")
    for index, header in enumerate(HEADERS, 1):
        rest = rest.replace(f"[{header}]", f'["#{index}"]')
    mapping = world.folder / "headless.yaml"
    options = "source: {header_row: none, delimiter: semicolon}\nresults: {file: xlsx}\n"
    mapping.write_text(f"{head}{options}columns:{rest}", encoding="utf-8")
    world = world.but(mapping=str(mapping))
    path = world.folder / "in.csv"
    path.write_text(csv_text(invoice_rows(1001)).split("\n", 1)[1], encoding="utf-8")
    world.send(path)
    world.track()
    assert workbook_rows(world.folder / "in.results.xlsx")[0]["confirma_state"] == "delivered"
    assert names(world) == ["in.csv", "in.results.xlsx"]


def test_results_in_place_of_a_source_that_cannot_carry_them_lie_beside_it(world: World) -> None:
    world = table_world(world)
    path = source(world, 1001)
    before = path.read_bytes()
    world.send(path, in_place=True)
    assert (path.read_bytes(), names(world)) == (before, ["in.ods", "in.results.csv"])


# -- without openpyxl --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "choice"),
    [
        ("results: {file: xlsx}\n", {}),
        ("results: {file: xlsx}\n", {"in_place": True}),
        ("", {"output": Path("tulos.xlsx")}),
    ],
)
def test_without_openpyxl_nothing_is_sent_before_that_is_said(
    world: World, monkeypatch: pytest.MonkeyPatch, block: str, choice: dict[str, Any]
) -> None:
    world = table_world(world, block)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    monkeypatch.chdir(world.folder)
    with pytest.raises(SettingsError, match=r'pip install "confirma-connector\[excel\]"'):
        world.send(source(world, 1001), **choice)
    assert (world.arrived(), names(world)) == ([], ["in.ods"])


def test_a_workbook_that_cannot_be_updated_loses_no_state(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world = table_world(world, "results: {file: xlsx}\n")
    world.send(source(world, 1001))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "openpyxl", None)
        report = world.track()
    assert (report.exit_code, world.states()) == (1, {1001: "delivered"})
    assert "next run catches up" in str(report)
    world.track()
    assert workbook_rows(world.folder / "in.results.xlsx")[0]["confirma_state"] == "delivered"

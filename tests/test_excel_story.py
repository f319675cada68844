"""The whole story with a workbook: sent, tracked, sorted, corrected, sent again, and every state beside its own invoice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.table import Table
from world import DAY, HEADERS, MAPPING, World, as_json, invoice_rows

STATE = "confirma_state"


@pytest.fixture
def excel(world: World) -> World:
    """The plain world with a mapping for workbooks."""
    text = MAPPING.replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
    (world.folder / "mapping.yaml").write_text(text, "utf-8")
    return world


def book(folder: Path, rows: Iterable[Sequence[str]], name: str = "in.xlsx", *, table: bool = True) -> Path:
    """A workbook as a person makes one: real dates and numbers, a title, a second sheet, the list as a table."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "Laskut"
    sheet["A1"] = "Laskut, lokakuu"
    sheet.merge_cells("A1:F1")
    top = 3
    for column, header in enumerate(HEADERS, 1):
        sheet.cell(top, column, header)
    for index, row in enumerate(rows, top + 1):
        for column, (header, text) in enumerate(zip(HEADERS, row, strict=True), 1):
            _fill(sheet.cell(index, column), header, text)
    if table:
        last = sheet.cell(sheet.max_row, len(HEADERS)).coordinate
        sheet.add_table(Table(displayName="Lista", ref=f"A{top}:{last}"))
    made.create_sheet("Muistio")["A1"] = "oma muistiinpano"
    path = folder / name
    made.save(path)
    return path


def _fill(cell: Any, header: str, text: str) -> None:
    if header in ("Nro", "Määrä", "Hinta", "Hyvittää") and text.replace(",", "").lstrip("-").isdigit():
        cell.value = Decimal(text.replace(",", "."))
    elif header in ("Pvm", "Eräpvm") and text == f"{DAY:%d.%m.%Y}":
        cell.value = DAY
        cell.number_format = "d.m.yyyy"
    elif header == "ALV":
        cell.value = Decimal(text.replace(",", ".")) / 100
        cell.number_format = "0.0 %"
    elif header == "Postinumero" and text:
        cell.value = int(text)
        cell.number_format = "00000"
    else:
        cell.value = text or None


def cells(path: Path) -> dict[str, dict[str, str]]:
    """What a person sees in the list, by invoice number."""
    sheet = openpyxl.load_workbook(path)["Laskut"]
    lines = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
    return {str(row["Nro"]): {str(name): str(value or "") for name, value in row.items()} for row in rows}


def states(path: Path) -> dict[str, str]:
    return {number: row[STATE] for number, row in cells(path).items()}


def test_a_workbook_goes_out_and_comes_back_with_its_states(excel: World) -> None:
    source = book(excel.folder, [*invoice_rows(1001), *invoice_rows(1002, Sähköposti="", Postinumero="00001")])
    before = source.read_bytes()
    assert excel.send(source).exit_code == 0
    results = excel.folder / "in.results.xlsx"
    assert states(results) == {"1001": "waiting", "1002": "waiting"}
    assert excel.track().exit_code == 1
    assert states(results) == {"1001": "delivered", "1002": "failed"}
    assert cells(results)["1002"]["confirma_message"].startswith('Postinumero "00001": Confirma says')
    assert source.read_bytes() == before
    (listed,) = openpyxl.load_workbook(results)["Laskut"].tables.values()
    assert [column.name for column in listed.tableColumns][-4:] == [
        STATE,
        "confirma_message",
        "confirma_updated",
        "confirma_case_id",
    ]
    assert openpyxl.load_workbook(results)["Muistio"]["A1"].value == "oma muistiinpano"


def test_what_was_sent_is_what_the_cells_show(excel: World) -> None:
    excel.send(book(excel.folder, invoice_rows(1001)))
    assert excel.server
    (body,) = excel.server.ledger.bodies(1001)
    sent = as_json(body.decode())["invoice"]
    assert sent["header"]["date"] == DAY.isoformat()
    assert sent["parties"]["buyerParty"]["address"]["postalCode"] == "00100"
    assert sent["rows"][0]["vatPercentage"] == 25.5
    assert b'"vatPercentage":25.5' in body


def test_a_list_sorted_and_saved_by_another_program_keeps_every_state_with_its_invoice(excel: World) -> None:
    numbers = range(1001, 1011)
    rows = [row for number in numbers for row in invoice_rows(number, Asiakas=f"Ostaja {1100 - number} Oy")]
    wrong = invoice_rows(1020, Asiakas="Ostaja 00 Oy", Sähköposti="", Postinumero="00001")
    excel.send(book(excel.folder, [*rows, *wrong]))
    results = excel.folder / "in.results.xlsx"
    resaved = openpyxl.load_workbook(results)  # openpyxl stands for any program that writes the whole file anew
    sheet = resaved["Laskut"]
    lines = [[(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows(min_row=4)]
    for index, line in enumerate(sorted(lines, key=lambda line: str(line[8][0])), 4):
        for column, (value, shown) in enumerate(line, 1):
            cell = sheet.cell(index, column)
            cell.value, cell.number_format = value, shown
    resaved.save(results)
    assert list(states(results)) == ["1020", *map(str, reversed(numbers))]
    assert excel.track().exit_code == 1
    assert states(results) == {"1020": "failed", **dict.fromkeys(map(str, numbers), "delivered")}


def test_a_delivery_error_is_corrected_in_the_results_workbook_and_sent_again(excel: World) -> None:
    excel.send(book(excel.folder, [*invoice_rows(1001), *invoice_rows(1002, Sähköposti="", Postinumero="00001")]))
    excel.track()
    results = excel.folder / "in.results.xlsx"
    edited = openpyxl.load_workbook(results)
    column = HEADERS.index("Postinumero") + 1
    assert edited["Laskut"].cell(5, column).value == 1
    edited["Laskut"].cell(5, column).value = 100
    edited.save(results)
    assert excel.command("send", results, "--resend-corrected").returncode == 0
    assert excel.command("track").returncode == 0
    assert states(results) == {"1001": "delivered", "1002": "delivered"}
    assert excel.arrived() == [1001, 1002, 1002]
    assert not list(excel.folder.glob("*results.results*"))


def test_a_mistake_is_named_by_its_cell_and_stands_beside_its_row(excel: World) -> None:
    source = book(excel.folder, [*invoice_rows(1001), *invoice_rows(1002, Hinta="kaksi"), *invoice_rows(1003)])
    done = excel.command("check", source)
    assert done.returncode == 1
    assert 'Laskut!Q5  Hinta  "kaksi"  invoice 1002\n        expected a number' in done.stdout
    assert excel.command("send", source).returncode == 1
    assert states(excel.folder / "in.results.xlsx") == {"1001": "waiting", "1002": "invalid", "1003": "waiting"}
    message = cells(excel.folder / "in.results.xlsx")["1002"]["confirma_message"]
    assert message.startswith('Hinta "kaksi": expected a number')
    assert excel.arrived() == [1001, 1003]


def test_a_formula_that_was_never_calculated_keeps_its_invoice_back(excel: World) -> None:
    source = book(excel.folder, [*invoice_rows(1001), *invoice_rows(1002)])
    edited = openpyxl.load_workbook(source)
    edited["Laskut"]["Q4"] = "=25*2"
    edited.save(source)
    report = excel.send(source)
    assert [invoice.state for invoice in report.files[0].invoices] == ["invalid", "waiting"]
    assert excel.arrived() == [1002]


def test_a_filtered_list_stops_the_run_until_the_mapping_says_what_to_do(excel: World) -> None:
    source = book(excel.folder, [*invoice_rows(1001), *invoice_rows(1002), *invoice_rows(1003)])
    edited = openpyxl.load_workbook(source)
    edited["Laskut"].row_dimensions[5].hidden = True
    edited.save(source)
    done = excel.command("send", source)
    assert done.returncode == 2
    assert "row 5 is hidden" in done.stderr
    assert excel.posts() == 0
    mapping = excel.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("{sheet: Laskut}", "{sheet: Laskut, hidden: skip}"), "utf-8")
    done = excel.command("send", source)
    assert done.returncode == 0
    assert "skipped: Laskut!5: the row is hidden (it has an amount)" in done.stdout
    assert excel.arrived() == [1001, 1003]


def test_a_protected_sheet_gets_its_results_and_that_is_said(excel: World) -> None:
    source = book(excel.folder, invoice_rows(1001), table=False)
    edited = openpyxl.load_workbook(source)
    edited["Laskut"].protection.sheet = True
    edited.save(source)
    report = excel.send(source)
    assert any("protected" in notice for notice in report.files[0].notices)
    assert states(excel.folder / "in.results.xlsx") == {"1001": "waiting"}


def test_a_workbook_that_cannot_carry_results_gets_a_list_beside_it_and_the_reason(excel: World) -> None:
    source = book(excel.folder, invoice_rows(1001))
    edited = openpyxl.load_workbook(source)
    edited["Laskut"].cell(4, len(HEADERS) + 1).value = "oma merkintä"
    edited.save(source)
    report = excel.send(source)
    assert "the table Lista" in report.files[0].notices[0]
    assert (excel.folder / "in.results.csv").read_text("utf-8-sig").splitlines()[1].startswith("1001;Laskut!4;waiting;")


def test_the_sandbox_marks_its_states_in_workbooks_too(excel: World) -> None:
    sandbox = excel.but(environment="sandbox", account="sandbox")
    sandbox.send(book(excel.folder, invoice_rows(1001)))
    assert states(excel.folder / "in.sandbox.results.xlsx") == {"1001": "TEST waiting"}


def test_a_filter_left_on_in_the_results_hides_nothing_from_track(excel: World) -> None:
    excel.send(book(excel.folder, [*invoice_rows(1001), *invoice_rows(1002)]))
    results = excel.folder / "in.results.xlsx"
    filtered = openpyxl.load_workbook(results)
    filtered["Laskut"].row_dimensions[4].hidden = True
    filtered.save(results)
    assert excel.track().exit_code == 0
    assert states(results) == {"1001": "delivered", "1002": "delivered"}
    assert excel.command("send", results).returncode == 2  # what is to go is another matter: it has to be said

"""`confirma mappings lint`: what is odd about a mapping that loads, alone and beside the files it is for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook

from confirma_connector.cli import main
from confirma_connector.mapping import shipped

MAPPING = """version: 1
name: own
adapter: csv_file
locale: {decimal: ",", dates: ["%d.%m.%Y"]}
columns:
  number: [Nro]
  kind: [Laji]
invoice:
  number: number
  date: Pvm
  type: {column: kind, table: kinds, default: INVOICE}
  currency_code: {constant: EUR}
  seller.name: {constant: Myyjä Oy}
  buyer.name: Asiakas
  buyer.contact.email: Sähköposti
  distribution.method: {constant: EMAIL}
rows: {net_amount: Veroton, vat_percentage: ALV}
tables:
  kinds: {Lasku: INVOICE, Hyvitys: CREDIT_NOTE}
"""
DATA = "Nro;Laji;Pvm;Asiakas;Sähköposti;Veroton;ALV\n1;Lasku;1.11.2026;A Oy;a@example.com;10,00;24\n"


def lint(folder: Path, text: str = MAPPING, data: str = "") -> list[str]:
    """What is said of the mapping *text*, with what belongs to no file of ours left off."""
    (folder / "own.yaml").write_text(text, "utf-8")
    words = ["mappings", "lint", str(folder / "own.yaml")]
    if data:
        (folder / "laskut.csv").write_text(data, "utf-8")
        words += ["--data", str(folder / "laskut.csv")]
    result = CliRunner().invoke(main, words)
    lines = result.stdout.replace(str(folder / "own.yaml"), "own.yaml").splitlines()
    assert result.exit_code == (0 if "nothing odd" in lines[-1] else 1), result.output
    return lines[:-1]


def odd(old: str, new: str) -> str:
    assert MAPPING.count(old) == 1
    return MAPPING.replace(old, new)


def test_a_whole_mapping_has_nothing_odd(tmp_path: Path) -> None:
    assert lint(tmp_path) == []


@pytest.mark.parametrize("name", shipped())
def test_no_shipped_mapping_is_odd(name: str) -> None:
    result = CliRunner().invoke(main, ["mappings", "lint", name])
    odd = [line for line in result.stdout.splitlines()[:-1] if "invoices that go by LETTER will lack" not in line]
    assert odd == []  # an export without addresses is filled from a register, by the mapping on top


def test_a_column_that_nothing_reads_is_named_with_its_line(tmp_path: Path) -> None:
    said = lint(tmp_path, odd("  kind: [Laji]\n", "  kind: [Laji]\n  extra: [Lisätieto]\n"))
    assert said == ["own.yaml, line 8: columns.extra: no other line of the mapping reads this column"]


def test_a_table_and_a_register_that_nothing_uses_are_named(tmp_path: Path) -> None:
    text = MAPPING + "  units: {kpl: PCS}\nregisters:\n  customers: {file: asiakkaat.csv, key: Nro, by: number}\n"
    (tmp_path / "asiakkaat.csv").write_text("Nro;Nimi\n1;A\n", "utf-8")
    assert lint(tmp_path, text) == [
        "own.yaml, line 20: tables.units: no field is looked up in this table",
        "own.yaml, line 22: registers.customers: no field is filled from this register",
    ]


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("starts_with: Yht", "equals: Yhteensä", "every row it would leave out is left out by skip.0 already"),
        ("empty: true", "empty: true", "every row it would leave out is left out by skip.0 already"),
        ("in: [a, b]", "in: [b, c]", 'skip.0 leaves out "b" already'),
        ("equals: Yhteensä", "starts_with: Yht", 'skip.0 leaves out "Yhteensä" already'),
        ("starts_with: Y", "starts_with: Yht", "every row it would leave out is left out by skip.0 already"),
    ],
)
def test_skips_that_leave_out_the_same_are_named(tmp_path: Path, first: str, second: str, said: str) -> None:
    skips = f"skip: [{{column: number, {first}}}, {{column: number, {second}}}]\ninvoice:"
    assert lint(tmp_path, odd("invoice:", skips)) == [f"own.yaml, line 8: skip.1: {said}"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{column: number, starts_with: Yht}", "{column: kind, starts_with: Yht}"),
        ("{column: number, equals: Yhteensä}", "{column: number, equals: Summa}"),
        ("{column: number, empty: true}", "{column: number, starts_with: Yht}"),
        ("{column: number, equals: a, part: line}", "{column: number, equals: a, part: header}"),
    ],
)
def test_skips_of_different_rows_are_not(tmp_path: Path, first: str, second: str) -> None:
    assert lint(tmp_path, odd("invoice:", f"skip: [{first}, {second}]\ninvoice:")) == []


def test_a_way_of_distribution_whose_fields_are_not_mapped_is_named(tmp_path: Path) -> None:
    text = odd("{constant: EMAIL}", "{column: Tapa, table: ways}") + "  ways: {posti: LETTER, sähkö: EMAIL}\n"
    (said,) = lint(tmp_path, text)
    assert said == (
        "own.yaml: invoice: invoices that go by LETTER will lack buyer.address.street, buyer.address.postal_code, "
        "buyer.address.postal_district, buyer.address.country_code"
    )


def test_rows_without_amount_and_vat_are_named(tmp_path: Path) -> None:
    text = odd("rows: {net_amount: Veroton, vat_percentage: ALV}", "rows: {description: Selite}")
    assert lint(tmp_path, text) == [
        "own.yaml: rows: rows have no VAT: map vat_percentage",
        "own.yaml: rows: rows have no amount: one of net_amount, gross_amount, unit_price is needed",
    ]


def test_what_is_inherited_is_not_told_of_the_file_on_top(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(odd("  kind: [Laji]\n", "  kind: [Laji]\n  extra: [Lisätieto]\n"), "utf-8")
    assert lint(tmp_path, "version: 1\nname: own\nextends: base.yaml\n") == []


def test_codes_skips_and_columns_are_told_beside_a_file(tmp_path: Path) -> None:
    skips = "skip: [{column: number, equals: Yhteensä}, {column: Asiakas, starts_with: Huom}]\ninvoice:"
    data = DATA.replace("ALV\n", "ALV;Sisäinen\n") + "Yhteensä;;;Huom!;;10,00;\n"
    assert sorted(lint(tmp_path, odd("invoice:", skips), data)) == [
        'laskut.csv: note: columns that the mapping does not read: "Sisäinen"',
        'own.yaml, line 20: tables.kinds: note: 1 code never stands there: "Hyvitys"',
        "own.yaml, line 8: skip.1: would leave out 1 row that skip.0 leaves out: line 3",
    ]


def test_a_skip_without_a_row_and_a_column_without_a_value_are_told_beside_a_file(tmp_path: Path) -> None:
    text = odd("invoice:", "skip: [{column: number, equals: Yhteensä}]\ninvoice:")
    data = (DATA + DATA.splitlines()[1].replace("Lasku", "Hyvitys") + "\n").replace("a@example.com", "")
    assert sorted(lint(tmp_path, text, data)) == [
        'own.yaml, line 16: invoice.buyer.contact.email: note: its column "Sähköposti" is empty everywhere',
        "own.yaml, line 8: skip.0: note: left out no row",
    ]


def test_a_typed_number_is_the_code_that_the_mapping_spells(tmp_path: Path) -> None:
    text = odd("adapter: csv_file", "adapter: excel").replace(
        "vat_percentage: ALV", "vat_percentage: {column: ALV, table: rates}"
    )
    (tmp_path / "own.yaml").write_text(text + '  rates: {"0,255": "25,5", "0,1": "10"}\n', "utf-8")
    book = Workbook()
    assert book.active
    book.active.append(DATA.splitlines()[0].split(";"))
    book.active.append([1, "Lasku", date(2026, 11, 1), "A Oy", "a@example.com", 10, 0.255])
    book.active.append([2, "Hyvitys", date(2026, 11, 1), "A Oy", "a@example.com", 10, 0.255])
    book.save(tmp_path / "laskut.xlsx")
    words = ["mappings", "lint", str(tmp_path / "own.yaml"), "--data", str(tmp_path / "laskut.xlsx")]
    lines = CliRunner().invoke(main, words).stdout.splitlines()
    assert [line.partition("tables.")[2] for line in lines[:-1]] == ['rates: note: 1 code never stands there: "0,1"']


def test_a_mapping_that_cannot_be_used_is_told_as_ever(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(odd("buyer.name: Asiakas", "buyer.nam: Asiakas"), "utf-8")
    result = CliRunner().invoke(main, ["mappings", "lint", str(tmp_path / "own.yaml")])
    assert result.exit_code == 2
    assert 'there is no such field; did you mean "buyer.name"?' in result.stderr


def test_findings_are_data_for_machines(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(odd("  kind: [Laji]\n", "  kind: [Laji]\n  extra: [x]\n"), "utf-8")
    result = CliRunner().invoke(main, ["mappings", "lint", str(tmp_path / "own.yaml"), "--json"])
    (one,) = json.loads(result.stdout)["findings"]
    assert (one["line"], one["place"]) == (8, "columns.extra")


def test_notes_are_counted_where_nothing_is_odd(tmp_path: Path) -> None:
    lint(tmp_path, data=DATA)
    words = ["mappings", "lint", str(tmp_path / "own.yaml"), "--data", str(tmp_path / "laskut.csv")]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stdout.count(": note: ")) == (0, 1)
    assert result.stdout.endswith("own.yaml: nothing odd, 1 note\n")

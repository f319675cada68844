"""The fill-in workbook: what it looks like, that it can be sent as it is, and that results come back into it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mapped import registry
from openpyxl import Workbook, load_workbook
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet
from world import World

from confirma_connector import contract, pipeline
from confirma_connector.errors import SettingsError
from confirma_connector.fields import CHOICES
from confirma_connector.mapping import find, load_mapping
from confirma_connector.records import RESULT_HEADERS, STATES
from confirma_connector.report import Report
from confirma_connector.settings import Settings
from confirma_connector.template.making import make
from confirma_connector.template.wording import LANGUAGES, Language, Wording, worded

SAMPLES = Path(__file__).parents[1] / "samples"
MAPPING = load_mapping(find("template"), registry())
TODAY = dt.date(2026, 11, 2)
SHEETS = {"fi": ["Laskut", "Ohje", "Luettelot"], "sv": ["Fakturor", "Anvisning", "Listor"]}
SHEETS["en"] = ["Invoices", "Instructions", "Lists"]
IDS = (
    *("reference", "postal_code", "buyer_id", "buyer_vat_number", "seller_id", "iban", "bic"),
    *("einvoice_address", "einvoice_operator", "product_code", "order"),
)
DATES = ("date", "due", "supplied")
in_every_language = pytest.mark.parametrize("language", LANGUAGES)


def made(folder: Path, language: Language) -> Workbook:
    path = folder / f"{language}.xlsx"
    make(path, language, TODAY)
    return load_workbook(path)


def columns(sheet: Worksheet, language: Language) -> dict[str, str]:
    """Give the letter of each column by the mapping's word for it."""
    wording = worded(language, TODAY)
    places = {cell.value: cell.column_letter for cell in sheet[1]}
    return {word: places[heading] for word, heading in wording.headings.items()}


def guards(sheet: Worksheet) -> dict[str, DataValidation]:
    """Give the data validation of each column by its letter; each reaches from row 2 to row 1000 at least."""
    found = {}
    for guard in sheet.data_validations.dataValidation:
        left, top, right, bottom = range_boundaries(str(guard.sqref))
        assert (left, top) == (right, 2)
        assert bottom is not None
        assert bottom >= 1000
        found[get_column_letter(left)] = guard
    return found


def offered(book: Workbook, guard: DataValidation) -> list[Any]:
    """Give what a drop-down list shows."""
    title, _, area = guard.formula1.rpartition("!")
    return [row[0].value for row in book[title.strip("'")][area.replace("$", "")]]


def checked(path: Path) -> Report:
    """Check a workbook with no mapping named."""
    run = pipeline.Run(Settings(account="sandbox"), contract.read(), registry())
    return pipeline.check(run, pipeline.Choice(paths=(path,)))


# -- how it is made ----------------------------------------------------------------------------------------------------


@in_every_language
def test_a_workbook_is_made_and_passes_its_check_with_no_mapping_named(world: World, language: Language) -> None:
    path = world.folder / "to fill in.xlsx"
    done = world.command("template", "--language", language, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert str(path) in done.stdout
    away = ("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT", "CONFIRMA_MAPPING")
    done = world.command("check", path, "--json", **dict.fromkeys(away, ""))
    assert done.returncode == 0, done.stdout
    (file,) = json.loads(done.stdout)["files"]
    assert (file["mapping"], file["rows"], file["skipped"]) == ("template", 4, [])
    assert [(one["number"], one["state"], one["problems"]) for one in file["invoices"]] == [
        ("1001", "ready", []),
        ("1002", "ready", []),
    ]
    assert file["methods"] == {"EMAIL": 1, "EDI": 1}


def test_it_is_in_the_language_of_who_makes_it_where_nothing_else_is_said(world: World) -> None:
    assert world.command("template", "a.xlsx", CONFIRMA_LANGUAGE="fi").returncode == 0
    assert load_workbook(world.folder / "a.xlsx").sheetnames == SHEETS["fi"]
    assert world.command("template", "b.xlsx", CONFIRMA_LANGUAGE="sv").returncode == 0
    assert load_workbook(world.folder / "b.xlsx").sheetnames == SHEETS["sv"]


def test_nothing_is_overwritten(world: World) -> None:
    path = world.folder / "a.xlsx"
    path.write_bytes(b"mine")
    done = world.command("template", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"confirma: {path}: there is such a file already, and it stays as it is; give another name"
    ]
    assert path.read_bytes() == b"mine"


@pytest.mark.parametrize("name", ["a.xls", "a", "a.csv", "a.xlsm", "xlsx"])
def test_a_name_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match=r"must end in \.xlsx"):
        make(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"a\.xlsx: cannot be written"):
        make(tmp_path / "nowhere" / "a.xlsx")


def test_without_openpyxl_the_extra_to_install_is_named(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules['openpyxl'] = None\nfrom confirma_connector.cli import main\n"
        f"main(['template', {str(tmp_path / 'a.xlsx')!r}], prog_name='confirma')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert 'pip install "confirma-connector[excel]"' in line


# -- what it looks like ------------------------------------------------------------------------------------------------


@in_every_language
def test_its_headings_are_those_of_its_mapping_in_one_table(tmp_path: Path, language: Language) -> None:
    book = made(tmp_path, language)
    sheet = book.worksheets[0]
    position = LANGUAGES.index(language)
    headings = [spellings[position] for spellings in MAPPING.file.columns.values()]
    assert book.sheetnames == SHEETS[language]
    assert book.active is sheet
    assert [cell.value for cell in sheet[1]] == headings
    assert len({heading.casefold() for heading in headings}) == len(headings)
    ((name, area),) = sheet.tables.items()
    assert (name, area) == (sheet.title, f"A1:{get_column_letter(len(headings))}5")
    assert [column.name for column in sheet.tables[name].tableColumns] == headings
    assert sheet.freeze_panes == "C2"


def test_every_column_and_word_of_its_mapping_stands_in_three_languages() -> None:
    assert all(len(spellings) == len(LANGUAGES) for spellings in MAPPING.file.columns.values())
    for table in MAPPING.file.tables.values():
        meanings = list(table.values())
        assert all(meanings.count(meaning) == len(LANGUAGES) for meaning in meanings)
    assert list(worded("fi", TODAY).texts.columns) == list(MAPPING.file.columns)


@in_every_language
def test_ids_are_text_and_dates_are_dates_down_the_whole_column(tmp_path: Path, language: Language) -> None:
    sheet = made(tmp_path, language).worksheets[0]
    letters = columns(sheet, language)
    for words, expected in ((IDS, {"@"}), (DATES, {"d.m.yyyy", "yyyy-mm-dd"}), (("price",), {"#,##0.00##"})):
        for word in words:
            cells = {cell.number_format for cell in sheet[letters[word]][1:]}
            assert cells | {sheet.column_dimensions[letters[word]].number_format} <= expected
    assert {type(cell.value) for word in DATES for cell in sheet[letters[word]][1:]} == {dt.datetime, type(None)}
    assert {type(cell.value) for cell in sheet[letters["vat"]][1:]} == {float}
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@in_every_language
def test_every_column_says_what_belongs_there(tmp_path: Path, language: Language) -> None:
    sheet = made(tmp_path, language).worksheets[0]
    found = guards(sheet)
    assert list(found) == [cell.column_letter for cell in sheet[1]]
    for letter, guard in found.items():
        assert guard.showInputMessage
        assert guard.promptTitle == sheet[f"{letter}1"].value[:32]
        assert 0 < len(guard.prompt) <= 255
        assert guard.showErrorMessage == bool(guard.error)
        assert not set("{}") & set(guard.prompt + (guard.error or ""))


@in_every_language
def test_what_a_list_offers_is_what_the_mapping_knows(tmp_path: Path, language: Language) -> None:
    book = made(tmp_path, language)
    letters, found = columns(book.worksheets[0], language), guards(book.worksheets[0])
    for name, rule in MAPPING.file.invoice.items():
        if rule.table is not None:
            words = offered(book, found[letters[str(rule.column)]])
            conversion = MAPPING.conversion("text", rule)
            assert set(map(conversion.value, words)) == set(CHOICES[name])
            assert [conversion.value(word.upper()) for word in words] == [conversion.value(word) for word in words]
            assert found[letters[str(rule.column)]].errorStyle == "stop"
    assert offered(book, found[letters["vat"]]) == [25.5, 13.5, 10, 0]
    assert found[letters["vat"]].errorStyle == "warning"
    assert "FI" in offered(book, found[letters["country"]])
    assert not found[letters["unit"]].showErrorMessage


def test_the_vat_rates_offered_are_those_of_the_day() -> None:
    assert worded("fi", dt.date(2025, 6, 1)).choices("vat_rates") == [Decimal("25.5"), 14, 10, 0]


def instructions(book: Workbook) -> str:
    return "\n".join(str(cell.value) for row in book.worksheets[1].iter_rows() for cell in row if cell.value)


@in_every_language
def test_the_instructions_name_every_column_command_and_result(tmp_path: Path, language: Language) -> None:
    text = instructions(made(tmp_path, language))
    wording = worded(language, TODAY)
    named = [*wording.headings.values(), *RESULT_HEADERS.names(), wording.sheet]
    named += [f"confirma check {language}.xlsx", f"confirma send {language}.xlsx", f"{language}.results.xlsx"]
    assert [name for name in named if name not in text] == []
    assert not set("{}") & set(text)
    states = [state for line in wording.texts.guide.results.lines[3:] for state in line.term.split(", ")]
    assert sorted(states) == sorted(set(STATES) - {"skipped"})
    assert text.count(f"confirma send {language}.results.xlsx --resend-corrected") == 2


def test_a_name_with_a_space_is_quoted_in_the_commands(tmp_path: Path) -> None:
    make(tmp_path / "my invoices.xlsx", "en", TODAY)
    text = instructions(load_workbook(tmp_path / "my invoices.xlsx"))
    assert 'confirma check "my invoices.xlsx"' in text
    assert "into my invoices.results.xlsx" in text
    assert 'confirma send "my invoices.results.xlsx" --resend-corrected' in text


@in_every_language
def test_the_first_instruction_is_to_delete_the_examples_and_it_is_bold(tmp_path: Path, language: Language) -> None:
    book = made(tmp_path, language)
    first = worded(language, TODAY).texts.guide.filling.lines[0]
    bold = [row for row in book.worksheets[1].iter_rows() if row[1].font.bold and row[0].value == first.term]
    assert [row[1].value for row in bold] == [worded(language, TODAY).filled(first.text)]


@in_every_language
def test_the_examples_are_grey_as_long_as_their_seller_stands_there(tmp_path: Path, language: Language) -> None:
    sheet = made(tmp_path, language).worksheets[0]
    letters = columns(sheet, language)
    rules = {str(area.sqref): area.rules for area in sheet.conditional_formatting}
    ((grey,), (red,)) = rules.values()
    assert list(rules) == [f"A2:{letters['bic']}2000", "A2:A2000"]
    assert (grey.dxf.font.i, grey.dxf.font.color.rgb) == (True, "007F7F7F")
    assert f'"{sheet[letters["seller"] + "2"].value}"' in grey.formula[0]
    assert red.formula == [f'AND($A2="",${letters["description"]}2<>"")']


@in_every_language
def test_every_row_of_the_examples_has_its_number(tmp_path: Path, language: Language) -> None:
    sheet = made(tmp_path, language).worksheets[0]
    assert [cell.value for cell in sheet["A"][1:]] == [1001, 1001, 1002, 1002]
    assert MAPPING.file.fill_down == ()


def test_the_sample_is_the_finnish_workbook_as_it_is_made(tmp_path: Path) -> None:
    make(tmp_path / "invoices.xlsx", "fi", TODAY)
    ours, sample = load_workbook(tmp_path / "invoices.xlsx"), load_workbook(SAMPLES / "template" / "invoices.xlsx")
    for title in SHEETS["fi"]:
        assert list(ours[title].values) == list(sample[title].values)


# -- filled in, and sent -----------------------------------------------------------------------------------------------


def write(sheet: Worksheet, row: int, wording: Wording, values: Mapping[str, object]) -> None:
    letters = columns(sheet, wording.language)
    for word, value in values.items():
        sheet[f"{letters[word]}{row}"] = value  # type: ignore[assignment]


@in_every_language
def test_rows_written_below_the_table_are_invoices_like_the_others(tmp_path: Path, language: Language) -> None:
    path = tmp_path / f"{language}.xlsx"
    book = made(tmp_path, language)
    sheet, wording = book.worksheets[0], worded(language, TODAY)
    letters = columns(sheet, language)
    seller = {word: sheet[f"{letters[word]}2"].value for word in ("seller", "seller_id", "iban", "bic")}
    methods, customers = wording.words("methods"), wording.words("customers")
    line = {"description": "Työ", "quantity": 2, "price": 10, "vat": 25.5}
    home = {"street": "Tie 1", "postal_code": "00100", "district": "HELSINKI", "country": "FI"}
    consumer = {"buyer": "Aino Esimerkki", "buyer_kind": customers["CONSUMER"], **home}
    dates = {"date": dt.date(2026, 11, 2), "due": dt.date(2026, 11, 16)}
    letter = {"method": methods["LETTER"].upper()}
    write(sheet, 6, wording, {"number": 1003, **line, **dates, **consumer, **seller, **letter})
    write(sheet, 7, wording, {"number": 1003, **line})
    credit = {"kind": wording.words("kinds")["CREDIT_NOTE"], "credits": 1003, "date": dt.date(2026, 11, 3)}
    write(sheet, 9, wording, {"number": 1004, **line, **credit, **consumer, **seller, "quantity": -1})
    book.save(path)
    (file,) = checked(path).files
    assert [(one.number, one.state) for one in file.invoices] == [
        ("1001", "ready"),
        ("1002", "ready"),
        ("1003", "ready"),
        ("1004", "ready"),
    ]
    assert file.methods == {"EMAIL": 1, "EDI": 1, "LETTER": 2}
    assert file.totals == {"EUR": Decimal("1297.08")}


def test_what_is_wrong_is_named_by_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "fi.xlsx"
    book = made(tmp_path, "fi")
    sheet = book.worksheets[0]
    letters = columns(sheet, "fi")
    sheet[f"{letters['email']}2"] = "no address"
    sheet[f"{letters['iban']}4"] = "FI21 1234 5600 0007 86"
    book.save(path)
    told = checked(path)
    assert told.exit_code == 1
    found = [problem for one in told.files[0].invoices for problem in one.details]
    assert [(problem.where, problem.header) for problem in found] == [
        (f"Laskut!{letters['email']}2", "Sähköposti"),
        (f"Laskut!{letters['iban']}4", "IBAN-tilinumero"),
    ]


@in_every_language
def test_results_are_written_back_and_the_table_grows_with_them(world: World, language: Language) -> None:
    source = made(world.folder, language)
    path = world.folder / f"{language}.xlsx"
    assert world.but(mapping=None).send(path).exit_code == 0
    assert world.arrived() == [1001, 1002]
    book = load_workbook(world.folder / f"{language}.results.xlsx")
    sheet, before = book.worksheets[0], source.worksheets[0]
    width = len(MAPPING.file.columns)
    assert book.sheetnames == source.sheetnames
    assert sheet.tables.items() == [(sheet.title, f"A1:{get_column_letter(width + 4)}5")]
    assert [cell.value for cell in sheet[1][width:]] == list(RESULT_HEADERS.names())
    assert [row[width] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["waiting", None, "waiting", None]
    assert [row[:width] for row in sheet.values] == list(before.values)
    assert guards(sheet).keys() == guards(before).keys()


def sort(sheet: Worksheet, letter: str) -> None:
    """Sort the rows by one column as a spreadsheet does: blank cells last, and equal ones as they stood."""
    index = column_index_from_string(letter) - 1
    rows = sorted(list(sheet.values)[1:], key=lambda row: (row[index] is None, row[index] or ""))
    for place, values in enumerate(rows, start=2):
        for column, value in enumerate(values, start=1):
            sheet.cell(place, column).value = value


def test_a_list_sorted_by_customer_sends_no_row_with_another_invoice(world: World) -> None:
    source = made(world.folder, "fi")
    path, sheet = world.folder / "fi.xlsx", source.worksheets[0]
    letters = columns(sheet, "fi")
    other = {word: sheet[f"{letter}2"].value for word, letter in letters.items()}
    write(sheet, 6, worded("fi", TODAY), {**other, "number": 1003, "reference": None, "buyer": "Aatos Oy"})
    sort(sheet, letters["buyer"])
    source.save(path)
    report = world.but(mapping=None).send(path)
    told = [(one.number, one.state, [problem.code for problem in one.details]) for one in report.files[0].invoices]
    assert told[0] == ("1003", "waiting", [])
    assert [number for number, _, _ in told[1:]] == ["1001", "1002"] * 2
    assert all(state == "invalid" and "E-NUMBER-TWICE" in codes for _, state, codes in told[1:])
    assert world.arrived() == [1003]
    sort(sheet, letters["number"])
    source.save(path)
    world.but(mapping=None).send(path)
    assert world.arrived() == [1001, 1002, 1003]


@pytest.mark.parametrize("label", ["Yhteensä", "Summa", "Total", "Totalt", "Huom. kaikki"])
def test_a_total_or_note_below_the_list_is_skipped(tmp_path: Path, label: str) -> None:
    path, book = tmp_path / "fi.xlsx", made(tmp_path, "fi")
    write(book.worksheets[0], 6, worded("fi", TODAY), {"number": label, "price": 1259.43})
    book.save(path)
    told = checked(path)
    (file,) = told.files
    assert told.exit_code == 0
    assert [one.number for one in file.invoices] == ["1001", "1002"]
    assert [row.where for row in file.skipped] == ["Laskut!6"]


def test_new_invoices_may_be_added_to_the_results(world: World) -> None:
    made(world.folder, "fi")
    world.but(mapping=None).send(world.folder / "fi.xlsx")
    results = world.folder / "fi.results.xlsx"
    book = load_workbook(results)
    sheet = book.worksheets[0]
    letters = columns(sheet, "fi")
    new = {word: sheet[f"{letter}4"].value for word, letter in letters.items()}
    write(sheet, 6, worded("fi", TODAY), {**new, "number": 1003})
    book.save(results)
    assert world.but(mapping=None).send(results).exit_code == 0
    assert world.arrived() == [1001, 1002, 1003]
    states = [row[len(letters)] for row in load_workbook(results).worksheets[0].iter_rows(min_row=2, values_only=True)]
    assert states == ["waiting", None, "waiting", None, "waiting"]

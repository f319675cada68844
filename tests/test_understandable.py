"""The mistakes that everybody makes once: what is said of each is understood without help, in three languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from world import HEADERS, MAPPING, World, invoice_rows

from confirma_connector import language, pipeline
from confirma_connector.errors import ConfirmaError
from confirma_connector.language import LanguageCode
from confirma_connector.pipeline import Choice

pytestmark = pytest.mark.usefixtures("read_once")

EXCEL = MAPPING.replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
LANGUAGES: tuple[LanguageCode, ...] = ("fi", "sv")


def csv_list(world: World, header: str = "", **cells: str) -> Path:
    """A list in a text file; *header* is what the column Asiakas is called there."""
    path = world.source(rows=invoice_rows(1001, **cells))
    path.write_text(path.read_text("utf-8").replace("Asiakas;", f"{header or 'Asiakas'};", 1), "utf-8")
    return path


def workbook(world: World, change: Callable[[Worksheet], None] = lambda _: None, **cells: str) -> Path:
    """The same list as a workbook, changed."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "Laskut"
    sheet.append(list(HEADERS))
    for row in invoice_rows(1001, **cells):
        sheet.append(row)
    change(sheet)
    path = world.folder / "in.xlsx"
    book.save(path)
    (world.folder / "mapping.yaml").write_text(EXCEL, "utf-8")
    return path


def renamed(sheet: Worksheet) -> None:
    sheet["I1"] = "Tilaaja"


def retitled(sheet: Worksheet) -> None:
    sheet.title = "Myynti"


def with_an_error(sheet: Worksheet) -> None:
    sheet["Q2"] = "#N/A"
    sheet["Q2"].data_type = "e"


def with_a_long_number(sheet: Worksheet) -> None:
    sheet["K2"] = 372332197270123456


def misspelt(world: World) -> Path:
    path = world.folder / "mapping.yaml"
    path.write_text(MAPPING.replace("  due_date: due\n", "  duedate: due\n"), "utf-8")
    return csv_list(world)


MISTAKES: dict[str, tuple[Callable[[World], Path], tuple[str, ...]]] = {
    "an unmapped header": (
        lambda world: csv_list(world, "Tilaaja"),
        ('in.csv: column "Asiakas"', "is not in the file", '"Nro", "Laji"', "buyer.name", "columns: {buyer: [Asiakas"),
    ),
    "an unmapped header in a workbook": (
        lambda world: workbook(world, renamed),
        ('in.xlsx: column "Asiakas"', "is not in the file", "buyer.name"),
    ),
    "a misspelt field": (
        misspelt,
        ("mapping.yaml, line 31: invoice.duedate: there is no such field", 'did you mean "due_date"?'),
    ),
    "a wrong sheet name": (
        lambda world: workbook(world, retitled),
        ('in.xlsx: has no sheet "Laskut"; it has "Myynti"', "rename the sheet, or correct sheet: in the mapping"),
    ),
    "a date in the wrong convention": (
        lambda world: csv_list(world, Pvm="11/26/2026"),
        (
            'in.csv, line 2, column "Pvm": "11/26/2026": expected a date like 31.12.2026, as the mapping declares; ',
            "this one is written like 12/31/2026 (%m/%d/%Y) [E-DATE]",
        ),
    ),
    "a date in the wrong convention in a workbook": (
        lambda world: workbook(world, Pvm="2026-11-26"),
        ('in.xlsx, Laskut!D2, column "Pvm": "2026-11-26": ', "this one is written like 2026-12-31 (%Y-%m-%d) [E-DATE]"),
    ),
    "numbers stored as text": (
        lambda world: workbook(world, Hinta="1.250,00"),
        (
            'in.xlsx, Laskut!Q2, column "Hinta": "1.250,00": expected a number with decimal mark "," and no thousands mark',
            "as the mapping declares, such as 1234,50 [E-AMOUNT]",
        ),
    ),
    "#N/A": (
        lambda world: workbook(world, with_an_error),
        ('in.xlsx, Laskut!Q2, column "Hinta": "#N/A": shows the error #N/A: correct its formula [E-CELL]',),
    ),
    "#N/A in a text file": (
        lambda world: csv_list(world, Asiakas="#PUUTTUU!"),
        ('in.csv, line 2, column "Asiakas": "#PUUTTUU!": shows the error #PUUTTUU!: correct its formula [E-CELL]',),
    ),
    "3,72332E+11": (
        lambda world: csv_list(world, Katu="3,72332E+11"),
        (
            'in.csv, line 2, column "Katu": "3,72332E+11": is a number that a spreadsheet has shortened, and its other ',
            "digits are lost: enter it again, a long one in a cell of the format Text [E-CELL]",
        ),
    ),
    "3,72332E+17 in a workbook": (
        lambda world: workbook(world, with_a_long_number),
        (
            'in.xlsx, Laskut!K2, column "Katu": "3723321972701',
            "is a number of more than 15 digits, of which a spreadsheet keeps only the first 15: format the cell as text",
            "and enter it again [E-CELL]",
        ),
    ),
}


def said(world: World, make: Callable[[World], Path]) -> str:
    """Give what a person reads of a file with this mistake."""
    path = make(world)
    try:
        report = pipeline.check(world.run(), Choice((path,)))
    except ConfirmaError as error:
        return str(error)
    problems = [problem for invoice in report.files[0].invoices for problem in invoice.details]
    return "\n".join(problem.text(path.name) for problem in problems if problem.severity == "error")


@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_says_where_what_was_there_what_was_expected_and_what_to_do(world: World, mistake: str) -> None:
    make, expected = MISTAKES[mistake]
    text = said(world, make)
    places = [text.find(part) for part in expected]
    assert min(places) >= 0, text
    assert len(text.splitlines()) <= 2


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_it_says_so_in_the_readers_language(world: World, mistake: str, code: LanguageCode) -> None:
    make, _ = MISTAKES[mistake]
    english = said(world, make)
    with language.using(code):
        text = said(world, make)
    assert text != english
    alike = set(english.split()) & set(text.split())
    assert not alike.intersection({"the", "is", "expected", "column", "there", "has", "mapping", "number", "date"})


@pytest.mark.parametrize("text", ["#1 in the list", "C# course", "5E", "E+10", "1E+5 x", "12E+10", "+358 40 1234567"])
def test_what_only_looks_like_it_is_a_value(world: World, text: str) -> None:
    report = pipeline.check(world.run(), Choice((csv_list(world, Selite=text),)))
    assert [invoice.state for invoice in report.files[0].invoices] == ["ready"]


def test_a_mapping_may_say_that_an_error_means_nothing_here(world: World) -> None:
    (world.folder / "mapping.yaml").write_text(MAPPING.replace('empty: [""]', 'empty: ["", "#N/A"]'), "utf-8")
    report = pipeline.check(world.run(), Choice((csv_list(world, Sähköposti="#N/A"),)))
    assert [invoice.state for invoice in report.files[0].invoices] == ["ready"]
    assert report.files[0].methods == {"LETTER": 1}

"""Whole checks of Excel workbooks: right invoices, mistakes named by their cell, and files that are refused in one line."""

from __future__ import annotations

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mapped import mapping, registry
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from spreadsheets import ods
from workbooks import ADAPTER, HEADER, MAIN, cells, raw, records, saved
from world import MAPPING, World

from confirma_connector import SourceError, contract, pipeline
from confirma_connector.cli import main
from confirma_connector.invoice import Invoice
from confirma_connector.mapper import Mapper
from confirma_connector.records import Source
from confirma_connector.report import FileReport
from confirma_connector.settings import Settings

DAY = dt.date(2026, 11, 2)
PLAIN: Mapping[str, Any] = {
    "Nro": 1001,
    "Pvm": DAY,
    "Eräpvm": dt.date(2026, 11, 16),
    "Asiakas": "Ostaja Oy",
    "Tunnus": 23319727,
    "Sähköposti": "laskut@example.com",
    "Postinumero": 100,
    "Selite": "Työ",
    "Määrä": 2,
    "Hinta": 50,
    "ALV": 0.255,
}
FORMATS = {"Tunnus": "0000000\\-0", "Postinumero": "00000", "ALV": "0.0%"}
COLUMNS = {header: chr(65 + index) for index, header in enumerate(PLAIN)}


class Bench:
    """One workbook of plain invoices, changed cell by cell, and what a check says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "laskut.xlsx"
        self.book = Workbook()
        self.sheet: Worksheet = self.book.active
        self.sheet.title = "Laskut"
        self.sheet.append(list(PLAIN))

    def add(self, **changes: Any) -> int:
        """Add an invoice; give its row."""
        self.sheet.append([changes.get(header, value) for header, value in PLAIN.items()])
        row = self.sheet.max_row
        for header, code in FORMATS.items():
            self.sheet[f"{COLUMNS[header]}{row}"].number_format = code
        return row

    def format(self, header: str, code: str, row: int = 2) -> None:
        self.sheet[f"{COLUMNS[header]}{row}"].number_format = code

    def _mapping(self, **changes: Any) -> Any:
        invoice = {"buyer.address.postal_code": "Postinumero", **changes.pop("invoice", {})}
        return mapping(self.folder, adapter="excel", invoice=invoice, **changes)

    def invoices(self, **changes: Any) -> list[Invoice]:
        """Give the invoices; there must be no errors."""
        self.book.save(self.path)
        loaded = self._mapping(**changes)
        found = list(Mapper(loaded, "laskut.xlsx").drafts(loaded.adapter.read(Source((self.path,), loaded.options))))
        assert all(draft.invoice for draft in found), [problem.text() for draft in found for problem in draft.problems]
        return [draft.invoice for draft in found if draft.invoice]

    def checked(self, **changes: Any) -> FileReport:
        """Check the workbook."""
        self.book.save(self.path)
        loaded = self._mapping(**changes)
        run = pipeline.Run(Settings(account="sandbox"), contract.read(), registry())
        return pipeline.check(run, pipeline.Choice(paths=(self.path,), mapping=str(loaded.path))).files[0]

    def mistakes(self, **changes: Any) -> list[str]:
        """Give every problem of the check as a line."""
        return [problem.text("laskut.xlsx") for one in self.checked(**changes).invoices for problem in one.details]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


# ---- right invoices ----


def test_a_typed_workbook_becomes_the_invoice_that_it_shows(bench: Bench) -> None:
    bench.add()
    (invoice,) = bench.invoices()
    assert (invoice.number, invoice.date, invoice.due_date) == (1001, DAY, dt.date(2026, 11, 16))
    assert (invoice.buyer.business_id, invoice.buyer.address.postal_code) == ("2331972-7", "00100")
    (row,) = invoice.rows
    assert (row.quantity, row.unit_price, row.vat_percentage) == (2, 50, Decimal("25.5"))


def test_text_in_the_cells_is_read_by_the_words_of_the_mapping(bench: Bench) -> None:
    told = {"Nro": "1001", "Pvm": "02.11.2026", "Tunnus": "2331972-7", "Postinumero": "00100"}
    bench.add(**told, Määrä="2", Hinta="1 050,00", ALV="25,5")
    bench.add(Nro=1002, Hinta=1050, Määrä="2,0")
    first, second = bench.invoices()
    assert first.rows == second.rows
    assert (first.date, first.buyer) == (second.date, second.buyer)


def test_the_residue_of_binary_sums_is_in_no_invoice(bench: Bench) -> None:
    bench.add(Hinta=119.97000000000001)
    assert bench.invoices()[0].rows[0].unit_price == Decimal("119.97")


def test_a_date_with_a_time_is_its_day(bench: Bench) -> None:
    bench.add(Pvm=dt.datetime(2026, 11, 2, 23, 59))
    assert bench.invoices()[0].date == DAY


# ---- mistakes, each with its cell ----


@pytest.mark.parametrize(
    "header", ["Nro", "Pvm", "Eräpvm", "Asiakas", "Tunnus", "Postinumero", "Selite", "Määrä", "Hinta", "ALV"]
)
@pytest.mark.parametrize(
    ("value", "shown", "why"),
    [
        ("#REF!", "#REF!", "shows the error #REF!: correct its formula"),
        (
            "=X1*2",
            "=X1*2",
            "has a formula that was never calculated: open the workbook in Excel or LibreOffice and save it",
        ),
    ],
)
def test_a_cell_that_cannot_be_trusted_stops_its_invoice_wherever_it_is(
    bench: Bench, header: str, value: str, shown: str, why: str
) -> None:
    bench.add(Nro=1000)
    bench.add(**{header: value})
    bench.add(Nro=1002)
    said = f'laskut.xlsx, Laskut!{COLUMNS[header]}3, column "{header}": "{shown}": {why} [E-CELL]'
    found = bench.checked()
    assert [one.state for one in found.invoices] == ["ready", "invalid", "ready"]
    assert [problem.text("laskut.xlsx") for problem in found.invoices[1].details if problem.code == "E-CELL"] == [said]


def test_a_cell_that_cannot_be_trusted_does_not_matter_where_nobody_reads_it(bench: Bench) -> None:
    bench.sheet["L1"], bench.sheet["M1"] = "Kate", "Huom"
    bench.add()
    bench.sheet["L2"], bench.sheet["M2"] = "=K2*2", "#N/A"
    assert len(bench.invoices()) == 1


def test_a_formula_that_was_never_calculated_is_not_filled_from_above(bench: Bench) -> None:
    bench.add()
    bench.add(Nro="=A2+1")
    first, second = bench.checked(fill_down=["Nro"]).invoices
    assert (first.state, second.state, second.where) == ("ready", "invalid", "Laskut!3")


def test_a_row_of_nothing_but_uncalculated_formulas_is_no_empty_row(bench: Bench) -> None:
    bench.add()
    bench.add(**dict.fromkeys(PLAIN, "=X1"))
    found = bench.checked()
    assert ([one.state for one in found.invoices], found.skipped) == (["ready", "invalid"], ())


@pytest.mark.parametrize(
    ("header", "value", "code", "said"),
    [
        ("ALV", 0.255, "General", "[E-VAT-FRACTION]"),
        ("Hinta", 46296, "d.m.yyyy", "expected a number with decimal mark"),
        ("Määrä", 0.3125, "[h]:mm", '"7:30:00": expected a number with decimal mark'),
        ("Pvm", 46296, "General", '"46296": expected a date like 31.12.2026'),
        ("Pvm", 60, "d.m.yyyy", '"60": has the format of a date, and is none [E-CELL]'),
        ("Nro", 12345678901234567, "0", "more than 15 digits"),
        ("Nro", 1001.5, "General", "an invoice number is a whole number"),
        ("Nro", 100, "00000", "an invoice number has no leading zeros"),
        ("Hinta", True, "General", '"TRUE": expected a number'),
        ("Hinta", "1.050,00", "General", "expected a number with decimal mark"),
        ("Postinumero", 100, "General", "[E-POSTAL-CODE]"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_its_cell(
    bench: Bench, header: str, value: Any, code: str, said: str
) -> None:
    bench.add(**{header: value})
    bench.format(header, code)
    (line,) = [line for line in bench.mistakes() if said in line]
    assert line.startswith(f'laskut.xlsx, Laskut!{COLUMNS[header]}2, column "{header}": ')


def test_a_second_header_row_ends_as_a_mistake_or_is_skipped_by_the_mapping(bench: Bench) -> None:
    bench.sheet.append(list(PLAIN))
    bench.add()
    found = bench.checked()
    assert [(one.where, one.state) for one in found.invoices] == [("Laskut!2", "invalid"), ("Laskut!3", "ready")]
    assert any(problem.where == "Laskut!A2" for problem in found.invoices[0].problems)
    skipped = bench.checked(skip=[{"column": "Nro", "equals": "Nro"}])
    assert ([row.where for row in skipped.skipped], len(skipped.invoices)) == (["Laskut!2"], 1)


def test_a_totals_row_is_skipped_by_the_mapping_and_told(bench: Bench) -> None:
    bench.add()
    bench.sheet.append(["Yhteensä", *[None] * 8, 50])
    (row,) = bench.checked(skip=[{"column": "Nro", "starts_with": "Yhteensä"}]).skipped
    assert (row.where, row.reason, row.has_amount) == ("Laskut!3", '"Nro" starts with "Yhteensä"', True)


def test_skipped_hidden_rows_are_told_with_the_amounts_in_them(bench: Bench) -> None:
    bench.add()
    for row in (bench.add(Nro=1002), bench.add(Nro=1003, Hinta=None)):
        bench.sheet.row_dimensions[row].hidden = True
    found = bench.checked(source={"hidden": "skip"})
    assert [one.number for one in found.invoices] == ["1001"]
    assert [(row.where, row.reason, row.has_amount) for row in found.skipped] == [
        ("Laskut!3", "the row is hidden", True),
        ("Laskut!4", "the row is hidden", False),
    ]
    assert [one.number for one in bench.checked(source={"hidden": "send"}).invoices] == ["1001", "1002", "1003"]


@pytest.mark.parametrize("hidden", [2, 3, 4])
def test_an_invoice_of_which_some_rows_are_hidden_is_not_sent_without_them(bench: Bench, hidden: int) -> None:
    for number in (1001, 1001, 1001, 1002):
        bench.add(Nro=number)
    bench.sheet.row_dimensions[hidden].hidden = True
    found = bench.checked(source={"hidden": "skip"})
    assert [(one.number, one.state) for one in found.invoices] == [("1001", "invalid"), ("1002", "ready")]
    (problem,) = found.invoices[0].problems
    assert problem.message == f"Laskut!{hidden} is of this invoice as well, and hidden: show it, or hide all its rows"


def test_nothing_is_sent_of_a_list_with_hidden_rows(world: World) -> None:
    bench = Bench(world.folder)
    bench.add()
    bench.sheet.row_dimensions[bench.add(Nro=1002)].hidden = True
    bench.book.save(bench.path)
    world = world.but(mapping=str(bench._mapping().path))
    with pytest.raises(SourceError, match="on Laskut row 3 is hidden or filtered out"):
        world.send(bench.path)
    assert (world.posts(), world.entries()) == (0, {})


# ---- files that are refused ----

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
TYPES = '<Types><Override PartName="/xl/workbook.xml" ContentType="%s"/></Types>'


def _bytes(**more: Any) -> bytes:
    out = io.BytesIO()
    raw(out, HEADER + cells("1", "2"), **more)  # type: ignore[arg-type]
    return out.getvalue()


def _typed(kind: str) -> bytes:
    return _bytes(parts={"[Content_Types].xml": TYPES % kind})


def _flipped(data: bytes) -> bytes:
    """Change one byte of the sheet's compressed data."""
    at = data.index(b"xl/worksheets/sheet1.xml") + len("xl/worksheets/sheet1.xml") + 60
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _encrypted(data: bytes) -> bytes:
    """Set the flag of encryption of every part."""
    out = bytearray(data)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(mark)
        while at >= 0:
            struct.pack_into("<H", out, at + offset, 1)
            at = out.find(mark, at + 4)
    return bytes(out)


def _bomb(part: str, begin: str, size: int = 40 << 20) -> bytes:
    """Make a part that begins like *begin* and goes on with spaces for very long."""
    return _bytes(strings="", parts={part: begin + " " * size})


def _ods(folder: Path) -> bytes:
    return ods(folder / "x.ods", {"A": [["a", "b"]]}).read_bytes()


REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "the file is empty"),
    "text": (lambda: b"Nro;Summa\n1;2\n", "is no workbook by its content, whatever its name says"),
    "web page": (lambda: b"<html><table></table></html>", "is no workbook by its content, whatever its name says"),
    "password": (
        lambda: OLE + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 99,
        "is protected by a password: save it without one",
    ),
    "xls": (lambda: OLE + b"\0" * 2000, "is an old .xls file by its content: save it as .xlsx"),
    "xlsb": (lambda: _typed("application/vnd.ms-excel.sheet.binary.macroEnabled.main"), "is a binary workbook (.xlsb)"),
    "docx": (
        lambda: _typed("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"),
        "is no workbook, but application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    ),
    "cut off": (lambda: _bytes()[:-40], "is damaged or cut off"),
    "half": (lambda: _bytes()[:700], "is damaged or cut off"),
    "flipped": (lambda: _flipped(_bytes()), "is damaged or cut off"),
    "encrypted parts": (lambda: _encrypted(_bytes()), "is encrypted; save it without a password"),
    "another zip": (lambda: _bytes(parts={"_rels/.rels": None}), "is a zip file, but no workbook"),
    "no types": (lambda: _bytes(parts={"[Content_Types].xml": None}), "is a zip file, but no workbook"),
    "no sheet part": (
        lambda: _bytes(parts={"xl/worksheets/sheet1.xml": None}),
        "is damaged: its part xl/worksheets/sheet1.xml is missing",
    ),
    "no workbook part": (lambda: _bytes(parts={"xl/workbook.xml": None}), "its part xl/workbook.xml is missing"),
    "no styles part": (lambda: _bytes(parts={"xl/styles.xml": None}), "its part xl/styles.xml is missing"),
    "twice": (lambda: _bytes(parts={"XL/workbook.xml": "<x/>"}), "is damaged: it holds the same part twice"),
    "no sheets": (lambda: _bytes(parts={"xl/workbook.xml": "<workbook/>"}), "has no worksheet"),
    "broken xml": (lambda: _bytes(parts={"xl/workbook.xml": "<workbook>"}), "its part xl/workbook.xml is damaged"),
    "broken styles": (
        lambda: _bytes(parts={"xl/styles.xml": '<s><cellXfs><xf numFmtId="x"/></cellXfs></s>'}),
        "its part xl/styles.xml is damaged",
    ),
    "entities": (
        lambda: _bytes(parts={"xl/workbook.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}),
        "its part xl/workbook.xml has a document type",
    ),
    "large workbook": (
        lambda: _bomb("xl/workbook.xml", "<workbook>"),
        "x, part xl/workbook.xml: has 41,943,050 bytes in a part that is read whole",
    ),
    "large types": (
        lambda: _bomb("[Content_Types].xml", "<Types>"),
        "x, part [Content_Types].xml: has 41,943,047 bytes in a part that is read whole",
    ),
    "large head": (
        lambda: _bomb("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}">'),
        "bytes in a part that is read whole, more than the 32,000,000 that are read",
    ),
    "large tail": (
        lambda: _bomb(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{HEADER}{cells("1", "2")}</sheetData>'
        ),
        "bytes in a part that is read whole, more than the 32,000,000 that are read",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_no_readable_workbook_is_refused_in_one_line(world: World, what: str) -> None:
    made, why = REFUSED[what]
    path = world.folder / "laskut.xlsx"
    path.write_bytes(made())
    (world.folder / "excel.yaml").write_text(MAPPING.replace("adapter: csv_file", "adapter: excel"), "utf-8")
    words = ["check", str(path), "--mapping", str(world.folder / "excel.yaml")]
    result = CliRunner().invoke(main, words, env=world.environ())
    lines = result.stderr.strip().splitlines()
    assert (result.exit_code, len(lines)) == (2, 2), result.output
    assert lines[0] == "reading laskut.xlsx"
    assert lines[1].startswith("confirma: laskut.xlsx")
    assert why in lines[1]


def test_the_command_itself_says_in_one_line_that_a_workbook_is_damaged(world: World) -> None:
    path = world.folder / "laskut.xlsx"
    path.write_bytes(_flipped(_bytes()))
    (world.folder / "excel.yaml").write_text(MAPPING.replace("adapter: csv_file", "adapter: excel"), "utf-8")
    done = world.command("check", path, "--mapping", world.folder / "excel.yaml")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 2)
    assert "laskut.xlsx: is no workbook, or is damaged or cut off" in done.stderr


def test_a_spreadsheet_of_another_kind_is_told_with_the_adapter_that_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "laskut.xlsx"
    path.write_bytes(_ods(tmp_path))
    with pytest.raises(SourceError, match=r'laskut\.xlsx: is an OpenDocument file; read it with "adapter: table"'):
        records(path)


def test_a_workbook_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: No such file"):
        records(tmp_path / "laskut.xlsx")


@pytest.mark.parametrize("step", [1, 7])
def test_a_damaged_workbook_never_ends_in_anything_but_one_clear_error(tmp_path: Path, step: int) -> None:
    whole = _bytes(strings="<si><t>x</t></si>", formats=["0.0%"])
    path = tmp_path / "laskut.xlsx"
    outcomes: list[str] = []
    for at in range(step - 1, len(whole), 7 * step):
        for data in (whole[:at], whole[:at] + bytes([whole[at] ^ (1 << step)]) + whole[at + 1 :]):
            path.write_bytes(data)
            ADAPTER.detect(path)
            try:
                outcomes.append(str([list(record.values.values()) for record in records(path)]))
            except SourceError as error:
                outcomes.append(str(error).partition(":")[0].partition(",")[0])
                outcomes += str(error).splitlines()[1:]
    assert set(outcomes) == {"[['1', '2']]", "laskut.xlsx"}


# ---- which adapter reads what ----


@pytest.mark.parametrize(
    ("name", "made", "claims"),
    [
        ("laskut.xlsx", _bytes, ["excel"]),
        ("laskut.XLSX", _bytes, ["excel"]),
        ("laskut.xlsm", _bytes, ["excel"]),
        ("laskut.zip", _bytes, ["excel"]),
        ("laskut", _bytes, ["excel"]),
        ("laskut.csv", _bytes, ["excel"]),
        ("laskut.xls", _bytes, ["excel"]),
        ("laskut.xlsx", lambda: OLE + b"\0" * 99, ["excel"]),
        ("laskut.xls", lambda: OLE + b"\0" * 99, ["table"]),
        ("laskut.xlsx", lambda: _bytes()[:700], ["excel"]),
        ("laskut", lambda: _bytes()[:700], []),
        ("laskut.xlsx", lambda: b"", []),
        ("laskut.xlsx", lambda: b"Nro;Summa\n1;2\n", ["csv_file"]),
        ("laskut.xlsx", lambda: "Hyvää päivää\n".encode(), []),
        ("laskut.xlsx", lambda: b"<html></html>", []),
        ("laskut.csv", lambda: b"Nro;Summa\n1;2\n", ["csv_file"]),
        ("laskut.zip", lambda: _bytes(parts={"[Content_Types].xml": None}), []),
        ("laskut.docx", lambda: _typed("x.wordprocessingml.document.main+xml"), []),
        ("laskut.zip", lambda: _bomb("[Content_Types].xml", "<Types>"), []),
        ("laskut.zip", lambda: _encrypted(_bytes()), []),
    ],
)
def test_a_file_is_claimed_by_the_one_adapter_that_can_read_it(
    tmp_path: Path, name: str, made: Callable[[], bytes], claims: list[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(made())
    assert registry().claims(path) == claims


def test_a_workbook_of_a_macro_or_a_strict_one_is_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "laskut"
    path.write_bytes(_typed("application/vnd.ms-excel.sheet.macroEnabled.main+xml"))
    assert ADAPTER.detect(path) == "generic"
    assert len(records(path)) == 1
    strict = "http://purl.oclc.org/ooxml/officeDocument/relationships"
    with zipfile.ZipFile(io.BytesIO(_bytes())) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    usual = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    raw(path, parts={name: text.replace(usual, strict).replace(MAIN, strict) for name, text in parts.items()})
    assert len(records(path)) == 1


def test_the_workbooks_that_openpyxl_saves_are_workbooks(tmp_path: Path) -> None:
    path = saved(tmp_path / "laskut", Laskut=[["a", "b"], [1, 2]])
    assert registry().claims(path) == ["excel"]

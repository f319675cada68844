"""Published files of other programs: each passes, or is refused with exactly the codes that docs/formats.md tells.

`CONFIRMA_UPDATE_SAMPLES=1 python -m pytest tests/test_erp_files.py` writes the expected payloads anew.
"""

from __future__ import annotations

import os
import re
import textwrap
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from mapped import registry

from confirma_connector import contract, pipeline
from confirma_connector.mapper import Mapper
from confirma_connector.mapping import find, load_mapping
from confirma_connector.records import Source
from confirma_connector.settings import Settings

ROOT = Path(__file__).parents[1]
FILES = ROOT / "tests" / "data" / "erp"
SAMPLES = ROOT / "samples"
CONTRACT = contract.read()
UPDATE = os.environ.get("CONFIRMA_UPDATE_SAMPLES") == "1"
TOTALS = {
    "finvoice30_example.xml": ("100.00", "24.00", "124.00"),
    "svefaktura_moms.xml": ("15150.00", "3768.00", "18918.00"),
}
"""Net, VAT and gross as they stand in the files that pass."""


@dataclass(frozen=True)
class Told:
    """A row of the table: a file, the mapping, the lines added to it, and what check says."""

    file: str
    mapping: str
    lines: str
    codes: frozenset[str]
    outcome: str


def told() -> list[Told]:
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    table = text.partition("## Published examples")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    return [
        Told(file.strip("`"), name.strip("`"), lines.strip("`"), frozenset(re.findall(r"E-[A-Z-]+", says)), says)
        for file, _, name, lines, says in cells[2:]
    ]


def mapping_of(one: Told, folder: Path) -> str:
    lines: dict[str, Any] = yaml.safe_load(f"{{{one.lines}}}") if one.lines else {}
    path = folder / "own.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "name": "own", "extends": one.mapping, "invoice": lines}), "utf-8")
    return str(path)


def test_the_table_tells_of_every_file() -> None:
    assert sorted({one.file for one in told()}) == sorted(path.name for path in FILES.glob("*.xml"))


@pytest.mark.parametrize("one", told(), ids=lambda one: f"{one.file}-{one.lines[:20]}")
def test_a_published_file_is_told_as_the_table_says(one: Told, tmp_path: Path) -> None:
    run = pipeline.Run(Settings(account="sandbox"), CONTRACT, registry())
    report = pipeline.check(run, pipeline.Choice(paths=(FILES / one.file,), mapping=mapping_of(one, tmp_path)))
    (file,) = report.files
    codes = {problem.code for invoice in file.invoices for problem in invoice.details if problem.severity == "error"}
    assert codes == one.codes
    expected = "passes" if not codes and file.invoices else "refused" if codes else "left out"
    assert one.outcome.startswith(expected)


@pytest.mark.parametrize("one", [one for one in told() if one.outcome == "passes"], ids=lambda one: str(one.file))
def test_what_passes_is_sent_as_it_was_read(one: Told, tmp_path: Path) -> None:
    loaded = load_mapping(find(mapping_of(one, tmp_path)), registry())
    mapper = Mapper(loaded, one.file, credit_sign=CONTRACT.behaviour("credit_note_sign"))
    drafts = mapper.drafts(loaded.adapter.read(Source((FILES / one.file,), loaded.options, loaded.headers)))
    invoices = [draft.invoice for draft in drafts if draft.invoice]
    totals = [
        tuple(map(str, (one.amounts.net_amount, one.amounts.vat_amount, one.amounts.gross_amount))) for one in invoices
    ]
    assert totals == [TOTALS[one.file]]
    found = "[\n" + ",\n".join(CONTRACT.body(invoice).decode() for invoice in invoices) + "\n]\n"
    expected = FILES / f"{Path(one.file).stem}.payloads.json"
    if UPDATE:
        expected.write_text(found, "utf-8", newline="\n")
    assert found == expected.read_text("utf-8")


def changed(name: str, folder: Path, *changes: tuple[str, str], encoding: str = "utf-8") -> list[str]:
    """Give the errors and the reasons of what is left out, of a sample in which something was changed."""
    text = (SAMPLES / name / "invoices.xml").read_text(encoding)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "invoices.xml"
    path.write_text(text, encoding)
    own = SAMPLES / name / "mapping.yaml"
    run = pipeline.Run(Settings(account="sandbox"), CONTRACT, registry())
    report = pipeline.check(run, pipeline.Choice(paths=(path,), mapping=str(own) if own.is_file() else name))
    (file,) = report.files
    errors = [
        f"{one.code} {one.header}" for invoice in file.invoices for one in invoice.details if one.severity == "error"
    ]
    return errors + [row.reason.partition(": ")[2] for row in file.skipped if row.has_amount]


LATIN = "iso-8859-15"


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("finvoice", [(">INV01<", ">INV04<")], "E-CODE InvoiceDetails/InvoiceTypeCode"),
        ("finvoice", [("<OriginCode>Original", "<OriginCode>Copy")], "a copy or a cancellation of a message"),
        ("finvoice", [(">338,85<", ">-338,85<")], "E-TOTAL InvoiceDetails/InvoiceTotalVatIncludedAmount"),
        (
            "finvoice",
            [(">-10,00<", ">10,00<"), (">-2,55<", ">2,55<"), (">-12,55<", ">12,55<"), (">-2<", ">2<"), ("INV02", "INV01")],
            "E-PAYABLE .[InvoiceDetails/InvoiceTypeCode!=INV02]/EpiDetails/EpiPaymentInstructionDetails/EpiInstructedAmount",
        ),
        (
            "finvoice",
            [("<OriginalInvoiceNumber>26403</OriginalInvoiceNumber>", "<OriginalInvoiceReference><InvoiceNumber>1</InvoiceNumber></OriginalInvoiceReference><OriginalInvoiceReference><InvoiceNumber>2</InvoiceNumber></OriginalInvoiceReference>")],
            "E-CELL InvoiceDetails/OriginalInvoiceReference/InvoiceNumber",
        ),
        ("finvoice", [(">INV02<", ">INV01<")], "E-NEGATIVE InvoiceDetails/InvoiceTotalVatIncludedAmount"),
        ("finvoice", [("<RowVatRatePercent>25,5</RowVatRatePercent>", ""), ("RowVatExcludedAmount", "RowAmount"), ("RowVatAmount", "Other")], "E-ROW-VAT-MISSING RowVatRatePercent"),
        ("finvoice", [("<EpiReference>264024<", "<EpiReference>264025<")], "E-REFERENCE EpiDetails/EpiIdentificationDetails/EpiReference"),
        ("finvoice", [("  <InvoiceDetails>", "  <PaymentStatusDetails><PaymentStatusCode>PAID</PaymentStatusCode></PaymentStatusDetails>\n  <InvoiceDetails>")], "paid at least in part"),
        ("finvoice", [("<OriginalInvoiceNumber>26403</OriginalInvoiceNumber>", "")], "E-CREDITED-NUMBER InvoiceDetails/OriginalInvoiceNumber"),
        ("finvoice", [("<BuyerPartyIdentifier>2233445-8</BuyerPartyIdentifier>", "")], "E-ENTITY-TYPE "),
        ("finvoice", [("<ToIntermediator>003721291126", "<ToIntermediator>0"), ("<eb:PartyId>003721291126", "<eb:PartyId>")], "E-EDI-ADDRESS .[!InvoiceRecipientPartyDetails]"),
        ("ubl", [("003727654389</cbc:EndpointID>", "003727654380</cbc:EndpointID>")], "E-CODE cac:AccountingCustomerParty"),
        ("ubl", [(">16.69<", ">-16.69<"), (">4.26<", ">-4.26<"), (">20.95<", ">-20.95<")], "a credit note with a negative total"),
        ("ubl", [("<cbc:PayableAmount currencyID=\"EUR\">424.19", "<cbc:PrepaidAmount currencyID=\"EUR\">100.00</cbc:PrepaidAmount><cbc:PayableAmount currencyID=\"EUR\">324.19")], "E-PAYABLE cac:LegalMonetaryTotal/cbc:PrepaidAmount"),
        ("ubl", [(">380<", ">389<")], "a self-billed document"),
        ("ubl", [("FI2112345600000785</cbc:ID>", "FI2112345600000785</cbc:ID><cbc:ID>FI7429501800000014</cbc:ID>")], "E-CELL cac:PaymentMeans"),
        ("svefaktura", [("<cac:ID>26441</cac:ID>", "")], "E-CREDITED-NUMBER"),
        ("teapps", [("<DAY>16</DAY>", "<DAY>6</DAY>")], "E-DATE HEADER/DUE_DATE"),
        ("teapps", [("<INVOICE_TYPE>00", "<INVOICE_TYPE>06")], "collection, interest, notices"),
        ("teapps", [('SIGN="-" VAT="INCLUDED">12.55', 'SIGN="+" VAT="INCLUDED">12.55')], "E-"),
        ("sap-idoc", [("<BSART>INVO</BSART>", "")], "E-CODE EDI_DC40/MESTYP"),
        ("sap-idoc", [("<BSART>INVO<", "<BSART>ZMSP<")], "E-CODE E1EDK01/BSART"),
        ("sap-idoc", [("18.00-", "18.00")], "E-TOTAL E1EDS01[SUMID=010]/SUMME"),
        ("sap-idoc", [("<BIBAN>FI2112345600000785</BIBAN></E1EDK28>", "<BIBAN>FI2112345600000785</BIBAN></E1EDK28><E1EDK28><BIBAN>FI7429501800000014</BIBAN></E1EDK28>")], "E-CELL E1EDK28/BIBAN"),
        ("netvisor", [("<SalesInvoiceNumber>26471</SalesInvoiceNumber>", "")], "E-MISSING SalesInvoiceNumber"),
        ("netvisor", [(">6,2750<", ">6,275<")], "E-"),
        ("netvisor", [("<SalesInvoiceYourReference>26472", "<SalesInvoiceYourReference>")], "E-CREDITED-NUMBER"),
        ("netvisor", [(' type="gross"', ' type="net"')], "E-TOTAL SalesInvoiceAmount"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_in_its_own_names(
    name: str, changes: list[tuple[str, str]], said: str, tmp_path: Path
) -> None:
    found = changed(name, tmp_path, *changes, encoding={"finvoice": LATIN, "teapps": "iso-8859-1"}.get(name, "utf-8"))
    assert any(one.startswith(said) for one in found), found


def test_a_document_of_another_kind_is_left_out(tmp_path: Path) -> None:
    assert changed("sap-idoc", tmp_path, ("<IDOCTYP>INVOIC02", "<IDOCTYP>ORDERS05")) == ["", ""]


def test_consumers_are_told_by_the_lines_that_the_document_shows(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    (lines,) = re.findall(r"```yaml\n(  version: 1\n  name: our-finvoice\n.*?)```", text, re.DOTALL)
    own = tmp_path / "our-finvoice.yaml"
    own.write_text(textwrap.dedent(lines), "utf-8")
    loaded = load_mapping(own, registry())
    path = tmp_path / "invoices.xml"
    whole = (SAMPLES / "finvoice" / "invoices.xml").read_text(LATIN)
    path.write_text(whole.replace("<BuyerPartyIdentifier>2233445-8</BuyerPartyIdentifier>", ""), LATIN)
    drafts = Mapper(loaded, path.name).drafts(loaded.adapter.read(Source((path,), loaded.options)))
    told = [draft.invoice.buyer.entity_type for draft in drafts if draft.invoice]
    assert told == ["BUSINESS", "CONSUMER", "BUSINESS", "BUSINESS"]


def test_a_price_of_finvoice_for_a_hundred_is_divided(tmp_path: Path) -> None:
    loaded = load_mapping(find("finvoice"), registry())
    path = SAMPLES / "finvoice" / "invoices.xml"
    first = next(Mapper(loaded, path.name).drafts(loaded.adapter.read(Source((path,), loaded.options))))
    assert first.invoice
    assert [row.unit_price for row in first.invoice.rows] == [None, Decimal(80), Decimal("0.04")]


def test_a_new_format_of_twenty_fields_takes_sixty_lines_and_no_code() -> None:
    path = SAMPLES / "own-xml" / "mapping.yaml"
    file = load_mapping(path, registry()).file
    assert len(file.invoice) + len(file.rows) >= 20
    assert len(path.read_text("utf-8").splitlines()) <= 60
    assert file.extends is None

"""The lists that bookkeeping and ERP systems export: what becomes an invoice, what does not, and what has to be added."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner
from mapped import mapping, records, registry, row

from confirma_connector import recognition
from confirma_connector.cli import main
from confirma_connector.errors import MappingError
from confirma_connector.limits import Limits
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import find, load_mapping
from confirma_connector.records import Source

SAMPLES = Path(__file__).parents[1] / "samples"
Row = dict[str, str]
Change = Callable[[list[Row]], object]
TO_EXTEND = (
    "business-central",
    "business-central-credit-memos",
    "erpnext",
    "fortnox",
    "odoo",
    "odoo-grouped",
    "odoo-lines",
    "quickbooks-online",
    "xero",
    "zoho-books",
    "zoho-books-credit-notes",
)


def rows_of(name: str) -> tuple[list[str], str, list[Row]]:
    text = (SAMPLES / name / "invoices.csv").read_text("utf-8")
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    lines = list(csv.reader(text.splitlines(), delimiter=delimiter))
    return lines[0], delimiter, [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]


def changed(folder: Path, name: str, change: Change) -> Path:
    """Write the sample of *name* with its rows changed."""
    headers, delimiter, rows = rows_of(name)
    change(rows)
    path = folder / "in.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, headers, delimiter=delimiter)
        out.writeheader()
        out.writerows(rows)
    return path


def read(folder: Path, name: str, change: Change, more: str = "") -> tuple[list[Draft], list[str]]:
    """Read the changed sample of *name* with its own mapping, and *more* in it; give the drafts and what was skipped."""
    path = changed(folder, name, change)
    own = folder / "own.yaml"
    sample = SAMPLES / name / "mapping.yaml"
    own.write_text(f"version: 1\nname: own\nextends: {sample}\n{more}" if more else sample.read_text("utf-8"), "utf-8")
    loaded = load_mapping(own, registry())
    mapper = Mapper(loaded, path.name)
    drafts = list(mapper.drafts(loaded.adapter.read(Source((path,), loaded.options, loaded.headers))))
    return drafts, [f"{one.where}: {one.reason}" for one in mapper.skipped]


def codes(drafts: list[Draft], label: str) -> set[str]:
    (draft,) = (one for one in drafts if one.label == label)
    return {problem.code for problem in draft.problems if problem.severity == "error"}


def put(index: int, **cells: str) -> Change:
    return lambda rows: rows[index].update(cells)


def cell(index: int, header: str, text: str) -> Change:
    return lambda rows: rows[index].update({header: text})


def everywhere(header: str, text: str) -> Change:
    return lambda rows: [one.update({header: text}) for one in rows]


SKIPPED = [
    ("odoo", cell(0, "Status", "Draft"), '"Status" is "Draft": a draft'),
    ("odoo", cell(0, "Status", "Luonnos"), '"Status" is "Luonnos": a draft'),
    ("odoo", cell(0, "Payment Status", "Partially Paid"), "paid at least in part"),
    ("odoo", cell(0, "Invoice/Bill Date", ""), "a group with its sum, no invoice"),
    ("odoo-lines", cell(0, "Type", "Vendor Credit Note"), "no sales invoice"),
    ("odoo-lines", cell(0, "Status", "Cancelled"), "cancelled"),
    ("erpnext", cell(0, "Status", "Internal Transfer"), "no sales invoice"),
    ("xero", everywhere("Status", "Awaiting Approval"), "not approved"),
    ("xero", everywhere("Type", "Bill"), "no sales invoice"),
    ("quickbooks-online", cell(3, "*InvoiceNo", "Total"), "a total"),
    ("zoho-books", everywhere("Invoice Status", "Void"), "voided"),
    ("zoho-books", everywhere("Invoice Status", "Pending Approval"), "not sent yet"),
    ("zoho-books-credit-notes", everywhere("Credit Note Status", "Draft"), "a draft"),
    ("fortnox", cell(0, "Makulerad", "Ja"), "cancelled"),
]

REFUSED = [
    (
        "odoo: another currency than the books'",
        "odoo",
        cell(0, "Total in Currency Signed", "650.0"),
        "202600118",
        "E-TOTAL",
    ),
    ("odoo: another journal", "odoo", cell(0, "Number", "MISC/2026/0001"), "MISC/2026/0001", "E-INVOICE-NUMBER"),
    ("odoo: an invoice below zero", "odoo", cell(3, "Number", "INV/2026/00009"), "202600009", "E-NEGATIVE"),
    ("odoo: paid in part", "odoo-lines", cell(0, "Amount Due", "600.0"), "202600118", "E-PAYABLE"),
    ("odoo: a total of other lines", "odoo-lines", cell(0, "Total", "700.0"), "202600118", "E-TOTAL"),
    ("odoo: two taxes on a line", "odoo-lines", cell(0, "Invoice lines/Taxes", "25.5%,10%"), "202600118", "E-AMOUNT"),
    ("odoo: a tax without a rate", "odoo-lines", cell(0, "Invoice lines/Taxes", "EU"), "202600118", "E-CODE"),
    ("odoo: no tax at all", "odoo-lines", cell(0, "Invoice lines/Taxes", ""), "202600118", "E-ROW-VAT-MISSING"),
    ("odoo: a kind unheard of", "odoo-lines", cell(0, "Type", "Proforma"), "202600118", "E-CODE"),
    ("erpnext: paid in part", "erpnext", cell(0, "Outstanding Amount", "1000.00"), "202600041", "E-PAYABLE"),
    ("erpnext: another series", "erpnext", cell(0, "ID", "SINV-26-00041"), "SINV-26-00041", "E-INVOICE-NUMBER"),
    ("xero: paid in part", "xero", everywhere("InvoiceAmountDue", "10.00"), "10042", "E-PAYABLE"),
    ("xero: prices with VAT", "xero", cell(0, "LineAmount", "564.75"), "10042", "E-TOTAL"),
    ("xero: a tax without a rate", "xero", cell(0, "TaxType", "Tax on Sales"), "10042", "E-CODE"),
    ("xero: a day of the other order", "xero", everywhere("DueDate", "11/16/2026"), "10042", "E-DATE"),
    ("xero: the header changes", "xero", cell(1, "Total", "1.00"), "10042", "E-DISAGREES"),
    ("quickbooks: prices with VAT", "quickbooks-online", cell(3, "ItemTaxAmount", "21.64"), "1038", "E-ROW-VAT"),
    (
        "quickbooks: a number of letters",
        "quickbooks-online",
        cell(3, "*InvoiceNo", "1038B"),
        "1038B",
        "E-INVOICE-NUMBER",
    ),
    ("zoho: an adjustment that is no rounding", "zoho-books", everywhere("Adjustment", "5.00"), "1000208", "E-TOTAL"),
    ("zoho: a discount on the whole invoice", "zoho-books", everywhere("Total", "340.00"), "1000208", "E-TOTAL"),
    ("zoho: paid in part", "zoho-books", everywhere("Balance", "100.00"), "1000208", "E-PAYABLE"),
    ("zoho: shipping that cannot be read", "zoho-books", everywhere("Shipping Charge", "25,00"), "1000208", "E-AMOUNT"),
    ("zoho: shipping that differs", "zoho-books", cell(1, "Shipping Charge", "0.00"), "1000207", "E-DISAGREES"),
    ("fortnox: paid in part", "fortnox", cell(0, "Saldo", "15 000,00"), "2104", "E-PAYABLE"),
    ("fortnox: no number yet", "fortnox", cell(0, "Fakturanr", "Utkast"), "Utkast", "E-INVOICE-NUMBER"),
]


@pytest.mark.parametrize(("name", "change", "reason"), SKIPPED)
def test_what_is_no_invoice_is_skipped_with_the_reason(tmp_path: Path, name: str, change: Change, reason: str) -> None:
    before, _ = read(tmp_path, name, lambda rows: None)
    after, skipped = read(tmp_path, name, change)
    assert len(after) < len(before)
    assert any(reason in one for one in skipped)
    assert all(draft.invoice is not None for draft in after)


@pytest.mark.parametrize(("name", "change", "label", "code"), [pytest.param(*one[1:], id=one[0]) for one in REFUSED])
def test_what_would_be_a_wrong_invoice_is_refused(
    tmp_path: Path, name: str, change: Change, label: str, code: str
) -> None:
    drafts, _ = read(tmp_path, name, change)
    assert code in codes(drafts, label)


@pytest.mark.parametrize("name", ["odoo-lines", "erpnext"])
def test_the_lines_of_a_draft_never_join_the_invoice_above(tmp_path: Path, name: str) -> None:
    drafts, skipped = read(tmp_path, name, lambda rows: None)
    below = [one for one in skipped if "it belongs to line" in one]
    assert len(below) == 1
    rows = {draft.label: len(draft.group.lines) for draft in drafts}
    assert rows[{"odoo-lines": "202600119", "erpnext": "202600042"}[name]] == {"odoo-lines": 2, "erpnext": 3}[name]


def test_a_heading_on_the_first_row_leaves_its_invoice_standing(tmp_path: Path) -> None:
    drafts, skipped = read(tmp_path, "odoo-lines", lambda rows: None)
    (draft,) = (one for one in drafts if one.label == "202600119")
    assert draft.invoice is not None
    assert [one.description for one in draft.invoice.rows] == ["Uunin huolto", "Käsikirja, painettu"]
    assert any('line 5: as a line of its invoice: "Invoice lines/Display Type" is "Section"' in one for one in skipped)


def test_the_receivable_of_the_books_is_no_invoice_row(tmp_path: Path) -> None:
    def receivable(rows: list[Row]) -> None:
        rows[2].update({"Invoice lines/Display Type": "Payment Term", "Invoice lines/Subtotal": "-665.15"})

    drafts, skipped = read(tmp_path, "odoo-lines", receivable)
    assert all(draft.invoice is not None for draft in drafts)
    assert any("a line of the books, not of the invoice" in one for one in skipped)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("odoo", [202600118, 202600119, 1202600009]),
        ("odoo-lines", [202600118, 202600119, 1202600009, 202600120]),
        ("erpnext", [202600041, 202600042, 1202600003]),
        ("xero", [10042, 10043, 90005]),
        ("zoho-books", [1000207, 1000208]),
        ("zoho-books-credit-notes", [900012]),
        ("fortnox", [2104, 2105, 2106]),
    ],
)
def test_an_invoice_and_a_credit_note_of_one_number_stay_apart(tmp_path: Path, name: str, numbers: list[int]) -> None:
    drafts, _ = read(tmp_path, name, lambda rows: None)
    assert [draft.number for draft in drafts] == numbers
    credits = [draft.invoice for draft in drafts if draft.invoice and draft.invoice.type == "CREDIT_NOTE"]
    assert all(one.amounts.gross_amount < 0 and all(line.net_amount < 0 for line in one.rows) for one in credits)


def test_shipping_that_every_row_repeats_is_one_row_once(tmp_path: Path) -> None:
    drafts, _ = read(tmp_path, "zoho-books", lambda rows: None)
    first, second = (draft.invoice for draft in drafts)
    assert first is not None
    assert second is not None
    assert [(one.description, one.net_amount) for one in first.rows][2:] == [("Toimituskulut", Decimal("25.00"))]
    assert first.amounts.rounding_amount == Decimal("0.01")
    assert len(second.rows) == 1


def test_a_charge_is_named_in_the_words_of_its_own_column(tmp_path: Path) -> None:
    drafts, _ = read(tmp_path, "zoho-books", everywhere("Shipping Charge Tax %", "255"))
    (problem,) = drafts[0].problems
    assert (problem.code, problem.header, problem.value) == ("E-ROW-VAT-RANGE", "Shipping Charge Tax %", "255")


def test_xero_prices_with_vat_are_told_by_the_own_mapping(tmp_path: Path) -> None:
    def with_vat(rows: list[Row]) -> None:
        for one in rows:
            if one["LineAmount"]:
                one["LineAmount"] = str(Decimal(one["LineAmount"]) + Decimal(one["TaxAmount"]))

    more = "prices: gross\nrows:\n  net_amount:\n  gross_amount: line_total\n"
    drafts, _ = read(tmp_path, "xero", with_vat, more)
    assert all(draft.invoice is not None for draft in drafts)
    assert drafts[0].invoice is not None
    assert drafts[0].invoice.amounts.net_amount == Decimal("630.00")


def test_a_credit_note_of_xero_names_no_invoice(tmp_path: Path) -> None:
    drafts, _ = read(tmp_path, "xero", lambda rows: None, "rules: {E-CREDITED-NUMBER: error}\n")
    assert codes(drafts, "90005") == {"E-CREDITED-NUMBER"}


# -- recognised, and what has to be added -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TO_EXTEND)
def test_a_file_is_recognised_and_told_what_it_does_not_say(name: str) -> None:
    (path,) = (SAMPLES / name).glob("invoices.*")
    with pytest.raises(MappingError) as refused:
        recognition.mapping_for(path, None, registry(), {}, Limits())
    said = str(refused.value)
    assert said.startswith(f"{path}: fits the mapping {name}, and the files this mapping is for do not say everything")
    assert f"\nversion: 1\nname: our-{name}\nextends: {name}\n" in said
    assert "\n  seller.name: {constant: " in said


@pytest.mark.parametrize("name", TO_EXTEND)
def test_the_lines_that_are_told_make_a_mapping_that_loads(tmp_path: Path, name: str) -> None:
    with pytest.raises(MappingError) as refused:
        load_mapping(find(name), registry())
    path = tmp_path / "own.yaml"
    path.write_text(str(refused.value).partition("\n\n")[2] + "\ntables: {emails: {a: b}}\n", "utf-8")
    assert load_mapping(path, registry()).file.invoice["seller.name"].constant


def test_the_lines_are_shown_on_the_command_line_as_they_are_to_be_written() -> None:
    done = CliRunner().invoke(main, ["check", str(SAMPLES / "odoo-lines" / "invoices.csv")])
    assert done.exit_code == 2
    err = done.stderr
    said, _, lines = err.partition("\n\n")
    assert said.splitlines()[-1].startswith("confirma: ")
    assert lines.startswith(
        "version: 1\nname: our-odoo-lines\nextends: odoo-lines\ninvoice:\n  seller.name: {constant: "
    )


def test_what_an_own_mapping_forgets_is_told_without_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("version: 1\nname: own\nextends: xero\ninvoice:\n  seller.name: {constant: Oma Oy}\n", "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path, registry())
    said = str(refused.value)
    assert said.startswith(f"{path}: ")
    assert "these lines have to be added, with your own values:\n\nlocale:\n  dates: ['%d/%m/%Y']\ninvoice:\n" in said
    assert "seller.name" not in said
    assert "extends" not in said


def test_what_need_not_be_added_is_taken_out_of_to_add(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "version: 1\nname: own\nextends: odoo-lines\nto_add: {invoice: {seller.business_id: , "
        "seller.payment_details.iban: }}\ninvoice:\n  seller.name: {constant: Oma Oy}\n",
        "utf-8",
    )
    assert set(load_mapping(path, registry()).file.to_add.invoice) == {"seller.name"}


FINNISH = {
    "Number": "Numero",
    "Invoice Partner Display Name": "Laskukumppanin näyttönimi",
    "Invoice/Bill Date": "Laskupäivä",
    "Due Date": "Eräpäivä",
    "Currency": "Valuutta",
    "Untaxed Amount Signed": "Veroton summa etumerkillä",
    "Total Signed": "Yhteensä etumerkillä",
    "Total in Currency Signed": "Yhteensä valuutassa etumerkillä",
    "Payment Status": "Maksun tila",
    "Status": "Tila",
    "Reversal of/Number": "Vastakirjaus/Numero",
    "Type": "Tyyppi",
    "Delivery Date": "Toimituspvm",
    "Payment Reference": "Maksun viite",
    "Total": "Yhteensä",
    "Amount Due": "Erääntynyt summa",
    "Invoice lines/Display Type": "Laskurivit/Näyttötyyppi",
    "Invoice lines/Label": "Laskurivit/Otsikko",
    "Invoice lines/Quantity": "Laskurivit/Määrä",
    "Invoice lines/Unit of Measure": "Laskurivit/Mittayksikkö",
    "Invoice lines/Unit Price": "Laskurivit/Yksikköhinta",
    "Invoice lines/Discount (%)": "Laskurivit/Alennus (%)",
    "Invoice lines/Taxes": "Laskurivit/Verot",
    "Invoice lines/Subtotal": "Laskurivit/Välisumma",
}


@pytest.mark.parametrize("name", ["odoo", "odoo-lines"])
def test_finnish_headings_of_odoo_are_recognised(tmp_path: Path, name: str) -> None:
    text = (SAMPLES / name / "invoices.csv").read_text("utf-8")
    headings, _, rest = text.partition("\n")
    path = tmp_path / "in.csv"
    path.write_text(",".join(FINNISH.get(one, one) for one in headings.strip().split(",")) + "\n" + rest, "utf-8")
    with pytest.raises(MappingError, match=f"fits the mapping {name}, and"):
        recognition.mapping_for(path, None, registry(), {}, Limits())


# -- the words a mapping has for them -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("charges: [{net_amont: X}]\n", 'charges.0.net_amont: there is no such field; did you mean "net_amount"?'),
        ("charges: [{net_amount: {constant: x}}]\n", 'charges.0.net_amount.constant: "x": expected a number'),
        (
            "to_add: {invoice: {seller.nam: x}}\n",
            'to_add.invoice.seller.nam: there is no such key here; did you mean "',
        ),
        ("to_add: {locale: {date: x}}\n", 'to_add.locale.date: there is no such key here; did you mean "dates"?'),
        ("to_add: {rows: {unit: x}}\n", "to_add.rows: there is no such key here; known are locale, invoice"),
    ],
)
def test_a_mistake_in_these_words_names_its_place(tmp_path: Path, more: str, said: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"version: 1\nname: own\nextends: row-per-invoice\n{more}", "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(path, registry())
    assert f"own.yaml, line 4: {said}" in str(refused.value)


def test_of_two_fitting_beginnings_the_longer_counts(tmp_path: Path) -> None:
    number = {"column": "Nro", "prefixes": {"A": "1", "AB": "2", "": ""}}
    made = Mapper(mapping(tmp_path, invoice={"number": number}), "in.csv")
    drafts = list(made.drafts(records([row(Nro="A17"), row(Nro="AB17"), row(Nro="17")])))
    assert [draft.number for draft in drafts] == [117, 217, 17]


def test_the_rows_of_an_invoice_that_the_source_hides_never_join_the_one_above(tmp_path: Path) -> None:
    made = Mapper(mapping(tmp_path, fill_down=["Nro"]), "in.csv")
    blank = dict.fromkeys(("Nro", "Pvm", "Eräpvm", "Asiakas", "Tunnus", "Sähköposti"), "")
    first, hidden, below, last = records([row(), row(Nro="1002"), row(**blank, Hinta="9,00"), row(Nro="1003")])
    drafts = list(made.drafts([first, replace(hidden, skipped="the row is hidden"), below, last]))
    assert [(draft.label, len(draft.group.lines)) for draft in drafts] == [("1001", 1), ("1003", 1)]
    assert [one.reason for one in made.skipped] == ["the row is hidden", "it belongs to line 3: the row is hidden"]
    assert all(one.has_amount for one in made.skipped)


def test_a_list_of_one_row_an_invoice_has_no_rows_that_go_along(tmp_path: Path) -> None:
    skip = [{"column": "Selite", "equals": "Luonnos", "part": "header"}]
    made = Mapper(mapping(tmp_path, skip=skip, group_by=None), "in.csv")
    drafts = list(made.drafts(records([row(Selite="Luonnos"), row(Nro="1002", Selite="")])))
    assert [draft.label for draft in drafts] == ["1002"]


def test_a_line_left_out_tells_of_an_amount_only_when_it_has_one_itself(tmp_path: Path) -> None:
    skip = [{"column": "Selite", "starts_with": "Huom", "part": "line"}]
    made = Mapper(mapping(tmp_path, skip=skip, invoice={"amounts.gross_amount": "Summa"}), "in.csv")
    lines = [row(Summa="125,50"), row(Selite="Huom 1", Määrä="", Hinta="", ALV="", Summa="")]
    lines += [row(Selite="Huom 2", Hinta="0,00", Summa=""), row(Selite="Huom 3", Hinta="7,00", Summa="")]
    (draft,) = made.drafts(records(lines))
    assert draft.invoice is not None
    assert [one.has_amount for one in made.skipped] == [False, False, True]

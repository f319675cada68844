"""What Confirma does not like, told in the sheet's words: the cell, its header, what stands there, what is expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from world import HEADERS, MAPPING, World, as_json, csv_rows, invoice_rows

from confirma_connector import language, pipeline
from confirma_connector.cli import main
from confirma_connector.contract import read
from confirma_connector.phrases import plain
from confirma_connector.pipeline import Choice
from confirma_connector.wirenames import Names

pytestmark = pytest.mark.usefixtures("read_once")

NAMES = Names(read())
POSTAL_CODE = "invoice.parties.buyerParty.address.postalCode"
FIVE = "must match pattern ^\\d{5}$"


def refused(world: World, body: Any, *rows: list[str], kind: str = "application/json", number: int = 1002) -> list[str]:
    """Let the stand-in refuse invoice 1002 with *body*; give the problems as a person reads them."""
    content = body if isinstance(body, str) else json.dumps(body)
    world.fault("create", "status", status=422, content=content, content_type=kind, numbers=(number,), times=1)
    source = world.source(1001, rows=rows or invoice_rows(number, Postinumero="0010", Sähköposti=""))
    source.write_text(source.read_text("utf-8").replace("0010;", "00100;"), "utf-8") if not rows else None
    return problems(world.send(source), number)


def problems(report: Any, number: int = 1002) -> list[str]:
    (file,) = report.files
    (invoice,) = (one for one in file.invoices if one.number == str(number))
    return [problem.text(Path(file.path).name) for problem in invoice.details if problem.severity == "error"]


CELL = 'in.csv, line 3, column "Postinumero": "00100": Confirma expects exactly 5 digits [E-REFUSED]'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"field": POSTAL_CODE, "message": FIVE}]}, "application/json"),
        ({"message": "Invalid", "errors": [{"path": POSTAL_CODE, "detail": FIVE}]}, "application/json"),
        ({"Message": "Invalid", "errors": [{"property": POSTAL_CODE, "error": FIVE}]}, "application/json"),
        ({"title": "Bad", "status": 400, "errors": {POSTAL_CODE: [FIVE]}}, "application/problem+json"),
        ({"errors": {"Invoice.Parties.BuyerParty.Address.PostalCode": [FIVE]}}, "application/problem+json"),
        ({"errors": {"$.invoice.parties.buyerParty.address.postalCode": FIVE}}, "application/json"),
        ({"errors": {"invoice": {"parties": {"buyerParty": {"address": {"postalCode": [FIVE]}}}}}}, "application/json"),
        ({"detail": [{"loc": ["body", *POSTAL_CODE.split(".")], "msg": FIVE, "type": "x"}]}, "application/json"),
        ([{"instancePath": "/" + POSTAL_CODE.replace(".", "/"), "message": FIVE}], "application/json"),
        ({"errors": [{"source": {"pointer": "#/buyerParty/address/postal_code"}, "detail": FIVE}]}, "application/json"),
        ({"errors": [f"{POSTAL_CODE}: {FIVE}"]}, "application/json"),
        ({"errors": f"'zipCode' {FIVE}"}, "application/json"),
        ({"message": f"The field buyer postal code {FIVE}."}, "application/json"),
        (json.dumps(f"{POSTAL_CODE}: {FIVE}"), "application/json"),
        (f"{POSTAL_CODE}: {FIVE}", "text/plain; charset=utf-8"),
        (
            {
                "message": "Field error in object 'invoice' on field 'buyerParty.address.postalCode': rejected value [x]; "
                'codes [Pattern]; arguments []; default message [must match "^\\d{5}$"]]'
            },
            "application/json",
        ),
    ],
)
def test_a_refusal_in_every_shape_names_the_cell_and_what_is_expected(world: World, body: Any, kind: str) -> None:
    assert refused(world, body, kind=kind) == [CELL]
    message = csv_rows(world.folder / "in.results.csv")[1]["confirma_message"]
    assert message == 'Postinumero "00100": Confirma expects exactly 5 digits [E-REFUSED]'


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            ("invoice.rows[1].vatPercentage", "must be > 0"),
            'line 4, column "ALV": "14": Confirma expects a number above 0',
        ),
        (("/invoice/rows/0/vatPercentage", "must be > 0"), 'line 3, column "ALV": "25,5": Confirma expects'),
        (("invoice.rows[1]", "is invalid"), 'line 4, column "Selite + Määrä + Hinta + ALV": Confirma says'),
        (("invoice.rows[7].vatPercentage", "is invalid"), "line 3: rows[7].vat_percentage: Confirma says"),
        (("invoice.rows.vatPercentage", "is invalid"), 'line 3, column "ALV": Confirma says'),
        (
            ("invoice.rows[1].netAmount", "must be positive"),
            'line 4, column "Määrä + Hinta": Confirma expects a number',
        ),
        (("INVOICE.HEADER.DUEDATE", "must be a date"), 'line 3, column "Eräpvm": "'),
        (("buyer_party.address", "is not valid"), 'line 3, column "Katu + Postinumero + Kaupunki": Confirma says'),
        (("invoice.parties.buyerParty", "must have required property 'name'"), 'line 3, column "Asiakas": "Ostaja'),
        (("invoice.header.currencyCode", "is not valid"), 'line 3: "EUR": currency_code, a constant of the mapping: '),
        (
            ("distribution.method", "must be one of EDI, LETTER"),
            'line 3, column "Sähköposti": "laskut@example.com": Conf',
        ),
        (("invoice.references.payment", "is not valid"), 'line 3, column "Nro": "1002": Confirma says'),
        (
            ("invoice.parties.buyerParty.contact.phone", "required"),
            "line 3: buyer.contact.phone: Confirma needs a value",
        ),
        (("invoice.terms.interest", "no such thing"), 'line 3: invoice.terms.interest: Confirma says "no such thing"'),
        (
            ("", "The customer's e-mail bounced"),
            'line 3, column "Sähköposti": "laskut@example.com": Confirma says "The',
        ),
        (("", "the service is tired"), 'line 3: Confirma says "the service is tired"'),
        (("x.email", "is not valid"), "line 3: x.email: Confirma says that it is not valid"),
    ],
)
def test_each_kind_of_path_leads_to_its_own_cells(world: World, said: tuple[str, str], told: str) -> None:
    rows = [*invoice_rows(1002), *invoice_rows(1002, ALV="14")]
    (problem,) = refused(world, {"errors": [{"field": said[0], "message": said[1]}]}, *rows)
    assert problem.startswith(f"in.csv, {told}"), problem


@pytest.fixture
def excel(world: World) -> World:
    """A world in which the same mapping reads a workbook with a title above its headers."""
    mapping = world.folder / "mapping.yaml"
    text = MAPPING.replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut, header_row: 2}")
    mapping.write_text(text, "utf-8")
    return world


def test_a_workbooks_cell_is_named_by_sheet_column_and_row(excel: World) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Laskut"
    for row in (["Myyntilaskut"], HEADERS, *invoice_rows(1001), *invoice_rows(1002), *invoice_rows(1002, ALV="14")):
        sheet.append(list(row))
    book.save(excel.folder / "in.xlsx")
    said = {"errors": [{"field": "/invoice/rows/1/vatPercentage", "message": "Input should be '24' or '25.5'"}]}
    excel.fault(
        "create", "status", status=400, content=json.dumps(said), content_type="application/json", numbers=(1002,)
    )
    told = problems(excel.send(excel.folder / "in.xlsx"))
    assert told == ['in.xlsx, Laskut!R5, column "ALV": "14": Confirma expects one of these words: 24, 25.5 [E-REFUSED]']
    results = openpyxl.load_workbook(excel.folder / "in.results.xlsx")["Laskut"]
    cells = [str(cell.value) for cell in results[4]]
    assert 'Laskut!R5, ALV "14": Confirma expects one of these words: 24, 25.5 [E-REFUSED]' in cells


def test_a_charge_is_told_by_the_column_that_makes_it(world: World) -> None:
    mapping = world.folder / "mapping.yaml"
    charge = '\ncharges:\n  - {description: {constant: Toimitus}, net_amount: Toimituskulu, vat_percentage: {constant: "25,5"}}\n'
    mapping.write_text(MAPPING + charge, "utf-8")
    source = world.source(1002)
    lines = source.read_text("utf-8").splitlines()
    source.write_text("\n".join((lines[0] + ";Toimituskulu", lines[1] + ";10,00")) + "\n", "utf-8")
    said = {"errors": [{"field": "invoice.rows[1].netAmount", "message": "must be less than 5"}]}
    world.fault("create", "status", status=422, content=json.dumps(said), content_type="application/json")
    (problem,) = problems(world.send(source))
    assert problem.startswith('in.csv, line 2, column "Toimituskulu": "10,00": Confirma expects a number below 5')


def test_of_several_cells_that_may_be_meant_all_are_named(world: World) -> None:
    mapping = world.folder / "mapping.yaml"
    mapping.write_text(
        MAPPING.replace("  seller.name: seller", "  seller.name: seller\n  recipient.name: text"), "utf-8"
    )
    (problem,) = refused(world, {"errors": [{"field": "name", "message": "is too long"}]}, *invoice_rows(1002))
    assert problem.startswith('in.csv, line 3, column "Myyjä / Asiakas / Selite": it is too long for Confirma')


def test_what_a_person_is_called_is_in_no_json(world: World) -> None:
    said = {
        "errors": [{"field": "invoice.parties.buyerParty.name", "message": "'Ostaja Åkerström €uro Oy' is too long"}]
    }
    refused(world, said, *invoice_rows(1002))
    told = pipeline.check(world.run(), Choice((world.folder / "in.csv",))).model_dump_json()
    assert "Åkerström" not in told
    (problem,) = as_json(told)["files"][0]["invoices"][1]["problems"]
    assert (problem["header"], problem["message"]) == ("Asiakas", "it is too long for Confirma")


# -- an ERROR that comes days later -----------------------------------------------------------------------------------

BAD = {"Sähköposti": "", "Postinumero": "00001"}
LATER = 'in.results.csv, line 2, column "Postinumero": "00001": Confirma says that it is not valid [E-NOT-DELIVERED]'


def test_an_error_that_comes_later_names_the_cell_in_the_results_in_check_and_in_show(world: World) -> None:
    source = world.source(rows=invoice_rows(1002, **BAD))
    world.send(source)
    assert problems(world.track()) == [LATER]
    results = world.folder / "in.results.csv"
    before = results.read_bytes()
    (row,) = csv_rows(results)
    assert row["confirma_message"] == 'Postinumero "00001": Confirma says that it is not valid [E-NOT-DELIVERED]'
    assert problems(pipeline.check(world.run(), Choice((source,)))) == [LATER.replace("in.results.csv", "in.csv")]
    shown = CliRunner().invoke(main, ["show", "1002"], env=world.environ()).stdout
    assert "Confirma says that it is not valid" in shown
    world.track()
    world.send(source)
    assert results.read_bytes() == before


def test_of_a_cell_that_was_corrected_since_the_new_value_is_not_blamed(world: World) -> None:
    world.send(world.source(rows=invoice_rows(1002, **BAD)))
    world.track()
    source = world.source(rows=invoice_rows(1002, **{**BAD, "Postinumero": "00100"}))
    report = pipeline.check(world.run(), Choice((source,)))
    (invoice,) = report.files[0].invoices
    assert "00100" not in invoice.message
    assert invoice.message.startswith(
        'line 2, column "Postinumero": Confirma says that it is not valid [E-NOT-DELIVERED]; '
    )
    assert invoice.message.endswith("; corrected here since: it can be sent again")
    shown = CliRunner().invoke(main, ["check", str(source)], env=world.environ()).stdout
    assert "  Postinumero    invoice 1002\n" in shown, "neither the new value nor (empty) is what was refused"
    assert "is not valid; corrected here since: it can be sent again [E-NOT-DELIVERED]" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("changes", "is_torn", "ending"),
    [
        ({"Postinumero": "01300"}, True, "the number stands at more than one place in this file"),
        ({"Postinumero": "01300", "ALV": "kaksi"}, False, "it cannot be sent again before that is put right"),
    ],
)
def test_in_an_invoice_that_is_not_valid_any_more_no_cell_is_blamed_for_what_was_sent(
    world: World, changes: dict[str, str], is_torn: bool, ending: str
) -> None:
    first = invoice_rows(1002, lines=2, **BAD)
    world.send(world.source(rows=[*first, *invoice_rows(1003)]))
    world.track()
    results = world.folder / "in.results.csv"
    header, one, two, other = results.read_text("utf-8").splitlines()
    one, two = (line.replace("00001", "01300").replace("25,5", changes.get("ALV", "25,5")) for line in (one, two))
    lines = (header, one, other, two) if is_torn else (header, one, two, other)
    results.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    report = world.track()
    told = csv_rows(results)[0]["confirma_message"]
    assert told.startswith("Postinumero: Confirma says that it is not valid [E-NOT-DELIVERED]; changed here since, ")
    assert told.endswith(ending)
    assert [problem.value for problem in report.files[0].invoices[0].details] == [""]


def test_of_several_cells_that_may_be_meant_none_is_called_empty(world: World) -> None:
    said = {"errors": [{"field": "buyer_party.address", "message": "is not valid"}]}
    world.fault("create", "status", status=422, content=json.dumps(said), content_type="application/json")
    source = world.source(rows=invoice_rows(1002))
    shown = CliRunner().invoke(main, ["send", str(source)], env=world.environ()).stdout
    assert "Kaupun…    invoice 1002" in shown


@pytest.mark.parametrize(
    "more",
    [
        {"message": "could not be delivered", "errors": [{"field": POSTAL_CODE, "message": "is not valid"}]},
        {"message": [{"path": "/" + POSTAL_CODE.replace(".", "/"), "message": "is not valid"}]},
        {"error": {POSTAL_CODE: ["is not valid"]}},
        {"errorMessage": "buyerParty.address.postalCode is invalid"},
        {"description": "Vastaanottajan postinumero on virheellinen"},
    ],
)
def test_a_listing_may_carry_its_errors_in_every_shape(world: World, more: dict[str, Any]) -> None:
    world.send(world.source(rows=invoice_rows(1002, **BAD)))
    date = next(iter(world.entries().values())).date.isoformat()
    record = {"invoiceNumber": "1002", "invoiceDate": date, "status": "ERROR", **more}
    told = json.dumps({"metaData": {"totalCount": 1}, "distributions": [record]})
    world.fault("listing", "status", status=200, content=told, content_type="application/json")
    assert problems(world.track()) == [LATER]


def test_an_error_that_names_no_field_is_told_as_it_is(world: World) -> None:
    world.send(world.source(rows=invoice_rows(1002, **BAD)))
    date = next(iter(world.entries().values())).date.isoformat()
    record = {"invoiceNumber": "1002", "invoiceDate": date, "status": "ERROR", "message": "the printer is on fire"}
    told = json.dumps({"metaData": {"totalCount": 1}, "distributions": [record]})
    world.fault("listing", "status", status=200, content=told, content_type="application/json")
    world.track()
    assert [row["confirma_message"] for row in csv_rows(world.folder / "in.results.csv")] == ["the printer is on fire"]


def test_errors_without_end_in_one_another_are_no_trouble(world: World) -> None:
    deep = {"errors": "x"}
    for _ in range(300):
        deep = {"errors": [{"errors": deep}]}
    assert refused(world, deep, *invoice_rows(1002)) == []
    assert refused(
        world, {"errors": [{"field": "a." * 50_000, "message": "on field 'x'" * 50_000}]}, *invoice_rows(1002)
    )


# -- names and phrases -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "field"),
    [
        ("invoice.rows[2].vatPercentage", "rows[2].vat_percentage"),
        ("/invoice/rows/2/vatPercentage", "rows[2].vat_percentage"),
        ("#/invoice/rows/2/vat_percentage", "rows[2].vat_percentage"),
        ("$.invoice.rows[0]", "rows[0]"),
        ("invoice.rows", "rows"),
        ("Invoice.Header.DueDate", "due_date"),
        ("header.dueDate", "due_date"),
        ("body.invoice.header.due-date", "due_date"),
        ("CreateInvoiceRequest.Invoice.Header.DueDate", "due_date"),
        ("invoice.dueDate", "due_date"),
        ("invoice.parties.buyerParty.address.street2", "buyer.address.street2"),
        ("buyerParty.email", "buyer.contact.email"),
        ("customer.zipCode", "buyer.address.postal_code"),
        ("parties.sellerParty.paymentDetails.iban", "seller.payment_details.iban"),
        ("distribution.method", "distribution.method"),
        ("processing.paymentControlEnabled", "processing.payment_control_enabled"),
        ("invoice.amounts.grossAmount", "amounts.gross_amount"),
        ("invoice.attachments[0].data", "attachments[0].data"),
        ("buyer.address.postal_code", "buyer.address.postal_code"),
        ("nothing.known", ""),
        ("invoice.parties.buyerParty.shoeSize", ""),
        ("", ""),
        ("[0]", ""),
    ],
)
def test_a_wire_path_is_turned_back_into_a_field(wire: str, field: str) -> None:
    assert NAMES.fields(wire) == ((field,) if field else ())


@pytest.mark.parametrize(
    ("sentence", "fields"),
    [
        ("Buyer's postal code is missing", ("buyer.address.postal_code",)),
        ("missing field `dueDate`", ("due_date",)),
        ("Invalid buyerParty.name", ("buyer.name",)),
        ("Ostajan Y-tunnus on virheellinen", ("buyer.business_id",)),
        ("the due date must be after the invoice date", ("due_date",)),
        ("must be one of 'EMAIL', 'EDI'", ()),
        ("Duplicate invoice", ()),
        ("Validation failed for object='invoice'. Error count: 1", ()),
        ("The name of the game is address", ()),
    ],
)
def test_a_sentence_is_about_a_field_only_where_it_names_one(sentence: str, fields: tuple[str, ...]) -> None:
    mention = NAMES.mentioned(sentence)
    assert (mention.fields if mention else ()) == fields


SAID = {
    "Confirma needs a value here": (
        *("must not be blank", "The Name field is required.", "Field required", "This field is required."),
        *("must have required property 'name'", "'name' is a required property", "none is not an allowed value"),
    ),
    "Confirma expects exactly 5 digits": (
        *("'zipCode' must match pattern ^\\d{5}$", "String should match pattern '^[0-9]{5}$'", "must be 5 digits"),
        *('must match "\\d{5}"', "The field Code must match the regular expression '^\\d{5}$'."),
        "'0010' does not match '^\\\\d{5}$'",
    ),
    "Confirma expects the form 0000000-0, where each 0 is a digit": ('must match "^[0-9]{7}-[0-9]$"',),
    "Confirma expects exactly 2 capital letters": ("string does not match regex ^[A-Z]{2}$",),
    "it has not the form that Confirma expects": ('must match "^(?!x)[a-f]+|z$"', "is not in the correct format"),
    "Confirma takes at most 35 characters": (
        *("String should have at most 35 characters", "ensure this value has at most 35 characters"),
        *("size must be between 0 and 35", "must NOT have more than 35 characters", "length must be between 1 and 35"),
        "The field Name must be a string or array type with a maximum length of '35'.",
    ),
    "Confirma expects at least 2 characters": (
        "must NOT have fewer than 2 characters",
        "size must be between 2 and 2147483647",
    ),
    "Confirma expects 2 to 35 characters": (
        "The field Name must be a string with a minimum length of 2 and a maximum length of 35.",
    ),
    "it is too long for Confirma": ("'Akerstrom' is too long",),
    "Confirma expects one of these words: EMAIL, EDI": (
        *("Input should be 'EMAIL' or 'EDI'", "must be one of EMAIL, EDI", "'X' is not one of ['EMAIL', 'EDI']"),
        "value is not a valid enumeration member; permitted: 'EMAIL', 'EDI'",
    ),
    "it is none of the words that Confirma takes here": ("must be equal to one of the allowed values",),
    "Confirma expects a whole number": (
        *("Input should be a valid integer [type=int_type, input_value='x', input_type=str]", "must be integer"),
        "The JSON value could not be converted to System.Int32. Path: $.invoice.header.number | LineNumber: 0 | "
        "BytePositionInLine: 25.",
    ),
    "Confirma expects a number": (
        *("Input should be a valid number, unable to parse string as a number", "'x' is not of type 'number'"),
        "The JSON value could not be converted to System.Nullable`1[System.Decimal]. Path: $.x",
    ),
    "Confirma expects a date": ("must be a date, YYYY-MM-DD", 'must match format "date"', "invalid date format"),
    "Confirma expects a number above 0": ("Input should be greater than 0", "must be positive", "must be > 0"),
    "Confirma expects a number of at least 0.5": ("must be greater than or equal to 0.5", "must be >= 0.5"),
    "Confirma expects a number of at least 0": ("must not be negative", "-1 is less than the minimum of 0"),
    "Confirma expects a number from 0 to 100": ("must be between 0 and 100",),
    "Confirma expects a number of at most 100": ("must be <= 100",),
    "Confirma takes at most 2 decimals": (
        *("must have at most 2 decimals", "numeric value out of bounds (<10 digits>.<2 digits> expected)"),
    ),
    "Confirma expects an e-mail address": (
        "must be a well-formed email address",
        "value is not a valid email address: x",
    ),
    "Confirma expects text": ("must be string",),
    "Confirma expects yes or no": ("must be boolean",),
    "Confirma has this one already": ("already exists",),
    "Confirma does not find this one": ("e-invoice address not found",),
    "Confirma says that it is not valid": ("postal code is not valid", "Invalid value", "The value 'X' is not valid."),
}


@pytest.mark.parametrize(("expected", "said"), [(words, one) for words, all_of in SAID.items() for one in all_of])
def test_what_validators_usually_say_is_said_plainly(expected: str, said: str) -> None:
    assert plain(said) == expected


@pytest.mark.parametrize(
    "said", ["no such rate", "must not be empty when method is LETTER", "is not required", "must be an object", ""]
)
def test_any_other_sentence_is_left_to_be_quoted(said: str) -> None:
    assert plain(said) is None


@pytest.mark.parametrize("code", ["fi", "sv"])
@pytest.mark.parametrize("expected", sorted(SAID))
def test_every_phrase_is_said_in_the_readers_language(expected: str, code: language.LanguageCode) -> None:
    with language.using(code):
        said = plain(SAID[expected][0])
    assert said
    assert said != expected


def test_a_phrase_is_read_in_the_language_of_whoever_reads(world: World) -> None:
    refused(world, {"errors": [{"field": POSTAL_CODE, "message": FIVE}]})
    with language.using("fi"):
        told = problems(pipeline.check(world.run(), Choice((world.folder / "in.csv",))))
    assert told
    assert "Confirma expects" not in told[0]
    assert problems(pipeline.check(world.run(), Choice((world.folder / "in.csv",)))) == [CELL]

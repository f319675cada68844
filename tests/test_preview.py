"""`confirma check --preview`: one invoice as it will be sent, each field beside the cell it came from."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from world import DAY, World, invoice_rows

from confirma_connector import pipeline
from confirma_connector.cli import main
from confirma_connector.errors import SettingsError
from confirma_connector.fieldnames import name_of, section_of
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.pipeline import Choice
from confirma_connector.previewing import Preview, PreviewField


def preview(world: World, source: Path, number: str) -> Preview:
    ((_, shown),) = pipeline.preview(world.run(), Choice((source,)), number)
    return shown


def fields(shown: Preview) -> dict[str, PreviewField]:
    return {one.field: one for one in shown.fields}


def columns(shown: Preview) -> dict[str, str]:
    return {one.field: one.origin for one in shown.columns}


def test_each_field_has_its_value_its_wire_path_and_its_cell(world: World) -> None:
    shown = preview(world, world.source(1001, 1002), "1002")
    assert (shown.label, shown.where, shown.state, shown.problems) == ("1002", "line 3", "ready", ())
    found = fields(shown)
    code = found["buyer.address.postal_code"]
    assert code.wire == "invoice.parties.buyerParty.address.postalCode"
    assert (code.value, code.origin) == ("00100", 'line 3, column "Postinumero": "00100"')
    assert found["date"].value == DAY.isoformat()


def test_what_stands_in_no_column_says_how_it_came_about(world: World) -> None:
    found = fields(preview(world, world.source(1001), "1001"))
    text = (world.folder / "mapping.yaml").read_text("utf-8").split("\n")
    line = text.index("  currency_code: {constant: EUR}") + 1
    assert found["currency_code"].origin == f"a constant of the mapping, mapping.yaml, line {line}"
    made = text.index("missing_reference: fi") + 1
    assert found["references.payment"].value == "10016"
    assert found["references.payment"].origin == f"made from the invoice number, mapping.yaml, line {made}"
    assert found["distribution.method"].origin == "there is an e-mail address, and no e-invoice address"
    assert found["buyer.entity_type"].origin == "a company, as there is a business id or a VAT number"
    assert found["amounts.gross_amount"].origin == "worked out: net + VAT"
    assert found["type"].value == "INVOICE"
    assert "the mapping has a default for it" in found["type"].origin


def test_rows_are_a_table_and_each_column_says_where_it_is_from(world: World) -> None:
    rows = [*invoice_rows(1001), *invoice_rows(1001, Hinta="3,335", Määrä="3", Selite="Toinen")]
    shown = preview(world, world.source(rows=rows), "1001")
    assert columns(shown) == {
        "rows.description": 'column "Selite"',
        "rows.quantity": 'column "Määrä"',
        "rows.unit_price": 'column "Hinta"',
        "rows.vat_percentage": 'column "ALV"',
        "rows.net_amount": "worked out: quantity × unit price",
        "rows.vat_amount": "worked out: net × VAT rate",
        "rows.gross_amount": "worked out: net + VAT",
    }
    assert [row.where for row in shown.rows] == ["line 2", "line 3"]
    assert dict(shown.rows[1].values) | {"rows.net_amount": "10.01", "rows.unit_price": "3.335"} == shown.rows[1].values


@pytest.mark.parametrize(
    ("mapping", "net", "vat", "gross"),
    [
        (
            ("missing_reference: fi", "missing_reference: fi\nprices: gross"),
            "gross less the VAT in it",
            "gross − net",
            "quantity × unit price",
        ),
        (
            ("  unit_price: price\n", "  gross_amount: price\n"),
            "gross less the VAT in it",
            "gross − net",
            'column "Hinta"',
        ),
        (
            ("  quantity: quantity\n", "  quantity: quantity\n  discount_percentage: {constant: '10'}\n"),
            "quantity × unit price, less the discount",
            "net × VAT rate",
            "net + VAT",
        ),
    ],
    ids=["gross prices", "gross amounts", "a discount"],
)
def test_amounts_say_how_they_were_worked_out(
    world: World, mapping: tuple[str, str], net: str, vat: str, gross: str
) -> None:
    path = world.folder / "mapping.yaml"
    path.write_text(path.read_text("utf-8").replace(*mapping), "utf-8")
    origins = columns(preview(world, world.source(1001), "1001"))
    told = [origins[f"rows.{name}_amount"].removeprefix("worked out: ") for name in ("net", "vat", "gross")]
    assert told == [net, vat, gross]


def test_an_invoice_that_is_not_valid_shows_what_is_there_and_what_is_wrong(world: World) -> None:
    source = world.source(rows=invoice_rows(1001, Hinta="kaksi", Eräpvm=""))
    shown = preview(world, source, "1001")
    assert shown.state == "invalid"
    assert [problem.code for problem in shown.problems] == ["E-AMOUNT"]
    found = fields(shown)
    assert found["buyer.name"].value == "Ostaja Åkerström €uro Oy"
    assert found["distribution.method"].value == "EMAIL"
    assert "rows.unit_price" not in shown.rows[0].values
    assert "due_date" in [one.field for one in shown.empty]
    done = CliRunner().invoke(main, ["check", str(source), "--preview", "1001"], env=world.environ())
    assert done.exit_code == 1
    assert 'line 2, column "Hinta": "kaksi": expected a number' in done.stdout


def test_an_invoice_that_only_a_rule_objects_to_is_shown_whole(world: World) -> None:
    shown = preview(world, world.source(rows=invoice_rows(1001, IBAN="FI1")), "1001")
    assert (shown.state, fields(shown)["amounts.gross_amount"].value) == ("invalid", "125.50")
    assert shown.rows[0].values["rows.net_amount"] == "100.00"


def test_a_credit_note_says_that_its_sign_was_turned(world: World) -> None:
    path = world.folder / "mapping.yaml"
    path.write_text(path.read_text("utf-8").replace("rows:\n", "  amounts.gross_amount: city\nrows:\n"), "utf-8")
    rows = invoice_rows(1002, credits=1001, Määrä="2", Kaupunki="125,50")
    found = fields(preview(world, world.source(rows=rows), "1002"))["amounts.gross_amount"]
    assert (found.value, found.origin) == (
        "-125.50",
        'line 2, column "Kaupunki": "125,50"; with the sign that credit notes are sent with',
    )


def test_who_somebody_is_by_number_is_never_shown(world: World) -> None:
    path = world.folder / "mapping.yaml"
    text = path.read_text("utf-8").replace(
        "  buyer.business_id: buyer_id\n", "  buyer.personal_identity_number: buyer_id\n"
    )
    path.write_text(text.replace("rows:\n", "  buyer.entity_type: {constant: CONSUMER}\nrows:\n"), "utf-8")
    rows = invoice_rows(1001, **{"Asiakkaan tunnus": "131052-308T", "Selite": "Aino 131052-308T"})
    done = CliRunner().invoke(main, ["check", str(world.source(rows=rows)), "--preview", "1001"], env=world.environ())
    assert "308T" not in done.output
    assert done.stdout.count("******-***") >= 2


def test_the_command_shows_sections_fields_and_the_table(world: World) -> None:
    done = CliRunner().invoke(main, ["check", str(world.source(1001)), "--preview", "1001"], env=world.environ())
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0] == "in.csv, line 2: invoice 1001: ready"
    assert "  Buyer" in lines
    assert "        buyer.address.street → invoice.parties.buyerParty.address.street" in lines
    row = next(line.split() for line in lines if line.startswith("    line 2  "))
    assert row == ["line", "2", "Työ", "2", "50", "25.5", "100.00", "25.50", "125.50"]


def test_a_number_that_stands_twice_is_shown_at_both_places(world: World) -> None:
    source = world.source(1001, 1002, rows=invoice_rows(1001, Asiakas="Toinen Oy"))
    both = pipeline.preview(world.run(), Choice((source,)), "1001")
    assert [(shown.where, shown.state) for _, shown in both] == [("line 2", "invalid"), ("line 4", "invalid")]


def test_a_number_that_is_none_can_be_looked_at_as_it_is_spelled(world: World) -> None:
    shown = preview(world, world.source(rows=invoice_rows("INV-17")), "INV-17")
    assert [problem.code for problem in shown.problems] == ["E-INVOICE-NUMBER"]


def test_a_number_that_is_nowhere_is_said(world: World) -> None:
    with pytest.raises(SettingsError, match="invoice 7: in none of the files"):
        pipeline.preview(world.run(), Choice((world.source(1001),)), "7")


@pytest.mark.parametrize("other", ["--json", "--log-json", "--annotate"])
def test_values_of_cells_go_to_people_alone(world: World, other: str) -> None:
    words = ["check", str(world.source(1001)), "--preview", "1001", other]
    done = CliRunner().invoke(main, words, env=world.environ())
    assert (done.exit_code, done.stdout, "to people alone" in done.stderr) == (2, "", True)


def test_every_field_has_a_name() -> None:
    nameless = [field for field in INVOICE_FIELDS if name_of(field) == field]
    nameless += [field for field in ROW_FIELDS if name_of(f"rows.{field}") == f"rows.{field}"]
    assert nameless == []
    assert {section_of(field) for field in INVOICE_FIELDS} >= {"Invoice", "Buyer", "Totals"}

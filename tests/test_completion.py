"""From fields to an invoice: what follows from other fields is filled in, what is missing is named."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mapped import drafts, errors, invoice_of, mapping, records, row

from confirma_connector.mapper import Mapper
from confirma_connector.parts import Part, members


def complaints(folder: Path, /, *lines: dict[str, Any], **changes: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for draft in drafts(folder, lines, **changes) for problem in errors(draft)]


def test_everything_that_is_missing_or_wrong_is_told_at_once(tmp_path: Path) -> None:
    wrong = row(Nro="x", Pvm="", Asiakas="", Tunnus="", Määrä="kaksi")
    found = complaints(tmp_path, wrong, row(Nro="x", Pvm="", Asiakas="", Tunnus="", Hinta=""))
    assert found == [
        ("E-INVOICE-NUMBER", "number"),
        ("E-AMOUNT", "rows[0].quantity"),
        ("E-MISSING", "date"),
        ("E-MISSING", "buyer.name"),
        ("E-ENTITY-TYPE", "buyer.entity_type"),
        ("E-ROW-AMOUNT", "rows[1].net_amount"),
    ]


def test_a_field_that_could_not_be_read_is_not_called_empty_as_well(tmp_path: Path) -> None:
    assert complaints(tmp_path, row(Nro="A-1", Pvm="yesterday")) == [("E-INVOICE-NUMBER", "number"), ("E-DATE", "date")]


def test_the_type_is_an_invoice_unless_the_source_says_otherwise(tmp_path: Path) -> None:
    kinds = {"invoice": {"type": {"column": "Laji"}}}
    assert invoice_of(tmp_path, row()).type == "INVOICE"
    assert invoice_of(tmp_path, row(Laji=""), **kinds).type == "INVOICE"
    assert invoice_of(tmp_path, row(Laji="INVOICE"), **kinds).type == "INVOICE"


@pytest.mark.parametrize("kind", ["REMINDER", "AUTO_PAYMENT_INVOICE", "COLLECTION", "FACTORING"])
def test_types_that_are_not_sent_are_refused_with_the_reason(tmp_path: Path, kind: str) -> None:
    (draft,) = drafts(tmp_path, [row(Laji=kind)], invoice={"type": "Laji"})
    (problem,) = errors(draft)
    assert (problem.code, problem.header, problem.value) == ("E-TYPE", "Laji", kind)
    assert problem.message.startswith(f"{kind} is not sent: ")


def test_a_type_nobody_knows_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Laji="Lasku")], invoice={"type": "Laji"})
    (problem,) = errors(draft)
    assert problem.text("laskut.csv") == (
        'laskut.csv, line 2, column "Laji": "Lasku": expected INVOICE or CREDIT_NOTE; '
        "a table: in the mapping can translate other words [E-TYPE]"
    )


@pytest.mark.parametrize("column", ["Tunnus", "ALV-numero"])
def test_a_buyer_with_a_business_id_or_vat_number_is_a_business(tmp_path: Path, column: str) -> None:
    invoice = {"buyer.vat_code": "ALV-numero"}
    values = {"Tunnus": "", "ALV-numero": ""} | {column: "2331972-7" if column == "Tunnus" else "FI23319727"}
    assert invoice_of(tmp_path, row(**values), invoice=invoice).buyer.entity_type == "BUSINESS"


def test_a_buyer_without_either_must_be_told(tmp_path: Path) -> None:
    assert complaints(tmp_path, row(Tunnus="")) == [("E-ENTITY-TYPE", "buyer.entity_type")]
    told = {"invoice": {"buyer.entity_type": "Laji"}}
    assert invoice_of(tmp_path, row(Tunnus="", Laji="CONSUMER"), **told).buyer.entity_type == "CONSUMER"


def test_a_word_that_a_field_does_not_know_is_refused_with_those_it_knows(tmp_path: Path) -> None:
    rules = {"distribution.method": "Tapa", "buyer.entity_type": "Laji"}
    (draft,) = drafts(tmp_path, [row(Tapa="email", Laji="Business")], invoice=rules)
    assert {problem.field: problem.message.partition(";")[0] for problem in errors(draft)} == {
        "distribution.method": "expected EMAIL, EDI or LETTER",
        "buyer.entity_type": "expected BUSINESS or CONSUMER",
    }


@pytest.mark.parametrize(
    ("values", "method"),
    [
        ({"OVT": "003723319727", "Sähköposti": "a@example.com"}, "EDI"),
        ({"OVT": "", "Sähköposti": "a@example.com"}, "EMAIL"),
        ({"OVT": "", "Sähköposti": ""}, "LETTER"),
    ],
)
def test_the_way_is_e_invoice_then_e_mail_then_letter(tmp_path: Path, values: dict[str, str], method: str) -> None:
    rules = {
        "buyer.electronic_invoice_account": "OVT",
        "buyer.electronic_routing_address": {"constant": "003721291126"},
    }
    assert invoice_of(tmp_path, row(**values), invoice=rules).distribution.method == method


def test_a_way_that_the_source_says_is_kept(tmp_path: Path) -> None:
    assert (
        invoice_of(tmp_path, row(Tapa="LETTER"), invoice={"distribution.method": "Tapa"}).distribution.method
        == "LETTER"
    )


@pytest.mark.parametrize(("kind", "reference"), [("fi", "10016"), ("rf", "RF0810016")])
def test_a_missing_reference_is_made_of_the_number(tmp_path: Path, kind: str, reference: str) -> None:
    changes: dict[str, Any] = {"missing_reference": kind, "invoice": {"references.payment": "Viite"}}
    assert invoice_of(tmp_path, row(Viite=""), **changes).references.payment == reference
    assert invoice_of(tmp_path, row(Viite="1234561"), **changes).references.payment == "1234561"
    assert complaints(tmp_path, row(Nro="7", Viite=""), **changes) == [("E-REFERENCE", "references.payment")]


def test_no_reference_is_made_unless_the_mapping_says_so(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Viite="")], invoice={"references.payment": "Viite"})
    assert draft.invoice is None or draft.invoice.references.payment is None


@pytest.mark.parametrize("column", ["amounts.paid_amount", "amounts.prepaid_amount", "amounts.payable_amount"])
def test_an_invoice_that_is_partly_paid_is_refused(tmp_path: Path, column: str) -> None:
    assert complaints(tmp_path, row(Maksettu="20,00"), invoice={column: "Maksettu"}) == [("E-PAYABLE", column)]


def test_an_invoice_whose_payable_amount_is_its_total_is_not_refused(tmp_path: Path) -> None:
    rules = {"amounts.paid_amount": "Maksettu", "amounts.payable_amount": "Avoinna"}
    assert invoice_of(tmp_path, row(Maksettu="0,00", Avoinna="125,50"), invoice=rules)


def test_an_amount_of_more_than_two_decimals_is_refused_and_a_price_is_not(tmp_path: Path) -> None:
    found = complaints(tmp_path, row(Veroton="100,005"), rows={"net_amount": "Veroton"})
    assert ("E-DECIMALS", "rows[0].net_amount") in found
    assert invoice_of(tmp_path, row(Hinta="0,0855", Määrä="1000")).rows[0].unit_price == Decimal("0.0855")


CREDIT: dict[str, Any] = {
    "invoice": {
        "type": {"constant": "CREDIT_NOTE"},
        "references.credited_invoice_number": {"constant": "1000"},
        "amounts.gross_amount": "Yhteensä",
    },
    "rows": {"discount_amount": "Alennus"},
}


@pytest.mark.parametrize("sign", ["negative", "positive"])
@pytest.mark.parametrize("spelled", ["", "-"])
def test_a_credit_note_has_the_sign_of_the_contract_whatever_its_source_has(
    tmp_path: Path, sign: str, spelled: str
) -> None:
    rows = [row(Määrä=f"{spelled}2", Alennus=f"{spelled}10,00", Yhteensä=f"{spelled}112,96")]
    made = Mapper(mapping(tmp_path, **CREDIT), "laskut.csv", credit_sign=sign)
    (draft,) = made.drafts(records(rows))
    assert draft.invoice is not None, draft.problems
    told = {
        value for value in _numbers(draft.invoice.rows[0]) if value != Decimal("50.00") and value != Decimal("25.5")
    }
    assert all(value < 0 for value in told) if sign == "negative" else all(value > 0 for value in told)
    assert abs(draft.invoice.amounts.gross_amount) == Decimal("112.96")
    assert draft.invoice.rows[0].unit_price == Decimal("50.00")
    assert abs(draft.invoice.amounts.rounding_amount or 0) == Decimal("0.01")
    rounding, gross = draft.invoice.amounts.rounding_amount or Decimal(0), draft.invoice.amounts.gross_amount
    assert sum(line.gross_amount for line in draft.invoice.rows) + rounding == gross


def test_an_invoice_keeps_its_sign(tmp_path: Path) -> None:
    made = Mapper(mapping(tmp_path), "laskut.csv", credit_sign="negative")
    (draft,) = made.drafts(records([row()]))
    assert draft.invoice is not None
    assert draft.invoice.amounts.gross_amount == Decimal("125.50")


def _numbers(part: Part) -> Iterator[Decimal]:
    return (value for value in _walked(part) if isinstance(value, Decimal))


def _walked(value: object) -> Iterator[object]:
    if isinstance(value, Part):
        for name in members(type(value)):
            yield from _walked(getattr(value, name))
    elif isinstance(value, (tuple, list)):
        for member in value:
            yield from _walked(member)
    else:
        yield value


def test_there_is_no_float_anywhere_in_an_invoice(tmp_path: Path) -> None:
    made = invoice_of(tmp_path, [row(), row(Hinta="0,333", Määrä="3")], missing_reference="fi")
    assert not [value for value in _walked(made) if isinstance(value, float)]
    assert sum(isinstance(value, Decimal) for value in _walked(made)) >= 12


def test_an_operator_alone_is_told_only_where_nothing_says_how_the_invoice_goes(tmp_path: Path) -> None:
    rules = {"buyer.electronic_routing_address": "Välittäjä", "distribution.method": "Tapa"}
    told = {
        way: [
            problem.code
            for one in drafts(tmp_path, [row(Välittäjä="003721291126", Tapa=way)], invoice=rules)
            for problem in one.problems
        ]
        for way in ("", "LETTER")
    }
    assert told == {"": ["E-OPERATOR-ALONE"], "LETTER": []}
    for_all = {"buyer.electronic_routing_address": {"constant": "003721291126"}}
    assert [draft.problems for draft in drafts(tmp_path, [row()], invoice=for_all)] == [()]

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoices import invoice, spoken

from confirma_connector.language import LanguageCode, using

TOTALS = ("net", "vat", "gross", "rounding", "paid", "prepaid", "payable")


@pytest.mark.parametrize("name", TOTALS)
def test_a_total_of_more_than_two_decimals_is_an_error(name: str) -> None:
    wrong = invoice(**{f"amounts__{name}_amount": "10.005"})
    assert spoken("E-DECIMALS", wrong) == [("error", f"amounts.{name}_amount", "10.005")]


@pytest.mark.parametrize("name", ["net", "vat", "gross", "discount"])
def test_a_row_amount_of_more_than_two_decimals_is_an_error(name: str) -> None:
    row = asdict(invoice().rows[0])
    wrong = invoice(rows=[row, {**row, f"{name}_amount": "-0.001"}])
    assert spoken("E-DECIMALS", wrong) == [("error", f"rows[1].{name}_amount", "-0.001")]


def test_an_amount_is_spelled_as_whoever_reads_it_writes_numbers() -> None:
    wrong = invoice(amounts__net_amount="10.005")
    spellings: list[tuple[LanguageCode, str]] = [("en", "10.005"), ("fi", "10,005"), ("sv", "10,005"), ("en", "10.005")]
    for language, spelling in spellings:
        with using(language):
            assert spoken("E-DECIMALS", wrong) == [("error", "amounts.net_amount", spelling)]


@pytest.mark.parametrize("amount", ["0", "10", "10.5", "10.55", "-10.55", "10.5500", "1E+3", "1E+40"])
def test_an_amount_that_is_whole_cents_is_right_however_spelled(amount: str) -> None:
    assert spoken("E-DECIMALS", invoice(rows__0__net_amount=amount)) == []


@given(st.decimals(places=4, min_value=-(10**12), max_value=10**12))
def test_decimals_are_told_exactly_when_the_amount_is_not_whole_cents(amount: Any) -> None:
    assert bool(spoken("E-DECIMALS", invoice(amounts__net_amount=amount))) is (amount * 100 % 1 != 0)


def test_a_fine_unit_price_or_quantity_is_told_once_as_a_warning() -> None:
    row = asdict(invoice().rows[0])
    fine = invoice(rows=[row, {**row, "unit_price": "0.12345"}, {**row, "unit_price": "0.125", "quantity": "1.333"}])
    assert spoken("E-UNIT-PRICE-DECIMALS", fine) == [
        ("warning", "rows[1].unit_price", "0.12345"),
        ("warning", "rows[2].quantity", "1.333"),
    ]
    assert spoken("E-DECIMALS", fine) == []


def test_a_unit_price_or_quantity_in_cents_is_let_be() -> None:
    assert spoken("E-UNIT-PRICE-DECIMALS", invoice(rows__0__unit_price="1.5000", rows__0__quantity=None)) == []


@pytest.mark.parametrize("member", ["paid_amount", "prepaid_amount"])
def test_an_invoice_paid_in_advance_is_refused(member: str) -> None:
    field = f"amounts.{member}"
    assert spoken("E-PAYABLE", invoice(**{f"amounts__{member}": "0.01"})) == [("error", field, "0.01")]
    assert spoken("E-PAYABLE", invoice(**{f"amounts__{member}": "-5.00"})) == [("error", field, "-5")]
    for nothing in ("0", "0.00", "-0", None):
        assert spoken("E-PAYABLE", invoice(**{f"amounts__{member}": nothing})) == []


def test_an_amount_to_pay_other_than_the_total_is_refused() -> None:
    wrong = invoice(amounts__payable_amount="125.49")
    assert spoken("E-PAYABLE", wrong) == [("error", "amounts.payable_amount", "125.49")]
    assert spoken("E-PAYABLE", invoice(amounts__payable_amount="0")) == [("error", "amounts.payable_amount", "0")]
    assert spoken("E-PAYABLE", invoice(amounts__payable_amount="125.5")) == []


def test_an_invoice_with_a_negative_total_is_a_warning_and_a_credit_note_is_not() -> None:
    negative = {"amounts__gross_amount": "-125.50"}
    assert spoken("E-NEGATIVE", invoice(**negative)) == [("error", "amounts.gross_amount", "-125.5")]
    assert spoken("E-NEGATIVE", invoice(**negative, type="CREDIT_NOTE")) == []
    assert spoken("E-NEGATIVE", invoice(amounts__gross_amount="0.00")) == []


def test_an_invoice_without_rows_is_an_error() -> None:
    assert spoken("E-NO-ROWS", invoice(rows=[])) == [("error", "rows", "")]
    assert spoken("E-NO-ROWS", invoice()) == []


def test_a_row_without_any_text_is_a_warning() -> None:
    assert spoken("E-ROW-TEXT", invoice(rows__0__description=" ")) == [("warning", "rows[0].description", "")]
    assert spoken("E-ROW-TEXT", invoice(rows__0__description=None, rows__0__product_name="Työ")) == []
    assert spoken("E-ROW-TEXT", invoice()) == []

"""Amounts that fit each other, and those that do not."""

from decimal import Decimal as D

import pytest
from invoices import invoice, spoken

from confirma_connector.invoice import Row
from confirma_connector.parts import validated
from confirma_connector.rules import check


def row(**changes: object) -> Row:
    fields = {
        "description": "Work",
        "quantity": D(2),
        "unit_price": D("10.00"),
        "vat_percentage": D("25.5"),
        "net_amount": D("20.00"),
        "vat_amount": D("5.10"),
        "gross_amount": D("25.10"),
    }
    return validated(Row, {**fields, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"quantity": None},
        {"unit_price": None},
        {"unit_price": D("12.55")},  # a price with VAT
        {"discount_percentage": D(50), "unit_price": D("20.00")},
        {"discount_amount": D("5.00"), "unit_price": D("12.50")},
        {
            "quantity": D(1200),
            "unit_price": D("0.02"),
            "net_amount": D("18.00"),
            "vat_amount": D("4.59"),
            "gross_amount": D("22.59"),
        },
    ],
)
def test_a_price_that_makes_the_amount_is_no_finding(changes):
    assert not spoken("E-ROW-PRICE", invoice(rows=(row(**changes),)))


@pytest.mark.parametrize("changes", [{"unit_price": D("1.00")}, {"quantity": D(20)}, {"discount_percentage": D(10)}])
def test_a_price_that_makes_another_amount_is_told(changes):
    assert spoken("E-ROW-PRICE", invoice(rows=(row(**changes),))) == [("warning", "rows[0].net_amount", "20")]


def test_a_vat_amount_that_fits_within_its_rounding_is_no_finding():
    assert not spoken("E-ROW-VAT", invoice(rows=(row(vat_amount=D("5.11"), gross_amount=D("25.11")),)))


def test_a_vat_amount_of_another_rate_is_told():
    found = spoken("E-ROW-VAT", invoice(rows=(row(), row(vat_amount=D("4.80"), gross_amount=D("24.80")))))
    assert found == [("warning", "rows[1].vat_amount", "4.8")]


def test_a_difference_that_goes_to_rounding_is_shown_with_both_sums():
    rounded = invoice(amounts__gross_amount=D("125.51"), amounts__rounding_amount=D("0.01"))
    (problem,) = (problem for problem in check(rounded) if problem.code == "E-ROUNDING")
    assert problem.severity == "warning"
    assert "125.50" in problem.message
    assert "0.01" in problem.message


def test_without_a_difference_nothing_is_said_of_rounding():
    assert not spoken("E-ROUNDING", invoice())

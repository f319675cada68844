from __future__ import annotations

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from invoices import invoice, spoken

from confirma_connector.rules import check
from confirma_connector.rules.vat import FINNISH_RATES, finnish_rates


def taxed(rate: str | None, **changes: Any) -> Any:
    return invoice(rows__0__vat_percentage=rate, **changes)


@pytest.mark.parametrize(
    ("supplied", "rate"),
    [
        ("2013-01-01", "24"),
        ("2024-08-31", "24"),
        ("2024-09-01", "25.5"),
        ("2024-09-01", "25.50"),
        ("2025-12-31", "14"),
        ("2026-01-01", "13.5"),
        ("2026-01-01", "10"),
        ("2026-01-01", "0"),
        ("2026-01-01", None),
        ("2012-12-31", "23"),
    ],
)
def test_a_rate_in_force_on_the_supply_date_is_right(supplied: str, rate: str | None) -> None:
    assert spoken("E-VAT-RATE", taxed(rate, supply_date=supplied)) == []


@pytest.mark.parametrize(
    ("supplied", "rate"),
    [
        ("2024-08-31", "25.5"),
        ("2024-09-01", "24"),
        ("2025-12-31", "13.5"),
        ("2026-01-01", "14"),
        ("2026-01-10", "25"),
        ("2026-01-10", "26"),
        ("2026-01-10", "0.255"),
        ("2026-01-10", "-25.5"),
    ],
)
def test_a_rate_not_in_force_on_the_supply_date_is_a_warning(supplied: str, rate: str) -> None:
    wrong = taxed(rate, supply_date=supplied)
    assert spoken("E-VAT-RATE", wrong) == [("warning", "rows[0].vat_percentage", rate)]


def test_the_supply_date_decides_and_not_the_invoice_date() -> None:
    assert spoken("E-VAT-RATE", taxed("14", date="2026-01-15", supply_date="2025-12-30")) == []


def test_without_a_supply_date_the_invoice_date_is_taken_and_said() -> None:
    wrong = taxed("14", date="2026-01-15", supply_date=None)
    (problem,) = (problem for problem in check(wrong) if problem.code == "E-VAT-RATE")
    assert "on the invoice date 2026-01-15" in problem.message
    assert "the supply date, which decides, is not known" in problem.message
    assert "25.5 %, 13.5 %, 10 % or 0 %" in problem.message
    assert spoken("E-VAT-RATE", taxed("13.5", date="2026-01-15", supply_date=None)) == []


def test_a_credit_note_without_supply_date_may_keep_the_rate_of_its_invoice() -> None:
    old = {"type": "CREDIT_NOTE", "date": "2026-01-15", "supply_date": None}
    for rate in ("24", "14", "25.5", "13.5"):
        assert spoken("E-VAT-RATE", taxed(rate, **old)) == []
    assert spoken("E-VAT-RATE", taxed("25", **old)) == [("warning", "rows[0].vat_percentage", "25")]
    dated = taxed("24", type="CREDIT_NOTE", supply_date="2026-01-10")
    assert spoken("E-VAT-RATE", dated) == [("warning", "rows[0].vat_percentage", "24")]


@pytest.mark.parametrize(("country", "asked"), [("FI", True), ("AX", True), (None, True), ("SE", False), ("EE", False)])
def test_only_a_finnish_seller_is_asked_for_finnish_rates(country: str | None, asked: bool) -> None:
    assert bool(spoken("E-VAT-RATE", taxed("25", seller__address__country_code=country))) is asked


def test_each_wrong_rate_is_told_once_at_its_first_row_with_the_number_of_rows() -> None:
    row = asdict(invoice().rows[0])
    rates = ("25.5", "24", "23", "24", "24")
    wrong = invoice(rows=[{**row, "vat_percentage": rate} for rate in rates])
    problems = [problem for problem in check(wrong) if problem.code == "E-VAT-RATE"]
    assert [(problem.field, problem.value) for problem in problems] == [
        ("rows[2].vat_percentage", "23"),
        ("rows[1].vat_percentage", "24"),
    ]
    assert problems[1].message.endswith("(so on 3 rows)")


@pytest.mark.parametrize("vat_code", [None, "", " "])
def test_no_tax_without_a_reason_is_a_warning(vat_code: str | None) -> None:
    assert spoken("E-VAT-ZERO", taxed("0.00", rows__0__vat_code=vat_code)) == [("warning", "rows[0].vat_code", "")]


def test_no_tax_with_a_reason_or_on_a_row_of_text_is_let_be() -> None:
    assert spoken("E-VAT-ZERO", taxed("0", rows__0__vat_code="AE")) == []
    assert spoken("E-VAT-ZERO", taxed("0", rows__0__net_amount="0.00")) == []
    assert spoken("E-VAT-ZERO", taxed("25.5")) == []
    assert spoken("E-VAT-ZERO", taxed(None)) == []


def test_the_table_of_rates_is_dated_in_order_and_says_where_it_is_from() -> None:
    days = [period.since for period in FINNISH_RATES]
    assert days == sorted(set(days))
    assert all(period.source.startswith("https://") for period in FINNISH_RATES)
    assert finnish_rates(date(2030, 1, 1)) == (Decimal("25.5"), Decimal("13.5"), Decimal(10))

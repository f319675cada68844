from __future__ import annotations

import pytest
from invoices import ABSENT, invoice, spoken


@pytest.mark.parametrize("number", [0, -1])
def test_an_invoice_number_is_above_zero(number: int) -> None:
    assert spoken("E-NUMBER", invoice(number=number)) == [("error", "number", str(number))]
    assert spoken("E-NUMBER", invoice(number=1)) == []


def test_a_very_large_invoice_number_is_a_warning() -> None:
    assert spoken("E-NUMBER-SIZE", invoice(number=2147483648)) == [("warning", "number", "2147483648")]
    assert spoken("E-NUMBER-SIZE", invoice(number=2147483647)) == []


def test_a_due_date_before_the_invoice_date_is_an_error() -> None:
    assert spoken("E-DUE-DATE", invoice(due_date="2026-01-14")) == [("error", "due_date", "2026-01-14")]


@pytest.mark.parametrize("due_date", ["2026-01-15", "2026-01-16", None])
def test_a_due_date_may_be_the_invoice_date_itself(due_date: str | None) -> None:
    assert spoken("E-DUE-DATE", invoice(due_date=due_date)) == []


def test_an_invoice_has_a_due_date_and_a_credit_note_need_not() -> None:
    assert spoken("E-DUE-DATE-MISSING", invoice(due_date=None)) == [("error", "due_date", "")]
    assert spoken("E-DUE-DATE-MISSING", invoice(due_date=None, type="CREDIT_NOTE")) == []
    assert spoken("E-DUE-DATE-MISSING", invoice(due_date=ABSENT)) == [("error", "due_date", "")]


def test_a_credit_note_names_the_invoice_it_credits() -> None:
    field = "references.credited_invoice_number"
    assert spoken("E-CREDITED-NUMBER", invoice(type="CREDIT_NOTE")) == [("error", field, "")]
    named = invoice(type="CREDIT_NOTE", references__credited_invoice_number=1000)
    assert spoken("E-CREDITED-NUMBER", named) == []
    assert spoken("E-CREDITED-NUMBER", invoice()) == []

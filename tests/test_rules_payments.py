from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoices import invoice, spoken

from confirma_connector import references

SWEDISH_IBAN = "SE4550000000058398257466"
OCR = "12345674"


@pytest.mark.parametrize(
    "iban", ["FI2112345600000786", "FI12345678912345678", "FI211234560000078", "XX2112345600000785", "123456-785", "FI"]
)
def test_a_wrong_iban_is_an_error(iban: str) -> None:
    wrong = invoice(seller__payment_details__iban=iban)
    assert spoken("E-IBAN", wrong) == [("error", "seller.payment_details.iban", iban)]


@pytest.mark.parametrize("iban", ["FI2112345600000785", "FI21 1234 5600 0007 85", SWEDISH_IBAN, "", None])
def test_a_right_or_absent_iban_is_let_be(iban: str | None) -> None:
    assert spoken("E-IBAN", invoice(seller__payment_details__iban=iban)) == []
    assert spoken("E-IBAN", invoice(seller__payment_details=None)) == []


@pytest.mark.parametrize("bic", ["NDEA", "NDEAFIH", "NDEAXXHH", "1DEAFIHH", "NDEAFIHHX"])
def test_a_malformed_bic_is_a_warning(bic: str) -> None:
    wrong = invoice(seller__payment_details__bic=bic)
    assert spoken("E-BIC", wrong) == [("warning", "seller.payment_details.bic", bic)]


@pytest.mark.parametrize("bic", ["NDEAFIHH", "DABAFIHH", "NDEAFIHHXXX", "ESSESESS", "", None])
def test_a_well_formed_or_absent_bic_is_let_be(bic: str | None) -> None:
    assert spoken("E-BIC", invoice(seller__payment_details__bic=bic)) == []


WRONG = ["2516000017", "123", "1234562", "0000", "Lasku 1001", "RF18539007547035", "RF", "RF18-5390", "1" * 21, OCR]
RIGHT = [
    "1234561",
    "123453",
    "1234567123456784",
    "86851 62596 19897",
    "0001234561",
    "RF18539007547034",
    "RF18 5390 0754 7034",
    "RF341234561",
]


@pytest.mark.parametrize("reference", WRONG)
@pytest.mark.parametrize("country", ["FI", "AX", None])
def test_a_wrong_reference_is_an_error_for_a_finnish_seller(reference: str, country: str | None) -> None:
    wrong = invoice(references__payment=reference, seller__address__country_code=country)
    assert spoken("E-REFERENCE", wrong) == [("error", "references.payment", reference)]


@pytest.mark.parametrize("reference", RIGHT)
@pytest.mark.parametrize("country", ["FI", "SE", "DE", None])
def test_a_right_reference_is_right_for_every_seller(reference: str, country: str | None) -> None:
    assert spoken("E-REFERENCE", invoice(references__payment=reference, seller__address__country_code=country)) == []


def test_a_swedish_ocr_number_is_taken_where_the_account_is_swedish() -> None:
    swedish = invoice(references__payment=OCR, seller__payment_details__iban=SWEDISH_IBAN)
    assert spoken("E-REFERENCE", swedish) == []
    wrong = invoice(references__payment="12345675", seller__payment_details__iban=SWEDISH_IBAN)
    assert spoken("E-REFERENCE", wrong) == [("error", "references.payment", "12345675")]


@pytest.mark.parametrize("country", ["SE", "NO", "DE"])
def test_a_sellers_reference_from_abroad_is_not_asked_unless_it_is_rf(country: str) -> None:
    abroad = invoice(references__payment="Lasku 1001", seller__address__country_code=country)
    assert spoken("E-REFERENCE", abroad) == []
    rf = invoice(references__payment="RF18539007547035", seller__address__country_code=country)
    assert spoken("E-REFERENCE", rf) == [("error", "references.payment", "RF18539007547035")]


@given(st.integers(100, 10**19 - 1))
def test_every_reference_that_we_make_is_right(number: int) -> None:
    finnish = references.finnish(str(number))
    assert spoken("E-REFERENCE", invoice(references__payment=finnish)) == []
    assert spoken("E-REFERENCE", invoice(references__payment=references.rf(finnish))) == []


@pytest.mark.parametrize("reference", [None, "", " "])
def test_an_invoice_without_reference_is_a_warning(reference: str | None) -> None:
    without = invoice(references__payment=reference)
    assert spoken("E-REFERENCE-MISSING", without) == [("warning", "references.payment", "")]
    assert spoken("E-REFERENCE", without) == []
    assert spoken("E-REFERENCE-MISSING", invoice(references__payment=reference, type="CREDIT_NOTE")) == []

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from confirma_connector.references import finnish, is_finnish, rf


@pytest.mark.parametrize(
    ("number", "reference"),
    [
        ("12345", "123453"),
        ("123456712345678", "1234567123456784"),
        ("123456", "1234561"),
        ("100", "1009"),
        ("0012345", "123453"),
        ("12 345", "123453"),
        ("1234567890123456789", "12345678901234567894"),
    ],
)
def test_a_finnish_reference_is_the_number_and_its_check_digit(number: str, reference: str) -> None:
    assert finnish(number) == reference


@pytest.mark.parametrize("number", ["", "0", "12", "0012", "12345678901234567890", "12a45", "-123", "12.3", "١٢٣٤"])
def test_a_number_that_gives_no_reference_is_refused_with_a_sentence(number: str) -> None:
    with pytest.raises(ValueError, match="expected 3 to 19 digits"):
        finnish(number)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("539007547034", "RF18539007547034"),
        ("1234561", "RF341234561"),
        ("0001234561", "RF341234561"),
        ("12345 61", "RF341234561"),
    ],
)
def test_an_rf_reference_is_made_of_a_finnish_one(reference: str, expected: str) -> None:
    assert rf(reference) == expected


@pytest.mark.parametrize("reference", ["", "123", "0123", "RF341234561", "1" * 21])
def test_what_is_no_finnish_reference_gives_no_rf_reference(reference: str) -> None:
    with pytest.raises(ValueError, match="expected a reference of 4 to 20 digits"):
        rf(reference)


@pytest.mark.parametrize("text", ["1234561", "123453", "86851 62596 19897", "0000123453", "1009"])
def test_a_finnish_reference_is_known_by_its_check_digit(text: str) -> None:
    assert is_finnish(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "1234562",
        "2516000017",
        "0000",
        "0000000",
        "0123",
        "RF341234561",
        "12345-3",
        "١٢٣٤٥٣",
        "0" * 15 + "123453",
    ],
)
def test_anything_else_is_no_finnish_reference(text: str) -> None:
    assert not is_finnish(text)


@given(st.integers(100, 10**19 - 1))
def test_of_ten_check_digits_exactly_one_is_right(number: int) -> None:
    assert [digit for digit in "0123456789" if is_finnish(f"{number}{digit}")] == [finnish(str(number))[-1]]


@given(st.integers(100, 10**19 - 1))
def test_every_rf_reference_passes_the_check_of_iso_11649(number: int) -> None:
    assert iso11649.is_valid(rf(finnish(str(number))))


@given(number=st.integers(10**6, 10**18), place=st.integers(0, 5), by=st.integers(1, 9))
def test_one_mistyped_digit_is_noticed(number: int, place: int, by: int) -> None:
    reference = finnish(str(number))
    mistyped = str((int(reference[place]) + by) % 10)
    assert not is_finnish(reference[:place] + mistyped + reference[place + 1 :])

"""The arithmetic of rows and totals: exact, half-up, and refused when it does not add up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confirma_connector.invoice import Row
from confirma_connector.money import MoneyError, complete_row, complete_totals, negated
from confirma_connector.parts import validated

money = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False)
quantities = st.decimals(min_value=-(10**6), max_value=10**6, places=4, allow_nan=False)
rates = st.sampled_from([Decimal(text) for text in ("0", "10", "13.5", "14", "24", "25.5", "100")])
NAMES = ("net_amount", "vat_amount", "gross_amount")


def amounts(**given_: str) -> dict[str, Decimal]:
    return {name: Decimal(text) for name, text in given_.items()}


def completed(prices: Any = "net", **given_: str) -> tuple[str, ...]:
    found = complete_row(amounts(**given_), prices)
    return tuple(str(found[name]) for name in NAMES)


def row(net: str, vat: str, rate: str | None = "25.5") -> Row:
    gross = Decimal(net) + Decimal(vat)
    return validated(
        Row, {"net_amount": net, "vat_amount": vat, "gross_amount": gross} | ({"vat_percentage": rate} if rate else {})
    )


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({"quantity": "2", "unit_price": "50.00", "vat_percentage": "25.5"}, ("100.00", "25.50", "125.50")),
        ({"quantity": "1200", "unit_price": "0.085", "vat_percentage": "25.5"}, ("102.00", "26.01", "128.01")),
        ({"quantity": "1", "unit_price": "0.10", "vat_percentage": "25"}, ("0.10", "0.03", "0.13")),
        ({"quantity": "-2", "unit_price": "7.90", "vat_percentage": "25.5"}, ("-15.80", "-4.03", "-19.83")),
        ({"quantity": "1", "unit_price": "0.005", "vat_percentage": "0"}, ("0.01", "0.00", "0.01")),
        ({"net_amount": "100.00", "vat_percentage": "14"}, ("100.00", "14.00", "114.00")),
        ({"net_amount": "100.00", "vat_amount": "14.00"}, ("100.00", "14.00", "114.00")),
        ({"net_amount": "100.00", "gross_amount": "114.00"}, ("100.00", "14.00", "114.00")),
        ({"gross_amount": "114.00", "vat_amount": "14.00"}, ("100.00", "14.00", "114.00")),
        ({"gross_amount": "125.50", "vat_percentage": "25.5"}, ("100.00", "25.50", "125.50")),
        (
            {"quantity": "3", "unit_price": "9", "net_amount": "20.00", "vat_percentage": "0"},
            ("20.00", "0.00", "20.00"),
        ),
    ],
)
def test_what_a_row_leaves_out_is_computed(given_: dict[str, str], expected: tuple[str, ...]) -> None:
    assert completed(**given_) == expected


def test_gross_prices_hold_their_vat() -> None:
    given_ = {"quantity": "2", "unit_price": "62.75", "vat_percentage": "25.5"}
    assert completed("gross", **given_) == ("100.00", "25.50", "125.50")


@pytest.mark.parametrize(
    ("discount", "net"),
    [
        ({"discount_percentage": "10"}, "90.00"),
        ({"discount_amount": "12.50"}, "87.50"),
        ({"discount_percentage": "10", "discount_amount": "10.00"}, "90.00"),
        ({"discount_percentage": "0", "discount_amount": "0"}, "100.00"),
        ({"discount_percentage": "100"}, "0.00"),
    ],
)
def test_a_discount_is_taken_once(discount: dict[str, str], net: str) -> None:
    assert completed(quantity="2", unit_price="50", vat_percentage="0", **discount)[0] == net


@pytest.mark.parametrize(
    ("given_", "code", "field"),
    [
        ({}, "E-ROW-AMOUNT", "net_amount"),
        ({"quantity": "2", "vat_percentage": "24"}, "E-ROW-AMOUNT", "net_amount"),
        ({"net_amount": "5"}, "E-ROW-VAT-MISSING", "vat_percentage"),
        ({"gross_amount": "5"}, "E-ROW-VAT-MISSING", "vat_percentage"),
        ({"net_amount": "100.00", "vat_amount": "24.00", "gross_amount": "124.01"}, "E-ROW-SUM", "gross_amount"),
        ({"gross_amount": "5", "vat_percentage": "-100"}, "E-ROW-VAT-RANGE", "vat_percentage"),
        ({"net_amount": "5", "vat_percentage": "255"}, "E-ROW-VAT-RANGE", "vat_percentage"),
        ({"quantity": "1", "unit_price": "9", "discount_percentage": "-10"}, "E-ROW-DISCOUNT", "discount_percentage"),
        ({"quantity": "1", "unit_price": "9", "discount_percentage": "101"}, "E-ROW-DISCOUNT", "discount_percentage"),
        ({"quantity": "1", "unit_price": "9", "discount_amount": "-1"}, "E-ROW-DISCOUNT", "discount_amount"),
        ({"quantity": "-1", "unit_price": "9", "discount_amount": "1"}, "E-ROW-DISCOUNT", "discount_amount"),
        (
            {"quantity": "1", "unit_price": "100", "discount_percentage": "10", "discount_amount": "12"},
            "E-ROW-DISCOUNT",
            "discount_amount",
        ),
    ],
)
def test_a_row_that_makes_no_amount_is_refused(given_: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(MoneyError) as refused:
        complete_row(amounts(**given_), "net")
    assert (refused.value.code, refused.value.field) == (code, field)


@given(
    st.dictionaries(
        st.sampled_from([*NAMES, "quantity", "unit_price", "discount_percentage", "discount_amount", "vat_percentage"]),
        money | quantities | rates,
    ),
    st.sampled_from(["net", "gross"]),
)
def test_whatever_is_given_net_and_vat_make_gross_and_nothing_given_changes(
    given_: dict[str, Decimal], prices: Any
) -> None:
    try:
        found = complete_row(given_, prices)
    except MoneyError:
        return
    assert set(found) == set(NAMES)
    assert found["net_amount"] + found["vat_amount"] == found["gross_amount"]
    assert all(isinstance(value, Decimal) for value in found.values())
    assert all(found[name] == value for name, value in given_.items() if name in NAMES)


@given(quantities, quantities, rates)
def test_a_priced_row_is_rounded_once_and_half_up(quantity: Decimal, price: Decimal, rate: Decimal) -> None:
    found = complete_row({"quantity": quantity, "unit_price": price, "vat_percentage": rate}, "net")
    assert all(value.as_tuple().exponent == -2 for value in found.values())
    assert abs(found["net_amount"] - quantity * price) <= Decimal("0.005")


def test_no_number_is_too_long_to_be_multiplied_exactly() -> None:
    third = "0.33333333333333333333"
    found = completed(quantity="300000000000003", unit_price=third, vat_percentage="0")
    assert found[0] == "100000000000001.00"
    assert completed(quantity="100000000000000.01499999999999999999", unit_price="1", vat_percentage="0")[0].endswith(
        ".01"
    )


def test_totals_are_the_sums_of_the_rows_when_none_are_given() -> None:
    total = complete_totals([row("100.00", "25.50"), row("10.00", "2.55")], {}, "per_row")
    assert (total.net_amount, total.vat_amount, total.gross_amount) == (
        Decimal("110.00"),
        Decimal("28.05"),
        Decimal("138.05"),
    )
    assert total.rounding_amount is None


def test_vat_may_be_rounded_once_per_rate() -> None:
    rows = [row("0.10", "0.03"), row("0.10", "0.03"), row("0.10", "0.01", "14"), row("1.00", "0.24", None)]
    per_rate = complete_totals(rows, {}, "per_rate")
    assert per_rate.vat_amount == Decimal("0.05") + Decimal("0.01") + Decimal("0.24")
    assert complete_totals(rows, {}, "per_row").vat_amount == Decimal("0.31")


def test_a_difference_of_a_cent_a_row_becomes_the_rounding_amount() -> None:
    rows = [row("100.00", "25.50"), row("10.00", "2.55")]
    total = complete_totals(rows, amounts(gross_amount="138.07"), "per_row")
    assert (total.gross_amount, total.rounding_amount) == (Decimal("138.07"), Decimal("0.02"))
    total = complete_totals(rows, amounts(gross_amount="138.03"), "per_row")
    assert total.rounding_amount == Decimal("-0.02")


@pytest.mark.parametrize(
    ("given_", "field", "both"),
    [
        ({"gross_amount": "138.08"}, "amounts.gross_amount", "the total says 138.08, the rows add up to 138.05"),
        ({"net_amount": "110.03"}, "amounts.net_amount", "the total says 110.03, the rows add up to 110.00"),
        ({"vat_amount": "28.00"}, "amounts.vat_amount", "the total says 28.00, the rows add up to 28.05"),
        (
            {"gross_amount": "-138.05"},
            "amounts.gross_amount",
            "the total says -138.05, the rows add up to 138.05; only the sign differs: where rows and total do not have "
            "the same minus in the source, as in credit notes, negative_when in the mapping turns one of them",
        ),
        ({"gross_amount": "-138.08"}, "amounts.gross_amount", "the total says -138.08, the rows add up to 138.05"),
        (
            {"net_amount": "110.02", "vat_amount": "28.07", "gross_amount": "138.04"},
            "amounts.gross_amount",
            "net 110.02 and VAT 28.07 make 138.09, but the total says 138.04",
        ),
    ],
)
def test_a_larger_difference_is_an_error_that_shows_both_sums(given_: dict[str, str], field: str, both: str) -> None:
    with pytest.raises(MoneyError) as refused:
        complete_totals([row("100.00", "25.50"), row("10.00", "2.55")], amounts(**given_), "per_row")
    assert (refused.value.code, refused.value.field, str(refused.value)) == ("E-TOTAL", field, both)


def test_a_rounding_amount_of_the_source_is_taken_as_one() -> None:
    total = complete_totals(
        [row("100.00", "25.00", "25")], amounts(rounding_amount="-0.37", gross_amount="124.63"), "per_row"
    )
    assert (total.gross_amount, total.rounding_amount) == (Decimal("124.63"), Decimal("-0.37"))


@given(
    st.lists(st.tuples(money, rates), min_size=1, max_size=8),
    st.integers(-12, 12),
    st.sampled_from(["per_row", "per_rate"]),
)
def test_a_given_total_is_kept_or_refused_and_never_changed(
    rows: list[tuple[Decimal, Decimal]], cents: int, vat: Any
) -> None:
    made = [
        validated(Row, {"vat_percentage": rate, **complete_row({"net_amount": net, "vat_percentage": rate}, "net")})
        for net, rate in rows
    ]
    plain = complete_totals(made, {}, vat)
    told = plain.gross_amount + Decimal(cents) / 100
    try:
        total = complete_totals(made, {"gross_amount": told}, vat)
    except MoneyError:
        assert abs(cents) > len(made)
        return
    assert abs(cents) <= len(made)
    assert total.gross_amount == told
    assert total.net_amount + total.vat_amount + (total.rounding_amount or 0) == told


def test_a_turned_amount_is_never_a_negative_zero() -> None:
    assert str(negated(Decimal("0.00"))) == "0.00"
    assert str(negated(Decimal("-1.50"))) == "1.50"

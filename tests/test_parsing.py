"""Numbers, dates and invoice numbers: what is declared is read, everything else is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from confirma_connector.parsing import Locale, cents, is_date_pattern, sized, whole_number

FINNISH = Locale(decimal=",", thousands=(" ", "\u00a0"), dates=("%d.%m.%Y", "%Y-%m-%d"), empty=("", "-"))
ENGLISH = Locale(decimal=".", thousands=(",",))
MARKS = [",", ".", " ", "\u00a0", "\u202f", "'", "’", "·"]

amounts = st.decimals(min_value=-(10**14), max_value=10**14, places=4, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("12", "12"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234\u00a0567,5", "1234567.5"),
        ("1234,50", "1234.50"),
        ("-1 234,50", "-1234.50"),
        ("\u2212 1,0".replace(" ", ""), "-1.0"),
        ("  7,25  ", "7.25"),
        ("007", "7"),
        ("-0,00", "0.00"),
    ],
)
def test_a_number_as_declared_is_read(text: str, value: str) -> None:
    assert str(FINNISH.number(text)) == value


@pytest.mark.parametrize(
    "text",
    [
        *("1.5", "1.234", "1,234.50", "12 34,5", "1 2345", "1234 567", "1 234\u00a0567", ",5", "5,", "", "-", "+5"),
        *("--5", "- 5", "5-", "(5)", "1e3", "1E5", "0x10", "٣", "١٢", "½", "²", "NaN", "Infinity", "25,5 %", "5 €"),
        *("#N/A", "3,72332E+11", "1_000", "1,2,3", "1 234,5 6"),
    ],
)
def test_a_number_that_was_not_declared_so_is_refused_with_what_was_declared(text: str) -> None:
    with pytest.raises(
        ValueError, match='expected a number with decimal mark "," and thousands mark space or no-break'
    ):
        FINNISH.number(text)


def test_a_point_under_a_decimal_comma_is_never_read_as_thousands_by_itself() -> None:
    assert Locale(decimal=",", thousands=(".",)).number("1.500") == 1500
    for locale in (Locale(decimal=","), FINNISH):
        with pytest.raises(ValueError, match="decimal mark"):
            locale.number("1.500")
    with pytest.raises(ValueError, match="decimal mark"):
        Locale(decimal=",", thousands=(".",)).number("1.5")


@pytest.mark.parametrize(
    ("text", "value"), [("12,50-", "-12.50"), ("12,50 -", "-12.50"), ("12,50\u2212", "-12.50"), ("(12,50)", "-12.50")]
)
def test_trailing_minus_and_parentheses_are_read_only_when_the_locale_says_so(text: str, value: str) -> None:
    assert str(Locale(decimal=",", trailing_minus=True, parentheses=True).number(text)) == value
    with pytest.raises(ValueError, match="expected a number"):
        Locale(decimal=",").number(text)


@pytest.mark.parametrize("text", ["-5-", "(5-)", "(-5)", "-(5)", "((5))", "()", "(", ")"])
def test_two_signs_are_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        Locale(trailing_minus=True, parentheses=True).number(text)


@given(amounts, st.sampled_from(MARKS), st.sampled_from(MARKS), st.booleans())
def test_a_number_written_in_any_locale_is_read_back_the_same(
    value: Decimal, decimal: str, mark: str, is_grouped: bool
) -> None:
    assume(decimal != mark and not decimal.isspace())
    whole, _, fraction = f"{abs(value):{',' if is_grouped else ''}f}".partition(".")
    text = ("-" if value < 0 else "") + whole.replace(",", mark) + decimal + fraction
    assert Locale(decimal=decimal, thousands=(mark,)).number(text) == value


@given(st.text(alphabet="0123456789.,'() -\u2212\u00a0", max_size=12), st.sampled_from(MARKS), st.sampled_from(MARKS))
def test_a_number_never_silently_changes_its_size(text: str, decimal: str, mark: str) -> None:
    assume(decimal != mark and not decimal.isspace())
    locale = Locale(decimal=decimal, thousands=(mark,), trailing_minus=True, parentheses=True)
    try:
        value = locale.number(text)
    except ValueError:
        return
    plain = "".join(sign for sign in text if sign.isdigit() or sign == decimal).replace(decimal, ".")
    assert abs(value) == Decimal(plain)
    assert f"{abs(value):f}".replace(".", "").lstrip("0") == plain.replace(".", "").lstrip("0")


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_a_sentence(text: str) -> None:
    said = "expected a number"
    try:
        value = FINNISH.number(text)
    except ValueError as error:
        said = str(error)
    else:
        assert isinstance(value, Decimal)
    assert said.startswith("expected a number")


@pytest.mark.parametrize("text", ["1" * 16, "9" * 400, "0," + "1" * 21])
def test_a_number_too_long_for_an_amount_is_refused_not_rounded(text: str) -> None:
    with pytest.raises(ValueError, match="at most 15 digits and 20 decimals"):
        FINNISH.number(text)


def test_a_long_negative_number_keeps_all_its_digits() -> None:
    assert str(FINNISH.number("-123456789012345,12345678901234567890")) == "-123456789012345.12345678901234567890"


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+15", "1E-21"])
def test_what_no_amount_is_made_of_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        sized(Decimal(value))


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        ("1.004999", "1.00"),
        ("-0.001", "0.00"),
        ("3", "3.00"),
    ],
)
def test_rounding_is_half_up_to_the_cent(amount: str, rounded: str) -> None:
    assert str(cents(Decimal(amount))) == rounded


@given(st.dates(), st.sampled_from(["%d.%m.%Y", "%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%d.%m.%Y %H:%M"]))
def test_a_date_written_by_a_declared_pattern_is_read_back(day: dt.date, pattern: str) -> None:
    assume(day.year >= 1000)
    assert Locale(dates=(pattern,)).date(f" {day.strftime(pattern)} ") == day


def test_a_date_of_another_pattern_is_refused_with_an_example_of_each_declared_one() -> None:
    for text in ("11/02/2026", "2.11.26", "31.02.2026", "46000", "", "2026-13-01", "02.11.2026x"):
        with pytest.raises(ValueError, match=r"expected a date like 31\.12\.2026 or 2026-12-31"):
            FINNISH.date(text)


@pytest.mark.parametrize("text", ["2026116", "202611", "2026 1 16", "02026116"])
def test_a_date_without_marks_has_all_its_zeros(text: str) -> None:
    with pytest.raises(ValueError, match="expected a date like 20261231"):
        Locale(dates=("%Y%m%d",)).date(text)


def test_a_date_that_two_patterns_read_differently_is_refused_with_both_readings() -> None:
    both = Locale(dates=("%d/%m/%Y", "%m/%d/%Y"))
    with pytest.raises(ValueError, match="2026-11-02 by %d/%m/%Y, 2026-02-11 by %m/%d/%Y"):
        both.date("02/11/2026")
    assert both.date("13/11/2026") == dt.date(2026, 11, 13)
    assert both.date("11/11/2026") == dt.date(2026, 11, 11)


@pytest.mark.parametrize(
    "pattern", ["%d.%m", "%Y-%m", "%d.%d.%m.%Y", "%d.%m.%Q", "%d %b %Y", "%%d.%m.%Y", "plain", "", "%"]
)
def test_a_date_pattern_that_cannot_be_read_is_none(pattern: str) -> None:
    assert not is_date_pattern(pattern)


@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_whole_number_reads_back_the_same(number: int) -> None:
    assert whole_number(str(number)) == number


@given(st.text(max_size=25))
def test_a_text_is_only_a_whole_number_when_it_is_exactly_that(text: str) -> None:
    said = "an invoice number"
    try:
        number = whole_number(text)
    except ValueError as error:
        said = str(error)
    else:
        assert str(number) == text
    assert said.startswith("an invoice number")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("INV-1", r"transform: \[digits\]"),
        ("1001.0", r"transform: \[digits\]"),
        ("-5", r"transform: \[digits\]"),
        ("", r"transform: \[digits\]"),
        ("²", r"transform: \[digits\]"),
        ("٣", r"transform: \[digits\]"),
        ("1 001", r"transform: \[digits\]"),
        ("007", r"transform: \[strip_zeros\]"),
        ("1" * 19, "at most 18 digits"),
    ],
)
def test_a_refused_invoice_number_names_the_transform_that_would_help(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        whole_number(text)


def test_empty_is_what_the_locale_declares_and_always_nothing_itself() -> None:
    assert all(FINNISH.is_empty(text) for text in ("", "  ", "-", " - ", "\u00a0"))
    assert not any(FINNISH.is_empty(text) for text in ("0", "--", "N/A", "null"))
    assert Locale(empty=("N/A",)).is_empty("")

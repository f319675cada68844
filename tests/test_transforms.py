from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confirma_connector.transforms import TRANSFORMS

CHANGES = [
    ("strip", " \u00a0a b\t\n", "a b"),
    ("upper", "fi å", "FI Å"),
    ("lower", "Laskut@Example.COM", "laskut@example.com"),
    ("collapse_spaces", " a \u00a0 b\n c ", "a b c"),
    ("digits", "INV-2024/17", "202417"),
    ("digits", "00 12", "0012"),
    ("strip_zeros", "000123", "123"),
    ("strip_zeros", "000", "0"),
    ("strip_zeros", " 0A1 ", "A1"),
    ("strip_zeros", "00,50", "0,50"),
    ("percent", "25,5 %", "25,5"),
    ("percent", "25,5\u00a0%", "25,5"),
    ("percent", "% 14", "14"),
    ("percent", "ALV 25,5 %", "ALV 25,5"),
    ("decimal_point", "12,50", "12.50"),
    ("decimal_point", " -0,125 ", "-0.125"),
    ("decimal_point", "1234,567", "1234.567"),
    ("postal_code_fi", "100", "00100"),
    ("postal_code_fi", " 2100 ", "02100"),
    ("business_id", "112038-9", "0112038-9"),
    ("business_id", "01120389", "0112038-9"),
    ("business_id", "FI01120389", "0112038-9"),
    ("business_id", "fi 0112038 9", "0112038-9"),
    ("business_id", "2331972–7", "2331972-7"),
    ("iban", "fi21 1234 5600 0007 85", "FI2112345600000785"),
    ("reference", "86851 62596 19897", "868516259619897"),
    ("reference", "0000123453", "123453"),
    ("reference", "rf18 5390 0754 7034", "RF18539007547034"),
    ("negate", "12,50", "-12,50"),
    ("negate", "+12", "-12"),
    ("negate", "1 234,50", "-1 234,50"),
    ("negate", "1\u202f234.50", "-1\u202f234.50"),
    ("negate", "-12,50", "12,50"),
    ("negate", "\u221212,50", "12,50"),
    ("negate", "- 12,50", "12,50"),
    ("negate", "12,50-", "12,50"),
    ("negate", "(12,50)", "12,50"),
    ("negate", "-0,00", "0,00"),
    ("sign", "12,50", "+"),
    ("sign", "-12,50", "-"),
    ("sign", "12,50-", "-"),
    ("sign", "(12,50)", "-"),
    ("sign", "-0,00", "+"),
    ("first_line", "\n  Työ \r\nlisää", "Työ"),
    ("last_word", "Lasku nro 1001 ", "1001"),
    ("rate_in_text", "20.0% (VAT on Income)", "20"),
    ("rate_in_text", "25,50 % försäljningsmoms", "25,5"),
    ("rate_in_text", " No VAT ", "No VAT"),
    ("first_letters", "RINV/2026/00012", "RINV"),
    ("first_letters", " Öljy7", "Öljy"),
    ("country", "Suomi", "FI"),
    ("country", "FINLAND", "FI"),
    ("country", "sverige", "SE"),
    ("country", "Norja", "NO"),
    ("country", "Danmark", "DK"),
    ("country", "A\u030aland", "AX"),
    ("country", "Ahvenanmaa", "AX"),
    ("country", "Viro", "EE"),
    ("country", "Deutschland", "DE"),
    ("country", " fi ", "FI"),
    ("decimals_1", "255", "25.5"),
    ("decimals_2", "000000012345", "123.45"),
    ("decimals_2", "12345-", "-123.45"),
    ("decimals_2", "-5", "-0.05"),
    ("decimals_2", "\u22125 ", "-0.05"),
    ("decimals_2", "+1 234 500", "12345.00"),
    ("decimals_2", "500+", "5.00"),
    ("decimals_2", "0000-", "0.00"),
    ("decimals_3", "000001000", "1.000"),
]
NOOPS = [
    ("strip", "a b"),
    ("collapse_spaces", "a b"),
    ("digits", "123"),
    ("strip_zeros", "0"),
    ("strip_zeros", "100"),
    ("strip_zeros", "0,50"),
    ("strip_zeros", ""),
    ("percent", "25,5"),
    ("percent", "ALV 25,5"),
    ("decimal_point", "12.50"),
    ("decimal_point", "0.125"),
    ("decimal_point", "1.234,50"),
    ("decimal_point", "1,234,567"),
    ("postal_code_fi", "00100"),
    ("business_id", "0112038-9"),
    ("business_id", "0112038-8"),
    ("iban", "FI2112345600000785"),
    ("reference", "1234561"),
    ("negate", "0"),
    ("negate", "0,00"),
    ("first_line", "Työ"),
    ("last_word", "1001"),
    ("country", "SE"),
    ("country", "ZZ"),
]
NOT_TWICE = ("negate", "percent", "sign", "decimals_1", "decimals_2", "decimals_3")
REFUSALS = [
    ("digits", "abc"),
    ("digits", "٣"),
    ("decimal_point", "1,500"),
    ("decimal_point", "-12.500"),
    ("decimal_point", "\u2212123.500"),
    ("postal_code_fi", "SE-114 55"),
    ("postal_code_fi", "001000"),
    ("postal_code_fi", ""),
    ("postal_code_fi", "100.0"),
    ("business_id", "1120389"),
    ("business_id", "556016-0680"),
    ("business_id", "tilaus"),
    ("business_id", "12038-9"),
    ("reference", " 000 "),
    ("negate", "--12"),
    ("negate", "-12-"),
    ("negate", "(-12)"),
    ("negate", "12 €"),
    ("sign", "kaksi"),
    ("negate", "kaksi"),
    ("negate", ""),
    ("negate", ","),
    ("first_line", " \n "),
    ("last_word", " "),
    ("rate_in_text", "25.5%,10%"),
    ("rate_in_text", "1.234,5%"),
    ("rate_in_text", "VAT % of 25.5"),
    ("decimals_2", ""),
    ("decimals_2", "-"),
    ("decimals_2", "12²"),
    ("decimals_2", "٣٤"),
    ("decimals_2", "12.50"),
    ("decimals_2", "12,50"),
    ("decimals_2", "-12-"),
    ("decimals_2", "12 €"),
    ("first_letters", "2026/INV"),
    ("first_letters", ""),
    ("country", "Suomii"),
    ("country", "FIN"),
    ("country", ""),
    ("country", "1"),
]


@pytest.mark.parametrize(("name", "text", "expected"), CHANGES)
def test_a_step_changes_what_it_is_for(name: str, text: str, expected: str) -> None:
    assert TRANSFORMS[name](text) == expected


@pytest.mark.parametrize(("name", "text"), NOOPS)
def test_a_step_leaves_alone_what_is_right_already(name: str, text: str) -> None:
    assert TRANSFORMS[name](text) == text


@pytest.mark.parametrize(("name", "text"), REFUSALS)
def test_a_step_that_cannot_says_what_was_expected(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"^expected .+[^.]$"):
        TRANSFORMS[name](text)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_every_step_is_tried_and_has_one_line_of_help(name: str) -> None:
    assert name in {change[0] for change in CHANGES}
    help_text = (TRANSFORMS[name].__doc__ or "").splitlines()
    assert len(help_text) == 1
    assert help_text[0].endswith(".")


@pytest.mark.parametrize("name", [name for name in TRANSFORMS if name not in NOT_TWICE])
@given(text=st.text(max_size=20) | st.sampled_from([change[1] for change in CHANGES]))
def test_doing_a_step_twice_is_the_same_as_once(name: str, text: str) -> None:
    once = _done(name, text)
    assert once is None or _done(name, once) == once


def _done(name: str, text: str) -> str | None:
    try:
        return TRANSFORMS[name](text)
    except ValueError:
        return None


@given(st.decimals(places=2, min_value=-(10**9), max_value=10**9))
def test_turning_the_sign_twice_gives_the_number_back(number: object) -> None:
    negate = TRANSFORMS["negate"]
    spelled = f"{number:f}".replace(".", ",").replace("-0,00", "0,00")
    assert negate(negate(spelled)) == spelled

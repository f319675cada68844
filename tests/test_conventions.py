"""How a file spells its numbers and dates is proved from them, or it is asked: never taken for something else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confirma_connector.parsing import Locale
from confirma_connector.proposing.conventions import dates, decimal, has_percent
from confirma_connector.proposing.found import Column

WHERES = tuple(f"Laskut!{row}" for row in range(2, 200))
DAYS = st.dates(dt.date(2015, 1, 1), dt.date(2035, 12, 31))


def column(header: str, *texts: str, place: int = 1, kinds: Sequence[str] = ()) -> Column:
    return Column(header, place, texts, tuple(kinds), "ABCDEFGH"[place - 1])


# ---- numbers ----


@pytest.mark.parametrize(
    ("texts", "mark", "thousands"),
    [
        (("1.234,50", "12"), ",", ["."]),
        (("1 234,50", "12"), ",", [" "]),
        (("1\u00a0234,50", "12"), ",", [" "]),
        (("1,234.50", "12"), ".", [","]),
        (("1'234.50", "12"), ".", ["'"]),
        (("12,5",), ",", []),
        (("12.50", "1000.00"), ".", []),
        (("0,255",), ",", []),
        (("1234,500",), ",", []),
        (("1,234,567",), ".", [","]),
        (("-12,50", "12,50-", "(3,10)"), ",", []),
        (("12,50 €", "25,5 %"), ",", []),
    ],
)
def test_a_number_that_can_be_read_in_one_way_proves_the_marks(
    texts: tuple[str, ...], mark: str, thousands: list[str]
) -> None:
    found = decimal([column("Yhteensä", *texts)])
    assert found.is_proved
    assert found.value == (mark,)
    assert found.also.get("thousands", []) == thousands


@pytest.mark.parametrize("text", ["1,234", "12.500", "123,456"])
def test_three_digits_behind_the_only_mark_prove_nothing(text: str) -> None:
    found = decimal([column("Yhteensä", text, "7", "15")], WHERES)
    assert not found.is_proved
    assert found.candidates == (",", ".")
    assert "Laskut!A2" in found.evidence
    assert text not in found.evidence


def test_another_column_of_amounts_proves_what_three_decimals_mean() -> None:
    found = decimal([column("Määrä", "1,000", "2,500"), column("á-hinta", "12,50", "7,00", place=2)])
    assert found.value == (",",)


def test_codes_with_a_point_prove_nothing_of_amounts() -> None:
    found = decimal([column("Luokka", "10.25", "4.10"), column("Yhteensä", "1,234", "2,500", place=2)])
    assert not found.is_proved


def test_columns_that_are_known_to_hold_no_amounts_are_left_out() -> None:
    found = decimal([column("Viitenumero", "12.50"), column("Postinumero", "1.5", place=2)])
    assert found.value == found.candidates == ()


def test_a_column_of_amounts_proves_the_mark_in_spite_of_a_text_in_it() -> None:
    assert decimal([column("Yhteensä", "12,50", "7,00", "sopimus")]).value == (",",)
    assert decimal([column("Outo", "12,50", "7,00", "Katu 1")]).value == ()


def test_numbers_spelled_in_two_ways_are_asked_about() -> None:
    found = decimal([column("Hinta", "12,50", "7,10"), column("ALV %", "25.5", "14", place=2)], WHERES)
    assert not found.is_proved
    assert "Laskut!A2" in found.evidence
    assert "Laskut!B2" in found.evidence


def test_numbers_and_dates_of_a_workbook_need_no_marks() -> None:
    found = decimal([column("Yhteensä", "12.5", "7", kinds=("number", "number"))])
    assert found.is_proved
    assert found.value == found.candidates == ()


def test_a_dash_among_numbers_means_nothing_and_a_zero_does_not() -> None:
    assert decimal([column("Alennus", "-", "0", "12,50")]).also["empty"] == ["", "-"]
    assert "empty" not in decimal([column("Katu", "-", "Katu 1")]).also


def test_signs_behind_and_parentheses_are_seen() -> None:
    also = decimal([column("Yhteensä", "5,00-", "(7,25)", "1,50")]).also
    assert also["trailing_minus"] == also["parentheses"] == "true"


def test_a_percent_sign_in_the_cell_is_seen() -> None:
    assert has_percent(column("ALV", "25,5 %", "14 %"))
    assert not has_percent(column("ALV", "25,5", "14"))
    assert not has_percent(column("Selite", "alennus 10 %"))


@st.composite
def amounts(draw: st.DrawFn) -> tuple[str, str, list[str]]:
    """Numbers as one program writes them: its decimal mark, its thousands mark, its spellings."""
    mark = draw(st.sampled_from((",", ".")))
    group = draw(st.sampled_from(("", " ", "\u00a0", "." if mark == "," else ",", "'")))
    places = draw(st.sampled_from((0, 1, 2, 3, 4)))
    texts = []
    for cents in draw(st.lists(st.integers(0, 10**9), min_size=1, max_size=8)):
        whole, rest = divmod(cents, 10**places)
        text = f"{whole:,}".replace(",", group) + (f"{mark}{rest:0{places}}" if places else "")
        texts.append(draw(st.sampled_from(("", "-"))) + text)
    return mark, group, texts


@given(st.lists(amounts(), min_size=1, max_size=1), st.sampled_from(("Yhteensä", "Määrä", "Outo")))
@settings(max_examples=200, deadline=None)
def test_a_decimal_mark_is_never_proved_to_be_another(tables: list[tuple[str, str, list[str]]], header: str) -> None:
    [(mark, group, texts)] = tables
    found = decimal([column(header, *texts)])
    if found.value:
        assert found.value == (mark,) or not any(mark in text for text in texts)
    if found.value == (mark,):
        assert set(found.also.get("thousands", [])) <= {group.replace("\u00a0", " ")}
        read = Locale(decimal=mark, thousands=tuple(found.also.get("thousands", [])))
        for text in texts:
            try:
                number = read.number(text)
            except ValueError:
                continue  # told by `check`, not read wrongly
            digits = text.replace(group, "") if group else text
            assert number == read.number(digits)


# ---- dates ----


@pytest.mark.parametrize(
    ("texts", "patterns"),
    [
        (("13.6.2026", "1.6.2026"), ("%d.%m.%Y",)),
        (("06/13/2026", "06/01/2026"), ("%m/%d/%Y",)),
        (("13/06/2026",), ("%d/%m/%Y",)),
        (("2026-06-01",), ("%Y-%m-%d",)),
        (("2026-06-01 00:00:00", "2026-06-02 00:00:00"), ("%Y-%m-%d %H:%M:%S",)),
        (("20260613",), ("%Y%m%d",)),
        (("31.12.35", "1.1.36"), ("%d.%m.%y",)),
        (("13.6.2026", "2026-06-14"), ("%d.%m.%Y", "%Y-%m-%d")),
    ],
)
def test_a_date_that_can_be_read_in_one_way_proves_the_pattern(
    texts: tuple[str, ...], patterns: tuple[str, ...]
) -> None:
    found = dates([column("Laskupvm", *texts)], {1: "date"})
    assert found.is_proved
    assert found.value == patterns


def test_a_date_that_can_be_read_in_two_ways_is_asked_about() -> None:
    found = dates([column("Invoice date", "01/06/2026", "12/06/2026")], {1: "date"}, WHERES)
    assert not found.is_proved
    assert found.value == ()
    assert found.candidates == ("%d/%m/%Y", "%m/%d/%Y")
    assert found.evidence == "2 dates can all be read as dd/mm/yyyy or mm/dd/yyyy: the first is Laskut!A2"


def test_another_column_of_the_same_look_proves_the_pattern() -> None:
    columns = [column("Invoice date", "01/06/2026"), column("Due date", "15/06/2026", place=2)]
    assert dates(columns, {1: "date", 2: "due_date"}).value == ("%d/%m/%Y",)


@pytest.mark.parametrize("terms", ["Net 7", "7 pv netto", "7 dagar"])
def test_terms_of_payment_prove_the_pattern(terms: str) -> None:
    columns = [
        column("Invoice date", "01/06/2026"),
        column("Due date", "08/06/2026", place=2),
        column("Terms", terms, place=3),
    ]
    named = {1: "date", 2: "due_date"}
    assert dates(columns, named).candidates
    assert dates(columns, {**named, 3: "terms"}).value == ("%d/%m/%Y",)


def test_due_dates_before_their_invoices_prove_the_other_pattern() -> None:
    columns = [
        column("Invoice date", "12/05/2026", "12/06/2026"),
        column("Due date", "02/06/2026", "02/07/2026", place=2),
    ]
    assert dates(columns, {1: "date", 2: "due_date"}).value == ("%d/%m/%Y",)


def test_one_due_date_before_its_invoice_proves_nothing() -> None:
    columns = [column("Invoice date", "12/05/2026"), column("Due date", "02/06/2026", place=2)]
    assert not dates(columns, {1: "date", 2: "due_date"}).is_proved


def test_days_and_months_first_in_one_file_are_a_contradiction() -> None:
    found = dates([column("Laskupvm", "13.6.2026"), column("Due date", "6/13/2026", place=2)], {})
    assert not found.is_proved
    assert found.value == ()
    assert set(found.candidates) == {"%d.%m.%Y", "%m/%d/%Y"}
    mixed = dates([column("Laskupvm", "13/6/2026", "6/13/2026")], {}, WHERES)
    assert not mixed.is_proved
    assert "Laskut!A2" in mixed.evidence
    assert "Laskut!A3" in mixed.evidence


def test_eight_digits_are_dates_only_where_the_header_says_so() -> None:
    assert dates([column("Viite", "20260613")], {}).value == ()
    assert dates([column("Laskupvm", "20260613")], {}).value == ("%Y%m%d",)


def test_typed_dates_need_no_pattern() -> None:
    found = dates([column("Pvm", "2026-06-13", "2026-06-01", kinds=("date", "date"))], {1: "date"})
    assert found.is_proved
    assert found.value == ()


def test_columns_that_nothing_reads_prove_but_are_not_asked_about() -> None:
    columns = [column("Laskupvm", "2026-06-01"), column("Luotu", "01/02/2026", place=2)]
    assert dates(columns, {1: "date"}).value == ("%Y-%m-%d",)
    assert not dates(columns, {}).is_proved


def test_dates_with_a_time_zone_are_told() -> None:
    found = dates([column("Laskupvm", "2026-06-01T12:00:00+03:00")], {1: "date"}, WHERES)
    assert not found.is_proved
    assert "Laskut!A2" in found.evidence


_PATTERNS = (
    *("%d.%m.%Y", "%m.%d.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y-%m-%d", "%Y/%m/%d"),
    *("%Y%m%d", "%d%m%Y", "%d.%m.%y", "%y-%m-%d", "%m/%d/%y", "%d/%m/%y", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M"),
)


@given(
    st.sampled_from(_PATTERNS),
    st.lists(st.tuples(DAYS, st.integers(0, 60)), min_size=1, max_size=12),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_a_pattern_is_never_proved_to_be_another(
    pattern: str, days: list[tuple[dt.date, int]], is_short: bool, has_terms: bool
) -> None:
    def spelled(day: dt.date) -> str:
        text = day.strftime(pattern)
        short = is_short and not pattern.startswith(("%Y%m", "%d%m", "%y"))
        return ".".join(part.lstrip("0") for part in text.split(".")) if short and pattern == "%d.%m.%Y" else text

    columns = [
        column("Laskupvm", *(spelled(day) for day, _ in days)),
        column("Eräpäivä", *(spelled(day + dt.timedelta(term)) for day, term in days), place=2),
        column("Maksuehto", *(f"{term} pv" for _, term in days), place=3),
    ]
    named = {1: "date", 2: "due_date"} | ({3: "terms"} if has_terms else {})
    found = dates(columns, named)
    assert set(found.value) <= {pattern}
    assert found.is_proved == (found.value == (pattern,))
    if not found.is_proved:
        assert pattern in found.candidates

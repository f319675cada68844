"""How rows make invoices, and which rows are none: a proved rule never hits a row of an invoice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confirma_connector.proposing.found import Column, Layout, Proposal, Shape
from confirma_connector.proposing.shape import bare, shaped

HEADERS = ("Laskunro", "Pvm", "Asiakas", "Selite", "Määrä", "Yhteensä")
FIELDS = {"Laskunro": "number", "Pvm": "date", "Asiakas": "buyer.name", "Selite": "rows.description"}
INVOICES = (
    ("1001", "1.6.2026", "Acme Oy", "Työ", "1", "10,00"),
    ("1002", "2.6.2026", "Beeta Ab", "Matka", "2", "20,00"),
    ("1003", "3.6.2026", "Acme Oy", "Työ", "3", "30,50"),
)


def layout(*rows: Sequence[str], headers: Sequence[str] = HEADERS) -> Layout:
    whole = [(*row, *[""] * (len(headers) - len(row))) for row in rows]
    columns = tuple(
        Column(header, at, tuple(row[at - 1] for row in whole)) for at, header in enumerate(headers, start=1)
    )
    wheres = tuple(f"line {line}" for line in range(2, len(rows) + 2))
    return Layout(Path("list.csv"), "csv_file", {}, {}, columns, len(rows), wheres)


def shape(*rows: Sequence[str], is_exact: bool = True, **fields: str) -> Shape:
    made = layout(*rows)
    named = {**FIELDS, **fields}
    return shaped(
        made,
        [Proposal(named[one.header], one, is_exact, "") for one in made.columns if one.header in named],
    )


def skips(found: Shape) -> list[tuple[dict[str, Any], list[str], bool]]:
    return [(dict(skip.rule), [row.where for row in skip.rows], skip.is_proved) for skip in found.skips]


def test_different_numbers_on_all_rows_are_a_row_an_invoice() -> None:
    found = shape(*INVOICES)
    assert (found.kind, found.lines, found.skips, found.is_proved) == ("row per invoice", {}, (), True)
    assert found.evidence == "3 rows have an invoice number each, all different"


def test_repeated_numbers_are_a_row_a_line() -> None:
    found = shape(INVOICES[0], ("1001", "1.6.2026", "Acme Oy", "Matka", "1", "5,00"), *INVOICES[1:])
    assert (found.kind, found.lines) == ("row per line, repeated", {"group_by": ["Laskunro"]})
    assert found.is_proved


def test_the_same_number_on_rows_with_other_dates_proves_nothing() -> None:
    assert not shape(INVOICES[0], ("1001", "2.6.2026", "Acme Oy", "Matka", "1", "5,00")).is_proved


def test_a_row_that_stands_there_twice_proves_nothing() -> None:
    assert not shape(INVOICES[0], INVOICES[0], INVOICES[1]).is_proved


def test_a_column_that_is_only_likely_the_number_proves_nothing() -> None:
    assert not shape(*INVOICES, is_exact=False).is_proved
    assert not shaped(layout(*INVOICES), []).is_proved


def test_the_same_number_on_rows_that_are_apart_is_asked_about() -> None:
    found = shape(*INVOICES, ("1001", "1.6.2026", "Acme Oy", "Matka", "1", "5,00"))
    assert found.open == {"scattered": "true"}
    assert not found.is_proved


def test_blank_numbers_are_lines_of_the_invoice_above() -> None:
    found = shape(
        INVOICES[0], ("", "", "", "Matka", "1", "5,00"), ("", "", "", "Total cleaning", "1", "7,00"), INVOICES[1]
    )
    assert found.kind == "row per line, blank"
    assert found.lines == {"fill_down": ["Laskunro"], "group_by": ["Laskunro"]}
    assert found.is_proved
    assert found.skips == ()


def test_a_row_without_a_number_but_with_a_date_of_its_own_proves_nothing() -> None:
    assert not shape(INVOICES[0], ("", "9.6.2026", "Beeta Ab", "Matka", "1", "5,00")).is_proved
    assert not shape(("", "", "", "Matka", "1", "5,00"), INVOICES[0]).is_proved


def test_a_row_without_a_number_that_may_be_a_total_leaves_the_shape_open() -> None:
    found = shape(INVOICES[0], ("", "", "", "Total", "2", "0,01"))
    assert not found.is_proved
    assert not found.skips[0].is_proved


def test_texts_of_the_invoice_that_differ_on_its_rows_are_asked_about() -> None:
    found = shape(INVOICES[0], ("1001", "1.6.2026", "Acme Oy", "Matka", "1", "5,00"), Selite="additional_information")
    assert found.open == {"first_in_group": ["Selite"]}
    assert found.why["first_in_group"]


@pytest.mark.parametrize(
    "word", ["Yhteensä", "YHTEENSÄ:", "Summa", "Totalt", "Total", "Total (EUR)", "Yhteensä 6/2026"]
)
def test_a_total_in_the_column_of_numbers_is_left_out(word: str) -> None:
    found = shape(*INVOICES, (word, "", "", "", "6", "60,50"))
    rule = {"column": "Laskunro", "starts_with": word.split()[0].rstrip(":")}
    assert skips(found) == [(rule, ["line 5"], True)]
    assert found.kind == "row per invoice"
    assert found.is_proved


def test_a_total_elsewhere_is_left_out_where_it_is_the_sum() -> None:
    assert skips(shape(*INVOICES, ("", "", "", "Yhteensä", "6", "60,50"))) == [
        ({"column": "Selite", "equals": "Yhteensä"}, ["line 5"], True)
    ]
    assert not shape(*INVOICES, ("", "", "", "Yhteensä", "1", "9,90")).skips[0].is_proved
    assert not shape(*INVOICES, ("", "", "", "Yhteensä", "1", "60,50")).skips[0].is_proved
    lines = (*INVOICES, ("", "", "", "Matka", "1", "9,50"))
    assert not shape(*lines, ("", "", "", "Yhteensä", "7", "70,00")).skips[0].is_proved  # may be a line as well


def test_sums_without_a_word_are_asked_about() -> None:
    [(rule, wheres, is_proved)] = skips(shape(*INVOICES, ("", "", "", "", "6", "60,50")))
    assert (rule, wheres, is_proved) == ({"column": "Pvm", "empty": "true"}, ["line 5"], False)


def test_notes_are_left_out_by_their_first_word() -> None:
    found = shape(*INVOICES, ("Tulostettu 1.7.2026",), ("Huom: tarkista",))
    assert skips(found) == [
        ({"column": "Laskunro", "starts_with": "Tulostettu"}, ["line 5"], True),
        ({"column": "Laskunro", "starts_with": "Huom"}, ["line 6"], True),
    ]


def test_headings_of_groups_are_asked_about() -> None:
    found = shape(("Kesäkuu",), *INVOICES, ("Heinäkuu",), ("1004", "1.7.2026", "Acme Oy", "Työ", "1", "5,00"))
    assert skips(found) == [({"column": "Pvm", "empty": "true"}, ["line 2", "line 6"], False)]
    assert found.kind == "row per invoice"


def test_a_header_that_comes_again_is_left_out() -> None:
    found = shape(*INVOICES, HEADERS, ("1004", "1.7.2026", "Acme Oy", "Työ", "1", "5,00"))
    assert skips(found) == [({"column": "Laskunro", "equals": "Laskunro"}, ["line 5"], True)]


def test_a_row_that_counts_the_columns_is_left_out_by_its_date() -> None:
    found = shape(("1", "2", "3", "4", "5", "6"), *INVOICES)
    assert skips(found) == [({"column": "Pvm", "equals": "2"}, ["line 2"], True)]


def test_a_row_of_instructions_is_left_out() -> None:
    found = shape(("pakollinen", "pp.kk.vvvv", "pakollinen", "vapaa teksti", "luku", "luku"), *INVOICES)
    assert skips(found) == [({"column": "Laskunro", "equals": "pakollinen"}, ["line 2"], True)]


def test_an_invoice_with_words_for_its_values_is_not_left_out() -> None:
    found = shape(("INV-1", "avoin", "Acme Oy", "Työ", "kesken", "kesken"), *INVOICES)
    assert not any(skip.is_proved for skip in found.skips)


def test_a_rule_that_hits_an_invoice_is_not_proved() -> None:
    rows = (*INVOICES, ("Total 17", "4.6.2026", "Acme Oy", "Työ", "1", "5,00"), ("Total", "", "", "", "7", "65,50"))
    [skip] = shape(*rows).skips
    assert not skip.is_proved
    assert "1 row that may be of an invoice" in skip.evidence


def test_rows_that_are_none_can_be_taken_out_before_anything_is_known() -> None:
    assert bare(layout(*INVOICES, ("Yhteensä", "", "", "", "6", "60,50"), ("Tulostettu 1.7.2026",))).columns == (
        layout(*INVOICES).columns
    )
    assert bare(layout(*INVOICES)) == layout(*INVOICES)


_WORDS = ("Työ", "Total", "Summa Oy", "Yhteensä", "Note", "Huom: kiireinen", "Printed matter", "2", "")
_SPECIAL = st.sampled_from(
    [
        ("Yhteensä", "", "", "", "6", "60,50"),
        ("", "", "Totalt", "", "", "1,00"),
        ("Tulostettu 1.7.2026",),
        ("Kesäkuu",),
        HEADERS,
        ("1", "2", "3", "4", "5", "6"),
        ("", "", "", "", "", "12,00"),
    ]
)


@st.composite
def lists(draw: st.DrawFn) -> tuple[str, list[tuple[tuple[str, ...], bool]]]:
    """A list of some shape, each row with whether it is of an invoice."""
    kind = draw(st.sampled_from(("row per invoice", "row per line, repeated", "row per line, blank")))
    rows: list[tuple[tuple[str, ...], bool]] = []
    for at in range(draw(st.integers(1, 6))):
        number, day = draw(st.sampled_from((f"{1000 + at}", f"INV-{at + 1}", f"2026/{at + 1}"))), f"{at + 1}.6.2026"
        name = draw(st.sampled_from(("Acme Oy", "Summa Oy", "Total Ab", "Yhteensä")))
        for line in range(1 if kind == "row per invoice" else draw(st.integers(1, 3))):
            told = (number, day, name) if line == 0 or kind.endswith("repeated") else ("", "", "")
            cents = draw(st.integers(1, 10**5))
            text = draw(st.sampled_from(_WORDS))
            rows.append(((*told, text, str(line + 1), f"{cents // 100},{cents % 100:02}"), True))
        if draw(st.integers(0, 3)) == 0:
            rows.append((draw(_SPECIAL), False))
    return kind, rows


@given(lists())
@settings(max_examples=300, deadline=None)
def test_a_proved_rule_hits_no_row_of_an_invoice(made: tuple[str, list[tuple[tuple[str, ...], bool]]]) -> None:
    kind, rows = made
    whole = layout(*(row for row, _ in rows))
    found = shape(*(row for row, _ in rows))
    cells = {column.header: column.texts for column in whole.columns}
    left = list(range(len(rows)))
    for skip in found.skips:
        if not skip.is_proved:
            continue
        [(test, value)] = [(key, value) for key, value in skip.rule.items() if key != "column"]
        texts = cells[skip.rule["column"]]
        hit = [at for at, text in enumerate(texts) if (text == value if test == "equals" else text.startswith(value))]
        assert not [rows[at] for at in hit if rows[at][1]]
        left = [at for at in left if at not in hit]
    if found.is_proved and all(rows[at][1] for at in left):
        numbers = [cells["Laskunro"][at] for at in left]
        assert found.kind == kind or (len(set(numbers)) == len(numbers) and all(numbers))

"""From records to invoices: where each value comes from, and problems in the source's own words."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mapped import drafts, errors, invoice_of, mapper, mapping, records, row

from confirma_connector.errors import MappingError
from confirma_connector.mapper import Draft, Mapper, Origin
from confirma_connector.records import Record, Unreadable


def test_a_plain_row_is_a_plain_invoice(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row()])
    assert draft.problems == ()
    assert (draft.label, draft.number, draft.date) == ("1001", 1001, dt.date(2026, 11, 2))
    made = draft.invoice
    assert made is not None
    assert (made.number, made.date, made.due_date, made.currency_code) == (
        1001,
        dt.date(2026, 11, 2),
        dt.date(2026, 11, 16),
        "EUR",
    )
    assert (made.buyer.name, made.buyer.address.postal_code if made.buyer.address else "") == ("Ostaja Oy", "02100")
    assert (made.rows[0].quantity, made.rows[0].unit_price, made.rows[0].net_amount) == (
        2,
        Decimal("50.00"),
        Decimal("100.00"),
    )
    assert made.amounts.gross_amount == Decimal("125.50")


@pytest.mark.parametrize("text", ["00100", "0012345678901234567890", "NO", "1e3", "0,50", "1 234", "null"])
def test_ids_are_kept_letter_by_letter(tmp_path: Path, text: str) -> None:
    assert invoice_of(tmp_path, row(Viite=text), invoice={"references.buyer": "Viite"}).references.buyer == text


# ---- the order: column → empty? → default → transforms → table → type ----


def described(folder: Path, rule: Any, values: dict[str, Any], **changes: Any) -> str | None:
    return invoice_of(folder, row(**values), invoice={"description": rule}, **changes).description


def test_several_columns_are_joined_without_the_empty_ones(tmp_path: Path) -> None:
    rule = {"columns": ["A", "B", "C"], "join": ", "}
    assert described(tmp_path, rule, {"A": " a ", "B": "-", "C": "c"}) == "a, c"
    assert described(tmp_path, rule, {"A": "", "B": "-", "C": " "}) is None
    assert described(tmp_path, {"columns": "A"}, {"A": "a"}) == "a"


@pytest.mark.parametrize(
    ("block", "field"), [("rows", "unit_price"), ("invoice", "amounts.gross_amount"), ("invoice", "number")]
)
def test_several_columns_are_never_joined_into_one_number(tmp_path: Path, block: str, field: str) -> None:
    said = f"{block}.{field}.columns: several columns would be joined into one number: expected a single column"
    with pytest.raises(MappingError, match=re.escape(said)):
        mapping(tmp_path, **{block: {field: {"columns": ["H1", "H2"]}}})


def test_several_columns_may_be_one_code_of_a_table_of_numbers(tmp_path: Path) -> None:
    rates = {"vat_percentage": {"columns": ["Maa", "Luokka"], "table": "rates"}}
    made = invoice_of(tmp_path, row(Maa="FI", Luokka="1"), rows=rates, tables={"rates": {"FI 1": "25,5"}})
    assert made.rows[0].vat_percentage == Decimal("25.5")


def signed(folder: Path, price: str, sign: str) -> list[Draft]:
    turned = {"unit_price": {"column": "Hinta", "negative_when": {"column": "Etumerkki", "equals": "-"}}}
    lines = [row(Hinta="100,00", Etumerkki=""), row(Hinta=price, Etumerkki=sign)]
    return drafts(folder, lines, rows=turned)


@pytest.mark.parametrize(
    ("price", "sign", "gross"), [("2,00", "-", "245.98"), ("-2,00", "", "245.98"), ("0", "-", "251.00")]
)
def test_the_sign_may_stand_beside_an_amount_or_in_it(tmp_path: Path, price: str, sign: str, gross: str) -> None:
    (draft,) = signed(tmp_path, price, sign)
    assert draft.invoice is not None
    assert draft.invoice.amounts.gross_amount == Decimal(gross)


def test_an_amount_that_says_minus_both_ways_is_a_problem(tmp_path: Path) -> None:
    (draft,) = signed(tmp_path, "-2,00", "-")
    assert [(problem.code, problem.header, problem.value, problem.message) for problem in errors(draft)] == [
        (
            "E-AMOUNT",
            "Hinta",
            "-2,00",
            'is negative already, and "Etumerkki" says minus as well: expected it from one of the two',
        )
    ]


def test_a_default_stands_in_for_every_spelling_of_nothing(tmp_path: Path) -> None:
    rule = {"column": "A", "default": "nothing"}
    assert [described(tmp_path, rule, {"A": text}) for text in ("", " ", "-", "0", "x")] == ["nothing"] * 3 + ["0", "x"]
    assert described(tmp_path, {"columns": ["A", "B"], "default": "d"}, {"A": "", "B": "-"}) == "d"


def test_transforms_run_in_their_order_and_also_on_the_default(tmp_path: Path) -> None:
    rule = {"column": "A", "default": "x 007", "transform": ["digits", "strip_zeros"]}
    assert [described(tmp_path, rule, {"A": text}) for text in ("INV-0042", "")] == ["42", "7"]


def test_the_default_is_looked_up_in_the_table_and_may_be_the_meaning_itself(tmp_path: Path) -> None:
    tables = {"t": {"A": "alpha", "*": "other"}}
    for default, expected in (("A", "alpha"), ("alpha", "alpha")):
        rule = {"column": "A", "table": "t", "default": default}
        assert described(tmp_path, rule, {"A": ""}, tables=tables) == expected
    assert described(tmp_path, {"column": "A", "table": "t"}, {"A": "x"}, tables=tables) == "other"
    assert described(tmp_path, {"column": "A", "table": "t"}, {"A": ""}, tables=tables) is None


def test_transforms_come_before_the_table(tmp_path: Path) -> None:
    rule = {"column": "A", "transform": ["upper"], "table": "t"}
    assert described(tmp_path, rule, {"A": "ab"}, tables={"t": {"AB": "both"}}) == "both"


def test_a_constant_is_the_value_of_every_invoice(tmp_path: Path) -> None:
    assert described(tmp_path, {"constant": "-"}, {}) == "-"
    assert described(tmp_path, {"constant": "ab", "transform": ["upper"]}, {}) == "AB"


def test_a_table_may_say_that_a_code_means_nothing(tmp_path: Path) -> None:
    assert described(tmp_path, {"column": "A", "table": "t"}, {"A": "x"}, tables={"t": {"x": ""}}) is None


def test_an_unknown_code_is_an_error_that_names_the_nearest(tmp_path: Path) -> None:
    changes: dict[str, Any] = {
        "invoice": {"description": {"column": "A", "table": "t"}},
        "tables": {"t": {"Lasku": "x"}},
    }
    (draft,) = drafts(tmp_path, [row(A="Lasju")], **changes)
    assert [problem.text("laskut.csv") for problem in errors(draft)] == [
        'laskut.csv, line 2, column "A": "Lasju": the table "t" of the mapping does not know this code; '
        'did you mean "Lasku"? [E-CODE]'
    ]


@pytest.mark.parametrize(
    ("field", "text", "code", "expected"),
    [
        ("number", "A-7", "E-INVOICE-NUMBER", "add transform: [digits]"),
        ("date", "2026-11-02", "E-DATE", "expected a date like 31.12.2026"),
        ("amounts.gross_amount", "125.50", "E-AMOUNT", 'decimal mark "," and thousands mark space'),
        ("distribution.enabled", "joo", "E-VALUE", "expected true or false"),
        ("buyer.disable_collection", "ei", "E-VALUE", "a table: in the mapping can translate other words"),
        ("references.credited_invoice_number", "0012", "E-INVOICE-NUMBER", "add transform: [strip_zeros]"),
        ("references.order_date", "eilen", "E-DATE", "expected a date like"),
    ],
)
def test_a_value_that_cannot_be_read_names_file_line_header_value_and_expectation(
    tmp_path: Path, field: str, text: str, code: str, expected: str
) -> None:
    (draft,) = drafts(tmp_path, [row(Sarake=text)], invoice={field: "Sarake"})
    problem = next(problem for problem in errors(draft) if problem.field == field)
    assert problem.code == code
    assert problem.text("laskut.csv").startswith(f'laskut.csv, line 2, column "Sarake": "{text}": ')
    assert expected in problem.message


def test_a_problem_of_a_row_names_that_row(tmp_path: Path) -> None:
    blank = {"Nro": "1001", "Selite": "", "Määrä": "", "Hinta": "", "ALV": ""}
    (draft,) = drafts(tmp_path, [row(), row(**blank), row(Määrä="1.5", ALV="25,5 %"), row(Hinta="", Määrä="")])
    assert [(problem.where, problem.header, problem.value, problem.field) for problem in errors(draft)] == [
        ("line 4", "Määrä", "1.5", "rows[1].quantity"),
        ("line 4", "ALV", "25,5 %", "rows[1].vat_percentage"),
        ("line 5", "", "", "rows[2].net_amount"),
    ]


def test_a_column_under_our_own_word_is_told_under_its_header(tmp_path: Path) -> None:
    changes: dict[str, Any] = {"columns": {"when": ["Laskupäivä", "Pvm"]}, "invoice": {"date": "when"}}
    (draft,) = drafts(tmp_path, [row(Pvm="x")], **changes)
    assert [problem.header for problem in errors(draft)] == ["Pvm"]


def test_a_rules_finding_is_told_in_the_words_of_the_source(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Tunnus="2331972-8")])
    (problem,) = errors(draft)
    assert (problem.code, problem.where, problem.header, problem.value) == (
        "E-BUSINESS-ID",
        "line 2",
        "Tunnus",
        "2331972-8",
    )


def test_a_rule_may_be_softened_by_the_mapping(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Tunnus="2331972-8")], rules={"business-id": "warning"})
    assert draft.invoice is not None
    assert [problem.severity for problem in draft.problems] == ["warning"]


def test_a_total_that_does_not_fit_shows_both_sums_at_its_cell(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Summa="125,52")], invoice={"amounts.gross_amount": "Summa"})
    assert [problem.text() for problem in errors(draft)] == [
        'line 2, column "Summa": "125,52": the total says 125.52, the rows add up to 125.50 [E-TOTAL]'
    ]


def test_gross_prices_and_vat_per_rate_are_the_mappings_choice(tmp_path: Path) -> None:
    assert invoice_of(tmp_path, row(Hinta="62,75"), prices="gross").amounts.net_amount == Decimal("100.00")
    cheap = [row(Määrä="1", Hinta="0,10") for _ in range(2)]
    assert invoice_of(tmp_path, cheap).amounts.vat_amount == Decimal("0.06")
    assert invoice_of(tmp_path, cheap, vat="per_rate").amounts.vat_amount == Decimal("0.05")


def test_the_source_may_say_itself_whether_prices_are_net_or_gross(tmp_path: Path) -> None:
    told = {"column": "BN", "table": "bn"}
    tables = {"bn": {"B": "gross", "N": "net"}}
    lines = [row(Määrä="1", Hinta="125,50", BN="B"), row(Määrä="1", Hinta="100,00", BN="N"), row(Määrä="1", BN="")]
    found = invoice_of(tmp_path, lines, rows={"prices": told}, tables=tables)
    assert [made.net_amount for made in found.rows] == [Decimal("100.00"), Decimal("100.00"), Decimal("50.00")]
    assert invoice_of(tmp_path, lines[0], invoice={"prices": told}, tables=tables).amounts.net_amount == 100
    own_first = invoice_of(
        tmp_path, lines[:1], invoice={"prices": {"constant": "net"}}, rows={"prices": told}, tables=tables
    )
    assert own_first.amounts.net_amount == 100


def test_prices_that_are_neither_net_nor_gross_are_an_error(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(BN="x")], rows={"prices": "BN"})
    assert [(problem.code, problem.header, problem.value) for problem in errors(draft)] == [("E-VALUE", "BN", "x")]
    assert "expected net or gross" in errors(draft)[0].message


def test_one_part_of_a_joined_text_is_taken(tmp_path: Path) -> None:
    at = {
        f"buyer.address.{name}": {"column": "Osoite", "split": {"at": "\\", "take": str(take), "of": "3"}}
        for take, name in enumerate(("street", "postal_code", "postal_district"), 1)
    }
    found = invoice_of(tmp_path, row(Osoite="Tie 2 \\00100\\ HELSINKI"), invoice=at).buyer.address
    assert found is not None
    assert (found.street, found.postal_code, found.postal_district) == ("Tie 2", "00100", "HELSINKI")
    assert invoice_of(tmp_path, row(Osoite=""), invoice=at).buyer.address.street is None  # type: ignore[union-attr]
    (draft,) = drafts(tmp_path, [row(Osoite="Tie 2\\HELSINKI")], invoice=at)
    assert 'expected 3 parts with "\\" between them, and there are 2' in errors(draft)[0].message
    two = {"description": {"column": "Selite", "split": {"at": "/", "take": "2"}, "default": "-"}}
    assert [invoice_of(tmp_path, row(Selite=text), rows=two).rows[0].description for text in ("a/b/c", "a")] == [
        "b",
        "-",
    ]


def test_only_one_column_can_be_split(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="only a field of one column has something to split"):
        mapping(tmp_path, invoice={"buyer.name": {"columns": ["Asiakas"], "split": {"at": "/", "take": "1"}}})


def test_a_personal_identity_number_is_not_shown(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Hetu="131052-308X")], invoice={"buyer.personal_identity_number": "Hetu"})
    assert [problem.code for problem in draft.problems]
    assert "308X" not in "".join(problem.text() for problem in draft.problems)
    assert "308X" not in repr(draft.problems)


def test_a_problem_keeps_its_value_out_of_its_repr(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Pvm="MARKER")])
    assert "MARKER" not in repr(draft.problems)
    assert "MARKER" not in draft.problems[0].text(with_value=False)
    assert "MARKER" in draft.problems[0].text()


# ---- sources that are typed themselves ----


def test_typed_values_are_taken_as_they_are(tmp_path: Path) -> None:
    typed = row(
        Nro=1001,
        Pvm=dt.date(2026, 11, 2),
        Eräpvm=dt.datetime(2026, 11, 16, 9, 30),
        Määrä=2,
        Hinta=Decimal("50.0"),
        ALV=Decimal("25.5"),
    )
    made = invoice_of(tmp_path, typed)
    assert (made.number, made.date, made.due_date) == (1001, dt.date(2026, 11, 2), dt.date(2026, 11, 16))
    assert (str(made.rows[0].unit_price), made.amounts.gross_amount) == ("50", Decimal("125.50"))


def test_a_typed_number_keeps_its_size_through_transforms_and_joins(tmp_path: Path) -> None:
    locale = {"decimal": ",", "thousands": ["."]}
    for rule in (
        {"column": "Hinta", "transform": ["strip"]},
        {"column": "Hinta", "transform": ["percent", "collapse_spaces"]},
    ):
        made = invoice_of(tmp_path, row(Hinta=Decimal("1.234")), locale=locale, rows={"unit_price": rule})
        assert made.rows[0].unit_price == Decimal("1.234")
    rule = {"column": "Pvm", "transform": ["strip"]}
    assert invoice_of(tmp_path, row(Pvm=dt.date(2026, 11, 2)), invoice={"date": rule}).date == dt.date(2026, 11, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal(100), "100"),
        (Decimal("1E+3"), "1000"),
        (Decimal("1001.0"), "1001"),
        (Decimal("0.50"), "0.5"),
        (Decimal(12345678901234567890123456789012345), "12345678901234567890123456789012345"),
        (5, "5"),
        (dt.date(2026, 11, 2), "2026-11-02"),
        (None, None),
    ],
)
def test_a_typed_value_in_a_text_field_is_spelled_plainly(tmp_path: Path, value: Any, text: str | None) -> None:
    assert invoice_of(tmp_path, row(A=value), invoice={"description": "A"}).description == text


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1E+30"), 10**16])
def test_a_typed_number_that_is_no_amount_is_refused(tmp_path: Path, value: Any) -> None:
    (draft,) = drafts(tmp_path, [row(Hinta=value)])
    assert [problem.code for problem in errors(draft)] == ["E-AMOUNT"]


def test_a_date_where_an_amount_should_be_is_refused(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Hinta=dt.date(2026, 5, 11))])
    assert [(problem.code, problem.value) for problem in errors(draft)] == [("E-AMOUNT", "2026-05-11")]


# ---- many rows ----


def test_values_that_recur_and_values_that_never_do_are_read_alike(tmp_path: Path) -> None:
    made = mapper(tmp_path, group_by=None)
    lines = [row(Nro=str(1000 + number), Hinta=f"{number},00") for number in range(1, 2500)]
    found = list(made.drafts(records(lines)))
    assert [draft.number for draft in found] == list(range(1001, 3500))
    assert all(draft.invoice and draft.invoice.rows[0].unit_price == at for at, draft in enumerate(found, 1))


def test_an_error_is_found_again_on_every_row_that_has_it(tmp_path: Path) -> None:
    found = drafts(tmp_path, [row(Nro=str(number), Hinta="1.5") for number in range(1, 4)])
    assert [[problem.code for problem in errors(draft)] for draft in found] == [["E-AMOUNT"]] * 3


def test_a_file_without_rows_is_no_invoices(tmp_path: Path) -> None:
    assert drafts(tmp_path, []) == []


def test_drafts_come_while_the_source_is_still_read(tmp_path: Path) -> None:
    read: list[str] = []

    def source() -> Any:
        for record in records([row(Nro=str(number)) for number in range(1, 301)]):
            read.append(record.where)
            yield record

    next(iter(mapper(tmp_path).drafts(source())))
    assert len(read) < 100


def test_a_refused_field_is_found_again_in_the_source(tmp_path: Path) -> None:
    made = mapper(tmp_path, invoice={"description": {"columns": ["Nro", "Asiakas"]}})
    (draft,) = made.drafts(records([row(), row(Määrä="7")]))
    assert made.origin(draft.group, "buyer.name") == Origin("line 2", "Asiakas", "Ostaja Oy", "line 2")
    assert made.origin(draft.group, "rows[1].quantity") == Origin("line 3", "Määrä", "7", "line 3")
    assert made.origin(draft.group, "rows[1]") == Origin("line 3", "", "", "line 3")
    assert made.origin(draft.group, "rows[9].quantity").where == "line 2"
    assert made.origin(draft.group, "description") == Origin("line 2", "Nro + Asiakas", "1001 Ostaja Oy", "line 2")
    assert made.origin(draft.group, "seller.name") == Origin("line 2", "", "", "line 2")
    assert (made.header("number"), made.header("delivery.name")) == ("Nro", "")


def test_one_mapping_may_work_on_many_sources(tmp_path: Path) -> None:
    loaded = mapping(tmp_path, columns={"n": ["Nro", "Numero"]}, invoice={"number": "n"}, group_by=["n"])
    for header in ("Nro", "Numero"):
        values = {header if name == "Nro" else name: value for name, value in row().items()}
        (draft,) = Mapper(loaded, "a.csv").drafts([Record(values, 1, "line 2")])
        assert draft.number == 1001


def test_a_rate_that_may_be_a_fraction_names_both_readings_whatever_else_is_wrong(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(ALV="0,255")])
    (problem,) = errors(draft)
    assert (problem.code, problem.field) == ("E-VAT-FRACTION", "rows[0].vat_percentage")
    assert "0.255 % or 25.5 %" in problem.message


def test_an_unreadable_cell_matters_only_where_the_mapping_reads_it(tmp_path: Path) -> None:
    broken = Unreadable("#N/A", "is the error #N/A of a formula")
    letters = {"Asiakas": "D", "Selite": "G"}

    def made(cells: dict[str, Any], **changes: Any) -> Draft:
        (draft,) = mapper(tmp_path, **changes).drafts([Record(row(**cells), 2, "Laskut!2", letters=letters)])
        return draft

    assert not errors(made({"Muu": broken}))
    (problem,) = errors(made({"Asiakas": broken}))
    assert (problem.code, problem.where, problem.record) == ("E-CELL", "Laskut!D2", "Laskut!2")
    assert (problem.value, problem.message) == ("#N/A", "is the error #N/A of a formula")
    joined = made({"Selite": broken}, invoice={"description": {"columns": ["Asiakas", "Selite"]}})
    assert {problem.field for problem in errors(joined)} == {"description", "rows[0].description"}


def test_a_record_that_its_source_skips_is_reported_with_the_reason(tmp_path: Path) -> None:
    one = mapper(tmp_path)
    hidden = Record(row(Nro="1002"), 3, "Laskut!3", skipped="the row is hidden")
    (draft,) = one.drafts([Record(row(), 2, "Laskut!2"), hidden])
    assert draft.number == 1001
    assert [(row.where, row.reason, row.has_amount) for row in one.skipped] == [("Laskut!3", "the row is hidden", True)]


def test_a_field_may_have_spellings_of_nothing_of_its_own(tmp_path: Path) -> None:
    nothing = {"invoice": {"references.order_number": {"column": "Tilaus", "empty": ["0", "ei ole"]}}}
    for text, meant in (("0", None), ("ei ole", None), ("-", None), ("00", "00"), ("12", "12")):
        made = invoice_of(tmp_path, row(Tilaus=text), **nothing)
        assert made.references.order_number == meant
    assert invoice_of(tmp_path, row(Tilaus="0", ALV="0"), **nothing).rows[0].vat_percentage == 0

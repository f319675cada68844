"""Skip, fill down, group: every record ends in one invoice, in one skipped row, or in an error."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mapped import drafts, errors, mapper, mapping, records, row

from confirma_connector.columns import Columns
from confirma_connector.errors import MappingError
from confirma_connector.grouping import Group, Grouping
from confirma_connector.limits import Limits
from confirma_connector.records import Record, Unreadable, Value

BLANK = {"Nro": "", "Pvm": "", "Eräpvm": "", "Asiakas": "", "Tunnus": "", "Sähköposti": ""}


def grouping(folder: Path, **changes: Any) -> Grouping:
    loaded = mapping(folder, **changes)
    return Grouping(loaded, Columns(loaded, "laskut.csv"), Limits())


def told(folder: Path, lines: Iterable[Mapping[str, Any]], **changes: Any) -> list[tuple[str, tuple[str, ...]]]:
    """Head and lines of every group, by place."""
    groups = grouping(folder, **changes).groups(records(lines))
    return [(group.head.where, tuple(line.where for line in group.lines)) for group in groups]


# ---- skip ----


@pytest.mark.parametrize(
    ("skip", "skips", "reason"),
    [
        ({"column": "Nro", "starts_with": "Yhteensä"}, "Yhteensä 3 kpl", '"Nro" starts with "Yhteensä"'),
        ({"column": "Nro", "starts_with": " Yht"}, " Yhteensä", '"Nro" starts with "Yht"'),
        ({"column": "Nro", "equals": "Summa "}, " Summa", '"Nro" is "Summa "'),
        ({"column": "Nro", "in": ["A", " B "]}, "B", '"Nro" is "B"'),
        ({"column": "Nro", "in": "A"}, "A", '"Nro" is "A"'),
        ({"column": "Nro", "empty": "true"}, " - ", '"Nro" is empty'),
        ({"column": "Nro", "empty": "false"}, "x", '"Nro" is filled'),
    ],
)
def test_a_row_that_the_mapping_skips_is_reported_with_the_reason(
    tmp_path: Path, skip: Any, skips: str, reason: str
) -> None:
    made = grouping(tmp_path, skip=[skip])
    list(made.groups(records([row(Nro=skips)])))
    assert [(one.where, one.reason, one.has_amount) for one in made.skipped] == [("line 2", reason, True)]


@pytest.mark.parametrize(
    ("skip", "number"),
    [
        ({"column": "Nro", "starts_with": "Yhteensä"}, "yhteensä"),
        ({"column": "Nro", "equals": "Summa"}, "Summa 2"),
        ({"column": "Nro", "in": ["A", "B"]}, "AB"),
        ({"column": "Nro", "empty": "true"}, "0"),
        ({"column": "Nro", "empty": "false"}, ""),
    ],
)
def test_a_row_that_no_skip_fits_is_kept(tmp_path: Path, skip: Any, number: str) -> None:
    made = grouping(tmp_path, skip=[skip])
    assert len(list(made.groups(records([row(Nro=number)])))) == 1
    assert made.skipped == []


def test_skipped_rows_tell_whether_they_hold_an_amount(tmp_path: Path) -> None:
    made = grouping(
        tmp_path,
        skip=[{"column": "Nro", "starts_with": "Yht"}],
        invoice={"amounts.gross_amount": "Summa"},
        rows={"net_amount": "Veroton"},
    )
    plain = dict.fromkeys(row(), "") | {"Nro": "Yht", "Summa": "", "Veroton": ""}
    lines = [
        plain,
        plain | {"Summa": "5,00"},
        plain | {"Veroton": "5,00"},
        plain | {"Hinta": "5,00"},
        plain | {"Summa": "-"},
    ]
    list(made.groups(records(lines)))
    assert [one.has_amount for one in made.skipped] == [False, True, True, True, False]


def test_a_skip_looks_at_the_row_as_spelled_before_anything_is_filled_down(tmp_path: Path) -> None:
    made = grouping(tmp_path, fill_down=["Nro"], skip=[{"column": "Nro", "empty": "true"}])
    assert [group.head.where for group in made.groups(records([row(), row(Nro="")]))] == ["line 2"]
    assert [one.where for one in made.skipped] == ["line 3"]


def test_a_wholly_empty_row_is_skipped_and_reported(tmp_path: Path) -> None:
    made = grouping(tmp_path)
    assert len(list(made.groups(records([row(), dict.fromkeys(row(), " "), row(Nro="1002")])))) == 2
    assert [(one.where, one.has_amount) for one in made.skipped] == [("line 3", False)]


# ---- fill down ----


def test_blank_columns_of_further_rows_are_filled_from_the_first(tmp_path: Path) -> None:
    groups = grouping(tmp_path, fill_down=["Nro", "Asiakas"]).groups(records([row(), row(**BLANK), row(**BLANK)]))
    (group,) = list(groups)
    assert [line.values["Asiakas"] for line in group.lines] == ["Ostaja Oy"] * 3
    assert [line.values["Pvm"] for line in group.lines] == ["02.11.2026", "", ""]


def test_nothing_is_carried_from_one_invoice_into_the_next(tmp_path: Path) -> None:
    lines = [row(), row(Nro="1002", Asiakas=""), row(**BLANK)]
    _, second = drafts(tmp_path, lines, fill_down=["Nro", "Asiakas"])
    assert (second.label, second.invoice) == ("1002", None)
    assert [(problem.code, problem.field) for problem in errors(second)] == [("E-MISSING", "buyer.name")]


def test_without_groups_a_blank_column_is_filled_as_the_mapping_says(tmp_path: Path) -> None:
    lines = [row(), row(Nro="1002", Asiakas="")]
    _, second = drafts(tmp_path, lines, fill_down=["Asiakas"], group_by=None)
    assert second.invoice is not None
    assert second.invoice.buyer.name == "Ostaja Oy"


def test_a_first_row_without_a_number_stays_without(tmp_path: Path) -> None:
    first, _ = drafts(tmp_path, [row(Nro=""), row()], fill_down=["Nro"])
    assert [problem.code for problem in errors(first)] == ["E-MISSING"]


# ---- group ----


def test_rows_of_one_number_that_stand_together_are_one_invoice(tmp_path: Path) -> None:
    lines = [row(), row(), row(Nro="1002"), row(Nro="1003"), row(Nro="1003")]
    assert told(tmp_path, lines) == [
        ("line 2", ("line 2", "line 3")),
        ("line 4", ("line 4",)),
        ("line 5", ("line 5", "line 6")),
    ]


def test_the_same_number_further_down_is_another_draft(tmp_path: Path) -> None:
    assert [head for head, _ in told(tmp_path, [row(), row(Nro="1002"), row()])] == ["line 2", "line 3", "line 4"]


def test_scattered_rows_are_gathered_when_the_mapping_says_so(tmp_path: Path) -> None:
    lines = [row(), row(Nro="1002"), row(), row(Nro=""), row(Nro="")]
    assert told(tmp_path, lines, scattered="true") == [
        ("line 2", ("line 2", "line 4")),
        ("line 3", ("line 3",)),
        ("line 5", ("line 5",)),
        ("line 6", ("line 6",)),
    ]


def test_several_columns_make_a_key_together(tmp_path: Path) -> None:
    lines = [row(Sarja="A"), row(Sarja="A"), row(Sarja="B"), row(Sarja="")]
    made = told(tmp_path, lines, group_by=["Nro", "Sarja"])
    assert [len(lines) for _, lines in made] == [2, 1, 1]


def test_rows_without_a_key_are_never_one_invoice(tmp_path: Path) -> None:
    assert len(told(tmp_path, [row(Nro=""), row(Nro="")])) == 2
    assert len(told(tmp_path, [row(), row()], group_by=None)) == 2


# ---- what must agree ----


def test_columns_of_the_invoice_agree_or_are_blank_after_the_first_row(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(), row(), row(**BLANK | {"Nro": "1001"})])
    assert draft.problems == ()
    assert draft.invoice is not None
    assert len(draft.invoice.rows) == 3


def test_rows_that_disagree_are_an_error_that_names_both_places(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(), row(), row(Asiakas="Toinen Oy", Pvm="03.11.2026")])
    assert [problem.text() for problem in errors(draft)] == [
        'line 4, column "Pvm": "03.11.2026": the rows of one invoice must agree here, and line 2 has "02.11.2026" [E-DISAGREES]',
        'line 4, column "Asiakas": "Toinen Oy": the rows of one invoice must agree here, and line 2 has "Ostaja Oy" [E-DISAGREES]',
    ]


@pytest.mark.parametrize(
    ("header", "first", "other"),
    [
        ("Pvm", dt.date(2026, 11, 2), "02.11.2026"),
        ("Summa", "1 251,00", "1251,00"),
        ("Summa", Decimal(1251), "1 251,00"),
        ("Laji", "lasku", "LASKU"),
    ],
)
def test_rows_that_mean_the_same_agree_however_it_is_written(
    tmp_path: Path, header: str, first: Value, other: Value
) -> None:
    fields = {"amounts.paid_amount": "Summa", "description": {"column": "Laji", "transform": ["upper"]}}
    lines = [row(Summa="0", Laji="x") | {header: first}, row(Summa="0", Laji="x") | {header: other}]
    (draft,) = drafts(tmp_path, lines, invoice=fields)
    assert "E-DISAGREES" not in {one.code for one in errors(draft)}
    lines[1][header] = "03.11.2026" if header == "Pvm" else "9"
    (draft,) = drafts(tmp_path, lines, invoice=fields)
    assert [(one.code, one.header) for one in errors(draft)][:1] == [("E-DISAGREES", header)]


def test_a_column_that_is_read_in_two_ways_agrees_only_if_both_ways_mean_the_same(tmp_path: Path) -> None:
    fields = {"description": "Laji", "additional_information": {"column": "Laji", "transform": ["upper"]}}
    (draft,) = drafts(tmp_path, [row(Laji="lasku"), row(Laji="LASKU")], invoice=fields)
    assert [(one.code, one.header) for one in errors(draft)] == [("E-DISAGREES", "Laji")]


def test_an_unreadable_cell_in_the_first_row_is_told_as_that_alone(tmp_path: Path) -> None:
    lines = [row(Asiakas=Unreadable(f"=VLOOKUP(G{at})", "was never calculated")) for at in (7, 8)]
    (draft,) = drafts(tmp_path, lines)
    assert [one.code for one in errors(draft)] == ["E-CELL"]


def test_a_value_that_only_a_further_row_has_is_an_error(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(Sähköposti=""), row()])
    assert [problem.message for problem in errors(draft)] == [
        "the rows of one invoice must agree here, and line 2 has nothing"
    ]


def test_rows_agree_also_where_a_column_tells_the_sign_or_the_unit(tmp_path: Path) -> None:
    signed = {"column": "Summa", "negative_when": {"column": "Laji", "equals": "H"}}
    charge = {"description": {"constant": "Rahti"}, "net_amount": signed, "vat_percentage": {"constant": "0"}}
    by_the_piece = {**charge, "unit_price": {"column": "Summa", "per": "Laji"}, "net_amount": None}
    lines = [row(Summa="10,00", Laji="10"), row(Summa="", Laji=""), row(Summa="10,00", Laji="H")]
    for changes in ({"invoice": {"amounts.gross_amount": signed}}, {"charges": [charge]}, {"charges": [by_the_piece]}):
        if "charges" in changes:
            changes["charges"] = [{name: rule for name, rule in changes["charges"][0].items() if rule}]
        (draft,) = drafts(tmp_path, lines, **changes)
        assert [(one.code, one.header, one.where) for one in errors(draft)][:1] == [("E-DISAGREES", "Laji", "line 4")]
        (draft,) = drafts(tmp_path, lines, **changes, first_in_group=["Laji"])
        assert "E-DISAGREES" not in {one.code for one in errors(draft)}


WITHOUT_HEADER: Mapping[str, Any] = {
    "source": {"header_row": "none"},
    "columns": {name: [f"#{place}"] for place, name in enumerate(row(), 1)},
}


def numbered(*lines: list[str]) -> list[dict[str, str]]:
    return [{f"#{place}": cell for place, cell in enumerate(cells, 1)} for cells in lines]


def test_rows_of_a_list_without_header_are_as_wide_as_the_first_that_is_kept(tmp_path: Path) -> None:
    usual = [*row().values()]
    title, short, wide = ["Laskut", *usual], usual[:-1], [*usual[:7], "6", *usual[7:]]
    lines = numbered(title, usual, ["1002", *short[1:]], ["1003", *wide[1:]], ["1004", *usual[1:], "", " "])
    made = drafts(tmp_path, lines, **WITHOUT_HEADER, skip=[{"column": "Nro", "equals": "Laskut"}])
    assert [(one.label, [problem.text() for problem in errors(one)]) for one in made] == [
        ("1001", []),
        ("1002", ["line 4: has 9 fields where line 3 has 10 [E-RECORD]"]),
        ("1003", ["line 5: has 11 fields where line 3 has 10 [E-RECORD]"]),
        ("1004", []),
    ]


def test_a_column_that_is_only_read_in_the_first_row_may_differ(tmp_path: Path) -> None:
    lines = [row(Lisätieto="eka"), row(Lisätieto="toka")]
    changes: dict[str, Any] = {"invoice": {"additional_information": "Lisätieto"}, "first_in_group": ["Lisätieto"]}
    (draft,) = drafts(tmp_path, lines, **changes)
    assert draft.invoice is not None
    assert draft.invoice.additional_information == "eka"


# ---- rows that are no rows ----


def test_a_row_without_row_values_is_no_row_and_is_reported(tmp_path: Path) -> None:
    nothing = {"Selite": "", "Määrä": "", "Hinta": "-", "ALV": ""}
    made = mapper(tmp_path, invoice={"amounts.gross_amount": "Summa"}, first_in_group=["Summa"])
    lines = [row(**nothing, Summa="125,50"), row(Summa=""), row(**nothing, Summa="9,00"), row(**nothing, Summa="")]
    (draft,) = made.drafts(records(lines))
    assert draft.invoice is not None
    assert (draft.head.where, [line.where for line in draft.group.lines]) == ("line 2", ["line 3"])
    assert [(one.where, one.reason, one.has_amount) for one in made.skipped] == [
        ("line 4", "all its row columns are empty", True),
        ("line 5", "all its row columns are empty", False),
    ]


def test_what_the_adapter_finds_wrong_with_a_record_stops_its_invoice(tmp_path: Path) -> None:
    ragged = Record(row(), 2, "line 3", problems=("has 3 fields where the header has 10",))
    (draft,) = mapper(tmp_path).drafts([*records([row()]), ragged])
    assert [(problem.code, problem.where) for problem in errors(draft)] == [("E-RECORD", "line 3")]


# ---- sources that know their documents ----


def part(kind: Any, document: str, at: int, **values: Any) -> Record:
    return Record(values, at, f"element {at}", document, kind)


def header(document: str, at: int, **changes: Any) -> Record:
    return part("header", document, at, **{name: row()[name] for name in BLANK} | {"Nro": document} | changes)


def line(document: str, at: int, **changes: Any) -> Record:
    return part("line", document, at, **{name: row()[name] for name in ("Selite", "Määrä", "Hinta", "ALV")} | changes)


def test_a_header_and_its_lines_are_one_invoice(tmp_path: Path) -> None:
    source = [header("1", 1), line("1", 2), line("1", 3), header("2", 4), line("2", 5)]
    one, two = mapper(tmp_path).drafts(source)
    assert (one.label, len(one.group.lines), two.label, len(two.group.lines)) == ("1", 2, "2", 1)
    assert one.invoice is not None
    assert two.invoice is not None


def test_header_and_lines_in_two_files_are_scattered(tmp_path: Path) -> None:
    source = [header("1", 1), header("2", 2), line("1", 3), line("2", 4), line("1", 5)]
    one, two = mapper(tmp_path, scattered="true").drafts(source)
    assert (len(one.group.lines), len(two.group.lines)) == (2, 1)


def test_a_header_without_lines_and_lines_without_a_header_are_errors(tmp_path: Path) -> None:
    one, two = mapper(tmp_path).drafts([header("1", 1), line("2", 2)])
    assert "E-NO-ROWS" in [problem.code for problem in errors(one)]
    assert "E-MISSING" in [problem.code for problem in errors(two)]


def test_a_second_header_in_one_document_is_an_error_and_not_lost(tmp_path: Path) -> None:
    (draft,) = mapper(tmp_path).drafts([header("1", 1), line("1", 2), header("1", 3, Asiakas="Toinen"), line("1", 4)])
    assert [(problem.code, problem.where) for problem in errors(draft)] == [("E-RECORD", "element 3")]


def test_columns_of_documents_are_found_under_any_listed_spelling(tmp_path: Path) -> None:
    source = [header("1", 1), part("line", "1", 2, Selite="Työ", Antal="2", Hinta="50,00", ALV="25,5")]
    (draft,) = mapper(tmp_path, columns={"qty": ["Määrä", "Antal"]}, rows={"quantity": "qty"}).drafts(source)
    assert draft.invoice is not None
    assert draft.invoice.rows[0].quantity == 2


# ---- columns ----


def bound(folder: Path, headers: Iterable[str], **changes: Any) -> Columns:
    loaded = mapping(folder, **changes)
    columns = Columns(loaded, "laskut.csv")
    columns.bind(Record(dict.fromkeys(headers, "x"), 1, "line 2"))
    return columns


def test_a_column_is_found_under_every_spelling_whatever_its_case_and_space(tmp_path: Path) -> None:
    headers = [*(name for name in row() if name != "Nro"), "  LASKUN   nro "]
    columns = bound(tmp_path, headers, columns={"Nro": ["Laskunumero", "Laskun nro"]})
    assert columns.header("Nro") == "  LASKUN   nro "


def test_a_header_with_composed_letters_is_the_same_as_one_with_separate_marks(tmp_path: Path) -> None:
    assert bound(tmp_path, ["Määrä".replace("ä", "a\u0308") if name == "Määrä" else name for name in row()])


def test_missing_columns_are_named_all_at_once_with_the_nearest_header(tmp_path: Path) -> None:
    headers = [name for name in row() if name not in ("Asiakas", "Hinta")] + ["Asiakkas"]
    with pytest.raises(MappingError) as refused:
        bound(tmp_path, headers, columns={"price": ["Hinta", "Pris"]}, rows={"unit_price": "price"})
    said = 'laskut.csv: 2 columns are not in the file: "Asiakas" (nearest "Asiakkas"), "Hinta" (price); it has "Nro", "Pvm", '
    assert str(refused.value).startswith(said)


def test_two_headers_for_one_column_are_refused_with_both(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match='column "Nro" stands more than once: Nro, Laskunro; name one of them'):
        bound(tmp_path, [*row(), "Laskunro"], columns={"Nro": ["Nro", "Laskunro"]})


def test_a_header_that_stands_twice_is_refused_until_one_is_named_by_number(tmp_path: Path) -> None:
    headers = [*(name for name in row() if name != "Selite"), "#3 Selite", "#7 Selite"]
    with pytest.raises(MappingError, match="stands more than once: #3 Selite, #7 Selite"):
        bound(tmp_path, headers)
    for spelled in ("#7", "#7 Selite"):
        assert bound(tmp_path, headers, columns={"Selite": [spelled]}).header("Selite") == "#7 Selite"


# ---- nothing is lost ----

numbers = st.sampled_from(["1", "2", "3", "", "-", "Yhteensä", "x"])
cells = st.sampled_from(["", "-", "1", "zwei"])
sources = st.lists(
    st.builds(
        lambda number, buyer, price, problem: ({"Nro": number, "Asiakas": buyer, "Hinta": price}, problem),
        numbers,
        cells,
        cells,
        st.booleans(),
    ),
    max_size=14,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(sources, st.booleans(), st.booleans(), st.booleans())
def test_every_record_ends_in_exactly_one_invoice_or_skipped_row(
    tmp_path: Path, lines: list[tuple[dict[str, str], bool]], is_scattered: bool, is_filled: bool, is_grouped: bool
) -> None:
    source = [
        Record({**dict.fromkeys(row(), ""), **values}, at, f"line {at}", problems=("odd",) if odd else ())
        for at, (values, odd) in enumerate(lines, 2)
    ]
    made = _cached_mapper(tmp_path, is_scattered, is_filled, is_grouped)
    found = list(made.drafts(source))
    ends = Counter(one.where for one in made.skipped)
    for draft in found:
        ends.update({draft.head.where, *(line.where for line in draft.group.lines)})
        assert draft.invoice is not None or errors(draft)
        assert not (draft.invoice is not None and any(line.problems for line in draft.group.lines))
    assert ends == Counter(record.where for record in source)


def _cached_mapper(folder: Path, is_scattered: bool, is_filled: bool, is_grouped: bool) -> Any:
    from confirma_connector.mapper import Mapper

    key = (is_scattered, is_filled, is_grouped)
    if key not in _LOADED:
        _LOADED[key] = mapping(
            folder,
            scattered=str(is_scattered).lower(),
            fill_down=["Nro"] if is_filled else [],
            group_by=["Nro"] if is_grouped else [],
            skip=[{"column": "Nro", "starts_with": "Yht"}],
        )
    return Mapper(_LOADED[key], "laskut.csv")


_LOADED: dict[tuple[bool, bool, bool], Any] = {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(["1"] * 3 + ["2"] * 3 + ["3"]))
def test_scattered_rows_make_the_same_groups_in_any_order(tmp_path: Path, numbers: list[str]) -> None:
    made = grouping(tmp_path, scattered="true")
    groups: list[Group] = list(made.groups(records([row(Nro=number) for number in numbers])))
    assert {group.head.values["Nro"]: len(group.lines) for group in groups} == {"1": 3, "2": 3, "3": 1}


def test_a_row_without_a_number_below_an_invoice_keeps_that_invoice_back(tmp_path: Path) -> None:
    found = drafts(tmp_path, [row(Nro="1001"), row(Nro="", Selite="toinen rivi"), row(Nro="1002")])
    assert [[problem.code for problem in errors(draft)] for draft in found] == [["E-ROW-ASTRAY"], ["E-MISSING"], []]
    (problem,) = errors(found[0])
    assert "line 3" in problem.message


def test_a_note_below_an_invoice_that_has_nothing_of_a_row_is_no_matter(tmp_path: Path) -> None:
    note = dict.fromkeys(row(), "") | {"Asiakas": "Huom"}
    found = drafts(tmp_path, [row(Nro="1001"), note])
    assert not errors(found[0])


# -- rows that could be of the invoice above, or of one that is gone ---------------------------------------------------

OPEN = {"Nro": "", "Pvm": "", "Eräpvm": "", "Asiakas": "", "Tunnus": "", "Sähköposti": ""}
DOWN = list(OPEN)


def codes(folder: Path, rows: list[dict[str, Any]], **changes: Any) -> dict[str, list[str]]:
    return {
        draft.label: [problem.code for problem in draft.problems if problem.severity == "error"]
        for draft in drafts(folder, rows, **changes)
    }


@pytest.mark.parametrize(
    "skip", [{"column": "Tila", "equals": "Luonnos"}, {"column": "Nro", "equals": "1002"}], ids=["status", "number"]
)
def test_the_rows_of_an_invoice_that_is_skipped_are_not_billed_to_the_one_above(
    tmp_path: Path, skip: dict[str, str]
) -> None:
    rows = [row(Tila=""), row(Nro="1002", Tila="Luonnos"), row(**OPEN, Tila="")]
    assert codes(tmp_path, rows, fill_down=DOWN, skip=[skip])["1001"] == ["E-ROW-ASTRAY"]


def test_a_note_with_the_invoices_own_number_does_not_end_it(tmp_path: Path) -> None:
    rows = [row(Tila=""), row(Tila="viesti"), row(**OPEN, Tila="")]
    (draft,) = drafts(tmp_path, rows, fill_down=DOWN, skip=[{"column": "Tila", "equals": "viesti"}])
    assert [line.where for line in draft.group.lines] == ["line 2", "line 4"]


def test_rows_of_a_skipped_invoice_go_along_also_when_each_repeats_its_status(tmp_path: Path) -> None:
    skip = [{"column": "Tila", "equals": "Luonnos", "part": "header"}]
    rows = [row(Tila=""), row(Nro="1002", Tila="Luonnos"), row(**OPEN, Tila="Luonnos"), row(**OPEN, Tila="")]
    made = mapper(tmp_path, fill_down=DOWN, skip=skip)
    (draft,) = made.drafts(records(rows))
    assert (draft.label, len(draft.group.lines), [one.where for one in made.skipped]) == (
        "1001",
        1,
        ["line 3", "line 4", "line 5"],
    )


def test_a_row_in_the_middle_cannot_leave_out_the_invoice_it_stands_in(tmp_path: Path) -> None:
    skip = [{"column": "Tila", "equals": "Luonnos", "part": "header"}]
    rows = [row(Tila=""), row(**OPEN, Tila="Luonnos"), row(**OPEN, Tila="")]
    (draft,) = drafts(tmp_path, rows, fill_down=DOWN, skip=skip)
    assert len(draft.group.lines) == 3
    assert "begins none" in draft.problems[0].message


def test_a_spelling_of_nothing_is_no_number(tmp_path: Path) -> None:
    assert codes(tmp_path, [row(), row(**{**OPEN, "Nro": "-"})])["1001"] == ["E-ROW-ASTRAY"]

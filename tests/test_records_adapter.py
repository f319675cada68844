"""Files of typed records: what each record is, what belongs together, and nothing that is silently left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapped import mapping, registry
from world import World, csv_rows

from confirma_connector.errors import MappingError, SourceError
from confirma_connector.limits import Limits
from confirma_connector.mapper import Mapper
from confirma_connector.mapping import find, load_mapping
from confirma_connector.records import Record, Source
from confirma_connector.sandbox import StandIn

SAMPLES = Path(__file__).parents[1] / "samples"

IN_ORDER: dict[str, Any] = {
    "delimiter": "semicolon",
    "quote": "none",
    "types": {
        "invoice": {"is": "M", "part": "header", "least": "3", "fields": ["kind", "number", "buyer", "note"]},
        "row": {"is": "", "part": "line", "fields": ["kind", "text", "sum"]},
        "order": {"is": ["O", "P"], "part": "header", "skip": "an order"},
        "title": {"is": "T", "skip": "a title"},
    },
}
KEYED: dict[str, Any] = {
    "delimiter": ";",
    "types": {
        "customer": {"is": "A", "key": "code", "fields": ["kind", "code", "name"]},
        "invoice": {
            "is": "L",
            "part": "header",
            "key": "id",
            "look_up": {"customer": "buyer"},
            "fields": ["kind", "id", "buyer"],
        },
        "row": {"is": "R", "part": "line", "key": "id", "fields": ["kind", "id", "text"]},
    },
}
FIXED: dict[str, Any] = {
    "kind": "1-2",
    "types": {
        "invoice": {"is": "10", "part": "header", "fields": {"number": "3-7", "buyer": "8-17"}},
        "row": {"is": "20", "part": "line", "least": "8", "fields": {"text": "3-7", "sum": "8-12"}},
    },
}


def read(folder: Path, text: str | bytes, source: dict[str, Any], limits: Limits | None = None) -> list[Record]:
    path = folder / "bills.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    adapter = registry().get("records")
    options = adapter.options()
    assert options
    return list(adapter.read(Source((path,), options.model_validate(source), limits=limits or Limits())))


def told(records: list[Record]) -> list[tuple[str | None, str, str]]:
    return [(record.document, record.part, " ".join(map(str, record.values.values()))) for record in records]


def problems(records: list[Record]) -> dict[str, tuple[str, ...]]:
    return {record.where: record.problems for record in records if record.problems}


def test_a_row_without_a_key_belongs_to_the_header_above_it(tmp_path: Path) -> None:
    records = read(tmp_path, "M;1;Ab;x\n;Työ;5\n;Osa;6\nM;2;Oy;\n;Työ;7\n", IN_ORDER)
    assert told(records) == [
        ("1", "header", "M 1 Ab x"),
        ("1", "line", "Työ 5"),
        ("1", "line", "Osa 6"),
        ("2", "header", "M 2 Oy"),
        ("2", "line", "Työ 7"),
    ]
    assert [record.where for record in records] == [f"line {number}" for number in range(1, 6)]
    assert "note" not in records[3].values


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    text = "R;2;c\nA;7;Ab\nL;1;7\nR;1;a\nL;2;7\nR;1;b\n"
    twice = [[(one.at, one.where, one.document, dict(one.values)) for one in read(tmp_path, text, KEYED)] for _ in "ab"]
    assert twice[0] == twice[1]
    assert len({at for at, *_ in twice[0]}) == len(twice[0])


def test_an_older_file_may_stop_before_the_last_field_and_a_longer_one_is_a_problem(tmp_path: Path) -> None:
    records = read(tmp_path, "M;1;Ab\n;Työ;5;;;\nM;2\n;Ty;ö;5\n", IN_ORDER)
    found = problems(records)
    assert set(found) == {"line 3", "line 4"}
    assert "has 2 fields where such a record has 3 or more" in found["line 3"][0]
    assert "has 4 fields where such a record has 3:" in found["line 4"][0]


def test_a_record_of_no_known_kind_stops_the_invoice_it_stands_in_and_no_other(tmp_path: Path) -> None:
    records = read(tmp_path, "M;1;Ab\n;Työ;5\njatkuu;4\nM;2;Oy\n;Työ;7\n", IN_ORDER)
    (odd,) = [record for record in records if record.problems]
    assert (odd.where, odd.document) == ("line 3", "1")
    assert "expected one of M, nothing, O, P, T in field 1" in odd.problems[0]
    assert "jatkuu" not in odd.problems[0]


def test_a_row_before_the_first_invoice_is_a_draft_of_its_own(tmp_path: Path) -> None:
    records = read(tmp_path, ";Työ;5\nM;1;Ab\n", IN_ORDER)
    assert problems(records) == {"line 1": ("stands before the first invoice",)}
    assert records[0].document != records[1].document


def test_what_is_declared_as_no_invoice_is_skipped_with_its_reason_and_its_rows(tmp_path: Path) -> None:
    made = mapping(
        tmp_path,
        adapter="records",
        source=IN_ORDER,
        group_by=None,
        invoice={
            "number": "number",
            "buyer.name": "buyer",
            "date": {"constant": "02.11.2026"},
            **dict.fromkeys(("due_date", "buyer.business_id", "buyer.contact.email")),
        },
        rows={
            "description": "text",
            "net_amount": "sum",
            "vat_percentage": {"constant": "25,5"},
            "quantity": None,
            "unit_price": None,
        },
    )
    (tmp_path / "a.csv").write_text("T;Laskut\nO;9;Ab;x\n;Työ;5\nM;1;Ab\n;Työ;5\n", "utf-8")
    mapper = Mapper(made, "a.csv")
    drafts = list(mapper.drafts(made.adapter.read(Source((tmp_path / "a.csv",), made.options))))
    assert [draft.label for draft in drafts] == ["1"]
    assert [(row.where, row.reason) for row in mapper.skipped] == [("line 1", "a title"), ("line 2", "an order")]


def test_rows_with_a_key_are_brought_to_their_invoice_wherever_they_stand(tmp_path: Path) -> None:
    records = read(tmp_path, "R;2;c\nL;1;\nR;1;a\nL;2;\nR;1;b\n", KEYED)
    assert told(records) == [
        ("2", "header", "L 2"),
        ("2", "line", "R 2 c"),
        ("1", "header", "L 1"),
        ("1", "line", "R 1 a"),
        ("1", "line", "R 1 b"),
    ]
    assert not problems(records)


def test_a_row_without_its_invoice_or_without_a_key_is_a_problem(tmp_path: Path) -> None:
    records = read(tmp_path, "L;1;\nR;1;a\nR;;b\nR;5;c\n", KEYED)
    assert problems(records) == {
        "line 3": ("has no id: it does not say which invoice it belongs to",),
        "line 4": ("there is no invoice with its id in this file",),
    }
    assert {record.where: record.document for record in records}["line 3"] == "1"


def test_two_invoices_of_one_key_are_both_stopped(tmp_path: Path) -> None:
    found = problems(read(tmp_path, "L;1;\nR;1;a\nL;1;\nL;;\n", KEYED))
    assert found == {
        "line 1": ("its id is that of another invoice too",),
        "line 3": ("its id is that of another invoice too",),
        "line 4": ("has no id",),
    }


def test_a_header_has_the_fields_of_what_it_looks_up_before_or_behind_it(tmp_path: Path) -> None:
    records = read(tmp_path, "A;7;Ab\nL;1;7\nL;2;8\nA;8;Oy\nA;7;Ab\nL;3;\n", KEYED)
    assert [record.values.get("customer.name") for record in records] == ["Ab", "Oy", None]
    assert not problems(records)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L;1;7\n", "there is no customer record with its buyer in this file"),
        ("A;7;Ab\nA;7;Oy\nL;1;7\n", "there are two customer records of its key that differ, the second at line 2"),
        ("A;7;Ab;x\nL;1;7\n", "the customer record of its key at line 1 has 4 fields"),
    ],
)
def test_a_doubtful_look_up_stops_the_invoices_that_need_it(tmp_path: Path, text: str, expected: str) -> None:
    ((said,),) = problems(read(tmp_path, text + "L;2;\n", KEYED)).values()
    assert expected in said


def test_records_of_fixed_width_are_cut_at_their_places(tmp_path: Path) -> None:
    records = read(tmp_path, "1000017Ähtäri Oy \n20Työ  12,50\n20Osa  5\n".encode("cp1252"), FIXED)
    assert [dict(record.values) for record in records] == [
        {"number": "00017", "buyer": "Ähtäri Oy"},
        {"text": "Työ", "sum": "12,50"},
        {"text": "Osa", "sum": "5"},
    ]
    found = problems(read(tmp_path, "1000017Ab\n20Työ  12,500\n20Osa\n", FIXED))
    assert [text[0].partition(" where")[0] for text in found.values()] == [
        "has 9 characters",
        "has 13 characters",
        "has 5 characters",
    ]


def test_without_quoting_a_quote_is_text_and_with_it_a_text_may_hold_all(tmp_path: Path) -> None:
    assert read(tmp_path, 'M;1;"Ab\n', IN_ORDER)[0].values["buyer"] == '"Ab'
    assert read(tmp_path, 'A;7;Ab\nL;"1\n;2";7\n', KEYED)[0].values["id"] == "1\n;2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "iso-8859-15", "utf-16"])
def test_encodings_are_found_as_in_all_text(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, "M;1;Ähtäri\n".encode(encoding), IN_ORDER)[0].values["buyer"] == "Ähtäri"


def test_what_has_to_be_held_is_bounded(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="held_cells"):
        read(tmp_path, "A;7;Ab\nA;8;Oy\n", KEYED, Limits(held_cells=5))
    with pytest.raises(SourceError, match="held_cells"):
        read(tmp_path, "L;1;\nL;2;\nR;1;a\n", KEYED, Limits(held_cells=5))


def changed(source: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    return {**source, "types": {**source["types"], name: {**source["types"].get(name, {}), **changes}}}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({**IN_ORDER, "delimiter": None}, "either a delimiter and lists of fields, or places"),
        ({**FIXED, "delimiter": ";"}, "either a delimiter and lists of fields, or places"),
        ({**IN_ORDER, "kind": "1-2"}, "kind is the number of one field"),
        ({**IN_ORDER, "kind": "0"}, "is no place"),
        (changed(FIXED, "row", fields={"a": "7-3"}), '"7-3" is no place'),
        (changed(IN_ORDER, "row", fields=["kind", "sum", "sum"]), 'the field "sum" is named twice'),
        (changed(IN_ORDER, "row", is_=None, **{"is": "M"}), '"M" is said of two kinds'),
        (changed(IN_ORDER, "title", skip=""), "has a part (header or line), or a reason"),
        (changed(KEYED, "customer", key="Code"), 'there is no field "Code"; did you mean "code"?'),
        (changed(KEYED, "invoice", look_up={"customr": "buyer"}), '"customr" is no type with a key'),
        (changed(KEYED, "row", look_up={"customer": "id"}), "only a header looks up"),
        (changed(KEYED, "invoice", key=None), "rows with a key need headers with a key"),
        ({"delimiter": ";", "types": {"row": {"is": "R", "part": "line", "fields": ["kind"]}}}, "has to be the header"),
        ({**IN_ORDER, "delimiter": "xx"}, '"xx" is no delimiter'),
        ({**IN_ORDER, "encoding": "klingon"}, '"klingon" is no encoding'),
    ],
)
def test_a_mistake_in_the_source_block_is_told(tmp_path: Path, source: dict[str, Any], expected: str) -> None:
    told = {key: value for key, value in source.items() if value is not None}
    told["types"] = {
        name: {key: value for key, value in kind.items() if value is not None} for name, kind in told["types"].items()
    }
    with pytest.raises(MappingError) as error:
        mapping(tmp_path, adapter="records", source=told)
    assert expected in str(error.value)
    assert "function" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("invoice: {due_date: Eräpäivä, date: Laskun pävä}", 'no header record has a field "Laskun pävä"; did you mean "Laskun päivä"?'),
        ("rows: {quantity: Määra}", 'no line record has a field "Määra"; did you mean "Määrä"?'),
        ("rows: {quantity: Eräpäivä}", 'no line record has a field "Eräpäivä"'),
        ("columns: {street: [customer.Laskutusosite]}", 'did you mean "customer.Laskutusosoite"?'),
        ("skip: [{column: Ale, part: line, equals: x}]", 'did you mean "Ale-%"?'),
    ],
)  # fmt: skip
def test_a_column_that_no_record_has_is_a_mistake_of_the_mapping(tmp_path: Path, line: str, expected: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(f"version: 1\nname: own\nextends: heeros\n{line}\n", "utf-8")
    with pytest.raises(MappingError) as error:
        load_mapping(own, registry())
    assert expected in str(error.value)
    assert "own.yaml, line 4" in str(error.value)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"TietueLasku;LaskuID;Koodi\nL;1;2\n", "specific"),
        (b"\xef\xbb\xbfTietueAsiakas;Koodi\n", "specific"),
        (b"M;EUR;1234;;\n;Ty\xf6;\n", "generic"),
        (b"Nro;Nimi\n1;Ab\n", "no"),
        (b"<a/>", "no"),
        (b"", "no"),
    ],
)
def test_only_what_is_surely_such_a_file_is_claimed_for_sure(tmp_path: Path, head: bytes, expected: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(head)
    assert registry().get("records").detect(path) == expected


@pytest.mark.parametrize("name", ["procountor", "heeros"])
def test_the_samples_are_sent_and_their_results_lie_beside_them(world: World, stand_in: StandIn, name: str) -> None:
    data = (SAMPLES / name / "invoices.csv").read_bytes()
    path = world.folder / "invoices.csv"
    path.write_bytes(data)
    (world.folder / "own.yaml").write_bytes((SAMPLES / name / "mapping.yaml").read_bytes())
    report = world.send(path, mapping=str(world.folder / "own.yaml"))
    assert [invoice.state for invoice in report.files[0].invoices] == ["waiting"] * 3
    assert path.read_bytes() == data
    results = csv_rows(world.folder / "invoices.results.csv", "utf-8-sig")
    assert [row["confirma_state"].removeprefix("TEST ") for row in results] == ["waiting"] * 3


ROWS = st.lists(st.tuples(st.sampled_from("123"), st.text("abäö", min_size=1, max_size=4)), max_size=8)


@settings(deadline=None, max_examples=60)
@given(rows=ROWS, order=st.permutations(range(11)))
def test_the_order_of_keyed_records_changes_no_invoice(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], order: list[int]
) -> None:
    lines = [f"L;{key};" for key in "123"] + [f"R;{key};{text}" for key, text in rows]
    shuffled = [lines[index] for index in order if index < len(lines)]
    records = read(tmp_path_factory.getbasetemp(), "\n".join(shuffled) + "\n", KEYED)
    assert not problems(records)
    seen = [record.document for record in records]
    assert all(record.part == "header" for record in records if seen.index(record.document) == records.index(record))
    for key in "123":
        own = [record.values["text"] for record in records if record.document == key and record.part == "line"]
        assert own == [line.split(";")[2] for line in shuffled if line.startswith(f"R;{key};")]
        assert seen.count(key) == 1 + len(own)


def test_a_shipped_mapping_of_records_says_what_has_to_be_added(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="t_is_a_credit_note"):
        load_mapping(find("procountor"), registry())

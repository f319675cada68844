"""JSON exports: objects found and cut wherever they stand; what is no JSON, or only a part of it, is refused."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapped import mapping, registry
from world import World, csv_rows

from confirma_connector.errors import MappingError, SourceError
from confirma_connector.limits import Limits
from confirma_connector.records import Record, Source, Unreadable
from confirma_connector.sandbox import StandIn

SAMPLES = Path(__file__).parents[1] / "samples"
ONE = '{"no":1,"buyer":"Ähtäri Oy","rows":[{"sum":1.50},{"sum":"2"}]}'


def read(folder: Path, data: str | bytes, limits: Limits | None = None, **shape: Any) -> list[Record]:
    path = folder / "bills.json"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    adapter = registry().get("json")
    options = adapter.options()
    assert options
    source = Source((path,), options.model_validate({"lines": "rows", **shape}), limits=limits or Limits())
    return list(adapter.read(source))


def refused(folder: Path, data: str | bytes, limits: Limits | None = None, **shape: Any) -> str:
    with pytest.raises(SourceError) as error:
        read(folder, data, limits, **shape)
    assert str(error.value).startswith("bills.json")
    return str(error.value)


def value(folder: Path, data: str, path: str) -> Any:
    return read(folder, data)[0].values.get(path)


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (ONE, {}),
        (f"[{ONE},\n{ONE}]", {}),
        (f"{ONE}\n{ONE}\n\n", {}),
        (f"{ONE}{ONE}", {}),
        (f'{{"@odata.context":"x","value":[{ONE},{ONE}]}}', {"document": "value"}),
        (f'{{"value":{ONE}}}', {"document": "value"}),
        (f'{{"data":{{"value":[{ONE}]}}}}', {"document": "data/value"}),
        (f'[{{"batch":1,"value":[{ONE}]}},{{"batch":2,"value":[{ONE}]}}]', {"document": "value"}),
        (f'{{"Value":[{ONE.replace("no", "NO")}]}}', {"document": "value", "ignore_case": True}),
    ],
)
def test_invoices_are_found_alone_in_arrays_in_envelopes_and_line_by_line(
    tmp_path: Path, data: str, shape: dict[str, Any]
) -> None:
    records = read(tmp_path, data, **shape)
    assert [record.part for record in records] == ["header", "line", "line"] * (len(records) // 3)
    assert [record.document for record in records] == [str(1 + at // 3) for at in range(len(records))]
    for head, first, second in zip(records[::3], records[1::3], records[2::3], strict=True):
        assert head.values.get("no") == "1"
        assert (head.values.get("buyer"), first.values.get("sum"), second.values.get("sum")) == (
            "Ähtäri Oy",
            "1.50",
            "2",
        )
    assert len({record.at for record in records}) == len(records)


def test_places_count_the_invoices_and_rows_as_a_file_may_be_one_line(tmp_path: Path) -> None:
    records = read(tmp_path, f"[{ONE},\n{ONE}]")
    assert [record.where for record in records[3:]] == [
        "invoice 2, line 2",
        "invoice 2, row 1, line 2",
        "invoice 2, row 2, line 2",
    ]
    spread = json.dumps(json.loads(f"[{ONE}]"), indent=1)
    assert read(tmp_path, spread)[0].place("buyer") == "invoice 1, line 4"


@pytest.mark.parametrize(
    ("spelled", "told"),
    [
        ("1.50", "1.50"),
        ("12345678901234567890", "12345678901234567890"),
        ("-0.10", "-0.10"),
        ("1.5E+3", "1500"),
        ("25e-1", "2.5"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('""', None),
        ('"00100"', "00100"),
        ('"a\\u00e4\\n\\"\\ud83d\\ude00"', 'aä\n"😀'),
    ],
)
def test_values_are_as_spelled(tmp_path: Path, spelled: str, told: str | None) -> None:
    assert value(tmp_path, f'{{"x":{spelled}}}', "x") == told


def test_paths_lead_into_arrays_and_to_odd_names(tmp_path: Path) -> None:
    data = """{"tags": ["a", "b"], "grid": [[1, 2], [3]], "Invoice No.": 7, "cbc:ID": 8, "a/b[c]": 9, "@odata.etag": "e",
               "lines": [{"kind": "x", "sum": 1}, {"kind": "y", "sum": 2}], "": 3, ".": 4}"""
    for path, told in {
        "tags[2]": "b",
        "tags[all]": "a\nb",
        "grid[1]/grid[2]": "2",
        "Invoice No.": "7",
        "cbc:ID": "8",
        "a_b_c_": "9",
        "@odata.etag": "e",
        "lines[kind=y]/sum": "2",
        "_[1]": "3",
    }.items():
        assert value(tmp_path, data, path) == told


def test_what_stands_above_an_invoice_can_be_asked_for(tmp_path: Path) -> None:
    data = f'{{"company":{{"name":"Myyjä Oy"}},"value":[{ONE}]}}'
    head, line, _ = read(tmp_path, data, document="value")
    assert head.values["//company/name"] == line.values["//company/name"] == "Myyjä Oy"
    assert line.values["/buyer"] == "Ähtäri Oy"


def test_an_invoice_that_does_not_meet_the_conditions_is_skipped(tmp_path: Path) -> None:
    data = f'{{"value":[{ONE},{{"no":2,"kind":"order"}}]}}'
    records = read(tmp_path, data, document="value[!kind=order]")
    assert [bool(record.skipped) for record in records] == [False, False, False, True]


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + ONE.encode(),
        ONE.encode("utf-16"),
        ONE.encode("utf-16-le"),
        ONE.encode("utf-16-be"),
        ONE.encode("cp1252"),
        f"{ONE}\n".encode("utf-8-sig") * 2,
    ],
)
def test_encodings_are_found(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data)[0].values["buyer"] == "Ähtäri Oy"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", "is empty"),
        ("[]", "has no object ."),
        ("[1]", "line 1: expected an object here, as it should be an invoice"),
        ("[null]", "expected an object here"),
        ('"x"', "expected an object here"),
        ('{"a":1,}', "line 1: this is no JSON: expected a name and a colon"),
        ('[{"a":1},\n]', "line 2: this is no JSON: expected a value"),
        ('{"a":1} x', "this is no JSON: expected a value"),
        ('{"a":1}}', "this is no JSON: expected a value"),
        ('{"a":1', "the file ends within a value: was it cut?"),
        ('[{"a":1}', "the file ends within a value: was it cut?"),
        ('{"a" 1}', "expected a name and a colon"),
        ('{"a":1 "b":2}', "expected a comma or }"),
        ('{"a":[1 2]}', "expected a comma or ]"),
        ('{"a":[1}', "expected a comma or ]"),
        ('{"a":NaN}', "expected a value: a text in quotes"),
        ('{"a":-Infinity}', "no JSON"),
        ('{"a":01}', "expected a value: a text in quotes"),
        ('{"a":1.}', "expected a value: a text in quotes"),
        ('{"a":+1}', "expected a value: a text in quotes"),
        ('{"a":True}', "expected a value: a text in quotes"),
        ("{'a':1}", "a sign that does not belong here"),
        ('{"a":1} // x', "a sign that does not belong here"),
        ('{"a":"secret\nx"}', "a text is not closed, or has a line end"),
        ('{"a":"x', "a text is not closed"),
        ('{"a":"\\x41"}', "a backslash in a text"),
        ('{"a":"\\ud800"}', "half a character"),
        ("\0", "NUL"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line_without_its_values(tmp_path: Path, data: str, expected: str) -> None:
    said = refused(tmp_path, data)
    assert expected in said
    assert "\n" not in said
    assert "secret" not in said


def test_a_file_that_is_one_page_of_several_is_refused(tmp_path: Path) -> None:
    page = '{"value":[{"no":1}],"@odata.nextLink":"https://example.com/?page=2"}'
    assert "one page of several" in refused(tmp_path, page, document="value")
    first = '{"@odata.nextLink":"https://example.com/?page=2","value":[{"no":1}]}'
    assert "one page of several" in refused(tmp_path, f'{{"value":[{{"no":2}}]}}{first}', document="value")
    assert "one page of several" in refused(tmp_path, '{"d":{"results":[{"no":1}],"__next":"x"}}', document="results")
    both = read(tmp_path, f'{first}\n{{"value":[{{"no":2}}]}}', document="value")
    assert [record.values["no"] for record in both] == ["1", "2"]
    assert read(tmp_path, '{"value":[{"no":1}],"@odata.nextLink":null}', document="value")


def test_an_invoice_with_more_rows_elsewhere_or_a_name_that_stands_twice_is_stopped(tmp_path: Path) -> None:
    data = '[{"no":1,\n"rows@odata.nextLink":"x"},{"no":2,"no":3},{"no":4}]'
    found = [record.problems for record in read(tmp_path, data)]
    assert found == [
        ('line 2: there is more of it where it came from, as "rows@odata.nextLink" says',),
        ('line 2: "no" stands twice in one object',),
        (),
    ]
    assert '"value" stands twice' in refused(tmp_path, '{"value":[{"no":1}],"value":[]}', document="value")


def test_a_path_that_finds_no_invoice_is_told(tmp_path: Path) -> None:
    assert "has no object Value," in refused(tmp_path, f'{{"value":[{ONE}]}}', document="Value")
    assert "has no object value," in refused(tmp_path, '{"value":null}', document="value")
    assert "expected an object here" in refused(tmp_path, '{"value":["x"]}', document="value")


def test_the_bounds_hold(tmp_path: Path) -> None:
    assert "raise nesting" in refused(tmp_path, '{"a":' * 200, Limits(nesting=100))
    long = json.dumps({"a": "x" * 300_000})
    assert "raise text_size" in refused(tmp_path, long, Limits(text_size=100_000))
    assert "raise text_size" in refused(tmp_path, json.dumps({"a": ["x" * 50] * 9_000}), Limits(text_size=100_000))


def test_tokens_may_lie_over_the_ends_of_blocks(tmp_path: Path) -> None:
    for pad in (65_520, 65_530, 65_533, 65_535, 65_536):
        data = json.dumps({"pad": "x" * (pad - 20), "name": "ä\\n" * 9, "number": 1234567890.25, "last": True})
        (record,) = read(tmp_path, data)
        assert [record.values[name] for name in ("number", "last")] == ["1234567890.25", "true"]


def test_memory_is_that_of_one_invoice(tmp_path: Path) -> None:
    path = tmp_path / "bills.json"
    path.write_text(
        '{"value":[' + ",".join([json.dumps({"no": 1, "rows": [{"t": "x" * 10_000}] * 4})] * 500) + "]}", "utf-8"
    )
    adapter = registry().get("json")
    options = adapter.options()
    assert options
    source = Source((path,), options.model_validate({"document": "value", "lines": "rows"}))
    tracemalloc.start()
    count = sum(1 for _ in adapter.read(source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 500 * 5
    assert peak < path.stat().st_size / 4


def test_the_rows_of_an_invoice_cost_memory_once_each(tmp_path: Path) -> None:
    data = json.dumps({"currency": "EUR", "rows": [{"no": number} for number in range(2_000)]})
    tracemalloc.start()
    records = read(tmp_path, data)
    assert {record.values["/currency"] for record in records} == {"EUR"}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("far", [0, 70_000])
def test_only_what_stands_above_an_invoice_is_its_own(tmp_path: Path, far: int) -> None:
    gap = " " * far
    data = f'{{"a":{{"@at":"1","in":[{ONE},{gap}{ONE}],"of":"A"}},{gap}"b":[[{{"in":{ONE},"of":"B"}}],{{"in":{ONE}}}],"c":5}}'
    heads = [record.values for record in read(tmp_path, data, document="in") if record.part == "header"]
    paths = ("//a/@at", "//a/of", "//b/b/of", "//c")
    assert [[head.get(path) for path in paths] for head in heads] == [
        ["1", None, None, None],
        ["1", None, None, None],
        ["1", "A", None, None],
        ["1", "A", "B", None],
    ]


def test_what_stands_too_far_above_to_be_remembered_is_not_silently_nothing(tmp_path: Path) -> None:
    many = ",".join(["1"] * 12_000)
    head, *_ = read(tmp_path, f'{{"first":1,"many":[{many}],"last":2,"at":{{"@x":3}},"in":{ONE}}}', document="in")
    assert (head.values.get("//first"), head.values.get("//none"), head.values["no"]) == ("1", None, "1")
    for path in ("//many", "//last", "//at/@x", "//*"):
        assert isinstance(head.values.get(path), Unreadable)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b' \n{"a":1}', "generic"), (b"\xef\xbb\xbf[ {", "generic"), ('[{"a":1}]'.encode("utf-16"), "generic"),
     (b"{}", "generic"), (b"[1]", "no"), (b"{\\rtf1}", "no"), (b"ListSchema={", "no"), (b"", "no")],
)  # fmt: skip
def test_it_claims_what_begins_like_objects(tmp_path: Path, data: bytes, expected: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    assert registry().get("json").detect(path) == expected


def test_a_column_that_is_no_path_is_a_mistake_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="a bracket is not"):
        mapping(tmp_path, adapter="json", source={"lines": "rows"}, invoice={"number": "a[b"})
    with pytest.raises(MappingError, match="is no name"):
        mapping(tmp_path, adapter="json", source={"lines": "rows//x"})


def test_the_sample_is_sent_and_its_results_lie_beside_it(world: World, stand_in: StandIn) -> None:
    folder = SAMPLES / "business-central-json"
    path = world.folder / "invoices.json"
    path.write_bytes((folder / "invoices.json").read_bytes())
    (world.folder / "own.yaml").write_bytes((folder / "mapping.yaml").read_bytes())
    report = world.send(path, mapping=str(world.folder / "own.yaml"))
    assert [invoice.state for invoice in report.files[0].invoices] == ["waiting"] * 2
    results = csv_rows(world.folder / "invoices.results.csv", "utf-8-sig")
    assert [row["confirma_state"].removeprefix("TEST ") for row in results] == ["waiting"] * 2


NAMES = st.text('aB0 ./[]@:=!"\\ä', max_size=6)
PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(-9, 9, places=2).map(float)


def _values(depth: int) -> st.SearchStrategy[Any]:
    inner = _values(depth - 1) if depth else PLAIN
    return PLAIN | st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)


VALUES = _values(2)


def texts(tree: Any) -> list[str]:
    """Every text of a tree in order, as the adapter should see them."""
    if isinstance(tree, dict):
        return [text for one in tree.values() for text in texts(one)]
    if isinstance(tree, list):
        return [text for one in tree for text in texts(one)]
    told = tree if isinstance(tree, str) else "" if tree is None else json.dumps(tree)
    return [told.strip()] if told.strip() else []


@settings(deadline=None, max_examples=80)
@given(tree=st.dictionaries(NAMES, VALUES, max_size=4), indent=st.sampled_from([None, 0, 2]), plain=st.booleans())
def test_every_text_of_a_tree_is_read_and_found_again_by_its_path(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, Any], indent: int | None, plain: bool
) -> None:
    data = json.dumps(tree, indent=indent, ensure_ascii=plain).replace("\x7f", "")
    (record,) = read(tmp_path_factory.getbasetemp(), data, lines="no such rows")
    assert sorted(str(one) for one in record.values.values()) == sorted(texts(json.loads(data)))

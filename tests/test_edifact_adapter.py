"""EDIFACT interchanges: segments to trees, groups where they belong, and files that were cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mapped import mapping, registry
from world import World

from confirma_connector.errors import MappingError, SourceError
from confirma_connector.limits import Limits
from confirma_connector.records import Record, Source, Unreadable
from confirma_connector.sandbox import StandIn

SAMPLES = Path(__file__).parents[1] / "samples"
BODY = (
    *("BGM+380+9101+9", "DTM+137:20261102:102", "RFF+ON:PO-1", "DTM+171:20261001:102"),
    *("NAD+SU+1::9++Myyjä Oy", "RFF+VA:FI1", "NAD+BY+2::9++Ostaja Oy", "RFF+VA:FI2", "CTA+OC", "COM+a?:b:EM"),
    *("CUX+2:EUR:4", "LIN+1++77:EN", "QTY+47:2:PCE", "PRI+AAA:5", "TAX+7+VAT+++:::25.5", "MOA+124:2.55"),
    *("LIN+2", "ALC+A", "MOA+204:1", "UNS+S", "MOA+77:12.55", "TAX+7+VAT+++:::14"),
)


def message(reference: str = "1", body: tuple[str, ...] = BODY, kind: str = "INVOIC", **wrong: str) -> str:
    segments = [f"UNH+{reference}+{kind}:D:96A:UN", *body]
    count, own = wrong.get("count", str(len(segments) + 1)), wrong.get("own", reference)
    return "".join(f"{segment}'" for segment in (*segments, f"UNT+{count}+{own}"))


def interchange(*messages: str, count: str = "", end: str = "") -> str:
    return f"UNB+UNOC:3+S+R+261102:0915+77'{''.join(messages)}UNZ+{count or len(messages)}+77'{end}"


def read(folder: Path, data: str | bytes, limits: Limits | None = None, **shape: Any) -> list[Record]:
    path = folder / "bills.edi"
    path.write_bytes(data.encode("latin-1") if isinstance(data, str) else data)
    adapter = registry().get("edifact")
    options = adapter.options()
    assert options
    return list(adapter.read(Source((path,), options.model_validate(shape), limits=limits or Limits())))


def test_what_tells_more_of_a_segment_stands_within_it(tmp_path: Path) -> None:
    head, first, second = read(tmp_path, interchange(message()))
    for path, told in {
        "BGM/2.1": "9101",
        "DTM[1.1=137]/1.2": "20261102",
        "RFF[1.1=ON]/DTM/1.2": "20261001",
        "NAD[1.1=SU]/4.1": "Myyjä Oy",
        "NAD[1.1=BY]/RFF[1.1=VA]/1.2": "FI2",
        "NAD[1.1=BY]/CTA/COM/1.1": "a:b",
        "UNS/MOA[1.1=77]/1.2": "12.55",
        "UNS/TAX/5.4": "14",
        "//UNB/4.1": "261102",
    }.items():
        assert head.values.get(path) == told
    assert first.values.get("3.1") == "77"
    assert first.values.get("TAX/MOA[1.1=124]/1.2") == "2.55"
    assert first.values.get("/BGM/1.1") == "380"
    assert second.values.get("ALC/MOA/1.2") == "1"
    assert "QTY/1.2" not in second.values
    assert dict(head.values)["UNS/MOA/1.2"] == "12.55"


@pytest.mark.parametrize("odd", ["PCI+33E", "GIR+1", "CUX+2:EUR", "RNG+4", "APR+1", "XXX+1"])
def test_all_up_to_the_next_line_belongs_to_a_line(tmp_path: Path, odd: str) -> None:
    body = ("BGM+380+1", "LIN+1", odd, "TAX+7", "MOA+124:2", "ALC+A", "MOA+204:1", "LIN+2", odd, "MOA+203:9", "UNS+S")
    head, first, second = read(tmp_path, interchange(message(body=(*body, "MOA+77:12", "GIR+9"))))
    told = (first.values.get("TAX/MOA/1.2"), first.values.get("ALC/MOA/1.2"), second.values.get("MOA/1.2"))
    assert told == ("2", "1", "9")
    assert first.values.get(f"{odd[:3]}/1.1") == odd[4:].partition(":")[0]
    assert (head.values.get("UNS/MOA/1.2"), head.values.get("GIR/1.1"), head.values.get("TAX")) == ("12", "9", None)


def test_a_blank_for_the_release_sign_releases_nothing(tmp_path: Path) -> None:
    body = ("BGM+380+1", "NAD+SU+++Firma ?Oy +Tie 2", "FTX+AAI+++Hei ", "LIN+1")
    head, line = read(tmp_path, "UNA:+.  '" + interchange(message(body=body)))
    told = [head.values.get(path) for path in ("NAD/4.1", "NAD/5.1", "FTX/4.1")]
    assert told == ["Firma ?Oy", "Tie 2", "Hei"]
    assert not head.problems
    assert line.values["1.1"] == "1"


def test_each_of_several_interchanges_has_its_own_head(tmp_path: Path) -> None:
    two = interchange(message()) + interchange(message("2"), message("3")).replace("0915+77", "0915+78")
    heads = [record for record in read(tmp_path, two) if record.part == "header"]
    assert [head.values["//UNB/5.1"] for head in heads] == ["77", "78", "78"]


def test_segments_between_messages_are_bounded_and_never_seen_by_the_message_before(tmp_path: Path) -> None:
    data = interchange("UNG+1'", message(), "UNE+1'", "UNX+1'" * 12_000 + "UNY+1'", message("2"), count="2")
    first, second = (record.values for record in read(tmp_path, data) if record.part == "header")
    assert [first.get(f"//{tag}/1.1") for tag in ("UNG", "UNE", "UNY")] == ["1", None, None]
    assert (second.get("//UNE/1.1"), second.get("BGM/1.1")) == ("1", "380")
    assert isinstance(second.get("//UNY/1.1"), Unreadable)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_lines_are_counted_where_there_are_any(tmp_path: Path, end: str) -> None:
    data = interchange(message(), message("2")).replace("'", f"'{end}")
    records = read(tmp_path, "UNA:+.? '" + data)
    last = f"invoice 2, row 2, line {26 + 17 if end else 1}"
    assert [record.part for record in records] == ["header", "line", "line"] * 2
    assert records[-1].where == last
    assert not any(record.problems for record in records)


def test_the_first_signs_may_declare_others(tmp_path: Path) -> None:
    data = interchange(message()).translate(str.maketrans({":": "|", "+": "^", "'": "~", "?": "\\"}))
    assert read(tmp_path, "UNA|^.\\ ~" + data)[0].values["NAD[1.1=BY]/CTA/COM/1.1"] == "a|b"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_letters_are_read_in_the_encodings_of_all_text(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, interchange(message()).encode(encoding))[0].values["NAD[1.1=SU]/4.1"] == "Myyjä Oy"


def test_messages_of_another_kind_are_no_invoices(tmp_path: Path) -> None:
    other = message("2", ("BGM+220+1+9",), kind="ORDERS")
    assert len(read(tmp_path, interchange(message(), other))) == 3
    with pytest.raises(SourceError, match="has no message INVOIC"):
        read(tmp_path, interchange(other))


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [({"count": "7"}, "another number of segments than the 24"), ({"own": "8"}, "another reference than UNH")],
)
def test_a_message_that_is_not_whole_is_stopped_and_no_other(
    tmp_path: Path, wrong: dict[str, str], expected: str
) -> None:
    found = [record.problems for record in read(tmp_path, interchange(message(**wrong), message("2")))]
    assert expected in found[0][0]
    assert not any(found[1:])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (interchange(message(), count="2"), "another number of messages than the 1"),
        (interchange(message()).partition("UNZ")[0], "does not end as an interchange"),
        (interchange(message()).partition("UNZ")[0] + interchange(message()), "has no end (UNZ)"),
        (interchange(message()).partition("UNT")[0] + "UNZ+1+77'", "has no end (UNT)"),
        (interchange(message()).replace("UNT", "UNH", 1), "has no end (UNT)"),
        (interchange(message())[:-1], "a segment is not ended"),
        (interchange(message(), end="x"), "a segment is not ended"),
        (message(), "does not end as an interchange"),
        (interchange("<a/>'"), "this is no EDIFACT"),
        ("UNA:+.? '", "does not end as an interchange"),
        (interchange(message("1", ("FTX+AAI+++" + "x" * 300_000,))), "raise line_length"),
    ],
)
def test_a_file_that_was_cut_or_is_none_is_refused(tmp_path: Path, data: str, expected: str) -> None:
    with pytest.raises(SourceError) as error:
        read(tmp_path, data, Limits(line_length=100_000))
    assert expected in str(error.value)
    assert str(error.value).startswith("bills.edi")


def test_a_message_without_measure_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="raise elements"):
        read(tmp_path, interchange(message(body=("LIN+1", *["FTX+AAI+++x"] * 30))), Limits(elements=20))


def test_it_claims_interchanges_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.edi"
    for data, expected in (
        (b"UNA:+.? '\nUNB+UNOA:1", "specific"),
        (b"\xef\xbb\xbfUNB+UNOC:3+", "specific"),
        (b"UNB;x", "no"),
    ):
        path.write_bytes(data)
        assert registry().get("edifact").detect(path) == expected


def test_a_column_that_is_no_path_is_a_mistake_of_the_mapping(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="a bracket is not"):
        mapping(tmp_path, adapter="edifact", source=None, invoice={"number": "BGM[1"})


def test_the_sample_is_sent(world: World, stand_in: StandIn) -> None:
    path = world.folder / "invoices.edi"
    path.write_bytes((SAMPLES / "edifact-invoic" / "invoices.edi").read_bytes())
    (world.folder / "own.yaml").write_bytes((SAMPLES / "edifact-invoic" / "mapping.yaml").read_bytes())
    report = world.send(path, mapping=str(world.folder / "own.yaml"))
    assert [invoice.state for invoice in report.files[0].invoices] == ["waiting"] * 2


COMPONENTS = st.lists(st.lists(st.text("a'+:?ä ", max_size=4), min_size=1, max_size=3), min_size=1, max_size=3)


@settings(deadline=None, max_examples=60)
@given(elements=COMPONENTS)
def test_every_component_is_read_as_it_was_meant(
    tmp_path_factory: pytest.TempPathFactory, elements: list[list[str]]
) -> None:
    def released(text: str) -> str:
        return "".join(f"?{sign}" if sign in "'+:?" else sign for sign in text)

    spelled = "+".join(":".join(map(released, components)) for components in elements)
    record, *_ = read(tmp_path_factory.getbasetemp(), interchange(message("1", (f"FTX+{spelled}",))).encode())
    told = {path: text for path, text in record.values.items() if path.startswith("FTX/")}
    assert told == {
        f"FTX/{number}.{index}": text.strip()
        for number, components in enumerate(elements, 1)
        for index, text in enumerate(components, 1)
        if text.strip()
    }

"""XML exports: documents found and cut, whatever the file around them looks like."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pytest
from mapped import mapping, registry

from confirma_connector.errors import MappingError, SourceError
from confirma_connector.limits import Limits
from confirma_connector.mapper import Mapper
from confirma_connector.records import Record, Source, Unreadable

SHAPE: dict[str, Any] = {"document": "Bill", "lines": "Row"}
ONE = "<Bill><No>1</No><Buyer>Ähtäri Oy</Buyer><Row><Sum>1,00</Sum></Row><Row><Sum>2,00</Sum></Row></Bill>"


def read(folder: Path, data: str | bytes, limits: Limits | None = None, **shape: Any) -> list[Record]:
    path = folder / "bills.xml"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    adapter = registry().get("xml")
    options = adapter.options()
    assert options
    return list(adapter.read(Source((path,), options(**{**SHAPE, **shape}), limits=limits or Limits())))


def refused(folder: Path, data: str | bytes, limits: Limits | None = None, **shape: Any) -> str:
    with pytest.raises(SourceError) as error:
        read(folder, data, limits, **shape)
    assert str(error.value).startswith("bills.xml")
    return str(error.value)


def numbers(records: list[Record]) -> list[Any]:
    return [record.values["No"] for record in records if record.part == "header"]


def test_a_document_is_a_header_and_its_lines(tmp_path: Path) -> None:
    head, *lines = read(tmp_path, f"<All>\n<x/>\n{ONE}\n{ONE.replace('>1<', '>2<')}</All>")[:3]
    assert (head.part, head.where, head.document, head.values["No"]) == ("header", "line 3", "1", "1")
    assert [(line.part, line.document, line.values["Sum"]) for line in lines] == [
        ("line", "1", "1,00"),
        ("line", "1", "2,00"),
    ]
    assert "Row/Sum" not in list(head.values)


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    twice = [
        [(record.at, record.where, dict(record.values)) for record in read(tmp_path, f"<All>{ONE * 3}</All>")]
        for _ in range(2)
    ]
    assert twice[0] == twice[1]
    assert len({at for at, _, _ in twice[0]}) == 9


@pytest.mark.parametrize(
    "data",
    [
        ONE.encode(),
        codecs.BOM_UTF8 + ONE.encode(),
        codecs.BOM_UTF8 + b'<?xml version="1.0" encoding="utf-8"?>' + ONE.encode(),
        b'\n  <?xml version="1.0"?>\n' + ONE.encode(),
        codecs.BOM_UTF16_LE + ONE.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + ('<?xml version="1.0" encoding="utf-16"?>' + ONE).encode("utf-16-be"),
        ('<?xml version="1.0" encoding="iso-8859-1"?>' + ONE).encode("latin-1"),
        ('<?xml version="1.0" encoding="ISO-8859-15"?>' + ONE).encode("iso-8859-15"),
        ("<?xml version='1.0' encoding='windows-1252' standalone='yes'?>" + ONE).encode("cp1252"),
        f"<!-- before -->{ONE}<!-- after -->\n".encode(),
        f"<?pi x?>{ONE}<?pi y?>".encode(),
        ONE.replace("Ähtäri Oy", "<![CDATA[Ähtäri Oy]]>").encode(),
    ],
    ids=range(12),
)
def test_letters_are_right_in_every_encoding(tmp_path: Path, data: bytes) -> None:
    head = read(tmp_path, data)[0]
    assert (head.values["Buyer"], head.problems) == ("Ähtäri Oy", ())


@pytest.mark.parametrize("between", ["", "\n", "\n\n  \r\n", "\ufeff", '<?xml version="1.0"?>', "<!-- > -->"])
def test_documents_one_after_the_other_are_all_read(tmp_path: Path, between: str) -> None:
    data = between.join(ONE.replace(">1<", f">{number}<") for number in range(1, 2000))
    assert numbers(read(tmp_path, data)) == [str(number) for number in range(1, 2000)]


def test_each_of_several_xml_documents_has_its_own_encoding_and_its_place_in_the_file(tmp_path: Path) -> None:
    soap = '<?xml version="1.0" encoding="utf-8"?>\n<s:Envelope xmlns:s="urn:soap"><s:Body>Ä</s:Body></s:Envelope>\n'
    bill = '<?xml version="1.0" encoding="iso-8859-15"?>\n' + ONE
    records = read(tmp_path, soap.encode() + bill.encode("iso-8859-15") + b"\n" + soap.encode() + bill.encode("cp1252"))
    heads = [record for record in records if record.part == "header"]
    assert [(head.where, head.values["Buyer"]) for head in heads] == [("line 4", "Ähtäri Oy"), ("line 8", "Ähtäri Oy")]


@pytest.mark.parametrize("tail", ["<End/>", '<End a=">"/>', "<End></End>", "<End\n>text</End\n>"])
def test_a_small_root_in_between_hides_nothing(tmp_path: Path, tail: str) -> None:
    assert numbers(read(tmp_path, f"{tail}{ONE}{tail}{ONE}{tail}")) == ["1", "1"]


def test_text_in_another_encoding_than_it_says_is_no_letter_salad(tmp_path: Path) -> None:
    told_wrongly = ('<?xml version="1.0" encoding="ISO-8859-15"?>' + ONE).encode()
    head = read(tmp_path, told_wrongly)[0]
    assert "its bytes are UTF-8" in head.problems[0]
    assert read(tmp_path, told_wrongly, encoding="utf-8")[0].values["Buyer"] == "Ähtäri Oy"
    latin = ('<?xml version="1.0" encoding="utf-8"?>\n' + ONE).encode("latin-1")
    assert "line 2: these bytes are not utf-8" in refused(tmp_path, latin)
    assert read(tmp_path, latin, encoding="latin-1")[0].problems == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "the file is empty"),
        (" \n", "the file is empty"),
        ("\ufeff", "the file is empty"),
        ("<All/>", "has no Bill"),
        ("<All>\n<Bill>", "line 2: this is not well-formed XML"),
        ("<All>\n<Bill></All>", "line 2: this is not well-formed XML: mismatched tag, within All/Bill"),
        (f"{ONE}<Bill>", "this is not well-formed XML"),
        (f"{ONE}rubbish", "this is not well-formed XML"),
        (f"{ONE}\0", "this is not well-formed XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "a DOCTYPE is not read"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "a DOCTYPE is not read"),
        ("<a>&b;</a>", "undefined entity"),
        ('<?xml version="1.0" encoding="klingon"?><a/>', 'its encoding "klingon" cannot be read'),
        ('<?xml version="1.0" encoding="shift_jis"?><a/>', "cannot be read"),
    ],
)
def test_what_is_no_xml_is_refused_in_one_line(tmp_path: Path, data: str, said: str) -> None:
    told = refused(tmp_path, data)
    assert said in told
    assert "\n" not in told


def test_the_bounds_hold(tmp_path: Path) -> None:
    deep = "<a>" * 60 + ONE + "</a>" * 60
    assert len(read(tmp_path, deep)) == 3
    assert "levels of elements" in refused(tmp_path, deep, Limits(nesting=50))
    assert "all of which have to be in memory" in refused(tmp_path, ONE, Limits(held_cells=5))


def test_documents_are_told_by_namespace_path_and_condition(tmp_path: Path) -> None:
    data = '<r xmlns:a="urn:a" xmlns:b="urn:b"><a:Bill><No>1</No></a:Bill><b:Bill><No>2</No></b:Bill><x><Bill><No>3</No></Bill></x></r>'
    spaces = {"own": "urn:b"}
    assert numbers(read(tmp_path, data, document="own:Bill", namespaces=spaces)) == ["2"]
    assert numbers(read(tmp_path, data, document="x/Bill")) == ["3"]
    assert numbers(read(tmp_path, data, document=["own:Bill", "x/Bill"], namespaces=spaces)) == ["2", "3"]
    left_out = read(tmp_path, data, document="Bill[No=2]")
    assert [bool(record.skipped) for record in left_out] == [True, False, True]
    assert numbers(read(tmp_path, data.replace("Bill", "BILL"), ignore_case=True)) == ["1", "2", "3"]


def test_lines_of_several_kinds_keep_their_order(tmp_path: Path) -> None:
    data = "<Bill><No>1</No><A><n>1</n></A><g><B><n>2</n></B></g><A><n>3</n></A></Bill>"
    assert [record.values["n"] for record in read(tmp_path, data, lines=["A", "g/B"])[1:]] == ["1", "2", "3"]


def test_a_row_that_several_paths_lead_to_is_one(tmp_path: Path) -> None:
    data = "<Bill><No>1</No><Row><n>1</n></Row><Row kind='x'><n>2</n></Row></Bill>"
    for lines in (["Row", "Row[@kind=x]"], ["Row", "Row"], ["*[n]", "Row"]):
        assert [record.values["n"] for record in read(tmp_path, data, lines=lines)[1:]] == ["1", "2"]


def test_an_attribute_of_a_namespace_hides_none_without(tmp_path: Path) -> None:
    data = '<Bill xmlns:v="urn:v"><No>1</No><P type="Seller" v:type="T1"/><Q v:use="x"/></Bill>'
    (head,) = read(tmp_path, data, namespaces={"own": "urn:v"})
    asked = [head.values.get(path) for path in ("P/@type", "P/@own:type", "Q/@use", "P[@type=T1]/@type")]
    assert asked == ["Seller", "T1", "x", None]


def test_a_megabyte_in_one_document_and_tags_over_block_ends(tmp_path: Path) -> None:
    rows = "".join(f"<Row><Sum>{number},00</Sum></Row>" for number in range(9000))
    records = read(tmp_path, f"<Bill><No>1</No>{rows}</Bill>" * 4)
    assert len(records) == 4 * 9001


def test_a_mapping_whose_paths_cannot_be_understood_is_told_where(tmp_path: Path) -> None:
    with pytest.raises(MappingError) as error:
        mapping(
            tmp_path,
            adapter="xml",
            source=SHAPE,
            columns={"w": ["a[", "ok"]},
            invoice={"number": "w", "description": "x:y"},
        )
    told = str(error.value)
    assert 'columns.w: "a["' in told
    assert 'invoice.description: "x:y": the prefix "x" is not declared' in told


def test_an_invoice_that_is_skipped_takes_its_rows_along_and_a_field_falls_back(tmp_path: Path) -> None:
    loaded = mapping(
        tmp_path,
        adapter="xml",
        source=SHAPE,
        group_by=None,
        columns={"reference": ["Ref/New", "Ref/Old"], "kind": ["Kind"]},
        skip=[{"column": "kind", "in": ["R"], "because": "a reminder"}],
        invoice={
            **{
                name: {"constant": text}
                for name, text in {
                    "date": "02.11.2026",
                    "due_date": "16.11.2026",
                    "buyer.name": "O",
                    "buyer.business_id": "2331972-7",
                }.items()
            },
            "buyer.contact.email": None,
            "number": "No",
            "references.payment": "reference",
        },
        rows={
            "description": {"constant": "x"},
            "quantity": {"constant": "1"},
            "vat_percentage": {"constant": "0"},
            "unit_price": {"column": "Sum", "negative_when": {"column": "Sum/@s", "equals": "-"}},
        },
    )
    (tmp_path / "bills.xml").write_text(
        "<All><Bill><No>1</No><Kind>R</Kind><Row><Sum>9</Sum></Row></Bill>"
        "<Bill><No>2</No><Ref><Old>1232</Old></Ref><Row><Sum>9,00</Sum></Row><Row><Sum s='-'>2,00</Sum></Row></Bill>"
        "<Bill><No>x</No><Ref><New>1232</New><Old>5</Old></Ref>\n<Row><Sum>1</Sum></Row></Bill></All>"
    )
    worker = Mapper(loaded, "bills.xml")
    good, bad = worker.drafts(loaded.adapter.read(Source((tmp_path / "bills.xml",), loaded.options)))
    assert [(row.where, row.reason) for row in worker.skipped] == [("line 1", '"Kind" is "R": a reminder')]
    assert good.invoice
    assert (good.invoice.references.payment, str(good.invoice.amounts.gross_amount)) == ("1232", "7.00")
    assert worker.origin(good.group, "references.payment").header == "Ref/Old"
    assert worker.origin(bad.group, "references.payment").header == "Ref/New"
    assert [(problem.header, problem.value) for problem in bad.problems if problem.severity == "error"] == [("No", "x")]


FRAME = "<Envelope><To>{}</To></Envelope>"


def test_what_stands_in_the_xml_document_right_before_belongs_to_an_invoice(tmp_path: Path) -> None:
    data = FRAME.format("A") + FRAME.format("B") + ONE + ONE + FRAME.format("C") + ONE
    heads = [record for record in read(tmp_path, data) if record.part == "header"]
    assert [head.values.get("//Envelope/To") for head in heads] == ["B", None, "C"]


def seller(records: list[Record]) -> list[Any]:
    return [record.values.get("//All/Seller") for record in records if record.part == "header"]


@pytest.mark.parametrize("far", [0, 70_000])
def test_what_stands_behind_an_invoice_is_not_its_own(tmp_path: Path, far: int) -> None:
    gap = " " * far
    data = f"<All>{ONE}{gap}<Seller>S</Seller>{gap}{ONE}{gap}<Seller>T</Seller></All>"
    assert seller(read(tmp_path, data)) == [None, "S"]
    nested = f"<All><Set><Of>1</Of>{ONE}{gap}<Of>2</Of></Set>{gap}{ONE}</All>"
    first, second = (record for record in read(tmp_path, nested) if record.part == "header")
    assert first.values.get("//All/Set/Of") == "1"
    assert isinstance(second.values.get("//All/Set/Of"), Unreadable)


def test_what_stands_too_far_above_to_be_remembered_is_not_silently_nothing(tmp_path: Path) -> None:
    many = "<Item><a/></Item>" * 6_000
    assert seller(read(tmp_path, f"<All><Seller>S</Seller>{many}{ONE}</All>")) == ["S"]
    for late in (f"{many}<Seller>S</Seller>", f"<Seller>S</Seller>{many}<Seller>T</Seller>"):
        head, *_ = read(tmp_path, f"<All>{late}{ONE}</All>")
        asked = [head.values.get(path) for path in ("//All/Seller", "//*/Seller", "//All/Item[b]/a", "//All/Item/@x")]
        assert ["not all are remembered" in told.reason for told in asked if isinstance(told, Unreadable)] == [True] * 4
        assert head.values["No"] == "1"
        assert head.values.get("//All/@at") is None


def prices(folder: Path, row: str, **price: Any) -> Any:
    loaded = mapping(
        folder,
        adapter="xml",
        source=SHAPE,
        group_by=None,
        invoice={
            "date": {"constant": "02.11.2026"},
            "due_date": {"constant": "16.11.2026"},
            "buyer.name": {"constant": "O"},
            "buyer.business_id": {"constant": "2331972-7"},
            "buyer.contact.email": None,
            "number": "No",
        },
        rows={
            "description": {"constant": "x"},
            "quantity": {"constant": "1"},
            "vat_percentage": {"constant": "0"},
            "unit_price": {"column": "Sum", **price},
        },
    )
    (folder / "bills.xml").write_text(f"<Bill><No>1</No><Row>{row}</Row></Bill>", "utf-8")
    (draft,) = Mapper(loaded, "bills.xml").drafts(loaded.adapter.read(Source((folder / "bills.xml",), loaded.options)))
    return draft


@pytest.mark.parametrize(
    ("row", "price"),
    [
        ('<Sum of="100">4,00</Sum>', "0.04"),
        ('<Sum of="3">10,00</Sum>', "3.333333"),
        ('<Sum of="6">10,00</Sum>', "1.666667"),
        ('<Sum of="0,5">10,00</Sum>', "20"),
        ('<Sum of="1">200,00</Sum>', "200"),
        ("<Sum>4,00</Sum>", "4"),
        ('<Sum of="">4,00</Sum>', "4"),
    ],
)
def test_a_price_for_many_units_becomes_the_price_of_one(tmp_path: Path, row: str, price: str) -> None:
    draft = prices(tmp_path, row, per="Sum/@of")
    assert str(draft.invoice.rows[0].unit_price) == price


@pytest.mark.parametrize("of", ["0", "-1", "many"])
def test_a_price_for_no_number_of_units_is_an_error_where_it_stands(tmp_path: Path, of: str) -> None:
    draft = prices(tmp_path, f'<Sum of="{of}">4,00</Sum>', per="Sum/@of")
    assert [(problem.code, problem.header) for problem in draft.problems if problem.severity == "error"] == [
        ("E-AMOUNT", "Sum")
    ]


def test_only_a_price_or_a_quantity_is_for_so_many_units(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="only a price or a quantity can be for so many units"):
        mapping(tmp_path, adapter="xml", source=SHAPE, rows={"net_amount": {"column": "Sum", "per": "Sum/@of"}})

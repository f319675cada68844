"""Registers: what an export lacks is looked up by a key, and every miss is told in the words of both files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import workbooks
from mapped import drafts, errors, mapper, mapping, records, registry, row
from world import MAPPING, World, csv_rows

from confirma_connector.errors import MappingError
from confirma_connector.limits import Limits
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import load_mapping
from confirma_connector.registers import Registers

HEADER = "Asiakasnro;Nimi;Katuosoite;Sähköposti;Hetu"
CUSTOMERS = {"customers": {"file": "customers.csv", "key": "Asiakasnro", "by": "customer_no"}}
FIELDS = {"buyer.name": {"register": "customers.Nimi"}, "buyer.address.street": {"register": "customers.Katuosoite"}}


def with_customers(folder: Path, *lines: str, header: str = HEADER) -> None:
    (folder / "customers.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")


def changed(**more: Any) -> dict[str, Any]:
    """The plain mapping with a register of customers, their number in the column `customer_no`."""
    return {"registers": CUSTOMERS, "invoice": FIELDS, **more}


def one(folder: Path, values: dict[str, Any], **more: Any) -> Draft:
    (draft,) = drafts(folder, [row(**values)], **changed(**more))
    return draft


def texts(draft: Draft) -> list[str]:
    return [f"{problem.severity}: {problem.text('in.csv')}" for problem in draft.problems]


# ---- what is found ----


def test_a_key_fills_fields_from_the_register(tmp_path: Path) -> None:
    with_customers(tmp_path, "1001;Ostaja Oy;Tie 2;;", "1002;Toinen Oy;Kuja 7;;")
    made = one(tmp_path, {"customer_no": " 1002 "}).invoice
    assert made is not None
    assert made.buyer.address is not None
    assert (made.buyer.name, made.buyer.address.street) == ("Toinen Oy", "Kuja 7")


@pytest.mark.parametrize(("own", "expected"), [("Oma katu 1", "Oma katu 1"), ("", "Tie 2"), (" - ", "Tie 2")])
def test_the_sources_own_value_comes_first(tmp_path: Path, own: str, expected: str) -> None:
    with_customers(tmp_path, "1001;Ostaja Oy;Tie 2;;")
    street = {"buyer.address.street": {"column": "Katu", "register": "customers.Katuosoite"}}
    made = one(tmp_path, {"customer_no": "1001", "Katu": own}, invoice={**FIELDS, **street}).invoice
    assert made is not None
    assert made.buyer.address is not None
    assert made.buyer.address.street == expected


def test_a_register_that_is_not_asked_needs_no_key(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;x;;;")
    name = {"buyer.name": {"column": "Asiakas", "register": "customers.Nimi"}}
    assert texts(one(tmp_path, {"customer_no": "nobody"}, invoice=name)) == []


def test_default_transforms_and_table_work_on_what_was_found(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;kirje;;", "2;b;;;", "3;c;0;;")
    rule = {"register": "customers.Katuosoite", "transform": ["upper"], "table": "t", "default": "EI", "empty": ["0"]}
    tables = {"t": {"KIRJE": "by letter", "EI": "nothing"}}
    told = [
        one(tmp_path, {"customer_no": key}, invoice={"description": rule}, tables=tables).invoice
        for key in ("1", "2", "3")
    ]
    assert [made.description for made in told if made] == ["by letter", "nothing", "nothing"]


@pytest.mark.parametrize(("asked", "is_there"), [("1001", True), ("01001", False), ("1001,0", False)])
def test_keys_are_compared_as_text_and_a_number_cell_is_its_digits(tmp_path: Path, asked: str, is_there: bool) -> None:
    workbooks.saved(
        tmp_path / "customers.xlsx", Asiakkaat=[["Asiakasnro", "Nimi", "Katuosoite"], [1001, "Oy", "Tie 2"]]
    )
    registers = {"customers": {**CUSTOMERS["customers"], "file": "customers.xlsx"}}
    assert (one(tmp_path, {"customer_no": asked}, registers=registers).invoice is not None) == is_there


def test_zeros_of_a_key_count_in_a_register_of_text(tmp_path: Path) -> None:
    with_customers(tmp_path, "0017;Nollat Oy;Tie 2;;", "17;Ilman Oy;Tie 3;;")
    names = [made.buyer.name for key in ("0017", "17") if (made := one(tmp_path, {"customer_no": key}).invoice)]
    assert names == ["Nollat Oy", "Ilman Oy"]


def test_rows_look_up_products_and_a_row_of_a_product_number_alone_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "products.csv").write_text("Tuote;Nimi;Hinta;ALV\nL1;Lapio;10,00;25,5\n", "utf-8")
    rows = {
        "description": {"register": "products.Nimi"},
        "unit_price": {"column": "Hinta", "register": "products.Hinta"},
        "vat_percentage": {"register": "products.ALV"},
        "quantity": {"column": "Määrä", "default": "1"},
    }
    registers = {"products": {"file": "products.csv", "key": "Tuote", "by": "Tuote"}}
    lines = [row(Tuote="L1", Määrä="3", Hinta=""), row(Tuote="L1", Määrä="", Hinta="")]
    (draft,) = drafts(tmp_path, lines, registers=registers, rows=rows)
    assert draft.invoice is not None
    assert [(one.description, one.net_amount) for one in draft.invoice.rows] == [("Lapio", 30), ("Lapio", 10)]


def test_the_rows_of_one_invoice_agree_about_its_key(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;Tie 1;;", "2;b;Tie 2;;")
    (draft,) = drafts(tmp_path, [row(customer_no="1"), row(customer_no="2")], **changed())
    assert [(problem.code, problem.header) for problem in errors(draft)] == [("E-DISAGREES", "customer_no")]


# ---- what is not ----


def test_a_miss_is_told_once_with_the_key_and_what_else_is_wrong_is_told_too(tmp_path: Path) -> None:
    with_customers(tmp_path, "1001;Ostaja Oy;Tie 2;;")
    draft = one(tmp_path, {"customer_no": "1009", "Määrä": "x"})
    assert draft.invoice is None
    assert texts(draft) == [
        'error: in.csv, line 2, column "customer_no": "1009": customers.csv has no row with this in its column '
        '"Asiakasnro" [E-REGISTER]',
        'error: in.csv, line 2, column "Määrä": "x": expected a number with decimal mark "," and thousands mark space, '
        "as the mapping declares, such as 1 234,50 [E-AMOUNT]",
    ]


def test_a_miss_may_be_a_warning_and_the_fields_are_empty_then(tmp_path: Path) -> None:
    with_customers(tmp_path, "1001;Ostaja Oy;Tie 2;;")
    fields = {**FIELDS, "buyer.name": "Asiakas", "description": {"register": "customers.Nimi", "default": "nobody"}}
    registers = {"customers": {**CUSTOMERS["customers"], "unknown": "warning"}}
    draft = one(tmp_path, {"customer_no": "1009"}, registers=registers, invoice=fields)
    assert draft.invoice is not None
    assert draft.invoice.description == "nobody"
    assert [(problem.severity, problem.code, problem.value) for problem in draft.problems] == [
        ("warning", "E-REGISTER", "1009")
    ]


@pytest.mark.parametrize("key", ["", " ", "-"])
def test_a_blank_key_finds_nothing(tmp_path: Path, key: str) -> None:
    with_customers(tmp_path, "1001;Ostaja Oy;Tie 2;;", "-;Viiva Oy;Tie 3;;", ";Tyhjä Oy;Tie 4;;", ";Toinen Oy;Tie 5;;")
    (problem,) = errors(one(tmp_path, {"customer_no": key}))
    assert problem.message == "is empty, so nothing can be looked up in customers.csv"
    assert (problem.where, problem.header) == ("line 2", "customer_no")


def test_a_key_with_two_different_rows_is_an_error_only_where_it_is_asked_for(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;Tie 1;;", "2;b;Tie 2;;", "1;a;Tie 9;;", "2;b;Tie 2;;x")
    assert texts(one(tmp_path, {"customer_no": "2"})) == []  # they differ only where nobody looks
    registers = {"customers": {**CUSTOMERS["customers"], "unknown": "warning"}}
    assert texts(one(tmp_path, {"customer_no": "1"}, registers=registers)) == [
        'error: in.csv, line 2, column "customer_no": "1": stands twice in customers.csv, with different values: '
        "line 2 and line 4 [E-REGISTER]"
    ]


def test_a_row_that_is_broken_is_not_taken_for_the_customer(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;Tie 1", "2;b;Tie 2;;")
    assert texts(one(tmp_path, {"customer_no": "2"})) == []
    (problem,) = errors(one(tmp_path, {"customer_no": "1"}))
    assert problem.message == "its row (line 2 of customers.csv) has 3 fields where the header has 5"


def test_a_blank_cell_of_a_key_that_was_found_is_named_by_the_rule_that_misses_it(tmp_path: Path) -> None:
    workbooks.saved(
        tmp_path / "customers.xlsx",
        Asiakkaat=[["Asiakasnro", "Nimi", "Katuosoite"], ["1", "a", "Tie 1"], ["2", None, "Tie 2"]],
    )
    registers = {"customers": {**CUSTOMERS["customers"], "file": "customers.xlsx"}}
    assert texts(one(tmp_path, {"customer_no": "2"}, registers=registers)) == [
        'error: in.csv, Asiakkaat!B3 of customers.xlsx, column "Nimi": is empty, and every invoice needs it [E-MISSING]'
    ]


def test_a_wrong_value_is_named_by_its_cell_in_the_register(tmp_path: Path) -> None:
    workbooks.saved(tmp_path / "customers.xlsx", Lista=[["Otsikko"], ["Nro", "Tunnus"], [7, "2331972-8"]])
    registers = {
        "customers": {"file": "customers.xlsx", "key": "Nro", "by": "customer_no", "source": {"header_row": "2"}}
    }
    fields = {"buyer.business_id": {"register": "customers.Tunnus"}}
    (problem,) = errors(one(tmp_path, {"customer_no": "7"}, registers=registers, invoice=fields))
    assert (problem.code, problem.where, problem.header, problem.value) == (
        *("E-BUSINESS-ID", "Lista!B3 of customers.xlsx", "Tunnus"),
        "2331972-8",
    )


def test_personal_values_of_a_register_are_hidden_as_those_of_the_source(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;Maija Meikäläinen 131052-308T;Tie 1;maija(at)example.com;131052-308U")
    fields = {
        "buyer.personal_identity_number": {"register": "customers.Hetu"},
        "buyer.contact.email": {"register": "customers.Nimi"},
    }
    draft = one(tmp_path, {"customer_no": "1"}, invoice=fields)
    told = [problem.text() for problem in draft.problems]
    assert {problem.code for problem in draft.problems} == {"E-HETU", "E-EMAIL"}
    assert not [text for text in told if "131052" in text or "308" in text]
    assert [text for text in told if '"******-****"' in text and "line 2 of customers.csv" in text]


def test_a_key_is_hidden_where_it_is_the_personal_value_itself(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;Tie 1;;131052-308T")
    by_number = one(
        tmp_path, {"customer_no": "99"}, invoice={"buyer.personal_identity_number": {"register": "customers.Hetu"}}
    )
    assert errors(by_number)[0].value == "99"
    registers = {"customers": {**CUSTOMERS["customers"], "key": "Hetu"}}
    fields = {"buyer.personal_identity_number": {"register": "customers.Hetu"}}
    by_itself = one(tmp_path, {"customer_no": "13105 308"}, invoice=fields, registers=registers)
    assert errors(by_itself)[0].value == "***** ***"


# ---- the file ----


@pytest.mark.parametrize(
    ("change", "content", "said"),
    [
        ({"file": "gone.csv"}, HEADER, "registers.customers.file: there is no file gone.csv in"),
        ({"file": "customers.csv", "adapter": "cvs"}, HEADER, 'registers.customers.adapter: there is no adapter "cvs"'),
        (
            {"source": {"delimeter": "tab"}},
            HEADER,
            'source.delimeter: there is no such key here; did you mean "delimiter"',
        ),
        (
            {"key": "Asiakasno"},
            f"{HEADER}\n1;a;b;c;d",
            'registers.customers.key: *customers.csv: column "Asiakasno" (nearest',
        ),
        (
            {},
            "Asiakasnro;Nimi;Katuosoitteet\n1;a;b",
            'register: *customers.csv: column "Katuosoite" (nearest "Katuosoitteet") is not',
        ),
        ({}, HEADER, "registers.customers.file: *customers.csv: the file has no rows"),
        ({"columns": "x"}, HEADER, "registers.customers.columns: there is no such key here"),
    ],
)
def test_a_register_that_cannot_be_used_stops_the_run_at_a_line_of_the_mapping(
    tmp_path: Path, change: dict[str, Any], content: str, said: str
) -> None:
    (tmp_path / "customers.csv").write_text(content, "utf-8")
    with pytest.raises(MappingError) as raised:
        mapper(tmp_path, **changed(registers={"customers": {**CUSTOMERS["customers"], **change}}))
    text = str(raised.value)
    assert text.startswith(f"{tmp_path / 'mapping.yaml'}, line ")
    assert all(part in text for part in said.split("*")), text


def test_a_field_names_a_register_of_the_mapping(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;b;c;d")
    fields = {"buyer.name": {"register": "custmers.Nimi"}}
    with pytest.raises(MappingError, match=r'name.register: there is no register "custmers"; did you mean "customers"'):
        mapping(tmp_path, **changed(invoice=fields))


def test_a_key_column_of_the_source_that_is_missing_is_told_before_anything_is_read(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;b;c;d")
    with pytest.raises(MappingError, match='column "customer_no" is not in the file'):
        list(mapper(tmp_path, **changed()).drafts(records([row()])))


def test_a_register_may_lie_elsewhere_and_is_looked_for_from_the_mapping_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with_customers(tmp_path / "a", "1;a;Tie 1;;")
    told = CUSTOMERS["customers"]
    for file in ("../customers.csv", str(tmp_path / "a" / "customers.csv")):
        made = one(tmp_path / "a" / "b", {"customer_no": "1"}, registers={"customers": {**told, "file": file}}).invoice
        assert made is not None


def test_a_mapping_that_extends_another_changes_one_key_of_its_register(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;b;c;d")
    mapping(tmp_path, **changed())
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "list.csv").write_text(f"{HEADER}\n1;x;y;;\n", "utf-8")
    own = tmp_path / "own" / "own.yaml"
    own.write_text(
        "version: 1\nname: own\nextends: ../mapping.yaml\nregisters: {customers: {file: list.csv}}\n", "utf-8"
    )
    (draft,) = Mapper(load_mapping(own, registry()), "in.csv").drafts(records([row(customer_no="1")]))
    assert draft.invoice is not None
    assert draft.invoice.buyer.name == "x"


def test_a_register_is_read_once_a_run_and_anew_when_it_has_changed(tmp_path: Path) -> None:
    with_customers(tmp_path, "1;a;Tie 1;;")
    loaded, kept = mapping(tmp_path, **changed()), Registers()
    register = loaded.registers["customers"]
    first = kept.index(register, Limits())
    assert kept.index(register, Limits()) is first
    with_customers(tmp_path, "1;b;Tie 1;;")
    assert kept.index(register, Limits()).row("1").values["Nimi"] == "b"


def test_what_a_register_holds_is_bounded(tmp_path: Path) -> None:
    with_customers(tmp_path, *(f"{number};a;b;c;d" for number in range(10)))
    with pytest.raises(MappingError, match="raise held_cells under"):
        Registers().index(mapping(tmp_path, **changed()).registers["customers"], Limits(held_cells=20))
    Registers().index(mapping(tmp_path, **changed()).registers["customers"], Limits(held_cells=30))


# ---- a whole run ----


@pytest.fixture
def desk(world: World) -> World:
    text = MAPPING.replace("buyer.address.street: street", "buyer.address.street: {register: customers.Katu}")
    block = "registers:\n  customers: {file: customers.csv, key: Tunnus, by: buyer_id}\n"
    (world.folder / "mapping.yaml").write_text(text + block, "utf-8")
    return world


def test_a_run_sends_what_was_looked_up_and_says_beside_the_row_what_was_not(desk: World) -> None:
    customers = desk.folder / "customers.csv"
    customers.write_text("Tunnus;Katu\n9999999-9;Muu 1\n", "utf-8")
    source = desk.source(1001)
    assert desk.send(source).exit_code == 1
    (line,) = csv_rows(desk.folder / "in.results.csv")
    assert line["confirma_message"] == (
        'Asiakkaan tunnus "2331972-7": customers.csv has no row with this in its column "Tunnus" [E-REGISTER]'
    )
    customers.write_text("Tunnus;Katu\n2331972-7;Rekisterikatu 8\n", "utf-8")
    assert desk.send(source).exit_code == 0
    assert desk.arrived() == [1001]
    assert desk.track().exit_code == 0
    assert csv_rows(desk.folder / "in.results.csv")[0]["confirma_state"] == "delivered"


def test_a_register_that_has_changed_since_is_told_as_a_row_that_differs(desk: World) -> None:
    customers = desk.folder / "customers.csv"
    customers.write_text("Tunnus;Katu\n2331972-7;Rekisterikatu 8\n", "utf-8")
    source = desk.source(1001)
    desk.send(source)
    customers.write_text("Tunnus;Katu\n2331972-7;Uusi katu 1\n", "utf-8")
    assert "differs from what was sent" in desk.track().files[0].invoices[0].message
    assert desk.send(source).files[0].invoices[0].state == "conflict"
    assert desk.arrived() == [1001]

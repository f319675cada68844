"""What is done in a short way, since it is done for every row, gives exactly what the plain way gives."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from invoices import invoice, vendors_example
from mapped import mapper, mapping
from stdnum.fi import ytunnus

from confirma_connector.assembling import assembled, row, usual_row
from confirma_connector.columns import Columns
from confirma_connector.contract import ENUM_PLACES, Contract, read
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS, Conversion, Kind
from confirma_connector.fields import spelled as spelled_cell
from confirma_connector.filling import Block
from confirma_connector.grouping import Grouping
from confirma_connector.invoice import Invoice, Row
from confirma_connector.journal import facts
from confirma_connector.limits import Limits
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.money import complete_row, complete_totals
from confirma_connector.parts import Part, members, validated
from confirma_connector.records import Record, Unreadable, Value
from confirma_connector.references import finnish, is_finnish
from confirma_connector.rowcells import Cells
from confirma_connector.rules.identifiers import business_id_digits
from confirma_connector.sourcing import Field

CONTRACT = read()

TEXTS = st.text(max_size=12).filter(lambda text: text.isprintable() or not any("\ud800" <= c <= "\udfff" for c in text))
AMOUNTS = st.decimals(-(10**12), 10**12, places=2)
NUMBERS = st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False)
VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    "text": TEXTS.filter(bool),
    "money": AMOUNTS,
    "number": NUMBERS,
    "whole": st.integers(1, 10**18),
    "date": st.dates(),
    "flag": st.booleans(),
}
NEEDED = {
    "number": 1001,
    "type": "INVOICE",
    "date": dt.date(2026, 1, 15),
    "currency_code": "EUR",
    "seller.name": "Myyjä Oy",
    "buyer.name": "Ostaja Oy",
    "buyer.entity_type": "BUSINESS",
    "distribution.method": "EMAIL",
}
OPTIONAL = [
    name for name in INVOICE_FIELDS if name not in NEEDED and not name.startswith(("amounts.", "attach", "prices"))
]


def some(names: list[str], kinds: Mapping[str, Kind]) -> st.SearchStrategy[dict[str, Any]]:
    """Values for some of the fields."""
    return st.fixed_dictionaries({}, optional={name: VALUES[kinds[name]] for name in names})


ROWS = st.lists(
    st.tuples(
        some([name for name in ROW_FIELDS if not name.endswith("_amount") and name != "prices"], ROW_FIELDS),
        st.tuples(AMOUNTS, AMOUNTS),
    ),
    max_size=3,
)


def completed(rows: list[tuple[dict[str, Any], tuple[Decimal, Decimal]]]) -> list[dict[str, Any]]:
    """Each row's amounts: net, VAT and their sum."""
    return [{"net_amount": net, "vat_amount": vat, "gross_amount": net + vat} for _, (net, vat) in rows]


def plain_body(made: Invoice, contract: Contract) -> bytes:
    """The body made of a tree of wire names, by a library."""
    tree: dict[str, Any] = {}
    parties = ("seller", "buyer", "recipient", "delivery")
    beside = ("references", "rows", "amounts", "attachments")
    for name in members(Invoice):
        lead = "invoice.parties." if name in parties else "invoice." if name in beside else "invoice.header."
        place = name if name in ("processing", "distribution") else lead + name
        written = spelled(getattr(made, name), place, contract)
        if written is not None and all(contract.route(place)):
            branch = tree
            for container in contract.route(place)[:-1]:
                branch = branch.setdefault(container, {})
            branch[contract.route(place)[-1]] = written
    return simplejson.dumps(tree, use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode()


def spelled(value: Any, place: str, contract: Contract) -> Any:
    """A value as JSON is made of it."""
    if isinstance(value, Part):
        keys = [key for key in contract.file.request if key.rpartition(".")[0] == place]
        inner = {
            contract.file.request[key].wire: spelled(getattr(value, key.rpartition(".")[2]), key, contract)
            for key in keys
        }
        return {wire: one for wire, one in inner.items() if one is not None and wire} or None
    if isinstance(value, tuple):
        return [spelled(one, place, contract) or {} for one in value] or None
    if isinstance(value, Decimal):
        return Decimal(f"{value:f}")
    if isinstance(value, dt.date):
        return value.isoformat()
    if place in ENUM_PLACES:
        return contract.file.enums[ENUM_PLACES[place]][value].wire or None
    return value


@given(some(OPTIONAL, INVOICE_FIELDS), ROWS, st.sampled_from(["EMAIL", "EDI", "LETTER"]))
@settings(max_examples=150, deadline=None)
def test_an_assembled_invoice_is_the_validated_one_and_its_body_the_librarys(
    fields: dict[str, Any], rows: list[tuple[dict[str, Any], tuple[Decimal, Decimal]]], method: str
) -> None:
    whole = {**NEEDED, **fields, "distribution.method": method}
    amounts = completed(rows)
    parts = tuple(row(tuple(map(own.get, ROW_FIELDS)), its) for (own, _), its in zip(rows, amounts, strict=True))
    assert parts == tuple(validated(Row, {**own, **its}) for (own, _), its in zip(rows, amounts, strict=True))
    totals = complete_totals(parts, {}, "per_row")
    tree: dict[str, Any] = {}
    for name, value in whole.items():
        *containers, leaf = name.split(".")
        branch = tree
        for container in containers:
            branch = branch.setdefault(container, {})
        branch[leaf] = value
    made = assembled(whole, parts, totals, ())
    asked = validated(Invoice, {**tree, "rows": parts, "amounts": totals, "attachments": ()})
    assert made == asked
    assert CONTRACT.body(made) == plain_body(asked, CONTRACT)


RATES = st.sampled_from(["0", "0.00", "0.5", "1", "13.5", "25.5", "99.99", "100", "101", "-1"]).map(Decimal)
UNASKED = [name for name in ROW_FIELDS if name not in ("vat_percentage", "net_amount", "vat_amount", "prices")]


@given(
    some(UNASKED, ROW_FIELDS),
    st.fixed_dictionaries({"net_amount": AMOUNTS, "vat_amount": AMOUNTS, "vat_percentage": RATES}),
    st.booleans(),
    st.sampled_from(["net_amount", "vat_amount", "vat_percentage", "", "", "", ""]),
)
@settings(max_examples=300)
def test_a_usual_row_is_the_row_that_a_closer_look_gives(
    others: dict[str, Any], amounts: dict[str, Decimal], fits: bool, lacks: str
) -> None:
    whole = {"gross_amount": amounts["net_amount"] + amounts["vat_amount"]} if fits else {}
    given = {name: value for name, value in {**others, **amounts, **whole}.items() if name != lacks}
    held = tuple(map(given.get, ROW_FIELDS))
    made = usual_row(held)
    if made is not None:
        assert (
            repr(made) == repr(row(held, complete_row(given, "net"))) == repr(row(held, complete_row(given, "gross")))
        )
        assert not 0 < given.get("vat_percentage", 0) < 1
    assert usual_row((*held[:-1], "gross")) is None


@given(some([name for name in OPTIONAL if name.startswith("buyer.address.")], INVOICE_FIELDS), VALUES["text"], AMOUNTS)
def test_an_invoice_is_known_by_what_a_library_writes_of_it(place: dict[str, Any], name: str, gross: Decimal) -> None:
    address = {field.rpartition(".")[2]: text for field, text in place.items()} or None
    made = invoice(buyer__name=name, buyer__address=address, amounts__gross_amount=gross)
    core = [made.number, made.type, made.date.isoformat(), made.currency_code, f"{gross:.2f}", name, address or {}]
    digest = hmac.digest(b"key", simplejson.dumps(core, sort_keys=True).encode(), "sha256").hex()
    assert facts(made, b"body", b"key", yearly=False).core == digest[:32]


@pytest.mark.parametrize("text", ["\x00\x1f\x7f", '"\\/', "ä€𝄞", "\u2028\u2029", "\n\t\r\b\f", "0", "<&>"])
def test_every_character_is_written_as_the_library_writes_it(text: str) -> None:
    made = invoice(buyer__name=text, rows__0__description=text)
    assert CONTRACT.body(made) == plain_body(made, CONTRACT)


@pytest.mark.parametrize("digits", ["1E+3", "0.0000001", "1E-20", "-0.00", "0", "123456789012345.12345678901234567890"])
def test_every_number_is_written_as_the_library_writes_it(digits: str) -> None:
    made = vendors_example(rows__0__unit_price=digits, rows__0__quantity=digits)
    assert CONTRACT.body(made) == plain_body(made, CONTRACT)


CELLS = st.one_of(
    st.from_regex(r"[ -]?[0-9]{1,17}([,.][0-9]{0,13})?[ -]?", fullmatch=True),
    st.from_regex(r"[0-9]{1,3}( [0-9]{3})*(,[0-9]{1,3})?", fullmatch=True),
    st.sampled_from(
        ["", " ", "-", " - ", "0", "0,00", "#N/A", "1,5E+11", "a+b", "##", "1e5", "١٢", "-0,00", "+1", "1_0"]
    ),
    TEXTS,
    st.none(),
    st.decimals(-1000, 1000, places=2),
    st.integers(0, 9999),
    st.dates(),
    st.builds(Unreadable, st.just("#N/A"), st.just("is the error #N/A of a formula")),
)


@given(
    CELLS,
    st.sampled_from(["amounts.gross_amount", "rows.quantity", "buyer.name", "number", "date", "rows.description"]),
    st.sampled_from([{}, {"transform": ["collapse_spaces"]}, {"empty": ["0", "0,00"]}, {"default": "7"}]),
)
@example("0,00", "amounts.gross_amount", {"empty": ["0,00"]})
@settings(max_examples=400, deadline=None)
def test_what_a_cell_means_is_the_same_in_the_short_way(
    tmp_path_factory: pytest.TempPathFactory, cell: Value, name: str, rule: dict[str, Any]
) -> None:
    field, kind = plain_field(tmp_path_factory.getbasetemp(), name, rule)
    for _ in range(2):  # the second time it may be remembered
        assert answer(lambda: field.known[cell]) == answer(lambda: field._converted(cell)), kind


@given(
    st.lists(st.from_regex(r"[ -]?[0-9A-Za-z,.]{1,9}", fullmatch=True), max_size=4),
    st.sampled_from(["amounts.gross_amount", "buyer.name", "number", "date"]),
    st.sampled_from([{}, {"transform": ["digits"]}, {"transform": ["strip_zeros", "upper"]}]),
)
def test_many_texts_mean_what_each_means(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], name: str, rule: dict[str, Any]
) -> None:
    conversion: Conversion = plain_field(tmp_path_factory.getbasetemp(), name, rule)[0]._conversion
    sound = [text.strip() for text in texts]
    one_by_one = [answer(lambda text=text: conversion.meaning(text)) for text in sound]  # type: ignore[misc]
    if any(kind.endswith(("Error", "Code")) for kind, _ in one_by_one):
        with pytest.raises(ValueError, match=r"."):  # each is asked by itself then, and says why
            conversion.meanings(sound)
    else:
        assert [(type(value).__name__, str(value)) for value in conversion.meanings(sound)] == one_by_one


def plain_field(folder: Path, name: str, rule: dict[str, Any]) -> tuple[Field, Kind]:
    """A field of the plain mapping that reads one column."""
    key = (name, repr(rule))
    if key not in _FIELDS:
        loaded = mapping(folder)
        own = name.removeprefix("rows.")
        kind: Kind = (ROW_FIELDS if name.startswith("rows.") else INVOICE_FIELDS)[own]
        asked = rule if rule != {"default": "7"} or kind != "date" else {}
        columns = Columns(loaded, "laskut.csv")
        _FIELDS[key] = Field(loaded, columns, {}, own, kind, FieldRule(column="Nro", **asked)), kind
    return _FIELDS[key]


_FIELDS: dict[tuple[str, str], tuple[Field, Kind]] = {}


def answer(asked: Any) -> tuple[str, str]:
    """A value with all its digits, or what was said against it."""
    try:
        value = asked()
    except ValueError as error:
        return type(error).__name__, str(error)
    return type(value).__name__, str(value)


def test_a_block_gives_what_its_fields_give_one_by_one(tmp_path: Path) -> None:
    columns = {"Asiakas": ["Asiakas", "Kunde"]}
    invoice_block = {
        "amounts.gross_amount": {"column": "Summa", "negative_when": {"column": "Laji", "equals": "H"}},
        "buyer.address.street2": {"columns": ["Asiakas", "Laji"], "join": "/"},
        "description": {"column": "Laji", "split": {"at": "-", "take": 1}},
    }
    made = mapper(tmp_path, columns=columns, invoice=invoice_block)
    cells = {"Nro": "7", "Pvm": "02.11.2026", "Eräpvm": "", "Asiakas": " Oy ", "Summa": "5,50", "Laji": "H"}
    for values in (cells, cells | {"Laji": "X"}, {key: cell for key, cell in cells.items() if key != "Eräpvm"}):
        record = Record(values, 1, "line 2")
        one_by_one = {name: field.value(record) for name, field in made._of_invoice.items()}
        assert made._of_invoice.values_of(record) == {
            name: value for name, value in one_by_one.items() if value is not None
        }


def minus() -> dict[str, Any]:
    """The sign that another column tells."""
    return {"negative_when": {"column": "Selite", "equals": "H"}}


RULES: Sequence[dict[str, Any]] = [
    {},
    {"quantity": {"constant": "1", **minus()}},
    {"unit_price": {"constant": "100,00", "per": "Määrä"}},
    {"quantity": {"column": "Määrä", **minus()}, "unit_price": {"column": "Hinta", "per": "Määrä"}},
    {"quantity": {"constant": "-1", **minus()}, "unit_price": {"column": "Hinta", "per": "Määrä", **minus()}},
    {"product_code": {"column": "Selite", "split": {"at": "5", "take": 1}}, "unit": {"constant": "h"}},
    {"product_name": {"columns": ["Selite", "ALV"], "join": "/"}, "unit": {"column": "Selite", "default": "kpl"}},
]

AMOUNT_CELLS = st.one_of(
    st.from_regex(r"[0-9]{1,4},[0-9]{2}", fullmatch=True),
    st.sampled_from(["12,50", "40", "1 000,00", "-1,00", "0,10", "1,00\n2,00", "1,00\n", "12,5", "1.5"]),
    CELLS,
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"Selite": st.one_of(st.just("H"), CELLS), "Määrä": AMOUNT_CELLS},
            optional={"Hinta": AMOUNT_CELLS, "ALV": CELLS},
        ),
        max_size=7,
    ),
    st.booleans(),
    st.sampled_from(["mappings", "cells", "both"]),
    st.sampled_from(range(len(RULES))),
)
@example([{"Määrä": "1", "Hinta": "1,5", "ALV": "24", "Selite": "x"}] * 3, True, "cells", 0)
@example([{"Määrä": "1", "Hinta": "1,5", "ALV": "24", "Selite": text} for text in (" x", "#N/A")], True, "cells", 0)
@example([{"Määrä": "1", "Hinta": "1,5", "ALV": "24", "Selite": text} for text in ("y ", "1,5E+11")], True, "cells", 0)
@example([{"Määrä": "1", "Hinta": "1,5", "ALV": "24", "Selite": text} for text in ("y ", "-")], True, "cells", 0)
@example([{"Määrä": "x" if n == 5 else "1", "Hinta": f"{n},5", "Selite": f"{n}"} for n in range(40)], True, "both", 0)
@example([{"Määrä": "10", "Hinta": "1,5", "ALV": "24", "Selite": text} for text in "LH"], False, "cells", 1)
@example([{"Määrä": count, "Hinta": "1,5", "ALV": "24", "Selite": "x"} for count in ("10", "0")], False, "cells", 2)
@settings(max_examples=200, deadline=None)
def test_records_read_together_hold_what_each_holds_by_itself(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Value]], is_forgetful: bool, made_of: str, rule: int
) -> None:
    if (is_forgetful, rule) not in _BLOCKS:
        block = mapper(tmp_path_factory.mktemp("together"), rows=RULES[rule])._of_rows
        for first in range(0, 3000, 600) if is_forgetful else ():  # many rows whose cells are new each time
            new = [{"Selite": f"{n}.", "Määrä": f"{n},5", "Hinta": f"{n},5"} for n in range(first + 1, first + 600)]
            block.values_of_all([Record(values, at, "") for at, values in enumerate(new)])
        _BLOCKS[is_forgetful, rule] = block
    block = _BLOCKS[is_forgetful, rule]
    read = [
        Record(under_a_heading(values) if made_of == "cells" or (made_of == "both" and at % 2) else values, at, "")
        for at, values in enumerate(rows)
    ]
    expected = [alone(block, record) for record in read]
    assert [told(values) for values in block.values_of_all(read)] == [told(values) for values in expected]
    assert [told(alone(block, record, quickly=True)) for record in read] == [told(values) for values in expected]
    held = [None if its is None else dict(zip(ROW_FIELDS, its, strict=True)) for its in block.rows_of_all(read)]
    assert held == [None if values is None else {**dict.fromkeys(ROW_FIELDS), **values} for values in expected]


def under_a_heading(values: dict[str, Value]) -> Cells:
    """Values as those of a row whose heading others share."""
    heading = _HEADINGS.setdefault(tuple(values), {name: place for place, name in enumerate(values)})
    return Cells(heading, [*values.values()])


_HEADINGS: dict[tuple[str, ...], dict[str, int]] = {}


@given(
    st.dictionaries(st.sampled_from(["Nro", "Nimi", "#3"]), CELLS),
    st.dictionaries(st.sampled_from(["Nro", "Nimi", "#3", "a"]), CELLS),
)
def test_the_cells_under_a_heading_are_a_mapping_like_any_other(
    values: dict[str, Value], others: dict[str, Value]
) -> None:
    cells = under_a_heading(values)
    assert (cells == others) == (values == others) == (under_a_heading(others) == cells)
    assert dict(cells) == values
    assert [*cells.items()] == [*values.items()]
    assert repr(cells) == repr(values)
    assert cells.but(others) == {**values, **others}
    assert cells == values
    for header in ("Nro", "a"):
        assert (header in cells) == (header in values)
        assert cells.get(header, "none") == values.get(header, "none")
        if header not in values:
            with pytest.raises(KeyError):
                cells[header]


SPELLINGS = st.sampled_from(["", " ", "-", "1", "1,0", "A", "A ", "a", "B"])
OR_TYPED = st.one_of(SPELLINGS, st.sampled_from([None, 1, 0, Decimal(1), Decimal("1.0"), Decimal("-0.0"), True, False]))


@given(
    st.lists(st.tuples(st.sampled_from(["1", " 1", "-", "", "2"]), OR_TYPED, OR_TYPED), max_size=6),
    st.booleans(),
)
@example([("1", 1, "A"), ("1", True, "A"), ("1", Decimal("1.0"), "A")], False)
@settings(deadline=None)
def test_rows_are_grouped_and_compared_as_if_each_were_looked_at_by_itself(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[Value, Value, Value]], is_under_heading: bool
) -> None:
    if not _MAPPINGS:
        _MAPPINGS.append(mapping(tmp_path_factory.mktemp("grouped")))
    others = {"Pvm": "x", "Eräpvm": "", "Sähköposti": "", "Selite": "Työ", "Määrä": "", "Hinta": "", "ALV": ""}
    read = [
        Record(under_a_heading(values) if is_under_heading else values, at, f"line {at}")
        for at, (number, buyer, code) in enumerate(rows)
        for values in ({**others, "Nro": number, "Asiakas": buyer, "Tunnus": code},)
    ]
    expected: list[list[Record]] = []
    for record in read:
        number = plainly(record, "Nro")
        if expected and number and plainly(expected[-1][0], "Nro") == number:
            expected[-1].append(record)
        else:
            expected.append([record])
    found = [*Grouping(_MAPPINGS[0], Columns(_MAPPINGS[0], "laskut.csv"), Limits()).groups(read)]
    assert [group.lines for group in found] == [tuple(group) for group in expected]
    for group in found:
        said = [(one.header, one.where) for one in group.problems if one.code == "E-DISAGREES"]
        assert said == [*disagreeing(group.lines)]


_MAPPINGS: list[LoadedMapping] = []


def plainly(record: Record, header: str) -> str:
    """What a cell says; "" where it is a spelling of nothing."""
    text = spelled_cell(record.values[header])
    return "" if text == "-" else text


def disagreeing(lines: tuple[Record, ...]) -> Iterator[tuple[str, str]]:
    """The columns in which a row says something else than the first, and the first that does."""
    for header in ("Asiakas", "Tunnus"):
        first = spelled_cell(lines[0].values[header])
        for line in lines[1:]:
            if plainly(line, header) and spelled_cell(line.values[header]) != first:
                yield header, line.where
                break


_BLOCKS: dict[tuple[bool, int], Block] = {}


def alone(block: Block, record: Record, *, quickly: bool = False) -> dict[str, Any] | None:
    """What the fields of a record hold, each read by itself; None where one cannot be read."""
    try:
        if quickly:
            return block.values_of(record)
        return {name: value for name, field in block.items() if (value := field.value(record)) is not None}
    except ValueError:
        return None


def told(values: dict[str, Any] | None) -> dict[str, str] | None:
    """Values with all their digits."""
    return None if values is None else {name: f"{type(value).__name__} {value}" for name, value in values.items()}


@given(st.from_regex(r"[0-9]{6,8}-?[0-9]?", fullmatch=True))
@example("0112038-9")
@example("01120389")
@example("00000000")
def test_a_business_id_has_the_check_digit_that_the_library_says(text: str) -> None:
    padded = text.zfill(9) if len(text) == 8 and text[6] == "-" else text
    digits = padded.replace("-", "")
    assert business_id_digits(text) == (digits if ytunnus.is_valid(padded) and int(digits) else "")


@given(st.integers(100, 10**18))
def test_the_check_digit_of_a_reference_weighs_7_3_1_from_the_right(number: int) -> None:
    made = finnish(str(number))
    total = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(str(number))))
    assert made == f"{number}{-total % 10}"
    assert is_finnish(made)

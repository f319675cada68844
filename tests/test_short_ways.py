"""What is done in a short way, since it is done for every row, gives exactly what the plain way gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from invoices import invoice, vendors_example
from mapped import mapper, mapping
from pydantic import BaseModel
from stdnum.fi import ytunnus

from confirma_connector.assembling import assembled, row
from confirma_connector.columns import Columns
from confirma_connector.contract import ENUM_PLACES, Contract, read
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS, Kind
from confirma_connector.filling import Block
from confirma_connector.invoice import Invoice, Row
from confirma_connector.mapping import FieldRule
from confirma_connector.money import complete_totals
from confirma_connector.records import Record, Unreadable, Value
from confirma_connector.references import finnish, is_finnish
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
    for name in Invoice.model_fields:
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
    if isinstance(value, BaseModel):
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
    parts = tuple(row(own, its) for (own, _), its in zip(rows, amounts, strict=True))
    assert parts == tuple(Row.model_validate({**own, **its}) for (own, _), its in zip(rows, amounts, strict=True))
    totals = complete_totals(parts, {}, "per_row")
    tree: dict[str, Any] = {}
    for name, value in whole.items():
        *containers, leaf = name.split(".")
        branch = tree
        for container in containers:
            branch = branch.setdefault(container, {})
        branch[leaf] = value
    made = assembled(whole, parts, totals, ())
    validated = Invoice.model_validate({**tree, "rows": parts, "amounts": totals, "attachments": ()})
    assert made == validated
    assert made.model_dump(exclude_unset=True) == validated.model_dump(exclude_unset=True)
    assert CONTRACT.body(made) == plain_body(validated, CONTRACT)


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


AMOUNT_CELLS = st.one_of(
    st.from_regex(r"[0-9]{1,4},[0-9]{2}", fullmatch=True),
    st.sampled_from(["12,50", "40", "1 000,00", "-1,00", "0,10", "1,00\n2,00", "1,00\n", "12,5", "1.5"]),
    CELLS,
)


@given(
    st.lists(
        st.fixed_dictionaries({"Selite": CELLS, "Määrä": AMOUNT_CELLS}, optional={"Hinta": AMOUNT_CELLS, "ALV": CELLS}),
        max_size=7,
    ),
    st.booleans(),
)
@example([{"Määrä": "1", "Hinta": "1,5", "ALV": "24", "Selite": "x"}] * 3, True)
@settings(max_examples=150, deadline=None)
def test_records_read_together_hold_what_each_holds_by_itself(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Value]], is_forgetful: bool
) -> None:
    if is_forgetful not in _BLOCKS:
        _BLOCKS[is_forgetful] = mapper(tmp_path_factory.mktemp("together"))._of_rows
        for first in range(0, 3000, 600) if is_forgetful else ():  # many rows whose cells are new each time
            new = range(first + 1, first + 600)
            _BLOCKS[is_forgetful].values_of_all([Record({"Määrä": f"{n},5", "Hinta": f"{n},5"}, n, "") for n in new])
    block, read = _BLOCKS[is_forgetful], [Record(values, at, f"line {at}") for at, values in enumerate(rows)]
    expected = [alone(block, record) for record in read]
    assert [told(values) for values in block.values_of_all(read)] == [told(values) for values in expected]
    assert [told(alone(block, record, quickly=True)) for record in read] == [told(values) for values in expected]


_BLOCKS: dict[bool, Block] = {}


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

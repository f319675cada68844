"""The mapping file: what it may say, and every mistake that needs no data, with its line and the nearest right name."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from mapped import PLAIN, registry

from confirma_connector.errors import AdapterError, MappingError
from confirma_connector.fields import INVOICE_FIELDS, REQUIRED, ROW_FIELDS
from confirma_connector.mapping import find, load_mapping, mapping_schema, shipped

HEAD = """version: 1
name: test
adapter: csv_file
"""
BODY = """invoice:
  number: Nro
  date: Pvm
  currency_code: {constant: EUR}
  seller.name: {constant: Myyjä Oy}
  buyer.name: Asiakas
rows:
  net_amount: Veroton
"""


def loaded(folder: Path, text: str) -> Any:
    path = folder / "own.yaml"
    path.write_text(text, "utf-8")
    return load_mapping(path, registry())


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(MappingError) as refused:
        loaded(folder, text)
    prefix = f"{folder / 'own.yaml'}, line "
    lines = str(refused.value).splitlines()
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_the_smallest_mapping_needs_few_lines(tmp_path: Path) -> None:
    made = loaded(tmp_path, HEAD + BODY)
    assert (made.name, made.adapter.name, made.path.name) == ("test", "csv_file", "own.yaml")
    assert (made.file.prices, made.file.vat, made.file.missing_reference) == ("net", "per_row", None)
    assert made.headers.names() == ("confirma_state", "confirma_message", "confirma_updated", "confirma_case_id")


def test_the_short_form_is_a_column(tmp_path: Path) -> None:
    made = loaded(tmp_path, HEAD + BODY)
    assert made.file.invoice["number"].sources() == ("Nro",)
    assert made.file.invoice["seller.name"].sources() == ()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("colums: {}\n", '12: colums: there is no such key here; did you mean "columns"?'),
        ("locale: {decimals: ','}\n", '12: locale.decimals: there is no such key here; did you mean "decimal"?'),
        ("skip: [{colum: Nro, empty: true}]\n", '12: skip.0.colum: there is no such key here; did you mean "column"?'),
        ("results: {stat: Tila}\n", '12: results.stat: there is no such key here; did you mean "state"?'),
        ("source: {delimeter: ;}\n", '12: source.delimeter: there is no such key here; did you mean "delimiter"?'),
        ("source: {delimiter: AB}\n", '12: source.delimiter: "AB" is no delimiter'),
        ("skip: [{column: Nro}]\n", "12: skip.0: a skip needs exactly one of empty, equals, in, starts_with"),
        ("skip: [{column: Nro, empty: true, in: [a]}]\n", "12: skip.0: a skip needs exactly one of"),
        ("skip: [{column: Nro, empty: maybe}]\n", "12: skip.0.empty: expected true or false"),
        ("skip: [{empty: true}]\n", "12: skip.0.column: is required"),
        ("skip: [{column: Nro, starts_with: ''}]\n", "12: skip.0.starts_with: expected text, and nothing stands here"),
        ("skip: Nro\n", "12: skip: expected a list"),
        ("prices: brutto\n", '12: prices: "brutto": expected net or gross'),
        ("vat: row\n", '12: vat: "row": expected per_row or per_rate'),
        ("vat: [per_row]\n", "12: vat: expected per_row or per_rate"),
        ("missing_reference: se\n", '12: missing_reference: "se": expected fi or rf'),
        ("scattered: ja\n", "12: scattered: expected true or false"),
        ("columns: {n: {a: b}}\n", "12: columns.n: expected a list"),
        ("columns: [a]\n", "12: columns: expected a block of key: value lines"),
        ("rules: {ibn: warning}\n", "12: rules.ibn: there is no rule"),
        ("rules: {payable: off}\n", "12: rules.payable: rule E-PAYABLE is fixed"),
        ("tables: {t: {file: missing.csv}}\n", "12: tables.t.file: missing.csv: there is no such file"),
        ("tables: {t: {file: ../t.csv}}\n", "12: tables.t.file: ../t.csv: lies outside the mapping's folder"),
        ("tables: {t: {file: t.csv, A: B}}\n", "12: tables.t: a table is either a file or codes, not both"),
        (
            "locale: {decimal: ',', thousands: [',']}\n",
            '12: locale: "," is declared both as decimal and as thousands mark',
        ),
        ("locale: {thousands: ['ab']}\n", '12: locale.thousands.0: "ab" cannot be a thousands mark'),
        ("locale: {thousands: ['5']}\n", '12: locale.thousands.0: "5" cannot be a thousands mark'),
        ("locale: {thousands: ['-']}\n", '12: locale.thousands.0: "-" cannot be a thousands mark'),
        ("locale: {decimal: '5'}\n", '12: locale.decimal: "5" cannot be a decimal mark'),
        ("locale: {decimal: ' '}\n", '12: locale.decimal: " " cannot be a decimal mark'),
        ("locale: {decimal: '..'}\n", '12: locale.decimal: ".." cannot be a decimal mark: one character'),
        ("locale: {dates: ['%d.%m']}\n", '12: locale.dates.0: "%d.%m" is not a date pattern'),
        ("locale: {dates: ['%d.%m.%Q']}\n", '12: locale.dates.0: "%d.%m.%Q" is not a date pattern'),
        ("locale: {dates: ['%d.%d.%m.%Y']}\n", "is not a date pattern"),
    ],
)
def test_a_mistake_in_a_block_names_its_line_and_path(tmp_path: Path, more: str, said: str) -> None:
    assert said.lower() in mistakes(tmp_path, HEAD + BODY + more)[0].lower()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("buyer.adress.street: Katu", 'there is no such field; did you mean "buyer.address.street"?'),
        ("rows.net_amount: X", "there is no such field"),
        ("due_date: {colum: X}", 'invoice.due_date.colum: there is no such key here; did you mean "column"?'),
        ("due_date: {column: X, constant: 2026-11-02}", "a field needs exactly one of column, columns, constant"),
        ("due_date: {column: X, columns: [Y]}", "a field needs exactly one of column, columns, constant"),
        ("due_date: {transform: [strip]}", "a field needs exactly one of column, columns, constant"),
        ("description: {register: customers}", "expected a register and one of its columns, as in customers.Street"),
        ("description: {column: X, split: {at: '-', take: 0}}", "split.take: expected 1 or more"),
        ("description: {column: X, split: {at: '-', take: last}}", "split.take: expected a whole number"),
        ("due_date: [X]", "expected a block of key: value lines"),
        ("due_date: {column: X, transform: [stripp]}", 'there is no step "stripp"; did you mean "strip"?'),
        ("due_date: {column: X, table: kindz}", 'there is no table "kindz"; did you mean "kinds"?'),
        ("due_date: {constant: tomorrow}", 'invoice.due_date.constant: "tomorrow": expected a date like 2026-12-31'),
        ("due_date: {column: X, default: tomorrow}", 'invoice.due_date.default: "tomorrow": expected a date like'),
        (
            "amounts.paid_amount: {column: X, default: '0,00'}",
            'default: "0,00": expected a number with decimal mark "."',
        ),
        ("type: {constant: INVOISE}", 'invoice.type.constant: "INVOISE": expected INVOICE, CREDIT_NOTE'),
        ("type: {constant: Kuitti, table: kinds}", 'invoice.type.constant: "Kuitti": the table "kinds" of the mapping'),
        ("type: {column: X, table: bad}", 'invoice.type.table: "INVOISE": expected INVOICE, CREDIT_NOTE'),
        ("distribution.method: {constant: MAIL}", 'constant: "MAIL": expected EMAIL, EDI or LETTER'),
        ("buyer.entity_type: {column: X, default: Oy}", 'default: "Oy": expected BUSINESS or CONSUMER'),
        ("description: {constant: abc, transform: [digits]}", 'constant: "abc": expected at least one digit'),
    ],
)
def test_a_mistake_in_a_field_names_its_line_and_the_nearest_right_name(tmp_path: Path, rule: str, said: str) -> None:
    tables = "tables:\n  kinds: {Lasku: INVOICE, Muistutus: REMINDER}\n  bad: {Lasku: INVOISE}\n"
    (mistake,) = mistakes(tmp_path, HEAD + tables + BODY.replace("rows:", f"  {rule}\nrows:"))
    assert mistake.startswith("13: invoice.")
    assert said.lower() in mistake.lower()


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = (
        (HEAD + BODY)
        .replace("  date: Pvm\n", "  dat: Pvm\n  due_date: {column: X, table: t}\n")
        .replace("net_amount", "netto")
    )
    assert [line.split(": ")[0:2] for line in mistakes(tmp_path, text)] == [
        ["4", "invoice.date"],
        ["6", "invoice.dat"],
        ["7", "invoice.due_date.table"],
        ["12", "rows.netto"],
    ]


@pytest.mark.parametrize("name", REQUIRED)
def test_what_every_invoice_needs_must_be_mapped(tmp_path: Path, name: str) -> None:
    lines = [line for line in (HEAD + BODY).splitlines() if not line.startswith(f"  {name}:")]
    assert mistakes(tmp_path, "\n".join(lines)) == [f"4: invoice.{name}: is required and not mapped"]


def test_a_mapping_without_rows_is_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path, HEAD + BODY.partition("rows:")[0]) == [
        "1: rows: no row field is mapped: an invoice needs rows"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: version: is required"),
        ("- a\n", "1: expected a block of key: value lines"),
        ("text\n", "1: expected a block of key: value lines"),
        (HEAD.replace("version: 1", "version: 2") + BODY, '1: version: "2": expected 1'),
        (HEAD + HEAD + BODY, '4: "version" stands twice: here and on line 1'),
        (HEAD + BODY.replace("date: Pvm", "date: *pvm"), "6: anchors and aliases"),
    ],
)
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, said: str) -> None:
    assert any(line.startswith(said) for line in mistakes(tmp_path, text))


def test_a_file_that_cannot_be_read_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"missing\.yaml: cannot be read"):
        load_mapping(tmp_path / "missing.yaml", registry())


def test_an_adapter_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match=r'no adapter "csv"; there are: .*csv_file'):
        loaded(tmp_path, HEAD.replace("csv_file", "csv") + BODY)


def test_all_scalars_of_a_mapping_are_text(tmp_path: Path) -> None:
    more = "columns: {a: [NO, 00100, 1e3, null]}\nlocale: {empty: [NULL, ~]}\n"
    made = loaded(tmp_path, HEAD + BODY.replace("Myyjä Oy", "00100") + more)
    assert made.file.columns["a"] == ("NO", "00100", "1e3", "null")
    assert made.file.invoice["seller.name"].constant == "00100"
    assert all(made.locale.is_empty(text) for text in ("NULL", "~", ""))


def test_the_result_columns_may_have_other_headers(tmp_path: Path) -> None:
    made = loaded(tmp_path, HEAD + BODY + "results: {state: Tila, message: Virhe}\n")
    assert made.headers.names() == ("Tila", "Virhe", "confirma_updated", "confirma_case_id")


def test_the_users_own_severities_lie_below_the_mappings(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(HEAD + BODY + "rules: {iban: off}\n", "utf-8")
    made = load_mapping(path, registry(), {"IBAN": "warning", "business-id": "warning"})
    assert made.severities == {"E-IBAN": "off", "E-BUSINESS-ID": "warning"}


def test_the_vocabulary_is_every_field_of_the_invoice_in_words() -> None:
    words = """number due_date currency_code references.payment references.credited_invoice_number seller.business_id
    seller.payment_details.iban buyer.address.postal_code buyer.contact.email buyer.electronic_invoice_account
    buyer.electronic_routing_address distribution.method amounts.gross_amount delivery.name recipient.email
    attachments.file attachments.url processing.payment_control_enabled supply_date"""
    rows = """product_code product_name description quantity unit unit_price vat_percentage net_amount vat_amount
    gross_amount row_number discount_percentage discount_amount vat_code prices"""
    assert set(words.split()) <= set(INVOICE_FIELDS)
    assert set(rows.split()) == set(ROW_FIELDS)
    assert not any(name.startswith(("header.", "rows")) for name in INVOICE_FIELDS)


def test_the_schema_for_editors_knows_the_closed_vocabulary() -> None:
    schema = json.loads(json.dumps(mapping_schema()))
    assert schema["properties"]["invoice"]["propertyNames"]["enum"] == list(INVOICE_FIELDS)
    assert schema["properties"]["rows"]["propertyNames"]["enum"] == list(ROW_FIELDS)
    assert schema["additionalProperties"] is False
    assert set(PLAIN) <= set(schema["properties"])


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_mapping_loads(name: str) -> None:
    made = load_mapping(find(name), registry(), as_it_is=True)
    assert made.name == name
    assert made.file.description
    assert made.locale.date(dt.date(2026, 1, 31).strftime(made.locale.dates[0])) == dt.date(2026, 1, 31)


def test_a_mapping_is_found_by_its_file_or_its_shipped_name(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    path.write_text(yaml.safe_dump(dict(PLAIN)), "utf-8")
    assert find(str(path)) == path
    assert find("row-per-line").name == "row-per-line.yaml"
    with pytest.raises(MappingError, match="there is no mapping file"):
        find(str(tmp_path / "missing.yaml"))
    with pytest.raises(MappingError, match='no shipped mapping "row-per-lin"; did you mean "row-per-line"'):
        find("row-per-lin")
    with pytest.raises(MappingError, match=r"a file of your own ends in \.yaml"):
        find("zzz")

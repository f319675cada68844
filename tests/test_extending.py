"""A mapping on top of another: what is merged, replaced and taken out, and that a mistake names the file it stands in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mapped import registry

from confirma_connector.errors import MappingError
from confirma_connector.mapping import LoadedMapping, find, load_mapping, mapping_schema
from confirma_connector.plugins import bundled

BASE = """version: 1
name: base
description: What the base is
adapter: csv_file
source: {delimiter: semicolon, encoding: cp1252}
locale: {decimal: ",", dates: ["%d.%m.%Y", "%Y-%m-%d"], empty: ["", "-"]}
columns:
  number: [Nro, Numero]
  buyer: Asiakas
skip: [{column: number, starts_with: Yht}]
group_by: number
prices: gross
invoice:
  number: number
  date: Pvm
  due_date: {column: Eräpvm, transform: [strip]}
  type: {column: Laji, table: kinds, default: INVOICE}
  currency_code: {constant: EUR}
  seller.name: {constant: Myyjä Oy}
  buyer.name: buyer
rows:
  net_amount: Veroton
  unit: Yksikkö
tables:
  kinds: {Lasku: INVOICE, Hyvitys: CREDIT_NOTE}
results: {state: Tila, message: Virhe}
rules: {iban: warning}
"""
HEAD = """version: 1
name: own
extends: base.yaml
"""


def loaded(folder: Path, more: str = "", *, head: str = HEAD, base: str = BASE) -> LoadedMapping:
    """The mapping own.yaml, its text from line 4 on being *more*, on top of base.yaml."""
    (folder / "base.yaml").write_text(base, "utf-8")
    (folder / "own.yaml").write_text(head + more, "utf-8")
    return load_mapping(folder / "own.yaml", registry())


def mistakes(folder: Path, more: str = "", *, head: str = HEAD, base: str = BASE) -> list[str]:
    with pytest.raises(MappingError) as refused:
        loaded(folder, more, head=head, base=base)
    return str(refused.value).replace(f"{folder}{'/' if '/' in str(folder) else chr(92)}", "").splitlines()


# -- what is inherited -------------------------------------------------------------------------------------------------


def test_what_a_file_does_not_say_it_inherits(tmp_path: Path) -> None:
    own = loaded(tmp_path)
    (tmp_path / "alone.yaml").write_text(BASE, "utf-8")
    base = load_mapping(tmp_path / "alone.yaml", registry())
    own_words = {"name", "description", "extends"}
    assert own.file.model_dump(exclude=own_words) == base.file.model_dump(exclude=own_words)
    assert (own.options, own.severities, own.tables) == (base.options, base.severities, base.tables)


def test_name_description_and_path_are_those_of_the_extending_file(tmp_path: Path) -> None:
    own = loaded(tmp_path)
    assert (own.name, own.file.description, own.file.extends) == ("own", "", "base.yaml")
    assert own.path == tmp_path / "own.yaml"
    assert loaded(tmp_path, "description: Mine\n").file.description == "Mine"


def test_a_shipped_mapping_is_extended_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(HEAD.replace("base.yaml", "row-per-invoice") + "columns: {number: Laskunro}\n", "utf-8")
    own, base = (load_mapping(at, registry()) for at in (path, find("row-per-invoice")))
    assert own.file.columns == {**base.file.columns, "number": ("Laskunro",)}
    assert own.file.invoice == base.file.invoice
    assert own.tables["customers"].codes["Yritys"] == "BUSINESS"
    assert base.path.parent == bundled("mappings")


def test_a_file_that_extends_another_may_be_extended(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "first.yaml").write_text(BASE, "utf-8")
    middle = HEAD.replace("own", "middle").replace("base.yaml", "common/first.yaml")
    own = loaded(
        tmp_path,
        "invoice:\n  date: Own\n",
        base=middle + "invoice:\n  date: Middle\n  due_date: Middle\ncolumns: {buyer: }\n",
    )
    fields = own.file.invoice
    assert [fields[name].column for name in ("date", "due_date", "number")] == ["Own", "Middle", "number"]
    assert set(own.file.columns) == {"number"}


def test_a_base_need_not_be_a_whole_mapping(tmp_path: Path) -> None:
    own = loaded(
        tmp_path,
        BASE.partition("description: What the base is\n")[2],
        base="version: 1\nname: house\nresults: {case_id: Tapaus}\n",
    )
    assert own.headers.names() == ("Tila", "Virhe", "confirma_updated", "Tapaus")


# -- what is merged, and what is replaced ------------------------------------------------------------------------------


def test_blocks_are_merged_key_by_key(tmp_path: Path) -> None:
    own = loaded(
        tmp_path,
        "source: {delimiter: comma}\nlocale: {decimal: .}\ncolumns: {buyer: Kund}\n"
        "results: {message: Huom}\nrules: {business-id: off}\nrows: {description: Selite}\n",
    )
    assert own.file.source == {"delimiter": "comma", "encoding": "cp1252"}
    assert (own.locale.decimal, own.locale.dates) == (".", ("%d.%m.%Y", "%Y-%m-%d"))
    assert own.file.columns == {"number": ("Nro", "Numero"), "buyer": ("Kund",)}
    assert own.headers.names()[:2] == ("Tila", "Huom")
    assert own.severities == {"E-IBAN": "warning", "E-BUSINESS-ID": "off"}
    assert set(own.file.rows) == {"net_amount", "unit", "description"}


def test_a_text_or_a_list_replaces_that_of_the_base(tmp_path: Path) -> None:
    own = loaded(
        tmp_path,
        "columns: {number: [Laskunro]}\nlocale: {dates: ['%d/%m/%Y']}\nprices: net\ngroup_by: [a, b]\n"
        "skip: [{column: buyer, empty: true}]\n",
    )
    assert own.file.columns["number"] == ("Laskunro",)
    assert own.locale.dates == ("%d/%m/%Y",)
    assert (own.file.prices, own.file.group_by) == ("net", ("a", "b"))
    assert [(skip.column, skip.starts_with) for skip in own.file.skip] == [("buyer", None)]


@pytest.mark.parametrize("form", ["Eräpäivä", "{column: Eräpäivä}"])
def test_a_field_is_replaced_whole_and_never_mixed(tmp_path: Path, form: str) -> None:
    rule = loaded(tmp_path, f"invoice:\n  due_date: {form}\n").file.invoice["due_date"]
    assert (rule.column, rule.transform) == ("Eräpäivä", ())


def test_a_column_of_the_base_can_become_a_constant(tmp_path: Path) -> None:
    rule = loaded(tmp_path, "invoice:\n  buyer.name: {constant: Ostaja Oy}\n").file.invoice["buyer.name"]
    assert (rule.column, rule.constant) == (None, "Ostaja Oy")


def test_the_codes_of_a_table_are_merged_one_by_one(tmp_path: Path) -> None:
    own = loaded(tmp_path, "tables:\n  kinds: {Hyvitys: INVOICE, Kertalasku: INVOICE}\n  more: {A: B}\n")
    assert own.tables["kinds"].codes == {"Lasku": "INVOICE", "Hyvitys": "INVOICE", "Kertalasku": "INVOICE"}
    assert own.tables["more"].codes == {"A": "B"}


def test_a_table_that_becomes_a_file_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "kinds.csv").write_text("code,value\nK,CREDIT_NOTE\n", "utf-8")
    own = loaded(tmp_path, "tables: {kinds: {file: kinds.csv}}\n")
    assert own.tables["kinds"].codes == {"K": "CREDIT_NOTE"}


def test_a_table_that_was_a_file_is_replaced_whole(tmp_path: Path) -> None:
    base = BASE.replace("{Lasku: INVOICE, Hyvitys: CREDIT_NOTE}", "{file: missing.csv}")
    own = loaded(tmp_path, "tables: {kinds: {K: CREDIT_NOTE}}\n", base=base)
    assert own.tables["kinds"].codes == {"K": "CREDIT_NOTE"}


def test_a_table_file_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "common").mkdir()
    for folder, meaning in ((tmp_path / "common", "CREDIT_NOTE"), (tmp_path, "INVOICE")):
        (folder / "kinds.csv").write_text(f"code,value\nK,{meaning}\n", "utf-8")
    base = BASE.replace("{Lasku: INVOICE, Hyvitys: CREDIT_NOTE}", "{file: kinds.csv}")
    (tmp_path / "common" / "base.yaml").write_text(base, "utf-8")
    head = HEAD.replace("base.yaml", "common/base.yaml")
    assert loaded(tmp_path, head=head).tables["kinds"].codes == {"K": "CREDIT_NOTE"}
    own = loaded(tmp_path, "tables: {kinds: {file: kinds.csv}}\n", head=head)
    assert own.tables["kinds"].codes == {"K": "INVOICE"}


def test_the_source_block_is_inherited_only_for_the_same_adapter(tmp_path: Path) -> None:
    assert loaded(tmp_path, "adapter: csv_file\n").file.source == {"delimiter": "semicolon", "encoding": "cp1252"}
    other = BASE.replace("adapter: csv_file", "adapter: other").replace("delimiter: semicolon", "sheet: Laskut")
    assert loaded(tmp_path, "adapter: csv_file\n", base=other).file.source == {}
    own = loaded(tmp_path, "adapter: csv_file\nsource: {delimiter: tab}\n", base=other)
    assert own.file.source == {"delimiter": "tab"}


# -- what is taken out -------------------------------------------------------------------------------------------------


def test_a_blank_key_takes_out_what_is_inherited(tmp_path: Path) -> None:
    own = loaded(
        tmp_path,
        "skip:\ngroup_by:\nprices:\nlocale: {empty: }\ncolumns: {buyer: }\nresults:\n  state:\nrules:\n"
        "source: {encoding: }\ninvoice:\n  due_date:\n  type:\nrows:\n  unit:\ntables:\n  kinds:\n",
    )
    assert (own.file.skip, own.file.group_by, own.file.prices) == ((), (), "net")
    assert (own.file.locale.empty, own.file.source) == (("",), {"delimiter": "semicolon"})
    assert set(own.file.columns) == {"number"}
    assert set(own.file.rows) == {"net_amount"}
    assert set(own.file.invoice) == {"number", "date", "currency_code", "seller.name", "buyer.name"}
    assert (own.tables, own.severities) == ({}, {})
    assert own.headers.names()[:2] == ("confirma_state", "Virhe")


def test_a_blank_code_is_taken_out_and_an_empty_text_is_a_meaning(tmp_path: Path) -> None:
    own = loaded(tmp_path, "tables: {kinds: {Lasku: , Hyvitys: ''}}\n")
    assert own.tables["kinds"].codes == {"Hyvitys": ""}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("invoice:\n  due_dat:\n", '5: invoice.due_dat: there is nothing to take out; did you mean "due_date"?'),
        ("invoice:\n  supply_date:\n", "5: invoice.supply_date: there is nothing to take out"),
        ("colums:\n", '4: colums: there is nothing to take out; did you mean "columns"?'),
        ("fill_down:\n", "4: fill_down: there is nothing to take out"),
        ("description:\n", "4: description: there is nothing to take out"),
        ("columns:\n  buyr:\n", '5: columns.buyr: there is nothing to take out; did you mean "buyer"?'),
        (
            "tables: {kinds: {Laskut: }}\n",
            '4: tables.kinds.Laskut: there is nothing to take out; did you mean "Lasku"?',
        ),
        ("results: {updated: }\n", "4: results.updated: there is nothing to take out; known are state, message"),
        ("invoice:\n  due_date:\n    column: X\n    default:\n", "7: invoice.due_date.default: nothing stands here"),
        ("tables:\n  more: {A: }\n", "5: tables.more.A: nothing stands here"),
        ("tables: {kinds: {Lasku: , file: kinds.csv}}\n", "4: tables.kinds.Lasku: nothing stands here"),
        ("fill_down:\n  -\n", "5: fill_down.0: nothing stands here"),
        ("adapter:\n", "4: adapter: is required"),
        ("invoice:\n  number:\n", "5: invoice.number: is required and not mapped"),
        ("invoice:\n", "4: invoice: is required"),
        ("rows:\n", "4: rows: no row field is mapped: an invoice needs rows"),
        (
            "tables:\n  kinds:\n  other: {A: B}\n",
            '5: invoice.type.table: there is no table "kinds"; known are other',
        ),
    ],
)
def test_taking_out_what_is_not_there_or_is_needed_is_an_error_at_its_line(
    tmp_path: Path, more: str, said: str
) -> None:
    assert mistakes(tmp_path, more)[0].startswith(f"own.yaml, line {said}")


def test_a_blank_key_where_nothing_is_extended_is_an_error(tmp_path: Path) -> None:
    base = BASE.replace("due_date: {column: Eräpvm, transform: [strip]}", "due_date:")
    assert mistakes(tmp_path, base=base) == [
        'base.yaml, line 16: invoice.due_date: nothing stands here; an empty text is ""'
    ]
    assert loaded(tmp_path, "invoice: {due_date: Eräpvm}\n", base=base).file.invoice["due_date"].column == "Eräpvm"


# -- where a mistake stands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("colums: {a: b}\n", '4: colums: there is no such key here; did you mean "columns"?'),
        ("invoice:\n  due_dat: X\n", '5: invoice.due_dat: there is no such field; did you mean "due_date"?'),
        ("invoice:\n  due_date: {column: X, table: kindz}\n", '5: invoice.due_date.table: there is no table "kindz"'),
        ("source: {delimeter: tab}\n", '4: source.delimeter: there is no such key here; did you mean "delimiter"?'),
        ("tables:\n  kinds:\n    Muu: INVOISE\n", '6: invoice.type.table: "INVOISE": expected INVOICE, CREDIT_NOTE'),
        ("tables: {kinds: {Muu: INVOICE, file: x.csv}}\n", "4: tables.kinds: a table is either a file or codes"),
        ("tables: {more: {file: no.csv}}\n", "4: tables.more.file: no.csv: there is no such file"),
        ("locale: {thousands: ','}\n", '4: locale: "," is declared both as decimal and as thousands mark'),
        ("skip: [{column: number}]\n", "4: skip.0: a skip needs exactly one of"),
        ("invoice: X\n", "4: invoice: expected a block of key: value lines"),
        ("rules: {ibn: off}\n", "4: rules.ibn: There is no rule"),
    ],
)
def test_a_mistake_of_the_extending_file_names_it_and_the_line(tmp_path: Path, more: str, said: str) -> None:
    assert mistakes(tmp_path, more)[0].startswith(f"own.yaml, line {said}")


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("due_date: {", "due_dat: {", '16: invoice.due_dat: there is no such field; did you mean "due_date"?'),
        ("delimiter: ", "delimeter: ", '5: source.delimeter: there is no such key here; did you mean "delimiter"?'),
        ("[strip]", "[stripp]", '16: invoice.due_date.transform: there is no step "stripp"'),
        ("Hyvitys: CREDIT_NOTE", "Hyvitys: CREDIT", '17: invoice.type.table: "CREDIT": expected'),
        ("group_by: number", "grup_by: number", "11: grup_by: there is no such key here"),
        ('"%Y-%m-%d"]', '"%Y-%m"]', '6: locale.dates.1: "%Y-%m" is not a date pattern'),
        ("starts_with: Yht", "start_with: Yht", "10: skip.0.start_with: there is no such key here"),
        ("{iban: warning}", "{ibn: warning}", "27: rules.ibn: There is no rule"),
        ("{Lasku: INVOICE, Hyvitys: CREDIT_NOTE}", "{file: no.csv}", "25: tables.kinds.file: no.csv: there is no such"),
        ("  currency_code: {constant: EUR}\n", "", "13: invoice.currency_code: is required and not mapped"),
        ("version: 1", "version: 2", '1: version: "2": expected 1'),
        ("name: base\n", "", "1: name: is required"),
        (BASE, "- a\n", "1: expected a block of key: value lines"),
        (BASE, "", "1: name: is required"),
        ("prices: gross", "prices: [", "12: this is not YAML: a bracket is opened here"),
    ],
)
def test_a_mistake_of_the_base_names_the_base_and_the_line(tmp_path: Path, right: str, wrong: str, said: str) -> None:
    blocks = "locale: {decimal: .}\ntables: {more: {A: B}}\nrules: {business-id: off}\nsource: {encoding: utf-8}\n"
    assert right in BASE
    assert mistakes(tmp_path, blocks, base=BASE.replace(right, wrong))[0].startswith(f"base.yaml, line {said}")


def test_what_is_replaced_or_taken_out_is_no_mistake_of_the_base_any_more(tmp_path: Path) -> None:
    base = BASE.replace("[strip]", "[stripp]").replace("starts_with: Yht", "start_with: Yht")
    own = loaded(tmp_path, "invoice:\n  due_date: Eräpvm\nskip:\n", base=base)
    assert own.file.invoice["due_date"].transform == ()


def test_the_mistakes_of_all_files_are_told_at_once_the_files_own_first(tmp_path: Path) -> None:
    base = BASE.replace("[strip]", "[stripp]").replace("net_amount", "netto")
    told = mistakes(tmp_path, "invoice:\n  dat: X\n  date: {column: X, table: no}\n", base=base)
    assert [line.split(": ")[0:2] for line in told] == [
        ["own.yaml, line 5", "invoice.dat"],
        ["own.yaml, line 6", "invoice.date.table"],
        ["base.yaml, line 16", "invoice.due_date.transform"],
        ["base.yaml, line 22", "rows.netto"],
    ]


def test_what_only_a_new_locale_makes_wrong_is_told_where_the_text_stands(tmp_path: Path) -> None:
    base = BASE.replace("buyer.name:", "amounts.paid_amount: {column: M, default: '0,00'}\n  buyer.name:")
    (mistake,) = mistakes(tmp_path, "locale: {decimal: .}\n", base=base)
    assert mistake.startswith('base.yaml, line 20: invoice.amounts.paid_amount.default: "0,00": expected a number')


def test_a_mistake_in_a_table_file_of_ones_own_names_the_line_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "kinds.csv").write_text("code,value\nK,CREDIT\n", "utf-8")
    (mistake,) = mistakes(tmp_path, "tables:\n  kinds:\n    file: kinds.csv\n")
    assert mistake.startswith('own.yaml, line 6: invoice.type.table: "CREDIT": expected')


# -- what is extended --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("row-per-invoic", 'there is no shipped mapping "row-per-invoic"; did you mean "row-per-invoice"?'),
        ("zzz", 'there is no shipped mapping "zzz"; a file of your own ends in .yaml'),
        ("bse.yaml", "there is no mapping file bse.yaml"),
        ("''", 'there is no shipped mapping ""'),
        ("[base.yaml]", "expected text"),
        ("", "nothing stands here"),
    ],
)
def test_what_is_extended_must_be_there(tmp_path: Path, name: str, said: str) -> None:
    told = mistakes(tmp_path, head=HEAD.replace("base.yaml", name))
    assert any(mistake.startswith(f"own.yaml, line 3: extends: {said}") for mistake in told)


def test_a_path_begins_at_the_file_that_extends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    loaded(tmp_path)
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_mapping(Path("..") / "own.yaml", registry()).file.prices == "gross"


def test_a_circle_is_an_error_that_names_the_files(tmp_path: Path) -> None:
    base = "version: 1\nname: base\n\nextends: third.yaml\n"
    (tmp_path / "third.yaml").write_text("version: 1\nname: third\nextends: base.yaml\n", "utf-8")
    circle = "own.yaml extends base.yaml extends third.yaml extends base.yaml"
    assert mistakes(tmp_path, base=base) == [f"third.yaml, line 3: extends: this is a circle: {circle}"]


def test_a_file_that_extends_itself_is_a_circle(tmp_path: Path) -> None:
    assert mistakes(tmp_path, head=HEAD.replace("base.yaml", "own.yaml")) == [
        "own.yaml, line 3: extends: this is a circle: own.yaml extends own.yaml"
    ]


def test_a_circle_by_another_path_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    base = "version: 1\nname: base\nextends: sub/../own.yaml\n"
    assert "this is a circle" in mistakes(tmp_path, base=base)[0]


@pytest.mark.parametrize("missing", ["version: 1\n", "name: own\n"])
def test_every_file_says_its_own_version_and_name(tmp_path: Path, missing: str) -> None:
    (mistake,) = mistakes(tmp_path, head=HEAD.replace(missing, ""))
    assert mistake == f"own.yaml, line 1: {missing.partition(':')[0]}: is required"


# -- for editors -------------------------------------------------------------------------------------------------------


def test_the_schema_asks_for_adapter_and_invoice_only_where_nothing_is_extended() -> None:
    schema = json.loads(json.dumps(mapping_schema()))
    assert schema["required"] == ["version", "name"]
    assert schema["if"] == {"not": {"required": ["extends"]}}
    assert schema["then"] == {"required": ["adapter", "invoice"]}
    assert "extends" in schema["properties"]


def test_the_schema_lets_a_key_be_blank_where_it_takes_something_out() -> None:
    schema = mapping_schema()
    parts, blocks = schema["properties"], schema["$defs"]
    blank = {"type": "null"}
    for part in (parts["skip"], parts["adapter"], parts["invoice"]["additionalProperties"], parts["locale"]):
        assert blank in part["anyOf"]
    for part in (blocks["LocaleBlock"]["properties"]["empty"], blocks["ResultsBlock"]["properties"]["state"]):
        assert blank in part["anyOf"]
    assert parts["tables"]["type"] == parts["tables"]["additionalProperties"]["type"] == ["object", "null"]
    assert blank in parts["tables"]["additionalProperties"]["additionalProperties"]["anyOf"]
    assert "anyOf" not in parts["name"]


def test_the_schema_takes_a_version_as_an_editor_reads_it() -> None:
    assert mapping_schema()["properties"]["version"]["enum"] == ["1", 1]

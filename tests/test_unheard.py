"""A misspelt column is nothing, and no error, where records may leave out fields: that it is nowhere is told."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import MAPPING, World

from confirma_connector import pipeline, plugins
from confirma_connector.errors import MappingError
from confirma_connector.pipeline import Choice
from confirma_connector.records import Record
from confirma_connector.run import Run
from confirma_connector.unheard import Unheard

SAMPLE = Path(__file__).parents[1] / "samples" / "own-xml"


def told(names: list[str], *columns: str) -> list[str]:
    listening = Unheard({column: (column,) for column in columns})
    listening.hear(Record(dict.fromkeys(names, "x"), 1, "line 1", "1", "header"))
    return list(listening.told())


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("cust/mali", "cust/mail"),
        ("cust/Mail", "cust/mail"),
        ("ordnr", "ordno"),
        ("a/adress/zip", "a/address/zip"),
        ("/head/ordnr", "head/ordno"),
        ("Ref[Q=009]/Numer", "Ref[2]/Number"),
        ("Amount/@curency", "Amount/@currency"),
    ],
)
def test_a_slip_is_told_beside_what_is_there(column: str, name: str) -> None:
    (said,) = told([name, "other"], column)
    assert f'"{column}", which is nowhere in this file' in said


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["cust/mail"], ["cust/mail"]),
        (["ID"], ["No"]),
        (["SellerStreetName"], ["SellerTownName"]),
        (["a/b"], ["a/b/c"]),
        (["mail", "mali"], ["mail"]),
        (["x/y"], ["v/w"]),
    ],
)
def test_what_is_left_out_or_read_already_is_no_slip(columns: list[str], names: list[str]) -> None:
    assert told(names, *columns) == []


def test_what_comes_late_in_a_file_is_heard() -> None:
    listening = Unheard(
        {"late": ("late",), "never": ("never", "no")}, {"late": ("",), "never": ("",)}, is_thorough=True
    )
    for at in range(1, 2_001):
        listening.hear(Record({"late" if at == 2_000 else "other": "x"}, at, f"line {at}", "1", "header"))
    assert list(listening.told()) == ['the mapping reads "never or no", which is nowhere in this file']


@given(st.lists(st.text("ab/", min_size=1, max_size=5), max_size=5))
def test_what_is_there_is_never_called_misspelt(names: list[str]) -> None:
    assert told(names, *names) == []


def test_check_and_send_tell_it(world: World) -> None:
    mapping = (SAMPLE / "mapping.yaml").read_text("utf-8")
    misspelt = mapping.replace("customer/mail[@use=laskut]", "customer/mial[@use=laskut]")
    assert misspelt != mapping
    (world.folder / "mapping.yaml").write_text(misspelt, "utf-8")
    path = world.folder / "in.xml"
    path.write_bytes((SAMPLE / "invoices.xml").read_bytes())
    said = 'the mapping reads "customer/mial[@use=laskut]", which is nowhere in this file; is "customer/mail" meant?'
    assert said in pipeline.check(world.run(), Choice((path,))).files[0].notices
    assert said in world.send(path).files[0].notices


FIXED = """
import csv, io
from confirma_connector import Record, hookimpl

@hookimpl
def read(source):
    table = csv.DictReader(io.StringIO(source.path.read_text("utf-8")), delimiter=";")
    for at, row in enumerate(table, 1):
        head = {name: cell for name, cell in row.items() if name not in ("Selite", "Määrä", "Hinta", "ALV")}
        yield Record(head, at, f"line {at + 1}", f"line {at + 1}", "header")
        yield Record({name: row[name] for name in row if name not in head}, -at, f"line {at + 1}", f"line {at + 1}", "line")
"""
CHECKED = """
from pydantic import BaseModel

class Options(BaseModel):
    def check_column(self, name, part):
        if name == "Kimd":
            raise ValueError("there is no field Kimd")

@hookimpl
def options():
    return Options
"""


def of_partner(world: World, code: str, *changes: tuple[str, str], more: str = "") -> Run:
    """Give a run of a partner's adapter, whose mapping has *changes* and *more*."""
    text = MAPPING.replace("adapter: csv_file", "adapter: partner")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (world.folder / "mapping.yaml").write_text(f"{text}{more}", "utf-8")
    folder = world.folder / "adapters"
    folder.mkdir()
    (folder / "partner.py").write_text(code, "utf-8")
    sys.modules.pop("confirma_adapter_partner", None)
    return dataclasses.replace(world.run(), registry=plugins.discover([folder], []))


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (("description: text", "description: text\n  unit: Kimd"), ""),
        (("unit_price: price", "unit_price: {column: price, per: Kimd}"), ""),
        (("unit_price: price", "unit_price: {column: price, negative_when: {column: Kimd, equals: H}}"), ""),
        (("missing_reference: fi", "missing_reference: fi"), "skip: [{column: Kimd, equals: T, part: header}]\n"),
        (("missing_reference: fi", "missing_reference: fi"), "skip: [{column: Kimd, equals: T}]\n"),
        (("missing_reference: fi", "missing_reference: fi"), "charges: [{net_amount: Kimd}]\n"),
        (("missing_reference: fi", "missing_reference: fi\nfirst_in_group: [Kimd]"), ""),
    ],
    ids=["unit", "per", "negative_when", "skip a header", "skip", "charges", "first_in_group"],
)
def test_wherever_a_mapping_names_a_column_that_is_nowhere_it_is_told(
    world: World, change: tuple[str, str], more: str
) -> None:
    run = of_partner(world, FIXED, change, more=more)
    report = pipeline.check(run, Choice((world.source(1001, 1002),)))
    assert report.files[0].unheard == ('the mapping reads "Kimd", which is nowhere in this file',)
    assert report.exit_code == 0


def test_in_a_long_file_too_and_where_all_are_there_nothing_is_told(world: World) -> None:
    run = of_partner(world, FIXED, more="skip: [{column: Kimd, equals: T}]\n")
    source = world.source(*range(1001, 1601))
    (said,) = pipeline.check(run, Choice((source,))).files[0].unheard
    assert '"Kimd"' in said
    (world.folder / "mapping.yaml").write_text(MAPPING.replace("adapter: csv_file", "adapter: partner"), "utf-8")
    assert pipeline.check(run, Choice((source,))).files[0].unheard == ()


def test_rows_that_read_a_field_of_their_header_are_told_that_they_do_not_see_it(world: World) -> None:
    run = of_partner(
        world,
        FIXED,
        ("unit_price: price", "unit_price: {column: price, negative_when: {column: Kaupunki, equals: H}}"),
        ("missing_reference: fi", "missing_reference: fi\nfirst_in_group: [Pvm]"),
    )
    (said,) = pipeline.check(run, Choice((world.source(1001),))).files[0].unheard
    assert said.startswith('the mapping reads "Kaupunki" for the rows, and only the headers of the invoices have it')


def test_an_invoice_that_reads_a_field_of_its_rows_is_told(world: World) -> None:
    run = of_partner(world, FIXED, ("due_date: due", "due_date: due\n  description: Selite"))
    (said,) = pipeline.check(run, Choice((world.source(1001),))).files[0].unheard
    assert said.startswith('the mapping reads "Selite" for the invoice, and only rows have it')


def test_an_adapter_that_knows_its_columns_refuses_the_mapping_instead(world: World) -> None:
    run = of_partner(world, FIXED + CHECKED, more="skip: [{column: Kimd, equals: T}]\n")
    with pytest.raises(MappingError, match=r"skip\.0: there is no field Kimd"):
        pipeline.check(run, Choice((world.source(1001),)))

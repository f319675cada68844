"""A misspelt path into a tree is nothing, and no error: a name that is nearly the same tells that it is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import World

from confirma_connector import pipeline
from confirma_connector.pipeline import Choice
from confirma_connector.records import Record
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

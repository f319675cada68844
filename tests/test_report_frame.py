"""A report as a DataFrame, for notebooks and further work in pandas."""

from __future__ import annotations

import sys

import pytest
from world import World, invoice_rows

from confirma_connector import pipeline
from confirma_connector.errors import SettingsError
from confirma_connector.pipeline import Choice
from confirma_connector.report import Report

COLUMNS = ["file", "number", "state", "where", "message", "case_id", "is_new", "problems", "results"]


def empty() -> Report:
    return Report(command="check", environment="sandbox", account="acme", exit_code=0)


def test_a_frame_has_a_row_for_each_invoice_of_all_files(world: World) -> None:
    one, two = world.source(1001, 1002), world.source(1003, name="b.csv")
    frame = world.send(one, two).to_frame()
    assert list(frame.columns) == COLUMNS
    assert list(frame["number"]) == ["1001", "1002", "1003"]
    assert list(frame["file"]) == [str(one), str(one), str(two)]
    assert list(frame["results"].unique()) == [str(world.folder / name) for name in ("in.results.csv", "b.results.csv")]
    assert list(frame["where"]) == ["line 2", "line 3", "line 2"]
    assert set(frame["state"]) == {"waiting"}
    assert frame["is_new"].all()


def test_all_columns_are_text_but_is_new(world: World) -> None:
    frame = world.send(world.source(1001)).to_frame()
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == dict.fromkeys(COLUMNS, "string") | {
        "is_new": "bool"
    }
    assert frame["number"].iloc[0] == "1001"
    assert not frame.isna().any(axis=None)


def test_problems_stand_in_one_text_without_the_values(world: World) -> None:
    rows = invoice_rows(1001, Hinta="salainen", Pvm="eilen")
    frame = pipeline.check(world.run(), Choice((world.source(rows=rows),))).to_frame()
    (text,) = frame["problems"]
    assert text.count("; ") == 1
    assert 'line 2, column "Hinta": expected a number' in text
    assert text.count("[E-") == 2
    assert "salainen" not in text
    assert not frame["is_new"].any()


def test_an_empty_report_gives_an_empty_frame_of_the_same_kind(world: World) -> None:
    frame = empty().to_frame()
    assert len(frame) == 0
    assert frame.dtypes.equals(world.send(world.source(1001)).to_frame().dtypes)


def test_a_report_read_from_json_gives_the_same_frame(world: World) -> None:
    report = world.send(world.source(1001))
    assert Report.model_validate_json(report.model_dump_json()).to_frame().equals(report.to_frame())


def test_without_pandas_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(SettingsError, match=r'pip install "confirma-connector\[table\]"'):
        empty().to_frame()

"""What `confirma map` makes of lists that were not made for it: nothing wrong is applied, and the published figures hold."""

from __future__ import annotations

import csv
import importlib.util
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from confirma_connector.cli import main
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.plugins import Registry, discover

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "tools" / "measure_map.py"
LISTS = Path(__file__).parent / "data" / "real-lists"
TOLD = yaml.safe_load((LISTS / "truth.yaml").read_text(encoding="utf-8"))["lists"]
FIELDS = {*INVOICE_FIELDS, *(f"rows.{name}" for name in ROW_FIELDS)}

if not TOOL.is_file():
    pytest.skip("the tools are not beside these tests", allow_module_level=True)


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_map_under_test", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def registry() -> Registry:
    return discover()


@cache
def measured(name: str) -> Any:
    (truth,) = (one for one in tool().truths() if one.path.name == name)
    return tool().measured(truth, registry())


NAMES = [Path(one["file"]).name for one in TOLD]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_wrong_is_applied_to_a_real_list(name: str) -> None:
    found = measured(name)

    assert found.wrong == ()
    assert found.doubtful == ()


@pytest.mark.parametrize("name", ["reconcileflow_invoices.csv", "made_sage50.csv", "made_heeros_laskut.csv"])
def test_what_is_written_without_a_person_is_what_was_measured(name: str, tmp_path: Path) -> None:
    (truth,) = (one for one in tool().truths() if one.path.name == name)
    target = tmp_path / "own.yaml"

    CliRunner().invoke(main, ["map", str(truth.path), "--yes", "--output", str(target)])

    mapping = yaml.safe_load(target.read_text(encoding="utf-8"))
    lines = {**mapping["invoice"], **{f"rows.{field}": line for field, line in (mapping["rows"] or {}).items()}}
    columns = {field: line["column"] if isinstance(line, dict) else line for field, line in lines.items()}
    assert {field: column for field, column in columns.items() if field not in truth.right[column]} == {}
    assert len(columns) == measured(name).applied


def test_the_published_figures_are_those_measured() -> None:
    document = (ROOT / "docs" / "mapping-proposals.md").read_text(encoding="utf-8")
    figures = tool().table([measured(name) for name in NAMES])

    assert figures in document, "run tools/measure_map.py --update"


def test_more_than_twenty_lists_were_found_and_not_made() -> None:
    assert len([one for one in TOLD if not one.get("made")]) > 20


def test_each_list_has_its_origin_and_its_truth() -> None:
    here = {path.name for path in LISTS.iterdir()} - {"SOURCES.md", "LICENSES.md", "truth.yaml"}
    sources = (LISTS / "SOURCES.md").read_text(encoding="utf-8")

    assert here == {one["file"] for one in TOLD if not one["file"].startswith("../")}
    assert [name for name in here if f"| {name} |" not in sources] == []


@pytest.mark.parametrize("told", TOLD, ids=NAMES)
def test_the_truth_names_fields_and_headers_that_there_are(told: dict[str, Any]) -> None:
    for column in told["columns"].values():
        kinds = column if isinstance(column, dict) else {"right": column}
        assert set(kinds) <= {"right", "likely", "needs_rule"}
        assert {*kinds.get("right", ()), *kinds.get("likely", ())} <= FIELDS

    path, layout = LISTS / told["file"], told["layout"]
    if path.suffix == ".csv":
        text = path.read_bytes().decode(layout["encoding"][0]).removeprefix("\ufeff")
        line = text.splitlines()[layout["header"] - 1]
        assert next(csv.reader([line], delimiter=layout["delimiter"])) == list(told["columns"])


def test_a_column_that_is_another_field_is_counted_as_wrong() -> None:
    (truth,) = (one for one in tool().truths() if one.path.name == "reconcileflow_invoices.csv")
    swapped = {**truth.right, "due_date": frozenset({"date"}), "currency": frozenset()}
    likely = {**truth.likely, "currency": frozenset({"currency_code"})}

    found = tool().measured(replace(truth, right=swapped, likely=likely), registry())

    assert found.wrong == ("due_date from 'due_date'",)
    assert found.doubtful == ("currency_code from 'currency'",)


def test_conventions_and_headers_that_are_settled_wrongly_are_counted() -> None:
    (truth,) = (one for one in tool().truths() if one.path.name == "made_sage50.csv")
    other = {**truth.layout, "decimal": ",", "dates": ["%d/%m/%Y"], "shape": "row per invoice"}

    found = tool().measured(replace(truth, layout=other), registry())

    assert found.wrong == ("decimal mark '.'", "dates '%m/%d/%Y'", "shape 'row per line, repeated'")

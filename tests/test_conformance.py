"""Our own adapters are held to what a partner's are held to, by the same kit."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from spreadsheets import ods
from workbooks import saved

from confirma_connector.testing import PROMISES, Sample
from confirma_connector.testing.promises import tried_one
from confirma_connector.testing.subject import Subject

pytestmark = pytest.mark.thorough

SAMPLES = Path(__file__).parents[1] / "samples"
WITHOUT_RESULTS = {
    "only-results-are-written",
    "writing-twice-is-writing-once",
    "odd-texts-break-nothing",
    "a-failure-spoils-nothing",
}
"""What is needless for an adapter whose results go to a list."""


def _rows(times: int = 1, *, is_reversed: bool = False) -> list[list[str]]:
    with (SAMPLES / "row-per-invoice" / "invoices.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    return [header, *(rows[::-1] if is_reversed else rows * times)]


def _workbook(path: Path, times: int = 1, *, is_reversed: bool = False) -> None:
    saved(path, Laskut=_rows(times, is_reversed=is_reversed))


def _without_a_row(path: Path) -> None:
    book = load_workbook(path)
    book["Laskut"].delete_rows(3)
    book.save(path)


def _sheet(path: Path, *, is_reversed: bool = False) -> None:
    ods(path, {"Laskut": _rows(is_reversed=is_reversed)})


def _reversed_json(path: Path) -> None:
    tree = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(tree | {"value": tree["value"][::-1]}), "utf-8")


def _reversed_messages(path: Path) -> None:
    head, *messages = path.read_bytes().split(b"UNH+")
    last, _, foot = messages[-1].partition(b"UNZ+")
    path.write_bytes(b"UNH+".join((head, last, *messages[:-1])) + b"UNZ+" + foot)


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files of kinds that no sample of ours can be made longer or sorted in."""
    folder = tmp_path_factory.mktemp("conformance")
    _workbook(folder / "invoices.xlsx")
    _sheet(folder / "invoices.ods")
    for adapter in ("excel", "table"):
        mapping = f"version: 1\nname: {adapter}\nextends: row-per-invoice\nadapter: {adapter}\nsource: {{}}\n"
        (folder / f"{adapter}.yaml").write_text(mapping, "utf-8")
    return folder


OWN = {
    "csv_file": Sample(SAMPLES / "row-per-line" / "invoices.csv"),
    "xml": Sample(SAMPLES / "finvoice" / "invoices.xml"),
    "records": Sample(SAMPLES / "procountor" / "invoices.csv", SAMPLES / "procountor" / "mapping.yaml"),
    "json": Sample(
        SAMPLES / "business-central-json" / "invoices.json",
        SAMPLES / "business-central-json" / "mapping.yaml",
        resorted=_reversed_json,
    ),
    "edifact": Sample(
        SAMPLES / "edifact-invoic" / "invoices.edi",
        SAMPLES / "edifact-invoic" / "mapping.yaml",
        resorted=_reversed_messages,
    ),
    "excel": Sample(
        "invoices.xlsx",
        "excel.yaml",
        longer=_workbook,
        resorted=lambda path: _workbook(path, is_reversed=True),
        shortened=_without_a_row,
    ),
    "table": Sample(
        "invoices.ods",
        "table.yaml",
        holds="its reader gives a sheet as a whole",
        resorted=lambda path: _sheet(path, is_reversed=True),
    ),
}


@pytest.mark.parametrize("adapter", OWN)
@pytest.mark.parametrize("promise", PROMISES, ids=[one.name for one in PROMISES])
def test_our_adapters_keep_every_promise(promise, adapter, made):
    tried = tried_one(promise, Subject.of(adapter, made), OWN[adapter], made)
    needless = {"transforms-keep-to-text", *(() if adapter in ("csv_file", "excel") else WITHOUT_RESULTS)}
    in_part = adapter == "excel" and promise.name == "only-results-are-written"  # its bytes: tests/test_excel_writing*
    assert tried.outcome == ("needless" if promise.name in needless else "untried" if in_part else "kept"), tried


@pytest.mark.parametrize("promise", [one for one in PROMISES if one.name in WITHOUT_RESULTS | {"a-round-trip"}])
def test_so_does_excel_with_formulas_and_totals_around_its_invoices(promise, tmp_path):
    sample = Sample(SAMPLES / "excel-list-fi" / "invoices.xlsx", invoices=[*range(2601, 2609)])
    tried = tried_one(promise, Subject.of("excel", tmp_path), sample, tmp_path)
    assert tried.outcome == ("untried" if promise.name == "only-results-are-written" else "kept"), tried

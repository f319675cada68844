"""The adapter that CONTRIBUTING shows, used from a mapping file on the day it is put into a folder."""

import csv
import dataclasses
from pathlib import Path

import pytest

from confirma_connector import contract, pipeline, plugins, settings
from confirma_connector.errors import SourceError
from confirma_connector.pipeline import Choice, Run

SAMPLE = Path(__file__).parents[1] / "samples" / "adapter"

MAPPING = """
version: 1
name: pairs
adapter: pairs
invoice:
  number: no
  date: date
  due_date: due
  currency_code: {constant: EUR}
  seller.name: {constant: Acme Oy}
  seller.business_id: {constant: 1234567-1}
  buyer.name: buyer
  buyer.entity_type: {constant: CONSUMER}
  buyer.contact.email: email
rows:
  description: what
  net_amount: net
  vat_percentage: {constant: "25.5"}
"""
LINE = "no={no}|date=2026-11-02|due=2026-11-16|buyer=Åsa Öst|email=asa@example.com|what=Työ|net={net}\n"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    chosen = settings.load({"journal": tmp_path / "journal.sqlite3", "adapters": (SAMPLE,)}, {})
    return Run(chosen, contract.read(), plugins.discover(chosen.adapters))


@pytest.fixture
def choice(tmp_path: Path) -> Choice:
    (tmp_path / "pairs.yaml").write_text(MAPPING, "utf-8")
    source = tmp_path / "export.pairs"
    source.write_text(LINE.format(no=1001, net="100.00") + LINE.format(no=1002, net="1,00"), "utf-8")
    return Choice((source,), mapping=str(tmp_path / "pairs.yaml"))


def test_an_adapter_in_a_folder_is_listed_with_its_place():
    found = plugins.discover((SAMPLE,)).adapters["pairs"]
    assert (found.hooks, found.origin) == (("read", "detect"), str(SAMPLE / "pairs.py"))


def test_its_mistakes_are_told_in_its_own_words(run, choice):
    (file,) = pipeline.check(run, choice).files
    (problem,) = file.invoices[1].problems
    assert (file.invoices[0].state, problem.code, problem.where, problem.header) == (
        "ready",
        "E-AMOUNT",
        "line 2",
        "net",
    )


def test_without_write_back_its_results_go_to_a_csv_beside_the_source(run, choice):
    report = pipeline.send(run, choice)
    results = Path(report.files[0].results)
    assert results == choice.paths[0].with_name("export.sandbox.results.csv")
    with results.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [(row["number"], row["where"], row["confirma_state"]) for row in rows] == [
        ("1001", "line 1", "TEST waiting"),
        ("1002", "line 2", "TEST invalid"),
    ]


def test_a_file_that_changes_while_it_is_read_is_refused(run, choice, tmp_path):
    folder = tmp_path / "adapters"
    folder.mkdir()
    code = (SAMPLE / "pairs.py").read_text("utf-8")
    restless = code.replace("yield Record(", 'source.path.write_bytes(b"changed")\n                yield Record(')
    assert restless != code
    (folder / "restless.py").write_text(restless, "utf-8")
    mapping = tmp_path / "restless.yaml"
    mapping.write_text(MAPPING.replace("adapter: pairs", "adapter: restless"), "utf-8")
    changing = dataclasses.replace(run, registry=plugins.discover((folder,)))
    with pytest.raises(SourceError, match="changed while it was read"):
        pipeline.send(changing, dataclasses.replace(choice, mapping=str(mapping)))

"""Every shipped mapping with its sample: what is checked and what would be sent, to the letter.

`CONFIRMA_UPDATE_SAMPLES=1 python -m pytest tests/test_samples.py` writes the expected files anew; read the difference
before you keep it.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import simplejson
from mapped import registry

from confirma_connector import contract, joining, pipeline
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import find, load_mapping, shipped
from confirma_connector.records import Source
from confirma_connector.settings import Settings

SAMPLES = Path(__file__).parents[1] / "samples"
MAPPINGS = {"with-mistakes": "row-per-invoice"}
"""Samples that are not called like their mapping, and have none of their own beside them."""
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/invoices.*"))
UPDATE = os.environ.get("CONFIRMA_UPDATE_SAMPLES") == "1"
CONTRACT = contract.read()


def own_mapping(name: str) -> str | None:
    path = SAMPLES / name / "mapping.yaml"
    return str(path) if path.is_file() else None


def drafted(name: str) -> list[Draft]:
    (path,) = (SAMPLES / name).glob("invoices.*")
    mapping = load_mapping(find(own_mapping(name) or MAPPINGS.get(name, name)), registry())
    mapper = Mapper(mapping, path.name, credit_sign=CONTRACT.behaviour("credit_note_sign"))
    source = Source((path,), mapping.options, mapping.headers)
    return list(mapper.drafts(joining.read(mapping, source, joining.lines_path(mapping, path))))


def checked(name: str) -> dict[str, Any]:
    """What `confirma check` tells of the sample: every invoice with its problems, every skipped row."""
    (path,) = (SAMPLES / name).glob("invoices.*")
    run = pipeline.Run(Settings(account="sandbox"), CONTRACT, registry())
    report = pipeline.check(run, pipeline.Choice(paths=(path,), mapping=own_mapping(name)))
    (file,) = report.files
    return {
        "exit_code": report.exit_code,
        "mapping": file.mapping,
        "rows": file.rows,
        "totals": {currency: str(total) for currency, total in file.totals.items()},
        "methods": file.methods,
        "invoices": [
            {
                "number": invoice.number,
                "where": invoice.where,
                "state": invoice.state,
                "problems": [f"{problem.severity}: {problem.text(path.name)}" for problem in invoice.details],
            }
            for invoice in file.invoices
        ],
        "skipped": [dataclasses.asdict(row) for row in file.skipped],
    }


def expected(path: Path, found: str) -> str:
    if UPDATE:
        path.write_text(found, "utf-8", newline="\n")
    return path.read_text("utf-8")


def test_every_shipped_mapping_has_a_sample_and_every_sample_a_mapping() -> None:
    assert set(shipped()) <= set(NAMES)
    assert {MAPPINGS.get(name, name) for name in NAMES if own_mapping(name) is None} <= set(shipped())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "with-mistakes"])
def test_a_sample_is_sent_as_it_was_read(name: str) -> None:
    bodies = [CONTRACT.body(draft.invoice).decode() for draft in drafted(name) if draft.invoice]
    found = "[\n" + ",\n".join(bodies) + "\n]\n"
    told = expected(SAMPLES / name / "payloads.json", found)
    assert simplejson.loads(found, use_decimal=True) == simplejson.loads(told, use_decimal=True)
    assert found == told


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_checked_as_it_was(name: str) -> None:
    found = json.dumps(checked(name), ensure_ascii=False, indent=2) + "\n"
    assert json.loads(found) == json.loads(expected(SAMPLES / name / "check.json", found))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "with-mistakes"])
def test_a_sample_has_no_errors(name: str) -> None:
    assert all(draft.invoice is not None for draft in drafted(name))


def test_the_sample_with_mistakes_has_all_kinds_of_them_and_its_good_invoices_stay_good() -> None:
    told = checked("with-mistakes")["invoices"]
    codes = {
        re.findall(r"\[(E-[A-Z-]+)\]$", text)[0] for one in told for text in one["problems"] if text.startswith("error")
    }
    assert {
        "E-AMOUNT",
        "E-CREDITED-NUMBER",
        "E-DUE-DATE",
        "E-IBAN",
        "E-NUMBER-TWICE",
        "E-POSTAL-CODE",
        "E-TOTAL",
    } <= codes
    assert any(one["state"] == "ready" for one in told)


def test_the_samples_cover_every_type_and_every_way() -> None:
    made = [draft.invoice for name in NAMES for draft in drafted(name) if draft.invoice]
    assert {invoice.type for invoice in made} == {"INVOICE", "CREDIT_NOTE"}
    assert {invoice.distribution.method for invoice in made} == {"EDI", "EMAIL", "LETTER"}
    assert {invoice.buyer.entity_type for invoice in made} == {"BUSINESS", "CONSUMER"}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "with-mistakes"])
def test_no_number_of_a_payload_was_ever_a_float(name: str) -> None:
    text = (SAMPLES / name / "payloads.json").read_text("utf-8")
    numbers = re.findall(r'"(?:\w+Amount)":(-?[\d.]+)', text)
    assert numbers
    assert all(re.fullmatch(r"-?\d+\.\d\d", number) for number in numbers)

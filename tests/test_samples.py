"""Every shipped mapping with its sample: what is checked and what would be sent, to the letter.

`confirma mappings test samples --update` writes the expected files anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from mapped import registry

from confirma_connector import contract, golden, joining
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import find, load_mapping, shipped
from confirma_connector.records import Source
from confirma_connector.run import Run
from confirma_connector.settings import Settings

SAMPLES = Path(__file__).parents[1] / "samples"
MAPPINGS = {"with-mistakes": "row-per-invoice"}
"""Samples that are not called like their mapping, and have none of their own beside them."""
NAMES = sorted(path.parent.name for path in SAMPLES.glob("*/invoices.*"))
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


def case(name: str) -> golden.Case:
    (one,) = golden.cases(SAMPLES / name, MAPPINGS.get(name, name))
    return one


def run() -> Run:
    return Run(Settings(account="sandbox"), CONTRACT, registry())


def test_every_shipped_mapping_has_a_sample_and_every_sample_a_mapping() -> None:
    assert set(shipped()) <= set(NAMES)
    assert {MAPPINGS.get(name, name) for name in NAMES if own_mapping(name) is None} <= set(shipped())


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_checked_and_sent_as_it_was(name: str) -> None:
    one = case(name)
    now = golden.produced(one, run())
    assert list(golden.differences(one, now)) == []
    assert all((one.folder / file).read_text("utf-8") == text for file, text in now.items())


@pytest.mark.parametrize("name", [name for name in NAMES if name != "with-mistakes"])
def test_a_sample_has_no_errors(name: str) -> None:
    assert all(draft.invoice is not None for draft in drafted(name))


def test_the_sample_with_mistakes_has_all_kinds_of_them_and_its_good_invoices_stay_good() -> None:
    told = json.loads(golden.produced(case("with-mistakes"), run())["check.json"])["invoices"]
    codes = {
        re.findall(r"^error (E-[A-Z-]+):", text)[0]
        for one in told
        for text in one["problems"]
        if text.startswith("error")
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

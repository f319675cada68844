"""Whatever is renamed at random: `contract diff` finds what there is evidence for, leaves the rest, and is never wrong."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from described_api import Api, text

from confirma_connector import contract
from confirma_connector.contracting.comparing import compare
from confirma_connector.contracting.openapi import Described

pytestmark = pytest.mark.thorough

SHIPPED = contract.read()
PLACES = {
    "InvoiceHeader": "invoice.header",
    "InvoiceReferences": "invoice.references",
    "InvoiceRowData": "invoice.rows",
    "InvoiceAmounts": "invoice.amounts",
    "InvoiceAttachment": "invoice.attachments",
    "Invoice": "invoice",
    "InvoiceParties": "invoice.parties",
}
DECOYS = (
    *(
        "deliveryDate",
        "bookingDate",
        "comment",
        "total",
        "category",
        "priority",
        "rowTotal",
        "taxCategory",
        "payerParty",
    ),
    *("discountReason", "accountName", "costCenter", "invoiceClass", "lastModified", "vatCategory", "unitCode", "sum"),
)


def spelled_otherwise(name: str, dice: random.Random) -> str:
    """Give the same letters in another spelling, or with the container before them."""
    snake = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)
    return dice.choice([snake, name[0].upper() + name[1:], snake.upper(), snake.replace("_", "-")])


def nonsense(dice: random.Random) -> str:
    return "".join(dice.choice("bcdfghjklmnpqrstvwxz") for _ in range(8))


def lines_of(schema: str) -> dict[str, str]:
    """Give the lines of the contract by their names on the wire, for the members of one schema."""
    place = PLACES[schema]
    return {
        item.wire: f"request.{key}"
        for key, item in SHIPPED.file.request.items()
        if key.rpartition(".")[0] == place and item.wire
    }


def mutated(dice: random.Random) -> tuple[Api, dict[str, str], dict[str, str]]:
    """Rename members of some schemas, and add others; gives what is sure, and all that is true."""
    api, sure, true = Api(), dict[str, str](), dict[str, str]()
    for schema in dice.sample(sorted(PLACES), 4):
        lines, members = lines_of(schema), dict(api.schema(schema)["properties"])
        renamed = {}
        for name in dice.sample(sorted(members), min(len(members), dice.randint(1, 5))):
            is_evident = dice.random() < 0.5
            after = spelled_otherwise(name, dice) if is_evident else nonsense(dice)
            if after == name or after in members:
                continue
            renamed[name] = after
            true[lines[name]] = after
            if is_evident:
                sure[lines[name]] = after
        made: list[tuple[str, Any]] = [(renamed.get(name, name), one) for name, one in members.items()]
        for decoy in dice.sample(DECOYS, dice.randint(0, 4)):
            kind = dice.choice([text(), text(format="date"), {"type": "number"}])
            made.append((decoy, kind))
        dice.shuffle(made)
        api.schema(schema)["properties"] = dict(made)
        api.schema(schema).pop("required", None)
    return api, sure, true


@pytest.mark.parametrize("seed", range(60))
def test_random_renames_are_found_by_their_evidence_or_left_and_never_wrong(seed: int) -> None:
    api, sure, true = mutated(random.Random(seed))
    notes = compare(SHIPPED, Described(Path("api.json"), api.doc))
    given = {
        one.line: dict(one.values)["wire"]
        for one in notes.changes
        if not one.is_open and one.line.startswith("request.") and "wire" in dict(one.values)
    }
    named = {line: wire for line, wire in given.items() if wire}
    wrong = {line: (wire, true.get(line)) for line, wire in named.items() if true.get(line) != wire}
    assert wrong == {}
    lost = tuple(f"{line}." for line in true if line not in named)  # a container that is not found hides its members
    assert {line: named.get(line) for line in sure if not line.startswith(lost)} == {
        line: wire for line, wire in sure.items() if not line.startswith(lost)
    }
    told = {one.line for one in notes.findings if one.needs_person}
    assert {line for line in true if line not in named and not line.startswith(lost)} <= told

"""A file that a shipped mapping reads as it is: what is proposed is to extend that, with what such files do not say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping
from confirma_connector.plugins import Registry
from confirma_connector.proposing.found import Convention
from confirma_connector.proposing.plan import Answers, Line, Plan, Question
from confirma_connector.recognition import fits

__all__ = ["EXTENDS", "extending", "recognised"]

EXTENDS = ("extends",)
"""The place of the question which of several shipped mappings it is."""

_DATES = ("locale", "dates")
_TYPED: Mapping[str, Literal["name", "business_id", "iban"]] = {
    "seller.name": "name",
    "seller.business_id": "business_id",
    "seller.payment_details.iban": "iban",
}


def recognised(path: Path, registry: Registry, limits: Limits) -> tuple[LoadedMapping, ...]:
    """Give the shipped mappings that read *path* as it is."""
    return tuple(fits(path, registry.claims(path), registry, {}, limits)[0])


def extending(mapping: LoadedMapping, answers: Answers, dates: Convention | None) -> Plan:
    """Give the plan of a mapping that extends *mapping*: what that asks to be added is open, but for proved *dates*."""
    by_person = tuple(line for line in answers.values() if line is not None and line.place != EXTENDS)
    asked = [one for one in _questions(mapping) if answers.get(one.place) is None]
    applied: tuple[Line, ...] = ()
    if dates is not None and dates.is_proved and dates.value and any(one.place == _DATES for one in asked):
        applied = (Line(_DATES, list(dates.value), dates.evidence),)
        asked = [one for one in asked if one.place != _DATES]
    lacking = {"": tuple(one.place[1] for one in asked)}
    return Plan(None, applied, by_person, tuple(asked), lacking, extends=mapping.name)


def _questions(mapping: LoadedMapping) -> Iterator[Question]:
    for block, examples in mapping.file.to_add:
        for key, example in examples.items():
            place = (block, key)
            yield Question(place, tuple(_lines(place, key, example)))


def _lines(place: tuple[str, str], key: str, example: Any) -> Iterator[Line]:
    if key in _TYPED:
        yield Line(place, {"constant": ""}, tr("the same in all your invoices"), typed=_TYPED[key])
    elif key == "buyer.entity_type":
        yield Line(place, {"constant": "BUSINESS"}, tr("all your buyers are companies"))
        yield Line(place, {"constant": "CONSUMER"}, tr("all your buyers are consumers"))
    elif key == "dates":
        for pattern in dict.fromkeys((*example, "%d/%m/%Y", "%m/%d/%Y")):
            yield Line(place, [pattern], tr("the file does not say it"))
    else:
        yield Line(place, example, tr("the file does not say it"))

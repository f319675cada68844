"""The lines and questions that follow from what was found: one place of the mapping each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confirma_connector.fields import CHOICES
from confirma_connector.locales import LocaleBlock
from confirma_connector.proposing import needs
from confirma_connector.proposing.found import Convention, Proposal, Shape
from confirma_connector.proposing.naming import Naming
from confirma_connector.proposing.plan import Line, Place, Question

__all__ = [
    "field_at",
    "field_questions",
    "line_of",
    "locale_lines",
    "locale_questions",
    "place_of",
    "shape_lines",
    "shape_questions",
    "word_questions",
]

_MOST_LINES, _MOST_WORDS, _LEAST_ASKED, _LEAST_LISTED = 4, 20, 30, 50


def place_of(field: str) -> Place:
    """Give the place of a field in the mapping: `rows.quantity` stands under `rows:`."""
    return ("rows", field.removeprefix("rows.")) if field.startswith("rows.") else ("invoice", field)


def field_at(place: Place) -> str:
    """Name the field at a place of the mapping; another key by its dotted place."""
    return f"rows.{place[1]}" if place[0] == "rows" else place[1] if place[0] == "invoice" else ".".join(place)


def line_of(one: Proposal) -> Line:
    """Give the line that a proposal makes."""
    value: Any = {"column": one.column.header, **one.rule} if one.rule else one.column.header
    return Line(place_of(one.field), value, one.evidence, one.column, one.table)


def locale_lines(decimal: Convention, dates: Convention) -> Iterator[Line]:
    """Give the lines of `locale:` that are proved."""
    if decimal.is_proved and decimal.value:
        yield Line(("locale", "decimal"), decimal.value[0], decimal.evidence)
    for key, value in decimal.also.items():
        if key in LocaleBlock.model_fields:
            yield Line(("locale", key), value if isinstance(value, str) else list(value))
    if dates.is_proved and dates.value:
        yield Line(("locale", "dates"), list(dates.value), dates.evidence)


def locale_questions(decimal: Convention, dates: Convention) -> Iterator[Question]:
    """Ask for the conventions that the file leaves open."""
    for key, told in (("decimal", decimal), ("dates", dates)):
        if not told.is_proved and told.candidates:
            place = ("locale", key)
            values = [one if key == "decimal" else [*told.value, one] for one in told.candidates]
            yield Question(place, tuple(Line(place, value, told.evidence) for value in values))


def shape_lines(shape: Shape) -> Iterator[Line]:
    """Give the lines on how rows make invoices that are proved, and the rows that are surely none."""
    if shape.is_proved:
        yield from (Line((key,), value, shape.why.get(key, shape.evidence)) for key, value in shape.lines.items())
    for index, one in enumerate(shape.skips):
        if one.is_proved:
            yield Line(("skip", str(index)), one.rule, one.evidence)


def shape_questions(shape: Shape) -> Iterator[Question]:
    """Ask for those that are not."""
    lines = {**({} if shape.is_proved else shape.lines), **shape.open}
    for key, value in lines.items():
        yield Question((key,), (Line((key,), value, shape.why.get(key, shape.evidence)),))
    for index, one in enumerate(shape.skips):
        if not one.is_proved:
            place = ("skip", str(index))
            yield Question(place, (Line(place, one.rule, one.evidence),))


def word_questions(by_person: Sequence[Line]) -> Iterator[Question]:
    """Ask what each word means that stands in a column of codes and that nobody here knows."""
    for line in by_person:
        name = field_at(line.place)
        if line.column is None or not line.table or name not in CHOICES:
            continue
        for text in sorted({text.strip().lower() for text in line.column.texts} - {"", "-", *line.table})[:_MOST_WORDS]:
            place = ("tables", str(line.value["table"]), text)
            yield Question(place, tuple(Line(place, choice) for choice in CHOICES[name]))


def field_questions(
    found: Naming, more: Mapping[Place, Sequence[Line]], filled: set[str], total: str
) -> Iterator[Question]:
    """Ask what fills each field that is not filled: columns first, then what is the same on all invoices.

    *total* is a field that is asked for although nothing needs it.
    """
    asked = needs.order()
    names = dict.fromkeys((*asked, *(one.field for one in found.proposed)))
    for name in names:
        place = place_of(name)
        told = [one for one in found.proposed if one.field == name]
        least = _LEAST_ASKED if name in asked else _LEAST_LISTED
        lines = [line_of(one) for one in told if one.strength >= least][:_MOST_LINES]
        lines += more.get(place, ())
        if lines and name not in filled:
            is_asked = name == total or (name in asked and needs.wanted(name, filled))
            yield Question(place, tuple(lines), is_asked)
    for place, others in more.items():
        if place[0] not in ("invoice", "rows"):
            yield Question(place, tuple(others))

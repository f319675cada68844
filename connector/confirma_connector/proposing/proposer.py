"""The story of `confirma map`: lay out, name, find conventions and shape, and say what is settled and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from confirma_connector.errors import SourceError
from confirma_connector.fields import CHOICES
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.locales import LocaleBlock
from confirma_connector.parsing import Locale
from confirma_connector.plugins import Registry
from confirma_connector.proposing import conventions, needs
from confirma_connector.proposing.arithmetic import roles
from confirma_connector.proposing.candidates import Named, meaning_of
from confirma_connector.proposing.constants import constants
from confirma_connector.proposing.evidence import Facts
from confirma_connector.proposing.found import Convention, Layout, Proposal, Shape
from confirma_connector.proposing.layout import laid_out
from confirma_connector.proposing.naming import Naming, naming
from confirma_connector.proposing.plan import Answers, Line, Place, Plan, Question
from confirma_connector.proposing.recognised import EXTENDS, extending, recognised
from confirma_connector.proposing.shape import bare, shaped

__all__ = ["Proposer", "place_of"]

_MOST_LINES, _MOST_WORDS, _LEAST_ASKED, _LEAST_LISTED = 4, 20, 30, 50
_DATES = ("date", "due_date", "supply_date", "references.order_date")
_FALLBACK = ","


def place_of(field: str) -> Place:
    """Give the place of a field in the mapping: `rows.quantity` stands under `rows:`."""
    return ("rows", field.removeprefix("rows.")) if field.startswith("rows.") else ("invoice", field)


class Proposer:
    """What one file says of its mapping; asked again after each answer, it reads the file only once."""

    def __init__(self, path: Path, registry: Registry, limits: Limits) -> None:
        self._path, self._registry, self._limits = path, registry, limits
        self._files: dict[str, _File] = {}
        limits.check_file(path)
        self._fitting = {mapping.name: mapping for mapping in recognised(path, registry, limits)}

    def plan(self, answers: Answers) -> Plan:
        """Give the mapping as far as file and *answers* tell it. Raises SourceError."""
        chosen = answers.get(EXTENDS)
        if chosen is not None or len(self._fitting) == 1:
            name = next(iter(self._fitting)) if chosen is None else str(chosen.value)
            mapping = self._fitting[name]
            return extending(mapping, answers, self._dates_of_it() if "dates" in mapping.file.to_add.locale else None)
        options = {place[1]: line.value for place, line in answers.items() if place[0] == "source" and line is not None}
        plan = self._file(options).plan(answers)
        return replace(plan, questions=(*self._which(), *plan.questions))

    def _dates_of_it(self) -> Convention | None:
        try:
            return self._file({}).plan({}).dates
        except SourceError:
            return None

    def _file(self, options: Mapping[str, Any]) -> _File:
        key = repr(sorted(options.items()))
        if key not in self._files:
            self._files[key] = _File(laid_out(self._path, self._registry, self._limits, options))
        return self._files[key]

    def _which(self) -> Iterator[Question]:
        said = tr("a shipped mapping reads all the columns that it needs in this file")
        if self._fitting:
            yield Question(EXTENDS, tuple(Line(EXTENDS, name, said) for name in self._fitting))


class _File:
    """A file that is laid out, with what does not depend on answers."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._bare = bare(layout)
        self._facts = [Facts(column) for column in self._bare.columns]

    @cached_property
    def _decimal(self) -> Convention:
        return conventions.decimal(self._bare.columns, self._bare.wheres)

    def _named(self, mark: str) -> list[Named]:
        thousands = tuple(self._decimal.also.get("thousands", (" ",)))
        locale = Locale(decimal=mark, thousands=tuple(one for one in thousands if one != mark))
        sums = self._sums.setdefault(mark, roles(self._bare.columns, locale))
        return [Named(facts, meaning_of(facts.column), sums.get(facts.column.place, ())) for facts in self._facts]

    @cached_property
    def _sums(self) -> dict[str, Any]:
        return {}

    def plan(self, answers: Answers) -> Plan:
        """Give the mapping as far as *answers* tell it."""
        chosen = answers.get(("locale", "decimal"))
        mark = (
            str(chosen.value)
            if chosen is not None
            else next(iter((*self._decimal.value, *self._decimal.candidates)), _FALLBACK)
        )
        columns = {one.column.place: one for one in self._named(mark)}
        confirmed = {
            _field(place): line.column.place
            for place, line in answers.items()
            if line is not None and line.column is not None
        }
        constant = {_field(place): None for place, line in answers.items() if line is not None and line.column is None}
        found = naming(list(columns.values()), mark, {**constant, **confirmed})
        dates = self._dates(found)
        shape = shaped(self.layout, tuple(self._whole(found)))
        lines = [
            *self._source_lines(answers),
            *_locale_lines(self._decimal, dates),
            *_shape_lines(shape),
            *map(_line, found.applied),
        ]
        by_person = tuple(line for line in answers.values() if line is not None)
        settled = {line.place for line in by_person}
        applied = tuple(line for line in lines if line.place not in settled)
        settled |= {line.place for line in applied}
        more = constants(columns, found)
        questions = (
            *self._source_questions(),
            *_locale_questions(self._decimal, dates),
            *_field_questions(found, more, {_field(place) for place in settled}),
            *_shape_questions(shape),
            *_word_questions(by_person),
        )
        left = tuple(one for one in questions if one.place not in settled)
        filled = {_field(place) for place in settled}
        return Plan(
            self.layout, applied, by_person, left, needs.lacking(filled), found.unused, self._decimal, dates, shape
        )

    def _whole(self, found: Naming) -> Iterator[Proposal]:
        """Give every proposal with its whole column: what a person confirmed is as good as exact."""
        whole = {column.place: column for column in self.layout.columns}
        for told, is_sure in ((found.applied, True), (found.confirmed, True), (found.proposed, False)):
            yield from (replace(one, column=whole[one.column.place], is_exact=is_sure) for one in told)

    def _dates(self, found: Naming) -> Convention:
        words = {one.column.place: one.field for one in reversed(found.proposed) if one.field in _DATES}
        words |= {one.column.place: one.field for one in found.taken().values() if one.field in _DATES}
        return conventions.dates(self._bare.columns, words, self._bare.wheres)

    def _source_lines(self, answers: Answers) -> Iterator[Line]:
        layout = self.layout
        for key, value in layout.source.items():
            if ("source", key) not in answers:
                yield Line(("source", key), value, layout.why.get(key, ""))

    def _source_questions(self) -> Iterator[Question]:
        layout = self.layout
        for key, some in layout.open.items():
            place = ("source", key)
            said = layout.why.get(key, "")
            yield Question(place, tuple(Line(place, one, said) for one in some))


def _field(place: Place) -> str:
    return f"rows.{place[1]}" if place[0] == "rows" else place[1] if place[0] == "invoice" else ".".join(place)


def _line(one: Proposal) -> Line:
    value: Any = {"column": one.column.header, **one.rule} if one.rule else one.column.header
    return Line(place_of(one.field), value, one.evidence, one.column, one.table)


def _locale_lines(decimal: Convention, dates: Convention) -> Iterator[Line]:
    if decimal.is_proved and decimal.value:
        yield Line(("locale", "decimal"), decimal.value[0], decimal.evidence)
    for key, value in decimal.also.items():
        if key in LocaleBlock.model_fields:
            yield Line(("locale", key), value if isinstance(value, str) else list(value))
    if dates.is_proved and dates.value:
        yield Line(("locale", "dates"), list(dates.value), dates.evidence)


def _locale_questions(decimal: Convention, dates: Convention) -> Iterator[Question]:
    for key, told in (("decimal", decimal), ("dates", dates)):
        if not told.is_proved and told.candidates:
            place = ("locale", key)
            values = [one if key == "decimal" else [*told.value, one] for one in told.candidates]
            yield Question(place, tuple(Line(place, value, told.evidence) for value in values))


def _shape_lines(shape: Shape) -> Iterator[Line]:
    if shape.is_proved:
        yield from (Line((key,), value, shape.why.get(key, shape.evidence)) for key, value in shape.lines.items())
    for index, one in enumerate(shape.skips):
        if one.is_proved:
            yield Line(("skip", str(index)), one.rule, one.evidence)


def _shape_questions(shape: Shape) -> Iterator[Question]:
    lines = {**({} if shape.is_proved else shape.lines), **shape.open}
    for key, value in lines.items():
        yield Question((key,), (Line((key,), value, shape.why.get(key, shape.evidence)),))
    for index, one in enumerate(shape.skips):
        if not one.is_proved:
            place = ("skip", str(index))
            yield Question(place, (Line(place, one.rule, one.evidence),))


def _word_questions(by_person: Sequence[Line]) -> Iterator[Question]:
    """Ask what each word means that stands in a column of codes and that nobody here knows."""
    for line in by_person:
        name = _field(line.place)
        if line.column is None or not line.table or name not in CHOICES:
            continue
        for text in sorted({text.strip().lower() for text in line.column.texts} - {"", "-", *line.table})[:_MOST_WORDS]:
            place = ("tables", str(line.value["table"]), text)
            yield Question(place, tuple(Line(place, choice) for choice in CHOICES[name]))


def _field_questions(found: Naming, more: Mapping[Place, Sequence[Line]], filled: set[str]) -> Iterator[Question]:
    asked = needs.order()
    names = dict.fromkeys((*asked, *(one.field for one in found.proposed)))
    for name in names:
        place = place_of(name)
        told = [one for one in found.proposed if one.field == name]
        least = _LEAST_ASKED if name in asked else _LEAST_LISTED
        lines = [_line(one) for one in told if one.strength >= least][:_MOST_LINES]
        lines += more.get(place, ())
        if lines and name not in filled:
            yield Question(place, tuple(lines), name in asked and needs.wanted(name, filled))
    for place, others in more.items():
        if place[0] not in ("invoice", "rows"):
            yield Question(place, tuple(others))

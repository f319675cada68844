"""The story of `confirma map`: lay out, name, find conventions and shape, and say what is settled and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from confirma_connector.errors import SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.parsing import Locale
from confirma_connector.plugins import Registry
from confirma_connector.proposing import conventions, needs
from confirma_connector.proposing.arithmetic import roles
from confirma_connector.proposing.candidates import Named, meaning_of
from confirma_connector.proposing.constants import constants
from confirma_connector.proposing.evidence import Facts
from confirma_connector.proposing.found import Convention, Layout, Proposal
from confirma_connector.proposing.layout import laid_out
from confirma_connector.proposing.leftover import leftover
from confirma_connector.proposing.naming import Naming, naming
from confirma_connector.proposing.plan import Answers, Line, Plan, Question
from confirma_connector.proposing.questions import (
    field_at,
    field_questions,
    line_of,
    locale_lines,
    locale_questions,
    shape_lines,
    shape_questions,
    word_questions,
)
from confirma_connector.proposing.recognised import EXTENDS, extending, recognised
from confirma_connector.proposing.shape import bare, shaped
from confirma_connector.proposing.totals import PRICES, prices_question, ties, totals
from confirma_connector.proposing.words import the_words

__all__ = ["Proposer"]

_DATES = ("date", "due_date", "supply_date", "references.order_date")
_UNSAID = Locale().decimal
"""What a mapping means that has no line for the decimal mark: the codes that it gets have to be read with that."""


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

    def _locale(self, mark: str) -> Locale:
        thousands = tuple(self._decimal.also.get("thousands", (" ",)))
        return Locale(decimal=mark, thousands=tuple(one for one in thousands if one != mark))

    def _named(self, mark: str) -> list[Named]:
        if mark not in self._sums:
            self._sums[mark] = roles(self._bare.columns, self._locale(mark))
        sums = self._sums[mark]
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
            else next(iter((*self._decimal.value, *self._decimal.candidates)), _UNSAID)
        )
        columns = {one.column.place: one for one in self._named(mark)}
        confirmed = {
            field_at(place): line.column.place
            for place, line in answers.items()
            if line is not None and line.column is not None
        }
        constant = {
            field_at(place): None for place, line in answers.items() if line is not None and line.column is None
        }
        found = naming(list(columns.values()), mark, {**constant, **confirmed})
        if chosen is None and self._decimal.candidates:
            found = found.doubted(mark)
        dates = self._dates(found)
        shape = shaped(self.layout, tuple(self._whole(found)))
        lines = [
            *self._source_lines(answers),
            *locale_lines(self._decimal, dates),
            *shape_lines(shape),
            *map(line_of, found.applied),
        ]
        by_person = tuple(line for line in answers.values() if line is not None)
        settled = {line.place for line in by_person}
        applied = tuple(line for line in lines if line.place not in settled)
        settled |= {line.place for line in applied}
        filled = {field_at(place) for place in settled}
        found = found.with_more(leftover(columns, found, filled, mark))
        tied = ties(columns, found, self._locale(mark))
        prices = tuple(prices_question(found, tied, filled))
        chosen = answers.get(PRICES)
        found, total = totals(tied, str(chosen.value) if chosen else "" if prices else "net", found, mark)
        questions = (
            *self._source_questions(),
            *locale_questions(self._decimal, dates),
            *field_questions(found, constants(columns, found), filled, total),
            *prices,
            *shape_questions(shape),
            *word_questions(by_person),
        )
        left = tuple(one for one in questions if one.place not in settled)
        is_open = any(one.place == PRICES for one in left)
        lacking, told = needs.lacking(filled, is_open=is_open), tuple(self._notices())
        return Plan(
            self.layout,
            applied,
            by_person,
            left,
            lacking,
            found.unused,
            self._decimal,
            dates,
            shape,
            notices=told,
        )

    def _notices(self) -> Iterator[str]:
        for facts in self._facts:
            header = facts.column.header
            if the_words().is_supplier(header) and facts.different > 1:
                yield tr(
                    'under "{header}" stand {different} suppliers: is this a list of invoices that you received?',
                    header=header,
                    different=facts.different,
                )
            yield from (tr('column "{header}": {warning}', header=header, warning=one) for one in facts.column.warnings)

    def _whole(self, found: Naming) -> Iterator[Proposal]:
        """Give every proposal with its whole column: what a person confirmed is as good as exact."""
        whole = {column.place: column for column in self.layout.columns}
        for told, is_sure in ((found.applied, True), (found.confirmed, True), (found.proposed, False)):
            yield from (replace(one, column=whole[one.column.place], is_exact=is_sure) for one in told)

    def _dates(self, found: Naming) -> Convention:
        words = {one.column.place: one.field for one in reversed(found.proposed) if one.field in _DATES}
        words |= {one.column.place: one.field for one in found.taken().values() if one.field in _DATES}
        words |= {one.place: "terms" for one in self._bare.columns if the_words().is_terms(one.header)}
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

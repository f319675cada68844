"""Problems of one cause told together: what the mapping is to blame for, then what the data are, each with its places.

Nothing is lost by it: every problem is of one group, and every place of it is in the group's ranges.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from confirma_connector.fields import is_money
from confirma_connector.items import Item
from confirma_connector.mapping import FieldRule, LoadedMapping
from confirma_connector.outcome import Outcome
from confirma_connector.ranges import Ranges
from confirma_connector.records import Problem
from confirma_connector.report import ProblemGroup
from confirma_connector.yamltext import Place

__all__ = ["gathered", "told_of"]

_INDEX = re.compile(r"\[\d+\]")
_SHOWN = 3
"""As many values are kept to be shown, and as many invoice numbers."""
_EVERY = 3
"""From so many invoices on, what is wrong with each of them is no accident of the data."""
_NOT_MAPPED = frozenset({"E-ENTITY-TYPE", "E-MISSING"})
_OF_WHAT_WAS_SENT = frozenset({"E-REFUSED", "E-NOT-DELIVERED"})
"""Without a value these are of several cells, or of a row that was changed since: nothing says that one is empty."""

_WRONG = frozenset({"invalid", "rejected", "conflict", "failed"})

_Family = tuple[str, str, str, str]
"""Code, severity, header and field: what has these in common may differ in its words, by amounts for example."""


def told_of(outcome: Outcome) -> Iterator[Problem]:
    """Give the problems of one invoice that people are told of; those of its past are none any more."""
    for problem in outcome.problems:
        is_error = problem.severity == "error"
        if outcome.state in _WRONG if is_error else outcome.state != "rejected":
            yield problem


@dataclass
class _Group:
    """One group while problems are added to it."""

    message: str
    count: int = 0
    invoices: set[int] = field(default_factory=set)
    places: Ranges = field(default_factory=Ranges)
    values: dict[str, None] = field(default_factory=dict)
    numbers: dict[str, None] = field(default_factory=dict)

    def add(self, problem: Problem, item: Item, index: int) -> None:
        self.count += 1
        self.places.add(problem.where or item.where)
        self.invoices.add(index)
        is_known = problem.value or problem.code not in _OF_WHAT_WAS_SENT
        if is_known and len(self.values) <= _SHOWN:
            self.values[problem.value] = None
        if len(self.numbers) <= _SHOWN and item.label.isdigit():  # a label that is no number is a cell's text
            self.numbers[item.label] = None


def gathered(mapping: LoadedMapping, joined: Iterable[tuple[Item, Outcome]], invoices: int) -> tuple[ProblemGroup, ...]:
    """Give the problems of one file in groups: the mapping's first, then errors before warnings, each by its rows.

    *joined* may leave out those without problems; there are so many *invoices* in all.
    """
    families: dict[_Family, dict[str, _Group]] = {}
    for index, (item, outcome) in enumerate(joined):
        for problem in told_of(outcome):
            message = problem.message
            if not problem.header and problem.field:
                message = message.removeprefix(f"{problem.field}: ")
            family = (problem.code, problem.severity, problem.header, _INDEX.sub("", problem.field))
            groups = families.setdefault(family, {})
            group = groups.get(message)
            if group is None:
                group = groups[message] = _Group(message)
            group.add(problem, item, index)
    blamed = {family: _blamed(mapping, family, groups.values(), invoices) for family, groups in families.items()}
    order = sorted(families, key=lambda family: (not blamed[family], family[1] != "error"))
    return tuple(_told(family, group, blamed[family]) for family in order for group in families[family].values())


def _told(family: _Family, group: _Group, blamed: str) -> ProblemGroup:
    code, severity, header, name = family
    return ProblemGroup(
        code=code,
        severity="warning" if severity == "warning" else "error",
        header=header,
        field=name,
        message=group.message,
        mapping=blamed,
        count=group.count,
        invoices=len(group.invoices),
        places=group.places.told(),
        numbers=tuple(group.numbers)[:_SHOWN],
        values=tuple(group.values)[:_SHOWN],
        has_more_values=len(group.values) > _SHOWN,
    )


def _blamed(mapping: LoadedMapping, family: _Family, groups: Iterable[_Group], invoices: int) -> str:
    """Name the line of the mapping that is to blame; "" where it is the data."""
    code, severity, _, name = family
    if severity != "error" or not name:
        return ""
    is_everywhere = _EVERY <= invoices <= len(set().union(*(group.invoices for group in groups)))
    place, rule = _rule(mapping, name)
    if rule is None:
        is_empty_there = code in _NOT_MAPPED or not (is_money(name) or code == "E-REFUSED" or name == "rows")
        return mapping.line_of(*place) if is_empty_there or is_everywhere else ""
    if code == "E-CODE" and rule.table is not None and is_everywhere:
        return mapping.line_of("tables", rule.table)
    return mapping.line_of(*place) if rule.constant is not None or is_everywhere else ""


def _rule(mapping: LoadedMapping, name: str) -> tuple[Place, FieldRule | None]:
    """Give the rule of a field and its place; of one that is not mapped, the block where it would stand."""
    section, _, own = name.partition(".")
    if section != "rows":
        rule = mapping.file.invoice.get(name)
        return (("invoice", name) if rule else ("invoice",)), rule
    if own in mapping.file.rows:
        return ("rows", own), mapping.file.rows[own]
    for index, charge in enumerate(mapping.file.charges):
        if own in charge:
            return ("charges", index, own), charge[own]
    return ("rows",), None

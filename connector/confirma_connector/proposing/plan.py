"""The mapping that is being proposed: its lines, what is settled of them, and what a person still has to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from confirma_connector.proposing.found import Column, Convention, Layout, Shape

__all__ = ["Answers", "Line", "Place", "Plan", "Question"]

Place = tuple[str, ...]
"""Where a line stands in the mapping: ("invoice", "buyer.name"), ("locale", "dates"), ("group_by",)."""

Answers = Mapping[Place, "Line | None"]
"""What a person said to questions: the line taken, or None where it was left open."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the mapping: its *value* as YAML has it, why, and the codes of the table it names.

    *typed* says what a person has to type before the value is one: "name", "business_id", "iban".
    """

    place: Place
    value: Any
    evidence: str = ""
    column: Column | None = None
    table: Mapping[str, str] = field(default_factory=dict)
    typed: Literal["", "name", "business_id", "iban"] = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A place of the mapping with the lines that may stand there, likeliest first.

    *is_asked* says that something needs it: every invoice, or a way of distribution. What nothing needs is only listed.
    """

    place: Place
    lines: tuple[Line, ...]
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is known: *applied* lines need nobody, *confirmed* ones a person took, *questions* are open.

    *lacking* are fields without any proposal, by what needs them ("" is every invoice). *extends* names a shipped
    mapping that reads the file as it is. *notices* are sentences a person should read.
    """

    layout: Layout | None
    applied: tuple[Line, ...]
    confirmed: tuple[Line, ...]
    questions: tuple[Question, ...]
    lacking: Mapping[str, tuple[str, ...]]
    unused: tuple[Column, ...] = ()
    decimal: Convention | None = None
    dates: Convention | None = None
    shape: Shape | None = None
    extends: str = ""
    notices: tuple[str, ...] = ()

    def settled(self) -> Mapping[Place, Line]:
        """Give the lines that stand."""
        return {line.place: line for line in (*self.applied, *self.confirmed)}

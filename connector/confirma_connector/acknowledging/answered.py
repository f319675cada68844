"""What an answer says of an invoice in any format: which it is, what became of it, and what its source calls it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from confirma_connector.language import tr
from confirma_connector.records import Problem

__all__ = ["VERDICTS", "Answer", "Answered", "Batch", "Kind", "Unanswerable", "Verdict", "Written", "each", "once"]

Verdict = Literal["taken", "delivered", "refused", "none"]
"""What a format's own codes can say. Where nobody knows yet, or a person has to look, there is none."""

VERDICTS: Mapping[str, Verdict] = {
    "invalid": "refused",
    "rejected": "refused",
    "conflict": "refused",
    "failed": "refused",
    "duplicate": "refused",
    "sent": "taken",
    "waiting": "taken",
    "credited": "taken",
    "delivered": "delivered",
    "ready": "none",
    "uncertain": "none",
    "attention": "none",
    "unknown": "none",
    "handled": "none",
}


_WORST_FIRST: Sequence[Verdict] = ("refused", "none", "taken", "delivered")
_NAMED = 5


class Unanswerable(ValueError):
    """An invoice that a format's answer cannot name; the text says what it lacks."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One invoice of a source with its state; *values* are what the mapping names for the answer, as spelled there.

    *changed_at* is when its state came about (None for what was never sent), in seconds since 1970.
    """

    number: str
    state: str
    message: str = ""
    changed_at: float | None = None
    case_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    is_test: bool = False

    @property
    def verdict(self) -> Verdict:
        """What its state comes to."""
        return VERDICTS.get(self.state, "none")

    @property
    def word(self) -> str:
        """The stable word for its state, as the results have it."""
        return f"TEST {self.state}" if self.is_test else self.state

    @property
    def text(self) -> str:
        """The state and its reason in one line."""
        return f"{self.word}: {self.message}" if self.message else self.word

    def named(self, name: str) -> str:
        """Give the value *name*. Raises Unanswerable where its source has none."""
        value = self.values.get(name, "")
        if not value:
            raise Unanswerable(tr("its {name} is missing", name=name))
        return value


@dataclass(frozen=True, slots=True)
class Batch:
    """The source as a whole: its size in bytes, when it was written, and the gross sum of what is valid by currency.

    *headers* are those that the mapping gives the states in a table; *left_out* is how many of its invoices the mapping
    skips.
    """

    size: int
    written_at: float
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    left_out: int = 0

    def time(self, answered: Iterable[Answered], pattern: str) -> str:
        """Say when the newest of the states came about: the same states give the same answer at any time."""
        moments = [one.changed_at for one in answered if one.changed_at is not None]
        return time.strftime(pattern, time.localtime(max(moments, default=self.written_at)))


@dataclass(frozen=True, slots=True)
class Answer:
    """One document: *label* tells it from the others of the same source (the invoice's number, "" for the only one)."""

    content: bytes
    suffix: str = ".xml"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The documents of one source, and why an invoice that should be in one is in none."""

    answers: tuple[Answer, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One format of answers. *needs* and *may* are the values that a mapping names for it (*may* None: any)."""

    write: Callable[[Sequence[Answered], Batch], Written]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] | None = ()
    has_headers: bool = False


def each(
    answered: Iterable[Answered], make: Callable[[Answered], bytes], suffix: str = ".xml"
) -> tuple[list[Answer], list[str]]:
    """Give a document for every invoice that can have one, and why another cannot."""
    answers, notices = list[Answer](), list[str]()
    for one in answered:
        try:
            answers.append(Answer(make(one), suffix, one.number))
        except Unanswerable as error:
            notices.append(tr("invoice {number} has no answer of its own: {reason}", number=one.number, reason=error))
    return answers, notices


def once(
    keyed: Iterable[tuple[tuple[str, ...], Answered]], called: str
) -> tuple[dict[tuple[str, ...], Answered], list[str]]:
    """Give each key once, with the worst that its invoices came to, and say which invoices have to share one."""
    shared: dict[tuple[str, ...], list[Answered]] = {}
    for key, one in keyed:
        shared.setdefault(key, []).append(one)
    notices = []
    for its in shared.values():
        if len({(one.number, one.state) for one in its}) > 1:
            named = ", ".join(one.number for one in its[:_NAMED]) + (" …" if len(its) > _NAMED else "")
            notices.append(
                tr(
                    "invoices {numbers} have the same {key}: the answer says the worst that they came to",
                    numbers=named,
                    key=called,
                )
            )
    return {key: min(its, key=lambda one: _WORST_FIRST.index(one.verdict)) for key, its in shared.items()}, notices

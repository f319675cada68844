"""What comparing found out, and the lines of the overlay that follow from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from confirma_connector.contracting.openapi import Described, Pointer, spelled
from confirma_connector.errors import legible
from confirma_connector.language import tr

__all__ = ["Change", "Finding", "Kind", "Notes", "Weight", "demanded"]

Kind = Literal["confirmed", "renamed", "respelled", "missing", "new", "ambiguous", "unlike", "silent"]


class Weight(IntEnum):
    """How much follows from a finding: in this order they are told."""

    STOPS = 1
    DANGER = 2
    LOSS = 3
    ADAPTED = 4
    NEW = 5
    FITS = 6


@dataclass(frozen=True)
class Finding:
    """One thing found: *line* is ours, if it concerns one; *at* is where the file says it."""

    weight: Weight
    kind: Kind
    line: str
    at: Pointer
    text: str
    todo: str = ""
    needs_person: bool = False
    candidates: tuple[str, ...] = ()

    def told(self, described: Described) -> str:
        """Give it as one line for people."""
        lead = f"{self.line}: " if self.line else ""
        todo = f"; {self.todo}" if self.todo else ""
        return legible(f"{lead}{self.text}{todo}  {described.place(self.at)}")

    def as_json(self, described: Described) -> dict[str, object]:
        """Give it as JSON."""
        return {
            "weight": self.weight.name.lower(),
            "kind": self.kind,
            "line": self.line,
            "pointer": spelled(self.at),
            "file_line": described.lines.get(self.at),
            "text": self.text,
            "todo": self.todo,
            "needs_person": self.needs_person,
            "candidates": list(self.candidates),
        }


@dataclass(frozen=True)
class Change:
    """One line of the overlay; an open one stands there as a comment that a person makes a line of."""

    line: str
    values: tuple[tuple[str, str], ...]
    why: str
    is_open: bool = False


@dataclass
class Notes:
    """Collects both."""

    findings: list[Finding] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def fits(self, line: str, at: Pointer, wire: str) -> None:
        """Note that the file says the same as the contract."""
        self.findings.append(Finding(Weight.FITS, "confirmed", line, at, tr('"{wire}", as in the file', wire=wire)))

    def renamed(
        self,
        line: str,
        at: Pointer,
        before: str,
        wire: str,
        *,
        is_sure: bool = True,
        todo: str = "",
        label: str = "",
    ) -> None:
        """Note another name, and change the line; *label* is what the file calls a name that is a number."""
        shown = f"{wire} ({label})" if label not in ("", wire) else wire
        text = tr('"{before}" is called "{wire}" there', before=before, wire=shown)
        if wire == ".":
            text = tr('"{name}" is no container there: its members stand beside it', name=before)
        elif not before:
            text = tr('it has a name there, "{wire}"', wire=wire)
        weight = Weight.ADAPTED if is_sure else Weight.DANGER
        self.findings.append(Finding(weight, "renamed", line, at, text, todo, needs_person=not is_sure))
        self.change(line, {"wire": wire}, text)

    def change(self, line: str, values: dict[str, str], why: str, *, is_open: bool = False) -> None:
        """Change a line, or propose it; what was said of it before stays true besides."""
        known = next((one for one in self.changes if one.line == line and not one.is_open), None)
        if known is not None and not is_open:
            self.changes.remove(known)
            values, why = {**dict(known.values), **values}, f"{known.why}; {why}"
        self.changes.append(Change(line, tuple(values.items()), why, is_open))

    def add(
        self,
        weight: Weight,
        kind: Kind,
        line: str,
        at: Pointer,
        text: str,
        todo: str = "",
        *,
        needs_person: bool = True,
        candidates: Iterable[str] = (),
    ) -> None:
        """Note one thing."""
        self.findings.append(Finding(weight, kind, line, at, text, todo, needs_person, tuple(candidates)))

    def ambiguous(self, weight: Weight, line: str, at: Pointer, before: str, names: tuple[str, ...]) -> None:
        """Note that a person has to choose; each choice becomes an open line."""
        quoted = ", ".join(f'"{name}"' for name in names)
        text = tr('there is no "{before}"; it may be {names}', before=before, names=quoted)
        todo = tr('delete "# ? " before the right line of the overlay')
        self.add(weight, "ambiguous", line, at, text, todo, candidates=names)
        for name in names:
            self.change(line, {"wire": name}, text, is_open=True)

    def in_order(self) -> list[Finding]:
        """Give the findings, what matters most first."""
        return sorted(self.findings, key=lambda one: (one.weight, not one.needs_person, not one.line))

    @property
    def needs_person(self) -> bool:
        """Whether anything is left for a person."""
        return any(one.needs_person for one in self.findings)


def demanded(name: str, value: str, *, is_default: bool) -> str:
    """Say that something is required, and what is sent therefore."""
    if is_default:
        return tr('"{name}" is required; the default of the file, {value}, is sent', name=name, value=value)
    return tr('"{name}" is required and can only be {value}', name=name, value=value)

"""What is told of a promise: kept, not tried and what that needs, or broken and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Broken", "Finding", "Needless", "Outcome", "Tried", "Untried"]

Outcome = Literal["kept", "broken", "untried", "needless"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which an adapter breaks a promise, for somebody who has never seen the host."""

    done: str
    expected: str
    came: str
    look: str
    cure: str

    def __str__(self) -> str:
        """Give it as five lines."""
        words = ("done", "expected", "came", "look at", "cure")
        lines = zip(words, (self.done, self.expected, self.came, self.look, self.cure), strict=True)
        return "\n".join(f"{word + ':':<10}{text}" for word, text in lines)


class Broken(Exception):
    """A promise is broken so that nothing more of it can be tried."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


class Untried(Exception):
    """A promise cannot be tried on this sample; the text says what is needed for that."""


class Needless(Exception):
    """A promise is none of this adapter's, as it does without the hook; the text says what the host does then."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one promise on one sample. *reason* says what trying it needs, or why it is needless."""

    promise: str
    title: str
    sample: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        """Give it as it is printed."""
        told = "\n\n".join(map(str, self.findings)) or self.reason
        lines = "".join(f"\n           {line}".rstrip(" ") for line in (told.split("\n") if told else ()))
        return f"{_SHOWN[self.outcome]:<11}{self.title}{lines}"


_SHOWN: dict[Outcome, str] = {"kept": "kept", "broken": "BROKEN", "untried": "NOT TRIED", "needless": "needless"}

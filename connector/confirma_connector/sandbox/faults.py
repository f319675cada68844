"""Faults on demand: what the stand-in shall do wrong, and when."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

HABITS = ("lag", "page", "forget", "hide_paused", "no_totals", "cut")


class Fault(BaseModel):
    """One fault of the create or the listing route; the field texts say what it means."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    route: Literal["create", "listing"]
    kind: Literal[
        "status", "drop", "late", "slow", "truncated", "html", "garbage",
        "lag", "page", "forget", "hide_paused", "no_totals", "cut",
    ] = Field(
        description="status: answer with `status`. drop: close the connection without an answer. late: the invoice "
        "comes to be only after `seconds`; answered now by `status`, or dropped when there is none. slow: the true "
        "answer after `seconds`. truncated: less body than Content-Length says, then closed. html: 200 with a "
        "web page. garbage: bytes that are not HTTP. Listing only: lag: nothing younger than `seconds`. page: only "
        "the first `size` records. forget: never `numbers`. hide_paused. no_totals. cut: the last record is lost."
    )  # fmt: skip
    status: int | None = Field(None, ge=200, le=599, description="The status code; 503 when not given (kind status).")
    body: Literal["json", "html", "text", "empty"] = Field("json", description="What the error answer holds.")
    content: str | None = Field(None, description="The body of the error answer word for word, instead of `body`.")
    content_type: str | None = Field(None, description="The content type that goes with `content`.")
    headers: dict[str, str] = Field({}, description="More headers of the error answer, such as Location.")
    retry_after: str | None = Field(None, description="The Retry-After header as it is to be written.")
    after_commit: bool = Field(False, description="Take the invoice first, then do wrong.")
    reset: bool = Field(True, description="Drop with a TCP reset; false: an orderly close.")
    seconds: float = Field(0.0, ge=0, description="For late, slow and lag; with the others a wait before the answer.")
    size: int = Field(0, ge=0, description="The size of a page.")
    times: int | None = Field(None, ge=0, description="How often it strikes; without end when not given.")
    every: int = Field(1, ge=1, description="It strikes each so-manieth request that reaches it.")
    numbers: tuple[int, ...] = Field((), description="Only these invoice numbers (kind forget: the forgotten ones).")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.kind in HABITS and self.route != "listing":
            raise ValueError(f"{self.kind} is a fault of the listing")
        if self.kind == "late" and self.route != "create":
            raise ValueError("late is a fault of the create route")
        if self.kind in ("late", "slow", "lag") and not self.seconds:
            raise ValueError(f"{self.kind} needs seconds")
        if self.kind == "forget" and not self.numbers:
            raise ValueError("forget needs numbers")
        return self

    def concerns(self, number: int | None) -> bool:
        """Say whether a request about *number* can meet this fault."""
        return not self.numbers or self.kind == "forget" or number in self.numbers


@dataclass(frozen=True, slots=True)
class Habits:
    """How the listing misbehaves for one request."""

    lag: float = 0.0
    page: int | None = None
    forgotten: frozenset[int] = frozenset()
    hide_paused: bool = False
    no_totals: bool = False
    cut: bool = False


@dataclass(slots=True)
class ActiveFault:
    """A fault in force: the requests that reached it, and those it struck."""

    id: int
    fault: Fault
    seen: int = field(default=0)
    struck: int = field(default=0)

    def strikes(self) -> bool:
        """Count one request and say whether this one is struck."""
        if self.fault.times is not None and self.struck >= self.fault.times:
            return False
        self.seen += 1
        if self.seen % self.fault.every:
            return False
        self.struck += 1
        return True


class Faults:
    """The faults in force, in the order they were added; safe for several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._active: list[ActiveFault] = []
        self._next = 1

    def add(self, fault: Fault) -> int:
        """Put *fault* in force and return its id."""
        with self._lock:
            active = ActiveFault(self._next, fault)
            self._next += 1
            self._active.append(active)
            return active.id

    def remove(self, fault_id: int) -> None:
        """End the fault of that id; nothing happens when there is none."""
        with self._lock:
            self._active = [active for active in self._active if active.id != fault_id]

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._active = []

    def active(self) -> tuple[ActiveFault, ...]:
        """Return the faults in force with their counts."""
        with self._lock:
            return tuple(ActiveFault(each.id, each.fault, each.seen, each.struck) for each in self._active)

    def strike(self, route: str, number: int | None) -> Fault | None:
        """Count one request and return the first fault that strikes it; habits of the listing are not among them."""
        with self._lock:
            for active in self._active:
                fault = active.fault
                if fault.route == route and fault.kind not in HABITS and fault.concerns(number) and active.strikes():
                    return fault
        return None

    def habits(self, number: int | None) -> Habits:
        """Count one listing request and return all habits that it meets, taken together."""
        with self._lock:
            met = [
                active.fault
                for active in self._active
                if active.fault.kind in HABITS and active.fault.concerns(number) and active.strikes()
            ]
        kinds = {fault.kind for fault in met}
        return Habits(
            lag=max((fault.seconds for fault in met if fault.kind == "lag"), default=0.0),
            page=min((fault.size for fault in met if fault.kind == "page"), default=None),
            forgotten=frozenset(number for fault in met if fault.kind == "forget" for number in fault.numbers),
            hide_paused="hide_paused" in kinds,
            no_totals="no_totals" in kinds,
            cut="cut" in kinds,
        )

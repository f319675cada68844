"""One transition of an invoice's state, and which transitions there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from confirma_connector.journal.entry import TAKEN, State

__all__ = ["ANSWERS", "CLAIMABLE", "LEADS_TO", "REOPENABLE", "Step"]

CLAIMABLE: frozenset[State] = frozenset({"ready", "rejected"})
"""States from which an invoice may be sent (again)."""

LEADS_TO: Mapping[State, frozenset[State]] = {
    "sending": TAKEN | {"ready", "rejected", "uncertain"},
    "uncertain": frozenset({"uncertain", "sent", "ready", "conflict", "handled"}),
    "ready": frozenset({"sent", "conflict", "handled"}),
    "rejected": frozenset({"sent", "conflict", "handled"}),
    "conflict": frozenset({"sent", "ready", "handled"}),
    **dict.fromkeys(TAKEN, TAKEN | {"handled"}),
}
"""What each state may become, except by a claim or by being let go again; `handled` is final."""

ANSWERS = frozenset({"taken", "refused", "stop", "busy", "odd", "found at Confirma", "observed"})  # not for people
"""Events whose detail is the server's own answer; it may repeat what the invoice says."""

REOPENABLE: frozenset[State] = frozenset({"failed", "duplicate", "attention", "unknown", "rejected"})
"""States from which a person may let an invoice go again: the API has not delivered it, and nothing says it will."""


class Step(NamedTuple):
    """One transition to write: the new state, the words for it, and the audit line. (A tuple: many of them are made.)

    *never_left* says that not one byte of the attempt left this machine: then nothing at the server can be of it.
    """

    entry: int
    state: State
    event: str
    message: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    http_status: int | None = None
    detail: str = ""
    status: str = ""
    ended_at: float | None = None
    taken_at: float | None = None
    absent_at: float | None = None
    case_id: str = ""
    distributed_at: str = ""
    method: str = ""
    seen_at: float | None = None
    never_left: bool = False

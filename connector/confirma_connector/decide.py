"""A person's word about one invoice, where the server's own word is missing or not enough."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Literal

from confirma_connector.errors import SettingsError
from confirma_connector.files import locked
from confirma_connector.journal import Entry, Journal, State, Step
from confirma_connector.settings import Settings

__all__ = ["Decision", "resolve"]

Decision = Literal["arrived", "not-arrived", "handled"]

_STATES: Mapping[Decision, State] = {"arrived": "sent", "not-arrived": "ready", "handled": "handled"}
_OPEN_TO: Mapping[Decision, tuple[State, ...]] = {
    "arrived": ("uncertain", "conflict"),
    "not-arrived": ("uncertain", "conflict"),
    "handled": (
        "ready",
        "uncertain",
        "rejected",
        "conflict",
        "sent",
        "waiting",
        "failed",
        "duplicate",
        "attention",
        "unknown",
    ),
}


def resolve(settings: Settings, number: int, decision: Decision, reason: str, year: int | None = None) -> Entry:
    """Write a person's decision into the journal, with name and reason. Raises SettingsError when it does not apply."""
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        busy = (
            f"another run for account {settings.account} ({settings.environment}) is active; try again when it is done"
        )
        with locked(journal.lock_path, busy):
            journal.cut_off()
            entry = _one(journal, number, year)
            if entry.state not in _OPEN_TO[decision]:
                raise SettingsError(f"invoice {number} is {entry.state}: --{decision} does not apply to it")
            person = getpass.getuser()
            message = f"{decision.replace('-', ' ')}, says {person}: {reason}"
            journal.advance(
                [Step(entry.id, _STATES[decision], f"resolved: {decision}", message=message, detail=message)]
            )
            return _one(journal, number, entry.year)


def _one(journal: Journal, number: int, year: int | None) -> Entry:
    entries = [entry for entry in journal.named(number) if year is None or entry.year == year]
    if not entries:
        raise SettingsError(
            f"the journal knows no invoice {number} of account {journal.account} ({journal.environment})"
        )
    if len(entries) > 1:
        years = ", ".join(str(entry.year) for entry in entries)
        raise SettingsError(f"invoice {number} is there of the years {years}: say which with --year")
    return entries[0]

"""A person's word about one invoice, where the server's own word is missing or not enough."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from typing import Literal

from confirma_connector import reconcile
from confirma_connector.errors import SettingsError
from confirma_connector.inquiry import inquire
from confirma_connector.journal import REOPENABLE, Entry, Journal, State, Step
from confirma_connector.language import mark, tr
from confirma_connector.masking import masked
from confirma_connector.opening import held, opened
from confirma_connector.retelling import DECIDED
from confirma_connector.run import Run, in_its_language
from confirma_connector.settings import Settings

__all__ = ["Decision", "resend", "resolve"]

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
    with held(settings) as journal:
        journal.cut_off()
        entry = _one(journal, number, year)
        if entry.state not in _OPEN_TO[decision]:
            raise SettingsError(
                tr(
                    "invoice {number} is {state}: --{decision} does not apply to it",
                    number=number,
                    state=entry.state,
                    decision=decision,
                )
            )
        message = DECIDED[decision].format(user=getpass.getuser(), reason=masked(reason))
        journal.advance([Step(entry.id, _STATES[decision], f"resolved: {decision}", message=message, detail=message)])
        return _one(journal, number, entry.year)


@in_its_language
def resend(run: Run, number: int, reason: str, year: int | None = None) -> Entry:
    """Let the next `send` of its file send an invoice again that Confirma took and did not deliver.

    Confirma is asked first: what it has delivered by now is not let go. Raises SettingsError when it does not apply.
    """
    with opened(run) as (journal, client):
        journal.cut_off()
        entry = _one(journal, number, year)
        if entry.state not in REOPENABLE and not entry.is_foreign:
            raise SettingsError(
                tr(
                    "invoice {number} is {state}: {instead}",
                    number=number,
                    state=entry.state,
                    instead=tr(_INSTEAD.get(entry.state, _NOT_AGAIN)),
                )
            )
        findings = inquire(client.listing, [(entry.number, entry.date)])
        detail = f"{getpass.getuser()}: {masked(reason)}"
        if entry.is_foreign and findings.of(entry.number, entry.year):
            raise SettingsError(tr("invoice {number} is at Confirma: it is not sent again", number=number))
        again = "to be sent again"  # not for people
        if not reconcile.release(journal, entry, findings, client.server_now(), again, detail=detail):
            state = _one(journal, number, entry.year).state
            raise SettingsError(
                tr("invoice {number} is {state} at Confirma by now: it is not sent again", number=number, state=state)
            )
        return _one(journal, number, entry.year)


_NOT_AGAIN = mark("it is not sent again")
_INSTEAD: Mapping[State, str] = {
    "ready": mark("send its file"),
    "sending": mark("run send or track, which asks what became of it"),
    "uncertain": mark("run send or track, which asks what became of it; or decide with confirma resolve"),
    "conflict": mark("decide with confirma resolve"),
    "sent": mark("it is under way; run track"),
    "waiting": mark("it is under way; run track"),
}


def _one(journal: Journal, number: int, year: int | None) -> Entry:
    entries = [entry for entry in journal.named(number) if year is None or entry.year == year]
    if not entries:
        raise SettingsError(
            tr(
                "the journal knows no invoice {number} of account {account} ({environment})",
                number=number,
                account=journal.account,
                environment=journal.environment,
            )
        )
    if len(entries) > 1:
        years = ", ".join(str(entry.year) for entry in entries)
        raise SettingsError(
            tr("invoice {number} is there of the years {years}: say which with --year", number=number, years=years)
        )
    return entries[0]

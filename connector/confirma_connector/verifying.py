"""One invoice through staging, to be looked at: which it is, what the service said of it, what that proves."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import simplejson

from confirma_connector import reconcile
from confirma_connector.answers import Listed
from confirma_connector.contract import Contract
from confirma_connector.errors import SettingsError
from confirma_connector.inquiry import inquire
from confirma_connector.items import Item
from confirma_connector.journal import Journal
from confirma_connector.language import tr
from confirma_connector.opening import opened
from confirma_connector.run import Run
from confirma_connector.survey import Survey
from confirma_connector.usage import Usage

__all__ = ["Subject", "Trail", "chosen", "listed", "proofs", "trail"]

_STEP = 2.0
_OPEN = (None, "ready", "sending", "uncertain", "sent", "waiting")
"""States of an invoice that can still be walked through: not begun, or under way."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The one invoice: *used* are the unconfirmed lines of the contract that its request stands on."""

    number: int
    year: int
    date: dt.date
    body: bytes
    used: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """What the journal has on the invoice: its state, and each event with HTTP status and the service's own words."""

    state: str
    is_taken: bool
    events: tuple[tuple[str, int | None, str], ...]


def chosen(run: Run, path: Path, mapping: str | None, number: int | None) -> Subject:
    """Choose the invoice: the one named, else the first valid one that is not done. Raises SettingsError."""
    _refuse_production(run)
    settings = run.settings
    with (
        Journal(settings.journal, settings.environment, settings.account) as journal,
        contextlib.closing(run.read(path, run.mapping(path, mapping), journal.key)) as found,
    ):
        item = next(_candidates(journal, found, number), None)
        facts = item.facts if item else None
        if item is None or facts is None:
            if number is not None:
                raise SettingsError(
                    tr("{path}: there is no valid invoice {number} in it; see confirma check", path=path, number=number)
                )
            raise SettingsError(
                tr("{path}: there is no valid invoice that is not done already in it; see confirma check", path=path)
            )
        body = found.claim(item).body
        usage = Usage(run.contract)
        usage.add(body)
        return Subject(facts.number, facts.year, facts.date, body, tuple(sorted(usage.lines())))


def _refuse_production(run: Run) -> None:
    if run.settings.environment == "production":
        raise SettingsError(tr("verify sends one invoice to staging to be looked at: name the environment staging"))


def _candidates(journal: Journal, found: Survey, number: int | None) -> Iterator[Item]:
    for item in found.valid():
        if item.key is None:
            continue
        entry = journal.entry(*item.key)
        if item.number == number or (number is None and (entry.state if entry else None) in _OPEN):
            yield item


def listed(run: Run, subject: Subject, patience: float) -> Sequence[Listed]:
    """Ask for the delivery information until the invoice is in it, for *patience* seconds; the journal hears of it."""
    _refuse_production(run)
    end = time.monotonic() + patience
    with opened(run) as (journal, client):
        while True:
            findings = inquire(client.listing, [(subject.number, subject.date)])
            reconcile.observe(journal, findings, client.server_now())
            records = findings.of(subject.number, subject.year)
            if records or time.monotonic() >= end or run.stop.wished.wait(_STEP):
                return records


def trail(run: Run, subject: Subject) -> Trail:
    """Give what the journal has on the invoice by now."""
    settings = run.settings
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        entry = journal.entry(subject.number, subject.year)
        if entry is None:
            return Trail("ready", False, ())
        events = tuple((event, code, detail) for _, event, code, detail in journal.events(entry))
        return Trail(entry.state, entry.taken_at is not None, events)


def proofs(contract: Contract, subject: Subject, records: Sequence[Listed]) -> Iterator[str]:
    """Say what one invoice that was taken, and its *records*, prove about the contract, and what they do not."""
    if subject.used:
        yield tr(
            "The service took a request with these values; it did not refuse them: {values}.",
            values=", ".join(subject.used),
        )
        yield tr(
            "That it understood them you see only on the printed invoice: ask Confirma for the picture "
            "of invoice {number}, and compare rows, sums, references and the way it is delivered.",
            number=subject.number,
        )
    if not records:
        return
    came = {name for record in records for name in simplejson.loads(record.raw)}
    lines = [key for key in contract.file.listing if key.startswith("record.")]
    known = {key: [name for name in contract.names("listing", key) if name.partition("/")[0] in came] for key in lines}
    there = [f"{key} = {names[0]}" for key, names in known.items() if names]
    yield tr("These members came back in the delivery information: {members}.", members=", ".join(there))
    if absent := [key for key, names in known.items() if not names]:
        yield tr("Not seen, so not proved: {members}.", members=", ".join(absent))
    if strange := sorted(came - {name.partition("/")[0] for names in known.values() for name in names}):
        yield tr("Came back and means nothing to this program: {members}.", members=", ".join(strange))

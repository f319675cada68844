"""Day one: what was sent elsewhere before is made known, and is never sent from here."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from confirma_connector.errors import SettingsError
from confirma_connector.items import Item
from confirma_connector.journal import Journal, Step
from confirma_connector.language import listed, tr, trn
from confirma_connector.masking import masked
from confirma_connector.opening import held
from confirma_connector.retelling import SENT_ELSEWHERE
from confirma_connector.run import Choice, Run, in_its_language

__all__ = ["Adoption", "adopt"]

_NAMED = 10
"""As many numbers are named in one line."""


@dataclass
class Adoption:
    """What became of the invoices of one file: by number, as spelled where it is none."""

    path: Path
    adopted: list[str] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)
    invalid: list[str] = field(default_factory=list)
    left: int = 0

    @property
    def exit_code(self) -> int:
        """1 when something needs a person: an invoice that could not be adopted."""
        return int(bool(self.invalid))


@in_its_language
def adopt(run: Run, choice: Choice, reason: str, until: dt.date | None = None) -> list[Adoption]:
    """Make the invoices of files known as sent elsewhere: they are never sent from here, and never tracked.

    Only those that *choice* admits, dated up to *until*. What this journal sent itself keeps its state; an invalid one
    cannot be adopted, and cannot be sent either. Raises SettingsError.
    """
    with held(run.settings) as journal:
        return [_adopted(run, journal, path, choice, reason, until) for path in choice.paths]


def _adopted(run: Run, journal: Journal, path: Path, choice: Choice, reason: str, until: dt.date | None) -> Adoption:
    told = Adoption(path)
    message = SENT_ELSEWHERE.format(user=getpass.getuser(), reason=masked(reason))
    with contextlib.closing(run.read(path, run.mapping(path, choice.mapping), journal.key)) as found:
        sellers = list(found.sellers)
        bound = journal.seller()
        if bound and any(seller != bound for seller in sellers):
            raise SettingsError(
                tr(
                    "{path}: account {account} belongs to seller {bound}, this file is of {seller}",
                    path=path,
                    account=journal.account,
                    bound=bound,
                    seller=sellers[0],
                )
            )
        for item in found.items:
            if item.kind is None:
                told.invalid.append(item.label)
            elif _is_meant(item, choice, until):
                _settle(journal, item, message, told)
            else:
                told.left += 1
    return told


def _is_meant(item: Item, choice: Choice, until: dt.date | None) -> bool:
    facts = item.facts
    return (
        facts is not None
        and (choice.only is None or facts.number in choice.only)
        and (choice.since is None or facts.date >= choice.since)
        and (until is None or facts.date <= until)
    )


def _settle(journal: Journal, item: Item, message: str, told: Adoption) -> None:
    facts = item.facts
    if facts is None or journal.adopt(facts, message):
        told.adopted.append(item.label)
        return
    entry = journal.entry(facts.number, facts.year)
    if entry is not None and entry.state in ("ready", "rejected", "conflict"):
        journal.advance([Step(entry.id, "handled", "adopted", message=message, detail=message)])
        told.adopted.append(item.label)
    elif entry is not None:
        told.known[item.label] = entry.state


def lines(told: Adoption) -> Iterator[str]:
    """Say in a few lines what became of a file."""
    yield trn(
        "{name}: {count} adopted as sent elsewhere: they are never sent from here",
        "{name}: {count} adopted as sent elsewhere: they are never sent from here",
        len(told.adopted),
        name=told.path.name,
    )
    if told.known:
        numbers = listed([f"{number} ({state})" for number, state in told.known.items()], _NAMED)
        yield trn(
            "  {count} known already, left as they are: {numbers}",
            "  {count} known already, left as they are: {numbers}",
            len(told.known),
            numbers=numbers,
        )
    if told.left:
        yield trn("  {count} not asked for, left as they are", "  {count} not asked for, left as they are", told.left)
    if told.invalid:
        yield trn(
            "  {count} not adopted, because they are invalid (see confirma check): {numbers}",
            "  {count} not adopted, because they are invalid (see confirma check): {numbers}",
            len(told.invalid),
            numbers=listed(told.invalid, _NAMED),
        )

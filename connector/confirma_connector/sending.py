"""Sending the invoices of one file after another: which of them, asked for first, credit notes last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from confirma_connector import reconcile
from confirma_connector.client import Client, Verdict
from confirma_connector.contract import Contract
from confirma_connector.dispatch import Dispatch, Ending, Stop
from confirma_connector.errors import Outage, Refused
from confirma_connector.journal import TAKEN, Entry, Facts, Journal
from confirma_connector.survey import Item, Key, Survey

__all__ = ["Filters", "Sending"]

NOT_ASKED_FOR = "not asked for in this run"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which of the invoices that could go are asked for."""

    only: frozenset[int] | None = None
    since: dt.date | None = None
    limit: int | None = None

    def admits(self, facts: Facts, chosen: int) -> bool:
        """Whether one more invoice may go when *chosen* are going already."""
        return (
            (self.only is None or facts.number in self.only)
            and (self.since is None or facts.date >= self.since)
            and (self.limit is None or chosen < self.limit)
        )


@dataclass
class Sending:
    """The sending of one run. *ending* says why it stopped early; *touched* are the invoices it dealt with."""

    journal: Journal
    client: Client
    contract: Contract
    workers: int
    stop: Stop
    filters: Filters
    seller: str | None
    hear: Callable[[Survey, Entry, Verdict, int], None]
    touched: set[Key] = field(default_factory=set)
    ending: Ending | None = None
    _chosen: int = 0

    def send(self, survey: Survey) -> dict[Key, str]:
        """Send what of *survey* was not sent before; give the reasons why others were held back.

        When the server's list cannot be had nothing of this file is sent; Outage and Refused are raised if nothing
        of another file was sent before, else they are the `ending`.
        """
        held: dict[Key, str] = {}
        todo = list(self._todo(survey, held))
        if not todo or self.ending:
            return held
        try:
            met = reconcile.preflight(self.journal, self.client.listing, [item.facts for item in todo if item.facts])
        except (Outage, Refused) as error:
            if not self.touched:
                raise
            self.ending = Ending("outage" if isinstance(error, Outage) else "refused", str(error))
            return held
        if self.seller and self.journal.seller() is None:
            self.journal.bind(self.seller)
        going = [item for item in todo if item.key and item.key[0] not in met]
        self.touched |= {item.key for item in todo if item.key}
        dispatch = Dispatch(
            self.journal,
            self.client,
            self.contract,
            self.workers,
            self.stop,
            lambda entry, verdict: self.hear(survey, entry, verdict, len(going)),
        )
        with self.stop.shield():
            dispatch.run(survey.claim(item) for item in going if not _is_credit(item))
            credits = [item for item in going if _is_credit(item) and self._may_follow(item, survey, held)]
            dispatch.run(survey.claim(item) for item in credits)
        self.ending = dispatch.ending
        return held

    def _todo(self, survey: Survey, held: dict[Key, str]) -> Iterator[Item]:
        for item in survey.valid():
            if item.facts is None or item.key is None or not self._is_unsent(item.facts):
                continue
            if self.filters.admits(item.facts, self._chosen):
                self._chosen += 1
                yield item
            else:
                held[item.key] = NOT_ASKED_FOR

    def _is_unsent(self, facts: Facts) -> bool:
        entry = self.journal.entry(facts.number, facts.year)
        if entry is None or entry.state == "ready":
            return True
        return entry.state == "rejected" and entry.print != facts.print

    def _may_follow(self, item: Item, survey: Survey, held: dict[Key, str]) -> bool:
        """A credit note goes only after the invoice it credits; one that was sent elsewhere does not hold it back."""
        if item.credited is None or item.key is None:
            return True
        originals = self.journal.named(item.credited)
        if any(entry.state in TAKEN or entry.state == "handled" for entry in originals):
            return True
        state = originals[-1].state if originals else _unsent_state(survey.items, item.credited)
        if state:
            held[item.key] = f"waits for invoice {item.credited}, which is {state}"
        return not state


def _is_credit(item: Item) -> bool:
    return item.facts is not None and item.facts.type == "CREDIT_NOTE"


def _unsent_state(items: Sequence[Item], number: int) -> str:
    """Say what an invoice of the same file is that the journal does not know; "" when it is not in the file."""
    same = [item for item in items if item.key is not None and item.key[0] == number]
    return "" if not same else "ready" if same[0].facts is not None else "invalid"

"""Sending the invoices of some files: which of them, asked for first, credit notes last."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from confirma_connector import reconcile
from confirma_connector.client import Client
from confirma_connector.contract import Contract
from confirma_connector.dispatch import Dispatch
from confirma_connector.following import Following
from confirma_connector.items import Item
from confirma_connector.journal import Claim, Entry, Facts, Journal
from confirma_connector.language import mark, tr
from confirma_connector.numbering import Key, Numbers
from confirma_connector.records import Problem
from confirma_connector.stopping import Ending, Stop
from confirma_connector.survey import Survey
from confirma_connector.verdict import Verdict

__all__ = ["Filters", "Sending"]

NOT_REACHED = mark("the run stopped before it")
NOT_ASKED_FOR = mark("not asked for in this run")
_OLD = dt.timedelta(days=35)
_OLD_AND_UNKNOWN = mark(
    "dated more than 35 days ago and unknown here: if it was sent elsewhere, say so with "
    "confirma adopt; if it is to go, set the rule old-invoice to warning"
)


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


@dataclass(frozen=True, slots=True)
class _Going(Collection[Facts]):
    """What goes. (A list of facts would hold as much as all the items: here each is made when it is looked at.)"""

    todo: Sequence[tuple[Survey, Item]]

    def __len__(self) -> int:
        return len(self.todo)

    def __iter__(self) -> Iterator[Facts]:
        return (facts for _, item in self.todo if (facts := item.facts))

    def __contains__(self, facts: object) -> bool:
        return any(one == facts for one in self)


@dataclass
class Sending:
    """The sending of one run. *ending* says why it stopped early; *touched* are the invoices it dealt with.

    *held* are those that could go and did not, each with the reason. *hear* is told of every verdict, and of how many
    there are to come in all. *old* are those that went though they are so old that somebody else may have sent them.
    With *resends* what Confirma could not deliver goes again once it is corrected. *agree* is shown what is about to
    go, and raises what keeps it from going.
    """

    journal: Journal
    client: Client
    contract: Contract
    workers: int
    stop: Stop
    filters: Filters
    seller: str | None
    resends: bool
    hear: Callable[[Claim, Verdict, int], None]
    agree: Callable[[Collection[Facts]], None]
    touched: Numbers = field(default_factory=Numbers)
    held: dict[Key, str | Problem] = field(default_factory=dict)
    old: list[int] = field(default_factory=list)
    ending: Ending | None = None

    def send(self, surveys: Sequence[Survey]) -> None:
        """Send what of *surveys* was not sent before. The caller shields the run: from here on nothing may be lost.

        Raises Outage and Refused, and nothing was sent, when the server's own list cannot be had.
        """
        todo = list(self._todo(surveys))
        if not todo:
            return
        wanted = _Going(todo)
        with self.stop.exposed():
            self.agree(wanted)
            met = reconcile.preflight(self.journal, self.client.listing, wanted, self.client.server_now())
        if self.seller and self.journal.seller() is None:
            self.journal.bind(self.seller)
        going = [one for one in todo if one[1].key not in met]
        dispatch = Dispatch(
            self.journal,
            self.client,
            self.contract,
            self.workers,
            self.stop,
            lambda claim, verdict: self.hear(claim, verdict, len(going)),
        )
        dispatch.run(survey.claim(item) for survey, item in going if not _is_credit(item))
        following = Following(self.journal, surveys)
        dispatch.run(
            survey.claim(item) for survey, item in going if _is_credit(item) and self._may_follow(item, following)
        )
        self.ending = dispatch.ending
        if self.ending:
            self._hold_the_rest(item.key for _, item in going)

    def _hold_the_rest(self, going: Iterable[Key | None]) -> None:
        for key in going:
            entry = self.journal.entry(*key) if key else None
            if key and (entry is None or (entry.state == "ready" and not entry.message)):
                self.held.setdefault(key, tr(NOT_REACHED))

    def _todo(self, surveys: Sequence[Survey]) -> Iterator[tuple[Survey, Item]]:
        """Give what goes, each number once: where two files have it, the first of them."""
        chosen = 0
        for survey in surveys:
            entries = self.journal.each(item.key for item in survey.valid())
            for item, entry in zip(survey.valid(), entries, strict=True):
                facts = item.facts
                if facts is None or self._is_dealt_with(_key(facts)) or not self._may_go(facts, entry):
                    continue
                if not self.filters.admits(facts, chosen):
                    self.held[_key(facts)] = tr(NOT_ASKED_FOR)
                elif entry is None and self._is_too_old(survey, facts):
                    self.touched.add(_key(facts))
                    self.held[_key(facts)] = Problem(
                        "E-OLD-INVOICE", tr(_OLD_AND_UNKNOWN), where=item.where, field="date", record=item.where
                    )
                else:
                    chosen += 1
                    self.touched.add(_key(facts))
                    yield survey, item

    def _is_dealt_with(self, key: Key) -> bool:
        return key in self.touched or key in self.held

    def _is_too_old(self, survey: Survey, facts: Facts) -> bool:
        """Whether an unknown invoice is so old that it was probably sent elsewhere; noted where it may go anyhow."""
        if dt.date.today() - facts.date <= _OLD:
            return False
        usual = "error" if self.journal.environment == "production" else "warning"
        severity = survey.mapping.severities.get("E-OLD-INVOICE", usual)
        if severity == "warning":
            self.old.append(facts.number)
        return severity == "error"

    def _may_go(self, facts: Facts, entry: Entry | None) -> bool:
        if entry is None or entry.state == "ready":
            return True
        is_open = entry.state == "rejected" or (entry.state == "failed" and self.resends)
        return is_open and entry.print != facts.print

    def _may_follow(self, item: Item, following: Following) -> bool:
        """Tell whether a credit note may go now, after what it credits; if not, it is held."""
        reason = following.reason(item)
        if reason and item.key is not None:
            self.held[item.key] = reason
        return not reason


def _key(facts: Facts) -> Key:
    return (facts.number, facts.year)


def _is_credit(item: Item) -> bool:
    return item.kind is not None and item.kind.type == "CREDIT_NOTE"

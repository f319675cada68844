"""Invoices counted and added up by state or method, in the order in which a person wants to see them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from confirma_connector.journal import Entry, State, Total, signed
from confirma_connector.language import mark, tr

__all__ = ["OPEN", "STAGES", "By", "Group", "gathered", "name_of", "stage_of", "totals_of"]

By = Literal["state", "method"]
"""What invoices are grouped by."""

STAGES: Mapping[str, tuple[State, ...]] = {
    mark("needs a person"): ("conflict", "rejected", "uncertain", "failed", "attention", "unknown", "duplicate"),
    mark("not sent"): ("ready", "sending"),
    mark("on the way"): ("sent", "waiting"),
    mark("done"): ("delivered", "credited", "handled"),
}
"""How far an invoice has come, as one reads it: what needs a person first. Each state stands in one stage."""

OPEN: tuple[State, ...] = (*STAGES["needs a person"], *STAGES["not sent"])  # not for people
"""States in which an invoice needs a person or was never sent."""

_STAGE_OF: Mapping[State, str] = {state: stage for stage, states in STAGES.items() for state in states}
_ORDER: Mapping[str, int] = {state: place for place, state in enumerate(_STAGE_OF)}


@dataclass(frozen=True, slots=True)
class Group:
    """Invoices that have something in common: their *names* (a state, a method), number, and gross sums by currency."""

    names: tuple[str, ...]
    count: int
    gross: Mapping[str, Decimal]
    oldest: dt.date
    changed_at: float


def stage_of(state: State) -> str:
    """Give the stage that a state belongs to."""
    return _STAGE_OF[state]


def name_of(by: By) -> str:
    """Name what invoices are grouped by, as the head of a column."""
    return tr("state") if by == "state" else tr("method")


def totals_of(entries: Iterable[Entry]) -> Iterator[Total]:
    """Give each invoice as a total of its own."""
    for entry in entries:
        counted = signed(entry.type, entry.gross)
        yield Total(entry.state, entry.method, entry.currency, 1, counted, entry.date, entry.changed_at)


def gathered(totals: Iterable[Total], *by: By) -> list[Group]:
    """Put totals together that agree in all of *by*; states come in the order of their stages, methods by name.

    Without *by* all of them are one group; nothing makes no group.
    """
    found: defaultdict[tuple[str, ...], list[Total]] = defaultdict(list)
    for total in totals:
        found[tuple(str(getattr(total, name)) for name in by)].append(total)
    ordered = sorted(found, key=lambda names: [(_ORDER.get(name, 0), name) for name in names])
    return [_group(names, found[names]) for names in ordered]


def _group(names: tuple[str, ...], totals: Sequence[Total]) -> Group:
    gross: defaultdict[str, Decimal] = defaultdict(Decimal)
    for total in totals:
        gross[total.currency] += total.gross
    return Group(
        names=names,
        count=sum(total.count for total in totals),
        gross=dict(sorted(gross.items())),
        oldest=min(total.oldest for total in totals),
        changed_at=max(total.changed_at for total in totals),
    )

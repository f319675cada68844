"""What the API took around lost attempts: a listing that lacks any of it proves no absence."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from confirma_connector.inquiry import Findings
from confirma_connector.journal import Entry, Journal

__all__ = ["Witness", "are_around", "unseen", "witnesses"]

_AROUND = 3600.0
"""Seconds around an attempt: what the API took then must be listed before a listing proves an absence."""


class Witness(NamedTuple):
    """What of an invoice is needed to look for it in a listing: of a large run nearly all of them are witnesses."""

    taken_at: float
    number: int
    year: int
    date: dt.date
    superseded: tuple[str, ...]


def witnesses(journal: Journal, uncertain: Iterable[Entry]) -> list[Witness]:
    """Give what the API took around the attempts of *uncertain*, each once, by time."""
    return [
        Witness(one.taken_at, one.number, one.year, one.date, one.superseded)
        for first, last in _merged(filter(None, map(_span, uncertain)))
        for one in journal.taken_between(first, last)
        if one.taken_at is not None
    ]


def unseen(known: Iterable[Witness], findings: Findings) -> Iterator[Witness]:
    """Give the witnesses that a listing lacks."""
    return (one for one in known if not findings.of(one.number, one.year, one.superseded))


def are_around(known: Sequence[Witness], entry: Entry) -> bool:
    """Whether any of the witnesses *known*, which are by time, is one of this attempt."""
    span = _span(entry)
    if span is None:
        return False
    first, last = span
    at = bisect_left(known, first, key=_time)
    return at < len(known) and known[at].taken_at <= last


def _time(witness: Witness) -> float:
    return witness.taken_at


def _span(entry: Entry) -> tuple[float, float] | None:
    """Give the time of the witnesses of an attempt; None of one whose time is not known."""
    if entry.attempted_at is None or entry.ended_at is None:
        return None
    return entry.attempted_at - _AROUND, entry.ended_at + _AROUND


def _merged(spans: Iterable[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """Make one of those that overlap; give them by time."""
    begun: tuple[float, float] | None = None
    for first, last in sorted(spans):
        if begun is None:
            begun = (first, last)
        elif first <= begun[1]:
            begun = (begun[0], max(begun[1], last))
        else:
            yield begun
            begun = (first, last)
    if begun is not None:
        yield begun

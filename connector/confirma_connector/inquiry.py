"""Asking for delivery information window by window, until what is known of each day is whole, or known not to be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from confirma_connector.answers import Listed, Listing

__all__ = ["Ask", "Findings", "ask_number", "inquire", "windows"]

Ask = Callable[[dt.date, dt.date, int | None], Listing]
"""Asks for the invoices dated between two days, both included, or for one number among them."""

_DAY = dt.timedelta(days=1)
_LONGEST = dt.timedelta(days=31)
_GAP = dt.timedelta(days=8)


@dataclass
class Findings:
    """What the server lists: records by number, and the days and numbers for which that is not the whole truth."""

    records: dict[int, tuple[Listed, ...]] = field(default_factory=dict)
    partial_days: set[dt.date] = field(default_factory=set)
    whole_numbers: set[int] = field(default_factory=set)
    withheld: set[int] = field(default_factory=set)

    def add(self, listing: Listing) -> None:
        """Take up the records of one answer, each once."""
        for record in listing.records:
            known = self.records.get(record.number)
            if known is None:
                self.records[record.number] = (record,)
            elif all(record.raw != other.raw for other in known):
                self.records[record.number] = (*known, record)

    def of(self, number: int, year: int = 0, superseded: Collection[str] = ()) -> Sequence[Listed]:
        """Give the records of one invoice, but for those whose marks are *superseded*.

        *year* keeps apart numbers that begin anew every year (within a day).
        """
        found: Sequence[Listed] = self.records.get(number, ())
        if superseded:
            found = [record for record in found if record.mark not in superseded]
        if not year:
            return found
        return [
            record
            for record in found
            if record.invoice_date is None or year in {day.year for day in _days_around(record.invoice_date)}
        ]

    def covers(self, date: dt.date) -> bool:
        """Whether *date* was listed whole."""
        return date not in self.partial_days


def _days_around(date: dt.date) -> list[dt.date]:
    near = (date.toordinal() + offset for offset in (-1, 0, 1))
    return [dt.date.fromordinal(day) for day in near if 1 <= day <= dt.date.max.toordinal()]


def windows(dates: Iterable[dt.date]) -> Iterator[tuple[dt.date, dt.date]]:
    """Give the fewest spans of about a month at most that cover *dates*."""
    days = sorted(set(dates))
    start = 0
    for index, day in enumerate(days):
        following = days[index + 1] if index + 1 < len(days) else None
        if following is None or following - days[start] > _LONGEST or following - day > _GAP:
            yield days[start], day
            start = index + 1


def inquire(ask: Ask, wanted: Collection[tuple[int, dt.date]]) -> Findings:
    """List the days of the *wanted* invoices (number and invoice date).

    Every question is one day wider on both sides: whether the server's bounds are inclusive is not known. A window
    that is not whole is halved, down to a day; of a day that is still not whole each wanted number is asked for by
    itself.
    """
    findings = Findings()
    for first, last in windows(date for _, date in wanted):
        _whole(ask, first, last, findings)
    for number, date in wanted:
        if not findings.covers(date):
            ask_number(ask, number, date, findings)
    return findings


def ask_number(ask: Ask, number: int, date: dt.date, findings: Findings) -> bool:
    """Ask for one number around its date; tell whether the answer was whole."""
    answer = ask(*_wider(date, date), number)
    findings.add(answer)
    if answer.whole:
        findings.whole_numbers.add(number)
    elif answer.total is not None and answer.total > len(answer.records):
        findings.withheld.add(number)
    return answer.whole


def _whole(ask: Ask, first: dt.date, last: dt.date, findings: Findings) -> None:
    answer = ask(*_wider(first, last), None)
    findings.add(answer)
    if answer.whole:
        return
    days = (last - first).days
    if days == 0 or answer.total is None:
        findings.partial_days.update(first + _DAY * offset for offset in range(days + 1))
        return
    middle = first + _DAY * (days // 2)
    _whole(ask, first, middle, findings)
    _whole(ask, middle + _DAY, last, findings)


def _wider(first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    """Give one day more on both sides, as far as the calendar goes."""
    return max(first, dt.date.min + _DAY) - _DAY, min(last, dt.date.max - _DAY) + _DAY

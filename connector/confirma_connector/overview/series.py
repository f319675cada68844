"""Invoices over time: counted and added up by week, month or year of the invoice date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pandas

from confirma_connector.journal import Entry, signed
from confirma_connector.overview.sums import STAGES, stage_of

__all__ = ["Series", "series"]

_WEEKS, _MONTHS = dt.timedelta(weeks=15), dt.timedelta(days=5 * 366)
"""The longest spans that are shown by week, and by month."""


@dataclass(frozen=True, slots=True)
class Series:
    """Three tables with a row for each stretch of time, also an empty one, from the first invoice date to the last.

    *unit* is week, month or year; the index names each stretch: 2026-10-05 is the week that begins on that Monday,
    2026-10 a month, 2026 a year. *stages* and *methods* hold numbers of invoices, *gross* sums by currency as Decimal.
    """

    unit: str
    stages: pandas.DataFrame
    methods: pandas.DataFrame
    gross: pandas.DataFrame


def series(entries: Sequence[Entry]) -> Series:
    """Make the series of at least one invoice."""
    dates = [entry.date for entry in entries]
    unit, begin, following = _unit(min(dates), max(dates))
    frame = pandas.DataFrame(
        {
            "begin": [begin(date) for date in dates],
            "stage": [stage_of(entry.state) for entry in entries],
            "method": [entry.method for entry in entries],
            "currency": [entry.currency for entry in entries],
            "gross": pandas.Series([signed(entry.type, entry.gross) for entry in entries], dtype=object),
        }
    )
    whole = [begin(min(dates))]
    while whole[-1] < begin(max(dates)):
        whole.append(following(whole[-1]))
    counted = {name: frame.groupby(["begin", name]).size().unstack(fill_value=0) for name in ("stage", "method")}
    gross = frame.groupby(["begin", "currency"])["gross"].sum().unstack(fill_value=Decimal(0))
    stages = [stage for stage in STAGES if stage in counted["stage"]]
    tables = (
        counted["stage"].reindex(whole, fill_value=0)[stages],
        counted["method"].reindex(whole, fill_value=0),
        gross.reindex(whole, fill_value=Decimal(0)),
    )
    names = [day.isoformat()[: _NAMED[unit]] for day in whole]
    return Series(unit, *(one.set_axis(names) for one in tables))


_NAMED: Mapping[str, int] = {"week": len("2026-10-05"), "month": len("2026-10"), "year": len("2026")}
_Step = Callable[[dt.date], dt.date]


def _unit(first: dt.date, last: dt.date) -> tuple[str, _Step, _Step]:
    """Choose the unit by the span; give with it the begin of a day's stretch, and of the stretch that follows."""
    unit = "week" if last - first <= _WEEKS else "month" if last - first <= _MONTHS else "year"
    return unit, *_STEPS[unit]


_STEPS: Mapping[str, tuple[_Step, _Step]] = {
    "week": (lambda day: day - dt.timedelta(days=day.weekday()), lambda day: day + dt.timedelta(weeks=1)),
    "month": (lambda day: day.replace(day=1), lambda day: (day + dt.timedelta(days=31)).replace(day=1)),
    "year": (lambda day: day.replace(month=1, day=1), lambda day: day.replace(year=day.year + 1)),
}

"""Numbers, amounts and groups of invoices as a page shows them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from xml.etree.ElementTree import Element

from confirma_connector.language import current, day, time_of, tr
from confirma_connector.overview.markup import table
from confirma_connector.overview.sums import By, Group, name_of

__all__ = ["amount", "group_table", "stretch", "whole_number"]

_GAP = "\u00a0"


def whole_number(count: int) -> str:
    """Spell a number of invoices, thousands set apart."""
    return f"{count:,}".replace(",", _GAP)


def amount(gross: Decimal) -> str:
    """Spell an amount to the cent, thousands set apart."""
    text = f"{gross:,.2f}".replace(",", _GAP).replace("-", "\u2212")
    return text if current() == "en" else text.replace(".", ",")


def stretch(name: str, unit: str) -> str:
    """Spell the name that a series gives a week (its first day), month or year."""
    if unit == "week":
        return day(dt.date.fromisoformat(name))
    year, _, month = name.partition("-")
    return f"{int(month)}/{year}" if month and current() == "fi" else name


def group_table(caption: str, groups: Sequence[Group], whole: Group, *by: By, dates: bool = False) -> Element:
    """Make a table of *groups* and their *whole*: number, a sum for each currency; *dates* adds oldest and latest."""

    def cells(group: Group, names: tuple[str, ...]) -> tuple[str, ...]:
        sums = (amount(group.gross[one]) if one in group.gross else "\u2013" for one in whole.gross)
        return (*names, whole_number(group.count), *sums, *_span(group, dates))

    header = (
        *map(name_of, by),
        tr("invoices"),
        *whole.gross,
        *((tr("oldest invoice"), tr("latest change")) if dates else ()),
    )
    rows = [cells(group, tuple(name or tr("none") for name in group.names)) for group in groups]
    numbers = dict.fromkeys(range(len(by), len(by) + 1 + len(whole.gross)), "number")
    return table(caption, header, rows, numbers, cells(whole, (tr("all"), *("" for _ in by[1:]))))


def _span(group: Group, dates: bool) -> tuple[str, ...]:
    return (day(group.oldest), time_of(group.changed_at)) if dates else ()

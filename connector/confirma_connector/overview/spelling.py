"""Numbers, amounts and groups of invoices as a page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from xml.etree.ElementTree import Element

from confirma_connector.language import tr
from confirma_connector.overview.ledger import moment
from confirma_connector.overview.markup import table
from confirma_connector.overview.sums import By, Group

__all__ = ["amount", "group_table", "whole_number"]

_GAP = "\u00a0"


def whole_number(count: int) -> str:
    """Spell a number of invoices, thousands set apart."""
    return f"{count:,}".replace(",", _GAP)


def amount(gross: Decimal) -> str:
    """Spell an amount to the cent, thousands set apart."""
    return f"{gross:,.2f}".replace(",", _GAP).replace("-", "\u2212")


def group_table(caption: str, groups: Sequence[Group], whole: Group, *by: By, dates: bool = False) -> Element:
    """Make a table of *groups* and their *whole*: number, a sum for each currency; *dates* adds oldest and latest."""

    def cells(group: Group, names: tuple[str, ...]) -> tuple[str, ...]:
        sums = (amount(group.gross[one]) if one in group.gross else "\u2013" for one in whole.gross)
        return (*names, whole_number(group.count), *sums, *_span(group, dates))

    header = (*by, "invoices", *whole.gross, *((tr("oldest invoice"), tr("latest change")) if dates else ()))
    rows = [cells(group, tuple(name or "none" for name in group.names)) for group in groups]
    numbers = dict.fromkeys(range(len(by), len(by) + 1 + len(whole.gross)), "number")
    return table(caption, header, rows, numbers, cells(whole, ("all", *("" for _ in by[1:]))))


def _span(group: Group, dates: bool) -> tuple[str, ...]:
    return (group.oldest.isoformat(), moment(group.changed_at)) if dates else ()

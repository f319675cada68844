"""Groups of invoices as a table of plain text: every column as wide as its widest cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from confirma_connector.language import day, money, time_of, tr
from confirma_connector.overview.sums import By, Group, name_of

__all__ = ["grid"]


def grid(groups: Sequence[Group], whole: Group, *by: By, dates: bool = False) -> Iterator[str]:
    """Give the lines of a table of *groups*: names, number, a sum for each currency; *dates* adds oldest and latest.

    Its last line is the *whole*.
    """
    currencies = tuple(whole.gross)
    header = (
        *map(name_of, by),
        tr("invoices"),
        *currencies,
        *((tr("oldest invoice"), tr("latest change")) if dates else ()),
    )
    names = (tr("all"), *("" for _ in by[1:]))
    rows = [header]
    for group, labels in (*((group, group.names) for group in groups), (whole, names)):
        amounts = (money(group.gross[one]) if one in group.gross else "-" for one in currencies)
        span = (day(group.oldest), time_of(group.changed_at)) if dates else ()
        rows.append((*labels, str(group.count), *amounts, *span))
    yield from _lined_up(rows, range(len(by), len(by) + 1 + len(currencies)))


def _lined_up(rows: Sequence[Sequence[str]], right: Iterable[int]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbers = frozenset(right)
    for row in rows:
        cells = (
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  " + "  ".join(cells).rstrip()

"""A credit note goes only after the invoice it credits: which of the notes wait, and for what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Sequence

from confirma_connector.items import Item
from confirma_connector.journal import Journal
from confirma_connector.language import tr
from confirma_connector.numbering import Key
from confirma_connector.survey import Survey

__all__ = ["Following"]

_GOOD = frozenset({"sent", "waiting", "delivered", "credited", "handled"})
"""States of an invoice that its credit note may follow."""
_GOES = ""


class Following:
    """Knows the invoices that credit notes of *surveys* follow: from these, and from the journal if there is one."""

    def __init__(self, journal: Journal | None, surveys: Sequence[Survey]) -> None:
        self._journal = journal
        credited = {item.credited for survey in surveys for item in survey.valid()}
        self._here: dict[int, list[Item]] = {}
        for item in (item for survey in surveys for item in survey.items):
            if item.number is not None and item.number in credited:
                self._here.setdefault(item.number, []).append(item)

    def reason(self, item: Item, going: Container[Key | None] = ()) -> str:
        """Say for what invoice a credit note waits; "" where it may go. Those *going* are sent before it.

        An invoice that was sent elsewhere does not hold its credit note back.
        """
        if item.credited is None or item.kind is None:
            return ""
        state = self._state_of(item.credited, item.kind.date, going)
        if state == _GOES or state in _GOOD:
            return ""
        return tr("waits for invoice {number}, which is {state}", number=item.credited, state=state)

    def _state_of(self, number: int, by: dt.date, going: Container[Key | None]) -> str:
        """Say what the credited invoice is: the latest of its number up to the day *by*; "" when nobody knows it."""
        here: Iterable[Item] = self._here.get(number, ())
        entries = self._journal.named(number) if self._journal else ()
        known = {entry.year: (entry.date, str(entry.state)) for entry in entries}
        for item in here:
            if item.kind is not None and item.key in going:
                known[item.year] = item.kind.date, _GOES
            elif item.kind is not None:
                known.setdefault(item.year, (item.kind.date, "ready"))
        if not known:
            return "invalid" if here else _GOES
        earlier = [(date, state) for date, state in known.values() if date <= by]
        return max(earlier or known.values())[1]

"""How many invoices of an account there are and what they add up to, grouped by the database itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from confirma_connector.journal.entry import State

__all__ = ["Total", "signed", "totals"]

_Rows = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

_QUERY = """
    SELECT state, method, currency, type, gross, COUNT(*), MIN(date), MAX(changed_at) FROM invoices
    WHERE environment = ? AND account = ? GROUP BY state, method, currency, type, gross
"""


@dataclass(frozen=True, slots=True)
class Total:
    """Some invoices of one state, method and currency: how many, and their gross sum, in which credit notes count less.

    *oldest* is the first invoice date among them, *changed_at* the latest change of state in seconds since 1970.
    """

    state: State
    method: str
    currency: str
    count: int
    gross: Decimal
    oldest: dt.date
    changed_at: float


def signed(type: str, gross: Decimal) -> Decimal:
    """Give what an invoice counts in a sum: a credit note takes away, whatever sign it is sent with."""
    return -abs(gross) if type == "CREDIT_NOTE" else gross


def totals(rows: _Rows, account: tuple[str, str]) -> list[Total]:
    """Ask *rows* for the totals of one (environment, account): one for each amount that occurs, to the cent."""
    return [
        Total(state, method, currency, count, count * signed(type, Decimal(gross)), dt.date.fromisoformat(oldest), last)
        for state, method, currency, type, gross, count, oldest, last in rows(_QUERY, account)
    ]

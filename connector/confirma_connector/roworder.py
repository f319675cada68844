"""Rows of an invoice that were only sorted: they stand in another order than was sent, and say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import simplejson

from confirma_connector.contract import Contract
from confirma_connector.items import Item
from confirma_connector.journal import Entry, Journal
from confirma_connector.survey import Survey

__all__ = ["compared"]

_ROWS, _NUMBER = "invoice.rows", "invoice.rows.row_number"


def compared(journal: Journal | None, found: Survey) -> Callable[[Item, Entry], bool]:
    """Give what tells of an invoice of *found* whether it differs from what was sent in the order of its rows alone.

    Where the request that was sent is not kept any more, nobody can tell.
    """

    def is_reordered(item: Item, entry: Entry) -> bool:
        sent, here = journal.request(entry) if journal else b"", found.request(item)
        return bool(sent and here) and _unordered(found.contract, sent) == _unordered(found.contract, here)

    return is_reordered


def _unordered(contract: Contract, body: bytes) -> Any:
    """Give a request with its rows sorted, and without their numbers."""
    tree = simplejson.loads(body, use_decimal=True)
    route = contract.route(_ROWS)
    rows = _at(tree, route)
    if isinstance(rows, list):
        way = contract.route(_NUMBER)[len(route) :]
        for row in rows:
            if isinstance(inner := _at(row, way[:-1]), dict):
                inner.pop(way[-1], None)
        rows.sort(key=lambda row: simplejson.dumps(row, sort_keys=True, use_decimal=True))
    return tree


def _at(tree: Any, route: Sequence[str]) -> Any:
    for name in route:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree

"""Telling of an exception that nobody foresaw: what it was and where, without its text, which may quote an invoice."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from confirma_connector.language import mark, tr

__all__ = ["lines", "request"]

_HEAD = mark("Traceback (the texts of the exceptions are left out: they may quote an invoice)")


def request(error: BaseException) -> str:
    """Ask in one line for a report of *error*."""
    kind = type(error).__name__
    return tr(
        "this is a mistake in the program ({kind}); nothing is lost, but please report it with its traceback", kind=kind
    )


def lines(error: BaseException) -> list[str]:
    """Give the traceback of *error* and of what it came from, the first cause first."""
    told = [line for one in _chain(error) for line in (*traceback.format_tb(one.__traceback__), type(one).__name__)]
    return [tr(_HEAD), *"\n".join(line.rstrip("\n") for line in told).split("\n")]


def _chain(error: BaseException) -> Iterator[BaseException]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield from _chain(before)
    yield error

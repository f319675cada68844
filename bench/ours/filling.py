"""A journal with invoices that were sent and wait to be delivered; and the request bodies of a file, one a line."""

from __future__ import annotations

import datetime as dt
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from bench.making import FIRST_NUMBER
from bench.ours.running import prepared
from confirma_connector.journal import Claim, Facts, Journal
from confirma_connector.journal.step import Step

__all__ = ["run"]

_AT_ONCE = 1000
_ANSWER = '{"message": "Invoice received", "status": "PAUSED"}'


def run(source: str, mapping: str, bodies: str, journal: str, pending: str, days: str) -> dict[str, int]:
    """Write the bodies of *source*; with the first of them fill a journal with *pending* invoices of *days* days."""
    run = prepared(Path(journal))
    with closing(run.read(Path(source), run.mapping(Path(source), mapping), b"key")) as found:
        lines = [found.claim(item).body for item in found.valid()]
    Path(bodies).write_bytes(b"".join(line + b"\n" for line in lines))
    if int(pending):
        with Journal(Path(journal), "staging", "bench") as book:
            _fill(book, lines[0], int(pending), int(days))
    return {"bodies": len(lines)}


def _fill(book: Journal, body: bytes, pending: int, days: int) -> None:
    last, now = dt.date.today(), time.time()
    for start in range(0, pending, _AT_ONCE):
        chunk = range(start, min(start + _AT_ONCE, pending))
        claims = [Claim(_facts(index, last, days), _numbered(body, index)) for index in chunk]
        entries = book.advance([], claims, now - 3600)
        book.advance(
            [
                Step(one.id, "waiting", "taken", http_status=200, detail=_ANSWER, status="PAUSED", taken_at=now - 3600)
                for one in entries
            ]
        )


def _facts(index: int, last: dt.date, days: int) -> Facts:
    mark = f"{index:032x}"
    day = last - dt.timedelta(days=index % days)
    return Facts(FIRST_NUMBER + index, 0, "INVOICE", day, "EUR", Decimal("124.00"), "EMAIL", mark, mark)


def _numbered(body: bytes, index: int) -> bytes:
    return body.replace(str(FIRST_NUMBER).encode(), str(FIRST_NUMBER + index).encode(), 1)

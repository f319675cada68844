"""Netvisor's ResponseStatus: what its interface answers to one invoice, one document for each that has a verdict."""

from __future__ import annotations

from collections.abc import Sequence

from confirma_connector.acknowledging.answered import Answered, Batch, Kind, Written, each
from confirma_connector.acknowledging.markup import element, line, spelled

__all__ = ["NETVISOR"]


def _write(answered: Sequence[Answered], batch: Batch) -> Written:
    has_verdict = (one for one in answered if one.verdict != "none")
    answers, notices = each(has_verdict, lambda one: _document(one, batch))
    return Written(tuple(answers), tuple(notices))


def _document(one: Answered, batch: Batch) -> bytes:
    is_refused = one.verdict == "refused"
    status = element(
        "ResponseStatus",
        [
            element("Status", "FAILED" if is_refused else "OK"),
            element("Status", line(f"INVALID_DATA :: {one.number} {one.text}")) if is_refused else None,
            element("TimeStamp", _moment(one, batch)),
        ],
    )
    return spelled(element("Root", [status]), "utf-8")


def _moment(one: Answered, batch: Batch) -> str:
    """Say the time as Netvisor does: day and month without zeros."""
    day, month, rest = batch.time([one], "%d.%m.%Y %H:%M:%S").split(".", 2)
    return f"{int(day)}.{int(month)}.{rest}"


NETVISOR = Kind(_write)

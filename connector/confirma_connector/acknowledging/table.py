"""A CSV to be imported again: each invoice by its own key there, with its state under the mapping's headers."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Sequence

from confirma_connector.acknowledging.answered import Answer, Answered, Batch, Kind, Written, once
from confirma_connector.acknowledging.markup import line
from confirma_connector.language import tr
from confirma_connector.resultlist import harmless

__all__ = ["TABLE"]

_NO_LINE = re.compile("[\r\n]+")


def _write(answered: Sequence[Answered], batch: Batch) -> Written:
    """Give every invoice once, with its keys as spelled; one without its keys is left out, and named."""
    keyed, notices = list[tuple[tuple[str, ...], Answered]](), list[str]()
    names: tuple[str, ...] = ()
    for one in answered:
        names = names or tuple(one.values)
        if missing := [name for name, value in one.values.items() if not value]:
            notices.append(
                tr("invoice {number} is not in the answer: its {key} is missing", number=one.number, key=missing[0])
            )
            continue
        keyed.append((tuple(_NO_LINE.sub(" ", value) for value in one.values.values()), one))
    told, shared = once(keyed, ", ".join(names))
    notices += shared
    if not told:
        return Written((), tuple(notices))
    rows = ([*keys, *(_said(one, what) for what in batch.headers)] for keys, one in told.items())
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerows([[*names, *batch.headers.values()], *rows])
    return Written((Answer(made.getvalue().encode("utf-8", "replace"), ".csv"),), tuple(notices))


def _said(one: Answered, what: str) -> str:
    match what:
        case "state":
            return one.word
        case "message":
            return harmless(line(one.message))
        case "updated" if one.changed_at is not None:
            return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.changed_at))
        case "case_id":
            return harmless(line(one.case_id))
        case _:
            return ""


TABLE = Kind(_write, (), None, has_headers=True)

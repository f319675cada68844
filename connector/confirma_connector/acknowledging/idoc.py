"""SAP STATUS IDoc (SYSTAT01): one document with a status record for every IDoc that has a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confirma_connector.acknowledging.answered import Answer, Answered, Batch, Kind, Verdict, Written, once
from confirma_connector.acknowledging.markup import Element, element, line, spelled
from confirma_connector.language import tr

__all__ = ["IDOC"]

_CODES: Mapping[Verdict, tuple[str, str]] = {"taken": ("22", "I"), "delivered": ("16", "S"), "refused": ("17", "E")}
_LONGEST_TEXT = 70


def _write(answered: Sequence[Answered], batch: Batch) -> Written:
    named, notices = once((((docnum,), one) for one in answered if (docnum := one.values.get("docnum"))), "docnum")
    told = {key: one for key, one in named.items() if one.verdict != "none"}
    missing = [one.number for one in answered if one.verdict != "none" and not one.values.get("docnum")]
    notices += [tr("invoice {number} has no status record: its docnum is missing", number=number) for number in missing]
    if not told:
        return Written((), tuple(notices))
    records = [_status(docnum, one, batch) for (docnum,), one in told.items()]
    found = list(told.values())
    head = _head(found[0].values, found, batch)
    idoc = element("IDOC", [head, *records], BEGIN="1")
    return Written((Answer(spelled(element("SYSTAT01", [idoc]), "UTF-8")),), tuple(notices))


def _head(values: Mapping[str, str], found: Sequence[Answered], batch: Batch) -> Element:
    """Give the control record: it goes to the partner that the invoices came from."""
    named = (("SNDPRT", "receiver_type"), ("SNDPRN", "receiver"), ("RCVPRT", "sender_type"), ("RCVPRN", "sender"))
    return element(
        "EDI_DC40",
        [
            element("TABNAM", "EDI_DC40"),
            element("DIRECT", "2"),
            element("IDOCTYP", "SYSTAT01"),
            element("MESTYP", "STATUS"),
            *(element(tag, text) for tag, name in named if (text := values.get(name))),
            element("CREDAT", batch.time(found, "%Y%m%d")),
            element("CRETIM", batch.time(found, "%H%M%S")),
        ],
        SEGMENT="1",
    )


def _status(docnum: str, one: Answered, batch: Batch) -> Element:
    status, kind = _CODES[one.verdict]
    return element(
        "E1STATS",
        [
            element("DOCNUM", docnum),
            element("LOGDAT", batch.time([one], "%Y%m%d")),
            element("LOGTIM", batch.time([one], "%H%M%S")),
            element("STATUS", status),
            element("STATYP", kind),
            element("STATXT", line(f"{one.number} {one.text}", _LONGEST_TEXT)),
        ],
        SEGMENT="1",
    )


IDOC = Kind(_write, ("docnum",), ("sender", "sender_type", "receiver", "receiver_type"))

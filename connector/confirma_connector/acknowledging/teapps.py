"""TEAPPSXML: the receipt for a batch, positive when all of it was taken, to who asked for one (FB_REQUEST 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from confirma_connector.acknowledging.answered import Answer, Answered, Batch, Kind, Written
from confirma_connector.acknowledging.markup import Element, element, line, spelled
from confirma_connector.language import tr, trn

__all__ = ["TEAPPS"]

_ASKED = "1"
_RECEIPT = "2"
_NAMED = 5


def _write(answered: Sequence[Answered], batch: Batch) -> Written:
    """Give one receipt for each batch that asked and of which every invoice has a verdict.

    Where the mapping leaves out invoices none is positive: it would speak for what nobody took.
    """
    batches: dict[str, list[Answered]] = {}
    for one in answered:
        if one.values.get("requested") == _ASKED:
            batches.setdefault(one.values.get("batch_id", ""), []).append(one)
    notices = [tr("invoices of a batch without BATCH_ID have no receipt")] if batches.pop("", None) else []
    answers = []
    for name, its in batches.items():
        verdicts = {one.verdict for one in its}
        if "none" in verdicts:
            continue
        if batch.left_out and "refused" not in verdicts:
            notices.append(
                trn(
                    "batch {name} has no receipt: {count} of the invoices in its file is left out",
                    "batch {name} has no receipt: {count} of the invoices in its file are left out",
                    batch.left_out,
                    name=name,
                )
            )
            continue
        label = name if len(batches) > 1 else ""
        answers.append(Answer(_receipt(name, its, batch, is_whole=len(its) == len(answered)), label=label))
    return Written(tuple(answers), tuple(notices))


def _receipt(name: str, its: Sequence[Answered], batch: Batch, *, is_whole: bool) -> bytes:
    refused = [one for one in its if one.verdict == "refused"]
    test = "TEST: " if its[0].is_test else ""
    told = test + tr("{taken} of {count} invoices taken", taken=len(its) - len(refused), count=len(its))
    if refused:
        named = "; ".join(f"{one.number} {one.state}: {one.message}" for one in refused[:_NAMED])
        told += "; " + tr("refused: {invoices}", invoices=named) + (" …" if len(refused) > _NAMED else "")
    if batch.left_out:
        told += "; " + tr("{count} of the file left out", count=batch.left_out)
    values = its[0].values
    frame = element(
        "TRANSPORT_FRAME",
        [
            element("TF_CODE", "TF01"),
            element("TIMESTAMP", batch.time(its, "%Y%m%d%H%M%S")),
            element("BATCH_ID", name),
            element(
                "CONTENT_RECEIVER",
                [_said("RECEIVER_REF", values, "sender"), _said("INTERMEDIATOR", values, "sender_intermediator")],
            ),
            _said("SENDER", values, "receiver"),
            _said("INTERMEDIATOR", values, "receiver_intermediator"),
            element("FB_REQUEST", _RECEIPT),
            element("REQUEST_MESSAGE", "NEG" if refused else "POS"),
            element("REQUEST_TEXT", line(told.replace("€", "EUR"))),
            None if batch.left_out else _summary(its, batch, is_whole=is_whole),
        ],
    )
    return spelled(element("INVOICE_CENTER", [frame]), "ISO-8859-1")


def _said(name: str, values: Mapping[str, str], value: str) -> Element | None:
    return element(name, text) if (text := values.get(value)) else None


def _summary(its: Sequence[Answered], whole: Batch, *, is_whole: bool) -> Element:
    return element("TF_SUMMARY", [element("COUNT", str(len(its))), *(_sums(its, whole) if is_whole else [])])


def _sums(its: Sequence[Answered], whole: Batch) -> list[Element | None]:
    """Give the sum, where all invoices could be read and have one currency, and the size."""
    total = next(iter(whole.totals.values())) if len(whole.totals) == 1 else None
    if total is None or any(one.state == "invalid" for one in its):
        return [element("BATCH_SIZE", str(whole.size))]
    sign = "-" if total < 0 else "+"
    amount = element("AMOUNT", f"{abs(total):.2f}", SIGN=sign, VAT="INCLUDED")
    return [element("TOTAL", [amount]), element("BATCH_SIZE", str(whole.size))]


TEAPPS = Kind(
    _write,
    ("batch_id", "requested"),
    ("sender", "sender_intermediator", "receiver", "receiver_intermediator"),
)

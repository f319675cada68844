"""Answers in a source's own format: for each kind which values it needs, and what it makes of the invoices' states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from confirma_connector.acknowledging.answered import VERDICTS, Answer, Answered, Batch, Kind, Written
from confirma_connector.acknowledging.block import AnswerBlock
from confirma_connector.acknowledging.finvoiceack import FINVOICEACK
from confirma_connector.acknowledging.idoc import IDOC
from confirma_connector.acknowledging.netvisor import NETVISOR
from confirma_connector.acknowledging.table import TABLE
from confirma_connector.acknowledging.teapps import TEAPPS
from confirma_connector.acknowledging.ubl import UBL
from confirma_connector.language import tr
from confirma_connector.mistakes import did_you_mean

__all__ = ["KINDS", "VERDICTS", "Answer", "AnswerBlock", "Answered", "Batch", "Written", "unfit", "write"]

KINDS: Mapping[str, Kind] = {
    "finvoiceack": FINVOICEACK,
    "teapps": TEAPPS,
    "ubl": UBL,
    "idoc": IDOC,
    "netvisor": NETVISOR,
    "table": TABLE,
}


def write(kind: str, answered: Sequence[Answered], batch: Batch) -> Written:
    """Make the documents of one source: *answered* are all its invoices, in order."""
    return KINDS[kind].write(answered, batch)


def unfit(block: AnswerBlock) -> Iterator[tuple[tuple[str, ...], str]]:
    """Say what is wrong with an `answer:` block, each with its place in it."""
    kind, values, headers = block.kind, block.values, block.headers
    if kind not in KINDS:
        yield ("kind",), tr('there is no kind "{kind}"{hint}', kind=kind, hint=did_you_mean(kind, KINDS))
        return
    known = KINDS[kind]
    for name in values if known.may is not None else ():
        if name not in (names := (*known.needs, *(known.may or ()))):
            hint = did_you_mean(name, names)
            yield ("values", name), tr("there is no such value for {kind}{hint}", kind=kind, hint=hint)
    for name in known.needs:
        if name not in values:
            yield ("values",), tr("{name} is required for {kind}", name=name, kind=kind)
    if headers and not known.has_headers:
        yield ("headers",), tr("{kind} has no headers; only a table has", kind=kind)
    if known.has_headers and not headers:
        yield ("headers",), tr("a {kind} needs at least one of state, message, updated, case_id", kind=kind)
    if known.has_headers and not values:
        yield ("values",), tr("a {kind} needs at least one key of the invoice, as id: ID", kind=kind)

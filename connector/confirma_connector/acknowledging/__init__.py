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
        yield ("kind",), f'there is no kind "{kind}"{did_you_mean(kind, KINDS)}'
        return
    known = KINDS[kind]
    for name in values if known.may is not None else ():
        if name not in (names := (*known.needs, *(known.may or ()))):
            yield ("values", name), f"there is no such value for {kind}{did_you_mean(name, names)}"
    for name in known.needs:
        if name not in values:
            yield ("values",), f"{name} is required for {kind}"
    if headers and not known.has_headers:
        yield ("headers",), f"{kind} has no headers; only a table has"
    if known.has_headers and not headers:
        yield ("headers",), f"a {kind} needs at least one of state, message, updated, case_id"
    if known.has_headers and not values:
        yield ("values",), f"a {kind} needs at least one key of the invoice, as id: ID"

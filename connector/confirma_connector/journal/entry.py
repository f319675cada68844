"""What the journal knows of one invoice, and what is put into it."""

from __future__ import annotations

import datetime as dt
import hmac
import json.encoder
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from confirma_connector.invoice import Address, Invoice
from confirma_connector.parts import members

__all__ = ["FINAL", "TAKEN", "Change", "Claim", "Entry", "Facts", "ResultsFile", "State", "facts"]

State = Literal[
    "ready",
    "sending",
    "uncertain",
    "rejected",
    "conflict",
    "sent",
    "waiting",
    "delivered",
    "failed",
    "duplicate",
    "attention",
    "credited",
    "handled",
    "unknown",
]
"""The states of the journal. (`invalid` and `skipped` are of a file, not of an invoice that was ever claimed.)"""

TAKEN: frozenset[State] = frozenset(
    {"sent", "waiting", "delivered", "failed", "duplicate", "attention", "credited", "unknown"}
)
"""States of an invoice that the API has taken; each may become any other."""

FINAL: frozenset[State] = frozenset({"delivered", "credited", "handled"})
"""States after which nothing is asked and nothing is to be done any more."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What identifies one invoice and tells one version of it from another. *core* and *print* are keyed hashes."""

    number: int
    year: int
    type: str
    date: dt.date
    currency: str
    gross: Decimal
    method: str
    core: str
    print: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One invoice about to be sent, with its whole request body."""

    facts: Facts
    body: bytes = field(repr=False)


class Entry(NamedTuple):
    """One invoice as the journal has it: a tuple, as many of them are read.

    Times are seconds since 1970; those of attempts are by the server's clock. *superseded* are the marks of the
    server's records that were there before the invoice was let go again.
    """

    id: int
    number: int
    year: int
    state: State
    changed_at: float
    run: str
    type: str
    date: dt.date
    currency: str
    gross: Decimal
    method: str
    core: str
    print: str
    ever_uncertain: bool
    attempted_at: float | None
    ended_at: float | None
    taken_at: float | None
    absent_at: float | None
    status: str
    message: str
    fields: tuple[tuple[str, str], ...]
    case_id: str
    distributed_at: str
    seen_at: float | None
    superseded: tuple[str, ...] = ()

    @property
    def is_foreign(self) -> bool:
        """Whether a person settled it without anything having been sent from here."""
        return self.state == "handled" and self.attempted_at is None and not self.ever_uncertain


class Change(NamedTuple):
    """What is told of an invoice that came into another state: no more of it is read, as they may be many."""

    id: int
    number: int
    state: State
    status: str
    message: str
    fields: tuple[tuple[str, str], ...]
    method: str
    case_id: str
    distributed_at: str


@dataclass(frozen=True, slots=True)
class ResultsFile:
    """A results file, what it was made from, and the hashes of both as we left them.

    *kind* is "copy" for a copy of the source with the results in, "edited" for one that people changed since, "csv" for
    a list of results beside it; "answer" for an answer in the source's own format, "answering" until it is in place;
    "checked" for a copy with what a check found, which holds no results until it is sent itself.
    *replaced* is the hash of our own file that it took the place of: a run that was killed may have remembered the new
    one and left the old one there.
    """

    path: Path
    source: Path
    source_digest: str
    digest: str
    mapping: str
    kind: str
    replaced: str = ""

    @property
    def is_answer(self) -> bool:
        """Whether it is for the system that the source came from, and not the results themselves."""
        return self.kind in ("answer", "answering")

    @property
    def is_checked(self) -> bool:
        """Whether it is what a check wrote: nobody waits for results in it."""
        return self.kind == "checked"

    def is_as_left(self, digest: str) -> bool:
        """Tell whether a file with this hash is as a run of ours left it."""
        return digest in (self.digest, self.replaced)


def facts(invoice: Invoice, body: bytes, key: bytes, *, yearly: bool) -> Facts:
    """Describe *invoice* and its request *body*; the hashes are keyed, since names and numbers can be guessed.

    Without a body there is nothing to tell two versions apart by, and the hashes are "".
    """
    return Facts(
        number=invoice.number,
        year=invoice.date.year if yearly else 0,
        type=invoice.type,
        date=invoice.date,
        currency=invoice.currency_code,
        gross=invoice.amounts.gross_amount,
        method=invoice.distribution.method,
        core=_keyed(_core(invoice), key) if body else "",
        print=_keyed(body, key) if body else "",
    )


def _core(invoice: Invoice) -> bytes:
    """Write down what makes an invoice this one, whatever else of it is changed: as a JSON library does with a list."""
    buyer = invoice.buyer
    address = [
        f'"{name}": {_quoted(text)}' for name in _IN_ADDRESS if (text := getattr(buyer.address, name, None)) is not None
    ]
    return (
        f'[{invoice.number}, "{invoice.type}", "{invoice.date.isoformat()}", {_quoted(invoice.currency_code)}, '
        f'"{invoice.amounts.gross_amount:.2f}", {_quoted(buyer.name)}, {{{", ".join(address)}}}]'
    ).encode()


_IN_ADDRESS = sorted(members(Address))
_quoted: Callable[[str], str] = json.encoder.encode_basestring_ascii


def _keyed(data: bytes, key: bytes) -> str:
    return hmac.digest(key, data, "sha256").hex()[:32]

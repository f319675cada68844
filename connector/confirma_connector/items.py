"""One invoice of a source as it is held while its file is dealt with: in few bytes, since there may be very many."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from confirma_connector.journal import Facts
from confirma_connector.numbering import Key
from confirma_connector.records import Locator, Problem

__all__ = ["Item", "Kind", "kind_of", "packed"]


class Kind(NamedTuple):
    """What many invoices of a source have in common: those of one kind hold the same one."""

    type: str
    date: dt.date
    currency: str
    method: str


class Item(NamedTuple):
    """One invoice of a source: where it stands, what is wrong with it, what it is. (A tuple: there may be very many.)

    What is invalid has no *kind*. *packed* is what else is known of it, as `packed` gives it.
    *rest* are the places of its further rows where the source carries results already: these rows carry none.
    *answer* is what its source's own answer calls it, by the mapping.
    """

    label: str
    at: Locator
    where: str
    number: int | None
    year: int = 0
    problems: tuple[Problem, ...] = ()
    kind: Kind | None = None
    packed: bytes = b""
    credited: int | None = None
    refused: tuple[Problem, ...] = ()
    rest: tuple[Locator, ...] = ()
    answer: tuple[str, ...] = ()

    @property
    def key(self) -> Key | None:
        """The number and year by which it is known; None where it has none."""
        return None if self.number is None else (self.number, self.year)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop this invoice."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def gross(self) -> Decimal:
        """The gross amount of a valid invoice."""
        return Decimal(self.packed.partition(b" ")[0].decode())

    @property
    def spooled(self) -> tuple[int, int]:
        """Where its body is spooled from, and how long it is: 0 where nobody wanted it."""
        if not self.packed:
            return 0, 0
        _, start, length, _ = self.packed.split(b" ", 3)
        return int(start), int(length)

    @property
    def facts(self) -> Facts | None:
        """What the journal is told of a valid invoice: made when it is asked for; None of an invalid one."""
        if self.kind is None or self.number is None:
            return None
        type, date, currency, method = self.kind
        gross, _, _, hashes = self.packed.split(b" ", 3)
        core_and_print = hashes.hex()
        half = len(core_and_print) // 2
        core, print = core_and_print[:half], core_and_print[half:]
        return Facts(self.number, self.year, type, date, currency, Decimal(gross.decode()), method, core, print)


_shared = lru_cache(maxsize=1000)(Kind)


def kind_of(facts: Facts) -> Kind:
    """Give the kind of an invoice: the same one for invoices of a day, as a rule."""
    return _shared(facts.type, facts.date, facts.currency, facts.method)


def packed(facts: Facts, start: int, length: int) -> bytes:
    """Give what tells an invoice from others of its kind, and where its body is spooled, in a quarter of the bytes."""
    return b"%b %d %d %b" % (str(facts.gross).encode(), start, length, bytes.fromhex(facts.core + facts.print))

"""One reading of one source: every invoice in it as a compact item, ready to be joined with the journal."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import IO

from confirma_connector.contract import Contract
from confirma_connector.errors import SourceError
from confirma_connector.files import digest
from confirma_connector.invoice import Invoice
from confirma_connector.items import Item, kind_of, packed
from confirma_connector.joining import lines_path, read
from confirma_connector.journal import Claim, facts
from confirma_connector.language import because, tr
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import LoadedMapping
from confirma_connector.numbering import Key
from confirma_connector.records import Record, Source, holds_results
from confirma_connector.refusing import Refusal, in_own_words
from confirma_connector.registers import Registers
from confirma_connector.repeats import repeated
from confirma_connector.rowcells import cells_of
from confirma_connector.settings import Settings
from confirma_connector.skipping import Skipped
from confirma_connector.swamping import swamped
from confirma_connector.tally import Tally
from confirma_connector.usage import Usage
from confirma_connector.wirenames import Names

__all__ = ["Look", "Refusals", "Survey", "Wanted", "survey"]

Refusals = Mapping[Key, Refusal]
"""What Confirma said against invoices that it refused or could not deliver."""
Wanted = Callable[[Key | None], bool]
"""Says whether the request body of an invoice is wanted."""
Look = Callable[[Mapper, Draft, int], None]
"""Sees a draft, with the index of its item."""

_IN_MEMORY = 1 << 20
_FOUND_BY_A_CHECK = ("", "invalid", "ready")
"""What stands in a result cell without any server having been asked: it belongs to no environment."""


@dataclass
class Survey:
    """What one source holds. Bodies lie in an unnamed temporary file until the survey is closed.

    Of a results file it is known which source it was *made_from*. *beside* is the file with the rows of the invoices,
    where it is another, and its digest. *unheard* says which columns of the mapping may be misspelt. *refusals* are
    those known when it was read. Where its *records* are in memory there is no file: its path is but a name.
    """

    source: Source
    mapping: LoadedMapping
    digest: str
    tally: Tally
    refusals: Refusals
    contract: Contract
    items: list[Item] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unheard: tuple[str, ...] = ()
    rows: int = 0
    sellers: dict[str, str] = field(default_factory=dict)
    marks: Counter[str] = field(default_factory=Counter)
    has_results: bool = False
    totals: dict[str, Decimal] = field(default_factory=dict)
    methods: Counter[str] = field(default_factory=Counter)
    made_from: Path | None = None
    beside: tuple[Path, str] | None = None
    records: Sequence[Record] | None = None
    _end: int = 0
    _spool: IO[bytes] = field(default_factory=lambda: tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115

    @property
    def path(self) -> Path:
        """The file that was read."""
        return self.source.path

    def files(self) -> Iterator[tuple[Path, str]]:
        """Give the files that were read, each with its digest."""
        if self.records is None:
            yield self.path, self.digest
        if self.beside is not None:
            yield self.beside

    def has_other_rows(self) -> bool:
        """Tell whether the file with the rows has changed since it was read. Raises OSError."""
        return self.beside is not None and digest(self.beside[0]) != self.beside[1]

    @cached_property
    def used(self) -> frozenset[str]:
        """The unconfirmed lines of the contract that its request bodies stand on."""
        usage = Usage(self.contract)
        for item in self.items:
            if body := self._body(item):
                usage.add(body)
        return usage.lines()

    def valid(self) -> Iterator[Item]:
        """Give the items that could be sent."""
        return (item for item in self.items if item.kind is not None)

    def claim(self, item: Item) -> Claim:
        """Give an item with its request body."""
        known, body = item.facts, self._body(item)
        if known is None or not body:
            raise ValueError(tr("{label} is not a valid invoice", label=item.label))
        return Claim(known, body)

    def request(self, item: Item) -> bytes:
        """Give the request body of an item; empty where nobody wanted it, and once the bodies were let go of."""
        return b"" if self._spool.closed else self._body(item)

    def _body(self, item: Item) -> bytes:
        start, length = item.spooled
        if not length:
            return b""
        self._spool.seek(start)
        return self._spool.read(length)

    def spool(self, invoice: Invoice, body: bytes) -> int:
        """Put a body aside, behind it what its invoice adds to the tally; give where it begins. Raises SourceError."""
        share = self.tally.add(invoice)
        try:
            self._spool.write(body + share)
            start, self._end = self._end, self._end + len(body) + len(share)
        except OSError as error:
            raise SourceError(
                tr(
                    "{path}: its requests cannot be put aside ({reason}); is the folder for temporary files "
                    "full? TMPDIR names another",
                    path=self.path,
                    reason=because(error),
                )
            ) from None
        return start

    def discount(self, item: Item) -> None:
        """Take an invoice out of the tally that is none after all: what it added stands behind its body."""
        if item.kind is not None:
            self._spool.seek(sum(item.spooled))
            self.tally.take_back(self._spool.readline())

    def close(self) -> None:
        """Let go of the bodies."""
        self._spool.close()


def survey(
    path: Path,
    mapping: LoadedMapping,
    contract: Contract,
    settings: Settings,
    key: bytes,
    *,
    refusals: Refusals | None = None,
    is_target: bool = False,
    made_from: Path | None = None,
    registers: Registers | None = None,
    progress: Callable[[int], None] | None = None,
    look: Look | None = None,
    wants: Wanted | None = None,
    records: Sequence[Record] | None = None,
) -> Survey:
    """Read *path* whole: map, check, group, describe. *progress* hears of every thousandth record.

    *look* sees each draft while it is there; of an invoice nothing stays but its item. *wants* says of which invoices
    the request body is made, and what tells their versions apart: without it of all.
    *is_target* says that it is read to find the places for results, *made_from* which source a results file is of.
    Where the *records* are in memory, *path* is but their name.

    Raises SourceError, MappingError, AdapterError.
    """
    if records is None:
        settings.limits.check_file(path)
    source = Source((path,), mapping.options, mapping.headers, is_target, settings.limits)
    tally = Tally(contract.behaviour("credit_note_sign"))
    hashed = _digest(path) if records is None else ""
    found = Survey(source, mapping, hashed, tally, refusals or {}, contract, made_from=made_from, records=records)
    if lines := lines_path(mapping, path, made_from):
        settings.limits.check_file(lines)
        found.beside = lines, _digest(lines)
    there = _watched(found, progress)
    try:
        _fill(found, there, settings, key, registers, look, wants)
    except BaseException:
        there.close()  # the source is let go of now, not when the error is forgotten
        found.close()
        raise
    return found


def _digest(path: Path) -> str:
    try:
        return digest(path)
    except OSError as error:
        raise SourceError(tr("{path}: cannot be read: {reason}", path=path, reason=because(error))) from None


def _fill(
    found: Survey,
    there: Iterable[Record],
    settings: Settings,
    key: bytes,
    registers: Registers | None,
    look: Look | None,
    wants: Wanted | None,
) -> None:
    contract, limits = found.contract, settings.limits
    mapper = Mapper(
        found.mapping,
        str(found.path),
        attachments=settings.attachments,
        credit_sign=contract.behaviour("credit_note_sign"),
        limits=limits,
        registers=registers,
    )
    yearly = settings.numbering == "yearly"
    names, headers, problems = Names(contract), found.mapping.headers, 0
    for draft in mapper.drafts(there):
        has_rest = draft.head.part == "whole" and headers.state in draft.head.values  # below a header are no results
        its, body = _key(draft, yearly=yearly), b""
        if draft.invoice is not None and (wants is None or wants(its)):
            body = contract.body(draft.invoice)
        refusal = found.refusals.get(its) if its is not None else None
        known, rest = None, b""
        if draft.invoice is not None:
            known = facts(draft.invoice, body, key, yearly=yearly)
            rest = packed(known, found.spool(draft.invoice, body), len(body))
        item = Item(
            draft.label,
            draft.head.at,
            draft.head.where,
            its[0] if its else None,
            its[1] if its else 0,
            draft.problems,
            kind_of(known) if known else None,
            rest,
            draft.invoice.references.credited_invoice_number if draft.invoice else None,
            tuple(in_own_words(mapper, draft, names, refusal)) if refusal is not None else (),
            tuple(record.at for record in draft.group.lines if record is not draft.head) if has_rest else (),
            mapper.answer(draft),
        )
        if draft.invoice is not None:
            seller = draft.invoice.seller
            found.sellers.setdefault(seller.business_id or seller.name, item.where)
        if look is not None:
            look(mapper, draft, len(found.items))
        found.items.append(item)
        problems += len(item.problems)
        if len(found.items) > limits.invoices:
            raise limits.refuse("invoices", str(found.path), len(found.items))
        if problems > limits.problems:
            all_of = (problem for one in found.items for problem in one.problems)
            raise swamped(f"{found.path}, {item.where}", found.mapping.name, all_of, limits.problems)
    for path, was in found.files():
        if _digest(path) != was:
            raise SourceError(tr("{path}: changed while it was read; run again when nobody is writing it", path=path))
    found.skipped = mapper.skipped
    found.unheard = mapper.unheard()
    for index, problem in list(repeated(found.items, mapper.header("number"))):
        item = found.items[index]
        found.discount(item)
        found.items[index] = item._replace(kind=None, problems=(*item.problems, problem))
    for item in found.valid():
        if item.kind is not None:
            currency = item.kind.currency
            found.totals[currency] = found.totals.get(currency, Decimal(0)) + item.gross
            found.methods[item.kind.method] += 1


def _watched(found: Survey, progress: Callable[[int], None] | None) -> Generator[Record]:
    """Give the records, counted; note whether the source carries results already, and of which environment.

    Four columns, though empty, are a person's wish in a list that we read ourselves. An adapter of others may give the
    four names for every file of its kind: only what stands under them shows a results file, to be written in place.
    """
    headers, limits, cells = found.mapping.headers, found.source.limits, 0
    is_ours = found.mapping.adapter.is_ours
    there = read(found.mapping, found.source, found.beside[0] if found.beside else None)
    for record in there if found.records is None else found.records:
        found.rows += 1
        cells += len(cells_of(record))
        if found.rows > limits.rows or cells > limits.cells:
            bound = "rows" if found.rows > limits.rows else "cells"
            raise limits.refuse(bound, f"{found.path}, {record.where}")
        if found.rows == 1 and is_ours:
            found.has_results = all(name in record.values for name in headers.names())
        elif not is_ours and not found.has_results:
            found.has_results = holds_results(record.values, headers)
        if found.has_results and (state := str(record.values.get(headers.state) or "")) not in _FOUND_BY_A_CHECK:
            found.marks["test" if state.startswith("TEST ") else "real"] += 1
        if progress is not None and found.rows % 1000 == 0:
            progress(found.rows)
        yield record


def _key(draft: Draft, *, yearly: bool) -> Key | None:
    if draft.number is None or (yearly and draft.date is None):
        return None
    return (draft.number, draft.date.year if yearly and draft.date is not None else 0)

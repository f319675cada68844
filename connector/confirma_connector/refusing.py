"""What Confirma said against an invoice, turned back into the source's own cells: header, value, expectation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from confirma_connector import phrases
from confirma_connector.contract import Contract
from confirma_connector.journal import Entry, Journal, State
from confirma_connector.language import tr
from confirma_connector.mapper import Draft, Mapper, Origin
from confirma_connector.records import Problem
from confirma_connector.wirenames import Names

__all__ = ["Refusal", "in_fields", "in_own_words", "refusals"]

_CODES: Mapping[State, str] = {"rejected": "E-REFUSED", "failed": "E-NOT-DELIVERED"}
"""States in which Confirma has said what it does not like, and the code of the problems that this makes."""

_HTTP = re.compile(r"HTTP \d{3}: ")
_LED = re.compile(r"(?P<name>[\w$./\[\]-]+)\s*:\s+(?P<rest>\S.*)")
_BOUND = re.compile(r"on field '(?P<name>[^']+)'.*?default message \[(?P<rest>[^\[\]]*)\]+(?=[,;]|$|\s)")
"""How Spring tells of one field where it makes a single text of everything."""

_MOST_CANDIDATES, _MOST_HEADERS = 3, 5
_LONGEST = 1_000
"""Signs: what is said beyond is no sentence about a cell."""

_WORKED_OUT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("net_amount", "vat_amount", "gross_amount"),
        ("net_amount", "gross_amount", "quantity", "unit_price", "discount_percentage", "discount_amount"),
    ),
    "buyer.entity_type": ("buyer.business_id", "buyer.vat_code"),
    "distribution.method": ("buyer.electronic_invoice_account", "recipient.email", "buyer.contact.email"),
    "references.payment": ("number",),
}
"""What a field that no column fills is made of."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Confirma said of one invoice: wire paths ("" where it gave none) with its words, and the code to tell it by.

    Two are equal when they say the same.
    """

    code: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Complaint:
    """One thing it said: what fields it may mean, as mappings call them, what it called them, and its words."""

    fields: tuple[str, ...]
    name: str
    words: str

    @property
    def message(self) -> str:
        """Say it plainly where that can be done, and else in Confirma's words, as such."""
        plainly = [phrases.plain(piece) for piece in self.words.split("; ")]
        known = [text for text in dict.fromkeys(plainly) if text is not None]
        return (
            "; ".join(known) if len(plainly) and None not in plainly else tr('Confirma says "{said}"', said=self.words)
        )


def refusals(journal: Journal, contract: Contract) -> dict[tuple[int, int], Refusal]:
    """Give what was said of the invoices that it says something of, by number and year."""
    names = Names(contract)
    told = ((entry, _said(entry)) for entry in journal.entries(sorted(_CODES)))
    return {
        (entry.number, entry.year): Refusal(_CODES[entry.state], said)
        for entry, said in told
        if entry.fields or any(complaint.fields for wire, text in said for complaint in _complaints(names, wire, text))
    }


def in_fields(entry: Entry, contract: Contract) -> list[str]:
    """Say of an invoice without its file what Confirma does not like: by the names that mappings have for fields."""
    if entry.state not in _CODES:
        return []
    names = Names(contract)
    complaints = [complaint for wire, text in _said(entry) for complaint in _complaints(names, wire, text)]
    return list(dict.fromkeys(_labelled(complaint) for complaint in complaints if complaint.fields))


def in_own_words(mapper: Mapper, draft: Draft, names: Names, refusal: Refusal) -> Iterator[Problem]:
    """Give the problems of a refused invoice where they stand in its source."""
    found = (complaint for wire, text in refusal.said for complaint in _complaints(names, wire, text))
    yield from dict.fromkeys(_problem(mapper, draft, refusal.code, complaint) for complaint in found)


def _said(entry: Entry) -> tuple[tuple[str, str], ...]:
    """Give what was said with paths; without any, its sentence."""
    message = _HTTP.sub("", entry.message, count=1)
    return entry.fields or ((("", message),) if message else ())


def _complaints(names: Names, wire: str, text: str) -> Iterator[_Complaint]:
    wire, text = wire[:_LONGEST], text[:_LONGEST]
    if wire:
        lacking = phrases.lacking(text)
        fields = (lacking and names.fields(f"{wire}.{lacking}")) or names.fields(wire)
        if fields:
            yield _Complaint(fields, wire, text)
            return
    if bound := list(_BOUND.finditer(text)):
        yield from (_Complaint(names.fields(one["name"]), one["name"], one["rest"]) for one in bound)
        return
    for piece in text.split("; ") if not wire else (text,):
        led = _LED.fullmatch(piece)
        if led and (fields := names.fields(led["name"])):
            yield _Complaint(fields, led["name"], led["rest"])
        elif lacking := phrases.lacking(piece):
            yield _Complaint(names.fields(lacking), wire or lacking, piece)
        else:
            mention = names.mentioned(piece)
            yield _Complaint(mention.fields if mention else (), wire or (mention.words if mention else ""), piece)


def _problem(mapper: Mapper, draft: Draft, code: str, complaint: _Complaint) -> Problem:
    fields = _meant(mapper, draft, complaint)
    if not fields:
        return Problem(
            code, _labelled(complaint), where=draft.head.where, field=complaint.name, record=draft.head.where
        )
    origins = list(dict.fromkeys(mapper.origin(draft.group, field) for field in fields))
    told = [origin for origin in origins if origin.header]
    if not told:
        constant = mapper.constant(fields[0]) or ""
        message = tr("{field}, a constant of the mapping: {message}", field=fields[0], message=complaint.message)
        return Problem(code, message, where=draft.head.where, value=constant, field=fields[0], record=draft.head.where)
    return Problem(
        code=code,
        message=complaint.message,
        where=_place(told),
        header=_headers(told, " / " if len(complaint.fields) > 1 else " + "),
        value=told[0].value if len(told) == 1 else "",
        field=fields[0] if len(fields) == 1 else complaint.fields[0],
        record=told[0].record,
    )


def _meant(mapper: Mapper, draft: Draft, complaint: _Complaint) -> tuple[str, ...]:
    """Give the fields of the mapping that a complaint is about; of several that it may mean, those with a value."""
    mapped = [name for field in complaint.fields for name in mapper.within(field, draft.group)]
    if len(complaint.fields) == 1:
        return tuple(mapped) or tuple(
            name
            for source in _sources(complaint.fields[0])
            for name in mapper.within(source, draft.group)
            if mapper.origin(draft.group, name).header
        )
    columns = [name for name in mapped if mapper.constant(name) is None] or mapped
    filled = [name for name in columns if mapper.origin(draft.group, name).value]
    is_missing = all(map(phrases.says_needed, complaint.words.split("; ")))
    chosen = columns if is_missing or not filled else filled
    return tuple(chosen) if len(chosen) <= _MOST_CANDIDATES else ()


def _sources(field: str) -> Iterator[str]:
    row, dot, member = field.rpartition("].")
    yield from (f"{row}{dot}{source}" for source in _WORKED_OUT.get(member if dot else field, ()))


def _labelled(complaint: _Complaint) -> str:
    name = complaint.fields[0] if len(complaint.fields) == 1 else complaint.name
    return f"{name}: {complaint.message}" if name else complaint.message


def _place(told: list[Origin]) -> str:
    """Give the cell; of several columns the row, and of several rows the first."""
    places = {origin.where for origin in told}
    return told[0].where if len(places) == 1 else told[0].record


def _headers(told: list[Origin], between: str) -> str:
    headers = list(dict.fromkeys(origin.header for origin in told))
    return between.join(headers[:_MOST_HEADERS]) + (" …" if len(headers) > _MOST_HEADERS else "")

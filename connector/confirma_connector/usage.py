"""Which unconfirmed lines of the contract some invoices use: read off their request bodies, whatever the mapping."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import simplejson

from confirma_connector.contract import ENUM_PLACES, Contract, Provisional

__all__ = ["Usage", "used_by_sending", "used_by_tracking"]

_TRACKING = (
    *("paths.prefix", "paths.listing", "headers.", "statuses.", "listing.", "query."),
    *("answer.message", "answer.errors", "answer.error."),
)
_SENDING = (*_TRACKING, "paths.create", "answer.status", "constants.")
"""What every run sends or reads, whichever invoices there are; a name that ends in a dot is a whole section."""

_POINT = re.compile(rb"\.\d{3}")
_MORE_DECIMALS = re.compile(rb'(?<!\\)":-?\d+\.\d{3}')


@dataclass
class _Container:
    """What of one container of the request is watched: its unconfirmed *members*, what is inside it, its enums."""

    members: dict[str, str] = field(default_factory=dict)
    inner: dict[str, _Container] = field(default_factory=dict)
    enums: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    words: set[tuple[str, str]] = field(default_factory=set)

    def see(self, branch: Mapping[str, Any]) -> None:
        """Note what of *branch* is watched. This runs for every row of every invoice."""
        if self.members:
            self.seen.update(branch)
        for wire, enum in self.enums.items():
            self.words.add((enum, branch.get(wire, "")))
        for wire, container in self.inner.items():
            value = branch.get(wire)
            if isinstance(value, dict):
                container.see(value)
            elif value is not None:
                for entry in value:
                    container.see(entry)

    def prune(self) -> bool:
        """Forget containers in which nothing is watched; tell whether anything is left."""
        self.inner = {wire: container for wire, container in self.inner.items() if container.prune()}
        return bool(self.members or self.inner or self.enums)

    def found(self) -> Iterator[str]:
        """Give the places that were seen."""
        yield from (place for wire, place in self.members.items() if wire in self.seen)
        for container in self.inner.values():
            yield from container.found()

    def spoken(self) -> Iterator[tuple[str, str]]:
        """Give the enums and wire words that were seen."""
        yield from self.words
        for container in self.inner.values():
            yield from container.spoken()


class Usage:
    """Collects, invoice by invoice, which lines of the contract that nobody has confirmed their requests stand on."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._unconfirmed = {one.line: one for one in contract.provisional()}
        self._root = _Container()
        for place in contract.file.request:
            self._watch(place)
        self._root.prune()
        self._has_more_decimals = False

    def _watch(self, place: str) -> None:
        *containers, wire = self._contract.route(place)
        if not all((*containers, wire)) or self._contract.file.request[place].wire == ".":
            return
        container = self._root
        for name in containers:
            container = container.inner.setdefault(name, _Container())
        if f"request.{place}" in self._unconfirmed:
            container.members[wire] = place
        if place in ENUM_PLACES:
            container.enums[wire] = ENUM_PLACES[place]

    def add(self, body: bytes) -> None:
        """Note what one request uses."""
        self._root.see(simplejson.loads(body))
        if not self._has_more_decimals and _POINT.search(body) and _MORE_DECIMALS.search(body):
            self._has_more_decimals = True

    def lines(self) -> frozenset[str]:
        """Give the names of the unconfirmed lines that the requests so far use."""
        names = {f"request.{place}" for place in self._root.found()}
        words = set(self._root.spoken())
        for enum, items in self._contract.file.enums.items():
            names |= {f"enums.{enum}.{word}" for word, item in items.items() if (enum, item.wire) in words}
        if ("type", self._contract.file.enums["type"]["CREDIT_NOTE"].wire) in words:
            names.add("behaviour.credit_note_sign")
        if self._has_more_decimals:
            names.add("behaviour.more_decimals")
        return frozenset(names & self._unconfirmed.keys())


def used_by_tracking(contract: Contract, *, by_address: bool) -> list[Provisional]:
    """List the unconfirmed lines that tracking uses; *by_address* when a setting gives the host."""
    return list(_used(contract, () if by_address else ("hosts.production",), _TRACKING))


def used_by_sending(contract: Contract, used: Iterable[str], *, by_address: bool) -> list[Provisional]:
    """List the unconfirmed lines that sending uses, for invoices that use the lines *used* in their requests."""
    named = {*used, *(() if by_address else ("hosts.production",))}
    if contract.behaviour("resend_after_error") == "always":  # the other words leave it to a person, or do not do it
        named.add("behaviour.resend_after_error")
    silenced = {one.line for one in contract.provisional() if not one.item.wire}
    return list(_used(contract, named | silenced, _SENDING))


def _used(contract: Contract, names: Iterable[str], common: tuple[str, ...]) -> Iterator[Provisional]:
    wanted = set(names)
    sections = tuple(name for name in common if name.endswith("."))
    for one in contract.provisional():
        if one.line in wanted or one.line in common or one.line.startswith(sections):
            yield one

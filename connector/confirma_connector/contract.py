"""The contract of the API as data: wire names, values and status classes, and an `Invoice` written with them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import simplejson
from pydantic import BaseModel

from confirma_connector.errors import ContractError
from confirma_connector.invoice import Invoice
from confirma_connector.language import tr
from confirma_connector.masking import PEOPLE, PERSONAL
from confirma_connector.overlay import ContractFile, Item, Observed, merged, shipped

__all__ = ["ENUM_PLACES", "Contract", "Item", "Observed", "Provisional", "encoded", "read"]


@dataclass(frozen=True)
class Provisional:
    """One line of what nobody has confirmed yet."""

    section: str
    key: str
    item: Item

    @property
    def line(self) -> str:
        """The name by which a line is confirmed."""
        return f"{self.section}.{self.key}"

    def text(self) -> str:
        """Say in one line what there is to confirm."""
        note = f"  ({tr(self.item.note)})" if self.item.note else ""
        return f"{self.section}: {self.key} = {self.item.value or tr('(not sent)')}{note}"


ENUM_PLACES: Mapping[str, str] = {
    "invoice.header.type": "type",
    "distribution.method": "method",
    "invoice.parties.buyer.entity_type": "entity_type",
}
"""Where in a request the words of an enum stand."""
_PARTIES = ("seller", "buyer", "recipient", "delivery")
_BESIDE_HEADER = ("references", "rows", "amounts", "attachments")
_BESIDE_INVOICE = ("processing", "distribution")


@dataclass(frozen=True, slots=True)
class _Member:
    """How one field is written: its name on the wire, what is inside it, and the words it knows."""

    name: str
    wire: str
    members: tuple[_Member, ...] = ()
    words: Mapping[str, str] | None = None


class Contract:
    """The contract in force: the *shipped* file with the user's overlay on it."""

    def __init__(self, file: ContractFile, shipped: ContractFile) -> None:
        self.version = file.version
        self.file = file
        self._shipped = shipped
        self._refuse_clashes()
        self._refuse_twice_the_same()

    @cached_property
    def key_header(self) -> str:
        """The header that carries the key."""
        return self.file.headers["key"].wire

    @cached_property
    def extra_headers(self) -> dict[str, str]:
        """Headers that every request carries besides the key."""
        return {name: item.wire for name, item in self.file.headers.items() if name != "key" and item.wire}

    def path(self, name: str) -> str:
        """Give the path of one call below the host, prefix included."""
        return self.file.paths["prefix"].wire + self.file.paths[name].wire

    def names(self, section: Literal["listing", "answer"], key: str) -> tuple[str, ...]:
        """Give every name under which *key* may be read, the expected one first."""
        item = getattr(self.file, section)[key]
        return (item.wire, *item.also)

    def behaviour(self, name: str) -> str:
        """Give how the service behaves in one respect."""
        return self.file.behaviour[name].wire

    def state_of(self, status: str) -> Observed:
        """Give the state that a status of the API means; what is not listed is "unknown"."""
        return self._states.get(status.strip().upper(), "unknown")

    @cached_property
    def _states(self) -> dict[str, Observed]:
        return {item.wire.upper(): item.state or "unknown" for item in self.file.statuses.values()}

    def body(self, invoice: Invoice) -> bytes:
        """Write *invoice* as the body of a create request: UTF-8 JSON, amounts as numbers from their own digits."""
        return encoded(self.tree(invoice))

    def tree(self, invoice: Invoice) -> dict[str, Any]:
        """Give *invoice* by its wire names, amounts as Decimal: what `encoded` makes a body of."""
        tree: dict[str, Any] = {}
        for name, route, member in self._routes:
            written = _written(getattr(invoice, name), member)
            if written is not None:
                branch = tree
                for container in route[:-1]:
                    branch = branch.setdefault(container, {})
                branch[route[-1]] = written
        return tree

    @cached_property
    def _routes(self) -> list[tuple[str, tuple[str, ...], _Member]]:
        """The way to each member of `Invoice`: the wire names from the outermost container down."""
        routes = [(name, self.route(_place(name)), self._member(_place(name))) for name in Invoice.model_fields]
        return [(name, route, member) for name, route, member in routes if all(route)]

    def route(self, place: str) -> tuple[str, ...]:
        """Give the wire names that lead to a place of the request section, from the outermost container down."""
        parts = place.split(".")
        return tuple(self.file.request[".".join(parts[: depth + 1])].wire for depth in range(len(parts)))

    def _member(self, place: str) -> _Member:
        inner = [key for key in self.file.request if key.rpartition(".")[0] == place]
        enum = ENUM_PLACES.get(place)
        return _Member(
            name=place.rpartition(".")[2],
            wire=self.file.request[place].wire,
            members=tuple(member for key in inner if (member := self._member(key)).wire),
            words={word: item.wire for word, item in self.file.enums[enum].items()} if enum else None,
        )

    def personal(self, body: bytes) -> list[str]:
        """Give the personal identity numbers in a request body as they stand there."""
        return [simplejson.loads(spelled) for spelled in self._personal.findall(body)]

    def people(self, body: bytes) -> list[str]:
        """Give what a request body says of people, and of firms under the same names."""
        return [simplejson.loads(spelled) for spelled in self._people.findall(body)]

    @cached_property
    def _personal(self) -> re.Pattern[bytes]:
        return self._values_of(PERSONAL)

    @cached_property
    def _people(self) -> re.Pattern[bytes]:
        return self._values_of(PEOPLE)

    def _values_of(self, fields: Iterable[str]) -> re.Pattern[bytes]:
        named = {re.escape(item.wire) for place, item in self.file.request.items() if _field(place) in fields}
        return re.compile(rf'"(?:{"|".join(sorted(named))})"\s*:\s*("(?:[^"\\]|\\.)*")'.encode())

    def fields(self) -> Iterator[tuple[str, tuple[str, ...], str]]:
        """Give every place of a request, the wire names that lead to it, and what mappings call it."""
        for place in self.file.request:
            yield place, self.route(place), _field(place)

    def provisional(self) -> list[Provisional]:
        """List everything that is sent or relied on and that nobody has confirmed.

        What an overlay no longer sends is in it: without the rows an invoice is another one.
        """
        sent = {(section, key) for section, key, item in self._shipped.lines() if item.wire}
        return [
            Provisional(section, key, item)
            for section, key, item in self.file.lines()
            if not item.confirmed and (item.wire or (section, key) in sent)
        ]

    def _refuse_clashes(self) -> None:
        seen: dict[tuple[str, ...], str] = {}
        for place in self.file.request:
            route = self.route(place)
            if all(route) and (other := seen.setdefault(route, place)) != place:
                raise _Clash(
                    tr(
                        "{other} and {place} are both called {route} on the wire",
                        other=other,
                        place=place,
                        route=".".join(route),
                    )
                )

    def _refuse_twice_the_same(self) -> None:
        seen: dict[str, str] = {}
        for key, item in self.file.statuses.items():
            if (other := seen.setdefault(item.wire.upper(), key)) != key:
                raise _Clash(
                    tr(
                        "the statuses {other} and {key} are both called {wire} on the wire",
                        other=other,
                        key=key,
                        wire=item.wire,
                    )
                )
        key_header = self.key_header.lower()
        if any(name != "key" and name.lower() == key_header for name in self.file.headers):
            raise _Clash(tr("the header {key_header} carries the key and cannot be set", key_header=self.key_header))


def encoded(tree: Mapping[str, Any]) -> bytes:
    """Write a tree of wire names as a request body: UTF-8 JSON, each Decimal by its own digits."""
    return simplejson.dumps(tree, use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode()


def _written(value: object, member: _Member) -> Any:
    """Give *value* as JSON is made of it; None for nothing."""
    if value is None:
        return None
    if isinstance(value, BaseModel):
        inner = ((part.wire, _written(getattr(value, part.name), part)) for part in member.members)
        return {wire: written for wire, written in inner if written is not None} or None
    if isinstance(value, tuple):
        return [_written(entry, member) or {} for entry in value] or None
    if isinstance(value, Decimal):
        return Decimal(f"{value:f}")
    if isinstance(value, date):
        return value.isoformat()
    return value if member.words is None else member.words[str(value)] or None


def _place(name: str) -> str:
    """Where a member of `Invoice` stands in the contract's request section."""
    if name in _BESIDE_INVOICE:
        return name
    if name in _PARTIES:
        return f"invoice.parties.{name}"
    return f"invoice.{name}" if name in _BESIDE_HEADER else f"invoice.header.{name}"


def _field(place: str) -> str:
    """The field path of mappings for a place in the contract's request section."""
    for lead in ("invoice.header.", "invoice.parties.", "invoice."):
        if place.startswith(lead):
            return place.removeprefix(lead)
    return place


def read(overlay: Path | None = None) -> Contract:
    """Read the shipped contract, and the user's *overlay* on it. Raises ContractError."""
    base = shipped()
    try:
        return Contract(merged(base, overlay) if overlay else base, base)
    except _Clash as error:
        raise ContractError(f"{overlay}: {error}" if overlay else str(error)) from None


class _Clash(ValueError):
    """Two lines of a contract cannot both hold."""

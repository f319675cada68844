"""The contract of the API as data: wire names, values and status classes, and an `Invoice` written with them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import simplejson

from confirma_connector.errors import ContractError
from confirma_connector.invoice import Invoice
from confirma_connector.language import tr
from confirma_connector.masking import PEOPLE, PERSONAL
from confirma_connector.overlay import ContractFile, Item, Observed, merged, shipped
from confirma_connector.parts import members
from confirma_connector.requestbody import Member, Place, writer

__all__ = ["ENUM_PLACES", "Contract", "Item", "Observed", "Provisional", "read"]


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
_ARRAYS = ("invoice.rows", "invoice.attachments")


class Contract:
    """The contract in force: the *shipped* file with the user's overlay on it."""

    def __init__(self, file: ContractFile, shipped: ContractFile) -> None:
        self.version = file.version
        self.file = file
        self._shipped = shipped
        self._refuse_clashes()
        self._refuse_mixed_up()
        self._refuse_twice_the_same()

    @cached_property
    def key_header(self) -> str:
        """The header that carries the key."""
        return self.file.headers["key"].wire.partition(":")[0].strip()

    def key_value(self, key: str) -> str:
        """Give what stands in the key's header: `Authorization: Bearer` puts a word before the key."""
        return f"{self.file.headers['key'].wire.partition(':')[2].strip()} {key}".strip()

    @cached_property
    def extra_headers(self) -> dict[str, str]:
        """Headers that every request carries besides the key."""
        return {name: item.wire for name, item in self.file.headers.items() if name != "key" and item.wire}

    @cached_property
    def extra_query(self) -> dict[str, str]:
        """What delivery information is asked with besides the days and the number."""
        return {name: item.wire for name, item in self.file.query.items() if item.wire}

    def days(self, first: dt.date, last: dt.date) -> dict[str, str]:
        """Give the parameters that ask for the invoices of some days, the last one included."""
        asked = {"from": (first, "T00:00:00Z"), "to": (last, "T23:59:59Z")}
        lines = {key: self.file.listing[f"query.{key}"] for key in asked}
        return {
            lines[key].wire: day.isoformat() + (time if lines[key].type == "date-time" else "")
            for key, (day, time) in asked.items()
        }

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
        return self._write(invoice)

    @cached_property
    def _write(self) -> Callable[[Invoice], bytes]:
        constants = [(tuple(way.split("/")), item.wire, item.type) for way, item in self.file.constants.items()]
        return writer(
            [part for name in members(Invoice) for part in self._parts((name,), _place(name))],
            [(way, wire, type_) for way, wire, type_ in constants if wire],
        )

    def route(self, place: str) -> tuple[str, ...]:
        """Give the wire names that lead to a place of the request section, from the outermost container down.

        One of them is "" where the place, or one that it is in, is not sent.
        """
        parts, found, is_sent = place.split("."), list[str](), True
        for depth in range(len(parts)):
            wire = self.file.request[".".join(parts[: depth + 1])].wire
            is_sent = is_sent and bool(wire)
            for name in wire.split("/"):
                if name == ".." and not found:
                    raise _Clash(tr("{place}: {wire} leads out of the request", place=place, wire=wire))
                found[len(found) - (name == "..") :] = [] if name in (".", "..") else [name]
        return tuple(found) if is_sent else ("", *found)

    def _parts(self, names: tuple[str, ...], place: str) -> Iterator[Place]:
        """Give a member of the invoice as one; as its members where the wire has them mixed with others."""
        inner = self._inner(place) if self._is_mixed and place not in _ARRAYS else []
        for key in inner:
            yield from self._parts((*names, key.rpartition(".")[2]), key)
        if not inner and all(route := self.route(place)):
            yield names, route, self._member(place)

    @cached_property
    def _is_mixed(self) -> bool:
        """Whether members stand on the wire in another container than here, or beside constants."""
        elsewhere = (item.wire == "." or "/" in item.wire for item in self.file.request.values())
        return any(elsewhere) or any(item.wire for item in self.file.constants.values())

    def _inner(self, place: str) -> list[str]:
        return [key for key in self.file.request if key.rpartition(".")[0] == place]

    def _member(self, place: str) -> Member:
        inner = self._inner(place)
        enum, item = ENUM_PLACES.get(place), self.file.request[place]
        return Member(
            name=place.rpartition(".")[2],
            wire=item.wire,
            members=tuple(member for key in inner if (member := self._member(key)).wire),
            words={word: item.wire for word, item in self.file.enums[enum].items()} if enum else None,
            type=item.type,
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
        named = {
            re.escape(item.wire.rpartition("/")[2])
            for place, item in self.file.request.items()
            if _field(place) in fields
        }
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
            if (
                all(route)
                and self.file.request[place].wire != "."
                and (other := seen.setdefault(route, place)) != place
            ):
                raise _Clash(
                    tr(
                        "{other} and {place} are both called {route} on the wire",
                        other=other,
                        place=place,
                        route=".".join(route),
                    )
                )

    def _refuse_mixed_up(self) -> None:
        """A value cannot stand where an object is, nor within an array that is ours."""
        inner = {place.rpartition(".")[0] for place in self.file.request}
        values = [place for place in self.file.request if place not in inner or place in _ARRAYS]
        routes = {self.route(place): place for place in values if all(self.route(place))}
        for place, route in {place: self.route(place) for place in self.file.request}.items():
            if place.startswith(tuple(f"{array}." for array in _ARRAYS)) and ".." in self.file.request[place].wire:
                raise _Clash(tr("{place}: what stands in a list cannot be sent beside it", place=place))
            if all(route) and place in values:
                self._refuse_within(f"request.{place}", route, routes)
        for way in (way for way, item in self.file.constants.items() if item.wire):
            self._refuse_within(f"constants.{way}", tuple(way.split("/")), routes)
            if tuple(way.split("/")) in (route[: way.count("/") + 1] for route in routes):
                raise _Clash(tr("constants.{way}: something else has this place", way=way))

    def _refuse_within(self, line: str, route: tuple[str, ...], routes: Mapping[tuple[str, ...], str]) -> None:
        for depth in range(1, len(route)):
            other = routes.get(route[:depth])
            if other and not line.startswith(f"request.{other}."):
                raise _Clash(tr("{line} would stand within {other}, which is no object", line=line, other=other))

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

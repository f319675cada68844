"""The contract of the API as data: wire names, values and status classes, and an `Invoice` written with them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar

import simplejson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from confirma_connector.errors import ContractError
from confirma_connector.invoice import Invoice
from confirma_connector.yamltext import Document, Tree, YamlError, load

__all__ = ["Contract", "Item", "Observed", "Provisional", "read"]

Observed = Literal["waiting", "delivered", "failed", "duplicate", "attention", "credited", "unknown"]


class Item(BaseModel):
    """One name or value on the wire, and whether the vendor has confirmed it. An empty wire name is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wire: str
    confirmed: bool = False
    also: tuple[str, ...] = ()
    state: Observed | None = None
    note: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    hosts: dict[str, Item]
    paths: dict[str, Item]
    headers: dict[str, Item]
    request: dict[str, Item]
    enums: dict[str, dict[str, Item]]
    statuses: dict[str, Item]
    listing: dict[str, Item]
    answer: dict[str, Item]
    behaviour: dict[str, Item]


class _Overlay(_File):
    version: str = ""
    hosts: dict[str, Item] = Field(default={})
    paths: dict[str, Item] = Field(default={})
    headers: dict[str, Item] = Field(default={})
    request: dict[str, Item] = Field(default={})
    enums: dict[str, dict[str, Item]] = Field(default={})
    statuses: dict[str, Item] = Field(default={})
    listing: dict[str, Item] = Field(default={})
    answer: dict[str, Item] = Field(default={})
    behaviour: dict[str, Item] = Field(default={})


@dataclass(frozen=True)
class Provisional:
    """One line of what the vendor has not confirmed."""

    section: str
    key: str
    item: Item


_OPEN = ("headers", "statuses")
"""Sections to which an overlay may add keys of its own."""

_ENUM_PLACES: Mapping[str, str] = {
    "invoice.header.type": "type",
    "distribution.method": "method",
    "invoice.parties.buyer.entity_type": "entity_type",
}
_PARTIES = ("seller", "buyer", "recipient", "delivery")
_BESIDE_HEADER = ("references", "rows", "amounts", "attachments")
_BESIDE_INVOICE = ("processing", "distribution")


class Contract:
    """The contract in force: the shipped file with the user's overlay on it."""

    def __init__(self, file: _File) -> None:
        self.version = file.version
        self.file = file
        self._refuse_clashes()

    @cached_property
    def key_header(self) -> str:
        """The header that carries the key."""
        return self.file.headers["key"].wire

    @cached_property
    def extra_headers(self) -> dict[str, str]:
        """Headers that every request carries besides the key."""
        return {name: item.wire for name, item in self.file.headers.items() if name != "key" and item.wire}

    def path(self, name: str) -> str:
        """Give a path below the host, prefix included."""
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
        tree: dict[str, Any] = {}
        for name, route in self._routes:
            written = self._written(getattr(invoice, name), _place(name))
            if written not in (None, {}, []):
                branch = tree
                for container in route[:-1]:
                    branch = branch.setdefault(container, {})
                branch[route[-1]] = written
        return simplejson.dumps(tree, use_decimal=True, ensure_ascii=False, separators=(",", ":")).encode()

    @cached_property
    def _routes(self) -> list[tuple[str, tuple[str, ...]]]:
        """The way to each member of `Invoice`: the wire names from the outermost container down."""
        routes = [(name, self._route(_place(name))) for name in Invoice.model_fields]
        return [(name, route) for name, route in routes if all(route)]

    def _route(self, place: str) -> tuple[str, ...]:
        parts = place.split(".")
        return tuple(self.file.request[".".join(parts[: depth + 1])].wire for depth in range(len(parts)))

    def _written(self, value: object, place: str) -> Any:
        if isinstance(value, BaseModel):
            members = ((self.file.request[f"{place}.{name}"].wire, name, member) for name, member in value)
            return {
                wire: written
                for wire, name, member in members
                if wire and (written := self._written(member, f"{place}.{name}")) not in (None, {}, [])
            }
        if isinstance(value, tuple):
            return [self._written(member, place) for member in value]
        if isinstance(value, Decimal):
            return Decimal(f"{value:f}")
        if isinstance(value, date):
            return value.isoformat()
        enum = _ENUM_PLACES.get(place)
        return self.file.enums[enum][str(value)].wire if enum and value is not None else value

    def field_of(self, wire_path: str) -> str:
        """Turn a wire path ("invoice.rows[2].vatPercentage", "/invoice/rows/2/…") into our field path, or ""."""
        parts = [part for part in re.split(r"[./\[\]$]+", wire_path) if part]
        plain = ".".join(part for part in parts if not part.isdigit()).lower()
        place = self._by_wire.get(plain) or self._by_wire.get(f"invoice.{plain}", "")
        index = next((part for part in parts if part.isdigit()), "")
        field = _field(place)
        container, _, member = field.partition(".")
        return f"{container}[{index}].{member}" if index and container in ("rows", "attachments") and member else field

    def provisional(self) -> list[Provisional]:
        """List everything that is sent or relied on and that the vendor has not confirmed."""
        found = []
        for section, item_or_table in self.file:
            if section == "version":
                continue
            for key, item in item_or_table.items():
                items = item.items() if isinstance(item, dict) else [("", item)]
                found += [
                    Provisional(section, f"{key}.{value}" if value else key, entry)
                    for value, entry in items
                    if not entry.confirmed and entry.wire
                ]
        return found

    @cached_property
    def _by_wire(self) -> dict[str, str]:
        return {".".join(self._route(place)).lower(): place for place in self.file.request}

    def _refuse_clashes(self) -> None:
        seen: dict[tuple[str, ...], str] = {}
        for place in self.file.request:
            route = self._route(place)
            if all(route) and (other := seen.setdefault(route, place)) != place:
                raise ContractError(f"contract: {other} and {place} are both called {'.'.join(route)} on the wire")


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
    shipped = resources.files("confirma_connector") / "contract.yaml"
    with resources.as_file(shipped) as path:
        file = _validated(_File, path, _loaded(path))
    if overlay is None:
        return Contract(file)
    return Contract(_laid_over(file, _validated(_Overlay, overlay, _loaded(overlay)), overlay))


def _loaded(path: Path) -> Document:
    try:
        return load(path)
    except YamlError as error:
        raise ContractError(f"{path}, line {error.line}: {error}") from None
    except OSError as error:
        raise ContractError(f"{path}: cannot be read: {error.strerror}") from None


_Shape = TypeVar("_Shape", bound=_File)


def _validated(shape: type[_Shape], path: Path, document: Document) -> _Shape:
    tree: Tree = document.tree
    try:
        return shape.model_validate(tree)
    except ValidationError as error:
        detail = error.errors()[0]
        place = tuple(part for part in detail["loc"])
        raise ContractError(
            f"{path}, line {document.line(place)}: {'.'.join(str(part) for part in place)}: {detail['msg']}"
        ) from None


def _laid_over(file: _File, overlay: _Overlay, path: Path) -> _File:
    sections: dict[str, Any] = {}
    for section in type(file).model_fields:
        base, more = getattr(file, section), getattr(overlay, section)
        if section == "version":
            sections[section] = base
        elif section == "enums":
            for enum in more:
                _known(enum, base, f"{path}: enums")
            sections[section] = {
                enum: _merged(items, more.get(enum, {}), f"{path}: enums.{enum}") for enum, items in base.items()
            }
        else:
            sections[section] = _merged(base, more, f"{path}: {section}", is_open=section in _OPEN)
    return file.model_copy(update=sections)


def _merged(base: dict[str, Item], more: dict[str, Item], where: str, *, is_open: bool = False) -> dict[str, Item]:
    for key in more:
        if not is_open:
            _known(key, base, where)
    changes = {key: _inheriting(base.get(key), item) for key, item in more.items()}
    return base | changes


def _inheriting(base: Item | None, item: Item) -> Item:
    """What an overlay's line leaves out stays as shipped."""
    return base.model_copy(update={name: getattr(item, name) for name in item.model_fields_set}) if base else item


def _known(key: str, base: Mapping[str, object], where: str) -> None:
    if key not in base:
        near = difflib.get_close_matches(key, base, 1)
        raise ContractError(f'{where}: there is no "{key}"' + (f'; did you mean "{near[0]}"?' if near else ""))

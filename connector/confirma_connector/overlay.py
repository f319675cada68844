"""The contract file and the user's overlay on it, as data: read, checked and merged."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from confirma_connector.errors import ContractError
from confirma_connector.mistakes import Mistakes, did_you_mean, opened

__all__ = ["ContractFile", "Item", "Observed", "merged"]

Observed = Literal["waiting", "delivered", "failed", "duplicate", "attention", "credited", "unknown"]


class Item(BaseModel):
    """One name or value on the wire, and whether the vendor has confirmed it. An empty wire name is not sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wire: str
    confirmed: bool = False
    also: tuple[str, ...] = ()
    state: Observed | None = None
    note: str = ""


class ContractFile(BaseModel):
    """Everything that one contract file says, or an overlay: what it leaves out stays as shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

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

    @model_validator(mode="after")
    def _safe_to_send(self) -> Self:
        for name, item in self.hosts.items():
            parts = urlsplit(item.wire)
            if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
                raise ValueError(f'hosts.{name}: expected an address like https://host, not "{item.wire}"')
        for name, item in self.behaviour.items():
            if item.wire not in _BEHAVIOURS.get(name, (item.wire,)):
                raise ValueError(f'behaviour.{name}: expected {" or ".join(_BEHAVIOURS[name])}, not "{item.wire}"')
        for section in ("paths", "headers"):
            for name, item in getattr(self, section).items():
                if not (item.wire.isascii() and item.wire.isprintable()) or not name.isascii():
                    raise ValueError(f"{section}.{name}: has characters that cannot be part of a request")
        return self


_BEHAVIOURS = {"credit_note_sign": ("negative", "positive"), "resend_after_error": ("ask", "always", "never")}
_OPEN = ("headers", "statuses")
"""Sections to which an overlay may add keys of its own."""


def production_host() -> str:
    """Give the production address as shipped: an overlay cannot hide it."""
    return _shipped().hosts["production"].wire


def _shipped() -> ContractFile:
    with resources.as_file(resources.files("confirma_connector") / "contract.yaml") as path:
        return _read(path)[0]


def merged(overlay: Path | None) -> ContractFile:
    """Read the shipped contract, with *overlay* laid over it. Raises ContractError."""
    shipped = _shipped()
    if overlay is None:
        return shipped
    more, mistakes = _read(overlay)
    sections: dict[str, Any] = {}
    for section in type(shipped).model_fields:
        base, changes = getattr(shipped, section), getattr(more, section)
        if section == "version":
            continue
        if section == "enums":
            _refuse_unknown(mistakes, (section,), changes, base)
            sections[section] = {
                enum: _laid_over(mistakes, (section, enum), items, changes.get(enum, {}))
                for enum, items in base.items()
            }
        else:
            sections[section] = _laid_over(mistakes, (section,), base, changes)
    mistakes.stop()
    return shipped.model_copy(update=sections)


def _read(path: Path) -> tuple[ContractFile, Mistakes]:
    document = opened(path, ContractError)
    mistakes = Mistakes(path, document, ContractError)
    return mistakes.validated(ContractFile, document.tree), mistakes


def _laid_over(
    mistakes: Mistakes, place: tuple[str, ...], base: dict[str, Item], changes: Mapping[str, Item]
) -> dict[str, Item]:
    if place[0] not in _OPEN:
        _refuse_unknown(mistakes, place, changes, base)
    return base | {key: _inheriting(base.get(key), item) for key, item in changes.items()}


def _inheriting(base: Item | None, item: Item) -> Item:
    """What an overlay's line leaves out stays as shipped."""
    return base.model_copy(update={name: getattr(item, name) for name in item.model_fields_set}) if base else item


def _refuse_unknown(
    mistakes: Mistakes, place: tuple[str, ...], keys: Mapping[str, object], known: Mapping[str, object]
) -> None:
    for key in keys:
        if key not in known:
            mistakes.add((*place, key), f'there is no "{key}"{did_you_mean(key, known)}')

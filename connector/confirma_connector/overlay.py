"""The contract file and the user's overlay on it, as data: read, checked and merged."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Collection, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from confirma_connector.errors import ContractError
from confirma_connector.language import either, tr
from confirma_connector.mistakes import Mistakes, did_you_mean, opened

if TYPE_CHECKING:
    from confirma_connector.yamltext import Place, Tree

__all__ = ["Confirmation", "ContractFile", "Item", "Observed", "Spelling", "merged", "production_host", "shipped"]

Observed = Literal["waiting", "delivered", "failed", "duplicate", "attention", "credited", "unknown"]
Spelling = Literal["string", "integer", "number", "boolean", "date-time"]


class Item(BaseModel):
    """One name or value on the wire, and whether it is confirmed. An empty wire name is not sent.

    A name may be a way: `terms/dueDate` stands in an object `terms`, `../dueDate` beside its container, and a container
    `.` is none of its own: its members stand where it would. *type* is how a value is spelled in JSON where the service
    wants another than ours: a number as "string", a text of digits as "integer".

    The shipped file confirms what the vendor has published. In an overlay the mark alone counts for nothing: there a
    person's `Confirmation` of the value stands behind it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wire: str
    confirmed: bool = False
    also: tuple[str, ...] = ()
    state: Observed | None = None
    type: Spelling | None = None
    note: str = ""

    @property
    def value(self) -> str:
        """All that the line says, as one text: what is confirmed is this, not the line."""
        names = " | ".join((self.wire, *self.also)) + (f" ({self.type})" if self.type else "")
        return f"{names} = {self.state}" if self.state else names


class Confirmation(BaseModel):
    """A person's word that a line of the contract is right; it counts for as long as the line has this value.

    *line* is section and key ("request.invoice.rows"), *contract* the version that was in force.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    line: str
    value: str
    by: str = Field(min_length=1)
    on: dt.date
    ground: str = Field(min_length=1)
    contract: str = ""


class ContractFile(BaseModel):
    """Everything that one contract file says, or an overlay: what it leaves out stays as shipped."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = ""
    hosts: dict[str, Item] = Field(default={})
    paths: dict[str, Item] = Field(default={})
    headers: dict[str, Item] = Field(default={})
    request: dict[str, Item] = Field(default={})
    constants: dict[str, Item] = Field(default={})
    enums: dict[str, dict[str, Item]] = Field(default={})
    statuses: dict[str, Item] = Field(default={})
    listing: dict[str, Item] = Field(default={})
    query: dict[str, Item] = Field(default={})
    answer: dict[str, Item] = Field(default={})
    behaviour: dict[str, Item] = Field(default={})
    confirmations: tuple[Confirmation, ...] = ()

    def lines(self) -> Iterator[tuple[str, str, Item]]:
        """Give every line: its section, its key there, and what it says."""
        for section, tables in self:
            if section in _NO_LINES:
                continue
            for key, item in tables.items():
                if isinstance(item, Item):
                    yield section, key, item
                else:
                    yield from ((section, f"{key}.{word}", inner) for word, inner in item.items())

    @model_validator(mode="after")
    def _safe_to_send(self) -> Self:
        for name, item in self.hosts.items():
            parts = urlsplit(item.wire)
            if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
                raise ValueError(
                    tr('hosts.{name}: expected an address like https://host, not "{wire}"', name=name, wire=item.wire)
                )
        for name, item in self.behaviour.items():
            if item.wire not in _BEHAVIOURS.get(name, (item.wire,)):
                raise ValueError(
                    tr(
                        'behaviour.{name}: expected {words}, not "{wire}"',
                        name=name,
                        words=either(_BEHAVIOURS[name]),
                        wire=item.wire,
                    )
                )
        for name, item in self.constants.items():
            if item.type in ("integer", "number", "boolean") and not _NO_TEXT[item.type].fullmatch(item.wire):
                raise ValueError(
                    tr('constants.{name}: "{wire}" is no {type}', name=name, wire=item.wire, type=item.type)
                )
        for name, item in self.paths.items():
            if not (item.wire.startswith("/") or (name == "prefix" and not item.wire)):  # it would be part of the host
                raise ValueError(
                    tr('paths.{name}: expected a path like /invoice, not "{wire}"', name=name, wire=item.wire)
                )
        for section in ("paths", "headers"):
            for name, item in getattr(self, section).items():
                if not (item.wire.isascii() and item.wire.isprintable()) or not name.isascii():
                    raise ValueError(
                        tr(
                            "{section}.{name}: has characters that cannot be part of a request",
                            section=section,
                            name=name,
                        )
                    )
        return self


_BEHAVIOURS = {
    "credit_note_sign": ("negative", "positive"),
    "resend_after_error": ("ask", "always", "never"),
    "more_decimals": ("exact",),
}
_NO_TEXT = {
    "integer": re.compile(r"-?(0|[1-9][0-9]*)"),
    "number": re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"),
    "boolean": re.compile("true|false"),
}
_NO_LINES = ("version", "confirmations")
_OPEN = ("headers", "statuses", "constants", "query")
"""Sections to which an overlay may add keys of its own."""


def production_host() -> str:
    """Give the production address as shipped: an overlay cannot hide it."""
    return shipped().hosts["production"].wire


@functools.cache
def shipped() -> ContractFile:
    """Read the contract of this release, once: it does not change while the program runs."""
    with resources.as_file(resources.files("confirma_connector") / "contract.yaml") as path:
        return _read(path)[0]


def merged(base: ContractFile, overlay: Path) -> ContractFile:
    """Lay the user's *overlay* over the shipped contract. Raises ContractError."""
    more, mistakes = _read(overlay)
    confirmed = {(word.line, word.value) for word in more.confirmations}
    sections: dict[str, Any] = {"confirmations": more.confirmations}
    for section in type(base).model_fields:
        if section in _NO_LINES:
            continue
        under, changes = getattr(base, section), getattr(more, section)
        if section == "enums":
            _refuse_unknown(mistakes, (section,), changes, under)
            sections[section] = {
                enum: _laid_over(mistakes, (section, enum), items, changes.get(enum, {}), confirmed)
                for enum, items in under.items()
            }
        else:
            sections[section] = _laid_over(mistakes, (section,), under, changes, confirmed)
    mistakes.stop()
    return base.model_copy(update=sections)


def _read(path: Path) -> tuple[ContractFile, Mistakes]:
    document = opened(path, ContractError)
    mistakes = Mistakes(path, document, ContractError)
    return mistakes.validated(ContractFile, _without_blanks(document.tree, document.blanks)), mistakes


def _without_blanks(tree: Tree, blanks: Collection[Place], at: Place = ()) -> Tree:
    """Give the tree with sections and enums in which no line stands as empty ones: all may be comments yet."""
    if not isinstance(tree, dict) or len(at) > 1:
        return tree
    may_be_empty = at == ("enums",) or not at
    return {
        name: {}
        if may_be_empty and name not in _NO_LINES and (*at, name) in blanks
        else _without_blanks(inner, blanks, (*at, name))
        for name, inner in tree.items()
    }


def _laid_over(
    mistakes: Mistakes,
    place: tuple[str, ...],
    base: dict[str, Item],
    changes: Mapping[str, Item],
    confirmed: Collection[tuple[str, str]],
) -> dict[str, Item]:
    if place[0] not in _OPEN:
        _refuse_unknown(mistakes, place, changes, base)
    laid = base | {key: _inheriting(base.get(key), item) for key, item in changes.items()}
    return {
        key: item.model_copy(update={"confirmed": True}) if (".".join((*place, key)), item.value) in confirmed else item
        for key, item in laid.items()
    }


def _inheriting(base: Item | None, item: Item) -> Item:
    """What an overlay's line leaves out stays as shipped; another value than the shipped one is not confirmed by it."""
    if base is None:
        return item.model_copy(update={"confirmed": False})
    laid = base.model_copy(update={name: getattr(item, name) for name in item.model_fields_set})
    is_as_shipped = base.confirmed and laid.confirmed and laid.value == base.value
    return laid.model_copy(update={"confirmed": is_as_shipped})


def _refuse_unknown(
    mistakes: Mistakes, place: tuple[str, ...], keys: Mapping[str, object], known: Mapping[str, object]
) -> None:
    for key in keys:
        if key not in known:
            mistakes.add((*place, key), tr('there is no "{key}"{hint}', key=key, hint=did_you_mean(key, known)))

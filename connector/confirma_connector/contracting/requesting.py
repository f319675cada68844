"""The members of the create request: ours beside those that the file describes, container by container."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from confirma_connector.contract import ENUM_PLACES, Contract
from confirma_connector.contracting.evidence import Kind, Ours, plain, same_members, tokens
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.matching import matched
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.wording import compare_words
from confirma_connector.invoice import Invoice
from confirma_connector.language import tr

__all__ = ["Request"]

_ESSENTIAL = (
    *("distribution.method", "invoice.header.number", "invoice.header.date", "invoice.header.type"),
    *("invoice.header.due_date", "invoice.header.currency_code", "invoice.references.payment"),
    *("invoice.references.credited_invoice_number", "invoice.parties.seller.payment_details.iban"),
    *("invoice.parties.seller.name", "invoice.parties.buyer.name", "invoice.parties.buyer.entity_type"),
    *(f"invoice.parties.buyer.address.{name}" for name in ("street", "postal_code", "postal_district")),
    *("invoice.parties.buyer.electronic_invoice_account", "invoice.parties.buyer.contact.email"),
    *(f"invoice.rows.{name}" for name in ("description", "quantity", "unit_price", "vat_percentage", "net_amount")),
    *(f"invoice.amounts.{name}" for name in ("net_amount", "vat_amount", "gross_amount")),
)
"""Without these nothing is sent: an invoice of which they are left out is another one, or none."""
_Way = tuple[str, ...]
_MOST, _DEEPEST = 1000, 8
_CONTEXT = frozenset({"invoice", "document", "bill"})
_KINDS: Mapping[type, Kind] = {bool: "flag", int: "whole", Decimal: "decimal", dt.date: "date", str: "text"}
_LEADS = ("invoice.header.", "invoice.parties.", "invoice.")


class Request:
    """Compares one request body, and notes what it finds."""

    def __init__(self, contract: Contract, body: Shape, notes: Notes) -> None:
        self._contract, self._body, self._notes = contract, body, notes
        self._lines = contract.file.request
        self._used: set[_Way] = set()
        self._told: set[_Way] = set()
        self._maybe: set[_Way] = set()
        self._gone: list[tuple[str, _Way, tuple[str, ...]]] = []

    def compare(self) -> None:
        """Go through all containers, from the outermost inwards."""
        if "array" in self._body.kinds and "object" not in self._body.kinds:
            text = tr("a request is a list there, and ours is one invoice")
            self._notes.add(Weight.STOPS, "unlike", "request", self._body.at, text, tr("ask for one invoice a request"))
            return
        if not self._body.members():
            self._notes.add(
                Weight.STOPS,
                "silent",
                "request",
                self._body.at,
                tr("the file does not say what a request has in it"),
                tr("ask for a file that describes it"),
            )
            return
        self._container("", (), self._body)
        while self._gone:
            self._missing(*self._gone.pop(0))
        self._strangers((), self._body)

    # -- one container -------------------------------------------------------------------------------------------------

    def _container(self, place: str, route: tuple[str, ...], shape: Shape) -> None:
        """Compare our members of *place* with those of *shape*, which the wire names *route* lead to."""
        ours = [key for key in self._lines if key.rpartition(".")[0] == place]
        left: list[str] = []
        for key in ours:
            way = self._way(route, key)
            found = self._body.further_in(way) if way is not None else None
            if way is None or found is None:
                left.append(key)
            else:
                self._same(key, way, found, self._lines[key].wire, is_renamed=False)
        theirs = {
            name: one for name, one in shape.members().items() if (*route, name) not in self._used and _is_name(name)
        }
        left = [key for key in left if not self._dissolved(key, route, shape, theirs)]
        left = [key for key in left if not self._wrapped(key, route, theirs)]
        theirs = {name: one for name, one in theirs.items() if (*route, name) not in self._used}
        self._rename(left, route, theirs)

    def _way(self, route: _Way, key: str) -> _Way | None:
        """Give where a member is expected below its container's *route*; None when it is not sent."""
        wire, found = self._lines[key].wire, list(route)
        for name in wire.split("/"):
            found[len(found) - (name == "..") :] = [] if name in (".", "..") else [name]
        return tuple(found) if wire else None

    def _same(self, key: str, way: tuple[str, ...], shape: Shape, wire: str, *, is_renamed: bool) -> None:
        """Take up a member that both have."""
        for depth in range(1, len(way) + 1):
            self._used.add(way[:depth])
        line, kind = f"request.{key}", kind_of(key)
        if is_renamed:
            self._notes.renamed(line, shape.at, self._lines[key].wire, wire)
        if not self._spelled(line, kind, shape):
            return
        if not is_renamed:
            self._notes.fits(line, shape.at, self._lines[key].wire)
        if kind in ("object", "array"):
            if shape.members():
                self._container(key, way, shape)
            else:
                text = tr('the file does not say what is in "{name}"', name=".".join(way))
                self._notes.add(Weight.NEW, "silent", line, shape.at, text, needs_person=False)
        elif shape.words and key not in ENUM_PLACES:
            text = tr("it can only be {words}", words=", ".join(map(str, shape.words[:20])))
            self._notes.add(Weight.NEW, "unlike", line, shape.at, text, needs_person=False)
        elif key in ENUM_PLACES:
            compare_words(self._contract, ENUM_PLACES[key], shape, self._notes)

    def _spelled(self, line: str, kind: Kind, shape: Shape) -> bool:
        """Note how a value is to be spelled; False when it cannot be."""
        wanted = _spelling(line, kind, shape)
        given = self._lines[line.removeprefix("request.")].type
        if wanted == "":
            if given:
                self._notes.change(line, {"type": next(iter(shape.kinds & {"number"}), "number")}, _kinds(shape))
            return True
        text = tr("the file wants {theirs} here, and ours is {ours}", theirs=_kinds(shape), ours=_NAMES[kind])
        if wanted in ("string", "integer"):
            if given != wanted:
                self._notes.add(Weight.ADAPTED, "respelled", line, shape.at, text, needs_person=False)
                self._notes.change(line, {"type": wanted}, text)
            return True
        weight = Weight.STOPS if self._is_essential(line.removeprefix("request.")) else Weight.LOSS
        todo = tr("ask what is meant; until then it is sent as it was")
        self._notes.add(weight, "unlike", line, shape.at, text, todo)
        if wanted:
            self._notes.change(line, {"type": wanted}, text, is_open=True)
        return kind not in ("object", "array")

    # -- what is left over ---------------------------------------------------------------------------------------------

    def _dissolved(self, key: str, route: tuple[str, ...], shape: Shape, theirs: Mapping[str, Shape]) -> bool:
        """Whether a container is none of its own any more: most of its members stand where it would."""
        inner = self._inner(key)
        is_there = {plain(name) for name in theirs}
        found = [name for name in inner if plain(name) in is_there]
        if kind_of(key) != "object" or len(found) < 3 or 2 * len(found) <= len(inner):
            return False
        text = tr('"{name}" is no container there: its members stand beside it', name=self._lines[key].wire)
        self._notes.add(Weight.ADAPTED, "renamed", f"request.{key}", shape.at, text, needs_person=False)
        self._notes.change(f"request.{key}", {"wire": "."}, text)
        self._container(key, route, shape)
        return True

    def _wrapped(self, key: str, route: tuple[str, ...], theirs: Mapping[str, Shape]) -> bool:
        """Whether a container stands one level further in, under the same name."""
        wire = self._lines[key].wire
        if not wire or kind_of(key) not in ("object", "array"):
            return False
        found = [(name, one.member(wire)) for name, one in theirs.items() if "object" in one.kinds]
        inner = [(name, one) for name, one in found if one is not None and same_members(self._inner(key), one)]
        if len(inner) != 1:
            return False
        name, shape = inner[0]
        self._same(key, (*route, name, wire), shape, f"{name}/{wire}", is_renamed=True)
        return True

    def _rename(self, left: list[str], route: tuple[str, ...], theirs: dict[str, Shape]) -> None:
        context = _CONTEXT.union(*(tokens(name) for name in route))
        pairs = matched([self._ours(key) for key in left], theirs, context)
        for key in left:
            line = f"request.{key}"
            if line in pairs.renamed:
                name = pairs.renamed[line]
                self._same(key, (*route, name), theirs[name], name, is_renamed=True)
            elif self._lines[key].wire:
                self._gone.append((key, route, pairs.open.get(line, ())))
            elif names := pairs.open.get(line, ()):
                text = tr("it is not sent; it may be {names}", names=", ".join(f'"{name}"' for name in names))
                self._notes.add(Weight.NEW, "ambiguous", line, theirs[names[0]].at, text, needs_person=False)
                for name in names:
                    self._notes.change(line, {"wire": name}, text, is_open=True)

    def _missing(self, key: str, route: tuple[str, ...], candidates: tuple[str, ...]) -> None:
        line, wire, above = f"request.{key}", self._lines[key].wire, self._body.further_in(route) or self._body
        is_essential = self._is_essential(key)
        weight = Weight.STOPS if is_essential else Weight.LOSS
        elsewhere = [] if candidates else self._elsewhere(key)
        ways = tuple(_from(route, way) for way in elsewhere)
        if len(ways) == 1 and self._is_the_only(wire):
            way = elsewhere[0]
            self._same(key, way, self._body.further_in(way) or self._body, ways[0], is_renamed=True)
            return
        if candidates or ways:
            self._maybe |= {(*route, name) for name in candidates}
            self._notes.ambiguous(weight, line, above.at, wire, (*candidates, *ways))
            return
        if free := self._free(key, route, above):
            self._maybe |= {(*route, name) for name in free}
            names = ", ".join(f'"{name}"' for name in free)
            text = tr('there is no "{wire}"; what may be it has another name: {names}', wire=wire, names=names)
            todo = tr('ask what it is called, and delete "# ? " before the right line of the overlay')
            self._notes.add(weight, "ambiguous", line, above.at, text, todo, candidates=free)
            for name in free if is_essential else (*free, ""):
                self._notes.change(line, {"wire": name}, text, is_open=True)
            return
        text = tr('there is no "{wire}" in "{container}"', wire=wire, container=".".join(route) or "{}")
        todo = tr("the overlay leaves it out: see that your invoices can do without")
        if is_essential:
            todo = tr("ask where it has gone: without it an invoice is another one, or none")
        else:
            self._notes.change(line, {"wire": ""}, text)
        self._notes.add(weight, "missing", line, above.at, text, todo)

    def _free(self, key: str, route: _Way, container: Shape) -> tuple[str, ...]:
        """Give what only the file has in a container and could hold such a value, whatever its name."""
        kind, line = kind_of(key), f"request.{key}"
        return tuple(
            name
            for name, one in container.members().items()
            if (*route, name) not in self._used
            and one.kinds
            and _spelling(line, kind, one) == ""
            and (
                kind not in ("object", "array")
                or bool(set(map(plain, self._inner(key))) & set(map(plain, one.members())))
            )
            and (kind == "date") == (one.format in ("date", "date-time"))
        )[:5]

    def _elsewhere(self, key: str) -> list[_Way]:
        """Give where else a member of the same name and kind stands that nothing else of ours is."""
        name, kind = plain(self._lines[key].wire.rpartition("/")[2]), kind_of(key)
        return [
            way
            for way, shape in _everywhere(self._body)
            if way not in self._used
            and all(map(_is_name, way))
            and plain(way[-1]) == name
            and _spelling(f"request.{key}", kind, shape) == ""
            and (kind not in ("object", "array") or same_members(self._inner(key), shape))
        ][:5]

    def _is_the_only(self, wire: str) -> bool:
        """Whether nothing else has this name, here or there: then it is known wherever it stands."""
        name = plain(wire.rpartition("/")[2])
        ours = sum(plain(item.wire.rpartition("/")[2]) == name for item in self._lines.values())
        return ours == 1 == sum(plain(way[-1]) == name for way, _ in _everywhere(self._body))

    def _is_essential(self, key: str) -> bool:
        return any(one == key or one.startswith(f"{key}.") for one in _ESSENTIAL)

    def _inner(self, key: str) -> tuple[str, ...]:
        return tuple(
            item.wire.rpartition("/")[2]
            for at, item in self._lines.items()
            if at.rpartition(".")[0] == key and item.wire
        )

    def _ours(self, key: str) -> Ours:
        item, own = self._lines[key], key.rpartition(".")[2]
        words = self._contract.file.enums[ENUM_PLACES[key]] if key in ENUM_PLACES else {}
        names = tuple(name for name in (item.wire.rpartition("/")[2], *item.also, own) if name not in ("", "."))
        wires = tuple(one.wire for one in words.values())
        needs, is_known = 2 if item.wire else 3, not key.startswith("invoice.parties.")
        return Ours(f"request.{key}", names, kind_of(key), wires, self._inner(key), needs, is_known)

    # -- what only they have -------------------------------------------------------------------------------------------

    def _strangers(self, route: _Way, shape: Shape, *, in_list: bool = False) -> None:
        """Note what only the file has, in every container that both have."""
        constants = {tuple(way.split("/")) for way, item in self._contract.file.constants.items() if item.wire}
        in_list = in_list or "array" in shape.kinds
        for name, one in shape.members().items():
            way = (*route, name)
            if way in self._used:
                if one.members() and way not in self._told:
                    self._told.add(way)
                    self._strangers(way, one, in_list=in_list)
            elif way not in constants:
                self._stranger(way, one, is_required=name in shape.demanded() and not one.is_read_only, in_list=in_list)

    def _stranger(self, way: _Way, one: Shape, *, is_required: bool, in_list: bool) -> None:
        fixed = None if in_list else _fixed(one)
        if not is_required and way in self._maybe:
            return
        if not is_required:
            text = tr('"{name}" is there, and nothing of ours is it', name=".".join(way))
            self._notes.add(Weight.NEW, "new", "", one.at, text, needs_person=False)
        elif fixed is not None:
            for inner, value, kind in fixed:
                line = "constants." + "/".join((*way, *inner))
                text = tr('"{name}" is required and can only be {value}', name=".".join((*way, *inner)), value=value)
                self._notes.add(Weight.ADAPTED, "new", line, one.at, text, needs_person=False)
                self._notes.change(line, {"wire": value} | ({"type": kind} if kind else {}), text)
        else:
            text = tr('"{name}" is required, and we have nothing for it', name=".".join(way))
            todo = tr("ask what belongs there: until it is filled every invoice is refused")
            self._notes.add(Weight.STOPS, "new", "", one.at, text, todo)


def _is_name(name: str) -> bool:
    """Whether a name can stand in a way: with a / in it, it would be several."""
    return "/" not in name and name not in ("", ".", "..")


def _from(route: _Way, way: _Way) -> str:
    """Give the way to a place from a container."""
    shared = next((depth for depth in range(len(route), -1, -1) if way[:depth] == route[:depth]), 0)
    return "/".join([".."] * (len(route) - shared) + list(way[shared:]))


def _everywhere(shape: Shape) -> Iterator[tuple[_Way, Shape]]:
    """Give every member, but for those in arrays; of very much, the beginning."""
    left: list[tuple[_Way, Shape]] = [((), shape)]
    for _ in range(_MOST):
        if not left:
            return
        above, container = left.pop(0)
        for name, one in container.members().items():
            yield (*above, name), one
            if "array" not in one.kinds and len(above) < _DEEPEST:
                left.append(((*above, name), one))


def _fixed(shape: Shape) -> list[tuple[tuple[str, ...], str, str]] | None:
    """Give what a required member can only be; None when it may be several things."""
    only = shape.only
    if isinstance(only, bool):
        return [((), "true" if only else "false", "boolean")]
    if isinstance(only, (int, Decimal)):
        return [((), str(only), "integer" if isinstance(only, int) else "number")]
    if isinstance(only, str):
        return [((), only, "")]
    found: list[tuple[tuple[str, ...], str, str]] = []
    if shape.kinds != {"object"} or not shape.required:
        return None
    for name in shape.required:
        one = shape.member(name)
        inner = _fixed(one) if one is not None else None
        if inner is None:
            return None
        found += [((name, *way), value, kind) for way, value, kind in inner]
    return sorted(found)


# -- kinds -------------------------------------------------------------------------------------------------------------

_NAMES: Mapping[Kind, str] = {
    "text": "string", "whole": "integer", "decimal": "number", "date": "string (date)", "flag": "boolean",
    "word": "string", "object": "object", "array": "array", "any": "?",
}  # fmt: skip


def _kinds(shape: Shape) -> str:
    return "|".join(sorted(shape.kinds)) + (f" ({shape.format})" if shape.format else "")


def _spelling(line: str, kind: Kind, shape: Shape) -> str | None:
    """Say as what a value of ours is to be spelled: "" as it is; None when nobody can tell."""
    kinds = shape.kinds
    if not kinds or kind == "any":
        return ""
    if kind in ("object", "array"):
        return "" if kind in kinds else None
    if kind == "date":
        return None if "string" not in kinds else "date-time" if shape.format == "date-time" else ""
    if kind in ("text", "word"):
        if "string" in kinds:
            return "" if shape.format not in ("date", "date-time") or kind == "word" else None
        return "integer" if "integer" in kinds and line == "request.invoice.rows.row_number" else None
    if kind == "flag":
        return "" if "boolean" in kinds else None
    if "number" in kinds or (kind == "whole" and "integer" in kinds):
        return ""
    return "string" if "string" in kinds and shape.format not in ("date", "date-time", "uuid") else None


def kind_of(place: str) -> Kind:
    """Give what kind of value stands at a place of the request section."""
    if place in ("invoice", "invoice.header", "invoice.parties"):
        return "object"
    if place in ENUM_PLACES:
        return "word"
    lead = next((lead for lead in _LEADS if place.startswith(lead)), "")
    model: Any = Invoice
    for name in place.removeprefix(lead).split("."):
        model, is_array = _inner_type(model.model_fields[name].annotation)
        if is_array and place.endswith(name) and place.count(".") == 1:
            return "array"
    return _KINDS.get(model, "object" if isinstance(model, type) and issubclass(model, BaseModel) else "text")


def _inner_type(annotation: Any) -> tuple[Any, bool]:
    """Give the type that an annotation is about, without None, and whether it is of many."""
    if get_origin(annotation) in (Union, UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    if get_origin(annotation) is tuple:
        return get_args(annotation)[0], True
    return (str if get_origin(annotation) is Literal else annotation), False

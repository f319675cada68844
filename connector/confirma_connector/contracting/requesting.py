"""The members of the create request: ours beside those that the file describes, container by container."""

from __future__ import annotations

from collections.abc import Mapping

from confirma_connector.contract import ENUM_PLACES, Contract
from confirma_connector.contracting.evidence import (
    SURE,
    Kind,
    Ours,
    plain,
    same_members,
    strength,
    tokens,
)
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.kinds import KIND_NAMES, ROW_NUMBER, kind_of, kinds_of, may_be_absent, spelling
from confirma_connector.contracting.matching import matched
from confirma_connector.contracting.searching import Search
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.strangers import Strangers
from confirma_connector.contracting.ways import Way, is_name, way_from
from confirma_connector.contracting.wording import compare_words
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
_CONTEXT = frozenset({"invoice", "document", "bill"})


class Request:
    """Compares one request body, and notes what it finds."""

    def __init__(self, contract: Contract, body: Shape, notes: Notes) -> None:
        self._contract, self._body, self._notes = contract, body, notes
        self._lines = contract.file.request
        self._used: set[Way] = set()
        self._maybe: set[Way] = set()
        self._search = Search(self._lines, body, self._used)
        self._gone: list[tuple[str, Way, tuple[str, ...]]] = []

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
        Strangers(self._contract, self._used, self._maybe, self._notes).note((), self._body)

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
            name: one
            for name, one in shape.members().items()
            if (*route, name) not in self._used and is_name(name) and not one.is_read_only
        }
        left = [key for key in left if not self._dissolved(key, route, shape, theirs)]
        left = [key for key in left if not self._wrapped(key, route, theirs)]
        theirs = {name: one for name, one in theirs.items() if (*route, name) not in self._used}
        self._rename(left, route, theirs)

    def _way(self, route: Way, key: str) -> Way | None:
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
        if shape.is_read_only:
            self._not_taken(key, way, shape)
        if not self._spelled(line, kind, shape):
            return
        if not is_renamed:
            self._notes.fits(line, shape.at, self._lines[key].wire)
        above = self._body.further_in(way[:-1])
        if above and way[-1] in above.demanded() and may_be_absent(key) and not self._is_essential(key):
            text = tr('"{name}" is required there: invoices without it are refused', name=".".join(way))
            self._notes.add(Weight.NEW, "unlike", line, shape.at, text, needs_person=False)
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

    def _not_taken(self, key: str, way: Way, shape: Shape) -> None:
        """Note a member that the service gives, and does not take."""
        text = tr('"{name}" is given by the service there, and not taken', name=".".join(way))
        if self._is_essential(key):
            todo = tr("ask how an invoice keeps its own")
            self._notes.add(Weight.STOPS, "unlike", f"request.{key}", shape.at, text, todo)
        else:
            self._notes.add(Weight.NEW, "unlike", f"request.{key}", shape.at, text, needs_person=False)

    def _spelled(self, line: str, kind: Kind, shape: Shape) -> bool:
        """Note how a value is to be spelled; False when it cannot be."""
        wanted = spelling(line, kind, shape)
        given = self._lines[line.removeprefix("request.")].type
        if wanted == "":
            if given:
                self._notes.change(line, {"type": next(iter(shape.kinds & {"number"}), "number")}, kinds_of(shape))
            return True
        text = tr("the file wants {theirs} here, and ours is {ours}", theirs=kinds_of(shape), ours=KIND_NAMES[kind])
        if wanted is not None:
            if given != wanted:
                self._respelled(line, wanted, shape, text)
            return True
        weight = Weight.STOPS if self._is_essential(line.removeprefix("request.")) else Weight.LOSS
        todo = tr("ask what is meant; until then it is sent as it was")
        self._notes.add(weight, "unlike", line, shape.at, text, todo)
        return kind not in ("object", "array")

    def _respelled(self, line: str, wanted: str, shape: Shape, text: str) -> None:
        """Take over how a value is spelled there; a day as a moment may be another day, so a person looks."""
        is_moment = wanted == "date-time"
        weight = Weight.DANGER if is_moment else Weight.ADAPTED
        todo = tr("midnight in UTC is sent: see that it is the same day there") if is_moment else ""
        self._notes.add(weight, "respelled", line, shape.at, text, todo, needs_person=is_moment)
        self._notes.change(line, {"type": wanted}, text)

    # -- what is left over ---------------------------------------------------------------------------------------------

    def _dissolved(self, key: str, route: tuple[str, ...], shape: Shape, theirs: Mapping[str, Shape]) -> bool:
        """Whether a container is none of its own any more: most of its members stand where it would."""
        inner = [at for at in self._lines if at.rpartition(".")[0] == key and self._lines[at].wire]
        objects = (one for one in theirs.values() if "object" in one.kinds)
        if kind_of(key) != "object" or any(same_members(self._search.inner(key), one) for one in objects):
            return False
        ours = [self._ours(at) for at in inner]
        found = [{name for name, one in theirs.items() if strength(each, name, one, _CONTEXT) >= SURE} for each in ours]
        much = min(sum(map(bool, found)), len(set[str]().union(*found)))
        of_containers = all(kind_of(at) == "object" for at in inner)
        if much < (2 if of_containers else 3) or 2 * much < len(inner) + (not of_containers):
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
        inner = [(name, one) for name, one in found if one is not None and same_members(self._search.inner(key), one)]
        if len(inner) != 1:
            return False
        name, shape = inner[0]
        self._same(key, (*route, name, wire), shape, f"{name}/{wire}", is_renamed=True)
        return True

    def _rename(self, left: list[str], route: tuple[str, ...], theirs: dict[str, Shape]) -> None:
        context = _CONTEXT.union(*(tokens(name) for name in route))
        ours = [self._ours(key) for key in left]
        own = {plain(name) for one in ours for name in one.names}
        free = {
            name: one for name, one in theirs.items() if plain(name) in own or not self._search.is_another(name, one)
        }
        pairs = matched(ours, free, context)
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
                demanded = (self._body.further_in(route) or self._body).demanded()
                self._maybe |= {(*route, name) for name in names if name not in demanded}
                for name in names:
                    self._notes.change(line, {"wire": name}, text, is_open=True)

    def _missing(self, key: str, route: tuple[str, ...], candidates: tuple[str, ...]) -> None:
        line, wire, above = f"request.{key}", self._lines[key].wire, self._body.further_in(route) or self._body
        is_essential = self._is_essential(key)
        weight = Weight.STOPS if is_essential else Weight.LOSS
        elsewhere = [] if candidates else self._search.elsewhere(key)
        ways = tuple(way_from(route, way) for way in elsewhere)
        if len(ways) == 1 and self._search.is_the_only(wire):
            way = elsewhere[0]
            self._same(key, way, self._body.further_in(way) or self._body, ways[0], is_renamed=True)
            return
        free = () if ways else self._search.free(key, route, above)
        if kind_of(key) not in ("object", "array") and candidates:  # a likeness alone is no reason to hide the others
            candidates = tuple(dict.fromkeys((*candidates, *free)))
        if candidates or ways:
            self._maybe |= {(*route, name) for name in candidates}
            self._notes.ambiguous(weight, line, above.at, wire, (*candidates, *ways))
            return
        if free:
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

    def _is_essential(self, key: str) -> bool:
        return any(one == key or one.startswith(f"{key}.") for one in _ESSENTIAL)

    def _ours(self, key: str) -> Ours:
        item, own = self._lines[key], key.rpartition(".")[2]
        words = self._contract.file.enums[ENUM_PLACES[key]] if key in ENUM_PLACES else {}
        names = tuple(name for name in (item.wire.rpartition("/")[2], *item.also, own) if name not in ("", "."))
        wires = tuple(one.wire for one in words.values())
        needs, is_known = 2 if item.wire else 3, not key.startswith("invoice.parties.")
        kind = "whole" if key == ROW_NUMBER else kind_of(key)
        return Ours(f"request.{key}", names, kind, wires, self._search.inner(key), needs, is_known)

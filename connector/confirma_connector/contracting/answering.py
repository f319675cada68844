"""What answers say: the listing and its records, the success answer, and the bodies of errors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from confirma_connector.contract import Contract
from confirma_connector.contracting.calls import Call
from confirma_connector.contracting.evidence import Kind, Ours, means_the_same
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.matching import matched
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.wording import compare_statuses
from confirma_connector.language import tr

__all__ = ["Answers"]

_RECORD: dict[str, Kind] = {
    "invoice_number": "whole",
    "invoice_date": "any",
    "status": "word",
    "method": "word",
    "created_at": "any",
    "distributed_at": "any",
    "case_id": "any",
    "message": "any",
    "gross_amount": "decimal",
}
_NEEDED = ("invoice_number", "status")
_DEEP, _MOST = 3, 5000
_MESSAGES = (
    "description",
    "errordescription",
    "text",
    "reason",
    "summary",
    "usermessage",
    "msg",
    "faultstring",
    "info",
)
_ERRORS = (
    "details",
    "issues",
    "problems",
    "failures",
    "validationmessages",
    "invalidparams",
    "messages",
    "faults",
    "violations",
)
_FIELDS = (
    "target",
    "parameter",
    "fieldname",
    "member",
    "attribute",
    "location",
    "param",
    "fieldpath",
    "element",
    "key",
)

_Way = tuple[str, ...]


class Answers:
    """Compares what the answers of our calls have in them."""

    def __init__(self, contract: Contract, notes: Notes) -> None:
        self._contract, self._notes = contract, notes
        self._lines = contract.file.listing

    def lists(self, call: Call) -> bool:
        """Whether the answer of a call is a list of records."""
        shapes = call.answers("2..|default")
        arrays = [one for shape in shapes for _, one in [((), shape), *_inside(shape)] if "array" in one.kinds]
        return any(self._looks_like_records(one) for one in arrays)

    # -- the listing ---------------------------------------------------------------------------------------------------

    def listing(self, call: Call) -> None:
        """Compare the delivery information."""
        shapes = [shape for shape in call.answers("2..|default") if shape.kinds & {"object", "array"}]
        if not shapes:
            text = tr("the file does not say what delivery information looks like")
            self._notes.add(
                Weight.DANGER, "silent", "listing.records", call.at, text, tr("ask for a file that describes it")
            )
            return
        shape = shapes[0]
        records = self._records(shape)
        self._total(shape)
        if records is not None:
            self._record(records)

    def _records(self, shape: Shape) -> Shape | None:
        line, wire = "listing.records", self._lines["records"].wire
        if shape.kinds == {"array"}:
            self._notes.fits(line, shape.at, wire)
            return shape
        if (found := shape.further_in(tuple(wire.split("/")))) is not None and "array" in found.kinds:
            self._notes.fits(line, found.at, wire)
            return found
        arrays = [(way, one) for way, one in _inside(shape) if "array" in one.kinds]
        likely = [(way, one) for way, one in arrays if self._looks_like_records(one)]
        if len(likely) == 1:
            self._notes.renamed(line, likely[0][1].at, wire, "/".join(likely[0][0]))
            return likely[0][1]
        if likely or arrays:
            names = tuple("/".join(way) for way, _ in likely or arrays)
            self._notes.ambiguous(Weight.STOPS, line, shape.at, wire, names)
            return None
        text = tr("there is no list of records in the delivery information")
        todo = tr("ask where they are: without them no invoice is sent")
        self._notes.add(Weight.STOPS, "missing", line, shape.at, text, todo)
        return None

    def _looks_like_records(self, shape: Shape) -> bool:
        names = [self._contract.names("listing", f"record.{key}") for key in _NEEDED]
        there = [*shape.members(), *("/".join(way) for way, _ in _inside(shape.item(), 2))]
        return all(any(means_the_same(own, name.rpartition("/")[2], _OF_RECORD) for name in there) for own in names)

    def _total(self, shape: Shape) -> None:
        """Find what says how many records there are: without it no absence is ever proved."""
        meta, total = self._contract.names("listing", "meta"), self._contract.names("listing", "meta.total")
        for name in meta:
            of = shape if name == "." else shape.further_in(tuple(name.split("/")))
            found = [one for own in total if of is not None and (one := of.member(own)) is not None]
            if found:
                self._notes.fits("listing.meta.total", found[0].at, total[0])
                return
        everywhere = [((), shape), *_inside(shape)]
        ways = [
            ((*way, name), inner)
            for way, one in everywhere
            if "array" not in one.kinds
            for name, inner in one.members().items()
            if means_the_same(total, name, ()) and (inner.kinds & {"integer", "number", "string"} or not inner.kinds)
        ]
        if len(ways) == 1:
            ((*container, name), found_at) = ways[0][0], ways[0][1].at
            if "/".join(container) not in meta:
                self._notes.renamed("listing.meta", found_at, meta[0], "/".join(container) or ".")
            if name != total[0]:
                self._notes.renamed("listing.meta.total", found_at, total[0], name)
            return
        if ways:
            self._notes.ambiguous(
                Weight.DANGER, "listing.meta.total", shape.at, total[0], tuple(way[-1] for way, _ in ways)
            )
            return
        text = tr("nothing says how many records there are in all")
        todo = tr("ask for it: without it an invoice whose answer was lost stays with a person")
        self._notes.add(Weight.DANGER, "missing", "listing.meta.total", shape.at, text, todo)

    def _record(self, records: Shape) -> None:
        record = records.item()
        if not record.members():
            text = tr('the file does not say what is in "{name}"', name=self._lines["records"].wire)
            self._notes.add(
                Weight.DANGER, "silent", "listing.records", record.at, text, tr("ask for a file that describes it")
            )
            return
        known = {name for key in _RECORD for name in self._contract.names("listing", f"record.{key}")}
        left, statuses = [], None
        for key, kind in _RECORD.items():
            line, names = f"listing.record.{key}", self._contract.names("listing", f"record.{key}")
            name = next((one for one in names if record.further_in(tuple(one.split("/"))) is not None), "")
            found = record.further_in(tuple(name.split("/"))) if name else None
            if found is not None and not ("object" in found.kinds and key in _NEEDED):
                self._notes.fits(line, found.at, name)
                statuses = found if key == "status" else statuses
            else:
                words = tuple(item.wire for item in self._contract.file.statuses.values()) if key == "status" else ()
                words = (
                    tuple(item.wire for item in self._contract.file.enums["method"].values())
                    if key == "method"
                    else words
                )
                left.append(Ours(line, (*names, key), kind, words))
        inside = {"/".join(way): one for way, one in _inside(record, 2) if way[0] not in known or len(way) > 1}
        free = {name: one for name, one in inside.items() if "/" not in name}
        pairs = matched(left, free, _OF_RECORD)
        deeper = matched([one for one in left if one.line not in {*pairs.renamed}], _by_last(inside), _OF_RECORD)
        used = set(pairs.renamed.values())
        for one in left:
            key = one.line.removeprefix("listing.record.")
            last = deeper.renamed.get(one.line, "")
            name = pairs.renamed.get(one.line) or next(
                (way for way in inside if "/" in way and way.endswith(f"/{last}")), ""
            )
            if not last and one.line not in pairs.renamed:
                name = ""
            if name:
                used.add(name)
                self._notes.renamed(one.line, inside[name].at, one.wire, name)
                statuses = inside[name] if key == "status" else statuses
            else:
                self._no_member(key, one, pairs.open.get(one.line, ()), record)
        if statuses is not None:
            compare_statuses(self._contract, statuses, self._notes)
        for name, shape in free.items():
            if name not in used and name not in known and not any(way.startswith(f"{name}/") for way in used):
                text = tr('"{name}" is there, and nothing of ours is it', name=name)
                self._notes.add(Weight.NEW, "new", "", shape.at, text, needs_person=False)

    def _no_member(self, key: str, ours: Ours, names: tuple[str, ...], record: Shape) -> None:
        weight = Weight.STOPS if key in _NEEDED else Weight.LOSS
        if names and (key in _NEEDED or key != "gross_amount"):
            self._notes.ambiguous(weight, ours.line, record.at, ours.wire, names)
        elif key in _NEEDED:
            text = tr('a record has no "{name}"', name=ours.wire)
            self._notes.add(
                weight,
                "missing",
                ours.line,
                record.at,
                text,
                tr("ask where it is: without it nobody knows what arrived"),
            )
        else:
            text = tr('a record has no "{name}"', name=ours.wire)
            self._notes.add(Weight.NEW, "missing", ours.line, record.at, text, needs_person=False)

    # -- answers to a request ------------------------------------------------------------------------------------------

    def success(self, call: Call) -> None:
        """Compare the answer to an invoice that was taken."""
        names = self._contract.names("answer", "status")
        for shape in call.answers("2.."):
            if shape.further_in(tuple(names[0].split("/"))) is not None:
                self._notes.fits("answer.status", shape.at, names[0])
                return
            found = [
                ("/".join(way), one)
                for way, one in _inside(shape)
                if means_the_same(names, way[-1], _OF_RECORD) and "string" in one.kinds
            ]
            if len(found) == 1:
                self._notes.renamed("answer.status", found[0][1].at, names[0], found[0][0])
                return

    def errors(self, call: Call) -> None:
        """Compare the bodies of refusals."""
        shapes = [shape for shape in call.answers("4..|default") if shape.members()]
        if not shapes:
            text = tr("the file does not say what a refusal looks like")
            self._notes.add(Weight.NEW, "silent", "answer.errors", call.at, text, needs_person=False)
            return
        shape = next((one for one in shapes if self._list_in(one) is not None), shapes[0])
        self._one("message", shape, _MESSAGES, [(way, one) for way, one in _inside(shape) if "array" not in one.kinds])
        found = self._list_in(shape)
        if found is None:
            return
        way, errors = found
        names = self._contract.names("answer", "errors")
        if "/".join(way) in names:
            self._notes.fits("answer.errors", errors.at, "/".join(way))
        else:
            self._notes.renamed("answer.errors", errors.at, names[0], "/".join(way))
        inside = [(way, one) for way, one in _inside(errors.item(), 2) if "array" not in one.kinds]
        if inside:
            self._one("error.field", errors.item(), _FIELDS, inside)
            self._one("error.message", errors.item(), _MESSAGES, inside)

    def _one(self, key: str, shape: Shape, more: Sequence[str], inside: Sequence[tuple[_Way, Shape]]) -> None:
        names = self._contract.names("answer", key)
        is_text = {("/".join(way)): one for way, one in inside if "string" in one.kinds or not one.kinds}
        if known := next((name for name in names if name in is_text), ""):
            self._notes.fits(f"answer.{key}", is_text[known].at, known)
            return
        likely = [name for name in is_text if means_the_same((*names, *more), name.rpartition("/")[2], ("error",))]
        if len(likely) == 1:
            self._notes.renamed(f"answer.{key}", is_text[likely[0]].at, names[0], likely[0])
        elif likely:
            self._notes.ambiguous(Weight.LOSS, f"answer.{key}", shape.at, names[0], tuple(likely))
        elif is_text or key == "message":
            text = tr("nothing there is known to say what is wrong")
            self._notes.add(Weight.NEW, "missing", f"answer.{key}", shape.at, text, needs_person=False)

    def _list_in(self, shape: Shape) -> tuple[_Way, Shape] | None:
        names = self._contract.names("answer", "errors")
        lists = [(way, one) for way, one in _inside(shape) if one.kinds & {"array", "object"}]
        known = [(way, one) for way, one in lists if "/".join(way) in names]
        named = [(way, one) for way, one in lists if means_the_same((*names, *_ERRORS), way[-1], ())]
        arrays = [(way, one) for way, one in named or lists if "array" in one.kinds]
        return known[0] if known else arrays[0] if len(arrays) == 1 else None


_OF_RECORD = frozenset({"invoice", "distribution", "delivery", "record"})


def _by_last(inside: dict[str, Shape]) -> dict[str, Shape]:
    """Give what stands further in by its own name, where that is the only one."""
    found: dict[str, list[Shape]] = {}
    for way, shape in inside.items():
        if "/" in way:
            found.setdefault(way.rpartition("/")[2], []).append(shape)
    return {name: shapes[0] for name, shapes in found.items() if len(shapes) == 1}


def _inside(shape: Shape, depth: int = _DEEP) -> list[tuple[_Way, Shape]]:
    """Give what is in an answer, but for what is in its arrays; of very much, the beginning."""
    return list(itertools.islice(_ways(shape, depth), _MOST))


def _ways(shape: Shape, depth: int) -> Iterator[tuple[_Way, Shape]]:
    for name, one in shape.members().items() if "array" not in shape.kinds else ():
        yield (name,), one
        if depth > 1:
            yield from (((name, *way), inner) for way, inner in _ways(one, depth - 1))

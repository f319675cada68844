"""The delivery information: where its records are, what says how many, and what each has in it."""

from __future__ import annotations

from confirma_connector.contract import Contract
from confirma_connector.contracting.calls import Call
from confirma_connector.contracting.evidence import Kind, Ours, means_the_same, plain
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.matching import matched
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.ways import OF_RECORD, Way, inside_of
from confirma_connector.contracting.wording import compare_statuses
from confirma_connector.language import tr

__all__ = ["Listings"]

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
_SPEAKING = 2
"""As many words of ours make an enum that of the statuses."""
_NEEDED = ("invoice_number", "status")


class Listings:
    """Compares what the list of records has in it."""

    def __init__(self, contract: Contract, notes: Notes) -> None:
        self._contract, self._notes = contract, notes
        self._lines = contract.file.listing

    def lists(self, call: Call) -> bool:
        """Whether the answer of a call is a list of records."""
        shapes = call.answers("2..|default")
        arrays = [one for shape in shapes for _, one in [((), shape), *inside_of(shape)] if "array" in one.kinds]
        return any(self._looks_like_records(one) for one in arrays)

    # -- the listing ---------------------------------------------------------------------------------------------------

    def compare(self, call: Call) -> None:
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
        arrays = [(way, one) for way, one in inside_of(shape) if "array" in one.kinds]
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
        there = [*shape.members(), *("/".join(way) for way, _ in inside_of(shape.item(), 2))]
        return all(any(means_the_same(own, name.rpartition("/")[2], OF_RECORD) for name in there) for own in names)

    def _total(self, shape: Shape) -> None:
        """Find what says how many records there are: without it no absence is ever proved."""
        meta, total = self._contract.names("listing", "meta"), self._contract.names("listing", "meta.total")
        for name in meta:
            of = shape if name == "." else shape.further_in(tuple(name.split("/")))
            found = [one for own in total if of is not None and (one := of.member(own)) is not None]
            if found:
                self._notes.fits("listing.meta.total", found[0].at, total[0])
                return
        everywhere = [((), shape), *inside_of(shape)]
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
            if key == "status" and (way := self._by_words(record, name)):
                statuses = record.further_in(way) or record
                self._notes.renamed(line, statuses.at, names[0], "/".join(way))
                continue
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
        inside = {"/".join(way): one for way, one in inside_of(record, 2) if way[0] not in known or len(way) > 1}
        free = {name: one for name, one in inside.items() if "/" not in name}
        pairs = matched(left, free, OF_RECORD)
        deeper = matched([one for one in left if one.line not in {*pairs.renamed}], _by_last(inside), OF_RECORD)
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
        used.update(
            *(names for line, names in pairs.open.items() if line.removeprefix("listing.record.") != "gross_amount")
        )
        for name, shape in free.items():
            if name not in used and name not in known and not any(way.startswith(f"{name}/") for way in used):
                text = tr('"{name}" is there, and nothing of ours is it', name=name)
                self._notes.add(Weight.NEW, "new", "", shape.at, text, needs_person=False)

    def _by_words(self, record: Shape, name: str) -> Way | None:
        """Give where the statuses are when what has the *name* of a status is something else."""
        known = {plain(item.wire) for item in self._contract.file.statuses.values()}
        ways = {
            way for way, one in inside_of(record, 2) if len(known & {plain(word) for word in one.spoken}) >= _SPEAKING
        }
        named = record.further_in(tuple(name.split("/"))) if name else None
        is_another = named is not None and ("object" in named.kinds or bool(named.words))
        return next(iter(ways)) if is_another and len(ways) == 1 and tuple(name.split("/")) not in ways else None

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


def _by_last(inside: dict[str, Shape]) -> dict[str, Shape]:
    """Give what stands further in by its own name, where that is the only one."""
    found: dict[str, list[Shape]] = {}
    for way, shape in inside.items():
        if "/" in way:
            found.setdefault(way.rpartition("/")[2], []).append(shape)
    return {name: shapes[0] for name, shapes in found.items() if len(shapes) == 1}

"""The headers of a request: how the key is carried, and what else has to be there."""

from __future__ import annotations

from collections.abc import Mapping

from confirma_connector.contract import Contract
from confirma_connector.contracting.calls import Call, Parameter
from confirma_connector.contracting.evidence import plain
from confirma_connector.contracting.finding import Notes, Weight, demanded
from confirma_connector.contracting.openapi import Pointer
from confirma_connector.contracting.shape import Schemas
from confirma_connector.language import tr

__all__ = ["Headers", "note_fixed"]

_IGNORED = ("accept", "content-type", "authorization", "user-agent", "content-length")


class Headers:
    """Compares the headers of our calls."""

    def __init__(self, contract: Contract, schemas: Schemas, notes: Notes) -> None:
        self._contract, self._schemas, self._notes = contract, schemas, notes

    def key(self, call: Call) -> None:
        """Compare how the key is carried."""
        ours = self._contract.file.headers["key"].wire
        ways = call.security()
        forms = [(self._form(way), at) for way in ways for at in way.values() or [call.at] if len(way) == 1]
        if any(form == ours for form, _ in forms):
            self._notes.fits("headers.key", next(at for form, at in forms if form == ours), ours)
            return
        usable = {form: at for form, at in forms if form}
        if not ways or any(not way for way in ways):
            headers = [one for one in call.parameters() if one.place == "header" and plain(one.name) == plain(ours)]
            if headers:
                self._notes.fits("headers.key", headers[0].at, ours)
            else:
                text = tr("the file does not say how the key is carried")
                self._notes.add(Weight.NEW, "silent", "headers.key", call.at, text, needs_person=False)
        elif len(usable) == 1:
            ((form, at),) = usable.items()
            self._notes.renamed("headers.key", at, ours, form)
        elif usable:
            self._notes.ambiguous(Weight.STOPS, "headers.key", call.at, ours, tuple(usable))
        else:
            text = tr("the key cannot be carried as the file wants it: {schemes}", schemes=", ".join(ways[0]))
            todo = tr("we know a key in a header, and Bearer: ask for one of them")
            self._notes.add(Weight.STOPS, "unlike", "headers.key", call.at, text, todo)

    def _form(self, way: Mapping[str, Pointer]) -> str:
        """Give the header that a scheme wants as a contract spells it; "" for another kind of scheme."""
        scheme = self._schemas.value(next(iter(way.values()))) or {}
        if not isinstance(scheme, dict):
            return ""
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            return str(scheme.get("name", ""))
        if scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "bearer":
            return "Authorization: Bearer"
        return ""

    def others(self, *found: Call) -> None:
        """Compare the other headers: one that is required has to have a value."""
        ours = {name.lower(): item for name, item in self._contract.file.headers.items()}
        key = next((dict(one.values).get("wire", "") for one in self._notes.changes if one.line == "headers.key"), "")
        seen: dict[str, list[Parameter]] = {}
        for call in found:
            for one in call.parameters():
                name = one.name.lower()
                if one.place == "header" and name not in (*_IGNORED, self._contract.key_header.lower(), key.lower()):
                    seen.setdefault(name, []).append(one)
        for name, same in seen.items():
            one = next((each for each in same if each.is_required), same[0])
            line = f"headers.{one.name}"
            if name in ours and ours[name].wire and str(one.shape.only or ours[name].wire) == ours[name].wire:
                self._notes.fits(line, one.at, ours[name].wire)
            elif not one.is_required:
                text = tr('the header "{name}" may be sent', name=one.name)
                self._notes.add(Weight.NEW, "new", line, one.at, text, needs_person=False)
            elif len({str(each.shape.only) for each in same}) == 1 and one.shape.only is not None:
                note_fixed(self._notes, line, one)
            else:
                text = tr('the header "{name}" is required, and nobody knows its value', name=one.name)
                todo = tr("ask what belongs there: until it is filled every request is refused")
                self._notes.add(Weight.STOPS, "new", line, one.at, text, todo)
                self._notes.change(line, {"wire": ""}, text, is_open=True)


def note_fixed(notes: Notes, line: str, one: Parameter) -> None:
    """Note a header or parameter that the file has a value for, and give it that."""
    value = str(one.shape.only).lower() if isinstance(one.shape.only, bool) else str(one.shape.only)
    text = demanded(one.name, value, is_default=one.shape.is_default)
    notes.add(Weight.ADAPTED, "new", line, one.at, text, needs_person=False)
    notes.change(line, {"wire": value}, text)

"""Members of a request that only the file has: what is demanded there, and what is merely new."""

from __future__ import annotations

from collections.abc import Collection

from confirma_connector.contract import Contract
from confirma_connector.contracting.finding import Notes, Weight, demanded
from confirma_connector.contracting.kinds import fixed
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.ways import Way
from confirma_connector.language import tr

__all__ = ["Strangers"]


class Strangers:
    """Notes them; *used* are the ways to what is ours, *open_ways* those to what may be."""

    def __init__(self, contract: Contract, used: Collection[Way], open_ways: Collection[Way], notes: Notes) -> None:
        self._used, self._open, self._notes = used, open_ways, notes
        self._constants = {tuple(way.split("/")) for way, item in contract.file.constants.items() if item.wire}
        self._told: set[Way] = set()

    def note(self, route: Way, shape: Shape, *, in_list: bool = False) -> None:
        """Note them in every container that both have."""
        in_list = in_list or "array" in shape.kinds
        for name, one in shape.members().items():
            way = (*route, name)
            if way in self._used:
                if one.members() and way not in self._told:
                    self._told.add(way)
                    self.note(way, one, in_list=in_list)
            elif way not in self._constants and way not in self._open:
                self._one(way, one, is_required=name in shape.demanded() and not one.is_read_only, in_list=in_list)

    def _one(self, way: Way, one: Shape, *, is_required: bool, in_list: bool) -> None:
        only = None if in_list else fixed(one)
        if not is_required:
            text = tr('"{name}" is there, and nothing of ours is it', name=".".join(way))
            self._notes.add(Weight.NEW, "new", "", one.at, text, needs_person=False)
        elif only is not None:
            for inner, value, kind in only:
                line, name = "constants." + "/".join((*way, *inner)), ".".join((*way, *inner))
                text = demanded(name, value, is_default=(one.further_in(inner) or one).is_default)
                self._notes.add(Weight.ADAPTED, "new", line, one.at, text, needs_person=False)
                self._notes.change(line, {"wire": value} | ({"type": kind} if kind else {}), text)
        else:
            text = tr('"{name}" is required, and we have nothing for it', name=".".join(way))
            todo = tr("ask what belongs there: until it is filled every invoice is refused")
            self._notes.add(Weight.STOPS, "new", "", one.at, text, todo)

"""What a request gets back: the success answer, and the bodies of refusals."""

from __future__ import annotations

from collections.abc import Sequence

from confirma_connector.contract import Contract
from confirma_connector.contracting.calls import Call
from confirma_connector.contracting.evidence import means_the_same
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.ways import OF_RECORD, Way, inside_of
from confirma_connector.language import tr

__all__ = ["Replies"]

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


class Replies:
    """Compares what the answers to a create request have in them."""

    def __init__(self, contract: Contract, notes: Notes) -> None:
        self._contract, self._notes = contract, notes

    def success(self, call: Call) -> None:
        """Compare the answer to an invoice that was taken."""
        names = self._contract.names("answer", "status")
        for shape in call.answers("2.."):
            if shape.further_in(tuple(names[0].split("/"))) is not None:
                self._notes.fits("answer.status", shape.at, names[0])
                return
            found = [
                ("/".join(way), one)
                for way, one in inside_of(shape)
                if means_the_same(names, way[-1], OF_RECORD) and "string" in one.kinds
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
        found = self._list_in(shape)
        outer = [(way, one) for way, one in inside_of(shape) if "array" not in one.kinds]
        self._one("message", shape, _MESSAGES, outer, is_needed=found is None)
        if found is None:
            return
        way, errors = found
        names = self._contract.names("answer", "errors")
        if "/".join(way) in names:
            self._notes.fits("answer.errors", errors.at, "/".join(way))
        else:
            self._notes.renamed("answer.errors", errors.at, names[0], "/".join(way))
        inside = [(way, _one_of(one)) for way, one in inside_of(errors.item(), 2)]
        if inside:
            self._one("error.field", errors.item(), _FIELDS, inside)
            self._one("error.message", errors.item(), _MESSAGES, inside)

    def _one(
        self,
        key: str,
        shape: Shape,
        more: Sequence[str],
        inside: Sequence[tuple[Way, Shape]],
        *,
        is_needed: bool = True,
    ) -> None:
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
        elif is_needed and (is_text or key == "message"):
            text = tr("nothing there is known to say what is wrong")
            self._notes.add(Weight.NEW, "missing", f"answer.{key}", shape.at, text, needs_person=False)

    def _list_in(self, shape: Shape) -> tuple[Way, Shape] | None:
        names = self._contract.names("answer", "errors")
        lists = [(way, one) for way, one in inside_of(shape) if one.kinds & {"array", "object"}]
        known = [(way, one) for way, one in lists if "/".join(way) in names]
        named = [(way, one) for way, one in lists if means_the_same((*names, *_ERRORS), way[-1], ())]
        arrays = [(way, one) for way, one in named or lists if "array" in one.kinds]
        return known[0] if known else arrays[0] if len(arrays) == 1 else None


def _one_of(shape: Shape) -> Shape:
    """Give the steps of a place that is spelled as a list of them; anything else as it is."""
    return shape.item() if "array" in shape.kinds and "string" in shape.item().kinds else shape

"""Invoices that stand otherwise in the results file than in the source it is written for: told, as they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from confirma_connector.items import Item
from confirma_connector.language import tr, trn
from confirma_connector.numbering import Key
from confirma_connector.outcome import Outcome
from confirma_connector.ranges import Ranges, spelled
from confirma_connector.report import AttentionReport
from confirma_connector.survey import Survey

__all__ = ["Differing"]

_TOLD = frozenset({"invalid", "ready", "rejected", "conflict"})
"""States that a row has by what stands in it; of others it is told that the row was changed."""
_OPEN = _TOLD - {"ready"}
"""Of these a person has to look, as where they stand in the source itself."""
_MOST = 10
"""As many sentences are shown."""

Joined = Iterable[tuple[Item, Outcome]]


class _There(NamedTuple):
    label: str
    where: str
    state: str
    message: str
    is_other: bool


class Differing:
    """Compares what is written into the results file of *found* with what the report tells of *found* itself."""

    def __init__(self, found: Survey) -> None:
        self._found = found
        self._there: dict[Key | str, _There] = {}

    def written(self, base: Survey, joined: Joined) -> Iterator[tuple[Item, Outcome]]:
        """Give what is written for *base*; keep in mind what may be otherwise than in the source."""
        self._there.clear()
        if base is self._found:
            yield from joined
            return
        for item, outcome in joined:
            if outcome.state in _TOLD or outcome.is_other:
                line = _There(item.label, item.where, outcome.state, outcome.plain, outcome.is_other)
                self._there[item.key or item.label] = line
            yield item, outcome

    def told(self, joined: Joined) -> Iterator[tuple[Item, Outcome]]:
        """Give what the report tells of the source; forget what is the same there."""
        for item, outcome in joined:
            there = self._there.get(item.key or item.label)
            if there is not None and (there.state, there.is_other) == (outcome.state, outcome.is_other):
                del self._there[item.key or item.label]
            yield item, outcome

    def notices(self, path: Path) -> Iterator[str]:
        """Say what is written at *path* and stands otherwise in the source, once for all of which it is the same."""
        alike: dict[tuple[str, str], Ranges] = {}
        for one in self._there.values():
            alike.setdefault((one.state, one.message), Ranges()).add(one.label)
        for (state, message), ranges in list(alike.items())[:_MOST]:
            places = ranges.told()
            count = sum(place.count for place in places)
            yield tr(
                "{name}, where rows differ from those of {source}: {invoices}: {said}",
                name=path.name,
                source=self._found.path.name,
                invoices=trn("invoice {numbers}", "{count} invoices ({numbers})", count, numbers=spelled(places)),
                said=f"{state}: {message}" if message else state,
            )
        if (left := len(alike) - _MOST) > 0:
            yield trn("… and {count} more sentence of this kind", "… and {count} more sentences of this kind", left)

    def open(self, path: Path) -> Iterator[AttentionReport]:
        """Give those of them at *path* that a person has to look at."""
        for one in self._there.values():
            if one.state in _OPEN:
                yield AttentionReport(number=one.label, state=one.state, path=str(path), where=one.where)

"""Numbers that stand twice in one source: nobody can tell which of the two invoices is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from confirma_connector.language import tr, trn
from confirma_connector.numbering import Key, Numbers
from confirma_connector.records import Problem

__all__ = ["Numbered", "repeated"]

_NAMED = 5
"""As many other places of a repeated number are named."""


class Numbered(Protocol):
    """One invoice of a source, as far as it is told by its number: *key* is number and year, None without them."""

    @property
    def label(self) -> str:
        """What stands there as the number."""

    @property
    def where(self) -> str:
        """Where it stands, for people."""

    @property
    def key(self) -> tuple[int, int] | None:
        """Its number and year."""


def repeated(items: Sequence[Numbered], header: str) -> Iterator[tuple[int, Problem]]:
    """Give the index of every item whose number stands at another place too, and the problem of it.

    *header* is that of the column with the numbers.
    """
    seen = Numbers()
    twice = {key for item in items if (key := item.key) is not None and not seen.add(key)}
    places: dict[Key, list[int]] = {}  # only of what stands twice: there may be very many invoices
    for index, item in enumerate(items if twice else ()):
        key = item.key
        if key is not None and key in twice:
            places.setdefault(key, []).append(index)
    labels = {index: item.label for index, item in enumerate(items) if item.key is None and item.label.isdigit()}
    named = {str(key[0]) for item in items if (key := item.key) is not None} if labels else set()
    for index in (index for index, label in labels.items() if label in named):
        for place, item in enumerate(
            items
        ):  # where numbers begin anew every year a row without a date may be of any of them
            key = item.key
            if key is not None and str(key[0]) == labels[index] and index not in places.get(key, ()):
                places.setdefault(key, [place]).append(index)
    for key in sorted(places, key=lambda one: places[one][0]):
        for index in places[key]:
            yield index, _problem(items, index, places[key], header)


def _problem(items: Sequence[Numbered], index: int, indexes: list[int], header: str) -> Problem:
    others = [items[other].where for other in indexes[: _NAMED + 1] if other != index][:_NAMED]
    more = len(indexes) - 1 - len(others)
    places = ", ".join(others)
    if more:
        places = trn("{names} and {count} more", "{names} and {count} more", more, names=places)
    return Problem(
        "E-NUMBER-TWICE",
        tr(
            "the invoice number stands also at {places}: it is used twice, or the rows of one invoice "
            "stand apart (a mapping may say scattered: true)",
            places=places,
        ),
        where=items[index].where,
        header=header,
        value=items[index].label,
        field="number",
    )

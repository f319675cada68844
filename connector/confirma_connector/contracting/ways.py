"""The ways to members within requests and answers: from one to another, and to all of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from confirma_connector.contracting.shape import Shape

__all__ = ["OF_RECORD", "Way", "everywhere", "inside_of", "is_name", "way_from"]

Way = tuple[str, ...]
_MOST, _DEEPEST = 1000, 8
_ANSWERS = 3
"""Levels of an answer that are looked into."""
OF_RECORD = frozenset({"invoice", "distribution", "delivery", "record"})
"""Words that the names in a record may have besides."""


def is_name(name: str) -> bool:
    """Whether a name can stand in a way: with a / in it, it would be several."""
    return "/" not in name and name not in ("", ".", "..")


def way_from(route: Way, way: Way) -> str:
    """Give the way to a place from a container."""
    shared = next((depth for depth in range(len(route), -1, -1) if way[:depth] == route[:depth]), 0)
    return "/".join([".."] * (len(route) - shared) + list(way[shared:]))


def everywhere(shape: Shape) -> Iterator[tuple[Way, Shape]]:
    """Give every member, but for those in arrays; of very much, the beginning."""
    left: list[tuple[Way, Shape]] = [((), shape)]
    for _ in range(_MOST):
        if not left:
            return
        above, container = left.pop(0)
        for name, one in container.members().items():
            yield (*above, name), one
            if "array" not in one.kinds and len(above) < _DEEPEST:
                left.append(((*above, name), one))


def inside_of(shape: Shape, depth: int = _ANSWERS) -> list[tuple[Way, Shape]]:
    """Give what is in an answer, but for what is in its arrays; of very much, the beginning."""
    return list(itertools.islice(_ways(shape, depth), 5 * _MOST))


def _ways(shape: Shape, depth: int) -> Iterator[tuple[Way, Shape]]:
    for name, one in shape.members().items() if "array" not in shape.kinds else ():
        yield (name,), one
        if depth > 1:
            yield from (((name, *way), inner) for way, inner in _ways(one, depth - 1))

"""Where a member of ours may be in a request when nothing has its name in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from confirma_connector.contract import Item
from confirma_connector.contracting.evidence import plain, same_members, shares_members
from confirma_connector.contracting.kinds import kind_of, spelling
from confirma_connector.contracting.shape import Shape
from confirma_connector.contracting.ways import Way, everywhere, is_name

__all__ = ["Search"]


class Search:
    """Looks for it among what nothing else of ours is: *used* are the ways that are taken."""

    def __init__(self, lines: Mapping[str, Item], body: Shape, used: Collection[Way]) -> None:
        self._lines, self._body, self._used = lines, body, used

    def free(self, key: str, route: Way, container: Shape) -> tuple[str, ...]:
        """Give what only the file has in a container and could hold such a value, whatever its name."""
        kind, line = kind_of(key), f"request.{key}"
        return tuple(
            name
            for name, one in container.members().items()
            if (*route, name) not in self._used
            and one.kinds
            and spelling(line, kind, one) in ("", "date-time")
            and not self.is_another(name, one)
            and (kind not in ("object", "array") or shares_members(self.inner(key), one))
            and (kind == "date") == (one.format in ("date", "date-time"))
        )[:5]

    def is_another(self, name: str, shape: Shape) -> bool:
        """Whether we know this very name for something else of the kind: then it is no new name for ours."""
        return any(
            plain(item.wire.rpartition("/")[2]) == plain(name) and spelling(f"request.{key}", kind_of(key), shape) == ""
            for key, item in self._lines.items()
        )

    def elsewhere(self, key: str) -> list[Way]:
        """Give where else a member of the same name and kind stands that nothing else of ours is."""
        name, kind = plain(self._lines[key].wire.rpartition("/")[2]), kind_of(key)
        return [
            way
            for way, shape in everywhere(self._body)
            if way not in self._used
            and all(map(is_name, way))
            and plain(way[-1]) == name
            and spelling(f"request.{key}", kind, shape) == ""
            and (kind not in ("object", "array") or same_members(self.inner(key), shape))
        ][:5]

    def is_the_only(self, wire: str) -> bool:
        """Whether nothing else has this name, here or there: then it is known wherever it stands."""
        name = plain(wire.rpartition("/")[2])
        ours = sum(plain(item.wire.rpartition("/")[2]) == name for item in self._lines.values())
        return ours == 1 == sum(plain(way[-1]) == name for way, _ in everywhere(self._body))

    def inner(self, key: str) -> tuple[str, ...]:
        """Give the names that we know to be in a container."""
        return tuple(
            item.wire.rpartition("/")[2]
            for at, item in self._lines.items()
            if at.rpartition(".")[0] == key and item.wire
        )

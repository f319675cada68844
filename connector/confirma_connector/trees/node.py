"""One element of a tree: its name, its own text, its attributes and its children, and the line where it begins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

__all__ = ["Node"]


class Node:
    """An XML element, or a member of a JSON object (a member that is an array is as many nodes of one name).

    *name* is the local name, *space* the namespace ("" for none); *text* is the element's own, without outer space.
    """

    __slots__ = ("attributes", "children", "line", "name", "space", "text")

    def __init__(self, name: str, space: str = "", line: int = 0, text: str = "") -> None:
        self.name = name
        self.space = space
        self.line = line
        self.text = text
        self.attributes: dict[str, str] = {}
        self.children: list[Node] = []

    def leaves(self, but: frozenset[int] = frozenset(), before: str = "") -> Iterator[tuple[str, str]]:
        """Give every text in it with its path: attributes as "X/@a", each of several alike as "X[2]".

        *but* are the identities of nodes that are left out, with all that is in them.
        """
        for name, text in self.attributes.items():
            if text.strip():
                yield f"{before}@{name}", text.strip()
        several = Counter(child.name for child in self.children)
        told: Counter[str] = Counter()
        for child in self.children:
            told[child.name] += 1
            if id(child) in but:
                continue
            path = f"{before}{child.name}" + (f"[{told[child.name]}]" if several[child.name] > 1 else "")
            if child.text:
                yield path, child.text
            if child.children or child.attributes:
                yield from child.leaves(but, f"{path}/")

    def size(self, but: frozenset[int] = frozenset()) -> int:
        """Count the texts in it, without the nodes *but*."""
        inside = sum(child.size(but) + (child.text != "") for child in self.children if id(child) not in but)
        return inside + sum(1 for text in self.attributes.values() if text.strip())

"""One element of a tree: its name, its own text, its attributes and its children, and the line where it begins.

The top of a file holds what stands outside its documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Node", "Top"]

_REMEMBERED = 10_000
"""As many elements outside documents are remembered below one top, and of as many others how their names follow."""


class Node:
    """An XML element, or a member of a JSON object (a member that is an array is as many nodes of one name).

    *name* is the local name, *space* the namespace ("" for none); *text* is the element's own, without outer space.
    An attribute of a namespace is called by it and its local name, with a space between them.
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
        for name, text in self._attributes():
            yield f"{before}@{name}", text
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
        return inside + sum(1 for _ in self._attributes())

    def _attributes(self) -> Iterator[tuple[str, str]]:
        """Give the attributes that their local name alone leads to."""
        names = [name.rpartition(" ")[2] for name in self.attributes]
        for name, (spelled, text) in zip(names, self.attributes.items(), strict=True):
            if text.strip() and (name == spelled or names.count(name) == 1):
                yield name, text.strip()


class Top(Node):
    """What stands in a file above and before its documents.

    *forgotten* are the names, from the outside in, of the elements that there was no room for; the empty one among them
    says that there are more.
    """

    __slots__ = ("_kept", "_said", "forgotten")

    def __init__(self, line: int = 0) -> None:
        super().__init__("", "", line)
        self.forgotten: set[tuple[str, ...]] = set()
        self._kept = 0
        self._said: tuple[object, Top] | None = None

    def takes(self, above: Sequence[Node], name: str) -> bool:
        """Tell whether there is room for one more element; if not, remember how it is called, below *above*."""
        self._kept += 1
        if self._kept <= _REMEMBERED:
            return True
        is_full = len(self.forgotten) >= _REMEMBERED
        self.forgotten.add(() if is_full else (*(node.name for node in above), name))
        return False

    def until_now(self, open_: Iterable[Node]) -> Top:
        """Give what stands here now, whatever comes behind it; only the elements that are *open_* can change."""
        spine: list[Node] = [self]
        for node in open_:
            if spine[-1].children and spine[-1].children[-1] is node:
                spine.append(node)
        state = (min(self._kept, _REMEMBERED), len(self.forgotten), spine)
        if self._said is None or self._said[0] != state:
            self._said = state, self._copied(spine)
        return self._said[1]

    def _copied(self, spine: Sequence[Node]) -> Top:
        top = Top(self.line)
        top.forgotten = set(self.forgotten)
        above: Node = top
        for node in spine:
            copy: Node = top
            if node is not self:
                copy = above.children[-1] = Node(node.name, node.space, node.line, node.text)
            copy.attributes, copy.children = dict(node.attributes), list(node.children)
            above = copy
        return top

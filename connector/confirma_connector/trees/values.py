"""The values of a record that is an element of a tree: any path may be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from confirma_connector.records import Value
from confirma_connector.trees.node import Node
from confirma_connector.trees.path import Path

__all__ = ["Values"]


class Values(Mapping[str, Value]):
    """What an element holds, by path; going through it gives every text it has, under the plainest path to it.

    *document* is the element of the whole invoice, *top* what stood in the file before it: paths with `/` and `//`
    begin there. *lines* are elements within it that are records of their own.
    """

    __slots__ = ("_document", "_lines", "_node", "_paths", "_top")

    def __init__(
        self, node: Node, document: Node, top: Node, lines: frozenset[int], paths: Callable[[str], Path]
    ) -> None:
        self._node = node
        self._document = document
        self._top = top
        self._lines = lines
        self._paths = paths

    def __getitem__(self, path: str) -> Value:
        if (value := self._found(path)) is None:
            raise KeyError(path)
        return value

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._found(path) is not None

    def _found(self, spelled: str) -> Value:
        path = self._paths(spelled)
        return path.value({"": self._node, "/": self._document, "//": self._top}[path.start])

    def __iter__(self) -> Iterator[str]:
        return (path for path, _ in self._node.leaves(self._lines))

    def __len__(self) -> int:
        return sum(1 for _ in self)

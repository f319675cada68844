"""The values of a record that is an element of a tree, and their places: any path may be asked for."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView

from confirma_connector.language import tr
from confirma_connector.records import Unreadable, Value
from confirma_connector.trees.node import Node, Top
from confirma_connector.trees.path import Path

__all__ = ["Places", "Values"]


class Values(Mapping[str, Value]):
    """What an element holds, by path; going through it gives every text it has, under the plainest path to it.

    *document* is the element of the whole invoice, *top* what stood in the file before it: paths with `/` and `//`
    begin there. *lines* are elements within it that are records of their own. *told* is what was found by such paths
    already: it is the same for all records of one document.
    """

    __slots__ = ("_document", "_lines", "_node", "_paths", "_told", "_top")

    def __init__(
        self,
        node: Node,
        document: Node,
        top: Top,
        lines: frozenset[int],
        paths: Callable[[str], Path],
        told: dict[str, Value] | None = None,
    ) -> None:
        self._node = node
        self._document = document
        self._top = top
        self._lines = lines
        self._paths = paths
        self._told = {} if told is None else told

    def __getitem__(self, path: str) -> Value:
        if (value := self._found(path)) is None:
            raise KeyError(path)
        return value

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._found(path) is not None

    def _found(self, spelled: str) -> Value:
        path = self._paths(spelled)
        if not path.start:
            return path.value(self._node)
        if spelled not in self._told:
            self._told[spelled] = path.value(self._document) if path.start == "/" else self._outside(path)
        return self._told[spelled]

    def _outside(self, path: Path) -> Value:
        if self._top.forgotten and path.may_lead(self._top.forgotten):
            return Unreadable(
                "",
                tr(
                    "cannot be told here: so many elements stand before and between the invoices that not all "
                    "are remembered; take it from the invoice itself, or let fewer invoices be exported at once"
                ),
            )
        return path.value(self._top)

    def line(self, spelled: str) -> int:
        """Give the line of the first element that a path leads to; 0 for none."""
        path = self._paths(spelled)
        found = path.nodes({"": self._node, "/": self._document, "//": self._top}[path.start])
        return found[0].line if found else 0

    def __iter__(self) -> Iterator[str]:
        return (path for path, _ in self._node.leaves(self._lines))

    def __len__(self) -> int:
        return self._node.size(self._lines)

    def values(self) -> ValuesView[Value]:
        """Give every text without asking for it by its path."""
        return _Texts(self)

    def items(self) -> ItemsView[str, Value]:
        """Give every text with its path, without asking for it."""
        return _Pairs(self)

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Give every text in order, each with its path."""
        return self._node.leaves(self._lines)


class _Texts(ValuesView[Value]):
    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self._all = values

    def __iter__(self) -> Iterator[Value]:
        return (text for _, text in self._all.pairs())


class _Pairs(ItemsView[str, Value]):
    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self._all = values

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        return iter(self._all.pairs())


class Places(Mapping[str, str]):
    """The lines of the values of an element, by path; with *invoice* and *row* they say which those are as well."""

    __slots__ = ("_invoice", "_row", "_values")

    def __init__(self, values: Values, *, invoice: int = 0, row: int = 0) -> None:
        self._values = values
        self._invoice = invoice
        self._row = row

    def where(self, line: int) -> str:
        """Say where a *line* of the file is."""
        if self._row:
            return tr("invoice {invoice}, row {row}, line {line}", invoice=self._invoice, row=self._row, line=line)
        if self._invoice:
            return tr("invoice {invoice}, line {line}", invoice=self._invoice, line=line)
        return tr("line {line}", line=line)

    def __getitem__(self, path: str) -> str:
        if line := self._values.line(path):
            return self.where(line)
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

"""From document elements to records: a header, then its lines, each with the line of the file where it begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from confirma_connector.language import either, tr
from confirma_connector.records import Record, Value
from confirma_connector.trees.node import Node, Top
from confirma_connector.trees.path import Path
from confirma_connector.trees.values import Places, Values

__all__ = ["Cutter", "Shape"]


@dataclass(frozen=True)
class Shape:
    """Which elements are documents, and which of theirs are lines; with *fold* letter case is no difference.

    Without *spaces* (None) there are no namespaces: names may hold whatever a member of JSON may be called.
    Paths of *documents* end at the element, whatever stands above it; conditions in them choose by what is inside.
    """

    documents: Sequence[str]
    lines: Sequence[str]
    spaces: Mapping[str, str] | None = field(default_factory=dict)
    fold: bool = False

    def path(self, text: str) -> Path:
        """Understand *text*. Raises PathError."""
        return Path.parse(text, self.spaces, fold=self.fold)


class Cutter:
    """Tells which elements are documents by their names alone, and gives the records of one that is complete.

    Places are the lines of the file; *counted* says also which invoice and row it is, for files of one long line.
    """

    def __init__(self, shape: Shape, *, counted: bool = False) -> None:
        self._shape = shape
        self._counted = counted
        self._documents = [shape.path(text) for text in shape.documents]
        self._lines = [shape.path(text) for text in shape.lines]
        self._known: dict[str, Path] = {}
        self._count = 0

    def begins(self, above: Sequence[Node], node: Node) -> bool:
        """Tell whether *node*, below *above*, is a document by its name and the names above it."""
        trail = [*above, node]
        return any(self._ends(path, trail) for path in self._documents)

    def _ends(self, path: Path, trail: Sequence[Node]) -> bool:
        steps = path.steps
        if len(trail) < len(steps) or (path.start and len(trail) > len(steps)):
            return False
        below = zip(reversed(steps), reversed(trail), strict=False)
        return all(
            (step.name in ("*", node.name) or (path.fold and step.name == node.name.casefold()))
            and (step.space is None or step.space == node.space)
            for step, node in below
        )

    def records(self, above: Sequence[Node], node: Node, top: Top, problems: tuple[str, ...] = ()) -> Iterator[Record]:
        """Give the header record of a document, then its lines; one that its conditions leave out is skipped."""
        self._count += 1
        trail = [*above, node]
        paths = [path for path in self._documents if self._ends(path, trail)]
        document, invoice = str(self._count), self._count if self._counted else 0
        meets = any(
            all(
                condition.holds(one)
                for step, one in zip(reversed(path.steps), reversed(trail), strict=False)
                for condition in step.conditions
            )
            for path in paths
        )
        lines = list({id(line): line for path in self._lines for line in path.nodes(node)}.values())
        if len(self._lines) > 1:
            order = {id(one): index for index, one in enumerate(_all(node))}
            lines.sort(key=lambda line: order[id(line)])
        own = frozenset(map(id, lines))
        skipped = "" if meets else tr("it is no {documents}", documents=either(path.spelled for path in paths))
        told: dict[str, Value] = {}
        values = Values(node, node, top, own, self._path, told)
        places = Places(values, invoice=invoice)
        where = places.where(node.line)
        yield Record(values, (self._count, 0), where, document, "header", problems, skipped, {}, places)
        for number, line in enumerate(lines, 1):
            values = Values(line, node, top, own, self._path, told)
            places = Places(values, invoice=invoice, row=number if invoice else 0)
            where = places.where(line.line)
            yield Record(values, (self._count, number), where, document, "line", (), skipped, {}, places)

    def _path(self, text: str) -> Path:
        found = self._known.get(text)
        if found is None:
            found = self._known[text] = self._shape.path(text)
        return found


def _all(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _all(child)

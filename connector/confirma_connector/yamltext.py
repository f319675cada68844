"""YAML in which every scalar is text and every place is known: `NO` stays NO, `00100` stays 00100.

Doubled keys, anchors and tags are errors: nothing in a file of ours needs them, and each has hidden a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.reader import ReaderError

__all__ = ["Document", "Place", "Tree", "YamlError", "load"]

Tree = str | list["Tree"] | dict[str, "Tree"]
Place = tuple[str | int, ...]

_DEEPEST = 20
_LARGEST = 500_000


class YamlError(ValueError):
    """The text is not YAML of our kind; *line* is 1-based."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass
class Document:
    """A loaded tree of text: the file and line on which each of its places begins, and which keys have no value.

    A key is blank when nothing stands after its colon, not even quotes; in the tree it is empty text.
    """

    path: Path
    tree: Tree = field(default_factory=dict)
    spots: dict[Place, tuple[Path, int]] = field(default_factory=dict)
    blanks: set[Place] = field(default_factory=set)

    def file(self, place: Place) -> Path:
        """Give the file that spells *place*, or the nearest place above it."""
        return self._spot(place)[0]

    def line(self, place: Place) -> int:
        """Give the 1-based line of *place*, or of the nearest place above it that is spelled."""
        return self._spot(place)[1]

    def _spot(self, place: Place) -> tuple[Path, int]:
        while place not in self.spots and place:
            place = place[:-1]
        return self.spots.get(place, (self.path, 1))


def load(path: Path) -> Document:
    """Read a YAML file as text. Raises YamlError, OSError."""
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise YamlError(1, f"the file is larger than {_LARGEST:,} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError(data[: error.start].count(b"\n") + 1, "the file is not UTF-8") from None
    try:
        _without_anchors(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise YamlError(*_explained(error)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, f"the character #x{error.character:04x} cannot stand in YAML") from None
    document = Document(path)
    if node is not None:
        document.tree = _tree(node, (), document)
    return document


def _explained(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Say where a text stops being YAML, and what is usually the cause."""
    said = ", ".join(part for part in (error.context, error.problem) if part)
    begun, noticed = error.context_mark, error.problem_mark
    line = noticed.line + 1 if noticed else 1
    if begun and "quoted scalar" in said:
        return begun.line + 1, "this is not YAML: a quote is opened here and never closed"
    if r"'\t'" in said:
        return line, "this is not YAML: there is a tab here, and YAML wants spaces"
    if begun and "could not find expected ':'" in said:
        return (
            begun.line + 1,
            'this is not YAML: a key wants a colon and a space behind it, as in "number: Laskunumero"',
        )
    if "mapping values are not allowed" in said or "block" in said:
        return line, f"this is not YAML: look at the indentation, and at a colon in a text without quotes ({said})"
    return line, f"this is not YAML: {said}"


def _without_anchors(text: str) -> None:
    """Refuse anchors, tags and depth on the flat event stream, before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise YamlError(line, "anchors and aliases (& and *) are not used here; quote the text if it begins so")
        if any("\ud800" <= sign <= "\udfff" for sign in getattr(event, "value", "")):
            raise YamlError(line, "half of a pair of surrogates is no text: write the character itself")
        if tag := getattr(event, "tag", None):
            raise YamlError(line, f"tags like {tag} are not used here: every value is text")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise YamlError(line, f"nested deeper than {_DEEPEST} levels")


def _tree(node: yaml.Node, place: Place, document: Document) -> Tree:
    document.spots.setdefault(place, (document.path, node.start_mark.line + 1))
    if isinstance(node, yaml.ScalarNode):
        if node.style is None and not node.value:
            document.blanks.add(place)
        return str(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_tree(child, (*place, index), document) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return dict(_entries(node, place, document))
    raise YamlError(node.start_mark.line + 1, "unexpected kind of YAML")


def _entries(node: yaml.MappingNode, place: Place, document: Document) -> Iterator[tuple[str, Tree]]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise YamlError(line, "a key must be plain text")
        if key.value in seen:
            raise YamlError(line, f'"{key.value}" stands twice: here and on line {seen[key.value]}')
        seen[key.value] = line
        document.spots[(*place, key.value)] = (document.path, line)
        yield key.value, _tree(value, (*place, key.value), document)

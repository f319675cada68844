"""YAML in which every scalar is text and every place is known: `NO` stays NO, `00100` stays 00100.

Doubled keys, anchors and tags are errors: nothing in a file of ours needs them, and each has hidden a mistake.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from yaml.reader import ReaderError

from confirma_connector.language import tr, whole

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

    A key is blank when nothing stands after its colon, not even quotes; in the tree it is empty text. *open* are the
    lines of keys that stand in a comment beginning with `# ? `: proposals that nobody has confirmed yet. A block that
    holds nothing else is empty, not blank.
    """

    path: Path
    tree: Tree = field(default_factory=dict)
    spots: dict[Place, tuple[Path, int]] = field(default_factory=dict)
    blanks: set[Place] = field(default_factory=set)
    open: dict[Place, int] = field(default_factory=dict)

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
        raise YamlError(1, tr("the file is larger than {largest} bytes", largest=whole(_LARGEST)))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise YamlError(data[: error.start].count(b"\n") + 1, tr("the file is not UTF-8")) from None
    try:
        document = Document(path)
        _Builder(document).build(_events(text))
        _note_open_lines(document, text)
    except yaml.MarkedYAMLError as error:
        raise YamlError(*_explained(error)) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(
            line, tr("the character {character} cannot stand in YAML", character=f"#x{error.character:04x}")
        ) from None
    return document


_OPEN_LINE = re.compile(r"( *)# \? ([A-Za-z_.]+):")
_TOP = re.compile(r"([A-Za-z_]+):")


def _note_open_lines(document: Document, text: str) -> None:
    block = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _OPEN_LINE.match(line):
            place: Place = (block, found[2]) if found[1] else (found[2],)
            document.open.setdefault(place, number)
        elif began := _TOP.match(line):
            block = began[1]
    for first, *rest in document.open:
        if rest and (first,) in document.blanks and isinstance(document.tree, dict):
            document.blanks.remove((first,))
            document.tree[str(first)] = {}


def _explained(error: yaml.MarkedYAMLError) -> tuple[int, str]:
    """Say where a text stops being YAML, and what is usually the cause."""
    said = ", ".join(part for part in (error.context, error.problem) if part)
    begun, noticed = error.context_mark, error.problem_mark
    line = noticed.line + 1 if noticed else 1
    if "unknown escape character" in said:  # not for people
        return line, tr("this is not YAML: a backslash between double quotes means something else; use single quotes")
    if begun and "quoted scalar" in said:  # not for people
        return begun.line + 1, tr("this is not YAML: a quote is opened here and never closed")
    if r"'\t'" in said:
        return line, tr("this is not YAML: there is a tab here, and YAML wants spaces")
    if begun and "could not find expected ':'" in said:  # not for people
        return (
            begun.line + 1,
            tr('this is not YAML: a key wants a colon and a space behind it, as in "number: Laskunumero"'),
        )
    if "mapping values are not allowed" in said or "block" in said:  # not for people
        return line, tr("this is not YAML: look at the indentation, and at a colon in a text without quotes")
    if "cannot start any token" in said:  # not for people
        return line, tr(
            "this is not YAML: a text that begins with {sign} has to stand in quotes", sign=said.partition("'")[2][:1]
        )
    if begun and "flow" in said:
        return begun.line + 1, tr("this is not YAML: a bracket is opened here and not closed, or a comma is missing")
    return line, tr("this is not YAML: {said}", said=said)


def _events(text: str) -> list[yaml.Event]:
    """Parse *text*: by libyaml where PyYAML has it, ten times as fast; its own parser tells what is wrong."""
    if yaml.__with_libyaml__:
        with contextlib.suppress(yaml.YAMLError, UnicodeError):
            return _shallow(yaml.parse(text, Loader=yaml.CSafeLoader))
    return _shallow(yaml.parse(text, Loader=yaml.SafeLoader))


def _shallow(events: Iterable[yaml.Event]) -> list[yaml.Event]:
    """Give the events; stop where they nest too deeply, before more is read."""
    depth, kept = 0, []
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise YamlError(_line(event), tr("nested deeper than {deepest} levels", deepest=_DEEPEST))
        kept.append(event)
    return kept


class _Builder:
    """Builds the tree of text from the flat stream of events: anchors and tags are refused on the way."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def build(self, events: Sequence[yaml.Event]) -> None:
        """Fill the document. Raises YamlError."""
        content = (event for event in events if isinstance(event, _CONTENT))
        if sum(isinstance(event, yaml.DocumentStartEvent) for event in events) > 1:
            second = [event for event in events if isinstance(event, yaml.DocumentStartEvent)][1]
            raise YamlError(_line(second), tr("a second document begins here; a file is one"))
        if (first := next(content, None)) is not None:
            self._document.tree = self._tree(first, content, ())

    def _tree(self, event: yaml.Event, rest: Iterator[yaml.Event], place: Place) -> Tree:
        _refuse_odd(event)
        self._document.spots.setdefault(place, (self._document.path, _line(event)))
        if isinstance(event, yaml.ScalarEvent):
            if not event.style and not event.value:
                self._document.blanks.add(place)
            return str(event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(rest, place)
        return dict(self._entries(rest, place))

    def _list(self, rest: Iterator[yaml.Event], place: Place) -> Tree:
        items: list[Tree] = []
        while not isinstance(event := next(rest), yaml.SequenceEndEvent):
            items.append(self._tree(event, rest, (*place, len(items))))
        return items

    def _entries(self, rest: Iterator[yaml.Event], place: Place) -> Iterator[tuple[str, Tree]]:
        seen: dict[str, int] = {}
        while not isinstance(key := next(rest), yaml.MappingEndEvent):
            _refuse_odd(key)
            line = _line(key)
            if not isinstance(key, yaml.ScalarEvent):
                raise YamlError(line, tr("a key must be plain text"))
            name = str(key.value)
            if name in seen:
                raise YamlError(line, tr('"{name}" stands twice: here and on line {line}', name=name, line=seen[name]))
            seen[name] = line
            self._document.spots[(*place, name)] = (self._document.path, line)
            yield name, self._tree(next(rest), rest, (*place, name))


_CONTENT = (
    *(yaml.ScalarEvent, yaml.AliasEvent),
    *(yaml.SequenceStartEvent, yaml.SequenceEndEvent, yaml.MappingStartEvent, yaml.MappingEndEvent),
)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refuse_odd(event: yaml.Event) -> None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise YamlError(
            _line(event), tr("anchors and aliases (& and *) are not used here; quote the text if it begins so")
        )
    value = getattr(event, "value", "")
    if not value.isascii() and any("\ud800" <= sign <= "\udfff" for sign in value):
        raise YamlError(_line(event), tr("half of a pair of surrogates is no text: write the character itself"))
    if tag := getattr(event, "tag", None):
        raise YamlError(_line(event), tr("tags like {tag} are not used here: every value is text", tag=tag))

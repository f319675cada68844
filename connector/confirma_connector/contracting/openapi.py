"""An OpenAPI file as plain data with the line of each place: JSON or YAML, read with real types, and with limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from yaml.reader import ReaderError

from confirma_connector.errors import ContractError
from confirma_connector.language import because, tr, whole

__all__ = ["Described", "Pointer", "load", "spelled"]

Pointer = tuple[str, ...]
"""The way to a place of the file: names of members, and numbers of elements as text."""

_LARGEST = 10_000_000
_DEEPEST = 100
_LONGEST = 100
"""Signs of a pointer that is told whole."""
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True)
class Described:
    """What the file says; *lines* are known for YAML."""

    path: Path
    tree: dict[str, Any]
    lines: dict[Pointer, int] = field(default_factory=dict, repr=False)

    def place(self, at: Pointer) -> str:
        """Name a place for people."""
        line, pointer = self.lines.get(at), spelled(at)
        if line is None:
            return pointer
        if len(pointer) > _LONGEST:  # the line says it as well
            pointer = f"#/…{spelled(at[-3:])[1:]}"
        return tr("{pointer} (line {line})", pointer=pointer, line=line)


def spelled(at: Pointer) -> str:
    """Give a pointer as the standard spells it: "#/paths/~1invoice/post"."""
    return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in at)


def load(path: Path) -> Described:
    """Read an OpenAPI 3 file. Raises ContractError for anything else."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise ContractError(tr("{path}: cannot be read: {reason}", path=path, reason=because(error))) from None
    if len(data) > _LARGEST:
        raise _refused(path, tr("the file is larger than {largest} bytes", largest=whole(_LARGEST)))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused(path, tr("the file is not UTF-8")) from None
    lines: dict[Pointer, int] = {}
    tree = _json(path, text) if text.lstrip()[:1] == "{" else _yaml(path, text, lines)
    return Described(path, _of_version_3(path, tree), lines)


def _refused(path: Path, reason: str) -> ContractError:
    return ContractError(f"{path}: {reason}")


def _of_version_3(path: Path, tree: Any) -> dict[str, Any]:
    if isinstance(tree, dict) and "swagger" in tree:
        raise _refused(
            path,
            tr(
                "this is Swagger {version}; only OpenAPI 3.0 and 3.1 are read: ask for that, or convert the file first",
                version=tree["swagger"],
            ),
        )
    version = str(tree.get("openapi", "")) if isinstance(tree, dict) else ""
    if not isinstance(tree, dict) or not version:
        raise _refused(path, tr('this is no OpenAPI file: it does not begin with "openapi: 3…"'))
    if not re.match(r"3\.[01](\.|$)", version):
        raise _refused(path, tr("this is OpenAPI {version}; only 3.0 and 3.1 are read", version=version))
    if not isinstance(tree.get("paths"), dict) or not tree["paths"]:
        raise _refused(path, tr("the file describes no paths"))
    return tree


def _json(path: Path, text: str) -> Any:
    if _depth(text) > _DEEPEST:
        raise _refused(path, tr("nested deeper than {deepest} levels", deepest=_DEEPEST))
    try:
        return json.loads(text, parse_float=Decimal, object_pairs_hook=_once)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise _refused(path, tr("this is not JSON: {error}", error=error)) from None


def _depth(text: str) -> int:
    depth = deepest = 0
    for found in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = next(name for name, _ in pairs if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(tr('"{name}" stands twice in one object', name=twice))
    return members


def _yaml(path: Path, text: str, lines: dict[Pointer, int]) -> Any:
    try:
        events = yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)
        return _Builder(path, events, lines).document()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _at(path, line, tr("this is not YAML: {said}", said=error.problem or error)) from None
    except (ReaderError, UnicodeError) as error:
        raise _refused(path, tr("this is not YAML: {said}", said=error)) from None


def _at(path: Path, line: int, reason: str) -> ContractError:
    return ContractError(tr("{path}, line {line}: {reason}", path=path, line=line, reason=reason))


class _Builder:
    """Builds the tree of YAML 1.2: `NO` stays a text. What an alias names is the same object, never a copy of it."""

    def __init__(self, path: Path, events: Iterator[yaml.Event], lines: dict[Pointer, int]) -> None:
        self._path, self._events, self._lines = path, events, lines
        self._anchors: dict[str, Any] = {}

    def document(self) -> Any:
        content = (event for event in self._events if isinstance(event, (yaml.NodeEvent, yaml.CollectionEndEvent)))
        first = next(content, None)
        tree = None if first is None else self._tree(first, content, ())
        if (more := next(content, None)) is not None:
            raise _at(self._path, _line(more), tr("a second document begins here; a file is one"))
        return tree

    def _tree(self, event: yaml.Event, rest: Iterator[yaml.Event], at: Pointer) -> Any:
        if len(at) > _DEEPEST:
            raise _at(self._path, _line(event), tr("nested deeper than {deepest} levels", deepest=_DEEPEST))
        self._lines.setdefault(at, _line(event))
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _at(self._path, _line(event), tr("*{name} stands within what it names", name=event.anchor))
            return self._anchors[event.anchor]
        tree: Any
        if isinstance(event, yaml.ScalarEvent):
            tree = _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            tree = []
            while not isinstance(inner := next(rest), yaml.SequenceEndEvent):
                tree.append(self._tree(inner, rest, (*at, str(len(tree)))))
        else:
            tree = {}
            while not isinstance(key := next(rest), yaml.MappingEndEvent):
                if not isinstance(key, yaml.ScalarEvent) or (key.value == "<<" and not key.style):
                    raise _at(self._path, _line(key), tr("a key must be plain text, and << is not read"))
                if key.value in tree:
                    raise _at(self._path, _line(key), tr('"{name}" stands twice in one object', name=key.value))
                self._lines[(*at, key.value)] = _line(key)
                tree[key.value] = self._tree(next(rest), rest, (*at, key.value))
        if anchor := getattr(event, "anchor", None):
            self._anchors[anchor] = tree
        return tree


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style or event.tag:
        return text
    words = {"": None, "~": None, "null": None, "true": True, "false": False}
    if text.lower() in words and text in (text.lower(), text.title(), text.upper()):
        return words[text.lower()]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _NUMBER.fullmatch(text) else text


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1

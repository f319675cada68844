"""Paths into a tree: names with a slash between them, an attribute at the end, and conditions in brackets.

`Buyer/Name`, `Amount/@currency`, `cac:Party/cbc:ID` (the prefixes are declared), `*` for any one name, `.` for the
element itself. In brackets: `Reference[QUALF=009]/BELNR` (also `!=`; `[@id=1]`), `[Note]` and `[!Note]` for what is
there and what is not, `Text[2]` for the second of several, `Text[all]` for all of them in lines. Conditions may stand
on the element itself, as in `.[Type=381]/Total`, and `name()` at the end is an element's name. A path that begins with
`/` starts at the document, one with `//` at the top of the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confirma_connector.language import tr
from confirma_connector.records import Unreadable
from confirma_connector.trees.node import Node

__all__ = ["Path", "PathError"]

_STEP = re.compile(r"(?P<here>\.)(?=\[|$)|(?:(?P<prefix>[\w.-]+):)?(?P<name>[\w.-]+|\*)")
_ATTRIBUTE = re.compile(r"@(?:(?P<prefix>[\w.-]+):)?(?P<name>[\w.-]+)$")
_MEMBER = re.compile(r"(?P<name>[^@/\[\]][^/\[\]]*)")  # where there are no namespaces
_CONDITION = re.compile(r"(?P<path>[^=!]*?)\s*(?:(?P<sign>!?=)\s*(?P<value>.*))?", re.DOTALL)
_NAME = "name()"
_HERE = "."
_SHOWN = 3
_BUILT_IN = {"xml": "http://www.w3.org/XML/1998/namespace"}


class PathError(ValueError):
    """A path that cannot be understood; the text says where."""


@dataclass(frozen=True, slots=True)
class _Condition:
    """What must hold of a node: something below it is there (or not), or equals *value* (or not)."""

    path: Path
    value: str | None
    is_met_by: bool

    def holds(self, node: Node) -> bool:
        found = self.path.leads(node) if self.value is None else self.value in self.path.texts(node)
        return found == self.is_met_by


@dataclass(frozen=True, slots=True)
class _Step:
    """One step down: children of a name (any for "*"), in a namespace if one is said, that meet the conditions.

    The name "." is the step that stays where it is.
    """

    name: str
    space: str | None = None
    conditions: tuple[_Condition, ...] = ()
    which: int = 0
    is_all: bool = False

    def fits(self, node: Node, fold: bool) -> bool:
        is_named = self.name == "*" or node.name == self.name or (fold and node.name.casefold() == self.name)
        return (
            is_named
            and (self.space is None or node.space == self.space)
            and all(condition.holds(node) for condition in self.conditions)
        )

    def down(self, nodes: Iterable[Node], fold: bool) -> list[Node]:
        if self.name == _HERE:
            return [node for node in nodes if all(condition.holds(node) for condition in self.conditions)]
        below: list[Node] = []
        for node in nodes:
            if fold or self.space is not None or self.conditions or self.name == "*":
                found = [child for child in node.children if self.fits(child, fold)]
            else:
                found = [child for child in node.children if child.name == self.name]
            below += found[self.which - 1 : self.which] if self.which else found
        return below


@dataclass(frozen=True, slots=True)
class Path:
    """A path that was understood, ready to be followed from node after node.

    *start* is where it begins: "" at the node, "/" at the document, "//" at the top of the file.
    """

    spelled: str
    start: str
    steps: tuple[_Step, ...]
    attribute: str = ""
    fold: bool = False
    space: str | None = None

    @classmethod
    def parse(cls, text: str, spaces: Mapping[str, str] | None = None, *, fold: bool = False) -> Path:
        """Understand *text*; *spaces* are the declared prefixes (None: names may hold anything but slash and brackets).

        With *fold* letter case is no difference.

        Raises PathError.
        """
        rest = text.strip()
        start = "//" if rest.startswith("//") else "/" if rest.startswith("/") else ""
        steps: list[_Step] = []
        attribute, space = "", None
        parts = list(_split(rest[len(start) :], text))
        for index, part in enumerate(parts):
            found = _ATTRIBUTE.match(part)
            if part == _NAME and index == len(parts) - 1:
                attribute = _NAME
            elif found and index == len(parts) - 1:
                attribute = found["name"].casefold() if fold else found["name"]
                space = _space(found["prefix"], text, {**_BUILT_IN, **spaces}) if spaces is not None else None
            elif part != _HERE:
                steps.append(_step(part, text, spaces, fold))
        return cls(text, start, tuple(steps), attribute, fold, space)

    def nodes(self, node: Node) -> list[Node]:
        """Give the nodes that the path leads to, in order."""
        found = [node]
        for step in self.steps:
            found = step.down(found, self.fold)
        return found

    def leads(self, node: Node) -> bool:
        """Tell whether the path leads to any text, be it one within the elements that it leads to."""
        return any(self.texts(node)) or (not self.attribute and any(found.size() for found in self.nodes(node)))

    def texts(self, node: Node) -> list[str]:
        """Give the texts that are there, in order: blank ones are none."""
        if not self.attribute:
            return [found.text for found in self.nodes(node) if found.text]
        return [text for found in self.nodes(node) for of in self._of(found) if (text := of.strip())]

    def _of(self, node: Node) -> list[str]:
        """Give the name, or what the attribute says: the one without namespace before those that have one."""
        if self.attribute == _NAME:
            return [node.name.casefold() if self.fold else node.name]
        if not self.fold and self.space is None and self.attribute in node.attributes:
            return [node.attributes[self.attribute]]
        of: dict[str, list[str]] = {}
        for spelled, text in node.attributes.items():
            space, _, name = spelled.rpartition(" ")
            if name == self.attribute or (self.fold and name.casefold() == self.attribute):
                of.setdefault(space, []).append(text)
        if self.space is not None:
            return of.get(self.space, [])[:1]
        return of[""][:1] if "" in of else [text for texts in of.values() for text in texts]

    def may_lead(self, trails: Collection[tuple[str, ...]]) -> bool:
        """Tell whether elements whose names follow as in one of *trails* could change what the path leads to."""
        names: list[str] = []
        for step in self.steps:
            names += [step.name] if step.name != _HERE else []
            if step.conditions:
                return any(self._agree(names, trail[: len(names)]) for trail in trails)
        names += [self.attribute] if self.attribute else []
        return any(self._agree(names, trail) for trail in trails)

    def _agree(self, names: Sequence[str], trail: Sequence[str]) -> bool:
        """Tell whether *names* lead to what *trail* leads to, or into it."""
        told = [one.casefold() for one in trail] if self.fold else trail
        return len(told) <= len(names) and all(name in ("*", one) for name, one in zip(names, told, strict=False))

    def value(self, node: Node) -> str | Unreadable | None:
        """Give the one text that the path leads to; what is there several times and differs cannot be trusted."""
        texts = self.texts(node)
        if len(texts) < 2:
            return texts[0] if texts else None
        if any(step.is_all for step in self.steps):
            return "\n".join(texts)
        different = list(dict.fromkeys(texts))
        if len(different) == 1:
            return texts[0]
        shown = ", ".join(f'"{text[:40]}"' for text in different[:_SHOWN]) + (" …" if len(different) > _SHOWN else "")
        last = self.steps[-1].name if self.steps else self.spelled
        return Unreadable(
            different[0],
            tr(
                "stands there {count} times, as {found}: the mapping has to say which one, as {name}[1], "
                "or {name}[all] for all of them",
                count=len(texts),
                found=shown,
                name=last,
            ),
        )


def _split(text: str, whole: str) -> Iterator[str]:
    """Cut at the slashes that stand outside brackets."""
    depth, start = 0, 0
    for index, sign in enumerate(text):
        depth += (sign == "[") - (sign == "]")
        if sign == "/" and not depth:
            yield text[start:index].strip()
            start = index + 1
    if depth:
        raise PathError(tr('"{path}": a bracket is not opened or not closed', path=whole))
    yield text[start:].strip()


def _step(part: str, whole: str, spaces: Mapping[str, str] | None, fold: bool) -> _Step:
    found = (_MEMBER if spaces is None and not part.startswith(f"{_HERE}[") else _STEP).match(part)
    if found is None:
        raise PathError(tr('"{path}": "{part}" is no name; expected names with / between them', path=whole, part=part))
    said = found.groupdict()
    space, name = _space(said.get("prefix"), whole, spaces or {}), (said["name"] or _HERE).strip()
    conditions: list[_Condition] = []
    which, is_all = 0, False
    for inner in _bracketed(part[found.end() :], whole):
        if inner.isascii() and inner.isdigit() and int(inner) > 0:
            which = int(inner)
        elif inner == "all":
            is_all = True
        else:
            conditions.append(_condition(inner, whole, spaces, fold))
    return _Step(
        name.casefold() if fold else name,
        space,
        tuple(conditions),
        which,
        is_all,
    )


def _space(prefix: str | None, whole: str, spaces: Mapping[str, str]) -> str | None:
    if not prefix:
        return None
    if prefix not in spaces:
        known = ", ".join(name for name in spaces if name not in _BUILT_IN) or tr("none is declared")
        raise PathError(
            tr(
                '"{path}": the prefix "{prefix}" is not declared under namespaces ({known})',
                path=whole,
                prefix=prefix,
                known=known,
            )
        )
    return spaces[prefix]


def _bracketed(text: str, whole: str) -> Iterator[str]:
    """Give what stands in each pair of brackets."""
    depth, start = 0, 0
    for index, sign in enumerate(text):
        if not depth and sign != "[":
            raise PathError(tr('"{path}": "{text}" is not expected behind a name', path=whole, text=text))
        depth += (sign == "[") - (sign == "]")
        if sign == "[" and depth == 1:
            start = index + 1
        if not depth:
            yield text[start:index].strip()


def _condition(text: str, whole: str, spaces: Mapping[str, str] | None, fold: bool) -> _Condition:
    is_met_by = not text.startswith("!")
    found = _CONDITION.fullmatch(text.removeprefix("!").strip())
    if found is None or not found["path"]:
        raise PathError(
            tr(
                '"{path}": "[{text}]" is no condition; expected as [NAME], [!NAME] or [NAME=value]',
                path=whole,
                text=text,
            )
        )
    path = Path.parse(found["path"], spaces, fold=fold)
    if found["sign"] is None:
        return _Condition(path, None, is_met_by)
    value = found["value"].strip()
    quoted = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
    return _Condition(path, quoted, is_met_by == (found["sign"] == "="))

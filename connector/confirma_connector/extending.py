"""A mapping file and those it extends, as one document: each found, read, and laid over the one below it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import Path

from confirma_connector.errors import MappingError
from confirma_connector.language import tr
from confirma_connector.mappingfile import Heading
from confirma_connector.mistakes import Mistakes, did_you_mean, opened
from confirma_connector.plugins import bundled
from confirma_connector.yamltext import Document, Place, Tree

__all__ = ["find", "shipped", "whole"]


def shipped() -> dict[str, Path]:
    """Give the mappings that come with the product, by name."""
    return {path.stem: path for path in sorted(bundled("mappings").glob("*.yaml"))}


def find(name: str, folder: Path = Path()) -> Path:
    """Give the file of a mapping: a path from *folder*, or the name of a shipped one. Raises MappingError."""
    if Path(name).suffix in (".yaml", ".yml"):
        if not (folder / name).is_file():
            raise MappingError(tr("there is no mapping file {name}", name=name))
        return (folder / name).absolute()
    known = shipped()
    if name not in known:
        if near := difflib.get_close_matches(name, known, 1):
            raise MappingError(
                tr('there is no shipped mapping "{name}"; did you mean "{nearest}"?', name=name, nearest=near[0])
            )
        raise MappingError(tr('there is no shipped mapping "{name}"; a file of your own ends in .yaml', name=name))
    return known[name]


def whole(path: Path, above: tuple[Path, ...] = ()) -> Document:
    """Give the mapping file *path* as one document with all it extends. *above* are the files that extend it.

    A blank key takes out what is inherited; blanks that take nothing out are left in the document. Raises MappingError.
    """
    document = opened(path, MappingError)
    mistakes = Mistakes(path, document, MappingError)
    if above:  # the first file is checked by the caller, with all it extends
        mistakes.validated(Heading, document.tree)
    name = _top(document).get("extends")
    if not isinstance(name, str) or ("extends",) in document.blanks:
        return document
    base = whole(_extended(document, name, above), (*above, path))
    extended = _Extension(document, mistakes).over(base)
    mistakes.stop()
    return extended


def _extended(document: Document, name: str, above: tuple[Path, ...]) -> Path:
    where = tr("{path}, line {line}", path=document.path, line=document.line(("extends",))) + ": extends"
    try:
        file = find(name, document.path.parent)
    except MappingError as error:
        raise MappingError(f"{where}: {error}") from None
    chain = (*above, document.path, file)
    if file.resolve() in [one.resolve() for one in chain[:-1]]:
        raise MappingError(f"{where}: " + tr("this is a circle: {files}", files=" extends ".join(map(str, chain))))
    return file


def _top(document: Document) -> dict[str, Tree]:
    return document.tree if isinstance(document.tree, dict) else {}


@dataclass
class _Extension:
    """A document that extends another, and the places of which it alone decides: nothing is inherited there."""

    own: Document
    mistakes: Mistakes
    decided: set[Place] = field(default_factory=set)

    def over(self, base: Document) -> Document:
        under, over = _top(base), _top(self.own)
        self.decided.update((key,) for key in Heading.model_fields)
        if over.get("adapter", under.get("adapter")) != under.get("adapter", over.get("adapter")):
            self.decided.add(("source",))
        tree = self._merged({key: value for key, value in under.items() if self._is_inherited((key,))}, over, ())
        return Document(
            self.own.path,
            tree,
            {place: spot for place, spot in base.spots.items() if self._is_inherited(place)} | self.own.spots,
            {place for place in base.blanks if self._is_inherited(place)} | (self.own.blanks - self.decided),
            self.own.open,
        )

    def _merged(self, under: dict[str, Tree], over: dict[str, Tree], place: Place) -> dict[str, Tree]:
        merged = dict(under)
        for key, new in over.items():
            here, old = (*place, key), under.get(key)
            if isinstance(old, dict) and isinstance(new, dict) and not _is_replaced_whole(here, old, new):
                merged[key] = self._merged(old, new, here)
                continue
            self.decided.add(here)
            if here not in self.own.blanks:
                merged[key] = new
            elif key in under:
                del merged[key]
            else:
                self.mistakes.add(here, tr("there is nothing to take out{hint}", hint=did_you_mean(key, under)))
        return merged

    def _is_inherited(self, place: Place) -> bool:
        return not any(place[:depth] in self.decided for depth in range(1, len(place) + 1))


def _is_replaced_whole(place: Place, old: dict[str, Tree], new: dict[str, Tree]) -> bool:
    match place:
        case ("invoice" | "rows", _):
            return True
        case ("tables", _):
            return "file" in old or "file" in new
        case _:
            return False

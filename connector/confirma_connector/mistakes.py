"""What is wrong with a file of ours: every mistake at once, each with file, line, path and the nearest right name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from confirma_connector.errors import CannotRun, legible
from confirma_connector.language import mark, tr
from confirma_connector.yamltext import Document, Place, YamlError, load

__all__ = ["Mistakes", "did_you_mean", "opened"]

_Model = TypeVar("_Model", bound=BaseModel)


def opened(path: Path, wrong: type[CannotRun]) -> Document:
    """Load a YAML file of ours. Raises *wrong*."""
    try:
        return load(path)
    except YamlError as error:
        raise wrong(f"{path}, line {error.line}: {error}") from None
    except OSError as error:
        raise wrong(tr("{path}: cannot be read: {reason}", path=path, reason=error.strerror)) from None


class Mistakes:
    """Collects what is wrong with one file and those it stands on; `stop` raises them all as one *wrong*."""

    def __init__(self, path: Path, document: Document, wrong: type[CannotRun]) -> None:
        self._path = path
        self._document = document
        self._wrong = wrong
        self._lines: list[tuple[Path, int, str]] = []

    def add(self, place: Place, message: str, cause: Place = ()) -> None:
        """Note one mistake at *place*; at the line of its *cause* when only that stands in the file itself."""
        document, name = self._document, ".".join(str(part) for part in place)
        is_of_the_cause = cause in document.spots and document.file(cause) == self._path != document.file(place)
        at = cause if cause and is_of_the_cause else place
        self._lines.append((document.file(at), document.line(at), f"{name}: {message}" if name else message))

    def stop(self) -> None:
        """Raise what was noted, if anything was: first that of the file itself, each file by its lines."""
        if self._lines:
            lines = dict.fromkeys(sorted(self._lines, key=lambda noted: (noted[0] != self._path, noted)))
            raise self._wrong("\n".join(f"{path}, line {line}: {legible(text)}" for path, line, text in lines))

    def validated(self, model: type[_Model], tree: object, under: Place = ()) -> _Model:
        """Give *tree* as *model*, or raise everything that is wrong with it."""
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self.add((*under, *detail["loc"]), _sentence(model, detail))
            self.stop()
            raise


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give the end of a sentence that names the nearest of *known*, or all of them when they are few."""
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    return (
        tr('; did you mean "{near}"?', near=near[0])
        if near
        else tr("; known are {names}", names=", ".join(names))
        if len(names) <= 12
        else ""
    )


_SENTENCES: Mapping[str, str] = {
    "missing": mark("is required"),
    "model_type": mark("expected a block of key: value lines"),
    "dict_type": mark("expected a block of key: value lines"),
    "model_attributes_type": mark("expected a block of key: value lines"),
    "string_type": mark("expected text"),
    "tuple_type": "expected a list",
    "bool_parsing": mark("expected true or false"),
    "bool_type": mark("expected true or false"),
}


def _sentence(model: type[BaseModel], detail: Any) -> str:
    kind, loc, text = detail["type"], detail["loc"], str(detail["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return tr("there is no such key here{hint}", hint=did_you_mean(str(loc[-1]), _keys_at(model, loc[:-1])))
    if kind == "literal_error":
        return f'"{detail["input"]}": expected {detail["ctx"]["expected"]}'.replace("'", "")
    return _SENTENCES.get(kind) or text[:1].lower() + text[1:]


def _keys_at(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """Give the keys that may stand at *loc* below *model*."""
    found: Any = model
    for part in loc:
        if isinstance(found, type) and issubclass(found, BaseModel):
            members = {info.alias or name: info.annotation for name, info in found.model_fields.items()}
            found = members.get(str(part))
        else:
            inner = [argument for argument in get_args(found) if argument is not Ellipsis]
            found = inner[-1] if inner else None
        while hasattr(found, "__metadata__"):
            found = get_args(found)[0]
    if not (isinstance(found, type) and issubclass(found, BaseModel)) or get_origin(found):
        return []
    return [info.alias or name for name, info in found.model_fields.items()]

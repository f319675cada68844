"""What is wrong with a file of ours: every mistake at once, each with file, line, path and the nearest right name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError

from confirma_connector.errors import CannotRun, legible
from confirma_connector.language import because, either, mark, tr

if TYPE_CHECKING:
    from confirma_connector.yamltext import Document, Place

__all__ = ["Mistakes", "did_you_mean", "opened", "sentence"]

_Model = TypeVar("_Model", bound=BaseModel)
_FEW = 12
"""So many names are shown where none is near."""
_QUOTED = re.compile(r"'([^']*)'")


def opened(path: Path, wrong: type[CannotRun]) -> Document:
    """Load a YAML file of ours. Raises *wrong*."""
    from confirma_connector.yamltext import YamlError, load  # most commands read none

    try:
        return load(path)
    except YamlError as error:
        place = tr("{path}, line {line}", path=path, line=error.line)
        raise wrong(f"{place}: {error}") from None
    except OSError as error:
        raise wrong(tr("{path}: cannot be read: {reason}", path=path, reason=because(error))) from None


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
            places = ((tr("{path}, line {line}", path=path, line=line), text) for path, line, text in lines)
            raise self._wrong("\n".join(f"{place}: {legible(text)}" for place, text in places))

    def validated(self, model: type[_Model], tree: object, under: Place = ()) -> _Model:
        """Give *tree* as *model*, or raise everything that is wrong with it."""
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self.add((*under, *detail["loc"]), _in_our_words(model, detail))
            self.stop()
            raise


def proposed(document: Document, place: Place) -> str:
    """Give the end of a sentence that names the line where `confirma map` proposed *place*; "" where it did not."""
    lines = [line for found, line in document.open.items() if found[: len(place)] == place]
    return tr('; line {line} proposes it: if that is right, delete "# ? " there', line=lines[0]) if lines else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Give the end of a sentence that names the nearest of *known*, or all of them when they are few."""
    names = list(known)
    if near := difflib.get_close_matches(name, names, 1):
        return tr('; did you mean "{nearest}"?', nearest=near[0])
    return tr("; known are {names}", names=", ".join(names)) if len(names) <= _FEW else ""


_BLOCK = mark("expected a block of key: value lines")
_LIST = mark("expected a list")
_TRUTH = mark("expected true or false")
_WHOLE = mark("expected a whole number")
_NUMBER = mark("expected a number")
_DATE = mark("expected a date like 2026-12-31")
_SENTENCES: Mapping[str, str] = {
    "missing": mark("is required"),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type", "mapping_type"), _BLOCK),
    **dict.fromkeys(("tuple_type", "list_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("bool_parsing", "bool_type"), _TRUTH),
    **dict.fromkeys(("int_parsing", "int_parsing_size", "int_type", "int_from_float"), _WHOLE),
    **dict.fromkeys(("decimal_parsing", "decimal_type", "float_parsing", "float_type"), _NUMBER),
    **dict.fromkeys(("date_parsing", "date_type", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DATE),
    "string_type": mark("expected text"),
    "string_too_short": mark("expected a text of at least {min_length} characters"),
    "string_too_long": mark("expected a text of at most {max_length} characters"),
    "string_pattern_mismatch": mark("expected a text that fits the pattern {pattern}"),
    "too_short": mark("expected a list of at least {min_length}, found {actual_length}"),
    "too_long": mark("expected a list of at most {max_length}, found {actual_length}"),
    "greater_than": mark("expected more than {gt}"),
    "greater_than_equal": mark("expected {ge} or more"),
    "less_than": mark("expected less than {lt}"),
    "less_than_equal": mark("expected {le} or less"),
}
"""What pydantic finds, by its names for it; the {names} are its own as well."""


def sentence(detail: Any) -> str:
    """Give one of pydantic's details in our words; what only an adapter of somebody else's asks for, in its own."""
    kind, text = detail["type"], str(detail["msg"]).removeprefix("Value error, ")  # not for people
    if kind == "literal_error":
        choices = str(detail["ctx"]["expected"])
        return tr("expected {choices}", choices=either(_QUOTED.findall(choices) or [choices]))
    if kind == "string_too_short" and not detail.get("input", "?"):
        return tr("expected text, and nothing stands here")
    if kind in _SENTENCES:
        return tr(_SENTENCES[kind], **detail.get("ctx", {}))
    return text[:1].lower() + text[1:]


def _in_our_words(model: type[BaseModel], detail: Any) -> str:
    kind, loc, found = detail["type"], detail["loc"], detail.get("input")
    if kind == "extra_forbidden":
        return tr("there is no such key here{hint}", hint=did_you_mean(str(loc[-1]), _keys_at(model, loc[:-1])))
    is_quoted = kind == "literal_error" and isinstance(found, str)
    return f'"{found}": {sentence(detail)}' if is_quoted else sentence(detail)


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

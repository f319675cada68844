"""The kinds of records in a file of typed records: where each says what it is, its fields, what it belongs to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator

from confirma_connector.dialect import DelimiterMark, EncodingName, QuoteMark
from confirma_connector.language import mark, tr
from confirma_connector.mistakes import did_you_mean

__all__ = ["Kind", "RecordKinds", "Span"]

_CHARACTERS_TOO_FEW = mark(
    "has {found} characters where such a record has {expected} or more: was it cut, or laid out otherwise?"
)
_FIELDS_TOO_FEW = mark(
    "has {found} fields where such a record has {expected} or more: was it cut, or laid out otherwise?"
)
_CHARACTERS_TOO_MANY = mark(
    "has {found} characters where such a record has {expected}: is a delimiter or line end in a text?"
)
_FIELDS_TOO_MANY = mark("has {found} fields where such a record has {expected}: is a delimiter or line end in a text?")
_NO_FIELD = {
    "header": mark('no header record has a field "{name}"{hint}'),
    "line": mark('no line record has a field "{name}"{hint}'),
    "": mark('no invoice record has a field "{name}"{hint}'),
}
_SPAN = re.compile(r"([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?", re.ASCII)


class Span(NamedTuple):
    """A stretch of a line: characters *start* to *end*, counted from 0, the last not included."""

    start: int
    end: int


def _span(value: Any) -> Span:
    found = _SPAN.fullmatch(str(value).strip())
    if found is None or int(found[1]) > int(found[2] or found[1]):
        raise ValueError(tr('"{value}" is no place; expected characters like 3 or 3-10, counted from 1', value=value))
    return Span(int(found[1]) - 1, int(found[2] or found[1]))


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _fields(value: Any) -> tuple[str, ...] | dict[str, Span]:
    if isinstance(value, dict):
        return {str(name): _span(place) for name, place in value.items()}
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ValueError(tr("expected a list of names, or a block of names with their places like 3-10"))
    if twice := [name for name, count in Counter(value).items() if count > 1]:
        raise ValueError(tr('the field "{name}" is named twice', name=twice[0]))
    return tuple(value)


Place = Annotated[Span, PlainValidator(_span)]
Fields = Annotated[tuple[str, ...] | dict[str, Span], PlainValidator(_fields)]


class Kind(BaseModel):
    """One kind of record. Its *fields* are named in order, or by their places in a line of fixed width.

    *part* is what it is to an invoice; without one it is left out (*skip* says why) or only looked up by its *key*.
    A line with a *key* belongs to the header of the same key, wherever it stands, one without to the header above it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    is_: Annotated[tuple[str, ...], BeforeValidator(_one_or_more)] = Field(alias="is", min_length=1)
    part: Literal["header", "line"] | None = None
    skip: str = ""
    key: str | None = None
    look_up: dict[str, str] = {}
    least: int | None = Field(default=None, ge=1)
    fields: Fields = ()

    @model_validator(mode="after")
    def _whole(self) -> Kind:
        if self.part is None and bool(self.skip) == bool(self.key):
            raise ValueError(
                tr("a kind of record has a part (header or line), or a reason to skip it, or a key to look it up")
            )
        for name in (self.key, *self.look_up.values()):
            if name is not None and name not in self.fields:
                raise ValueError(
                    tr('there is no field "{name}"{hint}', name=name, hint=did_you_mean(name, self.fields))
                )
        if self.look_up and self.part != "header":
            raise ValueError(tr("only a header looks up other records"))
        return self

    @property
    def is_fixed(self) -> bool:
        """Fields stand at places, not between delimiters."""
        return isinstance(self.fields, dict)

    @property
    def width(self) -> int:
        """How many fields, or characters, a whole record has."""
        if isinstance(self.fields, dict):
            return max((span.end for span in self.fields.values()), default=0)
        return len(self.fields)

    def values(self, fields: list[str]) -> dict[str, str]:
        """Name the fields that are not blank."""
        if isinstance(self.fields, dict):
            cut = {name: fields[0][span.start : span.end].strip() for name, span in self.fields.items()}
        else:
            cut = dict(zip(self.fields, fields, strict=False))
        return {name: text for name, text in cut.items() if text.strip()}

    def problems(self, fields: list[str]) -> Iterator[str]:
        """Say what is wrong with the length of a record."""
        found = len(fields[0]) if self.is_fixed else len(fields)
        least = self.width if self.least is None else self.least
        if found < least:
            yield tr(_CHARACTERS_TOO_FEW if self.is_fixed else _FIELDS_TOO_FEW, found=found, expected=least)
        beyond = fields[0][self.width :].strip() if self.is_fixed else any(fields[self.width :])
        if beyond:
            yield tr(_CHARACTERS_TOO_MANY if self.is_fixed else _FIELDS_TOO_MANY, found=found, expected=self.width)


class RecordKinds(BaseModel):
    """The `source:` block. *kind* is where a record says what it is: the number of a field, or a place in the line."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    encoding: EncodingName | None = None
    delimiter: DelimiterMark | None = None
    quote: QuoteMark = '"'
    kind: Place = Span(0, 1)
    types: dict[str, Kind] = Field(min_length=1)

    @model_validator(mode="after")
    def _agree(self) -> RecordKinds:
        fixed = {name for name, kind in self.types.items() if kind.is_fixed}
        delimited = {name for name, kind in self.types.items() if kind.fields and not kind.is_fixed}
        if bool(self.delimiter) == bool(fixed) or (fixed and delimited):
            raise ValueError(tr("either a delimiter and lists of fields, or places like 3-10 for all fields"))
        if self.delimiter and self.kind.end - self.kind.start != 1:
            raise ValueError(tr("kind is the number of one field, as there is a delimiter"))
        told = Counter(text.strip() for kind in self.types.values() for text in kind.is_)
        if twice := [text for text, count in told.items() if count > 1]:
            raise ValueError(tr('"{text}" is said of two kinds of record', text=twice[0]))
        headers = [kind for kind in self.types.values() if kind.part == "header"]
        if not headers:
            raise ValueError(tr("one of the types has to be the header of an invoice"))
        if any(kind.part == "line" and kind.key for kind in self.types.values()) and not all(
            kind.key for kind in headers
        ):
            raise ValueError(tr("rows with a key need headers with a key"))
        for name in {name for kind in headers for name in kind.look_up}:
            if name not in self.types or self.types[name].part or not self.types[name].key:
                raise ValueError(tr('"{name}" is no type with a key to look it up by', name=name))
        return self

    def check_column(self, name: str, part: str) -> None:
        """Refuse a column that is no field of the records of *part* ("": of header or line). Raises ValueError."""
        known = [header for one in ("header", "line") if part in ("", one) for header in self._fields(one)]
        if name not in known:
            raise ValueError(tr(_NO_FIELD[part], name=name, hint=did_you_mean(name, known)))

    def _fields(self, part: str) -> Iterator[str]:
        for kind in self.types.values():
            if kind.part == part:
                yield from kind.fields
                for name in kind.look_up:
                    yield from (f"{name}.{field}" for field in self.types[name].fields)

    @property
    def is_keyed(self) -> bool:
        """Records find each other by keys, not by their order alone."""
        return any(kind.key for kind in self.types.values())

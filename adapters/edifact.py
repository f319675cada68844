"""EDIFACT interchanges: messages and their lines by paths of segments, read while they stream by."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from confirma_connector import Match, Record, Source, SourceError, hookimpl
from confirma_connector.dialect import EncodingName
from confirma_connector.trees import Cutter, Shape, edifact_messages

_BEGINNING = re.compile(rb"UNA.{6}|UNB.UNO[A-Z]")


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1)]


class Options(BaseModel):
    """The `source:` block: which messages are invoices, and which of their segments are rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: Paths = ("INVOIC",)
    lines: Paths = ("LIN",)
    encoding: EncodingName | None = None

    @model_validator(mode="after")
    def _understood(self) -> Options:
        for text in (*self.document, *self.lines):
            self.check_column(text, "")
        return self

    def check_column(self, name: str, _: str) -> None:
        """Refuse a column that is no path. Raises ValueError."""
        self.shape().path(name)

    def shape(self) -> Shape:
        """Give what the cutter of documents needs."""
        return Shape(self.document, self.lines, None)


@hookimpl
def options() -> type[BaseModel]:
    """Give the model of the `source:` block."""
    return Options


@hookimpl
def detect(head: bytes) -> Match:
    """Say "specific" for what begins as an interchange."""
    return "specific" if _BEGINNING.match(head.removeprefix(codecs.BOM_UTF8).lstrip()) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give a header record for every invoice message and a line record for each of its rows."""
    chosen: Options = source.options or Options()
    cutter = Cutter(chosen.shape(), counted=True)
    is_empty = True
    for above, message, top, problems in edifact_messages(
        source.open, source.path.name, source.limits, chosen.encoding
    ):
        if cutter.begins(above, message):
            is_empty = False
            yield from cutter.records(above, message, top, problems)
    if is_empty:
        raise SourceError(f"{source.path.name}: has no message {' or '.join(chosen.document)}")

"""JSON exports of any kind: documents and lines by paths, read while they stream by."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from confirma_connector import Match, Record, Source, SourceError, hookimpl
from confirma_connector.dialect import EncodingName
from confirma_connector.trees import Cutter, Shape, json_documents

_OBJECTS = re.compile(rb'\[\s*\{|\{\s*["}]')


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Paths = Annotated[tuple[str, ...], BeforeValidator(_one_or_more), Field(min_length=1)]


class Options(BaseModel):
    """The `source:` block: which objects are invoices, and which of theirs are rows.

    *document* and *lines* are paths (several kinds may be named). Without *document* each object at the top is an
    invoice: the only one, those of an array, or those of JSON lines.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    document: Paths = (".",)
    lines: Paths
    encoding: EncodingName | None = None
    ignore_case: bool = False

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
        return Shape(self.document, self.lines, None, self.ignore_case)


@hookimpl
def options() -> type[BaseModel]:
    """Give the model of the `source:` block."""
    return Options


@hookimpl
def detect(head: bytes) -> Match:
    """Say "generic" for what begins as an object, or as an array of objects."""
    for bom, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if head.startswith(bom):
            head = head[2 : len(head) // 2 * 2].decode(encoding, "ignore").encode()
    return "generic" if _OBJECTS.match(head.removeprefix(codecs.BOM_UTF8).lstrip()) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give a header record for every invoice object and a line record for each of its rows."""
    chosen: Options = source.options
    cutter = Cutter(chosen.shape(), counted=True)
    is_empty = True
    found = json_documents(source.open, source.path.name, cutter, source.limits, chosen.encoding)
    for above, document, top, problems in found:
        is_empty = False
        yield from cutter.records(above, document, top, problems)
    if is_empty:
        raise SourceError(
            f"{source.path.name}: has no object {' or '.join(chosen.document)}, which is an invoice by the mapping"
        )

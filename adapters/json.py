"""JSON exports of any kind: documents and lines by paths, read while they stream by."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from confirma_connector import Match, Record, Source, SourceError, hookimpl
from confirma_connector.language import either, tr
from confirma_connector.trees import Cutter, json_documents

if TYPE_CHECKING:
    from confirma_connector.trees.options import JsonOptions

_OBJECTS = re.compile(rb'\[\s*\{|\{\s*["}]')


@hookimpl
def options() -> type[JsonOptions]:
    """Give the model of the `source:` block."""
    from confirma_connector.trees.options import JsonOptions  # listing adapters needs no pydantic

    return JsonOptions


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
    chosen: JsonOptions = source.options
    cutter = Cutter(chosen.shape(), counted=True)
    is_empty = True
    found = json_documents(source.open, source.path.name, cutter, source.limits, chosen.encoding)
    for above, document, top, problems in found:
        is_empty = False
        yield from cutter.records(above, document, top, problems)
    if is_empty:
        raise SourceError(
            tr(
                "{name}: has no object {document}, which is an invoice by the mapping",
                name=source.path.name,
                document=either(chosen.document),
            )
        )

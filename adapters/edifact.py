"""EDIFACT interchanges: messages and their lines by paths of segments, read while they stream by."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from confirma_connector import Match, Record, Source, SourceError, hookimpl
from confirma_connector.language import either, tr
from confirma_connector.trees import Cutter, edifact_messages

if TYPE_CHECKING:
    from confirma_connector.trees.options import EdifactOptions

_BEGINNING = re.compile(rb"UNA.{6}|UNB.UNO[A-Z]")


@hookimpl
def options() -> type[EdifactOptions]:
    """Give the model of the `source:` block."""
    from confirma_connector.trees.options import EdifactOptions  # listing adapters needs no pydantic

    return EdifactOptions


@hookimpl
def detect(head: bytes) -> Match:
    """Say "specific" for what begins as an interchange."""
    return "specific" if _BEGINNING.match(head.removeprefix(codecs.BOM_UTF8).lstrip()) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give a header record for every invoice message and a line record for each of its rows."""
    chosen: EdifactOptions = source.options or options()()
    cutter = Cutter(chosen.shape(), counted=True)
    is_empty = True
    for above, message, top, problems in edifact_messages(
        source.open, source.path.name, source.limits, chosen.encoding
    ):
        if cutter.begins(above, message):
            is_empty = False
            yield from cutter.records(above, message, top, problems)
    if is_empty:
        raise SourceError(
            tr("{name}: has no message {document}", name=source.path.name, document=either(chosen.document))
        )

"""XML exports of any kind: documents and lines by paths, read while they stream by."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from confirma_connector import Match, Record, Source, SourceError, hookimpl
from confirma_connector.language import either, tr
from confirma_connector.trees import Cutter, xml_documents

if TYPE_CHECKING:
    from confirma_connector.trees.options import XmlOptions

_MARKUP = re.compile(rb"<(?:\?xml\s|!--|(?!html[\s>])[A-Za-z_][\w.:-]*[\s/>])", re.IGNORECASE)
_REMARK = re.compile(rb"<!--.*?-->", re.DOTALL)
_ELEMENT = re.compile(rb"<((?:([A-Za-z_][\w.-]*):)?[A-Za-z_][\w.-]*)([^<>]*)>")
_FIRST = 1 << 16


@hookimpl
def options() -> type[XmlOptions]:
    """Give the model of the `source:` block."""
    from confirma_connector.trees.options import XmlOptions  # listing adapters needs no pydantic

    return XmlOptions


@hookimpl
def detect(head: bytes) -> Match:
    """Say "generic" for what begins as markup."""
    for bom, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if head.startswith(bom):
            head = head[: len(head) // 2 * 2].decode(encoding, "ignore").encode()
    return "generic" if _MARKUP.match(head.removeprefix(codecs.BOM_UTF8).lstrip()) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give a header record for every invoice element and a line record for each of its rows."""
    chosen: XmlOptions = source.options
    cutter = Cutter(chosen.shape())
    documents = xml_documents(source.open, source.path.name, cutter, source.limits, chosen.encoding or "")
    is_empty = True
    for above, document, top, problems in documents:
        is_empty = False
        yield from cutter.records(above, document, top, problems)
    if is_empty:
        known = either(chosen.document)
        raise SourceError(
            tr(
                "{name}: has no {document}, which is an invoice by the mapping{beginning}",
                name=source.path.name,
                document=known,
                beginning=_beginning(source),
            )
        )


def _beginning(source: Source) -> str:
    """Say what the outermost element is, and of which namespace."""
    with source.open() as file:
        found = _ELEMENT.search(_REMARK.sub(b"", file.read(_FIRST)))
    if found is None:
        return ""
    name, prefix, attributes = (part or b"" for part in found.groups())
    space = re.search(
        rb"\sxmlns" + (b":" + re.escape(prefix) if prefix else b"") + rb"""\s*=\s*["']([^"']*)""", attributes
    )
    if space is None:
        return tr("; it begins with <{element}>", element=name.decode())
    return tr(
        "; it begins with <{element}> of {namespace}",
        element=name.decode(),
        namespace=space[1].decode("utf-8", "replace"),
    )

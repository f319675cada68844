"""The shared strings of a workbook: all of them, or only those that somebody asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from confirma_connector.workbook.markup import IN_TAG, decoded, plain, unfinished

__all__ = ["shared_strings", "text_of"]

_PREFIX = re.compile(rb"<(?:([\w.-]+):)?sst[\s>/]")


def shared_strings(chunks: Iterable[bytes], wanted: Collection[int] | None = None) -> dict[int, str]:
    """Give the shared strings by number; with *wanted* only these, so that little is held in memory."""
    found: dict[int, str] = {}
    for number, inner in enumerate(_items(chunks)):
        if wanted is None or number in wanted:
            found[number] = text_of(inner)
    return found


def _items(chunks: Iterable[bytes]) -> Iterator[str]:
    """Give what stands within each `<si>`."""
    buffer, item, end = b"", None, b""
    for chunk in chunks:
        buffer += chunk
        if item is None:
            root = _PREFIX.search(buffer)
            if root is None:
                continue
            prefix = f"{root[1].decode()}:" if root[1] else ""
            item = re.compile(rf"<{prefix}si(?:\s{IN_TAG}|/)?(?:(?<=/)>|(?<!/)>(.*?)</{prefix}si\s*>)", re.DOTALL)
            end = f"</{prefix}si".encode()
        cut = buffer.rfind(end)
        if cut < 0 or unfinished(buffer[:cut]):
            continue
        cut = buffer.find(b">", cut) + 1
        if cut:
            yield from item.findall(plain(buffer[:cut].decode("utf-8", "replace")))
            buffer = buffer[cut:]
    if item is not None:
        yield from item.findall(plain(buffer.decode("utf-8", "replace")))


_TEXT = re.compile(rf"<(?:[\w.-]+:)?t(?:\s{IN_TAG})?(?<!/)>([^<]*)</")
_PHONETIC = re.compile(r"<((?:[\w.-]+:)?rPh)[\s>].*?</\1\s*>", re.DOTALL)


def text_of(inner: str) -> str:
    """Give the text of an `<si>` or `<is>`: all its runs, without the phonetic ones."""
    if inner.startswith("<t>") and inner.endswith("</t>") and inner.count("<") == 2:
        return decoded(inner[3:-4])
    if "rPh" in inner:
        inner = _PHONETIC.sub("", inner)
    return "".join(decoded(text) for text in _TEXT.findall(inner))

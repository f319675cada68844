"""The shared strings of a workbook: all of them, or only those that somebody asks for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from confirma_connector.language import tr
from confirma_connector.limits import Limits
from confirma_connector.workbook.markup import IN_TAG, decoded, edges, elements, is_utf8, masked, plain, unfinished

__all__ = ["shared_strings", "text_of"]

_LONGEST = 1 << 23
_PREFIX = re.compile(rb"<(?:([\w.-]+):)?sst[\s>/]")


def shared_strings(
    chunks: Iterable[bytes], name: str, limits: Limits, wanted: Collection[int] | None = None
) -> dict[int, str]:
    """Give the shared strings of the workbook *name* by number; with *wanted* only these: little is held in memory.

    Raises ValueError with a reason when they are damaged, and SourceError when they are too many.
    """
    found: dict[int, str] = {}
    for number, (text, inner) in enumerate(_items(chunks)):
        if number >= limits.shared_strings:
            raise limits.refuse("shared_strings", name)
        if wanted is None or number in wanted:
            found[number] = text_of(inner) if inner else decoded(text)
    return found


def _items(chunks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """Give each `<si>`: its bare text where it is nothing else, or all that stands in it."""
    buffer, cut_up, end = b"", None, b""
    for chunk in chunks:
        buffer += chunk
        if cut_up is None:
            root = _root(buffer)
            if root is None:
                continue
            prefix = f"{root[1].decode()}:" if root[1] else ""
            cut_up = _Cutting(prefix)
            end = f"</{prefix}si".encode()
        cut = buffer.rfind(end)
        if cut < 0 or unfinished(buffer[:cut]):
            if len(buffer) > _LONGEST:
                raise ValueError(tr("a text has no end"))
            continue
        cut = buffer.find(b">", cut) + 1
        if cut:
            yield from cut_up.items(plain(buffer[:cut].decode()))
            buffer = buffer[cut:]
    if cut_up is not None:
        yield from cut_up.items(plain(buffer.decode()))


class _Cutting:
    """Cuts what was read of the part into its items."""

    def __init__(self, prefix: str) -> None:
        p = re.escape(prefix)
        self._mark = f"<{prefix}si"
        self._tags = edges(f"{p}si")
        self._usual = re.compile(
            rf'<{p}si>(?:<{p}t(?: xml:space="preserve")?>([^<]*+)</{p}t></{p}si>'
            rf"|((?:[^<]++|<(?!/?{p}si[\s/>]))*+)</{p}si>)"
        )

    def items(self, text: str) -> Iterable[tuple[str, str]]:
        """Give the items of *text*, quickly where all of them are written as nearly every program writes them."""
        found: list[tuple[str, str]] = self._usual.findall(text)
        if len(found) == text.count(self._mark):
            return found
        return (("", inner) for _, _, _, inner in elements(text, self._tags))


def _root(data: bytes) -> re.Match[bytes] | None:
    """Find the opening tag in what has been read so far; None when there is more to read before it."""
    root = _PREFIX.search(masked(data))
    if b">" in data and not is_utf8(data):
        raise ValueError(tr("they are not written in UTF-8"))
    if b"<!DOCTYPE" in (data[: root.start()] if root else data):
        raise ValueError(tr("they have a document type, which no workbook needs"))
    if root is None and len(data) > _LONGEST:
        raise ValueError(tr("they have no beginning"))
    return root


_TEXT = re.compile(rf"<(?:[\w.-]+:)?t(?:\s{IN_TAG})?(?<!/)>([^<]*)</")
_PHONETIC = re.compile(r"<(/?)(?:[\w.-]+:)?rPh(?:\s[^<>]*)?>")


def text_of(inner: str) -> str:
    """Give the text of an `<si>` or `<is>`: all its runs, without the phonetic ones."""
    if inner.startswith("<t>") and inner.endswith("</t>") and inner.count("<") == 2:
        return decoded(inner[3:-4])
    if "rPh" in inner:
        inner = _without_phonetic(inner)
    return "".join(decoded(text) for text in _TEXT.findall(inner))


def _without_phonetic(inner: str) -> str:
    kept, end = [], 0
    is_within = False
    for tag in _PHONETIC.finditer(inner):
        if tag[1] and is_within:
            is_within, end = False, tag.end()
        elif not tag[1] and not is_within:
            kept.append(inner[end : tag.start()])
            is_within, end = True, tag.start()
    return "".join([*kept, inner[end:]])

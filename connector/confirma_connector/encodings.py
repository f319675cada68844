"""The encoding of a text file: declared, marked, or told by its bytes; never a guess that could be another.

What is not declared is found in this order: a byte order mark; strict UTF-8; cp1252 where a byte is in 0x80–0x9F, which
no ISO-8859 text has; else ISO-8859-15. A file that is UTF-8 but for a few bytes is damaged, and refused with the line.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from confirma_connector.errors import SourceError
from confirma_connector.language import mark, tr

__all__ = ["Opener", "encoding_of", "opened"]

BLOCK = 1 << 16

Opener = Callable[[], BinaryIO]

_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ESCAPED = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of a byte that is not UTF-8
_C1 = bytes(range(0x80, 0xA0))
_MOST_BYTES = 4  # of one character, in any encoding of text files


def opened(file: BinaryIO, encoding: str, bom: bytes, errors: str = "strict") -> io.TextIOWrapper:
    """Give *file* as text behind its byte order mark, line ends as they are."""
    file.seek(len(bom))
    return io.TextIOWrapper(file, encoding, errors, newline="")


def encoding_of(
    open_: Opener, name: str, declared: str | None, longest: int, *, may_declare: bool = True
) -> tuple[str, bytes]:
    """Give encoding and byte order mark of a file. Raise `SourceError` when it is empty, damaged or not text.

    Behind a line of more than *longest* characters it is not read on: whoever reads it refuses that line. *may_declare*
    says that the mapping has a word in it.
    """
    with open_() as file:
        head = file.read(4)
    bom, marked = next(((mark, codec) for mark, codec in _BOMS.items() if head.startswith(mark)), (b"", None))
    if len(head) == len(bom):
        raise SourceError(tr("{name} is empty", name=name))
    if declared is not None:
        encoding = _agreed(name, codecs.lookup(declared).name, marked)
    else:
        encoding = marked or _told_by_bytes(open_, name, longest)
    if fault := _fault(open_, encoding, bom, longest):
        refused = _refused(name, encoding, *fault)
        raise SourceError(f"{refused}; {tr(_DECLARE)}" if may_declare else refused)
    return encoding, bom


_DECLARE = mark("declare the right encoding, as in source: {encoding: cp1252} or {encoding: utf-16-le}")


def _refused(name: str, encoding: str, line: int, byte: int) -> str:
    if not byte:
        return tr("{name}, line {line}: a NUL character, so this is not text as read", name=name, line=line)
    return tr(
        "{name}, line {line}: byte {byte} is not {encoding}", name=name, line=line, byte=_hex(byte), encoding=encoding
    )


def _hex(byte: int) -> str:
    return f"0x{byte:02X}"


def _agreed(name: str, declared: str, marked: str | None) -> str:
    """Settle a declared encoding with the byte order mark, if there is one."""
    if marked and declared not in (marked, f"{marked}-sig", marked[:6]):
        raise SourceError(
            tr(
                "{name} is declared as {declared}, but its byte order mark says {marked}",
                name=name,
                declared=declared,
                marked=marked,
            )
        )
    if declared == "utf-16" and not marked:
        raise SourceError(
            tr("{name} has no byte order mark: declare source: {{encoding: utf-16-le}} or utf-16-be", name=name)
        )
    return marked or declared.removesuffix("-sig")


def _told_by_bytes(open_: Opener, name: str, longest: int) -> str:
    fault = _fault(open_, "utf-8", b"", longest)
    if fault is None or fault[1] == 0:
        return "utf-8"
    sequences, strays, has_c1 = _tally(open_, longest)
    if sequences >= strays:
        raise SourceError(
            tr(
                "{name}, line {line}: byte {byte} is damaged: the rest of the file is UTF-8; save it again as UTF-8",
                name=name,
                line=fault[0],
                byte=_hex(fault[1]),
            )
        )
    return "cp1252" if has_c1 else "iso8859-15"


def _fault(open_: Opener, encoding: str, bom: bytes, longest: int) -> tuple[int, int] | None:
    """Give line and value of the first byte that *encoding* cannot decode (0 for a NUL), or None."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    passed = 0
    for block in _blocks(open_, len(bom), longest):
        try:
            text = decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(encoding, "replace")
            nul = before.find("\0")
            line = _line_at(open_, encoding, bom, passed + (len(before) if nul < 0 else nul))
            return line, error.object[error.start] if nul < 0 else 0
        if "\0" in text:
            return _line_at(open_, encoding, bom, passed + text.index("\0")), 0
        passed += len(text)
    return None


def _line_at(open_: Opener, encoding: str, bom: bytes, position: int) -> int:
    """Give the line of the character at *position* of a file that cannot be decoded from there on."""
    number = 1
    with opened(open_(), encoding, bom, "replace") as stream:
        for part in iter(partial(stream.readline, BLOCK), ""):
            position -= len(part)
            if position < 0:
                break
            number += part.endswith(("\n", "\r"))
    return number


def _tally(open_: Opener, longest: int) -> tuple[int, int, bool]:
    """Count UTF-8 sequences and stray bytes; say whether any byte is in 0x80–0x9F."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    beyond = strays = 0
    has_c1 = False
    for block in _blocks(open_, 0, longest):
        text = decoder.decode(block, final=not block)
        beyond += len(text) - len(text.encode("ascii", "ignore"))
        strays += len(_ESCAPED.findall(text))
        has_c1 = has_c1 or len(block.translate(None, _C1)) < len(block)
    return beyond - strays, strays, has_c1


def _blocks(open_: Opener, start: int, longest: int) -> Iterator[bytes]:
    """Give the bytes from *start* block by block, and b"" for the end; stop in a line that any reader will refuse."""
    unended = 0
    with open_() as file:
        file.seek(start)
        while block := file.read(BLOCK):
            yield block
            last = max(block.rfind(b"\n"), block.rfind(b"\r"))
            unended = len(block) - 1 - last if last >= 0 else unended + len(block)
            if unended > _MOST_BYTES * (longest + 1):
                return
    yield b""

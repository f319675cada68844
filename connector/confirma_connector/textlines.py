"""The lines of a text file, and a copy of it in which some of them are others and every other byte stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from confirma_connector.encodings import encoding_of, opened
from confirma_connector.errors import SourceError, at_line
from confirma_connector.language import tr
from confirma_connector.limits import Limits

__all__ = ["copied", "numbered"]

_ENDS = "\r\n"
_BREAKS = str.maketrans({"\r": " ", "\n": " "})


def numbered(
    open_: Callable[[], BinaryIO], name: str, encoding: str | None, limits: Limits
) -> Iterator[tuple[int, str]]:
    """Give each line with its number from 1, without its line end. Raises SourceError."""
    found, bom = _encoding(open_, name, encoding, limits)
    for number, line in _spelled(open_, name, found, bom, limits):
        yield number, line.rstrip(_ENDS)


def copied(
    open_: Callable[[], BinaryIO],
    name: str,
    encoding: str | None,
    limits: Limits,
    target: Path,
    change: Callable[[int, str], Sequence[str]],
) -> None:
    """Write to *target* the lines that *change* gives in place of each; what it gives back unchanged stays to the byte.

    A character that the encoding lacks becomes "?", a line break within a line a blank. Raises SourceError.
    """
    found, bom = _encoding(open_, name, encoding, limits)
    usual = ""
    with open_() as compared, target.open("wb") as out:
        out.write(compared.read(len(bom)))
        for number, line in _spelled(open_, name, found, bom, limits):
            text = line.rstrip(_ENDS)
            end = line[len(text) :]
            own = line.encode(found)
            if compared.read(len(own)) != own:
                raise SourceError(
                    tr(
                        "{place}: its bytes as {encoding} cannot be written again exactly; name another encoding",
                        place=at_line(name, number),
                        encoding=found,
                    )
                )
            usual = usual or end
            lines = [new if new == text else new.translate(_BREAKS) for new in change(number, text)]
            between = (end or usual or "\n").join(lines)
            out.write((between + end if lines else "").encode(found, "replace"))


def _encoding(open_: Callable[[], BinaryIO], name: str, encoding: str | None, limits: Limits) -> tuple[str, bytes]:
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise SourceError(tr('{name}: there is no encoding "{encoding}"', name=name, encoding=encoding)) from None
    return encoding_of(open_, name, encoding, limits.line_length, may_declare=False)


def _spelled(
    open_: Callable[[], BinaryIO], name: str, encoding: str, bom: bytes, limits: Limits
) -> Iterator[tuple[int, str]]:
    longest = limits.line_length
    with open_() as file, opened(file, encoding, bom) as text:
        for number, line in enumerate(iter(lambda: text.readline(longest + 2), ""), start=1):
            if len(line.rstrip(_ENDS)) > longest:
                raise limits.refuse("line_length", at_line(name, number))
            yield number, line

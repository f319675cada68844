"""Lines that fit the screen: wrapped at words, cells lined up; wide signs count for two."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

__all__ = ["fitted", "lined_up", "padded", "screen_width", "shortened"]

_NARROWEST = 40


def screen_width() -> int | None:
    """Give how many signs a line has on the terminal; None where the lines go elsewhere, and stay whole."""
    return max(shutil.get_terminal_size().columns, _NARROWEST) if sys.stdout.isatty() else None


def fitted(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Give *lines* wrapped at words, what is continued two signs further in; a long word stays whole."""
    for line in lines:
        if width is None or _width(line) <= width:
            yield line
            continue
        indent = line[: len(line) - len(line.lstrip(" "))]
        current = ""
        for word in line.strip(" ").split(" "):
            lead = indent if not current else f"{current} "
            if current and word and _width(lead + word) > width:
                yield current.rstrip(" ")
                lead = f"{indent}  "
            current = lead + word
        yield current


def shortened(text: str, most: int) -> str:
    """Give *text* in one line of at most so many signs."""
    line = " ".join(text.split())
    if _width(line) <= most:
        return line
    while _width(line) > most - 1:
        line = line[:-1]
    return f"{line}…"


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Give *text* with so many spaces that it is *width* wide."""
    space = " " * (width - _width(text))
    return space + text if right else text + space


def lined_up(rows: Sequence[Sequence[str]], right: Iterable[int] = (), *, most: int = 10**9) -> Iterator[str]:
    """Give the lines of a table, the columns in *right* lined up to that side; a cell wider than *most* sticks out."""
    columns = zip(*rows, strict=True)
    widths = [max((width for cell in column if (width := _width(cell)) <= most), default=0) for column in columns]
    numbers = frozenset(right)
    for row in rows:
        cells = (
            padded(cell, width, right=place in numbers)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(map(_width_of, text))


def _width_of(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1

"""A sample: a file of the format, and what the kit cannot know of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Sample"]


@dataclass(frozen=True)
class Sample:
    """A file of an adapter's format, small and real-looking, and what to expect of it.

    *path* is the file, *mapping* a mapping file or the name of a shipped mapping (without it: the shipped one that
    fits). *invoices* are the numbers of the invoices in it that can be sent, in the order of the file; without them
    every invoice in it has to be one that can be sent. *beside* are further files that have to lie beside it.

    What follows is needed where the kit cannot find out by itself, and what it helps says so. *longer* writes a file
    with about so many times the invoices, to see that reading does not hold them all: `longer(path, times)`.
    *resorted* is a file with the same invoices in another order, or `resorted(path)` writes one. `shortened(path)`
    takes some invoices out of a file with results and leaves all else as it is, as people do. *without_results* gives
    the bytes of a written file without what was written into it: then every byte of the rest is compared.
    *holds* says why reading has to hold the whole file in memory: then it has to ask `source.limits` before it does.
    """

    path: str | Path
    mapping: str | Path | None = None
    invoices: Sequence[int] | None = None
    beside: Sequence[str | Path] = ()
    longer: Callable[[Path, int], None] | None = None
    resorted: str | Path | Callable[[Path], None] | None = None
    shortened: Callable[[Path], None] | None = None
    without_results: Callable[[bytes], bytes] | None = None
    holds: str = ""

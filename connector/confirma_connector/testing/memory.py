"""A file of any length is read in the same memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from confirma_connector.errors import AdapterError, SourceError
from confirma_connector.limits import DEFAULTS
from confirma_connector.patience import Late, within
from confirma_connector.testing.finding import Finding
from confirma_connector.testing.rearranging import longer
from confirma_connector.testing.trial import Trial

__all__ = ["memory_stays_flat"]

_LARGE = 300_000
"""Bytes of the longer of the two files that are compared; the other has a quarter of its invoices."""
_BUFFERS = 131_072
"""So many bytes are nothing but buffers, which are not full yet in the shorter file."""
_SHARE = 0.4
"""So much of what the file, or its text, has grown by may come as memory: who holds it needs more than its size."""
_LESS = 0.6
"""Where memory grows by so much less of it, once files are four times as long, blocks are read and no file is held."""
_PATIENCE = 120.0
_TIGHT = replace(DEFAULTS, held_cells=1, text_size=1, part_size=1, cells=DEFAULTS.cells)


def memory_stays_flat(trial: Trial) -> Iterator[Finding]:
    """Reading a file four times as long takes no more memory."""
    if trial.sample.holds:
        yield from _asks_first(trial)
        return
    make = longer(trial)
    times = max(4, _LARGE // max(len(trial.content), 1))
    try:
        growth, told = _growth(trial, make, times)
        if growth <= _SHARE:
            return
        later, told = _growth(trial, make, 4 * times)
    except Late:
        yield trial.without_ending("read a file with very many invoices")
        return
    if later > max(_SHARE, _LESS * growth):
        cure = (
            "read line by line and `yield` each record as soon as it is complete, instead of collecting them; if the "
            'format makes that impossible, say so in the sample, holds="why", and ask source.limits first'
        )
        yield trial.fault(
            f"read files of {times} and of {4 * times} times the invoices",
            "about the same memory for both: files may be larger than the memory of the machine",
            told,
            cure,
        )


def _growth(trial: Trial, make: Callable[[Path, int], None], times: int) -> tuple[float, str]:
    """Give by how many bytes memory grows for each byte that the file, or its text, grows by; and what was measured."""
    found = []
    for count in (times // 4, times):
        path = trial.copy()
        make(path, count)
        found.append((path.stat().st_size, *_peak(trial, path)))
    (size, peak, text), (more, higher, further) = found
    told = f"{peak:,} bytes of memory for a file of {size:,} bytes, {higher:,} for one of {more:,}"
    return (higher - peak - _BUFFERS) / max(more - size, further - text, 1), told


def _peak(trial: Trial, path: Path) -> tuple[int, int]:
    """Give the most memory that reading holds at a time beyond what is there before, and how much text it gave."""

    def reading() -> tuple[int, int]:
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            records = trial.bare.read(trial.source(path))
            text = sum(len(value) for one in records for value in one.values.values() if isinstance(value, str))
            return tracemalloc.get_traced_memory()[1] - before, text
        finally:
            tracemalloc.stop()

    return within(_PATIENCE, reading)


def _asks_first(trial: Trial) -> Iterator[Finding]:
    """An adapter that has to hold a file whole asks the limits before it does."""
    done = f"read {trial.name} with limits of one cell held and one byte of text"
    cure = 'before you hold it: source.limits.check("held_cells", f"{source.path}, {where}", cells_so_far)'
    expected = (
        "the SourceError that source.limits.check(…) raises, as the sample says that reading holds the whole file"
    )
    try:
        trial.read(trial.path, limits=_TIGHT)
    except AdapterError as error:
        yield trial.failure(done, expected, error, cure)
        return
    except SourceError:
        return
    yield trial.fault(done, expected, "all its records", cure)

"""The same work in many sizes: does one invoice cost the same among a million rows as among ten thousand?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.contestants import checked, read_by, sent, tracked
from bench.data import Data
from bench.making import ROWS_PER_INVOICE
from bench.measuring import Contestant, Figures, in_turns
from bench.scenes import Scene, Sizes, listing, served

__all__ = ["grown"]

LARGEST_OF_OTHERS = 100_000
Grown = tuple[Scene, dict[str, Figures]]


def grown(data: Data, sizes: Sizes, others: str, say: Callable[[str], None]) -> Iterator[Grown]:
    """Measure check, send and track in all sizes; figures are called NAME@ROWS, or NAME@INVOICES."""
    yield _check(data, sizes, others, say)
    yield _send(data, sizes, say)
    yield _track(data, sizes, say)


def _check(data: Data, sizes: Sizes, others: str, say: Callable[[str], None]) -> Grown:
    scene = Scene("growth_check", "growth of check, CSV rows", "cpu", 1, "rows", lambda _: ())
    found: dict[str, Figures] = {}
    for rows in sizes.growth:
        source = data.csv(rows)
        contestants = [checked(data, rows)]
        if rows <= LARGEST_OF_OTHERS:
            contestants += [
                read_by("csv_floor", "csv.DictReader", source, rows),
                read_by("pandas_pydantic", "pandas + pydantic", source, rows),
                read_by("frictionless_check", "frictionless", source, rows, python=others),
            ]
        found |= _measured(contestants, rows, sizes, say)
    return scene, found


def _send(data: Data, sizes: Sizes, say: Callable[[str], None]) -> Grown:
    """Send with a journal in memory, if there is such a place: the disk is the same for every size, and slow."""
    scene = Scene("growth_send", "growth of send, with its check", "cpu", 1, "invoices", lambda _: ())
    found: dict[str, Figures] = {}
    with _shelf() as shelf, served(()) as url:
        for invoices in (rows // ROWS_PER_INVOICE for rows in sizes.growth):
            found |= _measured([sent(data, invoices, url, 1, shelf)], invoices, sizes, say)
    return scene, found


def _track(data: Data, sizes: Sizes, say: Callable[[str], None]) -> Grown:
    scene = Scene("growth_track", "growth of track", "cpu", 1, "invoices", lambda _: ())
    found: dict[str, Figures] = {}
    for invoices in (rows // ROWS_PER_INVOICE for rows in sizes.growth):
        with served(listing(invoices, data)) as url:
            found |= _measured([tracked(data, invoices, url)], invoices, sizes, say)
    return scene, found


def _measured(
    contestants: Sequence[Contestant], size: int, sizes: Sizes, say: Callable[[str], None]
) -> Mapping[str, Figures]:
    rounds = 1 if size * ROWS_PER_INVOICE > LARGEST_OF_OTHERS * 2 else min(3, sizes.rounds)
    say(f"    {size:,}")
    return in_turns([replace(one, name=f"{one.name}@{size}") for one in contestants], rounds, say)


@contextmanager
def _shelf() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="bench-", dir=memory if memory.is_dir() else None) as made:
        yield Path(made)

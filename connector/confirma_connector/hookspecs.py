"""The five hooks of an adapter; docs/adapters.md explains them with examples. `read` alone is enough to begin.

An adapter is a module of functions (no class: no state can hide between reading and writing back days later in another
process), each marked with `confirma_connector.hookimpl`. An argument that an adapter does not need may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

from confirma_connector.records import Match, Record, Result, Source

if TYPE_CHECKING:
    from pydantic import BaseModel

__all__ = ["HOOKS_VERSION", "PROJECT", "hookimpl"]

PROJECT = "confirma_connector"
HOOKS_VERSION = 1
"""The version of the hooks below. An adapter that cannot do without a newer one says so: `HOOKS_NEEDED = 2`."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec(firstresult=True)
def read(source: Source) -> Iterator[Record]:  # type: ignore[empty-body]
    """Give every record of *source* in order, as spelled: text, unless the source itself is typed.

    Reading the same bytes twice gives the same records; places (`at`) are unique. Raise `SourceError` when the
    file cannot be read as a whole; a single bad record is given with `problems`. Required.
    """


@hookspec(firstresult=True)
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool | str:  # type: ignore[empty-body]
    """Write to *target* a copy of *source* with the results in; return True, or a line that a person should know.

    The places in *results* were read from these bytes just now. Outside the four result cells (headers in
    `source.headers`) every byte stays; doing it twice is the same as once. *target* is a fresh temporary path that
    the host moves into place: never touch the source. Raise `NoWriteBack` when this source cannot carry results.
    Without this hook the host writes a list of results beside the source.
    """


@hookspec(firstresult=True)
def detect(path: Path, head: bytes) -> Match:  # type: ignore[empty-body]
    """Say from the name and the first 64 KiB whether this is "no", "generic" or "specific" to this adapter."""


@hookspec(firstresult=True)
def options() -> type[BaseModel]:  # type: ignore[empty-body]
    """Give the pydantic model of the mapping's `source:` block for this adapter.

    A method `check_column(name, part)` of it may raise ValueError for what no column of a *part* ("header", "line", ""
    for either) can be called: it is asked when a mapping is loaded.
    """


@hookspec(firstresult=True)
def transforms() -> Mapping[str, Callable[[str], str]]:  # type: ignore[empty-body]
    """Give named steps that mappings may use: text to text, `ValueError` with a sentence when it cannot."""

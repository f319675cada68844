"""A run as the command line makes one: staging, an address on this machine, a journal of its own."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confirma_connector import contract, plugins
from confirma_connector.pipeline import Event, Run
from confirma_connector.settings import Settings, as_key

__all__ = ["Pace", "prepared"]

REGISTRY, CONTRACT = plugins.discover(), contract.read()
"""Found and read once for a process, as its imports are: neither is work on rows."""


def prepared(journal: Path, url: str = "", workers: int = 1, hear: Callable[[Event], None] = lambda _: None) -> Run:
    """Give a run with these settings; what it hears of goes to *hear*."""
    gc.set_threshold(50_000, *gc.get_threshold()[1:])  # as the command does
    chosen: dict[str, Any] = {"url": url} if url else {}
    settings = Settings(
        environment="staging",
        account="bench",
        journal=journal,
        token=as_key("a-key-for-the-bench"),
        concurrency=workers,
        **chosen,
    )
    return Run(settings, CONTRACT, REGISTRY, hear)


class Pace:
    """Hears when each invoice had its verdict; *each* is the seconds between one and the next."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.states: dict[str, int] = {}

    def __call__(self, event: Event) -> None:
        """Note an event."""
        if event.what == "sending" and event.state:
            self.times.append(time.perf_counter())
            self.states[event.state] = self.states.get(event.state, 0) + 1

    @property
    def each(self) -> float:
        """Give the seconds an invoice took, from the first verdict to the last."""
        return (self.times[-1] - self.times[0]) / max(1, len(self.times) - 1) if self.times else 0.0

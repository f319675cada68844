"""How a run ends before its work is done: by a person's wish, or for what befell it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Ending", "Stop"]


@dataclass
class Stop:
    """A person's wish to stop: orderly while something would be lost (`shielded`), at once everywhere else."""

    wished: threading.Event = field(default_factory=threading.Event)
    shielded: bool = False

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Within the block a wish is only noted."""
        self.shielded = True
        try:
            yield
        finally:
            self.shielded = False

    @contextlib.contextmanager
    def exposed(self) -> Iterator[None]:
        """Within the block, which stands in a shielded one, a wish interrupts: also one from before it."""
        self.shielded = False
        try:
            if self.wished.is_set():
                raise KeyboardInterrupt
            yield
        finally:
            self.shielded = True


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the sending stopped before its work was done."""

    kind: Literal["refused", "outage", "stopped"]
    message: str

"""Whether the process is our command alone: only then may it be ended because a partner's code hangs."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

__all__ = ["ALONE"]

ALONE: ContextVar[Callable[[str], object] | None] = ContextVar("alone", default=None)
"""What tells a person a line before the process is ended; None where it belongs to another program too."""

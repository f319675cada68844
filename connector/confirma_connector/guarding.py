"""While a partner's code runs in our process: what it prints stays apart, what it changes is put back or told."""

from __future__ import annotations

import contextvars
import decimal
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pluggy

from confirma_connector.alone import ALONE
from confirma_connector.errors import at_line, legible
from confirma_connector.prints import Prints, heard

__all__ = ["Strayed", "at_work", "own_context", "place"]

_Answer = TypeVar("_Answer")


class Strayed(Exception):
    """The working directory of the process is another one: it was put back."""


def own_context() -> contextvars.Context:
    """Give a context of its own: how a partner's code rounds decimals there does not change how we do."""
    context = contextvars.copy_context()
    context.run(lambda: decimal.setcontext(decimal.getcontext().copy()))
    return context


def at_work(prints: Prints, context: contextvars.Context, call: Callable[[], _Answer]) -> _Answer:
    """Call a partner's code in *context*. Raises what it raises, and Strayed.

    Output and working directory belong to the whole process: they are held together only where that is our command.
    """
    if ALONE.get() is None:
        return context.run(call)
    before = _directory()
    try:
        return heard(prints, context, call)
    finally:
        if before is not None and _directory() != before:
            os.chdir(before)
            raise Strayed


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - asked for each record
    except OSError:
        return None


def place(error: BaseException) -> str:
    """Say what happened and where in the adapter; the text of the error is left out, as it may quote an invoice."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    kind = legible(type(error).__name__)[:80]
    return f"{kind} ({at_line(Path(own[-1].filename).name, own[-1].lineno or 0)})" if own else kind


def _is_machinery(file: str) -> bool:
    return file.startswith("<frozen ") or Path(file).parent in (Path(__file__).parent, Path(pluggy.__file__).parent)

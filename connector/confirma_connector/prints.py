"""What a partner's code prints while it is at work: kept apart from what the program prints."""

from __future__ import annotations

import contextvars
import io
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO, TypeVar

from confirma_connector.alone import ALONE

__all__ = ["Prints", "heard"]

_heard: contextvars.ContextVar[Prints | None] = contextvars.ContextVar("heard", default=None)
_Answer = TypeVar("_Answer")
_KEPT = 20
_LONG = 500


@dataclass
class Prints:
    """What one adapter printed: how many lines, and the first of them."""

    _count: int = 0
    _lines: list[str] = field(default_factory=list)
    _open: str = ""
    _streams: tuple[_Diverted, _Diverted] | None = None

    @property
    def count(self) -> int:
        """How many lines, with one that has no end yet."""
        return self._count + bool(self._open)

    @property
    def lines(self) -> list[str]:
        """The first of them, without what is beyond reading."""
        return [*self._lines, *([self._open] if self._open else [])][:_KEPT]

    def take(self, text: str) -> None:
        """Take down what is printed."""
        *whole, rest = (self._open + text).split("\n")
        self._count += len(whole)
        self._lines += [line[:_LONG] for line in whole[: max(_KEPT - len(self._lines), 0)]]
        self._open = rest[:_LONG]

    def streams(self, own: tuple[TextIO, TextIO]) -> tuple[_Diverted, _Diverted]:
        """Give what stands in for *own*, the same ones each time: who keeps them, as a log does, is heard later too."""
        if self._streams is None or (self._streams[0].own, self._streams[1].own) != own:
            self._streams = _Diverted(own[0], self), _Diverted(own[1], self)
        return self._streams


class _Bytes(io.RawIOBase):
    """The bytes below a stream."""

    def __init__(self, text: _Diverted) -> None:
        self._text = text

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._text.write(bytes(data).decode("utf-8", "replace"))
        return len(data)

    def close(self) -> None:
        """Stay open: this is nobody's to close."""


class _Diverted(io.TextIOBase):
    """Stands in for standard output or error meanwhile: what an adapter writes is kept, all else goes where it went.

    Whoever writes in a thread that is none of ours, or still has it when no adapter is at work, writes for *whose*.
    """

    def __init__(self, own: TextIO, whose: Prints) -> None:
        self.own = own
        self._whose = whose
        self.buffer = _Bytes(self)
        self.reconfigure = lambda **_: None

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        prints = _heard.get()
        if prints is None and _DIVERSION.is_on and ALONE.get() is not None:
            return self.own.write(text)
        (prints or self._whose).take(str(text))
        return len(text)

    def flush(self) -> None:
        if _heard.get() is None and self.own is not None:
            self.own.flush()

    def close(self) -> None:
        """Stay open: this is nobody's to close."""


class _Diversion:
    """The one diversion of the process: standard output and error belong to all its threads; the last one ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._depth = 0
        self._own = sys.stdout, sys.stderr

    @property
    def is_on(self) -> bool:
        """Whether an adapter is at work."""
        return self._depth > 0

    def begin(self, prints: Prints) -> None:
        """Let what is written from here on be *prints*."""
        with self._lock:
            if self._depth == 0:
                self._own = sys.stdout, sys.stderr
                sys.stdout, sys.stderr = prints.streams(self._own)
            self._depth += 1

    def end(self) -> None:
        """Let everything go where it went before, unless another one is at work."""
        with self._lock:
            self._depth -= 1
            if self._depth == 0:
                sys.stdout, sys.stderr = self._own


_DIVERSION = _Diversion()


def heard(prints: Prints, context: contextvars.Context, call: Callable[[], _Answer]) -> _Answer:
    """Call in *context*, and let what is printed meanwhile be *prints*. Raises what the call raises."""
    _DIVERSION.begin(prints)
    try:
        return context.run(_hearing, prints, call)
    finally:
        _DIVERSION.end()


def _hearing(prints: Prints, call: Callable[[], _Answer]) -> _Answer:
    token = _heard.set(prints)
    try:
        return call()
    finally:
        _heard.reset(token)

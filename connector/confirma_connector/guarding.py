"""While a partner's code runs in our process: what it prints stays apart, what it changes is put back or told."""

from __future__ import annotations

import contextlib
import contextvars
import decimal
import faulthandler
import io
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO, TypeVar

import pluggy

from confirma_connector.alone import ALONE
from confirma_connector.errors import at_line, legible

__all__ = ["Late", "Prints", "Strayed", "at_work", "own_context", "place", "watched", "within"]

_heard: contextvars.ContextVar[Prints | None] = contextvars.ContextVar("heard", default=None)
_Answer = TypeVar("_Answer")
_KEPT = 20
_LONG = 500
_TICK = 1.0
_ENDED = 2


class Late(Exception):
    """No answer came in time."""


class _Enough(SystemExit):
    """Ends a thread that is late; no `except Exception` on its way takes it, and Python says nothing of it."""


class Strayed(Exception):
    """The working directory of the process is another one: it was put back."""


# ---- what is printed ----


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


# ---- what is changed ----


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
    _DIVERSION.begin(prints)
    try:
        return context.run(_hearing, prints, call)
    finally:
        _DIVERSION.end()
        if before is not None and _directory() != before:
            os.chdir(before)
            raise Strayed


def _hearing(prints: Prints, call: Callable[[], _Answer]) -> _Answer:
    token = _heard.set(prints)
    try:
        return call()
    finally:
        _heard.reset(token)


def _directory() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - asked for each record
    except OSError:
        return None


# ---- what takes too long ----


def within(seconds: float, call: Callable[[], _Answer]) -> _Answer:
    """Call in a thread and wait so long for it. Raises what the call raises, and Late.

    A thread that is late is ended where it runs Python code; in a call that waits for something it is left to itself.
    Where our command has the process to itself, code that lets no other thread run ends it.
    """
    done: list[tuple[_Answer | None, BaseException | None]] = []

    def work() -> None:
        try:
            done.append((call(), None))
        except BaseException as error:  # told to whoever waits
            done.append((None, error))

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), daemon=True, name="adapter")
    with _last_resort() as rearm:
        rearm(2 * seconds)
        thread.start()
        thread.join(seconds)
        if thread.is_alive():
            _end(thread)
            raise Late
    answer, error = done[0]
    if error is not None:
        raise error
    return answer  # type: ignore[return-value]


def _end(thread: threading.Thread) -> None:
    import ctypes

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Enough))
    thread.join(_TICK)


@contextlib.contextmanager
def watched(seconds: float, said: Callable[[], str]) -> Iterator[Callable[[Callable[[], _Answer]], _Answer]]:
    """Give what calls; where our command has the process to itself, a call that takes so long ends it with a word.

    That is as safe as pulling the plug: the journal is written for it. In another program nothing is ended.
    """
    tell = ALONE.get()
    if tell is None:
        yield lambda call: call()
        return
    since: list[float] = []
    is_over = threading.Event()

    def watch() -> None:
        with _last_resort() as rearm:
            while not is_over.wait(_TICK):
                rearm(seconds + 10 * _TICK)
                for began in since[:]:  # the other thread empties it at any moment
                    if time.monotonic() - began > seconds:
                        tell(said())
                        os._exit(_ENDED)

    def timed(call: Callable[[], _Answer]) -> _Answer:
        since.append(time.monotonic())
        try:
            return call()
        finally:
            since.clear()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(watch,), daemon=True, name="patience")
    thread.start()
    try:
        yield timed
    finally:
        is_over.set()
        thread.join()


@contextlib.contextmanager
def _last_resort() -> Iterator[Callable[[float], None]]:
    """Give what lets Python end the process after so many seconds, with the place it hangs at.

    It needs no thread of ours to run: code in C that never lets go of the interpreter is ended too.
    """
    stream = sys.__stderr__
    if ALONE.get() is None or stream is None:
        yield lambda _: None
        return
    try:
        yield lambda seconds: faulthandler.dump_traceback_later(seconds, exit=True, file=stream)
    finally:
        faulthandler.cancel_dump_traceback_later()


# ---- what went wrong ----


def place(error: BaseException) -> str:
    """Say what happened and where in the adapter; the text of the error is left out, as it may quote an invoice."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    kind = legible(type(error).__name__)[:80]
    return f"{kind} ({at_line(Path(own[-1].filename).name, own[-1].lineno or 0)})" if own else kind


def _is_machinery(file: str) -> bool:
    return Path(file).parent in (Path(__file__).parent, Path(pluggy.__file__).parent)

"""How long a partner's code is waited for, and what becomes of it, or of our command, when that is over."""

from __future__ import annotations

import contextlib
import contextvars
import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from confirma_connector.alone import ALONE

__all__ = ["Late", "watched", "within"]

_Answer = TypeVar("_Answer")
_TICK = 1.0
_ENDED = 2


class Late(Exception):
    """No answer came in time."""


class _Enough(SystemExit):
    """Ends a thread that is late; no `except Exception` on its way takes it, and Python says nothing of it."""


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

"""Letting somebody else's code work for a while, and no longer: what still runs then is ended."""

from __future__ import annotations

import contextvars
import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["PATIENCE", "TooLong", "within"]

_Given = TypeVar("_Given")

PATIENCE = 10.0
"""Seconds: nothing that is tried on a small file takes so long unless it hangs."""


class TooLong(Exception):
    """It did not end in time."""


class _Enough(BaseException):
    """Ends the thread that works: no `except Exception` on its way takes it."""


def within(seconds: float, work: Callable[[], _Given]) -> _Given:
    """Give what *work* gives, or raise what it raises; TooLong when it takes more than so many *seconds*."""
    given: list[_Given] = []
    raised: list[BaseException] = []

    def working() -> None:
        try:
            given.append(work())
        except _Enough:
            pass
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(working,), daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_Enough))
        thread.join(1)
        raise TooLong
    if raised:
        raise raised[0]
    return given[0]

"""`python doomed.py LOG POINT NTH words…`: run `confirma` with these words, and die by SIGKILL where POINT says.

Nothing of the product knows of this: what makes something durable (a commit, a flush, a file that takes another's
place) and what speaks to the server is wrapped here, from outside, before the command begins. Each such step has a
point before it and a point after it, "before commit claimed", "after replace results"; a run is in the middle once its
first listing has come or its first claim is committed, and points are counted from there. POINT "any" dies at the NTH
of all of them, another POINT at its NTH occurrence, and "none" never. LOG gets one line a point, and "ended".
"""

from __future__ import annotations

import contextlib
import functools
import os
import runpy
import signal
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

_KINDS = ((".bak", ".bak"), (".results.csv", "results"), (".results.xlsx", "results"))


class Doom:
    """Counts the points of a run in the middle, logs each, and kills the process at the chosen one."""

    def __init__(self, log: Path, point: str, nth: int) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._point, self._left = point, nth
        self._lock = threading.Lock()
        self._is_in_the_middle = False

    def say(self, line: str) -> None:
        os.write(self._log, f"{line}\n".encode())

    def begin(self) -> None:
        with self._lock:
            if not self._is_in_the_middle:
                self._is_in_the_middle = True
                self.say("in the middle")

    def reach(self, point: str) -> None:
        with self._lock:
            if not self._is_in_the_middle:
                return
            self.say(point)
            if self._point in ("any", point):
                self._left -= 1
                if not self._left:
                    self.strike()

    def strike(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    @contextlib.contextmanager
    def around(self, step: str, *, begins: bool = False) -> Iterator[None]:
        self.reach(f"before {step}")
        yield
        if begins:
            self.begin()
        self.reach(f"after {step}")


def watched(doom: Doom) -> type[sqlite3.Connection]:
    """Give a connection whose commits are named by what they hold."""

    class Watched(sqlite3.Connection):
        parts: set[str]

        def execute(self, query: str, values: Any = ()) -> sqlite3.Cursor:
            if query.startswith("BEGIN"):
                self.parts = set()
            elif query.startswith("INSERT INTO events"):
                self.parts.update(values[3::7])  # of several rows at once
            elif query.startswith("INSERT OR REPLACE INTO results"):
                self.parts.add("results remembered")
            elif query.startswith("UPDATE events SET detail = ''"):
                self.parts.add("purge")
            elif query.startswith("INSERT OR REPLACE INTO accounts"):
                self.parts.add("seller")
            elif query == "COMMIT":
                with doom.around(
                    f"commit {' + '.join(sorted(self.parts)) or 'nothing'}", begins="claimed" in self.parts
                ):
                    return super().execute(query)
            return super().execute(query, values)

        def close(self) -> None:
            with doom.around("close the journal"):
                super().close()

    return Watched


def wrapped(doom: Doom, step: Callable[..., str], does: Callable[..., Any], *, begins: str = "") -> Callable[..., Any]:
    """Give *does* with a point before it and after it; *step* names it by its arguments."""

    @functools.wraps(does)
    def stepping(*args: Any, **named: Any) -> Any:
        name = step(*args)
        with doom.around(name, begins=name == begins):
            return does(*args, **named)

    return stepping


def replacing(_fresh: object, final: object, *_: object) -> str:
    return f"replace {next((kind for end, kind in _KINDS if str(final).endswith(end)), 'source')}"


def flushing(descriptor: int) -> str:
    return "flush folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "flush file"


def speaking(_transport: object, request: httpx.Request) -> str:
    return "listing" if request.method == "GET" else "create"


def main(doom: Doom, *words: str) -> None:
    sqlite3.connect = functools.partial(sqlite3.connect, factory=watched(doom))  # type: ignore[assignment]
    os.replace = wrapped(doom, replacing, os.replace)
    os.fsync = wrapped(doom, flushing, os.fsync)
    transport: Any = httpx.HTTPTransport
    transport.handle_request = wrapped(doom, speaking, transport.handle_request, begins="listing")
    sys.argv = ["confirma", *words]
    try:
        runpy.run_module("confirma_connector.cli", run_name="__main__", alter_sys=True)
    finally:
        doom.say("ended")


if __name__ == "__main__":
    main(Doom(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])), *sys.argv[4:])

"""`python doomed_watch.py IN words…`: run these words again and again, each time killed one step later.

Before each run a file of one invoice is dropped into IN; after each, the same words run undisturbed. The steps are what
puts a file into another place, and the commit that makes the journal know of it; they are wrapped from outside, as in
doomed.py. Printed is what each kill came before; the last run goes through all its steps alive. Every run is a fork of
this process, which has everything loaded.
"""

from __future__ import annotations

import itertools
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from world import csv_text, invoice_rows

from confirma_connector import contract, mapping, overlay, plugins, recognition
from confirma_connector.cli import main, watch  # noqa: F401  loaded before the forks

KILLED = 137
STEP = 1
"""Each third step: a kill after one step is a kill before the next, and the steps of neighbouring files differ."""


class Doom:
    """Dies before the NTH step, and says before which."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def before(self, step: str) -> None:
        self.left -= 1
        if not self.left:
            os.write(1, f"{step}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def wrapped(self, does: Callable[..., Any]) -> Callable[..., Any]:
        def stepping(*args: Any, **named: Any) -> Any:
            self.before(does.__name__)
            return does(*args, **named)

        return stepping


def doomed(nth: int) -> None:
    doom = Doom(nth)
    for name in ("rename", "replace", "rmdir"):
        setattr(os, name, doom.wrapped(getattr(os, name)))

    class Watched(sqlite3.Connection):
        moves = False

        def executemany(self, query: str, values: Any = ()) -> sqlite3.Cursor:
            self.moves = self.moves or " results " in query
            return super().executemany(query, values)

        def execute(self, query: str, values: Any = ()) -> sqlite3.Cursor:
            if query == "COMMIT" and self.moves:
                doom.before("commit")
            return super().execute(query, values)

    sqlite3.connect = partial(sqlite3.connect, factory=Watched)  # type: ignore[assignment]


def run(words: list[str], nth: int) -> int:
    """Run in a fork; give its exit code."""
    child = os.fork()
    if not child:
        if nth:
            doomed(nth)
        try:
            main(words)
        except SystemExit as error:
            os._exit(int(error.code or 0))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def story(inbox: Path, words: list[str]) -> None:
    for kills in itertools.count():
        number = 1001 + kills
        (inbox / f"{number}.csv").write_text(csv_text(invoice_rows(number)), "utf-8", newline="")
        code = run(words, 1 + kills)
        if code == 0:
            return
        if code != -signal.SIGKILL:
            sys.exit(f"the run ended with {code}")
        if again := run(words, 0):
            sys.exit(f"the run after the kill ended with {again}")


def load() -> None:
    """Read once what every run reads anew: it is most of a small run."""
    shipped, own = overlay.shipped(), Path(os.environ["CONFIRMA_MAPPING"])
    loaded = mapping.load_mapping(own, plugins.discover())
    for module in (contract, overlay):
        module.shipped = lambda: shipped  # type: ignore[attr-defined]
    recognition.load_mapping = lambda *_: loaded  # type: ignore[assignment]


if __name__ == "__main__":
    load()
    story(Path(sys.argv[1]), sys.argv[2:])

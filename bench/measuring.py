"""Paths run one after the other, each in a process of its own, in turns; what is told are their medians."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Contestant", "Figures", "environment", "in_turns"]

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 1800
"""Seconds after which a path counts as hung."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """One path to be measured: a module with `run`, or a command.

    *arguments* makes what it is given afresh before each round, in an empty folder. *python* is the interpreter.
    *rounds* are its own where it is too slow for as many as the others have. *proved* looks at what it did and at that
    folder, and raises when that is not the work that was asked for.
    """

    name: str
    title: str
    module: str = ""
    command: Sequence[str] = ()
    arguments: Callable[[Path], Mapping[str, object]] = lambda _: {}
    python: str = sys.executable
    rounds: int | None = None
    proved: Callable[[dict[str, Any], Path], None] = lambda _did, _folder: None


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians of one contestant. Seconds of its work (*wall*, *cpu*), of the *whole* process with its start; MB.

    *each* is seconds an invoice, where the path tells it itself. *failed* says why there are none.
    """

    title: str
    wall: float = 0.0
    cpu: float = 0.0
    whole: float = 0.0
    memory: float | None = None
    each: float = 0.0
    rounds: int = 0
    did: Mapping[str, Any] = field(default_factory=dict)
    failed: str = ""


def in_turns(contestants: Iterable[Contestant], rounds: int, say: Callable[[str], None]) -> dict[str, Figures]:
    """Measure all of them once, then all once more, *rounds* times; give the medians by name."""
    all_ = list(contestants)
    found: dict[str, list[dict[str, Any]]] = {one.name: [] for one in all_}
    failed: dict[str, str] = {}
    for number in range(rounds):
        for one in all_:
            if one.name in failed or number >= (one.rounds or rounds):
                continue
            try:
                found[one.name].append(_once(one))
            except (subprocess.SubprocessError, AssertionError, OSError) as error:
                failed[one.name] = _brief(error)
                say(f"    {one.title}: failed: {failed[one.name]}")
    return {
        one.name: Figures(one.title, failed=failed[one.name])
        if one.name in failed
        else _medians(one.title, found[one.name])
        for one in all_
    }


def environment() -> dict[str, str]:
    """Give the environment of every path: no settings of ours, English, nobody told of it.

    Modules are compiled once, as an installation does it, whatever this environment says of that.
    """
    left_out = ("CONFIRMA_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {
        "PYTHONPYCACHEPREFIX": str(ROOT / ".work" / "bench" / "compiled"),
        "CONFIRMA_LANGUAGE": "en",
        "DO_NOT_TRACK": "1",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "NO_PROXY": "127.0.0.1",
    }


def _once(one: Contestant) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT / ".work" / "bench") as made:
        folder = Path(made)
        if one.command:
            return _command(one, folder)
        into = folder / "figures.json"
        given = [f"{name}={value}" for name, value in one.arguments(folder).items()]
        began = time.perf_counter()
        done = subprocess.run(
            [one.python, "-m", "bench.path", str(into), one.module, *given],
            cwd=ROOT,
            env=environment() | {"HOME": str(folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        whole = time.perf_counter() - began
        if done.returncode or not into.is_file():
            raise AssertionError(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
        figures: dict[str, Any] = json.loads(into.read_text("utf-8"))
        one.proved(figures["did"], folder)
        return figures | {"whole": whole}


def _command(one: Contestant, folder: Path) -> dict[str, Any]:
    """Measure a command as it is typed: the processor seconds of the process itself, with its start."""
    began = time.perf_counter()
    process = os.posix_spawn(
        one.command[0],
        [*one.command],
        environment() | {"HOME": str(folder)},
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - began
    if status:
        raise AssertionError(f"{' '.join(one.command)} ended with status {status}")
    return {"wall": wall, "whole": wall, "cpu": usage.ru_utime + usage.ru_stime, "memory": None, "did": {}}


def _medians(title: str, found: Sequence[Mapping[str, Any]]) -> Figures:
    def median(name: str) -> float:
        return float(statistics.median(one[name] for one in found))

    memory = None if found[-1]["memory"] is None else median("memory")
    each = statistics.median(one["did"].get("each", 0.0) for one in found)
    return Figures(title, median("wall"), median("cpu"), median("whole"), memory, each, len(found), found[-1]["did"])


def _brief(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[-1] if text else ''}".replace(f"{ROOT}/", "")

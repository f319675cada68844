"""`make bench`: everything measured, the table printed, docs/performance.md written.

python -m bench [--others PYTHON] [--quick] [--only NAME] [--rounds N]
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import statistics
import sys
import time
from dataclasses import replace

from bench import plots, telling
from bench.data import Data
from bench.growth import grown
from bench.measuring import ROOT, in_turns
from bench.scenes import QUICK, Sizes, scenes, served

__all__: list[str] = []

WORK = ROOT / ".work" / "bench"
A_DAY = 86_400


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--others", default=sys.executable, help="the interpreter with the opponents from the index")
    parser.add_argument("--quick", action="store_true", help="one round, small sizes; writes no document")
    parser.add_argument("--only", default="", help="scenes whose name has this in it; writes no document")
    parser.add_argument("--rounds", type=int, help="other than five")
    given = parser.parse_args()
    sizes = QUICK if given.quick else Sizes()
    if given.rounds:
        sizes = replace(sizes, rounds=given.rounds)
    WORK.mkdir(parents=True, exist_ok=True)
    for left in WORK.glob("bench-*"):  # by a run that was killed; another may be at work now
        if time.time() - left.stat().st_mtime > A_DAY:
            shutil.rmtree(left, ignore_errors=True)
    data = Data(WORK / "data", dt.date.today())
    data.forget_others()
    began, load = time.monotonic(), os.getloadavg()[1]

    def say(text: str) -> None:
        print(f"{text}   ({time.monotonic() - began:.0f} s so far)", file=sys.stderr, flush=True)

    measured = []
    for scene in scenes(data, sizes, given.others):
        if given.only in scene.name:
            say(scene.title)
            with served(scene.server or ()) as url:
                measured.append((scene, in_turns(scene.contestants(url), scene.rounds, say)))
            print(telling.table(measured[-1:]), flush=True)
    growth = []
    if given.only in "growth":
        say("growth")
        for one in grown(data, sizes, given.others, say):
            growth.append(one)
            print(telling.table([one]), flush=True)
    if not (given.quick or given.only):
        plots.draw({scene.name: (scene, found) for scene, found in growth}, ROOT / "docs" / "images")
        page = telling.document(measured, growth, load, _flush())
        (ROOT / "docs" / "performance.md").write_text(page, "utf-8")
    say("done")


def _flush() -> str:
    """Measure one flush of a page on the disk of the journals."""
    times = []
    with (WORK / "flush").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - began)
    (WORK / "flush").unlink()
    return f"{statistics.median(times) * 1000:.1f} ms"


if __name__ == "__main__":
    main()

"""`make fuzz`: broken files and answers by the thousand, each of which must be refused in a line or read cleanly.

    make fuzz ARGS="--minutes 5 --seed 7 --only excel"

A mutational fuzzer of our own, not Atheris: no one release of that has wheels for Python 3.11 and 3.13, each is 35 MB, and
what matters here lies behind the checksums of zips, where bytes flipped blindly never come. Linux only. Every input
follows from seed, target and index; findings lie in .work/fuzz, with the input and the traceback.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import json
import os
import resource
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzz_targets import Target, attempted, case, hurried, targets

_CPU, _WALL = 10, 30
"""Seconds for one input: of the processor (it may be busy elsewhere), and by the clock."""
_MEMORY = 512 << 20
_KEPT = 128 << 20
"""A worker that has grown by so much between inputs is replaced: the next input is to have its own room."""
_EXAMPLES = 3


@dataclass
class Tally:
    """What came of one target. *places* counts the findings by where they happened."""

    inputs: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    places: Counter[str] = field(default_factory=Counter)


# ---- one process that tries inputs ----


def _work(target: Target, seed: str, first: int, last: int, step: int, until: float, folder: Path) -> None:
    """Try inputs until the last or the time is over; say of each how it begins and ends, in lines of JSON."""
    trace = (folder / "trace").open("w")
    faulthandler.enable(trace)
    faulthandler.register(signal.SIGXCPU, trace, chain=True)
    _warmed(target, folder)
    imported = _size()
    for index in range(first, last, step):
        if time.time() > until or _size() > imported + _KEPT:
            return _tell(next=index if time.time() <= until else None)
        files, dice = case(target, seed, index)
        place = _fresh(folder / "input")
        _tell(begun=index)
        begun = time.process_time()
        _limit(imported)
        faulthandler.dump_traceback_later(_WALL, exit=True, file=trace)
        try:
            attempted(target, files, dice, place)
        except Exception as error:
            _unlimit()
            _tell_found(error, place)
        finally:
            faulthandler.cancel_dump_traceback_later()
            _unlimit()
        _tell(ended=index, cpu=time.process_time() - begun)
    return _tell(next=None)


def _warmed(target: Target, folder: Path) -> None:
    """Try what the inputs are made from as it is: what is imported late is not counted as theirs."""
    for at, seed in enumerate(target.seeds[:4]):
        place = _fresh(folder / "input")
        try:
            attempted(target, seed, case(target, "warm", at)[1], place)
        except Exception as error:
            _tell_found(error, place)


def _fresh(place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    return place


def _tell_found(error: BaseException, place: Path) -> None:
    kept = Path(tempfile.mkdtemp(dir=place.parent))
    shutil.copytree(place, kept, dirs_exist_ok=True)
    _tell(place=_place(error), trace=_traceback(error), kept=str(kept))


def _size() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * resource.getpagesize()


def _limit(imported: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (imported + _MEMORY, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + _CPU, resource.RLIM_INFINITY))


def _unlimit() -> None:
    for which in (resource.RLIMIT_AS, resource.RLIMIT_CPU):
        resource.setrlimit(which, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _place(error: BaseException) -> str:
    """Name where it happened, so that one mistake is told once."""
    last = error
    while last.__cause__ is not None:
        last = last.__cause__
    frames = traceback.extract_tb(last.__traceback__)
    frame = frames[-1] if frames else None
    where = f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" if frame else ""
    said = str(error)[:60] if "Finding" in type(error).__name__ else ""
    return f"{type(last).__name__} {where} {said}".strip()


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-20_000:]


def _tell(**told: Any) -> None:
    print(json.dumps(told), flush=True)


# ---- the one that watches ----


@dataclass
class _Slot:
    """One worker after another for one target: when one dies, the next goes on behind its input."""

    target: str
    words: list[str]
    until: float
    tally: Tally
    lock: threading.Lock
    folder: Path
    found: Path
    at: int | None = None

    def run(self, first: int, last: int, step: int) -> None:
        following: int | None = first
        while following is not None and following < last and time.time() < self.until:
            following = self._one(following, last, step)

    def _one(self, first: int, last: int, step: int) -> int | None:
        self.folder.mkdir(exist_ok=True)
        words = ["--work", str(first), str(last), str(step), str(self.until), str(self.folder)]
        alone = {"PYTHONHASHSEED": "0", "MALLOC_ARENA_MAX": "1", "OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
        environment = {**os.environ, **alone, "ARROW_DEFAULT_MEMORY_POOL": "system", "ARROW_IO_THREADS": "1"}
        self.at, following = None, None
        with (self.folder / "errors").open("wb") as errors:
            worker = subprocess.Popen(
                [sys.executable, __file__, *self.words, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=environment,
                text=True,
            )
            watch = _Watch(worker)
            for line in worker.stdout or ():
                watch.heard()
                told = json.loads(line)
                following = told.get("next", following)
                self._heard(told)
            code = worker.wait()
            watch.stop()
        if code == 0:
            return following
        said = (self.folder / "errors").read_text(encoding="utf-8", errors="replace")
        kind = f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        if self.at is None:
            raise RuntimeError(f"{self.target}: the worker did not begin: {said[-3000:]}")
        trace = (self.folder / "trace").read_text(encoding="utf-8", errors="replace")
        frame = next((line.strip() for line in trace.splitlines() if line.strip().startswith("File")), said[-200:])
        self._found(f"{kind}: {frame}", f"{kind}\n{trace[-20_000:]}\n{said[-5000:]}", self.folder / "input")
        return self.at + step

    def _heard(self, told: dict[str, Any]) -> None:
        if "begun" in told:
            self.at = told["begun"]
        elif "place" in told:
            self._found(told["place"], told["trace"], Path(told["kept"]))
        elif "ended" in told:
            with self.lock:
                self.tally.inputs += 1
                self.tally.slowest = max(self.tally.slowest, (told["cpu"], told["ended"]))

    def _found(self, place: str, trace: str, made: Path) -> None:
        with self.lock:
            self.tally.places[place] += 1
            is_known = self.tally.places[place] > _EXAMPLES
        if is_known:
            return
        digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(made.rglob("*")) if path.is_file()))
        kept = self.found / f"{self.target}-{digest.hexdigest()[:12]}"
        shutil.copytree(made, kept, dirs_exist_ok=True)
        (kept / "traceback.txt").write_text(f"{' '.join(self.words)}, input {self.at}\n{trace}", encoding="utf-8")
        print(f"FOUND {place}\n      {kept}", flush=True)


class _Watch:
    """Kills a worker that says nothing for long after its own clock should have ended it."""

    def __init__(self, worker: subprocess.Popen[str]) -> None:
        self._worker = worker
        self._timer: threading.Timer | None = None
        self.heard()

    def heard(self) -> None:
        self.stop()
        self._timer = threading.Timer(_WALL + 30, self._worker.kill)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()


def fuzzed(names: list[str], given: argparse.Namespace, words: list[str]) -> Iterator[tuple[str, Tally]]:
    """Fuzz one target after the other, each for its share of the time, in all processes at once."""
    for name in names:
        tally, lock, begun = Tally(), threading.Lock(), time.time()
        until = begun + 60 * given.minutes / len(names)
        with tempfile.TemporaryDirectory() as folder:
            slots = [
                _Slot(name, [*words, "--only", name], until, tally, lock, Path(folder) / str(slot), given.found)
                for slot in range(given.processes)
            ]
            with ThreadPoolExecutor(given.processes) as pool:
                running = [
                    pool.submit(slot.run, given.first + at, given.first + given.inputs, given.processes)
                    for at, slot in enumerate(slots)
                ]
            for one in running:
                one.result()
        tally.seconds = time.time() - begun
        yield name, tally


def main() -> int:
    """Fuzz, and print what was counted; 1 when anything was found."""
    parser = argparse.ArgumentParser(description="Fuzz every adapter and every loader with broken inputs.")
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together")
    parser.add_argument("--inputs", type=int, default=10**9, help="the most for each target")
    parser.add_argument("--first", type=int, default=0, help="the index of the first input: to try one again")
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--only", action="append", default=[], metavar="TARGET")
    parser.add_argument("--adapters", action="append", default=[], type=Path, help="a folder of more adapters")
    parser.add_argument("--seeds", action="append", default=[], type=Path, help="a folder of files to begin with")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    found = Path(__file__).resolve().parents[1] / ".work" / "fuzz"
    parser.add_argument("--found", type=Path, default=found, help="the folder for findings")
    parser.add_argument("--work", nargs=5, help=argparse.SUPPRESS)
    given = parser.parse_args()
    known = targets(given.adapters, given.seeds)
    if unknown := [name for name in given.only if name not in known]:
        parser.error(f"there is no target {unknown[0]}; there are: {', '.join(known)}")
    if given.work:
        first, last, step, until, folder = given.work
        target = known[given.only[0]]()
        assert target
        with hurried():
            _work(target, given.seed, int(first), int(last), int(step), float(until), Path(folder))
        return 0
    print(f"seed {given.seed}", flush=True)
    words = ["--seed", given.seed]
    words += [
        word for name in ("adapters", "seeds") for one in getattr(given, name) for word in (f"--{name}", str(one))
    ]
    names = [name for name in given.only or known if known[name]() is not None]
    for name in set(given.only or known) - set(names):
        print(f"{name}: no sample is there to begin with")
    tallies = dict(fuzzed(names, given, words))
    print(f"{'target':12} {'inputs':>8} {'seconds':>8} {'findings':>9}   slowest")
    for name, tally in tallies.items():
        slowest = f"{tally.slowest[0]:.1f} s (input {tally.slowest[1]})"
        print(f"{name:12} {tally.inputs:8} {tally.seconds:8.0f} {tally.places.total():9}   {slowest}")
        for place, count in tally.places.most_common():
            print(f"  {count:6} {place}")
    return int(any(tally.places for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Runs that are killed in the middle, run again until they end, and held against a run that nobody disturbed."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import workbooks
from openpyxl import load_workbook
from world import HEADERS, MAPPING, TOKEN, Clock, World, invoice_rows

from confirma_connector.journal import TAKEN
from confirma_connector.sandbox import serve_in_thread

__all__ = ["LAYOUTS", "UNDELIVERABLE", "Seen", "Story", "told", "trouble", "undisturbed"]

LAYOUTS = ("csv", "xlsx", "csv in place", "xlsx in place")
_PACE = 3600.0
"""Seconds of the server's clock from one status to the next: nothing moves on unless a story moves the clock."""
QUIET = 0.5
_IN_THE_MIDDLE = "in the middle"
_AFTER_ALL = "after close the journal"
_WRONG, _RIGHT = "00001", "00100"
UNDELIVERABLE = 2001
_LAUNCHER = Path(__file__).with_name("doomed.py")
_PATIENCE = 60.0
_RUNS = 25
_TIME = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d")


@dataclass
class Story:
    """One file of invoices, its world and the clock of its server. *layout* is one of LAYOUTS.

    *corrected* is how often the invoice that cannot be delivered was corrected, to be sent again.
    """

    world: World
    clock: Clock
    layout: str
    invoices: int
    written: bytes = b""
    corrected: int = 0

    @classmethod
    @contextmanager
    def told_in(cls, folder: Path, layout: str, invoices: int, workers: int = 4) -> Iterator[Story]:
        """Begin a story in an empty folder with a server of its own, which outlives whatever is killed."""
        clock = Clock()
        morning = dt.datetime.now(dt.UTC).replace(hour=6)
        clock.ahead = morning.timestamp() - time.time()  # no story goes past midnight
        with serve_in_thread(folder / "store.sqlite3", key=TOKEN, pace=_PACE, clock=clock) as server:
            world = World.at(folder, server, concurrency=workers, quiet_period=QUIET)
            story = cls(world, clock, layout, invoices)
            story.write_source()
            yield story

    @property
    def source(self) -> Path:
        return self.world.folder / f"in.{self.layout.split()[0]}"

    @property
    def is_in_place(self) -> bool:
        return self.layout.endswith("in place")

    @property
    def results(self) -> Path:
        return self.source if self.is_in_place else self.source.with_suffix(f".results{self.source.suffix}")

    @property
    def due(self) -> Counter[int]:
        """The numbers that are to arrive, each with how many copies: one, and one more each time it was corrected."""
        return Counter([*range(1001, 1001 + self.invoices), UNDELIVERABLE, 2002, *[UNDELIVERABLE] * self.corrected])

    def write_source(self) -> None:
        """Write plain invoices, one that cannot be delivered, a credit note and one with a mistake."""
        rows = [row for index in range(self.invoices) for row in invoice_rows(1001 + index, index % 3 + 1)]
        rows += invoice_rows(UNDELIVERABLE, Sähköposti="", Postinumero=_WRONG)
        rows += [*invoice_rows(2002, credits=1001), *invoice_rows(2003, ALV="kaksi")]
        if self.source.suffix == ".xlsx":
            mapping = MAPPING.replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
            (self.world.folder / "mapping.yaml").write_text(mapping, "utf-8")
            workbooks.saved(self.source, Laskut=[HEADERS, *rows])
        else:
            self.world.source(rows=rows)
        self.written = self.source.read_bytes()

    def correct(self) -> None:
        """Do what a person does about the invoice that cannot be delivered: mend its cell in the results file."""
        self.corrected += 1
        if self.results.suffix == ".xlsx":
            book = load_workbook(self.results)
            (sheet,) = book
            for row in sheet.iter_rows():
                for cell in row:
                    cell.value = _RIGHT if cell.value == _WRONG else cell.value
            book.save(self.results)
        else:
            self.results.write_bytes(self.results.read_bytes().replace(_WRONG.encode(), _RIGHT.encode()))

    # -- running ---------------------------------------------------------------------------------------------------

    def send(self, *more: object) -> list[object]:
        """The words of a send."""
        return ["send", *(["--in-place"] if self.is_in_place else []), *more, self.source]

    def send_again(self) -> list[object]:
        """The words of a send of what was corrected."""
        return ["send", "--resend-corrected", self.results]

    def sent_whole(self) -> None:
        """Send all of it in this process, undisturbed."""
        self.world.send(self.source, in_place=self.is_in_place)

    def killed_at(self, words: Sequence[object], point: str, nth: int = 1) -> list[str]:
        """Run until the NTH time of a point (see doomed.py); give what the run went through, [] if it lived."""
        with self._run(words, point, nth) as (process, log):
            process.wait(_PATIENCE)
        return _fate(process, log)

    def killed_after(self, words: Sequence[object], seconds: float) -> list[str]:
        """Kill a run from outside, so many seconds after it got into the middle; give what it went through."""
        with self._run(words, "none", 1) as (process, log):
            while process.poll() is None and not log.is_file():
                time.sleep(0.002)
            while process.poll() is None and _IN_THE_MIDDLE not in _lines(log):
                time.sleep(0.002)
            time.sleep(seconds)
            process.kill()
            process.wait(_PATIENCE)
        return _fate(process, log)

    @contextmanager
    def _run(self, words: Sequence[object], point: str, nth: int) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
        log = self.world.folder / "points.log"
        log.unlink(missing_ok=True)
        process = subprocess.Popen(
            [sys.executable, str(_LAUNCHER), str(log), point, str(nth), *map(str, words)],
            env=self.world.environ(),
            cwd=self.world.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process, log
        finally:
            process.kill()
            process.wait()

    def ended(self, words: Sequence[object]) -> list[int]:
        """Run again until nothing is left to do; give the exit codes, of which the last says how that ended."""
        codes: list[int] = []
        while len(codes) < _RUNS:
            done = self.world.command(*words)
            codes.append(done.returncode)
            if codes[-1] not in (0, 1, 3):
                raise AssertionError(f"exit {codes[-1]}:\n{done.stdout}\n{done.stderr}")
            if codes[-1] < 2 and all(state in TAKEN for state in self.world.states().values()):
                break
        return codes

    def hours_later(self) -> None:
        """Move the server's clock on by one step of an invoice's life."""
        self.clock.ahead += _PACE + 60

    # -- what must be true at the end --------------------------------------------------------------------------------

    def arrived(self) -> Counter[int]:
        """Count the copies in the server's own ledger by number."""
        return Counter(self.world.arrived())

    def bodies(self) -> dict[int, list[bytes]]:
        """Give what the server took, by number."""
        assert self.world.server
        return {number: self.world.server.ledger.bodies(number) for number in self.due}

    def twice(self) -> int:
        """Count the copies too many."""
        return (self.arrived() - self.due).total()

    def lost(self) -> int:
        """Count the copies that the server lacks, and the invoices that the journal does not hold to be taken."""
        states, missing = self.world.states(), self.due - self.arrived()
        return sum(max(missing[number], states.get(number) not in TAKEN) for number in self.due)

    def kept(self) -> bytes:
        """Give the user's own file as it is now: where results went into it, its `.bak`."""
        return (self.results.with_name(f"{self.source.name}.bak") if self.is_in_place else self.source).read_bytes()

    def wrong(self, expected: Seen) -> list[str]:
        """Name everything else that is not as in the undisturbed story."""
        with closing(sqlite3.connect(self.world.settings.journal)) as journal:
            (health,) = journal.execute("PRAGMA integrity_check").fetchone()
        seen = told(self)
        others = sorted(
            name for name in seen.files.keys() | expected.files if seen.files.get(name) != expected.files.get(name)
        )
        checks = {
            f"the journal: {health}": health == "ok",
            f"states: {set(seen.states.items()) ^ set(expected.states.items())}": seen.states == expected.states,
            f"other than in the undisturbed story: {', '.join(others)}": not others,
            "what the server took reads otherwise": seen.bodies == expected.bodies,
            "the user's file was changed": self.kept() == self.written,
            "what the server has is not what the file has": set(self.arrived()) == set(self.due),
        }
        return [words for words, is_so in checks.items() if not is_so]


@dataclass(frozen=True)
class Seen:
    """What there is to see of a story: its files with the times taken out, the journal's states, what the server took."""

    files: dict[str, list[tuple[str, bytes]]]
    states: dict[int, str]
    bodies: dict[int, list[bytes]]


def told(story: Story) -> Seen:
    """Give what is to be seen of a story now; of a workbook every part."""
    files = {path.name: _parts(path) for path in story.world.folder.glob("in.*")}
    return Seen(files, story.world.states(), story.bodies())


def undisturbed(story: Story, *, resends: bool = True) -> list[Seen]:
    """Tell the story without a disturbance: what is seen after `send`, and after `track` on two later occasions.

    With *resends* also after what could not be delivered was corrected, sent again and tracked.
    """
    world = story.world
    world.send(story.source, in_place=story.is_in_place)
    seen = [told(story)]
    for again in (False, True)[: 1 + resends]:
        if again:
            story.correct()
            world.send(story.results, resend_corrected=True)
        for _ in range(2):
            story.hours_later()
            world.track()
        seen.append(told(story))
    assert story.twice() == story.lost() == 0
    return seen


def trouble(story: Story) -> None:
    """Let answers be lost and late while the runs are killed; each in a few, so that runs get on."""
    world = story.world
    world.fault("create", "drop", after_commit=True, every=7)
    world.fault("create", "status", status=502, after_commit=True, every=11)
    world.fault("create", "drop", every=13)
    world.fault("create", "late", seconds=0.2, status=502, every=17)


def _parts(path: Path) -> list[tuple[str, bytes]]:
    if not zipfile.is_zipfile(path):
        return [(path.name, _TIME.sub(b"<time>", path.read_bytes()))]
    with zipfile.ZipFile(path) as archive:
        return [(name, _TIME.sub(b"<time>", archive.read(name))) for name in archive.namelist()]


def _lines(log: Path) -> list[str]:
    return log.read_text("utf-8").splitlines() if log.is_file() else []


def _fate(process: subprocess.Popen[Any], log: Path) -> list[str]:
    lines = _lines(log)
    was_hit = process.returncode == -9 and _IN_THE_MIDDLE in lines and _AFTER_ALL not in lines
    return lines if was_hit else []

"""Watching a folder: each file that is whole is sent once and moved with its answer; now and then all are tracked."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from confirma_connector import pipeline
from confirma_connector.arriving import Arrivals
from confirma_connector.claiming import Folders, claim, jobs
from confirma_connector.errors import Busy, SettingsError, Unavailable, UnwritableResults
from confirma_connector.files import locked, replacing
from confirma_connector.handling import Happening, handle, name_of, refuse_all
from confirma_connector.language import because, tr, trn
from confirma_connector.report import Report
from confirma_connector.run import Choice, Run, in_its_language

__all__ = ["Folders", "Happening", "Orders", "Schedule", "watch"]

_WORST = (2, 1, 3, 0)
_LONGEST_PAUSE = 600.0
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """When to track: so long after the last time, or at a time of the day. What was missed is done at once."""

    every: dt.timedelta | None = None
    at: dt.time | None = None

    def is_due(self, last: dt.datetime | None, now: dt.datetime) -> bool:
        """Tell whether it is time; both are local times."""
        if last is None or last > now:
            return True
        if self.at is not None:
            today = dt.datetime.combine(now.date(), self.at)
            return last < (today if today <= now else today - dt.timedelta(days=1))
        return self.every is not None and now - last >= self.every


@dataclass(frozen=True, slots=True)
class Orders:
    """What a watch is to do: which files of which folder, how they are sent, how often it looks, when it tracks.

    *settle* and *every* are seconds. With *is_once* it deals with what is there and ends.
    """

    folders: Folders
    choice: Choice = field(default_factory=Choice)
    patterns: tuple[str, ...] = ("*",)
    settle: float = 5.0
    every: float = 10.0
    schedule: Schedule | None = None
    is_once: bool = False


@in_its_language
def watch(run: Run, orders: Orders, hear: Callable[[Happening], None]) -> int:
    """Watch until somebody stops it, or with `is_once` until all that is there has been dealt with; give the exit code.

    Raises what keeps every file from being sent; what had begun goes on with the next start.
    """
    folders = orders.folders
    folders.check()
    if run.settings.environment == "production" and not orders.choice.is_agreed:
        raise SettingsError(tr("production asks before anything goes, and a watch has nobody to ask: say --yes"))
    watching = _Watching(run, orders, hear, Arrivals(folders.inbox, orders.patterns, orders.settle))
    try:
        return watching.go()
    except KeyboardInterrupt:
        return 130


@dataclass
class _Watching:
    """One watch on its way. *later* says when a job is tried again that is not to be tried at once.

    *vain* says of a job that could not be brought on what kept it, and how often it was tried.
    """

    run: Run
    orders: Orders
    hear: Callable[[Happening], None]
    arrivals: Arrivals
    codes: set[int] = field(default_factory=lambda: {0})
    later: dict[Path, float] = field(default_factory=dict)
    vain: dict[Path, tuple[str, int]] = field(default_factory=dict)
    begun: set[Path] = field(default_factory=set)
    said: str = ""
    failures: int = 0

    def go(self) -> int:
        work = self.orders.folders.work
        try:
            work.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise SettingsError(
                tr("IN {folder}: cannot be written into ({reason})", folder=work.parent, reason=because(error))
            ) from None
        with contextlib.ExitStack() as stack:
            while not self._is_ours(stack):
                self._pause(self.orders.every)
            with contextlib.suppress(Unavailable):
                refuse_all(self.run, self.orders.folders, self.orders.choice, self.hear)
            self.hear(Happening("watching", str(self.orders.folders.inbox)))
            while True:
                pause = self._round()
                if self.orders.is_once:
                    return min(self.codes, key=_WORST.index)
                self._pause(pause)

    def _is_ours(self, stack: contextlib.ExitStack) -> bool:
        """Whether no other watch has this folder. Raises Busy with `is_once`."""
        busy = tr("another watch of {folder} is active", folder=self.orders.folders.inbox)
        try:
            stack.enter_context(locked(self.orders.folders.work / "lock", busy))
        except Busy as error:
            if self.orders.is_once:
                raise
            self._wait(error)
            return False
        self.said = ""
        return True

    def _pause(self, seconds: float) -> None:
        if self.run.stop.wished.wait(seconds):
            raise KeyboardInterrupt

    def _wait(self, error: Exception) -> None:
        """Say what is waited for, once."""
        message = _told(error)
        if message != self.said:
            self.said = message
            self.hear(Happening("waiting", message=message))

    def _round(self) -> float:
        """Do everything there is to do; give for how long to pause. What cannot be done now waits for a later round."""
        try:
            for place in jobs(self.orders.folders):
                self._handle(place)
            self._take()
            self._track()
        except (Unavailable, UnwritableResults, OSError) as error:
            self.codes.add(3 if isinstance(error, Unavailable) else 1)
            self._wait(error)
            pause = self._longer(self.failures)
            self.failures += not isinstance(error, Busy)
            return pause
        self.said, self.failures = "", 0
        return self.orders.every

    def _longer(self, failures: int) -> float:
        pause = self.orders.every * 2.0 ** min(failures, 10)
        return min(pause, max(self.orders.every, _LONGEST_PAUSE))

    def _handle(self, place: Path) -> None:
        """Bring a job on. What keeps only this one is said, and keeps no other; a folder that is away keeps all."""
        self._pause(0)
        if time.monotonic() < self.later.get(place, 0):
            return
        try:
            self._bring_on(place)
        except (UnwritableResults, OSError) as error:
            if not self.orders.folders.are_there:
                raise
            message, (said, failures) = _told(error), self.vain.get(place, ("", 0))
            self.vain[place] = (message, failures + 1)
            self.later[place] = time.monotonic() + self._longer(failures)
            self.codes.add(1)
            if message != said:
                self.hear(Happening("waiting", message=message))

    def _bring_on(self, place: Path) -> None:
        if place not in self.begun:
            self.begun.add(place)
            if name := name_of(place):
                self.hear(Happening("begun", name))
        code = handle(self.run, self.orders.folders, self.orders.choice, place, self.hear)
        self.codes.add(code)
        if code == 3:
            self.later[place] = time.monotonic() + self.run.settings.quiet_period
        else:
            self.begun.discard(place)
            self.later.pop(place, None)
            self.vain.pop(place, None)

    def _take(self) -> None:
        """Take every file that is whole, one after the other. One that is held by another program waits alone."""
        begun = time.monotonic()
        is_waiting, whole = self._look(begun)
        if is_waiting and self.orders.is_once:
            while (left := begun + self.orders.settle - time.monotonic()) > 0:
                self._pause(left)
            _, whole = self._look(time.monotonic())
        kept: OSError | None = None
        for name in whole:
            if not self.arrivals.is_as_seen(name):  # those before it may have taken long
                continue
            try:
                place = claim(self.orders.folders, name)
            except FileNotFoundError:
                continue
            except OSError as error:
                kept = error
                continue
            self._handle(place)
        if kept:
            raise kept

    def _look(self, now: float) -> tuple[bool, list[str]]:
        look = self.arrivals.look(now)
        for name in look.new:
            self.hear(Happening("seen", name))
        for name, why in look.unfit.items():
            self.hear(Happening("waiting", name, message=why))
        return look.is_unsettled, list(look.whole)

    def _track(self) -> None:
        """Track, if it is time. The moment is remembered in the work folder, so that a restart changes nothing."""
        file = self.orders.folders.work / "tracked"
        now = dt.datetime.now()
        if not self.orders.schedule or not self.orders.schedule.is_due(_read(file), now):
            return
        report = pipeline.track(self.run, Choice())
        with replacing(file) as fresh:
            fresh.write_text(now.isoformat(), "utf-8")
        self.codes.add(report.exit_code)
        self.hear(
            Happening("tracked", states=report.journal, message=_short(_notices(report)), attention=report.attention)
        )


def _told(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename2 or error.filename}: {because(error)}"
    return str(error)


def _notices(report: Report) -> list[str]:
    unwritten = [notice for file in report.files if not file.results for notice in file.notices]
    return [*unwritten, *report.notices]


def _short(notices: list[str]) -> str:
    left = len(notices) - _TOLD
    more = [trn("and {count} more", "and {count} more", left)] if left > 0 else []
    return "; ".join([*notices[:_TOLD], *more])


def _read(file: Path) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(file.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None

"""`make soak`: kill a thousand runs in the middle, run them again to the end, and count what came twice or was lost.

    make soak ARGS="--kills 200 --seed 7 --minutes 5 --processes 4"
    make soak ARGS="--other"      against another server, whose habits and faults the seed decides

Every story has a folder, a journal and a server of its own. Its runs are killed at random points and at random moments,
with 1, 4 or 16 requests under way, with and without trouble on the server's side; then they are run again until they
end: `send`, `track`, and once what could not be delivered is corrected, `send --resend-corrected` and `track`. The seed
decides everything but the moments.
"""

from __future__ import annotations

import argparse
import itertools
import math
import multiprocessing
import os
import random
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from killing import LAYOUTS, Seen, Story, trouble, undisturbed
from other_habits import habits_of
from other_story import OtherStory

_INVOICES = 48


@dataclass
class Tally:
    """What was counted. *points* are where runs died, *wrong* is everything that is not as it must be."""

    stories: int = 0
    kills: int = 0
    resumes: int = 0
    invoices: int = 0
    twice: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        """Give the sums in one line."""
        return (
            f"kills {self.kills}, resumes {self.resumes}, stories {self.stories}, invoices {self.invoices}, "
            f"twice {self.twice}, lost {self.lost}, otherwise wrong {len(self.wrong)}"
        )

    def add(self, other: Tally) -> None:
        for name in ("stories", "kills", "resumes", "invoices", "twice", "lost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        self.points += other.points


@cache
def expected(layout: str) -> list[Seen]:
    with tempfile.TemporaryDirectory() as folder, Story.told_in(Path(folder), layout, _INVOICES) as story:
        return undisturbed(story)


def story_of(seed: str, *, is_other: bool = False) -> Tally:
    """Tell one story: everything in it follows from *seed*, except how far a run comes within a time."""
    tally = Tally(stories=1, invoices=_INVOICES + 2)
    try:
        (_tell_another if is_other else _tell)(seed, tally)
    except Exception as error:  # one broken story must not cost the count of all the others
        tally.wrong.append(f"{seed}: {type(error).__name__}: {error}")
    return tally


def _tell(seed: str, tally: Tally) -> None:
    dice = random.Random(seed)
    layout, workers = dice.choice(LAYOUTS), dice.choice((1, 4, 16))
    sent, tracked, mended = expected(layout)
    with (
        tempfile.TemporaryDirectory() as folder,
        Story.told_in(Path(folder), layout, _INVOICES, workers) as story,
    ):
        if dice.random() < 0.5:
            trouble(story)
        story.world.fault("create", "slow", seconds=0.02, after_commit=dice.random() < 0.5)
        where = f"{seed}: {layout}, {workers} workers"
        _send(story, dice, tally)
        _judge(story, sent, tally, f"{where}, after send")
        _track(story, dice, tally)
        _judge(story, tracked, tally, f"{where}, after track")
        story.correct()
        for _ in range(3):
            _killed(story, story.send_again(), dice, tally, points=22, seconds=0.1)
        tally.resumes += len(story.ended(story.send_again()))
        _track(story, dice, tally)
        _judge(story, mended, tally, f"{where}, after sending again what was corrected")


def _tell_another(seed: str, tally: Tally) -> None:
    """Tell a story of sending and tracking against another server, in trouble all the while."""
    dice, habits = random.Random(seed), habits_of(seed)
    layout, workers = dice.choice(LAYOUTS), dice.choice((1, 4, 16))
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / name for name in ("undisturbed", "killed")]
        for place in places:
            place.mkdir()
        with OtherStory.with_habits(places[0], layout, _INVOICES, habits.calm()) as story:
            _, tracked = undisturbed(story, resends=False)
        with OtherStory.with_habits(places[1], layout, _INVOICES, habits, seed=seed, workers=workers) as story:
            story.server.troubles = 40
            where = f"{seed}: {layout}, {workers} workers, {habits}"
            _send(story, dice, tally)
            _judge(story, None, tally, f"{where}, after send")  # what was found in the list is seen to be further on
            story.server.troubles = 10
            _track(story, dice, tally)
            story.server.troubles = 0
            tally.resumes += len(story.ended(["track"]))
            _judge(story, tracked, tally, f"{where}, after track")


def _send(story: Story, dice: random.Random, tally: Tally) -> None:
    """Send some at a time and kill that, until everything was begun; then send to the end."""
    for _ in range(30):
        limit = dice.randint(2, 12)
        words = story.send("--limit", limit)
        if not _killed(story, words, dice, tally, points=4 * limit + 16, seconds=0.3) and _has_all(story):
            break
    tally.resumes += len(story.ended(story.send()))


def _track(story: Story, dice: random.Random, tally: Tally) -> None:
    """Track on two later occasions, and kill that too."""
    for _ in range(2):
        story.hours_later()
        for _ in range(3):
            _killed(story, ["track"], dice, tally, points=18, seconds=0.06)
        tally.resumes += len(story.ended(["track"]))


def _has_all(story: Story) -> bool:
    states = story.world.states()
    return all(number in states for number in story.due)


def _killed(
    story: Story, words: Sequence[object], dice: random.Random, tally: Tally, *, points: int, seconds: float
) -> bool:
    """Kill a run at one of so many points or within so many seconds; the next run is the one that resumes."""
    tally.resumes += bool(tally.kills)
    if dice.random() < 0.5:
        lines = story.killed_at(words, "any", dice.randint(1, points))
    else:
        lines = story.killed_after(words, dice.uniform(0, seconds))
    if lines:
        tally.kills += 1
        tally.points[lines[-1]] += 1
    return bool(lines)


def _judge(story: Story, seen: Seen | None, tally: Tally, where: str) -> None:
    twice, lost = story.twice(), story.lost()
    tally.twice, tally.lost = max(tally.twice, twice), max(tally.lost, lost)
    found = [f"{count} {what}" for what, count in (("twice", twice), ("lost", lost)) if count]
    tally.wrong += [f"{where}: {words}" for words in [*found, *(story.wrong(seen) if seen else [])]]


def soaked(kills: int, seed: str, minutes: float, processes: int, *, is_other: bool = False) -> Tally:
    """Tell stories in so many processes until there were so many kills, or the time is over."""
    end, whole, counter = time.monotonic() + 60 * minutes, Tally(), itertools.count()
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        running: set[Future[Tally]] = set()
        while True:
            is_over = whole.kills >= kills or time.monotonic() > end
            while not is_over and len(running) < processes:
                running.add(pool.submit(story_of, f"{seed}-{next(counter)}", is_other=is_other))
            if not running:
                return whole
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                told = future.result()
                whole.add(told)
                for line in told.wrong:
                    print(f"WRONG {line}", flush=True)
                print(f"  {whole.line()}", file=sys.stderr, flush=True)


def main() -> int:
    """Soak, and print what was counted; 1 when anything came twice, was lost or is otherwise wrong."""
    parser = argparse.ArgumentParser(description="Kill runs in the middle and count what came twice or was lost.")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", default=secrets.token_hex(4))
    parser.add_argument("--minutes", type=float, default=math.inf)
    parser.add_argument("--processes", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--other", action="store_true", help="against another server, with other habits and faults")
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    tally = soaked(given.kills, given.seed, given.minutes, given.processes, is_other=given.other)
    for point, count in tally.points.most_common():
        print(f"  {count:5} {point}")
    print(f"seed {given.seed}: {tally.line()}")
    return int(bool(tally.twice or tally.lost or tally.wrong))


if __name__ == "__main__":
    sys.exit(main())

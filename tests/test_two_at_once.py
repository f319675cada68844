"""Two processes on one journal, one file or one account at once: one waits its turn, and a killed one blocks nobody."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import workbooks
from test_cli import invoke
from world import HEADERS, MAPPING, Clock, World, csv_rows, invoice_rows

from confirma_connector import pipeline
from confirma_connector.errors import Busy, JournalError
from confirma_connector.journal import TAKEN
from confirma_connector.pipeline import Choice, Event

POSIX = pytest.mark.skipif(os.name != "posix", reason="there is no SIGSTOP elsewhere")
NUMBERS = list(range(1001, 1013))
OTHER = {"CONFIRMA_ACCOUNT": "other", "CONFIRMA_TOKEN": "another-key-of-theirs"}
THEIR_SELLER = {"Y-tunnus": "2331972-7"}
pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("read_once")]


def source(world: World, kind: str, *numbers: int) -> Path:
    if kind == "csv":
        return world.source(*numbers)
    mapping = MAPPING.replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
    (world.folder / "mapping.yaml").write_text(mapping, "utf-8")
    rows = [row for number in numbers for row in invoice_rows(number)]
    return workbooks.saved(world.folder / "in.xlsx", Laskut=[HEADERS, *rows])


def wait_for(world: World, posts: int) -> None:
    end = time.monotonic() + 60
    while world.posts() < posts:
        assert time.monotonic() < end, "the command sends nothing"
        time.sleep(0.01)


def at_rest(world: World) -> int:
    """Give the count of posts when no more come: what a run had under way as it was stopped is still counted."""
    counts = [-1, world.posts()]
    while counts[-1] and counts[-1] != counts[-2]:
        time.sleep(0.3)
        counts.append(world.posts())
    return counts[-1]


@contextmanager
def stopped(world: World, *words: object, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Give a run that stands still in the middle of its sending, holding whatever it holds."""
    before = at_rest(world)
    process = world.start(*words, **environ)
    try:
        wait_for(world, before + 1)
        process.send_signal(signal.SIGSTOP)
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def goes_on(process: subprocess.Popen[str]) -> int:
    """Let a run that stands still go on to its end; give its exit code."""
    process.send_signal(signal.SIGCONT)
    print(*process.communicate(timeout=60))
    return process.returncode


def assert_each_arrived_once(world: World, file: Path) -> None:
    """Running again is all there is to do."""
    assert world.server
    world.server.faults.clear()
    assert invoke(world, "send", file)[0] == 0
    assert world.arrived() == NUMBERS
    assert set(world.states()) == set(NUMBERS)
    assert set(world.states().values()) <= TAKEN


# -- one account -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_sends_of_the_same_file_at_the_same_moment_send_it_once(world: World, kind: str) -> None:
    file = source(world, kind, *NUMBERS)
    runs = [world.start("send", file) for _ in range(2)]
    outputs = [run.communicate(timeout=120) for run in runs]
    codes = [run.returncode for run in runs]
    assert set(codes) <= {0, 3}, outputs
    assert 0 in codes
    assert [path.name for path in world.folder.glob("*results*")] == [f"in.results.{kind}"]
    assert_each_arrived_once(world, file)


@POSIX
def test_a_run_that_stands_still_is_waited_for_and_goes_on_as_if_nothing_had_been(world: World) -> None:
    world.fault("create", "slow", seconds=0.1)
    file = source(world, "csv", *NUMBERS)
    with stopped(world, "send", file) as first:
        for words in (["send", file], ["track"], ["adopt", file, "--reason", "x"]):
            code, _, err = invoke(world, *words)
            assert (code, "another run for account acme (staging) is active" in err) == (3, True)
        assert invoke(world, "status")[0] == invoke(world, "check", file)[0] == 0
        assert goes_on(first) == 0
    assert len(csv_rows(world.folder / "in.results.csv")) == len(NUMBERS)
    assert_each_arrived_once(world, file)


@POSIX
@pytest.mark.parametrize("words", [["send", "in.csv"], ["track"]])
def test_a_run_killed_while_it_stands_still_blocks_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(world.folder)
    world = world.but(quiet_period=1)  # what was under way when the run was killed arrives within it
    world.fault("create", "slow", seconds=0.2)
    file = source(world, "csv", *NUMBERS)
    with stopped(world, "send", file) as first:
        first.kill()
        first.communicate(timeout=60)
    assert world.server
    world.server.faults.clear()
    code, out, err = invoke(world, *words)
    assert code in (0, 1), (out, err)
    assert "sending" not in world.states().values()
    assert_each_arrived_once(world, file)


@POSIX
def test_a_send_finds_a_track_under_way_and_sends_nothing(world: World) -> None:
    file = source(world, "csv", *NUMBERS)
    assert invoke(world, "send", file, "--limit", 1)[0] == 0
    world.fault("listing", "slow", seconds=1)
    assert world.server
    before = world.server.ledger.request_count("listing")
    track = world.start("track")
    while world.server.ledger.request_count("listing") == before:
        time.sleep(0.01)
    assert invoke(world, "send", file)[0] == 3
    assert world.arrived() == NUMBERS[:1]
    track.communicate(timeout=60)
    assert track.returncode == 0
    assert_each_arrived_once(world, file)


@POSIX
def test_a_lock_file_that_somebody_deletes_makes_nothing_go_twice(world: World, clock: Clock) -> None:
    world = world.but(quiet_period=600)
    world.fault("create", "slow", seconds=0.1)
    file = source(world, "csv", *NUMBERS)
    with stopped(world, "send", file) as first:
        for lock in world.settings.journal.parent.glob("*.lock"):
            lock.unlink()
        assert invoke(world, "send", file)[0] == 1
        assert set(world.states().values()) <= {"uncertain", "waiting", "delivered"}
        assert goes_on(first) in (1, 2)
    for _ in range(2):
        invoke(world, "send", file)
        clock.ahead += 700
    assert_each_arrived_once(world, file)


# -- one journal -------------------------------------------------------------------------------------------------------


def test_two_accounts_begin_a_journal_at_the_same_moment(world: World) -> None:
    theirs = world.source(name="b.csv", rows=invoice_rows(1001, **THEIR_SELLER))
    runs = [world.start("send", world.source(1001)), world.start("send", theirs, **OTHER)]
    outputs = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert world.states() == world.but(account="other").states() == {1001: "waiting"}


@dataclass
class Other:
    """Another program that stands still in the middle of writing the journal."""

    database: sqlite3.Connection | None = None

    def hold(self, journal: Path) -> None:
        if self.database is None:
            self.database = sqlite3.connect(journal, isolation_level=None)
            self.database.execute("BEGIN IMMEDIATE")

    def close(self) -> None:
        if self.database is not None:
            self.database.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for the journal for a moment only: in real life it is half a minute."""
    connect = sqlite3.connect

    def connecting(path: Any, **more: Any) -> sqlite3.Connection:
        return connect(path, **more | ({"timeout": 0.1} if Path(path).name == "journal.sqlite3" else {}))

    monkeypatch.setattr(sqlite3, "connect", connecting)


@pytest.mark.usefixtures("impatient")
def test_a_journal_that_another_run_holds_for_too_long_is_exit_3(world: World) -> None:
    file = source(world, "csv", *NUMBERS)
    assert invoke(world, "send", file, "--limit", 1)[0] == 0
    with closing(Other()) as other:
        other.hold(world.settings.journal)
        code, _, err = invoke(world, "send", file)
    assert code == 3
    assert "nothing is lost, run again" in err
    assert world.arrived() == NUMBERS[:1]
    assert_each_arrived_once(world, file)


@pytest.mark.usefixtures("impatient")
def test_a_journal_that_another_run_holds_in_the_middle_of_a_sending_loses_nothing(world: World) -> None:
    file = source(world, "csv", *NUMBERS)
    with closing(Other()) as other:

        def hear(event: Event) -> None:
            if event.what == "sending":
                other.hold(world.settings.journal)

        with pytest.raises(Busy):
            pipeline.send(world.run(hear=hear), Choice((file,)))
    assert 0 < len(world.arrived()) < len(NUMBERS)
    assert_each_arrived_once(world, file)


@pytest.mark.parametrize("how", ["moved", "replaced"])
def test_a_run_whose_journal_goes_away_stops_and_once_it_is_back_nothing_is_lost(world: World, how: str) -> None:
    file, journal = source(world, "csv", *NUMBERS), world.settings.journal
    away = journal.with_name("away.sqlite3")

    def hear(event: Event) -> None:
        if event.what == "sending" and not away.exists():
            journal.rename(away)
            if how == "replaced":
                journal.write_bytes(away.read_bytes())

    with pytest.raises(JournalError, match="was moved, deleted or replaced"):
        pipeline.send(world.run(hear=hear), Choice((file,)))
    assert 0 < len(world.arrived()) < len(NUMBERS)
    away.replace(journal)
    assert_each_arrived_once(world, file)


# -- one file ----------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("journals", ["one journal", "two journals"])
def test_two_accounts_that_want_one_results_file_leave_it_to_the_first(world: World, journals: str) -> None:
    world.fault("create", "slow", seconds=0.1)
    world.source(*NUMBERS)
    world.source(name="b.csv", rows=invoice_rows(2001, **THEIR_SELLER))
    shared = world.folder / "shared.csv"
    journal = world.folder / "theirs" / "journal.sqlite3" if journals == "two journals" else world.settings.journal
    theirs = {**OTHER, "CONFIRMA_JOURNAL": str(journal)}
    with (
        stopped(world, "send", "in.csv", "--output", shared) as first,
        stopped(world, "send", "b.csv", "--output", shared, **theirs) as second,
    ):
        assert goes_on(first) == 0
        left = shared.read_bytes()
        assert goes_on(second) == 1
    assert shared.read_bytes() == left
    assert [row["Nro"] for row in csv_rows(shared)] == list(map(str, NUMBERS))
    assert invoke(world, "send", world.folder / "b.csv", "--output", shared, **theirs)[0] == 2
    assert invoke(world, "send", world.folder / "b.csv", **theirs)[0] == 0
    assert [row["confirma_state"] for row in csv_rows(world.folder / "b.results.csv")] == ["waiting"]
    assert world.arrived() == [*NUMBERS, 2001]

"""Files in daily life: edited, spoilt, deleted, replaced, oddly named, on a full disk; clocks that jump. Nothing is lost."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest
import workbooks
from test_cli import invoke
from world import HEADERS, MAPPING, Clock, World, csv_rows, invoice_rows

from confirma_connector import pipeline
from confirma_connector.errors import JournalError, SourceError
from confirma_connector.pipeline import Choice, Event

POSIX = pytest.mark.skipif(os.name != "posix", reason="limits and links as POSIX has them")
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system itself refuses such a name")
pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("read_once")]


@dataclass(frozen=True)
class Desk:
    """A world whose lists are of one kind, csv or xlsx."""

    world: World
    kind: str

    @property
    def results(self) -> Path:
        return self.path("in.results")

    def path(self, name: str) -> Path:
        return self.world.folder / f"{name}.{self.kind}"

    def list(self, *numbers: int, name: str = "in") -> Path:
        rows = [row for number in numbers for row in invoice_rows(number, Asiakas=f"Ostaja {number} Oy")]
        if self.kind == "csv":
            return self.world.source(name=f"{name}.csv", rows=rows)
        return workbooks.saved(self.path(name), Laskut=[HEADERS, *rows])

    def states(self, path: Path) -> dict[str, str]:
        """Give the state beside each number, as a person sees it."""
        if self.kind == "csv":
            return {row["Nro"]: row["confirma_state"] for row in csv_rows(path)}
        head, *lines = openpyxl.load_workbook(path)["Laskut"].values
        at = head.index("confirma_state")
        return {str(line[0]): str(line[at] or "") for line in lines}

    def names(self) -> list[str]:
        return sorted(path.name for path in self.world.folder.iterdir() if path.name not in ("journal", "mapping.yaml"))

    def send_with(self, file: Path, hear: Any, **choice: Any) -> Any:
        return pipeline.send(self.world.run(hear=hear), Choice((file,), **choice))


@pytest.fixture(params=["csv", "xlsx"])
def desk(world: World, request: pytest.FixtureRequest) -> Desk:
    if request.param == "xlsx":
        text = MAPPING.replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
        (world.folder / "mapping.yaml").write_text(text, "utf-8")
    return Desk(world, request.param)


def all_of(state: str, *numbers: int) -> dict[str, str]:
    return {str(number): state for number in numbers}


# -- the results file --------------------------------------------------------------------------------------------------


def spoil(path: Path, how: str) -> None:
    if how == "a folder":
        path.unlink()
        path.mkdir()
    else:
        path.write_bytes({"nothing": b"", "not ours": b"mine;yours\n1;2\n", "half": path.read_bytes()[:900]}[how])


@pytest.mark.parametrize("how", ["nothing", "half", "not ours", "a folder"])
def test_a_spoilt_results_file_is_left_alone_and_another_is_made(desk: Desk, how: str) -> None:
    source = desk.list(1001, 1002)
    desk.world.send(source)
    desk.world.send(desk.list(1003, name="b"))
    if (desk.kind, how) == ("csv", "half"):
        desk.results.write_text("\n".join(HEADERS), "utf-8")  # every cut elsewhere leaves a list that can be read
    else:
        spoil(desk.results, how)
    before = desk.results.is_dir() or desk.results.read_bytes()
    code, out, _ = invoke(desk.world, "track")
    assert (code, "next run catches up" in out, f"confirma track {source}" in out) == (1, True, True)
    assert desk.states(desk.path("b.results")) == all_of("delivered", 1003)
    code, out, _ = invoke(desk.world, "send", source)
    assert (code, f"{desk.results.name} left alone" in out) == (0, True)
    assert (desk.results.is_dir() or desk.results.read_bytes()) == before
    assert desk.states(desk.path("in.results-2")) == all_of("delivered", 1001, 1002)
    assert desk.world.arrived() == [1001, 1002, 1003]
    for path in (desk.results, desk.path("in.results-2")):
        path.rmdir() if path.is_dir() else path.unlink()
    assert invoke(desk.world, "track", source)[0] == 0
    assert desk.states(desk.results) == all_of("delivered", 1001, 1002)


def test_a_csv_that_was_cut_off_keeps_the_states_of_what_is_left_and_says_what_is_missing(world: World) -> None:
    desk = Desk(world, "csv")
    source = desk.list(1001, 1002, 1003)
    world.send(source)
    whole = desk.results.read_bytes()
    desk.results.write_bytes(whole[: whole.rindex(b"1003;")])
    assert invoke(world, "track")[0] == 0
    assert desk.states(desk.results) == all_of("delivered", 1001, 1002)
    assert "in.results.csv lacks 1 of the invoices of in.csv: 1003" in invoke(world, "send", source)[1]
    desk.results.unlink()
    world.track(source)
    assert desk.states(desk.results) == all_of("delivered", 1001, 1002, 1003)


def test_another_list_in_the_place_of_the_results_gets_none_of_them(desk: Desk) -> None:
    source = desk.list(1001, 1002)
    desk.world.send(source)
    desk.list(2001, 2002, name="next").replace(desk.results)
    theirs = desk.results.read_bytes()
    code, out, _ = invoke(desk.world, "track")
    assert (code, "is left alone" in out) == (0, True)
    assert "has none of the invoices" in invoke(desk.world, "send", source)[1]
    assert desk.results.read_bytes() == theirs
    assert desk.states(desk.path("in.results-2")) == all_of("delivered", 1001, 1002)
    assert desk.names() == sorted([source.name, desk.results.name, f"in.results-2.{desk.kind}"])


def test_an_older_copy_saved_over_the_results_gets_its_states_back(desk: Desk) -> None:
    desk.world.send(desk.list(1001, 1002))
    older = desk.results.read_bytes()
    desk.world.track()
    desk.results.write_bytes(older)  # another program had it open all the time
    assert desk.states(desk.results) == all_of("waiting", 1001, 1002)
    assert invoke(desk.world, "track")[0] == 0
    assert desk.states(desk.results) == all_of("delivered", 1001, 1002)


@pytest.mark.parametrize("in_place", [False, True])
def test_a_file_that_is_open_in_another_program_is_written_by_the_next_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    source = desk.list(1001, 1002)
    before, target = source.read_bytes(), source if in_place else desk.results

    def replace(fresh: Any, final: Any, step: Any = os.replace) -> None:
        if Path(final) == target:  # as Windows does while Excel has it open
            raise PermissionError(13, "Permission denied", str(final))
        step(fresh, final)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", replace)
        report = desk.world.send(source, in_place=in_place)
        assert report.exit_code == 1
        assert "is it open in another program?" in str(report)
    assert source.read_bytes() == before
    assert [name for name in desk.names() if name not in (source.name, f"{source.name}.bak")] == []
    assert invoke(desk.world, "send", source, *["--in-place"] * in_place)[0] == 0
    assert desk.states(target) == all_of("waiting", 1001, 1002)
    assert desk.world.arrived() == [1001, 1002]


SAVING = """
import csv
import pathlib
from collections.abc import Iterable, Iterator
from confirma_connector import Record, Result, Source, hookimpl

@hookimpl
def read(source: Source) -> Iterator[Record]:
    with source.path.open(encoding="utf-8", newline="") as file:
        for at, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            yield Record(values=row, at=at, where=f"line {at}")

@hookimpl
def write_results(source: Source, results: Iterable[Result], target: pathlib.Path) -> str:
    header, *rows = source.path.read_text("utf-8").splitlines()
    told = {result.at: ";".join(result.cells()) for result in results}
    lines = [f"{header};{';'.join(source.headers.names())}"]
    lines += [f"{row};{told.get(at, ';;;')}" for at, row in enumerate(rows, 2)]
    target.write_text("".join(line + chr(10) for line in lines), "utf-8")
    source.path.with_name("in.results.csv").write_text("what a person saves just now", "utf-8")
    return ""
"""


def test_what_a_person_saves_while_the_results_are_written_is_not_overwritten(world: World) -> None:
    (world.folder / "adapters").mkdir()
    (world.folder / "adapters" / "saving.py").write_text(SAVING, "utf-8")
    (world.folder / "mapping.yaml").write_text(MAPPING.replace("csv_file", "saving"), "utf-8")
    source = world.source(1001)
    code, out, _ = invoke(world, "send", source, "--adapters", world.folder / "adapters")
    assert (world.folder / "in.results.csv").read_text("utf-8") == "what a person saves just now"
    assert (code, "was changed while its results were written" in out) == (1, True)
    assert world.states() == {1001: "waiting"}


# -- the source --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["sorted", "replaced", "cut off", "a folder"])
def test_a_source_that_changes_while_it_is_sent_loses_no_state(desk: Desk, how: str) -> None:
    source = desk.list(1001, 1002, 1003)
    before = source.read_bytes()

    def hear(event: Event) -> None:
        if event.what == "sending" and source.is_file() and source.read_bytes() == before:
            if how in ("sorted", "replaced"):
                desk.list(*((1003, 1001, 1002) if how == "sorted" else (2001,)), name="other").replace(source)
            else:
                spoil(source, "half" if how == "cut off" else how)

    desk.send_with(source, hear)
    assert desk.world.states() == {1001: "waiting", 1002: "waiting", 1003: "waiting"}
    if how == "sorted":
        assert desk.states(desk.results) == all_of("waiting", 1003, 1001, 1002)
    if source.is_dir():
        source.rmdir()
    source.write_bytes(before)
    assert invoke(desk.world, "send", source)[0] == 0
    assert desk.states(desk.results) == all_of("waiting", 1001, 1002, 1003)
    assert desk.world.arrived() == [1001, 1002, 1003]


def test_a_source_that_goes_away_while_it_is_read_stops_the_run_before_anything_is_sent(desk: Desk) -> None:
    rows = invoice_rows(1001, 1001)
    if desk.kind == "csv":
        source = desk.world.source(rows=rows)
    else:
        source = workbooks.saved(desk.path("in"), Laskut=[HEADERS, *rows])

    def hear(event: Event) -> None:
        if event.done:
            source.unlink()

    with pytest.raises(SourceError, match="cannot be read: No such file"):
        desk.send_with(source, hear)
    assert desk.world.arrived() == []


def test_next_months_list_under_the_same_name_gets_no_results_of_the_last(desk: Desk) -> None:
    source = desk.list(1001, 1002)
    assert invoke(desk.world, "send", source, "--in-place")[0] == 0
    new = desk.list(2001, 2002).read_bytes()
    code, out, _ = invoke(desk.world, "track")
    assert (code, "is left alone" in out) == (0, True)
    assert source.read_bytes() == new
    assert set(desk.world.states().values()) == {"delivered"}
    assert invoke(desk.world, "send", source, "--in-place")[0] == 0
    assert desk.states(source) == all_of("waiting", 2001, 2002)
    assert desk.world.arrived() == [1001, 1002, 2001, 2002]


@POSIX
def test_a_read_only_file_of_the_user_gets_its_results_once_it_may_be_written(desk: Desk) -> None:
    source = desk.list(1001)
    before = source.read_bytes()
    source.chmod(0o444)
    code, out, _ = invoke(desk.world, "send", source, "--in-place")
    assert (code, "the file is read-only" in out, source.read_bytes()) == (1, True, before)
    source.chmod(0o644)
    assert invoke(desk.world, "track", source)[0] == 0
    assert invoke(desk.world, "send", source, "--in-place")[0] == 0
    assert desk.states(source) == all_of("delivered", 1001)
    assert desk.world.arrived() == [1001]


@POSIX
def test_a_linked_source_stays_a_link_and_its_results_lie_beside_the_link(desk: Desk) -> None:
    (desk.world.folder / "there").mkdir()
    link = desk.list(1001)
    real = link.rename(desk.world.folder / "there" / link.name)
    link.symlink_to(real)
    before = real.read_bytes()
    assert invoke(desk.world, "send", link)[0] == 0
    assert (desk.states(desk.results), real.read_bytes()) == (all_of("waiting", 1001), before)
    assert invoke(desk.world, "send", link, "--in-place")[0] == 0
    assert invoke(desk.world, "track")[0] == 0
    assert link.is_symlink()
    assert desk.states(real) == desk.states(desk.results) == all_of("delivered", 1001)
    assert link.with_name(f"{link.name}.bak").read_bytes() == before
    assert [path.name for path in real.parent.iterdir()] == [real.name]


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["-in", "--in-place", "laskut ä ö å #1 100% $HOME", "a" * 235, "ä" * 110])
def test_a_name_may_be_odd(desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(desk.world.folder)
    source = desk.list(1001, name=name)
    assert invoke(desk.world, "send", "--", source.name)[0] == 0
    assert invoke(desk.world, "track", "--", source.name)[0] == 0
    assert desk.states(desk.path(f"{name}.results")) == all_of("delivered", 1001)
    assert len(desk.names()) == 2


@LINUX
def test_two_spellings_of_the_same_letters_are_two_files(desk: Desk) -> None:
    for number, form in ((1001, "NFC"), (1002, "NFD")):
        desk.world.send(desk.list(number, name=unicodedata.normalize(form, "å ä ö")))  # type: ignore[arg-type]
    desk.world.track()
    for number, form in ((1001, "NFC"), (1002, "NFD")):
        results = desk.path(unicodedata.normalize(form, "å ä ö.results"))  # type: ignore[arg-type]
        assert desk.states(results) == all_of("delivered", number)


@LINUX
def test_a_name_that_leaves_no_room_for_results_is_refused_before_anything_is_sent(desk: Desk) -> None:
    source = desk.list(1001, name="a" * 245)
    code, _, err = invoke(desk.world, "send", source)
    assert (code, "name another with --output" in err, desk.world.arrived()) == (2, True, [])
    assert invoke(desk.world, "send", source, "--output", desk.path("short"))[0] == 0
    assert invoke(desk.world, "track")[0] == 0
    assert desk.states(desk.path("short")) == all_of("delivered", 1001)


@LINUX
@pytest.mark.parametrize("words", [["check", "--json"], ["send"], ["send", "--in-place"], ["track"]])
def test_a_name_in_another_encoding_is_refused_in_one_line(desk: Desk, words: list[str]) -> None:
    odd = Path(os.fsdecode(os.fsencode(desk.world.folder) + f"/lasku\xe4.{desk.kind}".encode("latin-1")))
    desk.list(1001).rename(odd)
    code, out, err = invoke(desk.world, words[0], odd, *words[1:])
    assert (code, f"xe4.{desk.kind}: this name has characters in another encoding" in out + err) == (2, True)
    assert "Traceback" not in err
    assert desk.world.arrived() == []


# -- a full disk -------------------------------------------------------------------------------------------------------


def send_until_full(desk: Desk, point: str, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a send of one request at a time for which the disk becomes full at *point* (see crowded.py)."""
    log = desk.world.folder.parent / f"{desk.world.folder.name}.log"
    launcher = [sys.executable, str(Path(__file__).with_name("crowded.py")), str(log), point, "1"]
    done = subprocess.run(
        [*launcher, "send", *map(str, words)],
        env=desk.world.environ(CONFIRMA_CONCURRENCY="1"),
        cwd=desk.world.folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


@POSIX
def test_a_disk_that_is_full_before_the_intent_is_written_lets_nothing_leave(world: World) -> None:
    desk = Desk(world, "csv")
    source = desk.list(1001, 1002, 1003)
    done = send_until_full(desk, "before commit claimed", source)
    assert (done.returncode, "the journal cannot be written" in done.stderr) == (2, True)
    assert (world.posts(), world.states()) == (0, {})
    assert invoke(world, "send", source)[0] == 0
    assert world.arrived() == [1001, 1002, 1003]


def test_a_journal_that_may_not_grow_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    source, made, connect = world.source(*range(1001, 1021)), list[sqlite3.Connection](), sqlite3.connect

    def connecting(path: Any, **more: Any) -> sqlite3.Connection:
        made.append(connect(path, **more))
        return made[-1]

    def hear(event: Event) -> None:
        if event.what == "reading":
            made[0].execute("PRAGMA max_page_count = 1")  # no more than there are

    with monkeypatch.context() as patch:
        patch.setattr(sqlite3, "connect", connecting)
        with pytest.raises(JournalError, match="cannot be written: database or disk is full"):
            Desk(world, "csv").send_with(source, hear)
    assert invoke(world, "send", source)[0] == 0
    assert world.arrived() == list(range(1001, 1021))


@POSIX
def test_a_disk_that_is_full_before_an_answer_is_written_leaves_that_invoice_to_be_asked_for(world: World) -> None:
    desk = Desk(world, "csv")
    source = desk.list(1001, 1002, 1003)
    done = send_until_full(desk, "after commit claimed", source)
    assert (done.returncode, "the journal cannot be written" in done.stderr) == (2, True)
    assert 0 < len(world.arrived()) < 3
    assert set(world.states().values()) == {"sending"}
    assert invoke(world, "send", source)[0] == 0
    assert world.arrived() == [1001, 1002, 1003]
    assert set(desk.states(desk.results)) == {"1001", "1002", "1003"}
    assert set(desk.states(desk.results).values()) <= {"waiting", "delivered"}


@POSIX
@pytest.mark.parametrize("in_place", [False, True])
def test_a_disk_that_is_full_before_the_results_are_written_leaves_them_to_the_next_send(
    desk: Desk, in_place: bool
) -> None:
    source = desk.list(1001)
    before, more = source.read_bytes(), ["--in-place"] * in_place
    done = send_until_full(desk, "after commit taken", source, *more)
    assert (done.returncode, f"next send of {source.name} writes them" in done.stdout) == (1, True), done
    assert (source.read_bytes(), desk.names()) == (before, [source.name])
    assert desk.world.states() == {1001: "waiting"}
    assert invoke(desk.world, "send", source, *more)[0] == 0
    assert desk.states(source if in_place else desk.results) == all_of("waiting", 1001)
    assert desk.world.arrived() == [1001]


def test_no_room_for_what_is_put_aside_stops_the_run_before_anything_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = desk.list(1001)
    with monkeypatch.context() as patch:
        patch.setattr("confirma_connector.survey._IN_MEMORY", 1)
        patch.setattr("tempfile.tempdir", str(desk.world.folder / "gone"))
        code, _, err = invoke(desk.world, "send", source)
    assert (code, "its requests cannot be put aside" in err, "Traceback" in err) == (2, True, False)
    assert (desk.world.arrived(), desk.world.states()) == ([], {})
    assert invoke(desk.world, "send", source)[0] == 0


# -- clocks ------------------------------------------------------------------------------------------------------------

DAY = dt.timedelta(days=1).total_seconds()
QUIET = 600.0


@dataclass
class Local:
    """The clock of this machine, set wrong; the clock of the server stays right unless it is told otherwise."""

    patch: pytest.MonkeyPatch
    server: Clock

    def set_wrong_by(self, seconds: float, real: Any = time.time) -> None:
        self.patch.setattr(time, "time", lambda: real() + seconds)
        self.server.ahead -= seconds


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Local:
    return Local(monkeypatch, clock)


def lost(world: World, **fault: Any) -> tuple[World, Path]:
    """Send one invoice whose answer is lost."""
    world = world.but(quiet_period=QUIET)
    world.fault("create", "drop", times=1, **fault)
    source = world.source(1001)
    world.send(source)
    assert world.states() == {1001: "uncertain"}
    return world, source


@pytest.mark.parametrize("days", [400, -400])
def test_this_machines_clock_shortens_no_quiet_period(world: World, local: Local, clock: Clock, days: float) -> None:
    world, source = lost(world)
    for _ in range(3):
        local.set_wrong_by(days * DAY, time.time)
        world.send(source)
        assert (world.states(), world.posts()) == ({1001: "uncertain"}, 1)
    for _ in range(2):
        clock.ahead += QUIET + 10
        world.send(source)
    assert (world.states(), world.arrived(), world.posts()) == ({1001: "waiting"}, [1001], 2)


def test_a_servers_clock_that_falls_back_only_makes_us_wait(world: World, clock: Clock) -> None:
    world, source = lost(world)
    for ahead in (-3 * DAY, -2 * DAY, 0):
        clock.ahead = ahead
        world.send(source)
        assert (world.states(), world.posts()) == ({1001: "uncertain"}, 1)
    for _ in range(2):
        clock.ahead += QUIET + 10
        world.send(source)
    assert (world.states(), world.arrived()) == ({1001: "waiting"}, [1001])


@dataclass
class Sleeper:
    """A machine that falls asleep for an hour right after its next request: only one of its clocks notices."""

    patch: pytest.MonkeyPatch
    method: str
    slept: float = 0.0

    def __post_init__(self) -> None:
        real, request = time.time, httpx.HTTPTransport.handle_request

        def handle(transport: httpx.HTTPTransport, one: httpx.Request) -> httpx.Response:
            try:
                return request(transport, one)
            finally:
                if one.method == self.method:
                    self.slept = 3600.0

        self.patch.setattr(time, "time", lambda: real() + self.slept)
        self.patch.setattr(httpx.HTTPTransport, "handle_request", handle)


def test_the_quiet_period_of_a_machine_that_slept_in_the_middle_begins_when_it_woke(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    Sleeper(monkeypatch, "POST")
    world, source = lost(world)
    world.send(source)
    assert world.entries()[1001].absent_at is None


def test_a_look_during_which_the_machine_slept_counts_from_its_beginning(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, source = lost(world)
    Sleeper(monkeypatch, "GET")
    world.send(source)
    assert world.entries()[1001].absent_at is None

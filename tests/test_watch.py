"""A drop folder: each file that is whole is sent once, and lies with its answer where it is looked for."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from test_cli import invoke
from world import MAPPING, TOKEN, World, csv_rows, csv_text, invoice_rows

from confirma_connector import plugins
from confirma_connector.arriving import Arrivals
from confirma_connector.errors import Busy, CannotRun, Refused, SettingsError
from confirma_connector.files import locked
from confirma_connector.journal import Journal
from confirma_connector.pipeline import Event
from confirma_connector.watching import Folders, Happening, Orders, Schedule, watch

POSIX = pytest.mark.skipif(os.name != "posix", reason="there are no such signals elsewhere")
ANOTHER_DISK = Path("/dev/shm")
PIPES = Path(__file__).parents[1] / "samples" / "adapter"
DAYS = dt.timedelta(days=1)
pytestmark = pytest.mark.usefixtures("read_once")


@dataclass
class Drop:
    """A drop folder in a world, and what was heard of it."""

    world: World
    folders: Folders
    heard: list[Happening] = field(default_factory=list)

    @property
    def inbox(self) -> Path:
        return self.folders.inbox

    def file(self, name: str, *numbers: int, rows: list[list[str]] | None = None) -> Path:
        path = self.inbox / name
        text = csv_text([*(row for number in numbers for row in invoice_rows(number)), *(rows or [])])
        path.write_text(text, "utf-8", newline="")
        return path

    def once(self, world: World | None = None, **orders: Any) -> int:
        return watch((world or self.world).run(), self.orders(is_once=True, **orders), self.heard.append)

    def until(self, what: str, world: World | None = None, times: int = 1, **orders: Any) -> int:
        """Watch until so many things of a kind have happened."""
        its = replace(world or self.world).but()

        def hear(happening: Happening) -> None:
            self.heard.append(happening)
            if sum(one.what == what for one in self.heard) >= times:
                its.stop.wished.set()

        return watch(its.run(), self.orders(**orders), hear)

    def orders(self, **orders: Any) -> Orders:
        return Orders(self.folders, **{"settle": 0.0, "every": 0.05, **orders})

    def said(self, what: str) -> list[str]:
        return [one.message or one.path for one in self.heard if one.what == what]

    def files(self) -> dict[str, list[str]]:
        """Give what lies in the folders, and under "left" what is not done, if anything."""
        its = (self.folders.done, self.folders.failed, self.folders.answers)
        there = {path.name: sorted(one.name for one in path.iterdir()) for path in its if path}
        left = [path.name for path in self.folders.work.iterdir() if path.is_dir()]
        return {"in": sorted(one.name for one in self.inbox.iterdir() if one.is_file()), **there} | (
            {"left": left} if left else {}
        )


def dropped(world: World, *, answers: bool = False) -> Drop:
    names = ("in", "done", "failed", "answers")[: 4 if answers else 3]
    for name in names:
        (world.folder / name).mkdir()
    return Drop(world, Folders(*(world.folder / name for name in names)))


@pytest.fixture
def drop(world: World) -> Drop:
    return dropped(world)


def states(path: Path) -> list[str]:
    return [row["confirma_state"] for row in csv_rows(path)]


# -- what becomes of a file --------------------------------------------------------------------------------------------


def test_a_file_whose_invoices_are_all_sent_lies_with_its_results_in_done(drop: Drop) -> None:
    drop.file("b.csv", 1003)
    drop.file("a.csv", 1001, 1002)
    assert drop.once() == 0
    done = ["a.csv", "a.results.csv", "b.csv", "b.results.csv"]
    assert drop.files() == {"in": [], "done": done, "failed": []}
    assert states(drop.folders.done / "a.results.csv") == ["waiting", "waiting"]
    assert drop.world.arrived() == [1001, 1002, 1003]
    assert [one.what for one in drop.heard] == ["watching", "seen", "seen", *["begun", "sent", "moved"] * 2]
    assert [one.path for one in drop.heard if one.what == "begun"] == ["a.csv", "b.csv"]


def test_answers_lie_where_they_are_looked_for_and_are_never_half_there(world: World) -> None:
    drop = dropped(world, answers=True)
    drop.file("a.csv", 1001)
    broken = drop.inbox / "b.csv"
    broken.write_bytes(b"\x00\x01")
    assert drop.once() == 1
    answers = ["a.results.csv", "b.csv.error.txt"]
    assert drop.files() == {"in": [], "done": ["a.csv"], "failed": ["b.csv"], "answers": answers}


def test_a_file_that_needs_a_person_is_failed_and_its_results_say_why(drop: Drop) -> None:
    drop.file("a.csv", 1001, rows=invoice_rows(1002, ALV="kaksi"))
    assert drop.once() == 1
    assert drop.files() == {"in": [], "done": [], "failed": ["a.csv", "a.results.csv"]}
    good, bad = csv_rows(drop.folders.failed / "a.results.csv")
    assert (good["confirma_state"], bad["confirma_state"]) == ("waiting", "invalid")
    assert "kaksi" in bad["confirma_message"]
    assert drop.world.arrived() == [1001]
    (attention,) = next(one.attention for one in drop.heard if one.what == "sent")
    assert (attention.number, attention.path) == ("1002", str(drop.folders.failed / "a.csv"))


def test_what_was_mended_in_the_results_file_is_dropped_and_sent_and_is_its_own_answer(world: World) -> None:
    drop = dropped(world, answers=True)
    drop.file("a.csv", 1001, rows=invoice_rows(1002, ALV="kaksi"))
    drop.once()
    results = world.folder / "answers" / "a.results.csv"
    mended = results.read_bytes().replace(b";kaksi;", b";25,5;")
    (drop.inbox / "a.results.csv").write_bytes(mended)
    assert drop.once() == 0
    assert drop.files()["done"] == ["a.results-2.csv"]
    assert drop.files()["answers"] == ["a.results-2.csv", "a.results.csv"]
    assert (drop.folders.done / "a.results-2.csv").read_bytes() == mended
    assert states(results.with_name("a.results-2.csv")) == ["waiting", "waiting"]
    assert world.arrived() == [1001, 1002]


def test_an_answer_in_the_sources_own_format_goes_with_the_results_and_is_found_by_track(world: World) -> None:
    drop = dropped(world, answers=True)
    finvoice = world.but(mapping="finvoice")
    sample = (Path(__file__).parents[1] / "samples" / "finvoice" / "invoices.xml").read_bytes()
    spoilt = re.sub(rb"(<InvoiceDate [^>]*>)\d+<", rb"\g<1>20999999<", sample)
    for _ in range(2):
        (drop.inbox / "a.xml").write_bytes(spoilt)
        assert drop.once(world=finvoice) == 1
    answers = ["a-2.answer-26401.xml", "a-2.results.csv", "a.answer-26401.xml", "a.results.csv"]
    there = {"in": [], "done": [], "failed": ["a-2.xml", "a.xml"], "answers": answers}
    assert drop.files() == there
    finvoice.track()
    assert drop.files() == there


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x00\x01\x02", "is not text"),
        (b"no;such;columns\n1;2;3\n", "columns are not in the file"),
        (csv_text([*invoice_rows(1001), *invoice_rows(1002, **{"Y-tunnus": "2331972-7"})]).encode(), "one seller"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_sent_is_failed_with_a_text_that_says_why(drop: Drop, content: bytes, says: str) -> None:
    (drop.inbox / "a.csv").write_bytes(content)
    drop.file("b.csv", 1003)
    assert drop.once() == 1
    assert drop.files() == {"in": [], "done": ["b.csv", "b.results.csv"], "failed": ["a.csv", "a.csv.error.txt"]}
    text = (drop.folders.failed / "a.csv.error.txt").read_text("utf-8")
    assert says in text
    assert ".confirma" not in text
    assert drop.world.arrived() == [1003]


def test_a_name_that_was_there_before_gets_a_number_and_nothing_is_written_over(drop: Drop) -> None:
    for numbers in ((1001,), (1002,), (1002,)):
        drop.file("a.csv", *numbers)
        assert drop.once() == 0
    names = ["a-2.csv", "a-2.results.csv", "a-3.csv", "a-3.results.csv", "a.csv", "a.results.csv"]
    assert drop.files() == {"in": [], "done": names, "failed": []}
    assert [csv_rows(drop.folders.done / f"a{n}.csv")[0]["Nro"] for n in ("", "-2", "-3")] == ["1001", "1002", "1002"]
    assert drop.world.arrived() == [1001, 1002]


def meanwhile(drop: Drop, does: Callable[[Path], object], what: str = "sent") -> Callable[[Happening], None]:
    """Do something to the place of a job when it is planned where all of it goes, and before it is moved."""

    def hear(happening: Happening) -> None:
        drop.heard.append(happening)
        if happening.what == what:
            for path in drop.folders.work.glob("*/a.csv"):
                does(path.parent)

    return hear


def test_a_name_that_is_taken_after_the_file_was_sent_is_not_written_over(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    theirs = drop.folders.done / "a.csv", drop.folders.done / "a.results.csv"

    def put(_: Path) -> None:
        for path in theirs:
            path.write_text("theirs", "utf-8")

    assert watch(drop.world.run(), drop.orders(is_once=True), meanwhile(drop, put)) == 0
    assert drop.files()["done"] == ["a-2.csv", "a-2.results.csv", "a.csv", "a.results.csv"]
    assert {path.read_text("utf-8") for path in theirs} == {"theirs"}
    assert [one.to for one in drop.heard if one.what == "moved"] == [str(drop.folders.done / "a-2.csv")]
    drop.world.track()
    assert states(drop.folders.done / "a-2.results.csv") == ["delivered"]


def test_a_name_that_is_taken_when_the_file_is_moved_already_gives_the_rest_a_number(world: World) -> None:
    drop = dropped(world, answers=True)
    drop.file("a.csv", 1001)
    answers = world.folder / "answers"
    theirs = answers / "a.results.csv"

    def hear(happening: Happening) -> None:
        meanwhile(drop, lambda _: answers.rmdir())(happening)
        if happening.what == "waiting":
            answers.mkdir()
            theirs.write_text("theirs", "utf-8")

    assert watch(world.run(), drop.orders(is_once=True), hear) == 1
    assert (drop.files()["done"], drop.files()["answers"]) == (["a.csv"], ["a.results.csv"])
    assert drop.once() == 0
    assert (drop.files()["done"], drop.files()["answers"]) == (["a.csv"], ["a-2.results.csv", "a.results.csv"])
    assert theirs.read_text("utf-8") == "theirs"
    world.track()
    assert states(answers / "a-2.results.csv") == ["delivered"]


def test_an_answer_that_is_written_after_the_file_was_sent_goes_along(world: World) -> None:
    drop = dropped(world, answers=True)
    (drop.folders.done / "a.csv").touch()
    drop.file("a.csv", 1001)
    more = meanwhile(drop, lambda place: (place / "a.answer-1001.xml").touch())
    assert watch(world.run(), drop.orders(is_once=True), more) == 0
    answers = ["a-2.answer-1001.xml", "a-2.results.csv"]
    assert drop.files() == {"in": [], "done": ["a-2.csv", "a.csv"], "failed": [], "answers": answers}


# -- which files -------------------------------------------------------------------------------------------------------


def test_only_finished_files_of_the_pattern_are_taken(drop: Drop) -> None:
    others = [
        "a.csv.tmp",
        "a.csv.part",
        "a.csv.filepart",
        ".a.csv",
        "~$a.csv",
        "a.csv.crdownload",
        "a.xml",
        "Thumbs.db",
    ]
    for name in others:
        drop.file(name, 1001)
    (drop.inbox / "folder.csv").mkdir()
    (drop.inbox / "link.csv").symlink_to(drop.world.source(1002))
    (drop.inbox / "empty.csv").touch()
    drop.file("A.CSV", 1003)
    assert drop.once(patterns=("*.csv",)) == 0
    assert drop.files()["done"] == ["A.CSV", "A.results.CSV"]
    assert drop.world.arrived() == [1003]
    assert drop.said("seen") == ["A.CSV", "empty.csv"]
    assert drop.said("waiting") == ["it is empty as yet"]


def test_a_file_is_whole_when_it_has_not_changed_for_long_enough(tmp_path: Path) -> None:
    arrivals = Arrivals(tmp_path, ("*",), 5.0)
    file = tmp_path / "a.csv"
    file.write_text("half", "utf-8")
    os.utime(file, (0, 0))  # an old time of its own proves nothing
    assert arrivals.look(100.0).whole == []
    file.write_text("half and half", "utf-8")
    assert arrivals.look(106.0).whole == []
    assert arrivals.look(110.9).whole == []
    assert arrivals.look(111.0).whole == ["a.csv"]
    assert arrivals.is_as_seen("a.csv")
    file.write_text("half and half and more", "utf-8")
    assert not arrivals.is_as_seen("a.csv")
    assert arrivals.look(111.0).whole == []


def test_a_file_that_grows_is_waited_for(drop: Drop) -> None:
    text = csv_text([row for number in (1001, 1002, 1003) for row in invoice_rows(number)])
    path = drop.inbox / "a.csv"

    def write() -> None:
        with path.open("w", encoding="utf-8") as file:
            for start in range(0, len(text), 100):
                file.write(text[start : start + 100])
                file.flush()
                time.sleep(0.05)

    writer = threading.Thread(target=write)
    writer.start()
    assert drop.until("moved", settle=0.3) == 130
    writer.join()
    assert (drop.world.arrived(), drop.files()["failed"]) == ([1001, 1002, 1003], [])


def test_a_file_that_grows_while_it_is_sent_is_sent_to_its_end(drop: Drop) -> None:
    drop.file("a.csv", 1001)

    def grow(event: Event) -> None:
        if event.what == "sending" and event.number == 1001:
            (path,) = drop.folders.work.glob("*/a.csv")
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write(csv_text(invoice_rows(1002)).split("\n", 1)[1])

    assert watch(drop.world.run(hear=grow), drop.orders(is_once=True), drop.heard.append) == 3
    assert drop.once() == 0
    assert states(drop.folders.done / "a.results.csv") == ["waiting", "waiting"]
    assert drop.world.arrived() == [1001, 1002]


def kept_busy(drop: Drop, since: str) -> Path:
    """Watch once, with another run of the account at work since then; give the file as it waits to be moved."""
    with Journal(drop.world.settings.journal, "staging", "acme") as journal, contextlib.ExitStack() as stack:
        busy = meanwhile(drop, lambda _: stack.enter_context(locked(journal.lock_path, "busy")), since)
        assert watch(drop.world.run(), drop.orders(is_once=True), busy) == 3
    (path,) = drop.folders.work.glob("*/a.csv")
    return path


def test_a_file_that_grows_after_it_was_sent_is_sent_to_its_end(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    with kept_busy(drop, "sent").open("a", encoding="utf-8", newline="") as file:
        file.write(csv_text(invoice_rows(1002)).split("\n", 1)[1])
    assert drop.once() == 0
    assert states(drop.folders.done / "a.results.csv") == ["waiting", "waiting"]
    assert drop.world.arrived() == [1001, 1002]


def test_a_file_that_is_whole_only_after_it_was_refused_is_sent_without_that_text(drop: Drop) -> None:
    text = drop.file("a.csv", 1001).read_bytes()
    (drop.inbox / "a.csv").write_bytes(b"\x00" * 20)
    kept_busy(drop, "refused").write_bytes(text)
    assert drop.once() == 0
    assert drop.files() == {"in": [], "done": ["a.csv", "a.results.csv"], "failed": []}


def test_a_mapping_with_the_rows_in_a_second_file_is_refused_before_any_file_is_taken(drop: Drop) -> None:
    lines = "lines_from: {file: '{stem}_lines.csv', key: number}\n"
    path = drop.world.folder / "mapping.yaml"
    path.write_text(MAPPING.replace("group_by: [number]\n", lines), "utf-8")
    drop.file("a.csv", 1001)
    with pytest.raises(SettingsError, match=r"mapping\.yaml, line \d+: .* in a second file"):
        drop.once()
    assert drop.files() == {"in": ["a.csv"], "done": [], "failed": []}


def test_a_file_that_changes_while_those_before_it_are_sent_is_left_for_the_next_round(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    drop.file("b.csv", 1002)

    def write_on(happening: Happening) -> None:
        if (happening.what, happening.path) == ("begun", "a.csv"):
            drop.file("b.csv", 1002, 1003)

    assert watch(drop.world.run(), drop.orders(is_once=True), write_on) == 0
    assert (drop.files()["in"], drop.files()["done"]) == (["b.csv"], ["a.csv", "a.results.csv"])


def test_once_gives_files_the_time_to_settle(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    begun = time.monotonic()
    assert drop.once(settle=0.2) == 0
    assert time.monotonic() - begun >= 0.2
    assert drop.files()["done"] == ["a.csv", "a.results.csv"]


# -- not now -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_waiting")
def test_an_outage_is_waited_out(drop: Drop) -> None:
    drop.world.fault("listing", "status", status=503, times=8)
    drop.file("a.csv", 1001)
    drop.file("b.csv", 1002)
    assert drop.until("moved", times=2) == 130
    assert drop.files()["done"] == ["a.csv", "a.results.csv", "b.csv", "b.results.csv"]
    assert drop.world.arrived() == [1001, 1002]
    assert len(drop.said("waiting")) == 1


def test_an_outage_ends_one_pass_with_3_and_the_next_goes_on(drop: Drop) -> None:
    drop.world.fault("create", "drop", after_commit=True, times=3)
    drop.file("a.csv", *range(1001, 1007))
    drop.file("b.csv", 1010)
    assert drop.once(world=drop.world.but(concurrency=1)) == 3
    assert (drop.files()["in"], drop.files()["done"], drop.files()["failed"]) == (["b.csv"], [], [])
    assert drop.once() == 0
    assert drop.world.arrived() == [*range(1001, 1007), 1010]
    assert drop.files() == {
        "in": [], "done": ["a.csv", "a.results.csv", "b.csv", "b.results.csv"], "failed": []
    }  # fmt: skip


def test_an_uncertain_invoice_is_settled_before_its_file_is_judged(drop: Drop) -> None:
    drop.world.fault("create", "drop", after_commit=True, numbers=(1001,), times=1)
    drop.file("a.csv", 1001, 1002)
    drop.file("b.csv", 1003)
    assert drop.until("moved", world=drop.world.but(quiet_period=0.3), times=2) == 130
    assert [Path(one.to).name for one in drop.heard if one.what == "moved"] == ["b.csv", "a.csv"]
    assert set(states(drop.folders.done / "a.results.csv")) <= {"waiting", "delivered"}
    assert drop.world.arrived() == [1001, 1002, 1003]


def test_an_invoice_that_stays_uncertain_makes_its_file_one_for_a_person(drop: Drop) -> None:
    drop.world.fault("create", "drop", numbers=(1001,), times=1)
    drop.world.fault("listing", "no_totals")
    drop.file("a.csv", 1001, 1002)
    assert drop.until("moved", world=drop.world.but(quiet_period=0.1)) == 130
    assert drop.files()["failed"] == ["a.csv", "a.results.csv"]
    assert states(drop.folders.failed / "a.results.csv") == ["uncertain", "waiting"]


def test_another_run_of_the_account_is_waited_for(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    with Journal(drop.world.settings.journal, "staging", "acme") as journal, locked(journal.lock_path, "busy"):
        assert drop.once() == 3
    assert drop.once() == 0
    assert drop.files()["done"] == ["a.csv", "a.results.csv"]


def test_results_that_cannot_be_written_are_tried_again_and_keep_no_other_file(drop: Drop) -> None:
    drop.file("a.csv", 1001)

    def block(event: Event) -> None:
        if event.what == "writing" and Path(event.path).name == "a.csv":
            Path(event.path).with_name("a.results.csv").mkdir()

    for _ in range(2):
        assert watch(drop.world.run(hear=block), drop.orders(is_once=True), drop.heard.append) == 1
        (blocked,) = drop.folders.work.glob("*/a.results.csv")
        blocked.rmdir()
        assert drop.files()["failed"] == []
        drop.file("b.csv", 1002)
    assert drop.files()["done"] == ["b.csv", "b.results.csv"]
    assert drop.once() == 0
    assert "a.results.csv" in drop.files()["done"]
    assert drop.world.arrived() == [1001, 1002]


def test_a_job_that_cannot_be_finished_is_told_once_and_keeps_no_other_file(drop: Drop) -> None:
    odd = drop.folders.work / "20200101T000000-odd"
    odd.mkdir(parents=True)
    (odd / "note.txt").touch()
    drop.file("a.csv", 1001)
    assert drop.once() == 1
    assert drop.files()["done"] == ["a.csv", "a.results.csv"]
    (said,) = drop.said("waiting")
    assert str(odd) in said
    drop.heard.clear()

    def drop_more(happening: Happening) -> None:
        drop.heard.append(happening)
        if happening.what in ("watching", "moved"):
            drop.file("b.csv", 1002)
        if len(drop.said("moved")) == 3:
            drop.world.stop.wished.set()

    assert watch(drop.world.run(), drop.orders(every=0.01), drop_more) == 130
    assert drop.said("waiting") == [said]


def test_a_watch_that_is_stopped_finishes_what_is_under_way_and_goes_on_with_the_next_start(drop: Drop) -> None:
    drop.file("a.csv", *range(1001, 1011))
    drop.file("b.csv", 1020)
    world = drop.world.but()

    def stop(event: Event) -> None:
        if event.what == "sending":
            world.stop.wished.set()

    assert watch(world.run(hear=stop), drop.orders(), drop.heard.append) == 130
    assert (0 < len(world.arrived()) < 10, drop.files()["in"], drop.files()["done"]) == (True, ["b.csv"], [])
    assert set(world.states().values()) <= {"waiting", "ready"}
    assert drop.once() == 0
    assert world.arrived() == [*range(1001, 1011), 1020]


def test_a_wrong_key_ends_the_watch_and_leaves_the_files(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    drop.file("b.csv", 1002)
    with pytest.raises(Refused, match="401"):
        drop.until("moved", world=drop.world.but(token="WRONG-KEY-012345"))
    assert (drop.files()["in"], drop.files()["failed"]) == (["b.csv"], [])
    assert drop.once() == 0
    assert drop.world.arrived() == [1001, 1002]


def test_what_is_wrong_for_every_file_fails_none(drop: Drop) -> None:
    drop.file("a.csv", 1001)
    mapping = drop.world.folder / "mapping.yaml"
    good = mapping.read_text("utf-8")

    def spoil(happening: Happening) -> None:
        if happening.what == "begun":
            mapping.write_text(good.replace("  number: number", "  nmber: number"), "utf-8")

    with pytest.raises(CannotRun, match="nmber"):
        watch(drop.world.run(), drop.orders(is_once=True), spoil)
    assert drop.files()["failed"] == []
    mapping.write_text(good, "utf-8")
    assert drop.once() == 0
    assert drop.world.arrived() == [1001]


def test_production_wants_a_yes_beforehand(drop: Drop) -> None:
    with pytest.raises(SettingsError, match="--yes"):
        drop.once(world=drop.world.but(environment="production"))


# -- folders -----------------------------------------------------------------------------------------------------------


def test_a_folder_that_is_not_there_is_named(drop: Drop) -> None:
    for name in ("inbox", "done", "failed", "answers"):
        folders = replace(drop.folders, **{name: drop.world.folder / "nowhere"})
        with pytest.raises(SettingsError, match=r"nowhere: there is no such folder"):
            watch(drop.world.run(), Orders(folders), drop.heard.append)
    with pytest.raises(SettingsError, match="is IN itself"):
        watch(drop.world.run(), Orders(replace(drop.folders, answers=drop.inbox)), drop.heard.append)


def away(drop: Drop, folder: Path) -> Callable[[Happening], None]:
    """Let a folder be gone at the first sending, until it was waited for."""
    elsewhere = folder.with_name("elsewhere")

    def hear(happening: Happening) -> None:
        drop.heard.append(happening)
        if happening.what == "sent" and not drop.said("waiting"):
            folder.rename(elsewhere)
        if happening.what == "waiting":
            elsewhere.rename(folder)
        if happening.what == "moved":
            drop.world.stop.wished.set()

    return hear


@pytest.mark.parametrize("name", ["in", "done"])
def test_a_folder_that_goes_away_is_waited_for(drop: Drop, name: str) -> None:
    drop.file("a.csv", 1001)
    assert watch(drop.world.run(), drop.orders(), away(drop, drop.world.folder / name)) == 130
    (waiting,) = drop.said("waiting")
    assert f"{os.sep}{name}{os.sep}" in waiting
    assert drop.files() == {"in": [], "done": ["a.csv", "a.results.csv"], "failed": []}
    assert drop.world.arrived() == [1001]


@pytest.mark.skipif(not ANOTHER_DISK.is_dir(), reason="there is no other disk")
def test_the_folders_may_lie_on_different_disks(drop: Drop) -> None:
    there = ANOTHER_DISK / f"confirma-{os.getpid()}"
    there.mkdir()
    try:
        if there.stat().st_dev == drop.inbox.stat().st_dev:
            pytest.skip("there is no other disk")
        drop.folders = replace(drop.folders, done=there)
        written = drop.file("a.csv", 1001).read_bytes()
        assert drop.once() == 0
        assert sorted(path.name for path in there.iterdir()) == ["a.csv", "a.results.csv"]
        assert (there / "a.csv").read_bytes() == written
        assert drop.files().get("left") is None
    finally:
        for path in there.iterdir():
            path.unlink()
        there.rmdir()


# -- tracking ----------------------------------------------------------------------------------------------------------


def test_moved_results_are_brought_up_to_date_on_a_schedule(world: World) -> None:
    drop = dropped(world, answers=True)
    drop.file("a.csv", 1001)
    assert drop.until("tracked", times=2, schedule=Schedule(every=dt.timedelta(seconds=0.4))) == 130
    assert states(world.folder / "answers" / "a.results.csv") == ["delivered"]


def test_a_list_of_results_is_found_again_after_the_move(world: World) -> None:
    drop = dropped(world, answers=True)
    adapter = (PIPES / "adapters/pipes.py").read_text("utf-8").partition("\n\n@hookimpl\ndef write_results")[0]
    (world.folder / "adapters").mkdir()
    (world.folder / "adapters/pipes.py").write_text(adapter, "utf-8")
    (drop.inbox / "a.pipes").write_text(
        "".join((PIPES / "export.pipes").read_text("utf-8").splitlines(keepends=True)[:4]), "utf-8"
    )
    registry = plugins.discover((world.folder / "adapters",))
    run = replace(world.but(mapping=str(PIPES / "mapping.yaml")).run(), registry=registry)
    orders = drop.orders(is_once=True, schedule=Schedule(every=dt.timedelta(seconds=0)))
    assert watch(run, orders, drop.heard.append) == 0
    assert drop.files() == {"in": [], "done": ["a.pipes"], "failed": [], "answers": ["a.results.csv"]}
    assert watch(run, orders, drop.heard.append) == 0
    (row,) = csv_rows(world.folder / "answers" / "a.results.csv", "utf-8-sig")
    assert (row["number"], row["confirma_state"]) == ("1001", "delivered")


def test_a_restart_does_not_track_again_before_it_is_time(drop: Drop) -> None:
    for _ in range(2):
        assert drop.once(schedule=Schedule(every=DAYS)) == 0
    assert len(drop.said("tracked")) == 1


def test_a_schedule_knows_when_it_is_time() -> None:
    daily, at = Schedule(every=DAYS), Schedule(at=dt.time(6, 30))
    last = dt.datetime(2026, 11, 2, 6, 31)
    assert daily.is_due(None, last)
    assert at.is_due(None, last)
    assert daily.is_due(last + 2 * DAYS, last), "the clock was set back"
    assert [daily.is_due(last, last + DAYS * n) for n in (0.9, 1.0)] == [False, True]
    assert [at.is_due(last, dt.datetime(2026, 11, 3, 6, minute)) for minute in (29, 30)] == [False, True]
    assert at.is_due(dt.datetime(2026, 11, 1, 6, 31), dt.datetime(2026, 11, 3, 1))


# -- two watches, kills, the command -----------------------------------------------------------------------------------


def test_of_two_watches_one_works_and_the_other_takes_over(drop: Drop) -> None:
    drop.world.fault("create", "slow", seconds=0.05)
    for number in range(1001, 1009):
        drop.file(f"{number}.csv", number)
    other = Drop(drop.world.but(), drop.folders)
    first = threading.Thread(target=drop.until, args=("moved",), kwargs={"times": 4})
    second = threading.Thread(target=other.until, args=("moved",), kwargs={"times": 4})
    for thread in (first, second):
        thread.start()
    for thread in (first, second):
        thread.join(30)
    assert [len(one.said("moved")) for one in (drop, other)] == [4, 4]
    assert len(drop.said("waiting") + other.said("waiting")) == 1
    assert drop.world.arrived() == list(range(1001, 1009))
    assert len(drop.files()["done"]) == 16


def test_a_single_pass_beside_another_watch_ends_with_3(drop: Drop) -> None:
    drop.folders.work.mkdir()
    with locked(drop.folders.work / "lock", "busy"), pytest.raises(Busy, match="another watch"):
        drop.once()


@POSIX
def test_killed_anywhere_it_goes_on_where_it_was(drop: Drop) -> None:
    launcher = Path(__file__).with_name("doomed_watch.py")
    words = ["watch", drop.inbox, "--done", drop.folders.done, "--failed", drop.folders.failed, "--once", "--settle", 0]
    done = subprocess.run(
        [sys.executable, str(launcher), str(drop.inbox), *map(str, words)],
        env=drop.world.environ(), capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    kills = done.stdout.split()
    assert kills == ["replace", "rename", "replace", "replace", "rename", "rename", "commit", "rmdir"]
    names = [f"{number}" for number in range(1001, 1001 + len(kills) + 1)]
    assert drop.files() == {
        "in": [], "done": sorted(f"{n}{end}" for n in names for end in (".csv", ".results.csv")), "failed": []
    }  # fmt: skip
    assert drop.world.arrived() == list(map(int, names))
    with Journal(drop.world.settings.journal, "staging", "acme") as journal:
        known = {file.path: file.source for file in journal.results_files()}
    assert known == {drop.folders.done / f"{n}.results.csv": drop.folders.done / f"{n}.csv" for n in names}


@POSIX
def test_the_command_logs_json_without_values_and_stops_in_order(drop: Drop) -> None:
    drop.file("a.csv", 1001, rows=invoice_rows(1002, ALV="kaksi"))
    process = drop.world.start(
        "watch", drop.inbox, "--done", drop.folders.done, "--failed", drop.folders.failed,
        "--settle", 0, "--every", 0.1, "--log-json",
    )  # fmt: skip
    assert process.stderr
    lines = []
    while not lines or json.loads(lines[-1])["event"] != "moved":
        lines.append(process.stderr.readline())
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    out, rest = process.communicate(timeout=30)
    (last,) = rest.splitlines()
    assert (process.returncode, out) == (130, "")
    assert json.loads(last) | {"at": ""} == {
        "at": "", "event": "done", "account": "acme", "command": "watch", "exit_code": 130, "problem": ""
    }  # fmt: skip
    told = [json.loads(line) for line in lines]
    events = [one["event"] for one in told if one["event"] not in ("reading", "asking", "sending", "writing")]
    assert events == ["watching", "seen", "begun", "sent", "attention", "moved"]
    assert next(one["states"] for one in told if one["event"] == "sent") == {"invalid": 1, "waiting": 1}
    for value in (TOKEN, "kaksi", "Åkerström", "laskut@example.com"):
        assert value not in "".join(lines)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--track-every", "often"], "--track-every"),
        (["--track-every", "0h"], "--track-every"),
        (["--track-at", "25:00"], "--track-at"),
        (["--track-at", "06:30", "--track-every", "24h"], "exclude"),
        (["--every", "0"], "--every"),
        (["--done", "nowhere"], "nowhere: there is no such folder"),
    ],
)
def test_wrong_words_end_the_command_with_2(drop: Drop, words: list[str], says: str) -> None:
    given = ["watch", drop.inbox, "--done", drop.folders.done, "--failed", drop.folders.failed, "--once"]
    code, _, err = invoke(drop.world, *given, *words)
    assert (code, says in err) == (2, True), err


def test_the_command_says_one_line_for_each_thing_that_happens(drop: Drop) -> None:
    drop.file("a.csv", 1001, rows=invoice_rows(1002, ALV="kaksi"))
    given = ["watch", drop.inbox, "--done", drop.folders.done, "--failed", drop.folders.failed, "--once"]
    code, out, err = invoke(drop.world, *given, "--settle", 0, "--track-at", "06:30")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        f"watching {drop.inbox}",
        "seen a.csv",
        "sending a.csv",
        "a.csv: 1 invalid, 1 waiting",
        "  invoice 1002: invalid",
        f"a.csv moved to {drop.folders.failed / 'a.csv'}",
        "tracked: 1 delivered",
    ]

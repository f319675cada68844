"""Whole stories against another server, with other habits and other faults: the same promises hold."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from killing import undisturbed
from other_habits import ARCHIVED, HABITS, Habits, habits_of
from other_server import REFUSED, other_server
from other_story import OtherStory
from world import TOKEN, World, csv_rows

pytestmark = pytest.mark.thorough

INVOICES = 8
SEEDS = range(10)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_story_of_lost_answers_ends_with_each_invoice_there_once(
    seed: int, tmp_path: Path, read_once: None, no_waiting: list[float]
) -> None:
    workers = 1 + seed % 4
    with OtherStory.with_habits(tmp_path, "csv", INVOICES, habits_of(seed), seed=seed, workers=workers) as story:
        story.server.troubles = 5
        story.sent_in_this_process()
        assert (story.twice(), story.lost()) == (0, 0)
        story.tracked_in_this_process()
        assert story.world.states() == story.ends()
        rows = {int(row["Nro"]): row["confirma_state"] for row in csv_rows(story.results) if row["confirma_state"]}
        assert rows == story.ends() | {2003: "invalid"}
        assert (story.twice(), story.lost()) == (0, 0)


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL elsewhere")
def test_runs_killed_in_the_middle_of_it_change_nothing(tmp_path: Path, read_once: None) -> None:
    habits = habits_of(5)
    for name in ("undisturbed", "killed"):
        (tmp_path / name).mkdir()
    with OtherStory.with_habits(tmp_path / "undisturbed", "csv", INVOICES, habits.calm()) as story:
        _, tracked = undisturbed(story, resends=False)
    with OtherStory.with_habits(tmp_path / "killed", "csv", INVOICES, habits, seed=5) as story:
        story.server.loses = 1
        for point in ("after create", "before replace results"):
            assert story.killed_at(story.send("--limit", 3), point), f"no run came to the point {point}"
        story.server.troubles = 4
        story.ended(story.send())
        story.tracked_in_this_process()
        assert (story.twice(), story.lost(), story.wrong(tracked)) == (0, 0, [])


@pytest.mark.parametrize("refusing", HABITS["refusing"])
def test_its_refusal_is_read_in_whatever_shape_it_comes(
    refusing: tuple[int, str, bytes], tmp_path: Path, read_once: None
) -> None:
    wire = random.Random(str(refusing)).choice(HABITS["wire"])
    with other_server(TOKEN, Habits(wire=wire, refusing=refusing)) as server:
        world = World.at(tmp_path, None, server.url)
        world.send(world.source(1001, REFUSED))
        assert world.states() == {1001: "sent", REFUSED: "rejected"}
        assert "postal code" in world.entries()[REFUSED].message


@pytest.mark.parametrize("habits", [Habits(created="date", skew=0.0), Habits(created="date", dated="utc", gross=True)])
def test_an_invoice_that_is_listed_by_its_day_alone_is_found_after_a_lost_answer(
    habits: Habits, tmp_path: Path, read_once: None
) -> None:
    with OtherStory.with_habits(tmp_path, "csv", INVOICES, habits, workers=1) as story:
        story.server.loses = 2
        story.world.send(story.source, limit=2)
        story.world.send(story.source)
        assert set(story.world.states().values()) <= {"sent", "delivered"}
        assert (story.twice(), story.lost()) == (0, 0)


def test_what_only_it_has_is_nobodys_business_here(tmp_path: Path, read_once: None) -> None:
    """Older invoices and those of other programs stand in the same list, on the same days, and fail there too."""
    with OtherStory.with_habits(tmp_path, "csv", INVOICES, Habits(archived=ARCHIVED), workers=1) as elsewhere:
        elsewhere.sent_in_this_process()
        ours = World.at(_folder(tmp_path / "ours"), None, elsewhere.server.url, concurrency=1)
        assert ours.send(ours.source(5001, 5002)).exit_code == 0
        for _ in range(3):
            report = ours.track()
            assert (report.exit_code, report.attention, report.journal) == (0, (), {"delivered": 2})
        assert {entry.number for entry in ours.entries().values()} == {5001, 5002}


def test_what_needs_a_person_is_told_once(tmp_path: Path, read_once: None) -> None:
    with OtherStory.with_habits(tmp_path, "csv", INVOICES, Habits(archived=ARCHIVED), workers=1) as story:
        story.sent_in_this_process()
        told = [[one.number for one in story.world.track().attention] for _ in range(3)]
        assert told == [[str(ARCHIVED), "2001"], [], []]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path

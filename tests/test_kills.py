"""Killed anywhere and run again, every invoice arrives once, and the results are those of a run nobody disturbed.

The short form of `make soak`: each kind of durable step once from before and from after, and a few random moments.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from killing import Seen, Story, trouble, undisturbed
from world import csv_rows, invoice_rows

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL elsewhere"),
]

INVOICES = 24


def around(*steps: str) -> list[str]:
    return [f"{side} {step}" for step in steps for side in ("before", "after")]


@pytest.fixture
def stories(tmp_path: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def begun(stories: ExitStack, folder: Path, layout: str, workers: int) -> tuple[Story, Seen, Seen, Seen]:
    """Begin a story, and give what it must look like after `send`, after `track`, and after what failed went again."""
    places = [folder / "undisturbed", folder / "killed"]
    for place in places:
        place.mkdir()
    sent, tracked, mended = undisturbed(stories.enter_context(Story.told_in(places[0], layout, INVOICES)))
    return stories.enter_context(Story.told_in(places[1], layout, INVOICES, workers)), sent, tracked, mended


def assert_as_if_nothing_had_happened(story: Story, seen: Seen) -> None:
    assert (story.twice(), story.lost(), story.wrong(seen)) == (0, 0, [])


def test_a_send_killed_around_every_commit_and_request(stories: ExitStack, tmp_path: Path) -> None:
    story, sent, *_ = begun(stories, tmp_path, "csv", workers=1)
    for point in around("commit claimed", "create", "commit claimed + taken"):
        assert story.killed_at(story.send("--limit", 12), point), f"no run came to the point {point}"
    story.ended(story.send())
    assert_as_if_nothing_had_happened(story, sent)


def test_a_send_killed_around_every_step_of_its_results_file(stories: ExitStack, tmp_path: Path) -> None:
    story, sent, *_ = begun(stories, tmp_path, "xlsx", workers=4)
    for point in [*around("commit results remembered", "replace results"), "before close the journal"]:
        assert story.killed_at(story.send("--limit", 2), point), f"no run came to the point {point}"
    story.ended(story.send())
    assert_as_if_nothing_had_happened(story, sent)


def test_results_that_were_remembered_and_not_put_in_place_do_not_make_the_file_somebody_elses(
    stories: ExitStack, tmp_path: Path
) -> None:
    story = stories.enter_context(Story.told_in(tmp_path, "csv", 3))
    world = story.world
    world.send(story.source, limit=1)
    assert story.killed_at(story.send("--limit", 1), "after commit results remembered")
    grown = [row for number in (1001, 1002, 1003, 3001) for row in invoice_rows(number)]
    report = world.send(world.source(rows=grown))
    assert report.files[0].notices == ()
    assert {path.name for path in tmp_path.glob("in.*")} == {"in.csv", "in.results.csv"}
    assert [row["Nro"] for row in csv_rows(story.results)] == ["1001", "1002", "1003", "3001"]


def test_a_send_into_the_users_own_file_killed_around_the_copy_that_is_kept(stories: ExitStack, tmp_path: Path) -> None:
    story, sent, *_ = begun(stories, tmp_path, "csv in place", workers=4)
    for point in around("replace .bak", "replace source"):
        assert story.killed_at(story.send("--limit", 2), point), f"no run came to the point {point}"
    story.ended(story.send())
    assert_as_if_nothing_had_happened(story, sent)


def test_a_track_killed_around_every_step(stories: ExitStack, tmp_path: Path) -> None:
    story, _, tracked, _ = begun(stories, tmp_path, "csv", workers=4)
    story.sent_whole()
    story.hours_later()
    for point in around("commit observed"):
        assert story.killed_at(["track"], point), f"no run came to the point {point}"
    story.hours_later()
    for point in ("after commit results remembered", "after replace results"):
        assert story.killed_at(["track"], point), f"no run came to the point {point}"
    story.ended(["track"])
    assert_as_if_nothing_had_happened(story, tracked)


def test_a_send_of_what_was_corrected_killed_around_every_step(stories: ExitStack, tmp_path: Path) -> None:
    story, *_, mended = begun(stories, tmp_path, "xlsx in place", workers=4)
    story.sent_whole()
    for _ in range(2):
        story.hours_later()
        story.world.track()
    story.correct()
    for point in [*around("commit corrected, to be sent again"), "after create", "after replace source"]:
        assert story.killed_at(story.send_again(), point), f"no run came to the point {point}"
    story.ended(story.send_again())
    for _ in range(2):
        story.hours_later()
        story.world.track()
    assert_as_if_nothing_had_happened(story, mended)


def test_sends_killed_with_many_requests_under_way_while_the_server_loses_answers(
    stories: ExitStack, tmp_path: Path
) -> None:
    story, sent, *_ = begun(stories, tmp_path, "csv", workers=16)
    trouble(story)
    story.world.fault("create", "slow", seconds=1, after_commit=True)
    kills = [story.killed_after(story.send("--limit", 8), seconds) for seconds in (0.02, 0.07)]
    assert all(kills), "a run ended before it was killed"
    assert story.world.server
    story.world.server.faults.clear()
    trouble(story)
    story.ended(story.send())
    assert_as_if_nothing_had_happened(story, sent)


def test_the_count_sees_a_copy_too_many_and_one_that_is_missing(stories: ExitStack, tmp_path: Path) -> None:
    story, sent, *_ = begun(stories, tmp_path, "csv", workers=4)
    story.sent_whole()
    assert_as_if_nothing_had_happened(story, sent)
    server = story.world.server
    assert server
    (body,) = server.ledger.bodies(1001)
    headers = {"X-Api-Key": server.key, "Content-Type": "application/json"}
    httpx.post(f"{server.url}/api/v1/partner/invoice", content=body, headers=headers).raise_for_status()
    assert story.twice() == 1
    server.ledger.clear()
    assert story.lost() == len(story.due)
    story.results.write_bytes(story.results.read_bytes().replace(b"waiting", b"delivered", 1))
    assert f"other than in the undisturbed story: {story.results.name}" in story.wrong(sent)

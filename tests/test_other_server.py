"""Whole stories against another server with other habits and other faults: nothing twice, nothing lost, nothing called delivered."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections import Counter
from pathlib import Path

import pytest
from killing import UNDELIVERABLE, undisturbed
from other_server import HABITS, OUR_OWN_WORD, REFUSED, Habits, habits_of, other_server
from other_story import OtherStory
from world import TOKEN, World, csv_rows, invoice_rows

from confirma_connector.errors import ConfirmaError

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_whole_story_in_trouble_ends_as_it_must(seed: int, tmp_path: Path, read_once: None) -> None:
    with OtherStory.with_habits(tmp_path, "csv", 8, habits_of(seed), seed=seed, workers=1 + seed % 4) as story:
        story.server.troubles = 8
        story.sent_in_this_process()
        assert (story.twice(), story.lost()) == (0, 0)
        for _ in range(len(story.server.habits.life)):
            story.hours_later()
            with contextlib.suppress(ConfirmaError):
                story.world.track()
        story.server.troubles = 0
        story.world.track()
        assert story.world.states() == story.ends()
        assert {int(row["Nro"]): row["confirma_state"] for row in csv_rows(story.results) if row["confirma_state"]} == {
            **story.ends(),
            2003: "invalid",
        }
        assert (story.twice(), story.lost()) == (0, 0)

"""A story that is told against another server, whose habits and faults a seed decides."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from killing import QUIET, UNDELIVERABLE, Story
from other_habits import ARCHIVED, Habits
from other_server import OtherServer, other_server
from world import TOKEN, Clock, World

from confirma_connector.errors import ConfirmaError
from confirma_connector.journal import TAKEN

__all__ = ["OtherStory"]

_RUNS = 25


@dataclass
class OtherStory(Story):
    """One file of invoices and its world. The clock is the server's own; time goes by in steps of an invoice's life."""

    server: OtherServer = field(default_factory=lambda: OtherServer("", ""))

    @classmethod
    @contextlib.contextmanager
    def with_habits(
        cls, folder: Path, layout: str, invoices: int, habits: Habits, *, seed: object = 0, workers: int = 4
    ) -> Iterator[OtherStory]:
        """Begin a story in an empty folder with a server of its own, which outlives whatever is killed."""
        with other_server(TOKEN, habits, seed=seed) as server:
            world = World.at(folder, None, server.url, concurrency=workers, quiet_period=QUIET)
            story = cls(world, Clock(), layout, invoices, server=server)
            story.write_source()
            yield story

    def hours_later(self) -> None:
        self.server.step += 1

    def arrived(self) -> Counter[int]:
        return self.server.numbers()

    def bodies(self) -> dict[int, list[bytes]]:
        return {number: self.server.taken_of(number) for number in self.due}

    def ends(self) -> dict[int, str]:
        """Give the state each invoice must end in: known words alone are a delivery."""
        ends = dict.fromkeys(sorted(self.due), "delivered")
        return ends | {ARCHIVED: "unknown", UNDELIVERABLE: "delivered" if self.corrected else "failed"}

    def sent_in_this_process(self) -> None:
        """Run until everything is taken."""
        for _ in range(_RUNS):
            with contextlib.suppress(ConfirmaError):
                self.world.send(self.source, in_place=self.is_in_place)
            states = self.world.states()
            if all(states.get(number) in TAKEN for number in self.due):
                return
        raise AssertionError(f"not done after {_RUNS} runs: {states}")

    def tracked_in_this_process(self) -> None:
        """Track through the whole life of the invoices; the last time nothing is struck."""
        for _ in self.server.habits.life:
            self.hours_later()
            with contextlib.suppress(ConfirmaError):
                self.world.track()
        self.server.troubles = 0
        self.world.track()

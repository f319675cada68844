"""Sending: one thread owns the journal, workers only talk HTTP; verdicts in and next claims out in one transaction."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from confirma_connector.client import Client, Verdict
from confirma_connector.contract import Contract
from confirma_connector.journal import Claim, Entry, Journal, Step

__all__ = ["Dispatch", "Ending", "Stop"]

_IN_A_ROW = 3
_ALIKE = 5
_TRIES = 5
_BREATH = 0.5

_TROUBLE = {"unsent": "no connection", "lost": "no answer", "odd": "no usable answer"}


@dataclass
class Stop:
    """A person's wish to stop: orderly while invoices are under way (`shielded`), at once everywhere else."""

    wished: threading.Event = field(default_factory=threading.Event)
    shielded: bool = False

    @contextlib.contextmanager
    def shield(self) -> Iterator[None]:
        """Within the block a wish is only noted."""
        self.shielded = True
        try:
            yield
        finally:
            self.shielded = False


@dataclass(frozen=True, slots=True)
class Ending:
    """Why the sending stopped before its work was done."""

    kind: Literal["refused", "outage", "stopped"]
    message: str


@dataclass(frozen=True, slots=True)
class _Task:
    claim: Claim
    entry: Entry


@dataclass
class Dispatch:
    """One sending of many claims. *stop* asks for an orderly end; *progress* hears of every verdict."""

    journal: Journal
    client: Client
    contract: Contract
    workers: int
    stop: Stop
    progress: Callable[[Entry, Verdict], None]
    ending: Ending | None = None
    _tasks: queue.SimpleQueue[_Task | None] = field(default_factory=queue.SimpleQueue)
    _answers: queue.SimpleQueue[tuple[_Task, Verdict | None]] = field(default_factory=queue.SimpleQueue)
    _closing: threading.Event = field(default_factory=threading.Event)
    _resume_at: float = 0.0
    _troubles: int = 0
    _pauses: int = 0
    _first_marks: list[str] = field(default_factory=list)
    _tries: dict[int, int] = field(default_factory=dict)
    _again: deque[Claim] = field(default_factory=deque)

    def run(self, claims: Iterable[Claim]) -> None:
        """Send *claims* in order until they are done or there is an `ending`. Every claim that began is settled."""
        if self.ending:
            return
        self._closing.clear()
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self.workers)]
        for thread in threads:
            thread.start()
        try:
            self._drive(iter(claims))
        finally:
            self._closing.set()
            for _ in threads:
                self._tasks.put(None)
            for thread in threads:
                thread.join()

    def _drive(self, claims: Iterator[Claim]) -> None:
        under_way = 0
        answered: list[tuple[_Task, Verdict | None]] = []
        while True:
            steps = [self._settled(task, verdict) for task, verdict in answered]
            if self.stop.wished.is_set():
                self._end("stopped", "stopped; what had begun was finished")
            room = 0 if self.ending else 2 * self.workers - under_way
            taken = list(self._next(claims, room))
            entries = self.journal.advance(steps, taken, self.client.server_now())
            for claim, entry in zip(taken, entries, strict=True):
                self._tasks.put(_Task(claim, entry))
            under_way += len(taken)
            if not under_way:
                return
            answered = self._answered()
            under_way -= len(answered)

    def _next(self, claims: Iterator[Claim], room: int) -> Iterator[Claim]:
        for _ in range(room):
            claim = self._again.popleft() if self._again else next(claims, None)
            if claim is None:
                return
            yield claim

    def _answered(self) -> list[tuple[_Task, Verdict | None]]:
        """Wait for an answer, and take every other one that is there; wake up to see whether to stop."""
        answered: list[tuple[_Task, Verdict | None]] = []
        while not answered and not (self.stop.wished.is_set() and not self.ending):
            try:
                answered.append(self._answers.get(timeout=0.2))
            except queue.Empty:
                continue
        while True:
            try:
                answered.append(self._answers.get_nowait())
            except queue.Empty:
                return answered

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            while not self._closing.is_set() and (wait := self._resume_at - time.monotonic()) > 0:
                self._closing.wait(min(wait, 0.2))
            if self._closing.is_set():
                self._answers.put((task, None))
                continue
            self._answers.put((task, self._sent(task)))

    def _sent(self, task: _Task) -> Verdict:
        try:
            return self.client.create(task.claim.body, was_uncertain=task.entry.ever_uncertain)
        except Exception as error:  # whatever it was, bytes may have left: never lose the invoice with the thread
            now = self.client.server_now()
            return Verdict("uncertain", "lost", f"unexpected {type(error).__name__} while sending", ended_at=now)

    def _settled(self, task: _Task, verdict: Verdict | None) -> Step:
        """Turn one verdict into its transition, and let it weigh on the run."""
        entry = task.entry
        if verdict is None:
            return Step(entry.id, "ready", "not begun")
        self.progress(entry, verdict)
        self._weigh(task, verdict)
        is_taken = verdict.kind == "taken"
        return Step(
            entry.id,
            self.contract.state_of(verdict.status) if is_taken and verdict.status else verdict.state,
            verdict.kind,
            message=verdict.message,
            fields=verdict.fields,
            http_status=verdict.http_status or None,
            detail=verdict.text or verdict.message,
            status=verdict.status,
            ended_at=verdict.ended_at,
            taken_at=verdict.ended_at if is_taken else None,
        )

    def _weigh(self, task: _Task, verdict: Verdict) -> None:
        if verdict.kind in _TROUBLE:
            self._troubles += 1
            if self._troubles >= _IN_A_ROW:
                self._end(
                    "outage",
                    f"{self.client.host}: {_TROUBLE[verdict.kind]} {_IN_A_ROW} times in a row ({verdict.message})",
                )
        elif verdict.kind != "busy":
            self._troubles = 0
        if verdict.kind == "unsent":
            self._resume_at = time.monotonic() + _BREATH * self._troubles
        if verdict.kind == "stop":
            self._end("refused", verdict.message)
        elif verdict.kind == "busy":
            self._pause(verdict)
        elif verdict.kind == "taken":
            self._pauses = 0
        if verdict.state == "ready" and verdict.kind in ("busy", "unsent"):
            self._try_again(task.claim)
        self._compare(verdict)

    def _pause(self, verdict: Verdict) -> None:
        """Hold all workers back, once for all answers of the same pause."""
        now = time.monotonic()
        if now < self._resume_at:
            return
        self._pauses += 1
        if self._pauses > _IN_A_ROW:
            self._end("outage", f"{self.client.host}: the server keeps asking to wait")
        self._resume_at = now + (verdict.pause if verdict.pause is not None else 2.0**self._pauses * _BREATH)
        self.client.fresh_connections()

    def _try_again(self, claim: Claim) -> None:
        number = claim.facts.number
        self._tries[number] = self._tries.get(number, 0) + 1
        if self._tries[number] < _TRIES:
            self._again.append(claim)

    def _compare(self, verdict: Verdict) -> None:
        """Stop when the first answers of a run are all the same refusal: then it is not the invoices."""
        if len(self._first_marks) < _ALIKE:
            self._first_marks.append(verdict.mark)
            if len(self._first_marks) == _ALIKE and verdict.mark and len(set(self._first_marks)) == 1:
                self._end(
                    "refused",
                    f"the first {_ALIKE} invoices were refused alike ({verdict.message}): mapping or contract?",
                )

    def _end(self, kind: Literal["refused", "outage", "stopped"], message: str) -> None:
        if self.ending is None:
            self.ending = Ending(kind, message)
            self._closing.set()

"""Sending: one thread owns the journal, workers only talk HTTP; verdicts in and next claims out in one transaction."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from confirma_connector import language
from confirma_connector.client import Client
from confirma_connector.contract import Contract
from confirma_connector.journal import Claim, Entry, Journal, Step
from confirma_connector.language import mark, tr, trn
from confirma_connector.retelling import UNEXPECTED, retold
from confirma_connector.stopping import Ending, Stop
from confirma_connector.verdict import Verdict

__all__ = ["Dispatch"]

_IN_A_ROW = 3
_ALIKE = 5
_TRIES = 5
_BREATH = 0.5
_GLANCE = 0.02
"""Seconds: as long answers are waited for before it is seen whether to stop, and whether one more worker is wanted."""
_QUICK = 0.001
"""Seconds: where requests take no longer, one worker does more than several, who would only wait for each other."""
_AT_ONCE = 32
"""As many intents are written together where requests are quick: a flush of the disk takes longer than many of them."""
_LARGE = 1 << 20
"""Bytes: where the next few have more, no further ones are written with them."""
_AGAIN = mark("run it again later: nothing is lost, and nothing goes twice")

_TROUBLE = {
    "unsent": mark("no connection {count} times in a row"),
    "lost": mark("no answer {count} times in a row"),
    "odd": mark("no usable answer {count} times in a row"),
}


@dataclass(frozen=True, slots=True)
class _Task:
    claim: Claim
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Answer:
    """What came of a task: no verdict means that it was never begun. *begun_at* is by the monotonic clock.

    Who sent it goes on at once, or once it is *weighed*: what went wrong may concern all that would come next.
    """

    task: _Task
    verdict: Verdict | None
    begun_at: float
    weighed: threading.Event | None


@dataclass
class Dispatch:
    """One sending of many claims. *stop* asks for an orderly end; *progress* hears of every verdict."""

    journal: Journal
    client: Client
    contract: Contract
    workers: int
    stop: Stop
    progress: Callable[[Claim, Verdict], None]
    ending: Ending | None = None
    _tasks: queue.SimpleQueue[_Task | None] = field(default_factory=queue.SimpleQueue)
    _answers: deque[_Answer] = field(default_factory=deque)
    _ready: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _closing: threading.Event = field(default_factory=threading.Event)
    _unwritten: list[_Answer] = field(default_factory=list)
    _resume_at: float = 0.0
    _paused_at: float = 0.0
    _pace: float = _QUICK
    _troubles: int = 0
    _pauses: int = 0
    _first_marks: list[str] = field(default_factory=list)
    _tries: Counter[tuple[int, int]] = field(default_factory=Counter)
    _again: deque[Claim] = field(default_factory=deque)

    def run(self, claims: Iterable[Claim]) -> None:
        """Send *claims* in order until they are done or there is an `ending`. Every claim that began is settled."""
        if self.ending:
            return
        try:
            self._begin_one_more()  # before anything is claimed: there may be no thread to be had
            self._drive(iter(claims))
        except BaseException:
            self._closing.set()
            raise
        finally:
            for _ in self._threads:
                self._tasks.put(None)
            while self._threads:
                self._threads.pop().join()
            self._take_answers()
            self._write([])  # what came in while an exception flew: nothing that was answered stays unknown

    def _drive(self, claims: Iterator[Claim]) -> None:
        under_way = 0
        while True:
            for answer in self._unwritten:
                if answer.verdict is not None:
                    self._weigh(answer, answer.verdict)
                if answer.weighed is not None:
                    answer.weighed.set()
            if self.stop.wished.is_set():
                self._end("stopped", tr("stopped; what had begun was finished"))
            taken = [] if self.ending else list(self._next(claims, under_way))
            for task in self._write(taken):
                self._tasks.put(task)
            under_way += len(taken)
            if not under_way:
                return
            if self._pace > 2 * _QUICK and not self._tasks.empty():
                self._begin_one_more()
            self._wait()
            under_way -= len(self._unwritten)

    def _write(self, taken: list[Claim]) -> list[_Task]:
        """Write the verdicts that came in and the next claims in one transaction."""
        if not self._unwritten and not taken:
            return []
        steps = [self._step(answer) for answer in self._unwritten]
        entries = self.journal.advance(steps, taken, self.client.server_now())
        self._unwritten = []
        return [_Task(claim, entry) for claim, entry in zip(taken, entries, strict=True)]

    def _next(self, claims: Iterator[Claim], under_way: int) -> Iterator[Claim]:
        """Give the next claims that there is room for; beyond two for each worker, large ones a few at a time."""
        size = 0
        while under_way < (2 * self.workers if size > _LARGE else self._ahead):
            claim = self._again.popleft() if self._again else next(claims, None)
            if claim is None:
                return
            yield claim
            under_way, size = under_way + 1, size + len(claim.body)

    @property
    def _ahead(self) -> int:
        """As many invoices are claimed at most that have no verdict yet: a kill leaves no more in doubt."""
        is_quick = self._pace < _QUICK and self._resume_at <= time.monotonic()
        return max(2 * self.workers, _AT_ONCE if is_quick else 0)

    def _begin_one_more(self) -> None:
        """Let one more worker begin; where this machine has no thread left, those that there are do it alone."""
        if len(self._threads) < self.workers:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            try:
                self._threads[-1].start()
            except RuntimeError:
                self._threads.pop()
                if not self._threads:
                    raise

    def _wait(self) -> None:
        """Wait for answers, and take all that are there; wake up to see whether to stop."""
        while not self._unwritten and not (self.stop.wished.is_set() and not self.ending):
            if not self._ready.wait(_GLANCE) and not self._tasks.empty():
                self._begin_one_more()
            self._ready.clear()
            self._take_answers()

    def _take_answers(self) -> None:
        while self._answers:
            self._unwritten.append(self._answers.popleft())

    def _work(self) -> None:
        """Do one task after the other. Whoever waits for the answers is woken for several, where they come quickly."""
        while True:
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                self._ready.set()
                task = self._tasks.get()
            if task is None:
                return
            while not self._closing.is_set() and (wait := self._resume_at - time.monotonic()) > 0:
                self._closing.wait(min(wait, 0.2))
            begun_at = time.monotonic()
            verdict = None if self._closing.is_set() else self._sent(task)
            took = time.monotonic() - begun_at
            self._pace += (took - self._pace) / 16
            weighed = threading.Event() if verdict is not None and verdict.kind != "taken" else None
            self._answers.append(_Answer(task, verdict, begun_at, weighed))
            if weighed is not None or took > _QUICK or len(self._answers) >= self._ahead // 2:
                self._ready.set()
            while weighed is not None and not self._closing.is_set() and not weighed.wait(0.2):
                pass

    def _sent(self, task: _Task) -> Verdict:
        try:
            body = task.claim.body
            with language.using("en"):  # the words go into the journal: whoever reads them has them retold
                verdict = self.client.create(body, was_uncertain=task.entry.ever_uncertain)
            return verdict.without(body, self.contract)
        except BaseException as error:  # whatever it was, bytes may have left: never lose the invoice with the thread
            now = self.client.server_now_at_latest()
            return Verdict("uncertain", "lost", UNEXPECTED.format(name=type(error).__name__), ended_at=now)

    def _step(self, answer: _Answer) -> Step:
        """Turn one answer into its transition."""
        entry, verdict = answer.task.entry, answer.verdict
        if verdict is None:
            return Step(entry.id, "ready", "not begun", never_left=True)  # not for people
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
            never_left=verdict.kind == "unsent",
        )

    def _weigh(self, answer: _Answer, verdict: Verdict) -> None:
        """Let one verdict weigh on the run."""
        self.progress(answer.task.claim, verdict)
        if verdict.kind in _TROUBLE:
            self._troubles += 1
            if self._troubles >= _IN_A_ROW:
                last = f" (HTTP {verdict.http_status})" if verdict.http_status else ""
                trouble = f"{tr(_TROUBLE[verdict.kind], count=_IN_A_ROW)}{last}"
                self._end("outage", f"{self.client.host}: {trouble}; {tr(_AGAIN)}")
        elif verdict.kind != "busy":
            self._troubles = self._pauses = 0
        if verdict.kind == "unsent":
            self._resume_at = time.monotonic() + _BREATH * self._troubles
        if verdict.kind == "stop":
            self._end("refused", retold(verdict.message))
        elif verdict.kind == "busy":
            self._pause(answer, verdict)
        if verdict.kind in ("busy", "unsent"):
            self._try_again(answer.task.claim)
        if verdict.kind in ("taken", "refused"):
            self._compare(verdict)

    def _pause(self, answer: _Answer, verdict: Verdict) -> None:
        """Hold all workers back, once for all answers to what was sent before the pause."""
        if answer.begun_at <= self._paused_at:
            return
        self._pauses += 1
        if self._pauses > _IN_A_ROW:
            self._end(
                "outage", tr("{host}: the server keeps asking to wait; {hint}", host=self.client.host, hint=tr(_AGAIN))
            )
        self._paused_at = time.monotonic()
        self._resume_at = self._paused_at + (
            verdict.pause if verdict.pause is not None else 2.0**self._pauses * _BREATH
        )
        self.client.fresh_connections()

    def _try_again(self, claim: Claim) -> None:
        key = (claim.facts.number, claim.facts.year)
        self._tries[key] += 1
        if self._tries[key] < _TRIES:
            self._again.append(claim)

    def _compare(self, verdict: Verdict) -> None:
        """Stop when the first answers of a run are all the same refusal: then it is not the invoices."""
        if len(self._first_marks) < _ALIKE:
            self._first_marks.append(verdict.mark)
            if len(self._first_marks) == _ALIKE and verdict.mark and len(set(self._first_marks)) == 1:
                fields = ", ".join(field for field, _ in verdict.fields)
                reason = f"HTTP {verdict.http_status}{': ' if fields else ''}{fields}"
                self._end(
                    "refused",
                    trn(
                        "the first {count} invoice was refused alike ({reason}): mapping or contract?",
                        "the first {count} invoices were refused alike ({reason}): mapping or contract?",
                        _ALIKE,
                        reason=reason,
                    ),
                )

    def _end(self, kind: Literal["refused", "outage", "stopped"], message: str) -> None:
        if self.ending is None:
            self.ending = Ending(kind, message)
            self._closing.set()

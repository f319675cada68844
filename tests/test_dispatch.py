"""Sending many: outage, pauses, stopping in the middle, and that no thread takes an invoice with it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import pytest
from world import World

from confirma_connector import contract
from confirma_connector.client import Client
from confirma_connector.dispatch import Dispatch
from confirma_connector.journal import Claim, Facts, Journal
from confirma_connector.stopping import Stop
from confirma_connector.verdict import Verdict

TAKEN = Verdict("sent", "taken", http_status=200)
LOST = Verdict("uncertain", "lost", "reset")
ODD = Verdict("uncertain", "odd", "HTTP 502", 502)
UNSENT = Verdict("ready", "unsent", "no connection")
BUSY = Verdict("ready", "busy", "wait", 429, pause=0.0)
STOP = Verdict("ready", "stop", "HTTP 401: key?", 401)


def rejected(mark: str) -> Verdict:
    return Verdict("rejected", "refused", f"HTTP 422: {mark}", 422, mark=mark)


class Scripted:
    """In place of a client: answers by a function of the invoice's number and of how often it was tried."""

    host = "host"

    def __init__(self, answer: Callable[[int, int], Verdict]) -> None:
        self.answer = answer
        self.tried: list[int] = []
        self.pauses = 0
        self._lock = threading.Lock()

    def create(self, body: bytes, *, was_uncertain: bool = False) -> Verdict:
        number = int(body)
        with self._lock:
            self.tried.append(number)
            attempt = self.tried.count(number)
        return dataclasses.replace(self.answer(number, attempt), ended_at=time.time())

    def server_now(self) -> float:
        return time.time()

    server_now_at_latest = server_now

    def fresh_connections(self) -> None:
        self.pauses += 1


def claims(*numbers: int) -> Iterator[Claim]:
    for number in numbers:
        facts = Facts(number, 0, "INVOICE", dt.date(2026, 3, 2), "EUR", Decimal(1), "EMAIL", "c", f"p{number}")
        yield Claim(facts, str(number).encode())


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.sqlite3", "staging", "acme") as journal:
        yield journal


@pytest.fixture(autouse=True)
def short_breath(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confirma_connector.dispatch._BREATH", 0.01)


def dispatch(journal: Journal, client: Scripted, workers: int = 1, stop: Stop | None = None) -> Dispatch:
    return Dispatch(journal, client, contract.read(), workers, stop or Stop(), lambda claim, verdict: None)  # type: ignore[arg-type]


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.005)


def states(journal: Journal) -> dict[int, str]:
    return {entry.number: entry.state for entry in journal.entries()}


@pytest.mark.parametrize("workers", [1, 4, 16])
def test_everything_is_sent_once(journal: Journal, workers: int) -> None:
    client = Scripted(lambda number, attempt: TAKEN)
    sending = dispatch(journal, client, workers)
    sending.run(claims(*range(200)))
    assert sorted(client.tried) == list(range(200))
    assert set(states(journal).values()) == {"sent"}
    assert sending.ending is None


@pytest.mark.parametrize("bad", [LOST, ODD])
def test_three_lost_answers_in_a_row_are_an_outage(journal: Journal, bad: Verdict) -> None:
    client = Scripted(lambda number, attempt: TAKEN if number < 10 else bad)
    sending = dispatch(journal, client)
    sending.run(claims(*range(100)))
    assert sending.ending
    assert sending.ending.kind == "outage"
    found = states(journal)
    assert list(found.values()).count("uncertain") == 3
    assert set(found.values()) <= {"sent", "uncertain", "ready"}
    assert len(client.tried) == len(set(client.tried)) < 16


def test_what_was_answered_is_written_though_the_next_answer_does_not_come(journal: Journal) -> None:
    """The second reader of the journal is this client, within its request."""

    def hanging(number: int, _attempt: int) -> Verdict:
        if number % 20 == 10:
            with Journal(journal.path, "staging", "acme") as read:
                wait_until(lambda: all(states(read).get(one) == "sent" for one in range(number)))
        return TAKEN

    dispatch(journal, Scripted(hanging)).run(claims(*range(40)))
    assert set(states(journal).values()) == {"sent"}


def test_a_service_that_lets_wait_is_asked_by_as_many_workers_as_are_allowed(journal: Journal) -> None:
    together = threading.Barrier(6)

    def slow(_number: int, _attempt: int) -> Verdict:
        together.wait(10)
        return TAKEN

    dispatch(journal, Scripted(slow), workers=6).run(claims(*range(36)))
    assert list(states(journal).values()) == ["sent"] * 36


@pytest.mark.parametrize(("threads", "states_left"), [(0, []), (1, ["sent"])])
def test_a_machine_without_threads_loses_nothing(
    journal: Journal, monkeypatch: pytest.MonkeyPatch, threads: int, states_left: list[str]
) -> None:
    left = iter(range(threads))
    start = threading.Thread.start

    def started(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        start(thread)

    def slow(_number: int, _attempt: int) -> Verdict:
        time.sleep(0.005)
        return TAKEN

    monkeypatch.setattr(threading.Thread, "start", started)
    with nullcontext() if threads else pytest.raises(RuntimeError, match="can't start new thread"):
        dispatch(journal, Scripted(slow), workers=4).run(claims(*range(30)))
    assert sorted(set(states(journal).values())) == states_left


def test_large_invoices_are_not_claimed_by_the_dozen(journal: Journal) -> None:
    most = 0

    def count(number: int, _attempt: int) -> Verdict:
        nonlocal most
        if number == 120:
            with Journal(journal.path, "staging", "acme") as read:
                most = max(most, read.counts().get("sending", 0))
        return TAKEN

    def large() -> Iterator[Claim]:
        for claim in claims(*range(140)):
            yield claim if claim.facts.number < 90 else dataclasses.replace(claim, body=claim.body.ljust(600_000))

    dispatch(journal, Scripted(count)).run(large())
    assert set(states(journal).values()) == {"sent"}
    assert 0 < most < 8


def test_troubles_that_are_not_in_a_row_end_nothing(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: TAKEN if number % 3 else LOST)
    sending = dispatch(journal, client)
    sending.run(claims(*range(60)))
    assert sending.ending is None
    assert list(states(journal).values()).count("uncertain") == 20


def test_what_never_left_is_tried_again_and_an_outage_leaves_it_ready(journal: Journal) -> None:
    sending = dispatch(journal, Scripted(lambda number, attempt: TAKEN if attempt > 1 and number == 1 else UNSENT))
    sending.run(claims(*range(50)))
    assert sending.ending
    assert sending.ending.kind == "outage"
    assert set(states(journal).values()) <= {"ready", "sent"}
    assert all(entry.attempted_at is None for entry in journal.entries(["ready"]))


def test_one_refused_connection_is_merely_tried_again(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: UNSENT if number == 5 and attempt == 1 else TAKEN)
    sending = dispatch(journal, client, workers=2)
    sending.run(claims(*range(10)))
    assert sending.ending is None
    assert set(states(journal).values()) == {"sent"}
    assert client.tried.count(5) == 2


def test_a_wrong_key_stops_the_run_and_loses_nothing(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: STOP)
    sending = dispatch(journal, client, workers=2)
    sending.run(claims(*range(50)))
    assert sending.ending
    assert (sending.ending.kind, sending.ending.message) == ("refused", "HTTP 401: key?")
    assert set(states(journal).values()) == {"ready"}
    assert len(client.tried) <= 2


def test_the_first_five_refused_alike_stop_the_run(journal: Journal) -> None:
    sending = dispatch(journal, Scripted(lambda number, attempt: rejected("same")))
    sending.run(claims(*range(50)))
    assert sending.ending
    assert sending.ending.kind == "refused"
    assert "mapping or contract" in sending.ending.message
    assert list(states(journal).values()).count("rejected") == 5


@pytest.mark.parametrize(
    "answer",
    [
        lambda number, attempt: rejected("same" if number else "another"),
        lambda number, attempt: rejected("same") if number else TAKEN,
        lambda number, attempt: rejected("same") if number != 4 else TAKEN,
    ],
)
def test_five_refusals_that_are_not_the_first_or_not_alike_stop_nothing(
    journal: Journal, answer: Callable[[int, int], Verdict]
) -> None:
    sending = dispatch(journal, Scripted(answer))
    sending.run(claims(*range(30)))
    assert sending.ending is None
    assert len(journal.entries()) == 30


def test_waiting_first_does_not_hide_that_all_are_refused_alike(journal: Journal) -> None:
    sending = dispatch(
        journal, Scripted(lambda number, attempt: BUSY if number == 0 and attempt == 1 else rejected("s"))
    )
    sending.run(claims(*range(30)))
    assert sending.ending
    assert sending.ending.kind == "refused"


def test_a_burst_of_429_is_one_pause_for_all_workers(journal: Journal) -> None:
    gate = threading.Barrier(4, timeout=5)

    def answer(number: int, attempt: int) -> Verdict:
        if number < 4 and attempt == 1:
            gate.wait()
            return BUSY
        return TAKEN

    client = Scripted(answer)
    sending = dispatch(journal, client, workers=4)
    sending.run(claims(*range(30)))
    assert sending.ending is None
    assert client.pauses == 1
    assert set(states(journal).values()) == {"sent"}


def test_a_server_that_only_asks_to_wait_ends_the_run(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: BUSY)
    sending = dispatch(journal, client, workers=2)
    sending.run(claims(*range(20)))
    assert sending.ending
    assert sending.ending.kind == "outage"
    assert set(states(journal).values()) == {"ready"}


def test_one_invoice_that_is_always_told_to_wait_holds_up_nobody_for_ever(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: BUSY if number == 3 else TAKEN)
    sending = dispatch(journal, client)
    sending.run(claims(*range(10)))
    assert client.tried.count(3) <= 5
    assert states(journal)[3] == "ready"
    assert list(states(journal).values()).count("sent") == 9


def test_a_wish_to_stop_settles_what_began_and_gives_back_what_did_not(journal: Journal) -> None:
    stop, begun = Stop(), threading.Event()

    def answer(number: int, attempt: int) -> Verdict:
        begun.set()
        stop.wished.wait(5)
        return TAKEN

    client = Scripted(answer)
    sending = dispatch(journal, client, workers=3, stop=stop)
    threading.Thread(target=lambda: (begun.wait(5), stop.wished.set()), daemon=True).start()
    sending.run(claims(*range(50)))
    assert sending.ending
    assert sending.ending.kind == "stopped"
    found = states(journal)
    assert {number for number, state in found.items() if state == "sent"} == set(client.tried)
    assert set(found.values()) <= {"sent", "ready"}
    assert all(entry.attempted_at is None for entry in journal.entries(["ready"]))
    sending.run(claims(99))
    assert 99 not in client.tried


def test_an_unexpected_exception_in_a_worker_makes_the_invoice_uncertain(journal: Journal) -> None:
    def answer(number: int, attempt: int) -> Verdict:
        if number == 3:
            raise RuntimeError("no one foresaw this")
        return TAKEN

    sending = dispatch(journal, Scripted(answer), workers=2)
    sending.run(claims(*range(10)))
    assert states(journal)[3] == "uncertain"
    assert list(states(journal).values()).count("sent") == 9


def test_an_exception_while_showing_progress_loses_no_verdict(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: TAKEN)
    heard: list[int] = []

    def progress(claim: Claim, verdict: Verdict) -> None:
        heard.append(claim.facts.number)
        if len(heard) == 5:
            raise BrokenPipeError

    sending = Dispatch(journal, client, contract.read(), 2, Stop(), progress)  # type: ignore[arg-type]
    with pytest.raises(BrokenPipeError):
        sending.run(claims(*range(40)))
    found = states(journal)
    assert {number for number, state in found.items() if state == "sent"} == set(client.tried)
    assert set(found.values()) <= {"sent", "ready"}
    assert len(client.tried) < 40


def test_an_exception_while_reading_the_next_invoice_loses_no_verdict(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: TAKEN)

    def some() -> Iterator[Claim]:
        yield from claims(*range(7))
        raise OSError("the temporary file is gone")

    with pytest.raises(OSError, match="temporary file"):
        dispatch(journal, client, workers=2).run(some())
    assert states(journal) == dict.fromkeys(sorted(client.tried), "sent")


def test_a_number_claimed_twice_is_refused_and_loses_no_verdict(journal: Journal) -> None:
    client = Scripted(lambda number, attempt: TAKEN)
    with pytest.raises(Exception, match="cannot be claimed"):
        dispatch(journal, client, workers=1).run(claims(*range(1, 13), 1, 13))
    assert sorted(client.tried) == sorted(states(journal))
    assert client.tried.count(1) == 1


def test_no_thread_is_left_behind(journal: Journal) -> None:
    before = threading.active_count()
    for number, verdict in enumerate((TAKEN, LOST, STOP, BUSY)):
        dispatch(journal, Scripted(lambda n, attempt, verdict=verdict: verdict), workers=8).run(  # type: ignore[misc]
            claims(*range(100 * number, 100 * number + 20))
        )
    assert threading.active_count() == before


def test_over_the_wire_a_pause_is_kept_by_all_and_nothing_is_lost(world: World) -> None:
    world.fault("create", "status", status=429, retry_after="0", times=7, every=5)
    report = world.but(concurrency=4).send(world.source(*range(1001, 1061)))
    assert report.exit_code == 0
    assert world.arrived() == list(range(1001, 1061))


def test_the_connections_of_a_stopped_run_are_closed(world: World) -> None:
    world.fault("create", "status", status=401)
    run = world.run()
    with (
        Client(run.settings, run.contract) as client,
        Journal(run.settings.journal, "staging", "acme") as journal,
    ):
        sending = Dispatch(journal, client, run.contract, 2, Stop(), lambda claim, verdict: None)
        sending.run(claims(1001))
        assert sending.ending
        assert "401" in sending.ending.message

"""A search for a double send: the real journal and its rules beside a model of the service, in every order of events.

One invoice; the service as bad as we assume it can be. What is assumed is `BOUND` and `LAGS`, and nothing else: a commit
comes no later than a quiet period after its attempt ended, and the listing shows it no later than a quiet period after
that. Every state that can be reached within so many events is visited once, and in each of them it must hold that

- the service has no more copies from us than were let go: one, and one more each time a person let it go again;
- what the service has from us is never held for unsent (`ready`, `rejected`, unknown);
- what we hold for taken is there, or the service said so.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import sqlite3
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from confirma_connector import contract, decide, reconcile
from confirma_connector.answers import Listed, Listing
from confirma_connector.dispatch import Dispatch
from confirma_connector.errors import Outage
from confirma_connector.inquiry import inquire
from confirma_connector.journal import REOPENABLE, TAKEN, Claim, Entry, Facts, Journal, Step
from confirma_connector.sending import Filters, Sending
from confirma_connector.stopping import Stop
from confirma_connector.verdict import Verdict

pytestmark = pytest.mark.thorough

QUIET = 600.0
TICK = 300.5
"""Seconds; two of them are a quiet period and a second."""
BOUND = 2
"""Ticks after the end of an attempt within which it is committed, if it ever is."""
LAGS = (0, 2)
"""Ticks by which the listing is late."""
NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC).timestamp()
DATE = dt.date(2026, 3, 2)
NUMBER = 1001
DEPTH = 3
"""Events in a row from each beginning; the search grows sixfold with each more."""
STATUSES = {"PAUSED": "waiting", "INTERMEDIATED": "delivered", "ERROR": "failed"}
OUTCOMES = ("taken", "lost", "rejected", "unsent", "busy", "killed before", "killed after", "killed unclaimed")
_VERDICTS = {
    "taken": Verdict("sent", "taken", http_status=200),
    "lost": Verdict("uncertain", "lost", "reset"),
    "unsent": Verdict("ready", "unsent", "no connection"),
    "busy": Verdict("ready", "busy", "wait", 429, pause=0.0),
}


@dataclass(frozen=True, order=True)
class Record:
    """One record at the service, created so many ticks ago. *before* says that it was there when it was let go again."""

    age: int
    status: str
    is_ours: bool = True
    before: bool = False


@dataclass(frozen=True)
class State:
    """Everything there is. Times are ticks ago.

    *flying* are attempts whose commit may still come, each with whether it was begun before it was let go again.
    """

    row: tuple[Any, ...] | None = None
    superseded: frozenset[tuple[int, str]] = frozenset()
    records: tuple[Record, ...] = ()
    flying: tuple[tuple[int, bool], ...] = ()
    let_go: int = 0
    was_told: bool = False

    @property
    def known_as(self) -> str:
        return self.row[0] if self.row else "unknown here"


Event = tuple[Any, ...]
_PLAIN = ("state", "print", "ever_uncertain")
_TIMES = ("attempted_at", "ended_at", "taken_at", "absent_at")


def facts(print: str) -> Facts:
    return Facts(NUMBER, 0, "INVOICE", DATE, "EUR", Decimal("125.50"), "EMAIL", "core", print)


class Bench:
    """The real journal, in memory, and a service that can be put into any state."""

    def __init__(self, journal: Journal, *, shows_times: bool) -> None:
        self.journal = journal
        self.shows_times = shows_times
        self.contract = contract.read()
        memory = sqlite3.connect(":memory:", isolation_level=None)
        journal._database.backup(memory)
        journal._database.close()
        self.database = journal._database = memory

    # -- the service -------------------------------------------------------------------------------------------------

    def listed(self, record: Record) -> Listed:
        at = dt.datetime.fromtimestamp(NOW - record.age * TICK, dt.UTC) if self.shows_times else None
        raw = f"{record.status} {at}"
        return Listed(NUMBER, record.status, STATUSES[record.status], DATE, created_at=at, text=raw)  # type: ignore[arg-type]

    def ask(self, first: dt.date, last: dt.date, number: int | None = None) -> Listing:
        found = tuple(self.listed(one) for one in self.records if one.age >= self.lag)
        total: int | None = len(found)
        if self.habit == "withheld":
            found, total = (), len(found) + 1
        if self.habit == "no totals":
            total = None
        self.reads += 1
        if self.reads == self.lands:  # in the very moment after it was read
            self.land()
        return Listing(found, total)

    def land(self, index: int = 0) -> None:
        if index < len(self.flying):
            _, before = self.flying.pop(index)
            self.records.append(Record(0, "PAUSED", before=before))

    def create(self, body: bytes, *, was_uncertain: bool = False) -> Verdict:
        verdict = _VERDICTS.get(self.outcome)
        if self.outcome == "taken":
            self.records.append(Record(0, "PAUSED"))
            self.was_told = True
        elif self.outcome == "lost":
            self.flying.append((0, False))
        elif self.outcome == "rejected":
            verdict = Verdict("uncertain" if was_uncertain else "rejected", "refused", "HTTP 422", 422)
        assert verdict
        return replace(verdict, ended_at=NOW)

    host = "the service"

    def server_now(self) -> float:
        return NOW

    def fresh_connections(self) -> None: ...

    # -- putting it into a state, and seeing in which it is ------------------------------------------------------------

    def put(self, state: State) -> None:
        self.records, self.flying = list(state.records), list(state.flying)
        self.let_go, self.was_told = state.let_go, state.was_told
        self.habit, self.lag, self.lands, self.reads, self.outcome = "whole", 0, 0, 0, ""
        self.database.execute("DELETE FROM invoices")
        if state.row is None:
            return
        plain, times = state.row[: len(_PLAIN)], state.row[len(_PLAIN) :]
        marks = sorted(self.listed(Record(age, status)).mark for age, status in state.superseded)
        values = {
            **dict(zip(_PLAIN, plain, strict=True)),
            **{name: None if age is None else NOW - age * TICK for name, age in zip(_TIMES, times, strict=True)},
            "environment": "staging",
            "account": "acme",
            "number": NUMBER,
            "year": 0,
            "changed_at": NOW,
            "type": "INVOICE",
            "date": DATE.isoformat(),
            "currency": "EUR",
            "gross": "125.50",
            "method": "EMAIL",
            "core": "core",
            "superseded": simplejson.dumps(marks),
        }
        names = ", ".join(values)
        query = f"INSERT INTO invoices ({names}) VALUES ({', '.join('?' * len(values))})"
        self.database.execute(query, tuple(values.values()))

    def seen(self, before: State) -> State:
        entry = self.entry
        row, superseded = None, before.superseded
        if entry is not None:
            times = [getattr(entry, name) for name in _TIMES]
            ages = [None if at is None else round((NOW - at) / TICK) for at in times]
            row = (*(getattr(entry, name) for name in _PLAIN), *ages)
            pairs = {(one.age, one.status) for one in self.records} | set(before.superseded)
            superseded = frozenset(pair for pair in pairs if self.listed(Record(*pair)).mark in entry.superseded)
        for table in ("said", "bodies", "events"):
            self.database.execute(f"DELETE FROM {table}")
        return State(
            row, superseded, tuple(sorted(self.records)), tuple(sorted(self.flying)), self.let_go, self.was_told
        )

    @property
    def entry(self) -> Entry | None:
        return self.journal.entry(NUMBER)

    # -- what people and runs do -----------------------------------------------------------------------------------------

    def look(self) -> None:
        self.journal.cut_off()
        reconcile.settle_uncertain(self.journal, self.ask, self.server_now, QUIET)

    def track(self) -> None:
        self.look()
        pending = [entry for entry in self.journal.entries(TAKEN) if entry.state not in ("delivered", "credited")]
        reconcile.observe(self.journal, inquire(self.ask, [(one.number, one.date) for one in pending]), NOW)

    def send(self, print: str, resends: bool, outcome: str) -> None:
        self.look()
        wanted, self.outcome = facts(print), outcome
        nobody: Any = None
        sending = Sending(self.journal, nobody, nobody, 1, Stop(), Filters(), None, resends, nobody, nobody)
        if not sending._may_go(wanted, self.entry):
            return
        with self.letting_go():
            held = reconcile.preflight(self.journal, self.ask, [wanted], NOW)
        if held or outcome == "killed unclaimed":
            return
        claim = Claim(wanted, b"{}")
        if outcome in ("killed before", "killed after"):
            self.journal.advance(claims=[claim], server_now=NOW)
            self.flying += [(0, False)] * (outcome == "killed after")
            return
        client: Any = self
        Dispatch(self.journal, client, self.contract, 1, Stop(), lambda claim, verdict: None).run([claim])

    def resend(self) -> None:
        entry = self.entry
        if entry is not None and entry.state in REOPENABLE:
            with self.letting_go():
                findings = inquire(self.ask, [(entry.number, entry.date)])
                reconcile.release(self.journal, entry, findings, NOW, "to be sent again")

    def resolve(self, decision: decide.Decision) -> None:
        self.journal.cut_off()
        entry = self.entry
        has_it = any(one.is_ours and not one.before for one in self.records)
        is_true = {"arrived": has_it, "not-arrived": not has_it and not self.flying, "handled": True}[decision]
        if entry is not None and entry.state in decide._OPEN_TO[decision] and is_true:
            self.journal.advance([Step(entry.id, decide._STATES[decision], f"resolved: {decision}")])

    def adopt(self) -> None:
        entry = self.entry
        if entry is None:
            self.journal.adopt(facts("p0"), "sent elsewhere")
        elif entry.state in ("ready", "rejected", "conflict"):
            self.journal.advance([Step(entry.id, "handled", "adopted")])

    def letting_go(self) -> _LettingGo:
        return _LettingGo(self)


class _LettingGo:
    """Counts it when a person's leave is taken, and marks what the service had by then."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.was = bench.entry

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None:
        now = self.bench.entry
        if self.was and now and self.was.state in REOPENABLE and now.state == "ready":
            self.bench.let_go += 1
            self.bench.was_told = False
            self.bench.records = [replace(one, before=True) for one in self.bench.records]
            self.bench.flying = [(age, True) for age, _ in self.bench.flying]


# -- the search ----------------------------------------------------------------------------------------------------------


def events(state: State) -> Iterator[Event]:
    """Everything that can happen next, and change anything."""
    if state.known_as == "handled":
        return
    yield from (("tick", 1), ("tick", BOUND))
    for index in range(len(set(state.flying))):
        yield ("land", index)
    for index, record in enumerate(state.records):
        if record.status == "PAUSED":
            yield from (("judge", index, "INTERMEDIATED"), ("judge", index, "ERROR"))
        elif record.status == "ERROR":
            yield ("judge", index, "INTERMEDIATED")
    if all(one.is_ours for one in state.records):
        yield ("foreign",)
    looks = [("whole", lag, lands) for lag in LAGS for lands in ((0, 1, 2, 3) if state.flying else (0,))]
    if state.known_as in ("uncertain", "sending"):
        yield from (("look", *look) for look in (*looks, ("no totals", 0, 0), ("withheld", 0, 0)))
    if state.known_as in TAKEN:
        yield from (("track", *look) for look in looks)
        yield ("resend", *looks[0])
        yield ("resend", *looks[-1])
    yield from (("resolve", decision) for decision in ("arrived", "not-arrived", "handled"))
    yield ("adopt",)
    sent_as = state.row[1] if state.row else "p0"
    other = "p1" if sent_as == "p0" else "p0"
    if state.known_as in ("unknown here", "ready", "uncertain", "sending"):
        sends = itertools.product(looks, (sent_as,), (False,), OUTCOMES)
    elif state.known_as in ("rejected", "failed"):
        sends = itertools.product(looks, (other,), (True,), OUTCOMES)
    else:
        sends = itertools.product(looks[:1], (sent_as, other), (True,), OUTCOMES[:2])
    yield from (("send", *look, *how) for look, *how in sends)


def happens(bench: Bench, state: State, event: Event) -> State:
    name, *how = event
    if name == "tick":
        return older(state, *how)
    bench.put(state)
    if name == "land":
        bench.land(*how)
    elif name == "judge":
        bench.records[how[0]] = replace(bench.records[how[0]], status=how[1])
    elif name == "foreign":
        bench.records.append(Record(0, "PAUSED", is_ours=False))
    elif name in ("resolve", "adopt"):
        getattr(bench, name)(*how)
    else:
        bench.habit, bench.lag, bench.lands = how[:3]
        with contextlib.suppress(Outage):
            getattr(bench, name)(*how[3:])
    return bench.seen(state)


def older(state: State, ticks: int) -> State:
    """Some ticks later; what was not committed in time never is."""
    row = None
    if state.row:
        plain, times = state.row[: len(_PLAIN)], state.row[len(_PLAIN) :]
        row = (*plain, *(None if age is None else age + ticks for age in times))
    return replace(
        state,
        row=row,
        superseded=frozenset((age + ticks, status) for age, status in state.superseded),
        records=tuple(replace(one, age=one.age + ticks) for one in state.records),
        flying=tuple((age + ticks, before) for age, before in state.flying if age + ticks <= BOUND),
    )


def wrong(state: State) -> str:
    """Say what must not be so."""
    ours = [one for one in state.records if one.is_ours]
    if len(ours) > 1 + state.let_go:
        return "sent twice"
    if any(not one.before for one in ours) and state.known_as in ("unknown here", "ready", "rejected"):
        return "at the service, and held for unsent"
    there = [one for one in state.records if not one.before or (one.age, one.status) not in state.superseded]
    if state.known_as in TAKEN and not there and not state.was_told:
        return "held for taken, and not at the service"
    return ""


@dataclass
class Search:
    """What was found: how every state was come to, and how many events were tried."""

    came_by: dict[State, tuple[State, Event] | None]
    tried: int = 0

    def story(self, state: State) -> str:
        lines = []
        step: tuple[State, Event] | None = (state, ("",))
        while step:
            lines.append(f"{step[0]}")
            step = self.came_by[step[0]]
            if step:
                lines.append(f"  {step[1]}")
        return "\n".join(reversed(lines))


def search(bench: Bench, begin: State, depth: int) -> Search:
    """Visit every state within *depth* events of *begin*, each once; fail at the first that is wrong."""
    found = Search({begin: None})
    edge = deque([(begin, 0)])
    while edge:
        state, length = edge.popleft()
        if length == depth:
            continue
        for event in events(state):
            found.tried += 1
            after = happens(bench, state, event)
            if after in found.came_by:
                continue
            found.came_by[after] = (state, event)
            assert not wrong(after), f"{wrong(after)}:\n{found.story(after)}"
            edge.append((after, length + 1))
    return found


@pytest.fixture(params=[True, False], ids=["with createdAt", "without createdAt"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr("confirma_connector.dispatch._BREATH", 0.0)
    with Journal(tmp_path / "journal.sqlite3", "staging", "acme") as journal:
        yield Bench(journal, shows_times=request.param)


def after(bench: Bench, *events: Event) -> State:
    """The state that some events lead to."""
    state = State()
    for event in events:
        state = happens(bench, state, event)
    return state


SENT = ("send", "whole", 0, 0, "p0", False)
AGAIN = ("send", "whole", 0, 0, "p1", True)
FAILED: tuple[Event, ...] = ((*SENT, "taken"), ("judge", 0, "ERROR"), ("track", "whole", 0, 0))
FAILED_ALIKE: tuple[Event, ...] = (*FAILED, ("tick", 1), (*AGAIN, "lost"), ("land", 0), ("judge", 0, "ERROR"))
BEGINNINGS: dict[str, tuple[Event, ...]] = {
    "unknown": (),
    "uncertain": ((*SENT, "lost"),),
    "killed": ((*SENT, "killed after"),),
    "absent once": ((*SENT, "lost"), ("tick", BOUND), ("look", "whole", 0, 0)),
    "failed": FAILED,
    "let go again and lost": (*FAILED, ("tick", 1), (*AGAIN, "lost")),
    "let go again, lost, and failed alike": FAILED_ALIKE,
    "let go again and killed": (*FAILED, ("tick", 1), (*AGAIN, "killed after")),
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_order_of_events_sends_twice_or_loses(bench: Bench, beginning: str) -> None:
    found = search(bench, after(bench, *BEGINNINGS[beginning]), DEPTH)
    assert found.tried > len(found.came_by) > 100


def test_a_second_failure_that_looks_like_the_first_is_never_taken_for_an_absence(bench: Bench) -> None:
    """Found by the search: where records tell no time, the copy of the second attempt has the mark of the first."""
    begin = after(bench, *FAILED_ALIKE)
    looks: list[Event] = [("tick", BOUND), ("look", "whole", 0, 0), ("tick", BOUND), ("look", "whole", 0, 0)]
    states = [happens(bench, begin, looks[0])]
    for event in (*looks[1:], (*AGAIN, "taken")):
        states.append(happens(bench, states[-1], event))
    assert [wrong(state) for state in states] == [""] * len(states)
    assert states[-1].known_as == ("failed" if bench.shows_times else "uncertain")


def test_the_search_finds_what_is_wrong(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit after the bound, with a listing that is late: the limit that the documents name, and nothing less."""
    monkeypatch.setattr(f"{__name__}.BOUND", 5)
    with pytest.raises(AssertionError, match="at the service, and held for unsent"):
        search(bench, after(bench, (*SENT, "lost"), ("tick", 2), ("look", "whole", 0, 0), ("tick", 2)), 2)

"""A listing one cannot trust: `uncertain` is never left wrongly by it, and is left as soon as it can be.

Three invoices: 1001 was taken and is listed, 1002 and 1003 lost their answers; 1002 arrived, 1003 did not.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from other_server import other_server
from raw_server import raw_server
from world import DAY, TOKEN, Clock, World, invoice_rows

from confirma_connector.errors import ConfirmaError
from confirma_connector.sandbox.ledger import Entry

pytestmark = pytest.mark.thorough

QUIET = 600.0
TAKEN, ARRIVED, GONE = 1001, 1002, 1003
NUMBERS = (TAKEN, ARRIVED, GONE)


@dataclass(frozen=True)
class Lost:
    """The world after the answers of 1002 and 1003 were lost."""

    world: World
    clock: Clock

    @property
    def states(self) -> tuple[str, str]:
        states = self.world.states()
        return states[ARRIVED], states[GONE]

    def look(self, times: int = 4) -> None:
        """Track and send by turns, each a quiet period and a little after the one before."""
        for turn in range(times):
            self.clock.ahead += QUIET + 5
            with contextlib.suppress(ConfirmaError):
                (self.world.send if turn % 2 else lambda _: self.world.track())(self.world.folder / "in.csv")

    def wrong(self, kind: str, **more: Any) -> None:
        self.world.fault("listing", kind, **more)

    def well(self) -> None:
        assert self.world.server
        self.world.server.faults.clear()


@pytest.fixture
def lost(world: World, clock: Clock, no_waiting: list[float], read_once: None) -> Lost:
    return prepared(world, clock)


def prepared(world: World, clock: Clock, day: dt.date = DAY) -> Lost:
    world = world.but(quiet_period=QUIET, concurrency=1)
    world.fault("create", "drop", after_commit=True, numbers=(ARRIVED,))
    world.fault("create", "drop", numbers=(GONE,))
    rows = [line for number in NUMBERS for line in invoice_rows(number, Pvm=f"{day:%d.%m.%Y}")]
    world.send(world.source(rows=rows))
    found = Lost(world, clock)
    found.well()
    assert found.states == ("uncertain", "uncertain")
    return found


def rightly_settled(lost: Lost) -> None:
    lost.look(5)
    assert lost.world.arrived() == list(NUMBERS), "nothing twice, nothing lost"
    assert lost.states == ("delivered", "delivered")


# While it lasts: which states 1002 (it arrived) and 1003 (it did not) may have after four looks.
HABITS: dict[str, tuple[tuple[str, str], list[dict[str, Any]]]] = {
    "lagging": (("uncertain", "uncertain"), [{"kind": "lag", "seconds": 9 * QUIET}]),
    "without totals": (("taken", "uncertain"), [{"kind": "no_totals"}]),
    "cut short": (("taken", "taken"), [{"kind": "cut"}]),  # by its number alone 1003 is nowhere, for certain
    "cut short now and then": (("taken", "taken"), [{"kind": "cut", "every": 2}]),
    "paging": (("taken", "taken"), [{"kind": "page", "size": 1}]),
    "paging to nothing": (("uncertain", "uncertain"), [{"kind": "page", "size": 0}]),
    "paging, without totals": (
        ("taken", "uncertain"),
        [{"kind": "page", "size": 1}, {"kind": "no_totals"}],
    ),
    "forgetting what was taken then": (("uncertain", "uncertain"), [{"kind": "forget", "numbers": (TAKEN, ARRIVED)}]),
    "forgetting, without totals": (
        ("uncertain", "uncertain"),
        [{"kind": "forget", "numbers": (ARRIVED,)}, {"kind": "no_totals"}],
    ),
    "down": (("uncertain", "uncertain"), [{"kind": "status", "status": 503}]),
    "a web page": (("uncertain", "uncertain"), [{"kind": "html"}]),
    "refused": (("uncertain", "uncertain"), [{"kind": "status", "status": 403}]),
}


@pytest.mark.parametrize("name", HABITS)
def test_what_is_uncertain_stays_so_while_the_listing_hides_it_and_no_longer(lost: Lost, name: str) -> None:
    wanted, faults = HABITS[name]
    for fault in faults:
        lost.wrong(**fault)
    lost.look()
    assert tuple("taken" if state in ("waiting", "delivered") else state for state in lost.states) == wanted
    resent = [GONE] if wanted[1] == "taken" else []
    assert lost.world.arrived() == [TAKEN, ARRIVED, *resent]
    lost.well()
    rightly_settled(lost)


def test_a_listing_without_paused_records_proves_no_absence_while_it_hides_what_was_taken_then(
    slow_life: World, clock: Clock, no_waiting: list[float]
) -> None:
    lost = prepared(slow_life, clock)
    lost.wrong("hide_paused")
    lost.look(5)
    assert (lost.states, lost.world.arrived()) == (("uncertain", "uncertain"), [TAKEN, ARRIVED])
    clock.ahead += 2 * A_LIFE  # by now they are ACCEPTED, or further
    lost.look(5)
    assert lost.world.arrived() == list(NUMBERS)


A_LIFE = 3 * 3600.0
"""Seconds that an invoice of the slow stand-in is PAUSED."""


@pytest.fixture
def slow_life(tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[World]:
    from confirma_connector.sandbox import serve_in_thread

    store = tmp_path_factory.mktemp("slow") / "store.sqlite3"
    with serve_in_thread(store, key=TOKEN, pace=A_LIFE, clock=clock) as server:
        yield World.at(tmp_path_factory.mktemp("world"), server)


# -- records that are not ours -------------------------------------------------------------------------------------------


def foreign(lost: Lost, ago: float, *, day: dt.date = DAY, ending: str = "INTERMEDIATED") -> None:
    """Put another program's invoice of the number that did not arrive into the service."""
    assert lost.world.server
    ledger = lost.world.server.ledger
    (account,) = ledger._do("SELECT DISTINCT account FROM records", ())[0]
    ledger.add(Entry(account, GONE, day, "EMAIL", ending, None, (), b"{}"), delay=-ago)


def test_another_senders_invoice_of_our_number_is_a_conflict_for_a_person(lost: Lost) -> None:
    foreign(lost, ago=86_400)
    lost.clock.ahead += QUIET / 2
    lost.world.track()
    assert lost.states == ("delivered", "uncertain"), "not before the quiet period: ours may come yet"
    lost.look()
    assert lost.states == ("delivered", "conflict")
    assert lost.world.arrived() == [TAKEN, ARRIVED, GONE], "theirs, and nothing of ours"


def test_another_account_at_the_same_service_is_never_seen(lost: Lost) -> None:
    assert lost.world.server
    entry = Entry("somebody else", GONE, DAY, "EMAIL", "INTERMEDIATED", None, (), b"{}")
    lost.world.server.ledger.add(entry)
    lost.look(5)
    assert lost.states == ("delivered", "delivered")
    assert lost.world.arrived() == [TAKEN, ARRIVED, GONE, GONE], "theirs and ours"


def test_an_invoice_of_another_day_with_our_number_is_not_ours(lost: Lost) -> None:
    foreign(lost, ago=0, day=DAY - dt.timedelta(days=5))
    lost.look(5)
    assert lost.states == ("delivered", "duplicate"), "the stand-in knows numbers alone"
    assert lost.world.arrived() == [TAKEN, ARRIVED, GONE, GONE], "theirs of another day, and ours"


def test_a_duplicate_after_a_lost_answer_is_never_taken_for_an_absence(lost: Lost) -> None:
    foreign(lost, ago=86_400)
    foreign(lost, ago=0)  # the stand-in calls the second of a number a duplicate
    assert lost.world.server
    lost.wrong("page", size=1)
    lost.look(1)
    lost.well()
    lost.look()
    assert lost.states[1] in ("conflict", "delivered", "duplicate")
    assert lost.world.arrived() == [TAKEN, ARRIVED, GONE, GONE]


# -- old invoices, and what the dates do ---------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [31, 45, 400])
def test_an_invoice_older_than_thirty_days_is_asked_for_by_its_date(
    world: World, clock: Clock, no_waiting: list[float], days: int
) -> None:
    lost = prepared(world, clock, dt.date.today() - dt.timedelta(days=days))
    lost.look(5)
    assert lost.world.arrived() == list(NUMBERS)
    assert lost.states[0] in ("delivered", "waiting", "sent")


DEFAULT = (
    b'{"metaData": {"totalCount": 0, "filtersApplied": {"fromInvDate": null, "toInvDate": null, '
    b'"defaultLast30Days": true}}, "distributions": []}'
)


def test_a_listing_of_the_last_thirty_days_instead_of_ours_proves_nothing(lost: Lost) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(DEFAULT)
    with raw_server(head + DEFAULT) as server:
        elsewhere = lost.world.but(url=server.url, quiet_period=0)
        for _ in range(4):
            elsewhere.track()
    assert lost.states == ("uncertain", "uncertain")
    rightly_settled(lost)


def test_a_server_without_a_clock_and_without_times_settles_all_the_same(world: World, no_waiting: list[float]) -> None:
    with other_server(TOKEN) as server:
        world = World.at(world.folder, None, server.url, concurrency=1)
        server.loses = 2
        source = world.source(*NUMBERS)
        world.send(source)
        world.send(source)
        world.send(source)
        assert sorted(header["number"] for header in server.invoices()) == list(NUMBERS)
        world.track()
        assert set(world.states().values()) == {"delivered"}


# -- what a lying server can do ------------------------------------------------------------------------------------------


def test_a_listing_that_forgets_one_invoice_and_swears_to_be_whole_needs_two_quiet_periods_to_deceive_us(
    lost: Lost,
) -> None:
    """The documented limit: nothing in such a listing tells that it lies."""
    lost.wrong("forget", numbers=(ARRIVED,))
    lost.clock.ahead += QUIET - 5
    lost.world.track()
    lost.clock.ahead += QUIET
    lost.world.track()
    assert lost.states == ("uncertain", "uncertain")
    lost.clock.ahead += QUIET + 5
    lost.world.track()
    assert lost.states == ("ready", "ready")


def test_what_was_forgotten_and_comes_back_before_it_is_sent_again_is_found(lost: Lost) -> None:
    lost.wrong("forget", numbers=(ARRIVED,))
    for _ in range(3):
        lost.clock.ahead += QUIET + 5
        lost.world.track()
    assert lost.states[0] == "ready"
    rightly_settled_after(lost.well, lost)


def rightly_settled_after(change: Callable[[], None], lost: Lost) -> None:
    change()
    rightly_settled(lost)


def test_a_server_that_takes_and_loses_an_invoice_is_found_out_in_two_days(world: World, clock: Clock) -> None:
    world.fault("create", "status", status=200, body="empty", numbers=(GONE,))
    assert world.send(world.source(*NUMBERS)).exit_code == 0
    assert (world.arrived(), world.states()[GONE]) == ([TAKEN, ARRIVED], "sent")
    clock.ahead += 2 * 86_400 + 60
    report = world.track()
    assert (report.exit_code, world.states()[GONE]) == (1, "attention")
    (told,) = [one.message for one in report.changed if one.number == str(GONE)]
    assert "ask Confirma whether it is there" in told

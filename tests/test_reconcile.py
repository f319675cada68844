"""Leaving `uncertain`: each condition, and each case in which it must not be left. Then a search for a double send."""

from __future__ import annotations

import contextlib
import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from world import DAY, Clock, World, invoice_rows

from confirma_connector import reconcile
from confirma_connector.answers import Listed, Listing
from confirma_connector.errors import Outage
from confirma_connector.inquiry import Findings
from confirma_connector.journal import Claim, Entry, Facts, Journal, Step

pytestmark = pytest.mark.thorough

QUIET = 600.0
DATE = dt.date(2026, 3, 2)
T0 = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC).timestamp()


def facts(number: int, date: dt.date = DATE, gross: str = "125.50", print: str = "p") -> Facts:
    return Facts(number, 0, "INVOICE", date, "EUR", Decimal(gross), "EMAIL", f"c{print}", print)


def record(number: int, created: float | None = T0, status: str = "PAUSED", **more: object) -> Listed:
    states = {"PAUSED": "waiting", "DUPLICATE": "duplicate", "INTERMEDIATED": "delivered", "ERROR": "failed"}
    at = None if created is None else dt.datetime.fromtimestamp(created, dt.UTC)
    one = Listed(number, status, states[status], DATE, created_at=at, text=f"{number} {status} {created}")  # type: ignore[arg-type]
    return one._replace(**more)  # type: ignore[arg-type]


class Server:
    """A listing that says what it is told to."""

    def __init__(self, *records: Listed) -> None:
        self.records = list(records)
        self.now = T0
        self.tells_totals = True
        self.shows_days = True
        self.shows_numbers = True

    def __call__(self, first: dt.date, last: dt.date, number: int | None = None) -> Listing:
        found = [
            one for one in self.records if number in (None, one.number) and first <= (one.invoice_date or first) <= last
        ]
        shows = self.shows_days if number is None else self.shows_numbers
        return Listing(tuple(found if shows else ()), len(found) + (not shows) if self.tells_totals else None)


class Case:
    """An invoice that is uncertain since T0, and the looking for it."""

    def __init__(self, journal: Journal, server: Server) -> None:
        self.journal, self.server = journal, server
        (entry,) = journal.advance(claims=[Claim(facts(1001), b"{}")], server_now=T0)
        journal.advance([Step(entry.id, "uncertain", "lost", message="reset", ended_at=T0)])

    @property
    def entry(self) -> Entry:
        return self.journal.named(1001)[0]

    def look(self, after: float) -> str:
        self.server.now = T0 + after
        reconcile.settle_uncertain(self.journal, self.server, lambda: self.server.now, QUIET)
        return self.entry.state

    def witness(self, number: int = 2002, after: float = 0.0, date: dt.date = DATE) -> None:
        (entry,) = self.journal.advance(claims=[Claim(facts(number, date), b"{}")], server_now=T0 + after)
        self.journal.advance([Step(entry.id, "sent", "taken", ended_at=T0 + after, taken_at=T0 + after)])


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def case(tmp_path: Path, server: Server) -> Case:
    with Journal(tmp_path / "journal.sqlite3", "staging", "acme") as journal:
        yield Case(journal, server)  # type: ignore[misc]


def test_absent_twice_a_quiet_period_apart_is_ready(case: Case) -> None:
    assert [case.look(QUIET + 1), case.look(2 * QUIET + 2)] == ["uncertain", "ready"]
    assert "did not arrive" in case.entry.message


# (a) and (b): whole, and covering


def test_a_listing_without_totals_proves_no_absence(case: Case, server: Server) -> None:
    server.tells_totals = False
    assert {case.look(QUIET * n) for n in range(1, 9)} == {"uncertain"}


def test_an_unreadable_listing_proves_no_absence(case: Case) -> None:
    def ask(first: dt.date, last: dt.date, number: int | None) -> Listing:
        return Listing((), 0, unreadable=1)

    for n in range(1, 5):
        reconcile.settle_uncertain(case.journal, ask, lambda n=n: T0 + n * QUIET, QUIET)  # type: ignore[misc]
    assert case.entry.state == "uncertain"


def test_without_a_whole_answer_for_the_number_no_absence_is_proven(case: Case, server: Server) -> None:
    server.shows_numbers = False
    assert {case.look(QUIET * n) for n in range(1, 9)} == {"uncertain"}


def test_a_day_that_is_not_whole_proves_no_absence_by_itself(case: Case, server: Server) -> None:
    server.shows_days = False
    assert {case.look(QUIET * n) for n in range(1, 9)} == {"uncertain"}


def test_answers_by_number_prove_it_once_they_show_what_was_taken_then(case: Case, server: Server) -> None:
    case.witness()
    server.records.append(record(2002))
    server.shows_days = False
    assert [case.look(QUIET + 1), case.look(2 * QUIET + 2)] == ["uncertain", "ready"]


def test_no_listing_leaves_everything_as_it_is(case: Case) -> None:
    def ask(first: dt.date, last: dt.date, number: int | None) -> Listing:
        raise Outage("down")

    with pytest.raises(Outage):
        reconcile.settle_uncertain(case.journal, ask, lambda: T0 + 9 * QUIET, QUIET)
    assert (case.entry.state, case.entry.absent_at) == ("uncertain", None)


# (c): it does not lag


@pytest.mark.parametrize("after", [-3600.0, 0.0, 3600.0])
def test_a_listing_that_lacks_what_was_taken_around_then_lags(case: Case, server: Server, after: float) -> None:
    case.witness(after=after)
    assert {case.look(QUIET * n) for n in range(1, 9)} == {"uncertain"}
    server.records.append(record(2002))
    assert [case.look(QUIET * 20), case.look(QUIET * 22)] == ["uncertain", "ready"]


def test_a_witness_of_another_month_counts_too(case: Case) -> None:
    case.witness(date=DATE - dt.timedelta(days=70))
    assert {case.look(QUIET * n) for n in range(1, 9)} == {"uncertain"}


@pytest.mark.parametrize("after", [-3700.0, 3700.0])
def test_what_was_taken_at_another_time_is_no_witness(case: Case, after: float) -> None:
    case.witness(after=after)
    assert [case.look(QUIET + 1), case.look(2 * QUIET + 2)] == ["uncertain", "ready"]


@pytest.mark.parametrize("apart", [3000.0, 20_000.0])
@pytest.mark.parametrize(("lacking", "stays"), [(2002, 1001), (2003, 1003)])
def test_each_attempt_has_witnesses_of_its_own(
    case: Case, server: Server, apart: float, lacking: int, stays: int
) -> None:
    (entry,) = case.journal.advance(claims=[Claim(facts(1003), b"{}")], server_now=T0 + apart)
    case.journal.advance([Step(entry.id, "uncertain", "lost", message="reset", ended_at=T0 + apart)])
    for number, after in ((2002, -3000.0), (2003, apart + 3000.0)):
        case.witness(number, after)
        if number != lacking:
            server.records.append(record(number, T0 + after))
    case.look(apart + QUIET + 1)
    case.look(apart + 2 * QUIET + 2)
    assert [one.number for one in case.journal.entries(["uncertain"])] == [stays]
    assert [one.number for one in case.journal.entries(["ready"])] == [2004 - stays]


def test_what_was_listed_of_a_witness_before_it_was_let_go_again_is_not_its_new_attempt(
    case: Case, server: Server
) -> None:
    case.witness()
    server.records.append(record(2002, T0 - 9000, "ERROR"))
    (failed,) = case.journal.named(2002)
    case.journal.advance([Step(failed.id, "failed", "test")])
    case.journal.reopen(case.journal.named(2002)[0], [server.records[0].mark], "to be sent again")
    case.witness()
    assert {case.look(QUIET * n) for n in range(1, 9)} == {"uncertain"}
    server.records.append(record(2002))
    assert [case.look(QUIET * 20), case.look(QUIET * 22)] == ["uncertain", "ready"]


# (d): the quiet periods


def test_a_look_within_the_quiet_period_proves_nothing(case: Case) -> None:
    for after in (0, QUIET / 2, QUIET - 1):
        assert case.look(after) == "uncertain"
        assert case.entry.absent_at is None


def test_the_second_look_waits_for_a_quiet_period_of_its_own(case: Case) -> None:
    assert {case.look(QUIET + after) for after in (1, 2, QUIET / 2, QUIET)} == {"uncertain"}
    assert case.look(2 * QUIET + 2) == "ready"


def test_the_end_of_a_cut_off_attempt_is_when_the_servers_clock_was_first_heard(case: Case) -> None:
    case.journal.advance([Step(case.entry.id, "sent", "test")])
    (entry,) = case.journal.advance(claims=[Claim(facts(1003), b"{}")], server_now=T0)
    case.journal.cut_off()
    case.look(5 * QUIET)
    case.look(5.5 * QUIET)
    found = case.journal.named(1003)[0]
    assert (found.state, found.ended_at, found.absent_at) == ("uncertain", pytest.approx(T0 + 5 * QUIET), None)
    case.look(6 * QUIET + 1)
    case.look(7 * QUIET + 2)
    assert case.journal.named(1003)[0].state == "ready"
    assert entry.id == found.id


# present


@pytest.mark.parametrize("after", [0.0, 1.0, QUIET * 3])
@pytest.mark.parametrize(
    ("status", "state"), [("PAUSED", "waiting"), ("INTERMEDIATED", "delivered"), ("ERROR", "failed")]
)
def test_present_and_fitting_is_taken_at_once(
    case: Case, server: Server, after: float, status: str, state: str
) -> None:
    server.records.append(record(1001, status=status))
    assert case.look(after) == state
    assert case.entry.taken_at == T0


@pytest.mark.parametrize(
    "other",
    [
        record(1001, T0 - 301),
        record(1001, status="DUPLICATE"),
        record(1001, gross=Decimal("125.49")),
    ],
)
def test_present_but_not_ours_is_a_conflict_after_the_quiet_period(case: Case, server: Server, other: Listed) -> None:
    server.records.append(other)
    assert case.look(QUIET - 1) == "uncertain"
    assert case.look(QUIET + 1) == "conflict"
    assert case.look(9 * QUIET) == "conflict"


@pytest.mark.parametrize(
    "other",
    [
        record(1001, T0 - 299),
        record(1001, None),
        record(1001, gross=Decimal("-125.50")),
        record(1001, T0 + 9e6),
        record(1001, invoice_date=DATE + dt.timedelta(days=1)),
    ],
)
def test_what_may_be_ours_is_ours(case: Case, server: Server, other: Listed) -> None:
    server.records.append(other)
    assert case.look(1) == "waiting"


def test_a_duplicate_beside_a_record_of_ours_is_no_conflict(case: Case, server: Server) -> None:
    server.records += [record(1001, status="INTERMEDIATED"), record(1001, T0 + 5, status="DUPLICATE")]
    assert case.look(1) == "delivered"


def test_a_late_commit_after_the_first_look_is_found_by_the_second(case: Case, server: Server) -> None:
    assert case.look(QUIET + 1) == "uncertain"
    server.records.append(record(1001, T0 + QUIET + 30))
    assert case.look(2 * QUIET + 2) == "waiting"


def test_a_commit_after_both_looks_is_found_before_sending(case: Case, server: Server) -> None:
    assert [case.look(QUIET + 1), case.look(2 * QUIET + 2)] == ["uncertain", "ready"]
    server.records.append(record(1001, T0 + 3 * QUIET))
    held = reconcile.preflight(case.journal, server, [facts(1001)], T0 + 4 * QUIET)
    assert held == {(1001, 0)}
    assert case.entry.state == "waiting"


# before sending


def test_what_is_listed_and_not_ours_is_a_conflict_and_not_sent(case: Case, server: Server) -> None:
    server.records.append(record(3003, T0 - 86_400))
    assert reconcile.preflight(case.journal, server, [facts(3003), facts(3004)], T0) == {(3003, 0)}
    (entry,) = case.journal.named(3003)
    assert entry.state == "conflict"
    assert "already at Confirma since 2026-03-01" in entry.message


def test_what_never_left_and_is_listed_all_the_same_is_somebody_elses(case: Case, server: Server) -> None:
    (entry,) = case.journal.advance(claims=[Claim(facts(3003), b"{}")], server_now=T0)
    case.journal.advance([Step(entry.id, "ready", "unsent", never_left=True)])
    server.records.append(record(3003, T0 + 60))
    reconcile.preflight(case.journal, server, [facts(3003)], T0 + 90)
    assert case.journal.named(3003)[0].state == "conflict"


def test_a_rejected_invoice_that_is_listed_is_not_sent_again(case: Case, server: Server) -> None:
    (entry,) = case.journal.advance(claims=[Claim(facts(3003), b"{}")], server_now=T0)
    case.journal.advance([Step(entry.id, "rejected", "refused", ended_at=T0)])
    server.records.append(record(3003, T0, status="ERROR", message="bad address"))
    assert reconcile.preflight(case.journal, server, [facts(3003, print="corrected")], T0) == {(3003, 0)}
    assert case.journal.named(3003)[0].state == "failed"


def test_a_number_that_is_withheld_stops_the_sending(case: Case, server: Server) -> None:
    server.records.append(record(3003))
    server.shows_days = server.shows_numbers = False
    with pytest.raises(Outage, match="3003"):
        reconcile.preflight(case.journal, server, [facts(3003)], T0)


# sent, and never seen


def sent(journal: Journal, number: int = 5001) -> Entry:
    (entry,) = journal.advance(claims=[Claim(facts(number), b"{}")], server_now=T0)
    journal.advance([Step(entry.id, "sent", "taken", ended_at=T0, taken_at=T0)])
    return journal.named(number)[0]


def test_what_was_taken_and_is_not_listed_for_two_days_needs_a_person(case: Case) -> None:
    entry, nothing = sent(case.journal), Findings()
    reconcile.miss(case.journal, nothing, [entry], T0 + 86_400)
    assert case.journal.named(5001)[0].state == "sent"
    reconcile.miss(case.journal, nothing, [entry], T0 + 3 * 86_400)
    missed = case.journal.named(5001)[0]
    assert (missed.state, "not in the delivery information" in missed.message) == ("attention", True)
    trail = len(case.journal.events(missed))
    reconcile.miss(case.journal, nothing, [missed], T0 + 4 * 86_400)
    assert len(case.journal.events(missed)) == trail


def test_a_listing_that_is_not_whole_misses_nobody(case: Case) -> None:
    entry = sent(case.journal)
    reconcile.miss(case.journal, Findings(partial_days={DATE}), [entry], T0 + 9 * 86_400)
    assert case.journal.named(5001)[0].state == "sent"


def test_waiting_for_more_than_three_working_days_needs_a_person(case: Case) -> None:
    sent(case.journal)
    findings = Findings({5001: [record(5001)]})
    told = []
    for days in (1, 3, 4, 5):  # T0 is a Monday
        reconcile.observe(case.journal, findings, T0 + days * 86_400)
        told.append(case.journal.named(5001)[0].state)
    assert told == ["waiting", "waiting", "attention", "attention"]
    reconcile.observe(case.journal, Findings({5001: [record(5001, status="INTERMEDIATED")]}), T0 + 6 * 86_400)
    assert case.journal.named(5001)[0].state == "delivered"


def test_a_weekend_is_no_working_day(case: Case) -> None:
    friday = T0 + 4 * 86_400
    (entry,) = case.journal.advance(claims=[Claim(facts(5002), b"{}")], server_now=friday)
    case.journal.advance([Step(entry.id, "sent", "taken", ended_at=friday, taken_at=friday)])
    for days, state in ((1, "waiting"), (4, "waiting"), (5, "waiting"), (6, "attention")):
        reconcile.observe(case.journal, Findings({5002: [record(5002)]}), friday + days * 86_400)
        assert case.journal.named(5002)[0].state == state, days


# -- over the wire, with the server's clock ----------------------------------------------------------------------------


def test_the_quiet_period_is_by_the_servers_clock(world: World, clock: Clock) -> None:
    world = world.but(quiet_period=QUIET)
    world.fault("create", "drop", times=1)
    source = world.source(1001)
    assert world.send(source).exit_code == 1
    assert world.send(source).exit_code == 1
    clock.ahead = QUIET + 5
    assert world.send(source).exit_code == 1
    assert world.states() == {1001: "uncertain"}
    clock.ahead = 2 * QUIET + 10
    assert world.send(source).exit_code == 0
    assert world.arrived() == [1001]
    assert world.states() == {1001: "sent"} or world.states() == {1001: "waiting"}


def test_a_late_commit_within_the_quiet_period_is_never_sent_again(world: World, clock: Clock) -> None:
    world = world.but(quiet_period=QUIET)
    world.fault("create", "late", seconds=400, times=1)
    source = world.source(1001)
    for ahead in (0, 1, 399, 601, 1300, 2000):
        clock.ahead = ahead
        world.send(source)
    assert world.arrived() == [1001]
    assert world.states()[1001] == "delivered"


def test_a_lost_journal_sends_nothing_twice(world: World) -> None:
    source = world.source(1001, 1002)
    world.send(source)
    for path in world.settings.journal.parent.iterdir():
        path.unlink()
    (world.folder / "in.results.csv").unlink()
    report = world.send(source)
    assert report.exit_code == 1
    assert set(world.states().values()) == {"conflict"}
    assert world.arrived() == [1001, 1002]


@pytest.mark.parametrize("seed", range(8))
def test_no_history_of_faults_sends_twice_or_loses(world: World, clock: Clock, seed: int) -> None:
    """Random faults, late commits shorter than the quiet period, lags, kills between claim and verdict, edits."""
    chance = random.Random(seed)
    world = world.but(quiet_period=QUIET)
    numbers = list(range(1001, 1013))
    credit = invoice_rows(2001, credits=1001)
    source = world.source(*numbers, rows=credit)
    assert world.server
    for _ in range(14):
        world.server.faults.clear()
        for _ in range(chance.randrange(3)):
            kind = chance.choice(["status", "drop", "truncated", "html", "late", "garbage"])
            more: dict[str, object] = {"times": chance.randrange(1, 4), "every": chance.randrange(1, 4)}
            if kind == "late":
                more |= {"seconds": chance.uniform(1, QUIET - 10)}
                more |= {"status": 502} if chance.random() < 0.5 else {}
            else:
                more |= {"after_commit": chance.random() < 0.6, "status": chance.choice([500, 502, 504])}
            if kind == "html":
                more.pop("status")
            world.fault("create", kind, **more)
        habit = chance.choice([None, None, "lag", "page", "no_totals", "cut", "hide_paused"])
        if habit:
            world.fault(
                "listing", habit, **({"seconds": 5.0} if habit == "lag" else {"size": 4} if habit == "page" else {})
            )
        with contextlib.suppress(Outage):
            chance.choice([world.send, world.send, world.track])(source)
        if chance.random() < 0.3:
            with Journal(world.settings.journal, "staging", "acme") as journal:
                for entry in journal.entries(["ready"])[:1]:  # claimed, and killed before anything left
                    claim = Claim(replace(facts(entry.number), date=DAY), b"{}")
                    journal.advance(claims=[claim], server_now=clock())
        clock.ahead += chance.choice([1, 30, 300, 650, 1300])
        arrived = world.arrived()
        assert len(arrived) == len(set(arrived)), (seed, arrived)
    world.server.faults.clear()
    for _ in range(4):
        clock.ahead += QUIET + 60
        report = world.send(source)
    assert report.exit_code == 0, (seed, world.states())
    assert world.arrived() == [*numbers, 2001], seed
    world.track()
    assert set(world.states().values()) == {"delivered"}, seed


def test_a_delivered_invoice_of_another_year_with_the_same_number_says_nothing_of_ours(case: Case) -> None:
    case.witness(2002)
    findings = Findings()
    last_year = record(2002, T0 - 365 * 86_400, "INTERMEDIATED", invoice_date=DATE - dt.timedelta(days=365))
    findings.add(Listing((last_year,), 1))
    reconcile.observe(case.journal, findings, T0)
    assert case.journal.named(2002)[0].state == "sent"


def test_a_listed_date_a_day_off_is_a_time_zones(case: Case) -> None:
    case.witness(2002)
    findings = Findings()
    findings.add(Listing((record(2002, T0, "INTERMEDIATED", invoice_date=DATE - dt.timedelta(days=1)),), 1))
    reconcile.observe(case.journal, findings, T0)
    assert case.journal.named(2002)[0].state == "delivered"


def test_a_record_of_our_number_that_cannot_be_ours_never_tells_our_state(case: Case, server: Server) -> None:
    server.records += [record(1001, T0 - 3 * 86_400, "INTERMEDIATED"), record(1001, T0 + 1, "ERROR")]
    assert case.look(1) == "failed"


def test_what_we_hold_as_never_arrived_and_is_listed_is_a_conflict(case: Case) -> None:
    (entry,) = case.journal.advance(claims=[Claim(facts(3003), b"{}")], server_now=T0)
    case.journal.advance([Step(entry.id, "rejected", "refused", ended_at=T0)])
    findings = Findings()
    findings.add(Listing((record(3003, T0 - 86_400, "INTERMEDIATED"),), 1))
    reconcile.observe(case.journal, findings, T0)
    assert case.journal.named(3003)[0].state == "conflict"


def test_before_sending_the_date_an_invoice_was_tried_with_is_asked_for_too(case: Case, server: Server) -> None:
    case.look(QUIET + 1)
    assert case.look(3 * QUIET) == "ready"
    server.records.append(record(1001, T0 + 1))
    later = facts(1001, DATE + dt.timedelta(days=60))
    assert reconcile.preflight(case.journal, server, [later], T0 + 4 * QUIET) == {(1001, 0)}


def test_a_record_without_a_date_tells_nothing_where_numbers_begin_anew_every_year(case: Case) -> None:
    of_the_year = replace(facts(4004), year=2026)
    (entry,) = case.journal.advance(claims=[Claim(of_the_year, b"{}")], server_now=T0)
    case.journal.advance([Step(entry.id, "sent", "taken", ended_at=T0, taken_at=T0)])
    findings = Findings()
    findings.add(Listing((record(4004, T0, "INTERMEDIATED", invoice_date=None),), 1))
    reconcile.observe(case.journal, findings, T0)
    assert case.journal.named(4004)[0].state == "sent"


# -- records that tell a day and no time -----------------------------------------------------------------------------------

MIDNIGHT = dt.datetime.fromtimestamp(T0, dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def test_a_record_of_the_day_of_the_attempt_is_ours_though_it_tells_no_time(case: Case) -> None:
    case.server.records.append(record(1001, created_at=MIDNIGHT))
    assert case.look(QUIET) == "waiting"
    assert case.entry.taken_at == T0, "a witness of its own time, not of midnight"


def test_a_record_of_the_day_before_is_not_ours(case: Case) -> None:
    case.server.records.append(record(1001, created_at=MIDNIGHT - dt.timedelta(days=1)))
    assert case.look(QUIET + 1) == "conflict"


def test_a_witness_much_older_than_the_attempt_does_not_see_that_the_list_is_late(case: Case) -> None:
    """The documented limit: the list is late by more than a quiet period, and by less than the witness is old."""
    case.witness(after=-3000)
    case.server.records.append(record(2002, T0 - 3000))
    assert [case.look(QUIET + 1), case.look(2 * QUIET + 2)] == ["uncertain", "ready"]


def test_a_listing_is_written_in_the_order_of_its_numbers_whatever_order_it_came_in(case: Case) -> None:
    """Neighbours lie on one page of the file: in the order of a listing by days each page would be written many times."""
    journal, numbers = case.journal, list(range(1101, 1201))
    entries = journal.advance(claims=[Claim(facts(number), b"{}") for number in numbers], server_now=T0)
    journal.advance([Step(entry.id, "sent", "taken", taken_at=T0) for entry in entries])
    random.Random(7).shuffle(numbers)
    findings = Findings()
    findings.add(Listing(tuple(record(number, status="INTERMEDIATED") for number in numbers), 100))
    reconcile.observe(journal, findings, T0)
    written = journal._rows("SELECT invoice FROM events WHERE event = 'observed' ORDER BY id")
    assert written == [(entry.id,) for entry in entries]

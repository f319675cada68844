"""Asking for delivery information: windows, halving, paging, and knowing what is not known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import TOKEN, World, invoice_rows

from confirma_connector import contract
from confirma_connector.answers import Listed, Listing
from confirma_connector.client import Client
from confirma_connector.inquiry import Findings, inquire, windows

DAY = dt.timedelta(days=1)
MARCH = dt.date(2026, 3, 1)


def listed(number: int, date: dt.date, raw: str = "") -> Listed:
    return Listed(number, "PAUSED", "waiting", date, text=raw or f"{number} {date}")


@dataclass
class Server:
    """Invoices by number and date; an answer holds no more than *page* records."""

    invoices: list[tuple[int, dt.date]]
    page: int = 1_000_000
    tells_totals: bool = True
    has_open_ends: bool = False
    withheld: set[int] = field(default_factory=set)
    asked: list[tuple[dt.date, dt.date, int | None]] = field(default_factory=list)

    def __call__(self, first: dt.date, last: dt.date, number: int | None) -> Listing:
        self.asked.append((first, last, number))
        if self.has_open_ends:
            first, last = first + DAY, last - DAY
        found = [one for one in self.invoices if first <= one[1] <= last and number in (None, one[0])]
        shown = [listed(*one) for one in found if one[0] not in self.withheld][: self.page]
        return Listing(tuple(shown), len(found) if self.tells_totals else None)


def test_days_close_together_are_one_window() -> None:
    days = [MARCH, MARCH + 3 * DAY, MARCH + 9 * DAY]
    assert list(windows(days)) == [(MARCH, MARCH + 9 * DAY)]


def test_days_far_apart_are_windows_of_their_own() -> None:
    assert list(windows([MARCH + 100 * DAY, MARCH])) == [(MARCH, MARCH), (MARCH + 100 * DAY,) * 2]


@given(st.lists(st.dates(), max_size=60))
def test_every_day_is_in_exactly_one_window_of_a_month_at_most(days: list[dt.date]) -> None:
    spans = list(windows(days))
    assert all(sum(first <= day <= last for first, last in spans) == 1 for day in days)
    assert all((last - first).days <= 31 for first, last in spans)


def test_nothing_wanted_asks_nothing() -> None:
    server = Server([])
    assert inquire(server, []).records == {}
    assert server.asked == []


def test_every_question_is_a_day_wider_on_both_sides() -> None:
    server = Server([])
    inquire(server, [(1, MARCH)])
    assert server.asked == [(MARCH - DAY, MARCH + DAY, None)]


@pytest.mark.parametrize("date", [dt.date.min, dt.date.max])
def test_the_calendar_has_ends(date: dt.date) -> None:
    findings = inquire(Server([(1, date)], page=0), [(1, date)])
    assert findings.withheld == {1}


@pytest.mark.parametrize("has_open_ends", [False, True])
def test_a_window_that_is_not_whole_is_halved(has_open_ends: bool) -> None:
    invoices = [(number, MARCH + number * DAY) for number in range(30)]
    server = Server(invoices, page=7, has_open_ends=has_open_ends)
    findings = inquire(server, invoices)
    assert set(findings.records) == set(range(30))
    assert not findings.partial_days
    assert all(number is None for _, _, number in server.asked)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 20)), max_size=40),
    st.integers(0, 12),
    st.booleans(),
    st.booleans(),
)
def test_what_counts_as_covered_was_really_seen(
    pairs: list[tuple[int, int]], page: int, has_open_ends: bool, tells_totals: bool
) -> None:
    invoices = [(number, MARCH + day * DAY) for number, day in pairs]
    findings = inquire(Server(invoices, page, tells_totals, has_open_ends), invoices)
    for number, date in invoices:
        if findings.covers(date) or number in findings.whole_numbers:
            assert number in findings.records


def test_of_a_day_that_is_too_long_each_number_is_asked_for() -> None:
    invoices = [(number, MARCH) for number in range(50)]
    server = Server(invoices, page=5)
    findings = inquire(server, [*invoices[:20], (99, MARCH)])
    assert set(range(20)) <= set(findings.records)
    assert not findings.covers(MARCH)
    assert findings.whole_numbers == {*range(20), 99}
    assert not findings.withheld


def test_a_number_that_is_told_of_but_not_shown_is_withheld() -> None:
    findings = inquire(Server([(1, MARCH)], withheld={1}), [(1, MARCH)])
    assert findings.withheld == {1}
    assert not findings.of(1)


def test_without_totals_nothing_is_whole_and_nothing_is_withheld() -> None:
    server = Server([(1, MARCH)], tells_totals=False)
    findings = inquire(server, [(1, MARCH), (2, MARCH)])
    assert not findings.covers(MARCH)
    assert not findings.whole_numbers
    assert not findings.withheld
    assert [record.number for record in findings.of(1)] == [1]
    assert [number for _, _, number in server.asked] == [None, 1, 2]


def test_a_record_seen_twice_counts_once_and_two_records_twice() -> None:
    findings = Findings()
    for _ in range(2):
        findings.add(Listing((listed(1, MARCH, "a"), listed(1, MARCH, "b")), 2))
    assert len(findings.of(1)) == 2


def test_years_are_kept_apart_where_numbers_begin_anew() -> None:
    findings = Findings()
    findings.add(Listing((listed(1, MARCH), listed(1, MARCH.replace(year=2025)), Listed(1, "", "unknown")), 3))
    assert [record.invoice_date for record in findings.of(1, 2026)] == [MARCH, None]
    assert len(findings.of(1)) == 3


def test_a_server_that_always_withholds_is_asked_a_bounded_number_of_times() -> None:
    invoices = [(number, MARCH + number % 31 * DAY) for number in range(62)]
    server = Server(invoices, page=0)
    inquire(server, invoices)
    assert len(server.asked) < 2 * 31 + 62


@pytest.fixture
def client(world: World) -> Iterator[Client]:
    with Client(world.settings, contract.read()) as client:
        yield client


@pytest.mark.parametrize("habit", [{"kind": "page", "size": 2}, {"kind": "no_totals"}, {"kind": "cut"}])
def test_whatever_the_listings_habits_are_no_invoice_is_seen_that_is_not_there(
    world: World, client: Client, habit: dict[str, object]
) -> None:
    world.send(world.source(*range(1001, 1008), rows=invoice_rows(1008, credits=1001)))
    world.fault("listing", **habit)  # type: ignore[arg-type]
    entries = world.entries().values()
    findings = inquire(client.listing, [(entry.number, entry.date) for entry in entries])
    seen = set(findings.records)
    assert seen <= set(range(1001, 1009))
    if habit["kind"] == "page":
        assert seen == set(range(1001, 1009))
    assert TOKEN not in repr(findings)

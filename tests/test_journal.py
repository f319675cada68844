"""The journal: durable before anything is sent, and strict about what may become what."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from world import TOKEN, World

from confirma_connector.errors import JournalError
from confirma_connector.journal import TAKEN, Claim, Entry, Facts, Journal, State, Step
from confirma_connector.journal.schema import MIGRATIONS
from confirma_connector.journal.step import CLAIMABLE, LEADS_TO
from confirma_connector.verdict import Verdict

pytestmark = pytest.mark.thorough

DATE = dt.date(2026, 3, 2)


def facts(number: int = 1001, year: int = 0, print: str = "p1") -> Facts:
    return Facts(number, year, "INVOICE", DATE, "EUR", Decimal("125.50"), "EMAIL", "core", print)


def claim(number: int = 1001, year: int = 0, print: str = "p1") -> Claim:
    return Claim(facts(number, year, print), b'{"body": 1}')


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "j" / "journal.sqlite3", "staging", "acme") as journal:
        yield journal


def claimed(journal: Journal, number: int = 1001) -> Entry:
    (entry,) = journal.advance(claims=[claim(number)], server_now=1000.0)
    return entry


def reach(journal: Journal, state: State) -> Entry:
    """Bring an invoice into *state* by allowed steps only."""
    entry = claimed(journal)
    if state == "conflict":
        journal.advance([Step(entry.id, "uncertain", "lost")])
    if state == "handled":
        journal.advance([Step(entry.id, "ready", "unsent")])
    if state != "sending":
        journal.advance([Step(entry.id, state, "test")])
    return journal.named(1001)[0]


ALL: tuple[State, ...] = ("sending", "uncertain", "ready", "rejected", "conflict", "handled", *sorted(TAKEN))


def test_every_state_but_the_last_leads_somewhere() -> None:
    assert set(LEADS_TO) == set(ALL) - {"handled"}
    assert all("sending" not in after for after in LEADS_TO.values())


@pytest.mark.parametrize("before", ALL)
@pytest.mark.parametrize("after", ALL)
def test_only_the_transitions_that_are_drawn_are_taken(journal: Journal, before: State, after: State) -> None:
    entry = reach(journal, before)
    if after in LEADS_TO.get(before, ()):
        journal.advance([Step(entry.id, after, "test")])
        assert journal.named(1001)[0].state == after
    else:
        with pytest.raises(JournalError, match=f"is {before} and cannot become {after}"):
            journal.advance([Step(entry.id, after, "test")])
        assert journal.named(1001)[0].state == before


@pytest.mark.parametrize("state", sorted(TAKEN))
def test_what_the_api_took_never_becomes_sendable(state: State) -> None:
    assert LEADS_TO[state] == TAKEN | {"handled"}


@pytest.mark.parametrize("state", ALL)
def test_only_what_is_ready_or_rejected_can_be_claimed(journal: Journal, state: State) -> None:
    reach(journal, state)
    if state in CLAIMABLE:
        assert claimed(journal).state == "sending"
    else:
        with pytest.raises(JournalError, match="not ready"):
            claimed(journal)
        assert journal.named(1001)[0].state == state


def test_a_claim_that_cannot_be_made_undoes_its_whole_transaction(journal: Journal) -> None:
    first = claimed(journal)
    with pytest.raises(JournalError):
        journal.advance([Step(first.id, "sent", "taken")], [claim(1002), claim(1001)])
    assert journal.counts() == {"sending": 1}


def test_the_intent_is_on_disk_before_any_request_arrives(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from confirma_connector.client import Client

    seen: list[tuple[str, bool]] = []
    create = Client.create

    def watched(self: Client, body: bytes, *, was_uncertain: bool = False) -> Verdict:
        with sqlite3.connect(world.settings.journal) as other:
            rows = other.execute(
                "SELECT state, 1 FROM invoices JOIN events ON invoice = invoices.id JOIN bodies ON bodies.event = events.id"
                " WHERE body = ?",
                (body,),
            ).fetchall()
        other.close()
        seen.extend(rows)
        return create(self, body, was_uncertain=was_uncertain)

    monkeypatch.setattr(Client, "create", watched)
    world.send(world.source(1001, 1002, 1003))
    assert seen == [("sending", 1)] * 3


def test_a_commit_waits_for_the_disk(journal: Journal) -> None:
    ask = journal._database.execute
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)
    assert ask("PRAGMA synchronous").fetchone() == (2,)


def test_a_killed_runs_claims_become_uncertain_with_an_open_end(journal: Journal) -> None:
    claimed(journal)
    with Journal(journal.path, "staging", "acme") as again:
        assert again.cut_off() == 1
        (entry,) = again.named(1001)
    assert (entry.state, entry.ever_uncertain, entry.ended_at) == ("uncertain", True, None)


def test_another_account_is_another_journal(journal: Journal) -> None:
    claimed(journal)
    for environment, account in (("staging", "other"), ("sandbox", "acme")):
        with Journal(journal.path, environment, account) as other:
            assert other.entries() == []
            assert other.cut_off() == 0
            assert claimed(other).state == "sending"


def test_a_year_is_part_of_the_key_where_numbers_begin_anew(journal: Journal) -> None:
    journal.advance(claims=[claim(7, 2025), claim(7, 2026)])
    assert [entry.year for entry in journal.named(7)] == [2025, 2026]
    found = journal.entry(7, 2026)
    assert found is not None
    assert found.year == 2026
    assert journal.entry(7) is None


def test_a_first_attempts_time_is_kept_as_long_as_it_may_have_arrived(journal: Journal) -> None:
    entry = claimed(journal)
    journal.advance([Step(entry.id, "uncertain", "lost", ended_at=1001.0), Step(entry.id, "ready", "concluded absent")])
    journal.advance(claims=[claim()], server_now=5000.0)
    journal.advance([Step(entry.id, "ready", "unsent", never_left=True)])
    assert journal.named(1001)[0].attempted_at == 1000.0


def test_an_attempt_that_never_left_was_none(journal: Journal) -> None:
    entry = claimed(journal)
    journal.advance([Step(entry.id, "ready", "unsent", never_left=True)])
    assert journal.named(1001)[0].attempted_at is None


def test_every_transition_is_in_the_audit_trail(journal: Journal) -> None:
    entry = claimed(journal)
    journal.advance([Step(entry.id, "uncertain", "lost", http_status=502, detail="Bad gateway")])
    journal.advance([Step(entry.id, "sent", "found at Confirma")])
    trail = [(event, status) for _, event, status, _ in journal.events(entry)]
    assert trail == [("claimed", None), ("lost", 502), ("found at Confirma", None)]


@pytest.mark.parametrize("number", [2**63, 10**40])
def test_a_number_beyond_every_integer_is_merely_unknown(journal: Journal, number: int) -> None:
    assert journal.entry(number) is None
    assert journal.named(number) == []
    assert journal.listed([number, 5]) == {}


def test_a_listing_may_have_thousands_of_numbers(journal: Journal) -> None:
    journal.advance(claims=[claim(number) for number in range(1, 1201)])
    assert len(journal.listed(range(1, 5000))) == 1200


# -- the file ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_the_journal_is_its_owners_alone(journal: Journal) -> None:
    claimed(journal)
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    for path in journal.path.parent.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_opening_again_changes_nothing(journal: Journal) -> None:
    claimed(journal)
    with Journal(journal.path, "staging", "acme") as again:
        assert again.key == journal.key
        assert again.counts() == {"sending": 1}


def test_an_old_journal_is_brought_up_to_date_step_by_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal(path, "staging", "acme") as journal:
        claimed(journal)
    more = (*MIGRATIONS, "ALTER TABLE invoices ADD COLUMN note TEXT;\nUPDATE invoices SET note = 'a;b';")
    monkeypatch.setattr("confirma_connector.journal.schema.MIGRATIONS", more)
    with Journal(path, "staging", "acme") as journal:
        assert journal._rows("SELECT note FROM invoices") == [("a;b",)]
        assert journal._rows("PRAGMA user_version") == [(len(more),)]


def test_a_failed_step_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal(path, "staging", "acme") as journal:
        claimed(journal)
    with monkeypatch.context() as patch:
        broken = (*MIGRATIONS, "ALTER TABLE invoices ADD COLUMN note TEXT;\nUPDATE nothing SET a = 1;")
        patch.setattr("confirma_connector.journal.schema.MIGRATIONS", broken)
        with pytest.raises(JournalError, match="cannot be opened"):
            Journal(path, "staging", "acme")
    with Journal(path, "staging", "acme") as journal:
        assert journal.counts() == {"sending": 1}


def test_a_newer_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    with Journal(path, "staging", "acme") as journal:
        journal._database.execute("PRAGMA user_version = 999")
    with pytest.raises(JournalError, match="newer release"):
        Journal(path, "staging", "acme")


@pytest.mark.parametrize("content", [b"this is no database at all, however long it is" * 100, b"SQLite format 3\0junk"])
def test_a_corrupt_journal_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "journal.sqlite3"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(path, "staging", "acme")
    assert path.read_bytes() == content


def test_a_journal_that_goes_bad_under_way_is_one_clear_error(journal: Journal) -> None:
    claimed(journal)
    journal._database.execute("DROP TABLE events")
    with pytest.raises(JournalError, match="cannot be read"):
        journal.events(journal.named(1001)[0])
    with pytest.raises(JournalError, match="cannot be written"):
        claimed(journal, 1002)
    assert journal.counts() == {"sending": 1}


def test_a_folder_in_place_of_the_journal_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path, "staging", "acme")


def test_the_key_of_the_api_is_not_in_it(world: World) -> None:
    world.send(world.source(1001))
    assert world.places_of_the_token() == []
    assert TOKEN not in "".join(sys.argv)


# -- what a run has changed ----------------------------------------------------------------------------------------------


def test_what_has_another_state_than_was_noted_is_told_and_what_is_new(journal: Journal) -> None:
    first, second, third = journal.advance([], [claim(1003), claim(1002), claim(1001)])
    journal.note_states()
    journal.advance([Step(first.id, "sent", "taken"), Step(second.id, "uncertain", "lost")], [claim(1004)])
    journal.advance([Step(second.id, "ready", "concluded absent")])
    assert [(entry.number, entry.state) for entry in journal.changed()] == [
        (1002, "ready"),
        (1003, "sent"),
        (1004, "sending"),
    ]
    journal.note_states()
    journal.advance([Step(third.id, "ready", "not begun")], [])
    journal.advance([], [claim(1001)])
    assert list(journal.changed()) == []  # it has changed, and has changed back


def test_more_steps_than_one_statement_takes_are_written_each_in_its_turn(journal: Journal) -> None:
    entries = journal.advance([], [claim(number) for number in range(1001, 2201)])
    taken = [Step(entry.id, "sent", "taken", status="PAUSED", taken_at=5.0) for entry in entries]
    seen = [Step(entry.id, "delivered", "observed", method="EMAIL", seen_at=6.0) for entry in entries]
    journal.advance([step for pair in zip(taken, seen, strict=True) for step in pair])
    assert journal.counts() == {"delivered": 1200}
    last = journal.entry(2200)
    assert last is not None
    assert (last.taken_at, last.seen_at, last.method, last.status) == (5.0, 6.0, "EMAIL", "")
    assert [event for _, event, _, _ in journal.events(last)] == ["claimed", "taken", "observed"]


# -- many at once --------------------------------------------------------------------------------------------------------


def test_many_are_asked_for_by_a_few_questions_and_each_gets_its_own_answer(journal: Journal) -> None:
    journal.advance(claims=[claim(number) for number in range(1001, 2201)])
    journal.advance(claims=[claim(1001, year=2026)])
    asked: list[str] = []
    journal._database.set_trace_callback(asked.append)
    keys = [*((number, 0) for number in range(2300, 1000, -1)), None, (1001, 2026), (1001, 0), (2**70, 0)]
    found = list(journal.each(keys))
    assert [entry and (entry.number, entry.year) for entry in found] == [
        key if key and key[0] < 2201 else None for key in keys
    ]
    assert len(asked) < 5


def test_what_is_said_of_an_invoice_is_what_was_said_last_and_one_body_is_kept(journal: Journal) -> None:
    entry = claimed(journal)
    words = (("invoice.header.date", "is odd"),)
    journal.advance([Step(entry.id, "rejected", "refused", message="odd", fields=words)])
    assert (journal.named(1001)[0].message, journal.named(1001)[0].fields) == ("odd", words)
    journal.note_conflict(facts(), "already there", "raw")
    assert (journal.named(1001)[0].message, journal.named(1001)[0].fields) == ("already there", words)
    journal.advance([Step(entry.id, "ready", "concluded absent")])
    assert (journal.named(1001)[0].message, journal.named(1001)[0].fields) == ("", ())
    (again,) = journal.advance(claims=[Claim(facts(print="p2"), b"corrected")])
    assert (again.id, again.message, again.fields) == (entry.id, "", ())
    assert journal._rows("SELECT body FROM bodies WHERE body != x''") == [(b"corrected",)]


def test_an_invoice_that_is_claimed_is_told_as_it_is_read(journal: Journal) -> None:
    journal.advance(claims=[claim(number) for number in (1002, 1004, 1006)], server_now=1000.0)
    journal.advance([Step(one.id, "rejected", "refused", message="odd") for one in journal.entries(["sending"])])
    claims = [Claim(facts(number, print="p2"), f"body of {number}".encode()) for number in range(1001, 1008)]
    entries = journal.advance(claims=claims, server_now=2000.0)
    assert [one.number for one in entries] == [*range(1001, 1008)]
    assert entries == [journal.entry(number) for number in range(1001, 1008)]
    assert {one.number: one.attempted_at for one in entries if one.attempted_at != 2000.0} == dict.fromkeys(
        (1002, 1004, 1006), 1000.0
    )
    assert [journal.request(one) for one in entries] == [one.body for one in claims]
    assert journal._rows("SELECT COUNT(*) FROM bodies WHERE body != x''") == [(7,)]


def test_one_step_that_cannot_be_takes_all_of_them_back_and_is_named(journal: Journal) -> None:
    entries = journal.advance(claims=[claim(number) for number in range(1001, 1301)])
    steps = [Step(one.id, "sent", "taken", taken_at=1.0) for one in entries]
    wrong = [Step(entries[150].id, "delivered", "observed"), Step(entries[150].id, "ready", "not begun")]
    with pytest.raises(JournalError, match="invoice 1151 is delivered and cannot become ready"):
        journal.advance([*steps, *wrong, Step(entries[7].id, "waiting", "observed")], [claim(2001)])
    assert journal.counts() == {"sending": 300}
    assert [event for _, event, _, _ in journal.events(entries[150])] == ["claimed"]


def test_many_verdicts_and_claims_are_written_by_a_few_statements(journal: Journal) -> None:
    entries = journal.advance(claims=[claim(number) for number in range(1001, 1033)])
    asked: list[str] = []
    journal._database.set_trace_callback(asked.append)
    journal.advance(
        [Step(one.id, "sent", "taken", taken_at=1.0) for one in entries],
        [claim(number) for number in range(2001, 2033)],
    )
    assert len(asked) < 12


@pytest.mark.parametrize("states", [("uncertain",), ("failed", "sent")])
def test_what_is_in_a_state_is_found_among_many_without_a_look_at_the_others(
    journal: Journal, states: tuple[State, ...]
) -> None:
    asked: list[str] = []
    journal._database.set_trace_callback(asked.append)
    journal.entries(states)
    journal.awaited()
    journal.kept()
    list(journal.taken_between(1.0, 2.0))
    journal._database.set_trace_callback(None)
    for query in asked:
        plan = [row[3] for row in journal._rows(f"EXPLAIN QUERY PLAN {query}")]
        assert "(environment=? AND account=? AND " in plan[0], query

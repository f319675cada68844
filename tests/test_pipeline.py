"""Check, send, track: what goes, what waits, what is said of it, and the exit code a scheduler can trust."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
from collections.abc import Callable, Sequence

import pytest
from world import DAY, TOKEN, World, csv_rows, invoice_rows

from confirma_connector import pipeline
from confirma_connector.errors import JournalError, Outage, Refused, SettingsError
from confirma_connector.journal import Claim, Entry, Journal, Step
from confirma_connector.pipeline import Choice, Event
from confirma_connector.report import InvoiceReport, Report


def told(report: Report) -> dict[str, InvoiceReport]:
    return {invoice.number: invoice for file in report.files for invoice in file.invoices}


def states(report: Report) -> dict[str, str]:
    return {number: invoice.state for number, invoice in told(report).items()}


def put(world: World, number: int, *steps: str) -> None:
    """Bring a sent invoice into other states by hand."""
    with Journal(world.settings.journal, "staging", "acme") as journal:
        (entry,) = journal.named(number)
        journal.advance([Step(entry.id, step, "test") for step in steps])  # type: ignore[arg-type]


# -- what goes ---------------------------------------------------------------------------------------------------------


def test_only_what_is_asked_for_goes_and_the_rest_is_no_trouble(world: World) -> None:
    source = world.source(1001, 1002, 1003)
    report = world.send(source, only=frozenset({1002}))
    assert (report.exit_code, world.arrived()) == (0, [1002])
    assert told(report)["1001"].message == "not asked for in this run"
    assert world.send(source, limit=1).exit_code == 0
    assert world.arrived() == [1001, 1002]
    assert world.send(source, limit=0).exit_code == 0
    assert world.send(source).exit_code == 0
    assert world.arrived() == [1001, 1002, 1003]


def test_since_is_by_invoice_date(world: World) -> None:
    old = invoice_rows(1001, Pvm=f"{DAY - dt.timedelta(days=3):%d.%m.%Y}")
    world.send(world.source(1002, rows=old), since=DAY)
    assert world.arrived() == [1002]


def test_a_limit_counts_over_all_files(world: World) -> None:
    world.send(world.source(1001, 1002), world.source(1003, 1004, name="b.csv"), limit=3)
    assert world.arrived() == [1001, 1002, 1003]


def test_what_an_earlier_file_left_ready_goes_only_with_a_file_that_has_it(world: World) -> None:
    world.fault("create", "status", status=401)
    assert world.send(world.source(1001)).exit_code == 2
    assert world.server
    world.server.faults.clear()
    world.send(world.source(1002, name="b.csv"))
    assert world.arrived() == [1002]
    assert world.states()[1001] == "ready"
    with_new_price = world.source(rows=invoice_rows(1001, Hinta="60,00"), name="c.csv")
    assert world.send(with_new_price).exit_code == 0
    body = json.loads(world.server.ledger.bodies(1001)[0])
    assert body["invoice"]["rows"][0]["unitPrice"] == 60
    assert str(world.entries()[1001].gross) == "150.60"


def test_one_number_in_two_files_of_a_run_goes_once(world: World) -> None:
    other = world.source(name="b.csv", rows=invoice_rows(1001, Hinta="99,00"))
    report = world.send(world.source(1001), other)
    assert world.arrived() == [1001]
    assert [file.invoices[0].state for file in report.files] == ["waiting", "conflict"]
    assert report.exit_code == 1


def test_nothing_is_sent_when_nothing_is_new(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    assert world.server
    world.server.ledger.clear()
    assert world.send(source).exit_code == 0
    assert world.server.ledger.request_count() == 0


# -- credit notes ------------------------------------------------------------------------------------------------------


def test_a_credit_note_goes_after_its_invoice_wherever_it_stands(world: World) -> None:
    credits = world.source(name="a.csv", rows=invoice_rows(2001, credits=1001))
    world.but(concurrency=8).send(credits, world.source(1001, name="b.csv"))
    assert world.server
    assert world.server.ledger.numbers() == [1001, 2001]


@pytest.mark.parametrize(("fault", "state"), [({"status": 422}, "rejected"), ({"status": 502}, "uncertain")])
def test_a_credit_note_waits_for_its_invoice(world: World, fault: dict[str, int], state: str) -> None:
    world.fault("create", "status", numbers=(1001,), times=1, **fault)
    source = world.source(1001, rows=invoice_rows(2001, credits=1001))
    report = world.send(source)
    assert report.exit_code == 1
    assert told(report)["2001"].state == "ready"
    assert told(report)["2001"].message == f"waits for invoice 1001, which is {state}"
    assert world.arrived() == []


def test_a_credit_note_waits_for_an_invoice_that_is_invalid_or_not_asked_for(world: World) -> None:
    rows = [*invoice_rows(1001, Hinta="x"), *invoice_rows(2001, credits=1001), *invoice_rows(2002, credits=1002)]
    report = world.send(world.source(1002, rows=rows), only=frozenset({2001, 2002}))
    assert world.arrived() == []
    assert told(report)["2001"].message == "waits for invoice 1001, which is invalid"
    assert told(report)["2002"].message == "waits for invoice 1002, which is ready"


def test_a_credit_note_for_an_invoice_sent_elsewhere_goes(world: World) -> None:
    assert world.send(world.source(rows=invoice_rows(2001, credits=900))).exit_code == 0
    assert world.arrived() == [2001]


def test_a_credit_note_that_waited_goes_with_the_next_run(world: World) -> None:
    world.fault("create", "status", status=502, after_commit=True, numbers=(1001,), times=1)
    source = world.source(1001, rows=invoice_rows(2001, credits=1001))
    assert world.send(source).exit_code == 1
    assert world.send(source).exit_code == 0
    assert world.arrived() == [1001, 2001]


# -- numbers that begin anew -------------------------------------------------------------------------------------------


def test_with_yearly_numbering_the_year_is_part_of_the_number(world: World) -> None:
    world = world.but(numbering="yearly")
    last = DAY.replace(year=DAY.year - 1, day=1)
    old = invoice_rows(1001, Pvm=f"{last:%d.%m.%Y}", Eräpvm=f"{last:%d.%m.%Y}")
    assert world.send(world.source(rows=old)).exit_code == 0
    report = world.send(world.source(1001, name="b.csv"))
    assert report.exit_code == 0
    assert world.arrived() == [1001, 1001]
    report = world.send(world.source(name="c.csv", rows=old))
    assert report.exit_code == 0
    assert world.arrived() == [1001, 1001]
    with pytest.raises(SettingsError, match='was begun with numbering = "yearly"'):
        world.but(numbering="forever").send(world.source(1001, name="d.csv"))


def test_with_yearly_numbering_one_years_conflict_holds_up_no_other_year(world: World) -> None:
    yearly = world.but(numbering="yearly")
    last = DAY.replace(year=DAY.year - 1, day=1)
    old = invoice_rows(1001, Pvm=f"{last:%d.%m.%Y}", Eräpvm=f"{last:%d.%m.%Y}")
    yearly.send(yearly.source(rows=old))
    for path in yearly.settings.journal.parent.iterdir():
        path.unlink()
    report = yearly.send(yearly.source(1001, name="b.csv"), yearly.source(rows=old, name="c.csv"))
    assert [file.invoices[0].state for file in report.files] == ["waiting", "conflict"]
    assert len(yearly.arrived()) == 2


def test_without_it_a_number_used_last_year_is_a_conflict(world: World) -> None:
    last = DAY.replace(year=DAY.year - 1, day=1)
    world.send(world.source(rows=invoice_rows(1001, Pvm=f"{last:%d.%m.%Y}", Eräpvm=f"{last:%d.%m.%Y}")))
    report = world.send(world.source(1001, name="b.csv"))
    assert (report.exit_code, states(report)) == (1, {"1001": "conflict"})
    assert len(world.arrived()) == 1


# -- what is said ------------------------------------------------------------------------------------------------------


def test_a_mistake_stops_its_invoice_and_names_file_line_header_value_and_expectation(world: World) -> None:
    rows = [*invoice_rows(1002), *invoice_rows(1002, Hinta="50.00"), *invoice_rows(1003)]
    report = world.send(world.source(1001, rows=rows))
    assert report.exit_code == 1
    assert world.arrived() == [1001, 1003]
    (problem,) = (each for each in told(report)["1002"].details if each.severity == "error")
    line = problem.text("in.csv")
    assert line.startswith('in.csv, line 4, column "Hinta": "50.00": ')
    assert "decimal" in line


@pytest.mark.parametrize("path", ["invoice.rows[1].vatPercentage", "/invoice/rows/1/vatPercentage"])
def test_a_refusal_by_wire_path_names_the_cell(world: World, path: str) -> None:
    said = json.dumps({"message": "Invalid", "errors": [{"field": path, "message": "no such rate"}]})
    world.fault("create", "status", status=422, content=said, content_type="application/json", numbers=(1002,), times=1)
    rows = [*invoice_rows(1002), *invoice_rows(1002, ALV="14")]
    source = world.source(1001, rows=rows)
    report = world.send(source)
    assert (report.exit_code, states(report)) == (1, {"1001": "waiting", "1002": "rejected"})
    (problem,) = told(report)["1002"].details
    assert problem.text("in.csv") == 'in.csv, line 4, column "ALV": "14": Confirma says "no such rate" [E-REFUSED]'
    assert '"14"' not in told(report)["1002"].message
    cells = csv_rows(world.folder / "in.results.csv")
    assert cells[1]["confirma_message"] == 'line 4, ALV "14": Confirma says "no such rate" [E-REFUSED]'
    again = world.send(source)
    assert told(again)["1002"].details == (problem,)
    assert world.posts() == 2


def test_a_refusal_of_a_file_that_changed_meanwhile_is_still_told(world: World) -> None:
    said = json.dumps({"errors": [{"field": "invoice.rows[0].vatPercentage", "message": "no such rate"}]})
    world.fault("create", "status", status=422, content=said, content_type="application/json", times=1)
    source = world.source(1001)

    def hear(event: Event) -> None:
        if event.what == "sending":
            source.write_bytes(b"\x00 no CSV any more")

    report = pipeline.send(world.run(hear=hear), Choice((source,)))
    assert report.exit_code == 1
    assert "no such rate" in told(report)["1001"].message
    assert world.states() == {1001: "rejected"}


def test_a_rejected_invoice_may_be_corrected(world: World) -> None:
    world.fault("create", "status", status=422, times=1)
    source = world.source(1001)
    for _ in range(2):
        report = world.send(source)
        assert (report.exit_code, states(report)) == (1, {"1001": "rejected"})
    assert world.posts() == 1
    report = world.send(world.source(rows=invoice_rows(1001, Hinta="51,00")))
    assert (report.exit_code, states(report)) == (0, {"1001": "waiting"})


def test_other_data_under_a_sent_number_is_a_conflict_and_a_small_difference_a_notice(world: World) -> None:
    world.send(world.source(1001))
    report = world.send(world.source(rows=invoice_rows(1001, Hinta="51,00")))
    assert (report.exit_code, states(report)) == (1, {"1001": "conflict"})
    assert "total 125.50, here 128.01" in told(report)["1001"].message
    report = world.send(world.source(rows=invoice_rows(1001, Selite="Muu")))
    assert (report.exit_code, states(report)["1001"]) == (0, "waiting")
    assert "now differs" in told(report)["1001"].message
    assert world.arrived() == [1001]


# -- exit codes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (("failed",), 0),
        (("attention",), 0),
        (("duplicate",), 0),
        (("unknown",), 0),
        (("delivered",), 0),
        (("credited",), 0),
        (("handled",), 0),
    ],
)
def test_what_is_old_news_counts_no_more(world: World, steps: tuple[str, ...], code: int) -> None:
    source = world.source(1001)
    world.send(source)
    put(world, 1001, *steps)
    assert world.send(source).exit_code == code


def test_a_failure_counts_in_the_run_in_which_it_comes_about(world: World) -> None:
    source = world.source(rows=invoice_rows(1001, Sähköposti="", Postinumero="00001"))
    assert world.send(source).exit_code == 0
    assert [world.track().exit_code for _ in range(3)] == [1, 0, 0]
    assert world.states() == {1001: "failed"}
    assert world.send(source).exit_code == 0


def test_a_failure_of_another_files_invoice_is_told_by_track_and_not_by_the_next_send(world: World) -> None:
    world.send(world.source(rows=invoice_rows(1001, Sähköposti="", Postinumero="00001")))
    assert world.send(world.source(1002, name="b.csv")).exit_code == 0
    report = world.track()
    assert report.exit_code == 1
    assert [(entry.number, entry.state) for entry in report.changed if entry.state == "failed"] == [("1001", "failed")]


@pytest.mark.parametrize(
    ("more", "code", "state"),
    [
        ({"kind": "status", "status": 422, "times": 1}, 1, "rejected"),
        ({"kind": "status", "status": 409, "times": 1}, 1, "uncertain"),
        ({"kind": "status", "status": 400, "body": "html", "times": 1}, 1, "ready"),
        ({"kind": "drop", "times": 1}, 1, "uncertain"),
        ({"kind": "status", "status": 429, "retry_after": "0"}, 3, "ready"),
        ({"kind": "status", "status": 403}, 2, "ready"),
        ({"kind": "status", "status": 302, "headers": {"Location": "https://elsewhere.invalid/"}}, 2, "uncertain"),
    ],
)
def test_the_exit_code_says_what_became_of_the_run(
    world: World, more: dict[str, object], code: int, state: str
) -> None:
    world.fault("create", **more)  # type: ignore[arg-type]
    report = world.but(concurrency=1).send(world.source(1001))
    assert (report.exit_code, states(report)["1001"]) == (code, state)
    assert csv_rows(world.folder / "in.results.csv")[0]["confirma_state"] == state
    assert bool(report.problem) == (code > 1)


def test_what_track_finds_not_to_have_arrived_needs_somebody_to_send_it(world: World) -> None:
    world.fault("create", "drop", times=1)
    world.send(world.source(1001))
    report = world.track()
    assert (report.exit_code, world.states()) == (1, {1001: "ready"})
    assert world.track().exit_code == 0


def test_an_uncertain_invoice_of_another_file_is_tracks_trouble_not_sends(world: World) -> None:
    slow = world.but(quiet_period=600)
    slow.fault("create", "drop", times=1)
    slow.send(slow.source(1001))
    assert slow.send(slow.source(1002, name="b.csv")).exit_code == 0
    assert slow.track().exit_code == 1


# -- before anything is claimed ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 401}, Refused),
        ({"kind": "status", "status": 503}, Outage),
        ({"kind": "html"}, Outage),
    ],
)
def test_without_a_listing_nothing_is_claimed(
    world: World, no_waiting: list[float], fault: dict[str, object], error: type[Exception]
) -> None:
    world.fault("listing", **fault)  # type: ignore[arg-type]
    with pytest.raises(error):
        world.send(world.source(1001))
    assert (world.states(), world.posts()) == ({}, 0)


def test_a_wrong_key_claims_nothing(world: World) -> None:
    with pytest.raises(Refused, match="401"):
        world.but(token="WRONG-0123456789").send(world.source(1001))
    assert (world.states(), world.posts()) == ({}, 0)


def test_another_seller_under_the_account_is_refused(world: World) -> None:
    world.send(world.source(1001))
    other = world.source(name="b.csv", rows=invoice_rows(1002, **{"Y-tunnus": "2331972-7"}))
    with pytest.raises(SettingsError, match="belongs to seller 0112038-9"):
        world.send(other)
    with pytest.raises(SettingsError, match="belongs to account acme"):
        world.but(account="another").send(world.source(1003, name="c.csv"))
    with pytest.raises(SettingsError, match="one run has one seller"):
        world.send(world.source(1004, name="d.csv"), other)
    assert world.arrived() == [1001]


def test_one_bad_file_of_several_sends_nothing_of_any(world: World) -> None:
    bad = world.folder / "bad.csv"
    bad.write_bytes(b"\x00\x01")
    with pytest.raises(Exception, match=r"bad\.csv"):
        world.send(world.source(1001), bad)
    assert world.arrived() == []


def test_checking_changes_nothing_and_asks_nobody(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(1002, Hinta="x"))
    before = sorted(world.folder.iterdir())
    assert world.server
    report = pipeline.check(world.run(), Choice((source,)))
    assert (report.exit_code, states(report)) == (1, {"1001": "ready", "1002": "invalid"})
    assert sorted(world.folder.iterdir()) == before
    assert world.server.ledger.request_count() == 0


# -- stopping ----------------------------------------------------------------------------------------------------------


def test_a_wish_to_stop_writes_the_results_of_what_was_sent(world: World) -> None:
    run = world.run()
    heard = itertools.count(1)

    def hear(event: Event) -> None:
        if event.what == "sending" and next(heard) == 5:
            run.stop.wished.set()

    run = dataclasses.replace(run, hear=hear)
    report = pipeline.send(run, Choice((world.source(*range(1001, 1051)),)))
    assert (report.exit_code, report.attention) == (130, ())
    written = [row["confirma_state"] for row in csv_rows(world.folder / "in.results.csv")]
    assert 5 <= written.count("waiting") <= 4 + 32, "no more than were claimed with the fifth"
    assert set(written) == {"waiting", "ready"}
    assert len(world.arrived()) == written.count("waiting")
    assert world.but().send(world.folder / "in.csv").exit_code == 0
    assert world.arrived() == list(range(1001, 1051))


def test_a_wish_to_stop_before_the_first_claim_claims_nothing(world: World) -> None:
    world.stop.wished.set()
    with pytest.raises(KeyboardInterrupt):
        world.send(world.source(1001))
    assert (world.states(), world.arrived()) == ({}, [])


def interrupted_while(what: str) -> Callable[[Event], None]:
    def hear(event: Event) -> None:
        if event.what == what:
            raise KeyboardInterrupt

    return hear


@pytest.mark.parametrize("what", ["reading", "asking", "sending", "writing"])
def test_an_interruption_anywhere_loses_nothing(world: World, what: str) -> None:
    world.fault("create", "drop", times=1, after_commit=True)
    source = world.source(1001)
    world.send(source)
    source = world.source(1001, 1002, 1003)
    with pytest.raises(KeyboardInterrupt):
        pipeline.send(world.run(hear=interrupted_while(what)), Choice((source,)))
    assert world.send(source).exit_code == 0
    assert world.arrived() == [1001, 1002, 1003]


def test_a_journal_that_cannot_be_written_any_more_stops_the_run_and_the_next_one_finishes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, advance, claimed = world.source(*range(1001, 1021)), Journal.advance, itertools.count()
    is_full = False

    def full(self: Journal, steps: Sequence[Step], claims: Sequence[Claim] = (), now: float = 0.0) -> list[Entry]:
        nonlocal is_full
        is_full = is_full or (bool(claims) and next(claimed) > 0)
        if is_full:
            raise JournalError("disk full")
        return advance(self, steps, claims, now)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "advance", full)
        with pytest.raises(JournalError, match="disk full"):
            world.send(source)
    assert 0 < len(world.arrived()) < 20
    assert world.send(source).exit_code == 0
    assert world.arrived() == list(range(1001, 1021))


# -- tracking ----------------------------------------------------------------------------------------------------------


def test_what_is_older_than_ninety_days_is_told_of_and_no_longer_asked_for(world: World) -> None:
    old = dt.date.today() - dt.timedelta(days=95)
    world.send(world.source(rows=invoice_rows(1001, Pvm=f"{old:%d.%m.%Y}")))
    report = world.track()
    assert "1001" in report.notices[0]
    assert world.states() == {1001: "waiting"}


def test_an_invoice_that_is_delivered_is_not_asked_for_again(world: World) -> None:
    world.send(world.source(1001))
    world.track()
    assert world.server
    count = world.server.ledger.request_count()
    world.track()
    assert world.server.ledger.request_count() == count


def test_tracking_needs_no_results_file(world: World) -> None:
    world.send(world.source(1001))
    for name in ("in.csv", "in.results.csv"):
        (world.folder / name).unlink()
    assert world.track().exit_code == 0
    assert world.states() == {1001: "delivered"}


def test_the_key_is_nowhere(world: World) -> None:
    said = json.dumps({"message": f"your key {TOKEN} is odd"})
    for status in (422, 500, 200, 401):
        world.fault("create", "status", status=status, content=said, content_type="application/json", times=1)
    source = world.source(*range(1001, 1006))
    reports = [world.send(source) for _ in range(3)]
    assert world.places_of_the_token(*(report.model_dump_json() + repr(report) for report in reports)) == []
    assert TOKEN not in repr(world.run())


def test_a_broken_row_under_a_number_that_was_sent_is_no_silent_success(world: World) -> None:
    world.send(world.source(1001))
    report = world.send(world.source(name="b.csv", rows=invoice_rows(1001, Hinta="kaksi")))
    assert (report.exit_code, states(report)) == (1, {"1001": "conflict"})


def test_a_failed_invoice_that_was_corrected_is_shown_as_corrected_and_not_sent(world: World) -> None:
    world.send(world.source(rows=invoice_rows(1001, Sähköposti="", Postinumero="00001")))
    world.track()
    report = world.send(world.source(rows=invoice_rows(1001, Sähköposti="", Postinumero="00100")))
    assert states(report) == {"1001": "failed"}
    assert "corrected here since" in report.files[0].invoices[0].message
    assert len(world.arrived()) == 1


def test_a_credit_note_waits_for_an_original_that_failed(world: World) -> None:
    world.send(world.source(rows=invoice_rows(1001, Sähköposti="", Postinumero="00001")))
    world.track()
    credit = invoice_rows(2001, credits=1001)
    report = world.send(world.source(name="b.csv", rows=credit))
    assert states(report) == {"2001": "ready"}
    assert world.arrived() == [1001]

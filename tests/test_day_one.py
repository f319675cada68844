"""Day one, and the second computer: what was sent elsewhere is never sent from here."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from world import DAY, World, as_json, csv_rows, csv_text, invoice_rows

from confirma_connector.adopting import adopt
from confirma_connector.errors import SettingsError
from confirma_connector.journal import Journal
from confirma_connector.pipeline import Choice
from confirma_connector.report import Report
from confirma_connector.sandbox import StandIn

OLD = f"{dt.date.today() - dt.timedelta(days=36):%d.%m.%Y}"
YOUNGER = f"{dt.date.today() - dt.timedelta(days=35):%d.%m.%Y}"
OTHER_SELLER = {"Y-tunnus": "2331972-7", "Myyjä": "Toinen Oy"}


def states(report: Report) -> dict[str, str]:
    return {invoice.number: invoice.state for file in report.files for invoice in file.invoices}


# -- adopting ----------------------------------------------------------------------------------------------------------


def test_what_is_adopted_is_never_sent_and_never_tracked(world: World) -> None:
    source = world.source(1001, 1002)
    done = world.command("adopt", source, "--reason", "sent by post until October")
    assert done.returncode == 0
    assert "2 adopted as sent elsewhere" in done.stdout
    report = world.send(source)
    assert (report.exit_code, states(report)) == (0, {"1001": "handled", "1002": "handled"})
    assert "sent by post until October" in csv_rows(world.folder / "in.results.csv")[0]["confirma_message"]
    world.track()
    assert world.server
    assert world.server.ledger.request_count() == 0


def test_a_list_that_was_begun_elsewhere_goes_on_from_here(world: World) -> None:
    world.command("adopt", world.source(1001, 1002), "--reason", "x")
    report = world.send(world.source(1001, 1002, 1003))
    assert world.arrived() == [1003]
    assert report.exit_code == 0


def test_an_adopted_row_may_be_edited_and_stays_settled(world: World) -> None:
    world.command("adopt", world.source(1001), "--reason", "x")
    report = world.send(world.source(rows=invoice_rows(1001, Asiakas="Uusi nimi Oy", Hinta="60,00")))
    assert (report.exit_code, states(report)) == (0, {"1001": "handled"})


@pytest.mark.parametrize(
    ("words", "adopted"),
    [(("--only", "1002"), ["1002"]), (("--until", (DAY - dt.timedelta(days=1)).isoformat()), ["1003"])],
)
def test_only_some_of_a_file_may_be_adopted(world: World, words: tuple[str, ...], adopted: list[str]) -> None:
    early = invoice_rows(1003, Pvm=f"{DAY - dt.timedelta(days=5):%d.%m.%Y}")
    source = world.source(1001, 1002, rows=early)
    told = as_json(world.command("adopt", source, "--reason", "x", *words, "--json").stdout)["files"][0]
    assert (told["adopted"], told["left"]) == (adopted, 2)


def test_what_was_sent_from_here_keeps_its_state(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    done = world.command("adopt", source, "--reason", "x")
    assert "1 known already, left as they are: 1001 (waiting)" in done.stdout
    assert world.states() == {1001: "waiting"}


def test_what_the_second_computer_sent_may_be_adopted(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    second = world.but(journal=world.folder / "second" / "journal.sqlite3")
    assert states(second.send(source, output=world.folder / "two.csv")) == {"1001": "conflict"}
    adopt(second.run(), Choice((source,)), "sent by the other computer")
    assert second.states() == {1001: "handled"}
    assert world.arrived() == [1001]


def test_an_invalid_invoice_cannot_be_adopted_and_a_person_is_told(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(1002, Hinta="kaksi"))
    done = world.command("adopt", source, "--reason", "x")
    assert done.returncode == 1
    assert "1 not adopted, because they are invalid" in done.stdout
    assert world.states() == {1001: "handled"}


def test_another_sellers_file_is_not_adopted(world: World) -> None:
    world.send(world.source(1001))
    other = world.source(name="b.csv", rows=invoice_rows(2001, **OTHER_SELLER))
    with pytest.raises(SettingsError, match="belongs to seller 0112038-9"):
        adopt(world.run(), Choice((other,)), "x")


def test_what_was_adopted_by_mistake_may_go_after_all(world: World) -> None:
    source = world.source(1001)
    world.command("adopt", source, "--reason", "x")
    assert world.command("resend", 1001, "--reason", "it never went out").returncode == 0
    world.send(source)
    assert (world.states(), world.arrived()) == ({1001: "waiting"}, [1001])


def test_what_was_adopted_and_is_at_confirma_does_not_go_again(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    second = world.but(journal=world.folder / "second" / "journal.sqlite3")
    adopt(second.run(), Choice((source,)), "sent by the other computer")
    done = second.command("resend", 1001, "--reason", "x")
    assert (done.returncode, second.states()) == (2, {1001: "handled"})
    assert "is at Confirma" in done.stderr


# -- old invoices ------------------------------------------------------------------------------------------------------


def test_an_old_invoice_goes_with_a_word_about_it(world: World) -> None:
    report = world.send(world.source(1001, rows=[*invoice_rows(1002, Pvm=OLD), *invoice_rows(1003, Pvm=YOUNGER)]))
    assert world.arrived() == [1001, 1002, 1003]
    assert report.exit_code == 0
    assert [notice for notice in report.notices if "invoice 1002: dated more than 35 days ago" in notice]


def test_where_the_rule_is_an_error_an_old_invoice_is_held_back(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(1002, Pvm=OLD))
    strict = world.but(rules={"old-invoice": "error"})
    report = strict.send(source)
    assert (report.exit_code, states(report)) == (1, {"1001": "waiting", "1002": "ready"})
    assert "confirma adopt" in report.files[0].invoices[1].message
    (problem,) = report.files[0].invoices[1].problems
    assert (problem.code, problem.severity, problem.where, problem.field) == (
        "E-OLD-INVOICE",
        "error",
        "line 3",
        "date",
    )
    adopt(strict.run(), Choice((source,), only=frozenset({1002})), "went by post")
    assert strict.send(source).exit_code == 0
    assert world.arrived() == [1001]


def test_an_old_invoice_that_was_sent_from_here_is_no_matter(world: World) -> None:
    source = world.source(rows=invoice_rows(1001, Pvm=OLD))
    world.send(source)
    report = world.but(rules={"old-invoice": "error"}).send(source)
    assert (report.exit_code, states(report)) == (0, {"1001": "waiting"})


# -- what check and send say of what they are given ---------------------------------------------------------------------


def test_check_knows_what_was_sent_before(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    world.track()
    done = world.command("check", world.source(1001, 1002))
    assert done.returncode == 0
    assert "ready: 1" in done.stdout
    assert "delivered: 1" in done.stdout
    assert world.command("check", world.source(rows=invoice_rows(1001, Hinta="60,00"))).returncode == 1


def test_check_leaves_no_journal_behind(world: World) -> None:
    assert world.command("check", world.source(1001)).returncode == 0
    assert not world.settings.journal.exists()


def test_check_says_already_that_a_file_has_two_sellers(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(2001, **OTHER_SELLER))
    done = world.command("check", source)
    assert done.returncode == 1
    assert "send refuses this file: one run has one seller" in done.stdout
    assert world.command("send", source).returncode == 2


def test_a_number_that_is_asked_for_and_is_not_there_is_told(world: World) -> None:
    done = world.command("send", world.source(1001), "--only", "1001,9999")
    assert done.returncode == 1
    assert "invoice 9999: in none of the files" in done.stdout
    assert world.arrived() == [1001]


def test_numbers_anew_every_year_and_a_row_without_a_date_is_not_lost(world: World) -> None:
    yearly = world.but(numbering="yearly")
    apart = [*invoice_rows(1001), *invoice_rows(1002), *invoice_rows(1001, Pvm="", Eräpvm="")]
    report = yearly.send(world.source(rows=apart))
    assert [invoice.state for invoice in report.files[0].invoices] == ["invalid", "waiting", "invalid"]
    assert world.arrived() == [1002]


# -- the server knows more than the journal ------------------------------------------------------------------------------


def test_a_lost_journal_doubles_nothing(world: World) -> None:
    source = world.source(*range(1001, 1006))
    world.send(source)
    for path in world.settings.journal.parent.iterdir():
        path.unlink()
    report = world.send(source, output=world.folder / "again.csv")
    assert set(states(report).values()) == {"conflict"}
    assert "already at Confirma" in report.files[0].invoices[0].message
    assert world.arrived() == list(range(1001, 1006))


def test_two_computers_that_share_a_list_send_each_invoice_once(world: World) -> None:
    second = world.but(journal=world.folder / "second" / "journal.sqlite3")
    world.send(world.source(1001, 1002))
    second.send(world.source(1001, 1002, 1003), output=world.folder / "two.csv")
    report = world.send(world.source(1001, 1002, 1003, 1004), output=world.folder / "three.csv")
    assert states(report) == {"1001": "waiting", "1002": "waiting", "1003": "conflict", "1004": "waiting"}
    assert world.arrived() == [1001, 1002, 1003, 1004]


def test_a_listing_that_send_reads_is_matched_against_what_is_ready_in_other_files(world: World) -> None:
    world.fault("create", "drop", after_commit=True, times=1)
    world.fault("listing", "forget", numbers=[1001], times=20)
    first = world.source(1001)
    world.send(first)
    assert world.states()[1001] in ("ready", "uncertain")
    assert world.server
    world.server.faults.clear()
    world.send(world.source(1002, name="b.csv"))
    assert world.states()[1001] in ("sent", "waiting", "delivered")
    assert world.arrived() == [1001, 1002]


# -- account and seller ------------------------------------------------------------------------------------------------


def test_the_account_tells_what_it_is(world: World) -> None:
    told = as_json(world.command("account", "--json").stdout)
    assert (told["seller"], told["invoices"], told["numbering"]) == ("", 0, "forever")
    world.send(world.source(1001))
    told = as_json(world.command("account", "--json").stdout)
    assert (told["seller"], told["invoices"], told["account"]) == ("0112038-9", 1, "acme")
    assert "0112038-9" in world.command("account").stdout


def test_another_seller_stops_until_a_person_binds_the_account_anew(world: World) -> None:
    world.send(world.source(1001))
    other = world.source(name="b.csv", rows=invoice_rows(2001, **OTHER_SELLER))
    with pytest.raises(SettingsError, match="confirma account bind 2331972-7"):
        world.send(other)
    assert world.command("account", "bind", "2331972-7").stdout.endswith("no longer to 0112038-9\n")
    world.send(other)
    assert world.arrived() == [1001, 2001]


def test_one_seller_under_two_labels_stops_until_a_person_binds_the_second(world: World) -> None:
    world.send(world.source(1001))
    second = world.but(account="acme-2")
    source = world.source(1002, name="b.csv")
    with pytest.raises(SettingsError, match=r"belongs to account acme, not acme-2; .*account bind 0112038-9"):
        second.send(source)
    assert second.command("account", "bind", "0112038-9").returncode == 0
    second.send(source)
    assert world.arrived() == [1001, 1002]


# -- a list that grows, a year that begins -----------------------------------------------------------------------------


def test_a_list_that_grows_for_a_month_sends_each_invoice_once(world: World, stand_in: StandIn) -> None:
    for day in range(1, 31):
        report = world.send(world.source(*range(1001, 1001 + 2 * day)))
        assert report.exit_code == 0
        if day % 7 == 0:
            assert world.track().exit_code == 0
    world.track()
    assert world.arrived() == list(range(1001, 1061))
    rows = csv_rows(world.folder / "in.results.csv")
    assert [row["confirma_state"] for row in rows] == ["delivered"] * 60


def test_a_mapping_that_gains_a_column_is_no_reason_to_send_anything_again(world: World) -> None:
    source = world.source(*range(1001, 1006))
    world.send(source)
    world.track()
    mapping = Path(str(world.settings.mapping))
    more = mapping.read_text("utf-8").replace("  due_date: due\n", "  due_date: due\n  additional_information: city\n")
    assert more != mapping.read_text("utf-8")
    mapping.write_text(more, "utf-8")
    report = world.send(source)
    assert (report.exit_code, set(states(report).values())) == (0, {"delivered"})
    assert "the row now differs from what was sent" in report.files[0].invoices[0].message
    assert world.arrived() == list(range(1001, 1006))


def test_numbers_that_begin_anew_every_year(world: World) -> None:
    yearly = world.but(numbering="yearly", rules={"old-invoice": "off"})
    this, last = DAY.year, DAY.year - 1
    rows: list[Any] = []
    for year in (last, this):
        date = dt.date(year, DAY.month, min(DAY.day, 28))
        rows += invoice_rows(101, Pvm=f"{date:%d.%m.%Y}", Eräpvm=f"{date + dt.timedelta(days=14):%d.%m.%Y}")
    first = yearly.source(rows=rows[:1])
    yearly.send(first)
    second = yearly.source(rows=rows[1:], name="b.csv")
    yearly.send(second)
    assert world.arrived() == [101, 101]
    with Journal(yearly.settings.journal, "staging", "acme") as journal:
        assert sorted(entry.year for entry in journal.entries()) == [last, this]
    for source in (first, second):
        yearly.send(source)
    assert world.arrived() == [101, 101]


def test_two_creditors_with_the_same_numbers_never_mix(world: World, tmp_path: Path) -> None:
    ours = world.source(1001, 1002)
    theirs = world.folder / "theirs.csv"
    rows = [row for number in (1001, 1002) for row in invoice_rows(number, **OTHER_SELLER)]
    theirs.write_text(csv_text(rows), "utf-8", newline="")
    second = world.but(account="other", token="another-key-of-theirs")
    assert world.send(ours).exit_code == 0
    assert second.send(theirs).exit_code == 0
    with pytest.raises(SettingsError):
        second.send(ours)
    for one in (world, second):
        one.track()
        assert one.states() == {1001: "delivered", 1002: "delivered"}
    assert world.arrived() == [1001, 1001, 1002, 1002]

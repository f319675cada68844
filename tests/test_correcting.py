"""What Confirma could not deliver: corrected in the user's own file, sent again once, and never by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from world import Clock, World, as_json, csv_rows, invoice_rows

from confirma_connector import decide, pipeline
from confirma_connector.errors import JournalError, SettingsError
from confirma_connector.journal import Journal
from confirma_connector.pipeline import Choice
from confirma_connector.report import Report

pytestmark = pytest.mark.thorough

WRONG = {"Sähköposti": "", "Postinumero": "00001"}
RIGHT = {"Sähköposti": "", "Postinumero": "00100"}


def failed(world: World, *numbers: int) -> Path:
    """A world in which the invoices were sent and failed, and are corrected in their source since."""
    world.send(world.source(rows=[row for number in numbers for row in invoice_rows(number, **WRONG)]))
    world.track()
    assert world.states() == dict.fromkeys(numbers, "failed")
    return world.source(rows=[row for number in numbers for row in invoice_rows(number, **RIGHT)])


def states(report: Report) -> dict[str, str]:
    return {invoice.number: invoice.state for file in report.files for invoice in file.invoices}


def copies(world: World, number: int) -> int:
    return world.arrived().count(number)


def test_the_whole_loop_of_a_delivery_error_in_the_results_file(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(1002, **WRONG))
    assert world.command("send", source).returncode == 0
    tracked = world.command("track")
    assert tracked.returncode == 1
    told = '1002: failed: in.results.csv, line 3, column "Postinumero": Confirma says that it is not valid'
    assert told in " ".join(tracked.stdout.split())
    results = world.folder / "in.results.csv"
    expected = 'Postinumero "00001": Confirma says that it is not valid [E-NOT-DELIVERED]'
    assert [row["confirma_message"] for row in csv_rows(results)][1] == expected

    results.write_text(results.read_text("utf-8").replace("00001", "00100"), "utf-8")
    held = world.command("send", results)
    assert held.returncode == 1
    assert "invoice 1002: corrected since Confirma could not deliver; --resend-corrected sends again" in held.stdout
    assert world.posts() == 2
    assert world.command("send", results, "--resend-corrected").returncode == 0
    assert world.command("track").returncode == 0
    assert [row["confirma_state"] for row in csv_rows(results)] == ["delivered", "delivered"]
    assert [row["confirma_message"] for row in csv_rows(results)][1].startswith("delivered by LETTER")
    assert world.arrived() == [1001, 1002, 1002]


def test_it_goes_again_only_once(world: World) -> None:
    source = failed(world, 1001)
    for _ in range(3):
        world.send(source, resend_corrected=True)
    assert copies(world, 1001) == 2


def test_one_that_was_not_corrected_never_goes(world: World) -> None:
    failed(world, 1001)
    report = world.send(world.source(rows=invoice_rows(1001, **WRONG)), resend_corrected=True)
    assert states(report) == {"1001": "failed"}
    assert copies(world, 1001) == 1


@pytest.mark.parametrize(("answer", "copies_there"), [(True, 2), (False, 1)])
def test_a_person_at_the_terminal_is_asked(world: World, answer: bool, copies_there: int) -> None:
    source, asked = failed(world, 1001, 1002), []

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    pipeline.send(replace(world.run(), ask=ask), Choice((source,)))
    assert asked == ["2 invoices (1001, 1002): corrected since Confirma could not deliver. Send again?"]
    assert (copies(world, 1001), copies(world, 1002)) == (copies_there, copies_there)


def test_nobody_is_asked_about_nothing(world: World) -> None:
    def ask(_: str) -> bool:
        raise AssertionError("asked")

    pipeline.send(replace(world.run(), ask=ask), Choice((world.source(1001),)))


@pytest.mark.parametrize(("word", "sent"), [("always", 2), ("never", 1)])
def test_the_contract_may_say_what_the_service_does(world: World, word: str, sent: int) -> None:
    source = failed(world, 1001)
    overlay = world.folder / "overlay.yaml"
    overlay.write_text(f"behaviour: {{resend_after_error: {{wire: {word}}}}}\n", "utf-8")
    other = world.but(contract=overlay)
    other.send(source)
    assert copies(world, 1001) == sent
    if word == "never":
        with pytest.raises(SettingsError, match="resend_after_error: never"):
            other.send(source, resend_corrected=True)


def test_what_the_server_said_before_is_not_taken_for_news(world: World, clock: Clock) -> None:
    source = failed(world, 1001)
    clock.ahead = 300
    world.fault("listing", "lag", seconds=60)
    world.send(source, resend_corrected=True)
    world.track()
    assert world.states() == {1001: "waiting"}


def test_the_corrected_one_may_fail_again_with_its_own_words(world: World) -> None:
    failed(world, 1001)
    again = world.source(rows=invoice_rows(1001, **WRONG, Selite="Toinen työ"))
    world.send(again, resend_corrected=True)
    report = world.track()
    assert world.states() == {1001: "failed"}
    assert report.exit_code == 1
    assert copies(world, 1001) == 2


@pytest.mark.parametrize("after_commit", [True, False])
def test_a_lost_answer_to_the_second_attempt_doubles_and_loses_nothing(world: World, after_commit: bool) -> None:
    source = failed(world, 1001)
    world.fault("create", "drop", after_commit=after_commit, times=1)
    world.send(source, resend_corrected=True)
    for _ in range(3):
        world.send(source)
    world.track()
    assert world.states() == {1001: "delivered"}
    assert copies(world, 1001) == 2


def test_one_that_is_delivered_after_all_does_not_go_again(world: World) -> None:
    source = failed(world, 1001)
    assert world.server
    send_by_hand(world, world.server.ledger.bodies(1001)[0].replace(b"00001", b"00100"))
    report = world.send(source, resend_corrected=True)
    assert (world.states(), world.posts()) == ({1001: "delivered"}, 2)
    assert (report.exit_code, states(report)) == (1, {"1001": "conflict"})  # the row is another than what was sent


def send_by_hand(world: World, body: bytes) -> None:
    assert world.server
    url = f"{world.server.url}/api/v1/partner/invoice"
    key = world.settings.token.get_secret_value()
    httpx.post(url, content=body, headers={"X-Api-Key": key, "Content-Type": "application/json"}).raise_for_status()


def test_a_run_that_dies_between_letting_go_and_sending_sends_once_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = failed(world, 1001)
    advance = Journal.advance

    def dies(self: Journal, steps: Any = (), claims: Any = (), server_now: float = 0.0) -> Any:
        if claims:
            raise JournalError("disk full")
        return advance(self, steps, claims, server_now)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "advance", dies)
        with pytest.raises(JournalError):
            world.send(source, resend_corrected=True)
    assert world.states() == {1001: "ready"}
    world.send(source)
    world.track()
    assert world.states() == {1001: "delivered"}
    assert copies(world, 1001) == 2


def test_a_credit_note_follows_the_original_once_that_has_arrived(world: World) -> None:
    source = failed(world, 1001)
    both = world.source(rows=[*invoice_rows(1001, **RIGHT), *invoice_rows(2001, credits=1001)])
    assert source == both
    assert states(world.send(both)) == {"1001": "failed", "2001": "ready"}
    assert states(world.send(both, resend_corrected=True)) == {"1001": "waiting", "2001": "waiting"}


# -- a single case -----------------------------------------------------------------------------------------------------


def test_a_person_may_let_one_invoice_go_again_as_it_is(world: World) -> None:
    failed(world, 1001)
    source = world.source(rows=invoice_rows(1001, **WRONG))
    done = world.command("resend", 1001, "--reason", "Confirma mended its register")
    assert (done.returncode, done.stdout.strip()) == (
        0,
        "invoice 1001: ready: the next send of its file sends it again",
    )
    world.send(source)
    assert copies(world, 1001) == 2
    told = world.command("show", 1001).stdout
    assert "Confirma mended its register" in told


@pytest.mark.parametrize(
    ("state", "words"), [("waiting", "it is under way"), ("delivered", "it is not sent again"), (None, "knows no")]
)
def test_only_what_was_taken_and_not_delivered_may_be_let_go(world: World, state: str | None, words: str) -> None:
    if state:
        world.send(world.source(1001))
    if state == "delivered":
        world.track()
    with pytest.raises(SettingsError, match=words):
        decide.resend(world.run(), 1001, "because")
    assert world.posts() == bool(state)


def test_what_is_delivered_by_now_is_not_let_go(world: World) -> None:
    failed(world, 1001)
    assert world.server
    send_by_hand(world, world.server.ledger.bodies(1001)[0].replace(b"00001", b"00100"))
    with pytest.raises(SettingsError, match="delivered at Confirma by now"):
        decide.resend(world.run(), 1001, "because")
    assert world.states() == {1001: "delivered"}


def test_the_json_report_tells_what_is_left_to_decide(world: World) -> None:
    done = world.command("send", failed(world, 1001), "--json")
    report = as_json(done.stdout)
    assert (done.returncode, report["exit_code"]) == (1, 1)
    assert "--resend-corrected" in report["notices"][0]

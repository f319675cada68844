"""Production: shut until every value in use is confirmed by somebody, then one question before each send."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from world import DAY, MAPPING, TOKEN, World, csv_rows, invoice_rows

from confirma_connector import contract, pipeline
from confirma_connector.cli import main
from confirma_connector.confirming import confirm
from confirma_connector.errors import ContractError, SettingsError
from confirma_connector.pipeline import Choice
from confirma_connector.production import missing
from confirma_connector.report import Report

WORD = ("--by", "Maija Meikäläinen", "--ground", "printed invoice of 3 May", "--yes")
WITH_UNIT = MAPPING.replace("rows:\n", "rows:\n  unit: {constant: h}\n")


def invoke(world: World, *words: object, **environ: str) -> tuple[int, str, str]:
    """Run a command within this process, where no terminal is."""
    result = CliRunner().invoke(main, [str(word) for word in words], env={**world.environ(), **environ})
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def closed(world: World) -> World:
    """A world in production, of which nothing is confirmed; its overlay need not exist."""
    return world.but(environment="production", contract=world.folder / "overlay.yaml")


@pytest.fixture
def production(closed: World) -> World:
    """A world in production in which plain invoices may go."""
    assert invoke(closed, "contract", "confirm", closed.source(900), *WORD)[0] == 0
    return closed


def asked(world: World) -> int:
    """Count all requests that came in."""
    assert world.server
    return world.server.ledger.request_count()


def overlay(world: World) -> Path:
    assert world.settings.contract
    return world.settings.contract


def unconfirmed(world: World, source: Path) -> list[str]:
    """Name what a production send of *source* lacks."""
    run = world.run()
    with contextlib.closing(run.read(source, run.mapping(source, None), b"key")) as found:
        return [one.line for one in missing(run, [found])]


def sent(world: World, answer: bool, *paths: Path, **choice: Any) -> tuple[Report, list[str]]:
    """Send with a person at hand who gives this answer; give also what was asked."""
    questions: list[str] = []

    def ask(question: str) -> bool:
        questions.append(question)
        return answer

    return pipeline.send(world.run(ask=ask), Choice(paths, **choice)), questions


# -- shut --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["send", "in.csv", "--yes"], ["send", "in.csv", "--resend-corrected", "--yes"], ["track"], ["track", "in.csv"]],
)
def test_before_anything_is_confirmed_nothing_reaches_production(
    closed: World, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(closed.folder)
    closed.source(1001)
    overlay(closed).write_text("", "utf-8")
    code, out, err = invoke(closed, *words)
    complaints = [line for line in err.splitlines() if line.startswith("confirma: ")]
    assert code == 2, (out, err)
    assert complaints[0].startswith("confirma: production is closed: ")
    assert "run confirma contract confirm" in complaints[0]
    assert "confirma:   listing: record.status = status | distributionStatus | deliveryStatus" in complaints
    assert (asked(closed), closed.states(), closed.arrived()) == (0, {}, [])


def test_resend_is_shut_as_well(world: World) -> None:
    world.send(world.source(rows=invoice_rows(1001, Sähköposti="", Postinumero="00001")))
    world.track()
    assert world.server
    world.server.ledger.clear()
    code, _, err = invoke(world.but(environment="production"), "resend", 1001, "--reason", "x")
    assert (code, asked(world)) == (2, 0)
    assert "production is closed" in err


def test_verify_is_not_for_production(production: World) -> None:
    code, _, err = invoke(production, "contract", "verify", production.source(1001))
    assert (code, asked(production)) == (2, 0)
    assert "name the environment staging" in err


def test_a_shut_send_names_what_is_missing_and_asks_nobody(closed: World) -> None:
    closed = closed.but(contract=None)

    def ask(_: str) -> bool:
        raise AssertionError("nobody is to be asked")

    with pytest.raises(ContractError, match="production is closed") as refused:
        pipeline.send(closed.run(ask=ask), Choice((closed.source(1001),), is_agreed=True))
    lines = str(refused.value).splitlines()
    assert "  request: invoice.rows.unit_price = unitPrice" in lines
    assert not [line for line in lines if "invoice.rows.unit =" in line or "LETTER" in line]
    assert (asked(closed), closed.states()) == (0, {})


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("confirmed: false", "confirmed: true"),
        lambda text: text + "confirmations: []\n",
    ],
)
def test_marks_without_a_name_and_a_ground_open_nothing(closed: World, change: Callable[[str], str]) -> None:
    shipped = Path(contract.__file__).with_name("contract.yaml").read_text("utf-8")
    overlay(closed).write_text(change(shipped), "utf-8")
    with pytest.raises(ContractError, match="production is closed"):
        closed.send(closed.source(1001), is_agreed=True)
    assert asked(closed) == 0


@pytest.mark.parametrize("lacks", ["by", "on", "ground", "value", "line"])
def test_a_confirmation_that_lacks_anything_is_a_mistake_in_the_overlay(production: World, lacks: str) -> None:
    path = overlay(production)
    path.write_text(path.read_text("utf-8").replace(f"{lacks}: ", "contract: ", 1), "utf-8")
    code, _, err = invoke(production, "send", production.source(1001), "--yes")
    assert (code, asked(production)) == (2, 0)
    assert "overlay.yaml, line 3" in err


def test_check_says_it_already_and_is_content(closed: World) -> None:
    closed = closed.but(contract=None)
    source = closed.source(1001)
    code, out, _ = invoke(closed, "check", source)
    assert code == 0
    overlay = closed.folder / "config" / "confirma-connector" / "contract.yaml"
    said = f'are not confirmed (overlay: none at {overlay}); run confirma contract confirm "{source}"'
    assert f"values of the contract that this uses {said}" in out
    (notice,) = json.loads(invoke(closed, "check", source, "--json")[1])["files"][0]["notices"]
    assert notice.startswith("production is closed: ")


def test_check_has_nothing_to_say_where_all_is_confirmed_or_nothing_need_be(production: World, world: World) -> None:
    for one in (production, world, world.but(environment="sandbox", token="", url=None)):
        assert "production" not in invoke(one, "check", one.source(1001))[1]


def test_staging_and_the_sandbox_need_no_confirmation(world: World) -> None:
    assert world.send(world.source(1001)).exit_code == 0
    assert world.but(environment="sandbox").send(world.source(1002, name="b.csv")).exit_code == 0
    assert world.arrived() == [1001, 1002]


# -- open --------------------------------------------------------------------------------------------------------------


def test_with_all_confirmed_there_is_one_question_and_a_yes_sends(production: World) -> None:
    swedish = invoice_rows(1003, Sähköposti="laskut@example.com", Hinta="60,00")
    report, questions = sent(production, True, production.source(1001, 1002, rows=swedish))
    host = str(production.settings.url).removeprefix("http://")
    assert questions == [
        f"production at {host}, account acme, seller 0112038-9: 3 invoices, 401.60 EUR in all, by method 3 EMAIL, "
        f"the oldest of {DAY}. Send?"
    ]
    assert (report.exit_code, production.arrived()) == (0, [1001, 1002, 1003])
    assert [row["confirma_state"] for row in csv_rows(production.folder / "in.results.csv")] == ["waiting"] * 3


def test_a_no_sends_nothing_and_remembers_nothing(production: World) -> None:
    with pytest.raises(SettingsError, match="nobody said yes") as refused:
        sent(production, False, production.source(1001))
    assert "125.50 EUR" in str(refused.value)
    assert (asked(production), production.states()) == (0, {})


def test_only_what_goes_now_is_in_the_question(production: World) -> None:
    source = production.source(1001, 1002, 1003)
    assert "1 invoice, 125.50 EUR" in sent(production, True, source, only=frozenset({1002}))[1][0]
    assert "2 invoices, 251.00 EUR" in sent(production, True, source)[1][0]


def test_where_nothing_goes_nothing_is_asked(production: World) -> None:
    source = production.source(1001)
    sent(production, True, source)
    report, questions = sent(production, False, source)
    assert (report.exit_code, questions) == (0, [])


def test_without_a_terminal_a_send_wants_yes(production: World) -> None:
    source = production.source(1001)
    code, _, err = invoke(production, "send", source)
    assert (code, asked(production), production.states()) == (2, 0, {})
    assert "--yes" in err.splitlines()[-1]
    code, out, err = invoke(production, "send", source, "--yes")
    assert (code, production.arrived()) == (0, [1001]), err
    assert invoke(production, "track")[0] == 0
    assert production.states() == {1001: "delivered"}
    assert "SANDBOX" not in out


def test_a_correction_is_still_a_question_of_its_own(production: World) -> None:
    def letter(postal_code: str) -> Path:
        return production.source(rows=invoice_rows(1001, Sähköposti="", Postinumero=postal_code))

    assert invoke(production, "contract", "confirm", letter("00001"), *WORD)[0] == 0
    sent(production, True, letter("00001"))
    production.track()
    assert production.states() == {1001: "failed"}
    _, questions = sent(production, True, letter("00100"))
    assert [question.rpartition(". ")[2] for question in questions] == ["Send again?", "Send?"]
    assert production.arrived() == [1001, 1001]


def test_tracking_needs_only_what_tracking_uses(closed: World) -> None:
    lines = missing(closed.but(contract=None).run())
    confirm(overlay(closed), lines, "Maija", "an e-mail", "1")
    assert closed.track().exit_code == 0
    with pytest.raises(ContractError) as refused:
        closed.send(closed.source(1001), is_agreed=True)
    assert "listing:" not in str(refused.value)
    assert "request: invoice.rows = rows" in str(refused.value)


# -- asked for again, by value -----------------------------------------------------------------------------------------


def test_a_value_that_an_overlay_changes_is_asked_for_again_and_it_alone(production: World) -> None:
    path, source = overlay(production), production.source(1001)
    assert unconfirmed(production, source) == []
    path.write_text("request:\n  invoice.rows.quantity: {wire: amount}\n" + path.read_text("utf-8"), "utf-8")
    assert unconfirmed(production, source) == ["request.invoice.rows.quantity"]
    assert invoke(production, "contract", "confirm", source, *WORD)[0] == 0
    assert unconfirmed(production, source) == []
    assert sent(production, True, source)[0].exit_code == 0


def test_a_value_that_a_release_changes_is_asked_for_again_and_it_alone(production: World) -> None:
    path, source = overlay(production), production.source(1001)
    text = path.read_text("utf-8")
    path.write_text(text.replace('value: "unitPrice"', 'value: "price"'), "utf-8")  # as an earlier release had it
    assert unconfirmed(production, source) == ["request.invoice.rows.unit_price"]
    with pytest.raises(ContractError, match=r"a value that this uses is not confirmed.*\n  request: .*unitPrice$"):
        production.send(source, is_agreed=True)
    assert asked(production) == 0


def test_a_mapping_that_uses_one_more_field_asks_for_that_field(production: World) -> None:
    source = production.source(1001)
    (production.folder / "mapping.yaml").write_text(WITH_UNIT, "utf-8")
    assert unconfirmed(production, source) == ["request.invoice.rows.unit"]


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({"Sähköposti": ""}, ["enums.method.LETTER"]),
        ({"Hinta": "49,995", "Määrä": "200"}, ["behaviour.more_decimals"]),
        ({"Laji": "Hyvitys", "Hyvittää": "900", "Määrä": "-2", "Eräpvm": ""}, ["behaviour.credit_note_sign"]),
    ],
)
def test_one_invoice_of_another_kind_asks_for_what_it_uses(
    production: World, changes: dict[str, str], lines: list[str]
) -> None:
    assert unconfirmed(production, production.source(1001, rows=invoice_rows(1002, **changes))) == lines


def test_an_overlay_that_leaves_the_rows_out_is_asked_about(production: World) -> None:
    path = overlay(production)
    path.write_text('request: {invoice.rows: {wire: ""}}\n' + path.read_text("utf-8"), "utf-8")
    with pytest.raises(ContractError, match=r"invoice\.rows = \(not sent\)"):
        production.send(production.source(1001), is_agreed=True)


# -- confirming --------------------------------------------------------------------------------------------------------


def test_confirm_shows_every_value_and_one_invoice_without_its_personal_number(closed: World) -> None:
    (closed.folder / "mapping.yaml").write_text(
        MAPPING.replace("  buyer.name:", "  buyer.personal_identity_number: text\n  buyer.name:"), "utf-8"
    )
    source = closed.source(rows=invoice_rows(1001, Selite="131052-308T"))
    code, out, err = invoke(closed, "contract", "confirm", source)
    assert code == 2
    assert "request: invoice.rows.description = description" in out
    assert '"personalIdentityNumber": "******-****"' in out
    assert "131052" not in out + err
    assert "--by NAME --ground TEXT --yes" in err
    assert not overlay(closed).exists()


@pytest.mark.parametrize("left_out", [0, 2, 4])
def test_without_a_terminal_confirm_wants_every_word(closed: World, left_out: int) -> None:
    words = [*WORD[:left_out], *WORD[left_out + 2 :]]
    assert invoke(closed, "contract", "confirm", closed.source(1001), *words)[0] == 2
    assert not overlay(closed).exists()


@pytest.mark.parametrize("name", [" ", "a\x00b", "a\ud800"])
def test_a_name_that_is_none_is_refused(closed: World, name: str) -> None:
    lines = missing(closed.but(contract=None).run())
    with pytest.raises(SettingsError, match="the name of a confirmation"):
        confirm(overlay(closed), lines, name, "ground", "1")
    assert not overlay(closed).exists()


def test_a_confirmation_says_who_when_on_what_ground_and_of_which_contract(production: World) -> None:
    (first, *_) = contract.read(overlay(production)).file.confirmations
    assert (first.line, first.value, first.by) == ("request.invoice.rows", "rows", "Maija Meikäläinen")
    assert (first.ground, first.contract) == ("printed invoice of 3 May", contract.read().version)
    if os.name == "posix":
        assert overlay(production).stat().st_mode & 0o077 == 0


def test_what_is_confirmed_is_not_asked_for_again(production: World) -> None:
    before = overlay(production).read_bytes()
    code, out, _ = invoke(production, "contract", "confirm", production.source(1001))
    assert code == 0
    assert "everything that its invoices use of the contract is confirmed" in out
    assert overlay(production).read_bytes() == before


@pytest.mark.parametrize(
    "own",
    [
        "# ours\r\nrequest:   # two\r\n    invoice.rows: {wire: lines}\r\n",
        "\ufeff# with a mark\nrequest: {invoice.rows: {wire: lines}}",
        "confirmations:\n# kept\n-   {line: old, value: gone, by: A, on: 2025-01-01, ground: g}   # kept too\n"
        "behaviour: {credit_note_sign: {wire: positive}}\n",
        "# only a comment",
        "\n\n",
    ],
)
def test_an_overlay_that_is_there_keeps_every_byte(closed: World, own: str) -> None:
    path = overlay(closed)
    path.write_bytes(own.encode("utf-8"))
    source = closed.source(1001)
    assert invoke(closed, "contract", "confirm", source, *WORD)[0] == 0
    (closed.folder / "mapping.yaml").write_text(WITH_UNIT, "utf-8")
    assert invoke(closed, "contract", "confirm", source, *WORD)[0] == 0
    assert unconfirmed(closed, source) == []
    added = [line for line in path.read_bytes().splitlines(keepends=True) if b"Maija" in line]
    kept = path.read_bytes()
    for line in added:
        kept = kept.replace(line, b"", 1)
    assert kept.startswith(own.rstrip("\n").encode("utf-8"))
    assert len(added) > 20
    assert (b"\r\n" in own.encode()) == all(line.endswith(b"\r\n") for line in added)


@pytest.mark.parametrize(
    "own", ["{request: {invoice.rows: {wire: lines}}}\n", "confirmations: []\n", "behaviour: {}\n...\n"]
)
def test_an_overlay_that_cannot_be_extended_is_left_alone(closed: World, own: str) -> None:
    path = overlay(closed)
    path.write_text(own, "utf-8")
    code, _, err = invoke(closed, "contract", "confirm", closed.source(1001), *WORD)
    assert code == 2
    assert f"{path}" in err.splitlines()[-1]
    assert path.read_text("utf-8") == own
    assert [one.name for one in closed.folder.glob(".overlay*")] == []


def test_without_an_overlay_of_its_own_it_is_kept_in_the_config_folder_and_used(closed: World) -> None:
    closed = closed.but(contract=None)
    source = closed.source(1001)
    code, out, err = invoke(closed, "contract", "confirm", source, *WORD)
    assert code == 0, err
    assert str(closed.folder / "config") in out
    assert invoke(closed, "send", source, "--yes")[0] == 0
    assert closed.arrived() == [1001]


def test_confirmations_are_written_and_read_beside_the_config_file_in_use(closed: World) -> None:
    closed = closed.but(contract=None)
    config, source = closed.folder / "etc" / "config.toml", closed.source(1001)
    config.parent.mkdir()
    config.write_text("[profiles.acme]\n", "utf-8")
    by_option, by_variable = ["--config", config, "--profile", "acme"], {"CONFIRMA_CONFIG": str(config)}
    beside = config.with_name("contract.yaml")
    _, _, err = invoke(closed, "send", source, "--yes", *by_option, "--mapping", closed.folder / "mapping.yaml")
    told = next(line for line in err.splitlines() if "production is closed" in line)
    assert f"(overlay: none at {beside})" in told
    again = f'"{source}" --mapping {closed.folder / "mapping.yaml"} --config {config} --profile acme'
    assert told.endswith(f"run confirma contract confirm {again}")
    assert invoke(closed, "contract", "confirm", source, *by_option, *WORD)[0] == 0
    assert beside.is_file()
    assert not (closed.folder / "config").exists()
    letter = closed.source(name="b.csv", rows=invoice_rows(1002, Sähköposti=""))
    _, _, err = invoke(closed, "send", letter, "--yes", **by_variable)
    assert f"a value that this uses is not confirmed (overlay: {beside}); run" in err
    assert invoke(closed, "send", source, "--yes", **by_variable)[0] == 0
    assert closed.arrived() == [1001]


def test_the_invoice_that_is_shown_uses_what_is_asked_about(production: World) -> None:
    rows = [*invoice_rows(1002, Sähköposti=""), *invoice_rows(1003, Sähköposti="")]
    _, out, _ = invoke(production, "contract", "confirm", production.source(1001, rows=rows))
    assert "uses 1 value of the contract that nobody has confirmed" in out
    assert "invoice 1002 as it will be sent" in out
    assert '"LETTER"' in out


def test_where_no_invoice_uses_what_is_asked_about_the_first_is_shown(production: World) -> None:
    path = overlay(production)
    path.write_text("paths:\n  listing: {wire: /listing}\n" + path.read_text("utf-8"), "utf-8")
    _, out, _ = invoke(production, "contract", "confirm", production.source(1001, 1002))
    assert "paths: listing = /listing" in out
    assert "invoice 1001 as it will be sent" in out


def test_confirm_works_where_no_account_is_set_up_yet(closed: World) -> None:
    nothing = dict.fromkeys(("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT"), "")
    source = closed.source(1001)
    assert invoke(closed, "contract", "confirm", source, *WORD, **nothing)[0] == 0
    assert unconfirmed(closed, source) == []


def test_a_file_without_a_valid_invoice_confirms_nothing(closed: World) -> None:
    source = closed.source(rows=invoice_rows(1001, Hinta="x"))
    code, _, err = invoke(closed, "contract", "confirm", source, *WORD)
    assert (code, overlay(closed).exists()) == (2, False)
    assert "no valid invoice" in err


def test_the_bare_command_lists_what_is_left_and_takes_no_others_options(production: World) -> None:
    everything = json.loads(invoke(production.but(contract=None), "contract", "--json")[1])["provisional"]
    left = json.loads(invoke(production, "contract", "--json")[1])["provisional"]
    keys = {one["key"] for one in left}
    assert 0 < len(left) < len(everything)
    assert "invoice.rows" not in keys
    assert "invoice.rows.unit" in keys
    code, _, err = invoke(production, "contract", "--json", "confirm", "x.csv")
    assert code == 2
    assert "stand behind confirm" in err


# -- a person at a terminal --------------------------------------------------------------------------------------------


def typed(world: World, answers: str, *words: object) -> tuple[int, str]:
    """Run a command at a terminal at which *answers* are typed; give what it showed there."""
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "confirma_connector.cli", *map(str, words)],
        env=world.environ(),
        cwd=world.folder,
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, answers.encode("utf-8"))
    shown = bytearray()
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other side has closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    return process.wait(60), shown.decode("utf-8", "replace")


@pytest.mark.parametrize(("answer", "code", "numbers"), [("y\n", 0, [1001]), ("n\n", 2, []), ("\n", 2, [])])
def test_at_a_terminal_the_question_is_put_once(production: World, answer: str, code: int, numbers: list[int]) -> None:
    left, shown = typed(production, answer, "send", production.source(1001))
    assert (left, production.arrived()) == (code, numbers), shown
    assert shown.count("Send?") == 1
    assert TOKEN not in shown


def test_at_a_terminal_confirm_asks_for_name_ground_and_a_yes(closed: World) -> None:
    source = closed.source(1001)
    assert typed(closed, "Maija\nan e-mail\nn\n", "contract", "confirm", source)[0] == 2
    assert not overlay(closed).exists()
    left, shown = typed(closed, "Maija\nan e-mail\ny\n", "contract", "confirm", source)
    assert left == 0, shown
    assert {(one.by, one.ground) for one in contract.read(overlay(closed)).file.confirmations} == {
        ("Maija", "an e-mail")
    }
    assert unconfirmed(closed, source) == []

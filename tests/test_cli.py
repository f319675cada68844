"""The command, in a process of its own: exit codes, one clear line, kills, two runs at once, what is logged."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from world import TOKEN, World, csv_rows, invoice_rows

from confirma_connector.cli import main
from confirma_connector.files import locked
from confirma_connector.journal import Journal
from confirma_connector.report import Report

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


def invoke(world: World, *words: object, **environ: str) -> tuple[int, str, str]:
    """Run a command within this process."""
    result = CliRunner().invoke(main, [str(word) for word in words], env={**world.environ(), **environ})
    return result.exit_code, result.stdout, result.stderr


def wait_for(world: World, posts: int) -> None:
    end = time.monotonic() + 30
    while world.posts() < posts:
        assert time.monotonic() < end, "the command sends nothing"
        time.sleep(0.01)


def test_a_run_from_file_to_delivered(world: World) -> None:
    source = world.source(1001, 1002, name="laskut ä ö å.csv")
    sent = world.command("send", source)
    assert (sent.returncode, world.arrived()) == (0, [1001, 1002]), sent.stderr
    tracked = world.command("track")
    assert tracked.returncode == 0
    assert "delivered: 2" in tracked.stdout
    assert len(csv_rows(world.folder / "laskut ä ö å.results.csv")) == 2
    status = world.command("status")
    assert "delivered         2  251.00" in status.stdout
    shown = world.command("show", 1001)
    assert (shown.returncode, "claimed" in shown.stdout) == (0, True)
    assert world.places_of_the_token(sent.stdout, sent.stderr, status.stdout, shown.stdout) == []


def test_the_same_with_nothing_set_is_the_sandbox(world: World) -> None:
    source = world.source(1001)
    away = ("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT")
    done = world.command("send", source, **dict.fromkeys(away, ""))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "SANDBOX" in lines[0]
    assert "SANDBOX" in lines[-1]
    assert csv_rows(world.folder / "in.sandbox.results.csv")[0]["confirma_state"] == "TEST waiting"
    assert world.arrived() == []


@pytest.mark.parametrize(
    ("words", "environ", "says"),
    [
        (["send"], {}, "no file is named"),
        (["send", "in.csv", "--colour"], {}, "--colour"),
        (["sned", "in.csv"], {}, "sned"),
        (["send", "nothing.csv"], {}, "nothing.csv"),
        (["send", "in.csv", "--only", "A-1"], {}, "--only"),
        (["send", "in.csv", "--since", "2026-02-30"], {}, "--since"),
        (["send", "in.csv", "--limit", "-1"], {}, "--limit"),
        (["send", "in.csv", "--output", "x.csv", "--in-place"], {}, "exclude"),
        (["send", "in.csv", "in.csv", "--output", "x.csv"], {}, "one FILE"),
        (["send", "in.csv", "--mapping", "no-such-mapping"], {}, "no-such-mapping"),
        (["send", "in.csv"], {"CONFIRMA_MAPPING": "row-per-invoice"}, "column"),
        (["send", "binary.csv"], {}, "binary.csv"),
        (["send", "short.csv"], {}, '"Laji" (kind)'),
        (["send", "."], {}, "."),
        (["send", "in.csv"], {"CONFIRMA_ENVIRONMENT": ""}, "CONFIRMA_ENVIRONMENT"),
        (["send", "in.csv"], {"CONFIRMA_ENVIRONMENT": "prod"}, "CONFIRMA_ENVIRONMENT"),
        (["send", "in.csv"], {"CONFIRMA_ENVIRONMENT": "production"}, "production is closed"),
        (["send", "in.csv"], {"CONFIRMA_TOKEN": ""}, "CONFIRMA_TOKEN"),
        (["send", "in.csv"], {"CONFIRMA_TOKEN": "WRONG-KEY-012345"}, "401"),
        (["send", "in.csv"], {"CONFIRMA_URL": "http://example.com"}, "https"),
        (["send", "in.csv"], {"CONFIRMA_CONTRACT": "nothing.yaml"}, "nothing.yaml"),
        (["send", "in.csv"], {"CONFIRMA_CONCURRENCY": "0"}, "CONFIRMA_CONCURRENCY"),
        (["send", "in.csv", "--adapters", "nowhere"], {}, "nowhere"),
        (["track", "nothing.csv"], {}, "nothing.csv"),
        (["show", "1"], {}, "knows no invoice 1"),
        (["show", "9" * 30], {}, "knows no invoice"),
        (["resolve", "1001", "--reason", "x"], {}, "say one of"),
        (["resolve", "1001", "--arrived", "--reason", "x"], {}, "knows no invoice"),
    ],
)
def test_what_cannot_run_is_one_clear_line_and_claims_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, words: list[str], environ: dict[str, str], says: str
) -> None:
    monkeypatch.chdir(world.folder)
    world.source(1001)
    (world.folder / "binary.csv").write_bytes(bytes(range(256)))
    (world.folder / "short.csv").write_text("Nro;Pvm\n1001;1.2.2026\n", encoding="utf-8")
    code, out, err = invoke(world, *words, **environ)
    complaints = [line for line in err.splitlines() if line.startswith("confirma: ")]
    assert code == 2, (out, err)
    assert len(complaints) >= 1
    assert says in complaints[0], err
    assert "Traceback" not in err
    assert world.arrived() == []
    if world.settings.journal.exists():
        assert world.states() == {}
    assert world.places_of_the_token(out, err) == []


def test_a_journal_that_cannot_be_written_is_one_clear_line(world: World) -> None:
    source = world.source(1001)
    world.settings.journal.parent.mkdir()
    world.settings.journal.write_bytes(b"no database" * 1000)
    code, _, err = invoke(world, "send", source)
    assert (code, world.arrived()) == (2, [])
    assert "journal" in err
    assert "Traceback" not in err


def test_an_outage_is_exit_3_and_running_again_finishes(world: World) -> None:
    world.fault("create", "status", status=502, after_commit=True)
    source = world.source(*range(1001, 1011))
    code, out, err = invoke(world, "send", source)
    assert code == 3, (out, err)
    assert "3 times in a row" in err
    assert world.server
    world.server.faults.clear()
    assert invoke(world, "send", source)[0] == 0
    assert world.arrived() == list(range(1001, 1011))


def test_no_server_at_all_is_exit_3(world: World) -> None:
    done = world.command("send", world.source(1001), CONFIRMA_URL="http://127.0.0.1:9")
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1].startswith("confirma: no delivery information")
    assert world.states() == {}


# -- machines read along -----------------------------------------------------------------------------------------------


def mistakes(value: Any, schema: dict[str, Any], defs: dict[str, Any], at: str = "") -> Iterator[str]:
    """Check *value* against as much of JSON Schema as our own schema uses."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    known = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and not isinstance(value, known[schema["type"]]):
        yield f"{at} is no {schema['type']}"
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{at} is {value}"
    if isinstance(value, dict):
        members, others = schema.get("properties", {}), schema.get("additionalProperties")
        yield from (f"{at} lacks {name}" for name in schema.get("required", ()) if name not in value)
        for name, member in value.items():
            if name in members:
                yield from mistakes(member, members[name], defs, f"{at}.{name}")
            elif isinstance(others, dict):
                yield from mistakes(member, others, defs, f"{at}.{name}")
            else:
                yield f"{at}.{name} is not foreseen"
    if isinstance(value, list):
        for index, member in enumerate(value):
            yield from mistakes(member, schema["items"], defs, f"{at}[{index}]")


def test_the_json_report_is_what_its_schema_says(world: World) -> None:
    schema = json.loads(invoke(world, "schema", "report")[1])
    source = world.source(1001, rows=[*invoice_rows(1002, Hinta="secret value"), *invoice_rows(1003, Sähköposti="")])
    for words in (["check", source], ["send", source], ["track"], ["send", source]):
        report = json.loads(invoke(world, *words, "--json")[1])
        assert list(mistakes(report, schema, schema["$defs"])) == []
        assert list(mistakes({**report, "x": 1, "version": 2}, schema, schema["$defs"])) == [
            ".version is 2",
            ".x is not foreseen",
        ]


def test_the_json_report_can_be_read_back(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(1002, Hinta="secret value"))
    code, out, _ = invoke(world, "send", source, "--json")
    report = Report.model_validate_json(out)
    assert (report.exit_code, code) == (1, 1)
    assert [invoice.state for invoice in report.files[0].invoices] == ["waiting", "invalid"]
    assert report.files[0].invoices[1].problems[0].header == "Hinta"


SECRETS = ("secret value", "Salainen Asiakas", "Salakatu", "salainen@example.com")


def test_json_and_log_have_no_values(world: World) -> None:
    secret = {"Asiakas": "Salainen Asiakas", "Katu": "Salakatu 1", "Sähköposti": "salainen@example.com"}
    rows = [*invoice_rows(1001, **secret), *invoice_rows(1002, **secret | {"Hinta": "secret value"})]
    rows += [
        *invoice_rows(1003, **secret | {"Y-tunnus": "secret value"}),
        *invoice_rows(1004, **secret | {"Pvm": "secret value"}),
    ]
    source = world.source(rows=rows)
    for words in (["check", source], ["send", source], ["send", source], ["track", source]):
        code, out, err = invoke(world, *words, "--json", "--log-json")
        lines = [json.loads(line) for line in err.splitlines()]
        assert lines[-1]["event"] == "done"
        assert lines[-1]["exit_code"] == code
        for secret_text in SECRETS:
            assert secret_text not in out
            assert secret_text not in err
    _, out, _ = invoke(world, "send", source)
    assert "secret value" in out


def test_the_log_names_every_invoice_that_needs_a_person_without_values(world: World) -> None:
    secret = {"Asiakas": "Salainen Asiakas", "Sähköposti": ""}
    rows = [
        *invoice_rows(1002, **secret | {"Hinta": "secret value"}),
        *invoice_rows("secret value", **secret),
        *invoice_rows(1004, **secret | {"Postinumero": "00001"}),
    ]
    source = world.source(1001, rows=rows)

    def found(*words: object) -> list[dict[str, Any]]:
        code, _, err = invoke(world, *words, "--log-json", "--json")
        lines = [json.loads(line) for line in err.splitlines()]
        names = [line["event"] for line in lines]
        found = [line for line in lines if line["event"] == "attention"]
        assert names[len(names) - len(found) - 1 :] == ["attention"] * len(found) + ["done"]
        assert (code, any(text in err for text in SECRETS)) == (1 if found else 0, False)
        return [{name: line[name] for name in line if name not in ("at", "event", "account")} for line in found]

    invalid = {"path": str(source), "state": "invalid"}
    assert found("send", source) == [
        {"number": 1002, "where": "line 3", **invalid},
        {"where": "line 4", **invalid},
    ]
    assert found("track") == [{"number": 1004, "state": "failed"}]
    assert found("track") == []


def test_adopt_ends_its_log_as_well(world: World) -> None:
    source = world.source(1001, rows=invoice_rows(1002, Hinta="x"))
    for path, code in ((source, 1), (world.folder / "nothing.csv", 2)):
        left, _, err = invoke(world, "adopt", path, "--reason", "x", "--json", "--log-json")
        last = json.loads(err.splitlines()[-1])
        assert (left, last["event"], last["command"], last["exit_code"]) == (code, "done", "adopt", code)
        assert ("nothing.csv" in last["problem"]) == (code == 2)


def test_a_list_for_a_folder_that_is_not_there_is_a_clear_line(world: World) -> None:
    wanted = world.folder / "nowhere" / "x.csv"
    code, out, err = invoke(world, "status", "--csv", "2026-10-01", "2026-10-31", "--output", wanted)
    assert (code, out, err) == (2, "", f"confirma: {wanted}: there is no such folder\n")


def test_what_stopped_the_run_is_in_the_log_as_json_too(world: World) -> None:
    world.fault("create", "status", status=403)
    code, _, err = invoke(world, "send", world.source(1001), "--log-json", "--json")
    assert code == 2
    assert "403" in json.loads(err.splitlines()[-1])["problem"]


def test_nobody_reading_along_changes_no_exit_code(world: World) -> None:
    source = world.source(*range(1001, 1021))
    process = world.start("send", source)
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    process.stderr.close()
    assert process.wait(60) == 0
    assert world.arrived() == list(range(1001, 1021))
    assert len(csv_rows(world.folder / "in.results.csv")) == 20


def test_a_terminal_that_lacks_a_letter_ends_no_run(world: World) -> None:
    source = world.source(1001, name="ä€.csv")
    done = world.command("send", source, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert world.arrived() == [1001]


# -- stopped, killed, twice --------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_is_130_with_the_results_written(world: World, number: int) -> None:
    world.fault("create", "slow", seconds=0.2)
    source = world.source(*range(1001, 1101))
    process = world.start("send", source)
    wait_for(world, 5)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in err
    states = [row["confirma_state"] for row in csv_rows(world.folder / "in.results.csv")]
    assert set(states) == {"waiting", "ready"}
    assert states.count("waiting") == len(world.arrived()) < 100
    assert world.server
    world.server.faults.clear()
    assert world.command("send", source).returncode == 0
    assert world.arrived() == list(range(1001, 1101))


@POSIX
def test_a_signal_before_the_run_has_begun_is_130_as_well(world: World) -> None:
    """Settings are read from a pipe into which nobody writes."""
    pipe = world.folder / "config.toml"
    os.mkfifo(pipe)
    process = world.start("send", world.source(1001), "--config", pipe)
    with pipe.open("w"):  # opened by both
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err) == (130, False), err
    assert "stopped; nothing is lost" in err
    assert world.arrived() == []


@POSIX
@pytest.mark.parametrize("words", [[], ["--json", "--log-json"]])
def test_a_signal_while_asking_stops_at_once(world: World, words: list[str]) -> None:
    world.fault("listing", "slow", seconds=30)
    process = world.but(timeout=60).start("send", world.source(1001), *words)
    end = time.monotonic() + 30
    assert world.server
    while not world.server.ledger.request_count("listing"):
        assert time.monotonic() < end
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    if not words:
        assert err.splitlines()[-1].startswith("confirma: stopped")
    else:
        done = [json.loads(line) for line in err.splitlines()][-1]
        assert (done["event"], done["exit_code"]) == ("done", 130)
        assert json.loads(out)["exit_code"] == 130
        assert json.loads(out)["problem"] == done["problem"] == "stopped; nothing is lost, run again to go on"
    assert world.arrived() == []


def test_a_killed_run_is_taken_up_by_the_next_and_nothing_goes_twice(world: World) -> None:
    world.fault("create", "slow", seconds=0.02, after_commit=True)
    source = world.source(*range(1001, 1061))
    for kill in range(4):
        process = world.start("send", source)
        wait_for(world, 8 * (kill + 1))
        process.kill()
        process.communicate(timeout=30)
        assert "sending" in set(world.states().values())
    assert world.server
    world.server.faults.clear()
    done = world.command("send", source)
    assert done.returncode == 0, done.stdout
    assert world.arrived() == list(range(1001, 1061))
    assert set(world.states().values()) <= {"waiting", "delivered", "sent"}


def test_a_second_run_of_the_account_waits_its_turn(world: World) -> None:
    world.fault("create", "slow", seconds=0.5)
    first = world.start("send", world.source(*range(1001, 1041)))
    try:
        wait_for(world, 1)
        second = world.command("send", world.source(2001, name="b.csv"))
        assert first.poll() is None
    finally:
        assert world.server
        world.server.faults.clear()
        first.communicate(timeout=60)
    assert second.returncode == 3
    assert "another run for account acme" in second.stderr
    assert first.returncode == 0
    assert world.arrived() == list(range(1001, 1041))


def test_while_a_run_is_active_one_may_look_and_not_touch(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    with Journal(world.settings.journal, "staging", "acme") as journal, locked(journal.lock_path, "busy"):
        assert world.command("send", source).returncode == 3
        assert world.command("track").returncode == 3
        assert world.command("resolve", 1001, "--handled", "--reason", "x").returncode == 3
        assert world.command("status").returncode == 0
        assert world.command("show", 1001).returncode == 0
    assert world.command("track").returncode == 0


def test_two_accounts_may_run_at_once(world: World) -> None:
    world.fault("create", "slow", seconds=0.2)
    first = world.start("send", world.source(*range(1001, 1011)))
    try:
        wait_for(world, 1)
        other = {"CONFIRMA_ACCOUNT": "other", "CONFIRMA_TOKEN": "another-key-of-theirs"}
        rows = invoice_rows(1001, **{"Y-tunnus": "2331972-7"})
        second = world.command("send", world.source(name="b.csv", rows=rows), **other)
    finally:
        first.communicate(timeout=60)
    assert second.returncode == 0, second.stderr
    assert first.returncode == 0


# -- a person's word ---------------------------------------------------------------------------------------------------


def test_a_person_decides_about_an_uncertain_invoice(world: World) -> None:
    world = world.but(quiet_period=600)
    world.fault("create", "drop", times=3)
    source = world.source(1001, 1002, 1003)
    invoke(world, "send", source)
    assert set(world.states().values()) == {"uncertain"}
    assert invoke(world, "resolve", 1001, "--arrived", "--reason", "asked by phone")[0] == 0
    assert invoke(world, "resolve", 1002, "--not-arrived", "--reason", "asked by phone")[0] == 0
    assert invoke(world, "resolve", 1003, "--handled", "--reason", "sent on paper")[0] == 0
    assert world.states() == {1001: "sent", 1002: "ready", 1003: "handled"}
    assert invoke(world, "send", source)[0] == 0
    assert world.arrived() == [1002]
    assert invoke(world, "resolve", 1003, "--not-arrived", "--reason", "x")[0] == 2
    assert "sent on paper" in invoke(world, "show", 1003)[1]


def test_lists_are_json_too(world: World) -> None:
    world.fault("create", "status", status=422, times=1)
    invoke(world, "send", world.source(1001, 1002))
    states = json.loads(invoke(world, "status", "--json")[1])
    assert states["states"] == {"rejected": 1, "waiting": 1}
    shown = json.loads(invoke(world, "show", 1001, "--json")[1])["invoices"][0]
    assert shown["events"][0]["event"] == "claimed"
    world.send(world.source(name="b.csv", rows=invoice_rows(1003, Sähköposti="", Postinumero="00001")))
    out = invoke(world, "track")[1]
    assert 'invoice 1003: failed: b.results.csv, line 2, column "Postinumero": Confirma says' in out
    for words in (["adapters"], ["mappings"], ["contract"]):
        assert json.loads(invoke(world, *words, "--json")[1])["version"] == 1


# -- the key -----------------------------------------------------------------------------------------------------------


def test_the_key_is_in_no_byte_that_is_written(world: World) -> None:
    said = json.dumps({"message": f"{TOKEN} is not known"})
    outputs: list[str] = []
    source = world.source(1001, rows=invoice_rows(1002, Hinta="x"))

    def run(*words: object, **environ: str) -> None:
        done: subprocess.CompletedProcess[str] = world.command(*words, **environ)
        outputs.extend((done.stdout, done.stderr))

    assert world.server
    for route, kind, more in (
        ("create", "status", {"status": 401, "content": said, "content_type": "application/json"}),
        ("create", "status", {"status": 422, "content": said, "content_type": "application/json", "times": 1}),
        ("listing", "status", {"status": 401, "content": said, "content_type": "application/json"}),
        ("create", "garbage", {}),
    ):
        world.server.faults.clear()
        world.fault(route, kind, **more)  # type: ignore[arg-type]
        run("send", source, "--log-json")
    run("send", source, CONFIRMA_TOKEN=f"{TOKEN} with space")
    run("send", source, CONFIRMA_URL=f"https://{TOKEN}@example.com/")
    run("show", 1001)
    run("track", "--json", "--log-json")
    assert world.places_of_the_token(*outputs) == []
    with sqlite3.connect(world.settings.journal) as database:
        assert TOKEN not in "\n".join(database.iterdump())
    database.close()


def test_a_planted_config_in_the_working_folder_is_not_read(world: World) -> None:
    for name in ("config.toml", ".confirma.toml", "confirma.toml", ".env"):
        Path(world.folder / name).write_text('url = "https://evil.example"\n', encoding="utf-8")
    assert world.command("send", world.source(1001)).returncode == 0
    assert world.arrived() == [1001]


def test_what_keeps_a_run_from_beginning_is_a_report_too(world: World) -> None:
    source = world.source(1001)
    code, out, err = invoke(world, "send", source, "--json", "--log-json", CONFIRMA_TOKEN="another-wrong-key")
    report = json.loads(out)
    assert (code, report["exit_code"], report["files"]) == (2, 2, [])
    assert "HTTP 401" in report["problem"]
    events = [json.loads(line) for line in err.splitlines()]
    assert events[-1]["event"] == "done"
    assert world.arrived() == []


def test_a_row_that_is_wrong_under_a_number_that_was_sent_says_what_is_wrong_with_it(world: World) -> None:
    invoke(world, "send", world.source(1001))
    code, out, _ = invoke(world, "send", world.source(name="b.csv", rows=invoice_rows(1001, Hinta="kaksi")))
    assert code == 1
    assert "conflict: this number is waiting already" in out
    assert 'line 2  Hinta  "kaksi"  invoice 1001' in out

"""Several creditors on one machine: a profile each, and nothing of one ever meets the other."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from test_cli import invoke, mistakes
from world import TOKEN, World, csv_rows, invoice_rows

from confirma_connector.files import locked
from confirma_connector.journal import Journal
from confirma_connector.report import Reports

OTHER_KEY = "another-key-of-theirs"
SELLERS = {"acme": "0112038-9", "beta": "2331972-7"}
CONFIG = """
environment = "staging"
url = "{url}"
mapping = "mapping.yaml"
quiet_period = 0
{common}

[profiles.acme]
account = "acme"
token_file = "acme.key"
{acme}

[profiles.beta]
account = "beta"
token_file = "beta.key"
{beta}
"""
ONE_JOURNAL: Mapping[str, str] = {"common": 'journal = "all.sqlite3"'}
TWO_JOURNALS: Mapping[str, str] = {"acme": 'journal = "acme.sqlite3"', "beta": 'journal = "beta.sqlite3"'}
_UNSET = ("ENVIRONMENT", "URL", "TOKEN", "ACCOUNT", "JOURNAL", "QUIET_PERIOD", "MAPPING")


def configured(world: World, more: Mapping[str, str]) -> dict[str, str]:
    """Write the config file and the keys of two creditors; give the environment variables of a command there."""
    (world.folder / "acme.key").write_text(TOKEN, encoding="utf-8")
    (world.folder / "beta.key").write_text(OTHER_KEY, encoding="utf-8")
    config = world.folder / "config.toml"
    lines = {"common": "", "acme": "", "beta": ""} | dict(more)
    config.write_text(CONFIG.format(url=world.settings.url, **lines), encoding="utf-8")
    for key in world.folder.glob("*.key"):
        key.chmod(0o600)
    return {"CONFIRMA_CONFIG": str(config), **{f"CONFIRMA_{name}": "" for name in _UNSET}}


def source(world: World, name: str, *numbers: int, folder: str = "") -> Path:
    """Write invoices of one creditor, in a folder of its own unless one is named."""
    (world.folder / (folder or name)).mkdir(exist_ok=True)
    own = {"Y-tunnus": SELLERS[name], "Myyjä": name}
    rows = [row for number in numbers for row in invoice_rows(number, **own)]
    return world.source(name=f"{folder or name}/{name}.csv", rows=rows)


def states(world: World, journal: str, account: str, environment: str = "staging") -> dict[int, str]:
    with Journal(world.folder / journal, environment, account) as book:
        return {entry.number: entry.state for entry in book.entries()}


def held_at_the_server(world: World) -> dict[str, list[int]]:
    """Give the numbers the server has, by seller as the bodies say."""
    assert world.server
    found: dict[str, list[int]] = {}
    for number in sorted(set(world.server.ledger.numbers())):
        for body in world.server.ledger.bodies(number):
            seller = json.loads(body)["invoice"]["parties"]["sellerParty"]
            found.setdefault(seller["businessId"], []).append(number)
    return found


@pytest.mark.parametrize("journals", [ONE_JOURNAL, TWO_JOURNALS])
def test_the_same_numbers_of_two_creditors_never_meet(world: World, journals: Mapping[str, str]) -> None:
    environ = configured(world, journals)
    files = {name: "all.sqlite3" if journals is ONE_JOURNAL else f"{name}.sqlite3" for name in SELLERS}
    for name in SELLERS:
        assert invoke(world, "send", source(world, name, 1001, 1002), "--profile", name, **environ)[0] == 0
    assert held_at_the_server(world) == {seller: [1001, 1002] for seller in SELLERS.values()}
    assert invoke(world, "track", "--profile", "acme", **environ)[0] == 0
    assert states(world, files["acme"], "acme") == {1001: "delivered", 1002: "delivered"}
    assert states(world, files["beta"], "beta") == {1001: "waiting", 1002: "waiting"}
    assert {row["confirma_state"] for row in csv_rows(world.folder / "beta" / "beta.results.csv")} == {"waiting"}
    for name in SELLERS:
        assert invoke(world, "send", world.folder / name / f"{name}.csv", "--profile", name, **environ)[0] == 0
    assert held_at_the_server(world) == {seller: [1001, 1002] for seller in SELLERS.values()}


@pytest.mark.parametrize("journals", [ONE_JOURNAL, TWO_JOURNALS])
def test_the_wrong_file_with_the_wrong_profile_is_refused(world: World, journals: Mapping[str, str]) -> None:
    environ = configured(world, journals)
    for name in SELLERS:
        invoke(world, "send", source(world, name, 1001), "--profile", name, **environ)
    before = held_at_the_server(world)
    for profile, name in (("acme", "beta"), ("beta", "acme")):
        for words in (["send"], ["track"]):
            wrong = source(world, name, 1001, 3001, folder=f"{profile}-{words[0]}")
            code, _, err = invoke(world, *words, wrong, "--profile", profile, **environ)
            assert code == 2
            assert f"account {profile} belongs to seller {SELLERS[profile]}" in err
            assert [path.name for path in wrong.parent.iterdir()] == [wrong.name]
    assert held_at_the_server(world) == before


def test_in_one_journal_a_sellers_first_file_under_the_wrong_profile_is_refused_too(world: World) -> None:
    environ = configured(world, ONE_JOURNAL)
    own = source(world, "acme", 1001)
    assert invoke(world, "send", own, "--profile", "acme", **environ)[0] == 0
    code, _, err = invoke(world, "send", own, "--profile", "beta", **environ)
    assert (code, "seller 0112038-9 belongs to account acme, not beta" in err) == (2, True)


@pytest.mark.parametrize("journals", [ONE_JOURNAL, TWO_JOURNALS])
def test_one_creditors_results_are_never_updated_for_the_other(world: World, journals: Mapping[str, str]) -> None:
    environ = configured(world, journals)
    for name in SELLERS:
        invoke(world, "send", source(world, name, 1001, folder="shared"), "--profile", name, **environ)
    own = world.folder / "shared" / "acme.results.csv"
    before = (own.read_bytes(), own.stat().st_mtime_ns)
    code, out, _ = invoke(world, "track", "--profile", "beta", **environ)
    assert (code, "acme" in out) == (0, False)
    assert (own.read_bytes(), own.stat().st_mtime_ns) == before
    theirs = source(world, "beta", 2001, folder="shared").rename(world.folder / "shared" / "acme.csv")
    code, out, _ = invoke(world, "send", theirs, "--profile", "beta", **environ)
    assert (code, (own.read_bytes(), own.stat().st_mtime_ns)) == (0, before)
    assert "acme.results-2.csv" in out


@pytest.mark.parametrize("journals", [ONE_JOURNAL, TWO_JOURNALS])
def test_two_creditors_at_the_same_time_do_not_wait_for_each_other(world: World, journals: Mapping[str, str]) -> None:
    environ = configured(world, journals)
    world.fault("create", "slow", seconds=0.1)
    runs = [
        world.start("send", source(world, name, *range(1001, 1021)), "--profile", name, **environ) for name in SELLERS
    ]
    outputs = [run.communicate(timeout=120) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert held_at_the_server(world) == {seller: list(range(1001, 1021)) for seller in SELLERS.values()}


SANDBOXES = 'environment = "sandbox"\nretention_days = 30'


def sandboxed(world: World) -> dict[str, str]:
    environ = configured(world, {"acme": SANDBOXES, "beta": SANDBOXES, **ONE_JOURNAL})
    config = Path(environ["CONFIRMA_CONFIG"])
    lines = [line for line in config.read_text(encoding="utf-8").splitlines() if not line.startswith("url")]
    config.write_text("\n".join(lines), encoding="utf-8")
    return environ


def test_in_the_sandbox_they_do_not_meet_either(world: World) -> None:
    environ = sandboxed(world)
    for name in SELLERS:
        code, out, _ = invoke(world, "send", source(world, name, 1001), "--profile", name, **environ)
        assert (code, "waiting: 1" in out) == (0, True), out
    time.sleep(2.1)  # three steps of a life, a second each
    assert invoke(world, "track", "--profile", "beta", **environ)[0] == 0
    assert states(world, "all.sqlite3", "beta", "sandbox") == {1001: "delivered"}
    assert states(world, "all.sqlite3", "acme", "sandbox") == {1001: "waiting"}


# -- every profile, one after the other --------------------------------------------------------------------------------


def both_sent(world: World, journals: Mapping[str, str] = TWO_JOURNALS, **more: str) -> dict[str, str]:
    environ = configured(world, {**journals, **more})
    for name in SELLERS:
        invoke(world, "send", source(world, name, 1001), "--profile", name, **environ)
    return environ


def test_every_profile_is_tracked(world: World) -> None:
    environ = both_sent(world)
    code, out, _ = invoke(world, "track", "--all-profiles", **environ)
    assert code == 0
    lines = out.splitlines()
    assert [line for line in lines if line.startswith(("profile", "account"))] == [
        *("profile acme", "account acme: 1 delivered"),
        *("profile beta", "account beta: 1 delivered"),
    ]
    for name in SELLERS:
        assert csv_rows(world.folder / name / f"{name}.results.csv")[0]["confirma_state"] == "delivered"


def test_a_profile_without_a_mapping_is_tracked_with_that_of_each_file(world: World) -> None:
    environ = both_sent(world)
    config = Path(environ["CONFIRMA_CONFIG"])
    config.write_text(config.read_text(encoding="utf-8").replace('mapping = "mapping.yaml"\n', ""), encoding="utf-8")
    assert invoke(world, "track", "--all-profiles", **environ)[0] == 0
    assert csv_rows(world.folder / "acme" / "acme.results.csv")[0]["confirma_state"] == "delivered"


def test_a_sandbox_profile_is_tracked_as_what_it_is(world: World) -> None:
    environ = sandboxed(world)
    code, out, _ = invoke(world, "track", "--all-profiles", **environ)
    assert code == 0
    assert out.splitlines()[1].startswith("SANDBOX")
    assert "account beta: no invoices yet" in out


@pytest.mark.parametrize("broken", ['token_file = "no-such.key"', 'numbering = "sometimes"', 'colour = "blue"'])
def test_a_broken_profile_does_not_keep_the_others_from_being_tracked(world: World, broken: str) -> None:
    environ = both_sent(world)
    config = Path(environ["CONFIRMA_CONFIG"])
    text = config.read_text(encoding="utf-8").replace('token_file = "acme.key"', broken)
    config.write_text(text, encoding="utf-8")
    code, out, err = invoke(world, "track", "--all-profiles", **environ)
    assert (code, err.count("confirma: ")) == (2, 1)
    assert states(world, "acme.sqlite3", "acme") == {1001: "waiting"}
    assert "account beta: 1 delivered" in out


def test_a_mistake_in_the_program_does_not_either(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from confirma_connector import pipeline
    from confirma_connector.report import Report
    from confirma_connector.run import Choice, Run

    environ, track = both_sent(world), pipeline.track

    def broken(run: Run, choice: Choice) -> Report:
        if run.settings.account == "acme":
            raise KeyError("x")
        return track(run, choice)

    monkeypatch.setattr(pipeline, "track", broken)
    code, out, err = invoke(world, "track", "--all-profiles", **environ)
    assert (code, "account beta: 1 delivered" in out) == (2, True)
    assert "Traceback" in err
    assert "mistake in the program (KeyError)" in err


def test_news_for_a_person_stand_before_an_outage_and_a_mistake_before_both(world: World) -> None:
    environ = configured(world, TWO_JOURNALS)
    bad = {"Y-tunnus": SELLERS["acme"], "Postinumero": "00001", "Sähköposti": ""}
    invoke(world, "send", world.source(name="a.csv", rows=invoice_rows(1001, **bad)), "--profile", "acme", **environ)
    invoke(world, "send", source(world, "beta", 1001), "--profile", "beta", **environ)
    with Journal(world.folder / "beta.sqlite3", "staging", "beta") as book, locked(book.lock_path, "busy"):
        code, out, err = invoke(world, "track", "--all-profiles", **environ)
        assert (code, "another run for account beta" in err) == (1, True)
        assert 'invoice 1001: failed: a.results.csv, line 2, column "Postinumero": Confirma says' in out
        assert invoke(world, "track", "--all-profiles", **environ)[0] == 3
        (world.folder / "acme.key").unlink()
        assert invoke(world, "track", "--all-profiles", **environ)[0] == 2


def test_the_reports_of_all_profiles_are_one_document(world: World) -> None:
    environ = both_sent(world)
    (world.folder / "acme.key").unlink()
    code, out, err = invoke(world, "track", "--all-profiles", "--json", "--log-json", **environ)
    schema = json.loads(invoke(world, "schema", "reports")[1])
    assert list(mistakes(json.loads(out), schema, schema["$defs"])) == []
    told = Reports.model_validate_json(out)
    assert (told.exit_code, code) == (2, 2)
    assert [(one.profile, one.report.exit_code) for one in told.reports] == [("acme", 2), ("beta", 0)]
    events = [json.loads(line) for line in err.splitlines()]
    *single, last = events
    assert {(one["profile"], one.get("account")) for one in single} == {("acme", None), ("beta", "beta")}
    assert [one["exit_code"] for one in single if one["event"] == "done"] == [2, 0]
    assert (last["event"], last["exit_code"], last.keys() & {"profile", "account"}) == ("done", 2, set())


def test_a_profile_without_an_environment_is_a_mistake_and_no_sandbox(world: World) -> None:
    environ = both_sent(world)
    config = Path(environ["CONFIRMA_CONFIG"])
    text = config.read_text(encoding="utf-8").replace('environment = "staging"\n', "").replace("url = ", "# url = ")
    config.write_text(text + 'environment = "sandbox"\n', encoding="utf-8")
    code, out, err = invoke(world, "track", "--all-profiles", **environ)
    assert (code, "account beta: no invoices yet" in out) == (2, True)
    assert "config.toml, profile acme: set environment to" in err
    for words in (["--profile", "acme"], []):
        named = {**environ, "CONFIRMA_PROFILE": "" if words else "acme"}
        code, out, err = invoke(world, "send", world.folder / "acme" / "acme.csv", *words, **named)
        assert (code, out) == (2, "")
        assert "profile acme: set environment to" in err


def test_a_single_runs_log_says_whose_it_is(world: World) -> None:
    environ = configured(world, ONE_JOURNAL)
    own = source(world, "acme", 1001)
    _, _, err = invoke(world, "send", own, "--log-json", "--profile", "acme", **environ)
    events = [json.loads(line) for line in err.splitlines()]
    assert {(one["profile"], one["account"]) for one in events} == {("acme", "acme")}
    events = [json.loads(line) for line in invoke(world, "track", "--log-json")[2].splitlines()]
    assert {("profile" in one, one["account"]) for one in events} == {(False, "acme")}


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        (["in.csv"], {}),
        (["--account", "acme"], {}),
        (["--profile", "acme"], {}),
        (["--mapping", "row-per-line"], {}),
        (["--output", "x.csv"], {}),
        ([], {"CONFIRMA_ACCOUNT": "acme"}),
        ([], {"CONFIRMA_PROFILE": "acme"}),
        ([], {"CONFIRMA_TOKEN": TOKEN}),
        ([], {"CONFIRMA_TOKEN_FILE": "acme.key"}),
    ],
)
def test_what_is_of_one_creditor_is_refused_for_all(world: World, words: list[str], environ: dict[str, str]) -> None:
    code, out, err = invoke(world, "track", "--all-profiles", *words, **{**configured(world, ONE_JOURNAL), **environ})
    assert (code, out) == (2, "")
    assert "--all-profiles takes everything of an account from its profile: leave out" in err
    assert world.places_of_the_token(err) == [str(world.folder / "acme.key")]


def test_without_profiles_there_is_nothing_to_track(world: World) -> None:
    config = world.folder / "config.toml"
    config.write_text('environment = "sandbox"\n', encoding="utf-8")
    unset = {f"CONFIRMA_{name}": "" for name in _UNSET}
    code, _, err = invoke(world, "track", "--all-profiles", CONFIRMA_CONFIG=str(config), **unset)
    assert (code, "has no profiles" in err) == (2, True)
    code, _, err = invoke(world, "track", "--all-profiles", CONFIRMA_CONFIG=str(config) + "x", **unset)
    assert (code, "cannot be read" in err) == (2, True)

"""English, Finnish and Swedish: which of them is spoken, how it spells, and that it is spoken throughout."""

from __future__ import annotations

import datetime as dt
import functools
import importlib.util
import re
import shutil
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from click.testing import CliRunner
from world import TOKEN, World, csv_rows

from confirma_connector import contract, language, settings
from confirma_connector.cli import main
from confirma_connector.client import Client
from confirma_connector.errors import SettingsError
from confirma_connector.journal import Journal
from confirma_connector.language import day, marks, money, number, of_environment, time_of, tr, trn
from confirma_connector.records import STATES
from confirma_connector.retelling import retold
from confirma_connector.verdict import classed

ROOT = Path(__file__).resolve().parent.parent
MISTAKES = ROOT / "samples" / "with-mistakes"
OF_SYSTEM = ("CONFIRMA_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Variables by which a system says its language."""


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine that says nothing of its language, and has no config file."""
    for name in OF_SYSTEM:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CONFIRMA_JOURNAL", str(tmp_path / "journal.sqlite3"))
    return tmp_path


def profiles(folder: Path, text: str) -> str:
    config = folder / "config.toml"
    config.write_text(text, encoding="utf-8")
    return str(config)


def status(*options: str) -> str:
    return CliRunner().invoke(main, ["status", *options]).output


# ---- which language ----


@pytest.mark.parametrize(
    ("variables", "found"),
    [
        ({"LANG": "fi_FI.UTF-8"}, "fi"),
        ({"LANG": "sv_FI"}, "sv"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "C"}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "sv:en"}, "sv"),
        ({"LANG": "nonsense"}, "en"),
        ({"LANG": "fi_FI.UTF-8", "LC_ALL": "de_DE.UTF-8"}, "en"),
        ({"LANGUAGE": "de:fi:en", "LANG": "de_DE.UTF-8"}, "fi"),
        ({"CONFIRMA_LANGUAGE": "sv", "LANG": "fi_FI.UTF-8", "LC_ALL": "C"}, "sv"),
        ({"CONFIRMA_LANGUAGE": "SV_fi"}, "sv"),
        ({"CONFIRMA_LANGUAGE": " ", "LANG": "fi_FI"}, "fi"),
        ({}, None),
    ],
)
def test_the_system_says_its_language(variables: dict[str, str], found: str | None) -> None:
    assert of_environment(variables) == found


def test_a_change_of_the_environment_is_heard(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert language.current() == "en"
    monkeypatch.setenv("LANG", "sv_FI.UTF-8")
    assert language.current() == "sv"


def test_the_environment_stands_before_the_profile_and_that_before_the_system(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = profiles(nowhere, 'language = "sv"\n[profiles.suomi]\nenvironment = "sandbox"\nlanguage = "fi"\n')
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    assert tr_of("fi", "  no invoices yet") in status("--config", config, "--profile", "suomi")
    assert tr_of("sv", "  no invoices yet") in status("--config", config)
    assert "  no invoices yet" in status()
    monkeypatch.setenv("CONFIRMA_LANGUAGE", "en")
    assert "  no invoices yet" in status("--config", config, "--profile", "suomi")
    monkeypatch.setenv("CONFIRMA_LANGUAGE", "fi_FI.UTF-8")
    assert tr_of("fi", "  no invoices yet") in status()


def tr_of(code: language.LanguageCode, text: str) -> str:
    with language.using(code):
        return tr(text)


@pytest.mark.parametrize("variable", ["CONFIRMA_LANGUAGE", ""])
def test_a_language_that_is_none_of_ours_is_refused_with_those_that_are(nowhere: Path, variable: str) -> None:
    config = profiles(nowhere, "" if variable else 'language = "xx"\n')
    with pytest.raises(SettingsError, match="language: expected en, fi or sv" if not variable else f"{variable}: exp"):
        settings.load({"config": config}, {variable: "xx"} if variable else {})
    with pytest.raises(SettingsError, match="expected en, fi or sv"):
        settings.load({}, {"CONFIRMA_LANGUAGE": "klingon"})


def test_what_is_wrong_with_a_profile_is_said_in_its_language(nowhere: Path) -> None:
    config = profiles(nowhere, 'language = "fi"\n[profiles.a]\naccount = "a"\n')
    with pytest.raises(SettingsError) as caught:
        settings.load({"config": config, "profile": "a"}, {})
    with language.using("fi"):
        words = tr("{file}, profile {profile}: set environment to sandbox, staging or production", file="", profile="a")
    assert str(caught.value) == f"{config}{words}"


def test_each_of_all_profiles_speaks_its_own_language(nowhere: Path, world: World) -> None:
    (nowhere / "key").write_text(TOKEN, encoding="utf-8")
    one = 'environment = "sandbox"\nurl = "{}"\ntoken_file = "key"\nlanguage = "{}"\naccount = "{}"\n'
    text = [f"[profiles.{code}]\n{one.format(world.settings.url, code, code)}" for code in language.LANGUAGES]
    config = profiles(nowhere, "".join(text))
    said = CliRunner().invoke(main, ["track", "--all-profiles", "--config", config]).output
    for code in language.LANGUAGES:
        assert tr_of(code, "no invoices yet") in said
    assert language.current() == "en"


def test_a_language_holds_within_its_block_alone() -> None:
    with language.using("fi"):
        with language.using(None):
            language.speak("sv")
            assert language.current() == "sv"
        assert language.current() == "fi"
        language.speak(None)
        assert language.current() == "fi"
    assert language.current() == "en"


# ---- how it spells ----


def test_numbers_money_and_days_are_spelled_as_the_language_does() -> None:
    spelled = {}
    for code in language.LANGUAGES:
        with language.using(code):
            spelled[code] = (
                number(Decimal("1234.50")),
                money(Decimal("-1234567.8")),
                language.whole(20_000),
                day(dt.date(2026, 11, 6)),
            )
    assert spelled["en"] == ("1234.50", "-1,234,567.80", "20,000", "2026-11-06")
    assert spelled["fi"] == ("1234,50", "-1\u00a0234\u00a0567,80", "20\u00a0000", "6.11.2026")
    assert spelled["sv"] == ("1234,50", "-1\u00a0234\u00a0567,80", "20\u00a0000", "6.11.2026")


def test_a_time_is_told_with_its_day() -> None:
    noon = dt.datetime(2026, 11, 6, 12, 5, 9).timestamp()
    assert time_of(noon) == "2026-11-06 12:05:09"
    with language.using("fi"):
        assert time_of(noon) == "6.11.2026 12:05:09"


def test_one_and_many_are_told_apart() -> None:
    one, many = marks("sending {count} invoice", "sending {count} invoices")
    assert [trn(one, many, count) for count in (0, 1, 2)] == [
        "sending 0 invoices",
        "sending 1 invoice",
        "sending 2 invoices",
    ]
    with language.using("fi"):
        assert [trn(one, many, count) for count in (1, 2)] == ["lähetetään 1 lasku", "lähetetään 2 laskua"]
    with language.using("sv"):
        assert [trn(one, many, count) for count in (1, 2)] == ["skickar 1 faktura", "skickar 2 fakturor"]


# ---- what the journal keeps ----

FAULTS = {
    1001: ({"kind": "status", "status": 503}, "ei tiedetä, tuliko lasku perille"),
    1002: ({"kind": "drop"}, "yhteys katkesi ennen vastausta"),
    1003: ({"kind": "status", "status": 413, "body": "html"}, "hylätty ennen kuin se pääsi rajapintaan"),
}
"""By invoice: what goes wrong with it, and what a Finn reads of it."""


@pytest.mark.parametrize("number", FAULTS)
def test_what_the_senders_threads_say_is_kept_in_english_and_read_in_the_reader_s_language(
    world: World, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setenv("CONFIRMA_LANGUAGE", "fi")  # what a thread of its own would speak
    fault, words = FAULTS[number]
    world.fault("create", **fault)  # type: ignore[arg-type]
    finn = world.but(language="fi", quiet_period=600)
    report = finn.send(finn.source(number))
    (file,) = report.files
    (invoice,) = file.invoices
    assert words in invoice.message
    (row,) = csv_rows(Path(file.results))
    assert words in row["confirma_message"]
    kept = finn.entries()[number].message
    assert kept
    assert words not in kept
    with language.using("sv"):
        assert retold(kept) not in (kept, words)
    with language.using("en"):
        assert retold(kept) == kept


@pytest.mark.parametrize("was_uncertain", [False, True])
@pytest.mark.parametrize("code", [200, 302, 400, 401, 402, 403, 404, 405, 413, 418, 422, 429, 500, 503])
@pytest.mark.parametrize("body", [b"<html>no</html>", b'{"message": "no"}'])
def test_each_verdict_is_retold_as_it_would_be_said(code: int, body: bytes, was_uncertain: bool) -> None:
    def said(spoken: language.LanguageCode) -> str:
        answer = httpx.Response(code, content=body, headers={"Content-Type": "text/html" if body[:1] == b"<" else ""})
        with language.using(spoken):
            return classed(answer, "host", contract.read(), was_uncertain=was_uncertain, server_now=0).message

    with language.using("fi"):
        assert retold(said("en")) == said("fi")


def test_what_was_never_sent_is_retold_as_it_would_be_said(world: World) -> None:
    nobody = world.but(url="http://127.0.0.1:9").settings

    def said(spoken: language.LanguageCode) -> str:
        with language.using(spoken), Client(nobody, contract.read()) as client:
            return client.create(b"{}").message

    with language.using("fi"):
        assert retold(said("en")) == said("fi") != said("en")


def test_another_language_is_no_news_of_an_invoice(world: World) -> None:
    world.fault("create", kind="status", status=503)
    source = world.source(1001)
    slow = world.but(quiet_period=600)
    slow.send(source)

    def happened() -> int:
        settings_ = slow.settings
        with Journal(settings_.journal, settings_.environment, settings_.account) as journal:
            return len(journal.events(journal.named(1001)[0]))

    slow.send(source)
    before = happened()
    for code in ("sv", "fi"):
        slow.but(language=code).send(source)
    assert happened() == before


def test_what_others_said_is_not_translated() -> None:
    with language.using("fi"):
        for text in ("refused by the bank", "HTTP 422: taken", "Lost in the mail", ""):
            assert retold(text) == text


# ---- that it is spoken throughout ----


@functools.cache
def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages_under_test", ROOT / "tools" / "messages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.thorough
@pytest.mark.parametrize("code", language.LANGUAGES[1:])
def test_every_message_is_translated(code: str) -> None:
    assert list(_tool().untranslated(code)) == []


@pytest.mark.thorough
def test_no_sentence_goes_past_the_catalogues() -> None:
    tool = _tool()
    assert {path: found for path in tool.sources() if (found := list(tool.unspoken(path)))} == {}


def words_of(line: str) -> set[str]:
    """Give the words of *line* that are not the same in every language: quotes, numbers, codes, states, file names."""
    bare = re.sub(r'"[^"]*"|\[E-[A-Z-]+\]|\S*[\d/.]\S*|\b[A-Z][A-Z-]+\b|confirma \w+.*', "", line)
    return set(re.findall(r"[^\W\d_]{3,}", bare)) - set(STATES)


@pytest.mark.parametrize("code", language.LANGUAGES[1:])
def test_nothing_of_a_check_stays_english(nowhere: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    source = nowhere / "invoices.csv"
    shutil.copy(MISTAKES / "invoices.csv", source)
    printed = []
    for spoken in ("en", code):
        monkeypatch.setenv("CONFIRMA_LANGUAGE", spoken)
        printed.append(CliRunner().invoke(main, ["check", str(source)]).output.splitlines())
    assert len(printed[0]) > 10
    assert [line for line in set(printed[0]) & set(printed[1]) if words_of(line)] == []


@pytest.mark.parametrize("code", language.LANGUAGES[1:])
def test_help_and_what_is_wrong_with_a_command_line_are_in_the_language(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    def said(*words: str) -> str:
        return CliRunner().invoke(main, words).output

    command_lines = (
        ["send", "--help"],
        ["nonsense"],
        ["send", "--nonsense"],
        ["send"],
        ["show"],
        ["show", "x"],
        ["show", "1", "2"],
        ["send", "f", "--limit", "-1"],
        ["status", "--csv", "2026-01-01"],
        ["status", "--decimal", "dot"],
        ["resolve", "1"],
        ["login", "any-key-at-all"],
    )
    english = [said(*words) for words in command_lines]
    monkeypatch.setenv("CONFIRMA_LANGUAGE", code)
    for words, before in zip(command_lines, english, strict=True):
        same = set(before.splitlines()) & set(said(*words).splitlines())
        assert not [line for line in same if line.strip() and not line.strip().startswith("-")], words

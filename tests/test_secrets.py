"""The key is in no byte that any command writes, whatever goes wrong; people's data are in no log and no JSON."""

from __future__ import annotations

import base64
import csv
import html
import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import keyring
import pytest
from click.testing import CliRunner
from echoing import FORMS, echo, spellings
from key_server import key_server
from memory_keyring import MemoryKeyring
from raw_server import closed_port, raw_server
from world import DAY, HEADERS, MAPPING, TOKEN, World, csv_text, invoice_rows

from confirma_connector import contract, pipeline, plugins
from confirma_connector.cli import main
from confirma_connector.client import Client
from confirma_connector.journal import Journal
from confirma_connector.masking import without_key

pytestmark = pytest.mark.thorough

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes and signals")
NEW = "MARKER-new-5e1d77-key"

COMMANDS: dict[str, list[str]] = {
    "check": ["check in.csv", "check in.csv --json --log-json"],
    "send": ["send in.csv", "send more.csv --json --log-json"],
    "track": ["track", "track --json --log-json", "track --all-profiles"],
    "status": ["status", "status --json", f"status --csv {DAY} {DAY} --output list.csv --replace"],
    "new-adapter": ["new-adapter acme", "new-adapter other --package --directory own"],
    "adapters check": ["adapters check csv_file in.csv --mapping mapping.yaml --json"],
    "explain": ["explain", "explain E-DATE"],
    "show": ["show 1001", "show 1001 --json", "show 9"],
    "report": ["report --html page.html --replace"],
    "adopt": ["adopt old.csv --reason post", "adopt old.csv --reason post --json --log-json"],
    "account": ["account", "account --json"],
    "account bind": ["account bind 0112038-9"],
    "resend": ["resend 1001 --reason post"],
    "resolve": ["resolve 1001 --handled --reason post"],
    "template": ["template empty.xlsx"],
    "adapters": ["adapters", "adapters --json"],
    "map": ["map in.csv --output proposed.yaml --replace --yes"],
    "mappings": ["mappings", "mappings --json"],
    "mappings lint": ["mappings lint row-per-line --data in.csv --json"],
    "mappings test": ["mappings test . --mapping row-per-line"],
    "schema": ["schema report"],
    "contract": ["contract", "contract --json"],
    "contract confirm": ["contract confirm in.csv --by Anna --ground mail --yes --contract own/overlay.yaml"],
    "contract diff": ["contract diff api.yaml --overlay own/adapted.yaml --json", "contract diff in.csv"],
    "contract verify": ["contract verify in.csv --wait 0"],
    "login": ["login", "login --no-check", "login KEY", "login --token KEY", "login --token=KEY"],
    "logout": ["logout", "logout KEY"],
    "token check": ["token check", "token check KEY", "token KEY"],
    "token renew": ["token renew", "token renew --to new.key", "token renew KEY"],
    "journal backup": ["journal backup copy.sqlite3"],
    "journal purge": ["journal purge --older-than 0"],
    "watch": ["watch in --done done --failed failed --settle 0 --once --log-json"],
    "sandbox": ["sandbox --port 1 --store stand-in/store.sqlite3 --host 203.0.113.1"],
}
"""Every command with the ways in which it is run. KEY is a key that somebody typed where none belongs."""

REACHING = (
    "send more.csv",
    "send in.csv --json --log-json",
    "track",
    "token check",
    "token renew --to new.key",
    "login",
)


def every_command(command: click.Command, *path: str) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    if command.invoke_without_command:
        yield " ".join(path)
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner
        yield from every_command(inner, *path, name)


@dataclass
class House:
    """A folder below which everything lies that is written: home, settings, temporary files, the working folder."""

    world: World
    environ: dict[str, str]
    outputs: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.world.folder

    def run(self, line: str, **environ: str) -> tuple[int, str, str]:
        """Run a command as it is typed, within this process; KEY is the key."""
        words = [TOKEN if word == "KEY" else word.replace("=KEY", f"={TOKEN}") for word in line.split()]
        done = CliRunner().invoke(main, words, env=self.environ | environ, input=f"{TOKEN}\n")
        self.outputs += [done.stdout, done.stderr]
        return done.exit_code, done.stdout, done.stderr

    def leaks(self, *secrets: str, but: tuple[str, ...] = ()) -> list[str]:
        """Say in which output or file one of *secrets* is, in any spelling; *but* names files where they belong."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name not in but]
        written = [*((str(path), path.read_bytes()) for path in files)]
        written += [(output, output.encode()) for output in self.outputs]
        return [f"{secret}: {where}" for where, data in written for secret in secrets if shows(data, secret)]


def shows(data: bytes, secret: str) -> bool:
    """Tell whether *secret* is in *data*: as it is, escaped, in base64, or split by line ends and boxes."""
    text = data.decode("latin-1")
    views = {
        text,
        unquote(text),
        html.unescape(text),
        re.sub(r"\\u00([0-9a-fA-F]{2})", lambda m: chr(int(m[1], 16)), text),
    }
    squeezed = [re.sub(r"[\s\0│┃|\\]|â\x94[\x80-\xbf]", "", view) for view in views]
    cores = [base64.b64encode(b"k" * shift + secret.encode())[-(-shift * 8 // 6) : -4].decode() for shift in range(3)]
    return any(secret.lower() in view.lower() for view in squeezed) or any(
        core in squeezed[0] for core in cores if core
    )


@pytest.mark.parametrize("form", range(10))
def test_the_search_finds_every_spelling(form: int) -> None:
    text = f"before {spellings(TOKEN)[form]} after"
    assert shows(text.encode(), TOKEN)
    assert not shows(without_key(text.encode(), TOKEN), TOKEN)


@pytest.fixture
def house(world: World, monkeypatch: pytest.MonkeyPatch, read_once: None) -> House:
    folder = world.folder
    for name in ("home", "tmp", "own", "in", "done", "failed"):
        (folder / name).mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    found, discover = world.run().registry, plugins.discover  # looking for adapters is most of a small run
    monkeypatch.setattr(plugins, "discover", lambda *given: discover(*given) if any(given) else found)
    world.source(1001)
    world.source(1002, 1003, 1004, name="more.csv")
    world.source(1009, name="old.csv")
    (folder / "api.yaml").write_text("openapi: 3.0.0\npaths: {/api/v1/partner/invoice: {post: {}}}\n", "utf-8")
    world.source(1010, name="in/dropped.csv")
    environ = world.environ(HOME=str(folder / "home"), TMPDIR=str(folder / "tmp"), XDG_CACHE_HOME=str(folder / "cache"))
    return House(world, environ)


def test_every_command_is_in_the_table() -> None:
    assert set(every_command(main)) == set(COMMANDS)


def unknown_hosts(real: Callable[..., Any]) -> Callable[..., Any]:
    """Give a look-up of names that finds no .invalid one, and asks nobody for it."""

    def found(host: Any, *more: Any, **named: Any) -> Any:
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *more, **named)

    return found


# -- the key -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["variable", "file", "keyring"])
@pytest.mark.parametrize("trouble", ["none", "the key is refused", "nobody listens", "no TLS", "no such host"])
def test_no_command_writes_the_key(
    house: House, no_waiting: list[float], monkeypatch: pytest.MonkeyPatch, source: str, trouble: str
) -> None:
    own: dict[str, str] = {}
    ring, before = MemoryKeyring(), keyring.get_keyring()
    port = closed_port()
    url = {
        "nobody listens": f"http://127.0.0.1:{port}",
        "no TLS": (house.world.settings.url or "").replace("http:", "https:"),
        "no such host": "https://confirma.invalid",
    }.get(trouble, house.world.settings.url or "")
    if trouble == "the key is refused":
        house.world.fault("create", "status", status=401)
        house.world.fault("listing", "status", status=401)
    if source == "file":
        (house.folder / "the.key").write_text(f"{TOKEN}\n", encoding="utf-8")
        own = {"CONFIRMA_TOKEN": "", "CONFIRMA_TOKEN_FILE": "the.key"}
    if source == "keyring":
        own = {"CONFIRMA_TOKEN": ""}
        ring.entries[f"confirma-connector staging {url}", "acme"] = TOKEN
    keyring.set_keyring(ring)
    monkeypatch.setattr(socket, "getaddrinfo", unknown_hosts(socket.getaddrinfo))
    try:
        lines = [line for lines in COMMANDS.values() for line in lines]
        if (source, trouble) not in (("variable", "none"), ("file", "the key is refused")):
            lines = [*REACHING, "contract verify in.csv --wait 0", "logout"]
        for line in lines:
            code, _, err = house.run(line, CONFIRMA_URL=url, **own)
            assert (code in (0, 1, 2, 3), "Traceback" in err) == (True, False), (line, err)
    finally:
        keyring.set_keyring(before)
    assert house.leaks(TOKEN, but=("the.key",)) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_server_that_repeats_the_key_puts_it_nowhere(house: House, no_waiting: list[float], form: str) -> None:
    house.run("send in.csv")
    with raw_server(b"") as other:
        for at in ("everywhere", "create")[: 1 if form == "headers" else 2]:  # sending would pause for long
            with echo(form, at, other.url) as server:
                for line in REACHING:
                    code, _, err = house.run(line, CONFIRMA_URL=server.url, CONFIRMA_TIMEOUT="5")
                    assert (code in (0, 1, 2, 3), "Traceback" in err) == (True, False), (line, err)
                assert any(TOKEN.encode() in request for request in server.requests)
        assert other.requests == []
    house.run("show 1002")
    assert house.leaks(TOKEN, but=("new.key",)) == []


def test_a_renewed_key_is_in_its_file_alone(house: House) -> None:
    with key_server(TOKEN) as server:
        server.afterwards = {NEW}
        server.renewal = json.dumps({"message": f"your new token is {NEW}", "token": NEW}).encode()
        assert house.run("token renew --to new.key", CONFIRMA_URL=server.url)[0] == 0
    assert (house.folder / "new.key").read_text("utf-8") == f"{NEW}\n"
    for line in ("send in.csv", "track", "token check"):
        house.run(line, CONFIRMA_TOKEN="", CONFIRMA_TOKEN_FILE="new.key")
    assert house.leaks(TOKEN, NEW, but=("new.key",)) == []


@pytest.mark.parametrize(
    "environ",
    [
        {"CONFIRMA_TOKEN_FILE": TOKEN, "CONFIRMA_TOKEN": ""},
        {"CONFIRMA_TOKEN_FILE": f"/no-such-folder/{TOKEN}", "CONFIRMA_TOKEN": ""},
        {"CONFIRMA_URL": TOKEN},
        {"CONFIRMA_URL": f"https://user:{TOKEN}"},
        {"CONFIRMA_URL": f"https://user:{TOKEN}@example.com"},
        {"CONFIRMA_URL": f"https://{TOKEN}℀@example.com"},
        {"CONFIRMA_URL": f"https://example.com/?key={TOKEN}"},
        {"CONFIRMA_ENVIRONMENT": TOKEN},
        {"CONFIRMA_TIMEOUT": TOKEN},
        {"CONFIRMA_ACCOUNT": TOKEN},
        {"CONFIRMA_ACCOUNT": f"Bearer {TOKEN}"},
        {"CONFIRMA_JOURNAL": TOKEN},
        {"CONFIRMA_CONTRACT": TOKEN},
        {"CONFIRMA_MAPPING": TOKEN},
        {"CONFIRMA_TOKEN": f"X-Api-Key: {TOKEN}"},
        {"HTTPS_PROXY": f"http://user:{TOKEN}@127.0.0.1:1", "CONFIRMA_URL": "https://confirma.invalid"},
        {"ALL_PROXY": f"ftp://user:{TOKEN}@proxy", "CONFIRMA_URL": "https://confirma.invalid"},
    ],
    ids=lambda environ: f"{next(iter(environ))}-{len(str(environ))}",
)
def test_a_key_in_the_wrong_place_is_not_repeated(
    house: House, no_waiting: list[float], environ: dict[str, str]
) -> None:
    for line in ("check in.csv", "send in.csv --log-json", "token check", "account"):
        code, _, err = house.run(line, **environ)
        assert (code in (0, 2, 3), "Traceback" in err) == (True, False)
    assert code in (0, 2)
    assert house.leaks(TOKEN) == []


@pytest.mark.parametrize("text", ["{0}", "token = {0}", "token = '{0}'", "url = '{0}'", "token_file = '{0}'"])
def test_a_key_in_the_config_file_is_not_repeated(house: House, text: str) -> None:
    (house.folder / "config.toml").write_text(text.format(TOKEN), encoding="utf-8")
    for line in ("status", "send in.csv --log-json"):
        own = {"CONFIRMA_TOKEN": "", "CONFIRMA_URL": ""}
        assert house.run(line, CONFIRMA_CONFIG="config.toml", **own)[0] == 2
    assert house.leaks(TOKEN, but=("config.toml",)) == []


def test_logging_switched_on_by_a_program_around_ours_has_no_key(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        world.send(world.source(1001))
        world.track()
    assert "send_request_headers.complete" in caplog.text
    assert not shows(caplog.text.encode(), TOKEN)


def test_the_objects_that_hold_the_key_do_not_show_it(world: World) -> None:
    read = contract.read(None)
    with Client(world.settings, read) as client, Journal(world.settings.journal, "staging", "acme") as journal:
        for thing in (world.settings, read, client, client._connections, journal, world.run()):
            assert not shows(f"{thing!r} {thing}".encode(), TOKEN), type(thing)


# -- people ------------------------------------------------------------------------------------------------------------

PEOPLE = {
    "Asiakas": "Markka Nimetonkin",
    "Katu": "Salakuja 77",
    "Sähköposti": "salainen.posti@example.com",
    "Puhelin": "+358407766554",
    "Yhteyshenkilö": "Yrjana Yhteinen",
    "Henkilötunnus": "131052-308T",
}
BY_PERSON = (
    MAPPING.replace(
        "  vat: [ALV]\n", "  vat: [ALV]\n  phone: [Puhelin]\n  person: [Yhteyshenkilö]\n  hetu: [Henkilötunnus]\n"
    )
    .replace(
        "  buyer.business_id: buyer_id\n",
        "  buyer.personal_identity_number: hetu\n  buyer.entity_type: {constant: CONSUMER}\n",
    )
    .replace(
        "  buyer.contact.email: email\n",
        "  buyer.contact.email: email\n  buyer.contact.phone: phone\n  buyer.contact.contact_person.name: person\n",
    )
)


def people(house: House, numbers: range, name: str = "people.csv", **changes: str) -> Path:
    """Write invoices to a person, by a mapping that reads all there is about one."""
    (house.folder / "people.yaml").write_text(BY_PERSON, encoding="utf-8")
    more = [column for column in PEOPLE if column not in HEADERS]
    rows = list(
        csv.reader(io.StringIO(csv_text(row for number in numbers for row in invoice_rows(number))), delimiter=";")
    )
    values = PEOPLE | changes
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow([*HEADERS, *more])
    for row in rows[1:]:
        named = dict(zip(HEADERS, row, strict=True)) | values
        writer.writerow([named[column] for column in (*HEADERS, *more)])
    path = house.folder / name
    path.write_text(out.getvalue(), encoding="utf-8")
    house.environ["CONFIRMA_MAPPING"] = str(house.folder / "people.yaml")
    return path


def told_to_programs(house: House, *lines: str, **environ: str) -> str:
    """Give what commands tell a log and a program that reads JSON."""
    told = ""
    for line in lines:
        code, out, err = house.run(line, **environ)
        assert code in (0, 1, 2, 3), (line, err)
        told += out * ("--json" in line) + err * ("--log-json" in line)
    return told


def of_people(told: str) -> list[str]:
    return [value for value in PEOPLE.values() if shows(told.encode(), value)]


RUNS = ("check people.csv --json --log-json", "send people.csv --json --log-json", "track --json --log-json")
ASKED = ("status --json", "show 1001 --json", "adopt people.csv --reason x --json --log-json", "account --json")


def test_a_good_run_tells_programs_nothing_of_people(house: House) -> None:
    people(house, range(1001, 1004))
    told = told_to_programs(house, *RUNS, *ASKED)
    assert house.world.arrived() == [1001, 1002, 1003]
    assert house.world.server
    assert all(value.encode() in house.world.server.ledger.bodies(1001)[0] for value in PEOPLE.values())
    assert of_people(told) == []


@pytest.mark.parametrize("column", [*PEOPLE, "Nro", "Pvm", "Postinumero", "Hinta", "ALV", "Laji", "IBAN", "Hyvittää"])
def test_a_wrong_cell_is_told_to_programs_without_what_stands_in_it(house: House, column: str) -> None:
    secret = "Kryptinen Solu @ 131052-308T"
    people(house, range(1001, 1003), **{column: secret})
    told = told_to_programs(house, *RUNS)
    if column == "Nro":  # what stands there is the number by which the invoice is told
        told = re.sub(r'"number": "[^"]*"', "", told)
    assert not shows(told.encode(), "Kryptinen")
    assert not any(shows(output.encode(), "131052-308T") for output in house.outputs)


def test_a_file_without_headers_is_not_told_by_its_first_line(house: House) -> None:
    path = people(house, range(1001, 1003))
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[1:]), encoding="utf-8")
    mapping = BY_PERSON.replace("adapter: csv_file\n", "adapter: csv_file\nsource: {delimiter: semicolon}\n")
    (house.folder / "people.yaml").write_text(mapping, encoding="utf-8")
    told = told_to_programs(house, *RUNS)
    assert "another kind of line" in told
    assert of_people(told) == []
    assert not any(shows(output.encode(), PEOPLE["Henkilötunnus"]) for output in house.outputs)


@pytest.mark.parametrize("form", ["401", "403", "422", "500", "200", "text", "page"])
def test_an_answer_that_repeats_people_is_told_without_them(house: House, no_waiting: list[float], form: str) -> None:
    people(house, range(1001, 1004))
    with echo(form, "create") as server:
        told = told_to_programs(house, *RUNS[1:], *ASKED, CONFIRMA_URL=server.url, CONFIRMA_QUIET_PERIOD="600")
        assert any(PEOPLE["Asiakas"].encode() in request for request in server.requests)
    assert of_people(told) == []
    house.run("show 1001")
    assert house.leaks(PEOPLE["Henkilötunnus"], but=("people.csv", "people.results.csv", *journal_files(house))) == []


def journal_files(house: House) -> tuple[str, ...]:
    """The request bodies are in the journal, word for word."""
    return tuple(path.name for path in house.world.settings.journal.parent.iterdir())


CRASHES = """
from confirma_connector import Record, hookimpl

@hookimpl
def read(source):
    person = source.path.read_text(encoding="utf-8").splitlines()[1]
    try:
        float(person)
    except ValueError as error:
        raise RuntimeError(f"cannot read {person}") from error
    yield Record({}, 1, "line 1")
"""


def test_an_adapter_that_breaks_over_a_person_does_not_tell_of_them(house: House) -> None:
    path = people(house, range(1001, 1002))
    (house.folder / "own" / "breaking.py").write_text(CRASHES, encoding="utf-8")
    (house.folder / "people.yaml").write_text(BY_PERSON.replace("csv_file", "breaking"), encoding="utf-8")
    for words in ("", " --json --log-json"):
        code, _, err = house.run(f"send {path.name} --adapters own{words}")
        assert (code, "failed in read: RuntimeError (breaking.py, line 10)" in house.outputs[-1] + err) == (2, True)
    assert house.leaks(TOKEN, *PEOPLE.values(), but=(path.name,)) == []


@pytest.mark.parametrize("words", ["", " --log-json", " --json --log-json", " --json"])
def test_a_mistake_of_the_program_is_told_by_its_place_alone(
    house: House, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    path = people(house, range(1001, 1002))

    def broken(*_: object) -> None:
        person = path.read_text("utf-8").splitlines()[1]
        try:
            int(person)
        except ValueError as error:
            error.add_note(f"{TOKEN} of {person}")
            raise KeyError(person, TOKEN) from error

    monkeypatch.setattr(pipeline, "send", broken)
    code, out, err = house.run(f"send {path.name}{words}")
    assert (code, "test_secrets.py" in err, "KeyError" in err, "ValueError" in err) == (2, True, True, True)
    assert all(line.startswith("{") for line in err.splitlines()) == ("--log-json" in words)
    assert not words.startswith(" --json") or json.loads(out)["exit_code"] == 2
    assert house.leaks(TOKEN, *PEOPLE.values(), but=(path.name,)) == []


def test_a_mistake_in_a_command_without_a_report_is_told_by_its_place_alone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError(TOKEN, PEOPLE["Asiakas"])

    monkeypatch.setattr(Journal, "totals", broken)
    code, _, err = house.run("status")
    assert (code, "test_secrets.py" in err, "please report it" in err) == (2, True, True)
    assert house.leaks(TOKEN, PEOPLE["Asiakas"]) == []


def test_a_worker_that_dies_tells_nothing_of_what_it_held(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = people(house, range(1001, 1003))

    def broken(_: Client, body: bytes, **__: object) -> None:
        raise RuntimeError(f"{TOKEN} {body.decode()}")

    monkeypatch.setattr(Client, "create", broken)
    code, out, err = house.run(f"send {path.name} --json --log-json")
    assert (code, "unexpected RuntimeError while sending" in out) == (1, True)
    assert of_people(out + err) == []
    assert house.leaks(TOKEN) == []


# -- files -------------------------------------------------------------------------------------------------------------


def open_to_others(folder: Path) -> list[str]:
    return [str(path) for path in sorted(folder.rglob("*")) if not path.is_symlink() and path.stat().st_mode & 0o077]


@POSIX
def test_what_is_written_is_its_owners_alone_whatever_the_umask(house: House) -> None:
    for path in (house.folder, *house.folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    before = os.umask(0)
    try:
        new = [line.replace("own/", "a/b/") for lines in COMMANDS.values() for line in lines]
        for line in [*new, "send old.csv --in-place", "send more.csv --output o.csv"]:
            house.run(line, CONFIRMA_JOURNAL="deep/down/journal.sqlite3")
        house.run("send in.csv", CONFIRMA_ENVIRONMENT="", CONFIRMA_URL="", CONFIRMA_TOKEN="", CONFIRMA_ACCOUNT="")
        with key_server(TOKEN) as server:
            server.afterwards, server.renewal = {NEW}, json.dumps({"token": NEW}).encode()
            house.run("token renew --to renewed.key", CONFIRMA_URL=server.url)
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    made = {path.name for path in house.folder.rglob("*")}
    expected = {"deep", "down", "journal.sqlite3", "list.csv", "page.html", "empty.xlsx", "copy.sqlite3", "b"}
    expected |= {"overlay.yaml", "renewed.key", "in.results.csv", "in.sandbox.results.csv", "store.sqlite3"}
    assert expected <= made
    assert any(name.endswith(".lock") for name in made)
    assert open_to_others(house.folder) == []


@POSIX
@pytest.mark.parametrize("end", ["SIGTERM", "SIGKILL", "SIGABRT", "SIGQUIT"])
def test_a_run_that_is_killed_leaves_nothing_that_others_can_read(world: World, end: str) -> None:
    source = world.source(*range(1001, 1011))
    for path in (world.folder, *world.folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    world.fault("create", "slow", seconds=1)
    process = subprocess.Popen(
        [sys.executable, "-m", "confirma_connector.cli", "send", str(source)],
        env=world.environ(TMPDIR=str(world.folder), PYTHONFAULTHANDLER="1"),
        cwd=world.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=_careless,
    )
    while world.posts() == 0 and process.poll() is None:
        time.sleep(0.01)
    limits = Path(f"/proc/{process.pid}/limits")
    core = limits.read_text("utf-8") if limits.exists() else "Max core file size 0 "
    process.send_signal(signal.Signals[end])
    out, err = process.communicate(timeout=30)
    assert process.returncode == (130 if end == "SIGTERM" else -signal.Signals[end])
    assert re.search(r"Max core file size +0 ", core)
    assert world.places_of_the_token(out, err) == []
    assert open_to_others(world.folder) == []
    assert not list(world.folder.rglob("core*"))


def _careless() -> None:
    import resource

    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell's background job is deaf to it
    os.umask(0)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))

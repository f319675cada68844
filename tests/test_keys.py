"""The key: where it is kept, to whom it goes, how it is checked and renewed, and that it is never shown."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from click.testing import CliRunner
from key_server import KeyServer, key_server
from memory_keyring import MemoryKeyring
from raw_server import closed_port, raw_server
from world import TOKEN, World

from confirma_connector.cli import main
from confirma_connector.opening import held

POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions and terminals")
NEW = "MARKER-a7c2-9e41-new-key"
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
AWAY = dict.fromkeys(("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT"), "")


def invoke(world: World, *words: object, typed: str = "", **environ: str) -> tuple[int, str, str]:
    """Run a command within this process, without a key but what *environ* gives."""
    own = {**world.environ(), "CONFIRMA_TOKEN": "", **environ}
    result = CliRunner().invoke(main, [str(word) for word in words], input=typed, env=own)
    assert TOKEN not in result.output
    assert NEW not in result.output
    return result.exit_code, result.stdout, result.stderr


def plugged(backend: MemoryKeyring) -> Iterator[MemoryKeyring]:
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def ring() -> Iterator[MemoryKeyring]:
    """The system keyring of this test."""
    yield from plugged(MemoryKeyring())


@pytest.fixture
def server() -> Iterator[KeyServer]:
    with key_server(TOKEN) as server:
        yield server


def entry(world: World, url: str = "", account: str = "acme", environment: str = "staging") -> tuple[str, str]:
    return f"confirma-connector {environment} {url or world.settings.url}", account


# -- login and logout --------------------------------------------------------------------------------------------------


def test_a_key_that_is_stored_once_serves_every_run(world: World, ring: MemoryKeyring) -> None:
    code, out, err = invoke(world, "login", typed=f"{TOKEN}\n")
    assert (code, err) == (0, "")
    assert f"the key for staging at {world.settings.url}, account acme is in the system keyring" in out
    assert ring.entries == {entry(world): TOKEN}
    code, out, err = invoke(world, "send", world.source(1001))
    assert (code, world.arrived()) == (0, [1001]), err
    assert invoke(world, "track")[0] == 0
    assert world.places_of_the_token() == []


def test_a_key_is_stored_only_if_confirma_takes_it(world: World, ring: MemoryKeyring) -> None:
    code, _, err = invoke(world, "login", typed="WRONG-KEY-012345\n")
    assert (code, ring.entries) == (2, {})
    assert "the key is not valid (any more)" in err
    assert "WRONG-KEY" not in err


def test_while_confirma_does_not_answer_no_key_is_stored(
    world: World, ring: MemoryKeyring, no_waiting: list[float]
) -> None:
    code, _, _ = invoke(world, "login", typed=TOKEN, CONFIRMA_URL=f"http://127.0.0.1:{closed_port()}")
    assert (code, ring.entries) == (3, {})


def test_a_key_may_be_stored_unchecked(world: World, ring: MemoryKeyring, server: KeyServer) -> None:
    code, _, _ = invoke(world, "login", "--no-check", typed=TOKEN, CONFIRMA_URL=server.url)
    assert (code, server.asked) == (0, [])
    assert ring.entries == {entry(world, server.url): TOKEN}


@pytest.mark.parametrize("typed", ["", "\n", "two words\n", "käy\n", "a\x07b\n"])
def test_what_cannot_be_a_key_is_refused_unseen(world: World, ring: MemoryKeyring, typed: str) -> None:
    code, _, err = invoke(world, "login", typed=typed)
    assert (code, ring.entries) == (2, {})
    assert "key" in err
    assert not typed.strip() or typed.strip() not in err


def test_a_second_login_takes_the_place_of_the_first(world: World, ring: MemoryKeyring) -> None:
    ring.entries[entry(world)] = "an-older-key"
    _, out, _ = invoke(world, "login", typed=TOKEN)
    assert ring.entries == {entry(world): TOKEN}
    assert "in the place of the earlier one" in out


def test_a_key_on_the_command_line_is_refused_and_not_repeated(world: World, ring: MemoryKeyring) -> None:
    for words in ([TOKEN], ["--token", TOKEN], [f"--token={TOKEN}"]):
        code, _, err = invoke(world, "login", *words)
        assert (code, ring.entries) == (2, {})
        assert "confirma: " in err


@POSIX
def test_at_a_terminal_the_key_is_asked_for_without_showing_it(world: World) -> None:
    import pty

    ours, theirs = pty.openpty()
    environ = world.environ(CONFIRMA_TOKEN="", PYTHON_KEYRING_BACKEND="memory_keyring.MemoryKeyring")
    words = [sys.executable, "-m", "confirma_connector.cli", "login"]
    with subprocess.Popen(
        words, env=environ, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = b""
        while b"The key for" not in seen:
            seen += os.read(ours, 1024)
        os.write(ours, f"{TOKEN}\n".encode())
        with contextlib.suppress(OSError):  # so Linux says that the other end is closed
            while more := os.read(ours, 1024):
                seen += more
    os.close(ours)
    assert process.returncode == 0
    assert b"is in the system keyring" in seen
    assert TOKEN.encode() not in seen


def test_logout_takes_the_key_out_again(world: World, ring: MemoryKeyring) -> None:
    others = {entry(world, account="other"): "a", entry(world, environment="production"): "b"}
    ring.entries |= {entry(world): TOKEN, entry(world, f"{world.settings.url} (unproved)"): "c", **others}
    assert "is no longer in the system keyring" in invoke(world, "logout")[1]
    assert ring.entries == others
    assert "was not in the system keyring" in invoke(world, "logout")[1]


@pytest.mark.parametrize("command", ["login", "logout"])
def test_the_sandbox_needs_no_key(world: World, ring: MemoryKeyring, command: str) -> None:
    code, _, err = invoke(world, command, typed=TOKEN, **AWAY)
    assert (code, ring.entries) == (2, {})
    assert "the sandbox needs no key" in err


def test_login_says_when_another_key_stands_before_the_keyring(world: World, ring: MemoryKeyring) -> None:
    _, _, err = invoke(world, "login", typed=TOKEN, CONFIRMA_TOKEN="some-other-key")
    assert "CONFIRMA_TOKEN is set, and stands before the keyring" in err
    (world.folder / "key").write_text("some-other-key")
    _, _, err = invoke(world, "login", typed=TOKEN, CONFIRMA_TOKEN_FILE=str(world.folder / "key"))
    assert f"the key file {world.folder / 'key'} is set" in err


# -- to whom a stored key goes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"CONFIRMA_URL": "{elsewhere}"}, ["track"]),
        ({"CONFIRMA_URL": "{elsewhere}", "CONFIRMA_ENVIRONMENT": "production"}, ["token", "check"]),
        ({"CONFIRMA_ENVIRONMENT": "production"}, ["token", "check"]),
        ({"CONFIRMA_ACCOUNT": "other"}, ["track"]),
    ],
)
def test_a_stored_key_never_goes_to_another_environment_address_or_account(
    world: World, ring: MemoryKeyring, server: KeyServer, environ: dict[str, str], words: list[str]
) -> None:
    with key_server(TOKEN) as elsewhere:
        ring.entries[entry(world, server.url)] = TOKEN
        changes = {name: value.format(elsewhere=elsewhere.url) for name, value in environ.items()}
        code, _, err = invoke(world, *words, **{"CONFIRMA_URL": server.url, **changes})
        assert code == 2
        assert "there is no key for" in err
        assert "run confirma login, or set CONFIRMA_TOKEN_FILE" in err
        assert (server.asked, elsewhere.asked) == ([], [])


def test_a_key_that_is_named_comes_before_the_keyring_which_is_not_asked(
    world: World, ring: MemoryKeyring, server: KeyServer
) -> None:
    ring.entries[entry(world, server.url)] = "a-stored-key-of-theirs"
    (world.folder / "key").write_text(f"{TOKEN}\n")
    config = world.folder / "config.toml"
    config.write_text('token_file = "key"\n')
    for environ in (
        {"CONFIRMA_TOKEN": TOKEN},
        {"CONFIRMA_TOKEN_FILE": str(world.folder / "key")},
        {"CONFIRMA_CONFIG": str(config)},
    ):
        assert invoke(world, "token", "check", CONFIRMA_URL=server.url, **environ)[0] == 0
    assert {key for _, key in server.asked} == {TOKEN}
    assert ring.questions == 0


def test_the_keyring_is_asked_only_when_a_key_is_needed(world: World, ring: MemoryKeyring) -> None:
    source = world.source(1001)
    assert invoke(world, "check", source)[0] == 0
    assert invoke(world, "status")[0] == 0
    assert invoke(world, "contract")[0] == 0
    assert invoke(world, "send", source, **AWAY)[0] == 0
    assert ring.questions == 0


def test_something_else_in_the_keyring_is_never_sent(world: World, ring: MemoryKeyring) -> None:
    ring.entries[entry(world)] = "two words"
    code, _, err = invoke(world, "track")
    assert code == 2
    assert "the system keyring has something else" in err
    assert "two words" not in err


# -- where there is no keyring -----------------------------------------------------------------------------------------


def test_without_a_keyring_one_line_names_the_key_file(world: World) -> None:
    for words in (["login"], ["track"]):
        done = world.command(*words, CONFIRMA_TOKEN="")
        assert done.returncode == 2
        (line,) = done.stderr.splitlines()
        assert "this machine has no system keyring that protects a key: set CONFIRMA_TOKEN_FILE" in line


def test_without_the_library_one_line_names_the_key_file_and_the_extra(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    code, _, err = invoke(world, "track")
    assert code == 2
    assert "environment staging needs a key" in err
    assert 'set CONFIRMA_TOKEN_FILE to a file that holds it, or pip install "confirma-connector[keyring]"' in err


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (MemoryKeyring(priority=0.5), "no system keyring that protects a key"),
        (MemoryKeyring(priority=-1), "no system keyring that protects a key"),
        (MemoryKeyring(forgets=True), "did not keep the key"),
        (MemoryKeyring(breaks=True), "does not answer (OSError): unlock it"),
    ],
)
def test_a_keyring_that_is_none_is_not_trusted(world: World, backend: MemoryKeyring, said: str) -> None:
    for _ in plugged(backend):
        code, out, err = invoke(world, "login", typed=TOKEN)
    assert (code, backend.entries) == (2, {})
    assert said in err
    assert "CONFIRMA_TOKEN_FILE" in err
    assert "is in the system keyring" not in out


# -- the key file ------------------------------------------------------------------------------------------------------


@POSIX
@pytest.mark.parametrize(("mode", "is_told"), [(0o600, False), (0o640, False), (0o400, False), (0o644, True)])
def test_a_key_file_that_everybody_can_read_is_mentioned(world: World, mode: int, is_told: bool) -> None:
    path = world.folder / "key"
    path.write_text(TOKEN)
    path.chmod(mode)
    source = world.source(1001)
    for words in (["check", source], ["token", "check"], ["check", source, "--log-json"]):
        code, _, err = invoke(world, *words, CONFIRMA_TOKEN_FILE=str(path))
        assert code == 0
        assert (f"everybody on this machine can read the key file {path}: chmod 600" in err) is is_told
    assert all(json.loads(line) for line in err.splitlines())


# -- token check -------------------------------------------------------------------------------------------------------


def test_a_good_key_is_called_good(world: World) -> None:
    code, out, _ = invoke(world, "token", "check", CONFIRMA_TOKEN=TOKEN)
    assert (code, out.splitlines()[1]) == (0, "Confirma says: Token is valid")
    assert "the key is valid: staging at 127.0.0.1" in out


def test_a_key_is_checked_in_the_embedded_sandbox_too(world: World) -> None:
    code, out, _ = invoke(world, "token", "check", **AWAY)
    assert code == 0
    assert "the key is valid: sandbox" in out


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (b'{"isValid": false, "message": "Token has expired"}', 2, "not valid any more: Token has expired"),
        (b'{"isValid": "false"}', 2, "not valid any more"),
        (b'{"valid": true}', 0, ""),
        (b'{"IsValid": "True", "Message": "Fine"}', 0, ""),
        (b'{"message": "Hello"}', 2, "does not say whether the key is valid"),
        (b"", 2, "does not say whether the key is valid"),
        (b"[]", 2, "does not say whether the key is valid"),
        (b"<html>Please log in</html>", 3, "no word on the key"),
    ],
)
def test_what_the_check_answers_is_read_leniently_and_never_guessed(
    world: World, server: KeyServer, no_waiting: list[float], said: bytes, code: int, words: str
) -> None:
    server.validation = said
    found, _, err = invoke(world, "token", "check", CONFIRMA_TOKEN=TOKEN, CONFIRMA_URL=server.url)
    assert found == code, err
    assert words in err


def test_a_key_that_is_not_good_any_more_is_exit_2_and_an_outage_exit_3(world: World, no_waiting: list[float]) -> None:
    code, _, err = invoke(world, "token", "check", CONFIRMA_TOKEN="WRONG-KEY-012345")
    assert code == 2
    assert "HTTP 401: Token is missing or invalid: the key is not valid (any more)" in err
    environ = {"CONFIRMA_TOKEN": TOKEN, "CONFIRMA_URL": f"http://127.0.0.1:{closed_port()}"}
    assert invoke(world, "token", "check", **environ)[0] == 3
    with raw_server(BUSY) as busy:
        assert invoke(world, "token", "check", CONFIRMA_TOKEN=TOKEN, CONFIRMA_URL=busy.url)[0] == 3
    assert len(busy.requests) == 3


# -- token renew -------------------------------------------------------------------------------------------------------


def renewed(world: World, server: KeyServer, *words: object, **environ: str) -> tuple[int, str, str]:
    return invoke(world, "token", "renew", *words, CONFIRMA_URL=server.url, **environ)


def test_a_renewal_without_another_key_leaves_the_one_in_use(world: World, server: KeyServer) -> None:
    file = world.folder / "new"
    code, out, _ = renewed(world, server, "--to", file, CONFIRMA_TOKEN=TOKEN)
    assert code == 0
    assert "Confirma says: Token is renewed" in out
    assert "the key in use is renewed and valid" in out
    assert not file.exists()


def test_a_renewal_can_be_tried_in_the_embedded_sandbox(world: World) -> None:
    code, out, _ = invoke(world, "token", "renew", "--to", world.folder / "new", **AWAY)
    assert code == 0
    assert "Token is renewed" in out


SHAPES = [
    json.dumps({"token": NEW}),
    json.dumps({"Message": f"Your new token: {NEW}."}),
    json.dumps({"data": [{"apiKey": NEW}], "traceId": "0af7651916cd43dd8448eb211c80319c"}),
    json.dumps(NEW),
    json.dumps([NEW]),
    NEW,
]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_new_key_goes_into_the_named_file_for_its_owner_alone(world: World, server: KeyServer, shape: str) -> None:
    server.renewal, server.afterwards = shape.encode(), {NEW}
    file = world.folder / "new"
    code, out, err = renewed(world, server, "--to", file, CONFIRMA_TOKEN=TOKEN)
    assert code == 0, err
    assert f"there is a new key, and it is valid: it is in {file}" in out
    assert file.read_text() == f"{NEW}\n"
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert server.renewals() == 1


def test_a_new_key_in_the_header_of_the_answer_is_found(world: World, server: KeyServer) -> None:
    server.header, server.afterwards = NEW, {NEW}
    assert renewed(world, server, "--to", world.folder / "new", CONFIRMA_TOKEN=TOKEN)[0] == 0
    assert (world.folder / "new").read_text() == f"{NEW}\n"


def test_a_short_new_key_is_known_by_the_name_of_its_member(world: World, server: KeyServer) -> None:
    server.renewal, server.afterwards = b'{"newToken": "k-12.34/5", "message": "It is k-12.34/5"}', {"k-12.34/5"}
    code, out, _ = renewed(world, server, "--to", world.folder / "new", CONFIRMA_TOKEN=TOKEN)
    assert (code, "k-12.34/5" in out) == (0, False)
    assert (world.folder / "new").read_text() == "k-12.34/5\n"


def test_a_new_key_takes_the_place_of_the_stored_one(world: World, server: KeyServer, ring: MemoryKeyring) -> None:
    ring.entries[entry(world, server.url)] = TOKEN
    server.renewal, server.afterwards = SHAPES[0].encode(), {NEW}
    code, out, _ = renewed(world, server)
    assert code == 0
    assert "it is in the system keyring" in out
    assert ring.entries == {entry(world, server.url): NEW}


def test_without_a_place_for_a_new_key_nothing_is_asked(world: World, server: KeyServer) -> None:
    code, _, err = renewed(world, server, CONFIRMA_TOKEN=TOKEN)
    assert code == 2
    assert "--to FILE" in err
    old = world.folder / "old"
    old.write_text("the old one\n")
    for file in (old, world.folder / "no-such-folder" / "new"):
        assert renewed(world, server, "--to", file, CONFIRMA_TOKEN=TOKEN)[0] == 2
    assert old.read_text() == "the old one\n"
    assert server.asked == []


def test_a_word_that_only_looks_like_a_key_is_not_shown_and_changes_nothing(
    world: World, server: KeyServer, ring: MemoryKeyring
) -> None:
    ring.entries[entry(world, server.url)] = TOKEN
    server.renewal = b'{"message": "Renewed until 2027-01-01, request 4bf92f3577b34da6a3ce929d0e0e4736"}'
    code, out, _ = renewed(world, server)
    assert code == 0
    assert "Confirma says: Renewed until 2027-01-01, request ***" in out
    assert ring.entries == {entry(world, server.url): TOKEN}


def test_a_key_that_cannot_be_proved_is_kept_beside_the_old_one(
    world: World, server: KeyServer, ring: MemoryKeyring
) -> None:
    ring.entries[entry(world, server.url)] = TOKEN
    server.renewal, server.afterwards = SHAPES[2].encode(), set()
    code, out, _ = renewed(world, server)
    assert code == 1
    assert f'entry "{entry(world, server.url)[0]} (unproved)"' in out
    assert ring.entries[entry(world, server.url)] == TOKEN
    assert ring.entries[entry(world, f"{server.url} (unproved)")].splitlines()[0] == NEW
    code, _, _ = renewed(world, server, "--to", world.folder / "new", CONFIRMA_TOKEN=TOKEN)
    assert code == 2, "the old key is dead: nothing was renewed, so no file is left"
    assert not (world.folder / "new").exists()


def test_a_renewal_that_ends_the_key_and_gives_no_other_says_so(world: World, server: KeyServer) -> None:
    server.afterwards = set()
    code, _, err = renewed(world, server, "--to", world.folder / "new", CONFIRMA_TOKEN=TOKEN)
    assert code == 2
    assert "renewed, and there was no new key in the answer; but" in err
    assert "the key is not valid (any more)" in err


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", BUSY])
def test_a_renewal_whose_answer_is_lost_is_not_asked_for_again(world: World, answer: bytes) -> None:
    with raw_server(answer) as server:
        words = ("token", "renew", "--to", world.folder / "new")
        code, _, err = invoke(world, *words, CONFIRMA_TOKEN=TOKEN, CONFIRMA_URL=server.url)
    assert code == 3
    assert "it is not known whether the key was renewed" in err
    assert len(server.requests) == 1


def test_no_key_is_renewed_while_a_run_uses_it(world: World, server: KeyServer) -> None:
    with held(world.settings):
        code, _, err = renewed(world, server, "--to", world.folder / "new", CONFIRMA_TOKEN=TOKEN)
    assert (code, server.asked) == (3, [])
    assert "is active" in err


def test_no_key_is_in_any_byte_that_a_renewal_writes_but_the_file(world: World, server: KeyServer) -> None:
    server.renewal, server.afterwards = SHAPES[1].encode(), {NEW}
    file = world.folder / "new"
    renewed(world, server, "--to", file, CONFIRMA_TOKEN=TOKEN)
    holding = [path for path in Path(world.folder).rglob("*") if path.is_file() and NEW.encode() in path.read_bytes()]
    assert holding == [file]
    assert world.places_of_the_token() == []

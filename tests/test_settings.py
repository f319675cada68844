"""Settings: who has the last word, what is refused, and that the key is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from confirma_connector.errors import SettingsError
from confirma_connector.settings import ENVIRONMENT_VARIABLES, Settings, is_loopback, load

MARKER = "MARKER-c7e1-key"
STAGING = {"CONFIRMA_ENVIRONMENT": "staging", "CONFIRMA_ACCOUNT": "acme", "CONFIRMA_TOKEN": MARKER}


@pytest.fixture(autouse=True)
def _own_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the config file of whoever runs the tests out of them, and plant one in the working folder."""
    monkeypatch.setattr("confirma_connector.configfile.user_config_path", lambda *_, **__: tmp_path / "user-config")
    monkeypatch.setattr("confirma_connector.settings.user_data_path", lambda *_, **__: tmp_path / "user-data")
    working = tmp_path / "working"
    working.mkdir()
    for name in ("config.toml", "confirma-connector.toml", ".env", "pyproject.toml"):
        (working / name).write_text('url = "https://planted.example"\nCONFIRMA_URL=https://planted.example\n')
    monkeypatch.chdir(working)


def config(folder: Path, text: str) -> str:
    path = folder / "own" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return str(path)


def refused(options: dict[str, Any], environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as error:
        load(options, environ)
    assert MARKER not in str(error.value)
    assert MARKER not in repr(error.value)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_with_nothing_said_it_is_the_sandbox(tmp_path: Path) -> None:
    found = load({}, {})
    assert (found.environment, found.account, found.url, found.token.get_secret_value()) == (
        "sandbox",
        "sandbox",
        None,
        "",
    )
    assert found.journal == tmp_path / "user-data" / "journal.sqlite3"
    assert (found.concurrency, found.quiet_period, found.numbering) == (4, 600, "forever")


def test_an_option_comes_before_the_environment_and_that_before_the_profile(tmp_path: Path) -> None:
    path = config(
        tmp_path,
        'environment = "sandbox"\naccount = "top"\n[profiles.acme]\naccount = "profile"\nconcurrency = 7\ntimeout = 5\n',
    )
    environ = {
        "CONFIRMA_CONFIG": path,
        "CONFIRMA_PROFILE": "acme",
        "CONFIRMA_ACCOUNT": "environ",
        "CONFIRMA_TIMEOUT": "6",
    }
    assert load({"account": "option"}, environ).account == "option"
    found = load({"account": None, "adapters": ()}, environ)
    assert (found.account, found.timeout, found.concurrency) == ("environ", 6, 7)
    del environ["CONFIRMA_ACCOUNT"]
    assert load({}, environ).account == "profile"
    del environ["CONFIRMA_PROFILE"]
    assert load({}, environ).account == "top"
    assert load({"config": path, "profile": "acme"}, {"CONFIRMA_PROFILE": "other"}).account == "profile"


def test_the_users_own_config_folder_is_read_and_the_working_folder_never(tmp_path: Path) -> None:
    assert load({}, {}).url is None
    (tmp_path / "user-config").mkdir()
    (tmp_path / "user-config" / "config.toml").write_text('account = "mine"\n')
    assert load({}, {}).account == "mine"


def test_paths_of_the_config_file_are_taken_from_its_own_folder(tmp_path: Path) -> None:
    text = 'journal = "j.sqlite3"\nattachments = "pdf"\ncontract = "c.yaml"\nadapters = ["more"]\nmapping = "maps/own.yaml"\n'
    found = load({"config": config(tmp_path, text)}, {})
    own = tmp_path / "own"
    assert (found.journal, found.attachments, found.contract) == (own / "j.sqlite3", own / "pdf", own / "c.yaml")
    assert (found.adapters, found.mapping) == ((own / "more",), str(own / "maps" / "own.yaml"))
    assert load({"config": config(tmp_path, 'mapping = "row-per-line"\n')}, {}).mapping == "row-per-line"


def test_every_environment_variable_is_heard(tmp_path: Path) -> None:
    values = {
        "CONFIRMA_ENVIRONMENT": "staging",
        "CONFIRMA_URL": "https://host.example/",
        "CONFIRMA_TOKEN": MARKER,
        "CONFIRMA_ACCOUNT": "acme",
        "CONFIRMA_JOURNAL": str(tmp_path / "j"),
        "CONFIRMA_CONTRACT": str(tmp_path / "c"),
        "CONFIRMA_CONCURRENCY": "2",
        "CONFIRMA_QUIET_PERIOD": "1.5",
        "CONFIRMA_TIMEOUT": "3",
        "CONFIRMA_ATTACHMENTS": str(tmp_path),
        "CONFIRMA_MAPPING": "row-per-line",
        "CONFIRMA_RETENTION_DAYS": "7",
        "CONFIRMA_LANGUAGE": "sv",
    }
    assert set(ENVIRONMENT_VARIABLES) == {*values, "CONFIRMA_TOKEN_FILE"}
    found = load({}, values)
    assert (found.url, found.concurrency, found.quiet_period, found.timeout) == ("https://host.example", 2, 1.5, 3)
    assert (found.retention_days, load({}, {}).retention_days) == (7, 30)
    assert (found.language, load({}, {}).language) == ("sv", None)
    assert load({}, {**values, "CONFIRMA_ACCOUNT": " spaced "}).account == "spaced"
    assert load({}, {"CONFIRMA_URL": "", "CONFIRMA_TOKEN": " "}).environment == "sandbox"


def test_the_quiet_period_is_a_day_in_production() -> None:
    assert load({}, {**STAGING, "CONFIRMA_ENVIRONMENT": "production"}).quiet_period == 86_400
    assert load({}, STAGING).quiet_period == 600


@pytest.mark.parametrize("name", ["CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_TOKEN_FILE"])
def test_a_url_or_a_key_without_an_environment_is_refused(name: str) -> None:
    assert "CONFIRMA_ENVIRONMENT" in refused({}, {name: "https://host.example" if name == "CONFIRMA_URL" else MARKER})


def test_a_real_environment_needs_an_account() -> None:
    assert "environment staging needs CONFIRMA_ACCOUNT" in refused({}, {**STAGING, "CONFIRMA_ACCOUNT": ""})


def test_a_key_is_looked_for_only_when_it_is_needed() -> None:
    assert load({}, {**STAGING, "CONFIRMA_TOKEN": ""}).token.get_secret_value() == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CONFIRMA_ENVIRONMENT": "prod"}, "CONFIRMA_ENVIRONMENT: "),
        ({"CONFIRMA_URL": "http://host.example"}, "plain http is for this machine only"),
        ({"CONFIRMA_URL": "host.example"}, "expected an address like https://host"),
        ({"CONFIRMA_URL": "ftp://host.example"}, "expected an address like https://host"),
        ({"CONFIRMA_URL": "https://"}, "expected an address like https://host"),
        ({"CONFIRMA_URL": "https://[::1"}, "CONFIRMA_URL: "),
        ({"CONFIRMA_URL": "https://host.example:port"}, "CONFIRMA_URL: "),
        ({"CONFIRMA_URL": f"https://user:{MARKER}@host.example"}, "no user, password, query or fragment"),
        ({"CONFIRMA_URL": f"https://host.example?key={MARKER}"}, "no user, password, query or fragment"),
        ({"CONFIRMA_TOKEN": f"{MARKER} {MARKER}"}, "CONFIRMA_TOKEN: the key has characters"),
        ({"CONFIRMA_TOKEN": f"{MARKER}\nX"}, "CONFIRMA_TOKEN: the key has characters"),
        ({"CONFIRMA_TOKEN": f"{MARKER}ä"}, "CONFIRMA_TOKEN: the key has characters"),
        ({"CONFIRMA_TOKEN_FILE": "/key"}, "CONFIRMA_TOKEN and CONFIRMA_TOKEN_FILE are both set"),
        ({"CONFIRMA_CONCURRENCY": "0"}, "CONFIRMA_CONCURRENCY: "),
        ({"CONFIRMA_CONCURRENCY": "many"}, "CONFIRMA_CONCURRENCY: "),
        ({"CONFIRMA_TIMEOUT": "nan"}, "CONFIRMA_TIMEOUT: "),
        ({"CONFIRMA_QUIET_PERIOD": "-1"}, "CONFIRMA_QUIET_PERIOD: "),
        ({"CONFIRMA_QUIET_PERIOD": "nan"}, "CONFIRMA_QUIET_PERIOD: "),
        ({"CONFIRMA_ACCOUNT": "a\x1bb"}, "CONFIRMA_ACCOUNT: "),
    ],
)
def test_what_cannot_be_right_is_refused_in_one_line_without_the_key(changes: dict[str, str], said: str) -> None:
    assert said in refused({}, {**STAGING, **changes})


def test_the_sandbox_never_talks_to_another_host() -> None:
    assert "the sandbox runs on this machine" in refused(
        {}, {"CONFIRMA_ENVIRONMENT": "sandbox", "CONFIRMA_URL": "https://host.example"}
    )
    assert (
        load({}, {"CONFIRMA_ENVIRONMENT": "sandbox", "CONFIRMA_URL": "http://127.0.0.1:8000"}).url
        == "http://127.0.0.1:8000"
    )


@pytest.mark.parametrize(
    ("host", "is_here"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("LOCALHOST", True),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
        ("0.0.0.0", False),
    ],
)
def test_only_this_machine_is_this_machine(host: str, is_here: bool) -> None:
    assert is_loopback(host) is is_here


# ---- the key ----


def test_the_key_comes_from_a_file_and_is_never_shown(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{MARKER}\n")
    environ = {
        "CONFIRMA_ENVIRONMENT": "staging",
        "CONFIRMA_ACCOUNT": "acme",
        "CONFIRMA_TOKEN_FILE": str(tmp_path / "key"),
    }
    found = load({}, environ)
    assert found.token.get_secret_value() == MARKER
    for text in (repr(found), str(found), found.model_dump_json(), repr(found.model_dump()), repr(vars(found))):
        assert MARKER not in text


def test_the_key_in_the_environment_comes_before_the_profiles_key_file(tmp_path: Path) -> None:
    path = config(tmp_path, 'environment = "staging"\naccount = "a"\ntoken_file = "missing"\n')
    assert load({"config": path}, {"CONFIRMA_TOKEN": MARKER}).token.get_secret_value() == MARKER
    assert f"there is no such file in the folder {tmp_path / 'own'}" in refused({"config": path}, {})


@pytest.mark.parametrize("content", [MARKER, f"{MARKER}\n", f" {MARKER} \r\n\n", f"\ufeff{MARKER}\r\n"])
def test_space_a_line_end_and_a_byte_order_mark_are_no_part_of_the_key(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_bytes(content.encode())
    environ = {**STAGING, "CONFIRMA_TOKEN": "", "CONFIRMA_TOKEN_FILE": str(tmp_path / "key")}
    assert load({}, environ).token.get_secret_value() == MARKER


@pytest.mark.parametrize("content", ["", "\n", " \t\r\n"])
def test_an_empty_key_file_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "key").write_text(content)
    environ = {**STAGING, "CONFIRMA_TOKEN": "", "CONFIRMA_TOKEN_FILE": str(tmp_path / "key")}
    assert refused({}, environ) == f"the key file {tmp_path / 'key'} is empty"


def test_a_key_file_with_more_than_a_key_is_refused(tmp_path: Path) -> None:
    for content in (f"{MARKER}\n{MARKER}\n".encode(), b"\xff\xfe"):
        (tmp_path / "key").write_bytes(content)
        environ = {
            "CONFIRMA_ENVIRONMENT": "staging",
            "CONFIRMA_ACCOUNT": "acme",
            "CONFIRMA_TOKEN_FILE": str(tmp_path / "key"),
        }
        assert refused({}, environ).startswith(f"the key file {tmp_path / 'key'} ")


def test_a_key_file_with_something_else_than_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"key = {MARKER}", "utf-8")
    environ = {**STAGING, "CONFIRMA_TOKEN": "", "CONFIRMA_TOKEN_FILE": str(tmp_path / "key")}
    assert refused({}, environ).startswith(f"the key file {tmp_path / 'key'}: the key has characters")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'token = "{MARKER}"\n', "the key itself does not belong in this file"),
        (f'[profiles.acme]\ntoken = "{MARKER}"\n', "the key itself does not belong in this file"),
        (f'tokn = "{MARKER}"\n', 'there is no setting "tokn"; did you mean "token"?'),
        (f"token = {MARKER}\n", "cannot be read"),
        (f'"{MARKER}\n', "cannot be read"),
        (f'account = ["{MARKER}"]\n', "account: "),
        ('acount = "x"\n', 'there is no setting "acount"; did you mean "account"?'),
        ("profiles = 3\n", "a profile is a table of its own"),
        ('[profiles]\nacme = "x"\n', "a profile is a table of its own"),
        ('[profiles.other]\naccount = "x"\n', 'there is no profile "acme"; it has: other'),
        ("", 'there is no profile "acme"; it has: none'),
        ('adapters = "folder"\n[profiles.acme]\n', "adapters: "),
        ('numbering = "monthly"\n[profiles.acme]\n', "numbering: "),
        ("timeout = {a = 1}\n[profiles.acme]\n", "timeout: "),
    ],
)
def test_a_mistake_in_the_config_file_is_told_without_its_values(tmp_path: Path, text: str, said: str) -> None:
    options = {"config": config(tmp_path, text)}
    if "profiles" in text or "acme" in said:
        options["profile"] = "acme"
    assert said in refused(options, {"CONFIRMA_ENVIRONMENT": "sandbox"})


def test_a_config_file_that_is_not_there_is_refused_and_so_is_a_profile_without_one(tmp_path: Path) -> None:
    assert "missing.toml: cannot be read" in refused({"config": str(tmp_path / "missing.toml")}, {})
    assert 'profile "acme" is asked for, but there is no config file' in refused({"profile": "acme"}, {})


def test_a_profile_that_is_named_has_to_name_its_environment(tmp_path: Path) -> None:
    path = config(tmp_path, '[profiles.acme]\naccount = "a"\n[profiles.key]\ntoken_file = "x"\n')
    for name in ("acme", "key"):
        said = f"{path}, profile {name}: set environment to sandbox, staging or production"
        assert refused({"config": path, "profile": name}, {}) == said
        assert refused({}, {"CONFIRMA_CONFIG": path, "CONFIRMA_PROFILE": name}) == said
    assert load({"config": path}, {}).environment == "sandbox"
    assert load({"config": path, "profile": "acme"}, {"CONFIRMA_ENVIRONMENT": "staging"}).account == "a"


def test_a_setting_that_there_is_not_is_told_with_its_file_and_profile(tmp_path: Path) -> None:
    path = config(tmp_path, 'environment = "sandbox"\n[profiles.acme]\ncolour = 1\n[profiles.beta]\noverlay = "x"\n')
    assert refused({"config": path, "profile": "acme"}, {}) == f'{path}, profile acme: there is no setting "colour"'
    assert refused({"config": path, "profile": "beta"}, {}) == f'{path}, profile beta: there is no setting "overlay"'
    path = config(tmp_path, 'environment = "sandbox"\ntimeuot = 1\n')
    assert refused({"config": path}, {}) == f'{path}: there is no setting "timeuot"; did you mean "timeout"?'


def test_the_overlay_lies_beside_the_config_file_in_use(tmp_path: Path) -> None:
    path = config(tmp_path, 'environment = "sandbox"\n')
    elsewhere, beside = tmp_path / "user-config" / "contract.yaml", tmp_path / "own" / "contract.yaml"
    elsewhere.parent.mkdir()
    elsewhere.write_text("", "utf-8")
    found = load({"config": path}, {})
    assert (found.contract, found.overlay) == (None, beside)
    beside.write_text("", "utf-8")
    found = load({}, {"CONFIRMA_CONFIG": path})
    assert (found.contract, found.overlay) == (beside, beside)
    found = load({}, {})
    assert (found.contract, found.overlay) == (elsewhere, elsewhere)
    assert load({"contract": "own.yaml"}, {}).overlay == Path("own.yaml")


def test_settings_cannot_be_changed_afterwards() -> None:
    found = load({}, {})
    with pytest.raises(ValueError, match="frozen"):
        found.url = "https://other.example"  # type: ignore[misc]
    assert isinstance(found, Settings)

"""What a run is told from outside: option, then environment variable, then the profile in the user's own config.

Nothing is ever read from the working folder or the folder of the data: a planted file must not redirect the key.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, Self, get_args
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

from confirma_connector import language
from confirma_connector.configfile import APP, config_file, expanded, of_profile, small_text
from confirma_connector.errors import SettingsError
from confirma_connector.language import LanguageCode, either, mark, tr, whole
from confirma_connector.limits import DEFAULTS, Limits
from confirma_connector.masking import SHORTEST_KEY

__all__ = [
    "ENVIRONMENT_VARIABLES",
    "Environment",
    "Settings",
    "as_key",
    "given",
    "is_loopback",
    "load",
]

Environment = Literal["sandbox", "staging", "production"]

ENVIRONMENT_VARIABLES: Mapping[str, str] = {
    "CONFIRMA_ENVIRONMENT": "environment",
    "CONFIRMA_URL": "url",
    "CONFIRMA_TOKEN": "token",
    "CONFIRMA_TOKEN_FILE": "token_file",
    "CONFIRMA_ACCOUNT": "account",
    "CONFIRMA_JOURNAL": "journal",
    "CONFIRMA_CONTRACT": "contract",
    "CONFIRMA_CONCURRENCY": "concurrency",
    "CONFIRMA_QUIET_PERIOD": "quiet_period",
    "CONFIRMA_TIMEOUT": "timeout",
    "CONFIRMA_ATTACHMENTS": "attachments",
    "CONFIRMA_MAPPING": "mapping",
    "CONFIRMA_RETENTION_DAYS": "retention_days",
    "CONFIRMA_LANGUAGE": "language",
}
"""Environment variable → setting. (`CONFIRMA_CONFIG` and `CONFIRMA_PROFILE` choose the profile itself.)"""

_NEVER_SET = ("overlay",)


class Settings(BaseModel):
    """The settings of one run, complete and checked. *quiet_period* and *timeout* are seconds.

    *contract* is the overlay on the contract that is read, if any; *overlay* is the place of the one to write, there or
    not. Without a *language* it is the system's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    environment: Environment = "sandbox"
    url: str | None = None
    token: SecretStr = SecretStr("")
    token_file: Path | None = None
    account: str = Field(default="", pattern=r"^[^\x00-\x1f]{0,100}$")
    journal: Path = Path()
    contract: Path | None = None
    overlay: Path = Path("contract.yaml")
    concurrency: int = Field(default=4, ge=1, le=32)
    quiet_period: float = Field(default=600, ge=0, le=10_000_000)
    timeout: float = Field(default=60, gt=0, le=3600)
    attachments: Path | None = None
    mapping: str | None = None
    adapters: tuple[Path, ...] = ()
    rules: dict[str, str] = {}
    numbering: Literal["forever", "yearly"] = "forever"
    retention_days: int = Field(default=30, ge=0, le=36_500)
    limits: Limits = DEFAULTS
    language: LanguageCode | None = None

    @field_validator("language", mode="before")
    @classmethod
    def _one_of_ours(cls, text: object) -> LanguageCode | None:
        found = language.known(text) if isinstance(text, str) else None
        if text is not None and found is None:
            raise ValueError(tr("expected en, fi or sv: English, Finnish or Swedish"))
        return found

    @field_validator("url")
    @classmethod
    def _encrypted_or_local(cls, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            parts, port = urlsplit(url), urlsplit(url).port
        except ValueError:  # its text repeats what may be a password
            raise ValueError(tr("expected an address like https://host")) from None
        if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
            raise ValueError(tr("expected an address like https://host"))
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(tr("expected only scheme, host and path: no user, password, query or fragment"))
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError(tr("plain http is for this machine only (127.0.0.1); use https://"))
        return url.rstrip("/")

    @field_validator("token")
    @classmethod
    def _fits_a_header(cls, token: SecretStr) -> SecretStr:
        return as_key(token.get_secret_value())

    @model_validator(mode="after")
    def _complete(self) -> Self:
        key = self.token.get_secret_value()
        for name, value in self if len(key) >= SHORTEST_KEY else ():
            if name != "token" and key in str(value):
                raise ValueError(tr("the setting {name} has the key in it, and would show it", name=name))
        if self.environment == "sandbox":
            if self.url and not is_loopback(urlsplit(self.url).hostname or ""):
                raise ValueError(
                    tr("the sandbox runs on this machine; for another host name the environment staging or production")
                )
            return self
        if not self.account:
            raise ValueError(tr("environment {environment} needs CONFIRMA_ACCOUNT", environment=self.environment))
        return self


def as_key(text: str) -> SecretStr:
    """Give *text* as a key, without the space around it. Raises ValueError when no header can carry it."""
    key = text.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError(tr("the key has characters that cannot be part of a key; was it pasted whole?"))
    return SecretStr(key)


def is_loopback(host: str) -> bool:
    """Tell whether *host* is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load(options: Mapping[str, Any], environ: Mapping[str, str]) -> Settings:
    """Merge options (None means not given), environment variables and the profile. Raises SettingsError."""
    given = {name: value for name, value in options.items() if value not in (None, ())}
    config, profile = given.pop("config", None), given.pop("profile", None)
    config, profile = config or environ.get("CONFIRMA_CONFIG"), profile or environ.get("CONFIRMA_PROFILE")
    filed: dict[str, Any] = of_profile(
        config, profile, [name for name in Settings.model_fields if name not in _NEVER_SET]
    )
    said = {
        name: environ[variable] for variable, name in ENVIRONMENT_VARIABLES.items() if environ.get(variable, "").strip()
    }
    with language.using(language.known(str((filed | said).get("language", "")))):
        return _merged(given, said, filed, config, profile)


def given(values: Mapping[str, Any]) -> Settings:
    """Give the settings that a program says itself (None means not said): no file is read but those it names.

    Raises SettingsError.
    """
    said = {name: value for name, value in values.items() if value is not None}
    if {"token", "token_file"} <= said.keys():
        raise SettingsError(tr("token and token_file are both given: which is the key?"))
    with language.using(language.known(str(said.get("language", "")))):
        return _checked(_completed(said, None), None, said.keys())


def _merged(
    given: Mapping[str, Any],
    said: Mapping[str, Any],
    of_profile: Mapping[str, Any],
    config: str | Path | None,
    profile: str | None,
) -> Settings:
    values = dict(of_profile)
    if {"token", "token_file"} <= said.keys():
        raise SettingsError(tr("CONFIRMA_TOKEN and CONFIRMA_TOKEN_FILE are both set: which is the key? Unset one"))
    if "token" in said:
        values.pop("token_file", None)
    values |= {**said, **given}
    if "environment" not in values and profile:
        raise SettingsError(
            tr(
                "{file}, profile {profile}: set environment to sandbox, staging or production",
                file=config_file(config),
                profile=profile,
            )
        )
    if "environment" not in values and any(name in values for name in ("url", "token", "token_file")):
        raise SettingsError(
            tr("a URL or a key is set but no environment: set CONFIRMA_ENVIRONMENT to sandbox, staging or production")
        )
    own = config_file(config)
    filed = values.keys() - said.keys() - given.keys()
    return _checked(_completed(values, own.parent / "contract.yaml"), own if filed else None, filed)


def _completed(values: dict[str, Any], own_overlay: Path | None) -> dict[str, Any]:
    """Fill in what was not said; *own_overlay* counts as said where it is there."""
    environment = values.get("environment", "sandbox")
    if "token_file" in values and "token" not in values:
        values["token"] = _secret(Path(values["token_file"]))
    if environment == "sandbox":
        values.setdefault("account", "sandbox")
    values.setdefault("quiet_period", 86_400 if environment == "production" else 600)
    values.setdefault("journal", user_data_path(APP, appauthor=False) / "journal.sqlite3")
    values["journal"] = expanded(values["journal"]).absolute()
    if "contract" not in values and own_overlay is not None and own_overlay.is_file():
        values["contract"] = own_overlay
    if overlay := values.get("contract", own_overlay):
        values["overlay"] = overlay
    return values


def _secret(path: Path) -> str:
    file = expanded(path)
    if not os.path.lexists(file):
        if file.parent.is_dir():
            raise SettingsError(
                tr(
                    "the key file cannot be read: there is no such file in the folder {folder} (its name is not said: "
                    "it may be the key itself)",
                    folder=file.parent,
                )
            )
        raise SettingsError(
            tr("the key file cannot be read: there is none (its name is not said: it may be the key itself)")
        )
    key = small_text(file, tr("the key file {path}", path=path)).removeprefix("\ufeff").strip()
    if not key:
        raise SettingsError(tr("the key file {path} is empty", path=path))
    if len(lines := key.splitlines()) > 1:
        raise SettingsError(
            tr(
                "the key file {path} has {lines} lines; it is to hold the key and nothing else",
                path=path,
                lines=whole(len(lines)),
            )
        )
    try:
        as_key(key)
    except ValueError as error:
        raise SettingsError(tr("the key file {path}: {error}", path=path, error=error)) from None
    return key


def _checked(values: dict[str, Any], file: Path | None, filed: Collection[str]) -> Settings:
    """Check the settings, those of *filed* said in the config *file*. Raises SettingsError."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        details = error.errors(include_input=False)
        is_of_the_file = any(not detail["loc"] or detail["loc"][0] in filed for detail in details)
        where = f"{file}: " if file and is_of_the_file else ""
        raise SettingsError(where + "; ".join(_sentence(detail, filed) for detail in details)) from None


def _sentence(detail: Any, filed: Collection[str]) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    text = _wrong(detail)
    if name in filed:
        return f"{name}: {text}"
    variable = next((variable for variable, setting in ENVIRONMENT_VARIABLES.items() if setting == name), "")
    return f"{variable or name}: {text}" if name else text


def _wrong(detail: Any) -> str:
    """Say what was expected of a setting; what the library says in its own words is for values nobody would write."""
    kind, loc = detail["type"], detail["loc"]
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "literal_error" and len(loc) == 1:
        words = get_args(Settings.model_fields[loc[0]].annotation)
        return tr("expected {words}", words=either(words))
    bounds = {name: value for name, value in detail.get("ctx", {}).items() if isinstance(value, int | float)}
    sentence = _EXPECTED.get(kind)
    return tr(sentence, **{name: whole(int(value)) for name, value in bounds.items()}) if sentence else detail["msg"]


_EXPECTED: Mapping[str, str] = {
    "greater_than": mark("expected more than {gt}"),
    "greater_than_equal": mark("expected {ge} or more"),
    "less_than_equal": mark("expected {le} or less"),
    **dict.fromkeys(("int_parsing", "int_type", "int_from_float"), mark("expected a whole number")),
    **dict.fromkeys(("float_parsing", "float_type", "finite_number"), mark("expected a number")),
    **dict.fromkeys(("string_type", "path_type"), mark("expected text")),
    "string_pattern_mismatch": mark("expected at most 100 characters, on one line"),
    "tuple_type": mark("expected a list"),
    "dict_type": mark("expected a table of its own"),
    **dict.fromkeys(("dataclass_type", "dataclass_exact_type"), mark("expected a table of its own")),
}
"""What a kind of the library's errors comes to."""

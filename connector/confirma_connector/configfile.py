"""The config file: settings for everyone at its top level, and profiles that come on top of them."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from confirma_connector.errors import SettingsError
from confirma_connector.language import because, tr, whole
from confirma_connector.limits import Limits

__all__ = ["APP", "adapter_folders", "config_file", "expanded", "of_profile", "profiles", "small_text"]

APP = "confirma-connector"
_PATHS = ("token_file", "journal", "contract", "attachments")
_NEVER_IN_A_FILE = ("token",)
_LARGEST_FILE = 200_000
"""Bytes of a config file or a key file: nothing that people write comes near it."""


def profiles(config: str | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name the profiles of the config file, in its order. Raises SettingsError when there are none."""
    path = config_file(config or environ.get("CONFIRMA_CONFIG"))
    _, named = _tables(path)
    if not named:
        raise SettingsError(
            tr("{path}: has no profiles; each is a table of its own, headed [profiles.NAME]", path=path)
        )
    return tuple(named)


def adapter_folders(config: str | Path | None, profile: str | None, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Give the folders of adapters that the config file, or its profile, names. Raises SettingsError.

    What else stands there is not looked at: adapters can be listed whatever is wrong with it.
    """
    path = config_file(config or environ.get("CONFIRMA_CONFIG"))
    profile = profile or environ.get("CONFIRMA_PROFILE")
    tree, named = _read(path, profile, is_named=bool(config or environ.get("CONFIRMA_CONFIG")))
    folders = (tree | (named[profile] if profile else {})).get("adapters", [])
    if not isinstance(folders, list):
        raise SettingsError(tr("{path}: adapters: expected a list", path=path))
    return tuple(_from(path, "adapters", folders))


def config_file(config: str | Path | None) -> Path:
    """Give the place of the config file: the one named, else the user's own."""
    return expanded(config) if config else user_config_path(APP, appauthor=False) / "config.toml"


def _read(path: Path, profile: str | None, *, is_named: bool) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Give the top level of the config file, and its profiles, among them *profile*; nobody needs to have one."""
    if not is_named and not path.is_file():
        if profile:
            raise SettingsError(
                tr('profile "{profile}" is asked for, but there is no config file {path}', profile=profile, path=path)
            )
        return {}, {}
    tree, named = _tables(path)
    if profile and profile not in named:
        raise SettingsError(
            tr(
                '{path}: there is no profile "{profile}"; it has: {profiles}',
                path=path,
                profile=profile,
                profiles=", ".join(named) or tr("none"),
            )
        )
    return tree, named


def _tables(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Give the top level of the config file, and its profiles by name."""
    try:
        tree = tomllib.loads(small_text(path, f"{path}:"))
    except ValueError as error:  # also of a number of thousands of digits
        raise SettingsError(tr("{path}: cannot be read: {error}", path=path, error=error)) from None
    except RecursionError:
        raise SettingsError(tr("{path}: cannot be read: its values are nested too deeply", path=path)) from None
    named = tree.pop("profiles", {})
    if not isinstance(named, dict) or not all(isinstance(one, dict) for one in named.values()):
        raise SettingsError(tr("{path}: a profile is a table of its own, headed [profiles.NAME]", path=path))
    return tree, named


def small_text(path: Path, name: str) -> str:
    """Give the text of a small file of the user's own; one that never ends is not read to its end."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise SettingsError(
                tr(
                    "{name} cannot be read: it is larger than {most} bytes",
                    name=name,
                    most=whole(_LARGEST_FILE),
                )
            )
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(tr("{name} cannot be read: it is not UTF-8 text", name=name)) from None
    except OSError as error:
        raise SettingsError(tr("{name} cannot be read: {reason}", name=name, reason=because(error))) from None


def of_profile(config: str | Path | None, profile: str | None, known: Sequence[str]) -> dict[str, Any]:
    """Read the settings of the config file: its top level, with `[profiles.NAME]` on top of it when one is named.

    *known* are the names of settings. Raises SettingsError.
    """
    path = config_file(config)
    tree, named = _read(path, profile, is_named=bool(config))
    own = named[profile] if profile else {}
    for where, table in ((str(path), tree), (tr("{path}, profile {profile}", path=path, profile=profile), own)):
        _refuse_unknown(where, table, known)
        _refuse_unknown(f"{where}, [limits]", _limits(where, table), [one.name for one in fields(Limits)])
    values = tree | own
    if limits := _limits("", tree) | _limits("", own):
        values["limits"] = limits
    for name in _NEVER_IN_A_FILE:
        if name in values:
            raise SettingsError(
                tr('{path}: the key itself does not belong in this file; use token_file = "…"', path=path)
            )
    return {name: _from(path, name, value) for name, value in values.items()}


def _limits(where: str, table: Mapping[str, Any]) -> dict[str, Any]:
    limits = table.get("limits", {})
    if not isinstance(limits, dict):
        raise SettingsError(tr("{where}: limits: expected a table of its own, headed [limits]", where=where))
    return limits


def _refuse_unknown(where: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = tr('; did you mean "{near}"?', near=near[0]) if near else ""
            raise SettingsError(tr('{where}: there is no setting "{name}"{hint}', where=where, name=name, hint=hint))


def _from(file: Path, name: str, value: Any) -> Any:
    """Take relative paths of the config file from the folder it lies in."""
    where = f"{file}: {name}: "
    if name in _PATHS:
        return file.parent / expanded(str(value), where)
    if name == "adapters" and isinstance(value, list):
        return [file.parent / expanded(str(entry), where) for entry in value]
    if name == "mapping" and Path(str(value)).suffix in (".yaml", ".yml"):
        return str(file.parent / expanded(str(value), where))
    return value


def expanded(path: str | Path, where: str = "") -> Path:
    """Give *path* with the user's folder for its ~. Raises SettingsError when there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise SettingsError(
            tr("{where}{path}: there is no such user's folder; ~ alone is your own", where=where, path=path)
        ) from None

"""Tracking every profile of the config file, one after the other: a broken one does not keep the others from it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from confirma_connector import configfile, language, pipeline
from confirma_connector.cli.printing import printed, show
from confirma_connector.cli.progress import logged
from confirma_connector.cli.running import carried_out
from confirma_connector.errors import SettingsError
from confirma_connector.language import tr
from confirma_connector.report import ProfileReport, Reports

__all__ = ["track_all"]

_OF_ONE_OPTIONS = ("profile", "account", "mapping", "output")
_OF_ONE_VARIABLES = ("CONFIRMA_PROFILE", "CONFIRMA_ACCOUNT", "CONFIRMA_TOKEN", "CONFIRMA_TOKEN_FILE")
_WORST = (130, 2, 1, 3, 0)
"""Exit codes, the worst first: what is stopped is stopped as a whole, and what is new for a person (1) is told once,
while an outage (3) shows again by itself."""


def track_all(files: tuple[Path, ...], given: Mapping[str, Any], *, as_json: bool, log_json: bool) -> NoReturn:
    """Track every profile and leave with the worst of their exit codes. Raises SettingsError."""
    _refuse_what_is_of_one(files, given)
    reports = []
    for name in configfile.profiles(given.get("config"), os.environ):
        with language.using(None):  # each in its own language
            if not as_json:
                printed([tr("profile {name}", name=name)])
            one = {**given, "profile": name}
            report = carried_out("track", pipeline.track, (), one, as_json=as_json, log_json=log_json)
            if not as_json:
                show(report, log_json=log_json)
        reports.append(ProfileReport(profile=name, report=report))
        if report.exit_code == _WORST[0]:
            break
    code = min((one.report.exit_code for one in reports), key=_WORST.index)
    if log_json:
        logged("done", command="track", exit_code=code)
    if as_json:
        printed([Reports(exit_code=code, reports=tuple(reports)).model_dump_json(indent=2)])
    raise click.exceptions.Exit(code)


def _refuse_what_is_of_one(files: tuple[Path, ...], given: Mapping[str, Any]) -> None:
    """Refuse what would hold for every profile and can be right for one only: a key must never go with another's."""
    said = [f"--{name}" for name in _OF_ONE_OPTIONS if given.get(name)] + ["FILE"] * bool(files)
    said += [name for name in _OF_ONE_VARIABLES if os.environ.get(name, "").strip()]
    if said:
        raise SettingsError(
            tr("--all-profiles takes everything of an account from its profile: leave out {name}", name=said[0])
        )

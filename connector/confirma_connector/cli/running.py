"""Carrying out check, send or track: settings, the story, the report; what kept it from beginning is a report too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NoReturn

import click

from confirma_connector.cli import options
from confirma_connector.cli.printing import finish, sandbox_line
from confirma_connector.cli.progress import listener
from confirma_connector.errors import ConfirmaError
from confirma_connector.report import Report
from confirma_connector.run import Choice, Run

__all__ = ["carry_out"]


def carry_out(
    command: Literal["check", "send", "track"],
    story: Callable[[Run, Choice], Report],
    files: tuple[Path, ...],
    given: dict[str, Any],
    *,
    as_json: bool,
    log_json: bool,
) -> NoReturn:
    """Run *story* and leave with its exit code. For programs an error is a report as well; people get one line."""
    if not files and command != "track":
        raise click.UsageError("no file is named")
    environment = account = ""
    try:
        run = options.prepared(given, listener(log_json=log_json))
        choice = options.choice_from(files, given)
        environment, account = run.settings.environment, run.settings.account
        if not as_json:
            sandbox_line(environment)
        report = story(run, choice)
    except ConfirmaError as error:
        if not as_json and not log_json:
            raise
        report = Report(
            command=command, environment=environment, account=account, exit_code=error.exit_code, problem=str(error)
        )
    finish(report, as_json=as_json, log_json=log_json)

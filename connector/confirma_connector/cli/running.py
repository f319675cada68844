"""Carrying out check, send or track: settings, the story, the report; what kept it from beginning is a report too."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, NoReturn

import click

from confirma_connector import keys
from confirma_connector.cli import mistake, options
from confirma_connector.cli.printing import finish, sandbox_line
from confirma_connector.cli.progress import Listener, listener, logged
from confirma_connector.cli.saying import say
from confirma_connector.errors import ConfirmaError
from confirma_connector.language import tr
from confirma_connector.report import AttentionReport, Report
from confirma_connector.run import Choice, Run

__all__ = ["carried_out", "carry_out", "logged_attention"]


def carry_out(
    command: Literal["check", "send", "track"],
    story: Callable[[Run, Choice], Report],
    files: tuple[Path, ...],
    given: dict[str, Any],
    *,
    as_json: bool,
    log_json: bool,
) -> NoReturn:
    """Run *story*, print its report and leave with its exit code."""
    if not files and command != "track":
        raise click.UsageError(tr("no file is named"))
    report = carried_out(command, story, files, given, as_json=as_json, log_json=log_json)
    finish(report, as_json=as_json, log_json=log_json)


def carried_out(
    command: Literal["check", "send", "track"],
    story: Callable[[Run, Choice], Report],
    files: tuple[Path, ...],
    given: dict[str, Any],
    *,
    as_json: bool,
    log_json: bool,
) -> Report:
    """Run *story*; what keeps it from beginning is a report as well. The log says whose run it was in every line."""
    profile = given.get("profile") or os.environ.get("CONFIRMA_PROFILE")
    about = {"profile": profile} if profile else {}
    environment = account = ""
    try:
        settings = options.loaded_settings(given)
        environment, account = settings.environment, settings.account
        about["account"] = account
        shown = listener(log_json=log_json, about=about)
        run = options.run_with(settings, shown, given)
        run = replace(run, ask=_asking(run.ask, shown))
        choice = options.choice_from(files, given)
        if warning := keys.exposed(run.settings):
            logged("warning", **about, message=warning) if log_json else say(f"confirma: {warning}", err=True)
        if not as_json:
            sandbox_line(environment)
        try:
            with shown:
                report = story(run, choice)
        finally:
            for line in run.registry.prints() if sys.stderr.isatty() and not log_json else ():  # never into a log
                say(line, err=True)
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        raise
    except (click.Abort, KeyboardInterrupt) as stop:
        if not (as_json or log_json):
            raise
        said = [*getattr(stop.__cause__ or stop, "__notes__", ()), tr("stopped; nothing is lost, run again to go on")]
        report = Report(
            command=command, environment=environment, account=account, exit_code=130, problem="; ".join(said)
        )
    except Exception as error:
        code, problem = error.exit_code if isinstance(error, ConfirmaError) else 2, str(error)
        if not isinstance(error, ConfirmaError):
            trace, problem = mistake.lines(error), mistake.request(error)
            logged("mistake", **about, trace=trace) if log_json else say("\n".join(trace), err=True)
        report = Report(command=command, environment=environment, account=account, exit_code=code, problem=problem)
    if log_json:
        for one in report.attention:
            logged_attention(one, about)
        logged("done", **about, command=command, exit_code=report.exit_code, problem=report.problem)
    return report


def _asking(ask: Callable[[str], bool], shown: Listener) -> Callable[[str], bool]:
    """Give *ask* with its question at a line of its own."""

    def asked(question: str) -> bool:
        shown.erase()
        return ask(question)

    return asked


def logged_attention(one: AttentionReport, about: Mapping[str, str]) -> None:
    """Log an invoice that needs a person: a number that is none is a cell's value, and stays out of the log."""
    facts = {"path": one.path, "state": one.state, "where": one.where}
    number = {"number": int(one.number)} if one.number.isascii() and one.number.isdigit() else {}
    logged("attention", **about, **number, **{name: value for name, value in facts.items() if value})

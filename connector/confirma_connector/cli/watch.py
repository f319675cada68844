"""`confirma watch`."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from confirma_connector import keys, watching
from confirma_connector.cli import mistake, options
from confirma_connector.cli.printing import counted, sandbox_line
from confirma_connector.cli.progress import listener, logged
from confirma_connector.cli.running import logged_attention
from confirma_connector.cli.saying import say
from confirma_connector.errors import ConfirmaError, SettingsError
from confirma_connector.language import mark, tr
from confirma_connector.watching import Folders, Happening, Orders, Schedule

__all__ = ["watch"]

_PATH = click.Path(path_type=Path)
_SETTLE, _EVERY = click.FloatRange(0, 86_400), click.FloatRange(0.1, 86_400)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@click.command()
@click.argument("folder", type=_PATH, metavar="IN")
@click.option("--done", type=_PATH, required=True, metavar="FOLDER", help="Where files go whose invoices are all sent.")
@click.option("--failed", type=_PATH, required=True, metavar="FOLDER", help="Where files go that need a person.")
@click.option("--answers", type=_PATH, metavar="FOLDER", help="Where results go, instead of beside their file.")
@click.option("--pattern", multiple=True, metavar="PATTERN", help="Only files with such a name: '*.xml'.")
@click.option("--settle", type=_SETTLE, default=5.0, show_default=True, help="Seconds a file must stay unchanged.")
@click.option("--every", type=_EVERY, default=10.0, show_default=True, help="Seconds from one look to the next.")
@click.option("--track-every", metavar="TIME", help="Track so often: 24h, 90m.")
@click.option("--track-at", metavar="HH:MM", help="Track once a day, at this local time.")
@click.option("--once", is_flag=True, help="Deal with what is there, then end.")
@click.option("--mapping", "-m", metavar="MAPPING", help="A shipped mapping's name, or a mapping file.")
@click.option("--resend-corrected", is_flag=True, help="Send again what Confirma could not deliver and is corrected.")
@click.option("--yes", is_flag=True, help="Answer the question before a production send with yes.")
@click.option("--log-json", is_flag=True, help="Log one JSON line an event to standard error.")
@options.settings_options
def watch(folder: Path, log_json: bool, **given: Any) -> None:
    """Send each file that is dropped into IN once it is whole, then move it, with its results, to where it belongs.

    It goes on until it is stopped; started again, it goes on where it was.
    """
    profile = given.get("profile") or os.environ.get("CONFIRMA_PROFILE")
    about = {"profile": profile} if profile else {}
    code, problem = 2, ""
    try:
        settings = options.loaded_settings(given)
        about["account"] = settings.account
        run = replace(options.run_with(settings, lambda _: None, given), ask=lambda _: False)
        if log_json:
            run = replace(run, hear=listener(log_json=True, about=about))
        orders = _orders(folder, given)
        if warning := keys.exposed(settings):
            logged("warning", **about, message=warning) if log_json else say(f"confirma: {warning}", err=True)
        if not log_json:
            sandbox_line(settings.environment, err=True)
        code = watching.watch(run, orders, _Log(about) if log_json else _told)
        if not log_json:
            sandbox_line(settings.environment, err=True)
    except Exception as error:
        if not log_json:
            raise
        code, problem = error.exit_code if isinstance(error, ConfirmaError) else 2, str(error)
        if not isinstance(error, ConfirmaError):
            logged("mistake", **about, trace=mistake.lines(error))
            problem = mistake.request(error)
    if log_json:
        logged("done", **about, command="watch", exit_code=code, problem=problem)
    raise click.exceptions.Exit(code)


def _orders(folder: Path, given: Mapping[str, Any]) -> Orders:
    return Orders(
        Folders(folder, given["done"], given["failed"], given["answers"]),
        options.choice_from((), dict(given)),
        given["pattern"] or ("*",),
        given["settle"],
        given["every"],
        _schedule(given["track_every"], given["track_at"]),
        given["once"],
    )


def _schedule(every: str | None, at: str | None) -> Schedule | None:
    if every and at:
        raise SettingsError(tr("--track-every and --track-at exclude each other"))
    if every:
        found = re.fullmatch(r"(\d{1,6})([smhd])", every.strip())
        if not found or not int(found[1]):
            raise SettingsError(tr("--track-every takes a time like 24h, 90m or 1d, and {every} is none", every=every))
        return Schedule(every=dt.timedelta(seconds=int(found[1]) * _UNITS[found[2]]))
    if at:
        try:
            return Schedule(at=dt.datetime.strptime(at.strip(), "%H:%M").time())
        except ValueError:
            raise SettingsError(tr("--track-at takes a time of the day like 06:30, and {at} is none", at=at)) from None
    return None


class _Log:
    """One JSON line for each thing that happens, and one for each invoice that needs a person."""

    def __init__(self, about: Mapping[str, str]) -> None:
        self._about = about

    def __call__(self, happening: Happening) -> None:
        facts = {name: getattr(happening, name) for name in ("path", "to", "states", "message")}
        if happening.what != "settled":
            logged(happening.what, **self._about, **{name: value for name, value in facts.items() if value})
        for one in happening.attention:
            logged_attention(one, self._about)


_LINES: Mapping[str, str] = {
    "watching": mark("watching {path}"),
    "seen": mark("seen {path}"),
    "begun": mark("sending {path}"),
    "sent": "{path}: {counts}",
    "refused": mark("{path} cannot be sent: {message}"),
    "moved": mark("{path} moved to {to}"),
    "tracked": mark("tracked: {counts}; {message}"),
    "waiting": mark("waiting: {path}{message}"),
}


def _told(happening: Happening) -> None:
    """Say in one line what happened, and name each invoice that needs a person."""
    if line := _LINES.get(happening.what):
        path = happening.path
        message = happening.message.removeprefix(f"{path}: ")
        if happening.what == "waiting" and path:
            path = f"{path}: "
        counts = counted(happening.states) or tr("no invoices")
        said = tr(line, path=path, to=happening.to, message=message, counts=counts)
        say(said.removesuffix("; "), err=True)
    for one in happening.attention:
        say(f"  {tr('invoice {number}: {state}', number=one.number or tr('(no number)'), state=one.state)}", err=True)

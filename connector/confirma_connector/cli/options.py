"""The options that commands share, and the settings and run they make."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from confirma_connector import contract, plugins, settings
from confirma_connector.cli.saying import harmless
from confirma_connector.cli.speaking import speak
from confirma_connector.errors import SettingsError
from confirma_connector.language import mark, tr
from confirma_connector.pipeline import Choice, Event, Run
from confirma_connector.settings import Settings
from confirma_connector.stopping import Stop

__all__ = [
    "agreed",
    "at_a_terminal",
    "choice_from",
    "day",
    "file_options",
    "is_yes",
    "loaded_settings",
    "new_file",
    "number_option",
    "one_file",
    "prepared",
    "repeated",
    "run_with",
    "settings_options",
]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_SETTINGS = {
    "environment": mark("sandbox, staging or production."),
    "url": mark("Another address than the environment's own."),
    "account": mark("The account: one creditor, one key."),
    "journal": mark("The journal's file."),
    "contract": mark("An overlay on the shipped contract."),
    "attachments": mark("The folder below which PDF attachments lie."),
    "config": mark("The config file."),
    "profile": mark("A profile of the config file."),
}


def settings_options(function: _Function) -> _Function:
    """Add the options of the settings; each stands before its environment variable and the profile."""
    adapters = click.option(
        "--adapters", type=click.Path(path_type=Path), multiple=True, help="A folder with more adapters."
    )
    function = adapters(function)
    for name, text in reversed(_SETTINGS.items()):
        function = click.option(f"--{name}", metavar=name.upper(), help=text)(function)
    return function


def file_options(function: _Function) -> _Function:
    """Add what chooses files, mapping and form of the answer."""
    for decorate in reversed(
        (
            click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE..."),
            click.option("--mapping", "-m", metavar="MAPPING", help="A shipped mapping's name, or a mapping file."),
            click.option("--json", "as_json", is_flag=True, help="Print the report as JSON (confirma schema report)."),
            click.option("--log-json", is_flag=True, help="Log one JSON line an event to standard error."),
        )
    ):
        function = decorate(function)
    return settings_options(function)


def one_file(function: _Function) -> _Function:
    """Add the choice of one file and its mapping."""
    mapping = click.option("--mapping", "-m", metavar="MAPPING", help="A shipped mapping's name, or a mapping file.")
    return click.argument("file", type=click.Path(path_type=Path))(mapping(function))


number_option = click.argument("number", type=click.IntRange(min=0))


def loaded_settings(given: dict[str, Any]) -> Settings:
    """Give the settings of the options in *given*, and speak their language from here on. Raises SettingsError."""
    names = (*_SETTINGS, "adapters")
    loaded = settings.load({name: given.get(name) for name in names}, os.environ)
    speak(loaded.language)
    return loaded


def prepared(given: dict[str, Any], hear: Callable[[Event], None]) -> Run:
    """Give the run that the options describe, as `run_with` does."""
    return run_with(loaded_settings(given), hear, given)


def run_with(chosen: Settings, hear: Callable[[Event], None], given: Mapping[str, Any]) -> Run:
    """Give the run with these settings, with Ctrl-C and SIGTERM as a wish to stop."""
    stop = Stop()
    _listen(stop)
    registry = plugins.discover(chosen.adapters)
    return Run(chosen, contract.read(chosen.contract), registry, hear, stop, agreed, repeated(given))


def repeated(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the options of *given* that a recommended command has to have as well, as they are typed."""
    said = ((name, str(given[name])) for name in ("mapping", "config", "profile", "contract") if given.get(name))
    return tuple(f'--{name} "{value}"' if " " in value else f"--{name} {value}" for name, value in said)


def agreed(question: str) -> bool:
    """Ask the person at the terminal; where there is none the answer is no."""
    if not at_a_terminal():
        return False
    asked = tr("{question} [y/N]", question=harmless(question))
    answer = click.prompt(asked, default="", show_default=False, err=True)
    return is_yes(answer)


def is_yes(answer: str) -> bool:
    """Tell whether an answer is a yes in one of our languages."""
    return answer.strip().casefold() in _YES


_YES = frozenset({"y", "yes", "k", "kyllä", "j", "ja"})


def at_a_terminal() -> bool:
    """Tell whether a person is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _listen(stop: Stop) -> None:
    def wish(_number: int, _frame: FrameType | None) -> None:
        stop.wished.set()
        if not stop.shielded:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, wish)
    signal.signal(signal.SIGTERM, wish)


def choice_from(files: tuple[Path, ...], given: dict[str, Any]) -> Choice:
    """Give what the options choose. Raises SettingsError."""
    output, in_place = given.get("output"), bool(given.get("in_place"))
    if len(files) > 1 and output:
        raise SettingsError(tr("--output names one file; give one FILE with it"))
    if output and in_place:
        raise SettingsError(tr("--output and --in-place exclude each other"))
    return Choice(
        paths=files,
        mapping=given.get("mapping"),
        output=output,
        in_place=in_place,
        only=_numbers(given.get("only") or ()),
        since=day("--since", given.get("since")),
        limit=given.get("limit"),
        resend_corrected=bool(given.get("resend_corrected")),
        is_agreed=bool(given.get("yes")),
        annotate=bool(given.get("annotate")),
    )


def _numbers(texts: tuple[str, ...]) -> frozenset[int] | None:
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise SettingsError(tr("--only takes invoice numbers like 1001,1002, not {text}", text=",".join(words)))
    return frozenset(map(int, words)) if texts else None


def new_file(path: Path, suffix: str, *, replaces: bool) -> Path:
    """Give *path* if a file of this kind may be written there: never in the place of another, unless that is asked for.

    Raises SettingsError.
    """
    if path.suffix.lower() != suffix:
        raise SettingsError(
            tr("{path}: what is written there is a {suffix} file; give it such a name", path=path, suffix=suffix)
        )
    if not path.parent.is_dir():
        raise SettingsError(tr("{path}: there is no such folder", path=path))
    if path.exists() and not replaces:
        raise SettingsError(tr("{path}: there is such a file already; name another, or say --replace", path=path))
    return path


def day(option: str, text: str | None) -> dt.date | None:
    """Give the date that an option names. Raises SettingsError."""
    if not text:
        return None
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        with contextlib.suppress(ValueError):
            return dt.datetime.strptime(text.strip(), pattern).date()
    raise SettingsError(
        tr("{option} takes a day like 2026-01-31 or 31.1.2026, and {text} is none", option=option, text=text)
    )

"""Commands in the language of the day: their help stands in English in the code, as docstrings and `help=`."""

from __future__ import annotations

import copy
import gettext
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import click

from confirma_connector import language
from confirma_connector.language import LanguageCode, mark, marks, tr

__all__ = ["helps", "speak", "spoken", "spoken_parameter", "with_click"]

CLICKS_OWN = (
    mark("Usage:"),
    mark("Options"),
    mark("Commands"),
    mark("[OPTIONS]"),
    mark("Show this message and exit."),
    mark("Show the version and exit."),
    mark("Missing argument"),
    mark("Missing option"),
    mark("Missing parameter"),
    mark("Missing command."),
    mark("No such option: {name}"),
    mark("No such option {name!r}."),
    mark("(Possible options: {possibilities})"),
    marks("Did you mean {possibility}?", "(Did you mean one of: {possibilities}?)"),
    mark("No such command {name!r}."),
    mark("Invalid value: {message}"),
    mark("Invalid value for {param_hint}: {message}"),
    marks("Option {name!r} requires an argument.", "Option {name!r} requires {nargs} arguments."),
    mark("Option {name!r} does not take a value."),
    mark("Argument {name!r} takes {nargs} values."),
    marks("Got unexpected extra argument ({args})", "Got unexpected extra arguments ({args})"),
    marks("{value!r} is not {choice}.", "{value!r} is not one of {choices}."),
    mark("{value!r} is not a valid {number_type}."),
    mark("{value} is not in the range {range}."),
    mark("required"),
    mark("default: {default}"),
    mark("Choose from:\n\t{choices}"),
    mark("Error: {message}"),
)
"""What click itself says to our users: it looks these up by gettext, in the domain of the process."""
_KINDS = frozenset({mark("integer"), mark("integer range"), mark("float"), mark("float range")})
"""What click calls the values of options, untranslated."""


@contextmanager
def with_click() -> Iterator[None]:
    """Let click speak the language of the day too: it asks gettext, and gettext asks the environment."""
    before, domain = os.environ.get("LANGUAGE"), gettext.textdomain()
    speak(language.current())
    gettext.bindtextdomain(language.DOMAIN, str(language.CATALOGUES))
    gettext.textdomain(language.DOMAIN)
    try:
        yield
    finally:
        gettext.textdomain(domain)
        os.environ.pop("LANGUAGE", None)
        if before is not None:
            os.environ["LANGUAGE"] = before


def speak(code: LanguageCode | None) -> None:
    """Speak *code* from here on, click included; None changes nothing."""
    language.speak(code)
    os.environ["LANGUAGE"] = language.current()


def spoken(command: click.Command) -> click.Command:
    """Give a copy of *command*, and of those below it, with its help in the language of the day."""
    told = copy.copy(command)
    for name in ("help", "short_help", "epilog"):
        if text := getattr(command, name):
            setattr(told, name, tr(inspect.cleandoc(text)))
    told.options_metavar = tr(command.options_metavar) if command.options_metavar else None
    told.params = [spoken_parameter(parameter) for parameter in command.params]
    if isinstance(told, click.Group):
        told.commands = {name: spoken(below) for name, below in told.commands.items()}
    return told


def spoken_parameter(parameter: click.Parameter) -> click.Parameter:
    """Give a copy of *parameter* with its help in the language of the day."""
    told: Any = copy.copy(parameter)
    told.type = copy.copy(parameter.type)
    told.type.name = tr(told.type.name) if told.type.name in _KINDS else told.type.name
    if text := getattr(parameter, "help", None):
        told.help = tr(text)
    return cast("click.Parameter", told)


def helps(command: click.Command) -> Iterator[str]:
    """Give every text of *command*, and of those below it, that `spoken` puts into another language."""
    yield from (inspect.cleandoc(text) for text in (command.help, command.short_help, command.epilog) if text)
    yield from (text for parameter in command.params if (text := getattr(parameter, "help", None)))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from helps(below) if below is not None else ()

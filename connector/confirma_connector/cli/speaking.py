"""Commands in the language of the day: their help stands in English in the code, as docstrings and `help=`."""

from __future__ import annotations

import copy
import gettext
import inspect
import os
from collections.abc import Iterator
from typing import Any

import click

from confirma_connector import language
from confirma_connector.language import mark, tr

__all__ = ["helps", "spoken", "spoken_by_click"]

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
    mark("No such option: {name}"),
    mark("Did you mean {possibility}?"),
    mark("(Possible options: {possibilities})"),
    mark("No such command {name!r}."),
    mark("Invalid value: {message}"),
    mark("Invalid value for {param_hint}: {message}"),
    mark("Option {name!r} requires an argument."),
    mark("Option {name!r} does not take a value."),
    mark("Got unexpected extra argument ({args})"),
    mark("{value!r} is not a valid {number_type}."),
    mark("{value} is not in the range {range}."),
    mark("required"),
    mark("default: {default}"),
)
"""What click itself says to our users: it looks these up by gettext, in the domain of the process."""


def spoken_by_click() -> None:
    """Let click speak the language of the day too: it asks gettext, and gettext asks the environment."""
    os.environ["LANGUAGE"] = language.current()
    gettext.bindtextdomain(language.DOMAIN, str(language.CATALOGUES))
    gettext.textdomain(language.DOMAIN)


def spoken(command: click.Command) -> click.Command:
    """Give a copy of *command*, and of those below it, with its help in the language of the day."""
    told = copy.copy(command)
    for name in ("help", "short_help", "epilog"):
        if text := getattr(command, name):
            setattr(told, name, tr(inspect.cleandoc(text)))
    told.params = [_spoken_parameter(parameter) for parameter in command.params]
    if isinstance(told, click.Group):
        told.commands = {name: spoken(below) for name, below in told.commands.items()}
    return told


def _spoken_parameter(parameter: click.Parameter) -> click.Parameter:
    text: Any = getattr(parameter, "help", None)
    if not text:
        return parameter
    told = copy.copy(parameter)
    told.help = tr(text)
    return told


def helps(command: click.Command) -> Iterator[str]:
    """Give every text of *command*, and of those below it, that `spoken` puts into another language."""
    yield from (inspect.cleandoc(text) for text in (command.help, command.short_help, command.epilog) if text)
    yield from (text for parameter in command.params if (text := getattr(parameter, "help", None)))
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            yield from helps(below) if below is not None else ()

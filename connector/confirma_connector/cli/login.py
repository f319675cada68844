"""`confirma login`."""

from __future__ import annotations

import sys
from typing import Any

import click
from pydantic import SecretStr

from confirma_connector import contract, keys
from confirma_connector.cli import options
from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.language import tr
from confirma_connector.opening import reached
from confirma_connector.settings import as_key

__all__ = ["login"]


@click.command()
@click.option("--no-check", is_flag=True, help="Store the key without asking Confirma whether it is valid.")
@options.settings_options
def login(no_check: bool, **given: Any) -> None:
    """Put the key into the system keyring, for this environment, address and account alone.

    The key is asked for without showing it; without a terminal it is the first line of standard input.
    """
    settings = options.loaded_settings(given)
    read = contract.read(settings.contract)
    here = keys.place(settings, read)
    is_there = keys.stored(here) is not None
    key = _entered(here)
    if not no_check:
        with reached(settings.model_copy(update={"token": key}), read) as client:
            client.validate()
    keys.store(here, key)
    if is_there:
        say(tr("the key for {place} is in the system keyring, in the place of the earlier one", place=here))
    else:
        say(tr("the key for {place} is in the system keyring", place=here))
    if settings.token.get_secret_value():
        file = settings.token_file
        setting = tr("the key file {path}", path=file) if file else "CONFIRMA_TOKEN"
        say(tr("{setting} is set, and stands before the keyring: unset it to use this key", setting=setting), err=True)


def _entered(here: keys.Place) -> SecretStr:
    if sys.stdin.isatty():
        text = click.prompt(tr("The key for {place}", place=here), hide_input=True, err=True)
    else:
        text = sys.stdin.readline().removeprefix("\ufeff")
    try:
        key = as_key(text)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    if not key.get_secret_value():
        raise SettingsError(tr("no key was given: type it when asked, or give it as one line of standard input"))
    return key

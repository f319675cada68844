"""`confirma logout`."""

from __future__ import annotations

from typing import Any

import click

from confirma_connector import contract, keys
from confirma_connector.cli import options
from confirma_connector.cli.saying import say
from confirma_connector.language import tr

__all__ = ["logout"]


@click.command()
@options.settings_options
def logout(**given: Any) -> None:
    """Take the key for this environment, address and account out of the system keyring. It stays valid at Confirma."""
    settings = options.loaded_settings(given)
    here = keys.place(settings, contract.read(settings.contract))
    keys.forget(here.beside)
    if keys.forget(here):
        say(tr("the key for {place} is no longer in the system keyring", place=here))
    else:
        say(tr("the key for {place} was not in the system keyring", place=here))

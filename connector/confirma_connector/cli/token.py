"""`confirma token check` and `confirma token renew`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import contract, keys, renewing
from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.saying import say
from confirma_connector.language import tr
from confirma_connector.opening import reached
from confirma_connector.renewing import Renewal

__all__ = ["token"]


@click.group()
def token() -> None:
    """Ask Confirma whether the key is valid, or renew it."""


@token.command()
@options.settings_options
def check(**given: Any) -> None:
    """Ask Confirma whether the key is valid."""
    settings = options.loaded_settings(given)
    sandbox_line(settings.environment)
    if warning := keys.exposed(settings):
        say(f"confirma: {warning}", err=True)
    with reached(settings, contract.read(settings.contract)) as client:
        said = client.validate()
        say(
            tr(
                "the key is valid: {environment} at {address}, account {account}",
                environment=settings.environment,
                address=client.host,
                account=settings.account,
            )
        )
    _quoted(said)


@token.command()
@click.option("--to", type=click.Path(path_type=Path), metavar="FILE", help="A new file for a new key.")
@options.settings_options
def renew(to: Path | None, **given: Any) -> None:
    """Renew the key. A new one is never shown: it goes into FILE, or into the keyring if the old one is there."""
    settings = options.loaded_settings(given)
    sandbox_line(settings.environment)
    done = renewing.renew(settings, contract.read(settings.contract), to)
    _quoted(done.message)
    say(_told(done))
    raise click.exceptions.Exit(1 if done.outcome == "unproved" else 0)


def _told(done: Renewal) -> str:
    if done.outcome == "same":
        return tr("the key in use is renewed and valid; there is no new one to store")
    if done.outcome == "new":
        return tr("there is a new key, and it is valid: it is in {where}", where=done.where)
    return tr(
        "the key in use is not known to be valid any more, and what looks like a new one is not known to be one: "
        "it is in {where}; ask Confirma which holds",
        where=done.where,
    )


def _quoted(said: str) -> None:
    if said:
        say(tr("Confirma says: {said}", said=said))

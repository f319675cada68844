"""`confirma template`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.language import tr

__all__ = ["template"]


@click.command()
@click.argument("out", type=click.Path(path_type=Path), metavar="OUT.xlsx")
@click.option(
    "--language", type=click.Choice(["fi", "sv", "en"]), help="Of headings and texts; without it your own language."
)
def template(out: Path, language: Literal["fi", "sv", "en"] | None) -> None:
    """Make a workbook to fill in: it can be checked and sent as it is, without a mapping of your own."""
    try:
        from confirma_connector.template.making import make
    except ImportError as error:
        raise SettingsError(
            tr('the template needs more: pip install "confirma-connector[excel]" ({missing})', missing=error.name)
        ) from None
    make(out, language)
    say(tr('made {path}: fill it in (its second sheet says how), then: confirma check "{path}"', path=out))

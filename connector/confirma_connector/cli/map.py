"""`confirma map`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import plugins
from confirma_connector.cli import options
from confirma_connector.cli.asking import asked
from confirma_connector.cli.fitting import fitted, screen_width
from confirma_connector.cli.printing import printed
from confirma_connector.cli.saying import say
from confirma_connector.errors import MappingError
from confirma_connector.files import replacing
from confirma_connector.language import tr
from confirma_connector.mapping import load_mapping
from confirma_connector.proposing.proposer import Proposer
from confirma_connector.proposing.telling import told
from confirma_connector.proposing.writing import mapping_text

__all__ = ["map"]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), metavar="MAPPING.yaml", help="The mapping file to write."
)
@click.option("--yes", is_flag=True, help="Ask nothing: only what is beyond doubt is taken.")
@click.option("--replace", is_flag=True, help="Write it in the place of an earlier one.")
@options.settings_options
def map(file: Path, output: Path | None, yes: bool, replace: bool, **given: Any) -> None:
    """Propose a mapping for FILE: columns that are beyond doubt are taken, for others you are asked.

    What stays open stands in the mapping on lines that begin with "# ? ", each with what speaks for it.
    """
    settings = options.loaded_settings(given)
    registry = plugins.discover(settings.adapters)
    target = options.new_file(output or file.with_name(f"{file.stem}.yaml"), ".yaml", replaces=replace)
    proposer = Proposer(file, registry, settings.limits)
    plan = proposer.plan({})
    if not yes and options.at_a_terminal():
        plan = asked(proposer)
    with replacing(target) as fresh:
        fresh.write_text(mapping_text(plan, file), "utf-8")
    printed(fitted(told(plan, file, target), screen_width()))
    try:
        load_mapping(target, registry, settings.rules)
    except MappingError as error:
        if plan.extends:
            say(tr("it is not whole yet: the open lines in it come first"))
        else:
            say(tr("it is not whole yet:"))
            printed(f"  {line}" for line in str(error).splitlines())
        raise click.exceptions.Exit(1) from None
    say(tr('next: confirma check "{file}" --mapping "{mapping}"', file=file, mapping=target))

"""`confirma mappings`, with `lint` and `test`."""

from __future__ import annotations

import json

import click

from confirma_connector import plugins
from confirma_connector.cli.golden import golden
from confirma_connector.cli.lint import lint
from confirma_connector.cli.saying import say
from confirma_connector.errors import ConfirmaError
from confirma_connector.language import tr
from confirma_connector.mapping import load_mapping, shipped

__all__ = ["mappings"]


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def mappings(context: click.Context, /, as_json: bool) -> None:
    """List the shipped mappings: copy one and change it to fit your own file."""
    if context.invoked_subcommand:
        if as_json:
            raise click.UsageError(
                tr(
                    "options stand behind {command}, not before it",
                    command=context.invoked_subcommand,
                )
            )
        return
    registry = plugins.discover()
    told = []
    for name, path in shipped().items():
        try:
            mapping = load_mapping(path, registry, as_it_is=True)
            about = {"adapter": mapping.adapter.name, "description": tr(mapping.file.description)}
        except ConfirmaError as error:
            about = {"adapter": "", "description": tr("BROKEN: {error}", error=error)}
        told.append({"name": name, "path": str(path), **about})
    if as_json:
        say(json.dumps({"version": 1, "mappings": told}, ensure_ascii=False, indent=2))
        return
    for entry in told:
        say(f"{entry['name']} ({entry['adapter']}): {entry['description']}\n  {entry['path']}")


mappings.add_command(lint)
mappings.add_command(golden)

"""`confirma mappings`."""

from __future__ import annotations

import json

import click

from confirma_connector import plugins
from confirma_connector.cli.saying import say
from confirma_connector.errors import ConfirmaError
from confirma_connector.mapping import load_mapping, shipped

__all__ = ["mappings"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def mappings(as_json: bool) -> None:
    """List the shipped mappings: copy one and change it to fit your own file."""
    registry = plugins.discover()
    told = []
    for name, path in shipped().items():
        try:
            mapping = load_mapping(path, registry, as_it_is=True)
            about = {"adapter": mapping.adapter.name, "description": mapping.file.description}
        except ConfirmaError as error:
            about = {"adapter": "", "description": f"BROKEN: {error}"}
        told.append({"name": name, "path": str(path), **about})
    if as_json:
        say(json.dumps({"version": 1, "mappings": told}, ensure_ascii=False, indent=2))
        return
    for entry in told:
        say(f"{entry['name']} ({entry['adapter']}): {entry['description']}\n  {entry['path']}")

"""`confirma contract`."""

from __future__ import annotations

import json
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.contract import read

__all__ = ["contract"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
def contract(as_json: bool, **given: Any) -> None:
    """List every name and value on the wire that the API's vendor has not confirmed."""
    settings = options.loaded_settings(given)
    found = read(settings.contract)
    provisional = found.provisional()
    if as_json:
        lines = [{"section": one.section, "key": one.key, "wire": one.item.wire} for one in provisional]
        click.echo(json.dumps({"version": 1, "contract": found.version, "provisional": lines}, indent=2))
        return
    click.echo(f"contract {found.version}: {len(provisional)} provisional lines")
    for one in provisional:
        note = f"  ({one.item.note})" if one.item.note else ""
        click.echo(f"  {one.section}: {one.key} = {one.item.wire}{note}")

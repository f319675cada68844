"""`confirma contract`, with `confirm`, `diff` and `verify`."""

from __future__ import annotations

import json
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.confirm import confirm
from confirma_connector.cli.diff import diff
from confirma_connector.cli.saying import say
from confirma_connector.cli.verify import verify
from confirma_connector.contract import read
from confirma_connector.language import tr, trn

__all__ = ["contract"]


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
@click.pass_context
def contract(context: click.Context, /, as_json: bool, **given: Any) -> None:
    """List every name and value on the wire that is used and that nobody has confirmed."""
    if context.invoked_subcommand:
        if as_json or any(given.values()):
            raise click.UsageError(
                tr(
                    "options stand behind {command}, not before it",
                    command=context.invoked_subcommand,
                )
            )
        return
    settings = options.loaded_settings(given)
    found = read(settings.contract)
    provisional = found.provisional()
    if as_json:
        lines = [{"section": one.section, "key": one.key, "wire": one.item.wire} for one in provisional]
        say(json.dumps({"version": 1, "contract": found.version, "provisional": lines}, indent=2))
        return
    say(
        trn(
            "contract {version}: {count} provisional line",
            "contract {version}: {count} provisional lines",
            len(provisional),
            version=found.version,
        )
    )
    for one in provisional:
        say(f"  {one.text()}")


contract.add_command(confirm)
contract.add_command(diff)
contract.add_command(verify)

"""`confirma adapters`, with `check`."""

from __future__ import annotations

import json
from typing import Any

import click

from confirma_connector import plugins
from confirma_connector.cli.adaptercheck import check, folder_options, folders_of
from confirma_connector.cli.saying import say
from confirma_connector.language import tr

__all__ = ["adapters"]


@click.group(invoke_without_command=True)
@folder_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def adapters(context: click.Context, /, as_json: bool, **given: Any) -> None:
    """List the adapters, working and broken, with where they come from."""
    if context.invoked_subcommand:
        if as_json or any(given.values()):
            raise click.UsageError(
                tr("options stand behind {command}, not before it", command=context.invoked_subcommand)
            )
        return
    registry = plugins.discover(folders_of(given))
    if as_json:
        working = [{"name": one.name, "origin": one.origin, "hooks": one.hooks} for one in registry.adapters.values()]
        broken = [{"name": one.name, "origin": one.origin, "reason": one.reason} for one in registry.broken.values()]
        say(json.dumps({"version": 1, "adapters": working, "broken": broken}, ensure_ascii=False, indent=2))
        return
    for adapter in registry.adapters.values():
        say(f"{adapter.name} ({tr(adapter.origin)}): {', '.join(adapter.hooks)}")
    for said in registry.printed():
        say(said, err=True)
    for failed in registry.broken.values():
        say(
            tr(
                "{name} ({origin}): BROKEN: {reason}",
                name=failed.name,
                origin=tr(failed.origin),
                reason=failed.reason,
            )
        )


adapters.add_command(check)

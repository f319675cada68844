"""`confirma mappings lint`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from confirma_connector import plugins
from confirma_connector.cli import options
from confirma_connector.cli.saying import say
from confirma_connector.language import tr, trn
from confirma_connector.linting import found_by_itself, found_in
from confirma_connector.mapping import find, load_mapping

__all__ = ["lint"]


@click.command()
@click.argument("mapping")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="A file that the mapping is for: which columns, codes and skips it leaves unused. May be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@options.settings_options
def lint(mapping: str, data: tuple[Path, ...], as_json: bool, **given: Any) -> None:
    """Look for oddities in MAPPING: columns that nothing reads, fields that are missing, skips that overlap.

    The exit code is 0 when there are none, 1 when there are, 2 when the mapping cannot be used at all. What only the
    files of --data show, as a code that none of them has, is a note and leaves it 0.
    """
    settings = options.loaded_settings(given)
    loaded = load_mapping(find(mapping), plugins.discover(settings.adapters), settings.rules, as_it_is=not data)
    findings = sorted(
        [*found_by_itself(loaded), *found_in(loaded, data, settings.limits)] if data else found_by_itself(loaded)
    )
    odd = sum(not one.is_note for one in findings)
    if as_json:
        say(json.dumps({"version": 1, "findings": [asdict(one) for one in findings]}, ensure_ascii=False, indent=2))
    else:
        for one in findings:
            say(one.text())
        if odd:
            say(trn("{count} oddity", "{count} oddities", odd))
        elif findings:
            notes = trn("{count} note", "{count} notes", len(findings))
            say(tr("{mapping}: nothing odd, {notes}", mapping=mapping, notes=notes))
        else:
            say(tr("{mapping}: nothing odd", mapping=mapping))
    raise click.exceptions.Exit(1 if odd else 0)

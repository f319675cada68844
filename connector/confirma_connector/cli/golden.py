"""`confirma mappings test`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector.cli import options
from confirma_connector.cli.saying import say
from confirma_connector.golden import cases, differences, produced, updated
from confirma_connector.language import tr, trn

__all__ = ["golden"]


@click.command("test")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--mapping", "-m", metavar="MAPPING", help="The mapping of the files that have none beside them.")
@click.option("--update", is_flag=True, help="Write what is expected anew; look at the difference before you keep it.")
@options.settings_options
def golden(folder: Path, mapping: str | None, update: bool, **given: Any) -> None:
    """Test a mapping on files whose outcome is known: a change of either shows.

    DIR, or each folder right below it, has one file invoices.* (a real export, made small), perhaps its mapping.yaml,
    and what was expected: check.json and payloads.json, which --update writes. The exit code is 0 when everything is as
    it was, 1 when something is not.
    """
    run = options.prepared(given, lambda _: None)
    odd = 0
    for case in cases(folder, mapping):
        now = produced(case, run)
        if update:
            written = updated(case, now)
            say(f"{case.folder}: " + (tr("written: {names}", names=", ".join(written)) if written else tr("as it was")))
            continue
        lines = list(differences(case, now))
        odd += bool(lines)
        say(
            f"{case.folder}: "
            + (trn("{count} difference", "{count} differences", len(lines)) if lines else tr("as it was"))
        )
        for line in lines[:_SHOWN]:
            say(f"  {line}")
        if len(lines) > _SHOWN:
            say("  " + tr("and {count} more", count=len(lines) - _SHOWN))
    raise click.exceptions.Exit(1 if odd else 0)


_SHOWN = 20
"""As many differences of a case are printed: what is wrong with the mapping is wrong with many invoices."""

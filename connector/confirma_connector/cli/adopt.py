"""`confirma adopt`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from confirma_connector.adopting import adopt as adopting
from confirma_connector.adopting import lines
from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.progress import listener, logged
from confirma_connector.cli.saying import say
from confirma_connector.errors import ConfirmaError
from confirma_connector.language import tr

__all__ = ["adopt"]


@click.command()
@options.file_options
@click.option("--reason", required=True, metavar="TEXT", help="How they were sent; it is kept with your name.")
@click.option("--only", multiple=True, metavar="NUMBERS", help="Only these invoice numbers: 1001,1002.")
@click.option("--since", metavar="DATE", help="Only invoices dated on or after DATE (2026-01-31).")
@click.option("--until", metavar="DATE", help="Only invoices dated on or before DATE.")
def adopt(files: tuple[Path, ...], as_json: bool, log_json: bool, reason: str, until: str | None, **given: Any) -> None:
    """Make the invoices of FILES known as sent elsewhere, before this program came: it never sends them."""
    if not files:
        raise click.UsageError(tr("no file is named"))
    try:
        with listener(log_json=log_json) as hear:
            run = options.prepared(given, hear)
            told = adopting(run, options.choice_from(files, given), reason, options.day("--until", until))
    except ConfirmaError as error:
        if log_json:
            logged("done", command="adopt", exit_code=error.exit_code, problem=str(error))
            raise click.exceptions.Exit(error.exit_code) from None
        raise
    code = max(one.exit_code for one in told)
    if log_json:
        logged("done", account=run.settings.account, command="adopt", exit_code=code, problem="")
    if as_json:
        facts = [
            {
                "path": str(one.path),
                "adopted": one.adopted,
                "known": one.known,
                "invalid": one.invalid,
                "left": one.left,
            }
            for one in told
        ]
        say(json.dumps({"version": 1, "files": facts}, ensure_ascii=False, indent=2))
    else:
        sandbox_line(run.settings.environment)
        for one in told:
            for line in lines(one):
                say(line)
        sandbox_line(run.settings.environment)
    raise click.exceptions.Exit(code)

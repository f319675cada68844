"""`confirma send`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import pipeline
from confirma_connector.cli import options
from confirma_connector.cli.running import carry_out

__all__ = ["send"]


@click.command()
@options.file_options
@click.option("--output", type=click.Path(path_type=Path), help="Write the results into this file.")
@click.option("--in-place", is_flag=True, help="Write the results into FILE itself; a .bak is kept once.")
@click.option("--only", multiple=True, metavar="NUMBERS", help="Only these invoice numbers: 1001,1002.")
@click.option("--since", metavar="DATE", help="Only invoices dated on or after DATE (2026-01-31).")
@click.option("--limit", type=click.IntRange(min=0), metavar="N", help="At most N invoices.")
@click.option("--resend-corrected", is_flag=True, help="Send again what Confirma could not deliver and is corrected.")
@click.option("--yes", is_flag=True, help="Answer the question before a production send with yes.")
def send(files: tuple[Path, ...], as_json: bool, log_json: bool, **given: Any) -> None:
    """Send what of FILES was not sent before, and write the outcome beside each invoice.

    Running it again is safe: what was sent is not sent again, and what was cut off is asked about first.
    """
    carry_out("send", pipeline.send, files, given, as_json=as_json, log_json=log_json)

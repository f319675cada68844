"""`confirma check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import pipeline
from confirma_connector.cli import options
from confirma_connector.cli.running import carry_out

__all__ = ["check"]


@click.command()
@options.file_options
def check(files: tuple[Path, ...], as_json: bool, log_json: bool, **given: Any) -> None:
    """Check FILES: what is wrong, in their own cells and words. Nothing is sent, nothing is written."""
    carry_out("check", pipeline.check, files, given, as_json=as_json, log_json=log_json)

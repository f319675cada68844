"""`confirma track`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import pipeline
from confirma_connector.cli import options
from confirma_connector.cli.profiles import track_all
from confirma_connector.cli.running import carry_out

__all__ = ["track"]


@click.command()
@options.file_options
@click.option("--output", type=click.Path(path_type=Path), help="Write the results into this file.")
@click.option("--all-profiles", is_flag=True, help="Track every profile of the config file, one after the other.")
def track(files: tuple[Path, ...], as_json: bool, log_json: bool, all_profiles: bool, **given: Any) -> None:
    """Fetch the delivery information of everything not yet delivered, and update the results files.

    Without FILES every results file that still exists is updated; with them only theirs.
    """
    if all_profiles:
        track_all(files, given, as_json=as_json, log_json=log_json)
    carry_out("track", pipeline.track, files, given, as_json=as_json, log_json=log_json)

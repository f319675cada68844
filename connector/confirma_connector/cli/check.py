"""`confirma check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import pipeline
from confirma_connector.cli import options
from confirma_connector.cli.fitting import fitted, screen_width
from confirma_connector.cli.preview import preview_lines
from confirma_connector.cli.printing import printed, sandbox_line
from confirma_connector.cli.progress import listener
from confirma_connector.cli.running import carry_out
from confirma_connector.language import tr

__all__ = ["check"]


@click.command()
@options.file_options
@click.option("--preview", metavar="NUMBER", help="Show this invoice as it will be sent, each field beside its cell.")
@click.option("--annotate", is_flag=True, help="Write a copy of FILE with the problems in the result columns.")
@click.option("--output", type=click.Path(path_type=Path), help="The name of that copy; else FILE.checked.")
def check(files: tuple[Path, ...], as_json: bool, log_json: bool, preview: str | None, **given: Any) -> None:
    """Check FILES: what is wrong, in their own cells and words. Nothing is sent.

    Nothing is written but the copy that --annotate asks for. To correct: there, and check or send that copy.
    """
    if given["output"] and not given["annotate"]:
        raise click.UsageError(tr("--output names the copy of --annotate; say that as well"))
    if preview is None:
        carry_out("check", pipeline.check, files, given, as_json=as_json, log_json=log_json)
    if as_json or log_json or given["annotate"]:
        raise click.UsageError(tr("--preview shows what stands in cells, to people alone; give it without the others"))
    if not files:
        raise click.UsageError(tr("no file is named"))
    with listener(log_json=False) as hear:
        run = options.prepared(given, hear)
        shown = pipeline.preview(run, options.choice_from(files, given), preview.strip())
    sandbox_line(run.settings.environment)
    printed(fitted((line for path, one in shown for line in preview_lines(path, one)), screen_width()))
    raise click.exceptions.Exit(int(any(one.state in ("invalid", "rejected", "conflict") for _, one in shown)))

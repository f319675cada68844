"""`send` of one file to the service, with its journal on the disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.ours.running import Pace, prepared
from confirma_connector import pipeline

__all__ = ["run"]


def run(source: str, mapping: str, journal: str, url: str, workers: str, output: str) -> dict[str, Any]:
    """Send a file; count the verdicts, and say how long each invoice took once sending had begun."""
    pace = Pace()
    run = prepared(Path(journal), url, int(workers), pace)
    report = pipeline.send(run, pipeline.Choice(paths=(Path(source),), mapping=mapping, output=Path(output)))
    assert report.exit_code == 0, report.problem
    return {"each": pace.each, "states": pace.states}

"""`check` of one file: read, mapped, every rule, the report."""

from __future__ import annotations

from pathlib import Path

from bench.ours.running import prepared
from confirma_connector import pipeline

__all__ = ["run"]


def run(source: str, mapping: str, journal: str) -> dict[str, int]:
    """Check a file; count its invoices by state."""
    report = pipeline.check(prepared(Path(journal)), pipeline.Choice(paths=(Path(source),), mapping=mapping))
    return dict(report.files[0].counts())

"""`track` of an account: one listing asked for, every invoice in it brought up to date."""

from __future__ import annotations

from pathlib import Path

from bench.ours.running import prepared
from confirma_connector import pipeline
from confirma_connector.journal import Journal

__all__ = ["run"]


def run(journal: str, url: str) -> dict[str, int]:
    """Track; count the invoices of the journal by state afterwards."""
    report = pipeline.track(prepared(Path(journal), url), pipeline.Choice())
    assert report.exit_code == 0, report.problem
    with Journal(Path(journal), "staging", "bench") as book:
        return {str(state): count for state, count in book.counts().items()}

"""Results written into a copy of a file: four cells for the first row of each invoice."""

from __future__ import annotations

from pathlib import Path

from bench.making import FIRST_NUMBER, ROWS_PER_INVOICE
from bench.ours.running import REGISTRY
from confirma_connector.records import Result, Source

__all__ = ["run"]


def run(source: str, adapter: str, first: str, target: str, rows: str) -> dict[str, int]:
    """Write the results of a file of *rows* rows, whose *first* one is so called by the adapter."""
    asked = REGISTRY.get(adapter)
    model = asked.options()
    results = [
        Result(int(first) + index, str(FIRST_NUMBER + index // ROWS_PER_INVOICE), "delivered", "", "2026-11-23 08:00")
        for index in range(0, int(rows), ROWS_PER_INVOICE)
    ]
    asked.write_results(Source((Path(source),), options=model() if model else None), results, Path(target))
    return {"bytes": Path(target).stat().st_size}

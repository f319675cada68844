"""One pass of our tokenizer over a text file: what writing results cannot do without."""

from __future__ import annotations

from pathlib import Path

from confirma_connector.delimited import rows
from confirma_connector.delimiters import survey
from confirma_connector.limits import DEFAULTS

__all__ = ["run"]


def run(source: str) -> dict[str, int]:
    """Cut a file into its fields."""
    path = Path(source)
    layout = survey(lambda: path.open("rb"), path.name, DEFAULTS)
    return {"records": sum(1 for _ in rows(lambda: path.open("rb"), layout))}

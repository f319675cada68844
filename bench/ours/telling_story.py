"""The whole story by the command line itself: `confirma send`, from the start of the process to its exit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["run"]


def run(source: str, mapping: str, journal: str, url: str, workers: str, output: str) -> dict[str, Any]:
    """Send a file and write its results; the imports are part of the work, as they are for everybody."""
    os.environ |= {
        "CONFIRMA_ENVIRONMENT": "staging",
        "CONFIRMA_ACCOUNT": "bench",
        "CONFIRMA_TOKEN": "a-key-for-the-bench",
        "CONFIRMA_URL": url,
        "CONFIRMA_JOURNAL": journal,
        "CONFIRMA_CONCURRENCY": workers,
    }
    from confirma_connector.cli import main

    try:
        main(["send", source, "--mapping", mapping, "--output", output])
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"ended with exit {ended.code}") from None
    return {"bytes": Path(output).stat().st_size}

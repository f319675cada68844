"""The floor of sending: one request an invoice on a connection kept alive, and before it one page flushed to disk."""

from __future__ import annotations

import os
import time
from pathlib import Path

import httpx

__all__ = ["run"]

HEADERS = {"X-Api-Key": "a-key-for-the-bench", "Accept": "application/json"}


def run(bodies: str, url: str, log: str) -> dict[str, float]:
    """Send every body of a file, one a line."""
    times: list[float] = []
    with (
        Path(bodies).open("rb") as lines,
        Path(log).open("ab", buffering=0) as file,
        httpx.Client(headers=HEADERS) as api,
    ):
        for line in lines:
            file.write(line.ljust(4096)[:4096])
            os.fsync(file.fileno())
            answer = api.post(
                f"{url}/api/v1/partner/invoice",
                content=line.rstrip(b"\n"),
                headers={"Content-Type": "application/json; charset=utf-8"},
            )
            answer.raise_for_status()
            times.append(time.perf_counter())
    return {"each": (times[-1] - times[0]) / max(1, len(times) - 1), "posts": len(times)}

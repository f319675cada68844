"""One path in a process of its own: its seconds, and the memory it takes above what its imports took.

    python -m bench.path FILE MODULE [NAME=VALUE ...]

MODULE has a function `run` with these names; what it gives (JSON) is written to FILE with the figures. The memory of a
path that works in processes of its own is not told.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import time
from pathlib import Path

__all__ = ["peak"]


def peak() -> float:
    """Give the most memory this process has held so far, in MB.

    Linux keeps `ru_maxrss` of the process that began this one, over `fork` and `exec`; VmHWM begins anew.
    """
    status = Path("/proc/self/status")
    if status.is_file() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii"))):
        return int(found[1]) / 1024
    import resource

    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1024**2 if sys.platform == "darwin" else 1024)


def main(into: Path, module: str, given: dict[str, str]) -> None:
    """Import *module*, call its `run`, and write what it took *into* a file."""
    run = importlib.import_module(module).run
    base = peak()
    wall, cpu = time.perf_counter(), time.process_time()
    did = run(**given)
    wall, cpu, memory = time.perf_counter() - wall, time.process_time() - cpu, peak() - base
    children = os.times()
    elsewhere = children.children_user + children.children_system
    figures = {"wall": wall, "cpu": cpu + elsewhere, "memory": None if elsewhere else memory, "did": did}
    into.write_text(json.dumps(figures), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], dict(argument.split("=", 1) for argument in sys.argv[3:]))

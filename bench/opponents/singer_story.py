"""The whole story by the Singer SDK: a tap and a target with a pipe between them, as Meltano runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

__all__ = ["run"]


def run(source: str, url: str, folder: str) -> dict[str, int]:
    """Send every invoice of a file; the settings of both lie in *folder*."""
    settings = {"tap": {"source": source}, "target": {"url": url}}
    for name, said in settings.items():
        Path(folder, f"{name}.json").write_text(json.dumps(said), "utf-8")
    with subprocess.Popen(
        [sys.executable, "-m", "bench.opponents.singer_tap", "--config", f"{folder}/tap.json"], stdout=subprocess.PIPE
    ) as tap:
        subprocess.run(
            [sys.executable, "-m", "bench.opponents.singer_target", "--config", f"{folder}/target.json"],
            stdin=tap.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )
    assert not tap.returncode, tap.returncode
    return {}

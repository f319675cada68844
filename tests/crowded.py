"""`python crowded.py LOG POINT NTH words…`: as doomed.py, but where POINT says the disk becomes full.

From then on no file takes another byte: a limit of the system stands for the disk, since a test cannot fill one.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

from doomed import Doom, main

__all__: list[str] = []


class Crowded(Doom):
    """Fills the disk where the other kills."""

    def say(self, line: str) -> None:
        with contextlib.suppress(OSError):  # its own log lies on the same disk
            super().say(line)

    def strike(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


if __name__ == "__main__":
    main(Crowded(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])), *sys.argv[4:])

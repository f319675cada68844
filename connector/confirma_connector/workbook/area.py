"""Areas of a sheet: `A1:F100`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from confirma_connector.workbook.markup import column_index, column_letters

__all__ = ["Area", "area"]

_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")


@dataclass(frozen=True, slots=True)
class Area:
    """Columns and rows from 1, both ends included."""

    left: int
    top: int
    right: int
    bottom: int

    def __str__(self) -> str:
        first, last = f"{column_letters(self.left)}{self.top}", f"{column_letters(self.right)}{self.bottom}"
        return first if first == last else f"{first}:{last}"

    def widened(self, right: int) -> Area:
        """Give the area reaching to column *right* at least."""
        return replace(self, right=max(self.right, right))

    def lengthened(self, bottom: int) -> Area:
        """Give the area reaching to row *bottom* at least."""
        return replace(self, bottom=max(self.bottom, bottom))


def area(text: str) -> Area | None:
    """Read `A1:F100` or `$A$1:$F$100`; None when it is something else."""
    match = _AREA.fullmatch(text.strip())
    if match is None:
        return None
    left, top = column_index(match[1]), int(match[2])
    return Area(left, top, column_index(match[3]) if match[3] else left, int(match[4]) if match[4] else top)

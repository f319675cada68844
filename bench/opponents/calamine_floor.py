"""The floor of reading a workbook: calamine's own rows, numbers as binary fractions, nothing checked."""

from __future__ import annotations

from python_calamine import CalamineWorkbook

__all__ = ["run"]


def run(source: str) -> dict[str, int]:
    """Read every row."""
    book = CalamineWorkbook.from_path(source)
    return {"rows": len(book.get_sheet_by_index(0).to_python()) - 1}

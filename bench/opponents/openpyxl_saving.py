"""Results into a workbook by openpyxl: loaded, four columns added, saved. Charts and macros may not survive it."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

__all__ = ["run"]

HEADERS = ("confirma_state", "confirma_message", "confirma_updated", "confirma_case_id")


def run(source: str, target: str, step: str) -> dict[str, int]:
    """Write the results of an invoice into every row that is *step* after the last."""
    book = load_workbook(source)
    sheet = book.worksheets[0]
    width = sheet.max_column
    for offset, name in enumerate(HEADERS, 1):
        sheet.cell(1, width + offset, name)
    for row in range(2, sheet.max_row + 1, int(step)):
        for offset, text in enumerate(("delivered", "", "2026-11-23 08:00", ""), 1):
            if text:
                sheet.cell(row, width + offset, text)
    book.save(target)
    return {"bytes": Path(target).stat().st_size}

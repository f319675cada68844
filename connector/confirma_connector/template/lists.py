"""The sheet of drop-down lists, one column a list: there a number stays one, whatever the language of the program."""

from __future__ import annotations

from collections.abc import Mapping

from openpyxl.styles import Font
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from confirma_connector.template.wording import Wording

__all__ = ["add_lists"]

_WIDTH = 18


def add_lists(sheet: Worksheet, wording: Wording) -> Mapping[str, str]:
    """Write every list below the heading of its column, and give where each stands, as a formula."""
    ranges = {}
    offered = [(word, column.choice) for word, column in wording.texts.columns.items() if column.choice]
    for index, (word, choice) in enumerate(offered, start=1):
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].width = _WIDTH
        sheet.cell(1, index, wording.headings[word]).font = Font(name="Calibri", bold=True)
        values = wording.choices(choice)
        for row, value in enumerate(values, start=2):
            sheet.cell(row, index, value)
        ranges[choice] = f"{quote_sheetname(sheet.title)}!${letter}$2:${letter}${len(values) + 1}"
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    return ranges

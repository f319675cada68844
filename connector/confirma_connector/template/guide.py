"""The sheet of instructions: short, and with the workbook's own headings and words."""

from __future__ import annotations

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from confirma_connector.template.wording import Section, Wording

__all__ = ["add_guide"]

_WIDTHS = {"A": 30, "B": 28, "C": 78}
_LINE_HEIGHT = 15
_LETTERS_A_DIGIT = 1.1  # a column is as wide as so many digits, and letters are narrower
_WRAPPED = Alignment(wrap_text=True, vertical="top")
_UNDERLINED = Border(bottom=Side(style="thin", color="A6A6A6"))


def add_guide(sheet: Worksheet, wording: Wording, file: str) -> None:
    """Write the instructions for the workbook called *file*."""
    for letter, width in _WIDTHS.items():
        sheet.column_dimensions[letter].width = width
    guide = wording.texts.guide
    sheet.append([guide.title])
    sheet["A1"].font = Font(name="Calibri", bold=True, size=16)
    for section in (guide.filling, guide.sending, guide.methods):
        _add_section(sheet, section, wording, file)
    _add_columns(sheet, wording)
    for section in (guide.correcting, guide.results):
        _add_section(sheet, section, wording, file)
    _lay_out(sheet)


def _add_section(sheet: Worksheet, section: Section, wording: Wording, file: str) -> None:
    _add_title(sheet, section.title)
    for line in section.lines:
        row = sheet.max_row + 1
        for index, text in enumerate((line.term, line.text), start=1):
            cell = sheet.cell(row, index, wording.filled(text, file))
            cell.alignment = _WRAPPED
            if line.bold:
                cell.font = Font(name="Calibri", bold=True, size=11)
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=3)
        _make_room(sheet, row, (1, _WIDTHS["A"]), (2, _WIDTHS["B"] + _WIDTHS["C"]))


def _add_columns(sheet: Worksheet, wording: Wording) -> None:
    """List every column, in the colour of its part: that is the legend of the sheet of invoices too."""
    texts = wording.texts
    _add_title(sheet, texts.guide.columns.title, texts.guide.columns.needed)
    for part, block in texts.parts.items():
        row = sheet.max_row + 1
        sheet.cell(row, 1, block.name).font = Font(name="Calibri", bold=True)
        for word, column in texts.columns.items():
            if column.part != part:
                continue
            row = sheet.max_row + 1
            head = sheet.cell(row, 1, wording.headings[word])
            head.fill = PatternFill("solid", start_color=block.colour)
            head.font = Font(name="Calibri", bold=column.is_always_needed)
            sheet.cell(row, 2, texts.needs[column.needed])
            sheet.cell(row, 3, wording.filled(column.about))
            for cell in sheet[row]:
                cell.alignment = _WRAPPED
            _make_room(sheet, row, (3, _WIDTHS["C"]))


def _add_title(sheet: Worksheet, title: str, beside: str = "") -> None:
    row = sheet.max_row + 2
    for index, text in enumerate((title, beside, ""), start=1):
        cell = sheet.cell(row, index, text or None)
        cell.font = Font(name="Calibri", bold=True, size=12)
        cell.border = _UNDERLINED


def _make_room(sheet: Worksheet, row: int, *columns: tuple[int, int]) -> None:
    """Make the row high enough for its texts: a spreadsheet does not do that by itself for merged cells."""
    lengths = ((len(str(sheet.cell(row, index).value)), int(width * _LETTERS_A_DIGIT)) for index, width in columns)
    sheet.row_dimensions[row].height = max(-(-length // room) for length, room in lengths) * _LINE_HEIGHT


def _lay_out(sheet: Worksheet) -> None:
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)

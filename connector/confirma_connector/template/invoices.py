"""The sheet of invoices: a table with headings, formats, drop-down lists and two example invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.styleable import StyleableObject
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from confirma_connector.template.wording import Column, Wording

__all__ = ["add_invoices"]

_LAST_GUARDED_ROW = 2000
_FORMATS = {"text": "@", "whole": "0", "quantity": "General", "price": "#,##0.00##", "percent": "General"}
_MESSAGES = {"whole": "whole", "quantity": "number", "price": "number", "percent": "percent", "date": "date"}
_INDENTS = {"text": 1, "date": 1}
_BUTTON = 4  # the width of the filter's button
_LINE = Side(style="thin", color="A6A6A6")
_LONGEST_TITLE = 32
_EARLIEST = 36526  # 1 January 2000, as a workbook counts days
_LARGEST = 10**9
_MOST_DIGITS = 15  # what a number in a cell holds exactly


def add_invoices(sheet: Worksheet, wording: Wording, ranges: Mapping[str, str]) -> None:
    """Write headings and examples, and guard every column down to where a person may write."""
    columns = wording.texts.columns
    for index, (word, heading) in enumerate(wording.headings.items(), start=1):
        letter = get_column_letter(index)
        _head(sheet, index, heading, columns[word], wording.texts.parts[columns[word].part].colour)
        for row, example in enumerate(wording.texts.examples, start=2):
            cell = sheet.cell(row, index, _value(example.get(word), columns[word], wording))
            _style(cell, columns[word], wording)
        sheet.column_dimensions[letter].width = max(columns[word].width, _room_for(heading))
        _style(sheet.column_dimensions[letter], columns[word], wording)
        guard = _guard(heading, columns[word], wording, ranges)
        guard.add(f"{letter}2:{letter}{_LAST_GUARDED_ROW}")
        sheet.add_data_validation(guard)
    last = f"{get_column_letter(len(columns))}{len(wording.texts.examples) + 1}"
    table = Table(displayName=wording.sheet, ref=f"A1:{last}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)
    _mark(sheet, wording)
    _lay_out(sheet)


def _head(sheet: Worksheet, index: int, heading: str, column: Column, colour: str) -> None:
    cell = sheet.cell(1, index, heading)
    cell.font = Font(name="Calibri", bold=column.is_always_needed, color="1F1F1F")
    cell.fill = PatternFill("solid", start_color=colour)
    cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True, indent=1)
    cell.border = Border(bottom=_LINE, right=_LINE)


def _mark(sheet: Worksheet, wording: Wording) -> None:
    """Show what must not go: invoices of the seller of the examples grey, a row without its number red.

    By what stands in the cells and not by their own font, which would stay when a person writes over them.
    """
    letters = {word: get_column_letter(index) for index, word in enumerate(wording.headings, start=1)}
    number, seller, description = (letters[word] for word in ("number", "seller", "description"))
    numbers, sellers = (f"${letter}$2:${letter}${_LAST_GUARDED_ROW}" for letter in (number, seller))
    example = f'COUNTIFS({numbers},${number}2,{sellers},"{wording.texts.examples[0]["seller"]}")>0'
    numberless = f'AND(${number}2="",${description}2<>"")'
    rows = f"A2:{get_column_letter(len(letters))}{_LAST_GUARDED_ROW}"
    grey = DifferentialStyle(font=Font(italic=True, color="7F7F7F"))
    red = DifferentialStyle(fill=PatternFill(bgColor="FF9999"))
    for area, formula, look in ((rows, example, grey), (numbers.replace("$", ""), numberless, red)):
        sheet.conditional_formatting.add(area, Rule(type="expression", formula=[formula], dxf=look))


def _room_for(heading: str) -> int:
    """Give the width in which no word of a heading is torn, with room for the button of the filter."""
    return max(map(len, heading.split())) + _BUTTON


def _style(cells: StyleableObject, column: Column, wording: Wording) -> None:
    """Give an example's cell, and the whole column for what comes later, its format."""
    cells.number_format = wording.texts.date_format if column.holds == "date" else _FORMATS[column.holds]
    if column.holds in _INDENTS:
        cells.alignment = Alignment(horizontal="left", indent=_INDENTS[column.holds])


def _value(text: str | None, column: Column, wording: Wording) -> str | int | Decimal | dt.date | None:
    """Give what an example's cell holds; words of drop-down lists in the workbook's own language."""
    if text is None:
        return None
    if column.holds == "text":
        return wording.words(column.choice)[text] if column.choice in wording.mapping.tables else text
    if column.holds == "date":
        return dt.date.fromisoformat(text)
    return int(text) if column.holds == "whole" else Decimal(text)


def _guard(heading: str, column: Column, wording: Wording, ranges: Mapping[str, str]) -> DataValidation:
    """Say what belongs into a column when one of its cells is chosen, and stop what cannot be meant."""
    guard = _limits(column, ranges)
    needed = wording.texts.needs[column.needed]
    guard.promptTitle = heading[:_LONGEST_TITLE]
    guard.prompt = f"{wording.filled(column.about)} ({needed})"
    guard.showInputMessage = True
    guard.allowBlank = True
    message = column.guard if column.choice else _MESSAGES.get(column.holds)
    guard.showErrorMessage = message is not None
    if message is not None:
        guard.errorStyle = "warning" if message == "unusual" else "stop"
        guard.errorTitle = heading[:_LONGEST_TITLE]
        guard.error = wording.texts.messages[message]
    return guard


def _limits(column: Column, ranges: Mapping[str, str]) -> DataValidation:
    if column.choice:
        return DataValidation(type="list", formula1=ranges[column.choice])
    if column.holds == "whole":
        return DataValidation(type="whole", operator="between", formula1="1", formula2="9" * _MOST_DIGITS)
    if column.holds == "date":
        return DataValidation(type="date", operator="greaterThanOrEqual", formula1=str(_EARLIEST))
    if column.holds == "percent":
        return DataValidation(type="decimal", operator="between", formula1="0", formula2="100")
    if column.holds == "text":
        return DataValidation(type=None)
    return DataValidation(type="decimal", operator="between", formula1=f"-{_LARGEST}", formula2=f"{_LARGEST}")


def _lay_out(sheet: Worksheet) -> None:
    sheet.row_dimensions[1].height = 34
    sheet.freeze_panes = "C2"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = "9"  # A4
    sheet.page_setup.fitToWidth = 3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"

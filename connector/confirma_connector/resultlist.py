"""The list of results beside a source that cannot carry them: a line for each invoice, as CSV or as a workbook."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from confirma_connector.errors import SettingsError
from confirma_connector.language import tr

__all__ = ["KINDS", "check_kind", "harmless", "write_list"]

KINDS = (".csv", ".xlsx")
"""The suffixes a list may have; they say what is written."""

_WIDTHS = {"A": 16, "B": 20, "C": 18, "D": 80, "E": 22, "F": 40}
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
_BEGIN = datetime(1980, 1, 1)
"""The first moment an archive can name. No list says when it was written: the same results are the same bytes."""


def harmless(text: str) -> str:
    """Keep text from outside from being run as a formula by the program that opens the file."""
    line = " ".join(_CONTROLS.sub(" ", text).split())
    return f"'{line}" if line[:1] in tuple("=+-@＝＋－＠") else line


def check_kind(suffix: str) -> None:
    """Raise SettingsError when a list of this kind cannot be written here: making workbooks takes openpyxl."""
    if suffix == ".xlsx" and importlib.util.find_spec("openpyxl") is None:
        raise SettingsError(
            tr('a list of results as .xlsx needs more: pip install "confirma-connector[excel]" (openpyxl)')
        )


def write_list(path: Path, suffix: str, lines: Iterable[Sequence[str]]) -> None:
    """Write a list of the kind that *suffix* says to *path*; the first of the lines is the header.

    Everything in it is text, also what looks like a number or a formula. Raises OSError, SettingsError.
    """
    check_kind(suffix)
    if suffix == ".xlsx":
        _write_workbook(path, lines)
    else:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            csv.writer(file, delimiter=";").writerows(lines)


def _write_workbook(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """Make the workbook in memory, then copy its parts: openpyxl stamps them with the time."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = _BEGIN
    sheet = book.create_sheet(tr("Results"))
    sheet.freeze_panes = "A2"
    heads, bodies = [WriteOnlyCell(sheet) for _ in _WIDTHS], [WriteOnlyCell(sheet) for _ in _WIDTHS]
    for column, width in _WIDTHS.items():
        sheet.column_dimensions[column].width = width
    for cell in (*heads, *bodies):
        cell.number_format = "@"
    for cell in heads:
        cell.font = Font(bold=True)
    row = 0
    for row, line in enumerate(lines, 1):
        cells = heads if row == 1 else bodies
        for cell, text in zip(cells, line, strict=True):
            cell.value = _NO_TEXT.sub(" ", text)
            cell.data_type = "s"
        sheet.append(cells)
    sheet.auto_filter.ref = f"A1:F{row}"
    made = io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED)).save()
    with zipfile.ZipFile(made) as parts, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed:
        for part in parts.namelist():
            fixed.writestr(zipfile.ZipInfo(part, _BEGIN.timetuple()[:6]), parts.read(part), zipfile.ZIP_DEFLATED)

"""Make the fill-in workbook, and never in the place of another file."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

from openpyxl import Workbook

from confirma_connector.errors import SettingsError
from confirma_connector.language import because, current, tr
from confirma_connector.template.guide import add_guide
from confirma_connector.template.invoices import add_invoices
from confirma_connector.template.lists import add_lists
from confirma_connector.template.wording import Language, worded

__all__ = ["make"]


def make(path: Path, language: Language | None = None, today: dt.date | None = None) -> None:
    """Make the workbook at *path*, in the language of the day without another; its VAT rates are those of *today*.

    Raises SettingsError when the name does not end in .xlsx, is taken, or cannot be written.
    """
    if path.suffix != ".xlsx":
        raise SettingsError(tr("{path}: the name of the workbook must end in .xlsx", path=path))
    data = _workbook(path.name, language or current(), today or dt.date.today())
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise SettingsError(
            tr("{path}: there is such a file already, and it stays as it is; give another name", path=path)
        ) from None
    except OSError as error:
        raise SettingsError(tr("{path}: cannot be written: {reason}", path=path, reason=because(error))) from None


def _workbook(name: str, language: Language, today: dt.date) -> bytes:
    wording = worded(language, today)
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.creator = "Confirma Connector"  # not for people
    book.properties.title = wording.texts.guide.title
    sheet, guide, lists = (
        book.create_sheet(title) for title in (wording.sheet, wording.texts.sheets.guide, wording.texts.sheets.lists)
    )
    ranges = add_lists(lists, wording)
    add_invoices(sheet, wording, ranges)
    add_guide(guide, wording, name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()

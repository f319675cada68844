"""Spreadsheets of OpenDocument for tests, small enough to be written by hand."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

__all__ = ["Cell", "ods"]

Cell = str | float | bool | dt.date | None

_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
_MANIFEST = 'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"'
_KEY = '<manifest:encryption-data manifest:checksum="x"/>'


def ods(path: Path, sheets: Mapping[str, Sequence[Sequence[Cell]]], *, is_locked: bool = False) -> Path:
    """Write a spreadsheet. *is_locked* makes it say that it is protected with a password."""
    tables = "".join(
        f"<table:table table:name={quoteattr(name)}>"
        + "".join(f"<table:table-row>{''.join(map(_cell, row))}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    entry = (
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">'
        f"{_KEY if is_locked else ''}</manifest:file-entry>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", f"<office:document-content {_NAMES}>{body}</office:document-content>")
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {_MANIFEST}>{entry}</manifest:manifest>")
    return path


def _cell(value: Cell) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return _typed("boolean", "boolean-value", str(value).lower())
    if isinstance(value, float):
        return _typed("float", "value", repr(value))
    if isinstance(value, dt.date):
        return _typed("date", "date-value", value.isoformat())
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def _typed(kind: str, attribute: str, value: str) -> str:
    return f'<table:table-cell office:value-type="{kind}" office:{attribute}="{value}"/>'

"""Code tables of a mapping: two columns, code and value, in a CSV below the mapping's own folder."""

from __future__ import annotations

import csv
from pathlib import Path

__all__ = ["TableError", "read_table"]

_LARGEST = 5_000_000


class TableError(ValueError):
    """A table file that cannot be used; the text says why."""


def read_table(folder: Path, name: str) -> dict[str, str]:
    """Read the table file *name* below *folder*: UTF-8, comma or semicolon, first line `code,value`."""
    path = (folder / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(folder.resolve()):
        raise TableError(f"{name} lies outside the mapping's folder")
    try:
        if path.stat().st_size > _LARGEST:
            raise TableError(f"{name} is larger than {_LARGEST:,} bytes")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{name} cannot be read: {getattr(error, 'strerror', 'not UTF-8')}") from None
    delimiter = ";" if lines and ";" in lines[0] else ","
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    if [cell.strip().lower() for cell in next(rows, [])] != ["code", "value"]:
        raise TableError(f"{name}: the first line must be code{delimiter}value")
    table: dict[str, str] = {}
    for row in rows:
        if not any(row):
            continue
        if len(row) != 2:
            raise TableError(f"{name}, line {rows.line_num}: expected two columns, found {len(row)}")
        code, value = (cell.strip() for cell in row)
        if code in table:
            raise TableError(f'{name}, line {rows.line_num}: the code "{code}" stands twice')
        table[code] = value
    return table

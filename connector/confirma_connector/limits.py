"""How much a source may hold: a file that was made to exhaust this machine is refused in one line."""

from __future__ import annotations

import stat
from dataclasses import dataclass, fields
from pathlib import Path

from confirma_connector.errors import SourceError
from confirma_connector.language import because, mark, tr, whole

__all__ = ["DEFAULTS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one source, far above what honest files hold; `[limits]` in the config file moves them.

    *file_size*, *unpacked_size* (all parts of a workbook), *part_size* (a part that is read whole: styles, a table's
    description), *row_size* (a workbook's row as it is stored) and *text_size* are bytes, *line_length* is characters
    of a line or record of delimited text; all others are counts. *held_cells* holds for what cannot be read row by row:
    the adapter table, `scattered: true`, registers, rows apart from their headers. *unpacked_ratio* is how many times
    as large a workbook may become.
    """

    file_size: int = 2_000_000_000
    unpacked_size: int = 4_000_000_000
    unpacked_ratio: int = 250
    parts: int = 20_000
    part_size: int = 32_000_000
    elements: int = 500_000
    nesting: int = 100
    row_size: int = 8_000_000
    shared_strings: int = 1_000_000
    text_size: int = 100_000_000
    line_length: int = 1_000_000
    record_lines: int = 10_000
    columns: int = 16_384
    rows: int = 1_100_000
    cells: int = 50_000_000
    held_cells: int = 2_000_000
    rows_per_invoice: int = 10_000
    invoices: int = 250_000
    problems: int = 200_000

    def __post_init__(self) -> None:
        """Refuse what is no bound. Raises ValueError."""
        for one in fields(self):
            if getattr(self, one.name) < 1:
                raise ValueError(tr("{name}: expected a whole number above zero", name=one.name))

    def told(self, name: str, found: int | None = None) -> str:
        """Say that the bound *name* is passed, by what was *found* where that is known, and how to raise it."""
        bound = whole(getattr(self, name))
        if found is None:
            return tr(
                "has more than {bound}; if that is right, raise {name} under [limits] in the config file",
                bound=tr(_COUNTED[name], count=bound),
                name=name,
            )
        return tr(
            "has {found}, more than the {bound} that are read; if that is right, raise {name} under [limits] "
            "in the config file",
            found=tr(_COUNTED[name], count=whole(found)),
            bound=bound,
            name=name,
        )

    def refuse(self, name: str, place: str, found: int | None = None) -> SourceError:
        """Give the error for a source that passes the bound *name* at *place* ("invoices.csv, line 3")."""
        return SourceError(f"{place}: {self.told(name, found)}")

    def check(self, name: str, place: str, found: int) -> None:
        """Raise SourceError when what was *found* at *place* is more than the bound *name*."""
        if found > getattr(self, name):
            raise self.refuse(name, place, found)

    def check_file(self, path: Path) -> None:
        """Raise SourceError for what is no plain file (a pipe would never end), or is too large."""
        try:
            there = path.stat()
        except (OSError, ValueError) as error:
            reason = because(error) if isinstance(error, OSError) else tr("this is not the name of a file")
            raise SourceError(tr("{path}: cannot be read: {reason}", path=path, reason=reason)) from None
        if stat.S_ISDIR(there.st_mode):
            raise SourceError(tr("{path}: is a folder; name a file in it", path=path))
        if not stat.S_ISREG(there.st_mode):
            raise SourceError(
                tr("{path}: is no plain file but a pipe or a device; save what it gives as a file first", path=path)
            )
        self.check("file_size", str(path), there.st_size)


DEFAULTS = Limits()

_COUNTED = {
    "file_size": mark("{count} bytes"),
    "unpacked_size": mark("{count} bytes when it is unpacked"),
    "unpacked_ratio": mark("{count} times its size when it is unpacked"),
    "parts": mark("{count} parts"),
    "part_size": mark("{count} bytes in a part that is read whole"),
    "elements": mark("{count} elements of XML in a part that is read whole"),
    "nesting": mark("{count} levels of elements within each other"),
    "row_size": mark("{count} bytes in one row"),
    "shared_strings": mark("{count} texts in its shared strings"),
    "text_size": mark("{count} bytes of text, all of which has to be in memory at once"),
    "line_length": mark("{count} characters in one line or record"),
    "record_lines": mark("{count} lines in one record"),
    "columns": mark("{count} columns"),
    "rows": mark("{count} rows"),
    "cells": mark("{count} cells"),
    "held_cells": mark("{count} cells, all of which have to be in memory at once"),
    "rows_per_invoice": mark("{count} rows"),
    "invoices": mark("{count} invoices"),
}

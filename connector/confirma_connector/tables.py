"""Code tables of a mapping: two columns, code and value, in the mapping itself or in a CSV below its folder."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from confirma_connector.language import tr

__all__ = ["CodeTable", "TableError", "UnknownCode", "read_table"]

_LARGEST = 5_000_000
_ELSE = "*"
_MOST_COMPARED = 500


class TableError(ValueError):
    """A table file that cannot be used; the text says why."""


class UnknownCode(ValueError):
    """A code that a table does not know; the text names the nearest it knows."""


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The codes of one source and what they mean; `*` is the meaning of every other code."""

    name: str
    codes: Mapping[str, str]

    def meaning(self, code: str, *, is_default: bool = False) -> str:
        """Give what *code* means. A default of the mapping may be the meaning itself. Raises UnknownCode."""
        found = self.codes.get(code.strip())
        if found is not None:
            return found
        if is_default:
            return code
        if _ELSE in self.codes:
            return self.codes[_ELSE]
        raise UnknownCode(
            tr(
                'the table "{name}" of the mapping does not know this code; {hint}',
                name=self.name,
                hint=self._hint(code),
            )
        )

    def _hint(self, code: str) -> str:
        near = difflib.get_close_matches(code, list(self.codes)[:_MOST_COMPARED], 1)
        return (
            tr('did you mean "{near}"?', near=near[0])
            if near
            else tr("it knows {code}", code=", ".join(list(self.codes)[:10]))
        )


def read_table(folder: Path, name: str) -> dict[str, str]:
    """Read the table file *name* below *folder*: UTF-8, comma or semicolon, first line `code,value`.

    Raises TableError.
    """
    text = _text(folder, name)
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table: dict[str, str] = {}
    try:
        if [cell.strip().lower() for cell in next(rows, [])] != ["code", "value"]:
            raise TableError(tr("{name}: the first line must be code{delimiter}value", name=name, delimiter=delimiter))
        for row in rows:
            if not any(row):
                continue
            if len(row) != 2:
                raise TableError(
                    tr(
                        "{name}, line {line_num}: expected two columns, found {count}",
                        name=name,
                        line_num=rows.line_num,
                        count=len(row),
                    )
                )
            code, value = (cell.strip() for cell in row)
            if code in table:
                raise TableError(
                    tr(
                        '{name}, line {line_num}: the code "{code}" stands twice',
                        name=name,
                        line_num=rows.line_num,
                        code=code,
                    )
                )
            table[code] = value
    except csv.Error as error:
        raise TableError(f"{name}, line {rows.line_num}: {error}") from None
    return table


def _text(folder: Path, name: str) -> str:
    try:
        path = (folder / name).resolve()
        is_below = path.is_relative_to(folder.resolve()) and not Path(name).is_absolute()
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a character that no name can have
        raise TableError(tr("{name!r} is not the name of a file", name=name)) from None
    if not is_below:
        raise TableError(tr("{name} lies outside the mapping's folder", name=name))
    try:
        if not path.is_file():
            raise TableError(tr("{name}: there is no such file in the mapping's folder", name=name))
        if path.stat().st_size > _LARGEST:
            raise TableError(tr("{name} is larger than {largest:,} bytes", name=name, largest=_LARGEST))
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(tr("{name} cannot be read: {reason}", name=name, reason=error.strerror)) from None
    except UnicodeDecodeError:
        raise TableError(tr("{name} is not UTF-8", name=name)) from None

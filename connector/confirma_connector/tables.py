"""Code tables of a mapping: two columns, code and value, in the mapping itself or in a CSV below its folder."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from confirma_connector.language import because, tr, whole

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
        raise UnknownCode(self._unknown(code))

    def _unknown(self, code: str) -> str:
        if near := difflib.get_close_matches(code, list(self.codes)[:_MOST_COMPARED], 1):
            return tr(
                'the table "{name}" of the mapping does not know this code; did you mean "{nearest}"?',
                name=self.name,
                nearest=near[0],
            )
        return tr(
            'the table "{name}" of the mapping does not know this code; it knows {codes}',
            name=self.name,
            codes=", ".join(list(self.codes)[:10]),
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
            raise TableError(
                tr("{path}: the first line must be {expected}", path=name, expected=f"code{delimiter}value")
            )
        for row in rows:
            if not any(row):
                continue
            if len(row) != 2:
                raise TableError(
                    tr(
                        "{path}, line {line}: expected two columns, found {count}",
                        path=name,
                        line=rows.line_num,
                        count=len(row),
                    )
                )
            code, value = (cell.strip() for cell in row)
            if code in table:
                raise TableError(
                    tr(
                        '{path}, line {line}: the code "{code}" stands twice',
                        path=name,
                        line=rows.line_num,
                        code=code,
                    )
                )
            table[code] = value
    except csv.Error as error:
        raise TableError(
            tr(
                "{path}, line {line}: the quotes here do not belong together ({reason})",
                path=name,
                line=rows.line_num,
                reason=error,
            )
        ) from None
    return table


def _text(folder: Path, name: str) -> str:
    try:
        path = (folder / name).resolve()
        is_below = path.is_relative_to(folder.resolve()) and not Path(name).is_absolute()
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a character that no name can have
        raise TableError(tr('"{name}" is not the name of a file', name=name)) from None
    if not is_below:
        raise TableError(tr("{path}: lies outside the mapping's folder", path=name))
    try:
        if not path.is_file():
            raise TableError(tr("{path}: there is no such file in the mapping's folder", path=name))
        if path.stat().st_size > _LARGEST:
            raise TableError(tr("{path}: is larger than {largest} bytes", path=name, largest=whole(_LARGEST)))
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TableError(tr("{path}: cannot be read: {reason}", path=name, reason=because(error))) from None
    except UnicodeDecodeError:
        raise TableError(tr("{path}: is not UTF-8", path=name)) from None

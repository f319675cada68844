"""Tables in .ods, .xls, .xlsb and Parquet, read with pandas. Results go to a list beside the source.

The sources are never rewritten. What the reader of .ods, .xls and .xlsb (calamine) does not tell, nobody here can say:

- a formula that shows an error (#N/A, #REF!), or was never calculated, looks like an empty cell;
- hidden and filtered rows look like all others;
- a number is read as it is stored: 0.255 for a cell that shows 25.5 %, 100 for one that shows 00100;
- .ods made from a workbook of Excel may hold 1 and 0 for TRUE and FALSE.

For .xlsx use the excel adapter, which sees all of this; a workbook where it matters can be saved as .xlsx first.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import math
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from confirma_connector import Match, Record, SeveralSheets, Source, SourceError, Unreadable, hookimpl
from confirma_connector.archives import archive, refuse_liars
from confirma_connector.extent import check_ods, check_xlsb
from confirma_connector.language import either, listed, mark, tr, trn

if TYPE_CHECKING:
    from confirma_connector.sheetoptions import TableOptions

_OLE, _ZIP, _PARQUET = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"PAR1"
_ODS_MARK = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
_SEARCHED = 50
_MOST = 10**15
_TOO_LONG = mark("is a number of more than 15 digits, of which only the first 15 are kept: store it as text")
_MIDNIGHT = dt.time()

_Cell = str | Decimal | dt.date | Unreadable
_Row = tuple[_Cell, ...]


@hookimpl
def options() -> type[TableOptions]:
    """Give the model of the `source:` block."""
    from confirma_connector.sheetoptions import TableOptions  # listing adapters needs no pydantic

    return TableOptions


@hookimpl
def detect(path: Path, head: bytes) -> Match:
    """Say "generic" for .ods, .xls and .xlsb whose first bytes agree with the name, and for Parquet; else "no"."""
    suffix = path.suffix.lower()
    is_workbook = (
        (suffix == ".xls" and head.startswith(_OLE))
        or (suffix == ".xlsb" and head.startswith(_ZIP))
        or (suffix == ".ods" and head.startswith(_ZIP) and head[30:].startswith(_ODS_MARK))
    )
    return "generic" if is_workbook or head.startswith(_PARQUET) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give every row that is not empty, typed as its source typed it; `at` counts rows from 1, blank ones too.

    A number becomes a Decimal, a date a date, TRUE and FALSE text. What cannot be trusted is `Unreadable`.
    """
    chosen: TableOptions = source.options or options()()
    with source.open() as file:
        head = file.read(len(_PARQUET))
    if head == _PARQUET:
        return _parquet_records(source, chosen)
    _refuse_other_kinds(source, head)
    return _sheet_records(source, chosen)


def _refuse_other_kinds(source: Source, head: bytes) -> None:
    """Raise SourceError for what is no .ods, .xls or .xlsb by its content, whatever its name says."""
    name = source.path.name
    if not head:
        raise SourceError(tr("{name}: the file is empty", name=name))
    if head == _ZIP:
        with _whole(source), archive(source.path, source.limits) as opened:
            parts = set(opened.namelist())
            if "xl/workbook.xml" in parts:
                raise SourceError(
                    tr("{name}: is an .xlsx workbook; name it so, and read it with the adapter excel", name=name)
                )
            if parts & {"xl/workbook.bin", "content.xml"}:
                _bound(source, opened)
                return
    elif head == _OLE:
        source.limits.check("text_size", name, source.path.stat().st_size)  # it is in memory as a whole
        _refuse_deadly(source)
        return
    raise SourceError(
        tr("{name}: is no .ods, .xls, .xlsb or Parquet file by its content, whatever its name says", name=name)
    )


def _bound(source: Source, opened: zipfile.ZipFile) -> None:
    """Refuse what would not fit into memory, before the reader takes all of it there."""
    refuse_liars(opened, source.path)
    if "content.xml" in opened.namelist():
        with opened.open("content.xml") as part:
            check_ods(part, source.path.name, source.limits)
    check_xlsb(opened, source.path.name, source.limits)


def _refuse_deadly(source: Source) -> None:
    """Open an .xls in a process of its own first: some damaged ones make calamine end the process it runs in.

    It keeps a place for every cell between the outermost two, before anybody can look at what they are.
    """
    name = source.path.name
    tried = subprocess.run([sys.executable, "-I", "-c", _TRY, str(source.path)], capture_output=True, check=False)
    if tried.returncode not in (0, 1):
        raise SourceError(tr("{name}: cannot be read; is it damaged? (its cells would not fit into memory)", name=name))
    if tried.stdout.strip().isdigit():
        source.limits.check("held_cells", name, int(tried.stdout))


_TRY = """# not for people
import contextlib, sys
from python_calamine import load_workbook
with contextlib.suppress(ImportError, OSError, ValueError):
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
book = load_workbook(sys.argv[1])
sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
print(sum(sheet.total_height * sheet.total_width for sheet in sheets))
"""


# ---- workbooks ----


def _sheet_records(source: Source, chosen: TableOptions) -> Iterator[Record]:
    name = source.path.name
    sheet, rows = _only_sheet(_sheets(source, chosen.sheet), name)
    header = _found_header(rows, sheet, name) if chosen.header_row is None else chosen.header_row
    if header > len(rows) or not (header == 0 or any(map(_filled, rows[header - 1]))):
        raise SourceError(
            tr(
                '{name}: row {row} of sheet "{sheet}", the header_row declared, is empty',
                name=name,
                row=header,
                sheet=sheet,
            )
        )
    width = max((index for row in rows for index, cell in enumerate(row, 1) if _filled(cell)), default=0)
    names = _names([_spelled(cell) for cell in rows[header - 1][:width]] if header else [""] * width)
    letters = {column: _letters(index) for index, column in enumerate(names, 1)}
    quoted = sheet if sheet.isidentifier() else "'" + sheet.replace("'", "''") + "'"
    for at, row in enumerate(rows[header:], header + 1):
        if any(map(_filled, row)):
            yield Record(dict(zip(names, row, strict=False)), at, f"{quoted}!{at}", letters=letters)


def _sheets(source: Source, wanted: Sequence[str]) -> dict[str, list[_Row]]:
    """Read the rows of the sheet that is *wanted*, or of all of them."""
    with _whole(source), source.open() as file:
        import pandas

        with pandas.ExcelFile(file, engine="calamine") as book:
            there = [str(sheet) for sheet in book.sheet_names]
            chosen = [_wanted_sheet(wanted, there, source.path.name)] if wanted else there
            frames = pandas.read_excel(book, sheet_name=chosen, header=None, dtype=object, na_filter=False)
    return {
        sheet: [tuple(map(_sheet_value, row)) for row in frame.itertuples(index=False, name=None)]
        for sheet, frame in frames.items()
    }


def _wanted_sheet(wanted: Sequence[str], there: Sequence[str], name: str) -> str:
    found = list(dict.fromkeys(sheet for spelling in wanted for sheet in _meant(spelling, there)))
    if len(found) == 1:
        return found[0]
    named = either(f'"{name}"' for name in wanted)
    if found:
        raise SourceError(
            tr(
                "{name}: sheet {wanted} may be {found}; declare one of them, or its place as #1",
                name=name,
                wanted=named,
                found=either(f'"{sheet}"' for sheet in found),
            )
        )
    raise SourceError(
        tr(
            "{name}: has no sheet {wanted}; it has {sheets}: rename the sheet, or correct sheet: in the mapping",
            name=name,
            wanted=named,
            sheets=_listed(there),
        )
    )


def _meant(spelling: str, there: Sequence[str]) -> list[str]:
    """Give the sheets that a spelling may mean: by its name, and by its place."""
    place = spelling.removeprefix("#")
    is_place = place.isascii() and place.isdigit() and len(place) < 6 and 0 < int(place) <= len(there)
    by_name = [sheet for sheet in there if sheet.strip().casefold() == spelling.casefold()]
    return [*by_name, *([there[int(place) - 1]] if is_place else [])]


def _only_sheet(sheets: dict[str, list[_Row]], name: str) -> tuple[str, list[_Row]]:
    filled = [sheet for sheet, rows in sheets.items() if any(_filled(cell) for row in rows for cell in row)]
    if len(filled) == 1:
        return filled[0], sheets[filled[0]]
    if filled:
        raise SeveralSheets(
            tr(
                '{name}: more than one sheet has rows: {sheets}; declare one, as in source: {{sheet: "{first}"}}',
                name=name,
                sheets=_listed(filled),
                first=filled[0],
            ),
            filled,
        )
    raise SourceError(
        trn(
            "{name}: the sheet {sheets} is empty",
            "{name}: the sheets {sheets} are empty",
            len(sheets),
            name=name,
            sheets=_listed(list(sheets)),
        )
        if sheets
        else tr("{name}: has no sheets", name=name)
    )


def _found_header(rows: Sequence[_Row], sheet: str, name: str) -> int:
    """Find the header: the first row that is text alone and at least half as wide as the widest of the first 50."""
    filled = [[cell for cell in row if _filled(cell)] for row in rows[:_SEARCHED]]
    widest = max(map(len, filled), default=0)
    for number, cells in enumerate(filled, 1):
        if len(cells) >= 2 and 2 * len(cells) >= widest and all(isinstance(cell, str) for cell in cells):
            return number
    raise SourceError(
        tr(
            '{name}: no header was found in the first {searched} rows of sheet "{sheet}"; declare it, '
            "as in source: {{header_row: 3}}, or none for a table without one",
            name=name,
            searched=_SEARCHED,
            sheet=sheet,
        )
    )


def _names(cells: Sequence[str]) -> list[str]:
    """Name the columns: the header, or "#3 Nimi" where it stands twice and "#5" where it is blank."""
    names = [cell.strip() or f"#{column}" for column, cell in enumerate(cells, 1)]
    while len(set(names)) < len(names):
        count = Counter(names)
        names = [f"#{column} {name}" if count[name] > 1 else name for column, name in enumerate(names, 1)]
    return names


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


# ---- Parquet ----


def _parquet_records(source: Source, chosen: TableOptions) -> Iterator[Record]:
    if chosen.sheet or chosen.header_row is not None:
        raise SourceError(
            tr("{name}: a Parquet file has no sheet and no header_row; leave them out", name=source.path.name)
        )
    columns, names = _parquet_columns(source)
    for at, row in enumerate(zip(*columns, strict=True), 1):
        if any(map(_filled, row)):
            yield Record(dict(zip(names, row, strict=True)), at, tr("row {row}", row=at))


def _parquet_columns(source: Source) -> tuple[list[list[_Cell]], list[str]]:
    """Read the columns without pandas: its frames would make floats of whole numbers where some are missing."""
    with _whole(source), source.open() as file:
        from pyarrow import parquet, types

        with parquet.ParquetFile(file) as whole:
            described, limits = whole.metadata, source.limits
            limits.check("held_cells", source.path.name, described.num_rows * described.num_columns)
            groups = map(described.row_group, range(described.num_row_groups))
            limits.check("text_size", source.path.name, sum(group.total_byte_size for group in groups))
            table = whole.read()
        columns = [
            [_single(text) for text in column.cast("string").to_pylist()]
            if types.is_float32(column.type)
            else [_value(cell) for cell in column.to_pylist()]
            for column in table.columns
        ]
    return columns, _names(table.column_names)


def _single(text: str | None) -> _Cell:
    """Give a number of single precision by the digits that make it up: 0.1, not the nearest double of it."""
    if text is None or text.lower() == "nan":
        return ""
    if abs(float(text)) >= 1 << 24:
        return Unreadable(text, tr("is a number of more than the 7 digits that float32 keeps"))
    return _number(float(text))


# ---- values ----


def _sheet_value(cell: object) -> _Cell:
    """Give a cell of a workbook: all its numbers are stored as floats, whatever the reader makes of them."""
    return _number(float(cell)) if isinstance(cell, int) and not isinstance(cell, bool) else _value(cell)


def _value(cell: object) -> _Cell:
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, (int, Decimal)):
        return Decimal(cell)
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, dt.datetime):
        return _moment(cell)
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, (dt.time, dt.timedelta)):
        return str(cell)
    return Unreadable(str(cell), tr("is not text, a number or a date: bytes, a list or a group cannot be read"))


def _number(number: float) -> _Cell:
    if math.isnan(number):
        return ""
    if abs(number) >= _MOST:
        return Unreadable(f"{number:.15G}", tr(_TOO_LONG))
    return Decimal(int(number)) if number.is_integer() else Decimal(repr(number))


def _moment(cell: dt.datetime) -> _Cell:
    """Give the day of a moment at midnight. With a time zone any other one is a day here and the next one there."""
    if cell.time() == _MIDNIGHT:
        return cell.date()
    if cell.tzinfo is not None:
        return Unreadable(
            str(cell), tr("is a moment in a time zone, of which the day is not certain; give a plain date")
        )
    return dt.datetime.combine(cell.date(), cell.time())


def _filled(cell: _Cell) -> bool:
    return not isinstance(cell, str) or bool(cell.strip())


def _spelled(cell: _Cell) -> str:
    return cell.text if isinstance(cell, Unreadable) else str(cell)


def _listed(names: Sequence[str]) -> str:
    return listed([f'"{name}"' for name in names], 10)


@contextlib.contextmanager
def _whole(source: Source) -> Iterator[None]:
    """Read with a library that may be missing, or give up on a damaged file. Raises SourceError."""
    name = source.path.name
    try:
        yield
    except ImportError as error:
        raise SourceError(
            tr(
                '{name}: reading this file needs more: pip install "confirma-connector[table]" ({missing})',
                name=name,
                missing=error.name or _line(error),
            )
        ) from None
    except SourceError:
        raise
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":  # calamine's, on some files
            raise SourceError(
                tr(
                    "{name}: cannot be read; is it damaged, or protected with a password? ({error})",
                    name=name,
                    error=_line(error),
                )
            ) from None
        raise


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__

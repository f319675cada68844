"""The `source:` blocks of the adapters that read workbooks and tables, apart from them: listing adapters needs none."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_validator

from confirma_connector.language import tr

__all__ = ["TableOptions", "WorkbookOptions"]


class TableOptions(BaseModel):
    """The `source:` block of table: what is left out is found from the file, or the file is refused as ambiguous.

    *sheet* is a name, or several spellings of which one must be there; a number from 1, also written `#2`, is a
    sheet's place. *header_row* counts the rows of the sheet from 1; 0 stands for "none". Parquet takes neither.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    sheet: tuple[str, ...] = ()
    header_row: int | None = None

    @field_validator("sheet", mode="before")
    @classmethod
    def _spellings(cls, value: Any) -> tuple[str, ...]:
        spellings = tuple(str(one).strip() for one in (value if isinstance(value, (list, tuple)) else [value]))
        if spellings and all(spellings):
            return spellings
        raise ValueError(tr("a sheet has a name or a number; leave sheet out to take the only one with rows"))

    @field_validator("header_row", mode="before")
    @classmethod
    def _header_line(cls, value: Any) -> int | None:
        text = "" if value is None else str(value).strip().lower()
        if text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= 1_048_576:
            return int(text)
        if text in ("", "none"):
            return 0 if text else None
        raise ValueError(
            tr(
                '"{value}" is no header_row; expected a row number from 1, or none for a list without header',
                value=value,
            )
        )


class WorkbookOptions(TableOptions):
    """The `source:` block of excel: that of table, and what only the excel adapter sees.

    Hidden rows stop the run unless *hidden* says what becomes of them. With *numbers* "shown", numbers are rounded to
    the decimals that their cells show.
    """

    hidden: Literal["send", "skip"] | None = None
    numbers: Literal["exact", "shown"] = "exact"

"""What a mapping may declare of delimited text: encoding, delimiter, quote; checked when it is loaded."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator, model_validator

from confirma_connector.delimiters import DELIMITERS
from confirma_connector.language import tr

__all__ = ["DelimitedOptions", "DelimiterMark", "EncodingName", "QuoteMark"]

_WORDS = {word: mark for mark, word in DELIMITERS.items()}
_ASCII_PROBE = 'aZ09;,|\t"\r\n'


def _known_encoding(value: str) -> str:
    try:
        if _ASCII_PROBE.encode(value).decode(value) == _ASCII_PROBE:
            return value
    except (LookupError, ValueError):
        pass
    raise ValueError(
        tr('"{value}" is no encoding of text files; expected a name like utf-8, cp1252 or iso-8859-15', value=value)
    )


def _one_delimiter(value: str) -> str:
    mark = value and _WORDS.get(value.strip().lower(), value)
    if len(mark) == 1 and not mark.isalnum() and mark not in "\r\n\0":
        return mark
    raise ValueError(
        tr('"{value}" is no delimiter; expected one character, or tab, semicolon, comma or pipe', value=value)
    )


def _one_quote(value: str) -> str:
    mark = "" if value.strip().lower() == "none" else value
    if value and len(mark) <= 1 and not mark.isalnum() and not mark.isspace():
        return mark
    raise ValueError(
        tr('"{value}" is no quote; expected one character, or none for files without quoting', value=value)
    )


EncodingName = Annotated[str, AfterValidator(_known_encoding)]
"""The name of an encoding in which the signs of delimited text are themselves."""

DelimiterMark = Annotated[str, AfterValidator(_one_delimiter)]
"""A delimiter, also by its word ("semicolon")."""

QuoteMark = Annotated[str, AfterValidator(_one_quote)]
"""A quote; "none" becomes the empty text."""


class DelimitedOptions(BaseModel):
    """The `source:` block of csv_file: what is left out is found from the file, or the file is refused as ambiguous.

    *header_row* counts lines from 1; 0 stands for "none". An empty *quote* stands for "none".
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    encoding: EncodingName | None = None
    delimiter: DelimiterMark | None = None
    quote: QuoteMark = '"'
    header_row: int | None = None
    skip_rows: int = 0

    @field_validator("header_row", mode="before")
    @classmethod
    def _header_line(cls, value: Any) -> int | None:
        if value is None or str(value).strip().lower() == "none":
            return None if value is None else 0
        if (line := _counted(value)) > 0:
            return line
        raise ValueError(
            tr(
                '"{value}" is no header_row; expected a whole number from 1, or none for a file without a header',
                value=value,
            )
        )

    @field_validator("skip_rows", mode="before")
    @classmethod
    def _lines_to_skip(cls, value: Any) -> int:
        if (count := _counted(value)) >= 0:
            return count
        raise ValueError(tr('"{value}" is no skip_rows; expected a whole number from 0', value=value))

    @model_validator(mode="after")
    def _agree(self) -> DelimitedOptions:
        if self.header_row and "skip_rows" in self.model_fields_set:
            raise ValueError(tr("header_row and skip_rows both say where the header is; declare one of them"))
        if self.quote and self.quote == self.delimiter:
            raise ValueError(tr('"{quote}" cannot be both the delimiter and the quote', quote=self.quote))
        return self


def _counted(value: Any) -> int:
    """Give *value* as a whole number, -1 when it is none."""
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1

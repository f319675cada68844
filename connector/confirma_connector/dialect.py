"""What a mapping may declare of delimited text: encoding, delimiter, quote; checked when it is loaded."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from confirma_connector.delimited import DELIMITERS
from confirma_connector.language import tr

__all__ = ["DelimiterMark", "EncodingName", "QuoteMark"]

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

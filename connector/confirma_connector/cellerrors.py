"""Texts that are no values: what a spreadsheet shows in the place of one, and leaves in the files it exports."""

from __future__ import annotations

import re

from confirma_connector.language import tr

__all__ = ["spoilt"]

_ERRORS = frozenset(
    {
        *("#N/A", "#NV", "#PUUTTUU!", "#PUUTTUU", "#SAKNAS!", "#SAKNAS", "#REF!", "#VIITTAUS!", "#REFERENS!"),
        *("#DIV/0!", "#JAKO/0!", "#DIVISION/0!", "#VALUE!", "#ARVO!", "#VÄRDEFEL!", "#NAME?", "#NIMI?", "#NAMN?"),
        *("#NUM!", "#LUKU!", "#OGILTIGT!", "#NULL!", "#TYHJÄ!", "#SKÄRNING!", "#SPILL!", "#CALC!", "#GETTING_DATA"),
    }
)
"""As Excel spells its errors in English, Finnish and Swedish."""

_SHORT = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{2,3}", re.IGNORECASE)
_TOO_NARROW = re.compile(r"#{3,}")


def spoilt(text: str) -> str:
    """Say why *text* is no value but what a spreadsheet shows where it has none; "" when it may be one."""
    if text[:1] == "#":
        if text.upper() in _ERRORS:
            return tr("shows the error {shown}: correct its formula", shown=text)
        if _TOO_NARROW.fullmatch(text):
            return tr("is what a spreadsheet shows when a column is too narrow: widen it and export the file again")
    elif "+" in text and _SHORT.fullmatch(text):
        return tr(
            "is a number that a spreadsheet has shortened, and its other digits are lost: enter it again, a long one "
            "in a cell of the format Text"
        )
    return ""

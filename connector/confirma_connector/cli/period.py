"""A period of invoice dates, as options name it."""

from __future__ import annotations

import datetime as dt

from confirma_connector import language
from confirma_connector.cli.options import day
from confirma_connector.errors import SettingsError
from confirma_connector.language import tr

__all__ = ["period"]


def period(first: tuple[str, str | None], last: tuple[str, str | None]) -> tuple[dt.date, dt.date]:
    """Give first and last day of a period from two pairs of option and text; what is not named is open.

    Raises SettingsError.
    """
    begin, end = day(*first) or dt.date.min, day(*last) or dt.date.max
    if begin > end:
        dates = {"first": language.day(begin), "last": language.day(end)}
        raise SettingsError(tr("the period ends before it begins: {first} to {last}", **dates))
    return begin, end

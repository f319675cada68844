"""The exceptions of the product: a run that cannot go on. (A wrong invoice is a result, never an exception.)

ConfirmaError
├── CannotRun            exit 2: somebody has to change something first
│   ├── SettingsError    arguments, environment variables, profile, key, host
│   ├── MappingError     the mapping file, with file, line and path
│   ├── AdapterError     an adapter is missing, broken, or two claim the same file
│   ├── SourceError      the source cannot be read, with the place in it
│   ├── ContractError    the contract file or its overlay, or what nobody has confirmed of it
│   ├── JournalError     the journal cannot be opened, or is of a newer release
│   └── Refused          the server will not take anything from us as we are (401, 403, 404, …)
├── Unavailable          exit 3: nothing is lost, run again
│   ├── Outage           the server cannot be reached or does not answer sensibly
│   └── Busy             another run of the same account is active
├── NoWriteBack          this source cannot carry results: they go to a list beside it
└── UnwritableResults    a results file could not be written now: the states stay in the journal
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from confirma_connector.language import tr

__all__ = [
    "AdapterError",
    "Busy",
    "CannotRun",
    "ConfirmaError",
    "ContractError",
    "JournalError",
    "MappingError",
    "NoWriteBack",
    "Outage",
    "Refused",
    "SettingsError",
    "SeveralSheets",
    "SourceError",
    "Unavailable",
    "UnwritableResults",
    "at_line",
    "brief",
    "legible",
    "said",
]

_LONGEST = 500
_ILLEGIBLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Kinds of characters: controls, halves of a pair, and what breaks a line."""


def at_line(name: str, line: int) -> str:
    """Name a line of a file: "invoices.csv, line 3"."""
    return tr("{name}, line {line}", name=name, line=line)


def legible(text: str) -> str:
    """Give *text* with what would break a line, or move the cursor of a terminal, spelled out: `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(
        sign.encode("unicode_escape").decode() if unicodedata.category(sign) in _ILLEGIBLE else sign for sign in text
    )


def brief(text: str) -> str:
    """Give a text of somebody else's on one line, and no more of it than anybody reads."""
    return legible(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def said(error: BaseException) -> str:
    """Give on one line what an error of somebody else's code says; "" where not even that works."""
    try:
        return brief(" ".join(str(error).split()))
    except Exception:  # its own text may do what it likes
        return ""


class ConfirmaError(Exception):
    """The root: its text is one line for a person."""

    exit_code = 2

    def __init__(self, text: str = "") -> None:
        super().__init__("\n".join(map(legible, text.split("\n"))))


class CannotRun(ConfirmaError):
    """Somebody has to change something before a run can do its work."""


class SettingsError(CannotRun):
    """An argument, an environment variable or the profile is wrong."""


class MappingError(CannotRun):
    """The mapping file is wrong; one line a mistake, each with file, line and path."""


class AdapterError(CannotRun):
    """An adapter is missing or broken, or two adapters claim the same file."""


class SourceError(CannotRun):
    """The source cannot be read as a whole; the text names the file and the place."""


class SeveralSheets(SourceError):
    """More than one sheet has rows, and nobody said which is meant; *sheets* are their names."""

    def __init__(self, text: str, sheets: Iterable[str]) -> None:
        super().__init__(text)
        self.sheets = tuple(sheets)


class ContractError(CannotRun):
    """The contract file or the user's overlay on it is wrong, or production needs more of it confirmed."""


class JournalError(CannotRun):
    """The journal cannot be opened or written."""


class Refused(CannotRun):
    """The server refuses us as we are: key, permission, path or contract."""


class Unavailable(ConfirmaError):
    """Not now: nothing is lost, the same command finishes the work later."""

    exit_code = 3


class Outage(Unavailable):
    """The server cannot be reached or does not answer sensibly."""


class Busy(Unavailable):
    """Another run of the same account is active."""


class NoWriteBack(ConfirmaError):
    """This source cannot carry results; the text says why."""


class UnwritableResults(ConfirmaError):
    """A results file cannot be written now; the states stay in the journal."""

    exit_code = 1

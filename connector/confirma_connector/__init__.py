"""Confirma Connector: invoices from the creditor's own files to Confirma Finance, and the outcome back beside them.

What a partner's adapter may import is listed in `__all__` and loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confirma_connector.errors import NoWriteBack as NoWriteBack
    from confirma_connector.errors import SeveralSheets as SeveralSheets
    from confirma_connector.errors import SourceError as SourceError
    from confirma_connector.hookspecs import hookimpl as hookimpl
    from confirma_connector.records import STATES as STATES
    from confirma_connector.records import Match as Match
    from confirma_connector.records import Record as Record
    from confirma_connector.records import Result as Result
    from confirma_connector.records import Source as Source
    from confirma_connector.records import Unreadable as Unreadable

__all__ = [
    *("STATES", "Match", "NoWriteBack", "Record", "Result", "SeveralSheets"),
    *("Source", "SourceError", "Unreadable", "hookimpl"),
]

_HOMES = {"NoWriteBack": "errors", "SeveralSheets": "errors", "SourceError": "errors", "hookimpl": "hookspecs"}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")  # not for people
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'records')}"), name)

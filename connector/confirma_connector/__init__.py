"""Confirma Connector: invoices from the creditor's own files to Confirma Finance, and the outcome back beside them.

What a partner's adapter and a program of yours may import is listed in `__all__` and loaded on first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confirma_connector.errors import AdapterError as AdapterError
    from confirma_connector.errors import Busy as Busy
    from confirma_connector.errors import CannotRun as CannotRun
    from confirma_connector.errors import ConfirmaError as ConfirmaError
    from confirma_connector.errors import ContractError as ContractError
    from confirma_connector.errors import JournalError as JournalError
    from confirma_connector.errors import MappingError as MappingError
    from confirma_connector.errors import NoWriteBack as NoWriteBack
    from confirma_connector.errors import Outage as Outage
    from confirma_connector.errors import Refused as Refused
    from confirma_connector.errors import SettingsError as SettingsError
    from confirma_connector.errors import SeveralSheets as SeveralSheets
    from confirma_connector.errors import SourceError as SourceError
    from confirma_connector.errors import Unavailable as Unavailable
    from confirma_connector.errors import UnwritableResults as UnwritableResults
    from confirma_connector.hookspecs import HOOKS_VERSION as HOOKS_VERSION
    from confirma_connector.hookspecs import hookimpl as hookimpl
    from confirma_connector.library import Connector as Connector
    from confirma_connector.limits import Limits as Limits
    from confirma_connector.records import STATES as STATES
    from confirma_connector.records import Match as Match
    from confirma_connector.records import Problem as Problem
    from confirma_connector.records import Record as Record
    from confirma_connector.records import Result as Result
    from confirma_connector.records import ResultHeaders as ResultHeaders
    from confirma_connector.records import Source as Source
    from confirma_connector.records import Unreadable as Unreadable
    from confirma_connector.records import Value as Value
    from confirma_connector.report import AttentionReport as AttentionReport
    from confirma_connector.report import FileReport as FileReport
    from confirma_connector.report import InvoiceReport as InvoiceReport
    from confirma_connector.report import ProblemGroup as ProblemGroup
    from confirma_connector.report import ProblemReport as ProblemReport
    from confirma_connector.report import Report as Report
    from confirma_connector.report import SkippedRow as SkippedRow
    from confirma_connector.run import Event as Event

__all__ = [
    "HOOKS_VERSION",
    "STATES",
    "AdapterError",
    "AttentionReport",
    "Busy",
    "CannotRun",
    "ConfirmaError",
    "Connector",
    "ContractError",
    "Event",
    "FileReport",
    "InvoiceReport",
    "JournalError",
    "Limits",
    "MappingError",
    "Match",
    "NoWriteBack",
    "Outage",
    "Problem",
    "ProblemGroup",
    "ProblemReport",
    "Record",
    "Refused",
    "Report",
    "Result",
    "ResultHeaders",
    "SettingsError",
    "SeveralSheets",
    "SkippedRow",
    "Source",
    "SourceError",
    "Unavailable",
    "Unreadable",
    "UnwritableResults",
    "Value",
    "hookimpl",
]

_HOMES: Mapping[str, tuple[str, ...]] = {
    "errors": (
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
    ),
    "hookspecs": ("HOOKS_VERSION", "hookimpl"),
    "library": ("Connector",),
    "limits": ("Limits",),
    "records": ("STATES", "Match", "Problem", "Record", "Result", "ResultHeaders", "Source", "Unreadable", "Value"),
    "report": (
        "AttentionReport",
        "FileReport",
        "InvoiceReport",
        "ProblemGroup",
        "ProblemReport",
        "Report",
        "SkippedRow",
    ),
    "run": ("Event",),
}
"""Module → the names that are at home there."""


def __getattr__(name: str) -> object:
    home = next((home for home, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")  # not for people
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

"""What passes between an adapter and its host: the source, its records, and the results to write back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Literal

from confirma_connector.errors import legible
from confirma_connector.language import tr
from confirma_connector.limits import DEFAULTS, Limits
from confirma_connector.textlines import copied, numbered

__all__ = [
    "RESULT_HEADERS",
    "STATES",
    "Locator",
    "Match",
    "Problem",
    "Record",
    "Result",
    "ResultHeaders",
    "Severity",
    "Source",
    "Unreadable",
    "Value",
    "holds_results",
]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A cell whose value cannot be trusted: what it shows, and why, for people ("is the error #N/A of a formula")."""

    text: str
    reason: str


Value = str | Decimal | int | date | Unreadable | None
"""One value as spelled. Text, unless the source itself is typed (a workbook, JSON); never a float."""

Locator = str | int | tuple[str | int, ...]
"""Where a record stands, plainly; valid only for one read of the same bytes."""

STATES = (
    *("invalid", "skipped", "ready", "uncertain", "rejected", "conflict", "sent", "waiting", "delivered", "failed"),
    *("duplicate", "attention", "credited", "handled", "unknown"),
)
"""The words a user sees beside an invoice, in every language the same; in the sandbox `TEST ` stands before them."""

Severity = Literal["error", "warning"]
Match = Literal["no", "generic", "specific"]
"""What `detect` answers: not mine; of a kind I can read (delimited text, a workbook); exactly my format."""


@dataclass(frozen=True, slots=True)
class ResultHeaders:
    """The headers of the four result columns, in the order in which they are written."""

    state: str = "confirma_state"
    message: str = "confirma_message"
    updated: str = "confirma_updated"
    case_id: str = "confirma_case_id"

    def names(self) -> tuple[str, str, str, str]:
        """Give the four headers in order."""
        return (self.state, self.message, self.updated, self.case_id)


RESULT_HEADERS = ResultHeaders()


def holds_results(values: Mapping[str, Value], headers: ResultHeaders) -> bool:
    """Tell whether the four are there in a record's *values*, and something stands under one of them."""
    there = [values[name] for name in headers.names() if name in values]
    return len(there) == len(headers.names()) and any(str(one).strip() for one in there if one is not None)


@dataclass(frozen=True)
class Source:
    """What an adapter reads: one file usually; several where a format needs them.

    *options* is an instance of the model that the adapter's `options` hook named (None without one). *is_target* says
    that it is read to find the places for results: what a person hides in a results file then hides nothing from us.
    *limits* say how much it may hold: `source.limits.check("columns", place, found)` raises the error that says so.
    """

    paths: tuple[Path, ...]
    options: Any = None
    headers: ResultHeaders = RESULT_HEADERS
    is_target: bool = False
    limits: Limits = DEFAULTS

    @property
    def path(self) -> Path:
        """The first (usually the only) file."""
        return self.paths[0]

    def open(self) -> BinaryIO:
        """Open the first file for reading bytes."""
        return self.path.open("rb")

    def lines(self, encoding: str | None = None) -> Iterator[tuple[int, str]]:
        """Give each line of a text file with its number from 1, without its line end.

        The encoding is found from the bytes when it is left out. What is no text is a SourceError with its line.
        """
        return numbered(self.open, self.path.name, encoding, self.limits)

    def copy_lines(
        self, target: Path, change: Callable[[int, str], Sequence[str]], encoding: str | None = None
    ) -> None:
        """Write to *target* the lines that `change(number, line)` gives in place of each line of a text file.

        A line given back as it is stays to the byte; a character that the encoding lacks becomes "?".
        """
        copied(self.open, self.path.name, encoding, self.limits, target, change)

    def at(self, path: Path) -> Source:
        """Give the same source description for another file."""
        return replace(self, paths=(path, *self.paths[1:]))


@dataclass(frozen=True, slots=True, init=False)
class Record:
    """One row, or one header or line element, as spelled in the source, with its place.

    *values* are by header (or path); *where* is for people ("line 12", "Laskut!B7"). Sources that know their
    documents give each record a *document* key and say which *part* of it they are; flat sources leave it to the
    mapping to group them. *problems* are what the adapter itself finds wrong with this record (a ragged row):
    they stop the invoice the record belongs to. One cell that is wrong is an `Unreadable` value: it matters only
    where the mapping reads it. *skipped* says why the record is no invoice row by the source's own word (a hidden
    row, a totals row). *letters* are the spreadsheet columns of the headers: a cell is named with them. *places* are
    the places of single values where they have some of their own (an element's line).
    """

    values: Mapping[str, Value]
    at: Locator
    where: str
    document: str | None = None
    part: Literal["whole", "header", "line"] = "whole"
    problems: tuple[str, ...] = ()
    skipped: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)

    def __init__(
        self,
        values: Mapping[str, Value],
        at: Locator,
        where: str,
        document: str | None = None,
        part: Literal["whole", "header", "line"] = "whole",
        problems: tuple[str, ...] | None = (),
        skipped: str | None = "",
        letters: Mapping[str, str] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> None:
        """Fill the slots past the frozen `__setattr__`: every row makes one, and this takes half the time."""
        _put_values(self, values)
        _put_at(self, at)
        _put_where(self, where)
        _put_document(self, document)
        _put_part(self, part)
        _put_problems(self, () if problems is None else problems)
        _put_skipped(self, "" if skipped is None else skipped)
        _put_letters(self, {} if letters is None else letters)
        _put_places(self, {} if places is None else places)

    def place(self, header: str) -> str:
        """Say where the value under *header* stands: "Laskut!H17" in a spreadsheet, else where the record does."""
        if header not in self.letters:
            return (header and self.places.get(header)) or self.where
        sheet, _, row = self.where.rpartition("!")
        return f"{sheet}!{self.letters[header]}{row}"


_put_values, _put_at, _put_where, _put_document, _put_part, _put_problems, _put_skipped, _put_letters, _put_places = (
    Record.__dict__[name].__set__ for name in Record.__match_args__
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one invoice, for the place *at* which was just read from the same bytes."""

    at: Locator
    number: str
    state: str
    message: str = ""
    updated: str = ""
    case_id: str = ""

    def cells(self) -> tuple[str, str, str, str]:
        """Give the texts of the four result cells, in the order of the headers."""
        return (self.state, self.message, self.updated, self.case_id)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one invoice, in the words of its source.

    *value* is what stood there. It is a field of its own because it may be personal: people see it on the terminal
    and in the results cell, logs and JSON do not. *where* is the cell or the line, *record* the row it is in.
    """

    code: str
    message: str
    severity: Severity = "error"
    where: str = ""
    header: str = ""
    value: str = field(default="", repr=False)
    field: str = ""
    record: str = ""

    def text(self, file: str = "", *, with_value: bool = True) -> str:
        """Give one line: place, header, value and expectation."""
        header = tr('column "{header}"', header=self.header) if self.header else ""
        place = ", ".join(part for part in (file, self.where, header) if part)
        value = f'"{_shortened(self.value)}"' if with_value and self.value else ""
        lead = ": ".join(part for part in (place, value) if part)
        return legible(f"{lead}: {self.message} [{self.code}]" if lead else f"{self.message} [{self.code}]")


def _shortened(text: str, limit: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"

"""What is known of a file that has no mapping yet: how it is laid out, how it spells, what its columns seem to be."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["Column", "Convention", "Layout", "Proposal", "Row", "Shape", "SkipProposal"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its *header* as the adapter names it ("" or `#3` where it has none), and what stands in it.

    *texts* are the cells of the rows of the layout, in their order, spelled as in the source ("" for an empty one); a
    typed number or date is spelled as `fields.spelled` does it (1234.5, 2026-12-31). *kinds* say of typed cells what
    they are ("text", "number", "date", "error", ""); none in text files. *place* counts from 1; *letter* is that of the
    spreadsheet. *warnings* are sentences on what is odd about its cells (numbers stored as text, error values).
    *above* is what stands over a group of headers in a row of its own ("Asiakas" over "Nimi").
    """

    header: str
    place: int
    texts: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    letter: str = ""
    warnings: tuple[str, ...] = ()
    above: str = ""


@dataclass(frozen=True, slots=True)
class Convention:
    """How the file spells numbers (decimal marks) or dates (patterns): *value* is as in `locale:`.

    Not proved, it is one of *candidates*, and *value* is empty; nothing in both: the file has nothing that needs it.
    *also* are further lines of `locale:` that were proved with it (thousands, empty, trailing_minus, parentheses).
    """

    value: tuple[str, ...]
    is_proved: bool
    evidence: str
    candidates: tuple[str, ...] = ()
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that may be no invoice row: where it stands, what it is taken for, and by what sign."""

    where: str
    kind: Literal["total", "group", "note", "instruction", "numbers", "repeated header", "empty"]  # not for people
    evidence: str


@dataclass(frozen=True, slots=True)
class SkipProposal:
    """One line of `skip:` (as in a mapping file) that leaves out *rows*; not *is_proved*, it is to be confirmed."""

    rule: Mapping[str, Any]
    rows: tuple[Row, ...]
    is_proved: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out: who reads it, with which options, and what stands in its columns.

    *source* is the block `source:` of the mapping, *why* says for each of its keys how it was found out. *open* are
    keys of `source:` that the file itself does not answer (several sheets with invoices): each with its candidates.
    *rows* counts the rows of the file, of which the first `len(wheres)` were looked at.
    """

    path: Path
    adapter: str
    source: Mapping[str, Any]
    why: Mapping[str, str]
    columns: tuple[Column, ...]
    rows: int
    wheres: tuple[str, ...]
    open: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a column may be: a field of the mapping (`buyer.name`, `rows.quantity`), with the evidence in a sentence.

    *is_exact* says that the header is a known word for nothing else: it is applied. Anything weaker is asked.
    *rule* is what the field's line needs beside the column (a transform, a table, negative_when), *table* the codes of
    the table it names.
    """

    field: str
    column: Column
    is_exact: bool
    evidence: str
    strength: int = 0
    rule: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    table: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the rows make invoices: one row each, one row a line with repeated or blank invoice columns.

    *lines* are those of the mapping file (`group_by`, `fill_down`, `first_in_group`); *skips* leave rows out. *open*
    are lines to be confirmed (`first_in_group`, `scattered`), *why* says for each of both how it was found out.
    """

    kind: Literal["row per invoice", "row per line, repeated", "row per line, blank"]  # not for people
    lines: Mapping[str, Any]
    skips: tuple[SkipProposal, ...]
    is_proved: bool
    evidence: str
    open: Mapping[str, Any] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)

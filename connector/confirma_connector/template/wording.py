"""What stands in the fill-in workbook in one language: headings and words of its mapping, texts of wording.yaml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from importlib import resources
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from confirma_connector.errors import MappingError
from confirma_connector.mapping import MappingFile, find
from confirma_connector.mistakes import Mistakes, opened
from confirma_connector.rules.vat import finnish_rates
from confirma_connector.yamltext import Tree

__all__ = ["LANGUAGES", "Column", "Language", "Section", "Wording", "worded"]

Language = Literal["fi", "sv", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
"""In the order in which the mapping spells its headings and words."""

Part = Literal["row", "invoice", "customer", "seller"]


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Block):
    """One column: which part of the invoice it tells of, what its cells hold, and what a person should know."""

    part: Part
    holds: Literal["text", "whole", "quantity", "price", "percent", "date"] = "text"
    width: int
    needed: str = "free"
    choice: str | None = None
    guard: Literal["choice", "unusual"] | None = None
    about: str

    @property
    def is_always_needed(self) -> bool:
        """Tell whether every invoice or every row fills it."""
        return self.needed in ("row", "invoice", "not_credit")


class _PartBlock(_Block):
    colour: str
    name: str


class _Line(_Block):
    """One line of the instructions: a term and what there is to say about it."""

    term: str
    text: str
    bold: bool = False


class Section(_Block):
    """One section of the instructions."""

    title: str
    lines: tuple[_Line, ...]


class _ColumnsTitle(_Block):
    title: str
    needed: str


class _Guide(_Block):
    """The instructions."""

    title: str
    filling: Section
    methods: Section
    columns: _ColumnsTitle
    sending: Section
    correcting: Section
    results: Section


class _Sheets(_Block):
    guide: str
    lists: str


class _Texts(_Block):
    """The file wording.yaml in one language."""

    sheets: _Sheets
    date_format: str
    parts: dict[Part, _PartBlock]
    needs: dict[str, str]
    messages: dict[str, str]
    lists: dict[str, str]
    columns: dict[str, Column]
    examples: tuple[dict[str, str], ...]
    guide: _Guide


@dataclass(frozen=True)
class Wording:
    """All that the workbook says in one language; *today* decides which VAT rates it offers."""

    language: Language
    texts: _Texts
    mapping: MappingFile
    today: dt.date

    @property
    def sheet(self) -> str:
        """The name of the sheet of invoices, and of the table on it."""
        return str(self._in_language(self.mapping.source["sheet"]))

    @cached_property
    def headings(self) -> Mapping[str, str]:
        """The heading of every column, by our word for it, in order."""
        return {word: self._in_language(spellings) for word, spellings in self.mapping.columns.items()}

    def words(self, table: str) -> dict[str, str]:
        """Give the words of one table of the mapping, by what they mean; it reads them in any case."""
        codes = self.mapping.tables[table]
        meanings = dict.fromkeys(codes.values())
        return {
            meaning: self._in_language([word for word, other in codes.items() if other == meaning]).capitalize()
            for meaning in meanings
        }

    def choices(self, name: str) -> list[str | Decimal]:
        """Give what a drop-down list offers."""
        if name == "vat_rates":
            return [*finnish_rates(self.today), Decimal(0)]
        if name in self.mapping.tables:
            return list(self.words(name).values())
        return [*self.texts.lists[name].split(", ")]

    def filled(self, text: str, file: str = "") -> str:
        """Put headings, words and the workbook's own name *file* into a text; in a command it may need quotes."""
        stem = file.removesuffix(".xlsx")
        named = {"file": _quoted(file), "results": _quoted(f"{stem}.results.xlsx"), "stem": stem}
        return text.format_map({**self._names, **named})

    @cached_property
    def _names(self) -> dict[str, str]:
        words = {code: word for table in self.mapping.tables for code, word in self.words(table).items()}
        return {"sheet": self.sheet, **self.headings, **words, **dict(self.mapping.results)}

    def _in_language(self, spellings: list[str] | tuple[str, ...]) -> str:
        return spellings[LANGUAGES.index(self.language)]


def worded(language: Language, today: dt.date) -> Wording:
    """Give what the workbook says in *language*. Raises MappingError."""
    path = find("template")
    mapping = opened(path, MappingError)
    file = Mistakes(path, mapping, MappingError).validated(MappingFile, mapping.tree)
    with resources.as_file(resources.files("confirma_connector.template") / "wording.yaml") as path:
        texts = opened(path, MappingError)
        tree = _translated(texts.tree, language)
        return Wording(language, Mistakes(path, texts, MappingError).validated(_Texts, tree), file, today)


def _quoted(file: str) -> str:
    return f'"{file}"' if " " in file else file


def _translated(tree: Tree, language: Language) -> Tree:
    """Take one language of every text that stands in all of them."""
    if isinstance(tree, dict):
        if set(tree) == set(LANGUAGES):
            return tree[language]
        return {key: _translated(value, language) for key, value in tree.items()}
    return [_translated(item, language) for item in tree] if isinstance(tree, list) else tree

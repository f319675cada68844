"""Columns that the mapping names and no record of a source has: a slip, or a field of another kind of record?"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from confirma_connector.language import either, tr
from confirma_connector.records import Record

__all__ = ["Unheard"]

_LOOKED_AT = 1_000
"""As many records are looked at where fields may be left out: what these do not have, the rest may have."""
_MOST_NAMES = 5_000
_CONDITION = re.compile(r"\[[^\[\]]*\]")
_ANYWHERE = ""
_PARTS = ("header", "line")


class Unheard:
    """Listens to the records of a source that has no header row: there a misspelt column is nothing, and no error.

    Where an export leaves out what is empty, that a column is nowhere says nothing by itself; that another stands there
    which nobody reads, and differs by a letter or two, does. Where nothing is known of the columns before the file is
    read (*is_thorough*), each that is nowhere is told, and each that stands in no record of the *parts* that read it.
    """

    def __init__(
        self,
        spellings: Mapping[str, Sequence[str]],
        parts: Mapping[str, Collection[str]] | None = None,
        *,
        is_thorough: bool = False,
    ) -> None:
        self._spellings = spellings
        self._is_thorough = is_thorough
        self._silent = {_ANYWHERE: set(spellings)}
        for part in _PARTS if is_thorough else ():
            self._silent[part] = {word for word, its in (parts or {}).items() if part in its}
        self._read = {_plain(one) for several in spellings.values() for one in several}
        self._names: dict[str, None] = {}
        self._seen: set[str] = set()
        self._count = 0
        self._sought: dict[str, set[str]] = {}

    def hear(self, record: Record) -> None:
        """Listen to one record."""
        self._count += 1
        if self._count <= _LOOKED_AT and self._silent[_ANYWHERE] and len(self._names) < _MOST_NAMES:
            self._names.update(dict.fromkeys(map(_plain, record.values)))
        elif self._count > _LOOKED_AT and not self._is_thorough:
            return
        part = record.part
        sought = self._sought.get(part)
        if sought is None:
            self._seen.add(part)
            sought = self._sought[part] = self._still_sought(part)
        if not sought.isdisjoint(record.values):
            self._found(record)

    def _still_sought(self, part: str) -> set[str]:
        words = chain.from_iterable(self._silent.get(one, ()) for one in _heard_by(part))
        return set(chain.from_iterable(map(self._spellings.__getitem__, words)))

    def _found(self, record: Record) -> None:
        for one in _heard_by(record.part):
            self._silent[one] = {
                word
                for word in self._silent.get(one, ())
                if not any(spelling in record.values for spelling in self._spellings[word])
            }
        self._sought.clear()

    def told(self) -> Iterator[str]:
        """Say of each column that is nowhere, and that is nearly the name of one nobody reads, what it may mean.

        Of the others say it where that is not to be expected.
        """
        if self._count > _LOOKED_AT and not self._is_thorough:
            return
        unread = [name for name in self._names if name not in self._read]
        for word, several in self._spellings.items():
            if word not in self._silent[_ANYWHERE]:
                yield from self._astray(word)
                continue
            near = [
                (spelling, name)
                for spelling in several
                if (name := next((name for name in unread if _is_slip(_plain(spelling), name)), None))
            ]
            for spelling, name in near:
                yield tr(
                    'the mapping reads "{column}", which is nowhere in this file; is "{nearest}" meant?',
                    column=spelling,
                    nearest=name,
                )
            if self._is_thorough and self._count and not near:
                yield tr('the mapping reads "{column}", which is nowhere in this file', column=either(several))

    def _astray(self, word: str) -> Iterator[str]:
        """Say it of a column that only records of the other kind have, where there are both kinds."""
        if not self._seen.issuperset(_PARTS):
            return
        column = either(self._spellings[word])
        if word in self._silent.get("line", ()):
            yield tr(
                'the mapping reads "{column}" for the rows, and only the headers of the invoices have it: rows see '
                "nothing of their header",
                column=column,
            )
        if word in self._silent.get("header", ()):
            yield tr(
                'the mapping reads "{column}" for the invoice, and only rows have it: an invoice is read from its '
                "header",
                column=column,
            )


def _heard_by(part: str) -> tuple[str, ...]:
    """Give whose words a record of *part* may have: those of all, and of its own kind; a whole one has everybody's."""
    return (_ANYWHERE, part) if part in _PARTS else (_ANYWHERE, *_PARTS)


def _plain(path: str) -> str:
    """Give a path without its conditions and where it begins."""
    while (bare := _CONDITION.sub("", path)) != path:
        path = bare
    return path.strip().lstrip("/").removeprefix("./")


def _is_slip(one: str, other: str) -> bool:
    """Whether two paths are the same but for one step, and that by a letter or two of at least twice as many."""
    steps = one.split("/"), other.split("/")
    if len(steps[0]) != len(steps[1]):
        return False
    odd = [pair for pair in zip(*steps, strict=True) if pair[0] != pair[1]]
    if len(odd) != 1:
        return False
    mine, theirs = odd[0]
    if mine.casefold() == theirs.casefold():
        return True
    return 2 * _edits(mine, theirs) <= max(len(mine), len(theirs)) and _edits(mine, theirs) <= 2


def _edits(one: str, other: str) -> int:
    """Count the letters to put in, take out or change."""
    row = list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        before, row[0] = row[0], index
        for place, its in enumerate(other, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (letter != its))
    return row[-1]

"""Columns that the mapping names and no record of a source has, beside a name that is nearly the same: a slip?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from confirma_connector.language import tr
from confirma_connector.records import Record

__all__ = ["Unheard"]

_LOOKED_AT = 1_000
"""As many records are looked at: what these do not have, the rest may have, and nothing is said."""
_MOST_NAMES = 5_000
_CONDITION = re.compile(r"\[[^\[\]]*\]")


class Unheard:
    """Listens to the records of a source that has no header row: there a misspelt column is nothing, and no error.

    An export leaves out what is empty, so that a column is nowhere says nothing by itself; that another stands there
    which nobody reads, and differs by a letter or two, does.
    """

    def __init__(self, spellings: Mapping[str, Sequence[str]]) -> None:
        self._silent = dict(spellings)
        self._read = {_plain(one) for several in spellings.values() for one in several}
        self._names: dict[str, None] = {}
        self._count = 0

    def hear(self, record: Record) -> None:
        """Listen to one record."""
        self._count += 1
        if self._count > _LOOKED_AT or not self._silent:
            return
        if len(self._names) < _MOST_NAMES:
            self._names.update(dict.fromkeys(map(_plain, record.values)))
        heard = [word for word, several in self._silent.items() if any(one in record.values for one in several)]
        for word in heard:
            del self._silent[word]

    def told(self) -> Iterator[str]:
        """Say of each column that is nowhere, and that is nearly the name of one nobody reads, what it may mean."""
        if self._count > _LOOKED_AT:
            return
        unread = [name for name in self._names if name not in self._read]
        for several in self._silent.values():
            for spelling in several:
                near = next((name for name in unread if _is_slip(_plain(spelling), name)), None)
                if near:
                    yield tr(
                        'the mapping reads "{column}", which is nowhere in this file; is "{nearest}" meant?',
                        column=spelling,
                        nearest=near,
                    )


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

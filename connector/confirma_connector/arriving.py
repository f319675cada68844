"""What lies in a folder that other programs drop files into, and which of it is whole."""

from __future__ import annotations

import fnmatch
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from confirma_connector.language import because, tr

__all__ = ["Arrivals", "Look"]

_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".swp", ".lock", "~")
_NOBODYS = (".", "~$")
_OF_WINDOWS = frozenset({"desktop.ini", "thumbs.db"})
_LONGEST = 200
"""Bytes of a name: its answer's name is longer, and few systems take more than 255."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look into the folder, by name: what is there for the first time, what is whole, and what cannot be taken.

    *unfit* says why, once for each reason. *is_unsettled* means that something may become whole by waiting.
    """

    new: Sequence[str]
    whole: Sequence[str]
    unfit: Mapping[str, str]
    is_unsettled: bool


@dataclass(frozen=True, slots=True)
class _Sight:
    """A file as it was seen last, *since* when it has been so, and what kept it from being taken."""

    size: int
    changed: int
    since: float
    unfit: str = ""


@dataclass
class Arrivals:
    """The files of *folder* whose names match one of *patterns*; *settle* is for how many seconds they must not change.

    That is measured by looking, never by a file's own time: the clock of a share may be another, and a copy may have
    the time of its original.
    """

    folder: Path
    patterns: Sequence[str]
    settle: float
    _seen: dict[str, _Sight] = field(default_factory=dict)

    def look(self, now: float) -> Look:
        """Look at what is there *now*, by a clock that only goes forward. Raises OSError when that cannot be done."""
        before, self._seen = self._seen, {}
        new, whole, unfit = [], [], {}
        is_unsettled = False
        for path, found in self._found():
            name = path.name
            old = before.get(name)
            is_as_before = old is not None and (old.size, old.changed) == (found.st_size, found.st_mtime_ns)
            since = old.since if old and is_as_before else now
            why = _unfit(path, found.st_size)
            self._seen[name] = _Sight(found.st_size, found.st_mtime_ns, since, why)
            if old is None:
                new.append(name)
            if why and (old is None or old.unfit != why):
                unfit[name] = why
            elif not why and now - since >= self.settle:
                whole.append(name)
            elif not why:
                is_unsettled = True
        return Look(new, whole, unfit, is_unsettled)

    def is_as_seen(self, name: str) -> bool:
        """Tell whether a file is still as the last look found it."""
        seen = self._seen[name]
        try:
            found = (self.folder / name).lstat()
        except FileNotFoundError:
            return False
        return (found.st_size, found.st_mtime_ns) == (seen.size, seen.changed)

    def _found(self) -> Iterator[tuple[Path, os.stat_result]]:
        for path in sorted(self.folder.iterdir()):
            if self._is_wanted(path.name.casefold()):
                try:
                    found = path.lstat()
                except FileNotFoundError:
                    continue
                if stat.S_ISREG(found.st_mode):  # a link could lead to what nobody meant to send
                    yield path, found

    def _is_wanted(self, name: str) -> bool:
        if name.startswith(_NOBODYS) or name.endswith(_UNFINISHED) or name in _OF_WINDOWS:
            return False
        return any(fnmatch.fnmatchcase(name, pattern.casefold()) for pattern in self.patterns)


def _unfit(path: Path, size: int) -> str:
    """Say why a file cannot be taken as it is."""
    try:
        length = len(path.name.encode("utf-8"))
    except UnicodeEncodeError:
        return tr("its name has characters in another encoding than UTF-8; rename it")
    if length > _LONGEST:
        return tr("its name is longer than {most} bytes; rename it", most=_LONGEST)
    if not size:
        return tr("it is empty as yet")
    try:
        with path.open("rb"):
            return ""
    except OSError as error:
        return tr("it cannot be opened ({reason})", reason=because(error))

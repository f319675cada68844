"""The headers of a table that a mapping means by its names for columns."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

from confirma_connector.errors import MappingError, legible
from confirma_connector.language import listed, tr
from confirma_connector.masking import masked

__all__ = ["MissingColumns", "among"]

_SHOWN = 8


class MissingColumns(MappingError):
    """The file lacks *count* of the columns that the mapping names.

    *missing* are our words for them, each with the nearest header that is there, or "". *said* is without the *recipe*.
    """

    def __init__(self, said: str, missing: Mapping[str, str], recipe: str = "") -> None:
        super().__init__(f"{said}\n{recipe}" if recipe else said)
        self.said = said
        self.missing = missing
        self.count = len(missing)


def among(
    headers: Iterable[str], wanted: Mapping[str, Sequence[str]], place: str, optional: Collection[str] = ()
) -> dict[str, str]:
    """Give the header of each *wanted* word, by its spellings; *optional* words may be absent.

    Raises MissingColumns naming *place*, what is missing or stands more than once, and the nearest that is there.
    """
    there = list(headers)
    folded: dict[str, list[str]] = {}
    for header in there:
        folded.setdefault(_folded(header), []).append(header)
        if header.startswith("#") and " " in header:
            folded.setdefault(_folded(header.partition(" ")[0]), []).append(header)
            folded.setdefault(_folded(header.partition(" ")[2]), []).append(header)
    found: dict[str, str] = {}
    mistakes: list[str] = []
    missing: dict[str, str] = {}
    for word, spellings in wanted.items():
        fitting = list(dict.fromkeys(header for spelling in spellings for header in folded.get(_folded(spelling), ())))
        if len(fitting) > 1:
            mistakes.append(
                tr(
                    "column {column} stands more than once: {found}; name one of them under columns:",
                    column=_named(word, spellings),
                    found=", ".join(fitting),
                )
            )
        elif fitting:
            found[word] = fitting[0]
        elif word not in optional:
            missing[word] = _nearest(spellings[0], folded)
    if missing:
        known, named = _known(there), [_named(word, wanted[word], near) for word, near in missing.items()]
        mistakes.append(
            tr("column {column} is not in the file; it has {known}", column=named[0], known=known)
            if len(missing) == 1
            else tr(
                "{count} columns are not in the file: {columns}; it has {known}",
                count=len(missing),
                columns=", ".join(named),
                known=known,
            )
        )
    if mistakes:
        raise MissingColumns("\n".join(legible(f"{place}: {mistake}") for mistake in mistakes), missing)
    return found


def _known(headers: Sequence[str]) -> str:
    if any(map(_is_no_name, headers)):
        return tr("another kind of line where the names of columns were expected")
    return listed([f'"{header}"' for header in headers], _SHOWN)


def _nearest(spelling: str, folded: Mapping[str, list[str]]) -> str:
    near = difflib.get_close_matches(_folded(spelling), folded, 1)
    return folded[near[0]][0] if near else ""


def _named(word: str, spellings: Sequence[str], near: str = "") -> str:
    about = [word] if word != spellings[0] else []
    about += [tr('nearest "{header}"', header=near)] if near else []
    return f'"{spellings[0]}"' + (f" ({', '.join(about)})" if about else "")


def _folded(header: str) -> str:
    return unicodedata.normalize("NFC", " ".join(header.split())).casefold()


def _is_no_name(header: str) -> bool:
    """Whether it looks like a value: then the file has no headers, and what stands there may be about a person."""
    return (
        "@" in header
        or (any(map(str.isdigit, header)) and not any(map(str.isalpha, header)))
        or masked(header) != header
    )

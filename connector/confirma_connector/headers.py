"""The headers of a table that a mapping means by its names for columns."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

from confirma_connector.errors import MappingError
from confirma_connector.language import tr
from confirma_connector.masking import masked

__all__ = ["MissingColumns", "among"]

_SHOWN = 8


class MissingColumns(MappingError):
    """The file lacks *count* of the columns that the mapping names."""

    def __init__(self, message: str, count: int) -> None:
        super().__init__(message)
        self.count = count


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
    missing: list[str] = []
    for word, spellings in wanted.items():
        named = list(dict.fromkeys(header for spelling in spellings for header in folded.get(_folded(spelling), ())))
        if len(named) > 1:
            mistakes.append(
                tr(
                    "column {named} stands more than once: {named2}; name one of them under columns:",
                    named=_named(word, spellings, {}),
                    named2=", ".join(named),
                )
            )
        elif named:
            found[word] = named[0]
        elif word not in optional:
            missing.append(_named(word, spellings, folded))
    if missing:
        said = (
            tr("column {missing} is not", missing=missing[0])
            if len(missing) == 1
            else tr("{count} columns are not", count=len(missing))
        )
        which = "" if len(missing) == 1 else f": {', '.join(missing)}"
        mistakes.append(tr("{said} in the file{which}; it has {known}", said=said, which=which, known=_known(there)))
    if mistakes:
        raise MissingColumns("\n".join(f"{place}: {mistake}" for mistake in mistakes), len(missing))
    return found


def _known(headers: Sequence[str]) -> str:
    if any(map(_is_no_name, headers)):
        return tr("another kind of line where the names of columns were expected")
    more = f" and {len(headers) - _SHOWN} more" if len(headers) > _SHOWN else ""
    return ", ".join(f'"{header}"' for header in headers[:_SHOWN]) + more


def _named(word: str, spellings: Sequence[str], folded: Mapping[str, list[str]]) -> str:
    near = difflib.get_close_matches(_folded(spellings[0]), folded, 1)
    about = [word] if word != spellings[0] else []
    about += [f'nearest "{folded[near[0]][0]}"'] if near else []
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

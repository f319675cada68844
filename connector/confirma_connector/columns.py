"""Our words for columns, and the headers they have in one source."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping

from confirma_connector.errors import MappingError
from confirma_connector.fields import spelled
from confirma_connector.mapping import LoadedMapping, MappingFile
from confirma_connector.records import Record, Value

__all__ = ["Columns"]


class Columns:
    """Our word for a column → the header it has in this source."""

    def __init__(self, mapping: LoadedMapping, source: str) -> None:
        self._source = source
        self._spellings = {word: mapping.file.columns.get(word, (word,)) for word in _words(mapping.file)}
        self._headers = dict(self._spellings)

    def bind(self, record: Record) -> None:
        """Find every column the mapping names among the headers of a flat source. Raises MappingError."""
        folded: dict[str, list[str]] = {}
        for header in record.values:
            folded.setdefault(_folded(header), []).append(header)
            if header.startswith("#") and " " in header:
                folded.setdefault(_folded(header.partition(" ")[0]), []).append(header)
                folded.setdefault(_folded(header.partition(" ")[2]), []).append(header)
        mistakes = [mistake for word in self._spellings if (mistake := self._bind(word, folded))]
        if mistakes:
            raise MappingError("\n".join(f"{self._source}: {mistake}" for mistake in mistakes))

    def _bind(self, word: str, folded: Mapping[str, list[str]]) -> str:
        spellings = self._spellings[word]
        headers = list(dict.fromkeys(header for spelling in spellings for header in folded.get(_folded(spelling), ())))
        if len(headers) == 1:
            self._headers[word] = (headers[0],)
            return ""
        named = f'column "{spellings[0]}"' + (f" ({word})" if word != spellings[0] else "")
        if headers:
            return f"{named} stands more than once: {', '.join(headers)}; name one of them in the mapping's columns:"
        known = [header for group in folded.values() for header in group]
        near = difflib.get_close_matches(_folded(spellings[0]), folded, 1)
        hint = f'; the nearest is "{folded[near[0]][0]}"' if near else f"; it has {', '.join(dict.fromkeys(known))}"
        return f"{named} is not in the file{hint}"

    def header(self, word: str) -> str:
        """Give the header of *word* in this source."""
        return self._headers[word][0]

    def value(self, record: Record, word: str) -> Value:
        """Give what *record* has in the column *word*; None where it has nothing."""
        values = record.values
        for header in self._headers[word]:
            if header in values:
                return values[header]
        return None

    def text(self, record: Record, word: str) -> str:
        """Give it as text without outer space."""
        return spelled(self.value(record, word))


def _words(file: MappingFile) -> list[str]:
    """Every column the mapping refers to, in our words."""
    named = [skip.column for skip in file.skip] + [*file.fill_down, *file.group_by, *file.first_in_group]
    fed = [word for rules in (file.invoice, file.rows) for rule in rules.values() for word in rule.sources()]
    return list(dict.fromkeys(named + fed))


def _folded(header: str) -> str:
    return unicodedata.normalize("NFC", " ".join(header.split())).casefold()

"""Our words for columns, and the headers they have in one source."""

from __future__ import annotations

from dataclasses import dataclass

from confirma_connector.fields import spelled
from confirma_connector.headers import MissingColumns, among
from confirma_connector.mapping import LoadedMapping
from confirma_connector.masking import PERSONAL, hidden, masked
from confirma_connector.records import Record, Value

__all__ = ["Columns", "MissingColumns"]


_SHOWN = 8


class MissingColumns(MappingError):
    """The file lacks *count* of the columns that the mapping names."""

    def __init__(self, message: str, count: int) -> None:
        super().__init__(message)
        self.count = count


class Columns:
    """Our word for a column → the header it has in this source."""

    def __init__(self, mapping: LoadedMapping, source: str) -> None:
        self.source = source
        self._spellings = {word: mapping.file.columns.get(word, (word,)) for word in _words(mapping.file)}
        self._headers = dict(self._spellings)
        rules = mapping.file.invoice.items()
        self._personal = {word for field, rule in rules if field in PERSONAL for word in rule.sources()}

    def __len__(self) -> int:
        return len(self._spellings)

    def bind(self, record: Record) -> None:
        """Find every column the mapping names among the headers of a flat source. Raises MappingError."""
        folded: dict[str, list[str]] = {}
        for header in record.values:
            folded.setdefault(_folded(header), []).append(header)
            if header.startswith("#") and " " in header:
                folded.setdefault(_folded(header.partition(" ")[0]), []).append(header)
                folded.setdefault(_folded(header.partition(" ")[2]), []).append(header)
        unclear = [mistake for word in self._spellings if (mistake := self._bind(word, folded))]
        missing = [word for word in self._spellings if word not in self._headers]
        if missing:
            named = ", ".join(self._named(word, folded) for word in missing)
            known = "another kind of line where the names of columns were expected"
            if not any(map(_is_no_name, record.values)):
                headers = [f'"{header}"' for header in record.values]
                more = f" and {len(headers) - _SHOWN} more" if len(headers) > _SHOWN else ""
                known = ", ".join(headers[:_SHOWN]) + more
            said = f"column {named} is not" if len(missing) == 1 else f"{len(missing)} columns are not"
            which = "" if len(missing) == 1 else f": {named}"
            unclear.append(f"{said} in the file{which}; it has {known}")
        if unclear:
            raise MissingColumns("\n".join(f"{self.source}: {mistake}" for mistake in unclear), len(missing))

    def _bind(self, word: str, folded: Mapping[str, list[str]]) -> str:
        """Find one column; say what is unclear about it. One that is not there is left out."""
        spellings = self._spellings[word]
        headers = list(dict.fromkeys(header for spelling in spellings for header in folded.get(_folded(spelling), ())))
        if len(headers) > 1:
            named = self._named(word, {})
            return f"column {named} stands more than once: {', '.join(headers)}; name one of them under columns:"
        self._headers.pop(word)
        if headers:
            self._headers[word] = (headers[0],)
        return ""

    def _named(self, word: str, folded: Mapping[str, list[str]]) -> str:
        spelling = self._spellings[word][0]
        near = difflib.get_close_matches(_folded(spelling), folded, 1)
        about = [word] if word != spelling else []
        about += [f'nearest "{folded[near[0]][0]}"'] if near else []
        return f'"{spelling}"' + (f" ({', '.join(about)})" if about else "")

    def header(self, word: str, record: Record | None = None) -> str:
        """Give the header of *word* in this source; where it may be under several, the one that *record* has."""
        headers = self._headers[word]
        if record is None or len(headers) == 1:
            return headers[0]
        return next((header for header in headers if header in record.values), headers[0])

    def has(self, record: Record, word: str) -> bool:
        """Tell whether *record* knows the column *word* at all."""
        return any(header in record.values for header in self._headers[word])

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

    def shown(self, record: Record, word: str) -> str:
        """Give it as people may see it: a personal identity number only by its length."""
        is_personal = self.header(word) in map(self.header, self._personal)
        return (hidden if is_personal else masked)(self.text(record, word))


def _words(file: MappingFile) -> list[str]:
    """Every column the mapping refers to, in our words."""
    named = [skip.column for skip in file.skip] + [*file.fill_down, *file.group_by, *file.first_in_group]
    blocks = (file.invoice, file.rows, *file.charges)
    fed = [word for rules in blocks for rule in rules.values() for word in rule.words()]
    return list(dict.fromkeys(named + fed))


def _folded(header: str) -> str:
    return unicodedata.normalize("NFC", " ".join(header.split())).casefold()


def _is_no_name(header: str) -> bool:
    """Whether it looks like a value: then the file has no headers, and what stands there may be about a person."""
    return (
        "@" in header
        or (any(map(str.isdigit, header)) and not any(map(str.isalpha, header)))
        or masked(header) != header
    )

"""What the rows of one invoice say of it: all the same, or nothing after the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confirma_connector.columns import Columns, Look
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS, Conversion, spelled
from confirma_connector.language import tr
from confirma_connector.mapping import LoadedMapping, MappingFile
from confirma_connector.records import Problem, Record, Unreadable, Value

__all__ = ["Agreeing", "differs"]


class Agreeing:
    """Holds the rows of an invoice to one another, in the columns that feed the invoice itself."""

    def __init__(self, mapping: LoadedMapping, columns: Columns) -> None:
        self._file = mapping.file
        self._is_empty = mapping.locale.is_empty
        self._columns = columns
        self._shared = _shared_words(mapping.file)
        self._conversions = dict(_conversions(mapping))
        self._look: Look | None = None
        self._bindings = -1

    def said_by(self, record: Record) -> tuple[Value, ...] | None:
        """Give what a flat row says of its invoice; None where its words may be under several headers."""
        if record.document is not None:
            return None
        if self._bindings != self._columns.bindings:
            self._bindings = self._columns.bindings
            self._look = self._columns.look([*self._shared, *self._file.group_by])
        return None if self._look is None else self._look.of(record)

    def disagreements(self, head: Record, lines: Sequence[Record]) -> Iterator[Problem]:
        """Give a problem for every column in which a row says something else than *head*: at the first that does."""
        if len(lines) < 2 or head.document is not None:
            return
        for word in self._odd(head, lines):
            first = self._columns.value(head, word)
            for record in lines:
                if record is not head and self._contradicts(word, first, self._columns.value(record, word)):
                    yield self._problem(word, head, record)
                    break

    def _contradicts(self, word: str, first: Value, other: Value) -> bool:
        """Tell whether *other* says something else than *first*, wherever they are read.

        What is unreadable in the first row is told as that.
        """
        text = spelled(other)
        if not text or self._is_empty(text) or text == spelled(first) or isinstance(first, Unreadable):
            return False
        asked = () if self._is_empty(spelled(first)) else self._conversions.get(word, ())
        try:
            return not asked or any(one.value(first) != one.value(other) for one in asked)
        except ValueError:
            return True

    def _problem(self, word: str, head: Record, record: Record) -> Problem:
        first, place = self._columns.shown(head, word), head.where
        return Problem(
            "E-DISAGREES",
            tr("the rows of one invoice must agree here, and {place} has nothing", place=place)
            if self._is_empty(self._columns.text(head, word))
            else tr('the rows of one invoice must agree here, and {place} has "{value}"', place=place, value=first),
            where=record.place(self._columns.header(word)),
            header=self._columns.header(word),
            value=self._columns.shown(record, word),
            record=record.where,
        )

    def _odd(self, head: Record, lines: Sequence[Record]) -> list[str]:
        """Name the columns in which texts may differ."""
        first = self.said_by(head)
        if first is None:
            return self._shared
        odd: set[int] = set()
        shared = range(len(self._shared))
        for cells in map(self.said_by, lines):
            odd.update(index for index in shared if cells is None or differs(cells[index], first[index]))
        return [self._shared[index] for index in sorted(odd)]


def differs(cell: Value, other: Value) -> bool:
    """Tell whether two cells may be spelled differently: of numbers 1 is 1.0 and True, but not the same."""
    return cell != other if isinstance(cell, str) and isinstance(other, str) else cell is not other


def _shared_words(file: MappingFile) -> list[str]:
    """Columns that feed the invoice: they agree on all its rows or are blank after the first."""
    blocks = (file.invoice, *file.charges)
    rules = [rule for block in blocks for rule in block.values()]
    feeding = dict.fromkeys(word for rule in rules for word in (*file.told_by(rule), *rule.words()))
    return [word for word in feeding if word not in file.first_in_group]


def _conversions(mapping: LoadedMapping) -> Iterator[tuple[str, Sequence[Conversion]]]:
    """Give how the columns are read of which nothing is asked but what they hold themselves."""
    file = mapping.file
    blocks = ((INVOICE_FIELDS, file.invoice), *((ROW_FIELDS, charge) for charge in file.charges))
    rules = [(kinds[name], rule) for kinds, block in blocks for name, rule in block.items()]
    for word in dict.fromkeys(rule.column for _, rule in rules if rule.column is not None):
        its = [(kind, rule) for kind, rule in rules if word in (*file.told_by(rule), *rule.words())]
        if all(rule.column == word and rule.split is None and rule.words() == file.told_by(rule) for _, rule in its):
            yield word, [mapping.conversion(kind, rule) for kind, rule in its]

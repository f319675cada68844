"""The rows that are of invoices: others are left out, each with its reason, and blank cells are filled from above."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from confirma_connector.columns import Columns, Look
from confirma_connector.fields import spelled
from confirma_connector.language import tr, trn
from confirma_connector.mapping import LoadedMapping, MappingFile, Skip
from confirma_connector.records import Record, Value
from confirma_connector.rowcells import Cells, cells_of

__all__ = ["Skipped", "Skipping"]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is not an invoice row by the mapping's own words; with an amount in it a person should look.

    *is_invoice* says that a whole invoice is left out with it.
    """

    where: str
    reason: str
    has_amount: bool
    is_invoice: bool = False


@dataclass(frozen=True, slots=True)
class _Gone:
    """The place of a row that was skipped, and what it told of the invoice it is of."""

    told: dict[str, str]


class Skipping:
    """Leaves out the rows of one source that are of no invoice, and keeps account of them in `skipped`."""

    def __init__(self, mapping: LoadedMapping, columns: Columns) -> None:
        self._file = mapping.file
        self._is_without_header = getattr(mapping.options, "header_row", None) == 0
        self._is_without_hidden = getattr(mapping.options, "hidden", None) == "skip"
        self._is_empty = mapping.locale.is_empty
        self._nothing = mapping.locale.nothing
        self._columns = columns
        self._look: Look | None = None
        self._bound = -1
        self._amounts = _amount_words(mapping.file)
        self.skipped: list[Skipped] = []
        self.hidden: dict[tuple[str, ...], str] = {}
        """What tells an invoice → where a row is that says so, and that the source hides."""

    def kept(self, records: Iterable[Record]) -> Iterator[Record]:
        """Give the records that are of an invoice, filled from above where the mapping says so."""
        kept = self._kept(records)
        if self._is_without_header:
            kept = self._even(kept)
        return self._filled(kept) if self._file.fill_down else cast(Iterator[Record], kept)  # nothing is _Gone then

    def _kept(self, records: Iterable[Record]) -> Iterator[Record | _Gone]:
        """Give the records that are of an invoice; a flat row that is left out leaves what it told."""
        left_out: tuple[str, str] | None = None
        begun: tuple[Skip | None, str] | None = None
        for record in records:
            has_text = record.part != "whole" or any(map(spelled, cells_of(record)))
            if has_text and record.document is None and begun is None and not (self._file.skip or record.skipped):
                yield record  # nothing says anything against most rows
                continue
            if not has_text:
                self.skip(record, tr("the whole row is empty"))
                continue
            if begun is not None and self._goes_along(record, begun[0]):
                self.skip(record, begun[1])
                continue
            skip, reason = self._left_out(record)
            begun = None
            if self._begins(record, skip):
                begun = skip, tr("it belongs to {place}: {reason}", place=record.where, reason=reason)
            elif record.part == "whole" and skip is not None and (skip.part == "line" or self._is_torn(skip)):
                yield self._marked(record, skip, reason)
                continue
            if record.document is not None and record.part == "header":
                left_out = (record.document, reason) if reason else None
            elif left_out is not None and record.document == left_out[0]:
                continue
            if not reason:
                yield record
                continue
            self.skip(record, reason, is_invoice=record.part == "header" or begun is not None)
            if self._is_without_hidden and record.skipped and any(key := self.key(record)):
                self.hidden[key] = record.where
            if record.part == "whole" and self._file.fill_down:
                yield _Gone(dict(self.told(record)))

    def _even(self, records: Iterable[Record | _Gone]) -> Iterator[Record | _Gone]:
        """Hold rows to the width of the first one: their columns have no names, and in others may stand elsewhere."""
        firsts: dict[str, Record] = {}
        for record in records:
            if isinstance(record, Record) and not record.skipped:
                first = firsts.setdefault(record.part, record)
                count, width = len(record.values), len(first.values)
                if count < width or any(map(spelled, [*cells_of(record)][width:])):
                    said = trn(
                        "has {count} field where {place} has {width}",
                        "has {count} fields where {place} has {width}",
                        count,
                        place=first.where,
                        width=width,
                    )
                    record = replace(record, problems=(*record.problems, said))
            yield record

    def _filled(self, records: Iterable[Record | _Gone]) -> Iterator[Record]:
        """Fill blank cells from above, within one invoice: where another one begins, nothing is carried into it.

        Nor over the row of another one that is gone: what is below such a row may be of it.
        """
        last: dict[str, Value] = {}
        key: dict[str, str] = {}
        for record in records:
            if isinstance(record, _Gone):
                if any(key.get(word) != text for word, text in record.told.items()):
                    last, key = {}, record.told
                continue
            if record.part != "whole":
                yield record
                continue
            told = dict(self.told(record))
            if any(key.get(word) != text for word, text in told.items()):
                last, key = {}, told
            missing: dict[str, Value] = {}
            for word, text in ((word, self._columns.text(record, word)) for word in self._file.fill_down):
                header = self._columns.header(word)
                if not self._is_empty(text):
                    last[header] = record.values.get(header)
                elif header in last:
                    missing[header] = last[header]
            if missing:
                values = record.values
                whole = values.but(missing) if isinstance(values, Cells) else {**values, **missing}
                record = replace(record, values=whole)
            yield record

    def _is_torn(self, skip: Skip) -> bool:
        """Whether a row of an invoice is to leave out the whole of it without beginning it."""
        return skip.part == "header" and bool(self._file.group_by)

    def _marked(self, record: Record, skip: Skip, reason: str) -> Record:
        """Give a row whose line alone is left out, or one that would leave out an invoice and begins none."""
        if skip.part == "line":
            return replace(record, skipped=reason)
        said = tr("{reason}, which leaves out whole invoices, and this row begins none", reason=reason)
        return replace(record, problems=(*record.problems, said))

    def skip(
        self, record: Record, reason: str, *, among: Collection[str] | None = None, is_invoice: bool = False
    ) -> None:
        """Take down that *record* is left out; where only *among* some columns amounts count, in these."""
        words = [word for word in self._amounts if among is None or word in among]
        has_amount = any(self._is_amount(self._columns.text(record, word)) for word in words)
        self.skipped.append(Skipped(record.where, reason, has_amount, is_invoice))

    def _is_amount(self, text: str) -> bool:
        return not self._is_empty(text) and {sign for sign in text if sign.isdigit()} != {"0"}

    def _left_out(self, record: Record) -> tuple[Skip | None, str]:
        """Give what the mapping or the source itself says against *record*, and why; "" when it is an invoice row."""
        if record.skipped:
            return None, record.skipped
        for skip in self._file.skip:
            if reason := self._reason(skip, record):
                return skip, reason
        return None, ""

    def _begins(self, record: Record, skip: Skip | None) -> bool:
        """Tell whether a skipped row begins an invoice: rows below it that have no key go along."""
        may_begin = skip.part == "header" if skip is not None else bool(record.skipped and self._file.fill_down)
        return may_begin and record.part == "whole" and any(self.key(record))

    def _goes_along(self, record: Record, skip: Skip | None) -> bool:
        if record.part != "whole" or any(self.key(record)):
            return False
        is_blank = skip is None or self._is_empty(self._columns.text(record, skip.column))
        return is_blank or (skip is not None and bool(self._reason(skip, record)))

    def _reason(self, skip: Skip, record: Record) -> str:
        if record.part != "whole" and (
            record.part != skip.part if skip.part else not self._columns.has(record, skip.column)
        ):
            return ""
        text = self._columns.text(record, skip.column)
        if not skip.is_met(text, is_empty=self._is_empty(text)):
            return ""
        reason = skip.told(text, self._columns.header(skip.column, record))
        return f"{reason}: {skip.because}" if skip.because else reason

    def told(self, record: Record) -> Iterator[tuple[str, str]]:
        """Give the cells of its key that are filled."""
        return (
            (word, text)
            for word, text in ((word, self._columns.text(record, word)) for word in self._file.group_by)
            if not self._is_empty(text)
        )

    def key(self, record: Record) -> tuple[str, ...]:
        """Give what tells the invoice a record is of; blank where it says nothing."""
        if record.document is not None:
            return (record.document,)
        if self._bound != self._columns.bindings:
            self._bound, self._look = self._columns.bindings, self._columns.look(self._file.group_by)
        if self._look is None:
            texts = [self._columns.text(record, word) for word in self._file.group_by]
        else:
            texts = [*map(spelled, self._look.of(record))]
        return tuple(["" if text in self._nothing else text for text in texts])


def _amount_words(file: MappingFile) -> list[str]:
    fields = [item for rules in (file.rows, file.invoice, *file.charges) for item in rules.items()]
    return list(
        dict.fromkeys(
            word for name, rule in fields if name.endswith("_amount") or name == "unit_price" for word in rule.sources()
        )
    )

"""How the rows of a list make invoices, and which rows are none: proved where no invoice could be lost by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from confirma_connector.language import tr, trn
from confirma_connector.proposing.found import Column, Layout, Proposal, Shape, SkipProposal
from confirma_connector.proposing.leftout import dated_columns, specials, unnumbered
from confirma_connector.proposing.skiprules import skip_rules
from confirma_connector.proposing.words import the_words

__all__ = ["bare", "shaped"]

_ONE: Final = "row per invoice"  # not for people
_REPEATED: Final = "row per line, repeated"  # not for people
_BLANK: Final = "row per line, blank"  # not for people
_BUYER = ("buyer.name", "buyer.business_id", "buyer.customer_account_id")
_LIKELY, _MOST_PLACES = 50, 6
_FREE_TEXT = ("additional_information", "description")


def bare(layout: Layout) -> Layout:
    """Give a layout without the rows that are evidently none of an invoice."""
    found = specials(layout)
    named = [column for column in layout.columns if the_words().meaning(column.header).exact == "number"]
    for column in named:
        found += unnumbered(layout, column, found)
    gone = {one.at for one in found}
    return _without(layout, gone) if gone else layout


def shaped(layout: Layout, proposals: Sequence[Proposal]) -> Shape:
    """Say how rows make invoices, by the column that holds (or may hold) the invoice number."""
    found = specials(layout)
    number = _number(proposals)
    whole = None if number is None else next(one for one in layout.columns if one.place == number.column.place)
    found += unnumbered(layout, whole, found) if whole is not None else []
    skips = skip_rules(layout, found, whole)
    rest = _without(layout, {one.at for one in found})
    if number is None or whole is None:
        said = tr("no column is known to hold the invoice number")
        return Shape(_ONE, {}, tuple(replace(one, is_proved=False) for one in skips), False, said)
    column = next(one for one in rest.columns if one.place == whole.place)
    doubted = {row.where for skip in skips if not skip.is_proved for row in skip.rows}
    is_sure = all(whole.texts[at] or where not in doubted for at, where in enumerate(layout.wheres))
    return _Rows(rest, column, proposals, number.is_exact and is_sure, tuple(skips)).shape()


def _number(proposals: Sequence[Proposal]) -> Proposal | None:
    """Give the proposal for the invoice number: the exact one, else the strongest."""
    numbers = [one for one in proposals if one.field == "number"]
    return max(numbers, key=lambda one: (one.is_exact, one.strength), default=None)


def _without(layout: Layout, gone: set[int]) -> Layout:
    kept = [at for at in range(len(layout.wheres)) if at not in gone]
    columns = tuple(
        replace(
            column,
            texts=tuple(column.texts[at] for at in kept),
            kinds=tuple(column.kinds[at] for at in kept) if column.kinds else (),
        )
        for column in layout.columns
    )
    return replace(layout, columns=columns, wheres=tuple(layout.wheres[at] for at in kept))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that are left, and the column of their invoice numbers; *is_sure* says that both are certain."""

    layout: Layout
    number: Column
    proposals: Sequence[Proposal]
    is_sure: bool
    skips: tuple[SkipProposal, ...]

    def shape(self) -> Shape:
        """Say which of the three shapes it is."""
        texts = self.number.texts
        filled = [text for text in texts if text]
        if not filled:
            return self._shape(
                _ONE,
                {},
                tr('column "{header}" is empty', header=self.number.header),
                is_proved=False,
            )
        if len(filled) < len(texts):
            return self._blank()
        if len(set(filled)) == len(filled):
            said = trn(
                "{count} row has an invoice number",
                "{count} rows have an invoice number each, all different",
                len(filled),
            )
            return self._shape(_ONE, {}, said)
        return self._repeated()

    def _shape(
        self,
        kind: Any,
        lines: Mapping[str, Any],
        said: str,
        *,
        is_proved: bool = True,
        asked: Mapping[str, Any] | None = None,
        why: Mapping[str, str] | None = None,
    ) -> Shape:
        proved = is_proved and self.is_sure
        return Shape(kind, lines, self.skips, proved, said, asked or {}, why or {})

    def _blank(self) -> Shape:
        """Rows without a number are lines of the invoice above them, unless they have a date of their own."""
        header = self.number.header
        blanks = [at for at, text in enumerate(self.number.texts) if not text]
        dates = [one.column.place for one in self.proposals if one.field == "date" and one.is_exact]
        dated = next((one for one in self.layout.columns if one.place in dates), None)
        begun, own = "", 0
        for at, text in enumerate(self.number.texts):
            day = dated.texts[at] if dated else ""
            own += not text and day not in ("", begun)
            begun = day if text else begun
        lines = {"fill_down": [header], "group_by": [header]}
        if blanks[0] == 0 or own:
            said = trn(
                "{count} row has no invoice number, and does not look like a line of the invoice above it",
                "{count} rows have no invoice number, and not all look like lines of the invoice above them",
                len(blanks),
            )
            return self._shape(_BLANK, lines, said, is_proved=False)
        said = trn(
            "{count} row has no invoice number: a line of the invoice above it",
            "{count} rows have no invoice number: lines of the invoice above them",
            len(blanks),
        )
        return self._shape(
            _BLANK,
            lines,
            said,
            is_proved=dated is not None,
            **self._varying(_groups(self.number.texts)),
        )

    def _repeated(self) -> Shape:
        header = self.number.header
        groups = _groups(self.number.texts)
        keys = [self.number.texts[group[0]] for group in groups]
        several = [group for group in groups if len(group) > 1]
        named = [one.column.place for one in self.proposals if one.field == "date" and one.is_exact]
        dates = named or [column.place for column in dated_columns(self.layout.columns)]
        agree = all(
            len({column.texts[at] for at in group} - {""}) <= 1
            for column in self.layout.columns
            if column.place in dates
            for group in several
        )
        differ = any(
            any(len({column.texts[at] for at in group}) > 1 for column in self.layout.columns) for group in several
        )
        told = self._varying(groups)
        meant = tuple(self._meant())
        if len(set(keys)) < len(keys):
            told["asked"] = {"scattered": "true", **told["asked"]}
            apart = "; ".join((tr("the same number stands in rows that are apart"), *meant))
            told["why"] = {"scattered": apart, **told["why"]}
        said = trn(
            "{count} invoice number stands on several rows",
            "{count} invoice numbers stand on several rows each",
            len(several) or len(keys) - len(set(keys)),
        )
        is_proved = agree and differ and not self._buyers_differ()
        if not (is_proved and self.is_sure):
            said = "; ".join((said, *meant))
        return self._shape(_REPEATED, {"group_by": [header]}, said, is_proved=is_proved, **told)

    def _repeats(self) -> list[list[int]]:
        """Gather the rows of each number that stands on several, together or apart."""
        places: dict[str, list[int]] = {}
        for at, text in enumerate(self.number.texts):
            places.setdefault(text, []).append(at)
        return [some for text, some in places.items() if text and len(some) > 1]

    def _meant(self) -> Iterator[str]:
        """Say which rows are meant, and what yes and no mean."""
        rows = [at for some in self._repeats() for at in some]
        shown = ", ".join(self.layout.wheres[at] for at in rows[:_MOST_PLACES])
        yield tr("the rows are {places}", places=f"{shown} …" if len(rows) > _MOST_PLACES else shown)
        yield tr("yes: rows with the same number are one invoice")
        yield tr("no: each row is an invoice of its own, and check names every number that is used twice")
        if self._buyers_differ():
            yield tr("the buyers on these rows differ, so no is likelier")

    def _buyers_differ(self) -> bool:
        """Tell whether rows of one number name different buyers."""
        told = [one for one in self.proposals if one.field in _BUYER]
        names = [one.column.place for one in told if one.is_exact]
        names += [one.column.place for one in told if one.field == _BUYER[0] and one.strength >= _LIKELY][:1]
        return any(
            len({column.texts[at].strip() for at in some} - {""}) > 1
            for column in self.layout.columns
            if column.place in names
            for some in self._repeats()
        )

    def _varying(self, groups: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Name free texts of the invoice that differ on its rows: only the first would count."""
        places = {one.column.place: one.column.header for one in self.proposals if one.field in _FREE_TEXT}
        headers = [
            column.header
            for column in self.layout.columns
            if column.place in places and any(len({column.texts[at] for at in group} - {""}) > 1 for group in groups)
        ]
        if not headers:
            return {"asked": {}, "why": {}}
        why = tr("it differs on the rows of one invoice; of an invoice's own texts only the first would count")
        return {"asked": {"first_in_group": headers}, "why": {"first_in_group": why}}


def _groups(texts: Sequence[str]) -> list[list[int]]:
    """Gather rows that stand together and have the same number; a blank one is of the row above it."""
    groups: list[list[int]] = []
    for at, text in enumerate(texts):
        if groups and text in ("", texts[groups[-1][0]]):
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups

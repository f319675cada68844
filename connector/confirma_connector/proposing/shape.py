"""How the rows of a list make invoices, and which rows are none: proved where no invoice could be lost by it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from confirma_connector.language import tr, trn
from confirma_connector.proposing.found import Column, Layout, Proposal, Row, Shape, SkipProposal
from confirma_connector.proposing.leftout import EVIDENCE, Special, dated_columns, says_nothing, specials

__all__ = ["bare", "shaped"]

_FREE_TEXT = ("additional_information", "description")
_WORD = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")


def bare(layout: Layout) -> Layout:
    """Give a layout without the rows that are evidently none of an invoice."""
    gone = {one.at for one in specials(layout)}
    return _without(layout, gone) if gone else layout


def shaped(layout: Layout, proposals: Sequence[Proposal]) -> Shape:
    """Say how rows make invoices, by the column that holds (or may hold) the invoice number."""
    found = specials(layout)
    number = _number(proposals)
    skips = _skips(layout, found, None if number is None else number.column)
    rest = _without(layout, {one.at for one in found})
    if number is None:
        said = tr("no column is known to hold the invoice number")
        return Shape("row per invoice", {}, tuple(replace(one, is_proved=False) for one in skips), False, said)
    column = next(one for one in rest.columns if one.place == number.column.place)
    return _Rows(rest, column, proposals, number.is_exact, tuple(skips)).shape()


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


# ---- rows that are none ----


def _skips(layout: Layout, found: Sequence[Special], number: Column | None) -> list[SkipProposal]:
    """Give a rule for every kind of row that is none, the same rule once."""
    rules: dict[tuple[str, ...], list[Special]] = {}
    for one in found:
        rules.setdefault(_rule(one, number, layout), []).append(one)
    return [_skip(layout, key, rows, number, {one.at for one in found}) for key, rows in rules.items()]


def _rule(one: Special, number: Column | None, layout: Layout) -> tuple[str, ...]:
    """Give column, test and text of the rule that leaves out a row; the number's column is the safest to ask."""
    in_number = number.texts[one.at] if number is not None else ""
    if number is not None and in_number and not _is_number(in_number):
        column, text = number, in_number
    else:
        column, text = one.column, one.text
    word = _WORD.match(text)
    if one.kind == "group" or (one.kind in ("total", "note") and (not word or not says_nothing(text[: word.end()]))):
        return (_always_filled(layout, one).header, "empty", "true")
    if one.kind in ("total", "note") and word:
        is_whole = one.kind == "total" and text.rstrip(":. ") == word[0] and column is not number
        return (column.header, "equals", text) if is_whole else (column.header, "starts_with", _start(text))
    return (column.header, "equals", text)


def _start(text: str) -> str:
    """Give the words a text begins with, without what changes from one time to the next."""
    words = text.split()
    return words[0].rstrip(":.,") or words[0]


def _always_filled(layout: Layout, one: Special) -> Column:
    """Give a column that is blank in this row and filled in most others: that of a date if there is one."""
    dated = dated_columns(layout.columns)
    others = [column for column in layout.columns if column not in dated]
    blank = [column for column in (*dated, *others) if not column.texts[one.at]]
    filled = {column.place: sum(map(bool, column.texts)) for column in blank}
    most = max(filled.values(), default=0)
    return next((column for column in blank if filled[column.place] == most), one.column)


def _is_number(text: str) -> bool:
    """Tell whether a text may be an invoice number: it has a digit, few words, and none for totals or notes."""
    return len(text.split()) < 3 and any(map(str.isdigit, text)) and not says_nothing(text)


def _skip(
    layout: Layout, key: tuple[str, ...], rows: Sequence[Special], number: Column | None, gone: set[int]
) -> SkipProposal:
    header, test, text = key
    column = next(one for one in layout.columns if one.header == header)
    hit = [at for at, cell in enumerate(column.texts) if _hits(test, text, cell)]
    hit = [at for at in hit if any(one.texts[at] for one in layout.columns)]
    strays = [at for at in hit if at not in gone]
    is_in_number = number is not None and column.place == number.place
    is_proved = not strays and number is not None and test != "empty"
    if is_in_number:
        is_proved = is_proved and all(one.kind != "numbers" for one in rows)
    elif is_proved:
        dated = any(column.place == one.place for one in dated_columns(layout.columns))
        is_proved = all(
            one.is_sum or one.kind == "repeated header" or (one.kind == "numbers" and dated) for one in rows
        )
    told = tuple(Row(layout.wheres[one.at], one.kind, tr(EVIDENCE[one.kind])) for one in rows)
    said = trn(
        "{count} row, {where}: {evidence}",
        "{count} rows, the first at {where}: {evidence}",
        len(rows),
        where=told[0].where,
        evidence=told[0].evidence,
    )
    if strays:
        more = trn(
            "it also hits {count} row that may be of an invoice",
            "it also hits {count} rows that may be of invoices",
            len(strays),
        )
        said = f"{said}; {more}"
    return SkipProposal({"column": header, test: text}, told, is_proved, said)


def _hits(test: str, text: str, cell: str) -> bool:
    if test == "empty":
        return not cell
    return cell == text if test == "equals" else cell.startswith(text)


# ---- rows that make invoices ----


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that are left, and the column of their invoice numbers."""

    layout: Layout
    number: Column
    proposals: Sequence[Proposal]
    is_exact: bool
    skips: tuple[SkipProposal, ...]

    def shape(self) -> Shape:
        """Say which of the three shapes it is."""
        texts = self.number.texts
        filled = [text for text in texts if text]
        if not filled:
            return self._shape(
                "row per invoice", {}, tr('column "{header}" is empty', header=self.number.header), is_proved=False
            )
        if len(filled) < len(texts):
            return self._blank()
        if len(set(filled)) == len(filled):
            said = trn(
                "{count} row has an invoice number", "{count} rows have as many different invoice numbers", len(filled)
            )
            return self._shape("row per invoice", {}, said)
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
        proved = is_proved and self.is_exact
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
            return self._shape("row per line, blank", lines, said, is_proved=False)
        said = trn(
            "{count} row has no invoice number: a line of the invoice above it",
            "{count} rows have no invoice number: lines of the invoice above them",
            len(blanks),
        )
        return self._shape(
            "row per line, blank", lines, said, is_proved=dated is not None, **self._varying(_groups(self.number.texts))
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
        if len(set(keys)) < len(keys):
            told["asked"] = {"scattered": "true", **told["asked"]}
            told["why"] = {"scattered": tr("the same number stands in rows that are apart"), **told["why"]}
        said = trn(
            "{count} invoice number stands on several rows",
            "{count} invoice numbers stand on several rows each",
            len(several) or len(keys) - len(set(keys)),
        )
        return self._shape("row per line, repeated", {"group_by": [header]}, said, is_proved=agree and differ, **told)

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

"""Rules of `skip:` for the rows that are none of an invoice: proved where they hit no row that may be one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from confirma_connector.language import tr, trn
from confirma_connector.proposing.found import Column, Layout, Row, SkipProposal
from confirma_connector.proposing.leftout import EVIDENCE, Special, dated_columns, says_nothing

__all__ = ["skip_rules"]

_REPEATED = "repeated header"  # not for people
_WORD = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?")


def skip_rules(layout: Layout, found: Sequence[Special], number: Column | None) -> list[SkipProposal]:
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
    is_proved = number is not None and not strays and _is_safe(layout, key, rows, number, hit, gone)
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


def _is_safe(
    layout: Layout, key: tuple[str, ...], rows: Sequence[Special], number: Column, hit: Sequence[int], gone: set[int]
) -> bool:
    """Tell whether none of the rows that a rule hits can be of an invoice."""
    header, test, _ = key
    if all(one.kind == "numbers" for one in rows):
        return any(header == one.header for one in dated_columns(layout.columns))
    if test == "empty" or any(_is_number(number.texts[at]) for at in hit):
        return False
    if header == number.header:
        return True
    has_blanks = any(not text for at, text in enumerate(number.texts) if at not in gone)  # perhaps lines, too
    return not has_blanks and all(one.is_sum or one.kind == _REPEATED for one in rows)


def _hits(test: str, text: str, cell: str) -> bool:
    if test == "empty":
        return not cell
    return cell == text if test == "equals" else cell.startswith(text)

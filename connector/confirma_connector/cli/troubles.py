"""What is wrong with invoices, for people: a cause a line with all its places, of many causes the first ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import groupby

from confirma_connector.cli.fitting import lined_up, shortened
from confirma_connector.language import mark, tr, trn
from confirma_connector.ranges import merged, ranges_of, spelled
from confirma_connector.report import FileReport, InvoiceReport, ProblemGroup

__all__ = ["changed_lines", "problem_lines", "said_lines", "skipped_lines", "state_lines"]

_WIDEST = 28
"""As wide is a column of the table at most; a longer cell sticks out."""
_LONGEST_VALUE = 40
_EXAMPLES = 3
"""As many of the groups are shown that differ by their words alone, by amounts for example."""

_LINES = 10
"""As many lines are told of the invoices of one state."""
_NUMBERS = re.compile(r"-?\d+(?:[\s.,:-]\d+)*")
"""What is said of two invoices is of one kind where it differs by such as these alone: amounts, dates, cells."""

_TOLD = ("conflict", "rejected", "uncertain", "failed", "attention", "unknown")
"""States whose message is printed with the invoice."""
_IN_THE_TABLE = ("rejected", "failed")
"""Of these the words stand with the cell, where Confirma named one."""
_CHANGED = (*("failed", "attention", "unknown", "duplicate"), *("conflict", "uncertain", "ready"))

_IN_THE_MAPPING = mark("in the mapping, or the same in every invoice:")
_IN_THE_FILE = mark("in the file:")
_WARNINGS = mark("worth a look; does not stop the invoice:")


def problem_lines(file: FileReport) -> Iterator[str]:
    """Give the problems of *file*: where, column, what stands there, in which invoices; below it what is expected."""
    mapping = [group for group in file.problems if group.mapping]
    errors = [group for group in file.problems if not group.mapping and group.severity == "error"]
    warnings = [group for group in file.problems if not group.mapping and group.severity == "warning"]
    if mapping or file.unheard:
        yield f"  {tr(_IN_THE_MAPPING)}"
        yield from (f"    {unheard}" for unheard in file.unheard)
    yield from _table(mapping, len(file.invoices))
    for heading, groups in ((_IN_THE_FILE, errors), (_WARNINGS, warnings)):
        if groups:
            yield f"  {tr(heading)}"
            yield from _table(groups, len(file.invoices))


def _table(groups: Sequence[ProblemGroup], invoices: int) -> Iterator[str]:
    """Give the lines of a table of groups; of many that differ by their words alone, the first ones."""
    rows: list[tuple[str, ...]] = []
    below: list[list[str]] = []
    for _, family in groupby(groups, key=lambda one: (one.code, one.severity, one.header, one.field, one.mapping)):
        whole = list(family)
        shown = whole if len(whole) <= _EXAMPLES + 1 else whole[:_EXAMPLES]
        for group in shown:
            rows.append(_row(group, invoices))
            below.append(_below(group))
        if rest := whole[len(shown) :]:
            places = spelled(merged(one for group in rest for one in group.places))
            count = sum(group.count for group in rest)
            rows.append((places, _column(rest[0]), "", ""))
            said = trn(
                "{count} more of this kind [{code}]", "{count} more of this kind [{code}]", count, code=rest[0].code
            )
            below.append([said])
    for line, more in zip(lined_up(rows, most=_WIDEST), below, strict=True):
        yield f"    {line}"
        yield from (f"        {text}" for text in more)


def _row(group: ProblemGroup, invoices: int) -> tuple[str, str, str, str]:
    place = group.mapping or spelled(group.places)
    if group.invoices == 1:
        who = tr("invoice {number}", number=group.numbers[0] if group.numbers else tr("(no number)"))
    elif group.invoices == invoices:
        who = trn("every invoice ({count})", "every invoice ({count})", invoices)
    else:
        who = trn("{count} invoice", "{count} invoices", group.invoices)
    count = sum(one.count for one in group.places)
    if count > group.invoices:
        who = f"{trn('{count} row', '{count} rows', count)}, {who}"
    return place, _column(group), _values(group), who


def _column(group: ProblemGroup) -> str:
    return shortened(group.header, _WIDEST) if group.header else group.field


def _values(group: ProblemGroup) -> str:
    values = [f'"{shortened(value, _LONGEST_VALUE)}"' if value else tr("(empty)") for value in group.values]
    if not group.header and not any(group.values):
        return ""
    if group.has_more_values:
        return tr("{value} and others", value=values[0])
    return ", ".join(values)


def _below(group: ProblemGroup) -> list[str]:
    said = [f"{' '.join(group.message.split())} [{group.code}]"]
    if group.mapping:
        said.append(tr("seen at {places}", places=spelled(group.places)))
    return said


def state_lines(invoices: Iterable[InvoiceReport], where: str) -> Iterator[str]:
    """Give what is to be said of invoices besides their problems; *where* as in `said_lines`."""
    yield from said_lines(_to_say(invoices), where)


def _to_say(invoices: Iterable[InvoiceReport]) -> Iterator[tuple[str, str, str]]:
    for invoice in invoices:
        is_named = any(problem.severity == "error" for problem in invoice.problems)
        if invoice.message and invoice.state in _TOLD and not (invoice.state in _IN_THE_TABLE and is_named):
            yield invoice.number, invoice.state, invoice.message
        elif invoice.message and invoice.state == "ready" and invoice.is_new:
            yield invoice.number, tr("not sent"), invoice.message


def changed_lines(changed: Iterable[InvoiceReport], where: str) -> Iterator[str]:
    """Give what is to be said of invoices whose state changed; *where* as in `said_lines`."""
    yield from said_lines(((one.number, one.state, one.message) for one in changed if one.state in _CHANGED), where)


def said_lines(invoices: Iterable[tuple[str, str, str]], where: str) -> Iterator[str]:
    """Give what is said of *invoices*, each a number, a state and words, once for all of which it is the same.

    Of a state with more to be said than a person reads, some lines, and *where* all of it stands.
    """
    found: dict[str, dict[str, list[str]]] = {}
    for number, state, words in invoices:
        found.setdefault(state, {}).setdefault(words, []).append(number)
    for state, told in found.items():
        shown = _shown(told) if len(told) > _LINES + 1 else frozenset(told)
        yield from (_said(numbers, state, words) for words, numbers in told.items() if words in shown)
        if rest := [number for words, numbers in told.items() if words not in shown for number in numbers]:
            yield _said(rest, state, tr("more like these; all of them: {where}", where=where))


def _shown(told: Mapping[str, Sequence[str]]) -> Set[str]:
    """Choose what is shown of the words of one state: of each kind the first, then what is said of most invoices."""
    firsts: dict[str, str] = {}
    for words in told:
        firsts.setdefault(_NUMBERS.sub("0", words), words)
    is_first = frozenset(firsts.values())
    return frozenset(sorted(told, key=lambda words: (words not in is_first, -len(told[words])))[:_LINES])


def _said(numbers: Sequence[str], state: str, words: str) -> str:
    count, places = len(numbers), spelled(ranges_of(numbers))
    named = trn("invoice {numbers}", "{count} invoices ({numbers})", count, numbers=places)
    return f"  {named}: {state}: {words}" if words else f"  {named}: {state}"


def skipped_lines(file: FileReport) -> Iterator[str]:
    """Give the skipped rows by reason, those with an amount first."""
    for one in file.summary.skipped:
        places = spelled(one.places)
        if one.count > 1:
            rows = trn("{count} row", "{count} rows", one.count)
            said = tr("skipped: {rows} ({places}): {reason}", rows=rows, places=places, reason=one.reason)
        else:
            said = tr("skipped: {place}: {reason}", place=places, reason=one.reason)
        has_amount = trn("it has an amount", "each has an amount", one.count)
        yield f"  {said} ({has_amount})" if one.has_amount else f"  {said}"

"""What is wrong with the invoices of a file, for people: a cause a line with all its places, the mapping's first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from confirma_connector.cli.fitting import lined_up, shortened
from confirma_connector.language import mark, tr, trn
from confirma_connector.ranges import Ranges, merged, spelled
from confirma_connector.report import FileReport, InvoiceReport, ProblemGroup

__all__ = ["changed_lines", "problem_lines", "skipped_lines", "state_lines"]

_WIDEST = 28
"""As wide is a column of the table at most; a longer cell sticks out."""
_LONGEST_VALUE = 40
_EXAMPLES = 3
"""As many of the groups are shown that differ by their words alone, by amounts for example."""

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


def state_lines(invoices: Iterable[InvoiceReport]) -> Iterator[str]:
    """Give what is to be said of invoices besides their problems, once for all of which it is the same."""
    found: dict[tuple[str, str], Ranges] = {}
    for invoice in invoices:
        is_named = any(problem.severity == "error" for problem in invoice.problems)
        if invoice.message and invoice.state in _TOLD and not (invoice.state in _IN_THE_TABLE and is_named):
            found.setdefault((invoice.state, invoice.message), Ranges()).add(invoice.number)
        elif invoice.message and invoice.state == "ready" and invoice.is_new:
            found.setdefault((tr("not sent"), invoice.message), Ranges()).add(invoice.number)
    yield from _stated(found)


def changed_lines(changed: Iterable[InvoiceReport]) -> Iterator[str]:
    """Give what is to be said of invoices whose state changed, though they are in no file of the run."""
    found: dict[tuple[str, str], Ranges] = {}
    for invoice in changed:
        if invoice.state in _CHANGED:
            found.setdefault((invoice.state, invoice.message), Ranges()).add(invoice.number)
    yield from _stated(found)


def _stated(found: Mapping[tuple[str, str], Ranges]) -> Iterator[str]:
    for (state, message), ranges in found.items():
        places = ranges.told()
        count = sum(one.count for one in places)
        named = trn("invoice {numbers}", "{count} invoices ({numbers})", count, numbers=spelled(places))
        yield f"  {named}: {state}: {message}" if message else f"  {named}: {state}"


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

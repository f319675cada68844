"""Putting what a run found and did into its report."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

from confirma_connector.items import Item
from confirma_connector.journal import Change, Entry, Journal
from confirma_connector.language import tr, trn
from confirma_connector.numbering import Key
from confirma_connector.outcome import Outcome, entry_words
from confirma_connector.ranges import Ranges, spelled
from confirma_connector.records import Problem
from confirma_connector.report import AttentionReport, FileReport, InvoiceReport, ProblemReport, Report, SkippedRow
from confirma_connector.sending import NOT_REACHED
from confirma_connector.settings import Settings
from confirma_connector.stopping import Ending
from confirma_connector.summary import SkippedSum, Summary, Worth, together
from confirma_connector.survey import Survey
from confirma_connector.troubles import gathered

__all__ = ["told", "whole"]

_LOOK = frozenset({"failed", "attention", "duplicate", "unknown", "conflict", "ready"})
"""States that a person is told of once, in the run in which they come about (ready: it did not arrive)."""
_OPEN = frozenset({"invalid", "rejected", "uncertain"})
"""States that keep a run from being done."""
_ENDINGS = {"refused": 2, "outage": 3, "stopped": 130}


def told(
    survey: Survey,
    joined: Iterable[tuple[Item, Outcome]],
    *,
    results: Path | None = None,
    notices: Iterable[str] = (),
    touched: Container[Key | None] = (),
    waiting: Container[Key | None] = (),
    annotated: Path | None = None,
) -> FileReport:
    """Tell of one file: every invoice, every skipped row, the sums. Of what has no problem nothing else is held.

    Those *waiting* do not go though they are ready.
    """
    invoices, troubled = list[InvoiceReport](), list[tuple[Item, Outcome]]()
    others = Ranges()
    worth: dict[str, list[Item]] = {"to_send": [], "sent_before": [], "waiting": []}
    for item, outcome in joined:
        invoices.append(
            InvoiceReport(
                number=item.label,
                state=outcome.state,
                where=item.where,
                message=outcome.plain,
                case_id=outcome.case_id,
                is_new=item.key in touched,
                problems=tuple(map(_problem, outcome.problems)),
                details=outcome.problems,
            )
        )
        if outcome.problems:
            troubled.append((item, outcome))
        if outcome.is_other:
            others.add(item.label)
        if item.kind is not None:
            worth[_fate(outcome, is_waiting=item.key in waiting)].append(item)
    return FileReport(
        path=str(survey.path),
        mapping=survey.mapping.name,
        rows=survey.rows,
        invoices=tuple(invoices),
        skipped=tuple(
            SkippedRow(where=row.where, reason=row.reason, has_amount=row.has_amount) for row in survey.skipped
        ),
        totals=survey.totals,
        methods=dict(survey.methods),
        results=str(results) if results else "",
        notices=(*survey.unheard, *_empty(survey), *_changed_since(others), *notices),
        unheard=survey.unheard,
        problems=gathered(survey.mapping, troubled, len(invoices)),
        summary=_summary(survey, worth),
        annotated=str(annotated) if annotated else "",
    )


def _empty(survey: Survey) -> Iterator[str]:
    """Say of a file without invoices that it is one: an export that failed looks like it."""
    if not survey.items:
        yield tr("there is no invoice in it")


def _changed_since(others: Ranges) -> Iterator[str]:
    """Say of the invoices with a calm state that they were changed since they were sent: it stands in their rows."""
    if places := others.told():
        count = sum(one.count for one in places)
        yield trn(
            "invoice {numbers}: the row now differs from what was sent, and nothing is sent again",
            "{count} invoices ({numbers}): the rows now differ from what was sent, and nothing is sent again",
            count,
            numbers=spelled(places),
        )


def _summary(survey: Survey, worth: Mapping[str, Sequence[Item]]) -> Summary:
    """Add up one file: every valid invoice is to be sent, was sent before, or waits for a decision."""
    return Summary(
        rows=survey.rows,
        invoices=len(survey.items),
        not_valid=sum(item.kind is None for item in survey.items),
        **{fate: _worth(items) for fate, items in worth.items()},
        currencies=survey.tally.told(),
        methods=dict(survey.methods),
        skipped=tuple(_skipped(survey)),
    )


def _fate(outcome: Outcome, *, is_waiting: bool) -> Literal["to_send", "sent_before", "waiting"]:
    if outcome.state == "ready":
        return "waiting" if is_waiting else "to_send"
    return "sent_before" if outcome.is_gone else "waiting"


def _worth(all_of: Sequence[Item]) -> Worth:
    gross: dict[str, Decimal] = {}
    for one in all_of:
        if one.kind is not None:
            gross[one.kind.currency] = gross.get(one.kind.currency, Decimal(0)) + one.gross
    return Worth(count=len(all_of), gross=gross)


def _skipped(survey: Survey) -> Iterator[SkippedSum]:
    """Give the skipped rows by reason, those with an amount first."""
    places: dict[tuple[bool, str], Ranges] = {}
    for row in survey.skipped:
        places.setdefault((not row.has_amount, row.reason), Ranges()).add(row.where)
    for no_amount, reason in sorted(places, key=lambda key: key[0]):
        ranges = places[no_amount, reason].told()
        count = sum(one.count for one in ranges)
        yield SkippedSum(reason=reason, count=count, has_amount=not no_amount, places=ranges)


def _problem(problem: Problem) -> ProblemReport:
    return ProblemReport(
        code=problem.code,
        severity=problem.severity,
        where=problem.where,
        header=problem.header,
        field=problem.field,
        message=problem.message,
    )


def whole(
    command: Literal["check", "send", "track"],
    settings: Settings,
    files: Sequence[FileReport],
    journal: Journal | None = None,
    *,
    changed: Iterable[Change] = (),
    notices: Sequence[str] = (),
    ending: Ending | None = None,
    is_open: bool = False,
    apart: Sequence[AttentionReport] = (),
) -> Report:
    """Tell of the whole run, with the exit code a scheduler can trust; *is_open* says that something is left to do.

    *apart* are invoices that need a person by what stands in their results file alone.
    """
    counts = dict(journal.counts()) if journal else {}
    changes, looked_at = _changes(changed, _placed(files))
    needed = (*_needed(command, files, journal, looked_at), *apart)
    return Report(
        command=command,
        environment=settings.environment,
        account=settings.account,
        exit_code=_ENDINGS[ending.kind] if ending else int(is_open or bool(needed)),
        files=tuple(files),
        changed=tuple(changes),
        journal={str(state): count for state, count in counts.items()},
        notices=tuple(notices),
        problem=ending.message if ending else "",
        attention=needed,
        summary=together([file.summary for file in files]),
    )


def _changes(
    changed: Iterable[Change], placed: Mapping[tuple[str, str], str]
) -> tuple[list[InvoiceReport], list[Change]]:
    """Tell what has changed; give those beside it that a person may have to look at. Of the rest nothing is held."""
    told, looked_at, said = list[InvoiceReport](), list[Change](), dict[tuple[object, ...], str]()
    for entry in changed:
        if entry.state in _LOOK or entry.state == "uncertain":
            looked_at.append(entry)
        alike = entry.state, entry.status, entry.message, entry.fields, entry.method, entry.distributed_at[:10]
        words = said.get(alike)
        if words is None:
            words = said[alike] = entry_words(entry)
        number = str(entry.number)
        message = placed.get((number, entry.state)) or words if placed else words
        told.append(
            InvoiceReport(number=number, state=entry.state, message=message, case_id=entry.case_id, is_new=True)
        )
    return told, looked_at


def _placed(files: Sequence[FileReport]) -> dict[tuple[str, str], str]:
    """Give what was said of invoices by the cells of a file, with the file, by number and state."""
    return {
        (one.number, one.state): f"{Path(file.path).name}, {one.message}"
        for file in files
        for one in file.invoices
        if one.state in ("rejected", "failed") and any(problem.header for problem in one.problems)
    }


def _needed(
    command: str, files: Sequence[FileReport], journal: Journal | None, looked_at: Sequence[Change]
) -> Iterator[AttentionReport]:
    """Name every invoice that needs a person, once: as it stands in a file, and else as the journal has it."""
    told = set()
    for file in files if command != "track" else ():
        for one in file.invoices:
            if one.state == "ready" and one.message == tr(NOT_REACHED):
                told.add(one.number)  # the next run goes on with it: nobody has to see to it
            elif _is_open(one):
                told.add(one.number)
                yield AttentionReport(number=one.number, state=one.state, path=file.path, where=one.where)
    uncertain = journal.entries(["uncertain"]) if journal and command == "track" else ()
    entries: dict[int, Change | Entry] = {entry.id: entry for entry in (*looked_at, *uncertain)}
    for entry in entries.values():
        if (entry.state != "uncertain" or command == "track") and str(entry.number) not in told:
            yield AttentionReport(number=str(entry.number), state=entry.state)


def _is_open(invoice: InvoiceReport) -> bool:
    """Whether a file's invoice is not done: refused, unknown, in conflict, or not sent though asked for."""
    if invoice.state == "ready":
        return invoice.is_new
    return invoice.state in _OPEN or invoice.state == "conflict"

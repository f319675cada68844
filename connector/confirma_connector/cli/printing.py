"""A report for people: what is wrong first, then the counts, then where the results are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import click

from confirma_connector.cli.saying import complain, say
from confirma_connector.language import mark, tr
from confirma_connector.report import FileReport, InvoiceReport, Report

__all__ = ["counted", "finish", "printed", "sandbox_line", "show"]

_ORDER = [
    *("invalid", "conflict", "rejected", "uncertain", "failed", "attention", "unknown", "duplicate"),
    *("ready", "sent", "waiting", "delivered", "credited", "handled"),
]

_TOLD = ("conflict", "rejected", "uncertain", "failed", "attention", "unknown")
"""States whose message is printed in one line with the invoice."""


_SANDBOX = mark("SANDBOX: nothing leaves this machine, every state is a TEST")


def sandbox_line(environment: str, *, err: bool = False) -> None:
    """Say first and last that a sandbox is a sandbox; *err* says it on standard error."""
    if environment == "sandbox":
        say(_SANDBOX, err=err)


def finish(report: Report, *, as_json: bool, log_json: bool) -> NoReturn:
    """Print *report* in the wanted form and leave with its exit code."""
    if as_json:
        printed([report.model_dump_json(indent=2)])
    else:
        show(report, log_json=log_json)
    raise click.exceptions.Exit(report.exit_code)


def show(report: Report, *, log_json: bool) -> None:
    """Print *report* for people; in the log its problem stands already."""
    if report.problem and not log_json:
        complain(report.problem)
    printed(_lines(report))


def printed(lines: Iterable[str]) -> None:
    """Print *lines*. That whoever read along has gone changes nothing: the work was done all the same."""
    try:
        for line in lines:
            say(line)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _lines(report: Report) -> Iterator[str]:
    for file in report.files:
        yield from _file_lines(file, report)
    told = {invoice.number for file in report.files for invoice in file.invoices if report.command != "track"}
    yield from _changes(invoice for invoice in report.changed if invoice.number not in told)
    if report.command == "track" and (report.files or not report.problem):
        yield f"account {report.account}: {counted(report.journal) or 'no invoices yet'}"
    yield from report.notices
    if report.environment == "sandbox":
        yield _SANDBOX


def _file_lines(file: FileReport, report: Report) -> Iterator[str]:
    name = Path(file.path).name
    counts = file.counts()
    rows = f"{file.rows} row{'s' * (file.rows != 1)}"
    yield f"{name} (mapping {file.mapping}): {rows}, {len(file.invoices)} invoice{'s' * (len(file.invoices) != 1)}"
    if report.command != "track":
        yield from _troubles(name, file.invoices)
        yield from _skipped(name, file)
    yield from (f"  {state}: {counts[state]}" for state in _ORDER if state in counts)
    if report.command == "check" and file.totals:
        sums = ", ".join(f"{total:.2f} {currency}" for currency, total in sorted(file.totals.items()))
        yield tr("  total of the valid ones: {sums}; by method: {counted}", sums=sums, counted=counted(file.methods))
    yield from (f"  {notice}" for notice in file.notices)
    if file.results:
        yield f"  results: {file.results}"


def _troubles(name: str, invoices: Iterable[InvoiceReport]) -> Iterator[str]:
    for invoice in invoices:
        errors = [problem for problem in invoice.details if problem.severity == "error"]
        if invoice.state in ("invalid", "rejected") and errors:
            yield f"  invoice {invoice.number or '(no number)'}: {invoice.state}"
        elif invoice.message and invoice.state in _TOLD:
            yield f"  invoice {invoice.number}: {invoice.state}: {invoice.message}"
        elif invoice.state == "ready" and invoice.is_new and invoice.message:
            yield tr("  invoice {number}: not sent: {message}", number=invoice.number, message=invoice.message)
        if invoice.state in ("invalid", "rejected", "conflict"):
            yield from (f"    {problem.text(name)}" for problem in errors)
        yield from (
            f"  note: {problem.text(name)}"
            for problem in invoice.details
            if problem.severity == "warning" and invoice.state != "rejected"
        )


def _skipped(name: str, file: FileReport) -> Iterator[str]:
    for row in sorted(file.skipped, key=lambda row: not row.has_amount):
        yield f"  skipped: {name}, {row.where}: {row.reason}{' (it has an amount)' if row.has_amount else ''}"


def _changes(changed: Iterable[InvoiceReport]) -> Iterator[str]:
    for invoice in changed:
        if invoice.state in ("failed", "attention", "unknown", "duplicate", "conflict", "uncertain", "ready"):
            yield f"  invoice {invoice.number}: {invoice.state}{': ' if invoice.message else ''}{invoice.message}"


def counted(counts: Mapping[str, int]) -> str:
    """Give the numbers of invoices by state, what is wrong first."""
    ordered = sorted(counts, key=lambda state: _ORDER.index(state) if state in _ORDER else len(_ORDER))
    return ", ".join(f"{counts[state]} {state}" for state in ordered)

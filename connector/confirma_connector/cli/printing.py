"""A report for people: what is wrong first, then the counts and sums, then where the results are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import click

from confirma_connector.cli.fitting import fitted, screen_width
from confirma_connector.cli.saying import complain, say
from confirma_connector.cli.sums import sum_lines
from confirma_connector.cli.troubles import changed_lines, problem_lines, skipped_lines, state_lines
from confirma_connector.language import mark, tr, trn
from confirma_connector.report import FileReport, Report

__all__ = ["counted", "finish", "printed", "sandbox_line", "show"]

_ORDER = [
    *("invalid", "conflict", "rejected", "uncertain", "failed", "attention", "unknown", "duplicate"),
    *("ready", "sent", "waiting", "delivered", "credited", "handled"),
]

_SANDBOX = mark("SANDBOX: nothing leaves this machine, every state is a TEST")


def sandbox_line(environment: str, *, err: bool = False) -> None:
    """Say first and last that a sandbox is a sandbox; *err* says it on standard error."""
    if environment == "sandbox":
        say(tr(_SANDBOX), err=err)


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
    printed(fitted(_lines(report), screen_width()))


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
    if len(report.files) > 1 and report.command == "check":
        yield trn("{count} file together:", "{count} files together:", len(report.files))
        yield from sum_lines(report.summary)
    told = {invoice.number for file in report.files for invoice in file.invoices if report.command != "track"}
    command = "confirma status --json"  # not for people
    yield from changed_lines((invoice for invoice in report.changed if invoice.number not in told), command)
    if report.command == "track" and (report.files or not report.problem):
        counts = counted(report.journal) or tr("no invoices yet")
        yield tr("account {account}: {counts}", account=report.account, counts=counts)
    yield from report.notices
    codes = (group.code for file in report.files for group in file.problems)
    if report.command != "track" and (code := next(codes, "")):
        explained = f"confirma explain {code}"  # not for people
        yield tr("more about a message: {command}", command=explained)
    if report.environment == "sandbox":
        yield tr(_SANDBOX)


def _file_lines(file: FileReport, report: Report) -> Iterator[str]:
    counts = file.counts()
    rows = trn("{count} row", "{count} rows", file.rows)
    invoices = trn("{count} invoice", "{count} invoices", len(file.invoices))
    name, mapping = Path(file.path).name, file.mapping
    yield tr("{name} (mapping {mapping}): {rows}, {invoices}", name=name, mapping=mapping, rows=rows, invoices=invoices)
    if report.command != "track":
        yield from state_lines(file.invoices, file.results or file.annotated or f"confirma {report.command} --json")
        yield from problem_lines(file)
    yield from skipped_lines(file)
    yield from (f"  {state}: {counts[state]}" for state in _ORDER if state in counts)
    if report.command == "check":
        yield from sum_lines(file.summary)
    yield from (f"  {notice}" for notice in file.notices if notice not in file.unheard)
    if file.results:
        yield f"  {tr('results: {path}', path=file.results)}"
    if file.annotated:
        yield f"  {tr('the problems beside the rows: {path}', path=file.annotated)}"


def counted(counts: Mapping[str, int]) -> str:
    """Give the numbers of invoices by state, what is wrong first."""
    ordered = sorted(counts, key=lambda state: _ORDER.index(state) if state in _ORDER else len(_ORDER))
    return ", ".join(f"{counts[state]} {state}" for state in ordered)

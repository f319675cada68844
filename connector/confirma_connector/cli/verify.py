"""`confirma contract verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from confirma_connector import pipeline, verifying
from confirma_connector.cli import options
from confirma_connector.cli.printing import sandbox_line
from confirma_connector.cli.progress import listener
from confirma_connector.cli.saying import say
from confirma_connector.language import tr
from confirma_connector.report import Report
from confirma_connector.retelling import retold
from confirma_connector.run import Choice, Run
from confirma_connector.showing import shown
from confirma_connector.verifying import Subject

__all__ = ["verify"]


@click.command()
@options.one_file
@click.option("--only", "number", type=int, metavar="NUMBER", help="This invoice; else the first that is not done.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to ask for its delivery information.",
)
@options.settings_options
def verify(file: Path, mapping: str | None, number: int | None, wait: float, **given: Any) -> None:
    """Walk with one invoice of FILE through staging: what is sent, what the service says, what that proves.

    Nothing is marked as confirmed by it. Running it again goes on where it stopped.
    """
    hear = listener(log_json=False)
    run = options.prepared(given, hear)
    sandbox_line(run.settings.environment)
    with hear:
        subject = verifying.chosen(run, file, mapping, number)
    say(
        tr(
            "1. invoice {number}, as it is sent to {environment}:",
            number=subject.number,
            environment=run.settings.environment,
        )
    )
    say(shown(subject.body, run.contract))
    with hear:
        report = pipeline.send(run, Choice((file,), mapping, only=frozenset({subject.number})))
    with_file = " ".join([f'"{file}"', *options.repeated({**given, "mapping": mapping})])
    is_seen = _looked_at(run, subject, with_file, wait, _said(report, subject))
    sandbox_line(run.settings.environment)
    raise click.exceptions.Exit(0 if is_seen else 1)


def _said(report: Report, subject: Subject) -> str:
    """Say what the send made of the invoice, as far as it had to say anything."""
    own = (invoice for file in report.files for invoice in file.invoices if invoice.number == str(subject.number))
    return report.problem or next((invoice.message for invoice in own), "")


def _looked_at(run: Run, subject: Subject, with_file: str, wait: float, said: str) -> bool:
    """Show what the service said, and what that proves; tell whether the delivery information has the invoice."""
    sent = verifying.trail(run, subject)
    records = verifying.listed(run, subject, wait) if sent.is_taken else []
    trail = verifying.trail(run, subject)
    say(tr("2. what happened, in the service's own words:"))
    for event, code, detail in trail.events:
        say(f"  {retold(event)}{f' (HTTP {code})' if code else ''}{': ' if detail else ''}{retold(detail)}")
    again = f"confirma contract verify {with_file} --only {subject.number}"  # not for people: it is typed as it is
    if not trail.is_taken:
        say(
            tr(
                "3. invoice {number} is {state}, and not known to be taken: {said}",
                number=subject.number,
                state=trail.state,
                said=said or tr("not sent"),
            )
        )
        say(tr("  Put that right, then go on with: {command}", command=again))
        return False
    say(
        tr(
            "3. invoice {number} is {state}: {said}. What that proves, and what not:",
            number=subject.number,
            state=trail.state,
            said=said or tr("taken"),
        )
    )
    for proof in verifying.proofs(run.contract, subject, records):
        say(f"  {proof}")
    if records:
        confirm = f"confirma contract confirm {with_file}"  # not for people: it is typed as it is
        say(tr("  Nothing is confirmed by this. When you are sure: {command}", command=confirm))
    else:
        say(
            tr(
                "  It is not in the delivery information yet. Go on later, tomorrow for example, with: {command}",
                command=again,
            )
        )
    return bool(records)

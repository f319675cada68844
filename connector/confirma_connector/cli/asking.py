"""Putting what is open of a proposed mapping to the person at the terminal, one question after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import click

from confirma_connector.cli.options import is_yes
from confirma_connector.cli.saying import harmless, say
from confirma_connector.language import tr
from confirma_connector.proposing.called import called
from confirma_connector.proposing.plan import Line, Place, Plan, Question
from confirma_connector.proposing.proposer import Proposer
from confirma_connector.proposing.values import KINDS
from confirma_connector.transforms import TRANSFORMS

__all__ = ["asked"]

_STOP = "s"
_AN_EXAMPLE = dt.date(2026, 12, 31)


class _Stopped(Exception):
    """The person wants no more questions."""


def asked(proposer: Proposer) -> Plan:
    """Ask until nothing is open that anything needs, or the person has had enough; give the plan with the answers."""
    answers: dict[Place, Line | None] = {}
    while True:
        plan = proposer.plan(answers)
        question = next((one for one in plan.questions if one.is_asked and one.place not in answers), None)
        if question is None:
            return plan
        try:
            answers[question.place] = _answer(question)
        except _Stopped:
            return plan


def _answer(question: Question) -> Line | None:
    """Put one question; None leaves it open."""
    say(err=True)
    say(_title(question.place), err=True)
    lines = question.lines
    if len(lines) == 1:
        if lines[0].typed:
            return _typed(lines[0])
        say(f"  {_described(lines[0])}", err=True)
        answer = _prompt(tr("Is that right? [y = yes, Enter = leave it open, s = ask no more]"))
        return lines[0] if is_yes(answer) or answer == "1" else None
    for number, line in enumerate(lines, 1):
        say(f"  {number}  {_described(line)}", err=True)
    while True:
        answer = _prompt(
            tr("Which? [1 to {last}, y = the first, Enter = leave it open, s = ask no more]", last=len(lines))
        )
        if is_yes(answer) or (answer.isdecimal() and 1 <= int(answer) <= len(lines)):
            chosen = lines[int(answer) - 1 if answer.isdecimal() else 0]
            return _typed(chosen) if chosen.typed else chosen
        if not answer or answer.casefold() in ("n", "e"):
            return None
        say(tr("expected a number from 1 to {last}", last=len(lines)), err=True)


def _prompt(text: str) -> str:
    answer = str(click.prompt(harmless(text), default="", show_default=False, err=True)).strip()
    if answer.casefold() == _STOP:
        raise _Stopped
    return answer


def _typed(line: Line) -> Line | None:
    """Let the person type what is the same on all invoices; check digits have to fit."""
    while True:
        text = _prompt(tr("Type it [Enter = leave it open, s = ask no more]"))
        if not text:
            return None
        if line.typed == "name" or KINDS[line.typed](text):
            told = " ".join(text.split()) if line.typed == "name" else TRANSFORMS[line.typed](text)
            return replace(line, value={"constant": told}, evidence=tr("typed"), typed="")
        say(tr("the check digits do not fit, or something else is wrong with it; please look again"), err=True)


def _title(place: Place) -> str:
    if place[0] == "tables":
        return tr('what does "{word}" mean?', word=place[2])
    name = f"rows.{place[1]}" if place[0] == "rows" else place[1] if place[0] == "invoice" else ".".join(place[:2])
    what = called("skip" if place[0] == "skip" else name)
    return (
        f"{what[:1].upper()}{what[1:]} ({name})" if place[0] in ("invoice", "rows") else f"{what[:1].upper()}{what[1:]}"
    )


def _described(line: Line) -> str:
    if line.column is not None:
        where = f" ({line.column.letter})" if line.column.letter else ""
        what = tr('column "{header}"', header=line.column.header) + where
        warnings = "".join(f"; {warning}" for warning in line.column.warnings)
        return f"{what}: {line.evidence}{warnings}"
    if line.typed:
        return f"{line.evidence}: {tr('you type it')}"
    if isinstance(line.value, Mapping):
        constant = line.value.get("constant", "")
        return f"{constant}: {line.evidence}" if constant else line.evidence
    texts = [line.value] if isinstance(line.value, str) else [str(one) for one in line.value]
    if line.place == ("locale", "dates"):
        texts = [_AN_EXAMPLE.strftime(text) for text in texts]
    return f"{', '.join(texts)}: {line.evidence}" if line.evidence else ", ".join(texts)

"""One invoice of a file beside what the journal knows of it: the state and the words its row gets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from confirma_connector.journal import TAKEN, Entry
from confirma_connector.language import mark, tr
from confirma_connector.records import Problem, Result
from confirma_connector.resultlist import harmless
from confirma_connector.survey import Item

__all__ = ["Outcome", "Use", "entry_words", "outcome", "result"]

Use = Literal["send", "track"]
_NOTHING = mark("nothing is sent again")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state of one invoice, its message for people, and what the message leaves out where values may not go."""

    state: str
    message: str = ""
    plain: str = ""
    entry: Entry | None = None
    problems: tuple[Problem, ...] = ()


def outcome(item: Item, entry: Entry | None, use: Use = "send", held: str | Problem = "") -> Outcome:
    """Join an item of a file with its journal entry. *held* says why a ready one was not sent."""
    is_torn = any(problem.code == "E-NUMBER-TWICE" for problem in item.errors)
    if is_torn and (use == "send" or entry is None or entry.state not in TAKEN):
        return _invalid(item)
    if entry is None or entry.state in ("ready", "sending"):
        return _invalid(item) if item.facts is None else _ready(item, entry, held)
    if entry.state == "rejected":
        return _rejected(item, entry, held)
    state, message = entry.state, entry_words(entry)
    if use == "send" and entry.state in TAKEN:
        if item.facts is None:
            return _said(
                "conflict",
                tr(
                    "this number is {state} already, and this row is not valid: {nothing}",
                    state=state,
                    nothing=_NOTHING,
                ),
                entry,
                item.problems,
            )
        if item.facts.core != entry.core and state != "failed":
            return _said("conflict", _differs(item, entry), entry, item.problems)
    if item.facts is not None and entry.state in TAKEN and item.facts.print != entry.print:
        since = tr("the row now differs from what was sent, and {nothing}", nothing=_NOTHING)
        message = f"{message}; {'corrected here since: it can be sent again' if state == 'failed' else since}"
    if is_torn:
        message = tr("{message}; the number stands at more than one place in this file", message=message)
    return _said(state, message, entry, item.refused)


def _invalid(item: Item) -> Outcome:
    cell = " | ".join(_cell_text(problem, item) for problem in item.errors)
    plain = " | ".join(problem.text(with_value=False) for problem in item.errors)
    return Outcome("invalid", cell, plain, None, item.problems)


def _cell_text(problem: Problem, item: Item) -> str:
    """Beside the row its own line number says nothing, and goes stale when the file is sorted."""
    place = "" if item.where in (problem.where, problem.record) else f"{problem.where}, "
    value = f' "{problem.value[:80]}"' if problem.value else ""
    header = f"{problem.header}{value}: " if problem.header else (f"{value.strip()}: " if value else "")
    return f"{place}{header}{problem.message} [{problem.code}]"


def _ready(item: Item, entry: Entry | None, held: str | Problem) -> Outcome:
    if isinstance(held, Problem):
        return _said("ready", held.message, entry, (*item.problems, held))
    return _said("ready", held or (entry.message if entry else ""), entry, item.problems)


def _rejected(item: Item, entry: Entry, held: str | Problem) -> Outcome:
    if item.facts is None:
        return _invalid(item)
    if item.facts.print != entry.print:
        return _ready(item, entry, held or tr("corrected since it was rejected"))
    if item.refused:
        cell = " | ".join(_cell_text(problem, item) for problem in item.refused)
        plain = " | ".join(problem.text(with_value=False) for problem in item.refused)
        return Outcome("rejected", cell, plain, entry, item.refused)
    return _said("rejected", entry.message, entry, item.problems)


def _differs(item: Item, entry: Entry) -> str:
    if item.facts is None:
        return ""
    pairs = {
        "type": (entry.type, item.facts.type),
        "date": (entry.date.isoformat(), item.facts.date.isoformat()),
        "currency": (entry.currency, item.facts.currency),
        "total": (f"{entry.gross:.2f}", f"{item.facts.gross:.2f}"),
    }
    changes = [f"{name} {was}, here {now}" for name, (was, now) in pairs.items() if was != now]
    what = "; ".join(changes) or tr("another buyer name or address")
    return tr("this number was sent before with {what}; {nothing}", what=what, nothing=_NOTHING)


def _said(state: str, message: str, entry: Entry | None, problems: tuple[Problem, ...] = ()) -> Outcome:
    line = " ".join(message.split())
    return Outcome(state, line, line, entry, problems)


def _delivered(entry: Entry) -> str:
    when = f" on {entry.distributed_at[:10]}" if entry.distributed_at else ""
    return tr("delivered by {method}{when}", method=entry.method, when=when)


def _looked_at(entry: Entry) -> str:
    status = tr("Confirma says {status}", status=entry.status) if entry.status else tr("Confirma gives no status")
    return f"{status}: {entry.message}" if entry.message else tr("{status}; a person has to look", status=status)


def _taken(_: Entry) -> str:
    return tr("taken by Confirma, not delivered yet")


_WORDS: Mapping[str, Callable[[Entry], str]] = {
    "uncertain": lambda entry: tr(
        "{message}; it is not sent again before Confirma says that it did not arrive", message=entry.message
    ),
    "conflict": lambda entry: entry.message,
    "sent": _taken,
    "waiting": _taken,
    "delivered": _delivered,
    "failed": lambda entry: entry.message or tr("Confirma could not deliver it"),
    "duplicate": lambda entry: entry.message or tr("Confirma holds it to be a duplicate and does not deliver it"),
    "attention": _looked_at,
    "unknown": _looked_at,
    "credited": lambda _: "credited",
    "handled": lambda entry: entry.message or tr("handled by a person"),
}


def entry_words(entry: Entry) -> str:
    """Say in one line what an entry's state means: it depends on nothing but the state and what the server said."""
    return " ".join(_WORDS[entry.state](entry).split()) if entry.state in _WORDS else " ".join(entry.message.split())


def result(item: Item, outcome: Outcome, environment: str) -> Result:
    """Give the result cells of one invoice; in the sandbox every state says that it was a test."""
    entry = outcome.entry
    changed = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.changed_at)) if entry else ""
    return Result(
        at=item.at,
        number=item.label,
        state=f"TEST {outcome.state}" if environment == "sandbox" else outcome.state,
        message=harmless(outcome.message),
        updated=changed,
        case_id=harmless(entry.case_id if entry else ""),
    )

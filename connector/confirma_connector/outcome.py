"""One invoice of a file beside what the journal knows of it: the state and the words its row gets."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from confirma_connector.items import Item
from confirma_connector.journal import TAKEN, Change, Entry
from confirma_connector.language import day, mark, money, tr
from confirma_connector.records import Problem, Result
from confirma_connector.resultlist import harmless
from confirma_connector.retelling import retold

__all__ = ["Outcome", "Use", "cell_text", "entry_words", "outcome", "result"]

Use = Literal["send", "track"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The state of one invoice, its message for people, and what the message leaves out where values may not go.

    Of the journal it holds when it noted the state, the case, and whether Confirma has the invoice or a person is done
    with it: a file has as many of these as invoices. *is_other* says that what was sent is another than what stands
    here, and that the state says nothing of it.
    """

    state: str
    message: str = ""
    plain: str = ""
    problems: tuple[Problem, ...] = ()
    changed_at: float | None = None
    case_id: str = ""
    is_gone: bool = False
    is_other: bool = False


_SENDABLE = Outcome("ready")
"""What becomes of most invoices before they are sent: the same for all of them."""


def outcome(
    item: Item,
    entry: Entry | None,
    use: Use = "send",
    held: str | Problem = "",
    is_reordered: Callable[[Item, Entry], bool] = lambda *_: False,
) -> Outcome:
    """Join an item of a file with its journal entry. *held* says why a ready one was not sent.

    *is_reordered* is asked of one that differs from what was sent: whether its rows stand in another order alone.
    """
    if entry is None and item.kind is not None and not item.problems and not held:
        return _SENDABLE
    is_torn = any(problem.code == "E-NUMBER-TWICE" for problem in item.errors)
    if is_torn and (use == "send" or entry is None or entry.state not in TAKEN):
        return _invalid(item)
    if entry is None or entry.state in ("ready", "sending"):
        return _invalid(item) if item.kind is None else _ready(item, entry, held)
    if entry.state == "rejected":
        return _rejected(item, entry, held)
    state, message, facts = entry.state, entry_words(entry), item.facts
    if use == "send" and entry.state in TAKEN:
        if facts is None:
            return _unsendable(item, entry)
        if facts.core != entry.core and state != "failed":
            return _said("conflict", _differs(item, entry), entry, item.problems)
    is_other = facts is not None and entry.state in TAKEN and facts.print != entry.print
    if is_other and state != "failed" and is_reordered(item, entry):
        return _said(state, f"{message}; {tr('its rows stand in another order than was sent')}", entry)
    notes = list(_notes(state, is_other=is_other, is_invalid=facts is None, is_torn=is_torn))
    if state == "failed" and item.refused:
        return _undelivered(item, entry, notes, is_other=is_other or facts is None)
    said = _said(state, "; ".join((message, *notes)), entry)
    return replace(said, is_other=True) if is_other and state != "failed" else said


def _notes(state: str, *, is_other: bool, is_invalid: bool, is_torn: bool) -> Iterator[str]:
    """Say what the row of an invoice that was taken has to add to its state."""
    if is_other and state == "failed":
        yield tr("corrected here since: it can be sent again")
    elif is_invalid and state == "failed":
        yield tr("changed here since, and not valid now: it cannot be sent again before that is put right")
    elif is_other:
        yield tr("the row now differs from what was sent, and nothing is sent again")
    if is_torn:
        yield tr("the number stands at more than one place in this file")


def _undelivered(item: Item, entry: Entry, notes: Sequence[str], *, is_other: bool) -> Outcome:
    """Say what could not be delivered by its cells: what stands there now is not blamed for what was sent."""
    if not is_other:
        return _in_cells("failed", item, entry, item.refused, notes)
    refused = tuple(replace(problem, value="") for problem in item.refused)
    told = tuple(replace(problem, message="; ".join((problem.message, *notes))) for problem in refused)
    return replace(_in_cells("failed", item, entry, refused, notes), problems=told)


def _in_cells(state: str, item: Item, entry: Entry, refused: tuple[Problem, ...], notes: Sequence[str] = ()) -> Outcome:
    """Say what Confirma does not like by the cells where it stands."""
    cell = " | ".join(cell_text(problem, item) for problem in refused)
    plain = " | ".join(problem.text(with_value=False) for problem in refused)
    return Outcome(state, "; ".join((cell, *notes)), "; ".join((plain, *notes)), refused, *_known(entry))


def _invalid(item: Item) -> Outcome:
    cell = " | ".join(cell_text(problem, item) for problem in item.errors)
    plain = " | ".join(problem.text(with_value=False) for problem in item.errors)
    return Outcome("invalid", cell, plain, item.problems)


def _unsendable(item: Item, entry: Entry) -> Outcome:
    """Say that an invoice was taken and its row is wrong now: the row is told its first problem, the table has all."""
    said = tr("this number is {state} already, and this row is not valid: nothing is sent again", state=entry.state)
    cell = "; ".join((said, *(cell_text(problem, item) for problem in item.errors[:1])))
    return Outcome("conflict", " ".join(cell.split()), said, item.problems, *_known(entry))


def cell_text(problem: Problem, item: Item) -> str:
    """Spell a problem for the row of *item*: its own line number says nothing there, and goes stale in a sort."""
    place = "" if item.where in (problem.where, problem.record) else f"{problem.where}, "
    value = f' "{problem.value[:80]}"' if problem.value else ""
    header = f"{problem.header}{value}: " if problem.header else (f"{value.strip()}: " if value else "")
    return f"{place}{header}{problem.message} [{problem.code}]"


def _ready(item: Item, entry: Entry | None, held: str | Problem) -> Outcome:
    if isinstance(held, Problem):
        return _said("ready", held.message, entry, (*item.problems, held))
    return _said("ready", held or (retold(entry.message) if entry else ""), entry, item.problems)


def _rejected(item: Item, entry: Entry, held: str | Problem) -> Outcome:
    facts = item.facts
    if facts is None:
        return _invalid(item)
    if facts.print != entry.print:
        return _ready(item, entry, held or tr("corrected since it was rejected"))
    if item.refused:
        return _in_cells("rejected", item, entry, item.refused)
    return _said("rejected", retold(entry.message), entry, item.problems)


def _differs(item: Item, entry: Entry) -> str:
    facts = item.facts
    if facts is None:
        return ""
    pairs = (
        (entry.type, facts.type, mark("type {was}, here {now}")),
        (day(entry.date), day(facts.date), mark("date {was}, here {now}")),
        (entry.currency, facts.currency, mark("currency {was}, here {now}")),
        (money(entry.gross), money(facts.gross), mark("total {was}, here {now}")),
    )
    changes = [tr(words, was=was, now=now) for was, now, words in pairs if was != now]
    what = "; ".join(changes) or tr("another buyer name or address")
    return tr("this number was sent before with {what}; nothing is sent again", what=what)


def _said(state: str, message: str, entry: Entry | None, problems: tuple[Problem, ...] = ()) -> Outcome:
    line = _line(message)
    return Outcome(state, line, line, problems, *_known(entry))


def _known(entry: Entry | None) -> tuple[float | None, str, bool]:
    """Give what an outcome holds of the journal."""
    if entry is None:
        return None, "", False
    return entry.changed_at, entry.case_id, entry.state in TAKEN or entry.state == "handled"


@lru_cache(maxsize=1000)
def _line(text: str) -> str:
    """Give *text* as one line: what is said of many is held once."""
    return " ".join(text.split())


@lru_cache(maxsize=1000)
def _spelled(second: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))


def _delivered(entry: Entry | Change) -> str:
    if not entry.distributed_at:
        return tr("delivered by {method}", method=entry.method)
    try:
        date = day(dt.date.fromisoformat(entry.distributed_at[:10]))
    except ValueError:
        date = entry.distributed_at[:10]
    return tr("delivered by {method} on {date}", method=entry.method, date=date)


def _looked_at(entry: Entry | Change) -> str:
    status = tr("Confirma says {status}", status=entry.status) if entry.status else tr("Confirma gives no status")
    return (
        f"{status}: {retold(entry.message)}" if entry.message else tr("{status}; a person has to look", status=status)
    )


def _complaints(entry: Entry | Change) -> str:
    return "; ".join(f"{wire}: {said}" if wire else said for wire, said in entry.fields)


def _taken(_: Entry | Change) -> str:
    return tr("taken by Confirma, not delivered yet")


_WORDS: Mapping[str, Callable[[Entry | Change], str]] = {
    "uncertain": lambda entry: tr(
        "{message}; it is not sent again before Confirma says that it did not arrive", message=retold(entry.message)
    ),
    "conflict": lambda entry: retold(entry.message),
    "sent": _taken,
    "waiting": _taken,
    "delivered": _delivered,
    "failed": lambda entry: retold(entry.message) or _complaints(entry) or tr("Confirma could not deliver it"),
    "duplicate": lambda entry: (
        retold(entry.message) or tr("Confirma holds it to be a duplicate and does not deliver it")
    ),
    "attention": _looked_at,
    "unknown": _looked_at,
    "credited": lambda _: tr("credited"),
    "handled": lambda entry: retold(entry.message) or tr("handled by a person"),
}


def entry_words(entry: Entry | Change) -> str:
    """Say in one line what an entry's state means: it depends on nothing but the state and what the server said."""
    return _line(_WORDS[entry.state](entry) if entry.state in _WORDS else retold(entry.message))


def result(item: Item, outcome: Outcome, environment: str) -> Result:
    """Give the result cells of one invoice; in the sandbox every state says that it was a test."""
    changed = "" if outcome.changed_at is None else _spelled(int(outcome.changed_at // 1))
    return Result(
        at=item.at,
        number=item.label,
        state=f"TEST {outcome.state}" if environment == "sandbox" else outcome.state,
        message=harmless(outcome.message),
        updated=changed,
        case_id=harmless(outcome.case_id),
    )

"""What the server's own list says about our invoices: before sending, after a lost answer, and day by day."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Collection, Sequence

from confirma_connector.answers import Listed, prevailing
from confirma_connector.errors import Outage
from confirma_connector.inquiry import Ask, Findings, ask_number, inquire
from confirma_connector.journal import FINAL, REOPENABLE, TAKEN, Entry, Facts, Journal, State, Step
from confirma_connector.language import tr
from confirma_connector.likeness import about, created, evidence, ours
from confirma_connector.retelling import (
    ALREADY_THERE,
    ALREADY_THERE_SINCE,
    DID_NOT_ARRIVE,
    NOT_DISTRIBUTED,
    NOT_LISTED,
    NOT_OURS,
)
from confirma_connector.witnesses import are_around, unseen, witnesses

__all__ = ["MISSABLE", "miss", "observe", "preflight", "release", "settle_uncertain"]

_AT_ONCE = 2000
_MISSED = 2 * 86_400.0
_PATIENCE = 3
"""Working days in which an invoice is distributed, or a person looks."""
_FOUND, _CORRECTED = "found at Confirma", "corrected, to be sent again"  # not for people: events of the journal
MISSABLE: tuple[State, ...] = ("sent", "waiting")
"""States of what the API took and has not begun to distribute."""
_STILL_FAILED: tuple[State, ...] = ("failed",)
_UNSENT: tuple[State, ...] = ("ready", "rejected")


def preflight(journal: Journal, ask: Ask, todo: Collection[Facts], now: float) -> set[tuple[int, int]]:
    """Read the listing for what is about to be sent; give the numbers (with their years) that must not be sent.

    Proves key and host before anything is claimed. An invoice that the server lists and the journal has not sent
    becomes a conflict (a lost journal, a second computer). One that failed is let go again if it still is failed.
    Raises Outage, Refused.
    """
    known = journal.listed([facts.number for facts in todo])
    before = {(entry.number, entry.date) for entries in known.values() for entry in entries}
    pairs = [(facts.number, facts.date) for facts in todo]
    findings = inquire(ask, [*pairs, *before.difference(pairs)])
    del pairs
    held: set[tuple[int, int]] = set()
    failed = {entry.id for entry in journal.entries(_STILL_FAILED)}
    _find_unsent(journal, findings, now)
    for facts in todo:
        entry = journal.entry(facts.number, facts.year) if facts.number in known else None
        records = _since(entry, findings) if entry else findings.of(facts.number, facts.year)
        if entry is not None and entry.id in failed:
            if not release(journal, entry, findings, now, _CORRECTED, still=_STILL_FAILED):
                held.add((facts.number, facts.year))
        elif entry is not None and entry.state not in _UNSENT:
            held.add((facts.number, facts.year))
        elif records:
            _note(journal, facts, records)
            held.add((facts.number, facts.year))
        elif facts.number in findings.withheld:
            raise Outage(
                tr(
                    "the delivery information tells of invoice {number} but withholds it; nothing was sent",
                    number=facts.number,
                )
            )
    return held


def _find_unsent(journal: Journal, findings: Findings, now: float) -> None:
    """Match the listing against what this journal holds as never arrived: what is listed all the same is found."""
    unsent = [one for one in journal.entries(_UNSENT) if one.number in findings.records]
    journal.advance([step for one in unsent for step in _sighted(one, findings, now)])


def _sighted(entry: Entry, findings: Findings, now: float) -> list[Step]:
    records = about(entry, _since(entry, findings))
    return _found(entry, records, now) if records else []


def release(
    journal: Journal,
    entry: Entry,
    findings: Findings,
    now: float,
    event: str,
    *,
    still: Collection[State] = REOPENABLE,
    detail: str = "",
) -> bool:
    """Let an invoice go again if it is *still* in one of these states by the server's own word; tell whether it may.

    What the server says until now is of the attempts before. Raises Outage when it withholds anything.
    """
    if not (findings.covers(entry.date) or entry.number in findings.whole_numbers):
        raise Outage(
            tr("the delivery information on invoice {number} is not whole; nothing was sent again", number=entry.number)
        )
    records = about(entry, _since(entry, findings))
    news = _observation(entry, records, now) if records else None
    if news and news.state not in still:
        journal.advance(_changed(entry, news))
        return False
    journal.reopen(entry, [record.mark for record in findings.of(entry.number, entry.year)], event, detail)
    return True


def _since(entry: Entry, findings: Findings) -> Sequence[Listed]:
    """Give what the server lists of an invoice since it was let go again."""
    return findings.of(entry.number, entry.year, entry.superseded)


def _may_hide(entry: Entry, findings: Findings) -> bool:
    """Whether a record from before it was let go again may be the new attempt's as well, since it tells no time."""
    before = [one for one in findings.of(entry.number, entry.year) if one.mark in entry.superseded]
    return any(created(one) is None for one in before)


def _note(journal: Journal, facts: Facts, records: Sequence[Listed]) -> None:
    raw = "\n".join([record.raw for record in records])
    shown, _ = prevailing(records)
    status = shown.status or "no status"  # not for people: it becomes part of what the journal keeps
    date = f"{shown.created_at:%Y-%m-%d}" if shown.created_at else ""
    message = (ALREADY_THERE_SINCE if date else ALREADY_THERE).format(date=date, status=status)
    journal.note_conflict(facts, message, raw)


def settle_uncertain(journal: Journal, ask: Ask, server_now: Callable[[], float], quiet_period: float) -> None:
    """Look once for every uncertain invoice and conclude only what the listing proves.

    Present and fitting → `sent`. Present otherwise → `conflict`. Absent twice, a quiet period apart → `ready`.
    An absence counts only in a whole listing that does not lag and that was asked for a quiet period after the
    attempt ended, by the server's clock. Where a day is too long for a whole listing the answer for the number alone
    counts, as long as such answers are seen to show what was taken then. Raises Outage, Refused.
    """
    uncertain = journal.entries(["uncertain"])
    if not uncertain:
        return
    begun = (time.monotonic(), time.time())
    known = witnesses(journal, uncertain)
    findings = inquire(ask, {(one.number, one.date) for group in (uncertain, known) for one in group})
    is_whole = {entry.id: ask_number(ask, entry.number, entry.date, findings) for entry in uncertain}
    took = max(time.monotonic() - begun[0], time.time() - begun[1])  # of a machine that sleeps one clock stands still
    started = server_now() - took
    lacking = list(unseen(known, findings))
    for entry in uncertain:
        records = _since(entry, findings)
        if is_whole[entry.id] or ours(entry, records):  # what is there is there, whatever else is withheld
            is_current = are_around(known, entry) or findings.covers(entry.date)
            is_proof = is_current and not are_around(lacking, entry) and not _may_hide(entry, findings)
            journal.advance(_concluded(entry, records, started, quiet_period, is_proof=is_proof))


def _concluded(
    entry: Entry, records: Sequence[Listed], started: float, quiet_period: float, *, is_proof: bool
) -> list[Step]:
    """Give what a whole listing, asked for at *started* by the server's clock, proves about an uncertain invoice."""
    raw = "\n".join([record.raw for record in records])
    if found := ours(entry, records):
        arrived = Step(entry.id, "sent", _FOUND, detail=raw, taken_at=created(found) or entry.ended_at)
        return [arrived, _observation(entry, evidence(entry, records), started)]
    if entry.ended_at is None:
        return [Step(entry.id, "uncertain", "looked for", message=entry.message, ended_at=started)]  # not for people
    if not is_proof or started < entry.ended_at + quiet_period:
        return []
    if records:
        return [Step(entry.id, "conflict", _FOUND, message=NOT_OURS, detail=raw)]
    if entry.absent_at is None:
        return [Step(entry.id, "uncertain", "not found", message=entry.message, absent_at=started)]  # not for people
    if started < entry.absent_at + quiet_period:
        return []
    return [Step(entry.id, "ready", "concluded absent", message=DID_NOT_ARRIVE)]  # not for people


def observe(journal: Journal, findings: Findings, now: float) -> None:
    """Match a listing against the whole journal. *now* is by the server's clock.

    What we sent gets its state. What we hold as never arrived and is listed all the same is found, or a conflict.
    Each invoice stands by itself, so a long listing is written part by part: other accounts get their turn in between.
    """
    numbers = sorted(findings.records)  # as they lie in the file: a page is written once
    for start in range(0, len(numbers), _AT_ONCE):
        steps: list[Step] = []
        for group in journal.listed(numbers[start : start + _AT_ONCE]).values():
            for entry in group:
                steps += _observed(entry, findings, now)
        if steps:
            journal.advance(steps)


def _observed(entry: Entry, findings: Findings, now: float) -> list[Step]:
    if entry.state in _UNSENT:
        return _sighted(entry, findings, now)
    records = about(entry, _since(entry, findings)) if entry.state in TAKEN else ()
    return _changed(entry, _observation(entry, records, now)) if records else []


def _found(entry: Entry, records: Sequence[Listed], now: float) -> list[Step]:
    raw = "\n".join([record.raw for record in records])
    if found := ours(entry, records):
        arrived = Step(entry.id, "sent", _FOUND, detail=raw, taken_at=created(found) or entry.ended_at)
        return [arrived, _observation(entry, evidence(entry, records), now)]
    return [Step(entry.id, "conflict", _FOUND, message=NOT_OURS, detail=raw)]


def miss(journal: Journal, findings: Findings, asked: Sequence[Entry], now: float) -> None:
    """Find what the API took and has not listed for two days: sent and never seen is lost too."""
    steps: list[Step] = []
    for entry in (one for one in asked if one.state in MISSABLE):
        is_whole = findings.covers(entry.date) or entry.number in findings.whole_numbers
        if is_whole and not about(entry, _since(entry, findings)) and now - _taken_at(entry) > _MISSED:
            event = "not listed"  # not for people
            missed = Step(entry.id, "attention", event, message=NOT_LISTED, status=entry.status, seen_at=now)
            steps += _changed(entry, missed)
    journal.advance(steps)


def _changed(entry: Entry, step: Step) -> list[Step]:
    """Give the step if it tells anything new."""
    known = (entry.state, entry.status, entry.message, entry.fields, entry.case_id)
    is_news = known != (step.state, step.status, step.message, step.fields, step.case_id or entry.case_id)
    return [step] if is_news or entry.seen_at is None else []


def _observation(entry: Entry, records: Sequence[Listed], now: float) -> Step:
    shown, state = prevailing(records)
    is_late = state == "waiting" and _working_days(_taken_at(entry), now) > _PATIENCE
    return Step(
        entry.id,
        "attention" if is_late else state,
        "observed",
        fields=shown.fields if state == "failed" else (),
        message="" if state in FINAL else NOT_DISTRIBUTED if is_late and not shown.message else shown.message,
        status=shown.status,
        case_id=shown.case_id,
        distributed_at=shown.distributed_at,
        method=shown.method,
        detail="\n".join([record.raw for record in records]),
        seen_at=now,
    )


def _taken_at(entry: Entry) -> float:
    return entry.taken_at or entry.changed_at


def _working_days(since: float, until: float) -> int:
    """Count the days from Monday to Friday that ended between two times."""
    first, last = (dt.datetime.fromtimestamp(time, dt.UTC).date() for time in (since, max(since, until)))
    return sum((first + dt.timedelta(days=day)).weekday() < 5 for day in range(min((last - first).days, 100)))

"""The story: check, send, track. Running again is resuming; there is no other way to resume."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Collection, Iterator, Sequence

from confirma_connector import production, reconcile
from confirma_connector.checking import check, preview, several, surveys
from confirma_connector.client import Client
from confirma_connector.errors import SettingsError, SourceError
from confirma_connector.inquiry import inquire
from confirma_connector.journal import Claim, Facts, Journal
from confirma_connector.language import listed, tr, trn
from confirma_connector.opening import connected, held, opened
from confirma_connector.report import Report
from confirma_connector.run import Choice, Event, Run, in_its_language
from confirma_connector.sending import Filters, Sending
from confirma_connector.settings import Settings
from confirma_connector.stopping import Ending
from confirma_connector.survey import Survey
from confirma_connector.targets import Target, matching_environment, target_of
from confirma_connector.telling import whole
from confirma_connector.verdict import Verdict
from confirma_connector.writing import Writing

__all__ = ["Choice", "Event", "Run", "check", "preview", "send", "track"]

_PATIENCE = 5.0
"""Seconds: a quiet period this short is waited out within the run."""
_TRACKED = dt.timedelta(days=90)
_NAMED = 10
"""As many invoices are named in one line."""


@in_its_language
def send(run: Run, choice: Choice) -> Report:
    """Send what was not sent before, and write every invoice's state beside it.

    Raises what keeps the run from beginning; what stops it on the way is in the report, after the results are written.
    """
    with held(run.settings) as journal:
        writing, ending, is_left = _written(run, journal, choice)
        return _report(run, journal, writing, ending, is_left=is_left)


def _written(run: Run, journal: Journal, choice: Choice) -> tuple[Writing, Ending | None, bool]:
    """Send, and write the results; tell also whether something is left. The files read are let go of with this."""
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(contextlib.closing(one)) for one in _surveys(run, journal, choice)]
        client = stack.enter_context(connected(run, found))
        seller, corrected = _seller(run, journal, found), _corrected(journal, found)
        sending = _sending(run, journal, client, choice, seller, resends=_resends(run, choice, corrected))
        targets = _targets(journal, found, choice)
        journal.note_states()
        journal.cut_off()
        _settle(run, journal, client)
        with run.stop.shield():
            sending.send(found)
            left = [*([] if sending.resends else _left(corrected)), *_absent(choice, found)]
            notices = [*left, *_aged(sending.old)]
            writing = Writing(run, journal, "send", sending.touched, sending.held, notices)
            for one, target in zip(found, targets, strict=True):
                writing.write(one, target)
            journal.purge(run.settings.retention_days)
        return writing, sending.ending, bool(left)


@in_its_language
def track(run: Run, choice: Choice) -> Report:
    """Fetch the delivery information of everything not yet delivered, and update the results files."""
    for path in choice.paths:
        if not path.is_file():
            raise SourceError(tr("{path}: there is no such file", path=path))
    with opened(run) as (journal, client):
        _check_numbering(journal, run.settings)
        journal.note_states()
        journal.cut_off()
        _settle(run, journal, client)
        writing = Writing(run, journal, "track", notices=_observed(run, journal, client))
        writing.update(choice)
        journal.purge(run.settings.retention_days)
        return _report(run, journal, writing)


def _surveys(run: Run, journal: Journal, choice: Choice) -> Iterator[Survey]:
    for found in surveys(run, journal, choice):
        yield found  # before it is refused: who asked closes it
        matching_environment(found, run.settings.environment)
        _refuse_restless(run, journal, found)


def _refuse_restless(run: Run, journal: Journal, found: Survey) -> None:
    """Read a file again that a partner's adapter reads: one that reads the same bytes otherwise could send twice.

    Raises AdapterError.
    """
    mapping = found.mapping
    readers = (mapping.adapter, *((mapping.lines.adapter,) if mapping.lines else ()))
    adapter = next((one for one in readers if not one.is_ours), None)
    if adapter is None or found.records is not None:
        return
    with contextlib.closing(
        run.read(found.path, found.mapping, journal.key, found.refusals, made_from=found.made_from)
    ) as again:
        pairs = itertools.zip_longest(found.items, again.items)
        other = next((one or two for one, two in pairs if one != two), None)
    if other is not None:
        raise adapter.failed(tr("gave something else when it read the same bytes again: {where}", where=other.where))


def _targets(journal: Journal, found: Sequence[Survey], choice: Choice) -> list[Target | None]:
    """Say where the results of each go: those of records in memory are in the report alone."""
    targets: list[Target | None] = []
    for one in found:
        if one.records is not None:
            targets.append(None)
            continue
        taken = {target.path for target in targets if target}
        targets.append(target_of(journal, one, choice.output, in_place=choice.in_place, taken=taken))
    return targets


def _check_numbering(journal: Journal, settings: Settings) -> None:
    """Keep to the numbering that the account was begun with: by the other one its invoices would not be found."""
    was_yearly = journal.is_yearly()
    if was_yearly is not None and was_yearly != (settings.numbering == "yearly"):
        begun = "yearly" if was_yearly else "forever"
        raise SettingsError(
            tr(
                'account {account} was begun with numbering = "{begun}"; set it so in the profile',
                account=journal.account,
                begun=begun,
            )
        )


def _seller(run: Run, journal: Journal, found: Sequence[Survey]) -> str | None:
    """Give the one seller of a run, checked against the account; the sandbox takes anybody's. Raises SettingsError."""
    _check_numbering(journal, run.settings)
    sellers = {seller: f"{one.path}, {where}" for one in found for seller, where in one.sellers.items()}
    if len(sellers) > 1:
        raise SettingsError(several(sellers))
    seller = next(iter(sellers), None)
    if journal.environment == "sandbox":
        return None
    bound, other = journal.seller(), journal.account_of(seller) if seller else None
    if seller and bound and bound != seller:
        raise SettingsError(
            tr(
                "account {account} belongs to seller {bound}, but these invoices are of {seller}; if that "
                "has changed: confirma account bind {seller}",
                account=journal.account,
                bound=bound,
                seller=seller,
            )
        )
    if seller and other and not bound:
        raise SettingsError(
            tr(
                "seller {seller} belongs to account {other}, not {account}; if that has changed: confirma "
                "account bind {seller}",
                seller=seller,
                other=other,
                account=journal.account,
            )
        )
    return seller


def _settle(run: Run, journal: Journal, client: Client) -> None:
    """Ask about the uncertain ones; a short quiet period is waited out."""
    quiet = run.settings.quiet_period
    for attempt in range(3):
        if not journal.entries(["uncertain"]):
            return
        if attempt and (quiet > _PATIENCE or run.stop.wished.wait(quiet)):
            return
        run.hear(Event("asking"))
        reconcile.settle_uncertain(journal, client.listing, client.server_now, quiet)


def _observed(run: Run, journal: Journal, client: Client) -> list[str]:
    """Ask for everything that is not done; say what is too old to be asked for."""
    pending = journal.awaited()
    first = dt.date.today() - _TRACKED
    recent = [(number, date) for number, date in pending if date >= first]
    run.hear(Event("asking", total=len(recent)))
    findings = inquire(client.listing, recent)
    reconcile.observe(journal, findings, client.server_now())
    asked = [entry for entry in journal.entries(reconcile.MISSABLE) if entry.date >= first]
    reconcile.miss(journal, findings, asked, client.server_now())
    old = [str(number) for number, date in pending if date < first]
    if not old:
        return []
    numbers = listed(old, _NAMED)
    return [tr("no longer asked for, because older than {days} days: {numbers}", days=_TRACKED.days, numbers=numbers)]


def _corrected(journal: Journal, found: Sequence[Survey]) -> list[int]:
    """Name the invoices that Confirma could not deliver and that are another now in their file."""
    failed = {(entry.number, entry.year): entry.print for entry in journal.entries(["failed"])}
    known = [item.facts for one in found for item in one.valid() if item.key in failed]
    return sorted({one.number for one in known if one and one.print != failed[one.number, one.year]})


def _resends(run: Run, choice: Choice, corrected: Sequence[int]) -> bool:
    """Say whether they go again: it is not known whether the service takes their numbers, so a person decides."""
    behaviour = run.contract.behaviour("resend_after_error")
    if choice.resend_corrected and behaviour == "never":
        raise SettingsError(
            tr("by the contract in force (resend_after_error: never) a failed number is not taken again")
        )
    if not corrected or behaviour == "never":
        return False
    question = tr("{invoices}: corrected since Confirma could not deliver. Send again?", invoices=_named(corrected))
    return choice.resend_corrected or behaviour == "always" or run.ask(question)


def _left(corrected: Sequence[int]) -> list[str]:
    if not corrected:
        return []
    return [
        tr(
            "{invoices}: corrected since Confirma could not deliver; --resend-corrected sends again",
            invoices=_named(corrected),
        )
    ]


def _absent(choice: Choice, found: Sequence[Survey]) -> list[str]:
    """Name what was asked for and is in none of the files."""
    if not choice.only:
        return []
    there = {item.number for one in found for item in one.items if item.number in choice.only}
    absent = sorted(choice.only - there)
    return [tr("{invoices}: in none of the files", invoices=_named(absent))] if absent else []


def _aged(numbers: Sequence[int]) -> list[str]:
    if not numbers:
        return []
    return [
        tr(
            "{invoices}: dated more than 35 days ago; what was sent elsewhere belongs into confirma adopt",
            invoices=_named(numbers),
        )
    ]


def _named(numbers: Sequence[int]) -> str:
    shown = listed([str(number) for number in numbers], _NAMED)
    return trn("invoice {numbers}", "{count} invoices ({numbers})", len(numbers), numbers=shown)


def _sending(
    run: Run, journal: Journal, client: Client, choice: Choice, seller: str | None, *, resends: bool
) -> Sending:
    def hear(claim: Claim, verdict: Verdict, total: int) -> None:
        run.hear(Event("sending", total=total, number=claim.facts.number, state=verdict.state))

    def agree(going: Collection[Facts]) -> None:
        production.agree(run, client.host, seller, going, is_agreed=choice.is_agreed)

    filters = Filters(choice.only, choice.since, choice.limit)
    workers = run.settings.concurrency
    return Sending(journal, client, run.contract, workers, run.stop, filters, seller, resends, hear, agree)


def _report(
    run: Run,
    journal: Journal,
    writing: Writing,
    ending: Ending | None = None,
    *,
    is_left: bool = False,
) -> Report:
    return whole(
        writing.use,
        run.settings,
        writing.files,
        journal,
        changed=journal.changed(),
        notices=[*writing.notices, *run.registry.printed()],
        ending=ending,
        is_open=writing.is_unwritten or is_left,
        apart=writing.apart,
    )

"""The story: check, send, track. Running again is resuming; there is no other way to resume."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from confirma_connector import reconcile, results, rules
from confirma_connector.client import Client, Verdict
from confirma_connector.contract import Contract
from confirma_connector.dispatch import Ending, Stop
from confirma_connector.errors import SettingsError, SourceError, UnwritableResults
from confirma_connector.files import locked, private_file
from confirma_connector.inquiry import inquire
from confirma_connector.journal import TAKEN, Entry, Journal
from confirma_connector.mapping import LoadedMapping
from confirma_connector.outcome import Outcome, Use, outcome
from confirma_connector.plugins import Registry
from confirma_connector.recognition import mapping_for
from confirma_connector.report import FileReport, Report
from confirma_connector.sending import Filters, Sending
from confirma_connector.settings import Settings
from confirma_connector.survey import Item, Key, Refusals, Survey, survey
from confirma_connector.telling import told, whole

__all__ = ["Choice", "Event", "Run", "check", "send", "track"]

_PATIENCE = 5.0
"""Seconds: a quiet period this short is waited out within the run."""
_TRACKED = dt.timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Event:
    """Something a person may want to see happen. *what*: reading, asking, sending, writing."""

    what: str
    path: str = ""
    done: int = 0
    total: int = 0
    number: int = 0
    state: str = ""


@dataclass(frozen=True)
class Run:
    """Everything a run needs from outside."""

    settings: Settings
    contract: Contract
    registry: Registry
    hear: Callable[[Event], None] = lambda _: None
    stop: Stop = field(default_factory=Stop)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files, with which mapping, where the results go, and which invoices of them."""

    paths: Sequence[Path] = ()
    mapping: str | None = None
    output: Path | None = None
    in_place: bool = False
    only: frozenset[int] | None = None
    since: dt.date | None = None
    limit: int | None = None


def check(run: Run, choice: Choice) -> Report:
    """Read and check files; nothing is sent and nothing is written."""
    files = []
    for path in choice.paths:
        with contextlib.closing(_read(run, path, _mapping(run, path, choice), os.urandom(32))) as found:
            files.append(told(found, [(item, outcome(item, None)) for item in found.items]))
    return whole("check", run.settings, files)


def send(run: Run, choice: Choice) -> Report:
    """Send what was not sent before, and write every invoice's state beside it.

    Raises what keeps the run from beginning; what stops it on the way is in the report, after the results are written.
    """
    with _opened(run) as (journal, client), contextlib.ExitStack() as surveys:
        found = [surveys.enter_context(contextlib.closing(one)) for one in _surveys(run, journal, choice)]
        sending = _sending(run, journal, client, choice, _seller(journal, found))
        targets = [results.choose(journal, one, choice.output, in_place=choice.in_place) for one in found]
        before = _states(journal)
        journal.cut_off()
        _settle(run, journal, client)
        writing = _Writing(run, journal, "send", sending.touched)
        held = [sending.send(one) for one in found]
        for one, target, reasons in zip(found, targets, held, strict=True):
            writing.write(one, target, reasons)
        return writing.report(changed=_changed(journal, before), ending=sending.ending)


def track(run: Run, choice: Choice) -> Report:
    """Fetch the delivery information of everything not yet delivered, and update the results files."""
    with _opened(run) as (journal, client):
        before = _states(journal)
        journal.cut_off()
        _settle(run, journal, client)
        writing = _Writing(run, journal, "track", set())
        writing.notices += _observed(run, journal, client)
        for one, target in _results_files(run, journal, choice, writing.notices):
            writing.write(one, target, {})
            one.close()
        return writing.report(changed=_changed(journal, before))


# -- what the three share ------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _opened(run: Run) -> Iterator[tuple[Journal, Client]]:
    """Hold the account's lock, with its journal and a client; in the sandbox also the stand-in itself."""
    settings = run.settings
    if settings.environment == "production":
        raise SettingsError(
            "production is closed until the contract has been confirmed, which this release cannot do yet"
        )
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        busy = (
            f"another run for account {settings.account} ({settings.environment}) is active; try again when it is done"
        )
        with locked(journal.lock_path, busy), _host(settings) as reached, Client(reached, run.contract) as client:
            yield journal, client


@contextlib.contextmanager
def _host(settings: Settings) -> Iterator[Settings]:
    """In the sandbox run the stand-in in this process, its store beside the journal."""
    if settings.environment != "sandbox" or settings.url:
        yield settings
        return
    try:
        from confirma_connector.sandbox import serve_in_thread

        serving = serve_in_thread(private_file(settings.journal.with_suffix(".sandbox.sqlite3")), key="sandbox")
    except ImportError as error:
        raise SettingsError(
            f'the sandbox needs more: pip install "confirma-connector[sandbox]" ({error.name})'
        ) from None
    with serving as standing_in:
        yield settings.model_copy(update={"url": standing_in.url, "token": SecretStr(standing_in.key)})


def _mapping(run: Run, path: Path, choice: Choice) -> LoadedMapping:
    severities = run.settings.rules
    try:
        rules.severities(severities)
    except ValueError as error:
        raise SettingsError(f"rules: {error}") from None
    return mapping_for(path, choice.mapping or run.settings.mapping, run.registry, severities)


def _read(run: Run, path: Path, mapping: LoadedMapping, key: bytes, refusals: Refusals | None = None) -> Survey:
    run.hear(Event("reading", str(path)))
    return survey(
        path,
        mapping,
        run.contract,
        run.settings,
        key,
        refusals=refusals,
        progress=lambda rows: run.hear(Event("reading", str(path), rows)),
    )


def _surveys(run: Run, journal: Journal, choice: Choice) -> Iterator[Survey]:
    for path in choice.paths:
        found = _read(run, path, _mapping(run, path, choice), journal.key)
        results.matching_environment(found, run.settings.environment)
        yield found


def _seller(journal: Journal, found: Sequence[Survey]) -> str | None:
    """Give the one seller of a run, checked against the account; the sandbox takes anybody's. Raises SettingsError."""
    sellers = {seller: f"{one.path}, {where}" for one in found for seller, where in one.sellers.items()}
    if len(sellers) > 1:
        named = " and ".join(f"{seller} ({where})" for seller, where in list(sellers.items())[:2])
        raise SettingsError(f"one run has one seller, but there are {named}; send them as accounts of their own")
    seller = next(iter(sellers), None)
    if journal.environment == "sandbox":
        return None
    bound, other = journal.seller(), journal.account_of(seller) if seller else None
    if seller and bound and bound != seller:
        raise SettingsError(f"account {journal.account} belongs to seller {bound}, but these invoices are of {seller}")
    if seller and other and other != journal.account:
        raise SettingsError(f"seller {seller} belongs to account {other}, not {journal.account}")
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
    pending = [entry for entry in journal.entries(TAKEN) if entry.state not in ("delivered", "credited")]
    today = dt.date.today()
    recent = [entry for entry in pending if today - entry.date <= _TRACKED]
    run.hear(Event("asking", total=len(recent)))
    reconcile.observe(journal, inquire(client.listing, ((entry.number, entry.date) for entry in recent)))
    old = [str(entry.number) for entry in pending if today - entry.date > _TRACKED]
    named = ", ".join(old[:10]) + (" …" if len(old) > 10 else "")
    return [f"{len(old)} invoices are older than {_TRACKED.days} days and no longer asked for: {named}"] if old else []


def _results_files(
    run: Run, journal: Journal, choice: Choice, notices: list[str]
) -> Iterator[tuple[Survey, results.Target]]:
    """Give every results file to update: those of the files named, or all that still exist."""
    known = journal.results_files()
    wanted = {path.absolute() for path in choice.paths}
    for path in choice.paths:
        if path.absolute() not in {one for file in known for one in (file.path, file.source)}:
            found = _read(run, path, _mapping(run, path, choice), journal.key, _refusals(journal))
            results.matching_environment(found, run.settings.environment)
            yield found, results.choose(journal, found, choice.output, in_place=choice.in_place)
    for file in known:
        if wanted and not wanted & {file.path, file.source}:
            continue
        place = file.path if file.kind == "copy" else file.source
        if not file.path.exists() or not place.exists():
            notices.append(f"{file.path} is gone; its states stay in the journal")
            continue
        try:
            mapping = mapping_for(place, choice.mapping or file.mapping, run.registry, run.settings.rules)
            yield (
                _read(run, place, mapping, journal.key, _refusals(journal)),
                results.Target(file.path, keeps=file.kind == "copy"),
            )
        except SourceError as error:
            notices.append(f"{error}; its states stay in the journal")


def _refusals(journal: Journal) -> Refusals:
    return {(entry.number, entry.year): entry.fields for entry in journal.entries(["rejected"]) if entry.fields}


@dataclass
class _Writing:
    """The results files of one run, and what there is to tell of them."""

    run: Run
    journal: Journal
    use: Use
    touched: set[Key]
    notices: list[str] = field(default_factory=list)
    files: list[FileReport] = field(default_factory=list)
    is_unwritten: bool = False

    def write(self, found: Survey, target: results.Target, held: Mapping[Key, str]) -> None:
        """Write one results file, and tell what became of its invoices."""
        self.run.hear(Event("writing", str(target.path)))
        found = self._with_refusals(found)
        try:
            path, notice = results.write(self.journal, found, target, self._read_like(found), self._join(held))
        except UnwritableResults as error:
            path, notice = None, f"{error} (the states are in the journal; the next run catches up)"
            self.is_unwritten = True
        notices = [text for text in (target.notice, notice) if text]
        self.files.append(told(found, self._join(held)(found), results=path, notices=notices, touched=self.touched))

    def report(self, *, changed: Sequence[Entry], ending: Ending | None = None) -> Report:
        """Tell of the whole run."""
        return whole(
            self.use,
            self.run.settings,
            self.files,
            self.journal,
            changed=changed,
            notices=self.notices,
            ending=ending,
            is_unwritten=self.is_unwritten,
        )

    def _join(self, held: Mapping[Key, str]) -> Callable[[Survey], list[tuple[Item, Outcome]]]:
        def join(base: Survey) -> list[tuple[Item, Outcome]]:
            keyed = ((item, item.key or (-1, 0)) for item in base.items)
            return [(item, outcome(item, self.journal.entry(*key), self.use, held.get(key, ""))) for item, key in keyed]

        return join

    def _read_like(self, found: Survey) -> Callable[[Path], Survey]:
        return lambda path: _read(self.run, path, found.mapping, self.journal.key, _refusals(self.journal))

    def _with_refusals(self, found: Survey) -> Survey:
        """Read the source again when the API refused some of it by wire path: its cells are to say where."""
        refusals = _refusals(self.journal)
        is_told = any(item.refused for item in found.items)
        if is_told or not any(item.key in refusals for item in found.items) or not found.path.exists():
            return found
        again = self._read_like(found)(found.path)
        again.close()
        return again


def _states(journal: Journal) -> dict[int, str]:
    return {entry.id: entry.state for entry in journal.entries()}


def _changed(journal: Journal, before: Mapping[int, str]) -> list[Entry]:
    return [entry for entry in journal.entries() if before.get(entry.id) != entry.state]


def _sending(run: Run, journal: Journal, client: Client, choice: Choice, seller: str | None) -> Sending:
    def hear(survey: Survey, entry: Entry, verdict: Verdict, total: int) -> None:
        run.hear(Event("sending", str(survey.path), total=total, number=entry.number, state=verdict.state))

    filters = Filters(choice.only, choice.since, choice.limit)
    workers = run.settings.concurrency
    return Sending(journal, client, run.contract, workers, run.stop, filters, seller, hear)

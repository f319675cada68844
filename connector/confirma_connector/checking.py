"""Looking at files without sending: what is wrong, what they come to, and one invoice as it would be sent."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from confirma_connector import production
from confirma_connector.annotating import annotate
from confirma_connector.errors import SettingsError
from confirma_connector.following import Following
from confirma_connector.items import Item
from confirma_connector.journal import Entry, Journal
from confirma_connector.language import tr
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.numbering import Key, Numbers
from confirma_connector.outcome import Outcome, outcome
from confirma_connector.previewing import Preview
from confirma_connector.previewing import preview as previewed
from confirma_connector.refusing import refusals
from confirma_connector.replying import is_answer
from confirma_connector.report import FileReport, Report
from confirma_connector.roworder import compared
from confirma_connector.run import Choice, Run, in_its_language
from confirma_connector.settings import Settings
from confirma_connector.survey import Look, Survey, Wanted
from confirma_connector.targets import source_of
from confirma_connector.telling import told, whole

__all__ = ["check", "preview", "several", "surveys"]

_MOST_SHOWN = 10
"""As many places of a number that stands again and again are shown."""


@in_its_language
def check(run: Run, choice: Choice) -> Report:
    """Read and check files; nothing is sent. What was sent before has the state it has.

    No file is written, but for the copies that the choice asks for, with the problems beside the rows.
    """
    looked, files = list[_Looked](), list[FileReport]()
    with _remembered(run.settings, is_needed=choice.annotate) as journal:
        for found in surveys(run, journal, choice, wants=_wanted(run, journal)):
            with contextlib.closing(found):
                notices = *_why(found), *production.closed(run, found), *_mixed(found)
                looked.append(_Looked(found, _joined(journal, found), notices))
        waiting = _waiting(journal, looked)
        for one in looked:
            taken = [Path(file.annotated) for file in files if file.annotated]
            files.append(_told(journal, one, waiting, choice, taken))
    is_mixed = any(len(one.found.sellers) > 1 for one in looked)
    return whole("check", run.settings, files, notices=run.registry.printed(), is_open=is_mixed)


@dataclass(frozen=True, slots=True)
class _Looked:
    """A file that was read, its bodies let go of: its invoices beside the journal, and what a person should know."""

    found: Survey
    joined: Sequence[tuple[Item, Outcome]]
    notices: tuple[str, ...] = ()


def _joined(journal: Journal | None, found: Survey) -> list[tuple[Item, Outcome]]:
    is_reordered = compared(journal, found)
    return [(item, outcome(item, _entry(journal, item), is_reordered=is_reordered)) for item in found.items]


def _waiting(journal: Journal | None, looked: Sequence[_Looked]) -> Mapping[Key | None, str]:
    """Say of the credit notes that `send` would hold back why; what is ready is sent before them, in whatever file."""
    following = Following(journal, [one.found for one in looked])
    ready = [item for one in looked for item, its in one.joined if its.state == "ready"]
    going = Numbers()
    for item in ready:
        if item.key is not None:
            going.add(item.key)
    return {item.key: reason for item in ready if (reason := following.reason(item, going))}


def _told(
    journal: Journal | None, one: _Looked, waiting: Mapping[Key | None, str], choice: Choice, taken: list[Path]
) -> FileReport:
    notices, copy = one.notices, None
    joined = [(item, _held(its, waiting.get(item.key, ""))) for item, its in one.joined]
    if choice.annotate and journal is not None:
        copy, said = annotate(journal, one.found, joined, choice.output, taken)
        notices += (said,) if said else ()
    return told(one.found, joined, notices=notices, touched=waiting, waiting=waiting, annotated=copy)


def _held(its: Outcome, reason: str) -> Outcome:
    return replace(its, message=reason, plain=reason) if reason and its.state == "ready" else its


@in_its_language
def preview(run: Run, choice: Choice, number: str) -> list[tuple[Path, Preview]]:
    """Show the invoice *number* of the files as it will be sent, wherever it stands. Raises SettingsError."""
    looked, shown = list[_Looked](), list[tuple[Path, Preview]]()
    drafts: dict[tuple[int, int], Preview] = {}

    def look(mapper: Mapper, draft: Draft, index: int) -> None:
        if draft.label == number and sum(file == len(looked) for file, _ in drafts) < _MOST_SHOWN:
            drafts[len(looked), index] = previewed(mapper, run.contract, draft)

    with _remembered(run.settings) as journal:
        for found in surveys(run, journal, choice, look, _wanted(run, journal)):
            with contextlib.closing(found):
                looked.append(_Looked(found, _joined(journal, found)))
        waiting = _waiting(journal, looked)
    for (file, index), draft in drafts.items():
        item, its = looked[file].joined[index]
        its = _held(its, waiting.get(item.key, ""))
        whole_draft = replace(draft, state=its.state, message=its.plain, problems=its.problems)
        shown.append((looked[file].found.path, whole_draft))
    if not shown:
        raise SettingsError(tr("invoice {number}: in none of the files", number=number))
    return shown


def _wanted(run: Run, journal: Journal | None) -> Wanted | None:
    """Say what request bodies are made for: to be compared with what was sent, and with what production is open for."""
    if run.settings.environment == "production":
        return None
    return lambda key: journal is not None and key is not None and journal.entry(*key) is not None


def surveys(
    run: Run, journal: Journal | None, choice: Choice, look: Look | None = None, wants: Wanted | None = None
) -> Iterator[Survey]:
    """Read what was named, one after another, but for answers of ours among the files; who asks closes them."""
    said = refusals(journal, run.contract) if journal else {}
    key = journal.key if journal else os.urandom(32)
    for path in choice.paths:
        if journal is None or not is_answer(journal, path):
            source = source_of(journal, path) if journal else None
            mapping = run.mapping(path, choice.mapping)
            yield run.read(path, mapping, key, said, made_from=source, look=look, wants=wants)
    for one in choice.handed:
        yield run.read(Path(one.name), one.mapping, key, said, look=look, wants=wants, records=one.records)


@contextlib.contextmanager
def _remembered(settings: Settings, *, is_needed: bool = False) -> Iterator[Journal | None]:
    """Give the account's journal to look into, if there is one yet, or if it *is_needed*."""
    if not settings.journal.is_file() and not is_needed:
        yield None
        return
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        yield journal


def _entry(journal: Journal | None, item: Item) -> Entry | None:
    return journal.entry(*item.key) if journal and item.key else None


def _why(found: Survey) -> Iterator[str]:
    """Say why this mapping was taken, where nobody named one."""
    if found.mapping.why:
        yield tr("the mapping {name} was taken: {why}", name=found.mapping.name, why=found.mapping.why)


def _mixed(found: Survey) -> list[str]:
    """Say what `send` refuses: a file of several sellers."""
    return [tr("send refuses this file: {several}", several=several(found.sellers))] if len(found.sellers) > 1 else []


def several(sellers: Mapping[str, str]) -> str:
    """Say that there are several sellers, and what to do: the places of each are known by its name."""
    one, other = (f"{seller} ({where})" for seller, where in list(sellers.items())[:2])
    return tr(
        "one run has one seller, but there are {one} and {other}; delete the rows that are not yours, or "
        "send each seller's invoices as an account of its own",
        one=one,
        other=other,
    )

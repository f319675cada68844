"""The promises of an adapter, one after another, and trying them on a sample."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from confirma_connector import language
from confirma_connector.calling import PATIENCE
from confirma_connector.errors import AdapterError, ConfirmaError
from confirma_connector.patience import Late
from confirma_connector.testing import detecting, hostile, memory, options, reading, trips, writing, yielding
from confirma_connector.testing.finding import Broken, Finding, Needless, Outcome, Tried, Untried
from confirma_connector.testing.sample import Sample
from confirma_connector.testing.subject import Subject
from confirma_connector.testing.trial import Trial

__all__ = ["PROMISES", "Promise", "tried", "tried_one"]


@dataclass(frozen=True, slots=True)
class Promise:
    """Something the host relies on: its name, and what tries it."""

    name: str
    check: Callable[[Trial], Iterator[Finding]]

    @property
    def title(self) -> str:
        """What is promised, as a sentence."""
        return (self.check.__doc__ or "").strip().split("\n")[0]


PROMISES: tuple[Promise, ...] = (
    Promise("reads-the-same-twice", reading.reads_the_same_twice),
    Promise("records-fit", reading.records_fit),
    Promise("leaves-no-trace", reading.leaves_no_trace),
    Promise("closes-its-files", reading.closes_its_files),
    Promise("memory-stays-flat", memory.memory_stays_flat),
    Promise("broken-files-are-refused", hostile.broken_files_are_refused),
    Promise("detection-is-specific", detecting.detection_is_specific),
    Promise("options-are-strict", options.options_are_strict),
    Promise("transforms-keep-to-text", options.transforms_keep_to_text),
    Promise("its-invoices-are-found", yielding.its_invoices_are_found),
    Promise("only-results-are-written", writing.only_results_are_written),
    Promise("writing-twice-is-writing-once", writing.writing_twice_is_writing_once),
    Promise("odd-texts-break-nothing", writing.odd_texts_break_nothing),
    Promise("a-failure-spoils-nothing", writing.a_failure_spoils_nothing),
    Promise("sorted-files-get-their-states", trips.sorted_files_get_their_states),
    Promise("a-round-trip", trips.a_round_trip),
    Promise("a-killed-run-is-finished", trips.a_killed_run_is_finished),
)


def tried(
    adapter: str | Path | ModuleType,
    sample: Sample,
    *,
    folders: Sequence[Path] = (),
    base: Path | None = None,
) -> Iterator[Tried]:
    """Try every promise of *adapter* on *sample*, one after another.

    *folders* are folders with adapters; paths are relative to *base*, or to the working folder. Raises AdapterError
    when there is no such adapter, or it cannot be loaded.
    """
    with language.using("en"):
        subject = Subject.of(adapter, base or Path(), folders)
        _ = subject.adapter
    for promise in PROMISES:
        yield tried_one(promise, subject, sample, base or Path())


def tried_one(promise: Promise, subject: Subject, sample: Sample, base: Path, patience: float = PATIENCE) -> Tried:
    """Try one promise. *patience* is how many seconds reading a small file may take."""
    findings: list[Finding] = []
    outcome: Outcome = "kept"
    reason = ""
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder, language.using("en"):
        if (broken_adapter := _unusable(subject)) is not None:
            return Tried(promise.name, promise.title, str(sample.path), "broken", (broken_adapter,))
        trial = Trial(subject, sample, base.resolve(), Path(folder).resolve(), patience)
        try:
            for finding in promise.check(trial):
                findings.append(finding)
        except (Untried, Needless) as why:
            outcome, reason = ("untried" if isinstance(why, Untried) else "needless"), str(why)
        except Broken as broken:
            findings.append(broken.finding)
        except (ConfirmaError, Late) as error:
            findings.append(_unexpected(trial, sample, error))
    if findings:
        outcome, reason = "broken", ""
    return Tried(promise.name, promise.title, str(sample.path), outcome, tuple(findings), reason)


def _unusable(subject: Subject) -> Finding | None:
    try:
        _ = subject.adapter
    except AdapterError as error:
        done = f'looked for the adapter "{subject.name}"'
        look = ", ".join(subject.folders) or subject.module or "the installed packages"
        cure = "mend what it says; `confirma adapters` lists all that are found"
        return Finding(done, "a module with hooks that can be imported", str(error), look, cure)
    return None


def _unexpected(trial: Trial, sample: Sample, error: ConfirmaError | Late) -> Finding:
    if isinstance(error, Late):
        return trial.without_ending(f"read {sample.path}")
    cure = "mend what the message names; the other promises tell more"
    return trial.failure(f"tried this on {sample.path}", "no error", error, cure)

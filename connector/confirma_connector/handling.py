"""Dealing with one claimed file: sent, judged by what became of it, and moved; cut off anywhere, it goes on there."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from confirma_connector import pipeline
from confirma_connector.claiming import Extent, Folders, Job, clear, move, planned
from confirma_connector.errors import (
    AdapterError,
    CannotRun,
    MappingError,
    Outage,
    SettingsError,
    SourceError,
    Unavailable,
    UnwritableResults,
)
from confirma_connector.files import placed, replacing
from confirma_connector.language import tr
from confirma_connector.report import AttentionReport, Report
from confirma_connector.run import Choice, Run

__all__ = ["Happening", "handle", "name_of", "refuse_all"]

_GOOD = frozenset({"sent", "waiting", "delivered", "credited", "handled"})
_QUIET_PERIODS = 3
"""For so many of them a file waits for an invoice that is uncertain; two settle it if anything does."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that a watch did or met.

    *what*: watching, seen, begun, sent, refused, moved, tracked, settled, waiting. *states* count the invoices by
    state; *attention* are those that need a person.
    """

    what: str
    path: str = ""
    to: str = ""
    states: Mapping[str, int] = field(default_factory=dict)
    message: str = ""
    attention: Sequence[AttentionReport] = ()


Hear = Callable[[Happening], None]


def name_of(place: Path) -> str:
    """Give the name of the file that was claimed into *place*; "" when a kill came before."""
    job = Job.read(place)
    return job.name if job and (job.moves or (place / job.name).exists()) else ""


def handle(run: Run, folders: Folders, choice: Choice, place: Path, hear: Hear) -> int:
    """Bring the job in *place* on; give 0 or 1 when it is done, 3 while an invoice is uncertain.

    Raises Unavailable, OSError and UnwritableResults when that is to be tried again later, and what keeps every file
    from being sent.
    """
    job = Job.read(place)
    if job is not None and (place / job.name).exists() and (not job.moves or _is_changed(place, job)):
        job = _sent(run, folders, choice, place, job, hear)
        if not job.moves:
            return 3
        job.write(place)
    if job is None or not job.moves:
        clear(place)
        return 0
    hear(Happening("moved", job.name, str(move(run, folders, place, job))))
    return job.code


def refuse_all(run: Run, folders: Folders, choice: Choice, hear: Hear) -> None:
    """Raise what would keep every file from being sent, by sending none."""
    if named := choice.mapping or run.settings.mapping:
        lines = run.mapping(folders.inbox, named).lines
        if lines and lines.block.file:
            raise SettingsError(
                tr(
                    "{place}: the rows of the invoices are in a second file, and a watch takes each file by itself; "
                    "use confirma send",
                    place=lines.said,
                )
            )
    if attention := pipeline.send(run, replace(choice, paths=())).attention:
        hear(Happening("settled", attention=attention))


def _sent(run: Run, folders: Folders, choice: Choice, place: Path, job: Job, hear: Hear) -> Job:
    """Send the file, and plan where it goes with its answer; a job without a plan is to be sent again."""
    source = place / job.name
    before = _extent(source)
    job = job.model_copy(update={"moves": (), "extent": before})
    _reason(source).unlink(missing_ok=True)
    try:
        report = pipeline.send(run, replace(choice, paths=(source,)))
    except (SourceError, MappingError, AdapterError, SettingsError) as error:
        _refuse_changed(source, before)
        refuse_all(run, folders, choice, hear)
        return _refused(folders, place, job, str(error), hear)
    _go_on(report)
    (file,) = report.files
    if not file.results:
        raise UnwritableResults("; ".join(file.notices))
    is_own = placed(Path(file.results)) == placed(source)
    if is_own:
        job = job.model_copy(update={"extent": None})
    else:
        _refuse_changed(source, before)
    states = file.counts()
    bad = states.keys() - _GOOD
    if bad == {"uncertain"} and time.time() - job.begun < _QUIET_PERIODS * run.settings.quiet_period:
        hear(Happening("waiting", job.name, states=states, message=tr("no clear answer yet; Confirma is asked again")))
        return job
    folder = folders.failed if bad else folders.done
    there = planned(folders, folder, place, job, 1 if bad else report.exit_code, is_own=is_own)
    to = str(there.moves[0][1])
    attention = [replace(one, path=to) if one.path == file.path else one for one in report.attention]
    hear(Happening("sent", job.name, states=states, attention=attention))
    return there


def _go_on(report: Report) -> None:
    """Raise what stopped a run on its way."""
    if report.exit_code == 2:
        raise CannotRun(report.problem)
    if report.exit_code == 3:
        raise Outage(report.problem)
    if report.exit_code == 130:
        raise KeyboardInterrupt


def _extent(path: Path) -> Extent:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _is_changed(place: Path, job: Job) -> bool:
    """Whether it was written to after it was sent, as by a program that still had it open."""
    return job.extent is not None and job.extent != _extent(place / job.name)


def _reason(source: Path) -> Path:
    return source.with_name(f"{source.name}.error.txt")


def _refuse_changed(source: Path, before: Extent) -> None:
    """Read again what is still being written: its end would be left unsent."""
    if _extent(source) != before:
        raise Unavailable(tr("{name} changed while it was sent, and is read again", name=source.name))


def _refused(folders: Folders, place: Path, job: Job, why: str, hear: Hear) -> Job:
    """Plan a file as failed, with the reason beside it. Raises UnwritableResults where even that cannot be written."""
    source = place / job.name
    words = why.replace(f"{source.parent}{os.sep}", "")
    with replacing(_reason(source), like=source) as fresh:
        fresh.write_text(f"{words}\n", "utf-8")
    hear(Happening("refused", job.name, message=words))
    return planned(folders, folders.failed, place, job, 1)

"""A copy of a source with what a check found beside its rows: to be corrected there, checked again and sent."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from confirma_connector.errors import NoWriteBack, SettingsError, UnwritableResults
from confirma_connector.files import digest, placed, replacing
from confirma_connector.items import Item
from confirma_connector.journal import Journal, ResultsFile
from confirma_connector.language import tr
from confirma_connector.outcome import Outcome, cell_text, result
from confirma_connector.records import Result
from confirma_connector.resultlist import KINDS, harmless, write_list
from confirma_connector.survey import Survey
from confirma_connector.targets import is_copy

__all__ = ["annotate"]

_MARK = ".checked"
_OURS = re.compile(rf"{re.escape(_MARK)}(-\d+)?$")
_OF_NO_ENVIRONMENT = ("invalid", "ready")
"""A check finds these without any server: no TEST stands before them, and the copy may be sent anywhere."""

Joined = Sequence[tuple[Item, Outcome]]


def annotate(
    journal: Journal, survey: Survey, joined: Joined, output: Path | None = None, taken: Collection[Path] = ()
) -> tuple[Path, str]:
    """Write the copy; give where it lies, and what a person should know of it.

    It lies at *output*, else beside the source as NAME.checked.EXT, or the next such name that is free or a copy of
    ours as we left it. A source that cannot carry results gets a list beside it. *taken* are the copies of this run.
    Raises SettingsError when *output* is somebody else's file, UnwritableResults.
    """
    lines = [_result(item, outcome, journal.environment) for item, outcome in joined]
    named = output or _beside(survey)
    try:
        if not is_copy(survey, named):
            raise NoWriteBack(tr("{name} cannot carry them", name=survey.path.name))
        target = _target(journal, survey, named, output, taken)
        with _remembered(journal, survey, target) as fresh:
            said = survey.mapping.adapter.write_results(survey.source, [*lines, *_emptied(survey)], fresh)
            if digest(survey.path) != survey.digest:
                raise UnwritableResults(tr("{path}: changed while it was read; run it again", path=survey.path))
    except NoWriteBack as error:
        suffix = output.suffix.lower() if output else ""
        kind = suffix if suffix in KINDS else f".{survey.mapping.file.results.file}"
        target = _target(journal, survey, named.with_suffix(kind), output, taken)
        cells = (
            (harmless(line.number), item.where, *line.cells()) for line, (item, _) in zip(lines, joined, strict=True)
        )
        with _remembered(journal, survey, target) as fresh:
            write_list(fresh, kind, [("number", "where", *survey.mapping.headers.names()), *cells])
        said = tr("list of results: {why}", why=error)
    return target, said


def _result(item: Item, outcome: Outcome, environment: str) -> Result:
    """Give the cells of one invoice: as `send` would write them, and what is only worth a look as well."""
    told = result(item, outcome, environment)
    if outcome.state not in _OF_NO_ENVIRONMENT:
        return told
    warnings = (cell_text(problem, item) for problem in outcome.problems if problem.severity == "warning")
    notes = (tr("note: {problem}", problem=harmless(text)) for text in warnings)
    return replace(told, state=outcome.state, message=" | ".join(text for text in (told.message, *notes) if text))


def _emptied(survey: Survey) -> Iterator[Result]:
    """Empty the result cells of an invoice's further rows: after a sort an older result may stand there."""
    for item in survey.items if survey.has_results else ():
        yield from (Result(at, item.label, "") for at in item.rest)


def _beside(survey: Survey) -> Path:
    path = placed(survey.path)
    return path.with_name(f"{_OURS.sub('', path.stem)}{_MARK}{path.suffix}")


def _target(journal: Journal, survey: Survey, named: Path, output: Path | None, taken: Collection[Path]) -> Path:
    if output is None:
        return next(path for path in _names(placed(named)) if path not in taken and _is_ours(journal, survey, path))
    if not named.absolute().parent.is_dir():
        raise SettingsError(tr("{path}: there is no such folder for it", path=named))
    if not _is_ours(journal, survey, placed(named)):
        raise SettingsError(
            tr(
                "{path}: this file exists already and is not as a run of ours left it for {source}; name another",
                path=named,
                source=survey.path,
            )
        )
    return placed(named)


def _names(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in itertools.count(2))


def _is_ours(journal: Journal, survey: Survey, path: Path) -> bool:
    """Tell whether nobody's work is at *path*: no file, or a copy of the same source as we left it."""
    if not os.path.lexists(path):
        return True
    known = journal.results_file(path)
    is_another = known is None or not known.is_checked or known.source != _source(survey)
    if known is None or is_another or path == placed(survey.path):
        return False
    try:
        return known.is_as_left(digest(path))
    except OSError:
        return False


def _source(survey: Survey) -> Path:
    return survey.made_from or placed(survey.path)


@contextlib.contextmanager
def _remembered(journal: Journal, survey: Survey, path: Path) -> Iterator[Path]:
    """Give a fresh path that takes the place of *path*; the journal knows the copy a moment before."""
    known = journal.results_file(path)
    before = digest(path) if path.exists() else ""
    try:
        with replacing(path, like=survey.path) as fresh:
            yield fresh
            mapping, replaced = str(survey.mapping.path), before if known and known.is_as_left(before) else ""
            journal.remember_results(
                ResultsFile(path, _source(survey), survey.digest, digest(fresh), mapping, "checked", replaced)
            )
    except BaseException as error:
        journal.remember_results(known) if known else journal.forget_results(path)
        if isinstance(error, OSError):
            raise UnwritableResults(tr("{path}: cannot be written now: {error}", path=path, error=error)) from error
        raise

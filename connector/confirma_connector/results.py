"""Results into their file: whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from confirma_connector.errors import CannotRun, NoWriteBack, UnwritableResults
from confirma_connector.files import digest, kept_aside, placed, replacing
from confirma_connector.items import Item
from confirma_connector.journal import Journal, ResultsFile
from confirma_connector.language import tr
from confirma_connector.outcome import Outcome, result
from confirma_connector.records import Result
from confirma_connector.resultlist import harmless, write_list
from confirma_connector.survey import Survey
from confirma_connector.targets import (
    Target,
    can_write,
    first_free,
    is_copy,
    list_path,
    place_beside,
    recorded,
    same_file,
)

__all__ = ["write"]

Joined = Iterable[tuple[Item, Outcome]]


def write(
    journal: Journal,
    survey: Survey,
    target: Target,
    read: Callable[[Path], Survey],
    join: Callable[[Survey], Joined],
) -> tuple[Path, str]:
    """Write the results of *survey* into *target*; give the file that was written and what a person should know.

    What is written to is read now: with *read*, when it is not the very bytes of the survey. A results file beside the
    source that is no list of its invoices any more is left alone, and another is made. Raises UnwritableResults.
    """
    left_alone: list[Path] = []
    while isinstance(base := _base(survey, target, read), str):
        left_alone.append(target.path)
        free = first_free(journal, survey, place_beside(survey, journal.environment), left_alone)
        target = replace(free, notice=tr("{name} left alone: {reason}", name=target.path.name, reason=base))
    lines = [result(item, outcome, journal.environment) for item, outcome in join(base)]
    try:
        path, said = _written(journal, survey, base, target, lines)
        return path, "; ".join(text for text in (target.notice, said) if text)
    except (OSError, CannotRun) as error:
        raise UnwritableResults(
            tr("{path}: its results cannot be written now: {error}", path=target.path, error=error)
        ) from error
    finally:
        if base is not survey:
            base.close()


def _base(survey: Survey, target: Target, read: Callable[[Path], Survey]) -> Survey | str:
    """Give what gets the results, as it is now; or say why it is not to get them, since it holds something else."""
    place = target.path if target.keeps else survey.path
    is_beside = target.keeps and not target.is_named and not same_file(place, survey.path)
    try:
        is_read = digest(place) == survey.digest and not survey.has_other_rows()
        base = survey if is_read else read(place)
    except (OSError, CannotRun) as error:
        if is_beside:
            return tr("it cannot be read ({error})", error=error)
        raise UnwritableResults(
            tr("{path}: its results cannot be written now: {error}", path=place, error=error)
        ) from error
    if is_beside and base is not survey and _is_of_others(survey, base):
        base.close()
        return tr("it has none of the invoices of {name}", name=survey.path.name)
    return base


def _is_of_others(survey: Survey, base: Survey) -> bool:
    """Tell whether none of the invoices of *survey*, which has some, is in *base*."""
    wanted = {item.key for item in survey.items if item.key is not None}
    return bool(wanted) and wanted.isdisjoint(item.key for item in base.items)


def _written(journal: Journal, survey: Survey, base: Survey, target: Target, lines: list[Result]) -> tuple[Path, str]:
    try:
        if not can_write(base):
            raise NoWriteBack(tr("{name} cannot carry them", name=base.path.name))
        if not is_copy(base, target.path):
            raise NoWriteBack(
                tr("{name} cannot be copied into a {suffix} file", name=base.path.name, suffix=target.path.suffix)
            )
        said = _into_a_copy(journal, base, target, [*lines, *_emptied(base)])
        return target.path, "; ".join(text for text in (said, _gone(survey, base), _other_rows(survey, base)) if text)
    except NoWriteBack as error:
        return _into_a_list(journal, survey, target, base.items, lines, str(error))


def _emptied(base: Survey) -> Iterator[Result]:
    """Empty the result cells of an invoice's further rows: after a sort an older result may stand there."""
    if base.has_results:
        for item in base.items:
            yield from (Result(at, item.label, "") for at in item.rest)


def _into_a_copy(journal: Journal, base: Survey, target: Target, lines: Sequence[Result]) -> str:
    """Write the copy of *base* with its results; give what the adapter has to say about it."""
    known = recorded(journal, target.path)
    if not target.keeps and target.path.exists() and not (known and known.is_as_left(digest(target.path))):
        raise UnwritableResults(tr("{path}: was changed while this run went on, and is left alone", path=target.path))
    with _remembered(journal, base, target.path, "copy") as fresh:
        said = base.mapping.adapter.write_results(base.source, lines, fresh)
        if digest(base.path) != base.digest:
            raise UnwritableResults(
                tr("{path}: changed while its results were written; run track again", path=base.path)
            )
        is_as_we_left_it = known is not None and known.is_as_left(base.digest)
        if same_file(base.path, target.path) and not is_as_we_left_it and digest(fresh) != base.digest:
            kept_aside(target.path)
    return said


def _gone(survey: Survey, base: Survey) -> str:
    if base is survey:
        return ""
    there = {item.key for item in base.items}
    gone = [item.label for item in survey.items if item.key is not None and item.key not in there]
    named = ", ".join(gone[:10]) + (" …" if len(gone) > 10 else "")
    return (
        tr(
            "{name} lacks {count} of the invoices of {source}: {numbers}",
            name=base.path.name,
            count=len(gone),
            source=survey.path.name,
            numbers=named,
        )
        if gone
        else ""
    )


def _other_rows(survey: Survey, base: Survey) -> str:
    if survey.beside is None or base.beside is None or survey.beside[1] == base.beside[1]:
        return ""
    return tr("{name}, with the rows of the invoices, was changed since it was read", name=base.beside[0].name)


@contextlib.contextmanager
def _remembered(journal: Journal, base: Survey, target: Path, kind: str) -> Iterator[Path]:
    """Give a fresh path that takes the place of *target*, which the journal knows as left by us a moment before.

    A kill between the two leaves our file from before, which is known as ours as well. One that was updated where it
    stands keeps the source it was made from, and stays known as changed by hand if it was.
    """
    path, source = placed(target), placed(base.path)
    known = recorded(journal, path)
    made_from = (source, base.digest)
    if known and source == path:
        made_from = (known.source, known.source_digest)
        kind = kind if known.kind == kind and known.is_as_left(base.digest) else "edited"
    before = _there(path)
    try:
        with replacing(target, like=base.path) as fresh:
            yield fresh
            if _there(path) != before:
                raise UnwritableResults(
                    tr("{path}: was changed while its results were written, and is left alone", path=target)
                )
            replaced = before if known and known.is_as_left(before) else ""
            mapping = str(base.mapping.path)
            journal.remember_results(ResultsFile(path, *made_from, digest(fresh), mapping, kind, replaced))
    except BaseException:
        if known:
            journal.remember_results(known)
        else:
            journal.forget_results(path)
        raise


def _there(path: Path) -> str:
    return digest(path) if path.exists() else ""


def _into_a_list(
    journal: Journal, survey: Survey, target: Target, items: Sequence[Item], lines: Sequence[Result], why: str
) -> tuple[Path, str]:
    """Write a list of results: key and result columns, for a source that cannot carry them."""
    if same_file(target.path, survey.path):
        target = Target(place_beside(survey, journal.environment))
    free = first_free(journal, survey, placed(list_path(survey, target)))
    with _remembered(journal, survey, free.path, "csv") as fresh:
        rows = [(harmless(line.number), item.where, *line.cells()) for line, item in zip(lines, items, strict=True)]
        write_list(fresh, free.path.suffix.lower(), [("number", "where", *survey.mapping.headers.names()), *rows])
    return free.path, "; ".join(text for text in (tr("list of results: {reason}", reason=why), free.notice) if text)

"""Where results go, who owns that file, and how they get into it: whole or not at all."""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from confirma_connector.errors import CannotRun, NoWriteBack, SettingsError, UnwritableResults
from confirma_connector.files import digest, kept_aside, placed, replacing
from confirma_connector.items import Item
from confirma_connector.journal import Journal, ResultsFile
from confirma_connector.language import because, tr
from confirma_connector.outcome import Outcome, result
from confirma_connector.records import Result
from confirma_connector.resultlist import KINDS, check_kind, harmless, write_list
from confirma_connector.survey import Survey

__all__ = ["Target", "choose", "is_copy", "matching_environment", "source_of", "write"]

Joined = Iterable[tuple[Item, Outcome]]
_WORKBOOKS = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True)
class Target:
    """The file that gets the results. *keeps* means it is updated where it stands, with what people changed in it.

    *is_named* means that its name is settled, and says what kind of list it is if the source cannot carry results.
    """

    path: Path
    keeps: bool = False
    is_named: bool = False
    notice: str = ""


def matching_environment(survey: Survey, environment: str) -> None:
    """Refuse a file whose results are of the other kind: tests never mix with the real thing. Raises SettingsError."""
    if environment != "sandbox" and survey.marks["test"]:
        raise SettingsError(tr("{path}: this file carries SANDBOX results; send the original file", path=survey.path))
    if environment == "sandbox" and survey.marks["real"]:
        raise SettingsError(
            tr("{path}: this file carries real results; in the sandbox use a copy without them", path=survey.path)
        )


def choose(
    journal: Journal,
    survey: Survey,
    output: Path | None = None,
    *,
    in_place: bool = False,
    taken: Collection[Path] = (),
) -> Target:
    """Say which file gets the results of *survey*.

    Raises SettingsError when *output* is somebody else's file, or a list that cannot be written here.

    A file that carries our columns is its own target. Otherwise `NAME.results.EXT` beside the source; what a person
    changed in it since is updated in place as long as the source is the same, and left alone when the source changed.
    *taken* are the targets of other files of the same run.
    """
    target = _chosen(journal, survey, output, in_place=in_place, taken=taken)
    _refuse_impossible(target.path)
    if not is_copy(survey, target.path):
        check_kind(_list_path(survey, target).suffix.lower())
    return target


def _chosen(
    journal: Journal, survey: Survey, output: Path | None, *, in_place: bool, taken: Collection[Path]
) -> Target:
    source = survey.path
    if in_place or (survey.has_results and output is None) or (output is not None and _same(output, source)):
        return Target(source, keeps=True)
    if output is None:
        return _first_free(journal, survey, _beside(survey, journal.environment), taken)
    if not output.absolute().parent.is_dir():
        raise SettingsError(tr("{path}: there is no such folder for it", path=output))
    target = _usable(journal, survey, placed(output))
    if target is None:
        raise SettingsError(
            tr(
                "{path}: this file exists already and is not as a run of ours left it for {source}; name another",
                path=output,
                source=source,
            )
        )
    return replace(target, is_named=True)


def _refuse_impossible(path: Path) -> None:
    """Refuse a name that no file there can have, before anything is sent. Raises SettingsError."""
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except OSError as error:
        reason = because(error)
        raise SettingsError(
            tr("{path}: the results cannot lie there ({reason}); name another with --output", path=path, reason=reason)
        ) from None


def _first_free(journal: Journal, survey: Survey, path: Path, taken: Collection[Path] = ()) -> Target:
    """Give *path*, or the first of its numbered namesakes that is free or ours."""
    left_alone: list[Path] = []
    for candidate in _names(path):
        target = None if candidate in taken else _usable(journal, survey, candidate)
        if target is not None:
            return replace(target, notice=target.notice or _told(left_alone))
        left_alone.append(candidate)
    raise AssertionError("unreachable: the names go on for ever")  # not for people


def _usable(journal: Journal, survey: Survey, path: Path) -> Target | None:
    """Give *path* as a target when nobody else's work is in it."""
    if not os.path.lexists(path):
        return Target(path)
    file = _known(journal, path)
    if file is None or file.source != placed(survey.path):
        return None
    try:
        is_as_we_left_it = file.is_as_left(digest(path)) and file.kind != "edited"
    except OSError:
        return None
    if is_as_we_left_it:
        return Target(path)
    if survey.digest == file.source_digest and file.kind != "csv":
        return Target(
            path,
            keeps=True,
            notice=tr("{name} was changed since: its result cells are updated in place", name=path.name),
        )
    return None


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _beside(survey: Survey, environment: str) -> Path:
    path = placed(survey.path)
    kind = ".sandbox.results" if environment == "sandbox" else ".results"
    return path.with_name(f"{path.stem}{kind}{path.suffix if _can_write(survey) else _list_kind(survey)}")


def _can_write(survey: Survey) -> bool:
    return "write_results" in survey.mapping.adapter.hooks


def _list_kind(survey: Survey) -> str:
    return f".{survey.mapping.file.results.file}"


def is_copy(survey: Survey, path: Path) -> bool:
    """Tell whether *path* can be the source with its results in: by its name it is a workbook like it, or none."""
    is_workbook = [one.suffix.lower() in _WORKBOOKS for one in (survey.path, path)]
    return _can_write(survey) and is_workbook[0] == is_workbook[1]


def _list_path(survey: Survey, target: Target) -> Path:
    """Give the name of a list in place of *target*."""
    suffix = target.path.suffix
    is_settled = target.is_named and suffix.lower() in KINDS
    return target.path.with_suffix(suffix if is_settled else _list_kind(survey))


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in itertools.count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def _told(left_alone: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in left_alone)
    return (
        tr("{names} left alone: changed by hand while its source changed too, or not ours", names=names)
        if names
        else ""
    )


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
        free = _first_free(journal, survey, _beside(survey, journal.environment), left_alone)
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
    is_beside = target.keeps and not target.is_named and not _same(place, survey.path)
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
        if not _can_write(base):
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
    known = _known(journal, target.path)
    if not target.keeps and target.path.exists() and not (known and known.is_as_left(digest(target.path))):
        raise UnwritableResults(tr("{path}: was changed while this run went on, and is left alone", path=target.path))
    with _remembered(journal, base, target.path, "copy") as fresh:
        said = base.mapping.adapter.write_results(base.source, lines, fresh)
        if digest(base.path) != base.digest:
            raise UnwritableResults(
                tr("{path}: changed while its results were written; run track again", path=base.path)
            )
        is_as_we_left_it = known is not None and known.is_as_left(base.digest)
        if _same(base.path, target.path) and not is_as_we_left_it and digest(fresh) != base.digest:
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


def source_of(journal: Journal, path: Path) -> Path | None:
    """Give the source that the results file at *path* was made from, as far as the journal knows it."""
    known = _known(journal, path)
    return known.source if known else None


def _known(journal: Journal, path: Path) -> ResultsFile | None:
    return journal.results_file(placed(path))


@contextlib.contextmanager
def _remembered(journal: Journal, base: Survey, target: Path, kind: str) -> Iterator[Path]:
    """Give a fresh path that takes the place of *target*, which the journal knows as left by us a moment before.

    A kill between the two leaves our file from before, which is known as ours as well. One that was updated where it
    stands keeps the source it was made from, and stays known as changed by hand if it was.
    """
    path, source = placed(target), placed(base.path)
    known = _known(journal, path)
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
    if _same(target.path, survey.path):
        target = Target(_beside(survey, journal.environment))
    free = _first_free(journal, survey, placed(_list_path(survey, target)))
    with _remembered(journal, survey, free.path, "csv") as fresh:
        rows = [(harmless(line.number), item.where, *line.cells()) for line, item in zip(lines, items, strict=True)]
        write_list(fresh, free.path.suffix.lower(), [("number", "where", *survey.mapping.headers.names()), *rows])
    return free.path, "; ".join(text for text in (tr("list of results: {reason}", reason=why), free.notice) if text)

"""Where results go, and whose file that is."""

from __future__ import annotations

import itertools
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from confirma_connector.errors import SettingsError
from confirma_connector.files import digest, placed
from confirma_connector.journal import Journal, ResultsFile
from confirma_connector.language import because, tr
from confirma_connector.resultlist import KINDS, check_kind
from confirma_connector.survey import Survey

__all__ = [
    "Target",
    "can_write",
    "first_free",
    "is_copy",
    "list_path",
    "matching_environment",
    "place_beside",
    "recorded",
    "same_file",
    "source_of",
    "target_of",
]

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


def target_of(
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
        check_kind(list_path(survey, target).suffix.lower())
    return target


def _chosen(
    journal: Journal, survey: Survey, output: Path | None, *, in_place: bool, taken: Collection[Path]
) -> Target:
    source = survey.path
    if in_place or (survey.has_results and output is None) or (output is not None and same_file(output, source)):
        return Target(source, keeps=True)
    if output is None:
        return first_free(journal, survey, place_beside(survey, journal.environment), taken)
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


def source_of(journal: Journal, path: Path) -> Path | None:
    """Give the source that the results file at *path* was made from, as far as the journal knows it."""
    known = recorded(journal, path)
    return known.source if known else None


def first_free(journal: Journal, survey: Survey, path: Path, taken: Collection[Path] = ()) -> Target:
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
    file = recorded(journal, path)
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


def recorded(journal: Journal, path: Path) -> ResultsFile | None:
    """Give what the journal knows of the results file at *path*."""
    return journal.results_file(placed(path))


def same_file(one: Path, other: Path) -> bool:
    """Tell whether both are there and are one file."""
    return one.exists() and other.exists() and one.samefile(other)


def place_beside(survey: Survey, environment: str) -> Path:
    """Give where the results of *survey* go by themselves: `NAME.results.EXT` beside it."""
    path = placed(survey.path)
    kind = ".sandbox.results" if environment == "sandbox" else ".results"
    return path.with_name(f"{path.stem}{kind}{path.suffix if can_write(survey) else _list_kind(survey)}")


def can_write(survey: Survey) -> bool:
    """Tell whether the adapter of *survey* can write results into its files."""
    return "write_results" in survey.mapping.adapter.hooks


def _list_kind(survey: Survey) -> str:
    return f".{survey.mapping.file.results.file}"


def is_copy(survey: Survey, path: Path) -> bool:
    """Tell whether *path* can be the source with its results in: by its name it is a workbook like it, or none."""
    is_workbook = [one.suffix.lower() in _WORKBOOKS for one in (survey.path, path)]
    return can_write(survey) and is_workbook[0] == is_workbook[1]


def list_path(survey: Survey, target: Target) -> Path:
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

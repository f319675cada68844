"""A dropped file on its way: claimed into a place of its own, and moved with its answer to where both belong."""

from __future__ import annotations

import errno
import filecmp
import itertools
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from confirma_connector.errors import JournalError, SettingsError
from confirma_connector.files import placed, replacing
from confirma_connector.language import tr
from confirma_connector.opening import held
from confirma_connector.run import Run

__all__ = ["Extent", "Folders", "Job", "claim", "clear", "jobs", "move", "planned"]

_JOB = ".job.json"

Extent = tuple[int, int]
"""By what a change of a file is noticed: its bytes, and the nanoseconds of its time."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where files are dropped, and where they go with their answers; without *answers* these lie beside them."""

    inbox: Path
    done: Path
    failed: Path
    answers: Path | None = None

    @property
    def work(self) -> Path:
        """Where files are while they are dealt with: on the same disk, so that claiming one is a single step."""
        return self.inbox / ".confirma"

    @property
    def are_there(self) -> bool:
        """Whether none of them is away."""
        return all(path is None or path.is_dir() for path in (self.inbox, self.done, self.failed, self.answers))

    def check(self) -> None:
        """Raise SettingsError naming the folder that is not there, or that is two things at once."""
        named = {"IN": self.inbox, "--done": self.done, "--failed": self.failed, "--answers": self.answers}
        for name, path in named.items():
            if path is None:
                continue
            if not path.is_dir():
                raise SettingsError(tr("{name} {path}: there is no such folder", name=name, path=path))
            if name != "IN" and path.samefile(self.inbox):
                raise SettingsError(
                    tr(
                        "{name} {path}: is IN itself; what lies there would be taken for a new file",
                        name=name,
                        path=path,
                    )
                )


class Job(BaseModel):
    """What is known of a claimed file: its name and when that was; once it is sent, what goes where, and the code.

    *extent* is how it was sent; None for a file that is its own answer, which changes with what is heard of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    begun: float
    code: int = 0
    moves: tuple[tuple[str, Path], ...] = ()
    extent: Extent | None = None

    @classmethod
    def read(cls, place: Path) -> Job | None:
        """Give the job in *place*; None when a kill came before anything was claimed. Raises JournalError."""
        file = place / _JOB
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise JournalError(
                tr("{file}: is not as it was left; move the files beside it back to IN", file=file)
            ) from None

    def write(self, place: Path) -> None:
        """Put it into *place*, on disk when this returns."""
        with replacing(place / _JOB) as fresh:
            fresh.write_text(self.model_dump_json(), "utf-8")


def jobs(folders: Folders) -> list[Path]:
    """Give the places of all that was claimed and is not done, the oldest first. Raises OSError."""
    return sorted(path for path in folders.work.iterdir() if path.is_dir())


def claim(folders: Folders, name: str) -> Path:
    """Take the file *name* for ourselves, in one step; give the place of its job.

    What is to be known of it is on disk before that step. Raises OSError and UnwritableResults when that is not to be.
    """
    place = folders.work / f"{time.strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(4)}"
    place.mkdir()
    try:
        Job(name=name, begun=time.time()).write(place)
        (folders.inbox / name).rename(place / name)
    except BaseException:
        if not (place / name).exists():
            shutil.rmtree(place, ignore_errors=True)
        raise
    return place


def planned(folders: Folders, folder: Path, place: Path, job: Job, code: int, *, is_own: bool = False) -> Job:
    """Give the job with where everything goes that lies in *place*: numbered alike if a name is taken there.

    The file itself comes first, so that whoever waits for the answer finds both. A file that is its own answer goes
    where answers go; its `.bak` is then the file as it was dropped.
    """
    answers = folders.answers or folder
    backup = f"{job.name}.bak"
    goes: dict[str, Path] = {job.name: (answers if is_own else folder) / job.name}
    for name in _names_in(place):
        if name == backup:
            goes[backup] = folder / (job.name if answers != folder else backup)
        elif name != job.name:
            goes[name] = answers / name
    return job.model_copy(update={"code": code, "moves": tuple(_free(goes, Path(job.name).stem).items())})


def _names_in(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if not path.name.startswith("."))


def _free(goes: Mapping[str, Path], stem: str) -> dict[str, Path]:
    free = next(finals for finals in _names(goes, stem) if not any(map(os.path.lexists, finals)))
    return dict(zip(goes, map(placed, free), strict=True))


def _names(goes: Mapping[str, Path], stem: str) -> Iterator[list[Path]]:
    yield list(goes.values())
    for number in itertools.count(2):
        yield [path.with_name(f"{stem}-{number}{path.name.removeprefix(stem)}") for path in goes.values()]


def move(run: Run, folders: Folders, place: Path, job: Job) -> Path:
    """Do what is planned, as far as it is not done yet; give where the file is. Raises Busy, OSError.

    Nobody writes results meanwhile. Before that somebody may have: what is new goes along, and where something has come
    to lie on a place that was free, what is not there yet gets another number.
    """
    with held(run.settings) as journal, run.stop.shield():
        moves = _moves(folders, place, job)
        if moves != job.moves:
            job.model_copy(update={"moves": moves}).write(place)
        for name, to in moves:
            _bring(place / name, to)
        journal.move_results({placed(place / name): to for name, to in moves})
    clear(place)
    return moves[0][1]


def _moves(folders: Folders, place: Path, job: Job) -> tuple[tuple[str, Path], ...]:
    there, moves = _names_in(place), dict(job.moves)
    stem, final = Path(job.name).stem, job.moves[0][1]
    answers = placed(folders.answers) if folders.answers else final.parent
    for name in there:
        moves.setdefault(name, answers / f"{final.stem}{name.removeprefix(stem)}")
    if any(_is_taken(place / name, moves[name]) for name in there):
        first = {name: moves[name].with_name(f"{stem}{moves[name].name.removeprefix(final.stem)}") for name in there}
        moves |= _free(first, stem)
    return tuple(moves.items())


def _is_taken(path: Path, to: Path) -> bool:
    """Whether something else than *path* lies at *to*; a copy of it on another disk is what a kill left there."""
    if not os.path.lexists(to):
        return False
    is_copy = to.is_file() and to.stat().st_dev != path.stat().st_dev and filecmp.cmp(path, to, shallow=False)
    return not is_copy


def _bring(path: Path, to: Path) -> None:
    if not path.exists():
        return
    if _is_taken(path, to):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path), None, str(to))
    try:
        path.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with replacing(to, like=path) as fresh:
            shutil.copy2(path, fresh)  # with its time, which an answer may repeat
        path.unlink()


def clear(place: Path) -> None:
    """Remove what is ours alone; a file of anybody else's keeps the folder, and that is an OSError."""
    for path in place.iterdir():
        if path.name.startswith("."):
            path.unlink()
    place.rmdir()

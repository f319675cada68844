"""A dropped file on its way: claimed into a place of its own, and moved with its answer to where both belong."""

from __future__ import annotations

import errno
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
from confirma_connector.opening import held
from confirma_connector.run import Run

__all__ = ["Folders", "Job", "claim", "clear", "jobs", "move", "planned"]

_JOB = ".job.json"


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

    def check(self) -> None:
        """Raise SettingsError naming the folder that is not there, or that is two things at once."""
        named = {"IN": self.inbox, "--done": self.done, "--failed": self.failed, "--answers": self.answers}
        for name, path in named.items():
            if path is None:
                continue
            if not path.is_dir():
                raise SettingsError(f"{name} {path}: there is no such folder")
            if name != "IN" and path.samefile(self.inbox):
                raise SettingsError(f"{name} {path}: is IN itself; what lies there would be taken for a new file")


class Job(BaseModel):
    """What is known of a claimed file: its name and when that was; once it is sent, what goes where, and the code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    begun: float
    code: int = 0
    moves: tuple[tuple[str, Path], ...] = ()

    @classmethod
    def read(cls, place: Path) -> Job | None:
        """Give the job in *place*; None when a kill came before anything was claimed. Raises JournalError."""
        file = place / _JOB
        try:
            return cls.model_validate_json(file.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            raise JournalError(f"{file}: is not as it was left; move the files beside it back to IN") from None

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
    for path in sorted(place.iterdir()):
        if path.name == backup:
            goes[backup] = folder / (job.name if answers != folder else backup)
        elif path.name != job.name and not path.name.startswith("."):
            goes[path.name] = answers / path.name
    free = next(finals for finals in _names(goes, Path(job.name).stem) if not any(map(os.path.lexists, finals)))
    moves = tuple(zip(goes, map(placed, free), strict=True))
    return job.model_copy(update={"code": code, "moves": moves})


def _names(goes: Mapping[str, Path], stem: str) -> Iterator[list[Path]]:
    yield list(goes.values())
    for number in itertools.count(2):
        yield [path.with_name(f"{stem}-{number}{path.name.removeprefix(stem)}") for path in goes.values()]


def move(run: Run, place: Path, job: Job) -> None:
    """Do what is planned, as far as it is not done yet; nobody writes results meanwhile. Raises Busy, OSError."""
    with held(run.settings) as journal, run.stop.shield():
        for name, to in job.moves:
            _bring(place / name, to)
        journal.move_results({placed(place / name): to for name, to in job.moves})
    clear(place)


def _bring(path: Path, to: Path) -> None:
    if not path.exists():
        return
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

"""Files on disk: replaced whole or not at all, known by their hash, locked by one run at a time."""

from __future__ import annotations

import contextlib
import filecmp
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from confirma_connector.errors import Busy, JournalError, SettingsError, UnwritableResults
from confirma_connector.language import because, tr

__all__ = ["digest", "kept_aside", "locked", "placed", "private_file", "replacing"]


def digest(path: Path) -> str:
    """Give the SHA-256 of a file's bytes as hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def placed(path: Path) -> Path:
    """Give the one spelling of where *path* lies, by which it is known again; a link stays the link that it is.

    Raises SettingsError when the name is no text: it could be neither shown nor remembered.
    """
    place = path.parent.resolve() / path.name
    try:
        str(place).encode("utf-8")
    except UnicodeEncodeError:
        shown = os.fsencode(place).decode("utf-8", "backslashreplace")
        raise SettingsError(
            tr(
                "{path}: this name has characters in another encoding than UTF-8; rename the file or its folder",
                path=shown,
            )
        ) from None
    return place


def private_file(path: Path) -> Path:
    """Make an empty file that only its owner can read, in a folder of the same kind, unless it is there already."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    return path


@contextlib.contextmanager
def replacing(target: Path, like: Path | None = None) -> Iterator[Path]:
    """Give a fresh path beside *target*; when the block ends well it takes the target's place in one step.

    A target that holds the same bytes already is left as it is.

    The bytes are on disk before the step. Permissions of an existing target stay, a new one gets those of *like*
    (without it: its owner's alone); a symbolic link stays a link. Raises UnwritableResults when the file or folder
    cannot be written.
    """
    final = Path(os.path.realpath(target))
    fresh = final.with_name(f".{final.name[:40]}.{secrets.token_hex(4)}.tmp")  # a long name leaves no room for more
    try:
        yield fresh
        if final.is_file() and filecmp.cmp(fresh, final, shallow=False):
            return
        _take_over_mode(fresh, final, like)
        _flush(fresh)
        fresh.replace(final)
        _flush_folder(final.parent)
    except OSError as error:
        reason = because(error)
        raise UnwritableResults(
            tr(
                "{path}: cannot be written now ({reason}); is it open in another program?",
                path=target,
                reason=reason,
            )
        ) from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def _take_over_mode(fresh: Path, final: Path, like: Path | None) -> None:
    if final.exists() and not final.stat().st_mode & stat.S_IWUSR:
        raise PermissionError(13, tr("the file is read-only"), str(final))
    model = final if final.exists() else like
    fresh.chmod(stat.S_IMODE(model.stat().st_mode) | stat.S_IWUSR if model else 0o600)


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    if os.name == "posix":
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def kept_aside(path: Path) -> Path:
    """Keep a copy of *path* as it is now beside it, once: an existing `.bak` is the older truth and stays."""
    backup = path.with_name(path.name + ".bak")
    if not backup.exists():
        with replacing(backup) as fresh:
            shutil.copyfile(path, fresh)
    return backup


@contextlib.contextmanager
def locked(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock file *path*; the system lets go of it when the process ends, however it ends.

    Raises Busy with the sentence *busy* when somebody else holds it, and JournalError when it cannot be made.
    """
    lock = FileLock(path, timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(busy) from None
    except OSError as error:
        raise JournalError(
            tr("{path}: the lock of the journal cannot be taken: {reason}", path=path, reason=because(error))
        ) from None
    try:
        yield
    finally:
        lock.release()

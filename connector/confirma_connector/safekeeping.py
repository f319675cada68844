"""A source while a partner's adapter works on it: what it was is kept, and put beside it if it is changed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from confirma_connector.errors import SourceError
from confirma_connector.files import digest
from confirma_connector.language import because, tr

__all__ = ["Changed", "unchanged"]

_BLOCK = 1 << 20


class Changed(Exception):
    """The file is not what it was; *saved* is a copy of what it was."""

    def __init__(self, path: Path, saved: Path) -> None:
        super().__init__(str(path))
        self.path = path
        self.saved = saved


@contextlib.contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Keep a copy of *path* meanwhile, in case it is changed. Raises Changed, SourceError.

    If the block is left at once, or fails, the copy is still put beside the file that was changed.
    """
    if not path.is_file():
        yield
        return
    with tempfile.TemporaryFile() as copy:
        try:
            with path.open("rb") as file:
                shutil.copyfileobj(file, copy, _BLOCK)
        except OSError as error:
            raise SourceError(
                tr("{path}: no copy of it can be kept meanwhile: {reason}", path=path, reason=because(error))
            ) from None
        copy.seek(0)
        was = hashlib.file_digest(copy, "sha256").hexdigest()
        try:
            yield
        except GeneratorExit:
            _saved(path, copy, was)
            raise
        except BaseException as error:
            if saved := _saved(path, copy, was):
                raise Changed(path, saved) from error
            raise
        if saved := _saved(path, copy, was):
            raise Changed(path, saved)


def _saved(path: Path, copy: IO[bytes], was: str) -> Path | None:
    """Put what *path* was beside it, if it is another file now, or none."""
    with contextlib.suppress(OSError):
        if path.is_file() and digest(path) == was:
            return None
    number, saved = 1, path.with_name(f"{path.name}.saved")
    while os.path.lexists(saved):
        number += 1
        saved = path.with_name(f"{path.name}.saved-{number}")
    try:
        _write(copy, saved)
    except OSError:
        saved = Path(tempfile.mkdtemp(prefix="confirma-saved-")) / path.name
        _write(copy, saved)
    return saved


def _write(copy: IO[bytes], saved: Path) -> None:
    copy.seek(0)
    with saved.open("xb") as file:
        shutil.copyfileobj(copy, file, _BLOCK)

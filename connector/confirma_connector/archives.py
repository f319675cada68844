"""Zip files opened within limits: what their directory says is judged before anything is unpacked."""

from __future__ import annotations

import io
import lzma
import os
import struct
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from confirma_connector.language import tr, whole
from confirma_connector.limits import Limits

__all__ = ["DAMAGES", "archive", "refuse_liars"]

DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, OSError, ValueError),
)
"""What reading a zip file that is damaged or none raises; RuntimeError when it is encrypted."""

_LARGEST_READ = 16 << 20
_BLOCK = 1 << 18
_SMALL = 64 << 20
"""Bytes: what unpacks to no more than this may be as dense as it likes."""


class _Patient(io.FileIO):
    """A file that is never asked for much at once: the directory of a zip file would be read whole, however large."""

    def read(self, size: int | None = -1, /) -> bytes:
        left = os.fstat(self.fileno()).st_size - self.tell()
        most = left if size is None or size < 0 else min(size, left)
        if most > _LARGEST_READ:
            raise zipfile.BadZipFile(tr("its directory is larger than {largest} bytes", largest=whole(_LARGEST_READ)))
        return super().read(max(most, 0)) or b""


class _Archive(zipfile.ZipFile):
    """A zip file that closes what it reads from."""

    def __init__(self, path: Path) -> None:
        self._source = _Patient(path)
        try:
            super().__init__(self._source)
        except BaseException:
            self._source.close()
            raise

    def close(self) -> None:
        super().close()
        self._source.close()


def archive(path: Path, limits: Limits) -> zipfile.ZipFile:
    """Open the zip file *path*; a part never gives more than its directory says, so that this binds.

    Raises SourceError for one that is too large unpacked, and any of `DAMAGES` for one that is damaged.
    """
    opened = _Archive(path)
    try:
        _judge(opened, path, limits)
    except BaseException:
        opened.close()
        raise
    return opened


def _judge(opened: zipfile.ZipFile, path: Path, limits: Limits) -> None:
    infos, size = opened.infolist(), path.stat().st_size
    limits.check("parts", path.name, len(infos))
    if not all(info.filename for info in infos):
        raise zipfile.BadZipFile(tr("it holds a part without a name"))
    unpacked = sum(info.file_size for info in infos)
    limits.check("unpacked_size", path.name, unpacked)
    if unpacked > _SMALL:
        limits.check("unpacked_ratio", path.name, unpacked // max(size, 1))
    if sum(info.compress_size for info in infos) > size:
        raise zipfile.BadZipFile(tr("its parts overlap"))


def refuse_liars(opened: zipfile.ZipFile, path: Path) -> None:
    """Prove that no part is larger than the directory says: other readers than ours go on to its end.

    Raises BadZipFile.
    """
    with path.open("rb") as file:
        for info in opened.infolist():
            file.seek(info.header_offset + 26)
            name, extra = struct.unpack("<HH", file.read(4))
            file.seek(name + extra, 1)
            if info.compress_type == zipfile.ZIP_DEFLATED and _inflated(file, info) > info.file_size:
                raise zipfile.BadZipFile(tr("its part {part} is larger than it says", part=info.filename))


def _inflated(file: BinaryIO, info: zipfile.ZipInfo) -> int:
    """Give the size of a part as it unpacks; it is not followed further than a little beyond what it says."""
    inflating, left, size = zlib.decompressobj(-15), info.compress_size, 0
    while left and size <= info.file_size and not inflating.eof:
        block = file.read(min(left, _BLOCK))
        if not block:
            break
        left -= len(block)
        while block and size <= info.file_size:
            size += len(inflating.decompress(block, _BLOCK))
            block = inflating.unconsumed_tail
    return size

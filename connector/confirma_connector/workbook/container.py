"""The zip that a workbook is: read within limits, and copied with a few parts replaced and all others kept raw."""

from __future__ import annotations

import contextlib
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self

from confirma_connector.archives import DAMAGES, archive
from confirma_connector.errors import NoWriteBack, SourceError
from confirma_connector.language import tr
from confirma_connector.limits import Limits

__all__ = ["Container", "copy_with"]

_CHUNK = 1 << 18
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_HAS_DESCRIPTOR, _UTF8_NAME = 0x0008, 0x0800
_LIMIT = 0xFFFF_FFFF
_LEVEL = 6


class Container:
    """The parts of one workbook by name. Raises SourceError when the file is no zip, damaged or encrypted."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.name = path.name
        self.limits = limits
        self._files: set[IO[bytes]] = set()
        with path.open("rb") as file:
            head = file.read(len(_OLE))
            if not head.startswith(b"PK"):
                raise SourceError(f"{path.name}: {_what_else(head, file)}")
        with self._readable():
            self._zip = archive(path, limits)
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        self.parts = {info.filename.replace("\\", "/").lower(): info for info in infos}
        if len(self.parts) < len(infos):
            self.close()
            raise SourceError(tr("{name}: is damaged: it holds the same part twice", name=path.name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, also where a part was read half."""
        for file in self._files:
            file.close()
        self._zip.close()

    @property
    def infos(self) -> list[zipfile.ZipInfo]:
        """The members in the order of the directory, folders too."""
        return self._zip.infolist()

    @property
    def comment(self) -> bytes:
        """The comment behind the directory."""
        return self._zip.comment

    def has(self, part: str) -> bool:
        """Tell whether there is such a part; case does not matter."""
        return part.lower() in self.parts

    def member(self, part: str) -> zipfile.ZipInfo:
        """Give the directory's entry of a part. Raises SourceError when it is missing."""
        if not self.has(part):
            raise SourceError(tr("{name}: is damaged: its part {part} is missing", name=self.name, part=part))
        return self.parts[part.lower()]

    def read(self, part: str) -> bytes:
        """Give a part whole: for the small ones."""
        place = tr("{name}, part {part}", name=self.name, part=part)
        self.limits.check("part_size", place, self.member(part).file_size)
        return b"".join(self.chunks(part))

    def chunks(self, part: str) -> Iterator[bytes]:
        """Give a part piece by piece; its check sum is proved at the end."""
        with self._readable(), self._zip.open(self.member(part)) as file:
            self._files.add(file)
            while chunk := file.read(_CHUNK):
                yield chunk
            self._files.discard(file)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except DAMAGES as error:
            reason = " ".join(str(error).split())
            raise SourceError(
                tr("{name}: is no workbook, or is damaged or cut off ({reason})", name=self.name, reason=reason)
            ) from None
        except RuntimeError:
            raise SourceError(tr("{name}: is encrypted; save it without a password", name=self.name)) from None


def _what_else(head: bytes, file: BinaryIO) -> str:
    if head != _OLE:
        return tr("is no workbook by its content, whatever its name says") if head else tr("the file is empty")
    file.seek(0)
    if any("EncryptedPackage".encode("utf-16-le") in block for block in iter(lambda: file.read(_CHUNK), b"")):
        return tr("is protected by a password: save it without one")
    return tr(
        'is an old .xls file by its content: save it as .xlsx, or read it with "adapter: table" under the name .xls'
    )


def copy_with(container: Container, replaced: Mapping[str, Iterable[bytes]], target: Path) -> bool:
    """Write the zip of *container* to *target* with some parts *replaced*; every other part keeps its very bytes.

    Names, order and dates stay. Tells whether any part is another than it was. Raises NoWriteBack for an archive of
    4 GiB or more.
    """
    fresh = {container.member(part).filename: chunks for part, chunks in replaced.items()}
    is_other = False
    with container.path.open("rb") as source, target.open("wb") as out:
        directory = []
        for info in container.infos:
            start = out.tell()
            packed = _Packed(info)
            out.write(packed.local_header())
            if info.filename in fresh:
                packed.deflate(fresh[info.filename], out)
                is_other = is_other or packed.is_other
                end = out.tell()
                out.seek(start)
                out.write(packed.local_header())
                out.seek(end)
            else:
                _copy_raw(source, info, out, container.name)
            directory.append(packed.central_header(start))
        start = out.tell()
        out.writelines(directory)
        size, count, comment = out.tell() - start, len(directory), container.comment
        if start + size >= _LIMIT or count >= 0xFFFF:
            raise NoWriteBack(tr("{name} is too large to be written", name=container.name))
        out.write(_END.pack(b"PK\x05\x06", 0, 0, count, count, size, start, len(comment)) + comment)
    return is_other


def _copy_raw(source: BinaryIO, info: zipfile.ZipInfo, out: BinaryIO, name: str) -> None:
    source.seek(max(info.header_offset, 0))
    head = source.read(_LOCAL.size)
    if info.header_offset < 0 or len(head) < _LOCAL.size:
        raise _cut_off(name)
    header = _LOCAL.unpack(head)
    source.seek(header[9] + header[10], 1)
    left = info.compress_size
    while left:
        block = source.read(min(left, _CHUNK))
        if not block:
            raise _cut_off(name)
        out.write(block)
        left -= len(block)


def _cut_off(name: str) -> SourceError:
    reason = tr("the file ends too early")
    return SourceError(tr("{name}: is no workbook, or is damaged or cut off ({reason})", name=name, reason=reason))


def _blocks(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Put small *chunks* together: a sheet comes row by row."""
    held, size = list[bytes](), 0
    for chunk in chunks:
        held.append(chunk)
        size += len(chunk)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


class _Packed:
    """One member as it stands in the new zip: sizes and check sum are known before or, when deflated anew, after."""

    def __init__(self, info: zipfile.ZipInfo) -> None:
        self._info = info
        self._name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_NAME else "cp437")
        self._flags = info.flag_bits & ~_HAS_DESCRIPTOR
        self._method = info.compress_type
        self._crc, self._packed, self._size = info.CRC, info.compress_size, info.file_size

    def deflate(self, chunks: Iterable[bytes], out: BinaryIO) -> None:
        """Write *chunks* compressed."""
        deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -15)
        self._method, self._crc, self._packed, self._size = zipfile.ZIP_DEFLATED, 0, 0, 0
        for chunk in _blocks(chunks):
            self._crc = zlib.crc32(chunk, self._crc)
            self._size += len(chunk)
            self._packed += out.write(deflater.compress(chunk))
        self._packed += out.write(deflater.flush())
        if self._size >= _LIMIT:
            raise NoWriteBack(tr("the part {part} is too large to be written", part=self._info.filename))

    @property
    def is_other(self) -> bool:
        """Whether its content is not what it was."""
        return (self._crc, self._size) != (self._info.CRC, self._info.file_size)

    def local_header(self) -> bytes:
        """Give what stands before the member's bytes."""
        return _LOCAL.pack(b"PK\x03\x04", 20, *self._common(), len(self._name), 0) + self._name

    def central_header(self, start: int) -> bytes:
        """Give the member's entry in the directory."""
        info = self._info
        made_by = info.create_system << 8 | info.create_version
        tail = (len(self._name), 0, len(info.comment), 0, info.internal_attr, info.external_attr, min(start, _LIMIT))
        return _CENTRAL.pack(b"PK\x01\x02", made_by, 20, *self._common(), *tail) + self._name + info.comment

    def _common(self) -> tuple[int, ...]:
        year, month, day, hour, minute, second = self._info.date_time
        date, time = (year - 1980) << 9 | month << 5 | day, hour << 11 | minute << 5 | second // 2
        return (self._flags, self._method, time, date, self._crc, self._packed, self._size)

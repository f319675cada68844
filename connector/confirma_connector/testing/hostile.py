"""Broken files: each is read, or refused with a clear error that names the file."""

from __future__ import annotations

import random
from collections.abc import Iterator

from confirma_connector.errors import AdapterError, ConfirmaError
from confirma_connector.patience import Late
from confirma_connector.testing.bare import cause_of
from confirma_connector.testing.finding import Finding
from confirma_connector.testing.trial import Trial

__all__ = ["broken_files_are_refused"]

_CUTS = 12
_FLIPS = 16
_SHOWN = 4
_LARGEST = 200_000


def broken_files_are_refused(trial: Trial) -> Iterator[Finding]:
    """Files that are empty, cut off, or of something else give records or a SourceError, and never another error."""
    found = 0
    for what, content in _broken(trial.content):
        done = f"read a copy of {trial.name} that is {what}"
        expected = "records, or a SourceError that names the file"
        path = trial.made(content)
        try:
            trial.read(path)
        except AdapterError as error:
            found += 1
            cure = _cure(cause_of(error))
            yield trial.failure(done, expected, error, cure)
        except ConfirmaError as error:
            if path.name in str(error):
                continue
            found += 1
            cure = 'begin the message with the file: raise SourceError(f"{source.path}, line {number}: …")'
            yield trial.fault(done, expected, f'{type(error).__name__} without its name: "{error}"', cure)
        except Late:
            yield trial.without_ending(done)
            return
        finally:
            path.unlink()
        if found >= _SHOWN:
            return


def _cure(error: BaseException) -> str:
    if isinstance(error, UnicodeDecodeError):
        return (
            'catch UnicodeDecodeError and raise SourceError(f"{source.path}, line {number}: is no UTF-8 text"); for '
            "text by lines, source.lines() does so"
        )
    return (
        'catch it where the text is taken apart: raise SourceError(f"{source.path}, line {number}: …") when the whole '
        "file cannot be read, or give the record with problems=(…,) when it is this record alone"
    )


def _broken(content: bytes) -> Iterator[tuple[str, bytes]]:
    dice = random.Random(len(content))
    content = content[:_LARGEST]
    size = len(content)
    yield "empty", b""
    yield "one line end", b"\n"
    yield "a few spaces", b"   \n  \n"
    yield "500 zero bytes", bytes(500)
    yield "random bytes", dice.randbytes(2_000)
    yield "a web page", b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in</body></html>\n"
    for at in sorted({size * cut // _CUTS for cut in range(1, _CUTS)} | {1, max(size - 1, 1), max(size - 3, 1)}):
        yield f"cut off after {at} of {size} bytes", content[:at]
    middle = size // 2
    yield f"with a zero byte in the middle (byte {middle})", content[:middle] + b"\0" + content[middle:]
    yield "followed by zero bytes", content + bytes(200)
    yield "twice in one file", content * 2
    yield "one line of 2 million characters", content.replace(b"\n", b" ")[:200] + b"x" * 2_000_000
    yield "its first line again and again", (content.split(b"\n", 1)[0] + b"\n") * 50
    yield "without its first line", content.partition(b"\n")[2]
    yield "with other line ends", content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    yield "its lines in the opposite order", b"\n".join(reversed(content.split(b"\n")))
    yield "UTF-16", b"\xff\xfe" + content.decode("latin-1").encode("utf-16-le")
    yield (
        "with letters of another encoding (byte 0xC4 in the middle)",
        content[:middle] + b"\xc4\xe4" + content[middle:],
    )
    for _ in range(_FLIPS if size else 0):
        at = dice.randrange(size)
        other = dice.choice((dice.randrange(256), ord(";"), ord("|"), ord("="), ord('"'), 10, 32, 0x80))
        yield f"changed at byte {at}, to {bytes([other])!r}", content[:at] + bytes([other]) + content[at + 1 :]
    for _ in range(_FLIPS // 2 if size > 20 else 0):
        at, count = dice.randrange(size), dice.randrange(1, 20)
        yield f"without its bytes {at} to {at + count}", content[:at] + content[at + count :]

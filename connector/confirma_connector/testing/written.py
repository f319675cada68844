"""Files with results in them: made with results that cannot be mistaken for each other, and compared."""

from __future__ import annotations

import codecs
import io
import itertools
import zipfile
from dataclasses import dataclass
from pathlib import Path

from confirma_connector.errors import ConfirmaError, NoWriteBack
from confirma_connector.patience import Late
from confirma_connector.records import Record, Result
from confirma_connector.testing.finding import Broken, Needless
from confirma_connector.testing.trial import Trial, sight

__all__ = ["HOOK", "Written", "alike", "difference", "due", "is_text", "lost", "written"]

HOOK = "write_results"
_BLANK = ord(" ")
_STATES = ("delivered", "waiting", "failed", "sent", "attention")
_ODD = (
    "says \"no\", and 'never'; a|b;c,d\te=f <b>&amp;</b> ]]> <!-- x --> {}[] two\nlines\r\nand more "
    "Åäö €uro 😀 \u2028 \x07 bell \\ backslash %s {name} #x =1+1"
)


@dataclass(frozen=True)
class Written:
    """A file with results in it: its bytes, its records, and which of them are due a result."""

    content: bytes
    records: list[Record]
    due: dict[int, Result]


def written(trial: Trial, path: Path, salt: str, done: str) -> Written:
    """Write results into a copy of *path*, and read it. Raises Needless where there is no write-back, Broken."""
    if HOOK not in trial.adapter.hooks:
        raise Needless("it has no `write_results` hook: results go to a list beside the source")
    target = trial.new_folder() / f".{trial.name}.1a2b.tmp"
    results = due(trial, path, salt)
    try:
        trial.write(path, list(results.values())[::-1], target)  # in whatever order: `at` says where
    except NoWriteBack as error:
        raise Needless(f"`write_results` says NoWriteBack for this sample ({error}): results go to a list") from None
    except Late:
        raise Broken(trial.without_ending(done, HOOK)) from None
    except (ConfirmaError, OSError) as error:
        cure = "make `write_results` write a copy of this sample to `target`; the host moves it into place"
        raise Broken(trial.failure(done, "a copy with the results in it", error, cure, HOOK)) from None
    content = target.read_bytes()
    try:
        return Written(content, trial.read(trial.made(content)), results)
    except Late:
        raise Broken(trial.without_ending(f"read {trial.name} with results in it")) from None
    except ConfirmaError as error:
        cure = "write what `read` can read again: results go into the file that is sent the next time"
        raise Broken(trial.failure(done, "a file that `read` reads", error, cure, HOOK)) from None


def due(trial: Trial, path: Path, salt: str) -> dict[int, Result]:
    """Give results for the records that speak for an invoice, by the order of the record in the file."""
    results = {}
    for number in _speaking(trial, path):
        record = trial.read_once(path)[number]
        message = _ODD + "x" * 3_000 * (number % 2) if salt == "odd" else f"message {salt} {number}"
        state = _STATES[(number + len(salt)) % len(_STATES)]
        time = "2026-11-23 10:00:00" if salt == "one" else "2026-11-24 10:00:00"
        results[number] = Result(record.at, str(10_000 - number), state, message, time, f"case-{salt}-{number}")
    return results


def _speaking(trial: Trial, path: Path) -> list[int]:
    records = trial.read_once(path)
    mapping = trial.mapping
    if mapping is not None and mapping.adapter.name == trial.adapter.name:
        heads = {item.at for item in trial.surveyed(path)}
        return [number for number, record in enumerate(records) if record.at in heads]
    if any(record.document is not None for record in records):
        return [number for number, record in enumerate(records) if record.part != "line"]
    return list(range(0, len(records), 2))


def alike(one: Written, other: Written) -> bool:
    """Tell whether two files are the same: text by its bytes, a zip archive by its parts, what else by its records."""
    if one.content == other.content:
        return True
    if is_text(one.content):
        return False
    if not all(zipfile.is_zipfile(io.BytesIO(made.content)) for made in (one, other)):
        return [sight(record) for record in one.records] == [sight(record) for record in other.records]
    parts = []
    for made in (one, other):
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            parts.append({name: archive.read(name) for name in archive.namelist()})
    return parts[0] == parts[1]


def is_text(content: bytes) -> bool:
    """Tell whether a file is text, in which every byte has its place; a database, say, moves its own about."""
    return b"\0" not in content or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def difference(one: bytes, other: bytes) -> str:
    """Say where two files begin to differ."""
    pairs = itertools.zip_longest(one, other)
    place = next((at for at, (a, b) in enumerate(pairs) if a != b), 0)
    line = one.count(b"\n", 0, place) + 1
    begin = max(place - 15, 0)
    return f"line {line}: {one[begin : place + 30]!r} became {other[begin : place + 30]!r}"


def lost(was: bytes, now: bytes) -> str:
    """Say which line of *was* is not in *now* with all its bytes in order; "" when every line is.

    In the place of its blanks other bytes may stand, where it is as long as before.
    """
    if _holds(now, was):
        return ""
    lines, at = now.splitlines(keepends=True), 0
    for number, line in enumerate(was.splitlines(keepends=True), 1):
        there = next((n for n in range(at, len(lines)) if _holds(lines[n], line) or _fills(lines[n], line)), None)
        if there is None:
            became = lines[at] if at < len(lines) else b""
            return f"line {number} is gone or changed: {difference(line, became).partition(': ')[2]}"
        at = there + 1
    return ""


def _holds(now: bytes, was: bytes) -> bool:
    """Tell whether every byte of *was* stands in *now*, in its order."""
    at = 0
    for place in range(len(was)):
        at = now.find(was[place : place + 1], at) + 1
        if not at:
            return False
    return True


def _fills(now: bytes, was: bytes) -> bool:
    """Tell whether *now* is *was* with something in the place of blanks."""
    return len(now) == len(was) and all(a in (b, _BLANK) for a, b in zip(was, now, strict=True))

"""Other files made of a sample in an unknown format: by its lines, and the adapter itself says if it worked."""

from __future__ import annotations

import codecs
import contextlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from confirma_connector.errors import ConfirmaError
from confirma_connector.patience import Late
from confirma_connector.records import Record
from confirma_connector.testing.finding import Untried
from confirma_connector.testing.trial import Trial
from confirma_connector.testing.written import is_text

__all__ = ["longer", "resorted", "shortened", "with_lines_deleted"]

_LONGEST_HEAD, _LONGEST_FOOT = 20, 3
_TRIED = 60
_MOST_LINES = 2_000
_FEWEST = 3
_LINE = re.compile(r"\bline (\d+)\b")
_Block = tuple[bytes, ...]
_WIDE = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


@dataclass(frozen=True)
class _Lines:
    """A text in lines: its beginning, its end, and the body that may be repeated, with *mark* in between."""

    head: bytes
    body: _Block
    foot: bytes
    mark: bytes = b""

    def made(self, *blocks: _Block) -> bytes:
        """Give the text with these blocks."""
        ends = [*(True for _ in blocks[1:]), False]
        marked = (self._marked(block, is_followed=end) for block, end in zip(blocks, ends, strict=True))
        return b"".join((self.head, *(line for block in marked for line in block), self.foot))

    def _marked(self, block: _Block, *, is_followed: bool) -> _Block:
        if not self.mark:
            return block
        text = block[-1].rstrip().removesuffix(self.mark)
        return (*block[:-1], text + (self.mark if is_followed else b"") + b"\n")


def longer(trial: Trial) -> Callable[[Path, int], None]:
    """Give what writes a file of so many times the sample. Raises Untried when nobody knows how."""
    if trial.sample.longer is not None:
        return trial.sample.longer
    lines = next(_lines(trial, trial.content), None)
    if lines is None:
        raise Untried(
            "how to make a longer file of this format cannot be found out: give the sample, with pytest, "
            "longer=function; longer(path, times) writes to `path` a file with so many times the invoices"
        )
    return lambda path, times: _write(path, lines.made(*[lines.body] * times))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def resorted(trial: Trial, content: bytes) -> bytes | None:
    """Give the same invoices in another order; None when nobody knows how."""
    made = _rearranged(trial, content, lambda lines, at: lines.made(lines.body[at:], lines.body[:at]), _is_sorted)
    return next(made, None) or next((lines.swapped() for lines in _invoices(trial, content)), None)


def shortened(trial: Trial, content: bytes) -> bytes | None:
    """Give the file without the first of its invoices; None when nobody knows how."""
    return next(_rearranged(trial, content, lambda lines, at: lines.made(lines.body[at:]), _is_end), None)


def with_lines_deleted(trial: Trial, content: bytes) -> bytes | None:
    """Give the file as a person leaves it who deletes invoices behind the first, whether the adapter reads it or not.

    None when nobody knows how.
    """
    if (lines := next(_invoices(trial, content), None)) is not None:
        return lines.without_the_second()
    return next(_rearranged(trial, content, lambda lines, at: lines.made(lines.body[:at]), _is_begin), None)


@dataclass(frozen=True)
class _Invoices:
    """A text in the lines of its first invoices, and what stands before and behind them."""

    head: bytes
    first: bytes
    second: bytes
    rest: bytes

    def swapped(self) -> bytes:
        """Give the text with the first two the other way round."""
        return self.head + self.second + self.first + self.rest

    def without_the_second(self) -> bytes:
        """Give the text without the lines of the second."""
        return self.head + self.first + self.rest


def _invoices(trial: Trial, content: bytes) -> Iterator[_Invoices]:
    """Find the lines of invoices that say on which they begin; that two may change places shows that these are all.

    So it is known of a file that counts its invoices, too, what has to go when one of them is deleted.
    """
    was, cut = _told(trial, content), _cut(content)
    if not was or len(was) < _FEWEST:
        return
    found = [_LINE.search(item.where) for item in trial.surveyed(trial.made(content))[:_FEWEST]]
    begins = [int(one[1]) - 1 for one in found if one]
    if len(begins) == _FEWEST and begins == sorted(set(begins)) and begins[-1] < len(cut):
        one, two, three = begins
        pieces = (cut[:one], cut[one:two], cut[two:three], cut[three:])
        made = _Invoices(*(b"".join(piece) for piece in pieces))
        if _told(trial, made.swapped()) == [was[1], was[0], *was[2:]]:
            yield made


def _rearranged(
    trial: Trial,
    content: bytes,
    make: Callable[[_Lines, int], bytes],
    is_meant: Callable[[list[str], list[str]], bool],
) -> Iterator[bytes]:
    was = _told(trial, content)
    for lines in reversed(list(_lines(trial, content)) if was else []):  # the closest around the invoices first
        size = len(lines.body)
        for at in sorted(range(1, size), key=lambda at: abs(at - size // 2))[:_TRIED]:
            made = make(lines, at)
            now = _told(trial, made)
            if was and now and now != was and is_meant(was, now):
                yield made


def _is_sorted(was: list[str], now: list[str]) -> bool:
    return Counter(now) == Counter(was)


def _is_end(was: list[str], now: list[str]) -> bool:
    return len(now) < len(was) and now == was[-len(now) :]


def _is_begin(was: list[str], now: list[str]) -> bool:
    return len(now) < len(was) and now == was[: len(now)]


def _told(trial: Trial, content: bytes) -> list[str] | None:
    """Tell what the invoices of a file are, in its order; None when it cannot be read."""
    path = trial.made(content)
    with contextlib.suppress(ConfirmaError, Late):
        return [
            f"{item.label} {item.facts.core if item.facts else ''} {len(item.errors)}" for item in trial.surveyed(path)
        ]
    return None


def _lines(trial: Trial, content: bytes) -> Iterator[_Lines]:
    """Find what may be repeated: what gives its records twice when it stands there twice."""
    cut = _cut(content)
    if not cut or len(cut) > _MOST_LINES:
        return
    once = _values(trial, b"".join(cut))
    for begin in range(min(_LONGEST_HEAD, len(cut)) if once else 0):
        for end in range(min(_LONGEST_FOOT, len(cut) - begin - 1) + 1):
            head, body, foot = cut[:begin], cut[begin : len(cut) - end], cut[len(cut) - end :]
            for mark in (b"", b",") if begin and end else (b"",):
                lines = _Lines(b"".join(head), tuple(body), b"".join(foot), mark)
                if once and _values(trial, lines.made(lines.body, lines.body)) == once * 2:
                    yield lines


def _cut(content: bytes) -> list[bytes]:
    """Cut a text into its lines, each with its end; give none for what is no text."""
    encoding = next((one for bom, one in _WIDE if content.startswith(bom)), "latin-1")
    if not is_text(content):
        return []
    lines = content.decode(encoding, "replace").split("\n")
    return [f"{line}\n".encode(encoding, "replace") for line in (lines if lines[-1] else lines[:-1])]


def _values(trial: Trial, content: bytes) -> list[tuple[object, ...]] | None:
    path = trial.made(content)
    with contextlib.suppress(ConfirmaError, Late):
        return [_seen(record) for record in trial.read(path)]
    return None


def _seen(record: Record) -> tuple[object, ...]:
    return dict(record.values), record.part, bool(record.problems), bool(record.skipped)

"""Invoices as lines of `key=value` pairs: an adapter in one file."""

from collections.abc import Iterator
from pathlib import Path

from confirma_connector import Match, Record, Source, SourceError, hookimpl


@hookimpl
def detect(path: Path, head: bytes) -> Match:
    """Claim files named .pairs."""
    return "specific" if path.suffix == ".pairs" and b"=" in head else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give one record a line: `number=1001|buyer=Ab Oy|…`."""
    with source.open() as file:
        for number, line in enumerate(file, start=1):
            if b"\0" in line:
                raise SourceError(f"{source.path}, line {number}: this is not a text file")
            text = line.decode("utf-8").strip()
            if text:
                pairs = dict(pair.partition("=")[::2] for pair in text.split("|"))
                yield Record(values=pairs, at=number, where=f"line {number}")

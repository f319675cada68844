"""Invoices of Kassa, in binary: a head, then records of one length. With results they are longer, as the head says."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from confirma_connector import Match, Record, Result, Source, SourceError, hookimpl

ENCODING = "iso-8859-15"
HEAD = struct.Struct("<5sHI")  # KASSA, the length of a record, how many there are
NAMES = ("number", "date", "due", "buyer", "email", "text", "cents", "vat")
FIELDS = struct.Struct("<3I24s24s24siH")
LONGEST = 160  # of a message
RESULTS = struct.Struct(f"<16s{LONGEST}s19s40s")


@hookimpl
def detect(head: bytes) -> Match:
    """Claim what begins as Kassa's files do."""
    return "specific" if head.startswith(b"KASSA") else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give one record each; the mapping groups those of one invoice by their number."""
    for number, raw in enumerate(raw_records(source), 1):
        values = dict(zip(NAMES, map(spelled, FIELDS.unpack(raw[: FIELDS.size])), strict=True))
        if cells := raw[FIELDS.size :]:
            values |= zip(source.headers.names(), map(spelled, RESULTS.unpack(cells)), strict=True)
        yield Record(values, at=number, where=f"record {number}")


@hookimpl
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool | str:
    """Write the results behind their records; `pack` cuts what is too long for its place."""
    new = {one.at: RESULTS.pack(*(cell.encode(ENCODING, "replace") for cell in one.cells())) for one in results}
    with source.open() as file, target.open("wb") as copy:
        copy.write(HEAD.pack(b"KASSA", FIELDS.size + RESULTS.size, HEAD.unpack(file.read(HEAD.size))[2]))
        for number, raw in enumerate(raw_records(source), 1):
            copy.write(raw[: FIELDS.size] + new.get(number, raw[FIELDS.size :] or bytes(RESULTS.size)))
    return f"messages are cut to {LONGEST} characters" if any(len(one.message) > LONGEST for one in results) else True


def raw_records(source: Source) -> Iterator[bytes]:
    """Give each record as it lies there. Raises SourceError for a file that is not what its head says."""
    with source.open() as file:
        kind, length, count = HEAD.unpack(file.read(HEAD.size).ljust(HEAD.size, b"\0"))
        size = HEAD.size + count * length
        is_known = kind == b"KASSA" and length in (FIELDS.size, FIELDS.size + RESULTS.size)
        if not is_known or source.path.stat().st_size != size:
            raise SourceError(f"{source.path.name}: expected a file of Kassa, {size} bytes long by its head")
        for _ in range(count):
            yield file.read(length)


def spelled(value: int | bytes) -> str:
    """Give a field as text."""
    return value.rstrip(b"\0 ").decode(ENCODING) if isinstance(value, bytes) else str(value)

"""Invoices of Kassa, in binary: a head, then records of one length. Results make the records longer, as the head says."""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from confirma_connector import Match, Record, Result, Source, SourceError, hookimpl

ENCODING = "iso-8859-15"
MAGIC = b"KASSA"
HEAD = struct.Struct("<5sHI")  # what the file is, the length of a record, how many there are
NAMES = ("number", "date", "due", "buyer", "email", "text", "cents", "vat")
FIELDS = struct.Struct("<3I24s24s24siH")
RESULTS = struct.Struct("<16s160s19s40s")


@hookimpl
def detect(head: bytes) -> Match:
    """Claim what begins as Kassa's files do."""
    return "specific" if head.startswith(MAGIC) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give one record each; the mapping groups those of one invoice by their number."""
    for number, raw in enumerate(raw_records(source), 1):
        values = dict(zip(NAMES, map(spelled, FIELDS.unpack(raw[: FIELDS.size])), strict=True))
        if cells := raw[FIELDS.size :]:
            values |= zip(source.headers.names(), map(spelled, RESULTS.unpack(cells)), strict=True)
        yield Record(values, at=number, where=f"record {number}")


@hookimpl
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool:
    """Write the results behind their records; what is too long for its place is cut by `pack`."""
    new = {one.at: RESULTS.pack(*(cell.encode(ENCODING, "replace") for cell in one.cells())) for one in results}
    copies = [
        raw[: FIELDS.size] + new.get(number, raw[FIELDS.size :] or bytes(RESULTS.size))
        for number, raw in enumerate(raw_records(source), 1)
    ]
    target.write_bytes(HEAD.pack(MAGIC, FIELDS.size + RESULTS.size, len(copies)) + b"".join(copies))
    return True


def raw_records(source: Source) -> Iterator[bytes]:
    """Give the bytes of each record. Raises SourceError where they are not what the head says."""
    name = source.path.name
    with source.open() as file:
        head = file.read(HEAD.size)
        if len(head) < HEAD.size or not head.startswith(MAGIC):
            raise SourceError(f"{name}, byte 0: expected the head of a Kassa file")
        _, length, count = HEAD.unpack(head)
        if length not in (FIELDS.size, FIELDS.size + RESULTS.size):
            raise SourceError(f"{name}, byte 5: {length} is the length of no record of Kassa")
        for number in range(1, count + 1):
            if len(raw := file.read(length)) < length:
                raise SourceError(f"{name}, record {number}: the file ends here, expected {count} records")
            yield raw
        if file.read(1):
            raise SourceError(f"{name}: goes on behind record {count}, which is its last by its head")


def spelled(value: int | bytes) -> str:
    """Give a field as text."""
    return value.rstrip(b"\0 ").decode(ENCODING) if isinstance(value, bytes) else str(value)

"""What the host relies on, tried on Kassa's sample; what the kit cannot make of a binary file is made here."""

import struct
from pathlib import Path

from confirma_connector.testing import AdapterConformance, Sample

HEAD, LENGTH = struct.Struct("<5sHI"), 90


def cut(data: bytes) -> list[bytes]:
    length = HEAD.unpack(data[: HEAD.size])[1]
    return [data[at : at + length] for at in range(HEAD.size, len(data), length)]


def joined(records: list[bytes]) -> bytes:
    return HEAD.pack(b"KASSA", len(records[0]), len(records)) + b"".join(records)


def longer(path: Path, times: int) -> None:
    """Make the copy of the sample at *path* that many times as long."""
    path.write_bytes(joined(cut(path.read_bytes()) * times))


def resorted(path: Path) -> None:
    """Put the last invoice first in the copy of the sample at *path*; the rows of each stay as they are."""
    path.write_bytes(joined(sorted(cut(path.read_bytes()), key=lambda record: record[:4], reverse=True)))


def shortened(path: Path) -> None:
    """Take the last invoice out of the file with results at *path*."""
    path.write_bytes(joined(cut(path.read_bytes())[:-1]))


def without_results(data: bytes) -> bytes:
    """Give a written file as it was before."""
    return joined([record[:LENGTH] for record in cut(data)])


class TestKassa(AdapterConformance):
    adapter = "adapters/kassa.py"
    samples = [
        Sample(
            "export.kassa",
            mapping="kassa.yaml",
            invoices=[2001, 2002, 2003],
            longer=longer,
            resorted=resorted,
            shortened=shortened,
            without_results=without_results,
        )
    ]

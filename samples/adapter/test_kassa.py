"""What the host relies on, tried on Kassa's sample: what the kit cannot make of binary files is made here."""

import struct
from pathlib import Path

from confirma_connector.testing import AdapterConformance, Sample

HEAD, FIELDS = struct.Struct("<5sHI"), 94


def cut(data: bytes) -> list[bytes]:
    length = HEAD.unpack(data[: HEAD.size])[1]
    return [data[at : at + length] for at in range(HEAD.size, len(data), length)]


def joined(records: list[bytes]) -> bytes:
    return HEAD.pack(b"KASSA", len(records[0]), len(records)) + b"".join(records)


def longer(path: Path, times: int) -> None:
    path.write_bytes(joined(cut(path.read_bytes()) * times))


def resorted(path: Path) -> None:
    path.write_bytes(joined(sorted(cut(path.read_bytes()), key=lambda record: record[:4], reverse=True)))


def without_results(data: bytes) -> bytes:
    return joined([record[:FIELDS] for record in cut(data)])


class TestKassa(AdapterConformance):
    adapter = "adapters/kassa.py"
    samples = [
        Sample("export.kassa", mapping="kassa.yaml", invoices=[2001, 2002, 2003])
    ]

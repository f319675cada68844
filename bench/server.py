"""The service that everybody sends to: one process, little work, the same for all.

    python -m bench.server [--latency 0.05] [--pending 100000 --last 2026-11-22 --days 30]

It prints its port. `POST …/invoice` is taken, `GET …/invoice/distribution` lists *pending* invoices, all of them
delivered, as many on each of *days* days. `GET /seen` tells how often it was asked, and for how many numbers, since
it was last asked that.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import re
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qs, urlsplit

from bench.making import FIRST_NUMBER

__all__ = ["Service"]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_NUMBER = re.compile(rb'"number" *: *"?(\d+)')
_TAKEN = b'{"message": "Invoice received", "status": "PAUSED"}'


@dataclass
class Service:
    """What it lists, by invoice date, and what it has seen."""

    latency: float = 0.0
    days: dict[str, list[bytes]] = field(default_factory=dict)
    numbers: set[bytes] = field(default_factory=set)
    posts: int = 0
    listings: int = 0

    def answer(self, method: bytes, target: str, body: bytes) -> bytes:
        """Give the body of the answer to one request."""
        parts = urlsplit(target)
        if parts.path == "/seen":
            seen = {"posts": self.posts, "numbers": len(self.numbers), "listings": self.listings}
            self.posts, self.numbers, self.listings = 0, set(), 0
            return json.dumps(seen).encode()
        if method == b"POST":
            self.posts += 1
            if found := _NUMBER.search(body):
                self.numbers.add(found[1])
            return _TAKEN
        self.listings += 1
        asked = parse_qs(parts.query)
        first, last = asked["fromInvDate"][0], asked["toInvDate"][0]
        records = [record for day, listed in self.days.items() if first <= day <= last for record in listed]
        filters = json.dumps({"fromInvDate": first, "toInvDate": last, "defaultLast30Days": False}).encode()
        meta = b'{"metaData": {"totalCount": %d, "filtersApplied": %s}, "distributions": [' % (len(records), filters)
        return meta + b", ".join(records) + b"]}"


class Connection(asyncio.Protocol):
    """One connection kept alive: whole requests in, answers out in their order."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.waiting += data
        while (end := self.waiting.find(b"\r\n\r\n")) >= 0:
            head = self.waiting[:end]
            found = _LENGTH.search(head)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self.waiting) < whole:
                return
            body, self.waiting = self.waiting[end + 4 : whole], self.waiting[whole:]
            method, target, _ = head.split(b"\r\n", 1)[0].split(b" ", 2)
            content = self.service.answer(method, target.decode("ascii"), body)
            answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: %s\r\nContent-Length: %d\r\n\r\n" % (
                formatdate(usegmt=True).encode(),
                len(content),
            )
            if self.service.latency:
                asyncio.get_running_loop().call_later(self.service.latency, self._write, answer + content)
            else:
                self._write(answer + content)

    def _write(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)


def delivered(count: int, last: dt.date, days: int) -> dict[str, list[bytes]]:
    """Give *count* records, their invoices dated over *days* days up to *last*."""
    listed: dict[str, list[bytes]] = {}
    for index in range(count):
        day = (last - dt.timedelta(days=index % days)).isoformat()
        record = {
            "invoiceNumber": str(FIRST_NUMBER + index),
            "invoiceDate": day,
            "status": "INTERMEDIATED",
            "method": ("EDI", "EMAIL", "LETTER")[index % 3],
            "createdAt": f"{last.isoformat()}T06:00:00Z",
            "distributedAt": f"{last.isoformat()}T08:00:00Z",
            "paymentControlStatus": None,
            "caseId": None,
            "message": None,
        }
        listed.setdefault(day, []).append(json.dumps(record).encode())
    return listed


async def _serve(service: Service) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(service), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--pending", type=int, default=0)
    parser.add_argument("--last", type=dt.date.fromisoformat, default=dt.date.today())
    parser.add_argument("--days", type=int, default=30)
    given = parser.parse_args()
    asyncio.run(_serve(Service(given.latency, delivered(given.pending, given.last, given.days))))

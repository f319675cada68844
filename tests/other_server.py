"""Another server that speaks the contract, with other habits, made of the standard library alone."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

__all__ = ["OtherServer", "other_server"]

_PREFIX = "/api/v1/partner"


@dataclass
class OtherServer:
    """Its address and key, and every body it took. *loses* answers after taking the invoice, so many times."""

    url: str
    key: str
    bodies: list[bytes] = field(default_factory=list)
    loses: int = 0
    reads: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def invoices(self) -> list[dict[str, Any]]:
        return [json.loads(body)["invoice"]["header"] for body in self.bodies]


@contextlib.contextmanager
def other_server(key: str) -> Iterator[OtherServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        server = OtherServer(f"http://127.0.0.1:{http.server_address[1]}", key)
        http.state = server  # type: ignore[attr-defined]
        thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    """HTTP/1.0 without Date: each connection is closed after its answer, and the body ends with it."""

    @property
    def state(self) -> OtherServer:
        state: OtherServer = self.server.state  # type: ignore[attr-defined]
        return state

    def log_message(self, format: str, *arguments: object) -> None: ...

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response_only(status)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["x-api-key"] != self.state.key:
            self._answer(401)
            return
        with self.state.lock:
            self.state.bodies.append(body)
            self.state.loses -= 1
            is_lost = self.state.loses >= 0
        if not is_lost:
            self._answer(202)

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        if self.headers["x-api-key"] != self.state.key or address.path != f"{_PREFIX}/invoice/distribution":
            self._answer(401)
            return
        with self.state.lock:
            self.state.reads += 1
            found = [
                {"invoiceNumber": f"{header['number']:012}", "distributionStatus": "intermediated", "caseId": 77}
                for header in self.state.invoices()
                if query["fromInvDate"] <= header["date"] <= query["toInvDate"]
                and query.get("invoiceNumber", str(header["number"])) == str(header["number"])
            ]
        self._answer(200, json.dumps({"metaData": {"totalCount": len(found)}, "deliveries": found}).encode())

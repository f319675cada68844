"""A server of the two routes about the key: which keys are good, and what a renewal answers and changes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["KeyServer", "key_server"]

_PREFIX = "/api/v1/partner"


@dataclass
class KeyServer:
    """Its address, what it was asked with which key, and how it answers.

    After a renewal the keys in *afterwards* are the good ones (None: the same as before).
    """

    url: str
    good: set[str]
    renewal: bytes = b'{"Message": "Token is renewed"}'
    header: str = ""
    validation: bytes = b'{"isValid": true, "message": "Token is valid"}'
    status: int = 200
    afterwards: set[str] | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)

    def renewals(self) -> int:
        return [path for path, _ in self.asked].count("/renew")


@contextlib.contextmanager
def key_server(*good: str) -> Iterator[KeyServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as http:
        server = KeyServer(f"http://127.0.0.1:{http.server_address[1]}", set(good))
        http.state = server  # type: ignore[attr-defined]
        thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None: ...

    def do_GET(self) -> None:
        state: KeyServer = self.server.state  # type: ignore[attr-defined]
        path, key = self.path.removeprefix(_PREFIX), self.headers["X-Api-Key"]
        state.asked.append((path, key))
        if key not in state.good:
            self._answer(401, b'{"message": "Token is missing or invalid"}')
        elif path == "/renew":
            if state.afterwards is not None:
                state.good = state.afterwards
            self._answer(state.status, state.renewal, state.header)
        else:
            self._answer(200, state.validation)

    def _answer(self, status: int, body: bytes, header: str = "") -> None:
        self.send_response_only(status)
        if header:
            self.send_header("X-Api-Key", header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

"""How another server's answers travel: HTTP/1.0 and 1.1 by hand, over bare sockets, in the spellings the standard allows."""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

__all__ = ["Answer", "Asked", "Dropped", "Wire", "serving"]

_REASONS = {200: "Fine", 401: "Unauthorized", 502: ""}


@dataclass(frozen=True)
class Wire:
    """How answers travel. *keeps* is the share of connections that are still there for the next request.

    *hints* sends 100 and 103 before an answer; *names* is how header names are written.
    """

    version: Literal["HTTP/1.0", "HTTP/1.1"] = "HTTP/1.0"
    framing: Literal["length", "chunked", "close"] = "close"
    keeps: float = 0.0
    hints: bool = False
    names: Literal["title", "lower", "upper"] = "title"
    zipped: bool = False
    cookie: bool = False


@dataclass(frozen=True)
class Asked:
    """One request; header names are in lower case, and its body is read when it is asked for."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: Callable[[], bytes]


@dataclass(frozen=True)
class Answer:
    """One answer. *is_cut* ends it before its end; *is_last* closes the connection after it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_cut: bool = False
    is_last: bool = False

    def cut(self) -> Answer:
        return replace(self, is_cut=True, is_last=True)

    def closing(self) -> Answer:
        return replace(self, is_last=True)


class Dropped(Exception):
    """There is no answer; the connection is reset, or closed in order."""

    def __init__(self, is_reset: bool) -> None:
        super().__init__()
        self.is_reset = is_reset


def _written(wire: Wire, answer: Answer, *, may_zip: bool, is_last: bool) -> bytes:
    headers, body = dict(answer.headers), answer.body
    if wire.zipped and may_zip and body:
        headers["Content-Encoding"], body = "gzip", gzip.compress(body)
    if wire.cookie:
        headers["Set-Cookie"] = "balancer=3; Path=/; HttpOnly"
    if answer.status != 204 and wire.framing == "length":
        headers["Content-Length"] = str(len(body))
    if wire.framing == "chunked":
        headers["Transfer-Encoding"] = "chunked"
        pieces = [body[at : at + 37] for at in range(0, len(body), 37)] + [b""]
        body = b"".join(b"%X;a=b\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    if is_last and wire.version == "HTTP/1.1":
        headers["Connection"] = "close"
    names = {"title": str.title, "lower": str.lower, "upper": str.upper}[wire.names]
    head = f"{wire.version} {answer.status} {_REASONS.get(answer.status, 'As It Is')}\r\n"
    head += "".join(f"{names(name)}:{text}\r\n" for name, text in headers.items()) + "\r\n"
    data = head.encode("ascii") + body
    if answer.is_cut:
        data = data[: len(head) + len(body) // 2] if body and wire.framing != "close" else data[: len(head) // 2]
    hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
    return hints * (wire.hints and wire.version == "HTTP/1.1") + data


class _Connection(socketserver.StreamRequestHandler):
    wbufsize = 0
    timeout = 20
    hear: Callable[[Asked], Answer]
    wire: Wire
    dice: random.Random

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while asked := self._asked():
                try:
                    answer = self.hear(asked)
                except Dropped as dropped:
                    if dropped.is_reset:
                        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                keeps = self.dice.random() < self.wire.keeps and not answer.is_last
                may_zip = "gzip" in asked.headers.get("accept-encoding", "")
                # one that will not keep the connection may say so, or hang up without a word
                says = not keeps and (answer.is_last or not self.wire.keeps or self.dice.random() < 0.5)
                self.wfile.write(_written(self.wire, answer, may_zip=may_zip, is_last=says))
                if not keeps or self.wire.framing == "close":
                    return

    def _asked(self) -> Asked | None:
        line = self.rfile.readline().decode("ascii").split()
        if not line:
            return None
        lines = iter(lambda: self.rfile.readline().decode("latin-1").strip(), "")
        headers = {name.lower(): text.strip() for name, _, text in (one.partition(":") for one in lines)}
        return Asked(line[0], line[1], headers, lambda: self._body(int(headers.get("content-length", "0"))))

    def _body(self, length: int) -> bytes:
        """Read a body; b"" when its sender went away before its end."""
        body = self.rfile.read(length)
        return body if len(body) == length else b""


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


@contextlib.contextmanager
def serving(wire: Wire, hear: Callable[[Asked], Answer], dice: random.Random) -> Iterator[str]:
    """Serve on this machine; gives the address."""
    habits = {"wire": wire, "hear": staticmethod(hear), "dice": dice}
    with _Server(("127.0.0.1", 0), type("Connection", (_Connection,), habits)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()

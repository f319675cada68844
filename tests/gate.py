"""A gate in front of a server that lets some connections through and then fails below HTTP; bare sockets on this machine."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from raw_server import read_request

__all__ = ["Gate", "gate"]


@dataclass
class Gate:
    """Its port, and how it fails after *passes* connections.

    *fails* is "refused" (nobody listens), "silent" (no connection comes about), "no_tls" (what answers is no TLS),
    "reset" (the connection is reset with the request unread) or "dns" (left to the test: its name is not found).
    """

    behind: int
    fails: str
    passes: int
    context: ssl.SSLContext | None = None
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    passed: int = 0
    waiting: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port: int = self.listener.getsockname()[1]

    @property
    def has_failed(self) -> bool:
        return self.passed >= self.passes

    def fail(self) -> None:
        """From now on. Who knocks at a full and unattended queue gets no answer."""
        if self.fails == "refused":
            self.listener.close()
        if self.fails == "silent":
            self.listener.listen(0)
            for _ in range(4):
                self.waiting.append(one := socket.socket())
                one.setblocking(False)
                one.connect_ex(("127.0.0.1", self.port))

    def serve(self, ending: threading.Event) -> None:
        while not ending.is_set() and not (self.has_failed and self.fails in ("refused", "silent")):
            with contextlib.suppress(OSError):
                connection, _ = self.listener.accept()
                connection.settimeout(5)
                with connection:
                    self._misbehave(connection) if self.has_failed else self._pass(connection)

    def _misbehave(self, connection: socket.socket) -> None:
        if self.fails == "no_tls":
            connection.sendall(b"this is no TLS\r\n")
        if self.fails == "reset":
            connection.recv(1, socket.MSG_PEEK)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _pass(self, plain: socket.socket) -> None:
        near = self.context.wrap_socket(plain, server_side=True) if self.context else plain
        with near, socket.create_connection(("127.0.0.1", self.behind), 5) as there:
            there.sendall(read_request(near).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            answer = b"".join(iter(lambda: there.recv(65536), b""))
            self.passed += 1
            if self.has_failed:
                self.fail()
            near.sendall(answer)


@contextlib.contextmanager
def gate(url: str, fails: str, passes: int, context: ssl.SSLContext | None = None) -> Iterator[Gate]:
    """Serve a gate in front of the plain server at *url*."""
    one = Gate(int(url.rpartition(":")[2]), fails, passes, context)
    one.listener.settimeout(0.05)
    ending = threading.Event()
    thread = threading.Thread(target=one.serve, args=(ending,), daemon=True)
    if one.has_failed:
        one.fail()
    thread.start()
    try:
        yield one
    finally:
        ending.set()
        thread.join()
        for each in (one.listener, *one.waiting):
            each.close()

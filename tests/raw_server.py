"""A server made of bare sockets: it reads one whole request a connection and answers with exactly these bytes."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["RawServer", "closed_port", "raw_server", "read_request"]


@dataclass
class RawServer:
    """What it answers (one after the other, the last one for ever) and what it was sent.

    *reset* ends each connection with a TCP reset instead of an orderly close; It may read *reads* "some" or "none" of a request first, and
    *dribbles* its answer byte by byte.
    """

    url: str
    answers: list[bytes]
    reset: bool = False
    reads: str = "all"
    dribbles: bool = False
    requests: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def raw_server(*answers: bytes, reset: bool = False, reads: str = "all", dribbles: bool = False) -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(f"http://127.0.0.1:{listener.getsockname()[1]}", list(answers), reset, reads, dribbles)
        listener.settimeout(0.05)
        ending = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, listener, ending), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            ending.set()
            thread.join()


def closed_port() -> int:
    """Give a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _serve(server: RawServer, listener: socket.socket, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            if server.reads == "all":
                server.requests.append(read_request(connection))
            elif server.reads == "some":
                server.requests.append(_more(connection))
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            for at in range(len(answer)) if server.dribbles else ():
                connection.sendall(answer[at : at + 1])
                ending.wait(0.002)
            if not server.dribbles:
                connection.sendall(answer)
            if server.reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def read_request(connection: socket.socket) -> bytes:
    """Read one whole request. Raises ConnectionError when it is cut off."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("closed by the client")
    return data

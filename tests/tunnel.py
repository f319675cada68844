"""A proxy that tunnels by name, and TLS in front of a server: both on this machine, made of bare sockets."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from raw_server import read_request

__all__ = ["Proxy", "proxy", "tls_front"]


@dataclass
class Proxy:
    """Its address, what it was asked for, and how it answers: after *grants* tunnels it refuses with *status*.

    *drops* lets it close the connection instead of answering.
    """

    url: str
    routes: Mapping[str, int]
    grants: int = 1_000_000
    status: int = 403
    drops: bool = False
    asked: list[bytes] = field(default_factory=list)


@contextlib.contextmanager
def proxy(**routes: int) -> Iterator[Proxy]:
    """Serve a proxy that knows the hosts *routes* ("_" for "."), each by the port on this machine where it is."""
    names = {name.replace("_", "."): port for name, port in routes.items()}
    with _serving(_Tunnel) as server:
        server.state = Proxy(f"http://127.0.0.1:{server.server_address[1]}", names)  # type: ignore[attr-defined]
        yield server.state  # type: ignore[attr-defined]


@contextlib.contextmanager
def tls_front(context: ssl.SSLContext, port: int) -> Iterator[tuple[int, list[bytes]]]:
    """Serve TLS in front of the plain server at *port*, one request a connection; give its port and the requests."""
    requests: list[bytes] = []
    with _serving(_Front) as server:
        server.state = (context, port, requests)  # type: ignore[attr-defined]
        yield server.server_address[1], requests


@contextlib.contextmanager
def _serving(handler: type[socketserver.BaseRequestHandler]) -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Tunnel(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        state: Proxy = self.server.state  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            state.asked.append(head := read_request(self.request))
            method, target = head.split()[:2]
            host = target.decode().partition(":")[0]
            if state.drops:
                return
            if method != b"CONNECT" or host not in state.routes or len(state.asked) > state.grants:
                self.request.sendall(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % state.status)
                return
            with socket.create_connection(("127.0.0.1", state.routes[host])) as there:
                self.request.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_pumped, args=(there, self.request), daemon=True)
                back.start()
                _pumped(self.request, there)
                back.join()


class _Front(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        context, port, requests = self.server.state  # type: ignore[attr-defined]
        with contextlib.suppress(OSError), context.wrap_socket(self.request, server_side=True) as near:
            requests.append(request := read_request(near))
            with socket.create_connection(("127.0.0.1", port)) as there:
                there.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                while data := there.recv(65536):
                    near.sendall(data)


def _pumped(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)

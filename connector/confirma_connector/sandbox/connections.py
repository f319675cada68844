"""The open TCP connections of the server, so that one can be cut or spoken into past HTTP."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol


class Connections:
    """The open connections by the client's address; *closing* is set when the server is about to end."""

    def __init__(self) -> None:
        self.closing = threading.Event()
        self._open: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        """Remember a new connection."""
        self._open[_peer(transport)] = transport

    def closed(self, transport: asyncio.Transport) -> None:
        """Forget a connection that is gone."""
        self._open = {peer: each for peer, each in self._open.items() if each is not transport}

    def cut(self, scope: MutableMapping[str, Any], *, last_words: bytes = b"", reset: bool = False) -> None:
        """End the connection of an ASGI request without an answer, or with *last_words* as they are."""
        transport = self._open[tuple(scope["client"])]
        if reset and not last_words:
            _linger_not(transport)
            transport.abort()
            return
        transport.write(last_words)
        transport.close()


def protocol_of(connections: Connections) -> type[asyncio.Protocol]:
    """Return uvicorn's HTTP protocol, reporting its connections to *connections*."""

    class Reporting(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            connections.opened(transport)
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.transport)
            super().connection_lost(exc)

    return Reporting


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    address = transport.get_extra_info("peername") or ("", 0)
    return str(address[0]), int(address[1])


def _linger_not(transport: asyncio.Transport) -> None:
    # With a linger time of zero the kernel sends RST instead of FIN.
    layout = "hh" if os.name == "nt" else "ii"
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(layout, 1, 0))

"""Serve the stand-in: inside the process for the environment `sandbox`, or alone for `confirma sandbox`."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from confirma_connector.sandbox.connections import Connections, protocol_of
from confirma_connector.sandbox.faults import Faults
from confirma_connector.sandbox.ledger import Ledger
from confirma_connector.sandbox.service import create_app


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in that is being served: its address without the API's prefix, its key, what it holds and does wrong."""

    url: str
    key: str
    ledger: Ledger
    faults: Faults


@contextmanager
def serve_in_thread(
    store: Path,
    *,
    key: str,
    pace: float = 1.0,
    port: int = 0,
    other_keys: Sequence[str] = (),
    clock: Callable[[], float] = time.time,
) -> Iterator[StandIn]:
    """Serve the store at *store* on 127.0.0.1 from a thread of this process, for as long as the context lasts.

    *port* 0 takes a free one. *clock* gives seconds since 1970: the age of invoices, the Date header and today.
    Raises OSError when the port is taken.
    """
    faults, connections = Faults(), Connections()
    with Ledger(store, clock=clock) as ledger, _bound("127.0.0.1", port) as listener:
        app = create_app(ledger, key=key, pace=pace, faults=faults, connections=connections, other_keys=other_keys)
        server = uvicorn.Server(_config(app, connections))
        thread = threading.Thread(target=server.run, args=([listener],), name="confirma-sandbox", daemon=True)
        thread.start()
        try:
            _wait_until_started(server, thread)
            yield StandIn(f"http://127.0.0.1:{listener.getsockname()[1]}", key, ledger, faults)
        finally:
            connections.closing.set()
            server.should_exit = True
            thread.join()


def run(host: str, port: int, store: Path, key: str, pace: float = 1.0) -> None:
    """Serve the store at *store* until the process is interrupted; raises OSError when the port is taken."""
    connections = Connections()
    with Ledger(store) as ledger, _bound(host, port) as listener, suppress(KeyboardInterrupt):
        app = create_app(ledger, key=key, pace=pace, connections=connections)
        uvicorn.Server(_config(app, connections)).run([listener])


def _config(app: object, connections: Connections) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=protocol_of(connections),
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=2,
    )


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only for sockets that are named TCP: 40 ms a request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Elsewhere this option would let two servers share the port.
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the stand-in did not start")
        time.sleep(0.002)

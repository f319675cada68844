"""Do wrong on demand: an ASGI layer around the service that loses, delays, cuts and forges answers."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from confirma_connector.sandbox import wire
from confirma_connector.sandbox.connections import Connections
from confirma_connector.sandbox.faults import Fault, Faults
from confirma_connector.sandbox.ledger import Ledger

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

LATE = "confirma.sandbox.late"
PAGE = "<!doctype html><html><body><h1>The service is being updated</h1></body></html>"
ROUTES = {
    ("POST", wire.INVOICE_PATH): "create",
    ("GET", wire.DISTRIBUTION_PATH): "listing",
    ("GET", f"{wire.PREFIX}/validate"): "validate",
    ("GET", f"{wire.PREFIX}/renew"): "renew",
}


@dataclass(slots=True)
class Answer:
    """One whole HTTP answer, held back."""

    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def keep(self, message: Message) -> None:
        """Take one ASGI message of the answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")

    async def send(self, send: Send) -> None:
        """Let the answer go."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class Misbehaving:
    """The layer: notes each request, dates each answer by the ledger's clock, and does what the faults say."""

    def __init__(self, app: App, *, ledger: Ledger, faults: Faults, connections: Connections) -> None:
        self.app = app
        self.ledger = ledger
        self.faults = faults
        self.connections = connections

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = ROUTES.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        number = _number_in(body) if route == "create" else _number_asked(scope["query_string"])
        self.ledger.note_request(route, scope["query_string"].decode("latin-1"), number)
        fault = self.faults.strike(route, number)
        call = _Call(self, scope, _again(body, receive), self._dated(send))
        await (call.go_wrong(fault) if fault else self.app(scope, call.receive, call.send))

    def _dated(self, send: Send) -> Send:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", self.date())]
            await send(message)

        return dated

    def date(self) -> bytes:
        """Return the Date header of now."""
        return formatdate(self.ledger.clock(), usegmt=True).encode()


@dataclass(frozen=True, slots=True)
class _Call:
    layer: Misbehaving
    scope: MutableMapping[str, Any]
    receive: Receive
    send: Send

    async def go_wrong(self, fault: Fault) -> None:
        true = await self.commit(fault)
        if fault.kind != "late" and not await self.wait(fault.seconds):
            await self.cut()
            return
        match fault.kind:
            case "slow":
                await (true or await self.true_answer()).send(self.send)
            case "drop":
                await self.cut(reset=fault.reset)
            case "late" if fault.status is None:
                await self.cut(reset=fault.reset)
            case "garbage":
                await self.cut(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
            case "truncated":
                await self.cut(self.half_of(true or _forged(fault)))
            case _:
                await _forged(fault).send(self.send)

    async def commit(self, fault: Fault) -> Answer | None:
        """Let the service do its work when that comes before the fault; its answer is held back."""
        if fault.kind == "late":
            return await self.true_answer(late=fault.seconds)
        reads_only = fault.kind == "truncated" and fault.route == "listing"
        return await self.true_answer() if fault.after_commit or reads_only else None

    async def true_answer(self, *, late: float = 0.0) -> Answer:
        answer = Answer()
        await self.layer.app({**self.scope, LATE: late}, self.receive, answer.keep)
        return answer

    async def wait(self, seconds: float) -> bool:
        """Wait, and say whether the server is still there afterwards."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self.layer.connections.closing.is_set():
            await asyncio.sleep(min(left, 0.05))
        return left <= 0

    async def cut(self, last_words: bytes = b"", *, reset: bool = False) -> None:
        self.layer.connections.cut(self.scope, last_words=last_words, reset=reset)
        while (await self.receive())["type"] != "http.disconnect":
            pass

    def half_of(self, answer: Answer) -> bytes:
        length = max(len(answer.body), 2)
        head = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}\r\nContent-Length: {length}\r\n"
        head += "Content-Type: application/json\r\nDate: "
        return head.encode() + self.layer.date() + b"\r\n\r\n" + answer.body[: length // 2]


def _forged(fault: Fault) -> Answer:
    status = fault.status or (503 if fault.kind in ("status", "late") else 200)
    kind = "html" if fault.kind == "html" else fault.body
    said = "Invoice received" if status < 300 else _phrase(status)
    bodies = {
        "json": (json.dumps({"message": said}), "application/json"),
        "html": (PAGE, "text/html; charset=utf-8"),
        "text": (said, "text/plain; charset=utf-8"),
        "empty": ("", ""),
    }
    text, content_type = bodies[kind]
    if fault.content is not None:
        text = fault.content
    body = b"" if status in (204, 304) else text.encode()
    headers = {"content-type": fault.content_type or content_type, "retry-after": fault.retry_after or ""}
    headers |= {name.lower(): value for name, value in fault.headers.items()}
    if status not in (204, 304):
        headers["content-length"] = str(len(body))
    return Answer(status, [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value], body)


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Status"


async def _whole(receive: Receive) -> bytes | None:
    """Return the body, or None when the client went away in the middle of it."""
    parts = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)
    return None


def _again(body: bytes, receive: Receive) -> Receive:
    left = [body]

    async def again() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": False} if left else await receive()

    return again


def _number_in(body: bytes) -> int | None:
    """Find the invoice number without parsing: the first integer member of that name."""
    found = re.search(rb'"number"\s*:\s*([0-9]{1,18})\b', body)
    return int(found[1]) if found else None


def _number_asked(query: bytes) -> int | None:
    asked = parse_qs(query.decode("latin-1")).get("invoiceNumber", [""])[-1]
    return int(asked) if re.fullmatch("[0-9]{1,18}", asked) else None

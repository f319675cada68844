"""A server that gives back what it was sent, in every form and place where a program might keep or show it."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from raw_server import read_request

__all__ = ["FORMS", "Echo", "echo", "spellings"]

_EMPTY = json.dumps({"distributions": [], "metaData": {"totalCount": 0}}).encode()
_GOOD = json.dumps({"isValid": True, "message": "Token is valid"}).encode()


def spellings(text: str) -> list[str]:
    """Give *text* in the forms in which a server may repeat it."""
    return [
        text,
        f"Bearer {text}",
        quote(text, safe=""),
        "".join(f"%{byte:02x}" for byte in text.encode()),
        "".join(f"\\u{ord(sign):04x}" for sign in text),
        "".join(f"&#{ord(sign)};" for sign in text),
        *(base64.b64encode(b"k" * shift + text.encode() + b"!").decode() for shift in range(3)),
        "\r\n ".join(text[start : start + 7] for start in range(0, len(text), 7)),
    ]


@dataclass
class Echo:
    """Its address, the form of its answers, where it gives them ("everywhere", or "create"), and who asked."""

    url: str
    form: str
    at: str
    elsewhere: str = ""
    requests: list[bytes] = field(default_factory=list)


def _page(status: str, body: bytes, kind: str = "application/json", *more: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def _refusal(key: str, sent: str) -> bytes:
    errors = [{"field": "invoice.header.date", "message": form} for form in spellings(key)]
    buyer = {"field": "invoice.parties.buyerParty.contact.email", "message": sent}
    tree = {"message": f"not good: {sent}", "errors": [*errors, buyer], "request": sent, "headers": {"X-Api-Key": key}}
    return json.dumps(tree).encode()


def _told(form: str, key: str, sent: str, elsewhere: str) -> bytes:
    every, answer = " ".join(spellings(key)), _refusal(key, sent)
    html = f"<html><body><h1>Bad</h1>{every}<pre>{sent}</pre></body></html>".encode()
    there = f"{elsewhere}/{quote(key)}?key={key}"
    match form:
        case "401" | "403" | "422" | "500" | "200":
            return _page(f"{form} {key}", answer)
        case "text":
            return _page("403 No", f"{every} {sent}".encode(), "text/plain")
        case "page":
            return _page("502 Bad", html, "text/html")
        case "page instead of an answer":
            return _page("200 OK", html, f"text/html; charset={key}")
        case "redirect":
            return _page("307 Moved", answer, "text/html", f"Location: {there}", f"Set-Cookie: key={key}; Path=/")
        case "headers":
            more = (f"X-Api-Key: {key}", f"Retry-After: {key}", f"Date: {key}", f"WWW-Authenticate: Basic {key}")
            return _page("429 Wait", answer, "application/json", *more)
        case "odd header":
            return f"HTTP/1.1 200 OK\r\nX-Api-Key {key} {quote(key)}\r\n\r\n".encode()
        case "odd status line":
            return f"X-Api-Key: {key}\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
        case "odd length":
            return f"HTTP/1.1 200 OK\r\nContent-Length: {key}\r\n\r\n".encode()
        case "cut short":
            return _page("422 No", answer)[:-20]
        case "zipped":
            return _page("422 No", gzip.compress(answer), "application/json", "Content-Encoding: gzip")
        case _:
            return _page("200 OK", answer, "application/json", f"Content-Encoding: gzip, {key}")


FORMS = (
    *("401", "403", "422", "500", "200", "text", "page", "page instead of an answer", "redirect", "headers"),
    *("odd header", "odd status line", "odd length", "cut short", "zipped", "not zipped"),
)


@contextlib.contextmanager
def echo(form: str = "422", at: str = "everywhere", elsewhere: str = "") -> Iterator[Echo]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Echo(f"http://127.0.0.1:{listener.getsockname()[1]}", form, at, elsewhere)
        listener.settimeout(0.02)
        ending = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, listener, ending), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            ending.set()
            thread.join()


def _serve(server: Echo, listener: socket.socket, ending: threading.Event) -> None:
    while not ending.is_set():
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            request = read_request(connection)
            server.requests.append(request)
            connection.sendall(_answer(server, request))


def _answer(server: Echo, request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    if server.at == "create" and not head.startswith(b"POST"):
        return _page("200 OK", _EMPTY if b"/distribution" in head else _GOOD)
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    key = next((value.strip() for name, _, value in lines if name.lower() == b"x-api-key"), b"").decode()
    return _told(server.form, key, body.decode(), server.elsewhere)

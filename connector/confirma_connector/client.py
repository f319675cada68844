"""The HTTP client: one POST an invoice, each answer classed by how far the request got; listings with patience."""

from __future__ import annotations

import datetime as dt
import email.utils
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Literal, Self

import httpx

from confirma_connector import answers
from confirma_connector.answers import Explanation, Listing
from confirma_connector.contract import Contract
from confirma_connector.errors import Outage, Refused
from confirma_connector.settings import Settings, is_loopback

__all__ = ["Client", "Verdict", "retry_after"]

Settled = Literal["sent", "ready", "rejected", "uncertain"]
Kind = Literal["taken", "refused", "unsent", "lost", "odd", "stop", "busy"]
"""taken; refused for this invoice; nothing was sent; sent, and no answer came; an answer that decides nothing;
refused as we are; asked to wait."""

LONGEST_PAUSE = 60.0
"""Seconds: a server may ask for any pause; no run waits longer than this at a time."""

_IDLE = 5.0
_LARGEST_ANSWER = 1 << 20
_LARGEST_LISTING = 1 << 28
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one POST came to: the state the invoice gets, and what the run makes of it."""

    state: Settled
    kind: Kind
    message: str = ""
    http_status: int = 0
    status: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    text: str = field(default="", repr=False)
    pause: float | None = None
    mark: str = ""
    ended_at: float = 0.0


class Client:
    """A connection to one host with one key. *transport* replaces the network in tests of other libraries."""

    def __init__(self, settings: Settings, contract: Contract, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._contract = contract
        self._transport = transport
        self._base = self._address()
        self._offset = time.time() - time.monotonic()
        self._http = self._connected()
        self._retired: list[httpx.Client] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for http in (self._http, *self._retired):
            http.close()

    @property
    def host(self) -> str:
        """The host this client talks to, as people name it."""
        return self._base.netloc.decode("ascii")

    def server_now(self) -> float:
        """Give the time by the server's clock (its last `Date`), as seconds since 1970."""
        return time.monotonic() + self._offset

    def fresh_connections(self) -> None:
        """Let go of idle connections: after a pause the server may have closed them, which would look like a loss."""
        self._retired.append(self._http)
        self._http = self._connected()

    def create(self, body: bytes, *, was_uncertain: bool = False) -> Verdict:
        """POST one invoice, once. Never raises for what the network or the server does."""
        headers = {"Content-Type": "application/json; charset=utf-8"}
        try:
            answer = self._exchange("POST", self._url("create"), _LARGEST_ANSWER, content=body, headers=headers)
        except (
            httpx.ConnectError,
            httpx.ConnectTimeout,
            httpx.PoolTimeout,
            httpx.ProxyError,
            httpx.UnsupportedProtocol,
        ) as e:
            verdict = Verdict("ready", "unsent", f"no connection to {self.host} ({_brief(e)}); nothing was sent")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            verdict = Verdict("uncertain", "lost", f"the connection broke before an answer came ({_brief(error)})")
        else:
            verdict = _classed(
                answer, self.host, self._contract, was_uncertain=was_uncertain, server_now=self.server_now()
            )
        return replace(verdict, ended_at=self.server_now())

    def listing(self, first: dt.date, last: dt.date, number: int | None = None) -> Listing:
        """Ask for the delivery information of invoices dated *first* to *last*. Raises Outage, Refused."""
        names = {key: self._contract.names("listing", f"query.{key}")[0] for key in ("from", "to", "invoice_number")}
        query = {names["from"]: first.isoformat(), names["to"]: last.isoformat()}
        if number is not None:
            query[names["invoice_number"]] = str(number)
        return self._patiently(lambda: self._listing_once(query))

    def _listing_once(self, query: dict[str, str]) -> Listing:
        answer = self._exchange("GET", self._url("listing"), _LARGEST_LISTING, params=query)
        if answer.is_success:
            try:
                return answers.listing(answer.content, self._contract)
            except ValueError as error:
                raise _NotNow(f"the delivery information is not readable: {error}") from None
        if answer.status_code == 429:
            raise _NotNow("the server asks to wait", retry_after(answer.headers.get("Retry-After"), self.server_now()))
        if answer.status_code >= 500 or answer.status_code in (408, 409):
            raise _NotNow(f"the server answered {answer.status_code}")
        raise Refused(refusal(self.host, answer, self._contract))

    def _patiently(self, ask: Callable[[], Listing]) -> Listing:
        """Ask again after a while: reading changes nothing."""
        reason = ""
        for attempt in range(1, _TRIES + 1):
            wait = None
            try:
                return ask()
            except _NotNow as error:
                reason, wait = str(error), error.wait
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
                reason = _brief(error)
            if attempt < _TRIES:
                time.sleep(min(wait if wait is not None else 0.5 * 2**attempt, LONGEST_PAUSE))
                self.fresh_connections()
        raise Outage(f"no delivery information from {self.host}: {reason}")

    def _exchange(self, method: str, url: str, largest: int, **request: object) -> httpx.Response:
        """Send one request and read its whole answer, no more than *largest* bytes of it."""
        with self._http.stream(method, url, **request) as answer:  # type: ignore[arg-type]
            date = answer.headers.get("Date")
            if date and (parsed := _http_date(date)) is not None:
                self._offset = parsed - time.monotonic()
            content = bytearray()
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > largest:
                    raise httpx.ReadError(f"the answer is larger than {largest:,} bytes")
            headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "content-encoding"]
            return httpx.Response(answer.status_code, headers=headers, content=bytes(content))

    def _connected(self) -> httpx.Client:
        token = self._settings.token.get_secret_value()
        return httpx.Client(
            headers={"Accept": "application/json", self._contract.key_header: token, **self._contract.extra_headers},
            timeout=httpx.Timeout(self._settings.timeout, connect=min(10.0, self._settings.timeout), pool=None),
            limits=httpx.Limits(max_connections=None, keepalive_expiry=_IDLE),
            follow_redirects=False,
            transport=self._transport,
            trust_env=not is_loopback(self._base.host),
        )

    def _url(self, name: str) -> str:
        return str(self._base).rstrip("/") + self._contract.file.paths[name].wire

    def _address(self) -> httpx.URL:
        prefix = self._contract.file.paths["prefix"].wire
        host = self._settings.url or self._contract.file.hosts[self._settings.environment].wire
        return httpx.URL(host if host.endswith(prefix) else host.rstrip("/") + prefix)


class _NotNow(Exception):
    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


def _classed(
    answer: httpx.Response, host: str, contract: Contract, *, was_uncertain: bool, server_now: float
) -> Verdict:
    """Class a complete answer to a POST by contract.md's table."""
    code, content_type = answer.status_code, answer.headers.get("Content-Type", "").lower()
    text = answer.content[:100_000].decode("utf-8", "replace")
    explained = answers.explanation(answer.content, content_type, contract)
    said = _sentence(code, explained)
    if answer.is_success:
        if not answer.content.strip() or _is_json(answer.content):
            status = answers.stated_status(answer.content, contract)
            return Verdict("sent", "taken", http_status=code, status=status, text=text)
        return Verdict("uncertain", "odd", f"HTTP {code} with something that is not the API's answer", code, text=text)
    if code == 429:
        wait = retry_after(answer.headers.get("Retry-After"), server_now)
        return Verdict("ready", "busy", "the server asks to wait", code, text=text, pause=wait)
    if code in (401, 403, 404, 405, 415):
        return Verdict("ready", "stop", refusal(host, answer, contract), code, text=text)
    if answer.is_redirect or 300 <= code < 400:
        return Verdict(
            "uncertain", "stop", f"HTTP {code}: the address answers with a redirect, which is never followed", code
        )
    if code in (400, 402, 413, 422):
        if was_uncertain:
            return Verdict("uncertain", "refused", f"{said}; an earlier attempt may have arrived", code, text=text)
        if explained is None:
            return Verdict("ready", "refused", f"{said}: refused before it reached the API", code, text=text)
        mark = answers.alike(explained, code)
        return Verdict("rejected", "refused", said, code, fields=explained.fields, text=text, mark=mark)
    kind: Kind = "odd" if code >= 500 else "refused"
    return Verdict("uncertain", kind, f"{said}: it is not known whether the invoice arrived", code, text=text)


def refusal(host: str, answer: httpx.Response, contract: Contract) -> str:
    """Say in one line why the server will not talk to us, and what to look at."""
    explained = answers.explanation(answer.content, answer.headers.get("Content-Type", "").lower(), contract)
    looks = {
        401: "is the key right, of this environment, and not expired?",
        403: "the key has no permission for this",
        404: "is the address right?",
    }
    hint = looks.get(answer.status_code, "is the address right, and does the contract fit this server?")
    return f"{host}: {_sentence(answer.status_code, explained)}: {hint}"


def retry_after(header: str | None, server_now: float) -> float | None:
    """Read `Retry-After` (seconds, or a date by the server's clock) as seconds from now, capped; None when unusable."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), LONGEST_PAUSE)
    date = _http_date(text)
    return None if date is None else min(max(date - server_now, 0.0), LONGEST_PAUSE)


def _sentence(code: int, explained: Explanation | None) -> str:
    if explained is None:
        return f"HTTP {code}"
    fields = "; ".join(f"{field}: {said}" if field else said for field, said in explained.fields)
    text = " – ".join(part for part in (explained.message, fields) if part)
    return f"HTTP {code}: {text[:300]}"


def _is_json(content: bytes) -> bool:
    try:
        answers.json_body(content)
    except ValueError:
        return False
    return True


def _http_date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__

"""The HTTP client: one POST an invoice, each answer classed by how far the request got; listings with patience."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from pydantic import SecretStr

from confirma_connector import answers, keys
from confirma_connector.answers import Listing
from confirma_connector.connections import Connections
from confirma_connector.contract import Contract
from confirma_connector.errors import Outage, Refused
from confirma_connector.httpanswer import Answer
from confirma_connector.keyanswer import KeyAnswer, key_answer
from confirma_connector.language import mark, tr, whole
from confirma_connector.masking import without_key
from confirma_connector.settings import Settings
from confirma_connector.verdict import LONGEST_PAUSE, Verdict, classed, http_date, refusal, retry_after

__all__ = ["Client"]

_Read = TypeVar("_Read")

_LARGEST_ANSWER = 1 << 20
_LARGEST_LISTING = 1 << 28
_SLOWEST = 10
"""Times the time-out, which is for each step alone: a server that dribbles its content holds up nobody for ever."""
_TRIES = 3
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_NO_LISTING = mark("no delivery information from {host}: {reason}; try again later")
_NO_WORD = mark("no word on the key from {host}: {reason}; try again later")
_BROKEN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)


class Client:
    """A connection to one host with one key. *transport* replaces the network in tests of other libraries."""

    def __init__(self, settings: Settings, contract: Contract, transport: httpx.BaseTransport | None = None) -> None:
        self._settings = settings
        self._contract = contract
        self._transport = transport
        self._base = keys.address(settings, contract)
        self._offset = self._apart = time.time() - time.monotonic()
        self._urls: dict[str, httpx.URL] = {}
        self._headers = self._common_headers()
        self._with_body = self._headers.copy()
        self._with_body["Content-Type"] = "application/json; charset=utf-8"
        patience = httpx.Timeout(settings.timeout, connect=min(10.0, settings.timeout), pool=None)
        self._extensions = {"timeout": patience.as_dict()}
        self._connections = Connections(self._base, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connections.close()

    @cached_property
    def host(self) -> str:
        """The host this client talks to, as people name it."""
        return self._base.netloc.decode("ascii")

    def server_now(self) -> float:
        """Give the time by the server's clock (its last `Date`), as seconds since 1970."""
        return time.monotonic() + self._offset

    def server_now_at_latest(self) -> float:
        """Give the latest time that it can be by the server's clock, however long this machine slept since its `Date`.

        Of the two clocks here one may stand still meanwhile, and the other may be set.
        """
        slept = time.time() - time.monotonic() - self._apart
        return self.server_now() + max(0.0, slept)

    def fresh_connections(self) -> None:
        """Let go of idle connections: after a pause the server may have closed them, which would look like a loss."""
        self._connections.renew()

    def create(self, body: bytes, *, was_uncertain: bool = False) -> Verdict:
        """POST one invoice, once. Never raises for what the network or the server does."""
        try:
            answer = self._exchange("POST", "create", _LARGEST_ANSWER, headers=self._with_body, content=body)
        except _NOTHING_SENT as error:
            verdict = Verdict("ready", "unsent", self._unsent(error))
        except _BROKEN as error:
            verdict = Verdict(
                "uncertain",
                "lost",
                tr("the connection broke before an answer came ({brief})", brief=self._brief(error)),
            )
        else:
            verdict = classed(
                answer, self.host, self._contract, was_uncertain=was_uncertain, server_now=self.server_now()
            )
        return replace(verdict, ended_at=self.server_now_at_latest())

    def listing(self, first: dt.date, last: dt.date, number: int | None = None) -> Listing:
        """Ask for the delivery information of invoices dated *first* to *last*. Raises Outage, Refused."""
        query = self._contract.extra_query | self._contract.days(first, last)
        if number is not None:
            query[self._contract.names("listing", "query.invoice_number")[0]] = str(number)

        def ask() -> Listing:
            return self._read(
                "listing", _LARGEST_LISTING, lambda got: answers.listing(got.taken(), self._contract), query
            )

        return self._patiently(_NO_LISTING, ask)

    def validate(self) -> str:
        """Ask whether the key is good; give what the API says. Raises Outage, and Refused when it is not."""
        said = self._patiently(_NO_WORD, lambda: self._about_key("validate"))
        if said.is_valid is None:
            raise Refused(
                tr("{host} does not say whether the key is valid: does the contract fit this server?", host=self.host)
            )
        if not said.is_valid:
            invalid = tr("{host}: the key is not valid any more", host=self.host)
            raise Refused(f"{invalid}: {said.message}" if said.message else invalid)
        return said.message

    def renew(self) -> KeyAnswer:
        """Renew the key, by one request: a second one might end a key that nobody has seen. Raises Outage, Refused."""
        try:
            return self._about_key("renew")
        except _NOTHING_SENT as error:
            raise Outage(self._unsent(error)) from None
        except (_NotNow, *_BROKEN) as error:
            unknown = tr("it is not known whether the key was renewed (confirma token check)")
            raise Outage(f"{self.host}: {self._brief(error)}: {unknown}") from None

    def with_key(self, key: SecretStr) -> Client:
        """Give another client for the same host, with another key."""
        return Client(self._settings.model_copy(update={"token": key}), self._contract, self._transport)

    def _about_key(self, name: str) -> KeyAnswer:
        return self._read(
            name, _LARGEST_ANSWER, lambda answer: key_answer(answer, self._settings.token, self._contract)
        )

    def _read(
        self, name: str, largest: int, read: Callable[[Answer], _Read], query: dict[str, str] | None = None
    ) -> _Read:
        """GET once, and read a success answer. Raises _NotNow, Refused and what httpx raises."""
        answer = self._exchange("GET", name, largest, headers=self._headers, params=query)
        if answer.is_success:
            try:
                return read(answer)
            except ValueError as error:
                raise _NotNow(tr("the answer is not readable: {error}", error=error)) from None
        if answer.status_code == 429:
            raise _NotNow(
                tr("the server asks to wait"), retry_after(answer.headers.get("Retry-After"), self.server_now())
            )
        if answer.status_code >= 500 or answer.status_code in (408, 409):
            raise _NotNow(tr("the server answered {status_code}", status_code=answer.status_code))
        raise Refused(refusal(self.host, answer, self._contract))

    def _unsent(self, error: Exception) -> str:
        return tr("no connection to {host} ({brief}); nothing was sent", host=self.host, brief=self._brief(error))

    def _patiently(self, failed: str, ask: Callable[[], _Read]) -> _Read:
        """Ask again after a while: reading changes nothing."""
        reason = ""
        for attempt in range(1, _TRIES + 1):
            wait = None
            try:
                return ask()
            except _NotNow as error:
                reason, wait = str(error), error.wait
            except _BROKEN as error:
                reason = self._brief(error)
            if attempt < _TRIES:
                time.sleep(min(wait if wait is not None else 0.5 * 2**attempt, LONGEST_PAUSE))
                self.fresh_connections()
        raise Outage(tr(failed, host=self.host, reason=reason))

    def _exchange(self, method: str, name: str, largest: int, **its: Any) -> Answer:
        """Send one request and read its whole answer: no more than *largest* bytes, and not for ever."""
        request = httpx.Request(method, self._url(name), extensions=self._extensions, **its)
        end = time.monotonic() + _SLOWEST * self._settings.timeout
        with self._connections.lent() as http, contextlib.closing(http.handle_request(request)) as answer:
            self._hear_clock(answer.headers.get("Date"))
            content = bytearray()
            for chunk in answer.iter_bytes():
                content += chunk
                if len(content) > largest:
                    raise httpx.ReadError(tr("the answer is larger than {largest} bytes", largest=whole(largest)))
                if time.monotonic() > end:
                    raise httpx.ReadTimeout(tr("the answer did not come to its end"))
        return Answer(answer.status_code, answer.headers, without_key(bytes(content), self._key))

    def _hear_clock(self, date: str | None) -> None:
        """Keep to the server's clock. `Date` counts whole seconds: what it does not contradict stays as it is."""
        told = http_date(date) if date else None
        if told is None:
            return
        self._apart = time.time() - time.monotonic()
        if not 0 <= self.server_now() - told < 1:
            self._offset = told - time.monotonic()

    def _brief(self, error: Exception) -> str:
        """Say in a few words what broke; the text of a protocol error repeats what the server sent."""
        text = " ".join(without_key(str(error).encode(), self._key).decode().split())
        return text[:200] or type(error).__name__

    @property
    def _key(self) -> str:
        return self._settings.token.get_secret_value()

    def _common_headers(self) -> httpx.Headers:
        """Give what every request carries."""
        headers = httpx.Headers(
            {
                "Accept": "application/json",
                "Accept-Encoding": "gzip, deflate",
                "User-Agent": "confirma-connector",
                self._contract.key_header: self._contract.key_value(self._key),
            }
        )
        headers.update(self._contract.extra_headers)
        return headers

    def _url(self, name: str) -> httpx.URL:
        if name not in self._urls:  # read once: a request an invoice goes there
            self._urls[name] = httpx.URL(str(self._base).rstrip("/") + self._contract.path(name))
        return self._urls[name]


class _NotNow(Exception):
    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait

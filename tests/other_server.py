"""Another server that speaks the contract, made of bare sockets: what the contract leaves open is a habit of its own.

Nothing of it is shared with the sandbox. Its `Habits` say how it spells, sends and lists things; how it travels over the
wire is in `other_wire`. While it has *troubles* left it strikes requests at random as bad servers do.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from other_habits import Habits
from other_wire import Answer, Asked, Dropped, serving

__all__ = ["REFUSED", "OtherServer", "other_server"]

_PREFIX = "/api/v1/partner"
_LATE = 0.15
_FINLAND = dt.timezone(dt.timedelta(hours=2))
REFUSED = 3001
"""The invoice that this server never takes."""


@dataclass
class _Taken:
    body: bytes
    number: int
    date: dt.date
    gross: Any
    at: float
    step: int
    is_undeliverable: bool


_CREATE = ("reset", "unread", "lost", "gone", "late", "gateway", "down", "cut", "page", "wait")
_LISTING = ("reset", "down", "cut", "page", "wait", "no total", "empty")


@dataclass
class OtherServer:
    """Its address and key, and all it took. It strikes a third of the requests while it has *troubles* left.

    *loses* answers after taking the invoice, so many times. *step* is how far the lives of its invoices have come.
    """

    url: str
    key: str
    habits: Habits = field(default_factory=Habits)
    troubles: int = 0
    loses: int = 0
    step: int = 0
    reads: int = 0
    strikes: Counter[str] = field(default_factory=Counter)
    taken: list[_Taken] = field(default_factory=list)
    dice: random.Random = field(default_factory=random.Random)
    lock: threading.RLock = field(default_factory=threading.RLock)

    # -- what tests ask ----------------------------------------------------------------------------------------------

    @property
    def bodies(self) -> list[bytes]:
        return [one.body for one in self.taken]

    def invoices(self) -> list[dict[str, Any]]:
        return [json.loads(body)["invoice"]["header"] for body in self.bodies]

    def taken_of(self, number: int) -> list[bytes]:
        """Give the bodies of one number, in order."""
        with self.lock:
            return [one.body for one in self.taken if one.number == number]

    def numbers(self) -> Counter[int]:
        """Count the copies by number."""
        with self.lock:
            return Counter(one.number for one in self.taken)

    # -- the service -------------------------------------------------------------------------------------------------

    def now(self) -> float:
        return time.time() + (self.habits.skew or 0.0)

    def hear(self, asked: Asked) -> Answer:
        """Answer one request. Raises Dropped."""
        address = urlsplit(asked.target)
        if asked.headers.get("x-api-key") != self.key:
            return self.answer(401)
        if (asked.method, address.path) == ("POST", f"{_PREFIX}/invoice"):
            return self._create(asked)
        if (asked.method, address.path) == ("GET", f"{_PREFIX}/invoice/distribution"):
            return self._list(dict(parse_qsl(address.query)))
        return self.answer(401)

    def answer(self, status: int, body: bytes = b"", kind: str = "", **headers: str) -> Answer:
        named = {name.replace("_", "-"): text for name, text in headers.items() if text}
        if kind:
            named["Content-Type"] = kind
        if self.habits.skew is not None:
            named["Date"] = _http_date(self.now())
        return Answer(status, named, body)

    def strike(self, method: str) -> str:
        """Decide whether a request is struck, and by what."""
        with self.lock:
            if method == "POST" and self.loses:
                self.loses -= 1
                return "lost"
            if not self.troubles or self.dice.random() > 1 / 3:
                return ""
            self.troubles -= 1
            struck = self.dice.choice(_CREATE if method == "POST" else _LISTING)
            self.strikes[struck] += 1
            return struck

    def _create(self, asked: Asked) -> Answer:
        struck = self.strike("POST")
        good = self.answer(self.habits.taking[0], self.habits.taking[1], "application/json")
        if struck in ("reset", "unread"):  # and nobody reads what was sent
            return self._struck(struck, good)
        body = asked.body()
        if not body:  # its sender is gone
            raise Dropped(is_reset=False)
        if json.loads(body)["invoice"]["header"]["number"] == REFUSED:
            status, kind, said = self.habits.refusing
            return self.answer(status, said, kind)
        if struck in ("lost", "gateway", "cut") or (struck == "page" and self.dice.random() < 0.5) or not struck:
            self._take(body)
        if struck == "late":
            threading.Timer(_LATE, self._take, [body]).start()
        return self._struck(struck, good)

    def _take(self, body: bytes) -> None:
        invoice = json.loads(body)["invoice"]
        address = invoice["parties"]["buyerParty"].get("address") or {}
        header, gross = invoice["header"], invoice.get("amounts", {}).get("grossAmount")
        with self.lock:
            date, wrong = dt.date.fromisoformat(header["date"]), address.get("postalCode") == "00001"
            self.taken.append(_Taken(body, header["number"], date, gross, self.now(), self.step, wrong))

    def _struck(self, struck: str, good: Answer) -> Answer:
        """Give what comes back in the place of a good answer. Raises Dropped."""
        if struck in ("reset", "lost", "gone"):
            raise Dropped(self.dice.random() < 0.5)
        if struck == "unread":
            return self.answer(503, kind="text/html", Retry_After="0").closing()
        if struck in ("late", "gateway"):
            return self.answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")
        if struck == "down":
            return self.answer(503, Retry_After=self._wait())
        if struck == "page":
            return self.answer(200, b"<!doctype html><title>Log in</title>", "text/html")
        if struck == "wait":
            return self.answer(429, b'{"message": "slow down"}', "application/json", Retry_After=self._wait())
        if struck == "cut":
            return good.cut()
        return good

    def _wait(self) -> str:
        shapes = {"": "", "seconds": "1", "date": _http_date(self.now() + 1)}
        return shapes[self.habits.waiting]

    # -- the listing -------------------------------------------------------------------------------------------------

    def _list(self, query: dict[str, str]) -> Answer:
        habits, struck = self.habits, self.strike("GET")
        with self.lock:
            self.reads += 1
            first, last = (dt.date.fromisoformat(query[name]) for name in ("fromInvDate", "toInvDate"))
            shown = [
                one
                for one in self.taken
                if first <= one.date <= last
                and query.get("invoiceNumber", str(one.number)) == str(one.number)
                and (one.step < self.step or one.at <= self.now() - habits.lag)
            ]
            if habits.order == "newest":
                shown.reverse()
            if habits.order == "any":
                self.dice.shuffle(shown)
            records = [self._record(one) for one in shown for _ in range(2 if habits.twins else 1)]
        count = len(shown) if habits.twins == "counted once" else len(records)
        records = records[: habits.page] if habits.page and len(shown) > 1 else records
        meta: dict[str, Any] = {"totalCount": str(count) if habits.total == "string" else count}
        if habits.more:
            meta |= {"filtersApplied": {"fromInvDate": query["fromInvDate"], "defaultLast30Days": False}, "tags": [1]}
        if struck == "no total":
            meta.pop("totalCount")
        tree = {"metaData": meta, habits.array: records} | ({"links": {"next": None}} if habits.more else {})
        good = self.answer(200, b"" if struck == "empty" else json.dumps(tree).encode(), "application/json")
        return self._struck(struck, good)

    def _record(self, one: _Taken) -> dict[str, Any]:
        habits = self.habits
        numbers = {"integer": one.number, "string": str(one.number), "zeros": f"{one.number:012}"}
        status = habits.life[min(self.step - one.step, len(habits.life) - 1)]
        is_over = self.step - one.step >= len(habits.life) - 1
        message = ""
        if is_over and one.is_undeliverable:
            status, message = "ERROR", "postal code is not valid"
        elif is_over and one.number == habits.archived:
            status = "ARCHIVED_ELSEWHERE"
        record = {"invoiceNumber": numbers[habits.number], habits.status: getattr(status, habits.word)(), "caseId": 77}
        record |= {habits.message: message} if message else {}
        record |= {"createdAt": _created(one.at, habits.created)} if habits.created else {}
        record |= {"invoiceDate": _dated(one.date, habits.dated)} if habits.dated else {}
        record |= {"grossAmount": one.gross} if habits.gross else {}
        record |= {"channel": {"name": "x", "tries": [1, 2]}, "pages": 1.5, "archived": None} if habits.more else {}
        return record


def _http_date(at: float) -> str:
    return dt.datetime.fromtimestamp(int(at), dt.UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


def _created(at: float, shape: str) -> str:
    time = dt.datetime.fromtimestamp(at, dt.UTC)
    if shape == "date":
        return time.astimezone(_FINLAND).date().isoformat()
    if shape == "offset":
        return time.astimezone(_FINLAND).isoformat(timespec="milliseconds")
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}{'7' if shape == 'dotnet' else ''}Z"


def _dated(date: dt.date, shape: str) -> str:
    midnight = dt.datetime.combine(date, dt.time(), _FINLAND)
    shapes = {"date": date.isoformat(), "midnight": midnight.isoformat()}
    return shapes.get(shape) or f"{midnight.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextlib.contextmanager
def other_server(key: str, habits: Habits | None = None, *, seed: object = 0) -> Iterator[OtherServer]:
    """Serve one with these habits; *seed* decides what it does while it is in trouble."""
    server = OtherServer("", key, habits or Habits(), dice=random.Random(f"strikes {seed}"))
    with serving(server.habits.wire, server.hear, server.dice) as server.url:
        yield server

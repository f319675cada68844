"""Every way in which the service can fail, as one table: what becomes of the invoices, and how the run goes on or stops.

Each row is tried with the first request struck and with all of them, by one worker and by sixteen; then the service is
well again, and at the end it holds every invoice once.
"""

from __future__ import annotations

import contextlib
import email.utils
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from gate import Gate, gate
from world import TOKEN, Clock, World, invoice_rows

from confirma_connector.errors import ConfirmaError
from confirma_connector.report import Report

pytestmark = pytest.mark.thorough

NUMBERS = tuple(range(1001, 1007))
QUIET = 600.0
HOST = "confirma.test"
TAKEN = ("sent", "waiting")
A_LONG_TIME = 30.0
"""Seconds that no run may last, however the service behaves: many times what one needs."""


@dataclass(frozen=True)
class Row:
    """One fault of the create route.

    *state* is what a struck invoice becomes, *once* and *always* the exit codes with the first request struck and with
    all, *says* what its message must tell. A *gate* fails below HTTP and for all requests; *settings* are the run's.
    """

    state: str
    once: int
    always: int
    says: str
    fault: Mapping[str, Any] = field(default_factory=dict)
    gate: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


def status(code: int, body: str = "json", **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": code, "body": body, **more}


def refused(code: int) -> dict[str, Any]:
    said = '{"message": "Bad invoice", "errors": [{"field": "invoice.header.dueDate", "message": "is wrong"}]}'
    return status(code, content=said, content_type="application/json")


def unsent(gate: str, **settings: Any) -> Row:
    return Row("ready", 3, 3, r"no connection to .+ \(.+\); nothing was sent", gate=gate, settings=settings)


def lost(kind: str, **more: Any) -> Row:
    return Row("uncertain", 1, 3, r"broke before an answer came", {"kind": kind, **more})


def busy(retry_after: str | None) -> Row:
    return Row("ready", 0, 3, "asks to wait|the run stopped before it", status(429, retry_after=retry_after))


IMPATIENT = {"timeout": 0.4}
LATE = {"kind": "slow", "seconds": 0.6}
TIMED_OUT = r"broke before an answer came \(.*timed out"
REFUSED = r'line \d+, column "Eräpvm": Confirma says that it is not valid \[E-REFUSED\]'
AT_THE_GATEWAY = r"HTTP \d+: refused before it reached the API"
OPEN = "it is not known whether the invoice arrived"
NEXT = {
    2: r"(?P<host>[\w.]+:\d+: HTTP \d+|the first 5 invoices were refused alike).*: .+(\?|any more\), or is .+|permission for this)",
    3: r"[\w.]+:\d+: .+; run it again later: nothing is lost, and nothing goes twice",
}
"""What a run that stopped says: who or what it was, and what to do next."""
IN_AN_HOUR = email.utils.formatdate(time.time() + 3600, usegmt=True)

CREATE: dict[str, Row] = {
    # nothing was sent
    "DNS failure": unsent("dns"),
    "connection refused": unsent("refused"),
    "TLS failure": unsent("no_tls"),
    "connect timeout": unsent("silent", timeout=0.2),
    # the connection stood, and no answer came
    "reset before the request was read": Row("uncertain", 3, 3, "broke before an answer came", gate="reset"),
    "reset, not committed": lost("drop"),
    "reset, committed": lost("drop", after_commit=True),
    "closed, committed": lost("drop", after_commit=True, reset=False),
    "read timeout, committed late": Row("uncertain", 1, 3, TIMED_OUT, LATE, settings=IMPATIENT),
    "reset, committed late": lost("late", seconds=QUIET / 2),
    "truncated, not committed": lost("truncated"),
    "truncated, committed": lost("truncated", after_commit=True),
    "not HTTP, not committed": lost("garbage"),
    "not HTTP, committed": lost("garbage", after_commit=True),
    # an answer that decides nothing
    "200 with HTML": Row("uncertain", 1, 3, "not the API's answer", {"kind": "html"}),
    "200 with HTML, committed": Row("uncertain", 1, 3, "not the API's answer", {"kind": "html", "after_commit": True}),
    **{
        f"{code}{', committed' * committed}": Row("uncertain", 1, 3, OPEN, status(code, body, after_commit=committed))
        for code, body in ((500, "json"), (502, "html"), (503, "empty"), (504, "text"))
        for committed in (False, True)
    },
    **{
        f"{code}{', committed' * committed}": Row("uncertain", 1, 1, OPEN, status(code, after_commit=committed))
        for code in (408, 409)
        for committed in (False, True)
    },
    "402 of a gateway": Row("uncertain", 1, 1, OPEN, status(402, "html")),
    "503, committed late": Row("uncertain", 1, 3, OPEN, {"kind": "late", "seconds": QUIET / 2, "status": 503}),
    # taken
    "200 without a body": Row("sent", 0, 0, "taken by Confirma", status(200, "empty", after_commit=True)),
    "slow": Row("sent", 0, 0, "taken by Confirma", {"kind": "slow", "seconds": 0.05}),
    # refused as we are
    **{
        str(code): Row("ready", 2, 2, rf"HTTP {code}.*: .+", status(code, body))
        for code, body in ((401, "json"), (403, "json"), (404, "html"), (405, "empty"), (415, "json"))
    },
    **{
        str(code): Row(
            "uncertain", 2, 2, "a redirect, which is never followed", status(code, headers={"Location": "/elsewhere"})
        )
        for code in (301, 302, 307, 308)
    },
    # refused for the invoice
    **{str(code): Row("rejected", 1, 2, REFUSED, refused(code)) for code in (400, 402, 413, 422)},
    **{f"{code} of a gateway": Row("ready", 1, 1, AT_THE_GATEWAY, status(code, "html")) for code in (400, 413, 422)},
    # asked to wait
    "429, Retry-After in seconds": busy("1"),
    "429, Retry-After as a date": busy(IN_AN_HOUR),
    "429, Retry-After absurd": busy("9" * 30),
    "429, Retry-After unreadable": busy("soon"),
    "429, Retry-After absent": busy(None),
    # now well, now not: never three times in a row
    "flapping between 502 and well": Row("uncertain", 1, 1, OPEN, status(502, after_commit=True, every=3)),
    "flapping between reset and well": lost("drop", every=3),
}

NO_LISTING = r"no delivery information from [\w.]+:\d+: .*"
LISTING: dict[str, tuple[int, str, Mapping[str, Any] | str]] = {
    "DNS failure": (3, NO_LISTING, "dns"),
    "connection refused": (3, NO_LISTING, "refused"),
    "TLS failure": (3, NO_LISTING, "no_tls"),
    "connect timeout": (3, NO_LISTING, "silent"),
    "reset before the request was read": (3, NO_LISTING, "reset"),
    "reset": (3, NO_LISTING, {"kind": "drop"}),
    "closed": (3, NO_LISTING, {"kind": "drop", "reset": False}),
    "read timeout": (3, f"{NO_LISTING}timed out.*", {"kind": "slow", "seconds": 1}),
    "truncated": (3, NO_LISTING, {"kind": "truncated"}),
    "not HTTP": (3, NO_LISTING, {"kind": "garbage"}),
    "200 with HTML": (3, f"{NO_LISTING}not readable.+", {"kind": "html"}),
    "200 without a body": (3, f"{NO_LISTING}not readable.+", status(200, "empty")),
    **{
        str(code): (3, f"{NO_LISTING}the server answered {code}.*", status(code, body))
        for code, body in ((408, "empty"), (409, "json"), (500, "json"), (502, "html"), (503, "empty"), (504, "text"))
    },
    "429, Retry-After in seconds": (3, f"{NO_LISTING}asks to wait.*", status(429, retry_after="1")),
    "429, Retry-After as a date": (3, f"{NO_LISTING}asks to wait.*", status(429, retry_after=IN_AN_HOUR)),
    "429, Retry-After absurd": (3, f"{NO_LISTING}asks to wait.*", status(429, retry_after="9" * 30)),
    "429, Retry-After absent": (3, f"{NO_LISTING}asks to wait.*", status(429)),
    **{
        str(code): (2, rf"[\w.]+:\d+: HTTP {code}.*: .+", status(code, body))
        for code, body in (
            *((301, "empty"), (302, "html"), (307, "empty"), (308, "json"), (400, "json"), (401, "json")),
            *((402, "json"), (403, "json"), (404, "html"), (413, "html"), (415, "json"), (422, "json")),
        )
    },
}


# -- how a run is looked at --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code, why it stopped, and what it says of each invoice."""

    code: int
    problem: str
    messages: Mapping[int, str]


def ended(story: Callable[[], Report]) -> Ended:
    begun = time.monotonic()
    try:
        report = story()
    except ConfirmaError as error:
        end = Ended(error.exit_code, str(error), {})
    else:
        messages = {int(one.number): one.message for file in report.files for one in file.invoices}
        end = Ended(report.exit_code, report.problem, messages)
    assert time.monotonic() - begun < A_LONG_TIME
    for message in (end.problem, *end.messages.values()):
        assert TOKEN not in message
        assert "Traceback" not in message
        assert len(message.splitlines()) <= 1
    return end


@pytest.fixture(autouse=True)
def _hurried(no_waiting: list[float], read_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every pause be short: that they are kept to, and how long they are, is tried elsewhere."""
    monkeypatch.setattr("confirma_connector.dispatch._BREATH", 0.01)
    monkeypatch.setattr("confirma_connector.verdict.LONGEST_PAUSE", 0.05)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A certificate authority's file, and a server's side with its certificate for this machine."""
    path, own = tmp_path_factory.mktemp("authority") / "authority.pem", trustme.CA()
    own.cert_pem.write_to_path(str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.issue_cert(HOST).configure_cert(context)
    return path, context


@pytest.fixture
def failing(
    world: World, authority: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, int], contextlib.AbstractContextManager[str]]:
    """Give the address of a gate that fails in one way after so many connections."""
    path, context = authority
    for name in ("HTTPS_PROXY", "ALL_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    finds = socket.getaddrinfo

    @contextlib.contextmanager
    def behind(how: str, passes: int) -> Iterator[str]:
        assert world.server
        is_tls = how == "no_tls"
        with monkeypatch.context() as patch, gate(world.server.url, how, passes, context if is_tls else None) as one:
            if is_tls:
                patch.setenv("SSL_CERT_FILE", str(path))
            patch.setattr(socket, "getaddrinfo", finding(finds, one))
            yield f"https://{HOST}:{one.port}" if is_tls else f"http://localhost:{one.port}"

    return behind


def finding(finds: Callable[..., Any], one: Gate) -> Callable[..., Any]:
    """In place of the resolver: knows our host, until it knows nothing."""

    def found(host: str, *asked: Any, **more: Any) -> Any:
        if one.fails == "dns" and one.has_failed:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return finds("127.0.0.1" if host == HOST else host, *asked, **more)

    return found


def settled(world: World, clock: Clock, source: Path) -> None:
    """Send until there is nothing left to do, each run a quiet period after the one before."""
    assert world.server
    world.server.faults.clear()
    codes = []
    while not codes or codes[-1]:
        assert len(codes) < 5, (codes, world.states())
        clock.ahead += QUIET + 1
        codes.append(ended(lambda: world.send(source)).code)
        assert set(codes) <= {0, 1}
    assert world.arrived() == list(NUMBERS), "nothing twice, nothing lost"
    world.track()
    assert world.states() == dict.fromkeys(NUMBERS, "delivered")
    assert world.places_of_the_token() == []


# -- create ------------------------------------------------------------------------------------------------------------


def expected(row: Row, world: World, struck: set[int]) -> dict[int, tuple[str, ...]]:
    """What each invoice must be: the struck ones as the table says, the others as the server's ledger says."""
    others = {number: TAKEN if number in world.arrived() else ("ready",) for number in NUMBERS}
    return others | dict.fromkeys(struck, TAKEN if row.state == "sent" else (row.state,))


def check(world: World, row: Row, end: Ended, struck: set[int]) -> None:
    states = dict.fromkeys(NUMBERS, "ready") | world.states()
    wanted = expected(row, world, struck)
    assert all(states[number] in wanted[number] for number in NUMBERS), (states, wanted)
    for number in struck:
        assert re.search(row.says, end.messages[number]), end.messages[number]
    for number in NUMBERS:
        assert end.messages[number] or states[number] == "ready", number
    if end.code in (2, 3):
        assert all(end.messages.values()), "each says why it was not sent"
        assert re.fullmatch(NEXT[end.code], end.problem), end.problem


def corrected(world: World, row: Row, source: Path) -> Path:
    """What the API has rejected goes again only when it is another."""
    if row.state != "rejected":
        return source
    return world.source(rows=[line for number in NUMBERS for line in invoice_rows(number, Selite="Korjattu")])


def asked(world: World) -> set[int]:
    """The invoices that came to the server's door, whatever became of them there."""
    assert world.server
    return {one.number for one in world.server.ledger.requests("create") if one.number is not None}


def wait_for_the_late(world: World, row: Row) -> None:
    end = time.monotonic() + 10
    while row.fault == LATE and not asked(world) <= set(world.arrived()):
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("name", [name for name, row in CREATE.items() if not row.gate and "every" not in row.fault])
def test_one_create_request_that_fails_concerns_its_own_invoice(
    world: World, clock: Clock, name: str, workers: int
) -> None:
    row = CREATE[name]
    world = world.but(concurrency=workers, quiet_period=QUIET, **row.settings)
    source = world.source(*NUMBERS)
    world.fault("create", **row.fault, numbers=NUMBERS[:1], times=1)
    end = ended(lambda: world.send(source))
    wait_for_the_late(world, row)
    assert (end.code, bool(end.problem)) == (row.once, row.once > 1)
    check(world, row, end, set() if row.once == 0 else {NUMBERS[0]})
    settled(world.but(timeout=5), clock, corrected(world, row, source))


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("name", [name for name, row in CREATE.items() if not row.gate])
def test_when_create_fails_for_all_the_run_goes_on_or_stops_as_it_must(
    world: World, clock: Clock, name: str, workers: int
) -> None:
    row = CREATE[name]
    world = world.but(concurrency=workers, quiet_period=QUIET, **row.settings)
    source = world.source(*NUMBERS)
    world.fault("create", **row.fault)
    end = ended(lambda: world.send(source))
    wait_for_the_late(world, row)
    code = 1 if "every" in row.fault else row.always
    assert (end.code, bool(end.problem)) == (code, code > 1)
    flapping = {number for number, state in world.states().items() if state == "uncertain"}
    struck = flapping if "every" in row.fault else asked(world)
    assert len(struck) == 2 or "every" not in row.fault
    check(world, row, end, struck)
    if code == 3:
        said = "keeps asking to wait" if "429" in name else r"no (usable )?answer 3 times in a row"
        assert re.search(said, end.problem), end.problem
        assert workers > 1 or len(struck) <= 3 + 1, "it stops at the third"
    settled(world.but(timeout=5), clock, corrected(world, row, source))


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("name", [name for name, row in CREATE.items() if row.gate])
def test_when_no_connection_comes_about_nothing_is_sent_and_the_run_stops(
    world: World,
    clock: Clock,
    failing: Callable[[str, int], contextlib.AbstractContextManager[str]],
    name: str,
    workers: int,
) -> None:
    row = CREATE[name]
    world = world.but(concurrency=workers, quiet_period=QUIET)
    source = world.source(*NUMBERS)
    with failing(row.gate, 1) as url:
        end = ended(lambda: world.but(url=url, **row.settings).send(source))
    assert (end.code, asked(world)) == (row.always, set())
    assert re.search(r"no (connection|answer) 3 times in a row", end.problem)
    states = world.states()
    tried = {
        number for number in NUMBERS if states.get(number) == "uncertain" or "no connection" in end.messages[number]
    }
    assert len(tried) >= (3 if row.state == "uncertain" else 1)
    check(world, row, end, tried)
    settled(world, clock, source)


# -- listing -----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def without_a_listing(
    world: World, fault: Mapping[str, Any] | str, failing: Callable[..., contextlib.AbstractContextManager[str]]
) -> Iterator[World]:
    if isinstance(fault, str):
        with failing(fault, 0) as url:
            yield world.but(url=url, timeout=0.2)
    else:
        world.fault("listing", **fault)
        yield world.but(timeout=0.2) if fault["kind"] == "slow" else world
        assert world.server
        world.server.faults.clear()


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("name", LISTING)
def test_without_a_listing_nothing_is_sent_and_nothing_is_decided(
    world: World,
    clock: Clock,
    failing: Callable[[str, int], contextlib.AbstractContextManager[str]],
    name: str,
    workers: int,
) -> None:
    code, says, fault = LISTING[name]
    world = world.but(concurrency=workers, quiet_period=QUIET)
    with without_a_listing(world, fault, failing) as blind:
        end = ended(lambda: blind.send(blind.source(*NUMBERS)))
        assert (end.code, blind.states()) == (code, {}), end.problem
        assert re.fullmatch(says, end.problem), end.problem
    world.fault("create", "drop", after_commit=True, numbers=NUMBERS[:1])
    world.fault("create", "drop", numbers=NUMBERS[1:2])
    world.send(world.source(*NUMBERS[:3], name="first.csv"))
    before, posts = world.states(), world.posts()
    assert [before[number] for number in NUMBERS[:3]] == ["uncertain", "uncertain", "waiting"]
    clock.ahead += 3 * QUIET
    with without_a_listing(world, fault, failing) as blind:
        for story in (lambda: blind.send(blind.source(*NUMBERS)), blind.track):
            end = ended(story)
            assert (end.code, blind.states(), blind.posts()) == (code, before, posts)
            assert re.fullmatch(says, end.problem), end.problem
    settled(world, clock, world.source(*NUMBERS))


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize("name", [name for name, (code, _, fault) in LISTING.items() if isinstance(fault, dict)])
def test_a_listing_that_fails_once_is_asked_for_again_unless_it_was_refused(
    world: World, clock: Clock, name: str, workers: int
) -> None:
    code, _, fault = LISTING[name]
    world = world.but(concurrency=workers, quiet_period=QUIET, timeout=0.5 if name == "read timeout" else 5)
    assert isinstance(fault, dict)
    world.fault("listing", **fault, times=1)
    source = world.source(*NUMBERS)
    end = ended(lambda: world.send(source))
    assert end.code == (0 if code == 3 else code), end.problem
    assert world.arrived() == (list(NUMBERS) if code == 3 else [])
    settled(world, clock, source)


@pytest.mark.parametrize("workers", [1, 16])
@pytest.mark.parametrize(
    "fault",
    [{"kind": "slow", "seconds": 0.05}, status(503, every=2), {"kind": "drop", "every": 3}],
    ids=["slow", "flapping between 503 and well", "flapping between reset and well"],
)
def test_a_listing_that_is_slow_or_comes_now_and_then_is_enough(
    world: World, clock: Clock, fault: Mapping[str, Any], workers: int
) -> None:
    world = world.but(concurrency=workers, quiet_period=QUIET)
    source = world.source(*NUMBERS)
    world.fault("create", "drop", after_commit=True, times=2)
    world.fault("listing", **fault)
    assert ended(lambda: world.send(source)).code == 1
    assert ended(lambda: world.send(source)).code == 0
    settled(world, clock, source)

"""What an answer to POST means to us, row by row, over real connections; listings with patience."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from raw_server import closed_port, raw_server
from world import TOKEN, Clock, World

from confirma_connector import contract
from confirma_connector.client import Client
from confirma_connector.errors import ContractError, Outage, Refused, SettingsError
from confirma_connector.sandbox import StandIn
from confirma_connector.settings import Settings, load
from confirma_connector.verdict import LONGEST_PAUSE, Verdict, retry_after

pytestmark = pytest.mark.thorough

DAY = dt.date(2026, 3, 2)
BODY = json.dumps(
    {
        "distribution": {"method": "EMAIL"},
        "invoice": {
            "header": {"number": 1001, "date": "2026-03-02"},
            "parties": {"buyerParty": {"name": "Ostaja", "contact": {"email": "a@example.com"}}},
        },
    }
).encode()


@contextmanager
def client_for(url: str, **changes: Any) -> Iterator[Client]:
    values = {"environment": "staging", "url": url, "token": TOKEN, "account": "acme", "timeout": 2}
    with Client(Settings.model_validate(values | changes), contract.read(changes.get("contract"))) as client:
        yield client


def create(url: str, *, was_uncertain: bool = False, **changes: Any) -> Verdict:
    with client_for(url, **changes) as client:
        return client.create(BODY, was_uncertain=was_uncertain)


def answer(status: int = 200, body: bytes = b"{}", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def answered(status: int, body: bytes = b"{}", *headers: str, was_uncertain: bool = False) -> Verdict:
    with raw_server(answer(status, body, *headers)) as server:
        return create(server.url, was_uncertain=was_uncertain)


# -- nothing was sent ------------------------------------------------------------------------------------------------


def test_a_refused_port_means_that_nothing_was_sent() -> None:
    verdict = create(f"http://127.0.0.1:{closed_port()}")
    assert (verdict.state, verdict.kind) == ("ready", "unsent")


def test_a_name_that_does_not_exist_means_that_nothing_was_sent() -> None:
    verdict = create("https://no-such-host.invalid")
    assert (verdict.state, verdict.kind) == ("ready", "unsent")


def test_a_failed_tls_handshake_means_that_nothing_was_sent() -> None:
    with raw_server(b"this is no TLS\r\n", reads="none") as server:
        verdict = create(server.url.replace("http://", "https://"))
    assert (verdict.state, verdict.kind) == ("ready", "unsent")


def test_a_proxy_that_refuses_means_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with raw_server(answer(407, b"")) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        verdict = create("https://confirma.invalid")
        assert TOKEN.encode() not in b"".join(proxy.requests)
    assert (verdict.state, verdict.kind) == ("ready", "unsent")


def test_this_machine_is_never_reached_through_a_proxy(monkeypatch: pytest.MonkeyPatch, stand_in: StandIn) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert create(stand_in.url).state == "sent"


# -- sent, and no answer came ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\x16\x03\x01 garbage\r\n\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
        b"HTTP/1.1 999999 Strange\r\n\r\n",
    ],
)
@pytest.mark.parametrize("reset", [False, True])
def test_whatever_breaks_after_the_connection_stood_is_uncertain(said: bytes, reset: bool) -> None:
    with raw_server(said, reset=reset) as server:
        verdict = create(server.url)
    assert (verdict.state, verdict.kind) == ("uncertain", "lost")


def test_a_connection_cut_while_the_request_is_written_is_uncertain() -> None:
    with raw_server(b"", reset=True, reads="some") as server, client_for(server.url) as client:
        verdict = client.create(b" " * 20_000_000)
    assert (verdict.state, verdict.kind) == ("uncertain", "lost")


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize("kind", ["drop", "truncated", "garbage"])
def test_a_lost_answer_is_uncertain_whether_or_not_the_invoice_arrived(
    world: World, kind: str, after_commit: bool
) -> None:
    world.fault("create", kind, after_commit=after_commit)
    verdict = create(world.settings.url or "")
    assert (verdict.state, verdict.kind) == ("uncertain", "lost")
    assert world.arrived() == [1001] * after_commit


def test_an_answer_that_takes_too_long_is_uncertain(world: World) -> None:
    world.fault("create", "slow", seconds=2)
    assert create(world.settings.url or "", timeout=0.2).state == "uncertain"


def test_an_answer_without_end_is_not_waited_for() -> None:
    with raw_server(answer(200, b" " * (1 << 20) + b"  ")) as server:
        verdict = create(server.url)
    assert (verdict.state, verdict.kind) == ("uncertain", "lost")


def test_an_answer_that_is_dribbled_is_not_waited_for_for_ever() -> None:
    with raw_server(answer(200, b" " * 100_000), dribbles=True) as server:
        verdict = create(server.url, timeout=0.05)
    assert (verdict.state, verdict.kind) == ("uncertain", "lost")


# -- a complete answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202])
@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b'{"message": "ok"}', b"[]", b"null", b"\xef\xbb\xbf{}", b'"ok"'])
def test_a_whole_success_that_is_empty_or_json_is_sent(status: int, body: bytes) -> None:
    verdict = answered(status, body, "Content-Type: whatever/else")
    assert (verdict.state, verdict.kind, verdict.http_status, verdict.status) == ("sent", "taken", status, "")


def test_no_content_is_a_success() -> None:
    with raw_server(b"HTTP/1.1 204 No Content\r\n\r\n") as server:
        assert create(server.url).state == "sent"


@pytest.mark.parametrize(("said", "known"), [("PAUSED", "PAUSED"), ("error", "ERROR"), ("Received", ""), (1, "")])
def test_a_known_status_in_the_answer_is_observed(said: object, known: str) -> None:
    assert answered(200, json.dumps({"status": said}).encode()).status == known


@pytest.mark.parametrize("body", [b"<!doctype html><h1>Maintenance</h1>", b"OK", b"{", b"\xff\xfe", b'{"a":1}{'])
def test_a_success_with_anything_else_decides_nothing(body: bytes) -> None:
    verdict = answered(200, body, "Content-Type: application/json")
    assert (verdict.state, verdict.kind) == ("uncertain", "odd")


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
def test_a_redirect_is_never_followed_and_stops_the_run(status: int) -> None:
    with (
        raw_server(answer(200)) as elsewhere,
        raw_server(answer(status, b"", f"Location: {elsewhere.url}/x")) as server,
    ):
        verdict = create(server.url)
        assert elsewhere.requests == []
    assert (verdict.state, verdict.kind) == ("uncertain", "stop")


SHAPES = [
    (b'{"message": "Bad", "errors": [{"field": "invoice.rows[0].vatPercentage", "message": "is wrong"}]}', "is wrong"),
    (b'{"Message": "Bad"}', "Bad"),
    (b'{"title": "Bad", "status": 400, "errors": {"invoice.header.date": ["is wrong", "is late"]}}', "is late"),
    (b'{"errors": ["is wrong"]}', "is wrong"),
    (b'["is wrong"]', "is wrong"),
    (b'"is wrong"', "is wrong"),
]


@pytest.mark.parametrize("status", [400, 402, 413, 422])
@pytest.mark.parametrize(("body", "said"), SHAPES)
def test_the_apis_own_refusal_rejects_the_invoice(status: int, body: bytes, said: str) -> None:
    verdict = answered(status, body, "Content-Type: application/json")
    assert (verdict.state, verdict.kind) == ("rejected", "refused")
    assert said in verdict.message


def test_a_refusal_in_plain_text_rejects_the_invoice() -> None:
    verdict = answered(400, "Numero on käytössä".encode(), "Content-Type: text/plain; charset=utf-8")
    assert (verdict.state, verdict.message) == ("rejected", "HTTP 400: Numero on käytössä")


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("body", [b"", b"<html>Request too large</html>", b"{}", b"[]", b"\xff"])
def test_a_gateways_refusal_leaves_the_invoice_ready(status: int, body: bytes) -> None:
    verdict = answered(status, body, "Content-Type: text/html")
    assert (verdict.state, verdict.kind) == ("ready", "refused")
    assert "before it reached the API" in verdict.message


@pytest.mark.parametrize("body", [b"", b"<html>Payment required</html>"])
def test_a_402_that_is_not_the_apis_own_decides_nothing(body: bytes) -> None:
    verdict = answered(402, body, "Content-Type: text/html")
    assert (verdict.state, verdict.kind) == ("uncertain", "refused")


@pytest.mark.parametrize("status", [400, 402, 413, 422])
@pytest.mark.parametrize("body", [b"", b"<html>No</html>", b'{"message": "Invoice number is used already"}'])
def test_a_refusal_of_what_was_ever_uncertain_stays_uncertain(status: int, body: bytes) -> None:
    verdict = answered(status, body, was_uncertain=True)
    assert (verdict.state, verdict.kind) == ("uncertain", "refused")


@pytest.mark.parametrize("status", [408, 409])
@pytest.mark.parametrize("was_uncertain", [False, True])
@pytest.mark.parametrize("body", [b"", b'{"message": "Conflict"}', b"<html>"])
def test_timeout_and_conflict_are_always_uncertain(status: int, was_uncertain: bool, body: bytes) -> None:
    assert answered(status, body, was_uncertain=was_uncertain).state == "uncertain"


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415])
@pytest.mark.parametrize("was_uncertain", [False, True])
@pytest.mark.parametrize("body", [b"", b'{"message": "Token is missing or invalid"}', b"<html>"])
def test_being_refused_as_we_are_stops_the_run(status: int, was_uncertain: bool, body: bytes) -> None:
    verdict = answered(status, body, was_uncertain=was_uncertain)
    assert (verdict.state, verdict.kind) == ("ready", "stop")
    assert str(status) in verdict.message


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("body", [b"", b'{"message": "Bad Gateway"}', b"<html>"])
@pytest.mark.parametrize("was_uncertain", [False, True])
def test_a_server_error_is_uncertain(status: int, body: bytes, was_uncertain: bool) -> None:
    verdict = answered(status, body, was_uncertain=was_uncertain)
    assert (verdict.state, verdict.kind) == ("uncertain", "odd")


@pytest.mark.parametrize("status", [406, 410, 418, 451])
def test_an_answer_nobody_foresaw_is_uncertain(status: int) -> None:
    assert answered(status, b'{"message": "?"}').state == "uncertain"


# -- waiting -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "pause"),
    [("0", 0.0), ("7", 7.0), (" 7 ", 7.0), ("9" * 400, LONGEST_PAUSE), ("-5", None), ("1.5", None), ("soon", None)],
)
def test_retry_after_in_seconds(header: str, pause: float | None) -> None:
    verdict = answered(429, b"", f"Retry-After: {header}")
    assert (verdict.state, verdict.kind, verdict.pause) == ("ready", "busy", pause)


def test_retry_after_may_be_absent() -> None:
    assert answered(429).pause is None


def test_retry_after_as_a_date_is_by_the_servers_clock() -> None:
    now = 1_700_000_000.0
    assert retry_after(email.utils.formatdate(now + 20, usegmt=True), now) == 20
    assert retry_after(email.utils.formatdate(now + 999_999, usegmt=True), now) == LONGEST_PAUSE
    assert retry_after(email.utils.formatdate(now - 20, usegmt=True), now) == 0
    assert retry_after("Wed, 99 Foo 2026 99:99:99 GMT", now) is None


def test_the_servers_clock_is_kept_to(world: World, clock: Clock) -> None:
    clock.ahead = 86_400.0
    with client_for(world.settings.url or "") as client:
        verdict = client.create(BODY)
        assert 86_395 < client.server_now() - time.time() < 86_405
        assert 86_395 < verdict.ended_at - time.time() < 86_405
        first = client.server_now()
        for _ in range(20):
            client.create(BODY)
            assert client.server_now() > first


def test_without_a_date_our_own_clock_serves() -> None:
    with raw_server(answer(200)) as server, client_for(server.url) as client:
        client.create(BODY)
        assert abs(client.server_now() - time.time()) < 5


# -- what goes out -----------------------------------------------------------------------------------------------------


def test_a_request_carries_the_key_and_extra_headers(tmp_path: Path) -> None:
    overlay = tmp_path / "contract.yaml"
    overlay.write_text("headers:\n  X-Client-Id: {wire: acme-1}\n", encoding="utf-8")
    with raw_server(answer(200)) as server:
        create(server.url, contract=overlay)
        (request,) = server.requests
    head = request.partition(b"\r\n\r\n")[0].lower().split(b"\r\n")
    assert head[0] == b"post /api/v1/partner/invoice http/1.1"
    for line in (f"x-api-key: {TOKEN}", "x-client-id: acme-1", "accept: application/json"):
        assert line.lower().encode() in head
    assert b"content-type: application/json; charset=utf-8" in head
    assert request.endswith(BODY)


def test_an_address_may_hold_the_prefix_already() -> None:
    with raw_server(answer(200)) as server:
        create(server.url + "/api/v1/partner/")
        assert server.requests[0].startswith(b"POST /api/v1/partner/invoice HTTP/1.1")


@pytest.mark.parametrize("url", ["http://staging.example.com", "ftp://127.0.0.1", "https://u:p@h", "https://h/?key=1"])
def test_the_key_goes_only_over_https_or_to_this_machine(url: str) -> None:
    environ = {"CONFIRMA_ENVIRONMENT": "staging", "CONFIRMA_URL": url, "CONFIRMA_TOKEN": TOKEN, "CONFIRMA_ACCOUNT": "a"}
    with pytest.raises(SettingsError) as refused:
        load({}, environ)
    assert TOKEN not in str(refused.value)


def test_an_overlay_cannot_send_the_key_in_the_clear(tmp_path: Path) -> None:
    overlay = tmp_path / "contract.yaml"
    overlay.write_text("hosts:\n  staging: {wire: 'http://staging.example.com'}\n", encoding="utf-8")
    with pytest.raises(ContractError, match="https"), client_for(None, contract=overlay):  # type: ignore[arg-type]
        pass


def test_a_key_that_the_server_repeats_is_not_kept() -> None:
    said = f'{{"message": "The key {TOKEN} is not known"}}'.encode()
    verdict = answered(401, said)
    assert TOKEN not in verdict.message + verdict.text
    assert "***" in verdict.message


def test_connections_are_given_back(world: World) -> None:
    with client_for(world.settings.url or "") as client:
        for _ in range(50):
            client.create(BODY)
            client.fresh_connections()
        assert client._connections._users == {}


# -- listings --------------------------------------------------------------------------------------------------------


def test_a_listing_is_asked_for_again(world: World, no_waiting: list[float]) -> None:
    world.fault("listing", "status", status=503, times=1)
    world.fault("listing", "html", times=1)
    with client_for(world.settings.url or "") as client:
        assert client.listing(DAY, DAY).whole
    assert len(no_waiting) == 2
    assert world.server
    assert world.server.ledger.request_count("listing") == 3


@pytest.mark.parametrize("kind", ["drop", "truncated", "garbage", "html", "status"])
def test_no_listing_is_an_outage(world: World, no_waiting: list[float], kind: str) -> None:
    world.fault("listing", kind)
    with client_for(world.settings.url or "") as client, pytest.raises(Outage, match="no delivery information"):
        client.listing(DAY, DAY)
    assert len(no_waiting) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_refused_listing_is_not_asked_for_again(world: World, no_waiting: list[float], status: int) -> None:
    world.fault("listing", "status", status=status)
    with client_for(world.settings.url or "") as client, pytest.raises(Refused, match=str(status)):
        client.listing(DAY, DAY)
    assert no_waiting == []


def test_a_listing_does_not_follow_redirects(no_waiting: list[float]) -> None:
    with raw_server(answer(200)) as elsewhere, raw_server(answer(302, b"", f"Location: {elsewhere.url}")) as server:
        with client_for(server.url) as client, pytest.raises(Refused, match="302"):
            client.listing(DAY, DAY)
        assert elsewhere.requests == []


def test_a_listing_waits_as_it_is_told_but_not_for_ever(world: World, no_waiting: list[float]) -> None:
    world.fault("listing", "status", status=429, retry_after="3", times=1)
    world.fault("listing", "status", status=429, retry_after="99999", times=1)
    with client_for(world.settings.url or "") as client:
        client.listing(DAY, DAY)
    assert no_waiting == [3.0, LONGEST_PAUSE]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"null", b'{"a": [], "b": []}', b'{"distributions": {}}', b"<html>", b"\xff"]
)
def test_what_is_no_listing_is_never_taken_for_an_empty_one(no_waiting: list[float], body: bytes) -> None:
    with raw_server(answer(200, body)) as server, client_for(server.url) as client, pytest.raises(Outage):
        client.listing(DAY, DAY)


def test_a_listing_may_have_other_habits() -> None:
    record = {"invoiceNumber": "0001001", "deliveryStatus": "intermediated", "invoiceDate": "2026-03-02T00:00:00"}
    body = json.dumps({"metaData": {"totalCount": "1"}, "items": [record]}).encode()
    with raw_server(answer(200, body)) as server, client_for(server.url) as client:
        found = client.listing(DAY, DAY, 1001)
        (listed,) = found.records
    assert found.whole
    assert (listed.number, listed.state, listed.invoice_date) == (1001, "delivered", DAY)
    assert b"invoiceNumber=1001" in server.requests[0]


def test_an_unreadable_record_makes_a_listing_partial() -> None:
    body = json.dumps({"metaData": {"totalCount": 1}, "distributions": [{"invoiceNumber": "A-1"}]}).encode()
    with raw_server(answer(200, body)) as server, client_for(server.url) as client:
        assert not client.listing(DAY, DAY).whole


@pytest.mark.parametrize("overlay", [None, "hosts:\n  staging: {wire: 'https://integrations.confirmafinance.com'}\n"])
def test_staging_never_reaches_the_production_host(tmp_path: Path, overlay: str | None) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text(overlay or "", "utf-8")
    url = None if overlay else "https://integrations.confirmafinance.com"
    with (
        pytest.raises(ContractError, match="is the production service, but the environment is staging"),
        client_for(
            url,  # type: ignore[arg-type]
            contract=path if overlay else None,
        ),
    ):
        pass


def test_a_key_that_the_server_repeats_in_jsons_own_spelling_is_not_kept() -> None:
    key = "ab/cd+ef-0123456789"
    told = r"{\"message\": \"ab\/cd\u002Bef-0123456789 is wrong\"}".replace(r"\"", '"').encode()
    with raw_server(answer(400, told, "Content-Type: application/json")) as server:
        verdict = create(server.url, token=key)
    assert verdict.message == "HTTP 400: *** is wrong"
    assert "cd" not in verdict.text

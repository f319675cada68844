"""Proxies and certificate authorities, tried: a company's own are honoured, and no certificate is ever taken unverified."""

from __future__ import annotations

import datetime as dt
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme
from raw_server import closed_port
from tunnel import Proxy, proxy, tls_front
from world import TOKEN, World

from confirma_connector import contract
from confirma_connector.client import Client
from confirma_connector.errors import Outage, SettingsError
from confirma_connector.settings import Settings
from confirma_connector.verdict import Verdict

pytestmark = pytest.mark.thorough

HOST = "confirma.test"
URL = f"https://{HOST}"
OURS = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
UNSENT = ("ready", "unsent")


@dataclass(frozen=True)
class Company:
    """A company's network: its authority's certificate as a file, its proxy, and what came through to the service."""

    authority: Path
    proxy: Proxy
    requests: list[bytes]


@contextmanager
def company(world: World, name: str = HOST, **certificate: Any) -> Iterator[Company]:
    """Serve the world's stand-in over TLS, with a certificate for *name*, behind a proxy."""
    assert world.server is not None
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(world.folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **certificate).configure_cert(context)
    port = int(world.server.url.rpartition(":")[2])
    with tls_front(context, port) as (front, requests), proxy(confirma_test=front) as through:
        yield Company(world.folder / "authority.pem", through, requests)


@pytest.fixture(autouse=True)
def _plain_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxies and authorities of whoever runs the tests out of them."""
    for name in (*OURS, "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def client(url: str = URL) -> Client:
    settings = {"environment": "staging", "url": url, "token": TOKEN, "account": "acme", "timeout": 5}
    return Client(Settings.model_validate(settings), contract.read())


@contextmanager
def client_in(its: Company, monkeypatch: pytest.MonkeyPatch, authority: Path | None = None) -> Iterator[Client]:
    monkeypatch.setenv("HTTPS_PROXY", its.proxy.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority or its.authority))
    with client() as one:
        yield one


def create(url: str = URL) -> Verdict:
    with client(url) as one:
        return one.create(b'{"invoice": {}}')


# -- certificates ------------------------------------------------------------------------------------------------------


def test_a_companys_own_authority_is_trusted_when_it_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with company(world) as its, client_in(its, monkeypatch) as one:
        assert one.validate() == "Token is valid"
    assert its.proxy.asked[0].startswith(b"CONNECT confirma.test:443 ")


def test_a_whole_run_goes_through_the_proxy_and_the_key_only_inside_tls(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company(world) as its:
        environ = {"HTTPS_PROXY": its.proxy.url, "SSL_CERT_FILE": str(its.authority)}
        done = world.but(url=URL).command("send", world.source(1001, 1002), **environ)
        assert (done.returncode, world.arrived()) == (0, [1001, 1002]), done.stderr
        assert TOKEN.encode() in its.requests[0]
        assert TOKEN.encode() not in b"".join(its.proxy.asked)


def test_an_authority_that_nobody_named_is_not_trusted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with company(world) as its:
        monkeypatch.setenv("HTTPS_PROXY", its.proxy.url)
        verdict = create()
    assert (verdict.state, verdict.kind) == UNSENT
    assert "CERTIFICATE_VERIFY_FAILED" in verdict.message
    assert its.requests == []


def test_another_authority_is_not_trusted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = world.folder / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    with company(world) as its, client_in(its, monkeypatch, other) as one:
        verdict = one.create(b"{}")
    assert (verdict.state, verdict.kind, its.requests) == (*UNSENT, [])


@pytest.mark.parametrize(
    ("name", "certificate", "said"),
    [
        ("other.test", {}, "Hostname mismatch"),
        (HOST, {"not_after": dt.datetime(2025, 1, 1, tzinfo=dt.UTC)}, "certificate has expired"),
    ],
)
def test_a_certificate_of_another_name_or_time_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str, certificate: dict[str, Any], said: str
) -> None:
    with company(world, name, **certificate) as its, client_in(its, monkeypatch) as one:
        verdict = one.create(b"{}")
    assert (verdict.state, verdict.kind, its.requests) == (*UNSENT, [])
    assert said in verdict.message


@pytest.mark.parametrize(
    "environ",
    [
        {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""},
        {"SSL_CERT_DIR": "{folder}"},
        {"PYTHONHTTPSVERIFY": "0", "SSL_NO_VERIFY": "1", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": ""},
        {"CONFIRMA_VERIFY": "false", "CONFIRMA_INSECURE": "1", "HTTPX_VERIFY": "0", "SSL_VERIFY": "0"},
    ],
)
def test_no_environment_variable_switches_verification_off(world: World, environ: dict[str, str]) -> None:
    with company(world) as its:
        changes = {name: value.format(folder=world.folder) for name, value in environ.items()}
        done = world.but(url=URL).command("token", "check", HTTPS_PROXY=its.proxy.url, **changes)
    assert done.returncode == 3
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr
    assert its.requests == []


def test_no_setting_switches_verification_off() -> None:
    assert not [name for name in Settings.model_fields if "verif" in name or "secure" in name or "tls" in name]


@pytest.mark.parametrize("content", [None, "no certificates at all\n"])
def test_an_authority_file_that_is_none_is_one_clear_line(world: World, content: str | None) -> None:
    path = world.folder / "authority.pem"
    if content is not None:
        path.write_text(content)
    done = world.but(url=URL).command("token", "check", SSL_CERT_FILE=str(path))
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "SSL_CERT_FILE or SSL_CERT_DIR cannot be used" in line


# -- proxies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("exceptions", ["elsewhere.test,{0}", "{0}:443", ".{0}", "localhost, *", "*"])
def test_no_proxy_takes_a_host_out(world: World, monkeypatch: pytest.MonkeyPatch, exceptions: str) -> None:
    with company(world) as its:
        monkeypatch.setenv("HTTPS_PROXY", its.proxy.url)
        monkeypatch.setenv("NO_PROXY", exceptions.format(HOST))
        assert create().kind == "unsent"
        assert its.proxy.asked == []


def test_this_machine_is_never_asked_for_at_a_proxy(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with company(world) as its:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name.lower(), its.proxy.url)
        assert world.send(world.source(1001)).exit_code == 0
        assert its.proxy.asked == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_has_sent_nothing(world: World, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with company(world) as its, client_in(its, monkeypatch) as one:
        its.proxy.grants, its.proxy.status = 0, status
        verdict = one.create(b"{}")
    assert (verdict.state, verdict.kind) == UNSENT
    assert str(status) in verdict.message
    assert "nothing was sent" in verdict.message


def test_a_proxy_is_told_the_password_of_its_address_and_nobody_else_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company(world) as its, client_in(its, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", its.proxy.url.replace("//", "//somebody:MARKER-password@"))
        with client() as one:
            assert one.validate() == "Token is valid"
            its.proxy.grants, its.proxy.status = 0, 407
            message = one.create(b"{}").message
    assert b"Proxy-Authorization: Basic " in its.proxy.asked[0]
    assert b"Proxy-Authorization" not in b"".join(its.requests)
    assert "MARKER" not in message


def test_no_proxy_at_the_address_means_that_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
    verdict = create()
    assert (verdict.state, verdict.kind) == UNSENT


def test_a_proxy_that_drops_the_connection_leaves_the_invoice_uncertain(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company(world) as its, client_in(its, monkeypatch) as one:
        its.proxy.drops = True
        assert one.create(b"{}").state == "uncertain"


def test_a_proxy_that_begins_to_refuse_is_an_outage_after_three(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = range(1001, 1011)
    with company(world) as its:
        monkeypatch.setenv("HTTPS_PROXY", its.proxy.url)
        monkeypatch.setenv("SSL_CERT_FILE", str(its.authority))
        its.proxy.grants = 1
        report = world.but(url=URL, concurrency=1).send(world.source(*numbers))
        assert report.exit_code == 3
        assert 1 + 3 <= len(its.proxy.asked) <= 1 + 3 + 2, "what was claimed together ends together"
        assert (world.arrived(), set(world.states().values())) == ([], {"ready"})
        its.proxy.grants = 1_000_000
        assert world.but(url=URL).send(world.source(*numbers)).exit_code == 0
    assert world.arrived() == list(numbers)


def test_a_failing_certificate_is_an_outage_before_anything_is_claimed(
    world: World, monkeypatch: pytest.MonkeyPatch, no_waiting: list[float]
) -> None:
    with company(world) as its:
        monkeypatch.setenv("HTTPS_PROXY", its.proxy.url)
        with pytest.raises(Outage, match="CERTIFICATE_VERIFY_FAILED"):
            world.but(url=URL).send(world.source(1001))
    assert (its.requests, world.states()) == ([], {})


@pytest.mark.parametrize(
    "address", ["gopher://user:{0}@proxy.test", "http://user:{0}@proxy.test:port", "socks5://{0}@x"]
)
def test_a_proxy_address_that_cannot_be_used_is_one_line_without_its_password(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", address.format("MARKER-password"))
    with pytest.raises(SettingsError, match="HTTPS_PROXY, ALL_PROXY or NO_PROXY cannot be used") as error, client():
        pass
    assert "MARKER" not in str(error.value)

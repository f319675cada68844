"""The connections to one host: whom to trust, by which proxy, and which of them are in use."""

from __future__ import annotations

import contextlib
import ssl
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator

import httpcore  # noqa: F401 - httpx loads it with its first transport, in the middle of the work
import httpx

from confirma_connector.errors import SettingsError
from confirma_connector.language import because, tr
from confirma_connector.settings import is_loopback

__all__ = ["Connections"]

_IDLE = 5.0


class Connections:
    """Connections to the host of *base*, kept alive while they are used. *transport* replaces them.

    A request goes straight to its transport: redirects, cookies and logins, which httpx's client adds, are not wanted
    here, and cost a fifth of a request. Raises SettingsError for a proxy or certificates that cannot be used.
    """

    def __init__(self, base: httpx.URL, transport: httpx.BaseTransport | None = None) -> None:
        self._given = transport
        self._lock = threading.Lock()
        self._users: Counter[httpx.BaseTransport] = Counter()
        try:
            self._tls = _trusted(base)
            self._proxy = _proxy(base)
            self._current = self._made()
        except OSError as error:
            raise SettingsError(
                tr("SSL_CERT_FILE or SSL_CERT_DIR cannot be used: {reason}", reason=because(error))
            ) from None
        except (ImportError, ValueError, httpx.InvalidURL):  # their texts would show a password within the address
            raise SettingsError(
                tr("HTTPS_PROXY, ALL_PROXY or NO_PROXY cannot be used: expected an address like http://proxy:8080")
            ) from None

    def close(self) -> None:
        """Close those that are not in use."""
        self._current.close()

    def renew(self) -> None:
        """Let go of idle connections."""
        with self._lock:
            before, self._current = self._current, self._made()
            if not self._users[before]:
                before.close()

    @contextlib.contextmanager
    def lent(self) -> Iterator[httpx.BaseTransport]:
        """Lend the connections in use now; those that were let go of meanwhile are closed by their last user."""
        with self._lock:
            lent = self._current
            self._users[lent] += 1
        try:
            yield lent
        finally:
            with self._lock:
                self._users[lent] -= 1
                if not self._users[lent]:
                    del self._users[lent]
                    if lent is not self._current:
                        lent.close()

    def _made(self) -> httpx.BaseTransport:
        if self._given is not None:
            return self._given
        limits = httpx.Limits(max_connections=None, keepalive_expiry=_IDLE)
        return httpx.HTTPTransport(verify=self._tls, limits=limits, proxy=self._proxy)


def _trusted(base: httpx.URL) -> ssl.SSLContext:
    """Give whom to trust: nobody where no certificate is asked for. Raises OSError."""
    if base.scheme != "https":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.create_ssl_context(trust_env=not is_loopback(base.host))


def _proxy(base: httpx.URL) -> httpx.Proxy | None:
    """Give the proxy that the environment names; this machine is never reached through one. Raises ValueError."""
    known = urllib.request.getproxies()
    address = known.get(base.scheme) or known.get("all")
    if not address or is_loopback(base.host) or _is_excepted(base, known.get("no", "")):
        return None
    return httpx.Proxy(address if "://" in address else f"http://{address}")


def _is_excepted(base: httpx.URL, exceptions: str) -> bool:
    """Tell whether NO_PROXY, or what else the system knows of this kind, names this host in one of its spellings."""
    port = base.port or (443 if base.scheme == "https" else 80)
    spellings = [spelled for host in (base.host, f"[{base.host}]") for spelled in (host, f"{host}:{port}")]
    return "*" in map(str.strip, exceptions.split(",")) or any(map(urllib.request.proxy_bypass, spellings))

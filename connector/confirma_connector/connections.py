"""The connections to one host: whom to trust, by which proxy, and which of them are in use."""

from __future__ import annotations

import contextlib
import ssl
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator

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
        self._base = base
        self._given = transport
        self._lock = threading.Lock()
        self._users: Counter[httpx.BaseTransport] = Counter()
        self._tls: ssl.SSLContext | None = None
        self._current = self._made()

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
        try:
            return httpx.HTTPTransport(
                verify=self._certificates(),
                limits=httpx.Limits(max_connections=None, keepalive_expiry=_IDLE),
                proxy=self._proxy(),
            )
        except OSError as error:
            raise SettingsError(
                tr("SSL_CERT_FILE or SSL_CERT_DIR cannot be used: {reason}", reason=because(error))
            ) from None
        except (ImportError, ValueError, httpx.InvalidURL):  # their texts would show a password within the address
            raise SettingsError(
                tr("HTTPS_PROXY, ALL_PROXY or NO_PROXY cannot be used: expected an address like http://proxy:8080")
            ) from None

    def _certificates(self) -> ssl.SSLContext:
        """Give whom to trust: read once, which takes long, and nobody where no certificate is asked for."""
        if self._tls is None:
            nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            here = is_loopback(self._base.host)
            self._tls = httpx.create_ssl_context(trust_env=not here) if self._base.scheme == "https" else nobody
        return self._tls

    def _proxy(self) -> httpx.Proxy | None:
        """Give the proxy that the environment names; this machine is never reached through one."""
        if is_loopback(self._base.host) or urllib.request.proxy_bypass(self._base.host):
            return None
        known = urllib.request.getproxies()
        address = known.get(self._base.scheme) or known.get("all")
        if not address:
            return None
        return httpx.Proxy(address if "://" in address else f"http://{address}")

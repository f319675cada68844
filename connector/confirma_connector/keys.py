"""Where the key comes from and where it may go: a stored key is for one environment, one address and one account."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import httpx
from pydantic import SecretStr

from confirma_connector.contract import Contract
from confirma_connector.errors import ContractError, SettingsError
from confirma_connector.language import mark, tr
from confirma_connector.overlay import production_host
from confirma_connector.settings import Settings, as_key, is_loopback

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = ["Place", "address", "exposed", "forget", "keyed", "place", "store", "stored"]

_INSTEAD = mark("set CONFIRMA_TOKEN_FILE to a file that holds it")
_RECOMMENDED = 1
"""The priority from which the library calls a backend safe: below are plain files, and places that keep nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Whom one key is for. *origin* is scheme, host and port."""

    environment: str
    origin: str
    account: str

    def __str__(self) -> str:
        return tr(
            "{environment} at {address}, account {account}",
            environment=self.environment,
            address=self.origin,
            account=self.account,
        )

    @property
    def service(self) -> str:
        """The name of the entry in the keyring; its user name is the account."""
        return f"confirma-connector {self.environment} {self.origin}"

    @property
    def beside(self) -> Place:
        """Where what may be a new key lies until somebody has looked at it."""
        return replace(self, origin=f"{self.origin} (unproved)")


def address(settings: Settings, contract: Contract) -> httpx.URL:
    """Give the address that requests go to, without the API's prefix. Raises ContractError."""
    prefix = contract.file.paths["prefix"].wire
    host = settings.url or contract.file.hosts[settings.environment].wire
    found = httpx.URL(host.removesuffix(prefix))
    if settings.environment != "production" and found.host == httpx.URL(production_host()).host:
        raise ContractError(
            tr(
                "{host} is the production service, but the environment is {environment}",
                host=found.host,
                environment=settings.environment,
            )
        )
    if found.scheme != "https" and not is_loopback(found.host):
        raise ContractError(tr("contract: {host} is not https://, and the key goes over nothing else", host=host))
    return found


def place(settings: Settings, contract: Contract) -> Place:
    """Give what a key of these settings is bound to. Raises SettingsError in the sandbox, and ContractError."""
    if settings.environment == "sandbox":
        raise SettingsError(tr("the sandbox needs no key of yours: name the environment, staging or production"))
    found = address(settings, contract)
    return Place(settings.environment, f"{found.scheme}://{found.netloc.decode('ascii')}", settings.account)


def keyed(settings: Settings, contract: Contract) -> Settings:
    """Give the settings with their key: the one they name, else the one in the keyring. Raises SettingsError."""
    if settings.environment == "sandbox" or settings.token.get_secret_value():
        return settings
    here = place(settings, contract)
    try:
        key = stored(here)
    except SettingsError as error:
        raise SettingsError(
            tr("environment {environment} needs a key, and {problem}", environment=settings.environment, problem=error)
        ) from None
    if key is None:
        raise SettingsError(
            tr("there is no key for {place}: run confirma login, or {instead}", place=here, instead=tr(_INSTEAD))
        )
    return settings.model_copy(update={"token": key})


def stored(here: Place) -> SecretStr | None:
    """Give the key that the system keyring holds for *here*, if any. Raises SettingsError."""
    with _answering() as keyring:
        text = keyring.get_password(here.service, here.account)
    try:
        return as_key(text) if text else None
    except ValueError as error:
        raise SettingsError(
            tr("the system keyring has something else for {place}: {error}", place=here, error=error)
        ) from None


def store(here: Place, key: SecretStr) -> None:
    """Put *key* into the system keyring for *here*, in the place of an earlier one. Raises SettingsError."""
    with _answering() as keyring:
        keyring.set_password(here.service, here.account, key.get_secret_value())
        is_kept = keyring.get_password(here.service, here.account) == key.get_secret_value()
    if not is_kept:
        raise SettingsError(tr("the system keyring did not keep the key: {instead}", instead=tr(_INSTEAD)))


def forget(here: Place) -> bool:
    """Take the key for *here* out of the system keyring; False when there is none. Raises SettingsError."""
    with _answering() as keyring:
        is_there = keyring.get_password(here.service, here.account) is not None
        if is_there:
            keyring.delete_password(here.service, here.account)
    return is_there


def exposed(settings: Settings) -> str:
    """Say in one line that everybody on this machine can read the key's file; "" when not so, or not to be told."""
    path = settings.token_file.expanduser() if settings.token_file else None
    if path is None or os.name != "posix" or not path.stat().st_mode & stat.S_IROTH:
        return ""
    return tr("everybody on this machine can read the key file {path}: chmod 600 {path}", path=path)


@contextlib.contextmanager
def _answering() -> Iterator[KeyringBackend]:
    """Lend the system keyring. Its errors are of many kinds, and their texts are not ours to repeat beside a key."""
    try:
        import keyring
    except ImportError:
        raise SettingsError(
            tr(
                'the system keyring is not within reach: {instead}, or pip install "confirma-connector[keyring]"',
                instead=tr(_INSTEAD),
            )
        ) from None
    try:
        backend = keyring.get_keyring()
        if backend.priority < _RECOMMENDED:
            raise SettingsError(
                tr("this machine has no system keyring that protects a key: {instead}", instead=tr(_INSTEAD))
            )
        yield backend
    except SettingsError:
        raise
    except Exception as error:
        raise SettingsError(
            tr(
                "the system keyring does not answer ({name}): unlock it, or {instead}",
                name=type(error).__name__,
                instead=tr(_INSTEAD),
            )
        ) from None

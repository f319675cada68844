"""Renewing the key: once, with a safe place ready for a new one, which only the service can tell from another word.

Nobody outside Confirma knows yet what a renewal does to the key in use, or whether its answer holds another.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from confirma_connector import keys
from confirma_connector.client import Client
from confirma_connector.contract import Contract
from confirma_connector.errors import ConfirmaError, SettingsError
from confirma_connector.language import because, tr
from confirma_connector.opening import held, reached
from confirma_connector.settings import Settings

__all__ = ["Renewal", "renew"]


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a renewal came to.

    same: the key in use goes on. new: another one works and lies in *where*. unproved: the key in use is not known to
    work, and what may be new ones lies in *where*, one a line.
    """

    outcome: Literal["same", "new", "unproved"]
    message: str
    where: str = ""


_Keep = Callable[[str, bool], str]
"""Puts a text away, proved to be a key or not, and says where it is."""


def renew(settings: Settings, contract: Contract, to: Path | None) -> Renewal:
    """Renew the key; a new one goes into the new file *to*, else into the keyring if the old one came from there.

    Raises SettingsError where a new key would have no place, Refused, Outage, Busy.
    """
    with held(settings), _safe(settings, contract, to) as keep, reached(settings, contract) as client:
        answer = client.renew()
        good = next((key for key in answer.maybe_keys if _is_good(client, key)), None)
        if good is not None:
            return Renewal("new", answer.message, keep(good.get_secret_value(), True))
        try:
            client.validate()
        except ConfirmaError as error:
            if not answer.maybe_keys:
                raise type(error)(
                    tr("renewed, and there was no new key in the answer; but {problem}", problem=error)
                ) from None
            lines = "\n".join(key.get_secret_value() for key in answer.maybe_keys)
            return Renewal("unproved", answer.message, keep(lines, False))
        return Renewal("same", answer.message)


def _is_good(client: Client, key: SecretStr) -> bool:
    try:
        with client.with_key(key) as other:
            other.validate()
    except ConfirmaError:
        return False
    return True


@contextlib.contextmanager
def _safe(settings: Settings, contract: Contract, to: Path | None) -> Iterator[_Keep]:
    if to is not None:
        with _new_file(to) as keep:
            yield keep
    elif settings.token.get_secret_value() or settings.environment == "sandbox":
        raise SettingsError(tr("a new key needs a place: name a new file for it with --to FILE"))
    else:
        yield _in_keyring(keys.place(settings, contract))


@contextlib.contextmanager
def _new_file(path: Path) -> Iterator[_Keep]:
    """Make *path*, for its owner alone; it does not stay when nothing comes into it."""

    def keep(text: str, _is_proved: bool) -> str:
        with path.open("w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        return str(path)

    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise SettingsError(
            tr("{path} is there already: name a new file, the old key may still be needed", path=path)
        ) from None
    except OSError as error:
        raise SettingsError(tr("{path} cannot be made: {reason}", path=path, reason=because(error))) from None
    try:
        yield keep
    finally:
        if not path.stat().st_size:
            path.unlink()


def _in_keyring(here: keys.Place) -> _Keep:
    """The old key makes room only for one that is proved; that the keyring can be written is tried beforehand."""

    def keep(text: str, is_proved: bool) -> str:
        there = here if is_proved else here.beside
        keys.store(there, SecretStr(text))
        return tr('the system keyring, entry "{service}"', service=there.service)

    if (key := keys.stored(here)) is not None:
        keys.store(here, key)
    return keep

"""What is held while an account is dealt with: its lock, its journal, a client; in the sandbox also the server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from pydantic import SecretStr

from confirma_connector.client import Client
from confirma_connector.errors import SettingsError
from confirma_connector.files import locked, private_file
from confirma_connector.journal import Journal
from confirma_connector.run import Run
from confirma_connector.settings import Settings

__all__ = ["held", "opened"]


@contextlib.contextmanager
def held(settings: Settings) -> Iterator[Journal]:
    """Hold the account's lock, with its journal. Raises Busy, JournalError."""
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        busy = (
            f"another run for account {settings.account} ({settings.environment}) is active; try again when it is done"
        )
        with locked(journal.lock_path, busy):
            yield journal


@contextlib.contextmanager
def opened(run: Run) -> Iterator[tuple[Journal, Client]]:
    """Hold the account's lock, with its journal and a client; in the sandbox also the stand-in itself."""
    settings = run.settings
    if settings.environment == "production":
        raise SettingsError(
            "production is closed until the contract has been confirmed, which this release cannot do yet"
        )
    with held(settings) as journal, _host(settings) as reached, Client(reached, run.contract) as client:
        yield journal, client


@contextlib.contextmanager
def _host(settings: Settings) -> Iterator[Settings]:
    """In the sandbox run the stand-in in this process, its store beside the journal."""
    if settings.environment != "sandbox" or settings.url:
        yield settings
        return
    try:
        from confirma_connector.sandbox import serve_in_thread

        serving = serve_in_thread(private_file(settings.journal.with_suffix(".sandbox.sqlite3")), key="sandbox")
    except ImportError as error:
        raise SettingsError(
            f'the sandbox needs more: pip install "confirma-connector[sandbox]" ({error.name})'
        ) from None
    with serving as standing_in:
        yield settings.model_copy(update={"url": standing_in.url, "token": SecretStr(standing_in.key)})

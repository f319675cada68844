"""What is held while an account is dealt with: its lock, its journal, a client; in the sandbox also the server."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from pydantic import SecretStr

from confirma_connector import keys
from confirma_connector.client import Client
from confirma_connector.contract import Contract
from confirma_connector.errors import SettingsError
from confirma_connector.files import locked, private_file
from confirma_connector.journal import Journal
from confirma_connector.language import tr
from confirma_connector.production import refuse_unconfirmed
from confirma_connector.run import Run
from confirma_connector.settings import Settings
from confirma_connector.survey import Survey

__all__ = ["connected", "held", "opened", "reached"]


@contextlib.contextmanager
def held(settings: Settings) -> Iterator[Journal]:
    """Hold the account's lock, with its journal. Raises Busy, JournalError."""
    with Journal(settings.journal, settings.environment, settings.account) as journal:
        busy = tr(
            "another run for account {account} ({environment}) is active; try again when it is done",
            account=settings.account,
            environment=settings.environment,
        )
        with locked(journal.lock_path, busy):
            yield journal


@contextlib.contextmanager
def opened(run: Run) -> Iterator[tuple[Journal, Client]]:
    """Hold the account's lock, with its journal and a client that asks for delivery information."""
    with held(run.settings) as journal, connected(run) as client:
        yield journal, client


@contextlib.contextmanager
def connected(run: Run, surveys: Sequence[Survey] | None = None) -> Iterator[Client]:
    """Give a client to send *surveys* with, or to ask with; in the sandbox with the stand-in itself.

    This is the one way to a client for invoices, and in production it is shut while anything the client is wanted for
    stands on lines of the contract that nobody has confirmed. Raises ContractError.
    """
    refuse_unconfirmed(run, surveys)
    with reached(run.settings, run.contract) as client:
        yield client


@contextlib.contextmanager
def reached(settings: Settings, contract: Contract) -> Iterator[Client]:
    """Give a client with its key, to ask about that; in the sandbox with the stand-in itself. Raises SettingsError."""
    with _host(settings) as hosted, Client(keys.keyed(hosted, contract), contract) as client:
        yield client


@contextlib.contextmanager
def _host(settings: Settings) -> Iterator[Settings]:
    """In the sandbox run the stand-in in this process, its store beside the journal."""
    if settings.environment != "sandbox" or settings.url:
        yield settings
        return
    try:
        from confirma_connector.sandbox import serve_in_thread

        store = private_file(settings.journal.with_suffix(".sandbox.sqlite3"))
        serving = serve_in_thread(store, key=_sandbox_key(settings.account))
    except ImportError as error:
        raise SettingsError(
            tr('the sandbox needs more: pip install "confirma-connector[sandbox]" ({name})', name=error.name)
        ) from None
    with serving as standing_in:
        standing_in.ledger.drop_bodies(settings.retention_days)
        yield settings.model_copy(update={"url": standing_in.url, "token": SecretStr(standing_in.key)})


def _sandbox_key(account: str) -> str:
    """Give each account a key of its own: in the sandbox too their numbers have nothing to do with each other."""
    return "sandbox" if account == "sandbox" else f"sandbox-{account.encode().hex()}"

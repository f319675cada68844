"""A stand-in for the Confirma API: for the demo, the tests and partners. It shares no code with the connector."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from confirma_connector.sandbox.faults import Fault, Faults
    from confirma_connector.sandbox.ledger import Ledger
    from confirma_connector.sandbox.service import create_app
    from confirma_connector.sandbox.serving import StandIn, run, serve_in_thread

__all__ = ["Fault", "Faults", "Ledger", "StandIn", "create_app", "run", "serve_in_thread"]


def __getattr__(name: str) -> object:
    """Load a public name on first use, so that FastAPI is needed only by those who serve."""
    homes = {"Fault": "faults", "Faults": "faults", "Ledger": "ledger", "create_app": "service"}
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{homes.get(name, 'serving')}"), name)

"""What tests of whole runs share: one stand-in a test process, empty and well-behaved at the start of each test."""

from __future__ import annotations

import functools
import importlib.util
import os
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import keyring
import pytest
from keyring.backends import fail
from world import TOKEN, Clock, World

from confirma_connector import overlay
from confirma_connector.mapping import load_mapping
from confirma_connector.plugins import bundled
from confirma_connector.sandbox import StandIn, serve_in_thread

_CLOCK = Clock()


os.environ["CONFIRMA_LANGUAGE"] = "en"  # whatever the machine speaks; here and in processes that tests start


@pytest.fixture(scope="session", autouse=True)
def _no_keyring() -> Iterator[None]:
    """Keep the keyring of whoever runs the tests out of them, here and in processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
        keyring.set_keyring(fail.Keyring())
        yield


@pytest.fixture(scope="session")
def adapter() -> ModuleType:
    """The csv_file adapter as the module of functions that it is."""
    spec = importlib.util.spec_from_file_location("csv_file_under_test", bundled("adapters") / "csv_file.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    store = tmp_path_factory.mktemp("stand-in") / "store.sqlite3"
    with serve_in_thread(store, key=TOKEN, pace=0, clock=_CLOCK, other_keys=["another-key-of-theirs"]) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(served: StandIn) -> StandIn:
    served.ledger.clear()
    served.faults.clear()
    _CLOCK.ahead = 0.0
    return served


@pytest.fixture
def clock(stand_in: StandIn) -> Clock:
    """The clock of the stand-in: `ahead` is by how many seconds it differs from ours."""
    return _CLOCK


@pytest.fixture
def world(stand_in: StandIn, tmp_path: Path) -> World:
    """A folder with a mapping, a journal and settings for the stand-in."""
    return World.at(tmp_path, stand_in)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let listings be asked for again at once; gives the pauses that were wished for."""
    pauses: list[float] = []

    class _Time:
        monotonic = staticmethod(time.monotonic)
        time = staticmethod(time.time)
        sleep = staticmethod(pauses.append)

    monkeypatch.setattr("confirma_connector.client.time", _Time)
    return pauses


@pytest.fixture(scope="session")
def _kept() -> dict[str, Callable[..., Any]]:
    contract, mappings = overlay.shipped(), dict[str, Any]()

    def mapping(path: Path, *more: Any, **words: Any) -> Any:
        key = f"{words}{path.read_text('utf-8')}"
        if key not in mappings:
            mappings[key] = load_mapping(path, *more, **words)
        return mappings[key]

    return {
        "confirma_connector.contract.shipped": lambda: contract,
        "confirma_connector.overlay.shipped": lambda: contract,
        "confirma_connector.recognition.load_mapping": mapping,
        "ssl.create_default_context": functools.cache(ssl.create_default_context),
    }


@pytest.fixture
def read_once(_kept: dict[str, Callable[..., Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep contract, mapping and certificates from run to run: reading them is most of a small run."""
    for name, kept in _kept.items():
        monkeypatch.setattr(name, kept)

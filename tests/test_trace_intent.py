"""The reading of a trace: whose intent was on disk before its request began, and whose was not."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).parent.parent / "tools" / "trace_intent.py"
pytestmark = pytest.mark.skipif(not TOOL.is_file(), reason="the tools are not beside these tests")

# Recorded, and shortened within the quotes: one thread writes and flushes, two send.
TRACE = r"""
10173 1795425430.933439 fdatasync(4<journal.sqlite3-wal>) = 0
10173 1795425430.963100 pwrite64(4<journal.sqlite3-wal>, "\0\0\0\n\0\0\0\0\254\37Iq\222@\33", 24, 94792) = 24
10173 1795425430.963219 pwrite64(4<journal.sqlite3-wal>, "\r\0\0{\"header\":{\"number\":1002,\"type\"\0{\"header\":{\"number\":1001,\"type\"", 4096, 94816) = 4096
10173 1795425430.963345 fdatasync(4<journal.sqlite3-wal> <unfinished ...>
10281 1795425430.963350 connect(8<TCP:[358766]>, {sa_family=AF_INET, sin_port=htons(46559)}, 16) = -1 EINPROGRESS (Operation now in progress)
10173 1795425430.964101 <... fdatasync resumed>) = 0
10279 1795425430.974957 sendto(7<TCP:[127.0.0.1:37136->127.0.0.1:46559]>, "POST /api/v1/partner/invoice HTTP/1.1\r\n", 290, 0, NULL, 0) = 290
10280 1795425430.975100 sendto(8<TCP:[127.0.0.1:37138->127.0.0.1:46559]>, "POST /api/v1/partner/invoice HTTP/1.1\r\n", 290, 0, NULL, 0 <unfinished ...>
10279 1795425430.975376 sendto(7<TCP:[127.0.0.1:37136->127.0.0.1:46559]>, "{\"header\":{\"number\":1001,\"type\"", 1331, 0, NULL, 0) = 1331
10280 1795425430.975380 <... sendto resumed>) = 290
10280 1795425430.977561 sendto(8<TCP:[127.0.0.1:37138->127.0.0.1:46559]>, "{\"header\":{\"number\":1002,\"type\"", 1331, 0, NULL, 0) = 1331
"""
FLUSHED = "10173 1795425430.964101 <... fdatasync resumed>) = 0\n"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("trace_intent_under_test", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def orders(tool: ModuleType, trace: str) -> dict[int, bool]:
    return {one.number: one.is_in_order for one in tool.requests(trace.splitlines())}


def test_a_flush_that_returned_before_the_first_byte_is_in_order(tool: ModuleType) -> None:
    first, second = tool.requests(TRACE.splitlines())
    assert (first.number, first.written, first.flushed, first.begun) == (
        *(1001, 1795425430.963219, 1795425430.964101),
        1795425430.974957,
    )
    assert (second.number, second.begun) == (1002, 1795425430.975100)
    assert first.is_in_order
    assert second.is_in_order


def test_a_flush_that_returns_after_the_first_byte_is_not(tool: ModuleType) -> None:
    late = TRACE.replace(FLUSHED, "") + FLUSHED
    assert orders(tool, late) == {1001: False, 1002: False}


def test_a_flush_that_failed_is_none(tool: ModuleType) -> None:
    failed = FLUSHED.replace("= 0", "= -1 EIO (Input/output error)")
    assert orders(tool, TRACE.replace(FLUSHED, failed)) == {1001: False, 1002: False}


def test_a_flush_of_another_file_is_none(tool: ModuleType) -> None:
    other = TRACE.replace("963345 fdatasync(4<journal.sqlite3-wal> <unf", "963345 fdatasync(9<in.results.csv> <unf")
    assert orders(tool, other) == {1001: False, 1002: False}


def test_a_flush_that_began_before_the_claim_was_written_is_none(tool: ModuleType) -> None:
    claim = next(line for line in TRACE.splitlines(keepends=True) if "4096" in line)
    started = TRACE.replace(claim, "").replace("10281 1795", f"{claim}10281 1795")
    assert orders(tool, started) == {1001: False, 1002: False}


def test_a_request_without_any_claim_is_not_in_order(tool: ModuleType) -> None:
    assert orders(tool, TRACE.replace(r"\"number\":1002,\"type\"\0", "")) == {1001: True, 1002: False}
    assert "NO" in "\n".join(tool.shown(tool.requests(TRACE.replace(FLUSHED, "").splitlines())))


def test_without_strace_one_line_says_what_to_install(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tool.shutil, "which", lambda _: None)
    assert tool.main([]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "apt-get install strace" in line

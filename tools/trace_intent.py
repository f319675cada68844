"""Show by a trace of system calls that an invoice's intent is on disk before the first byte of its request leaves.

    python tools/trace_intent.py [FILE]

A send of FILE (by default a sample) to a stand-in on this machine runs under strace. For each request the trace must
hold, in this order: the claim of that invoice written into SQLite's log, a flush of that log that has returned, and
only then the first `sendto` of the request. Exit 1 when that is not so for every one.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from confirma_connector.sandbox import serve_in_thread

__all__ = ["Request", "requests"]

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "row-per-invoice" / "invoices.csv"
KEY = "a-key-for-the-trace"
TRACED = "connect,sendto,write,pwrite64,fsync,fdatasync"

_CALL = re.compile(r"^(?P<thread>\d+) +(?P<at>\d+\.\d+) (?:<\.\.\. )?(?P<name>\w+)(?P<rest>.*)$")
_LOG = re.compile(r"^\(\d+<[^>]*-wal>")
_NUMBER = re.compile(r'\\"number\\": ?(\d+)')
_FLUSHES = ("fsync", "fdatasync")


@dataclass(frozen=True, slots=True)
class Request:
    """One request for one invoice, in seconds since 1970: claim written, log flushed, first byte. None: not seen."""

    number: int
    written: float | None
    flushed: float | None
    begun: float

    @property
    def is_in_order(self) -> bool:
        """Whether the intent was on disk before the first byte left."""
        return self.written is not None and self.flushed is not None and self.written <= self.flushed <= self.begun


@dataclass(frozen=True, slots=True)
class _Call:
    """One line of a trace; a call that was interrupted by another thread's has two, and *ends* with the second."""

    thread: str
    at: float
    name: str
    rest: str

    @property
    def begins(self) -> bool:
        return self.rest.startswith("(")

    @property
    def succeeded(self) -> bool:
        return self.rest.endswith("= 0")


def requests(trace: Iterable[str]) -> list[Request]:
    """Read a trace of `strace -f -yy -ttt`; give its create requests in the order in which they began."""
    written: dict[int, float] = {}  # claims in the log, not known to be flushed
    flushed: dict[int, tuple[float, float]] = {}
    flushing: dict[str, dict[int, float]] = {}  # by thread: what was in the log when its flush began
    begun: dict[str, float] = {}  # by thread: a request whose invoice is not known yet
    found: list[Request] = []
    for call in _calls(trace):
        if call.name in ("pwrite64", "write") and _LOG.match(call.rest):
            for number in _numbers(call):
                written.setdefault(number, call.at)
        elif call.name in _FLUSHES:
            if call.begins:
                flushing[call.thread] = dict(written) if _LOG.match(call.rest) else {}
            if call.succeeded:
                for number, at in flushing.pop(call.thread, {}).items():
                    flushed.setdefault(number, (at, call.at))
        elif call.name == "sendto" and call.begins:
            if '"POST ' in call.rest:
                begun[call.thread] = call.at
            for number in _numbers(call) if call.thread in begun else ():
                claim, flush = flushed.get(number, (written.get(number), None))
                found.append(Request(number, claim, flush, begun.pop(call.thread)))
    return found


def _calls(trace: Iterable[str]) -> Iterator[_Call]:
    for line in trace:
        if match := _CALL.match(line.rstrip("\n")):
            rest = match["rest"].removeprefix(" resumed>")
            yield _Call(match["thread"], float(match["at"]), match["name"], rest)


def _numbers(call: _Call) -> list[int]:
    return [int(number) for number in _NUMBER.findall(call.rest)]


def recorded(source: Path) -> Sequence[str]:
    """Send *source* to a stand-in of its own under strace, and give the trace."""
    with tempfile.TemporaryDirectory() as name, serve_in_thread(Path(name) / "store.sqlite3", key=KEY) as server:
        folder = Path(name)
        file = Path(shutil.copy(source, folder))
        trace = folder / "trace"
        own = {
            "CONFIRMA_ENVIRONMENT": "staging",
            "CONFIRMA_URL": server.url,
            "CONFIRMA_TOKEN": server.key,
            "CONFIRMA_ACCOUNT": "trace",
            "CONFIRMA_JOURNAL": str(folder / "journal.sqlite3"),
            "XDG_CONFIG_HOME": name,
        }
        kept = {key: value for key, value in os.environ.items() if not key.startswith("CONFIRMA_")}
        strace = ["strace", "-f", "-yy", "-ttt", "-s", "100000", "-o", str(trace), "-e", f"trace={TRACED}"]
        confirma = [sys.executable, "-m", "confirma_connector.cli", "send", str(file)]
        done = subprocess.run([*strace, *confirma], env=kept | own, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            print(done.stdout)
        return trace.read_text("utf-8", errors="replace").splitlines() if trace.exists() else []


def shown(found: Sequence[Request]) -> Iterator[str]:
    """Give a table: times in milliseconds since the first claim was written."""
    start = min((one.written for one in found if one.written is not None), default=0.0)
    yield f"{'invoice':>12} {'claim written':>14} {'log flushed':>12} {'first byte':>11}  in order"
    for one in found:
        times = ["-" if at is None else f"{1000 * (at - start):.1f}" for at in (one.written, one.flushed, one.begun)]
        yield f"{one.number:>12} {times[0]:>14} {times[1]:>12} {times[2]:>11}  {'yes' if one.is_in_order else 'NO'}"


def main(words: Sequence[str]) -> int:
    """Trace a send and print its table; 1 when the order is wrong or nothing was sent, 2 without strace."""
    if shutil.which("strace") is None:
        print("this needs strace (Linux): apt-get install strace", file=sys.stderr)
        return 2
    found = requests(recorded(Path(words[0]) if words else SAMPLE))
    print("\n".join(shown(found)))
    early = sum(not one.is_in_order for one in found)
    print(f"{len(found)} requests, {early} of them before their intent was on disk (times in ms)")
    return int(bool(early) or not found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

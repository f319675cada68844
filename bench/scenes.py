"""What is measured: each scene is one piece of work, and everybody who does it. Ours is the first of them."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.contestants import checked, copied, equal, read_by, sent, tellers, took, tracked, written
from bench.data import DAYS, Data
from bench.making import ROWS_PER_INVOICE
from bench.measuring import ROOT, Contestant, environment

__all__ = ["QUICK", "Scene", "Sizes", "listing", "scenes", "served"]

By = Literal["cpu", "wall", "whole", "each"]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much work: rows of files, and invoices. *rounds* are the turns of everybody."""

    csv: int = 100_000
    xlsx: int = 50_000
    send: int = 2_000
    send_latency: int = 1_000
    track: int = 100_000
    story: int = 10_000
    story_latency: int = 500
    growth: Sequence[int] = (1_000, 10_000, 100_000, 1_000_000)
    rounds: int = 5
    starts: int = 15


QUICK = Sizes(5_000, 5_000, 200, 200, 2_000, 400, 80, (1_000, 10_000), 1, 3)


@dataclass(frozen=True)
class Scene:
    """One piece of work. *by* are the seconds that count, of so many (*work*) *units*; *server* says what it needs.

    *contestants* gives them once the address of the service is known.
    """

    name: str
    title: str
    by: By
    work: int
    units: str
    contestants: Callable[[str], Sequence[Contestant]]
    server: Sequence[str] | None = None
    rounds: int = 5


@contextlib.contextmanager
def served(options: Sequence[str]) -> Iterator[str]:
    """Run the service in a process of its own; give its address."""
    command = [sys.executable, "-m", "bench.server", *options]
    with subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def scenes(data: Data, sizes: Sizes, others: str) -> list[Scene]:
    """Give all scenes but those of growth; *others* is the interpreter that has the opponents from the index."""
    return [
        _check_csv(data, sizes, others),
        _check_xlsx(data, sizes),
        _write_xlsx(data, sizes),
        _write_csv(data, sizes),
        _send(data, sizes),
        _send_latency(data, sizes),
        _track(data, sizes),
        _story(data, sizes, others),
        _story_latency(data, sizes, others),
        _start(sizes),
    ]


def _check_csv(data: Data, sizes: Sizes, others: str) -> Scene:
    source, rows = data.csv(sizes.csv), sizes.csv
    contestants = [
        checked(data, rows),
        read_by("csv_floor", "csv.DictReader, 6 Decimals, 2 dates", source, rows),
        read_by("pandas_pydantic", "pandas + pydantic, columns made ready by pandas", source, rows),
        read_by("pandas_groups", "pandas + pydantic, a frame for each invoice", source, rows, rounds=3),
        read_by("frictionless_check", "frictionless: types and patterns only", source, rows, python=others),
    ]
    title = f"check of {rows:,} CSV rows × 30 columns"
    return Scene("check_csv", title, "cpu", rows, "rows", lambda _: contestants, rounds=sizes.rounds)


def _check_xlsx(data: Data, sizes: Sizes) -> Scene:
    source, rows = data.xlsx(sizes.xlsx), sizes.xlsx
    contestants = [
        checked(data, rows, "excel"),
        read_by("calamine_floor", "calamine's bare read", source, rows),
        read_by("openpyxl_reading", "openpyxl, read-only, bare", source, rows),
    ]
    title = f"check of {rows:,} Excel rows × 30 columns"
    return Scene("check_xlsx", title, "cpu", rows, "rows", lambda _: contestants, rounds=sizes.rounds)


def _write_xlsx(data: Data, sizes: Sizes) -> Scene:
    source, rows = data.xlsx(sizes.xlsx), sizes.xlsx

    def target(folder: Path) -> dict[str, object]:
        return {"source": source, "target": folder / "out.xlsx"}

    contestants = [
        written(source, "excel", 2, rows),
        Contestant("zip_floor", "unzip + zip (zipfile)", "bench.opponents.zip_floor", arguments=target),
        Contestant(
            "openpyxl_saving",
            "openpyxl, loaded and saved",
            "bench.opponents.openpyxl_saving",
            arguments=lambda folder: {**target(folder), "step": ROWS_PER_INVOICE},
        ),
    ]
    title = f"write-back into {rows:,} Excel rows, 4 columns"
    return Scene("write_xlsx", title, "cpu", rows, "rows", lambda _: contestants, rounds=sizes.rounds)


def _write_csv(data: Data, sizes: Sizes) -> Scene:
    source, rows = data.csv(sizes.csv), sizes.csv
    tokenizer = Contestant(
        "tokenizer",
        "one pass of our own tokenizer",
        "bench.ours.tokenizing",
        arguments=lambda _: {"source": source},
        proved=lambda did, _: equal(did["records"], rows + 1),
    )
    contestants = [written(source, "csv_file", 1, rows), tokenizer]
    title = f"write-back into {rows:,} CSV rows, 4 columns"
    return Scene("write_csv", title, "cpu", rows, "rows", lambda _: contestants, rounds=sizes.rounds)


def _send(data: Data, sizes: Sizes) -> Scene:
    count = sizes.send
    bodies = data.bodies(count * ROWS_PER_INVOICE)

    def contestants(url: str) -> list[Contestant]:
        bare = Contestant(
            "httpx_loop",
            "bare httpx, one request and one fsync",
            "bench.opponents.httpx_loop",
            arguments=lambda folder: {"bodies": bodies, "url": url, "log": folder / "log"},
            proved=lambda _did, _folder: took(url, count),
        )
        return [sent(data, count, url, 1), bare]

    title = f"send of {count:,} invoices, server without latency, 1 worker"
    return Scene("send", title, "each", count, "invoices", contestants, (), sizes.rounds)


def _send_latency(data: Data, sizes: Sizes) -> Scene:
    count = sizes.send_latency
    title = f"send of {count:,} invoices, server latency 50 ms, 8 workers"
    options = ("--latency", "0.05")
    return Scene(
        "send_latency",
        title,
        "each",
        count,
        "invoices",
        lambda url: [sent(data, count, url, 8)],
        options,
        sizes.rounds,
    )


def listing(pending: int, data: Data) -> Sequence[str]:
    """Give the options of a service that lists *pending* invoices."""
    return ("--pending", str(pending), "--last", data.today.isoformat(), "--days", str(DAYS))


def _track(data: Data, sizes: Sizes) -> Scene:
    count = sizes.track
    kept = data.journal(count)

    def contestants(url: str) -> list[Contestant]:
        bare = Contestant(
            "sqlite_updates",
            "bare sqlite3, the same listing and updates",
            "bench.opponents.sqlite_updates",
            arguments=lambda folder: {
                "journal": copied(kept, folder),
                "url": url,
                "first": "2000-01-01",
                "last": "2100-01-01",
            },
            proved=lambda did, _: equal(did, {"delivered": count}),
        )
        return [tracked(data, count, url), bare]

    title = f"track of {count:,} pending invoices over {DAYS} days"
    return Scene("track", title, "wall", count, "invoices", contestants, listing(count, data), sizes.rounds)


def _story(data: Data, sizes: Sizes, others: str) -> Scene:
    count = sizes.story
    title = f"the whole story, {count:,} invoices × {ROWS_PER_INVOICE} rows, no server latency"
    return Scene(
        "story",
        title,
        "whole",
        count,
        "invoices",
        lambda url: tellers(data, count, url, others, 4),
        (),
        sizes.rounds,
    )


def _story_latency(data: Data, sizes: Sizes, others: str) -> Scene:
    count = sizes.story_latency
    title = f"the whole story, {count:,} invoices, server latency 50 ms, 8 workers"
    return Scene(
        "story_latency",
        title,
        "whole",
        count,
        "invoices",
        lambda url: tellers(data, count, url, others, 8, rounds=3),
        ("--latency", "0.05"),
        sizes.rounds,
    )


def _start(sizes: Sizes) -> Scene:
    confirma = str(Path(sys.executable).with_name("confirma"))
    contestants = [
        Contestant("help", "confirma --help", command=(confirma, "--help")),
        Contestant("adapters", "confirma adapters", command=(confirma, "adapters")),
        Contestant("python", "python -c pass", command=(sys.executable, "-c", "pass")),
    ]
    return Scene("start", "start-up", "cpu", 1, "starts", lambda _: contestants, rounds=sizes.starts)

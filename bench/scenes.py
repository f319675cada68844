"""What is measured: each scene is one piece of work, and everybody who does it. Ours is the first of them."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.data import DAYS, Data
from bench.making import ROWS_PER_INVOICE
from bench.measuring import ROOT, Contestant, environment

__all__ = ["QUICK", "Scene", "Sizes", "checked", "listing", "read_by", "scenes", "sent", "served", "tracked"]

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


def checked(data: Data, rows: int, adapter: str = "csv_file") -> Contestant:
    """Give our check of a file of *rows* rows."""
    source = data.csv(rows) if adapter == "csv_file" else data.xlsx(rows)
    invoices = -(-rows // ROWS_PER_INVOICE)
    return Contestant(
        "ours",
        "confirma check",
        "bench.ours.checking",
        arguments=lambda folder: {
            "source": source,
            "mapping": data.mapping(adapter),
            "journal": folder / "journal.sqlite3",
        },
        proved=lambda did, _: _equal(did, {"ready": invoices}),
    )


def read_by(name: str, title: str, source: Path, rows: int, *, python: str = sys.executable) -> Contestant:
    """Give a reader of all *rows* of a file."""
    arguments: Callable[[Path], Mapping[str, object]] = lambda _: {"source": source}  # noqa: E731
    return Contestant(
        name,
        title,
        f"bench.opponents.{name}",
        arguments=arguments,
        python=python,
        proved=lambda did, _: _equal(did["rows"] if "rows" in did else did["ready"] * ROWS_PER_INVOICE, rows),
    )


def _check_csv(data: Data, sizes: Sizes, others: str) -> Scene:
    source, rows = data.csv(sizes.csv), sizes.csv
    contestants = [
        checked(data, rows),
        read_by("csv_floor", "csv.DictReader, 6 Decimals, 2 dates", source, rows),
        read_by("pandas_pydantic", "pandas + pydantic, columns made ready by pandas", source, rows),
        read_by("pandas_groups", "pandas + pydantic, a frame for each invoice", source, rows),
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
        _written(source, "excel", 2, rows),
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
        proved=lambda did, _: _equal(did["records"], rows + 1),
    )
    contestants = [_written(source, "csv_file", 1, rows), tokenizer]
    title = f"write-back into {rows:,} CSV rows, 4 columns"
    return Scene("write_csv", title, "cpu", rows, "rows", lambda _: contestants, rounds=sizes.rounds)


def _written(source: Path, adapter: str, first: int, rows: int) -> Contestant:
    return Contestant(
        "ours",
        "results written by the adapter",
        "bench.ours.writing_back",
        arguments=lambda folder: {
            "source": source,
            "adapter": adapter,
            "first": first,
            "target": folder / f"out{source.suffix}",
            "rows": rows,
        },
    )


def sent(data: Data, invoices: int, url: str, workers: int, shelf: Path | None = None) -> Contestant:
    """Give our sending of *invoices* invoices; *shelf* is a folder for the journal that is not on the disk."""
    source = data.csv(invoices * ROWS_PER_INVOICE)

    def arguments(folder: Path) -> dict[str, object]:
        journal = (shelf or folder) / "journal.sqlite3"
        for left in shelf.glob("journal*") if shelf else ():
            left.unlink()
        return {
            "source": source,
            "mapping": data.mapping("csv_file"),
            "journal": journal,
            "url": url,
            "workers": workers,
            "output": folder / "out.csv",
        }

    def proved(did: dict[str, Any], _folder: Path) -> None:
        _equal(sum(did["states"].values()), invoices)
        _took(url, invoices)

    return Contestant("ours", "confirma send, intents on disk", "bench.ours.sending", (), arguments, proved=proved)


def _send(data: Data, sizes: Sizes) -> Scene:
    count = sizes.send
    bodies = data.bodies(count * ROWS_PER_INVOICE)

    def contestants(url: str) -> list[Contestant]:
        bare = Contestant(
            "httpx_loop",
            "bare httpx, one request and one fsync",
            "bench.opponents.httpx_loop",
            arguments=lambda folder: {"bodies": bodies, "url": url, "log": folder / "log"},
            proved=lambda _did, _folder: _took(url, count),
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


def tracked(data: Data, pending: int, url: str) -> Contestant:
    """Give our tracking of *pending* invoices."""
    kept = data.journal(pending)

    def proved(did: dict[str, Any], _folder: Path) -> None:
        _equal(did, {"delivered": pending})
        did["listings"] = _seen(url)["listings"]

    return Contestant(
        "ours",
        "confirma track",
        "bench.ours.tracking",
        arguments=lambda folder: {"journal": _copy(kept, folder), "url": url},
        proved=proved,
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
                "journal": _copy(kept, folder),
                "url": url,
                "first": "2000-01-01",
                "last": "2100-01-01",
            },
            proved=lambda did, _: _equal(did, {"delivered": count}),
        )
        return [tracked(data, count, url), bare]

    title = f"track of {count:,} pending invoices over {DAYS} days"
    return Scene("track", title, "wall", count, "invoices", contestants, listing(count, data), sizes.rounds)


def _tellers(data: Data, count: int, url: str, others: str, workers: int) -> list[Contestant]:
    source = data.csv(count * ROWS_PER_INVOICE)

    def took(_did: dict[str, Any], _folder: Path) -> None:
        _took(url, count)

    def ours(folder: Path) -> dict[str, object]:
        return {
            "source": source,
            "mapping": data.mapping("csv_file"),
            "journal": folder / "journal.sqlite3",
            "url": url,
            "workers": workers,
            "output": folder / "out.csv",
        }

    def with_folder(folder: Path) -> dict[str, object]:
        own = folder / "own"
        own.mkdir()
        return {"source": source, "url": url, "folder": own}

    def other(name: str, title: str) -> Contestant:
        return Contestant(name, title, f"bench.opponents.{name}", (), with_folder, others, proved=took)

    title = "confirma send: checked, durable, written back"
    return [
        Contestant("ours", title, "bench.ours.telling_story", (), ours, proved=took),
        Contestant(
            "pandas_story",
            "pandas + httpx script",
            "bench.opponents.pandas_story",
            arguments=lambda _: {"source": source, "url": url},
            proved=took,
        ),
        other("dlt_story", "dlt, custom destination, default settings"),
        other("drt_story", "drt-core, DuckDB to REST, pacing off"),
        other("singer_story", "singer-sdk, tap and target"),
    ]


def _story(data: Data, sizes: Sizes, others: str) -> Scene:
    count = sizes.story
    title = f"the whole story, {count:,} invoices × {ROWS_PER_INVOICE} rows, no server latency"
    return Scene(
        "story",
        title,
        "whole",
        count,
        "invoices",
        lambda url: _tellers(data, count, url, others, 4),
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
        lambda url: _tellers(data, count, url, others, 8),
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


def _copy(journal: Path, folder: Path) -> Path:
    target = folder / "journal.sqlite3"
    shutil.copyfile(journal, target)
    return target


def _seen(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/seen") as answer:
        seen: dict[str, int] = json.load(answer)
    return seen


def _took(url: str, count: int) -> None:
    seen = _seen(url)
    _equal((seen["posts"], seen["numbers"]), (count, count))


def _equal(found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"did {found}, not {wanted}")

"""Who does the work: our paths and the others', what each is given, and the proof that it did it."""

from __future__ import annotations

import json
import shutil
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.data import Data
from bench.making import ROWS_PER_INVOICE
from bench.measuring import Contestant

__all__ = ["checked", "copied", "equal", "read_by", "sent", "tellers", "took", "tracked", "written"]


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
        proved=lambda did, _: equal(did, {"ready": invoices}),
    )


def read_by(
    name: str, title: str, source: Path, rows: int, *, python: str = sys.executable, rounds: int | None = None
) -> Contestant:
    """Give a reader of all *rows* of a file."""

    def arguments(_folder: Path) -> Mapping[str, object]:
        return {"source": source}

    return Contestant(
        name,
        title,
        f"bench.opponents.{name}",
        arguments=arguments,
        python=python,
        rounds=rounds,
        proved=lambda did, _: equal(did["rows"] if "rows" in did else did["ready"] * ROWS_PER_INVOICE, rows),
    )


def written(source: Path, adapter: str, first: int, rows: int) -> Contestant:
    """Give our writing of results into a file of *rows* rows, the first of which the adapter calls *first*."""
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
        equal(sum(did["states"].values()), invoices)
        took(url, invoices)

    title = "confirma send, journal in memory" if shelf else "confirma send, every intent flushed to disk"
    return Contestant("ours", title, "bench.ours.sending", (), arguments, proved=proved)


def tracked(data: Data, pending: int, url: str) -> Contestant:
    """Give our tracking of *pending* invoices."""
    kept = data.journal(pending)

    def proved(did: dict[str, Any], _folder: Path) -> None:
        equal(did, {"delivered": pending})
        did["listings"] = _seen(url)["listings"]

    def arguments(folder: Path) -> Mapping[str, object]:
        _seen(url)  # from here on only our questions count
        return {"journal": copied(kept, folder), "url": url}

    return Contestant("ours", "confirma track", "bench.ours.tracking", arguments=arguments, proved=proved)


def tellers(data: Data, count: int, url: str, others: str, workers: int, rounds: int | None = None) -> list[Contestant]:
    """Give everybody who sends the *count* invoices of a text file, from the start of a process to its end.

    *rounds* are those of the others, where they mostly wait.
    """
    source = data.csv(count * ROWS_PER_INVOICE)

    def proved(_did: dict[str, Any], _folder: Path) -> None:
        took(url, count)

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
        return Contestant(name, title, f"bench.opponents.{name}", (), with_folder, others, rounds, proved)

    title = "confirma send: checked, durable, written back"
    return [
        Contestant("ours", title, "bench.ours.telling_story", (), ours, proved=proved),
        Contestant(
            "pandas_story",
            "pandas + httpx script",
            "bench.opponents.pandas_story",
            arguments=lambda _: {"source": source, "url": url},
            rounds=rounds,
            proved=proved,
        ),
        other("dlt_story", "dlt, custom destination, default settings"),
        other("drt_story", "drt-core, DuckDB to REST, pacing off"),
        other("singer_story", "singer-sdk, tap and target"),
    ]


def copied(journal: Path, folder: Path) -> Path:
    """Copy a journal into *folder*."""
    target = folder / "journal.sqlite3"
    shutil.copyfile(journal, target)
    return target


def _seen(url: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{url}/seen") as answer:
        seen: dict[str, int] = json.load(answer)
    return seen


def took(url: str, count: int) -> None:
    """Look that the service took *count* invoices, each once."""
    seen = _seen(url)
    equal((seen["posts"], seen["numbers"]), (count, count))


def equal(found: object, wanted: object) -> None:
    """Look that what was done is what was asked for."""
    if found != wanted:
        raise AssertionError(f"did {found}, not {wanted}")

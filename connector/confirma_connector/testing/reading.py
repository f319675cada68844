"""Promises of `read`: the same twice, records that fit, places that are unique, nothing left behind."""

from __future__ import annotations

import contextlib
import decimal
import gc
import io
import locale
import os
import warnings
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from confirma_connector.errors import AdapterError, ConfirmaError
from confirma_connector.files import digest
from confirma_connector.patience import Late, within
from confirma_connector.records import Record
from confirma_connector.testing.finding import Finding
from confirma_connector.testing.trial import Trial, change

__all__ = ["closes_its_files", "files_of", "leaves_no_trace", "reads_the_same_twice", "records_fit", "traces"]

_SHOWN = 3
_PARTS = ("whole", "header", "line")


def reads_the_same_twice(trial: Trial) -> Iterator[Finding]:
    """Reading the same bytes twice gives the same records."""
    done = f"read {trial.name} twice"
    try:
        first, second = trial.read(trial.path), trial.read(trial.path)
    except ConfirmaError as error:
        cure = 'make `read` give the records of this sample: yield Record(values, at=number, where=f"line {number}")'
        yield trial.failure(done, "its records, both times", error, cure)
        return
    except Late:
        yield trial.without_ending(done)
        return
    cure = "take everything from `source`: keep nothing in the module between two readings, and use no clock or chance"
    if len(first) != len(second):
        came = f"{len(first)} records, then {len(second)}"
        yield trial.fault(done, "the same records", came, cure)
    for number, (one, other) in enumerate(zip(first, second, strict=False), 1):
        if one != other:
            came = (
                change(one, other) or f"at={one.at!r}, where={one.where!r}, then at={other.at!r}, where={other.where!r}"
            )
            yield trial.fault(done, "the same records", f"record {number}: {came}", cure)
            return
    if not first:
        yield trial.fault(
            done, "the records of a sample with invoices", "no record at all", "see what `read` leaves out"
        )
        return
    path = trial.copy()
    trial.read(path)
    path.write_bytes(b"")
    with contextlib.suppress(ConfirmaError):
        if trial.read(path) == first:
            done = f"read a copy of {trial.name}, emptied it, and read it again"
            yield trial.fault(done, "no record, or a SourceError", "the records from before", cure)


def records_fit(trial: Trial) -> Iterator[Finding]:
    """Places are unique, and records hold what the host can use."""
    seen: dict[object, str] = {}
    closed: set[str] = set()
    current: str | None = None
    found = 0
    for number, record in enumerate(trial.records, 1):
        for expected, came, cure in _misfits(record):
            found += 1
            if found <= _SHOWN:
                yield trial.fault(f"read {trial.name}, record {number}", expected, came, cure)
        with contextlib.suppress(TypeError):
            if record.at in seen:
                found += 1
                if found <= _SHOWN:
                    yield trial.fault(
                        f"read {trial.name}, record {number}",
                        "a place (`at`) that no other record has: results find their record by it",
                        f"at={record.at!r} for {record.where} and for {seen[record.at]}",
                        "count the records or lines, and give the count as `at`",
                    )
            seen.setdefault(record.at, record.where)
        if record.document != current:
            if record.document is not None and record.document in closed:
                yield trial.fault(
                    f"read {trial.name}, record {number}",
                    "the records of one document one after another",
                    f"document={record.document!r} again at {record.where}, after another document",
                    "give every document a key of its own (its number in the file), and its records together",
                )
                return
            closed.update(() if current is None else (current,))
            current = record.document
    if not found:
        yield from _results_of_nobody(trial)
        yield from _as_the_host_sees_them(trial)


def _results_of_nobody(trial: Trial) -> Iterator[Finding]:
    """Refuse names of results in a file that has none: by them a file is known as one with results."""
    if trial.has_results():
        return
    names = trial.written_headers()
    for record in trial.records:
        if there := [name for name in names if name in record.values]:
            yield trial.fault(
                f"read {trial.name}, which has no results in it",
                "no result names among the values, not even empty ones: the host knows a results file by them",
                f"{', '.join(there)} in {record.where}",
                "give the names of source.headers only where results stand in the file (if the sample itself has these "
                "columns, with nothing in them, take them out of it)",
            )
            return


def _as_the_host_sees_them(trial: Trial) -> Iterator[Finding]:
    try:
        deque(trial.adapter.read(trial.source(trial.path)), 0)
    except ConfirmaError as error:
        cure = "mend what the message says: the host takes no such records"
        yield trial.failure(f"read {trial.name} as the host does", "records that it takes", error, cure)
        return
    twice = trial.made(trial.content * 2)
    try:
        within(trial.patience, lambda: deque(trial.adapter.read(trial.source(twice)), 0))
    except AdapterError as error:
        cure = "count the records or lines, and give the count as `at`: what is in a file may be in it twice"
        done = f"read a file that holds {trial.name} twice, as the host does"
        yield trial.failure(done, "records that it takes, or a SourceError", error, cure)
    except (ConfirmaError, Late):  # what other promises are about
        return


def _misfits(record: Record) -> Iterator[tuple[str, str, str]]:
    places = record.at if isinstance(record.at, tuple) else (record.at,)
    if not all(type(one) in (str, int) for one in places):
        yield (
            "a place (`at`) that is text, a whole number, or a tuple of these",
            f"at={record.at!r}",
            "give the number of the line, or of the record",
        )
    if not isinstance(record.where, str) or not record.where.strip():
        yield (
            'a `where` for people, such as "line 12"',
            f"where={record.where!r} (at {record.at!r})",
            "say in the words of the source where the record stands: every message begins with it",
        )
    if record.part not in _PARTS:
        yield f"a `part` of {', '.join(_PARTS)}", f"part={record.part!r} at {record.where}", "leave it out in a table"
    if record.document is not None and not isinstance(record.document, str):
        yield "a `document` that is text, or None", f"document={record.document!r}", "spell the key with str(…)"
    if record.part != "whole" and record.document is None and not record.skipped:
        yield (
            f"a `document` for a record that is part={record.part!r}: which invoice it belongs to",
            f"document=None at {record.where}",
            "give header and lines of an invoice the same document key",
        )
    if not isinstance(record.problems, (tuple, list)) or not all(isinstance(one, str) for one in record.problems):
        came = f"problems={record.problems!r} at {record.where}"
        yield "a tuple of texts as problems", came, "mind the comma: problems=(text,)"
    if odd := [header for header in record.values if not isinstance(header, str)]:
        yield "values by headers that are texts", f"the header {odd[0]!r} at {record.where}", "spell it with str(…)"
    if not isinstance(record.skipped, str):
        yield (
            "a reason (text) as `skipped`",
            f"skipped={record.skipped!r} at {record.where}",
            "say why, or leave it out",
        )
    for header, value in record.values.items():
        if isinstance(value, str) and _is_torn(value):
            yield (
                "text that can be written as UTF-8",
                f"{header}={value!r} at {record.where}",
                'decode strictly, and never with errors="surrogateescape": raise SourceError for what is no text',
            )


def _is_torn(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def leaves_no_trace(trial: Trial) -> Iterator[Finding]:
    """Reading changes neither the source nor the process, prints nothing and writes nothing."""
    path = trial.copy()
    folder = path.parent
    before, state = files_of(folder), _state()
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        loaded = replace(trial.subject).adapter  # once more, so that it is heard
        with contextlib.suppress(ConfirmaError, Late):
            trial.detected(path)
            trial.read(path)
    done = f"read a copy of {trial.name}"
    yield from traces(trial, done, before, folder)
    if printed := out.getvalue() + err.getvalue() + "\n".join(loaded.prints.lines):
        yield trial.fault(
            f"loaded the adapter, and {done}",
            "nothing printed: the host prints, and its output may be JSON for another program",
            f"printed {printed[:200]!r}",
            "take out the print, or say it as a problem of the record (`problems`)",
        )
    for what, was in state.items():
        if (now := _state()[what]) != was:
            yield trial.fault(
                done,
                f"the process as it was: {what} {was}",
                f"{what} {now}",
                "never change what belongs to the whole process; give what you need as an argument",
            )
            _restore(what, was)


def traces(trial: Trial, done: str, before: dict[str, str], folder: Path, hook: str = "read") -> Iterator[Finding]:
    """Find what has changed in *folder* since it was as *before*."""
    after = files_of(folder)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            how = "changed" if name in before and name in after else "deleted" if name in before else "made"
            yield trial.fault(
                done,
                "every file as it was: the source belongs to its user",
                f"{hook} {how} {name}" if how != "changed" else f"{name} was changed",
                'open the source with source.open(), which reads ("rb"); nothing is to be written beside it',
                hook,
            )


def files_of(folder: Path) -> dict[str, str]:
    """Give the digest and the time of every file in *folder*."""
    return {
        path.name: f"{digest(path)} {path.stat().st_mtime_ns}" for path in sorted(folder.iterdir()) if path.is_file()
    }


def _state() -> dict[str, str]:
    return {
        "working folder": str(Path.cwd()),
        "decimal context": str(decimal.getcontext().prec) + decimal.getcontext().rounding,
        "locale": locale.setlocale(locale.LC_ALL),
    }


def _restore(what: str, was: str) -> None:
    if what == "working folder":
        os.chdir(was)
    elif what == "locale":
        locale.setlocale(locale.LC_ALL, was)


def closes_its_files(trial: Trial) -> Iterator[Finding]:
    """Reading to the end, and reading that is given up half-way, leaves no file open."""
    for done, most in ((f"read {trial.name} to its end", None), (f"read one record of {trial.name}, and no more", 1)):
        path = trial.copy()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            gc.collect()
            _taken(trial.bare.read(trial.source(path)), most)
            gc.collect()
        leaks = [
            str(one.message) for one in told if one.category is ResourceWarning and repr(str(path)) in str(one.message)
        ]
        if leaks or _is_open(path):
            yield trial.fault(
                done,
                "the file closed",
                leaks[0] if leaks else f"{path.name} was still open",
                "open it in a `with` block inside of `read`: with source.open() as file",
            )


def _taken(records: Iterator[Record], most: int | None) -> None:
    given: Iterable[Record] = records
    for count, _ in enumerate(given, 1):
        if most is not None and count >= most:
            break
    close = getattr(records, "close", None)
    if close is not None:
        close()


def _is_open(path: Path) -> bool:
    folder = Path("/proc/self/fd")
    if folder.is_dir():
        return any(os.path.realpath(one) == str(path) for one in folder.iterdir())
    try:  # a system that locks what is open says so
        path.rename(path.with_name("renamed"))
    except PermissionError:
        return True
    return False

"""Promises of `write_results`: the results, and nothing else, go into a copy."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import replace

from confirma_connector.errors import ConfirmaError, NoWriteBack, SourceError
from confirma_connector.patience import Late
from confirma_connector.records import Record, ResultHeaders
from confirma_connector.testing.bare import HookFailed
from confirma_connector.testing.finding import Finding, Untried
from confirma_connector.testing.reading import files_of, traces
from confirma_connector.testing.trial import Trial, change, spelled
from confirma_connector.testing.written import HOOK, Written, alike, difference, due, is_text, lost, written

__all__ = [
    "a_failure_spoils_nothing",
    "odd_texts_break_nothing",
    "only_results_are_written",
    "writing_twice_is_writing_once",
]

_CELLS = ("state", "message", "updated", "case_id")
_OTHER = ResultHeaders("r_state", "r_message", "r_updated", "r_case_id")


def only_results_are_written(trial: Trial) -> Iterator[Finding]:
    """Writing results changes nothing but the results, and leaves the source as it was."""
    path = trial.copy()
    before = files_of(path.parent)
    done = f"wrote results into a copy of {trial.name}, and read that copy"
    made = written(trial, path, "one", done)
    yield from traces(trial, done, before, path.parent, HOOK)
    found = [*_other_records(trial, done, made), *_results(trial, done, made, _CELLS)]
    found = found or [*_bytes(trial, done, made), *_as_the_host_sees_it(trial, done), *_called_otherwise(trial)]
    yield from found
    if not found and trial.sample.without_results is None and not is_text(trial.content):
        raise Untried(
            "in part: its records and results are right, but its bytes were not compared, as it is no text: give the "
            "sample, with pytest, without_results=function; without_results(written) gives the bytes of a written file "
            "without what was written into it"
        )


def _called_otherwise(trial: Trial) -> Iterator[Finding]:
    """Write results under the names that another mapping gives them."""
    if trial.has_results():
        return
    other = replace(trial, headers=_OTHER)
    done = f"wrote results into a copy of {trial.name} for a mapping that calls them {', '.join(_OTHER.names())}"
    yield from _results(other, done, written(other, other.copy(), "one", done), _CELLS)


def writing_twice_is_writing_once(trial: Trial) -> Iterator[Finding]:
    """Writing the same results again changes nothing, and other results take the place of those before."""
    done = f"wrote results into a copy of {trial.name}"
    first = written(trial, trial.copy(), "one", done)
    again = written(trial, trial.made(first.content), "one", f"{done}, and the same ones into that copy")
    other = written(trial, trial.made(first.content), "two", f"{done}, then other ones into that copy")
    fresh = written(trial, trial.copy(), "two", f"wrote these other results into a copy of {trial.name}")
    cure = (
        "look for the result columns (source.headers.names()) in the source, and write into them where they are there; "
        "append them only where they are not"
    )
    for how, expected, one, wanted in (
        ("and the same ones into that copy", "the same bytes", again, first),
        ("then other ones into that copy", "the bytes that writing only the second ones gives", other, fresh),
    ):
        if not alike(one, wanted):
            came = f"another file: {difference(wanted.content, one.content)}"
            yield trial.fault(f"{done}, {how}", expected, came, cure, HOOK)


def odd_texts_break_nothing(trial: Trial) -> Iterator[Finding]:
    """A message with any sign in it breaks neither the file nor the other cells."""
    done = f"wrote results whose messages hold quotes, delimiters, line ends and markup into a copy of {trial.name}"
    cure = "escape or replace in the result cells what means something in your format; a message may hold any sign"
    made = written(trial, trial.copy(), "odd", done)
    found = list(_other_records(trial, done, made, cure))
    yield from found or _results(trial, done, made, ("state", "case_id"), cure)


def a_failure_spoils_nothing(trial: Trial) -> Iterator[Finding]:
    """When the disk is full half-way, or the target cannot be written, that is told, and the source is as it was."""
    path = trial.copy()
    size = len(written(trial, path, "one", f"wrote results into a copy of {trial.name}").content) // 2
    results = list(due(trial, path, "one").values())
    cases = [("into a folder that is not there", path.parent / "nowhere" / ".results.1a2b.tmp", 0)]
    if importlib.util.find_spec("resource"):
        cases.append((f"on a disk that is full after {size} bytes", trial.new_folder() / ".results.1a2b.tmp", size))
    before = files_of(path.parent)
    for how, target, most in cases:
        done = f"wrote results {how}"
        expected = "the OSError of the system: the host then keeps the old file, and tries again next time"
        try:
            with _full_after(most):
                trial.write(path, results, target)
        except (OSError, SourceError, NoWriteBack, Late):
            pass
        except HookFailed as error:
            yield trial.failure(done, expected, error, "let the OSError go through", HOOK)
        else:
            cure = "do not catch OSError; write inside `with target.open(…) as file`, so that closing fails too"
            yield trial.fault(done, expected, "it ended as if all were well", cure, HOOK)
        yield from traces(trial, done, before, path.parent, HOOK)
        left = [one.name for one in target.parent.iterdir() if one != target] if target.parent.exists() else []
        if left:
            cure = "write to the target alone: the host puts it into place, or removes it"
            yield trial.fault(done, "nothing but the target", f"made {', '.join(left)} as well", cure, HOOK)


@contextlib.contextmanager
def _full_after(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes meanwhile; 0 changes nothing."""
    if not size:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _other_records(trial: Trial, done: str, made: Written, cure: str = "") -> Iterator[Finding]:
    cure = cure or "copy what you read byte by byte, and add the result cells alone"
    before, after, ours = _numbered(trial.records), _numbered(made.records), trial.written_headers()
    if len(before) != len(after):
        yield trial.fault(done, f"as many records as before: {len(before)}", f"{len(after)}", cure, HOOK)
        return
    for number, (one, other) in enumerate(zip(before, after, strict=True), 1):
        if came := change(one, other, ours):
            expected = f"record {number} ({one.where}) as it was, but for the results"
            yield trial.fault(done, expected, came, cure, HOOK)
            return


def _numbered(records: Sequence[Record]) -> list[Record]:
    """Give the records with their documents counted: a key may be a line, and lines move when results come between."""
    counts: dict[str | None, str] = {}
    return [
        record
        if record.document is None
        else replace(record, document=counts.setdefault(record.document, f"document {len(counts) + 1}"))
        for record in records
    ]


def _results(trial: Trial, done: str, made: Written, cells: Sequence[str], cure: str = "") -> Iterator[Finding]:
    headers = dict(zip(_CELLS, trial.written_headers(), strict=True))
    if lacking := [header for header in headers.values() if header not in made.records[0].values]:
        yield trial.fault(
            done,
            f"a first record with the result cells among its values: {', '.join(headers.values())}",
            f"no {', '.join(lacking)} in {spelled(made.records[0])}",
            "let `read` give the result cells like every other cell, under source.headers.names(): by them the host "
            "knows that a file is a results file",
        )
        return
    for number, record in enumerate(made.records):
        result = made.due.get(number)
        for cell in cells:
            wanted = getattr(result, cell) if result else str(trial.records[number].values.get(headers[cell]) or "")
            there = str(record.values.get(headers[cell]) or "")
            if there != wanted and (result or cell == "state"):
                expected = f'{headers[cell]} "{wanted}" in record {number + 1} ({record.where})'
                yield trial.fault(
                    done,
                    expected,
                    f'"{there}"',
                    cure or "put each result where its `at` says: the same `at` that `read` gives that record",
                    HOOK,
                )
                return


def _as_the_host_sees_it(trial: Trial, done: str) -> Iterator[Finding]:
    path = trial.copy()
    target = path.with_name(f".{path.name}.1a2b.tmp")
    try:
        trial.adapter.write_results(trial.source(path, is_target=True), list(due(trial, path, "one").values()), target)
    except ConfirmaError as error:
        cure = "mend what the message says: the host would not put such a file into place"
        yield trial.failure(done, "a copy that the host takes", error, cure, HOOK)


def _bytes(trial: Trial, done: str, made: Written) -> Iterator[Finding]:
    was = trial.content
    if (strip := trial.sample.without_results) is not None:
        if (left := strip(made.content)) != was:
            came = f"another file: {difference(was, left)}"
            expected = "the bytes of the source, once without_results has taken the results out"
            yield trial.fault(done, expected, came, "copy the source's bytes, and add the result cells alone", HOOK)
        return
    if trial.has_results() or not is_text(was):
        return
    if came := lost(was, made.content):
        yield trial.fault(
            done,
            "every byte of the source in its order, with the results put in between, or in the place of blanks",
            came,
            "keep line ends, quotes, spaces and the encoding as they are: write back the line that was read, not one "
            "put together anew. Where results take the place of other bytes that are kept for them, the sample says "
            "how to take them out: Sample(…, without_results=…), with pytest",
            HOOK,
        )
    elif _ends(was) != _ends(made.content):
        cure = 'end each line as the source ends it; open the target with newline=""'
        yield trial.fault(done, f"lines that end with {_ends(was)!r}", f"{_ends(made.content)!r}", cure, HOOK)


def _ends(content: bytes) -> list[bytes]:
    """Give the kinds of line ends that a file has."""
    return [end for end, count in ((b"\r\n", content.count(b"\r\n")), (b"\n", _alone(content))) if count]


def _alone(content: bytes) -> int:
    return content.count(b"\n") - content.count(b"\r\n")

"""Whole round trips: sent to the stand-in, tracked, sorted, killed; each invoice once, and its state beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from confirma_connector.errors import ConfirmaError
from confirma_connector.report import FileReport
from confirma_connector.testing.account import KEY, Account, listed, opened
from confirma_connector.testing.finding import Broken, Finding, Untried
from confirma_connector.testing.reading import files_of
from confirma_connector.testing.rearranging import resorted, shortened, with_lines_deleted
from confirma_connector.testing.trial import Trial
from confirma_connector.testing.written import HOOK

__all__ = ["a_killed_run_is_finished", "a_round_trip", "sorted_files_get_their_states"]

_CHILD_TIME = 60.0
_RUNS = 4


def a_round_trip(trial: Trial) -> Iterator[Finding]:
    """Sent, sent again and tracked: each invoice arrives once, and its state stands beside it."""
    with opened(trial) as account:
        path = trial.copy()
        before = files_of(path.parent)[path.name]
        told = _done(account, f"sent {trial.name}", lambda: account.send(path))
        yield from _arrived_once(account, f"sent {trial.name} to a stand-in for the service")
        yield from _beside(account, f"sent {trial.name}", path, told)
        again = _done(account, f"sent {trial.name} again", lambda: account.send(path))
        yield from _arrived_once(account, f"sent {trial.name} twice")
        yield from _beside(account, f"sent {trial.name} twice", path, again)
        tracked = _done(account, f"sent {trial.name}, and tracked", account.track)
        yield from _beside(account, f"sent {trial.name}, and tracked", path, tracked)
        if files_of(path.parent)[path.name] != before and not trial.has_results():
            cure = "never write to source.path: `target` is the file to write"
            yield trial.fault(f"sent {trial.name}, and tracked", "the source as it was", "it was changed", cure, HOOK)


def sorted_files_get_their_states(trial: Trial) -> Iterator[Finding]:
    """A file that was sorted or shortened since it was sent still gets each state beside its own invoice."""
    with opened(trial) as account:
        if len(account.sellable) < 2:
            raise Untried("the sample has one invoice that can be sent: give it two or more, to be sorted")
        others = _others(trial)
        path = trial.copy()
        some = account.sellable[: len(account.sellable) // 2]  # so that not all have the same state
        _done(account, f"sent some of {trial.name}", lambda: account.send(path, some))
        _done(account, f"sent some of {trial.name}, and tracked", account.track)
        for how, content in others:
            done = f"sent the invoices {', '.join(map(str, some))} of {trial.name}, then those of a copy of it {how}"
            other = trial.made(content)
            told = _done(account, done, partial(account.send, other, some))
            yield from _arrived_once(account, done, some)
            yield from _beside(account, done, other, told)
        sent = _done(account, f"sent all of {trial.name}", lambda: account.send(path))
        yield from _deleted(account, path, Path(sent[0].results))


def _deleted(account: Account, source: Path, results: Path) -> Iterator[Finding]:
    """Delete invoices from the file with results, as people do, and track: it is read, and each state stays."""
    if HOOK not in account.trial.adapter.hooks or listed(results) is not None:
        return
    if not _shorten(account.trial, results):
        raise Untried(
            "how to delete an invoice from a file with results of this format cannot be found out: give the sample, "
            "with pytest, shortened=function; shortened(path) takes one invoice or more out of the file at `path`, and "
            "leaves all else in it as it is, also what counts them: so do people"
        )
    done = f"sent {account.trial.name}, deleted an invoice from {results.name}, and tracked"
    told = [one for one in _done(account, done, account.track) if Path(one.results) == results]
    cure = "read what people have deleted from: compare counts and totals only where the file has no results in it"
    yield from _beside(account, done, source, told, cure)


def _shorten(trial: Trial, results: Path) -> bool:
    if trial.sample.shortened is not None:
        before = results.read_bytes()
        trial.sample.shortened(results)
        return results.read_bytes() != before
    if (content := with_lines_deleted(trial, results.read_bytes())) is not None:
        results.write_bytes(content)
    return content is not None


def _others(trial: Trial) -> list[tuple[str, bytes]]:
    given = trial.sample.resorted
    if callable(given):
        path = trial.copy()
        given(path)
        return [("in another order", path.read_bytes())]
    if given is not None:
        return [("in another order", trial.found(given).read_bytes())]
    made = (
        ("in another order", resorted(trial, trial.content)),
        ("without its first invoices", shortened(trial, trial.content)),
    )
    others = [(how, content) for how, content in made if content is not None]
    if not others:
        raise Untried(
            "how to sort a file of this format cannot be found out: give the sample a second file with the same "
            'invoices in another order, resorted="sorted.…" (CLI: --resorted FILE)'
        )
    return others


def a_killed_run_is_finished(trial: Trial) -> Iterator[Finding]:
    """A run that is killed half-way is finished by the next one: each invoice once, all states written."""
    with opened(trial) as account:
        path = trial.copy()
        middle = (len(account.sellable) + 1) // 2
        _killed(account, path, middle)
        done = f"sent {trial.name}, killed that run when the service had taken {middle}, and sent it again"
        told: list[FileReport] = []
        for _ in range(_RUNS):
            told = _done(account, done, lambda: account.send(path))
            if account.arrived() == sorted(account.sellable):
                break
        yield from _arrived_once(account, done)
        yield from _beside(account, done, path, told)
        tracked = _done(account, f"{done}, and tracked", account.track)
        yield from _beside(account, f"{done}, and tracked", path, tracked)


def _killed(account: Account, path: Path, middle: int) -> None:
    """Send in a process of its own, and end it while the service keeps its answer to invoice so-and-so to itself."""
    from confirma_connector.sandbox import Fault

    silence = {"kind": "drop", "after_commit": True, "seconds": _CHILD_TIME, "every": middle, "times": 1}
    account.server.faults.add(Fault.model_validate({"route": "create", **silence}))
    subject = account.trial.subject
    settings = account.run.settings
    work = {
        "subject": [subject.name, subject.folders, subject.module],
        "settings": {**settings.model_dump(mode="json", exclude={"token", "limits"}), "token": KEY},
        "path": str(path),
        "mapping": str(account.mapping),
    }
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(one for one in sys.path if one)}
    command = [sys.executable, "-m", "confirma_connector.testing.child", json.dumps(work)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        end = time.monotonic() + _CHILD_TIME
        while len(account.arrived()) < middle and child.poll() is None and time.monotonic() < end:
            time.sleep(0.01)
        has_ended = child.poll() is not None
        child.kill()
        said = child.communicate()[0].decode("utf-8", "replace").strip()
    account.server.faults.clear()
    if has_ended or len(account.arrived()) < middle:
        raise Broken(
            account.trial.fault(
                f"sent {path.name} in a process of its own",
                f"that {middle} of {len(account.sellable)} invoices arrive",
                f"the process ended before: {said[-500:] or 'it said nothing'}",
                "see whether the adapter can be imported in a fresh Python, and reads the same there",
            )
        )


def _done(account: Account, done: str, work: Callable[[], list[FileReport]]) -> list[FileReport]:
    try:
        told = work()
    except ConfirmaError as error:
        cure = "see the message; the round trip uses the adapter as `confirma send` and `confirma track` do"
        raise Broken(account.trial.failure(done, "no error", error, cure)) from None
    return told


def _arrived_once(account: Account, done: str, sent: Sequence[int] = ()) -> Iterator[Finding]:
    expected = sent or account.sellable
    counts = Counter(account.arrived())
    if counts != Counter(expected):
        twice = [str(number) for number, count in counts.items() if count > 1]
        lacking = [str(number) for number in expected if number not in counts]
        came = "; ".join(
            text
            for text in (
                f"twice or more: {', '.join(twice)}" if twice else "",
                f"never: {', '.join(lacking)}" if lacking else "",
                f"arrived: {sorted(counts.elements())}",
            )
            if text
        )
        yield account.trial.fault(
            done,
            f"each of the invoices {', '.join(map(str, expected))} at the service, once",
            came,
            "see that `read` gives the same records for the same bytes, in every process",
        )


def _beside(account: Account, done: str, path: Path, told: list[FileReport], cure: str = "") -> Iterator[Finding]:
    """Compare what stands in the results files with what the run told of them."""
    trial = account.trial
    if not told or not all(one.results for one in told):
        notices = "; ".join(notice for notice in [*account.notices, *(text for one in told for text in one.notices)])
        hook = "read" if cure else HOOK
        cure = cure or "see the message: the host refuses what `write_results` did, or could not read it again"
        yield trial.fault(done, "a file with the results", f"none: {notices or 'no file was told of'}", cure, hook)
        return
    for one in told:
        try:
            there = account.beside(path, one)
        except ConfirmaError as error:
            cure = "write what `read` can read again"
            yield trial.failure(f"{done}, and read {Path(one.results).name}", "the results", error, cure, HOOK)
            return
        for invoice in one.invoices:
            wanted = (f"TEST {invoice.state}", invoice.case_id)
            if there.get(invoice.number) != wanted:
                came = there.get(invoice.number)
                yield trial.fault(
                    f"{done}, and read {Path(one.results).name}",
                    f"beside invoice {invoice.number} ({invoice.where}): {wanted}",
                    f"{came}" if came else f"no invoice {invoice.number}",
                    "put each result where its `at` says, and nowhere else",
                    HOOK,
                )
                return

"""A guard against growing slow: counts, never seconds, with a wide margin. The seconds are measured by `make bench`."""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from test_reconcile import QUIET, T0, Server, facts, record
from world import World, invoice_rows

from confirma_connector import pipeline, reconcile
from confirma_connector.journal import Claim, Journal, Step
from confirma_connector.pipeline import Choice

ROWS_PER_INVOICE = 5
CALLS_PER_ROW = 75
"""Calls of Python functions for one row of a check, with its share of its invoice."""
BESIDE = 20
"""Commits of a send that are of no single invoice."""

HEAVY = {
    "httpx",
    "pandas",
    "numpy",
    "fastapi",
    "uvicorn",
    "starlette",
    "openpyxl",
    "matplotlib",
    "keyring",
    "pyarrow",
    "pydantic",
}


def calls(work: Callable[[], object]) -> int:
    """Count the calls of Python functions that *work* makes."""
    counted = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return counted


def check_calls(world: World, invoices: int) -> int:
    path = world.source(name=f"{invoices}.csv", rows=[row for n in range(invoices) for row in several_rows(n)])
    report = None

    def check() -> None:
        nonlocal report
        report = pipeline.check(world.run(), Choice((path,)))

    found = calls(check)
    assert report is not None
    assert report.files[0].counts() == {"ready": invoices}
    return found


def several_rows(index: int) -> list[list[str]]:
    day = dt.date.today() - dt.timedelta(days=7 + index % 7)
    changes = {"Asiakas": f"Ostaja {index} Oy", "Katu": f"Tie {index}", "Pvm": f"{day:%d.%m.%Y}"}
    return invoice_rows(1000 + index, ROWS_PER_INVOICE, **changes)


@pytest.fixture
def idle(tmp_path: Path) -> World:
    """Nothing is sent in this one."""
    return World.at(tmp_path, None, url="http://127.0.0.1:9")


def test_a_row_that_is_checked_costs_a_bounded_number_of_calls_and_no_more_among_many(idle):
    check_calls(idle, 10)  # what is loaded when it is first needed
    first, second, third = (check_calls(idle, invoices) for invoices in (100, 200, 500))
    among_few, among_many = (second - first) / 100, (third - second) / 300
    assert among_many < CALLS_PER_ROW * ROWS_PER_INVOICE
    assert among_many < 1.1 * among_few


def test_an_invoice_that_is_sent_costs_at_most_one_flush_of_the_journal(world, monkeypatch):
    commits: list[str] = []

    def connect(*arguments: object, connected: Callable[..., sqlite3.Connection] = sqlite3.connect, **words: object):
        database = connected(*arguments, **words)
        database.set_trace_callback(lambda statement: commits.append(statement) if statement == "COMMIT" else None)
        return database

    path = world.source(*range(1001, 1041))
    alone = world.but(concurrency=1)
    monkeypatch.setattr(sqlite3, "connect", connect)
    alone.send(path)
    monkeypatch.undo()
    assert world.posts() == 40
    assert 0 < len(commits) < 40 + BESIDE


def test_an_uncertain_invoice_is_looked_for_at_the_same_cost_however_many_were_taken_around_it(tmp_path):
    def cost(taken: int) -> int:
        few, many = (settle_calls(tmp_path / f"{taken}-{uncertain}.sqlite3", taken, uncertain) for uncertain in (5, 15))
        return many - few

    assert cost(200) < 1.1 * cost(20)


def settle_calls(path: Path, taken: int, uncertain: int) -> int:
    """Count the calls of a look for *uncertain* invoices, when the API took as many as *taken* in the same seconds."""
    with Journal(path, "staging", "acme") as journal:
        entries = journal.advance(claims=[Claim(facts(n), b"{}") for n in range(taken + uncertain)], server_now=T0)
        journal.advance([Step(one.id, "sent", "taken", ended_at=T0, taken_at=T0) for one in entries[:taken]])
        journal.advance([Step(one.id, "uncertain", "lost", ended_at=T0) for one in entries[taken:]])
        server = Server(*(record(n) for n in range(taken)))

        def settle() -> None:
            reconcile.settle_uncertain(journal, server, lambda: T0 + QUIET + 1, QUIET)

        found = calls(settle)
        assert sum(one.absent_at is not None for one in journal.entries(["uncertain"])) == uncertain
    return found


def test_a_credit_note_that_waits_costs_the_same_among_many(world):
    held_calls(world, 10)  # what is loaded when it is first needed
    first, second, third = (held_calls(world, notes) for notes in (40, 80, 240))
    assert (third - second) / 160 < 1.1 * (second - first) / 40


def held_calls(world: World, notes: int) -> int:
    """Count the calls of a send of wrong invoices, and of as many credit notes that wait for them."""
    wrong = (invoice_rows(1000 + index, Sähköposti="?") for index in range(notes))
    waiting = (invoice_rows(5000 + index, credits=1000 + index) for index in range(notes))
    path = world.source(name=f"{notes}.csv", rows=[row for rows in (*wrong, *waiting) for row in rows])
    report = None

    def send() -> None:
        nonlocal report
        report = world.send(path)

    found = calls(send)
    assert report is not None
    assert report.files[0].counts() == {"invalid": notes, "ready": notes}
    assert world.posts() == 0
    return found


def test_a_month_is_tracked_by_one_request(world):
    rows = [
        row
        for offset in range(30)
        for row in invoice_rows(1001 + offset, Pvm=f"{dt.date.today() - dt.timedelta(days=offset):%d.%m.%Y}")
    ]
    world.send(world.source(rows=rows))
    before = world.server.ledger.request_count("listing")
    world.track()
    assert world.server.ledger.request_count("listing") - before == 1


@pytest.mark.parametrize(("words", "most"), [(["--help"], 200), (["adapters"], 350)])
def test_a_command_loads_only_what_it_uses(words, most):
    code = (
        "import sys\nfrom confirma_connector.cli import main\n"
        "try:\n    main(sys.argv[1:], prog_name='confirma')\n"
        "finally:\n    print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFIRMA_")}
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True, env=kept)
    modules = done.stderr.split()
    assert not {name.partition(".")[0] for name in modules} & HEAVY
    assert len(modules) < most

"""A journal of an earlier release: it opens, nothing of it is lost, and what cannot be opened stays as it is.

The files in data/journals are history: a journal of each schema, filled by the code of its time.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from test_cli import invoke
from world import World

from confirma_connector.journal import FINAL, TAKEN, Journal, ResultsFile
from confirma_connector.journal.schema import MIGRATIONS

pytestmark = pytest.mark.thorough

FIXTURES = Path(__file__).parent / "data" / "journals"
NEWEST = len(MIGRATIONS)
VERSIONS = range(1, NEWEST + 1)
STATES = ("sending", "uncertain", "ready", "rejected", "conflict", "handled", *sorted(TAKEN))
"""In the order of the fixtures' numbers, from 1001."""
POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no fork and no limits")


def old(folder: Path, version: int) -> Path:
    """Give a journal of schema *version*, as its program left it."""
    path = folder / "journal.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.executescript((FIXTURES / f"{version}.sql").read_text("utf-8"))
    return path


def content(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Give every row of every table by column, but what a release says of itself.

    Body and words of an invoice are with it, as they were before they got tables of their own.
    """
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        tables = [
            name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]
        every = {table: [dict(row) for row in database.execute(f"SELECT * FROM {table}")] for table in tables}
    if "said" in every:
        words = {row["event"]: row for row in every.pop("said")}
        of = {row["id"]: row["invoice"] for row in every["events"]}
        bodies = {of[row["event"]]: row["body"] or None for row in every.pop("bodies")}
        assert all(row["said"] is None or of[row["said"]] == row["id"] for row in every["invoices"])
        for row in every["invoices"]:
            told = words.get(row.pop("said"), {"message": "", "fields": "[]"})
            row |= {"message": told["message"], "fields": told["fields"], "body": bodies.get(row["id"])}
    return every | {"meta": [row for row in every["meta"] if row["name"] != "release"]}


def schema(path: Path) -> tuple[int, list[tuple[str, str, str]]]:
    """Give the version, and every column and index by name."""
    with closing(sqlite3.connect(path)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        columns = database.execute(
            "SELECT t.name, c.name, c.type || c.\"notnull\" || COALESCE(c.dflt_value, '') || c.pk"
            " FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1, 2"
        ).fetchall()
        indexes = database.execute("SELECT tbl_name, name, '' FROM sqlite_master WHERE type = 'index' ORDER BY 2")
        return version, [*columns, *indexes.fetchall()]


def opened(path: Path) -> None:
    Journal(path, "staging", "acme").__exit__(None, None, None)


# -- earlier ones ------------------------------------------------------------------------------------------------------


def test_every_schema_has_its_piece_of_history() -> None:
    assert sorted(path.name for path in FIXTURES.iterdir()) == [f"{version}.sql" for version in VERSIONS]


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_of_an_earlier_journal_is_lost(tmp_path: Path, version: int) -> None:
    path = old(tmp_path, version)
    before = content(path)
    opened(path)
    after = content(path)
    assert before.keys() == after.keys()
    for table, rows in before.items():
        assert [{name: row[name] for name in rows[0]} for row in after[table]] == rows, table
    opened(tmp_path / "fresh.sqlite3")
    assert schema(path) == schema(tmp_path / "fresh.sqlite3")
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_state_survives_and_means_what_it_meant(tmp_path: Path, version: int) -> None:
    with Journal(old(tmp_path, version), "staging", "acme") as journal:
        entries = {entry.number: entry for entry in journal.entries()}
        assert tuple(entries[1001 + index].state for index in range(len(STATES))) == STATES
        for entry in entries.values():
            assert journal.events(entry)[0][1] == "claimed"
            is_purged = version >= 3 and entry.state in FINAL
            assert is_purged or entry.number > 1100 or entry.message in ("", f"what was said of {entry.number}")
        assert [entry.number for entry in entries.values() if entry.ever_uncertain] == [1002, 1005]
        assert entries[1004].fields == (("invoice.header.date", "is odd"),)
        assert version < 2 or entries[1101].superseded == ("0123456789abcdef",)
        assert entries[1010].case_id == "C1010"
        assert (journal.seller(), journal.key) == ("0112038-9", bytes(range(32)))
        results = ResultsFile(
            Path("/data/in.results.csv"), Path("/data/in.csv"), "a" * 64, "b" * 64, "row-per-invoice", "copy"
        )
        assert journal.results_files() == [results]
        assert journal.cut_off() == 1
        assert journal.purge(0) == (0 if version >= 3 else 3)
    with Journal(tmp_path / "journal.sqlite3", "production", "other") as journal:
        assert [(entry.number, entry.year, entry.state) for entry in journal.entries()] == [(1001, 2026, "delivered")]


# -- killed, at once, without room -------------------------------------------------------------------------------------

_CHILD = """
import os, resource, signal, sqlite3, sys, warnings
from pathlib import Path
from confirma_connector.journal import schema

real = sqlite3.connect

def dying_at(nth):
    left = [nth]
    class Dying(sqlite3.Connection):
        def execute(self, *words):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return super().execute(*words)
    sqlite3.connect = lambda *words, **more: real(*words, **more, factory=Dying)

def child(path, before):
    pid = os.fork()
    if not pid:
        code = 1
        try:
            before()
            schema.opened(path).close()
            code = 0
        except Exception as error:
            print(type(error).__name__, error, flush=True)
        os._exit(code)
    return pid

def ended(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def limited(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

what, *paths = sys.argv[1:]
if what == "kill":
    print(*(ended(child(Path(path), lambda: dying_at(nth))) for nth, path in enumerate(paths)))
elif what == "nobody":
    print(*(ended(child(Path(path), lambda: os.getuid() or os.setuid(65534))) for path in paths))
elif what == "race":
    print(*map(ended, [child(Path(path), lambda: None) for path in paths]))
else:
    print(*(ended(child(Path(path), limited(int(what)))) for path in paths))
"""


def children(what: object, *paths: Path) -> list[str]:
    """Open journals in processes of their own that are killed, race, or may write only so many bytes; give what came."""
    words = [sys.executable, "-c", _CHILD, str(what), *map(str, paths)]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(words, env=environ, capture_output=True, encoding="utf-8", timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@POSIX
def test_a_kill_at_any_step_of_an_upgrade_leaves_the_old_journal_or_the_new_one(tmp_path: Path) -> None:
    paths = []
    for nth in range(48):
        (tmp_path / f"{nth}").mkdir()
        paths.append(old(tmp_path / f"{nth}", 1))
    before, (version, was) = content(paths[0]), schema(paths[0])
    codes = children("kill", *paths)[-1].split()
    assert set(codes[-3:]) == {"0"}, "the upgrade has more steps than were tried"
    assert codes.count("-9") > 10
    for path, code in zip(paths, codes, strict=True):
        assert schema(path) == (version, was) or schema(path)[0] == NEWEST, code
        opened(path)
        now = content(path)
        assert schema(path)[0] == NEWEST
        assert [row["state"] for row in now["invoices"]] == [row["state"] for row in before["invoices"]]
        assert (now["events"], now["meta"]) == (before["events"], before["meta"])


@POSIX
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_processes_that_upgrade_at_the_same_time_all_find_the_new_journal(tmp_path: Path, mode: str) -> None:
    path = old(tmp_path, 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA journal_mode = {mode}")  # DELETE: a copy that was put back
    before = content(path)
    assert children("race", *[path] * 6) == ["0 0 0 0 0 0"]
    assert schema(path)[0] == NEWEST
    assert content(path)["events"] == before["events"]


@POSIX
def test_a_full_disk_leaves_the_old_journal_to_be_upgraded_later(tmp_path: Path) -> None:
    path = old(tmp_path, 1)
    before, was = content(path), schema(path)
    (complaint, code) = children(4096, path)
    assert complaint.startswith(f"JournalError {path}: the journal cannot be opened: ")
    assert "rollback" not in complaint
    assert (code, content(path), schema(path)) == ("1", before, was)
    opened(path)
    assert schema(path)[0] == NEWEST


# -- not ours to open --------------------------------------------------------------------------------------------------


def is_refused(world: World, path: Path) -> str:
    """Let every command that opens the journal refuse the file, which stays as it is; give the line."""
    held, lines = path.read_bytes(), set()
    for words in (["status"], ["send", world.source(1001)], ["journal", "backup", world.folder / "copy.sqlite3"]):
        code, _, err = invoke(world, *words, CONFIRMA_JOURNAL=str(path))
        assert code == 2
        lines |= {line for line in err.splitlines() if line.startswith("confirma: ")}
    assert (len(lines), path.read_bytes(), world.posts()) == (1, held, 0)
    assert not (world.folder / "copy.sqlite3").exists()
    return lines.pop()


def test_a_newer_journal_is_refused_and_names_the_release_that_is_needed(world: World) -> None:
    path = world.folder / "newer.sqlite3"
    opened(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(f"PRAGMA user_version = {NEWEST + 1}")
        database.execute("UPDATE meta SET value = ? WHERE name = 'release'", (b"9.9",))
    line = is_refused(world, path)
    assert "this journal is of a newer release (confirma-connector 9.9), and this is " in line
    assert "update confirma-connector" in line


def test_the_journal_says_which_release_changed_it_last(tmp_path: Path) -> None:
    path = old(tmp_path, NEWEST - 1)
    opened(path)
    with closing(sqlite3.connect(path)) as database:
        (said,) = database.execute("SELECT value FROM meta WHERE name = 'release'").fetchone()
    assert said.decode()[:1].isdigit()


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_database_of_another_program_is_left_as_it_is(world: World, version: int) -> None:
    path = world.folder / "theirs.sqlite3"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE photos (name TEXT)")
        database.execute(f"PRAGMA user_version = {version}")
    assert "a database of another program" in is_refused(world, path)


@pytest.mark.parametrize("content", [b"no database at all, " * 500, b"SQLite format 3\0junk"])
def test_what_is_no_database_is_left_as_it_is(world: World, content: bytes) -> None:
    path = world.folder / "none.sqlite3"
    path.write_bytes(content)
    assert "cannot be opened" in is_refused(world, path)


def test_a_damaged_journal_is_one_clear_line(world: World) -> None:
    path = old(world.folder, NEWEST)
    data = bytearray(path.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    path.write_bytes(data)
    code, _, err = invoke(world, "status", CONFIRMA_JOURNAL=str(path))
    assert (code, err.count("confirma: "), "Traceback" in err) == (2, 1, False)


def test_an_empty_file_is_a_new_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    path.touch()
    with Journal(path, "staging", "acme") as journal:
        assert journal.entries() == []


@POSIX
def test_a_journal_that_may_only_be_read_is_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = old(folder, 1)
        path.chmod(0o444)
        folder.chmod(0o755)
        (complaint, code) = children("nobody", path)
        assert complaint.startswith(f"JournalError {path}: the journal cannot be opened: ")
        assert (code, schema(path)[0]) == ("1", 1)


def test_a_copy_made_before_an_upgrade_still_opens_after_it(tmp_path: Path) -> None:
    path = old(tmp_path, 1)
    copy = tmp_path / "copy.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM INTO ?", (str(copy),))
    opened(path)
    opened(copy)
    assert json.dumps(content(copy), default=repr) == json.dumps(content(path), default=repr)

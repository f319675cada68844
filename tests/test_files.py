"""Files are replaced whole or not at all, known by their hash, and locked by one run at a time."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from confirma_connector.errors import Busy, UnwritableResults
from confirma_connector.files import digest, kept_aside, locked, placed, private_file, replacing

POSIX = pytest.mark.skipif(os.name == "nt", reason="permissions as POSIX has them")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with replacing(target) as fresh:
        fresh.write_text("new")
        assert target.read_text() == "old"
        assert fresh.parent == tmp_path
    assert target.read_text() == "new"
    assert names(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_step_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")

    def write_half() -> None:
        with replacing(target) as fresh:
            fresh.write_text("half")
            raise error

    with pytest.raises(error):
        write_half()
    assert target.read_text() == "old"
    assert names(tmp_path) == ["out.csv"]


@pytest.mark.parametrize("reason", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")])
def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path, reason: OSError) -> None:
    target = tmp_path / "out.csv"

    def write() -> None:
        with replacing(target):
            raise reason

    with pytest.raises(UnwritableResults) as refused:
        write()
    assert str(refused.value) == f"{target}: cannot be written now ({reason.strerror}); is it open in another program?"
    assert names(tmp_path) == []


def test_a_file_in_a_folder_that_is_not_there_cannot_be_written(tmp_path: Path) -> None:
    def write() -> None:
        with replacing(tmp_path / "missing" / "out.csv") as fresh:
            fresh.write_text("x")

    with pytest.raises(UnwritableResults, match="cannot be written now"):
        write()


@POSIX
def test_a_new_file_is_its_owners_alone_or_like_its_model_and_an_old_one_keeps_its_own(tmp_path: Path) -> None:
    model = tmp_path / "in.csv"
    model.write_text("x")
    model.chmod(0o640)
    for like, expected in ((None, 0o600), (model, 0o640)):
        with replacing(tmp_path / "out.csv", like=like) as fresh:
            fresh.write_text("x")
        assert mode(tmp_path / "out.csv") == expected
        (tmp_path / "out.csv").unlink()
    (tmp_path / "out.csv").write_text("old")
    (tmp_path / "out.csv").chmod(0o660)
    with replacing(tmp_path / "out.csv", like=model) as fresh:
        fresh.write_text("new")
    assert mode(tmp_path / "out.csv") == 0o660


@POSIX
def test_a_file_that_somebody_made_read_only_stays_as_it_is(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    target.chmod(0o444)

    def write() -> None:
        with replacing(target) as fresh:
            fresh.write_text("new")

    with pytest.raises(UnwritableResults, match="read-only"):
        write()
    assert target.read_text() == "old"


@POSIX
def test_a_link_stays_a_link_and_its_file_gets_the_new_text(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    real, link = tmp_path / "there" / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    link.symlink_to(real)
    with replacing(link) as fresh:
        fresh.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"


def test_a_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"a;b\r\n")
    assert digest(path) == hashlib.sha256(b"a;b\r\n").hexdigest()


def test_a_copy_is_kept_aside_once_and_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("first")
    assert kept_aside(path).name == "in.csv.bak"
    path.write_text("second")
    kept_aside(path)
    assert (tmp_path / "in.csv.bak").read_text() == "first"


@POSIX
def test_a_private_file_and_its_folder_are_their_owners_alone(tmp_path: Path) -> None:
    path = private_file(tmp_path / "data" / "journal.sqlite3")
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    path.write_text("kept")
    assert private_file(path).read_text() == "kept"


def test_a_place_has_one_spelling(tmp_path: Path) -> None:
    assert placed(tmp_path / "x" / ".." / "a.csv") == placed(tmp_path / "a.csv")


def test_a_lock_is_one_runs_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "account.lock"

    def lock_again() -> None:
        with locked(path, "another run is active"):
            pytest.fail("locked twice")

    with locked(path, "another run is active"), pytest.raises(Busy, match="another run is active"):
        lock_again()
    with locked(path, "another run is active"):
        pass


def test_a_killed_process_lets_go_of_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "account.lock"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom confirma_connector.files import locked\n"
        f"with locked(Path({str(path)!r}), 'busy'):\n    print('locked', flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(Busy), locked(path, "busy"):
            pytest.fail("locked twice")
        holder.kill()
        holder.wait()
    with locked(path, "busy"):
        pass

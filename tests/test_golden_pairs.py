"""`confirma mappings test`: a company's own files and what its mapping made of them, kept as ours are."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from confirma_connector.cli import main

SAMPLE = Path(__file__).parents[1] / "samples" / "own-mapping"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One case as it is on the first day: a file and its mapping, nothing expected yet."""
    case = tmp_path / "marraskuu"
    case.mkdir()
    for name in ("invoices.csv", "mapping.yaml"):
        shutil.copy(SAMPLE / name, case)
    return tmp_path


def run(*words: object, **environ: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["mappings", "test", *map(str, words)], env=environ)
    return result.exit_code, (result.stdout + result.stderr).splitlines()


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_nothing_is_expected_until_somebody_says_so(folder: Path) -> None:
    code, lines = run(folder)
    assert code == 1
    assert lines[1:] == [
        "  check.json: nothing is expected yet; --update writes it",
        "  payloads.json: nothing is expected yet; --update writes it",
    ]
    assert not (folder / "marraskuu" / "check.json").exists()


def test_what_was_written_is_what_comes_again(folder: Path) -> None:
    assert run(folder, "--update")[0] == 0
    assert run(folder) == (0, [f"{folder / 'marraskuu'}: as it was"])
    assert run(folder / "marraskuu") == (0, [f"{folder / 'marraskuu'}: as it was"])
    assert (folder / "marraskuu" / "payloads.json").read_bytes() == (SAMPLE / "payloads.json").read_bytes()


def test_an_update_that_changes_nothing_writes_nothing(folder: Path) -> None:
    run(folder, "--update")
    before = (folder / "marraskuu" / "check.json").stat().st_mtime_ns
    assert run(folder, "--update") == (0, [f"{folder / 'marraskuu'}: as it was"])
    assert (folder / "marraskuu" / "check.json").stat().st_mtime_ns == before


def test_a_changed_mapping_is_told_by_invoice_and_field(folder: Path) -> None:
    run(folder, "--update")
    change(folder / "marraskuu" / "mapping.yaml", "9812340-3}", "9812340-3}\n  language_code: {constant: EN}")
    code, lines = run(folder)
    assert code == 1, lines
    assert lines[0].startswith(f"{folder / 'marraskuu'}: ")
    told = [line for line in lines[1:] if re.search(r'was "(FI|SV)", is "EN"$', line)]
    assert told == lines[1:]
    assert all(line.startswith("  payloads.json: ") for line in told)


def test_a_problem_that_is_new_is_told_with_its_code(folder: Path) -> None:
    run(folder, "--update")
    data = folder / "marraskuu" / "invoices.csv"
    number = data.read_text("utf-8").splitlines()[1].split(";")[0]
    change(data, number, f"x{number}")
    code, lines = run(folder)
    assert code == 1
    assert any("E-INVOICE-NUMBER" in line for line in lines)


def test_what_is_expected_has_no_sentence_of_any_language(folder: Path) -> None:
    change(folder / "marraskuu" / "invoices.csv", "\n", "\n;;;;;;;;;;\n")
    run(folder, "--update", CONFIRMA_LANGUAGE="fi")
    assert run(folder, CONFIRMA_LANGUAGE="sv")[0] == 0


def test_two_files_in_one_case_are_refused(folder: Path) -> None:
    shutil.copy(SAMPLE / "invoices.csv", folder / "marraskuu" / "invoices.txt")
    code, lines = run(folder)
    assert (code, "a case has one file invoices.*, and there are invoices.csv, invoices.txt" in lines[0]) == (2, True)


def test_a_folder_without_a_case_is_told(tmp_path: Path) -> None:
    code, lines = run(tmp_path)
    assert (code, "has no case" in lines[0]) == (2, True)

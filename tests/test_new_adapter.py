"""`confirma new-adapter`: what it writes works as it is, and it never writes over anything."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from confirma_connector.cli import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONFIRMA_JOURNAL", str(tmp_path / "journal.sqlite3"))
    return tmp_path


def invoke(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def commands(made: Result) -> list[list[str]]:
    assert made.exit_code == 0, made.output
    return [shlex.split(line)[1:] for line in made.stdout.splitlines() if line.startswith("  confirma ")]


@pytest.mark.parametrize("words", [("acme",), ("acme_erp2", "--file"), ("acme", "--directory", "our adapters")])
def test_a_single_file_works_as_it_is_by_the_command_that_is_named(here: Path, words: tuple[str, ...]) -> None:
    checked = invoke(*commands(invoke("new-adapter", *words))[0])
    assert (checked.exit_code, "ready: 3" in checked.stdout) == (0, True), checked.output


def test_a_single_file_keeps_what_is_promised_by_the_other_command_that_is_named(here: Path) -> None:
    tried = invoke(*commands(invoke("new-adapter", "acme"))[1])
    assert (tried.exit_code, "0 broken" in tried.stdout) == (0, True), tried.output


def test_it_is_short_and_lies_beside_its_mapping_and_its_sample(here: Path) -> None:
    invoke("new-adapter", "acme")
    assert files(here) == ["adapters/acme.py", "adapters/acme.txt", "adapters/acme.yaml"]
    assert len((here / "adapters/acme.py").read_text("utf-8").splitlines()) <= 30


def test_several_adapters_lie_in_one_folder(here: Path) -> None:
    assert [invoke("new-adapter", name).exit_code for name in ("acme", "beta")] == [0, 0]
    listed = invoke("adapters", "--adapters", "adapters").stdout
    assert "acme (" in listed
    assert "beta (" in listed
    assert "BROKEN" not in listed


def test_a_package_is_named_after_its_adapter_in_every_place(here: Path) -> None:
    made = invoke("new-adapter", "acme_erp", "--package")
    assert made.exit_code == 0, made.output
    folder = here / "confirma-acme-erp"
    assert files(folder) == [
        "README.md",
        "pyproject.toml",
        "samples/export.txt",
        "samples/mapping.yaml",
        "src/confirma_acme_erp/__init__.py",
        "src/confirma_acme_erp/py.typed",
        "tests/test_acme_erp.py",
    ]
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "confirma-acme-erp"
    assert project["entry-points"] == {"confirma_connector": {"acme_erp": "confirma_acme_erp"}}
    assert "class TestAcmeErp(" in (folder / "tests/test_acme_erp.py").read_text("utf-8")
    texts = [(folder / name).read_text("utf-8") for name in files(folder)]
    assert not any("example" in text.replace("@example.com", "").lower() for text in texts)


@pytest.mark.parametrize("name", ["", "Acme", "9acme", "acme-erp", "acme erp", "../acme", "class", "ä", "a" * 41])
def test_a_name_that_no_module_can_have_is_refused(here: Path, name: str) -> None:
    refused = invoke("new-adapter", "--package", name)
    assert refused.exit_code == 2
    assert f'"{name}" cannot be the name of an adapter' in refused.stderr
    assert "as in acme_erp" in refused.stderr
    assert files(here) == []


def test_a_name_that_is_taken_is_refused(here: Path) -> None:
    refused = invoke("new-adapter", "csv_file")
    assert (refused.exit_code, files(here)) == (2, [])
    assert 'there is an adapter "csv_file" already (shipped)' in refused.stderr


@pytest.mark.parametrize("taken", ["adapters/acme.py", "adapters/acme.txt"])
def test_nothing_is_written_where_one_of_its_files_is_there_already(here: Path, taken: str) -> None:
    (here / "adapters").mkdir()
    (here / taken).write_text("mine", "utf-8")
    refused = invoke("new-adapter", "acme")
    assert (refused.exit_code, files(here)) == (2, [taken])
    assert "there is such a file already" in refused.stderr
    assert (here / taken).read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_made_is_one_clear_line(here: Path) -> None:
    (here / "adapters").write_text("a file", "utf-8")
    refused = invoke("new-adapter", "acme")
    assert refused.exit_code == 2
    assert "cannot be written" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_it_is_a_file_or_a_package(here: Path) -> None:
    refused = invoke("new-adapter", "acme", "--file", "--package")
    assert (refused.exit_code, files(here)) == (2, [])
    assert "exclude each other" in refused.stderr

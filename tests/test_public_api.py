"""What is public stays as it is until somebody announces a change: names, hooks, commands, files, JSON."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
from click.testing import CliRunner
from public_api import ANSWERS, LISTING, REPORTS, TOLD_ELSEWHERE, commands, listing

import confirma_connector
from confirma_connector import HOOKS_VERSION, plugins
from confirma_connector.cli import main

ADAPTER = """
from confirma_connector import hookimpl

{line}


@hookimpl
def read(source):
    yield from ()
"""


def test_what_is_public_changes_only_by_announcement() -> None:
    said, is_now = LISTING.read_text("utf-8").splitlines(), listing().splitlines()
    changes = list(difflib.unified_diff(said, is_now, "announced", "now", lineterm="", n=0))
    assert not changes, (
        "something that others build on is not what it was. If that is meant: say in CHANGELOG.md what changes for whom, "
        "keep the old way for a release where it is a name or an option (CONTRIBUTING.md, What is public), and write the "
        "listing anew: make public-api. Is it not meant, then these lines tell what slipped:\n" + "\n".join(changes)
    )


def test_every_answer_in_json_is_listed() -> None:
    end = " --json"
    found = {
        line.removesuffix(end).removeprefix("confirma ") for line in commands(main, "confirma") if line.endswith(end)
    }
    assert found == {*ANSWERS, *REPORTS, *TOLD_ELSEWHERE}


def test_every_public_name_is_there_has_a_docstring_and_is_loaded_when_it_is_used() -> None:
    for name in confirma_connector.__all__:
        value = getattr(confirma_connector, name)
        assert not isinstance(value, type) or value.__doc__, name
    assert set(confirma_connector.__all__) <= set(dir(confirma_connector))
    with pytest.raises(AttributeError, match="has no attribute 'Journal'"):
        _ = confirma_connector.Journal


def loaded(folder: Path, line: str) -> plugins.Registry:
    (folder / "mine.py").write_text(ADAPTER.format(line=line), "utf-8")
    return plugins.discover([folder], installed=())


@pytest.mark.parametrize("line", ["", "HOOKS_NEEDED = 1"])
def test_an_adapter_may_say_which_version_of_the_hooks_it_needs(tmp_path: Path, line: str) -> None:
    assert "mine" in loaded(tmp_path, line).adapters


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (f"HOOKS_NEEDED = {HOOKS_VERSION + 1}", f"it needs version {HOOKS_VERSION + 1} of the hooks, and this"),
        ("HOOKS_NEEDED = 'two'", "HOOKS_NEEDED is expected to be a whole number from 1, and is 'two'"),
        ("HOOKS_NEEDED = 0", "a whole number from 1, and is 0"),
        ("HOOKS_NEEDED = True", "a whole number from 1, and is True"),
    ],
)
def test_one_that_needs_newer_hooks_is_broken_and_says_so(tmp_path: Path, line: str, reason: str) -> None:
    assert reason in loaded(tmp_path, line).broken["mine"].reason
    shown = CliRunner().invoke(main, ["adapters", "--adapters", str(tmp_path)]).stdout
    assert f"mine ({tmp_path / 'mine.py'}): BROKEN: " in shown

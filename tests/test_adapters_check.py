"""`confirma adapters check`: the promises of an adapter, tried without pytest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_conformance_finds import ADAPTER, MAPPING, SAMPLE

from confirma_connector.cli import main
from confirma_connector.testing import PROMISES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "adapters").mkdir()
    (tmp_path / "adapters" / "bars.py").write_text(ADAPTER, "utf-8")
    (tmp_path / "mapping.yaml").write_text(MAPPING, "utf-8")
    (tmp_path / "export.bars").write_text(SAMPLE, "utf-8")
    return tmp_path


def _check(folder: Path, *words: object) -> Result:
    adapters = ("--adapters", folder / "adapters")
    return CliRunner().invoke(main, ["adapters", "check", *map(str, words), *map(str, adapters)])


def test_a_good_adapter_is_told_so_promise_by_promise(folder):
    done = _check(folder, "bars", folder / "export.bars", "--mapping", folder / "mapping.yaml")
    lines = done.output.splitlines()
    assert done.exit_code == 0
    assert lines == [*(f"kept       {one.title}" for one in PROMISES), "17 kept, 0 broken, 0 not tried, 0 needless"]


def test_a_broken_promise_is_told_as_data_too(folder):
    file = folder / "adapters" / "bars.py"
    file.write_text(ADAPTER.replace('extra="forbid"', 'extra="ignore"').replace('b"NRO|"', 'b"NRO"'), "utf-8")
    done = _check(folder, file, folder / "export.bars", "--json", "--mapping", folder / "mapping.yaml")
    told = {one["promise"]: one for one in json.loads(done.output)["promises"]}
    assert done.exit_code == 1
    assert [name for name, one in told.items() if one["outcome"] == "broken"] == ["options-are-strict"]
    (finding,) = told["options-are-strict"]["findings"]
    assert finding["look"] == f"options in bars.py, line {ADAPTER[: ADAPTER.index('def options')].count(chr(10))}"
    assert finding["cure"] == 'add model_config = ConfigDict(extra="forbid") to the model'


def test_without_a_mapping_what_needs_one_is_not_called_kept(folder):
    done = _check(folder, "bars", folder / "export.bars")
    assert done.output.count("NOT TRIED") == 4
    assert "mapping.yaml" in done.output


@pytest.mark.parametrize(
    ("name", "sample", "said"),
    [
        ("bras", "export.bars", 'there is no adapter "bras"; there are: '),
        ("bars", "gone.bars", "gone.bars: there is no such file"),
        ("gone.py", "export.bars", "there is no file "),
    ],
)
def test_what_is_not_there_is_said_in_one_line(folder, name, sample, said):
    done = _check(folder, name, folder / sample)
    assert (done.exit_code, done.output.count("\n")) == (2, 1)
    assert said in done.output


@pytest.mark.parametrize("place", ["top", "profile"])
def test_adapters_of_the_config_file_are_listed_and_checked_without_naming_their_folder(folder, place, monkeypatch):
    said = 'adapters = ["adapters"]\n'
    (folder / "config.toml").write_text(said if place == "top" else f"[profiles.own]\n{said}", "utf-8")
    config = ["--config", str(folder / "config.toml"), *(["--profile", "own"] if place == "profile" else [])]
    assert f"bars ({folder / 'adapters' / 'bars.py'}): " in CliRunner().invoke(main, ["adapters", *config]).output
    sample = ["adapters", "check", "bars", str(folder / "export.bars"), *config]
    assert CliRunner().invoke(main, [*sample, "--mapping", str(folder / "mapping.yaml")]).exit_code == 0
    monkeypatch.setenv("CONFIRMA_CONFIG", str(folder / "config.toml"))
    assert ("bars (" in CliRunner().invoke(main, ["adapters"]).output) == (place == "top")


def test_the_help_says_what_each_exit_code_means(folder):
    said = " ".join(CliRunner().invoke(main, ["adapters", "check", "--help"]).output.split())
    assert "0 when every promise that was tried is kept, 1 when one is broken, 2 when nothing could be tried" in said


def test_the_command_can_be_given_the_invoices_and_a_file_in_another_order(folder):
    head, *rest = SAMPLE.replace("1004.50", "?").split("\n")
    (folder / "export.bars").write_text("\n".join([head, *rest]), "utf-8")
    (folder / "other.bars").write_text("\n".join([head, *rest[::-1]]), "utf-8")
    given = ["bars", folder / "export.bars", "--mapping", folder / "mapping.yaml", "--invoices", "1001, 1002,1003"]
    assert _check(folder, *given, "--resorted", folder / "other.bars").output.endswith(
        "0 broken, 0 not tried, 0 needless\n"
    )
    done = _check(folder, *given, "--resorted", folder / "gone.bars")
    assert (done.exit_code, f"there is no file {folder / 'gone.bars'}" in done.output) == (1, True)
    done = _check(folder, *given[:-1], "all")
    assert (done.exit_code, "expected numbers with commas between" in done.output) == (2, True)


def test_one_cause_is_told_once(folder):
    file = folder / "adapters" / "bars.py"
    file.write_text(
        ADAPTER.replace("cells = text.split(SIGN)\n        if", "cells = text.split()[99]\n        if"), "utf-8"
    )
    said = _check(folder, "bars", folder / "export.bars", "--mapping", folder / "mapping.yaml").output
    assert said.count("BROKEN") > 5
    assert said.count("IndexError") == 1
    assert "for the same reason as above: Reading the same bytes twice gives the same records." in said

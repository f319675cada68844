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

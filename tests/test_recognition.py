"""Which mapping a file is for, when nobody said."""

from __future__ import annotations

from pathlib import Path

import pytest
from mapped import registry

from confirma_connector import recognition
from confirma_connector.errors import AdapterError, MappingError, SourceError
from confirma_connector.limits import Limits
from confirma_connector.mapping import shipped

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("name", ["row-per-invoice", "row-per-line"])
def test_a_shipped_sample_is_recognised(name: str) -> None:
    assert recognition.mapping_for(SAMPLES / name / "invoices.csv", None, registry(), {}, Limits()).name == name


def test_a_mapping_that_is_named_is_taken_without_looking(tmp_path: Path) -> None:
    assert (
        recognition.mapping_for(tmp_path / "missing.csv", "row-per-line", registry(), {}, Limits()).name
        == "row-per-line"
    )


def test_a_file_that_nearly_fits_is_told_what_it_lacks(tmp_path: Path) -> None:
    text = (SAMPLES / "row-per-invoice" / "invoices.csv").read_text("utf-8")
    path = tmp_path / "in.csv"
    path.write_text(text.replace("Due date", "Paid date", 1), "utf-8")
    with pytest.raises(MappingError) as refused:
        recognition.mapping_for(path, None, registry(), {}, Limits())
    assert str(refused.value).startswith(
        f"{path}: no shipped mapping fits this file; name yours with --mapping; the nearest is row-per-invoice: "
        'column "Due date" (due, nearest "Paid date") is not in the file; it has "Invoice number", "Type", '
    )


def test_a_file_that_two_mappings_fit_is_refused_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    one = shipped()["row-per-invoice"]
    monkeypatch.setattr(recognition, "shipped", lambda: {"a": one, "b": one})
    with pytest.raises(
        MappingError, match="fits the mappings row-per-invoice and row-per-invoice; choose one with --mapping"
    ):
        recognition.mapping_for(SAMPLES / "row-per-invoice" / "invoices.csv", None, registry(), {}, Limits())


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "it is empty"), (b"PK\x03\x04", "it is of no kind that an adapter here knows")]
)
def test_a_file_that_no_adapter_knows_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=reason):
        recognition.mapping_for(path, None, registry(), {}, Limits())


@pytest.mark.parametrize("content", [b"only one line", b"Invoice number,Type\n"])
def test_a_file_that_no_mapping_fits_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(MappingError, match="no shipped mapping fits this file; name yours with --mapping"):
        recognition.mapping_for(path, None, registry(), {}, Limits())


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such file"):
        recognition.mapping_for(tmp_path / "missing.csv", None, registry(), {}, Limits())


def test_a_shipped_mapping_whose_adapter_is_missing_is_no_candidate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    good = shipped()["row-per-invoice"]
    other = tmp_path / "other.yaml"
    other.write_text(good.read_text("utf-8").replace("adapter: csv_file", "adapter: not_here"), "utf-8")
    monkeypatch.setattr(recognition, "shipped", lambda: {"other": other, "row-per-invoice": good})
    assert (
        recognition.mapping_for(SAMPLES / "row-per-invoice" / "invoices.csv", None, registry(), {}, Limits()).path
        == good
    )
    with pytest.raises(AdapterError, match="not_here"):
        recognition.mapping_for(SAMPLES / "row-per-invoice" / "invoices.csv", str(other), registry(), {}, Limits())

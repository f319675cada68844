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
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize("name", ["row-per-invoice", "row-per-line"])
def test_a_shipped_sample_is_recognised(name: str) -> None:
    assert recognition.mapping_for(SAMPLES / name / "invoices.csv", None, registry(), {}, Limits()).name == name


@pytest.mark.parametrize("name", ["finvoice", "sap-idoc", "svefaktura", "teapps", "ubl"])
def test_an_xml_sample_is_recognised_by_one_mapping(name: str) -> None:
    assert recognition.mapping_for(SAMPLES / name / "invoices.xml", None, registry(), {}, Limits()).name == name


def test_a_netvisor_file_is_recognised_and_asks_for_what_it_does_not_say() -> None:
    with pytest.raises(
        MappingError, match="fits the mapping netvisor, and the files this mapping is for do not say everything"
    ):
        recognition.mapping_for(SAMPLES / "netvisor" / "invoices.xml", None, registry(), {}, Limits())


def test_xml_that_no_mapping_knows_is_told_by_its_outermost_element() -> None:
    path = SAMPLES / "own-xml" / "invoices.xml"
    with pytest.raises(MappingError) as refused:
        recognition.mapping_for(path, None, registry(), {}, Limits())
    assert str(refused.value) == (
        f"{path}: no shipped mapping fits this file; name yours with --mapping, or let confirma map propose one; of finvoice, netvisor, sap-idoc, svefaktura, "
        "teapps, ubl the first says: invoices.xml: has no Finvoice, which is an invoice by the mapping; it begins with <export>"
    )


def test_an_idoc_of_another_type_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "orders.xml"
    path.write_text((SAMPLES / "sap-idoc" / "invoices.xml").read_text("utf-8").replace("INVOIC02", "ORDERS05"), "utf-8")
    with pytest.raises(MappingError, match=r"the nearest is sap-idoc: it is no IDOC\[EDI_DC40/IDOCTYP=INVOIC02\] or"):
        recognition.mapping_for(path, None, registry(), {}, Limits())


def test_xml_of_another_namespace_is_told_with_it(tmp_path: Path) -> None:
    path = tmp_path / "in.xml"
    path.write_text('<!-- <b> --><x:Invoice xmlns:y="urn:y" xmlns:x="urn:own"/>', "utf-8")
    with pytest.raises(MappingError, match=r"it begins with <x:Invoice> of urn:own$"):
        recognition.mapping_for(path, None, registry(), {}, Limits())


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
        f"{path}: no shipped mapping fits this file; name yours with --mapping, or let confirma map propose one; the nearest is row-per-invoice: "
        'column "Due date" (due, nearest "Paid date") is not in the file; it has "Invoice number", "Type", '
    )


def test_a_file_of_another_kind_is_not_told_what_a_mapping_for_others_lacks(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("Nro;Pvm;Asiakas;Summa\n1;1.9.2026;Meri Oy;12,50\n", "utf-8")
    with pytest.raises(MappingError) as refused:
        recognition.mapping_for(path, None, registry(), {}, Limits())
    assert str(refused.value) == (
        f"{path}: no shipped mapping fits this file; name yours with --mapping, or let confirma map propose one"
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


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("in.csv", b"only one line", "in.csv: the file has no rows"),
        ("in.csv", b"Invoice number,Type\n", "in.csv: the file has no rows"),
        (
            "in.xlsx",
            OLE + b"\0" * 2000 + "EncryptedPackage".encode("utf-16-le"),
            "in.xlsx: is protected by a password: save it without one",
        ),
        (
            "in.xlsx",
            OLE + b"\0" * 2000,
            'in.xlsx: is an old .xls file by its content: save it as .xlsx, or read it with "adapter: table" '
            "under the name .xls",
        ),
        (
            "in.xlsx",
            (SAMPLES / "excel-list-fi" / "invoices.xlsx").read_bytes()[:4000],
            "in.xlsx: is no workbook, or is damaged or cut off (File is not a zip file)",
        ),
        (
            "in.xml",
            b"<Finvoice><a>",
            "in.xml, line 1: this is not well-formed XML: no element found, within Finvoice/a",
        ),
    ],
)
def test_a_file_that_no_mapping_could_read_is_told_what_is_wrong_with_it_and_nothing_of_mappings(
    tmp_path: Path, name: str, content: bytes, fault: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError) as refused:
        recognition.mapping_for(path, None, registry(), {}, Limits())
    assert str(refused.value).removeprefix(f"{tmp_path}/") == fault


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

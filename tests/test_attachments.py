"""PDF attachments: only from below the folder, never too large, and really PDFs."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from mapped import drafts, errors, mapping, records, row

from confirma_connector.attachments import LARGEST, attachment
from confirma_connector.mapper import Mapper

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "pdf"
    (inside / "2026").mkdir(parents=True)
    (inside / "1001.pdf").write_bytes(PDF)
    (inside / "2026" / "ä 1.pdf").write_bytes(PDF)
    (inside / "not.pdf").write_bytes(b"MZ...")
    (inside / "empty.pdf").write_bytes(b"")
    (inside / "large.pdf").write_bytes(PDF.ljust(LARGEST + 1, b" "))
    (inside / "full.pdf").write_bytes(PDF.ljust(LARGEST, b" "))
    (tmp_path / "secret.pdf").write_bytes(PDF)
    return inside


@pytest.mark.parametrize(
    ("name", "called"), [("1001.pdf", "1001.pdf"), ("2026/ä 1.pdf", "ä 1.pdf"), ("full.pdf", "full.pdf")]
)
def test_a_pdf_below_the_folder_is_sent_as_base64_under_its_name(folder: Path, name: str, called: str) -> None:
    found = attachment(folder, name)
    assert (found.file_name, found.content_type) == (called, "application/pdf")
    assert base64.b64decode(found.data or "").startswith(PDF)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../secret.pdf", "outside the attachments folder"),
        ("2026/../../secret.pdf", "outside the attachments folder"),
        ("/etc/passwd", "outside the attachments folder"),
        ("missing.pdf", "no such file"),
        ("2026", "no such file"),
        (".", "no such file"),
        ("not.pdf", "not a PDF"),
        ("empty.pdf", "not a PDF"),
        ("large.pdf", "larger than 10 MB"),
        ("a\0b.pdf", "not the name of a file"),
    ],
)
def test_everything_else_is_refused_with_a_sentence(folder: Path, name: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        attachment(folder, name)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_leads_out_or_in_circles_is_refused(folder: Path) -> None:
    (folder / "out.pdf").symlink_to(folder.parent / "secret.pdf")
    (folder / "round.pdf").symlink_to(folder / "round.pdf")
    with pytest.raises(ValueError, match="outside the attachments folder"):
        attachment(folder, "out.pdf")
    with pytest.raises(ValueError, match=r"not the name of a file|no such file|cannot be read"):
        attachment(folder, "round.pdf")


def test_a_pdf_that_is_named_without_a_folder_to_look_in_is_refused() -> None:
    with pytest.raises(ValueError, match="--attachments or CONFIRMA_ATTACHMENTS"):
        attachment(None, "1001.pdf")


def test_a_pdf_named_in_a_row_goes_with_the_invoice_and_a_bad_one_stops_it(folder: Path, tmp_path: Path) -> None:
    loaded = mapping(tmp_path, invoice={"attachments.file": "PDF", "attachments.url": "Linkki"})
    rows = [row(PDF="1001.pdf", Linkki="https://example.com/1.pdf"), row(Nro="1002", PDF="../secret.pdf", Linkki="")]
    good, bad = Mapper(loaded, "laskut.csv", attachments=folder).drafts(records(rows))
    assert good.invoice is not None
    assert [file.file_name for file in good.invoice.attachments] == ["1001.pdf", None]
    assert good.invoice.attachments[1].url == "https://example.com/1.pdf"
    assert bad.invoice is None
    (problem,) = errors(bad)
    assert (problem.code, problem.where, problem.header, problem.value) == (
        "E-ATTACHMENT",
        "line 3",
        "PDF",
        "../secret.pdf",
    )


def test_an_invoice_without_a_pdf_has_none(tmp_path: Path) -> None:
    (draft,) = drafts(tmp_path, [row(PDF="")], invoice={"attachments.file": "PDF"})
    assert draft.invoice is not None
    assert draft.invoice.attachments == ()

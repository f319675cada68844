"""Code tables in files: read as they are, from nowhere but below the mapping."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from confirma_connector.tables import CodeTable, TableError, UnknownCode, read_table


def write(folder: Path, content: str | bytes, name: str = "codes.csv") -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return name


@pytest.mark.parametrize(
    "content",
    [
        "code,value\nA,1\nB,2\n",
        "code;value\nA;1\nB;2\n",
        "\ufeffCode , VALUE\r\n A , 1 \r\n\r\nB,2",
        'code,value\n"A","1"\n"B",2\n',
    ],
)
def test_a_table_of_commas_or_semicolons_is_read(tmp_path: Path, content: str) -> None:
    assert read_table(tmp_path, write(tmp_path, content)) == {"A": "1", "B": "2"}


def test_a_quoted_value_keeps_its_delimiters_and_line_breaks(tmp_path: Path) -> None:
    assert read_table(tmp_path, write(tmp_path, 'code,value\nA,"x, y"\nB,"one\ntwo"\n')) == {
        "A": "x, y",
        "B": "one\ntwo",
    }


def test_a_table_in_a_folder_below_the_mapping_is_read(tmp_path: Path) -> None:
    assert read_table(tmp_path, write(tmp_path, "code,value\nA,1\n", "tables/codes.csv")) == {"A": "1"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the first line must be code,value"),
        ("kind,meaning\nA,1\n", "the first line must be code,value"),
        ("kind;meaning\n", "the first line must be code;value"),
        ("code,value\nA,1\nB\n", "line 3: expected two columns, found 1"),
        ("code,value\nA,1,2\n", "line 2: expected two columns, found 3"),
        ("code,value\nA,1\n A ,2\n", 'line 3: the code "A" stands twice'),
        ('code,value\nA,"1\n', "line 2: the quotes here do not belong together (unexpected end"),
        ('code,value\nA,"1"x\n', "line 2: the quotes here do not belong together (',' expected"),
        (b"code,value\n\xe4,1\n", "is not UTF-8"),
        (b"code,value\n" + b"x" * 5_000_000, "is larger than 5,000,000 bytes"),
    ],
)
def test_a_table_that_can_be_misread_is_refused_with_file_and_line(
    tmp_path: Path, content: str | bytes, said: str
) -> None:
    name = write(tmp_path, content)
    with pytest.raises(TableError) as refused:
        read_table(tmp_path, name)
    assert str(refused.value).startswith("codes.csv")
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["../codes.csv", "a/../../codes.csv", "/etc/passwd", "..", "\0", "codes\0.csv"])
def test_a_table_outside_the_mappings_folder_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, "code,value\nA,1\n")
    (tmp_path / "inside").mkdir()
    with pytest.raises(TableError, match=r"outside the mapping's folder|is not the name of a file"):
        read_table(tmp_path / "inside", name)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_that_leads_out_of_the_folder_or_in_circles_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "code,value\nA,1\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "out.csv").symlink_to(tmp_path / "codes.csv")
    (inside / "round.csv").symlink_to(inside / "round.csv")
    for name in ("out.csv", "round.csv"):
        with pytest.raises(TableError):
            read_table(inside, name)


@pytest.mark.parametrize("name", ["missing.csv", "folder", ""])
def test_a_table_that_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(TableError, match="no such file"):
        read_table(tmp_path, name)


def test_an_unknown_code_names_the_nearest_that_the_table_knows() -> None:
    table = CodeTable("kinds", {"Lasku": "INVOICE", "Hyvityslasku": "CREDIT_NOTE"})
    assert table.meaning(" Lasku ") == "INVOICE"
    with pytest.raises(
        UnknownCode, match='the table "kinds" of the mapping does not know this code; did you mean "Lasku"'
    ):
        table.meaning("Laskut")
    with pytest.raises(UnknownCode, match="it knows Lasku, Hyvityslasku"):
        table.meaning("zzz")
    with pytest.raises(UnknownCode):
        table.meaning("lasku")


def test_a_star_is_the_meaning_of_every_other_code() -> None:
    table = CodeTable("kinds", {"Lasku": "INVOICE", "*": "CREDIT_NOTE"})
    assert (table.meaning("Lasku"), table.meaning("anything")) == ("INVOICE", "CREDIT_NOTE")


def test_a_default_may_be_a_code_or_the_meaning_itself() -> None:
    table = CodeTable("kinds", {"Lasku": "INVOICE", "*": "CREDIT_NOTE"})
    assert table.meaning("Lasku", is_default=True) == "INVOICE"
    assert table.meaning("INVOICE", is_default=True) == "INVOICE"

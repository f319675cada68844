"""Files that were made to exhaust, mislead or break in: each ends in one clear line, and nothing beside the data is obeyed."""

from __future__ import annotations

import csv
import json
import os
import re
import struct
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from spreadsheets import ods
from workbooks import HEADER, MAIN, cells, raw, saved
from world import HEADERS, MAPPING, World, csv_rows, csv_text, invoice_rows

from confirma_connector import SourceError, settings
from confirma_connector.attachments import attachment
from confirma_connector.cli import main
from confirma_connector.errors import ContractError, MappingError, SettingsError
from confirma_connector.limits import Limits
from confirma_connector.mapping import load_mapping
from confirma_connector.overlay import merged, shipped
from confirma_connector.plugins import discover
from confirma_connector.tables import TableError, read_table

pytestmark = pytest.mark.thorough

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def check(world: World, path: Path, adapter: str = "csv_file", more: str = "", limits: str = "") -> Result:
    """Run `confirma check` with a mapping for *adapter* and a config file with *limits*."""
    mapping = world.folder / "hostile.yaml"
    mapping.write_text(MAPPING.replace("adapter: csv_file", f"adapter: {adapter}") + more, "utf-8")
    config = world.folder / "config.toml"
    config.write_text(f"[limits]\n{limits}\n", "utf-8")
    words = ["check", str(path), "--mapping", str(mapping), "--config", str(config)]
    return CliRunner().invoke(main, words, env=world.environ())


def refusal(result: Result) -> str:
    """Give the one line in which a run was refused; all there is besides says that the file is read."""
    said = [line for line in result.stderr.splitlines() if not line.startswith("reading ")]
    assert (result.exit_code, len(said), "Traceback" in result.output) == (2, 1, False), result.output
    assert len(said[0]) < 500
    return said[0]


# ---- every bound ----


def _csv(text: str) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = folder / "in.csv"
        path.write_text(text, "utf-8")
        return path

    return made


def _xlsx(*sheets: str, **more: Any) -> Callable[[Path], Path]:
    return lambda folder: raw(folder / "in.xlsx", *(sheets or (HEADER + cells("1", "2"),)), **more)


def _large(size: int) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path = folder / "in.csv"
        path.write_bytes(b"a;b\n1;2\n")
        os.truncate(path, size)
        return path

    return made


def _ods(folder: Path) -> Path:
    return ods(folder / "in.ods", {"A": [["a", "b", "c"]] * 9})


THREE = csv_text([row for number in (1, 2, 3) for row in invoice_rows(number)])
STRINGS = "<si><t>a</t></si>" * 3

BOUNDS: Mapping[str, tuple[int, Callable[[Path], Path], str]] = {
    "file_size": (99, _csv(THREE), "bytes, more than the 99 that are read"),
    "unpacked_size": (99, _xlsx(), "bytes when it is unpacked, more than the 99"),
    "unpacked_ratio": (
        Limits().unpacked_ratio,
        _xlsx(parts={"xl/media/image1.png": bytes(70 << 20)}),
        "in.xlsx: has 1,0",
    ),
    "parts": (3, _xlsx(), "in.xlsx: has 6 parts, more than the 3"),
    "part_size": (99, _xlsx(), "in.xlsx, part _rels/.rels: has 2"),
    "elements": (2, _xlsx(), "in.xlsx, part [Content_Types].xml: has more than 2 elements"),
    "nesting": (1, _xlsx(), "in.xlsx, part _rels/.rels: has more than 1 levels"),
    "row_size": (600_000, _xlsx(HEADER + cells("1", "x" * 2_000_000)), "in.xlsx, Sheet1: has "),
    "shared_strings": (2, _xlsx(strings=STRINGS), "in.xlsx: has more than 2 texts"),
    "text_size": (99, _xlsx(strings=STRINGS), "in.xlsx: has "),
    "line_length": (99, _csv(THREE), "in.csv, line 1: has more than 99 characters"),
    "record_lines": (
        2,
        _csv('a;b\n"\n\n\n";1\n'),
        'in.csv, line 2: the quote " opened here is not closed: its record has',
    ),
    "columns": (3, _csv(THREE), "in.csv, line 1: has 18 columns, more than the 3"),
    "rows": (2, _csv(THREE), "in.csv, line 4: has more than 2 rows"),
    "cells": (40, _csv(THREE), "in.csv, line 4: has more than 40 cells"),
    "held_cells": (5, _ods, "in.ods, row 2: has 6 cells, all of which have to be in memory at once, more than the 5"),
    "invoices": (2, _csv(THREE), "in.csv: has 3 invoices, more than the 2"),
}
_ADAPTERS = {".csv": "csv_file", ".xlsx": "excel", ".ods": "table"}


@pytest.mark.parametrize("name", BOUNDS)
def test_what_passes_a_bound_is_refused_in_one_line_that_says_how_to_raise_it(world: World, name: str) -> None:
    bound, made, said = BOUNDS[name]
    path = made(world.folder)
    line = refusal(check(world, path, _ADAPTERS[path.suffix], limits=f"{name} = {bound}"))
    assert said in line
    assert line.endswith(f"if that is right, raise {name} under [limits] in the config file")


def test_every_bound_is_tried_here() -> None:
    assert {*BOUNDS, "rows_per_invoice", "problems"} == {one.name for one in fields(Limits)}


def test_too_many_problems_are_refused_with_the_most_frequent_of_them_and_the_mapping(world: World) -> None:
    wrong = {"Pvm": "secret", "Määrä": "1.5", "Hinta": "1.5"}
    rows = [row for number in (1001, 1002) for row in invoice_rows(number, **wrong)]
    source = world.source(rows=rows)
    result = check(world, source, limits="problems = 4")
    first, *causes, last = [line for line in result.stderr.splitlines() if not line.startswith("reading ")]
    assert result.exit_code == 2
    assert first.endswith("in.csv, line 3: more than 4 problems in its invoices; the most frequent:"), first
    places = [re.match("confirma:   (.*?): expected", cause) for cause in causes]
    assert [place and place[1] for place in places] == [
        '4 times, first at line 2, column "Määrä"',
        '2 times, first at line 2, column "Pvm"',
    ]
    assert "secret" not in result.output
    assert "a line of the mapping test is to blame" in last
    assert last.endswith("raise problems under [limits] in the config file")
    with pytest.raises(SourceError, match="4 times, first at line 3"):
        world.but(limits=Limits(problems=4)).send(world.source(1003, rows=rows))
    assert world.posts() == 0


def test_an_invoice_of_too_many_rows_is_wrong_and_all_others_are_read(world: World) -> None:
    path = world.source(rows=[*invoice_rows(1001, 4), *invoice_rows(1002, 3)])
    result = check(world, path, limits="rows_per_invoice = 3")
    assert result.exit_code == 1
    assert (
        "line 2      invoice 1001\n        the invoice has 4 rows, more than the 3 that are read; "
        "if that is right, raise rows_per_invoice under [limits] in the config file [E-ROWS]"
    ) in result.stdout
    assert "ready: 1" in result.stdout


def test_scattered_rows_are_held_within_a_bound(world: World) -> None:
    line = refusal(check(world, world.source(1001, 1002), more="scattered: true\n", limits="held_cells = 20"))
    assert "in.csv, line 3 (scattered: true): has 36 cells" in line


# ---- delimited text ----

TEXTS: Mapping[str, tuple[Callable[[Path], Path], str]] = {
    "two gigabytes": (_large(2_000_000_001), "has 2,000,000,001 bytes, more than the 2,000,000,000"),
    "nothing but NUL": (_large(50 << 20), "line 3: a NUL character, so this is not text as read"),
    "NUL in a cell": (_csv("a;b\n1;2\n1;\0\n"), "line 3: a NUL character"),
    "one line": (_csv("a;b\n" + "x" * 12_000_000), "line 2: has more than 1,000,000 characters in one line"),
    "one line of NUL": (_csv("a;b\n" + "x" * 9_000_000 + "\0"), "line 2: has more than 1,000,000 characters"),
    "20,000 columns": (_csv(";" * 20_000 + "\n"), "line 1: has 20,001 columns, more than the 16,384"),
    "an open quote": (_csv('a;b\n1;"2\n' + "3;4\n" * 20_000), 'line 2: the quote " opened here is not closed: its'),
}


@pytest.mark.parametrize("what", TEXTS)
def test_text_without_measure_is_refused_in_one_line(world: World, what: str) -> None:
    made, said = TEXTS[what]
    assert said in refusal(check(world, made(world.folder)))


def test_as_many_blank_lines_as_a_file_holds_do_not_keep_a_run_busy(world: World) -> None:
    path = _csv("a;b\n" + "\n" * 2_000)(world.folder)
    assert "line 1002: has more than 1,000 rows" in refusal(check(world, path, limits="rows = 1_000"))


# ---- workbooks ----

LONG = 100_000
ROW = HEADER + '<row r="2">{}</row>'
SLOW = {
    "cells that do not end": '<c r="A2"><v>1</v>' * (LONG // 18),
    "cells that end oddly": '<c r="A2"><v>1</v></c >' * (LONG // 23),
    "values that do not end": "<c>" + "<v>" * (LONG // 3) + "</c>",
    "texts that do not end": '<c t="inlineStr">' + "<is>" * (LONG // 4) + "</c>",
    "phonetics that do not end": '<c t="inlineStr"><is>' + "<rPh>" * (LONG // 5) + "</is></c>",
    "rows within a comment": "<!--" + "</row " * (LONG // 6) + "-->",
    "instructions that do not end": "<![CDATA[" + "<? " * (LONG // 3) + "]]>",
    "a long attribute": "<c " + "a" * LONG + "><v>1</v></c>",
    "a long number": "<c><v>" + "1" * LONG + "x</v></c>",
}


@pytest.mark.parametrize("what", SLOW)
def test_xml_that_would_be_searched_again_and_again_is_read_at_once(world: World, what: str) -> None:
    path = raw(world.folder / "in.xlsx", ROW.format(SLOW[what]))
    before = time.process_time()
    assert "Traceback" not in check(world, path, "excel").output
    assert time.process_time() - before < 5


SHEETS: Mapping[str, tuple[Callable[[Path], Path], str]] = {
    "billion laughs": (
        _xlsx(parts={"xl/styles.xml": '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'}),
        "its part xl/styles.xml has a document type, which no workbook needs: it is not read",
    ),
    "an external entity": (
        _xlsx(f'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><worksheet xmlns="{MAIN}"/>'),
        "it has a document type, which no workbook needs",
    ),
    "entities in shared strings": (
        _xlsx(parts={"xl/sharedStrings.xml": "<!DOCTYPE a><sst><si><t>a</t></si></sst>"}, strings=""),
        "they have a document type, which no workbook needs",
    ),
    "a far column": (_xlsx(HEADER + '<row><c r="ZZZZZZZZ2"><v>1</v></c></row>'), "more than the 16,384 that are read"),
    "one sheet a hundred times": (
        _xlsx("", "", targets={2: "worksheets/sheet1.xml"}),
        "is damaged: two of its sheets are one and the same",
    ),
}


@pytest.mark.parametrize("what", SHEETS)
def test_a_workbook_that_is_a_trap_is_refused_in_one_line(world: World, what: str) -> None:
    made, said = SHEETS[what]
    assert said in refusal(check(world, made(world.folder), "excel"))


def test_phantom_rows_are_passed_over(world: World) -> None:
    rows = [list(HEADERS), *invoice_rows(1001)]
    path = saved(world.folder / "in.xlsx", A=rows)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    phantoms = "".join(f'<row r="{at}" ht="15"/>' for at in range(3, 9_000)).encode()
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(
        b"</sheetData>", phantoms + b"</sheetData>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    result = check(world, path, "excel")
    assert "in.xlsx (mapping test): 1 row, 1 invoice" in result.stdout, result.output


def _patched(path: Path, mark: bytes, offset: int, form: str, value: int) -> Path:
    """Change one number in the last header of the zip file that begins with *mark*."""
    data = bytearray(path.read_bytes())
    struct.pack_into(form, data, data.rindex(mark) + offset, value)
    path.write_bytes(data)
    return path


def test_parts_that_overlap_are_refused(world: World) -> None:
    path = _patched(_xlsx()(world.folder), b"PK\x01\x02", 20, "<L", 1 << 30)
    assert "is damaged or cut off (its parts overlap)" in refusal(check(world, path, "excel"))


def test_a_directory_without_measure_is_not_read(world: World) -> None:
    path = _xlsx()(world.folder)
    with path.open("ab") as file:
        file.write(b"")
    data = path.read_bytes()
    path.write_bytes(data[:-22] + bytes(20 << 20) + data[-22:-10] + struct.pack("<LLH", 20 << 20, len(data) - 22, 0))
    assert "its directory is larger than 16,777,216 bytes" in refusal(check(world, path, "excel"))


def _ods_of(folder: Path, body: str) -> Path:
    path = _ods(folder)
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    head, _, rest = parts["content.xml"].decode().partition("<table:table-row")
    parts["content.xml"] = (head + body + "<table:table-row" + rest).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return path


GROWING = {
    "3,000,000 cells": '<table:table-row table:number-rows-repeated="3000000">{}1</text:p></table:table-cell></table:table-row>',
    "9,000,000 cells": "<table:table-row>{}1</text:p></table:table-cell></table:table-row>",
    "300,000,000 bytes of text": '<table:table-row>{}<text:s text:c="300000000"/></text:p></table:table-cell></table:table-row>',
}


@pytest.mark.parametrize("said", GROWING)
def test_an_ods_that_would_grow_is_refused_before_it_does(world: World, said: str) -> None:
    times = 'table:number-columns-repeated="9000000"' if said.startswith("9") else ""
    body = GROWING[said].format(f'<table:table-cell office:value-type="string" {times}><text:p>')
    assert said in refusal(check(world, _ods_of(world.folder, body), "table"))


def test_an_ods_with_empty_rows_to_the_end_of_the_sheet_is_read(world: World) -> None:
    empty = '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16384"/>'
    path = _ods_of(world.folder, "")
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    parts["content.xml"] = parts["content.xml"].replace(
        b"</table:table>", f"{empty}</table:table-row></table:table>".encode()
    )
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    assert "held_cells" not in check(world, path, "table").output


def test_a_part_that_is_larger_than_it_says_is_refused_before_another_reader_believes_it(world: World) -> None:
    path = _ods_of(world.folder, "")
    with zipfile.ZipFile(path) as opened:
        last = opened.infolist()[-1].file_size
    assert "is larger than it says" in refusal(check(world, _patched(path, b"PK\x01\x02", 24, "<L", last - 1), "table"))


def test_a_parquet_file_is_judged_by_what_it_says_of_itself(world: World) -> None:
    pandas = pytest.importorskip("pandas")
    path = world.folder / "in.parquet"
    pandas.DataFrame({"a": ["x"] * 50_000, "b": ["y"] * 50_000}).to_parquet(path)
    assert "has 100,000 cells" in refusal(check(world, path, "table", limits="held_cells = 99_999"))


# ---- what is no file ----


@pipes
@pytest.mark.parametrize("mapping", ["--mapping row-per-invoice", ""])
def test_a_pipe_in_the_place_of_a_source_does_not_hang(world: World, mapping: str) -> None:
    os.mkfifo(path := world.folder / "in.csv")
    result = CliRunner().invoke(main, ["check", str(path), *mapping.split()], env=world.environ(CONFIRMA_MAPPING=""))
    assert "is no plain file but a pipe or a device" in refusal(result)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no such device")
def test_a_device_and_a_folder_are_no_sources(world: World) -> None:
    (world.folder / "in.csv").symlink_to("/dev/zero")
    assert "is no plain file but a pipe or a device" in refusal(check(world, world.folder / "in.csv"))
    assert "is a folder; name a file in it" in refusal(check(world, world.folder))


@pipes
@pytest.mark.parametrize(
    "name", ["pipe.pdf", "zero.pdf", "out.pdf", "../secret.pdf", "/etc/passwd", "sub/../../secret.pdf"]
)
def test_an_attachment_is_a_plain_file_below_its_folder_or_nothing(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "pdf"
    folder.mkdir()
    (tmp_path / "secret.pdf").write_bytes(b"%PDF-1.7 secret")
    os.mkfifo(folder / "pipe.pdf")
    (folder / "zero.pdf").symlink_to("/dev/zero")
    (folder / "out.pdf").symlink_to(tmp_path / "secret.pdf")
    with pytest.raises(ValueError, match=r"no such file|outside the attachments folder"):
        attachment(folder, name)


# ---- files of settings: the bounds are fixed, for they are read before there are any ----

LAUGHS = "a: &a [x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(20)
)
YAML_BOMBS = {
    "aliases": (LAUGHS, "anchors and aliases"),
    "depth": ("a: " + "[" * 5_000, "nested deeper than 20 levels"),
    "size": ("a: " + "x" * 600_000, "larger than 500,000 bytes"),
    "a tag": ("a: !!python/object/apply:os.system [ls]\n", "tags like"),
}


@pytest.mark.parametrize("what", YAML_BOMBS)
def test_a_mapping_or_an_overlay_that_is_a_bomb_is_refused_with_its_line(tmp_path: Path, what: str) -> None:
    text, said = YAML_BOMBS[what]
    path = tmp_path / "bomb.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(MappingError, match=rf"bomb\.yaml, line \d+: .*{said}"):
        load_mapping(path, discover())
    with pytest.raises(ContractError, match=rf"bomb\.yaml, line \d+: .*{said}"):
        merged(shipped(), path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 20_000, "nested too deeply"),
        ("a = '" + "x" * 300_000 + "'", "larger than 200,000 bytes"),
        (
            "[limits]\nline_lenght = 5",
            r"\[limits\]: there is no setting \"line_lenght\"; did you mean \"line_length\"\?",
        ),
        ("[limits]\nrows = 0", "limits: rows: expected a whole number above zero"),
        ("[limits]\nrows = 'x'", "limits.rows: "),
        ("limits = 5", r"limits: expected a table of its own, headed \[limits\]"),
    ],
)
def test_a_config_file_that_is_wrong_or_a_bomb_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "config.toml").write_text(text, "utf-8")
    with pytest.raises(SettingsError, match=said):
        settings.load({"config": tmp_path / "config.toml"}, {})


def test_a_profile_moves_single_bounds(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        "environment = 'sandbox'\n[limits]\nrows = 7\nparts = 8\n[profiles.a.limits]\nrows = 9\n[profiles.b]\n", "utf-8"
    )
    chosen = {name: settings.load({"config": config, "profile": name}, {}).limits for name in ("a", "b")}
    assert (chosen["a"].rows, chosen["a"].parts, chosen["b"].rows) == (9, 8, 7)
    assert chosen["a"].columns == Limits().columns


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/passwd", "sub/../../secret.csv", "link.csv", "pipe.csv"])
@pipes
def test_a_table_of_a_mapping_lies_below_the_mapping(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mappings"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("code,value\na,b\n", "utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(TableError, match=r"outside the mapping's folder|no such file"):
        read_table(folder, name)


# ---- what lies beside the data ----

PLANTED = {
    "config.toml": "url = 'https://planted.example'\nenvironment = 'production'\n",
    "contract.yaml": "version: planted\n",
    "row-per-invoice.yaml": "planted: true\n",
    "matplotlibrc": "planted.key: 1\n",
    "usercustomize.py": "raise SystemExit('planted')\n",
    "sitecustomize.py": "raise SystemExit('planted')\n",
    ".netrc": "default login planted password planted\n",
    "adapters/csv_file.py": "raise SystemExit('planted')\n",
    "adapters/planted.py": "raise SystemExit('planted')\n",
    "mappings/planted.yaml": "planted: true\n",
    "confirma_connector.egg-info/entry_points.txt": "[confirma_connector]\nplanted = planted\n",
}


def test_nothing_that_lies_in_the_working_folder_beside_the_data_is_obeyed(world: World) -> None:
    path = world.source(1001)
    for name, text in PLANTED.items():
        (world.folder / name).parent.mkdir(exist_ok=True)
        (world.folder / name).write_text(text, "utf-8")
    told = world.command("check", path)
    assert (told.returncode, told.stderr) == (0, "reading in.csv\n"), told.stderr
    assert "ready: 1" in told.stdout
    made = world.command("report", "--html", world.folder / "report.html")
    assert (made.returncode, made.stderr) == (0, ""), made.stderr


# ---- words from outside ----

EVIL = "=cmd|'/c calc'!A0 \x1b]0;owned\x07\x1b[2J\u202e<script>alert(1)</script>\x9b31m"
_SIGNS = ("\x1b", "\x07", "\x9b", "\u202e")


@pytest.fixture
def failed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose invoice 1001 Confirma could not deliver, and says so in words like these."""
    monkeypatch.setattr("confirma_connector.sandbox.lifecycle.judge", lambda _: ("ERROR", EVIL))
    world.send(world.source(1001))
    world.track()
    assert world.states() == {1001: "failed"}
    return world


def test_words_of_the_api_are_no_formula_in_any_file_of_results(failed: World) -> None:
    (row,) = csv_rows(failed.folder / "in.results.csv")
    assert row["confirma_message"].startswith("'=cmd")
    assert not set(_SIGNS[:3]) & set(row["confirma_message"])
    listed = failed.command("status", "--csv", "2020-01-01", "2099-01-01")
    (line,) = csv.DictReader(listed.stdout.removeprefix("\ufeff").splitlines(), delimiter=";")
    assert line["message"].startswith("'=cmd")
    assert not set(_SIGNS[:3]) & set(listed.stdout)


def test_words_of_the_api_are_shown_and_never_obeyed(failed: World) -> None:
    for words in (["status"], ["show", "1001"], ["check", str(failed.folder / "in.csv")], ["status", "--json"]):
        result = CliRunner().invoke(main, words, env=failed.environ())
        assert not set(_SIGNS) & set(result.output), words
        assert "x1b" in result.output or "u001b" in result.output
    assert EVIL.split()[0] in json.loads(result.stdout)["invoices"][0]["message"]


def test_words_of_the_api_are_text_on_the_page(failed: World) -> None:
    result = CliRunner().invoke(main, ["report", "--html", str(failed.folder / "r.html")], env=failed.environ())
    assert result.exit_code == 0
    page = (failed.folder / "r.html").read_text("utf-8")
    assert ("<script" in page, "&lt;script&gt;alert(1)" in page) == (False, True)


def test_cells_and_names_of_files_are_shown_and_never_obeyed(world: World) -> None:
    path = world.folder / "in\x1b[2J.csv"
    path.write_text(csv_text(invoice_rows(1001, Pvm="\u202ex\x1b[31m")), "utf-8")
    result = check(world, path)
    assert result.exit_code == 1
    assert not set(_SIGNS) & set(result.output)
    assert "in\\x1b[2J.csv" in result.output or "in\\u001b[2J.csv" in result.output


def test_a_formula_in_the_place_of_a_number_is_text_in_a_list_of_results(world: World) -> None:
    more = "source: {header_row: none, delimiter: semicolon}\n"
    columns = MAPPING
    for at, header in enumerate(HEADERS, 1):
        columns = columns.replace(f"[{header}]", f'["#{at}"]')
    (world.folder / "bare.yaml").write_text(columns + more, "utf-8")
    path = world.folder / "in.csv"
    path.write_text(csv_text([*invoice_rows("=1+1"), *invoice_rows(1001)]).partition("\n")[2], "utf-8")
    world.send(path, mapping=str(world.folder / "bare.yaml"))
    with (world.folder / "in.results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row["number"] for row in csv.DictReader(file, delimiter=";")] == ["'=1+1", "1001"]


def test_a_source_error_names_the_place_and_is_one_of_ours(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read: "):
        Limits().check_file(tmp_path / "missing.csv")

"""What `make fuzz` found, each as the smallest input that showed it; and the fuzzer itself, kept alive."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fuzz_targets import Finding, attempted, case, hurried, targets
from pydantic import SecretStr

from confirma_connector import Result, Source, SourceError, answers, contract
from confirma_connector.client import Client
from confirma_connector.errors import ConfirmaError, ContractError, MappingError, Outage, SettingsError
from confirma_connector.mapping import load_mapping
from confirma_connector.plugins import Adapter, discover
from confirma_connector.settings import Settings, load

pytestmark = pytest.mark.thorough

DAY = dt.date(2026, 11, 23)
DATA = Path(__file__).parent / "data"
_INPUTS = {"mapping": 4, "contract": 2, "answers": 30, "config": 30}


def refused(wrong: type[ConfirmaError], act: Callable[[], object]) -> str:
    with pytest.raises(wrong) as caught:
        act()
    return str(caught.value)


def adapter(name: str) -> Adapter:
    return discover([], []).get(name)


def client_hearing(status: int, body: bytes, **headers: str) -> Client:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    transport = httpx.MockTransport(lambda request: httpx.Response(status, headers=raw, content=body))
    settings = Settings(url="http://127.0.0.1:9", token=SecretStr("the-key-in-use-1234"))
    return Client(settings, contract.read(), transport)


# ---- answers ----


def test_a_header_beyond_ascii_does_not_lose_the_verdict() -> None:
    with client_hearing(
        400, b'{"message": "wrong"}', Content_Type="application/json", Server="K\xe4ttarbacken"
    ) as client:
        assert client.create(b"{}").state == "rejected"


def test_a_number_with_an_exponent_of_any_size_is_no_json_of_theirs() -> None:
    with client_hearing(200, b'{"total": 1e9999999999999999999}') as client:
        assert client.create(b"{}").state == "uncertain"
        with hurried():
            assert "beyond all bounds" in refused(Outage, lambda: client.listing(DAY, DAY))


@pytest.mark.parametrize(
    ("said", "shown"),
    [('"a\\ud800b"', r"a\ud800b"), ('"\\u001b[2Jgone"', r"\x1b[2Jgone")],
)
def test_what_a_server_says_moves_no_cursor_and_can_be_stored(said: str, shown: str) -> None:
    listed = f'{{"distributions": [{{"invoiceNumber": "1", "status": "ERROR", "message": {said}, "x": {said}}}]}}'
    with client_hearing(400, f'{{"errors": {{{said}: [{said}]}}}}'.encode()) as client:
        verdict = client.create(b"{}")
    assert shown in verdict.message
    assert verdict.fields[0][0] == " ".join(shown.split())
    (record,) = answers.listing(listed.encode(), contract.read()).records
    assert shown in record.message
    assert record.raw.encode()
    assert record.mark


# ---- files of our own ----


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("concurrency = " + "9" * 5000, "cannot be read"),
        ('journal = "~nobody-of-this-name/journal"', "there is no such user's folder"),
        ('mapping = "~nobody-of-this-name/own.yaml"', "there is no such user's folder"),
        ("concurrency = 0", "concurrency: expected 1 or more"),
        ('environment = "sandbox"\nurl = "https://example.com"', "the sandbox runs on this machine"),
    ],
)
def test_a_config_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(text, encoding="utf-8")
    message = refused(SettingsError, lambda: load({"config": str(config)}, {}))
    assert str(config) in message
    assert said in message


def test_an_overlay_that_contradicts_the_contract_is_named(tmp_path: Path) -> None:
    overlay = tmp_path / "contract.yaml"
    overlay.write_text("statuses: {NEW: {wire: ERROR, state: failed}}\n", encoding="utf-8")
    assert refused(ContractError, lambda: contract.read(overlay)).startswith(f"{overlay}: the statuses ")


def test_a_key_with_a_line_break_does_not_break_the_message(tmp_path: Path) -> None:
    overlay = tmp_path / "contract.yaml"
    overlay.write_text('request: {"a\\nb": {wire: x}}\n', encoding="utf-8")
    message = refused(ContractError, lambda: contract.read(overlay))
    assert message == f'{overlay}, line 1: request.a\\nb: there is no "a\\nb"'


def test_half_a_character_is_no_text_of_a_mapping(tmp_path: Path) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text('version: 1\nname: "\\ud800"\n', encoding="utf-8")
    message = refused(MappingError, lambda: load_mapping(mapping, discover([], [])))
    assert message.startswith(f"{mapping}, line 2: half of a pair")


def test_a_message_spells_out_what_would_move_the_cursor(tmp_path: Path) -> None:
    mapping = tmp_path / "own.yaml"
    mapping.write_text('version: 1\nextends: row-per-invoice\nname: own\n"\\e[2J\\r": x\n', encoding="utf-8")
    assert r"\x1b[2J\r" in refused(MappingError, lambda: load_mapping(mapping, discover([], [])))


# ---- files of others ----


def rezipped(path: Path, changes: dict[str, tuple[bytes, bytes]], more: dict[str, bytes] | None = None) -> Path:
    changed = path.parent / "changed.xlsx"
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(changed, "w") as out:
        for name in whole.namelist():
            old, new = changes.get(name, (b"", b""))
            content = whole.read(name)
            assert old in content
            out.writestr(name, content.replace(old, new, 1) if old else content)
        for name, content in (more or {}).items():
            out.writestr(name or zipfile.ZipInfo(""), content)
    return changed


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    copy = tmp_path / "table.xlsx"
    copy.write_bytes((DATA / "excel_table.xlsx").read_bytes())
    return copy


def written(path: Path, target: Path) -> None:
    excel = adapter("excel")
    options = excel.options()
    assert options
    source = Source((path,), options.model_validate({"sheet": "1"}))
    first = next(iter(excel.read(source)))
    excel.write_results(source, [Result(first.at, "1", "sent")], target)


def test_a_part_without_a_name_is_damage(workbook: Path) -> None:
    changed = rezipped(workbook, {}, {"": b"x"})
    assert "changed.xlsx" in refused(SourceError, lambda: list(adapter("excel").read(Source((changed,)))))


def test_a_column_of_a_table_whose_id_is_no_number_does_not_matter(workbook: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(workbook) as whole:
        part = next(name for name in whole.namelist() if "/tables/" in name)
    changed = rezipped(workbook, {part: (b'<tableColumn id="1"', b'<tableColumn id="one"')})
    written(changed, tmp_path / "target.xlsx")
    assert (tmp_path / "target.xlsx").is_file()


def test_a_sheet_whose_end_is_not_utf8_is_damage(workbook: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(workbook) as whole:
        part = next(name for name in whole.namelist() if "/worksheets/sheet" in name and b"<table" in whole.read(name))
    changed = rezipped(workbook, {part: (b"</sheetData>", b"</sheetData><!-- \xff -->")})
    message = refused(SourceError, lambda: written(changed, tmp_path / "target.xlsx"))
    assert message == "changed.xlsx: is damaged: a part of it is not UTF-8"


def test_results_with_commas_do_not_make_the_delimiter_unclear(tmp_path: Path) -> None:
    path, target, csv_file = tmp_path / "list.csv", tmp_path / "list.results.csv", adapter("csv_file")
    path.write_text("Number;Price, EUR;Place, country\n1;12,50;FI\n", encoding="utf-8")
    (before,) = csv_file.read(Source((path,)))
    csv_file.write_results(Source((path,)), [Result(before.at, "1", "rejected", "wrong, and odd")], target)
    (after,) = csv_file.read(Source((target,)))
    assert after.values["Price, EUR"] == "12,50"


def test_an_old_workbook_that_would_end_the_process_is_damaged(tmp_path: Path) -> None:
    data = bytearray((DATA / "xls_invoice_form_biff8.xls").read_bytes())
    cell = data.index(b"\xfd\x00\x0a\x00")  # LABELSST: its row and column follow
    data[cell + 4 : cell + 8] = b"\xff\xff\xff\xff"
    path = tmp_path / "old.xls"
    path.write_bytes(data)
    message = refused(SourceError, lambda: list(adapter("table").read(Source((path,)))))
    assert message.startswith("old.xls: cannot be read; is it damaged?")


# ---- the fuzzer ----


@pytest.mark.parametrize(("name", "inputs"), [(name, _INPUTS.get(name, 8)) for name in targets()])
def test_a_few_broken_inputs_are_read_cleanly_or_refused_in_a_line(name: str, inputs: int, tmp_path: Path) -> None:
    target = targets()[name]()
    if target is None:
        pytest.skip("no sample")
    with hurried():
        for index in range(inputs):
            files, dice = case(target, "a few", index)
            attempted(target, files, dice, tmp_path)


def test_the_same_seed_gives_the_same_inputs() -> None:
    target = targets()["config"]()
    assert target
    assert [case(target, "7", index)[0] for index in range(9)] == [case(target, "7", index)[0] for index in range(9)]


FRAGILE = """
import ctypes
from confirma_connector import Record, hookimpl

@hookimpl
def detect(path, head):
    return "specific" if path.suffix == ".fragile" else "no"

@hookimpl
def read(source):
    data = source.path.read_bytes()
    if data == b"raise":
        raise KeyError("2")
    if data != b"well":
        ctypes.string_at(0)
    yield Record({}, 1, "line 1")
"""


def test_an_adapter_that_raises_is_found(tmp_path: Path) -> None:
    (tmp_path / "fragile.py").write_text(FRAGILE, encoding="utf-8")
    (tmp_path / "seed.fragile").write_bytes(b"well")
    target = targets([tmp_path], [tmp_path])["fragile"]()
    assert target
    attempted(target, {"seed.fragile": b"well"}, random.Random(1), tmp_path)
    with pytest.raises(Finding, match="failed in read: KeyError"):
        attempted(target, {"seed.fragile": b"raise"}, random.Random(1), tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the limits of a process are Linux's")
def test_an_adapter_that_dies_is_found(tmp_path: Path) -> None:
    (tmp_path / "fragile.py").write_text(FRAGILE, encoding="utf-8")
    (tmp_path / "seed.fragile").write_bytes(b"well")
    words = ["--adapters", tmp_path, "--seeds", tmp_path, "--only", "fragile", "--found", tmp_path / "found"]
    fuzz = [sys.executable, Path(__file__).with_name("fuzz.py"), "--seed", "1", "--inputs", "1", "--processes", "1"]
    ran = subprocess.run([*map(str, [*fuzz, *words])], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 1, ran.stderr
    assert "died of SIGSEGV" in ran.stdout
    (kept,) = (tmp_path / "found").glob("fragile-*")
    assert {path.name for path in kept.iterdir()} == {"seed.fragile", "traceback.txt"}

"""docs/adapters.md is what a partner has: its example works as it stands there, and its reference is that of the code."""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_
from hypothesis import strategies as st

import confirma_connector
from confirma_connector import contract, hookspecs, language, pipeline, plugins, settings
from confirma_connector.errors import AdapterError, SourceError
from confirma_connector.pipeline import Choice, Run
from confirma_connector.records import STATES, Record, Result, Source
from confirma_connector.testing import PROMISES, Sample

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "adapter"
PAGE = (ROOT / "docs" / "adapters.md").read_text("utf-8")
HOOKS = [name for name, one in vars(hookspecs).items() if hasattr(one, "confirma_connector_spec")]


def section(heading: str) -> str:
    """What stands below a heading of the page, up to the next heading of its rank."""
    rank = heading.split(" ", 1)[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{2,{len(rank)}}} |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return found[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the tables in *text*, without their heads."""
    lines = [line.strip("| \n").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if cells[0] not in ("name", "raise", "it says", "promise")]


def module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"shown_{path.stem}", path)
    assert spec
    assert spec.loader
    made = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


TestPipes = module(SAMPLE / "test_pipes.py").TestPipes
TestKassa = module(SAMPLE / "test_kassa.py").TestKassa


# ---- the reference ----


def test_every_hook_is_there_and_no_other() -> None:
    assert re.findall(r"^### (\w+)\(", section("## The hooks"), re.MULTILINE) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_shown_with_its_arguments_and_types(hook: str) -> None:
    signature = inspect.signature(getattr(hookspecs, hook))
    text = section(f"### {hook}({', '.join(signature.parameters)})")
    assert f"\n`{hook}{str(signature).replace(chr(39), '')}`\n" in text
    for part in ("- **is asked**", "ives**" if hook in ("read", "options", "transforms") else "**"):
        assert part in text


@pytest.mark.parametrize(
    ("heading", "kind"), [("## Source", Source), ("## Record", Record), ("## Result", Result)], ids=str
)
def test_every_field_and_method_is_explained(heading: str, kind: Any) -> None:
    fields = {field.name for field in dataclasses.fields(kind)}
    public = {name for name in dir(kind) if not name.startswith("_")} | fields
    named = {name for cells in rows(section(heading)) for name in re.findall(r"`(\w+)", " ".join(cells))}
    of_the_host = {"at", "place"} if kind is Source else {"place"}
    assert public - of_the_host <= named
    first = {re.findall(r"\w+", cells[0])[0] for cells in rows(section(heading))}
    assert first <= public


def test_what_a_method_takes_is_what_the_table_says() -> None:
    for cells in rows(section("## Source")):
        if call := re.match(r"`(\w+)\((.*)\)`", cells[0]):
            said = [part.strip() for part in call[2].split(",") if part.strip()]
            taken = list(inspect.signature(getattr(Source, call[1])).parameters.values())[1:]
            assert said == [one.name if one.default is one.empty else f"{one.name}={one.default}" for one in taken], (
                cells[0]
            )


def test_the_lengths_of_the_results_are_those_of_the_page() -> None:
    told = {cells[0].strip("`"): cells[1] for cells in rows(section("## Result"))}
    assert f"{max(len(f'TEST {state}') for state in STATES)} characters at most" in told["state"]
    assert f"{len('2026-11-23 19:22:21')} characters" in told["updated"]


def test_the_language_of_the_user_is_told_as_the_page_says() -> None:
    assert "`confirma_connector.language.current()`" in PAGE
    with language.using("fi"):
        assert language.current() == "fi"


def test_every_name_that_an_adapter_imports_is_public() -> None:
    names = {
        name
        for line in re.findall(r"^from confirma_connector import (.*)$", PAGE, re.MULTILINE)
        for name in line.split(", ")
    }
    assert names
    assert names <= set(confirma_connector.__all__)


def test_the_errors_of_the_table_are_what_an_adapter_may_import() -> None:
    raised = {re.findall(r"\w+", cells[0])[0] for cells in rows(section("## Errors"))}
    assert raised <= {*confirma_connector.__all__, "ValueError"}
    assert {"SourceError", "NoWriteBack"} <= raised


def test_the_kit_is_explained_with_every_promise_and_all_that_a_sample_may_have() -> None:
    text = section("## The conformance kit")
    told = [(cells[0].strip("`"), cells[1].replace("`", "")) for cells in rows(text)]
    fields = [field.name for field in dataclasses.fields(Sample)]
    assert [name for name, _ in told] == [*fields, *(one.name for one in PROMISES)]
    assert told[-len(PROMISES) :] == [(one.name, one.title.replace("`", "")) for one in PROMISES]


def test_the_examples_without_a_file_work_as_they_stand() -> None:
    shown: dict[str, Any] = {}
    blocks = re.findall(r"(?<!-->\n)```python\n(.*?)```", section("## The hooks"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "docs/adapters.md", "exec"), shown)
    assert shown["options"]().model_validate({"encoding": "cp437", "skip_lines": "2"}).skip_lines == 2
    with pytest.raises(ValueError, match="skiplines"):
        shown["options"]().model_validate({"skiplines": "2"})
    fields = shown["options"]()()
    assert [fields.check_column(*one) for one in (("number", "header"), ("net", "line"), ("net", ""))] == [None] * 3
    with pytest.raises(ValueError, match=r'"nett" is no field of Acme; there are kind, text, net$'):
        fields.check_column("nett", "line")
    step: Callable[[str], str] = shown["transforms"]()["acme_hours"]
    assert [step("1:45"), step("0:00")] == ["1.75", "0.0"]
    with pytest.raises(ValueError, match="no time in quarters"):
        step("²:15")


HOOK = "from confirma_connector import Record, hookimpl\n\n@hookimpl\n"
BROKEN = {
    "it has no read hook (is @hookimpl missing?)": "def read(source): ...\n",
    'there is no hook "write_result"; did you mean "write_results"?': f"{HOOK}def read(source): ...\n{HOOK}def write_result(source): ...\n",
    "PluginValidationError: …": f"{HOOK}def read(file): ...\n",
    "ModuleNotFoundError: …": "import there_is_no_such_module\n",
}


@pytest.mark.parametrize("reason", BROKEN)
def test_a_broken_adapter_is_listed_as_the_page_says(reason: str, tmp_path: Path) -> None:
    assert f"| BROKEN: {reason} |" in PAGE
    (tmp_path / "acme.py").write_text(BROKEN[reason], "utf-8")
    assert plugins.discover((tmp_path,)).broken["acme"].reason.startswith(reason.removesuffix("…"))


def test_a_taken_name_and_a_missing_adapter_are_told_as_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "xml.py").write_text(f"{HOOK}def read(source): ...\n", "utf-8")
    found = plugins.discover((tmp_path,))
    assert found.broken["xml"].reason.startswith("the name is taken twice: by ")
    with pytest.raises(AdapterError, match=r'^there is no adapter "acme"; there are: '):
        found.get("acme")
    with pytest.raises(AdapterError, match=r"^there is no adapters folder "):
        plugins.discover((tmp_path / "nowhere",))
    for text in (
        "BROKEN: the name is taken twice: by",
        'there is no adapter "acme"; there are:',
        "there is no adapters folder",
    ):
        assert text in PAGE


FAULTS = {
    '{"number": "1"}["net"]': r"failed in read: KeyError (acme.py, line 12)",
    'Record({"net": 1.5}, 1, "line 1")': r'gave a float for "net", not …',
}


@pytest.mark.parametrize("given_", FAULTS)
def test_a_fault_in_an_adapter_is_told_as_the_page_says(given_: str, tmp_path: Path) -> None:
    told = f'adapter "acme" (…) {FAULTS[given_]}'
    assert f"| {told} |" in PAGE
    (tmp_path / "acme.py").write_text("\n" * 7 + f"{HOOK}def read(source):\n    yield {given_}\n", "utf-8")
    (tmp_path / "file").write_text("x", "utf-8")
    adapter = plugins.discover((tmp_path,)).adapters["acme"]
    with pytest.raises(AdapterError) as raised:
        list(adapter.read(Source((tmp_path / "file",))))
    assert re.match(".*".join(map(re.escape, told.split("…"))), str(raised.value))


# ---- the example ----


@pytest.fixture
def run(tmp_path: Path) -> Run:
    chosen = settings.load({"journal": tmp_path / "journal.sqlite3", "adapters": (SAMPLE / "adapters",)}, {})
    return Run(chosen, contract.read(), plugins.discover(chosen.adapters))


def pipes(tmp_path: Path, change: Callable[[str], str] = str, name: str = "export.pipes") -> Choice:
    source = tmp_path / name
    source.write_text(change((SAMPLE / "export.pipes").read_text("utf-8")), "utf-8", newline="")
    return Choice((source,), mapping=str(SAMPLE / "mapping.yaml"))


def test_it_is_as_short_as_is_promised() -> None:
    for path in (SAMPLE / "adapters/pipes.py", ROOT / "samples/partner-adapter/src/confirma_kirja/__init__.py"):
        assert len(path.read_text("utf-8").splitlines()) <= 50
    assert len((SAMPLE / "adapters/kassa.py").read_text("utf-8").splitlines()) <= 60


def test_its_mistakes_are_told_in_its_own_words(run: Run, tmp_path: Path) -> None:
    (file,) = pipeline.check(run, pipes(tmp_path, lambda text: text.replace("54,00", "54.00"))).files
    (problem,) = file.invoices[0].problems
    assert [invoice.state for invoice in file.invoices] == ["invalid", "ready", "ready"]
    assert (problem.code, problem.where, problem.header) == ("E-AMOUNT", "line 3", "price")


def test_a_line_with_too_few_fields_stops_its_invoice_alone_and_is_never_written_into(run: Run, tmp_path: Path) -> None:
    choice = pipes(tmp_path, lambda text: text.replace("|Leena Malli|", "|"))
    (file,) = pipeline.send(run, choice).files
    assert [invoice.state for invoice in file.invoices] == ["waiting", "waiting", "invalid"]
    assert file.invoices[2].problems[0].code == "E-RECORD"
    written = Path(file.results).read_text("utf-8").splitlines()
    assert written[6] == "H|1003|03.11.2026|17.11.2026|leena@example.com"
    assert written[1].startswith("H|1001|02.11.2026|16.11.2026|Åsa Öst|asa@example.com|TEST waiting|")


def other(run: Run, folder: Path, change: Callable[[str], str]) -> Run:
    """The run with another version of the adapter, in a folder of its own."""
    folder.mkdir()
    code = (SAMPLE / "adapters/pipes.py").read_text("utf-8")
    assert change(code) != code
    (folder / "pipes.py").write_text(change(code), "utf-8")
    return dataclasses.replace(run, registry=plugins.discover((folder,)))


def test_results_are_given_for_headers_alone_also_when_they_are_written_again(run: Run, tmp_path: Path) -> None:
    trusting = other(run, tmp_path / "trusting", lambda code: code.replace('fields[0] == "H" and len', "len"))
    (file,) = pipeline.send(trusting, pipes(tmp_path)).files
    pipeline.track(trusting, Choice(()))
    lines = Path(file.results).read_text("utf-8").splitlines()
    assert [line.count("|") for line in lines if line.startswith("H")] == [9, 9, 9]
    assert [line for line in lines if line.startswith("R")] == [
        line for line in (SAMPLE / "export.pipes").read_text("utf-8").splitlines() if line.startswith("R")
    ]


def test_a_line_of_no_known_kind_stops_the_file(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="line 9: expected a line that begins with"):
        pipeline.check(run, pipes(tmp_path, lambda text: text + "T|3\n"))


def test_without_write_back_its_results_go_to_a_csv_beside_the_source(run: Run, tmp_path: Path) -> None:
    only = other(run, tmp_path / "reading", lambda code: code[: code.index("@hookimpl\ndef write_results")])
    (file,) = pipeline.send(only, pipes(tmp_path)).files
    assert Path(file.results) == tmp_path / "export.sandbox.results.csv"
    first = Path(file.results).read_text("utf-8-sig").splitlines()[1]
    assert first.startswith("1001;line 2;TEST waiting;")


def test_an_adapter_may_find_that_it_cannot_write_when_the_target_is_begun(run: Run, tmp_path: Path) -> None:
    late = '    source.copy_lines(target, with_results)\n    raise NoWriteBack("it is full")'
    giving_up = other(
        run,
        tmp_path / "late",
        lambda code: code.replace("    source.copy_lines(target, with_results)", late).replace(
            "import Match", "import NoWriteBack, Match"
        ),
    )
    (file,) = pipeline.send(giving_up, pipes(tmp_path)).files
    assert Path(file.results).name == "export.sandbox.results.csv"
    assert any("it is full" in notice for notice in file.notices)
    assert not [path.name for path in tmp_path.iterdir() if path.name.endswith(".tmp")]


def test_what_stands_in_a_skipped_record_stays(run: Run, tmp_path: Path) -> None:
    skips = 'header", problems, "it is a draft" if "DRAFT" in line else "")'
    skipping = other(run, tmp_path / "skipping", lambda code: code.replace('header", problems)', skips))
    (file,) = pipeline.send(skipping, pipes(tmp_path)).files
    results = Path(file.results)
    changed = results.read_text("utf-8").replace("Leena Malli", "DRAFT").replace("|TEST waiting|", "|old|")
    results.write_text(changed, "utf-8")
    pipeline.track(skipping, Choice(()))
    first, third = (results.read_text("utf-8").splitlines()[line] for line in (1, 6))
    assert "|TEST waiting|" in first
    assert third == changed.splitlines()[6]


def test_a_file_that_changes_while_it_is_read_is_refused(run: Run, tmp_path: Path) -> None:
    write = '        source.path.write_bytes(b"changed")\n        yield Record('
    changing = other(run, tmp_path / "restless", lambda code: code.replace("        yield Record(", write))
    with pytest.raises((SourceError, AdapterError), match="changed"):
        pipeline.send(changing, pipes(tmp_path))


# ---- lines and their copy ----


def source(tmp_path: Path, content: bytes) -> Source:
    path = tmp_path / "lines.txt"
    path.write_bytes(content)
    return Source((path,))


def test_lines_come_with_their_numbers_and_without_what_ends_them(tmp_path: Path) -> None:
    made = source(tmp_path, b"\xef\xbb\xbf\xc3\x84\r\n\r\nb \n\x0bc")
    assert list(made.lines()) == [(1, "Ä"), (2, ""), (3, "b "), (4, "\x0bc")]
    assert list(source(tmp_path, "Ä\n".encode("cp850")).lines("cp850")) == [(1, "Ä")]
    assert list(source(tmp_path, "Ä\nb".encode("utf-16")).lines()) == [(1, "Ä"), (2, "b")]


@pytest.mark.parametrize(
    ("content", "encoding", "said"),
    [
        (b"", None, "lines.txt is empty"),
        (b"a\nb\0c\n", None, "line 2: a NUL character"),
        (b"a\n\xe4\n", "utf-8", "line 2: byte 0xE4 is not utf-8"),
        (b"a\n", "no-such", 'there is no encoding "no-such"'),
        (b"a\n", "base64", 'there is no encoding "base64"'),
        (b"a\n" + b"x" * 1_000_001, None, "line 2: has more than 1,000,000 characters"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line_and_no_advice_that_the_mapping_cannot_follow(
    content: bytes, encoding: str | None, said: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as raised:
        list(source(tmp_path, content).lines(encoding))
    assert said in str(raised.value)
    assert "declare" not in str(raised.value)


def test_a_copy_is_the_file_but_for_the_lines_that_change(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbfa\r\n\xc3\x84\nb\r\nc\r\r\nlast"
    target = tmp_path / "copy"
    made = source(tmp_path, content)
    made.copy_lines(target, lambda number, line: [line])
    assert target.read_bytes() == content
    changes = {1: [], 2: ["Ä1", "Ö2"], 3: ["b\nx"], 6: ["last", "more"]}
    made.copy_lines(target, lambda number, line: changes.get(number, [line]))
    assert target.read_bytes() == "\ufeffÄ1\nÖ2\nb x\r\nc\r\r\nlast\r\nmore".encode()


@settings_(max_examples=60, deadline=None)
@given(
    st.binary(max_size=40) | st.text("a\r\n|Ä→\ufeff", max_size=20).map(str.encode),
    st.sampled_from([None, "utf-8", "cp850"]),
)
def test_any_bytes_are_refused_or_copied_as_they_are(content: bytes, encoding: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, target = source(Path(folder), content), Path(folder, "copy")
        try:
            lines = dict(made.lines(encoding))
        except SourceError:
            return
        made.copy_lines(target, lambda number, line: [lines[number]], encoding)
        assert target.read_bytes() == content


def test_a_character_that_the_encoding_lacks_becomes_a_question_mark(tmp_path: Path) -> None:
    target = tmp_path / "copy"
    source(tmp_path, "Ä".encode("cp850")).copy_lines(target, lambda number, line: [f"{line}→"], "cp850")
    assert target.read_bytes() == "Ä?".encode("cp850")


def test_an_encoding_that_does_not_write_what_it_read_is_refused(tmp_path: Path) -> None:
    made = source(tmp_path, b"a\n+AGI-\n")
    with pytest.raises(SourceError, match="line 2: its bytes as utf-7 cannot be written again exactly"):
        made.copy_lines(tmp_path / "copy", lambda number, line: [line], "utf-7")

"""The conformance kit on adapters that are broken a little: each break is found, by the right promise, in plain words."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from confirma_connector.testing import PROMISES, Sample, Tried
from confirma_connector.testing.promises import tried_one
from confirma_connector.testing.subject import Subject

pytestmark = pytest.mark.thorough

ADAPTER = '''"""Invoices as lines with bars between their cells: a header, then a line an invoice."""

from pydantic import BaseModel, ConfigDict

from confirma_connector import Record, SourceError, hookimpl

SIGN = "|"


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")
    encoding: str = "utf-8"


@hookimpl
def options():
    return Options


@hookimpl
def transforms():
    return {"without_dots": lambda text: text.replace(".", "")}


@hookimpl
def detect(path, head):
    return "specific" if head.startswith(b"NRO|") else "no"


def lines(source):
    with source.open() as file:
        for number, line in enumerate(file, 1):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                raise SourceError(f"{source.path}, line {number}: is no UTF-8 text") from None
            yield number, text.rstrip("\\r\\n"), text[len(text.rstrip("\\r\\n")) :]


@hookimpl
def read(source):
    names = None
    for number, text, _ in lines(source):
        cells = text.split(SIGN)
        if names is None:
            names = cells
        elif text:
            problems = () if len(cells) == len(names) else ("has not the cells of the header",)
            yield Record(dict(zip(names, cells)), at=number, where=f"line {number}", problems=problems)


@hookimpl
def write_results(source, results, target):
    ours = source.headers.names()
    due = {result.at: result.cells() for result in results}
    place = None
    with target.open("w", encoding="utf-8", newline="") as out:
        for number, text, end in lines(source):
            cells = text.split(SIGN)
            if place is None:
                place = cells.index(ours[0]) if ours[0] in cells else len(cells)
                cells[place : place + 4] = ours
            elif text:
                old = cells[place : place + 4] if len(cells) > place else [""] * 4
                cells[place : place + 4] = [plain(cell) for cell in due.get(number, old)]
            out.write(SIGN.join(cells) + end)
    return True


def plain(text):
    return " ".join(text.replace(SIGN, "/").split())
'''

MAPPING = """
version: 1
name: bars
adapter: bars
locale: {dates: ["%Y-%m-%d"]}
invoice:
  number: NRO
  date: DATE
  due_date: DUE
  currency_code: {constant: EUR}
  seller.name: {constant: Acme Oy}
  seller.business_id: {constant: 1234567-1}
  buyer.name: BUYER
  buyer.entity_type: {constant: CONSUMER}
  buyer.contact.email: MAIL
rows:
  description: WHAT
  net_amount: NET
  vat_percentage: {constant: "25.5"}
missing_reference: fi
"""

LINES = "".join(
    f"{number}|2026-11-02|2026-11-16|Åsa Öst|asa@example.com|Työ {number}|{number}.50\n" for number in range(1001, 1005)
)
SAMPLE = "NRO|DATE|DUE|BUYER|MAIL|WHAT|NET\n" + LINES.replace("Työ 1002", "  Työ").rstrip()

# fmt: off
BREAKS = [
    # reading
    ("it counts on", 'where=f"line {number}"', 'where=f"line {COUNT.append(1) or len(COUNT)}"', "reads-the-same-twice", "keep nothing in the module"),
    ("it uses the clock", 'where=f"line {number}"', 'where=f"{__import__(\'time\').perf_counter_ns()}"', "reads-the-same-twice", "use no clock"),
    ("it is used up", "    names = None\n    for", "    if COUNT: return\n    COUNT.append(1)\n    names = None\n    for", "reads-the-same-twice", "4 records, then 0"),
    ("it fails on its sample", "cells = text.split(SIGN)\n        if", "cells = text.split()[99]\n        if", "reads-the-same-twice", "IndexError"),
    ("it gives dicts", 'yield Record(dict(zip(names, cells)), at=number, where=f"line {number}", problems=problems)', "yield dict(zip(names, cells))", "reads-the-same-twice", "not a Record"),
    ("it remembers files", "def read(source):\n", "def read(source):\n    key = str(source.path)\n    if not any(key in one for one in COUNT):\n        COUNT.append({key: list(reading(source))})\n    yield from next(one[key] for one in COUNT if key in one)\n\n\ndef reading(source):\n", "reads-the-same-twice", "emptied it"),
    ("it never ends", "        elif text:\n            problems", "        while number > 3: pass\n        if text:\n            problems", "reads-the-same-twice", "had not ended"),
    ("places come twice", "at=number", "at=number // 2", "records-fit", "at="),
    ("places are invoice numbers", "at=number", "at=cells[0]", "records-fit", "twice, as the host does"),
    ("places are lists", "at=number", "at=[number]", "records-fit", "at=[2]"),
    ("nobody knows where", 'where=f"line {number}"', 'where=""', "records-fit", "where"),
    ("a comma is missing", "problems=problems)", 'problems="ab")', "records-fit", "problems"),
    ("lines without a document", "problems=problems)", 'problems=problems, part="line")', "records-fit", "document"),
    ("documents come again", "problems=problems)", "problems=problems, document=str(number % 2))", "records-fit", "one after another"),
    ("numbers are floats", "dict(zip(names, cells))", "{**dict(zip(names, cells)), 'NET': float(cells[-1])}", "records-fit", "float"),
    ("halves of letters", '"utf-8")\n            except', '"ascii", "surrogateescape")\n            except', "records-fit", 'errors="surrogateescape"'),
    ("results that nobody wrote", "dict(zip(names, cells))", "dict.fromkeys(source.headers.names(), '') | dict(zip(names, cells))", "records-fit", "not even empty ones"),
    ("it prints", "    names = None\n    for", "    print('reading', source.path)\n    names = None\n    for", "leaves-no-trace", "print"),
    ("it prints when it is loaded", "\"\"\"Invoices as lines", "print('here I am')\n\"\"\"Invoices as lines", "leaves-no-trace", "here I am"),
    ("it touches the source", "    names = None\n    for", "    source.path.write_bytes(source.path.read_bytes())\n    names = None\n    for", "leaves-no-trace", "source.open()"),
    ("it leaves a file", "    names = None\n    for", "    source.path.with_suffix('.index').write_text('x')\n    names = None\n    for", "leaves-no-trace", ".index"),
    ("it changes the folder", "    names = None\n    for", "    __import__('os').chdir(source.path.parent)\n    names = None\n    for", "leaves-no-trace", "working folder"),
    ("it keeps the file open", "    names = None\n    for", "    COUNT.append(source.open())\n    names = None\n    for", "closes-its-files", "with source.open()"),
    ("it lets the file go", "    with source.open() as file:\n        for", "    file = source.open()\n    if True:\n        for", "closes-its-files", "with source.open()"),
    ("it holds all records", "        for number, line in enumerate(file, 1):", "        for number, line in enumerate(file.readlines(), 1):", "memory-stays-flat", "yield"),
    ("it trusts the encoding", "except UnicodeDecodeError", "except ZeroDivisionError", "broken-files-are-refused", "UnicodeDecodeError"),
    ("it trusts the cells", "dict(zip(names, cells))", "{names[i]: cells[i] for i in range(7)}", "broken-files-are-refused", "IndexError"),
    ("it names no file", 'f"{source.path}, line {number}: is no UTF-8 text"', '"is no UTF-8 text"', "broken-files-are-refused", "without its name"),
    ("it hangs on zeros", "        if names is None:\n            names", "        while chr(0) in text: pass\n        if names is None:\n            names", "broken-files-are-refused", "had not ended"),
    # detecting, options, transforms
    ("it claims nothing", 'return "specific" if head', 'return "no" if head', "detection-is-specific", '"no"'),
    ("it claims everything", 'return "specific" if head.startswith(b"NRO|") else "no"', 'return "specific"', "detection-is-specific", "specific"),
    ("it claims every text", 'head.startswith(b"NRO|")', 'b"|" in head or b";" in head', "detection-is-specific", "invoices.csv"),
    ("it opens the file", 'return "specific" if head', 'head = path.read_bytes()\n    return "specific" if head', "detection-is-specific", "do not open the file"),
    ("it goes by the name", 'head.startswith(b"NRO|")', 'path.suffix == ".bars"', "detection-is-specific", "empty file"),
    ("it decodes the head", 'return "specific" if head', 'head.decode()\n    return "specific" if head', "detection-is-specific", 'errors="replace"'),
    ("it answers yes", 'return "specific" if head', "return True if head", "detection-is-specific", "True"),
    ("options take anything", 'model_config = ConfigDict(extra="forbid")', "pass", "options-are-strict", "forbid"),
    ("a step gives None", 'lambda text: text.replace(".", "")', "lambda text: None", "transforms-keep-to-text", "without_dots"),
    ("a step fails", 'lambda text: text.replace(".", "")', "lambda text: text[0]", "transforms-keep-to-text", "IndexError"),
    # the mapping
    ("a column is lost", "dict(zip(names, cells))", "dict(zip(names[:-1], cells))", "its-invoices-are-found", "NET"),
    # writing
    ("it writes into the source", "    place = None\n    with target.open", "    place = None\n    with source.path.open('a') as f: f.write('x')\n    with target.open", "only-results-are-written", "was changed"),
    ("line ends of its own", "SIGN.join(cells) + end", 'SIGN.join(cells) + "\\r\\n"', "only-results-are-written", "lines that end"),
    ("it trims the cells", "out.write(SIGN.join(cells)", "out.write(SIGN.join(cell.strip() for cell in cells)", "only-results-are-written", "byte"),
    ("it loses the last line", "            cells = text.split(SIGN)\n            if place", "            if not end: break\n            cells = text.split(SIGN)\n            if place", "only-results-are-written", "records"),
    ("one line too low", "due.get(number, old)", "due.get(number - 1, old)", "only-results-are-written", "confirma_state"),
    ("columns pile up", "cells.index(ours[0]) if ours[0] in cells else len(cells)", "len(cells)", "writing-twice-is-writing-once", "source.headers.names()"),
    ("old results stay", "for cell in due.get(number, old)]", "for cell in (old if any(old) else due.get(number, old))]", "writing-twice-is-writing-once", "second ones"),
    ("a stamp of its own", "    return True\n", "    with target.open('a') as f: f.write('#' + str(__import__('time').perf_counter_ns()) + chr(10))\n    return True\n", "writing-twice-is-writing-once", ""),
    ("messages break the lines", 'return " ".join(text.replace(SIGN, "/").split())', "return text.replace(SIGN, '/')", "odd-texts-break-nothing", "any sign"),
    ("messages break the cells", 'return " ".join(text.replace(SIGN, "/").split())', 'return " ".join(text.split())', "odd-texts-break-nothing", "any sign"),
    ("messages cannot be spelled", 'return " ".join(text', 'return " ".join(text.encode("latin-1").decode("latin-1")', "odd-texts-break-nothing", "UnicodeEncodeError"),
    ("it keeps still about a full disk", "    with target.open(", "    import contextlib\n    with contextlib.suppress(OSError), target.open(", "a-failure-spoils-nothing", "OSError"),
    ("it writes beside the target", "    place = None\n    with target.open", "    place = None\n    target.with_suffix('.old').write_text('x')\n    with target.open", "a-failure-spoils-nothing", ".old"),
    ("it writes nothing", "    with target.open(", "    return True\n    with target.open(", "only-results-are-written", "wrote nothing"),
    ("its headers are its own", "ours = source.headers.names()", 'ours = ("tila", "viesti", "aika", "numero")', "only-results-are-written", "source.headers.names()"),
    ("its headers are the usual ones", "ours = source.headers.names()", 'ours = ("confirma_state", "confirma_message", "confirma_updated", "confirma_case_id")', "only-results-are-written", "r_state"),
    # whole runs
    ("results by order, not by place", "due = {result.at: result.cells() for result in results}", "due = {n: r.cells() for n, r in enumerate(sorted(results, key=lambda r: r.number), 2)}", "sorted-files-get-their-states", "the host refuses"),
    ("it reads otherwise in another process", "    names = None\n    for", "    import sys\n    if 'subject' in sys.argv[-1]: raise SourceError(f'{source.path}: not here')\n    names = None\n    for", "a-killed-run-is-finished", "not here"),
]
# fmt: on


def _tried(folder: Path, code: str, promise: str, sample: str = SAMPLE):
    (folder / "bars.py").write_text(code.replace("SIGN =", "COUNT = []\nSIGN =", 1), "utf-8")
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
    (folder / "export.bars").write_bytes(sample.encode())
    (one,) = (one for one in PROMISES if one.name == promise)
    subject = Subject.of("bars.py", folder)
    return tried_one(one, subject, Sample("export.bars", "mapping.yaml", [1001, 1002, 1003, 1004]), folder, patience=1)


@pytest.mark.parametrize("promise", [one.name for one in PROMISES])
def test_an_adapter_that_keeps_everything_is_told_so(promise, tmp_path):
    tried = _tried(tmp_path, ADAPTER, promise)
    assert str(tried) == f"kept       {tried.title}"


@pytest.mark.parametrize(("old", "new", "promise", "word"), [one[1:] for one in BREAKS], ids=[one[0] for one in BREAKS])
def test_each_break_is_found_and_explained(old, new, promise, word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert old in ADAPTER
    tried = _tried(tmp_path, ADAPTER.replace(old, new), promise)
    assert tried.outcome == "broken", tried
    told = str(tried)
    assert word in told
    assert "bars.py, line " in told
    assert "cure:" in told


TESTS = """
from confirma_connector.testing import AdapterConformance, Sample

class TestBars(AdapterConformance):
    adapter = "bars.py"
    samples = [Sample("export.bars", "mapping.yaml", [1001, 1002, 1003, 1004])]
"""


def _pytest(folder: Path, code: str, *words: str) -> str:
    _tried(folder, code, "options-are-strict")
    (folder / "test_bars.py").write_text(TESTS, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs", *words, "test_bars.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False)
    return done.stdout + done.stderr


def test_the_class_makes_a_test_of_each_promise_and_its_failure_explains_itself(tmp_path):
    code = ADAPTER.replace("at=number", "at=number // 2").replace("@hookimpl\ndef options", "def options")
    said = _pytest(tmp_path, code, "-k", "records or options or twice-export")
    assert "1 failed, 1 passed, 1 skipped" in said
    assert "test_promise[records-fit-export.bars]" in said
    assert "needless: it has no `options` hook" in said
    assert "at=1 for line 3 and for line 2" in said
    assert "tried_one" not in said


def test_a_class_without_samples_is_no_green_test(tmp_path):
    (tmp_path / "test_bars.py").write_text(TESTS.replace("samples =", "other ="), "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "test_bars.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode != 0
    assert "TestBars: set `adapter`, and `samples`" in done.stdout


def test_the_kit_is_there_without_pytest():
    code = "import sys, confirma_connector.testing; assert not {'pytest', '_pytest'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("promise", ["its-invoices-are-found", "a-killed-run-is-finished"])
def test_a_module_that_no_package_declares_yet_is_tried_as_it_is(promise, tmp_path, monkeypatch):
    _tried(tmp_path, ADAPTER, "options-are-strict")
    monkeypatch.syspath_prepend(tmp_path)
    subject = Subject.of(importlib.import_module("bars"), tmp_path)
    (one,) = (one for one in PROMISES if one.name == promise)
    assert tried_one(one, subject, Sample("export.bars", "mapping.yaml"), tmp_path).outcome == "kept"
    monkeypatch.delitem(sys.modules, "bars")


def test_an_adapter_that_cannot_be_loaded_breaks_every_promise_by_its_own_fault(tmp_path):
    tried = _tried(tmp_path, "import there_is_no_such_module", "records-fit")
    assert tried.outcome == "broken"
    assert "ModuleNotFoundError" in str(tried)


def _bare(folder: Path, promise: str, **more: Any) -> Tried:
    _tried(folder, ADAPTER, "options-are-strict")
    (one,) = (one for one in PROMISES if one.name == promise)
    return tried_one(one, Subject.of("bars.py", folder), Sample("export.bars", "mapping.yaml", **more), folder)


@pytest.mark.parametrize(
    ("promise", "more", "said"),
    [
        ("its-invoices-are-found", {"invoices": [1001]}, "these can be sent: 1001, 1002, 1003, 1004"),
        ("memory-stays-flat", {"holds": "it is so"}, "all its records"),
        ("only-results-are-written", {"without_results": lambda written: written}, "without_results"),
    ],
)
def test_what_the_sample_says_is_held_against_the_adapter(promise, more, said, tmp_path):
    tried = _bare(tmp_path, promise, **more)
    assert tried.outcome == "broken"
    assert said in str(tried)


def test_bytes_without_the_results_are_compared_where_a_sample_says_how(tmp_path):
    def without(written: bytes) -> bytes:
        return b"\n".join(b"|".join(line.split(b"|")[:7]) for line in written.split(b"\n"))

    assert _bare(tmp_path, "only-results-are-written", without_results=without).outcome == "kept"


@pytest.mark.parametrize("more", [{"mapping": "gone.yaml"}, {"beside": ["gone.txt"]}, {"resorted": "gone.bars"}])
def test_a_file_that_a_sample_names_and_that_is_not_there_is_never_green(more, tmp_path):
    _tried(tmp_path, ADAPTER, "options-are-strict")
    (one,) = (one for one in PROMISES if one.name == "sorted-files-get-their-states")
    sample = Sample("export.bars", **{"mapping": "mapping.yaml"} | more)
    tried = tried_one(one, Subject.of("bars.py", tmp_path), sample, tmp_path)
    assert (tried.outcome, "there is no file" in str(tried)) == ("broken", True)


COUNTED = (
    ADAPTER.replace(
        "        elif text:\n            problems",
        COUNTS := """        elif text.startswith("END|"):
            if text != f"END|{found}" and not has_results:
                raise SourceError(f"{source.path}, line {number}: counts {text[4:]} invoices, found {found}")
        elif text:
            found += 1
            problems""",
    )
    .replace("    names = None\n    for", "    names, found = None, 0\n    for")
    .replace("            names = cells\n", "            names = cells\n            has_results = len(names) > 7\n")
    .replace(
        "            elif text:\n                old",
        "            elif text and cells[0] != 'END':\n                old",
    )
)


def test_invoices_are_deleted_from_the_results_of_a_file_that_counts_its_own(tmp_path):
    """The kit finds out by itself which lines are an invoice: two of them may change places."""
    sample = f"{SAMPLE}\nEND|4\n"
    good = _tried(tmp_path, COUNTED, "sorted-files-get-their-states", sample)
    assert good.outcome == "kept", good
    strict = COUNTED.replace(" and not has_results", "")
    told = _tried(tmp_path, strict, "sorted-files-get-their-states", sample)
    assert told.outcome == "broken"
    assert "deleted an invoice from export.sandbox.results.bars, and tracked" in str(told)
    assert "counts 4 invoices, found 3" in str(told)
    assert "compare counts and totals only where the file has no results" in str(told)


def test_how_invoices_are_deleted_is_asked_for_where_it_cannot_be_found_out(tmp_path):
    code = COUNTED.replace('where=f"line {number}"', 'where=f"no. {number}"')
    told = _tried(tmp_path, code, "sorted-files-get-their-states", f"{SAMPLE}\nEND|4\n")
    assert told.outcome == "untried"

    def shortened(path: Path) -> None:
        path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(True) if line[:4] != b"1002"))

    def resorted(path: Path) -> None:
        first, one, two, *rest = path.read_bytes().splitlines(True)
        path.write_bytes(b"".join((first, two, one, *rest)))

    (one,) = (one for one in PROMISES if one.name == "sorted-files-get-their-states")
    sample = Sample("export.bars", "mapping.yaml", resorted=resorted, shortened=shortened)
    assert tried_one(one, Subject.of("bars.py", tmp_path), sample, tmp_path).outcome == "kept"


RESERVED = (
    ADAPTER[: ADAPTER.index("@hookimpl\ndef read")]
    + """
WIDTHS = (25, 60, 20, 40)

@hookimpl
def read(source):
    names = None
    for number, text, _ in lines(source):
        *cells, kept = text.split(SIGN)
        if names is None:
            names = cells
        else:
            values = dict(zip(names, cells))
            if kept.strip(BLANK):
                for name, width in zip(source.headers.names(), WIDTHS):
                    values[name], kept = kept[:width].strip(BLANK), kept[width:]
            yield Record(values, at=number, where=f"line {number}")


@hookimpl
def write_results(source, results, target):
    due = {result.at: result.cells() for result in results}
    with target.open("w", encoding="utf-8", newline="") as out:
        for number, text, end in lines(source):
            *cells, kept = text.split(SIGN)
            if number in due:
                kept = "".join(plain(cell)[:width].ljust(width, BLANK) for cell, width in zip(due[number], WIDTHS))
            out.write(SIGN.join([*cells, kept]) + end)
    return True


def plain(text):
    return " ".join(text.replace(SIGN, "/").split())
"""
)


@pytest.mark.parametrize("blank", [" ", "."])
def test_results_may_take_the_place_of_blanks_that_are_kept_for_them(blank, tmp_path):
    head, *rest = SAMPLE.split("\n")
    sample = "\n".join([f"{head}|FOR THEM", *(f"{line}|{blank * 145}" for line in rest)])
    code = RESERVED.replace("WIDTHS =", f"BLANK = {blank!r}\nWIDTHS =", 1)
    told = _tried(tmp_path, code, "only-results-are-written", sample)
    if blank == " ":
        assert told.outcome == "kept", told
    else:
        assert "line 2 is gone or changed" in str(told)
        assert "Sample(…, without_results=…), with pytest" in str(told)


def test_bytes_that_nobody_compared_are_not_called_kept(tmp_path):
    """A zero in it makes a file one that is no text to the kit."""
    sample = SAMPLE.replace("Åsa Öst", "Åsa\0Öst")
    told = _tried(tmp_path, ADAPTER, "only-results-are-written", sample)
    assert (told.outcome, "in part: " in told.reason, "without_results=function" in told.reason) == (
        "untried",
        True,
        True,
    )

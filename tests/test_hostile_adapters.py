"""Whatever a partner's adapter does: no invoice is lost, none goes twice, and the message says whose doing it was."""

from __future__ import annotations

import dataclasses
import decimal
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from world import MAPPING, World, csv_rows

from confirma_connector import calling, language, pipeline, plugins
from confirma_connector.alone import ALONE
from confirma_connector.errors import AdapterError, ConfirmaError, MappingError, SourceError
from confirma_connector.limits import Limits
from confirma_connector.mapping import load_mapping
from confirma_connector.pipeline import Choice, Run
from confirma_connector.recognition import mapping_for
from confirma_connector.records import Record
from confirma_connector.wellformed import wellformed

pytestmark = pytest.mark.thorough

NUMBERS = [1001, 1002, 1003]
HONEST = """
import csv, io, os, sys, time, decimal, itertools
from decimal import Decimal
from confirma_connector import NoWriteBack, Record, SourceError, hookimpl

def rows(source):
    table = csv.DictReader(io.StringIO(source.path.read_text("utf-8")), delimiter=";")
    for at, row in enumerate(table, 1):
        yield Record(row, at, f"line {at + 1}")
"""
ODD = """
import datetime

class Zone(datetime.tzinfo):
    def utcoffset(self, moment):
        raise KeyError("x")

class Untold(SourceError):
    def __str__(self):
        raise KeyError("x")

class Odd(dict):
    def keys(self):
        raise KeyError("x")

    __iter__ = keys

class Given:
    def __init__(self, records):
        self.records = records

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.records)
"""
READ = "\n@hookimpl\ndef read(source):\n    yield from rows(source)\n"
WRITE = """
def written(source, results, target, headers=None):
    table = csv.DictReader(io.StringIO(source.path.read_text("utf-8")), delimiter=";")
    names = [name for name in table.fieldnames if name not in source.headers.names()]
    cells = {result.at: result.cells() for result in results}
    with target.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, delimiter=";", lineterminator="\\n")
        out.writerow([*names, *(headers or source.headers.names())])
        for at, row in enumerate(table, 1):
            out.writerow([*(row[name] for name in names), *cells.get(at, [""] * 4)])
    return True
"""
WRITES = (
    WRITE + "\n@hookimpl\ndef write_results(source, results, target):\n    return written(source, results, target)\n"
)


@dataclasses.dataclass
class Stage:
    """A world whose source is read by a partner's adapter."""

    world: World
    source: Path
    folder: Path

    def adapter(self, code: str, name: str = "partner") -> plugins.Registry:
        (self.folder / f"{name}.py").write_text(code, "utf-8")
        sys.modules.pop(f"confirma_adapter_{name}", None)
        return plugins.discover([self.folder], [])

    def run(self, code: str, **more: Any) -> Run:
        return dataclasses.replace(self.world.run(**more), registry=self.adapter(code))

    def send(self, code: str, **choice: Any) -> Any:
        return pipeline.send(self.run(code), Choice((self.source,), **choice))

    def refusal(self, code: str) -> str:
        """What a send with an adapter of *code* says; it names the adapter and its file, and nothing went out."""
        before, posts = self.source.read_bytes(), self.world.posts()
        with pytest.raises(ConfirmaError) as refused:
            self.send(code)
        assert self.world.posts() == posts
        assert self.source.read_bytes() == before
        text = str(refused.value)
        assert "partner" in text
        assert "\n" not in text
        return text

    def assert_each_went_once(self) -> None:
        """A well-behaved adapter sends what is left."""
        self.send(HONEST + READ + WRITES)
        assert self.world.arrived() == NUMBERS
        results = csv_rows(self.source.with_name("in.results.acme"))
        assert [row["confirma_state"] for row in results] == ["waiting"] * 3


@pytest.fixture
def stage(world: World, tmp_path: Path) -> Iterator[Stage]:
    before = set(sys.modules)
    folder = tmp_path / "adapters"
    folder.mkdir()
    (tmp_path / "mapping.yaml").write_text(MAPPING.replace("adapter: csv_file", "adapter: partner"), "utf-8")
    token = ALONE.set(lambda _: None)  # as in the command
    yield Stage(world, world.source(*NUMBERS, name="in.acme"), folder)
    ALONE.reset(token)
    for name in set(sys.modules) - before:
        if name.startswith("confirma_adapter_"):
            del sys.modules[name]


def reading(body: str) -> str:
    return HONEST + ODD + "\n@hookimpl\ndef read(source):\n    for record in rows(source):\n" + body


# ---- reading ----

AT_THE_LAST = "        if record.at == 3:\n            {}\n        yield record\n"
CHANGED = "        yield Record({values}, {at}, {where}{more})\n"


def changed(values: str = "record.values", at: str = "record.at", where: str = "record.where", more: str = "") -> str:
    return CHANGED.format(values=values, at=at, where=where, more=more and f", {more}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (AT_THE_LAST.format("raise KeyError('x')"), r"failed in read: KeyError \(partner\.py, line \d+\)"),
        (AT_THE_LAST.format("sys.exit(0)"), "failed in read: SystemExit"),
        (AT_THE_LAST.format("raise GeneratorExit"), "failed in read: GeneratorExit"),
        (AT_THE_LAST.format("raise type('Own', (BaseException,), {})"), "failed in read: Own"),
        (AT_THE_LAST.format("raise NoWriteBack('x')"), "failed in read: NoWriteBack"),
        (AT_THE_LAST.format("raise SourceError('')"), "failed in read: SourceError"),
        (AT_THE_LAST.format("open('/nowhere/codes.txt')"), "failed in read: FileNotFoundError"),
        (AT_THE_LAST.format("raise OSError(5, 'Input/output error')"), "cannot be read: Input/output error .adapter"),
        (AT_THE_LAST.format("raise SourceError('line 4 is odd')"), r"in\.acme: line 4 is odd \(adapter \"partner\", "),
        (AT_THE_LAST.format("rec = lambda n: rec(n + 1) + 1; rec(1)"), "failed in read: RecursionError"),
        (AT_THE_LAST.format("os.chdir('/')"), "left another working directory behind in read"),
        (AT_THE_LAST.format("yield None"), "gave a NoneType in read, not a Record"),
        (AT_THE_LAST.format("yield dict(record.values)"), "gave a dict in read, not a Record"),
        (AT_THE_LAST.format("yield type('Row', (Record,), {})({}, 9, 'x')"), "gave a Row in read, not a Record"),
        ("        yield record\n        yield record\n", "gave the place 1 twice in read"),
        (changed(at="-record.at if record.at < 3 else -1"), "gave the place -1 twice in read"),
        (changed(at="(record.at, [])"), "gave a tuple for the at of a Record"),
        (changed(at="float(record.at)"), "gave a float for the at of a Record"),
        (changed(at="True"), "gave a bool for the at of a Record"),
        (changed(at="[record.at]"), "gave a list for the at of a Record"),
        (changed(where="''"), "gave a Record without a where"),
        (changed(where="None"), "gave a NoneType for the where of a Record"),
        (changed(values="[1]"), "gave a list for the values of a Record"),
        (changed(values="None"), "gave a NoneType for the values of a Record"),
        (changed(values="{**record.values, 'Hinta': 50.0}"), 'gave a float for "Hinta"'),
        (changed(values="{**record.values, 'Hinta': b'50'}"), 'gave a bytes for "Hinta"'),
        (changed(values="{**record.values, 'Hinta': True}"), 'gave a bool for "Hinta"'),
        (changed(values="{**record.values, None: 'x'}"), "gave a NoneType for the header of a Record"),
        (changed(values="{**record.values, 7: 'x'}"), "gave a int for the header of a Record"),
        (changed(more="document=7"), "gave a int for the document of a Record"),
        (changed(more="part='row'"), "gave 'row' for the part of a Record"),
        (changed(more="problems='bad'"), "gave a str for the problems of a Record"),
        (changed(more="problems=(7,)"), "gave a int for the problems of a Record"),
        (changed(more="skipped=True"), "gave a bool for the skipped of a Record"),
        (changed(more="letters={'A': 1}"), "gave a dict for the letters of a Record"),
        (changed(more="places=7"), "gave a int for the places of a Record"),
        (changed(at="10**5000"), "gave the place int twice in read"),
        (
            changed(values="{**record.values, 'Pvm': datetime.datetime(2026, 1, 2, 3, tzinfo=Zone())}"),
            "failed in read: Key",
        ),
        (changed(values="Odd(record.values)"), r"failed in read: KeyError \(partner\.py, line \d+\)"),
        (AT_THE_LAST.format("raise Untold('x')"), "failed in read: Untold"),
        (AT_THE_LAST.format("raise SourceError('two\\nlines' + 'y' * 10**6)"), r"in\.acme: two linesy+… \(adapter"),
        (
            AT_THE_LAST.format("raise OSError(5, 'two\\nlines' + 'y' * 10**6)"),
            r"cannot be read: two\\nlinesy+… \(adapter",
        ),
        ("        return 7\n        yield\n", None),
    ],
)
def test_an_adapter_that_misbehaves_in_reading_is_named_and_nothing_goes_out(stage, body, said):
    if said is None:
        assert stage.send(reading(body)).files[0].invoices == ()
    else:
        text = stage.refusal(reading(body))
        assert re.search(said, text), text
        assert str(stage.folder / "partner.py") in text
    stage.assert_each_went_once()


@pytest.mark.parametrize("gives", ["7", "None", "'text'", "{'a': 1}", "[None]"])
def test_what_is_no_reading_is_named(stage, gives):
    assert "in read, not" in stage.refusal(HONEST + f"\n@hookimpl\ndef read(source):\n    return {gives}\n")


def test_an_adapter_that_fails_only_between_check_and_send_sends_nothing(stage):
    code = (
        HONEST
        + "times = itertools.count()\n"
        + READ.replace(
            "    yield from rows(source)\n",
            "    yield from itertools.islice(rows(source), 2)\n    if next(times):\n        raise ValueError\n",
        )
    )
    run = stage.run(code)
    checked = pipeline.check(run, Choice((stage.source,)))
    assert len(checked.files[0].invoices) == 2
    with pytest.raises(AdapterError, match="failed in read: ValueError"):
        pipeline.send(run, Choice((stage.source,)))
    assert stage.world.posts() == 0


@pytest.mark.parametrize(
    "change",
    [
        "{**record.values, 'Nro': str(next(times) + 5000)}",
        "{**record.values, 'Hinta': f'{next(times)},00'}",
        "{**record.values, 'Asiakas': os.urandom(4).hex()}",
    ],
)
def test_an_adapter_that_reads_the_same_bytes_otherwise_sends_nothing(stage, change):
    text = stage.refusal(HONEST + "times = itertools.count()\n" + reading(changed(values=change)).removeprefix(HONEST))
    assert "gave something else when it read the same bytes again: line 2" in text
    stage.assert_each_went_once()


def test_an_adapter_that_leaves_out_a_record_at_the_second_reading_sends_nothing(stage):
    code = HONEST + "times = itertools.count()\n" + READ.replace("rows(source)", "list(rows(source))[next(times):]")
    assert "when it read the same bytes again: line 2" in stage.refusal(code)


def test_a_dict_that_is_used_again_for_the_next_record_does_no_harm(stage):
    body = (
        "        row.clear()\n        row.update(record.values)\n        yield Record(row, record.at, record.where)\n"
    )
    stage.send(HONEST + "row = {}\n" + reading(body).removeprefix(HONEST))
    assert stage.world.arrived() == NUMBERS


def test_reading_that_never_ends_meets_the_bounds(stage):
    body = "        for at in itertools.count(1):\n            yield Record(record.values, at, f'line {at}')\n"
    run = stage.run(reading(body))
    limits = dataclasses.replace(run.settings.limits, rows=500)
    run = dataclasses.replace(run, settings=run.settings.model_copy(update={"limits": limits}))
    with pytest.raises(SourceError, match=r"in\.acme, line 501: has more than 500 rows"):
        pipeline.send(run, Choice((stage.source,)))
    assert stage.world.posts() == 0


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ("'Ostaja \\ud83d Oy'", "Asiakas"),
        ("Decimal('NaN')", "Hinta"),
        ("Decimal('Infinity')", "Hinta"),
        ("Decimal('1E+999999')", "Hinta"),
        ("10 ** 5000", "Hinta"),
    ],
)
def test_a_value_that_no_invoice_can_hold_is_a_problem_with_its_place(stage, value, where):
    body = changed(values=f"{{**record.values, '{where}': {value} if record.at == 2 else record.values['{where}']}}")
    report = stage.send(reading(body))
    (problem,) = report.files[0].invoices[1].problems
    assert (problem.where, problem.header) == ("line 3", where)
    assert stage.world.arrived() == [1001, 1003]
    stage.assert_each_went_once()


def test_none_for_what_a_record_has_nothing_of_is_nothing(stage):
    report = stage.send(reading(changed(more="problems=None, skipped=None, letters=None, places=None")))
    assert [one.problems for one in report.files[0].invoices] == [(), (), ()]
    assert stage.world.arrived() == NUMBERS
    stage.assert_each_went_once()


def test_halves_of_characters_in_names_and_places_break_nothing(stage):
    body = changed(
        values="{**record.values, 'X\\ud83d': 'y'}",
        where="f'line\\ud83d {record.at}'",
        more="skipped='' if record.at < 3 else 'why\\udc00'",
    )
    report = stage.send(reading(body))
    assert stage.world.arrived() == [1001, 1002]
    assert report.files[0].invoices[0].where == "line\\ud83d 1"
    report.model_dump_json()


@pytest.mark.parametrize("close", ["    close = 7", "    def __getattr__(self, name):\n        raise KeyError(name)"])
def test_records_that_cannot_be_closed_are_named(stage, close):
    code = HONEST + ODD + close + "\n\n@hookimpl\ndef read(source):\n    return Given(rows(source))\n"
    assert "failed in read: " in stage.refusal(code)


def test_midnight_in_a_zone_that_fails_is_its_day(stage):
    date = "datetime.datetime.combine(datetime.date.today(), datetime.time(), Zone())"
    stage.send(reading(changed(values=f"{{**record.values, 'Pvm': {date}, 'Eräpvm': {date}}}")))
    assert stage.world.arrived() == NUMBERS


def test_places_and_problems_are_told_in_one_line_that_can_be_read(stage):
    more = "problems=('bad\\n' + 'y' * 10**6,) if record.at == 2 else ()"
    body = changed(where="'line\\n\\x1b' + 'z' * 10**6 + str(record.at)", more=more)
    report = stage.send(reading(body))
    assert stage.world.arrived() == [1001, 1003]
    (problem,) = report.files[0].invoices[1].problems
    assert problem.message.startswith("bad\\ny")
    assert problem.where.startswith(r"line\n\x1bz")
    assert len(report.model_dump_json()) < 20_000


# ---- the source, the process ----


@pytest.mark.parametrize("how", ["write_text('x')", "unlink()", "rename(source.path.with_name('other'))"])
@pytest.mark.parametrize("hook", ["read", "detect", "write_results"])
def test_a_source_that_an_adapter_changes_is_kept_as_it_was(stage, hook, how):
    before = stage.source.read_bytes()
    if hook == "read":
        code = HONEST + READ + f"    source.path.{how}\n"
    elif hook == "write_results":
        code = (
            HONEST + READ + WRITES.replace("    return written(", f"    source.path.{how}\n    return True or written(")
        )
    else:
        code = HONEST + READ + f"\n@hookimpl\ndef detect(path, head):\n    path.{how.replace('source.path', 'path')}\n"
    if hook == "detect":
        with pytest.raises(AdapterError, match=r'adapter "partner" .* was at work in detect when .* was changed'):
            stage.adapter(code).claims(stage.source)
    else:
        run = stage.run(code)
        with pytest.raises(AdapterError) if hook == "read" else _told() as told:
            report = pipeline.send(run, Choice((stage.source,)))
            told.append(" ".join(report.files[0].notices))
        text = str(told.value) if hook == "read" else told[0]
        assert f'adapter "partner" ({stage.folder / "partner.py"}) was at work in {hook} when ' in text
    assert stage.source.with_name("in.acme.saved").read_bytes() == before
    assert stage.world.posts() == (3 if hook == "write_results" else 0)
    stage.source.write_bytes(before)
    stage.assert_each_went_once()


class _told(list[str]):
    def __enter__(self) -> _told:
        return self

    def __exit__(self, *_: object) -> None:
        return


def test_what_an_adapter_prints_stays_out_of_the_output_and_is_told(stage, capfd):
    top = "print('at import')\nprint('to stderr', file=sys.stderr)\nsys.stdout.buffer.write(b'bytes\\n')\n"
    body = "        print('row', record.values['Asiakas'])\n        sys.stdout.write('x\\n')\n        yield record\n"
    report = stage.send(HONEST + top + reading(body).removeprefix(HONEST))
    assert capfd.readouterr() == ("", "")
    (notice,) = report.notices
    # 3 while it was loaded, and 2 for each of 3 rows, which are read twice
    assert notice.startswith(f'adapter "partner" ({stage.folder / "partner.py"}) printed 15 lines')
    assert "Ostaja" not in report.model_dump_json().replace("in.acme", "")
    assert stage.world.arrived() == NUMBERS


@pytest.mark.parametrize(
    ("top", "deed", "lines"),
    [
        ("", "print('Ostaja', end='')", 1),
        ("", "one = threading.Thread(target=print, args=('Ostaja',)); one.start(); one.join()", 6),
        ("import logging\nlogging.basicConfig(level=logging.DEBUG)\n", "logging.info('Ostaja')", None),
    ],
)
@pytest.mark.parametrize("how", ["--json", "--log-json"])
def test_what_is_printed_by_detours_stays_out_of_the_output_too(stage, top, deed, lines, how):
    code = HONEST + "import threading\n" + top + reading(f"        {deed}\n        yield record\n").removeprefix(HONEST)
    (stage.folder / "partner.py").write_text(code, "utf-8")
    done = stage.world.command("send", stage.source, how, "--adapters", stage.folder)
    told = json.loads(done.stdout)["notices"][0] if how == "--json" else done.stdout
    assert f"printed {lines} line" in told if lines else "printed " in told
    assert "Ostaja\n" not in done.stdout + done.stderr
    assert "DEBUG" not in done.stdout + done.stderr
    if how == "--log-json":
        assert all(line.startswith("{") for line in done.stderr.splitlines())
    assert stage.world.arrived() == NUMBERS


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without pipes that have names")
def test_a_source_that_becomes_something_else_than_a_file_is_kept_as_it_was(stage):
    before = stage.source.read_bytes()
    code = HONEST + READ + "    source.path.unlink()\n    os.mkfifo(source.path)\n"
    with pytest.raises(AdapterError, match="was at work in read when "):
        stage.send(code)
    assert stage.source.with_name("in.acme.saved").read_bytes() == before


def test_a_source_that_is_changed_while_the_results_are_read_back_is_kept_as_it_was(stage):
    before = stage.source.read_bytes()
    third = "    if next(times) == 2:\n        source.path.write_text('gone')\n    yield"
    report = stage.send(HONEST + "times = itertools.count()\n" + READ.replace("    yield", third) + WRITES)
    assert "was at work in write_results when " in report.files[0].notices[0]
    assert stage.source.with_name("in.acme.saved").read_bytes() == before


def test_an_adapter_that_empties_the_environment_ends_no_command(stage):
    (stage.folder / "partner.py").write_text(HONEST + "os.environ.clear()\n" + READ, "utf-8")
    done = stage.world.command("send", stage.source, "--adapters", stage.folder)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_in_another_program_the_streams_stay_its_own(stage, capsys):
    own = (sys.stdout, sys.stderr)
    token = ALONE.set(None)
    try:
        stage.send(
            reading("        print(record.where, sys.stdout is OWN)\n        yield record\n").replace(
                "def rows", f"import ctypes\nOWN = ctypes.cast({id(sys.stdout)}, ctypes.py_object).value\ndef rows"
            )
        )
    finally:
        ALONE.reset(token)
    assert (sys.stdout, sys.stderr) == own
    assert capsys.readouterr().out.splitlines()[:3] == ["line 2 True", "line 3 True", "line 4 True"]
    assert stage.world.arrived() == NUMBERS


@pytest.mark.parametrize(
    "deed",
    [
        "sys.stdout.close(); sys.stderr.close()",
        "sys.stdout = sys.stderr = io.StringIO()",
        "sys.stdout = None",
        "decimal.getcontext().prec = 2",
        "decimal.setcontext(decimal.Context(prec=2, traps=[decimal.Inexact]))",
        "import warnings; warnings.simplefilter('error')",
        "import locale; locale.setlocale(locale.LC_ALL, 'C')",
        "source.options = 7",
        "list(map(results.remove, list(results)))",
    ],
)
def test_what_an_adapter_does_to_the_process_changes_no_invoice_and_no_output(stage, deed, capsys):
    """Each in every hook; what the deed cannot do there, it does not."""
    tried = f"    try:\n        {deed}\n    except Exception:\n        pass\n"
    hooks = READ.replace("    yield", tried + "    yield") + WRITES.replace(
        "    return written(s", tried + "    return written(s"
    )
    import_time = "" if "source" in deed or "results" in deed else tried.replace("\n    ", "\n").removeprefix("    ")
    own, context = (sys.stdout, sys.stderr), decimal.getcontext().prec
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("warnings.filters", [])
        report = stage.send(HONEST + import_time + hooks)
    assert (sys.stdout, sys.stderr) == own
    assert decimal.getcontext().prec == context
    print("still there")
    assert capsys.readouterr().out == "still there\n"
    assert str(report.files[0].totals["EUR"]) == "376.50"
    assert stage.world.arrived() == NUMBERS
    stage.assert_each_went_once()


# ---- options, transforms ----

OPTIONS = """
from pydantic import BaseModel, field_validator

class Options(BaseModel):
    mark: str = "x"

    @field_validator("mark")
    @classmethod
    def _odd(cls, value):
        {}

    def check_column(self, name, part):
        {}

@hookimpl
def options():
    return Options
"""


@pytest.mark.parametrize(
    ("validating", "checking", "said"),
    [
        ("raise KeyError(value)", "pass", "failed in options: KeyError"),
        ("sys.exit(0)", "pass", "failed in options: SystemExit"),
        ("return value", "raise LookupError", "failed in options: LookupError"),
        ("raise ValueError('expected another')", "pass", r"mapping\.yaml, line \d+: source\.mark: expected another"),
        ("return value", "raise ValueError('is no column')", "is no column"),
    ],
)
def test_a_model_of_options_that_fails_is_named(stage, validating, checking, said):
    mapping = stage.world.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8") + "source: {mark: a}\n", "utf-8")
    code = HONEST + READ + OPTIONS.format(validating, checking)
    with pytest.raises((AdapterError, MappingError), match=said) as refused:
        load_mapping(mapping, stage.adapter(code))
    if "failed" in said:
        assert str(stage.folder / "partner.py") in str(refused.value)


@pytest.mark.parametrize("step", ["None", "7", "text.encode()", "sys.exit(0)", "1 / 0", "os.chdir('/')", "(yield)"])
def test_a_transform_that_misbehaves_is_named_and_nothing_goes_out(stage, step):
    mapping = stage.world.folder / "mapping.yaml"
    text = mapping.read_text("utf-8").replace("  number: number\n", "  number: {column: number, transform: [own]}\n")
    mapping.write_text(text, "utf-8")
    code = (
        HONEST
        + READ
        + f"\ndef own(text):\n    return {step}\n\n@hookimpl\ndef transforms():\n    return {{'own': own}}\n"
    )
    assert "its transform own" in stage.refusal(code)


def test_transforms_that_cannot_be_listed_are_named(stage):
    text = stage.refusal(HONEST + READ + ODD + "\n@hookimpl\ndef transforms():\n    return Odd(own=str)\n")
    assert re.search(r"failed in transforms: KeyError \(partner\.py, line \d+\)", text)


@pytest.mark.parametrize("given", ["{7: str}", "[('own', str)]", "{'own': 'upper'}", "7"])
def test_transforms_that_are_none_are_named(stage, given):
    assert "transforms that are no mapping" in stage.refusal(
        HONEST + READ + f"\n@hookimpl\ndef transforms():\n    return {given}\n"
    )


# ---- writing back ----


def writing(body: str) -> str:
    return HONEST + READ + WRITE + f"\n@hookimpl\ndef write_results(source, results, target):\n{body}"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            "    target.write_text('half')\n    raise KeyError\n",
            r"failed in write_results: KeyError \(partner\.py, line \d+\)",
        ),
        ("    sys.exit(0)\n", "failed in write_results: SystemExit"),
        ("    written(source, results, target)\n    target.unlink()\n", "wrote nothing in write_results"),
        ("    return True\n", "wrote nothing in write_results"),
        ("    written(source, results, target)\n    return False\n", "gave False in write_results"),
        (
            "    written(source, results, target)\n    return ['x']\n",
            "gave list in write_results",
        ),
        (
            "    target.write_bytes(b'')\n    return True\n",
            "wrote a file with 0 records in write_results, and the source has 3",
        ),
        ("    target.write_bytes(os.urandom(500))\n    return True\n", "partner"),
        ("    target.write_bytes(source.path.read_bytes())\n    return True\n", "wrote a file without results"),
        (
            "    written(source, results[:1], target)\n    return True\n",
            'wrote no "waiting" in write_results for line 3',
        ),
        (
            "    written(source, results, target)\n"
            "    target.write_text(target.read_text('utf-8').replace('50,00', '5,00', 1), 'utf-8')\n",
            "says something else than the source at line 2",
        ),
        (
            "    written(source, results, target)\n"
            "    lines = target.read_text('utf-8').splitlines(keepends=True)\n"
            "    target.write_text(''.join([lines[0], *reversed(lines[1:])]), 'utf-8')\n",
            "says something else than the source at line 2",
        ),
        ("    os.chdir('/')\n", "left another working directory behind in write_results"),
    ],
)
def test_results_that_an_adapter_spoils_are_not_put_in_place_and_the_next_run_writes_them(stage, body, said):
    report = stage.send(writing(body))
    assert report.exit_code == 1
    (notice,) = report.files[0].notices
    assert re.search(said, notice), notice
    assert f'adapter "partner" ({stage.folder / "partner.py"})' in notice
    assert stage.world.arrived() == NUMBERS
    assert set(stage.world.states().values()) == {"waiting"}
    assert sorted(path.name for path in stage.world.folder.iterdir() if "in." in path.name) == ["in.acme"]
    stage.assert_each_went_once()


def test_what_an_adapter_says_of_its_results_is_told_in_one_line(stage):
    report = stage.send(writing("    written(source, results, target)\n    return 'a\\n\\ud83d' + 'y' * 10**6\n"))
    (notice,) = report.files[0].notices
    assert notice.startswith("a \\ud83dyyy")
    assert len(notice) < 600
    report.model_dump_json()


def test_results_that_are_already_there_survive_an_adapter_that_spoils_them(stage):
    stage.assert_each_went_once()
    results = stage.source.with_name("in.results.acme")
    before = results.read_bytes()
    registry = stage.adapter(writing("    target.write_bytes(b'Nro;x\\n')\n    return True\n"))
    report = pipeline.track(dataclasses.replace(stage.world.run(), registry=registry), Choice())
    assert "wrote a file with 0 records" in report.files[0].notices[0]
    assert results.read_bytes() == before


# ---- detecting ----


def detecting(body: str) -> str:
    return HONEST + READ + f"\n@hookimpl\ndef detect(path, head):\n    {body}\n"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError", "failed in detect: KeyError"),
        ("sys.exit(0)", "failed in detect: SystemExit"),
        ("return 7", "answered int in detect"),
        ("return None", "answered None in detect"),
        ("return 'Specific'", "answered 'Specific' in detect"),
        (
            "return type('Odd', (), {'__eq__': lambda *_: True, '__repr__': lambda _: 1 / 0})()",
            "answered Odd in detect",
        ),
        ("return b'no'", "answered bytes in detect"),
        ("return type('Odd', (str,), {'__eq__': lambda *_: 1 / 0})('odd')", "answered 'odd' in detect"),
        ("os.chdir('/')", "left another working directory behind in detect"),
    ],
)
def test_an_adapter_that_misbehaves_in_detect_is_named(stage, body, said):
    registry = stage.adapter(detecting(body))
    with pytest.raises(AdapterError, match=said) as refused:
        registry.claims(stage.source)
    assert str(stage.folder / "partner.py") in str(refused.value)


@pytest.mark.parametrize("hang", ["while True: pass", "time.sleep(60)"])
def test_an_adapter_that_hangs_in_detect_is_named_and_not_waited_for_again(stage, hang, monkeypatch):
    monkeypatch.setattr(calling, "PATIENCE", 1.0)
    registry = stage.adapter(
        detecting(hang.replace("while True: pass", "while not os.path.exists(path.with_name('stop')): pass"))
    )
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(AdapterError, match=r"did not answer in detect within 1 seconds"):
            registry.claims(stage.source)
    assert time.monotonic() - began < 1.0
    stage.source.with_name("stop").touch()


def test_an_adapter_that_computes_for_ever_in_detect_stops_computing(stage, monkeypatch):
    monkeypatch.setattr(calling, "PATIENCE", 0.2)
    registry, before = stage.adapter(detecting("while True: pass")), set(threading.enumerate())
    with pytest.raises(AdapterError, match=r"did not answer in detect within 0\.2 seconds"):
        registry.claims(stage.source)
    assert set(threading.enumerate()) == before


def test_an_adapter_that_claims_everything_is_named_where_its_mapping_is_missing(stage):
    registry = stage.adapter(detecting("return 'specific'"))
    with pytest.raises(MappingError, match=r'is claimed by the adapter "partner" .*partner\.py.*--mapping'):
        mapping_for(stage.source, None, registry, {}, stage.world.settings.limits)


# ---- loading ----


def test_an_adapter_that_takes_the_name_of_ours_takes_nobody_elses_place(stage):
    registry = stage.adapter(HONEST + READ, "csv_file")
    with pytest.raises(AdapterError, match=r"the name is taken twice: by shipped and by .*csv_file\.py"):
        registry.get("csv_file")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe\x00", "SyntaxError|ValueError"),
        (b"x = '" + b"x" * 10_000_001 + b"'", "is no file of Python code"),
        (b"import os\nos.chdir('/')\n", "left another working directory behind when it was loaded"),
        (b"raise type('Odd', (BaseException,), {'__str__': lambda _: 1 / 0})\n", "Odd"),
        (b"raise Exception('x' * 100000)\n", "Exception: x{100}"),
        (b"import asyncio\nraise asyncio.CancelledError\n", "CancelledError"),
        (b"HOOKS_NEEDED = 99\n", "needs version 99 of the hooks"),
        (b"def __getattr__(name):\n    raise RuntimeError(name)\n", "RuntimeError|no read hook"),
    ],
)
def test_an_adapter_that_cannot_be_loaded_is_listed_and_hurts_nobody(stage, content, reason):
    directory = Path.cwd()
    (stage.folder / "bad.py").write_bytes(content)
    (stage.folder / "folder.py").mkdir()
    registry = stage.adapter(HONEST + READ)
    assert set(registry.broken) == {"bad", "folder"}
    assert re.search(reason, registry.broken["bad"].reason)
    assert len(registry.broken["bad"].reason) < 600
    assert Path.cwd() == directory
    assert {"partner", "csv_file"} <= set(registry.adapters)


def test_a_package_whose_metadata_is_damaged_is_named_and_hurts_nobody(tmp_path, monkeypatch):
    damaged = tmp_path / "evil-1.0.dist-info"
    damaged.mkdir()
    (damaged / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (damaged / "entry_points.txt").write_bytes(b"[confirma_connector]\nacme = \xff\xfe\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = plugins.discover([])
    assert registry.broken["evil"].reason == "the list of entry points of the installed package evil cannot be read"
    assert "csv_file" in registry.adapters


# ---- the command ----


def test_the_command_names_who_was_at_work_when_it_is_stopped_and_json_stays_json(stage):
    (stage.folder / "partner.py").write_text(HONEST + "print('{')\n" + READ + "    raise KeyboardInterrupt\n", "utf-8")
    done = stage.world.command("send", stage.source, "--json", "--adapters", stage.folder)
    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 130
    assert f'adapter "partner" ({stage.folder / "partner.py"}) was at work in read' in told["problem"]
    (stage.folder / "partner.py").write_text(HONEST + "print('{')\n" + READ + "    print('}')\n", "utf-8")
    done = stage.world.command("send", stage.source, "--json", "--adapters", stage.folder)
    assert json.loads(done.stdout)["exit_code"] == done.returncode == 0
    assert "{" not in done.stderr  # which may be a log; at a terminal it is shown
    assert stage.world.arrived() == NUMBERS


HURRIED = """
import sys
from confirma_connector import calling, cli, plugins
calling.PATIENCE = calling._LONG_PATIENCE = plugins._LOADING = cli._LEFT_BEHIND = 1.0
cli.main(sys.argv[1:], prog_name="confirma")
"""


def hurried(stage: Stage, code: str) -> subprocess.CompletedProcess[str]:
    (stage.folder / "partner.py").write_text(HONEST + code, "utf-8")
    return subprocess.run(
        [sys.executable, "-c", HURRIED, "send", str(stage.source), "--adapters", str(stage.folder)],
        env=stage.world.environ(),
        cwd=stage.world.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("hook", "code", "sent"),
    [
        ("loaded", "time.sleep(600)\n" + READ, 0),
        ("in read", READ + "    time.sleep(600)\n", 0),
        (
            "in write_results",
            READ + WRITES.replace("    return written(", "    time.sleep(600)\n    return written("),
            3,
        ),
    ],
)
def test_the_command_ends_when_an_adapter_hangs_and_the_next_run_goes_on(stage, hook, code, sent):
    done = hurried(stage, code)
    assert done.returncode == 2
    assert f'adapter "partner" ({stage.folder / "partner.py"})' in done.stderr
    assert hook in done.stderr
    assert stage.world.posts() == sent
    stage.assert_each_went_once()


def test_code_that_lets_no_other_thread_run_is_ended_with_its_place(stage):
    mapping = stage.world.folder / "mapping.yaml"
    step = "import re\n\ndef own(text):\n    return re.sub('(x+x+)+y', '', 'x' * 60) or text\n"
    mapping.write_text(mapping.read_text("utf-8") + "source: {mark: a}\n", "utf-8")
    done = hurried(stage, READ + step + OPTIONS.replace("    return Options", "    return own('x') or Options"))
    assert done.returncode == 1
    assert "Timeout (0:00:02)!" in done.stderr
    assert f'File "{stage.folder / "partner.py"}", line ' in done.stderr
    assert stage.world.posts() == 0


def test_threads_that_an_adapter_leaves_behind_do_not_keep_the_command_from_ending(stage):
    code = READ + "    import threading\n    threading.Thread(target=time.sleep, args=(600,), name='of acme').start()\n"
    done = hurried(stage, code)
    assert done.returncode == 0
    assert "threads that were left behind are cut off: of acme" in done.stderr
    assert stage.world.arrived() == NUMBERS


# ---- what a newcomer ran into ----


def test_a_source_whose_four_result_names_are_all_empty_is_never_written_into(stage):
    empty = '{**dict.fromkeys(source.headers.names(), ""), **record.values}'
    code = reading(changed(values=empty)) + WRITES
    before = stage.source.read_bytes()
    for _ in range(2):
        (told,) = stage.send(code).files
        assert Path(told.results) == stage.source.with_name("in.results.acme")
    assert stage.source.read_bytes() == before
    results = Path(told.results)
    (told,) = pipeline.send(stage.run(code), Choice((results,))).files  # this one has results in it
    assert Path(told.results) == results
    assert stage.world.arrived() == NUMBERS


def test_an_invoice_added_on_top_of_a_file_with_results_leaves_it_one(stage):
    stage.send(HONEST + READ + WRITES)
    results = stage.source.with_name("in.results.acme")
    names, first, *rest = results.read_text("utf-8").splitlines(keepends=True)
    added = ";".join([*first.replace("1001", "1009").split(";")[:-4], ";;;\n"])
    results.write_text("".join((names, added, first, *rest)), "utf-8")
    (told,) = pipeline.send(stage.run(HONEST + READ + WRITES), Choice((results,))).files
    assert Path(told.results) == results
    assert stage.world.arrived() == [*NUMBERS, 1009]


def test_track_without_the_folder_of_the_adapter_says_how_to_name_it_and_calls_nothing_spoilt(stage):
    stage.send(HONEST + READ + WRITES)
    registry = plugins.discover([], [])
    report = pipeline.track(dataclasses.replace(stage.world.run(), registry=registry), Choice())
    (said,) = report.notices
    assert said.startswith('in.results.acme: there is no adapter "partner"; there are: csv_file')
    assert "name the folder of yours with --adapters, or as adapters in the config file" in said
    assert "spoilt" not in said


@pytest.mark.parametrize(
    ("where", "said"), [("line 7", "rivi 7"), ("line 7, row 2", "line 7, row 2"), ("post 7", "post 7")]
)
def test_the_line_of_a_record_is_named_in_the_language_of_the_user(where, said):
    with language.using("fi"):
        found = wellformed(Record({}, 1, where, places={"due": where}), Limits())
    assert (found.where, found.places) == (said, {"due": said})

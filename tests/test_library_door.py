"""The door for programs: the same story as the command's, for files, records and frames, and nothing else touched."""

from __future__ import annotations

import asyncio
import datetime as dt
import decimal
import gc
import io
import json
import locale
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy
import pandas
import pytest
from test_production import closed, production
from world import DAY, HEADERS, MAPPING, TOKEN, World, csv_rows, invoice_rows

from confirma_connector import (
    Busy,
    ConfirmaError,
    Connector,
    ContractError,
    Event,
    Limits,
    MappingError,
    Record,
    Report,
    SettingsError,
    SourceError,
    Unavailable,
)
from confirma_connector.journal import Journal

__all__ = ["closed", "production"]
pytestmark = pytest.mark.usefixtures("read_once")


def door(world: World, **changes: Any) -> Connector:
    """Give the door to the account of *world*."""
    its = world.settings
    said: dict[str, Any] = {
        "environment": its.environment,
        "account": its.account,
        "token": TOKEN,
        "url": its.url,
        "journal": its.journal,
        "contract": its.contract,
        "mapping": its.mapping,
        "quiet_period": its.quiet_period,
        "timeout": its.timeout,
        "concurrency": its.concurrency,
    }
    return Connector(**said | changes)


def dicts(*numbers: int, lines: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [dict(zip(HEADERS, row, strict=True)) | changes for number in numbers for row in invoice_rows(number, lines)]


def frame(*numbers: int, **changes: Any) -> pandas.DataFrame:
    made = pandas.DataFrame(dicts(*numbers), dtype="string")
    for header, values in changes.items():
        made[header] = values
    return made


def states(report: Report) -> dict[str, str]:
    return {one.number: one.state for file in report.files for one in file.invoices}


def problems(report: Report) -> list[str]:
    """Give code, place and column of every error."""
    return [
        f"{problem.code} {problem.where} {problem.header}"
        for file in report.files
        for one in file.invoices
        for problem in one.problems
        if problem.severity == "error"
    ]


# -- files -------------------------------------------------------------------------------------------------------------


def test_a_file_is_checked_sent_and_tracked_as_by_the_command(world: World) -> None:
    source, confirma = world.source(1001, rows=invoice_rows(1002, Hinta="x")), door(world)
    assert states(confirma.check(source)) == {"1001": "ready", "1002": "invalid"}
    sent = confirma.send(str(source))
    assert states(sent) == {"1001": "waiting", "1002": "invalid"}
    assert sent.exit_code == 1
    assert sent.files[0].results == str(world.folder / "in.results.csv")
    assert [one.path for one in confirma.track().files] == [str(world.folder / "in.results.csv")]
    assert csv_rows(world.folder / "in.results.csv")[0]["confirma_state"] == "delivered"
    assert confirma.send(source) == world.send(source)


def test_the_choices_of_a_send_are_those_of_the_command(world: World) -> None:
    source, confirma = world.source(1001, 1002, 1003), door(world)
    confirma.send(source, only=[1002, 1003], limit=1, output=world.folder / "told.csv")
    assert world.arrived() == [1002]
    assert (world.folder / "told.csv").is_file()
    confirma.send(source, since=DAY + dt.timedelta(days=1))
    assert world.arrived() == [1002]
    confirma.send(source, in_place=True)
    assert world.arrived() == [1001, 1002, 1003]
    assert "confirma_state" in csv_rows(source)[0]


def test_a_check_can_write_a_copy_with_the_problems_beside_the_rows(world: World) -> None:
    report = door(world).check(world.source(rows=invoice_rows(1001, Hinta="x")), annotate=True)
    assert Path(report.files[0].annotated).is_file()


def test_one_output_is_for_one_file(world: World) -> None:
    one, two = world.source(1001), world.source(1002, name="b.csv")
    for wrong in ({"output": world.folder / "o.csv"}, {"output": world.folder / "o.csv", "in_place": True}):
        with pytest.raises(SettingsError, match="one file"):
            door(world).send(one, two, **wrong)
    assert world.posts() == 0


# -- records -----------------------------------------------------------------------------------------------------------


def test_records_of_any_iterable_go_the_same_way_and_their_outcome_is_in_the_report_alone(world: World) -> None:
    confirma, before = door(world), sorted(world.folder.iterdir())
    rows = dicts(1001, 1002, lines=2)
    rows[3]["Hinta"] = "x"
    report = confirma.send_records((row for row in rows), name="orders")
    assert states(report) == {"1001": "waiting", "1002": "invalid"}
    assert problems(report) == ["E-AMOUNT row 4 Hinta"]
    (file,) = report.files
    assert (file.path, file.results, file.rows) == ("orders", "", 4)
    assert [one.where for one in file.invoices] == ["row 1", "row 3"]
    assert world.arrived() == [1001]
    assert [path for path in world.folder.iterdir() if path not in before] == [world.settings.journal.parent]
    assert report.attention[0].path == "orders"


def test_records_may_know_their_documents_themselves(world: World) -> None:
    head, line = dicts(1001)[0], {"Selite": "Työ", "Määrä": "2", "Hinta": "50,00", "ALV": "25,5"}
    rows = [
        Record({name: text for name, text in head.items() if name not in line}, 1, "order 7", "7", "header"),
        Record(line, 2, "order 7, item 1", "7", "line"),
        Record(line | {"Hinta": 1.5}, 3, "order 7, item 2", "7", "line"),
    ]
    assert problems(door(world).check_records(rows)) == ["E-CELL order 7, item 2 Hinta"]
    assert states(door(world).send_records(rows[:2])) == {"1001": "waiting"}
    assert world.arrived() == [1001]


def test_typed_values_are_taken_as_they_are(world: World) -> None:
    row = dicts(1001)[0] | {
        "Nro": numpy.int64(1001),
        "Pvm": DAY,
        "Eräpvm": dt.datetime.combine(DAY + dt.timedelta(days=14), dt.time()),
        "Määrä": 2,
        "Hinta": Decimal("50.00"),
        "ALV": Decimal("25.5"),
        "Hyvittää": float("nan"),
        "Laji": pandas.NA,
    }
    report = door(world).check_records([row])
    assert states(report) == {"1001": "ready"}, problems(report)
    assert report.files[0].totals == {"EUR": Decimal("125.50")}


@pytest.mark.parametrize(
    "value",
    [50.0, numpy.float32(50), Decimal("Infinity"), b"50", [50], dt.timedelta(1), numpy.datetime64("2026-01-01"), 1j],
)
def test_what_is_no_text_number_or_date_is_a_problem_with_its_place(world: World, value: object) -> None:
    rows = dicts(1001, 1002)
    rows[1]["Hinta"] = value
    assert "E-CELL row 2 Hinta" in problems(door(world).check_records(rows))
    assert states(door(world).send_records(rows)) == {"1001": "waiting", "1002": "invalid"}


def test_what_the_mapping_does_not_read_may_be_anything(world: World) -> None:
    assert states(door(world).check_records(dicts(1001, margin=0.3, raw=object(), seen=None))) == {"1001": "ready"}


def test_dicts_may_leave_out_what_they_have_nothing_for(world: World) -> None:
    rows = [{name: text for name, text in row.items() if text} for row in dicts(1001)]
    rows += dicts(1002)
    assert states(door(world).check_records(rows)) == {"1001": "ready", "1002": "ready"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["1001", "a"]], "orders, row 1: is a list, not a Record or a dict"),
        ([{}, {7: "a"}], "orders, row 2: the header 7 is not text"),
        ([{"Nro": "1"}], r"orders: \d+ columns are not in the file"),
    ],
)
def test_what_are_no_records_is_refused_with_the_place(world: World, rows: list[Any], said: str) -> None:
    with pytest.raises(ConfirmaError, match=said):
        door(world).send_records(rows, name="orders")


def test_half_a_character_and_endless_numbers_are_problems_with_their_place(world: World) -> None:
    rows = dicts(1001, 1002, 1003, 1004)
    rows[0]["Asiakas"] = "\ud83d Oy"
    rows[1]["Hinta"] = Decimal("1e999999")
    rows[2]["Määrä"] = 10**5000
    report = door(world).send_records(rows)
    assert [one for one in problems(report) if one.startswith("E-CELL")] == [
        "E-CELL row 1 Asiakas",
        "E-CELL row 2 Hinta",
        "E-CELL row 3 Määrä",
    ]
    assert Report.model_validate_json(report.model_dump_json()).exit_code == 1
    assert world.arrived() == [1004]


def test_a_record_that_is_none_is_refused_by_its_name(world: World) -> None:
    with pytest.raises(SourceError, match="orders: what hands over the records gave a Record without a where"):
        door(world).check_records([Record(dicts(1001)[0], 1, "")], name="orders")


def test_no_records_are_no_invoices(world: World) -> None:
    assert door(world).send_records([]).files[0].invoices == ()


def test_records_without_end_meet_the_limits(world: World) -> None:
    def endless() -> Iterator[Mapping[str, str]]:
        while True:
            yield dicts(1001)[0]

    with pytest.raises(SourceError, match="records, row 101: has more than 100 rows"):
        door(world, limits=Limits(rows=100)).check_records(endless())


def test_what_an_iterable_raises_comes_out_before_anything_is_sent(world: World) -> None:
    def broken() -> Iterator[Mapping[str, str]]:
        yield dicts(1001)[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        door(world).send_records(broken())
    assert world.posts() == 0


def test_records_want_a_mapping_by_name(world: World) -> None:
    confirma = door(world, mapping=None)
    with pytest.raises(SettingsError, match=r"orders: name the mapping that reads it \(mapping=…\)"):
        confirma.check_records(dicts(1001), name="orders")
    own = world.folder / "mapping.yaml"
    assert states(confirma.check_records(dicts(1001), mapping=own)) == {"1001": "ready"}


def test_a_mapping_of_two_tables_is_not_for_records(world: World) -> None:
    two = MAPPING.replace("group_by: [number]", "lines_from: {file: rows.csv, key: Nro}")
    (world.folder / "two.yaml").write_text(two, "utf-8")
    with pytest.raises(MappingError, match=r"records: the mapping takes the rows .* second table"):
        door(world).check_records(dicts(1001), mapping=world.folder / "two.yaml")


# -- frames ------------------------------------------------------------------------------------------------------------


def test_a_frame_of_text_is_checked_sent_and_tracked(world: World) -> None:
    confirma, sheet = door(world), frame(1001, 1002)
    assert states(confirma.check_frame(sheet)) == {"1001": "ready", "1002": "ready"}
    sent = confirma.send_frame(sheet).to_frame()
    assert list(sent["state"]) == ["waiting", "waiting"]
    assert list(sent["file"].unique()) == ["frame"]
    assert list(confirma.track_frame(sheet).to_frame()["where"]) == ["row 1", "row 2"]
    joined = sheet.merge(sent[["number", "state"]], left_on="Nro", right_on="number")
    assert list(joined["state"]) == ["waiting", "waiting"]


@pytest.mark.parametrize("dtype", [str, object, "string", "category", "string[pyarrow]"])
def test_text_passes_in_every_dtype_that_holds_it(world: World, dtype: Any) -> None:
    assert states(door(world).check_frame(frame(1001).astype(dtype))) == {"1001": "ready"}


def test_exact_types_pass(world: World) -> None:
    sheet = frame(
        1001,
        Nro=pandas.array([1001], dtype="Int64"),
        Pvm=pandas.to_datetime([DAY]),
        Eräpvm=[DAY + dt.timedelta(days=14)],
        Määrä=[2],
        Hinta=[Decimal("50.00")],
        Laji=[None],
        Hyvittää=[float("nan")],
        ALV=[Decimal("25.5")],
    )
    assert states(door(world).check_frame(sheet)) == {"1001": "ready"}


@pytest.mark.parametrize(
    ("header", "values", "said"),
    [
        ("Nro", [1001.0, 1002.0], "dtype=str, keep_default_na=False"),
        ("Hinta", [50.0, 19.9], "dtype=str, keep_default_na=False"),
        ("Hinta", pandas.array([50.0, None], dtype="Float64"), "Decimals"),
        ("Määrä", numpy.float32([1, 2]), "float"),
        ("Postinumero", [100, 33100], 'read the column as text (dtype=str), or if none are, say so: astype("string")'),
        ("Postinumero", [100.0, None], "float"),
        ("Pvm", pandas.to_datetime(["2026-01-31 23:30", "2026-01-31 23:30"], utc=True), "time zone"),
        ("Selite", [["a"], ["b"]], "not text, a number or a date"),
    ],
)
def test_what_pandas_guessed_is_a_problem_that_says_how_to_read_it(
    world: World, header: str, values: Any, said: str
) -> None:
    report = door(world).check_frame(frame(1001, 1002, **{header: values}))
    (first, *_) = report.files[0].problems
    assert (first.code, first.header, first.places[0].first) == ("E-CELL", header, "row 1")
    assert said in first.message
    assert states(report)["1001" if header != "Nro" else "1001.0"] == "invalid"
    assert report.exit_code == 1


def test_a_number_that_a_table_translates_is_no_lost_zero(world: World) -> None:
    (world.folder / "coded.yaml").write_text(MAPPING.replace("{Hyvitys: CREDIT_NOTE}", '{"380": INVOICE}'), "utf-8")
    report = door(world).check_frame(frame(1001, Laji=[380]), mapping=world.folder / "coded.yaml")
    assert states(report) == {"1001": "ready"}


def test_rows_are_counted_from_one_whatever_the_index_says(world: World) -> None:
    sheet = frame(1001, 1002, 1003)
    sheet.index = [7, 7, "x"]
    report = door(world).check_frame(sheet[sheet["Nro"] != "1002"])
    assert [one.where for one in report.files[0].invoices] == ["row 1", "row 2"]


def test_columns_of_one_name_are_told_apart(world: World) -> None:
    sheet = frame(1001)
    sheet.insert(0, "Hinta", "51,00", allow_duplicates=True)
    with pytest.raises(MappingError, match=r'"Hinta" \(price\) stands more than once: #1 Hinta, #18 Hinta'):
        door(world).check_frame(sheet)


def test_what_is_no_plain_frame_is_refused(world: World) -> None:
    several = pandas.concat({"a": frame(1001)}, axis=1)
    for wrong, said in ((several, "several levels"), (dicts(1001), "is a list, not a DataFrame")):
        with pytest.raises(SourceError, match=said):
            door(world).check_frame(wrong)  # type: ignore[arg-type]


def test_a_frame_with_results_of_the_sandbox_goes_nowhere_else(world: World) -> None:
    marks = {
        "confirma_state": ["TEST sent"],
        "confirma_message": [""],
        "confirma_updated": [""],
        "confirma_case_id": [""],
    }
    for story in (door(world).send_frame, door(world).track_frame):
        with pytest.raises(SettingsError, match="frame: this file carries SANDBOX results"):
            story(frame(1001, **marks))


# -- never twice -------------------------------------------------------------------------------------------------------


def test_an_invoice_goes_once_whether_it_comes_in_a_file_a_frame_or_records(world: World) -> None:
    confirma = door(world)
    confirma.send_frame(frame(1001))
    confirma.send_records(dicts(1001, 1002))
    confirma.send(world.source(1001, 1002, 1003))
    assert world.send(world.source(1001, 1002, 1003, name="again.csv")).exit_code == 0
    assert states(confirma.send_frame(frame(1001, 1002, 1003))) == dict.fromkeys(("1001", "1002", "1003"), "waiting")
    assert world.arrived() == [1001, 1002, 1003]


def test_another_invoice_of_a_number_that_was_sent_is_a_conflict(world: World) -> None:
    confirma = door(world)
    confirma.send_frame(frame(1001))
    report = confirma.send_frame(frame(1001, Hinta="51,00"))
    assert states(report) == {"1001": "conflict"}
    assert world.arrived() == [1001]


def test_a_number_that_stands_twice_in_a_frame_is_sent_not_at_all(world: World) -> None:
    report = door(world).send_frame(frame(1001, 1002, 1001))
    assert problems(report) == ["E-NUMBER-TWICE row 1 Nro", "E-NUMBER-TWICE row 3 Nro"]
    assert world.arrived() == [1002]


@pytest.mark.parametrize("is_taken", [True, False])
def test_an_answer_that_was_lost_is_asked_for_and_nothing_goes_twice(world: World, is_taken: bool) -> None:
    world.fault("create", "drop", after_commit=is_taken, times=1)
    confirma = door(world)
    assert "uncertain" in states(confirma.send_frame(frame(1001, 1002))).values()
    for _ in range(3):
        confirma.send_frame(frame(1001, 1002))
    assert world.arrived() == [1001, 1002]
    assert set(states(confirma.track_frame(frame(1001, 1002))).values()) == {"delivered"}


def test_a_listener_that_raises_ends_the_run_and_loses_nothing(world: World) -> None:
    def listener(event: Event) -> None:
        if event.what == "sending":
            raise ZeroDivisionError

    confirma = door(world)
    with pytest.raises(ZeroDivisionError):
        confirma.send_frame(frame(*range(1001, 1021)), progress=listener)
    arrived = world.arrived()
    assert 0 < len(arrived) < 20
    assert set(states(confirma.send_frame(frame(*range(1001, 1021)))).values()) == {"waiting"}
    assert world.arrived() == list(range(1001, 1021))


KILLED = """
import json, os, signal, sys
from confirma_connector import Connector

said, rows, last = json.loads(sys.stdin.read())
met = []

def die(event):
    met.append(event.number)
    if event.what == "sending" and len([one for one in met if one]) == last:
        os._exit(9)

Connector(**said).send_records(rows, progress=die)
"""


@pytest.mark.parametrize("last", [1, 7])
def test_a_process_that_dies_while_it_sends_loses_and_doubles_nothing(world: World, last: int) -> None:
    its = world.settings
    said = {"environment": "staging", "account": "acme", "token": TOKEN, "url": its.url, "journal": str(its.journal)}
    said |= {"mapping": its.mapping, "quiet_period": 0}
    rows = dicts(*range(1001, 1051))
    told = json.dumps([said, rows, last])
    assert subprocess.run([sys.executable, "-c", KILLED], input=told, encoding="utf-8", check=False).returncode == 9
    assert 0 < len(world.arrived()) <= last - 1 + 32
    for _ in range(2):
        report = door(world).send_frame(pandas.DataFrame(rows, dtype="string"))
    assert world.arrived() == list(range(1001, 1051))
    assert "ready" not in states(report).values()


def test_what_confirma_refuses_is_told_in_the_words_of_the_frame(world: World) -> None:
    refusal = '{"errors": [{"field": "invoice.parties.buyer.address.postalCode", "message": "is not valid"}]}'
    world.fault("create", "status", status=422, content=refusal, content_type="application/json", times=1)
    report = door(world).send_frame(frame(1001))
    assert states(report) == {"1001": "rejected"}
    assert "row 1" in report.files[0].invoices[0].message
    assert "Postinumero" in report.files[0].invoices[0].message
    again = door(world).send_frame(frame(1001, Postinumero="00200"))
    assert states(again) == {"1001": "waiting"}


# -- progress, stopping, production ------------------------------------------------------------------------------------


def test_progress_is_told_in_the_thread_of_the_call(world: World) -> None:
    heard: list[tuple[Event, threading.Thread]] = []
    door(world).send_frame(frame(1001, 1002), progress=lambda event: heard.append((event, threading.current_thread())))
    assert {thread for _, thread in heard} == {threading.current_thread()}
    assert heard[0][0] == Event("reading", "frame")
    sending = [event for event, _ in heard if event.what == "sending"]
    assert {(event.number, event.total) for event in sending} == {(1001, 2), (1002, 2)}


def test_a_wish_to_stop_ends_a_send_in_order(world: World) -> None:
    wish = threading.Event()
    confirma, sheet = door(world), frame(*range(1001, 1041))
    report = confirma.send_frame(sheet, progress=lambda event: wish.set() if event.number else None, stop=wish)
    assert report.exit_code == 130
    assert 0 < len(world.arrived()) < 40
    assert set(states(report).values()) == {"waiting", "ready"} or set(states(report).values()) == {"sent", "ready"}
    confirma.send_frame(sheet)
    assert world.arrived() == list(range(1001, 1041))


def test_a_wish_to_stop_from_before_sends_nothing(world: World) -> None:
    wish = threading.Event()
    wish.set()
    with pytest.raises(Unavailable, match="nothing is lost"):
        door(world).send_frame(frame(1001), stop=wish)
    assert world.posts() == 0


def test_nothing_goes_to_production_without_an_explicit_yes(production: World) -> None:
    confirma = door(production)
    with pytest.raises(SettingsError, match=r"nobody said yes to it .* account acme"):
        confirma.send_frame(frame(1001))
    assert production.posts() == 0
    assert states(confirma.send_frame(frame(1001), agreed=True)) == {"1001": "waiting"}


def test_production_is_closed_to_a_frame_as_to_a_file(closed: World) -> None:
    (closed.folder / "overlay.yaml").write_text("", "utf-8")
    with pytest.raises(ContractError, match="confirma contract confirm FILE"):
        door(closed).send_frame(frame(1001), agreed=True)
    assert any("production is closed" in notice for notice in door(closed).check_frame(frame(1001)).files[0].notices)


# -- settings ----------------------------------------------------------------------------------------------------------


def test_only_what_is_said_counts_neither_the_environment_nor_a_config_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config" / "confirma-connector").mkdir(parents=True)
    (tmp_path / "config" / "confirma-connector" / "config.toml").write_text("concurrency = 99", "utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CONFIRMA_ENVIRONMENT", "production")
    monkeypatch.setenv("CONFIRMA_ACCOUNT", "theirs")
    confirma = Connector(journal=tmp_path / "journal.sqlite3")
    assert (confirma.environment, confirma.account) == ("sandbox", "sandbox")
    assert repr(confirma) == "Connector(environment='sandbox', account='sandbox')"


def test_a_profile_and_variables_count_when_they_are_handed_over(world: World) -> None:
    config = world.folder / "config.toml"
    config.write_text(
        f"""
        mapping = "{world.settings.mapping}"
        journal = "{world.settings.journal}"
        [profiles.acme]
        environment = "staging"
        account = "acme"
        url = "{world.settings.url}"
        quiet_period = 0
        """,
        "utf-8",
    )
    confirma = Connector.from_profile("acme", config=config, environ={"CONFIRMA_TOKEN": TOKEN})
    assert (confirma.environment, confirma.account) == ("staging", "acme")
    assert states(confirma.send_records(dicts(1001))) == {"1001": "waiting"}
    assert not world.places_of_the_token(repr(confirma), str(vars(confirma)))
    with pytest.raises(SettingsError, match="theirs"):
        Connector.from_profile("theirs", config=config)


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"environment": "prod"}, "environment: expected sandbox, staging or production"),
        ({"concurrency": 0}, "concurrency: expected 1 or more"),
        ({"environment": "staging"}, "needs CONFIRMA_ACCOUNT"),
        ({"token": "a", "token_file": "b"}, "token and token_file are both given"),
        ({"adapters": ["nowhere"]}, "there is no adapters folder"),
        ({"contract": "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
def test_a_wrong_setting_is_told_at_once(tmp_path: Path, said: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfirmaError, match=problem):
        Connector(journal=tmp_path / "journal.sqlite3", **said)


def test_each_call_speaks_the_language_it_was_given(world: World) -> None:
    sheet = frame(1001, Hinta=[50.0])
    texts = {
        code: door(world, language=code).check_frame(sheet).files[0].problems[0].places[0] for code in ("fi", "sv")
    }
    assert texts["fi"].first == "rivi 1"
    assert texts["sv"].first == "rad 1"


# -- nothing else is touched -------------------------------------------------------------------------------------------


def surroundings() -> list[object]:
    """Give what a process shares: whoever changes it is felt by everybody in it."""
    handlers = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    streams = [sys.stdin, sys.stdout, sys.stderr]
    counted = [gc.get_threshold(), dict(os.environ), Path.cwd(), list(sys.path), list(warnings.filters)]
    return [*handlers, *streams, *counted, locale.setlocale(locale.LC_ALL), sys.excepthook, threading.excepthook]


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").is_dir() else 0


def test_nothing_is_printed_nobody_is_asked_and_the_process_stays_as_it_was(
    world: World, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Nobody(io.StringIO):
        def read(self, *_: object) -> str:
            raise AssertionError("somebody is asked")

        readline = read

    monkeypatch.setattr(sys, "stdin", Nobody())
    umask = os.umask(0o022)
    os.umask(umask)
    during: list[list[object]] = []
    before = surroundings()
    confirma = door(world)
    confirma.send_frame(frame(1001, Hinta=[50.0]), progress=lambda _: during.append(surroundings()))
    confirma.send(world.source(1002, 1003), progress=lambda _: during.append(surroundings()))
    confirma.send_frame(frame(1003, Hinta="1,00"))
    confirma.track(progress=lambda _: during.append(surroundings()))
    assert len(during) > 4
    assert all(one == before for one in (*during, surroundings()))
    assert os.umask(umask) == umask
    assert capfd.readouterr() == ("", "")


def test_how_the_calling_program_counts_changes_no_sum(world: World) -> None:
    with decimal.localcontext(decimal.Context(prec=3, traps=[])):
        report = door(world).send_frame(frame(1001, Hinta="98765,43"))
        assert decimal.getcontext().prec == 3
    assert report.files[0].totals == {"EUR": Decimal("247901.23")}
    assert report.summary.sent_before.gross == {"EUR": Decimal("247901.23")}


def test_it_may_be_called_where_an_event_loop_runs(world: World) -> None:
    async def main() -> Report:
        return door(world).send_frame(frame(1001))

    assert states(asyncio.run(main())) == {"1001": "waiting"}


def test_nothing_stays_open_between_calls(world: World) -> None:
    confirma, sheet = door(world), frame(1001, 1002)
    confirma.send_frame(sheet)
    gc.collect()
    threads, files = threading.active_count(), open_files()
    for _ in range(3):
        confirma.check_frame(sheet)
        confirma.send_frame(sheet)
        confirma.track_frame(sheet)
        with pytest.raises(SourceError):
            confirma.send(world.folder / "nowhere.csv")
    gc.collect()
    assert (threading.active_count(), open_files()) == (threads, files)


def test_several_accounts_may_send_at_once_from_threads_of_their_own(world: World) -> None:
    mine = door(world)
    theirs = door(world, account="other", token="another-key-of-theirs")
    other = {"Y-tunnus": "2331972-7", "Myyjä": "Toinen Oy"}
    told: dict[str, Report] = {}

    def work(name: str, story: Callable[[], Report]) -> None:
        told[name] = story()

    threads = [
        threading.Thread(target=work, args=("mine", lambda: mine.send_frame(frame(*range(1001, 1031))))),
        threading.Thread(target=work, args=("theirs", lambda: theirs.send_records(dicts(*range(1001, 1031), **other)))),
        threading.Thread(target=work, args=("look", lambda: mine.check_frame(frame(2001, Hinta=[1.5])))),
        threading.Thread(target=work, args=("built", lambda: door(world).check_records(dicts(3001)))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(states(told["mine"]).values()) == set(states(told["theirs"]).values()) == {"waiting"}
    assert (states(told["look"]), states(told["built"])) == ({"2001": "invalid"}, {"3001": "ready"})
    assert world.arrived() == sorted([*range(1001, 1031)] * 2)


def test_several_threads_may_make_one_journal_at_the_same_moment(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def make(path: Path, account: str, together: threading.Barrier) -> None:
        together.wait()
        try:
            Journal(path, "staging", account).__exit__(None, None, None)
        except ConfirmaError as error:
            failed.append(error)

    for turn in range(40):
        together = threading.Barrier(4)
        its = [(tmp_path / f"{turn}.sqlite3", account, together) for account in "abcd"]
        threads = [threading.Thread(target=make, args=one) for one in its]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failed


def test_a_second_send_of_one_account_meanwhile_is_refused(world: World) -> None:
    confirma, met = door(world), list[Exception]()

    def listener(event: Event) -> None:
        if event.what == "sending" and not met:
            with pytest.raises(Busy) as caught:
                door(world).send_frame(frame(1003))
            met.append(caught.value)

    confirma.send_frame(frame(1001, 1002), progress=listener)
    assert met
    assert world.arrived() == [1001, 1002]


def test_several_sandboxes_of_one_journal_may_run_at_once(tmp_path: Path) -> None:
    (tmp_path / "mapping.yaml").write_text(MAPPING, "utf-8")
    told: dict[str, Report] = {}

    def work(account: str) -> None:
        confirma = Connector(journal=tmp_path / "journal.sqlite3", account=account, mapping=tmp_path / "mapping.yaml")
        told[account] = confirma.send_frame(frame(1001, 1002))

    threads = [threading.Thread(target=work, args=(account,)) for account in ("one", "two", "three")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [told[account].journal for account in ("one", "two", "three")] == [{"waiting": 2}] * 3


def test_importing_the_door_costs_an_adapter_nothing() -> None:
    code = "import sys, confirma_connector as c; c.Record, c.hookimpl; sys.exit('httpx' in sys.modules or 'pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_door_itself_does_not_import_pandas() -> None:
    code = "import sys; from confirma_connector import Connector; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- the page ----------------------------------------------------------------------------------------------------------

PAGE = Path(__file__).parents[1] / "docs" / "library.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_what_its_code_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PAGE.parents[1] / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    blocks, printed = BLOCK.findall(PAGE.read_text("utf-8")), ""
    assert len(blocks) > 12
    names: dict[str, Any] = {}
    for kind, text in blocks:
        if kind == "text":
            assert printed == text
            continue
        exec(compile(text, str(PAGE), "exec"), names)
        printed = capsys.readouterr().out


def test_a_strict_type_checker_takes_a_program_that_uses_it(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        """
import threading
from collections.abc import Iterator
from decimal import Decimal

from confirma_connector import Busy, Connector, Event, FileReport, Limits, Record, Report


def rows() -> Iterator[dict[str, object]]:
    yield {"Invoice number": 1, "Total": Decimal("1.00")}


def show(event: Event) -> None:
    print(event.what, event.number, event.state)


confirma = Connector(journal="journal.sqlite3", environment="staging", limits=Limits(rows=5), language="fi")
try:
    report: Report = confirma.send_records(rows(), mapping="m.yaml", progress=show, stop=threading.Event())
except Busy as error:
    raise SystemExit(str(error)) from None
first: FileReport = report.files[0]
worth: dict[str, Decimal] = first.totals
states: list[str] = [one.state for one in first.invoices]
confirma.check_records([Record({"a": "b"}, 1, "line 1")])
confirma.send("a.csv", agreed="yes")  # type: ignore[arg-type]
Connector(environment="prod")  # type: ignore[arg-type]
""",
        "utf-8",
    )
    words = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "program.py"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.stdout == "Success: no issues found in 1 source file\n"

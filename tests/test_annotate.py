"""`confirma check --annotate`: a copy with the problems beside the rows, that can be corrected, checked and sent."""

from __future__ import annotations

import hashlib
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner
from openpyxl import Workbook
from world import HEADERS, World, csv_rows, csv_text, invoice_rows

from confirma_connector import pipeline
from confirma_connector.cli import main
from confirma_connector.errors import SettingsError
from confirma_connector.pipeline import Choice
from confirma_connector.report import Report

SAMPLES = Path(__file__).parents[1] / "samples"


def annotate(world: World, *paths: Path, output: Path | None = None) -> Report:
    return pipeline.check(world.run(), Choice(paths, annotate=True, output=output))


def copy_of(report: Report, index: int = 0) -> Path:
    return Path(report.files[index].annotated)


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wrong(world: World, name: str = "in.csv") -> Path:
    return world.source(1001, name=name, rows=[*invoice_rows(1002, 2, ALV="kaksi"), *invoice_rows(1003, Selite="")])


def corrected(path: Path) -> None:
    path.write_text(path.read_text("utf-8").replace(";kaksi", ";25,5"), "utf-8", newline="")


def test_the_copy_has_the_problems_beside_the_rows_and_the_source_stays(world: World) -> None:
    source = wrong(world)
    before = fingerprint(source)
    report = annotate(world, source)
    assert (report.exit_code, copy_of(report)) == (1, world.folder / "in.checked.csv")
    assert fingerprint(source) == before
    rows = csv_rows(copy_of(report))
    assert [row["confirma_state"] for row in rows] == ["ready", "invalid", "", "ready"]
    assert rows[1]["confirma_message"].startswith('ALV "kaksi": expected a number')
    assert rows[3]["confirma_message"].startswith("note: Selite: ")
    assert {row["confirma_updated"] + row["confirma_case_id"] for row in rows} == {""}


def test_a_workbook_keeps_everything_but_the_result_columns(world: World) -> None:
    mapping = world.folder / "mapping.yaml"
    text = mapping.read_text("utf-8").replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
    mapping.write_text(text, "utf-8")
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "Laskut"
    for row in (HEADERS, *invoice_rows(1001), *invoice_rows(1002, Hinta="kaksi")):
        sheet.append(row)
    sheet["A2"].font = openpyxl.styles.Font(bold=True)
    made.create_sheet("Muistio")["A1"] = "oma"
    source = world.folder / "in.xlsx"
    made.save(source)
    there = openpyxl.load_workbook(copy_of(annotate(world, source)))
    lines = [[cell.value for cell in row] for row in there["Laskut"].iter_rows()]
    states = [dict(zip(lines[0], line, strict=True))["confirma_state"] for line in lines[1:]]
    assert states == ["ready", "invalid"]
    assert (there["Muistio"]["A1"].value, there["Laskut"]["A2"].font.b) == ("oma", True)


def test_the_copy_corrected_is_checked_and_sent_and_is_then_its_own_results_file(world: World) -> None:
    copy = copy_of(annotate(world, wrong(world)))
    corrected(copy)
    assert pipeline.check(world.run(), Choice((copy,))).exit_code == 0
    report = world.send(copy)
    assert (report.exit_code, world.arrived()) == (0, [1001, 1002, 1003])
    assert report.files[0].results == str(copy)
    assert {row["confirma_state"] for row in csv_rows(copy)} <= {"waiting", ""}
    world.track()
    assert {row["confirma_state"] for row in csv_rows(copy)} <= {"delivered", ""}


def test_sending_the_source_as_well_sends_nothing_twice(world: World) -> None:
    source = wrong(world)
    copy = copy_of(annotate(world, source))
    corrected(copy)
    world.send(copy)
    corrected(source)
    world.send(source)
    assert world.arrived() == [1001, 1002, 1003]
    assert (world.folder / "in.results.csv").exists()


def test_nobody_waits_for_results_in_a_copy_that_was_not_sent(world: World) -> None:
    source = wrong(world)
    copy = copy_of(annotate(world, source))
    before = fingerprint(copy)
    world.send(source)
    report = world.track()
    assert [Path(file.results).name for file in report.files] == ["in.results.csv"]
    assert report.notices == ()
    assert fingerprint(copy) == before
    copy.unlink()
    assert world.track().notices == ()


def test_a_copy_as_we_left_it_is_made_anew_and_one_that_was_touched_stays(world: World) -> None:
    source = wrong(world)
    copy = copy_of(annotate(world, source))
    world.source(1001, 1002)
    assert copy_of(annotate(world, source)) == copy
    assert [row["confirma_state"] for row in csv_rows(copy)] == ["ready", "ready"]
    copy.write_text(copy.read_text("utf-8") + " ", "utf-8")
    touched = fingerprint(copy)
    assert copy_of(annotate(world, source)).name == "in.checked-2.csv"
    assert fingerprint(copy) == touched


@pytest.mark.parametrize("environment", ["staging", "sandbox"])
def test_a_file_of_somebody_else_is_never_written_over(world: World, environment: str) -> None:
    world = world.but(environment=environment)
    theirs = world.folder / "in.checked.csv"
    theirs.write_text("theirs", "utf-8")
    assert copy_of(annotate(world, wrong(world))).name == "in.checked-2.csv"
    with pytest.raises(SettingsError, match="this file exists already"):
        annotate(world, wrong(world), output=theirs)
    with pytest.raises(SettingsError, match="this file exists already"):
        annotate(world, wrong(world), output=world.folder / "in.csv")
    assert theirs.read_text("utf-8") == "theirs"


def test_a_copy_that_is_annotated_again_is_no_copy_of_itself(world: World) -> None:
    copy = copy_of(annotate(world, wrong(world)))
    corrected(copy)
    before = fingerprint(copy)
    again = copy_of(annotate(world, copy))
    assert (again.name, fingerprint(copy)) == ("in.checked-2.csv", before)
    assert [row["confirma_state"] for row in csv_rows(again)] == ["ready", "ready", "", "ready"]
    assert csv_rows(again)[1]["confirma_message"] == ""


def test_the_copy_can_be_named(world: World) -> None:
    named = world.folder / "korjattavaa.csv"
    assert copy_of(annotate(world, wrong(world), output=named)) == named
    with pytest.raises(SettingsError, match="no such folder"):
        annotate(world, wrong(world), output=world.folder / "nowhere" / "x.csv")


@pytest.mark.parametrize(("checked", "sent"), [("sandbox", "staging"), ("staging", "sandbox")])
def test_a_check_belongs_to_no_environment(world: World, checked: str, sent: str) -> None:
    copy = copy_of(annotate(world.but(environment=checked), wrong(world)))
    assert "TEST" not in copy.read_text("utf-8")
    corrected(copy)
    assert world.but(environment=sent).send(copy).exit_code == 0
    assert world.arrived() == [1001, 1002, 1003]


def test_what_the_sandbox_was_sent_stays_a_test_in_a_copy(world: World) -> None:
    sandbox = world.but(environment="sandbox")
    source = world.source(1001, 1002)
    sandbox.send(source)
    copy = copy_of(annotate(sandbox, source))
    assert {row["confirma_state"] for row in csv_rows(copy)} == {"TEST waiting"}
    with pytest.raises(SettingsError, match="carries SANDBOX results"):
        world.send(copy)


def test_what_was_sent_before_has_its_state_in_the_copy(world: World) -> None:
    world.send(world.source(1001))
    copy = copy_of(annotate(world, world.source(1001, 1002)))
    assert [row["confirma_state"] for row in csv_rows(copy)] == ["waiting", "ready"]


def test_a_row_that_was_sent_and_is_wrong_now_names_its_problem(world: World) -> None:
    world.send(world.source(1001))
    report = annotate(world, world.source(rows=invoice_rows(1001, ALV="kaksi")))
    said = "this number is waiting already, and this row is not valid: nothing is sent again"
    (row,) = csv_rows(copy_of(report))
    assert row["confirma_message"].startswith(f'{said}; ALV "kaksi": expected a number')
    assert report.files[0].invoices[0].message == said


def test_a_source_that_cannot_carry_results_gets_a_list_beside_it(world: World) -> None:
    named = world.folder / "in.checked.xlsx"
    copy = copy_of(annotate(world, wrong(world), output=named))
    assert copy == named
    sheet = openpyxl.load_workbook(copy).active
    assert sheet is not None
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert lines[0][:3] == ["number", "where", "confirma_state"]
    assert [line[:3] for line in lines[1:]] == [
        ["1001", "line 2", "ready"],
        ["1002", "line 3", "invalid"],
        ["1003", "line 5", "ready"],
    ]


def test_a_format_without_room_for_results_gets_a_list_too(world: World) -> None:
    source = world.folder / "in.xml"
    source.write_bytes((SAMPLES / "finvoice" / "invoices.xml").read_bytes())
    copy = copy_of(annotate(world.but(mapping="finvoice"), source))
    assert copy.name == "in.checked.csv"
    assert {row["confirma_state"] for row in csv_rows(copy, "utf-8-sig")} == {"ready"}


def test_two_files_of_one_name_in_two_folders_have_a_copy_each(world: World) -> None:
    other = world.folder / "b"
    other.mkdir()
    (other / "in.csv").write_text(csv_text(invoice_rows(1005)), "utf-8")
    report = annotate(world, wrong(world), other / "in.csv")
    assert [copy_of(report, index) for index in (0, 1)] == [
        world.folder / "in.checked.csv",
        other / "in.checked.csv",
    ]


def test_the_rows_in_another_file_are_found_for_the_copy(world: World) -> None:
    mapping = world.folder / "mapping.yaml"
    text = mapping.read_text("utf-8").replace("group_by: [number]", 'lines_from: {file: "{stem}_rows.csv", key: Nro}')
    mapping.write_text(text.replace("number: [Nro]", "number: [Nro]"), "utf-8")
    source = world.source(1001, rows=invoice_rows(1002, IBAN="FI1"))
    (world.folder / "in_rows.csv").write_text(source.read_text("utf-8"), "utf-8")
    copy = copy_of(annotate(world, source))
    copy.write_text(copy.read_text("utf-8").replace(";FI1;", ";FI2112345600000785;"), "utf-8")
    elsewhere = world.but(journal=world.folder / "another.sqlite3")  # which knows of no copy
    for one in (world, elsewhere):
        assert pipeline.check(one.run(), Choice((copy,))).exit_code == 0


def test_the_command_names_the_copy(world: World) -> None:
    done = CliRunner().invoke(main, ["check", str(wrong(world)), "--annotate"], env=world.environ())
    assert f"  the problems beside the rows: {world.folder / 'in.checked.csv'}" in done.stdout.splitlines()
    alone = CliRunner().invoke(main, ["check", str(wrong(world)), "--output", "x.csv"], env=world.environ())
    assert (alone.exit_code, "--annotate" in alone.stderr) == (2, True)
    named = world.folder / "y.csv"
    CliRunner().invoke(main, ["check", str(wrong(world)), "--annotate", "--output", str(named)], env=world.environ())
    assert named.exists()


def test_without_it_nothing_is_written(world: World) -> None:
    source = wrong(world)
    before = sorted(world.folder.rglob("*"))
    pipeline.check(world.run(), Choice((source,)))
    assert sorted(world.folder.rglob("*")) == before

"""Who owns the results file, and that nobody's work is lost in it."""

from __future__ import annotations

import io
import os
import shutil
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from world import HEADERS, World, csv_rows, csv_text, invoice_rows

from confirma_connector import language, pipeline
from confirma_connector.cli.progress import listener
from confirma_connector.errors import SettingsError, SourceError
from confirma_connector.pipeline import Choice, Event

OURS = ("confirma_state", "confirma_message", "confirma_updated", "confirma_case_id")


def state_column(path: Path) -> list[str]:
    return [row["confirma_state"] for row in csv_rows(path)]


def names(world: World) -> list[str]:
    return sorted(path.name for path in world.folder.iterdir() if path.suffix in (".csv", ".bak"))


def edit(path: Path, before: str, after: str) -> bytes:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8", newline="")
    return path.read_bytes()


def test_the_results_lie_beside_the_source_and_the_source_is_untouched(world: World) -> None:
    source = world.source(1001, 1002)
    before = source.read_bytes()
    report = world.send(source)
    results = world.folder / "in.results.csv"
    assert report.files[0].results == str(results)
    assert source.read_bytes() == before
    for was, now in zip(before.splitlines(), results.read_bytes().splitlines(), strict=True):
        assert now.startswith(was + b";")
        assert now.removeprefix(was).count(b";") == 4


def test_results_as_we_left_them_are_written_anew_from_a_changed_source(world: World) -> None:
    world.send(world.source(1001))
    report = world.send(world.source(1001, 1002))
    assert names(world) == ["in.csv", "in.results.csv"]
    assert report.files[0].notices == ()
    assert state_column(world.folder / "in.results.csv") == ["waiting", "waiting"]


def test_results_a_person_changed_are_updated_in_place_while_the_source_is_the_same(world: World) -> None:
    source = world.source(1001, 1002)
    world.send(source)
    results = world.folder / "in.results.csv"
    edit(results, "Työ", "Työ (tarkistettu)")
    report = world.send(source)
    assert names(world) == ["in.csv", "in.results.csv", "in.results.csv.bak"]
    assert "changed since" in report.files[0].notices[0]
    assert [row["Selite"] for row in csv_rows(results)] == ["Työ (tarkistettu)"] * 2


def test_what_a_person_changed_in_results_is_told_as_it_is_written(world: World) -> None:
    source = world.source(1001, 1002, 1003)
    world.send(source)
    results = world.folder / "in.results.csv"
    lines = results.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[1] = lines[1].replace("50,00", "70,00")
    lines[2] = lines[2].replace("Työ", "Työ (tarkistettu)")
    results.write_text("".join(lines), encoding="utf-8", newline="")
    report = world.send(source)
    assert state_column(results) == ["conflict", "waiting", "waiting"]
    assert {one.state for one in report.files[0].invoices} == {"waiting"}
    told = [one for one in report.files[0].notices if "where rows differ from those of in.csv" in one]
    assert ["1001: conflict: this number was sent before with total" in one for one in told] == [True, False]
    assert "1002: waiting: taken by Confirma, not delivered yet; the row now differs" in told[1]
    assert (report.exit_code, [(one.number, one.path) for one in report.attention]) == (1, [("1001", str(results))])


def test_track_tells_of_rows_that_were_changed_since_they_were_sent(world: World) -> None:
    source = world.source(1001, 1002, 1003)
    world.send(source)
    results = world.folder / "in.results.csv"
    assert not any("differ" in one for one in world.track().files[0].notices)
    edit(results, "Työ", "Työ (tarkistettu)")
    said = "3 invoices (1001–1003): the rows now differ from what was sent, and nothing is sent again"
    report = world.track()
    assert said in report.files[0].notices
    assert "the row now differs" in csv_rows(results)[0]["confirma_message"]
    assert said in world.command("track").stdout
    world.send(source)
    assert not any("differ" in one for one in world.send(source, output=world.folder / "other.csv").files[0].notices)


def test_what_stands_in_results_as_in_the_source_is_not_told_twice(world: World) -> None:
    source = world.source(1001, 1002, rows=invoice_rows(1004, Pvm="x"))
    world.send(source)
    results = world.folder / "in.results.csv"
    edit(results, "1002", "1003")
    report = world.send(source)
    assert state_column(results) == ["waiting", "ready", "invalid"]
    assert [one for one in report.files[0].notices if "differ" in one] == [
        "in.results.csv, where rows differ from those of in.csv: invoice 1003: ready"
    ]
    assert [one.number for one in report.attention] == ["1004"]


def test_results_a_person_changed_are_left_alone_when_the_source_changed_too(world: World) -> None:
    world.send(world.source(1001))
    results = world.folder / "in.results.csv"
    edited = edit(results, "Työ", "Oma muistiinpano")
    report = world.send(world.source(1001, 1002))
    assert results.read_bytes() == edited
    assert report.files[0].results.endswith("in.results-2.csv")
    assert "in.results.csv left alone" in report.files[0].notices[0]
    world.send(world.source(1001, 1002, 1003))
    assert names(world) == ["in.csv", "in.results-2.csv", "in.results.csv"]
    assert len(state_column(world.folder / "in.results-2.csv")) == 3


def test_a_file_of_that_name_that_is_not_ours_is_left_alone(world: World) -> None:
    theirs = world.folder / "in.results.csv"
    theirs.write_text("mine\n", encoding="utf-8")
    report = world.send(world.source(1001))
    assert theirs.read_text(encoding="utf-8") == "mine\n"
    assert report.files[0].results.endswith("in.results-2.csv")


def test_a_broken_link_of_that_name_is_left_alone(world: World) -> None:
    (world.folder / "in.results.csv").symlink_to(world.folder / "elsewhere.csv")
    report = world.send(world.source(1001))
    assert report.files[0].results.endswith("in.results-2.csv")
    assert not (world.folder / "elsewhere.csv").exists()


def test_a_file_with_our_columns_is_its_own_target(world: World) -> None:
    world.send(world.source(1001, 1002))
    results = world.folder / "in.results.csv"
    before = world.posts()
    report = world.send(results)
    assert report.files[0].results == str(results)
    assert names(world) == ["in.csv", "in.results.csv"]
    assert world.posts() == before


def test_the_first_backup_is_never_overwritten(world: World) -> None:
    source = world.source(1001)
    first = source.read_bytes()
    world.send(source, in_place=True)
    assert (world.folder / "in.csv.bak").read_bytes() == first
    edit(source, "Työ", "Muuta")
    world.send(source)
    world.track()
    assert (world.folder / "in.csv.bak").read_bytes() == first
    assert names(world) == ["in.csv", "in.csv.bak"]


def test_a_lone_column_of_that_name_is_the_users(world: World) -> None:
    source = world.folder / "in.csv"
    lines = csv_text(invoice_rows(1001)).splitlines()
    source.write_text(f"{lines[0]};confirma_state\n{lines[1]};my own\n", encoding="utf-8")
    world.send(source)
    assert (
        (world.folder / "in.results.csv").read_text(encoding="utf-8").splitlines()[1].startswith(f"{lines[1]};my own;")
    )


# -- --output ----------------------------------------------------------------------------------------------------------


def test_an_output_is_written_and_written_again(world: World) -> None:
    source, out = world.source(1001), world.folder / "tulos ä.csv"
    world.send(source, output=out)
    world.send(source, output=out)
    assert len(state_column(out)) == 1
    assert names(world) == ["in.csv", "tulos ä.csv"]


def test_an_output_that_is_somebody_elses_is_refused_before_anything_is_sent(world: World) -> None:
    theirs = world.folder / "out.csv"
    theirs.write_text("mine\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="name another"):
        world.send(world.source(1001), output=theirs)
    assert (world.arrived(), theirs.read_text(encoding="utf-8")) == ([], "mine\n")


def test_an_output_changed_by_hand_is_never_overwritten_from_another_source(world: World) -> None:
    out = world.folder / "out.csv"
    world.send(world.source(1001), output=out)
    edited = edit(out, "Työ", "Oma")
    with pytest.raises(SettingsError, match="name another"):
        world.send(world.source(1001, 1002), output=out)
    with pytest.raises(SettingsError, match="name another"):
        world.send(world.source(1003, name="other.csv"), output=out)
    assert out.read_bytes() == edited
    assert world.arrived() == [1001]


def test_an_output_in_no_folder_is_refused_before_anything_is_sent(world: World) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        world.send(world.source(1001), output=world.folder / "nowhere" / "out.csv")
    assert world.arrived() == []


def test_the_source_as_output_is_in_place(world: World) -> None:
    source = world.source(1001)
    world.send(source, output=source)
    assert names(world) == ["in.csv", "in.csv.bak"]


# -- a join, not an address book ---------------------------------------------------------------------------------------


def test_sorted_shortened_and_corrected_results_still_get_their_states(world: World) -> None:
    rows = [row for number in (1001, 1002, 1003, 1004) for row in invoice_rows(number, 2)]
    world.send(world.source(rows=rows))
    results = world.folder / "in.results.csv"
    header, *lines = results.read_text(encoding="utf-8").splitlines()
    kept = [line for line in reversed(lines) if not line.startswith("1002")]
    results.write_text("\n".join([header, *kept, ""]).replace("Ostaja", "Ostaja (uusi)"), encoding="utf-8")
    world.track()
    found = [(row["Nro"], row["confirma_state"]) for row in csv_rows(results)]
    assert found == [(n, s) for n in ("1004", "1003", "1001") for s in ("delivered", "")]


def test_rows_of_an_invoice_that_were_only_sorted_are_told_as_no_other_than_was_sent(world: World) -> None:
    cheap, dear = invoice_rows(1001)[0], invoice_rows(1001, Selite="Tarvikkeet", Hinta="70,00")[0]
    source = world.source(rows=[cheap, dear])
    world.send(source)
    world.source(rows=[dear, cheap])
    for report in (pipeline.check(world.run(), Choice((source,))), world.send(source)):
        (invoice,) = report.files[0].invoices
        assert invoice.message == "taken by Confirma, not delivered yet; its rows stand in another order than was sent"
    told = csv_rows(world.folder / "in.results.csv")[0]["confirma_message"]
    assert told == "taken by Confirma, not delivered yet; its rows stand in another order than was sent"
    dear[HEADERS.index("Selite")] = "Muut tarvikkeet"
    world.source(rows=[dear, cheap])
    (invoice,) = world.send(source).files[0].invoices
    assert invoice.message.endswith("the row now differs from what was sent, and nothing is sent again")


def test_a_stale_state_never_stays_on_a_row_that_carries_none(world: World) -> None:
    world.fault("create", "status", status=422, times=1)
    world.send(world.source(rows=invoice_rows(1001, 2)))
    results = world.folder / "in.results.csv"
    header, first, second = results.read_text(encoding="utf-8").splitlines()
    results.write_text("\n".join([header, second, first, ""]).replace("50,00", "60,00"), encoding="utf-8")
    world.send(results)
    assert [row["confirma_state"] in ("", "rejected") for row in csv_rows(results)] == [False, True]
    assert state_column(results)[1] == ""


def test_a_number_that_stands_twice_keeps_its_state_and_is_reported(world: World) -> None:
    world.send(world.source(1001, 1002))
    results = world.folder / "in.results.csv"
    text = results.read_text(encoding="utf-8")
    results.write_text(text + text.splitlines()[1] + "\n", encoding="utf-8")
    world.track()
    assert state_column(results) == ["delivered", "delivered", "delivered"]
    told = [row["confirma_message"].endswith("stands at more than one place in this file") for row in csv_rows(results)]
    assert told == [True, False, True]
    assert world.send(results).exit_code == 1
    assert state_column(results) == ["invalid", "delivered", "invalid"]


def test_text_from_outside_is_no_formula(world: World) -> None:
    said = '{"message": "=cmd|calc"}'
    world.fault("create", "status", status=400, content=said, content_type="application/json", times=1)
    world.send(world.source(1001))
    cell = csv_rows(world.folder / "in.results.csv")[0]["confirma_message"]
    assert cell.startswith("HTTP 400")
    world.fault("create", "status", status=400, content='"=1+1"', content_type="application/json", times=1)
    world.send(world.source(1002, name="b.csv"))
    assert not csv_rows(world.folder / "b.results.csv")[0]["confirma_message"].startswith("=")


# -- when it cannot be written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("use", ["send", "track"])
def test_a_read_only_results_file_is_exit_1_and_the_next_run_catches_up(world: World, use: str) -> None:
    source = world.source(1001)
    world.send(source)
    results = world.folder / "in.results.csv"
    before = results.read_bytes()
    results.chmod(0o444)
    world.source(1001, 1002)
    report = world.send(source) if use == "send" else world.track()
    assert report.exit_code == 1
    assert results.read_bytes() == before
    assert "next run catches up" in str(report)
    results.chmod(0o644)
    report = world.send(source)
    assert report.exit_code == 0
    assert len(state_column(results)) == 2
    assert world.arrived() == [1001, 1002]


def test_results_that_are_gone_are_told_of_and_made_anew_only_when_asked(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    results = world.folder / "in.results.csv"
    results.unlink()
    report = world.track()
    assert (report.exit_code, results.exists()) == (0, False)
    assert "is gone" in report.notices[0]
    report = world.track(source)
    assert (report.exit_code, state_column(results)) == (0, ["delivered"])
    assert report.notices == ()


def test_a_results_file_that_is_damaged_is_left_alone_and_stops_no_other(world: World) -> None:
    world.send(world.source(1001))
    world.send(world.source(1002, name="b.csv"))
    damaged = world.folder / "in.results.csv"
    damaged.write_bytes(b"\x00\x01\x02")
    report = world.track()
    assert report.exit_code == 1
    assert damaged.read_bytes() == b"\x00\x01\x02"
    assert state_column(world.folder / "b.results.csv") == ["delivered"]
    assert any("in.results.csv" in notice for notice in report.notices)


def test_a_mapping_that_is_gone_stops_no_other_results_file(world: World) -> None:
    other = world.folder / "other.yaml"
    shutil.copy(world.folder / "mapping.yaml", other)
    world.send(world.source(1001), mapping=str(other))
    world.send(world.source(1002, name="b.csv"))
    other.unlink()
    report = world.track()
    assert report.exit_code == 1
    assert state_column(world.folder / "b.results.csv") == ["delivered"]


def test_a_source_that_goes_away_under_way_loses_no_state(world: World) -> None:
    source = world.source(1001)

    def hear(event: object) -> None:
        if getattr(event, "what", "") == "sending":
            source.unlink(missing_ok=True)

    from confirma_connector import pipeline
    from confirma_connector.pipeline import Choice

    report = pipeline.send(world.run(hear=hear), Choice((source,)))
    assert report.exit_code == 1
    assert "next send of in.csv writes them" in str(report)
    assert world.states() == {1001: "waiting"}


def test_results_that_a_person_saves_while_the_run_goes_on_are_left_alone(world: World) -> None:
    from confirma_connector import pipeline
    from confirma_connector.pipeline import Choice

    world.send(world.source(1001))
    source, results = world.source(1001, 1002), world.folder / "in.results.csv"

    def hear(event: object) -> None:
        if getattr(event, "what", "") == "sending":
            results.write_text("what I just saved\n", encoding="utf-8")

    report = pipeline.send(world.run(hear=hear), Choice((source,)))
    assert results.read_text(encoding="utf-8") == "what I just saved\n"
    assert report.exit_code == 1
    assert world.arrived() == [1001, 1002]


def test_two_files_of_one_run_never_share_a_results_file(world: World) -> None:
    (world.folder / "headless.yaml").write_text(
        (world.folder / "mapping.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    one = world.source(1001, name="in.csv")
    two = world.source(1002, name="in.txt")
    report = world.send(one, two)
    targets = {file.results for file in report.files}
    assert len(targets) == 2
    assert world.arrived() == [1001, 1002]


def test_the_same_file_twice_sends_once(world: World) -> None:
    source = world.source(1001)
    assert world.send(source, source).exit_code == 0
    assert world.arrived() == [1001]


@pytest.mark.parametrize("spelling", ["./in.csv", "x/../in.csv"])
def test_a_path_may_be_spelled_in_many_ways(world: World, monkeypatch: pytest.MonkeyPatch, spelling: str) -> None:
    (world.folder / "x").mkdir()
    world.send(world.source(1001))
    monkeypatch.chdir(world.folder)
    world.track(Path(spelling))
    world.send(Path(spelling))
    assert names(world) == ["in.csv", "in.results.csv"]


def test_a_linked_folder_is_the_same_folder(world: World) -> None:
    world.send(world.source(1001))
    link = world.folder / "link"
    link.symlink_to(world.folder, target_is_directory=True)
    world.send(link / "in.csv")
    assert names(world) == ["in.csv", "in.results.csv"]


def test_a_results_file_that_is_a_link_stays_one(world: World) -> None:
    world.send(world.source(1001))
    results, real = world.folder / "in.results.csv", world.folder / "real.csv"
    results.rename(real)
    results.symlink_to(real)
    world.track()
    assert results.is_symlink()
    assert state_column(real) == ["delivered"]


def test_permissions_of_the_source_are_those_of_the_results(world: World) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no such permissions")
    source = world.source(1001)
    source.chmod(0o640)
    world.send(source)
    assert (world.folder / "in.results.csv").stat().st_mode & 0o777 == 0o640


def test_test_results_never_mix_with_real_ones(world: World) -> None:
    world.send(world.source(1001))
    results = world.folder / "in.results.csv"
    sandbox = world.but(environment="sandbox", account="sandbox")
    with pytest.raises(SettingsError, match="carries real results"):
        sandbox.send(results)
    report = sandbox.send(world.folder / "in.csv")
    assert report.files[0].results.endswith("in.sandbox.results.csv")
    assert state_column(world.folder / "in.sandbox.results.csv")[0].startswith("TEST ")
    with pytest.raises(SettingsError, match="SANDBOX results"):
        world.send(world.folder / "in.sandbox.results.csv")


def test_tracking_a_file_that_does_not_exist_is_refused(world: World) -> None:
    with pytest.raises(SourceError, match="no such file"):
        world.track(world.folder / "nothing.csv")


def test_tracking_may_write_into_an_output(world: World) -> None:
    source, out = world.source(1001), world.folder / "out.csv"
    world.send(source)
    world.track(source, output=out)
    assert state_column(out) == ["delivered"]
    assert state_column(world.folder / "in.results.csv") == ["delivered"]


# -- sources that cannot carry results --------------------------------------------------------------------------------


def headless(world: World) -> World:
    mapping = world.folder / "headless.yaml"
    text = (world.folder / "mapping.yaml").read_text(encoding="utf-8")
    head, _, rest = text.partition("columns:")
    for index, header in enumerate(csv_text([]).strip().split(";"), 1):
        rest = rest.replace(f"[{header}]", f'["#{index}"]')
    mapping.write_text(f"{head}source: {{header_row: none, delimiter: semicolon}}\ncolumns:{rest}", encoding="utf-8")
    return world.but(mapping=str(mapping))


def test_without_a_header_row_the_results_are_a_csv_of_their_own(world: World) -> None:
    world = headless(world)
    source = world.folder / "in.csv"
    source.write_text(csv_text(invoice_rows(1001)).split("\n", 1)[1], encoding="utf-8")
    report = world.send(source)
    assert report.exit_code == 0
    rows = csv_rows(world.folder / "in.results.csv", "utf-8-sig")
    assert (rows[0]["number"], rows[0]["confirma_state"]) == ("1001", "waiting")
    world.track()
    assert csv_rows(world.folder / "in.results.csv", "utf-8-sig")[0]["confirma_state"] == "delivered"


@pytest.mark.parametrize("in_place", [True, False])
def test_no_file_is_said_to_be_written_that_is_not(world: World, in_place: bool) -> None:
    world = headless(world)
    source, heard = world.folder / "in.txt", list[Event]()
    source.write_text(csv_text(invoice_rows(1001)).split("\n", 1)[1], encoding="utf-8")
    pipeline.send(world.run(hear=heard.append), Choice((source,), in_place=in_place))
    pipeline.track(world.run(hear=heard.append), Choice())
    written = [event for event in heard if event.what == "writing"]
    assert [event.path for event in written] == [str(source)] * 2
    with language.using("en"), redirect_stderr(io.StringIO()) as shown:
        listener(log_json=False)(written[0])
    assert shown.getvalue() == "writing the results of in.txt\n"


def test_a_results_csv_never_overwrites_somebodys_file(world: World) -> None:
    world = headless(world)
    source, theirs = world.folder / "in.txt", world.folder / "in.results.csv"
    source.write_text(csv_text(invoice_rows(1001)).split("\n", 1)[1], encoding="utf-8")
    theirs.write_text("mine\n", encoding="utf-8")
    for _ in range(2):
        world.send(source)
    assert theirs.read_text(encoding="utf-8") == "mine\n"
    assert names(world) == ["in.results-2.csv", "in.results.csv"]


def test_what_a_person_changed_stays_known_as_theirs_after_we_wrote_results_into_it(world: World) -> None:
    world.send(world.source(1001))
    results = world.folder / "in.results.csv"
    edit(results, "Työ", "Oma muistiinpano")
    world.track()
    report = world.send(world.source(1001, 1002))
    assert Path(report.files[0].results).name == "in.results-2.csv"
    assert csv_rows(results)[0]["Selite"] == "Oma muistiinpano"


def test_results_that_are_the_same_already_are_not_written_again(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    world.track()
    results = world.folder / "in.results.csv"
    before = results.stat()
    world.track()
    assert (results.stat().st_ino, results.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_accounts_results_are_left_alone(world: World) -> None:
    source = world.source(1001)
    world.send(source)
    world.track()
    other = world.but(account="other")
    other.track(world.folder / "in.results.csv")
    assert state_column(world.folder / "in.results.csv") == ["delivered"]
    world.track()
    assert state_column(world.folder / "in.results.csv") == ["delivered"]

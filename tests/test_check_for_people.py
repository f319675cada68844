"""`confirma check` for people: problems by their cause, and the sums to tick off against the ledger."""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from world import HEADERS, World, csv_rows, invoice_rows

from confirma_connector import pipeline
from confirma_connector.cli import main
from confirma_connector.cli.fitting import fitted, lined_up, shortened
from confirma_connector.pipeline import Choice
from confirma_connector.ranges import PlaceRange, ranges_of, spelled
from confirma_connector.report import FileReport, Report

MAPPING = "in the mapping, or the same in every invoice:"


def invoke(world: World, *words: object) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, [str(word) for word in words], env=world.environ())
    return result.exit_code, result.stdout.splitlines()


def check(world: World, *paths: Path) -> Report:
    return pipeline.check(world.run(), Choice(paths))


def block(lines: list[str], heading: str) -> list[str]:
    """The lines below a heading, as far as they belong to it."""
    start = lines.index(f"  {heading}") + 1
    end = next((index for index, line in enumerate(lines[start:], start) if not line.startswith("    ")), len(lines))
    return [line.strip() for line in lines[start:end]]


def excel(world: World, rows: list[list[str]]) -> Path:
    mapping = world.folder / "mapping.yaml"
    text = mapping.read_text("utf-8").replace("adapter: csv_file", "adapter: excel\nsource: {sheet: Laskut}")
    mapping.write_text(text, "utf-8")
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "Laskut"
    for row in (HEADERS, *rows):
        sheet.append(row)
    made.save(world.folder / "in.xlsx")
    return world.folder / "in.xlsx"


# -- grouped -----------------------------------------------------------------------------------------------------------


def test_one_cause_in_many_rows_is_one_line_with_all_its_cells(world: World) -> None:
    rows = [row for number in range(1001, 1041) for row in invoice_rows(number, 2, ALV="" if number > 1010 else "25,5")]
    code, lines = invoke(world, "check", excel(world, rows))
    assert code == 1
    assert block(lines, "in the file:") == [
        "Laskut!R22–R81  ALV  (empty)  60 rows, 30 invoices",
        "a row needs its VAT percentage or its VAT amount [E-ROW-VAT-MISSING]",
    ]
    assert "  not valid: 30 invoices" in lines


def test_cells_that_do_not_follow_one_another_are_named_one_by_one_up_to_a_handful(world: World) -> None:
    wrong = {1002, 1003, 1005, *range(1008, 1040, 2)}
    rows = [
        row for n in range(1001, 1040) for row in invoice_rows(n, IBAN="FI1" if n in wrong else "FI2112345600000785")
    ]
    lines = block(invoke(world, "check", excel(world, rows))[1], "in the file:")
    assert lines[0] == 'Laskut!H3–H4, H6, H9, H11, H13 and 13 more  IBAN  "FI1"  19 invoices'


def test_a_file_with_twenty_thousand_equal_problems_prints_a_handful_of_lines(world: World) -> None:
    rows = [row for number in range(1001, 11001) for row in invoice_rows(number, 2, ALV="kaksi")]
    rows += invoice_rows(11001)
    lines = invoke(world, "check", world.source(rows=rows))[1]
    assert len(lines) < 15
    told = block(lines, "in the file:")
    assert told[0] == 'line 2–20001  ALV  "kaksi"  20000 rows, 10000 invoices'
    assert len(told) == 2


def test_problems_of_one_kind_in_other_words_each_are_shown_by_their_first(world: World) -> None:
    mapping = world.folder / "mapping.yaml"
    mapping.write_text(
        mapping.read_text("utf-8").replace("rows:\n", "  amounts.gross_amount: Kaupunki\nrows:\n"), "utf-8"
    )
    rows = [row for n in range(1001, 1101) for row in invoice_rows(n, Kaupunki=f"{n},00")] + invoice_rows(
        1, Kaupunki="125,50"
    )
    lines = block(invoke(world, "check", world.source(rows=rows))[1], "in the file:")
    assert len(lines) == 8
    assert lines[1] == "the total says 1001.00, the rows add up to 125.50 [E-TOTAL]"
    assert lines[6].split() == ["line", "5–101", "Kaupunki"]
    assert lines[7] == "97 more of this kind [E-TOTAL]"


def test_values_are_shown_while_they_are_few(world: World) -> None:
    def line(*values: str) -> str:
        rows = [row for n, value in enumerate(values, 1001) for row in invoice_rows(n, Hinta=value)]
        return block(invoke(world, "check", world.source(1, rows=rows))[1], "in the file:")[0]

    assert '"a", "b", "c"' in line("a", "b", "c", "a")
    assert '"a" and others' in line("a", "b", "c", "d")
    assert f'"{"a" * 39}…"' in line("a" * 400)


@pytest.mark.parametrize("number", ["INV-7", ""])
def test_an_invoice_without_a_number_is_told_and_stops_nothing(world: World, number: str) -> None:
    rows = [*invoice_rows(1001), *invoice_rows(1002, Nro=number, Pvm="31.4.2026")]
    code, lines = invoke(world, "check", world.source(rows=rows))
    assert code == 1
    told = block(lines, "in the file:")
    assert [line for line in told if "Nro" in line and "(no number)" in line]
    assert any("there is no such day; expected a date like" in line for line in told)


def test_errors_come_before_what_is_only_worth_a_look(world: World) -> None:
    rows = [*invoice_rows(1001, Selite=""), *invoice_rows(1002, Hinta="x")]
    lines = invoke(world, "check", world.source(rows=rows))[1]
    assert lines.index("  in the file:") < lines.index("  worth a look; does not stop the invoice:")
    assert block(lines, "worth a look; does not stop the invoice:")[0] == "line 2  Selite  (empty)  invoice 1001"


def test_send_prints_problems_the_same_way(world: World) -> None:
    rows = [row for n in range(1002, 1012) for row in invoice_rows(n, Hinta="abc")]
    source = world.source(1001, rows=rows)
    told = block(invoke(world, "check", source)[1], "in the file:")
    assert block(invoke(world, "send", source)[1], "in the file:") == told
    assert told[0] == 'line 3–12  Hinta  "abc"  10 invoices'


def test_what_is_said_of_many_invoices_is_said_once(world: World) -> None:
    rows = [row for n in range(1001, 1021) for row in invoice_rows(n)]
    world.send(world.source(rows=rows))
    changed = [row for n in range(1001, 1021) for row in invoice_rows(n, Asiakas="Toinen Oy")]
    lines = invoke(world, "send", world.source(rows=changed, name="b.csv"))[1]
    said = [line for line in lines if "sent before with another buyer name" in line]
    assert len(said) == 1
    assert said[0].startswith("  20 invoices (1001–1020): conflict: ")


# -- the mapping's -----------------------------------------------------------------------------------------------------


def rewritten(world: World, *changes: tuple[str, str]) -> int:
    """Change the mapping; give the line of the first change."""
    mapping = world.folder / "mapping.yaml"
    text = mapping.read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    mapping.write_text(text, "utf-8")
    return text[: text.index(changes[0][1])].count("\n") + 1


@pytest.mark.parametrize(
    ("change", "row", "first", "who"),
    [
        (
            ("seller.business_id: seller_id", 'seller.business_id: {constant: "123"}'),
            {},
            "seller.business_id",
            "4 invoices",
        ),
        (("  buyer.address.street: street\n", ""), {"Sähköposti": ""}, "buyer.address.street", "4 invoices"),
        (('"%d.%m.%Y"', '"%Y-%m-%d"'), {}, "Pvm", "every invoice (5)"),
    ],
    ids=["a constant", "a field that is not mapped", "a field that is wrong in every invoice"],
)
def test_what_the_mapping_is_to_blame_for_is_told_once_and_first(
    world: World, change: tuple[str, str], row: dict[str, str], first: str, who: str
) -> None:
    rewritten(world, change)
    rows = [line for number in range(1001, 1006) for line in invoice_rows(number, **row)]
    rows[2][HEADERS.index("Hinta")] = "x"
    lines = invoke(world, "check", world.source(rows=rows))[1]
    blamed = block(lines, MAPPING)
    assert re.match(rf"mapping\.yaml, line \d+  {re.escape(first)} ", blamed[0])
    assert blamed[0].endswith(who)
    assert blamed[2].startswith("seen at line 2–")
    assert lines.index(f"  {MAPPING}") < lines.index("  in the file:")
    assert sum(first in line for line in blamed) == 1


def test_the_line_of_the_mapping_is_that_of_the_mistake(world: World) -> None:
    line = rewritten(world, ("seller.business_id: seller_id", 'seller.business_id: {constant: "123"}'))
    (group,) = check(world, world.source(1001, 1002)).files[0].problems
    assert (group.code, group.mapping) == ("E-BUSINESS-ID", f"mapping.yaml, line {line}")


def test_a_code_that_no_table_knows_is_told_at_the_line_of_the_table(world: World) -> None:
    words = ("Lasku", "Faktura", "Lasku")
    rows = [row for number, word in enumerate(words, 1001) for row in invoice_rows(number, Laji=word)]
    text = (world.folder / "mapping.yaml").read_text("utf-8").split("\n")
    blamed = block(invoke(world, "check", world.source(rows=rows))[1], MAPPING)
    line = text.index("  kinds: {Hyvitys: CREDIT_NOTE}") + 1
    assert blamed[0].split("  ")[0] == f"mapping.yaml, line {line}"
    assert {'"Lasku"', '"Faktura"'} <= {word.strip(",") for one in blamed for word in one.split()}


def test_one_cell_with_a_code_that_no_table_knows_is_the_files(world: World) -> None:
    rows = [*invoice_rows(1001, Laji="Hyvitsy"), *invoice_rows(1002), *invoice_rows(1003)]
    blamed = block(invoke(world, "check", world.source(rows=rows))[1], "in the file:")
    assert blamed[0].split("  ")[:3] == ["line 2", "Laji", '"Hyvitsy"']


def test_rows_of_one_invoice_that_differ_in_what_is_wrong_are_not_every_invoice(world: World) -> None:
    wrong = invoice_rows(1001, 3)
    for row, text in zip(wrong, ("#N/A", "#REF!", "#NUM!"), strict=True):
        row[HEADERS.index("Hinta")] = text
    file = check(world, world.source(rows=[*wrong, *invoice_rows(1002), *invoice_rows(1003)])).files[0]
    assert {group.mapping for group in file.problems} == {""}


def test_a_field_that_is_wrong_in_both_of_two_invoices_is_the_datas(world: World) -> None:
    rows = [*invoice_rows(1001, Hinta="x"), *invoice_rows(1002, Hinta="x")]
    assert [group.mapping for group in check(world, world.source(rows=rows)).files[0].problems] == [""]


def test_a_missing_column_is_told_with_the_line_that_reads_it_and_what_to_write(world: World) -> None:
    source = world.source(1001)
    source.write_text(source.read_text("utf-8").replace("Postinumero", "Postinro"), "utf-8")
    done = CliRunner().invoke(main, ["check", str(source)], env=world.environ())
    text = (world.folder / "mapping.yaml").read_text("utf-8").split("\n")
    line = text.index("  buyer.address.postal_code: postal_code") + 1
    assert done.exit_code == 2
    assert 'column "Postinumero" (postal_code, nearest "Postinro") is not in the file' in done.stderr
    assert (
        f'mapping.yaml, line {line} reads "Postinumero" for buyer.address.postal_code; if the column is called otherwise '
        "in this file, add its name: columns: {postal_code: [Postinumero, Postinro]}"
    ) in done.stderr


# -- nothing is lost ---------------------------------------------------------------------------------------------------

WRONG = {
    "Postinumero": "1",
    "ALV": "kaksi",
    "Hinta": "",
    "Eräpvm": "1.1.2020",
    "IBAN": "FI00",
    "Laji": "?",
    "Asiakas": "",
}


def expanded(one: PlaceRange) -> list[str]:
    if one.count == 1:
        return [one.first]
    first, last = (re.split(r"(\d+)", text) for text in (one.first, one.last))
    (at,) = [index for index, pair in enumerate(zip(first, last, strict=True)) if pair[0] != pair[1]]
    return ["".join([*first[:at], str(n), *first[at + 1 :]]) for n in range(int(first[at]), int(last[at]) + 1)]


def ungrouped(file: FileReport) -> dict[tuple[str, str, str], list[str]]:
    found = defaultdict(list)
    for invoice in file.invoices:
        for problem in invoice.problems:
            found[problem.code, problem.severity, problem.header].append(problem.where)
    return found


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sets(st.sampled_from(sorted(WRONG)), max_size=3), min_size=1, max_size=12))
def test_no_problem_and_no_place_is_lost_by_grouping(faults: list[set[str]]) -> None:
    rows = [
        row
        for n, wrong in enumerate(faults, 1001)
        for row in invoice_rows(n, 2, **{name: WRONG[name] for name in wrong})
    ]
    with tempfile.TemporaryDirectory() as folder:
        world = World.at(Path(folder), None, "http://127.0.0.1:9")
        (file,) = check(world, world.source(rows=rows)).files
    plain, grouped = ungrouped(file), defaultdict(list)
    for group in file.problems:
        assert sum(one.count for one in group.places) <= group.count
        grouped[group.code, group.severity, group.header] += [place for one in group.places for place in expanded(one)]
    assert {key: set(places) for key, places in plain.items()} == {key: set(places) for key, places in grouped.items()}
    assert sum(map(len, plain.values())) == sum(group.count for group in file.problems)


@given(
    st.lists(
        st.tuples(st.sampled_from(["Laskut!B{}", "line {}", "line {} of r2.csv", "{}"]), st.integers(1, 30)),
        max_size=40,
    )
)
def test_ranges_hold_every_place_in_its_order(places: list[tuple[str, int]]) -> None:
    names = [form.format(number) for form, number in places]
    alone = [name for index, name in enumerate(names) if index == 0 or name != names[index - 1]]
    assert [name for one in ranges_of(names) for name in expanded(one)] == alone


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([], ""),
        (["line 9"], "line 9"),
        (["line 9", "line 10", "line 12"], "line 9–10, 12"),
        (["Laskut!AB9", "Laskut!AB10", "Rivit!C1"], "Laskut!AB9–AB10, Rivit!C1"),
        (["Q1 2026!H7", "Q1 2026!H8", "Q1 2026!H10"], "Q1 2026!H7–H8, H10"),
        (["line 3 of a_2.csv", "line 4 of a_2.csv"], "line 3–4 of a_2.csv"),
        (["line 1", "line 3", "line 5", "line 7", "line 9", "line 11", "line 12"], "line 1, 3, 5, 7, 9 and 2 more"),
        (["the document", "the document"], "the document"),
    ],
)
def test_ranges_are_spelled_as_people_do(places: list[str], told: str) -> None:
    assert spelled(ranges_of(places)) == told


# -- the sums ----------------------------------------------------------------------------------------------------------


def mixed(world: World) -> Path:
    rows = [
        *invoice_rows(1001, 2),
        *invoice_rows(1002, ALV="14", Hinta="33,33"),
        *invoice_rows(1003, ALV="14"),
        *invoice_rows(1003, Hinta="0,07"),
        *invoice_rows(1004, credits=1001),
        *invoice_rows(1005, Hinta="x"),
        *invoice_rows(1006),
        *invoice_rows(1006, Selite="second"),
        *invoice_rows(1007, Sähköposti=""),
    ]
    rows.insert(3, invoice_rows(1007)[0])  # a number twice: both are out of the sums again
    return world.source(rows=rows)


def added_up(bodies: list[bytes]) -> dict[str, Any]:
    """What request bodies come to, as the API would count."""
    sums: dict[str, Any] = {"net": Decimal(0), "vat": Decimal(0), "gross": Decimal(0), "rates": defaultdict(Decimal)}
    for body in bodies:
        invoice = simplejson.loads(body, use_decimal=True)["invoice"]
        for name in ("net", "vat", "gross"):
            sums[name] += Decimal(invoice["amounts"][f"{name}Amount"])
        for row in invoice["rows"]:
            sums["rates"][Decimal(row["vatPercentage"])] += Decimal(row["netAmount"])
            sums["rates"]["VAT", Decimal(row["vatPercentage"])] += Decimal(row["vatAmount"])
    return sums


def test_the_sums_are_those_of_the_request_bodies_to_the_cent(world: World) -> None:
    source = mixed(world)
    summary = check(world, source).summary
    world.send(source)
    assert world.server
    arrived = world.arrived()
    assert arrived == [1001, 1002, 1003, 1004, 1006]
    sums = added_up([world.server.ledger.bodies(number)[0] for number in arrived])
    (euros,) = summary.currencies
    whole = euros.together
    assert (whole.net, whole.vat, whole.gross) == (sums["net"], sums["vat"], sums["gross"])
    for rate in whole.rates:
        assert (rate.net, rate.vat) == (sums["rates"][rate.rate], sums["rates"]["VAT", rate.rate])
    assert sum(rate.rows for rate in whole.rates) == whole.rows == 8
    credit = added_up(world.server.ledger.bodies(1004))
    assert (euros.credit_notes.count, euros.credit_notes.gross) == (1, credit["gross"])
    assert (euros.invoices.count, euros.invoices.gross) == (4, sums["gross"] - credit["gross"])
    assert (summary.to_send.count, summary.to_send.gross) == (5, {"EUR": sums["gross"]})
    assert (summary.invoices, summary.not_valid) == (8, 3)


def test_credit_notes_are_taken_off_whatever_sign_they_are_sent_with(world: World) -> None:
    overlay = world.folder / "overlay.yaml"
    overlay.write_text("version: 1\nbehaviour: {credit_note_sign: {wire: positive}}\n", "utf-8")
    source = world.source(1001, rows=invoice_rows(1002, credits=1001))
    (negative,) = check(world, source).summary.currencies
    (positive,) = check(world.but(contract=overlay), source).summary.currencies
    assert positive.credit_notes.gross == -negative.credit_notes.gross == Decimal("125.50")
    assert positive.together == negative.together
    assert positive.together.gross == 0


def test_what_was_sent_before_is_counted_with_its_sum(world: World) -> None:
    world.send(world.source(1001, 1002))
    lines = invoke(world, "check", world.source(1001, 1002, 1003, name="b.csv"))[1]
    assert "  to be sent: 1 invoice, 125.50 EUR" in lines
    assert "  sent before: 2 invoices, 251.00 EUR" in lines


def test_two_files_are_told_each_and_together(world: World) -> None:
    one, other = world.source(1001, 1002), world.source(1003, name="b.csv")
    report = check(world, one, other)
    assert [file.summary.invoices for file in report.files] == [2, 1]
    assert report.summary.currencies[0].together.gross == Decimal("376.50")
    lines = invoke(world, "check", one, other)[1]
    whole = lines[lines.index("2 files together:") :]
    assert whole[2].split() == ["invoices", "3", "3", "300.00", "76.50", "376.50"]
    assert "  by method: 3 EMAIL" in whole


def test_a_credit_note_that_send_holds_back_is_told_to_wait_and_is_not_to_be_sent(world: World) -> None:
    credits = world.source(rows=[*invoice_rows(2001, credits=1001), *invoice_rows(2002, credits=1002)])
    invoices = world.source(1002, name="b.csv", rows=invoice_rows(1001, Hinta="x"))
    code, lines = invoke(world, "check", credits, invoices, "--annotate")
    waits = "waits for invoice 1001, which is invalid"
    assert code == 1
    assert f"  invoice 2001: not sent: {waits}" in lines
    assert "  waiting for a decision: 1 invoice, -125.50 EUR" in lines
    rows = csv_rows(world.folder / "in.checked.csv")
    assert [(row["confirma_state"], row["confirma_message"]) for row in rows] == [("ready", waits), ("ready", "")]
    checked = check(world, credits, invoices)
    ((_, shown),) = pipeline.preview(world.run(), Choice((credits, invoices)), "2001")
    assert (shown.state, shown.message) == ("ready", waits)
    sent = world.send(credits, invoices)
    assert [one.message for file in checked.files for one in file.invoices if one.state == "ready"] == [waits, "", ""]
    assert sent.files[0].invoices[0].message == waits
    assert checked.summary.to_send.count == len(world.arrived()) == 2


def test_a_credit_note_for_what_is_corrected_in_the_file_is_to_be_sent(world: World) -> None:
    world.fault("create", "status", status=422, numbers=(1001,), times=1)
    world.send(world.source(1001))
    alone = world.source(rows=invoice_rows(2001, credits=1001), name="alone.csv")
    assert check(world, alone).files[0].invoices[0].message == "waits for invoice 1001, which is rejected"
    assert check(world, alone).exit_code == 1
    rows = [*invoice_rows(2001, credits=1001), *invoice_rows(1001, Hinta="60")]
    report = check(world, world.source(rows=rows, name="both.csv"))
    assert (report.exit_code, report.summary.to_send.count, report.summary.waiting.count) == (0, 2, 0)


def test_skipped_rows_are_told_by_reason_those_with_an_amount_first(world: World) -> None:
    rewritten(world, ("group_by: [number]", "group_by: [number]\nskip: [{column: number, starts_with: Y}]"))
    empty = [[""] * len(HEADERS)] * 3
    total = invoice_rows("Yhteensä", Pvm="", Hinta="500,00")
    lines = invoke(world, "check", world.source(1001, rows=[*empty, *total]))[1]
    assert [line for line in lines if "skipped" in line] == [
        '  skipped: line 6: "Nro" starts with "Y" (it has an amount)',
        "  skipped: 3 rows (line 3–5): the whole row is empty",
    ]


def test_the_difference_between_totals_and_rows_is_a_line_of_its_own(world: World) -> None:
    rewritten(world, ("rows:\n", "  amounts.gross_amount: Kaupunki\nrows:\n"))
    lines = invoke(world, "check", world.source(rows=invoice_rows(1001, Kaupunki="125,51")))[1]
    assert next(line.split() for line in lines if line.startswith("    rounding")) == [
        "rounding",
        "0.00",
        "0.00",
        "0.01",
    ]


# -- for machines ------------------------------------------------------------------------------------------------------


def test_json_has_groups_and_sums_and_no_values(world: World) -> None:
    rows = [row for n in range(1002, 1012) for row in invoice_rows(n, Hinta="secret")]
    result = CliRunner().invoke(main, ["check", str(world.source(1001, rows=rows)), "--json"], env=world.environ())
    assert "secret" not in result.stdout
    told = json.loads(result.stdout)
    (group,) = told["files"][0]["problems"]
    assert (group["code"], group["count"], group["invoices"], group["header"]) == (
        "E-AMOUNT",
        10,
        10,
        "Hinta",
    )
    assert group["places"] == [{"first": "line 3", "last": "line 12", "count": 10}]
    assert "values" not in group
    assert told["version"] == 1
    assert told["summary"]["currencies"][0]["together"]["gross"] == "125.50"
    assert told["summary"] == {**told["files"][0]["summary"], "skipped": []}


# -- on a screen -------------------------------------------------------------------------------------------------------


def test_lines_are_wrapped_at_words_and_go_on_further_in() -> None:
    lines = list(fitted(["    one two three four", "  short"], 14))
    assert lines == ["    one two", "      three", "      four", "  short"]
    assert list(fitted(["x" * 30], 10)) == ["x" * 30]
    assert list(fitted(["x " * 300], None)) == ["x " * 300]


def test_wide_signs_count_for_two() -> None:
    assert shortened("請求書番号", 7) == "請求書…"
    assert list(lined_up([("請求", "x"), ("abcde", "y")])) == ["請求   x", "abcde  y"]


def test_a_terminal_is_not_written_beyond_its_edge(world: World) -> None:
    rows = [*invoice_rows(1001, Hinta="x"), *invoice_rows(1002, Hinta="Pitkä " * 30)]
    text = in_a_terminal(world, 60, "check", world.source(rows=rows))
    assert "E-AMOUNT" in text
    path = str(world.folder)
    assert all(len(line) <= 60 for line in text.splitlines() if path not in line)


def in_a_terminal(world: World, width: int, *words: object) -> str:
    pty = pytest.importorskip("pty", reason="Windows has no such terminals")
    import os
    import subprocess
    import sys

    ours, theirs = pty.openpty()
    code = "import sys; from confirma_connector.cli import main; main()"
    environ = world.environ(COLUMNS=str(width), CONFIRMA_LANGUAGE="en")
    with subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)], env=environ, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        found = b""
        try:
            while part := os.read(ours, 65536):
                found += part
        except OSError:
            pass
        process.wait()
    os.close(ours)
    return found.decode().replace("\r\n", "\n")


def test_an_amount_finer_than_cents_in_a_workbook_says_what_the_mapping_can_do(world: World) -> None:
    source = excel(world, invoice_rows(1001, Kaupunki="10,123"))
    rewritten(world, ("  quantity: quantity\n  unit_price: price\n", "  net_amount: city\n"))
    group = next(group for group in check(world, source).files[0].problems if group.header == "Kaupunki")
    assert group.code == "E-DECIMALS"
    assert group.message.endswith("source: may say numbers: shown in the mapping")


def test_a_file_without_invoices_is_said_to_have_none(world: World) -> None:
    source = world.source(rows=[])
    for command in ("check", "send"):
        code, lines = invoke(world, command, source)
        assert (code, lines[:2]) == (0, ["in.csv (mapping test): 0 rows, 0 invoices", "  there is no invoice in it"])
    assert "  there is no invoice in it" not in invoke(world, "check", world.source(1001))[1]


def test_track_tells_of_the_rows_that_are_no_invoices_any_more(world: World) -> None:
    mapping = world.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8") + "\nskip:\n  - {column: kind, equals: Poistettu}\n", "utf-8")
    world.send(world.source(1001, 1002))
    results = world.folder / "in.results.csv"
    header, first, second = results.read_text("utf-8").splitlines()
    second = second.replace("1002;;", "1002;Poistettu;", 1)
    results.write_text(f"{header}\n{first}\n{second}\n", "utf-8")
    lines = invoke(world, "track")[1]
    assert [line for line in lines if "skipped: line 3: " in line] != [], lines

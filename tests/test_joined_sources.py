"""Headers and rows in two sheets or two files: joined by a key, nothing dropped, results beside the headers."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import workbooks
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_cli import invoke
from world import DAY, World, csv_rows

from confirma_connector import pipeline, plugins
from confirma_connector.errors import MappingError, SourceError
from confirma_connector.joining import lines_path, read
from confirma_connector.limits import Limits
from confirma_connector.mapper import Draft, Mapper
from confirma_connector.mapping import LoadedMapping, load_mapping
from confirma_connector.pipeline import Choice
from confirma_connector.records import Record, Source

HEADS = ("DocNum", "DocDate", "DueDate", "CardName", "BusinessId", "Email", "City")
ROWS = ("ParentKey", "ItemName", "Quantity", "Price", "Vat", "Note")
LINES = {"csv": 'lines_from: {file: "{stem}_lines.csv", key: ParentKey, to: DocNum}'}
LINES["xlsx"] = "lines_from: {source: {sheet: Rivit}, key: ParentKey, to: DocNum}"
MAPPING = """
version: 1
name: pair
adapter: ADAPTER
LINES
locale: {decimal: ",", dates: ["%d.%m.%Y"]}
skip: [{column: Note, equals: comment, part: line}]
invoice:
  number: DocNum
  date: DocDate
  due_date: DueDate
  currency_code: {constant: EUR}
  language_code: {constant: FI}
  seller.name: {constant: Myyjä Oy}
  seller.business_id: {constant: 0112038-9}
  seller.payment_details.iban: {constant: FI2112345600000785}
  references.payment: {constant: "1234561"}
  buyer.name: CardName
  buyer.business_id: BusinessId
  buyer.address.street: {constant: Tie 2}
  buyer.address.postal_code: {constant: "00100"}
  buyer.address.postal_district: City
  buyer.address.country_code: {constant: FI}
  buyer.contact.email: Email
rows:
  description: ItemName
  quantity: Quantity
  unit_price: Price
  vat_percentage: Vat
"""
ADAPTERS = {"csv": "csv_file", "xlsx": "excel\nsource: {sheet: Laskut}"}


def head(number: object, **changes: str) -> list[str]:
    plain = (str(number), f"{DAY:%d.%m.%Y}", f"{DAY + dt.timedelta(days=14):%d.%m.%Y}", "Ostaja Oy", "2331972-7")
    values = dict(zip(HEADS, (*plain, "laskut@example.com", "HELSINKI"), strict=True))
    return list((values | changes).values())


def line(number: object, price: str = "50,00", note: str = "") -> list[str]:
    return [str(number), "Työ", "1", price, "25,5", note]


@dataclass(frozen=True)
class Pair:
    """Invoices and their rows, as two files or two sheets."""

    folder: Path
    kind: str
    name: str = "invoices"

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.{self.kind}"

    @property
    def results(self) -> Path:
        return self.folder / f"{self.name}.results.{self.kind}"

    def write(self, heads: Iterable[Sequence[str]], lines: Iterable[Sequence[str]]) -> Path:
        if self.kind == "xlsx":
            return workbooks.saved(self.path, Laskut=[HEADS, *heads], Rivit=[ROWS, *lines])
        for path, rows in ((self.path, [HEADS, *heads]), (self.folder / f"{self.name}_lines.csv", [ROWS, *lines])):
            out = io.StringIO()
            csv.writer(out, delimiter=";", lineterminator="\n").writerows(rows)
            path.write_text(out.getvalue(), "utf-8", newline="")
        return self.path

    def mapped(self, *changes: tuple[str, str]) -> Path:
        text = MAPPING.replace("ADAPTER", ADAPTERS[self.kind]).replace("LINES", LINES[self.kind])
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = self.folder / "mapping.yaml"
        path.write_text(text, "utf-8")
        return path

    def records(self, limits: Limits | None = None, *changes: tuple[str, str]) -> list[Record]:
        mapping = load_mapping(self.mapped(*changes), plugins.discover([], []))
        source = Source((self.path,), mapping.options, mapping.headers, limits=limits or Limits())
        return list(read(mapping, source, lines_path(mapping, self.path)))

    def drafts(self, *changes: tuple[str, str]) -> tuple[list[Draft], Mapper]:
        mapper = Mapper(load_mapping(self.mapped(*changes), plugins.discover([], [])), str(self.path))
        return list(mapper.drafts(self.records(None, *changes))), mapper

    def told(self, path: Path) -> dict[str, str]:
        """The state beside each number."""
        if self.kind == "csv":
            return {one["DocNum"]: one["confirma_state"] for one in csv_rows(path)}
        top, *rows = openpyxl.load_workbook(path)["Laskut"].values
        at = top.index("confirma_state")
        return {str(cells[0]): str(cells[at] or "") for cells in rows}


@pytest.fixture(params=["csv", "xlsx"])
def pair(world: World, request: pytest.FixtureRequest) -> Pair:
    made = Pair(world.folder, request.param)
    made.mapped()
    return made


def texts(draft: Draft) -> list[str]:
    return [problem.text("in") for problem in draft.problems]


def prices(draft: Draft) -> list[str]:
    assert draft.invoice is not None, texts(draft)
    return [f"{row.unit_price:f}" for row in draft.invoice.rows]


# ---- the join ----


def test_rows_find_their_headers_wherever_they_stand(pair: Pair) -> None:
    pair.write([head(1), head(2)], [line(2, "20"), line(1, "10"), line(2, "21"), line(1, "11")])
    drafts, mapper = pair.drafts()
    assert [(draft.label, prices(draft)) for draft in drafts] == [("1", ["10", "11"]), ("2", ["20", "21"])]
    assert len({record.at for draft in drafts for record in (draft.head, *draft.group.lines)}) == 6
    assert mapper.skipped == []


def test_a_header_without_rows_is_no_invoice(pair: Pair) -> None:
    pair.write([head(1), head(2)], [line(1)])
    place = {"csv": ("line 3", "invoices_lines.csv"), "xlsx": ("Laskut!3", "Rivit")}[pair.kind]
    good, bare = pair.drafts()[0]
    assert good.invoice is not None
    assert texts(bare) == [f'in, {place[0]}: no row of {place[1]} has its "DocNum": an invoice needs rows [E-RECORD]']


def test_rows_without_a_header_are_each_told_with_what_they_are_worth(pair: Pair) -> None:
    pair.write([head(1)], [line(1), line(9), line(8, ""), line(9)])
    _, mapper = pair.drafts()
    place = {"csv": "line {} of invoices_lines.csv", "xlsx": "Rivit!{}"}[pair.kind]
    assert sorted((one.where, one.reason, one.has_amount) for one in mapper.skipped) == [
        (place.format(number), 'there is no invoice with its "ParentKey"', number != 4) for number in (3, 4, 5)
    ]


def test_a_row_without_a_key_stops_the_invoice_above_it_unless_the_mapping_skips_it(pair: Pair) -> None:
    pair.write([head(1), head(2)], [line("", "5"), line(1), line(""), line(2), line("", note="comment")])
    (torn, good), mapper = pair.drafts()
    place = {"csv": "line {} of invoices_lines.csv", "xlsx": "Rivit!{}"}[pair.kind]
    assert texts(torn) == [
        f'in, {place.format(4)}: has no "ParentKey": nobody can tell whether it is of the invoice above it [E-RECORD]'
    ]
    assert good.invoice is not None
    assert [(one.where, one.reason) for one in mapper.skipped] == [
        (place.format(6), '"Note" is "comment"'),
        (place.format(2), 'has no "ParentKey"'),
    ]


def test_the_same_key_on_two_headers_is_an_error_at_both(pair: Pair) -> None:
    pair.write([head(1), head(2), head(1)], [line(1), line(2)])
    first, other, second = pair.drafts()[0]
    places = {"csv": ("line 2", "line 4"), "xlsx": ("Laskut!2", "Laskut!4")}[pair.kind]
    assert other.invoice is not None
    assert texts(first) == [f'in, {places[0]}: its "DocNum" is also that of {places[1]} [E-RECORD]']
    assert texts(second) == [f'in, {places[1]}: its "DocNum" is also that of {places[0]} [E-RECORD]']


def test_a_header_without_a_key_is_an_error_and_an_empty_row_none(pair: Pair) -> None:
    pair.write([head(""), [""] * len(HEADS), head(2)], [line(2)])
    (nameless, good), mapper = pair.drafts()
    assert 'has no "DocNum", by which its rows would find it [E-RECORD]' in texts(nameless)[0]
    assert good.invoice is not None
    assert [one.reason for one in mapper.skipped] == (["the whole row is empty"] if pair.kind == "csv" else [])


def test_a_header_that_is_skipped_takes_its_rows_along(pair: Pair) -> None:
    pair.write([head(1), head("Yhteensä"), head(2)], [line(1), line(2), line(2)])
    skip = (
        "skip: [",
        "skip: [{column: DocNum, equals: Yhteensä, part: header}, {column: DocNum, equals: '1', part: header}, ",
    )
    drafts, mapper = pair.drafts(skip)
    assert [draft.label for draft in drafts] == ["2"]
    assert [one.reason for one in mapper.skipped] == ['"DocNum" is "1"', '"DocNum" is "Yhteensä"']


def test_numbers_and_text_are_one_key(world: World) -> None:
    workbooks.saved(
        world.folder / "invoices.xlsx", Laskut=[HEADS, [7, *head(7)[1:]]], Rivit=[ROWS, line("7"), [7, *line(7)[1:]]]
    )
    ((draft,), _) = Pair(world.folder, "xlsx").drafts()
    assert len(prices(draft)) == 2


def test_a_problem_of_a_row_names_its_own_table(pair: Pair) -> None:
    pair.write([head(1)], [line(1), line(1, "1.5")])
    ((draft,), _) = pair.drafts()
    place = {"csv": "line 3 of invoices_lines.csv", "xlsx": "Rivit!D3"}[pair.kind]
    assert texts(draft)[0].startswith(f'in, {place}, column "Price": "1.5": expected a number')


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("buyer.name: CardName", "buyer.name: CardNme"), 'column "CardNme" (nearest "CardName") is not in the file'),
        (("unit_price: Price", "unit_price: Prize"), 'column "Prize" (nearest "Price") is not in the file'),
        (("key: ParentKey", "key: ParentKy"), 'column "ParentKy" (nearest "ParentKey") is not in the file'),
        (
            ("unit_price: Price", "unit_price: CardName"),
            'column "CardName" is not in the file',
        ),  # a column of the other table
    ],
)
def test_a_misspelt_column_is_told_of_the_table_that_lacks_it(pair: Pair, change: tuple[str, str], said: str) -> None:
    pair.write([head(1)], [line(1)])
    with pytest.raises(MappingError) as raised:
        pair.drafts(change)
    table = {"csv": "invoices_lines.csv: ", "xlsx": "invoices.xlsx, Rivit: "}[pair.kind]
    assert said in str(raised.value)
    assert (table in str(raised.value)) == ("CardNme" not in said)


def test_a_column_may_be_called_alike_in_both_tables(pair: Pair) -> None:
    heads = [[*HEADS, "ItemName"], [*head(1), "Tilaus"]]
    rows = [ROWS, line(1)]
    if pair.kind == "xlsx":
        workbooks.saved(pair.path, Laskut=heads, Rivit=rows)
    else:
        pair.write([], [line(1)])
        pair.path.write_text("\n".join(";".join(cells) for cells in heads), "utf-8")
    ((draft,), _) = pair.drafts(("invoice:\n", "invoice:\n  description: ItemName\n"))
    assert draft.invoice is not None
    assert (draft.invoice.description, draft.invoice.rows[0].description) == ("Tilaus", "Työ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("skip:", "group_by: [DocNum]\nskip:"), "group_by is for rows in one table"),
        ((LINES["csv"], "lines_from: {key: A, to: B}"), "say where the rows stand: a file, or another sheet"),
        (("key: ParentKey, ", ""), "lines_from.key: is required"),
        ((LINES["csv"], LINES["csv"][:-1] + ", source: {sheet: x}}"), "lines_from.source.sheet: there is no such key"),
        (('"{stem}_lines.csv"', "gone.csv"), "gone.csv with the rows of its invoices"),
        (('"{stem}_lines.csv"', "invoices.csv"), "is the file of the rows itself"),
    ],
)
def test_what_cannot_be_joined_is_said_in_one_line(world: World, change: tuple[str, str], said: str) -> None:
    pair = Pair(world.folder, "csv")
    pair.write([head(1)], [line(1)])
    with pytest.raises((MappingError, SourceError)) as raised:
        pair.records(None, change)
    assert said in str(raised.value)


def test_rows_may_be_read_by_another_adapter(world: World) -> None:
    pair = Pair(world.folder, "csv")
    pair.write([head(1)], [])
    workbooks.saved(world.folder / "rows.xlsx", Ohje=[["Lue tämä"]], Rivit=[ROWS, line(1, "12,00")])
    other = "lines_from: {file: rows.xlsx, adapter: excel, source: {sheet: Rivit}, key: ParentKey, to: DocNum}"
    ((draft,), _) = pair.drafts((LINES["csv"], other))
    assert prices(draft) == ["12"]


def test_what_is_held_is_bounded_and_only_what_is_read_is_held(pair: Pair) -> None:
    pair.write([head(1)], [line(1) for _ in range(10)])
    assert len(pair.records(Limits(held_cells=60))) == 11
    with pytest.raises(SourceError, match=r"rows apart from their headers.* raise held_cells"):
        pair.records(Limits(held_cells=59))
    without_notes = ("skip: [{column: Note, equals: comment, part: line}]", "")
    assert len(pair.records(Limits(held_cells=50), without_notes)) == 11


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedMapping:
    return load_mapping(Pair(tmp_path, "csv").mapped(), plugins.discover([], []))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    heads=st.lists(st.sampled_from(["1", "2", "3", ""]), max_size=5),
    rows=st.lists(st.sampled_from(["1", "2", "3", "4", ""]), max_size=8),
)
@example(heads=["1", "2"], rows=["1", "2", ""])
def test_every_header_and_every_row_is_in_an_invoice_or_told(
    tmp_path: Path, loaded: LoadedMapping, heads: list[str], rows: list[str]
) -> None:
    pair = Pair(tmp_path, "csv")
    path = pair.write(map(head, heads), [line(key, str(place)) for place, key in enumerate(rows)])
    mapper = Mapper(loaded, str(path))
    drafts = list(mapper.drafts(read(loaded, Source((path,), loaded.options), lines_path(loaded, path))))
    seen = Counter(record.where for draft in drafts for record in (draft.head, *draft.group.lines))
    seen.update(one.where for one in mapper.skipped)
    assert seen == Counter(
        [f"line {place}" for place in range(2, len(heads) + 2)]
        + [f"line {place} of invoices_lines.csv" for place in range(2, len(rows) + 2)]
    )
    whole = {key for key, count in Counter(heads).items() if key and count == 1 and key in rows}
    torn = {above for above, below in zip(_filled(rows), rows, strict=True) if not below}
    assert {draft.label for draft in drafts if draft.invoice} == whole - torn


def _filled(rows: Iterable[str]) -> list[str]:
    filled: list[str] = []
    for key in rows:
        filled.append(key or (filled[-1] if filled else ""))
    return filled


SECOND = ["DocNum", "Posting Date", "Due Date", "Customer Name", "Business ID", "E-mail", "Place"]
SECOND_OF_ROWS = ["DocNum", "Description", "Quantity", "Unit Price", "VAT %", "Remarks"]


def test_of_two_header_lines_the_second_is_skipped(pair: Pair) -> None:
    pair.write([SECOND, head(1)], [SECOND_OF_ROWS, line(1)])
    skip = ("skip: [", "skip: [{column: DocNum, equals: DocNum, part: header}, ")
    drafts, mapper = pair.drafts(skip)
    assert [prices(draft) for draft in drafts] == [["50"]]
    assert [one.reason for one in mapper.skipped] == ['"DocNum" is "DocNum"']


def test_of_two_header_lines_the_names_of_the_second_may_be_used(world: World) -> None:
    pair = Pair(world.folder, "csv")
    names = [(f": {old}\n", f": {new}\n") for old, new in zip(HEADS[1:], SECOND[1:], strict=True)]
    names += [
        (f": {old}\n", f": {new}\n") for old, new in zip(ROWS[1:5], SECOND_OF_ROWS[1:5], strict=True) if old != new
    ]
    pair.mapped(
        *names,
        (LINES["csv"], f"source: {{header_row: 2}}\n{LINES['csv']}"),
        ("ParentKey", "DocNum"),
        ("Note", "Remarks"),
    )
    source = pair.write([SECOND, head(1)], [SECOND_OF_ROWS, line(1)])
    assert world.send(source).exit_code == 0
    first, second, row = pair.results.read_text("utf-8").splitlines()
    assert first == ";".join(HEADS)
    assert second.startswith(";".join(SECOND) + ";confirma_state")
    assert row.startswith(";".join(head(1)) + ";waiting")


# ---- whole runs ----


def test_results_go_beside_the_headers_and_track_brings_them_up_to_date(world: World, pair: Pair) -> None:
    source = pair.write([head(1), head(2), head(3)], [line(3), line(1), line(3), line(9)])
    report = world.send(source)
    assert (report.exit_code, world.arrived()) == (1, [1, 3])
    before = source.read_bytes()
    assert pair.told(pair.results) == {"1": "waiting", "2": "invalid", "3": "waiting"}
    assert world.track().exit_code == 0
    assert pair.told(pair.results) == {"1": "delivered", "2": "invalid", "3": "delivered"}
    assert source.read_bytes() == before
    if pair.kind == "xlsx":
        book = openpyxl.load_workbook(pair.results)
        assert [list(row) for row in book["Rivit"].values] == [
            [cell or None for cell in row] for row in (list(ROWS), line(3), line(1), line(3), line(9))
        ]


def test_a_list_that_was_sorted_and_corrected_gets_its_states_and_the_rest_is_sent(world: World, pair: Pair) -> None:
    source = pair.write([head(1), head(2), head(3)], [line(1), line(3)])
    world.send(source)
    if pair.kind == "xlsx":
        book = openpyxl.load_workbook(pair.results)
        book["Laskut"].move_range("A2:K4", rows=3)
        for column in range(1, 12):  # the last comes first
            for place, row in enumerate((7, 6, 5)):
                book["Laskut"].cell(2 + place, column).value = book["Laskut"].cell(row, column).value
                book["Laskut"].cell(row, column).value = None
        book["Rivit"].append(line(2))
        book.save(pair.results)
    else:
        top, *rows = pair.results.read_text("utf-8").splitlines(keepends=True)
        pair.results.write_text("".join([top, *reversed(rows)]), "utf-8")
        lines = pair.folder / "invoices_lines.csv"
        lines.write_text(lines.read_text("utf-8") + ";".join(line(2)) + "\n", "utf-8")
    assert world.send(pair.results).exit_code == 0
    assert world.arrived() == [1, 2, 3]
    assert list(pair.told(pair.results).items())[:3] == [("3", "waiting"), ("2", "waiting"), ("1", "waiting")]


def test_the_results_know_their_rows_under_any_name(world: World) -> None:
    pair = Pair(world.folder, "csv")
    pair.mapped()
    source = pair.write([head(1)], [line(1)])
    (world.folder / "away").mkdir()
    output = world.folder / "away" / "tulokset.csv"
    assert world.send(source, output=output).exit_code == 0
    assert world.track().exit_code == 0
    assert pair.told(output) == {"1": "delivered"}
    assert world.send(output).files[0].invoices[0].state == "delivered"


def test_rows_that_change_while_they_are_read_stop_the_run(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = Pair(world.folder, "csv")
    pair.mapped()
    source = pair.write([head(1)], [line(1)])
    whole = Mapper.drafts

    def drafts(self: Mapper, records: Iterable[Record]) -> Any:
        for draft in whole(self, records):
            pair.write([head(1)], [line(1, "60,00")])
            yield draft

    monkeypatch.setattr(Mapper, "drafts", drafts)
    with pytest.raises(SourceError, match=r"invoices_lines\.csv: changed while it was read"):
        world.send(source)
    assert world.arrived() == []


def test_rows_that_change_between_reading_and_writing_are_told(world: World) -> None:
    pair = Pair(world.folder, "csv")
    pair.mapped()
    source = pair.write([head(1), head(2)], [line(1), line(2)])

    def hear(event: pipeline.Event) -> None:
        if event.what == "writing":
            pair.write([head(1), head(2)], [line(1), line(2, "99,00")])

    report = pipeline.send(world.run(hear=hear), Choice((source,)))
    assert world.arrived() == [1, 2]
    changed, differing = report.files[0].notices
    assert changed == "invoices_lines.csv, with the rows of the invoices, was changed since it was read"
    assert "invoice 2: conflict: this number was sent before" in differing
    assert pair.told(pair.results) == {"1": "waiting", "2": "conflict"}


def test_the_command_tells_of_both_tables(world: World, pair: Pair) -> None:
    pair.write([head(1)], [line(1), line(7)])
    code, out, _ = invoke(world, "check", pair.path)
    place = {"csv": "line 3 of invoices_lines.csv", "xlsx": "Rivit!3"}[pair.kind]
    assert code == 0
    assert f'skipped: {place}: there is no invoice with its "ParentKey" (it has an amount)' in out

"""What an account comes to: the table of states, the list of a month, the page with pictures."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from world import DAY, World, invoice_rows

from confirma_connector.cli import main
from confirma_connector.journal import Claim, Facts, Journal, State, Step, signed
from confirma_connector.overview import sums
from confirma_connector.overview.series import series

FROM, TO = "2026-10-01", "2026-10-31"


def invoke(world: World, *words: object, **environ: str) -> tuple[int, str, str]:
    """Run a command within this process."""
    result = CliRunner().invoke(main, [str(word) for word in words], env={**world.environ(), **environ})
    return result.exit_code, result.stdout, result.stderr


def remember(
    world: World, number: int, state: State, date: str = "2026-10-05", gross: str = "100.00", **more: Any
) -> None:
    """Put one invoice into the journal, as a run would have."""
    told = {name: more.pop(name) for name in ("message", "taken_at", "case_id", "distributed_at") if name in more}
    named = {"type": "INVOICE", "currency": "EUR", "method": "EMAIL"} | more
    facts = Facts(number, 0, date=dt.date.fromisoformat(date), gross=Decimal(gross), core="c", print="p", **named)
    with Journal(world.settings.journal, world.settings.environment, world.settings.account) as journal:
        (entry,) = journal.advance(claims=[Claim(facts, b"{}")], server_now=1000.0)
        if state != "sending":
            journal.advance([Step(entry.id, state, "test", **told)])


def listed(text: bytes) -> list[dict[str, str]]:
    """Read a list as a program does."""
    return list(csv.DictReader(text.decode("utf-8-sig").splitlines(), delimiter=";"))


def monthly(world: World, *words: str, period: tuple[str, str] = (FROM, TO)) -> list[dict[str, str]]:
    """Give the list of a period."""
    out = world.folder / "month.csv"
    code, _, err = invoke(world, "status", "--csv", *period, "--output", out, *words)
    assert code == 0, err
    return listed(out.read_bytes())


def table_lines(text: str) -> dict[str, list[str]]:
    """Give the cells of each line of a printed table by its first."""
    return {cells[0]: cells[1:] for line in text.splitlines() if (cells := line.split())}


# -- sums --------------------------------------------------------------------------------------------------------------


def test_every_state_stands_in_one_stage() -> None:
    assert sorted(state for states in sums.STAGES.values() for state in states) == sorted(get_args(State))


@pytest.mark.parametrize("gross", ["-12.50", "12.50"])
def test_a_credit_note_takes_away_whatever_sign_it_is_sent_with(gross: str) -> None:
    assert signed("CREDIT_NOTE", Decimal(gross)) == Decimal("-12.50")
    assert signed("INVOICE", Decimal("12.50")) == Decimal("12.50")


def test_what_the_database_adds_up_is_what_the_invoices_add_up_to(world: World) -> None:
    for number in range(1, 40):
        kind = "CREDIT_NOTE" if number % 7 == 0 else "INVOICE"
        gross = "0.10" if number % 2 else f"{number}999999999.99"
        currency, state = ("SEK" if number % 3 else "EUR"), ("failed" if number % 5 else "delivered")
        remember(world, number, state, gross=gross, type=kind, currency=currency)  # type: ignore[arg-type]
    with Journal(world.settings.journal, "staging", "acme") as journal:
        asked, entries = journal.totals(), journal.entries()
    assert sums.gathered(asked, "state") == sums.gathered(sums.totals_of(entries), "state")
    exact = sum((signed(entry.type, entry.gross) for entry in entries if entry.currency == "EUR"), Decimal(0))
    (whole,) = sums.gathered(asked)
    assert (whole.count, whole.gross["EUR"]) == (39, exact)


def test_another_account_of_the_journal_counts_for_nothing(world: World) -> None:
    remember(world, 1, "delivered")
    remember(world.but(account="other"), 2, "failed")
    assert json.loads(invoke(world, "status", "--json")[1])["states"] == {"delivered": 1}
    assert [line["number"] for line in monthly(world)] == ["1"]


# -- status ------------------------------------------------------------------------------------------------------------


def test_status_is_a_table_by_state_with_sums_and_then_what_needs_a_person(world: World) -> None:
    remember(world, 1001, "delivered", date="2026-09-30", gross="1000.00")
    remember(world, 1002, "delivered", gross="-250.50", type="CREDIT_NOTE")
    remember(world, 1003, "waiting", gross="80.00", currency="SEK")
    remember(world, 1004, "failed", gross="7.30", message="postal code is not valid")
    code, out, _ = invoke(world, "status")
    lines = table_lines(out)
    assert code == 0
    assert lines["state"] == ["invoices", "EUR", "SEK", "oldest", "invoice", "latest", "change"]
    assert lines["delivered"][:4] == ["2", "749.50", "-", "2026-09-30"]
    assert lines["waiting"][:3] == ["1", "-", "80.00"]
    assert lines["all"][:4] == ["4", "756.80", "80.00", "2026-09-30"]
    assert lines["delivered"][4] == time.strftime("%Y-%m-%d")
    words = [line.strip() for line in out.splitlines()]
    assert words.index("invoice 1004: failed: postal code is not valid") > words.index(
        next(word for word in words if word.startswith("all"))
    )
    assert "invoice 1001" not in out


def test_numbers_stand_under_each_other(world: World) -> None:
    remember(world, 1001, "delivered", gross="123456.00")
    remember(world, 1002, "waiting", gross="1.00")
    _, out, _ = invoke(world, "status")
    ends = {
        line.index(amount) + len(amount)
        for line in out.splitlines()
        for amount in (" 1.00", "123456.00")
        if amount in line
    }
    assert len(ends) == 1


def test_status_of_an_empty_account_says_so(world: World) -> None:
    code, out, _ = invoke(world, "status")
    assert (code, "no invoices yet" in out) == (0, True)
    tree = json.loads(invoke(world, "status", "--json")[1])
    assert (tree["by_state"], tree["all"]) == ({}, None)


def test_the_json_of_status_keeps_its_shape_and_has_the_sums(world: World) -> None:
    before = time.time()
    remember(world, 1001, "delivered", gross="1000.00")
    remember(world, 1002, "failed", message="no such mailbox")
    tree = json.loads(invoke(world, "status", "--json")[1])
    assert tree["version"] == 1
    assert (tree["environment"], tree["account"]) == ("staging", "acme")
    assert tree["states"] == {"failed": 1, "delivered": 1}
    assert tree["invoices"] == [{"number": 1002, "state": "failed", "message": "no such mailbox"}]
    one = tree["by_state"]["delivered"]
    assert (one["count"], one["gross"], one["oldest_date"]) == (1, {"EUR": "1000.00"}, "2026-10-05")
    assert before <= one["changed_at"] <= time.time()
    assert tree["all"]["gross"] == {"EUR": "1100.00"}


# -- the list of a month -----------------------------------------------------------------------------------------------


def test_the_list_has_the_invoices_dated_in_the_period_both_days_included(world: World) -> None:
    for number, date in enumerate(("2026-09-30", "2026-10-31", "2026-10-01", "2026-11-01"), 1001):
        remember(world, number, "delivered", date=date)
    assert [line["number"] for line in monthly(world)] == ["1003", "1002"]


def test_a_line_of_the_list_tells_everything_about_its_invoice(world: World) -> None:
    remember(
        world,
        1001,
        "delivered",
        gross="-1234.50",
        type="CREDIT_NOTE",
        taken_at=1_790_000_000.0,
        case_id="case-9",
        distributed_at="2026-10-07T09:00:00Z",
    )
    (line,) = monthly(world)
    changed = line.pop("changed_at")
    assert changed[:10] == time.strftime("%Y-%m-%d")
    assert line == {
        "number": "1001",
        "type": "CREDIT_NOTE",
        "invoice_date": "2026-10-05",
        "currency": "EUR",
        "gross": "-1234,50",
        "method": "EMAIL",
        "state": "delivered",
        "message": "delivered by EMAIL on 2026-10-07",
        "sent_at": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(1_790_000_000)),
        "delivered_at": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(1_791_363_600)),
        "case_id": "case-9",
    }


def test_what_was_never_taken_was_never_sent_at(world: World) -> None:
    remember(world, 1001, "rejected", message="wrong")
    assert [(line["state"], line["sent_at"]) for line in monthly(world)] == [("rejected", "")]


def test_the_column_of_amounts_adds_up_to_the_printed_total(world: World) -> None:
    remember(world, 1001, "delivered", gross="1000.10")
    remember(
        world, 1002, "failed", gross="250.50", type="CREDIT_NOTE", method="EDI"
    )  # a contract with positive credits
    out = world.folder / "m.csv"
    printed = invoke(world, "status", "--csv", FROM, TO, "--decimal", "point", "--output", out)[1]
    lines = listed(out.read_bytes())
    assert [line["gross"] for line in lines] == ["1000.10", "-250.50"]
    assert sum(Decimal(line["gross"]) for line in lines) == Decimal("749.60")
    totals = table_lines(printed)
    assert totals["all"] == ["2", "749.60"]
    assert totals["EDI"] == ["failed", "1", "-250.50"]
    assert totals["EMAIL"] == ["delivered", "1", "1,000.10"]


def test_text_from_outside_is_no_formula_and_numbers_stay_numbers(world: World) -> None:
    for number, text in enumerate(("=1+1", "+1", "-1", "@SUM(A1)", "\t=1"), 1001):
        remember(world, number, "failed", message=text, case_id=text, distributed_at=text, gross="-5.00", method=text)
    for line in monthly(world):
        for name in ("message", "case_id", "delivered_at", "method"):
            assert line[name][:2] in ("'=", "'+", "'-", "'@"), line
        assert line["gross"] == "-5,00"


def test_a_message_with_quotes_and_semicolons_stays_one_field(world: World) -> None:
    remember(world, 1001, "failed", message='Käyttäjä "Åke"; ei löydy\nlainkaan')
    (line,) = monthly(world)
    assert line["message"] == 'Käyttäjä "Åke"; ei löydy lainkaan'
    assert line["case_id"] == ""


def test_the_list_goes_to_standard_output_alone_and_the_totals_beside_it(world: World) -> None:
    remember(world, 1001, "delivered")
    done = world.command("status", "--csv", FROM, TO)
    assert done.returncode == 0
    lines = listed(done.stdout.encode())
    assert done.stdout.startswith("\ufeffnumber;")
    assert [line["number"] for line in lines] == ["1001"]
    assert table_lines(done.stderr)["all"] == ["1", "100.00"]
    invoke(world, "status", "--csv", FROM, TO, "--output", world.folder / "same.csv")
    assert (world.folder / "same.csv").read_bytes().decode().replace("\r\n", "\n") == done.stdout.replace("\r\n", "\n")


def test_an_empty_period_is_a_list_with_a_header(world: World) -> None:
    assert monthly(world, period=("2020-01-01", "2020-01-31")) == []
    assert (world.folder / "month.csv").read_bytes().startswith(b"\xef\xbb\xbfnumber;type;")


def test_pandas_reads_the_list_as_the_documents_say(world: World) -> None:
    import pandas

    remember(world, 1001, "delivered", gross="1234.50")
    monthly(world)
    frame = pandas.read_csv(
        world.folder / "month.csv", sep=";", decimal=",", parse_dates=["invoice_date"], dtype={"case_id": "string"}
    )
    assert frame["gross"].tolist() == [1234.5]
    assert frame["number"].tolist() == [1001]
    assert frame["invoice_date"].dt.month.tolist() == [10]


def test_in_the_sandbox_every_state_of_the_list_is_a_test(world: World) -> None:
    world = world.but(environment="sandbox", url=None, token="", account="sandbox")
    remember(world, 1001, "delivered")
    environ = {"CONFIRMA_ENVIRONMENT": "sandbox", "CONFIRMA_URL": "", "CONFIRMA_TOKEN": ""}
    _, out, err = invoke(world, "status", "--csv", FROM, TO, **environ)
    assert [line["state"] for line in listed(out.encode())] == ["TEST delivered"]
    assert "SANDBOX" not in out
    lines = err.splitlines()
    assert "SANDBOX" in lines[0]
    assert "SANDBOX" in lines[-1]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--csv", "1.13.2026", TO], "--csv takes a day like 2026-01-31 or 31.1.2026, and 1.13.2026 is none"),
        (["--csv", TO, FROM], "the period ends before it begins"),
        (["--csv", FROM], "--csv"),
        (["--csv", FROM, TO, "--json"], "exclude each other"),
        (["--output", "x.csv"], "go with --csv"),
        (["--decimal", "point"], "go with --csv"),
        (["--csv", FROM, TO, "--decimal", "both"], "--decimal"),
    ],
)
def test_a_wrong_command_line_is_one_clear_line(world: World, words: list[str], says: str) -> None:
    code, out, err = invoke(world, "status", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


# -- the page ----------------------------------------------------------------------------------------------------------


class Read(HTMLParser):
    """What a browser would find: names of elements, attributes, texts of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.words.append(data.strip())

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def made(world: World, *words: str, **environ: str) -> str:
    """Make the page and give its text."""
    out = world.folder / "page.html"
    code, _, err = invoke(world, "report", "--html", out, "--replace", *words, **environ)
    assert code == 0, err
    return out.read_text("utf-8")


def pictures(page: Read) -> Iterable[str]:
    for image in page.named("img"):
        kind, _, data = str(image["src"]).partition(",")
        assert kind == "data:image/svg+xml;base64"
        yield base64.b64decode(data).decode()


def several(world: World) -> None:
    remember(world, 1001, "delivered", date="2026-09-30", gross="1000.00", method="EDI")
    remember(world, 1002, "failed", gross="1234567.80", message="postal code is not valid")
    remember(world, 1003, "failed", message="postal code is not valid", currency="SEK")
    remember(world, 1004, "waiting", gross="-20.00", type="CREDIT_NOTE", method="LETTER")


def test_the_page_shows_sums_reasons_and_open_invoices(world: World) -> None:
    several(world)
    words = Read(made(world)).words
    text = "|".join(words)
    assert "4|invoices" in text
    assert "1\u00a0235\u00a0547.80|gross, EUR" in text
    assert "failed|2|1\u00a0234\u00a0567.80|100.00|2026-10-05" in text
    assert "LETTER|waiting|1|\u221220.00|\u2013" in text
    assert "failed|postal code is not valid|2|1002, 1003" in text
    assert "1002|invoice|2026-10-05|1\u00a0234\u00a0567.80|EUR|EMAIL|failed|postal code is not valid" in text
    assert "1001|" not in text[text.index("Invoices still to be dealt with") :]


def test_the_page_needs_nothing_from_anywhere(world: World) -> None:
    several(world)
    text = made(world)
    page = Read(text)
    assert page.open == []
    assert not {tag for tag, _ in page.elements} & {"script", "link", "iframe", "object", "embed", "form", "a", "base"}
    assert all(str(image["src"]).startswith("data:") for image in page.named("img"))
    assert not re.search(r"https?:|@import|url\(", text)
    for svg in pictures(page):
        assert not re.search(r'(href|src)="(?!#)|<script|<image|@import', svg)
    (policy,) = (meta["content"] for meta in page.named("meta") if "http-equiv" in meta)
    assert str(policy).startswith("default-src 'none'")


def test_every_picture_has_words_and_a_table_beside_it(world: World) -> None:
    several(world)
    page = Read(made(world))
    assert len(page.named("img")) == 4
    assert all(image["alt"] for image in page.named("img"))
    assert page.words.count("The same in numbers") == 4
    assert page.named("html")[0]["lang"] == "en"
    assert all(head["scope"] in ("col", "row") for head in page.named("th"))
    assert len(page.named("caption")) == len(page.named("table"))


def test_whatever_the_server_says_is_text_on_the_page(world: World) -> None:
    nasty = '<script>alert("ä")</script> & <b>ö</b>'
    remember(world, 1001, "failed", message=nasty, case_id=nasty, method="<i>&", currency="<u>")
    text = made(world.but(account="<acme> & ääkköset"), CONFIRMA_ACCOUNT="acme")
    page = Read(text)
    assert "<script" not in text
    assert not {tag for tag, _ in page.elements} & {"script", "i", "u"}
    assert page.words.count(nasty) == 3
    assert "<i>&" in page.words


def test_signs_that_mean_something_to_the_plotting_library_are_text_too(world: World) -> None:
    remember(world, 1001, "delivered", method="$\\frac{$", currency="_$%")
    assert len(list(pictures(Read(made(world))))) == 3


def test_the_same_journal_gives_the_same_page(world: World) -> None:
    several(world)
    first = made(world)
    assert world.command("report", "--html", world.folder / "again.html").returncode == 0
    assert (world.folder / "again.html").read_text("utf-8") == first
    assert f"Made on {dt.date.today()}" in first


def test_the_page_of_a_period_holds_its_invoices_only(world: World) -> None:
    several(world)
    words = Read(made(world, "--from", FROM, "--to", TO)).words
    assert f"Invoices dated from {FROM} to {TO}. Environment staging. Made on {dt.date.today()}." in words
    assert "3" in words
    assert "2026-09-30" not in "".join(words)


def test_a_page_without_invoices_is_a_page(world: World) -> None:
    words = Read(made(world)).words
    assert words[words.index("invoices") - 1] == "0"


def test_a_page_says_sandbox_first_and_last(world: World) -> None:
    away = dict.fromkeys(("CONFIRMA_ENVIRONMENT", "CONFIRMA_URL", "CONFIRMA_TOKEN", "CONFIRMA_ACCOUNT"), "")
    invoke(world, "send", world.source(1001), **away)
    page = Read(made(world, **away))
    body = page.words[page.words.index("Invoices of sandbox (sandbox), SANDBOX") + 1 :]
    assert body[0].startswith("SANDBOX")
    assert body[-1].startswith("SANDBOX")
    assert "SANDBOX" not in made(world)


def test_a_long_list_of_open_invoices_is_cut_and_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confirma_connector.overview.cases._CASES", 2)
    monkeypatch.setattr("confirma_connector.overview.cases._REASONS", 1)
    monkeypatch.setattr("confirma_connector.overview.cases._NUMBERS", 1)
    for number in range(1001, 1005):
        remember(world, number, "failed", message="a" if number > 1001 else "b")
    words = Read(made(world)).words
    assert "2 more are not listed here: confirma status --csv lists them all." in words
    assert "1 more reasons are not listed." in words
    assert "1002 and 2 more" in words


def test_the_page_tells_what_became_of_sent_invoices(world: World) -> None:
    rows: Sequence[Sequence[str]] = invoice_rows(1003, Sähköposti="", Postinumero="00001")
    assert world.command("send", world.source(1001, 1002, rows=rows)).returncode == 0
    world.track()
    done = world.command("report", "--html", "page.html", "--from", DAY.isoformat())
    assert (done.returncode, done.stdout) == (0, "made page.html: 3 invoices of account acme\n")
    text = (world.folder / "page.html").read_text("utf-8")
    assert "postal code is not valid" in text
    assert "Ostaja" not in text
    if os.name == "posix":
        assert (world.folder / "page.html").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "--html"),
        (["--html", "p.html", "--from", "yesterday"], "--from takes a day"),
        (["--html", "p.html", "--from", TO, "--to", FROM], "the period ends before it begins"),
    ],
)
def test_a_wrong_wish_for_a_page_is_one_clear_line(world: World, words: list[str], says: str) -> None:
    code, out, err = invoke(world, "report", *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


def test_without_the_extra_it_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("confirma_connector.overview.p")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("matplotlib", "matplotlib.axes", "matplotlib.style"):
        monkeypatch.setitem(sys.modules, name, None)
    code, _, err = invoke(world, "report", "--html", "page.html")
    assert (code, err.count("\n")) == (2, 1)
    assert 'pip install "confirma-connector[report]"' in err
    assert not Path("page.html").exists()


# -- over time ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "unit", "names"),
    [
        (("2026-10-05",), "week", ["2026-10-05"]),
        (("2026-10-04", "2026-10-19"), "week", ["2026-09-28", "2026-10-05", "2026-10-12", "2026-10-19"]),
        (("2026-01-31", "2026-06-01"), "month", [f"2026-0{n}" for n in range(1, 7)]),
        (("2024-12-31", "2025-01-01", "2025-11-30"), "month", ["2024-12", *(f"2025-{n:02}" for n in range(1, 12))]),
        (("2020-02-29", "2026-01-01"), "year", [str(year) for year in range(2020, 2027)]),
    ],
)
def test_time_runs_in_weeks_months_or_years_without_a_gap(
    world: World, dates: tuple[str, ...], unit: str, names: list[str]
) -> None:
    for number, date in enumerate(dates, 1001):
        remember(world, number, "delivered", date=date)
    shown = series(list(world.entries().values()))
    assert (shown.unit, list(shown.gross.index)) == (unit, names)
    assert list(shown.stages.index) == list(shown.methods.index) == names
    assert int(shown.stages.to_numpy().sum()) == len(dates)


def test_sums_over_time_are_exact(world: World) -> None:
    for number in range(1001, 1011):
        remember(world, number, "delivered", gross="0.10")
    remember(world, 1011, "delivered", gross="9007199254740993.01")
    (total,) = series(list(world.entries().values())).gross["EUR"]
    assert total == Decimal("9007199254740994.01")


@pytest.mark.parametrize(
    ("words", "name", "wrong"),
    [
        (("status", "--csv", FROM, TO, "--output"), "list.csv", "list.xlsx"),
        (("report", "--html"), "page.html", "page.csv"),
    ],
)
def test_another_file_is_never_written_over(world: World, words: tuple[str, ...], name: str, wrong: str) -> None:
    there = world.folder / name
    there.write_text("mine", "utf-8")
    code, _, err = invoke(world, *words, there)
    assert (code, there.read_text("utf-8")) == (2, "mine")
    assert "--replace" in err
    assert invoke(world, *words, there, "--replace")[0] == 0
    assert there.read_text("utf-8") != "mine"
    assert invoke(world, *words, world.folder / wrong)[0] == 2
    assert not (world.folder / wrong).exists()

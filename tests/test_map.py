"""`confirma map`: from a list without a mapping to a clean check, by questions at a terminal or by lines to confirm."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mapped import registry
from openpyxl import load_workbook
from spreadsheets import ods
from workbooks import saved

from confirma_connector.cli import main
from confirma_connector.errors import MappingError
from confirma_connector.limits import Limits
from confirma_connector.mapping import load_mapping
from confirma_connector.proposing.proposer import Proposer
from confirma_connector.proposing.writing import mapping_text
from confirma_connector.template.making import make

SAMPLES = Path(__file__).parents[1] / "samples"
RENAMED = {
    "Lasku nro": "Laskun numero",
    "Pvm": "Laskun pvm",
    "Asiakas": "Tilaaja",
    "Selite": "Kuvaus",
    "Yks.": "Yksikkö",
    "á-hinta": "Yksikköhinta",
    "ALV-%": "Alv-kanta",
    "Netto": "Veroton yhteensä",
    "ALV": "ALV €",
    "Yhteensä": "Loppusumma",
    "Laskutustapa": "Laskun lähetystapa",
    "Tyyppi": "Asiakastyyppi",
}
"""Other words for the columns of the Finnish sample, so that no shipped mapping reads it."""


@pytest.fixture
def finnish(tmp_path: Path) -> Path:
    """The Finnish sample with other words in another order, below a title and above a row of totals."""
    sheet = load_workbook(SAMPLES / "excel-list-fi" / "invoices.xlsx", data_only=True)["Laskutus"]
    head, *rows = list(sheet.iter_rows(min_row=4, max_row=12))
    order = sorted(range(len(head)), key=lambda place: (place * 7) % len(head))
    order = [0, *(place for place in order if place)]
    words = [RENAMED.get(str(cell.value), str(cell.value)) for cell in head]
    lines: list[list[Any]] = [["Myyntilaskut, marraskuu"], [], [words[place] for place in order]]
    lines += [[row[place].value for place in order] for row in rows]
    path = saved(tmp_path / "lista.xlsx", Myynti=[*lines, ["Yhteensä"]])
    book = load_workbook(path)
    for number, row in enumerate(rows, 4):
        for column, place in enumerate(order, 1):
            book["Myynti"].cell(number, column).number_format = row[place].number_format
    book.save(path)
    return path


def run(folder: Path, *words: object, lines: str | None = None) -> tuple[int, str]:
    """Run a command within this process, without a terminal; give what it said."""
    environ = {"CONFIRMA_ENVIRONMENT": "sandbox", "CONFIRMA_JOURNAL": str(folder / "journal.sqlite3")}
    config = {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_DATA_HOME": str(folder / "data")}
    result = CliRunner().invoke(main, list(map(str, words)), env={**environ, **config}, input=lines)
    return result.exit_code, result.output


def typed(folder: Path, answers: Mapping[str, str], *words: object) -> tuple[int, str]:
    """Run a command at a terminal; a question is answered by the first of *answers* whose key stands in it.

    Any other is answered with y, or left open where something has to be typed.
    """
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    environ = {**os.environ, "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder), "COLUMNS": "200"}
    process = subprocess.Popen(
        [sys.executable, "-m", "confirma_connector.cli", *map(str, words)],
        env=environ,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
    )
    os.close(theirs)
    shown, answered = bytearray(), 0
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other side has closed
            break
        if not piece:
            break
        shown += piece
        asked = shown[answered:].decode("utf-8", "replace")
        if asked.rstrip().endswith("]:"):
            answered = len(shown)
            otherwise = "" if "Type it" in asked else "y"
            answer = next((text for key, text in answers.items() if key in asked), otherwise)
            assert shown.count(b"]:") < 60, shown.decode("utf-8", "replace")
            os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    return process.wait(60), shown.decode("utf-8", "replace").replace("\r\n", "\n")


def answered(monkeypatch: pytest.MonkeyPatch, folder: Path, answers: str, *words: object) -> tuple[int, str]:
    """Run a command within this process as if at a terminal, with these lines typed."""
    monkeypatch.setattr("confirma_connector.cli.options.at_a_terminal", lambda: True)
    return run(folder, *words, lines=answers)


def plan_of(path: Path) -> str:
    return mapping_text(Proposer(path, registry(), Limits()).plan({}), path)


def csv(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows, "")), "utf-8")
    return path


def confirmed(text: str, *keys: str) -> str:
    """Delete the signs before the first open line of each of *keys*, as a person would in an editor."""
    for key in keys:
        text, count = re.subn(rf"^( *)# \? ({re.escape(key)}: )", r"\1\2", text, count=1, flags=re.MULTILINE)
        assert count, key
    return text


def with_low_rates(path: Path, **more: str) -> Path:
    """Write a list with rates as a cell has them that shows 25,5 %, and *more* columns that are the same on each row."""
    more |= {"Asiakkaan nimi": "Meri Oy", "Sähköposti": "meri@example.com", "Laskutustapa": "Sähköposti"}
    header = ["Laskun numero", "Laskun pvm", "Eräpäivä", "Määrä", "Yksikköhinta", "Alv-kanta", *more]
    days = dt.date(2026, 11, 2), dt.date(2026, 11, 16)
    rows = [
        [number, *days, 2.0, 50.0, rate, *more.values()]
        for number, rate in ((1001.0, 0.255), (1002.0, 0.135), (1003.0, 0.1), (1004.0, 0.255))
    ]
    return ods(path, {"Laskut": [header, *rows]}) if path.suffix == ".ods" else saved(path, Laskut=[header, *rows])


def read_with(text: str, path: Path) -> str:
    """Check *path* with a mapping of which all is confirmed that the list needs; give what is said of it."""
    keys = ("prices", "missing_reference", "currency_code", "seller.name", "buyer.entity_type", "buyer.contact.email")
    mapping = path.with_suffix(".yaml")
    mapping.write_text(confirmed(text, *keys, "quantity").replace("{constant: }", "{constant: Myyjä Oy}"), "utf-8")
    return run(path.parent, "check", path, "--mapping", mapping)[1]


# -- the Finnish list ----------------------------------------------------------------------------------------------------


def test_at_a_terminal_a_few_answers_make_a_finnish_list_check_clean(finnish: Path, tmp_path: Path) -> None:
    code, shown = typed(tmp_path, {"Myyjä": "1"}, "map", finnish)
    assert code == 0, shown
    questions = shown.count("ask no more]")
    assert questions <= 11, shown
    assert "8 of 8 values are texts" in shown
    assert f'next: confirma check "{finnish}" --mapping "{finnish.with_suffix(".yaml")}"' in shown
    code, said = run(tmp_path, "check", finnish, "--mapping", finnish.with_suffix(".yaml"))
    assert code == 0, said
    assert "ready: 8" in said
    assert "4 EDI, 2 EMAIL, 2 LETTER" in said
    assert "2,346.40" in said


def test_without_a_terminal_only_what_is_exact_is_taken_and_deleting_the_signs_takes_the_rest(
    finnish: Path, tmp_path: Path
) -> None:
    code, said = run(tmp_path, "map", finnish)
    assert code == 1
    mapping = finnish.with_suffix(".yaml")
    text = mapping.read_text("utf-8")
    assert "\n  # ? name: " not in text
    assert "\n  # ? buyer.name: Tilaaja  # " in text
    assert "\n  number: Laskun numero  # " in text
    lacking = r"line (\d+): invoice\.buyer\.name: is required and not mapped; line (\d+) proposes it"
    found = re.search(lacking, said)
    assert found
    assert text.splitlines()[int(found[2]) - 1].startswith("  # ? buyer.name: Tilaaja")
    keys = (
        "buyer.name",
        "seller.name",
        "currency_code",
        "quantity",
        "description",
        "type",
        "buyer.address.country_code",
    )
    mapping.write_text(confirmed(text, *keys, "seller.payment_details.iban", "missing_reference"), "utf-8")
    code, said = run(tmp_path, "check", finnish, "--mapping", mapping)
    assert code == 0, said
    assert "ready: 8" in said


@pytest.mark.parametrize("name", ["lista.xlsx", "lista.ods"])
def test_rates_that_are_numbers_below_one_get_codes_that_the_mapping_itself_can_read(tmp_path: Path, name: str) -> None:
    path = with_low_rates(tmp_path / name)
    text = plan_of(path)
    assert "\nlocale:" not in text
    said = read_with(text, path)
    assert [f"VAT {rate} %" in said for rate in ("25.5", "13.5", "10")] == [True] * 3, said


def test_while_the_decimal_mark_is_open_so_are_the_codes_that_are_spelled_with_it(tmp_path: Path) -> None:
    path = with_low_rates(tmp_path / "lista.xlsx", Kohta="1,234")
    text = plan_of(path)
    assert "\n  # ? decimal: ','" in text
    assert "reading lista.xlsx" in read_with(text, path)
    said = read_with(confirmed(text, "decimal", "vat_percentage"), path)
    assert [f"VAT {rate} %" in said for rate in ("25.5", "13.5", "10")] == [True] * 3, said


def test_yes_never_takes_a_guess_at_a_terminal_either(
    finnish: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, shown = answered(monkeypatch, tmp_path, "y\ny\ny\n", "map", finnish, "--yes")
    assert code == 1
    assert "ask no more" not in shown
    assert finnish.with_suffix(".yaml").read_text("utf-8") == plan_of(finnish)


def test_who_stops_gets_what_was_said_so_far(finnish: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = answered(monkeypatch, tmp_path, "y\n\ns\n", "map", finnish)
    assert code == 1, said
    text = finnish.with_suffix(".yaml").read_text("utf-8")
    assert "\n  buyer.name: Tilaaja  # " in text
    assert "\n  # ? currency_code: {constant: EUR}" in text
    assert "\n  # ? quantity: Määrä" in text


def test_the_same_file_gives_the_same_text_and_no_values_of_people(finnish: Path) -> None:
    text = plan_of(finnish)
    assert text == plan_of(finnish)
    assert "Mallikas" not in text
    assert "9222333" not in text
    assert "rukiinen" not in text


# -- questions -------------------------------------------------------------------------------------------------------------


def test_what_no_column_has_is_typed_and_its_check_digits_have_to_fit(tmp_path: Path) -> None:
    rows = [
        f"{number};{day}.6.2026;{day + 10}.6.2026;Ostaja Oy;Työ;{number % 7 + 2};10,50;25,5"
        for number, day in ((2601, 13), (2602, 14), (2603, 15))
    ]
    path = csv(tmp_path / "laskut.csv", "Laskunumero;Laskupvm;Eräpvm;Asiakkaan nimi;Selite;Määrä;á-hinta;ALV %", *rows)
    answers = {
        "do not fit": "2331972-7",
        "The seller's name": "Oma Oy",
        "The seller's business id": "2331972-8",
        "IBAN": "FI21 1234 5600 0007 85",
        "Company or consumer": "1",
    }
    code, shown = typed(tmp_path, answers, "map", path)
    assert code == 0, shown
    assert "the check digits do not fit" in shown
    file = load_mapping(path.with_suffix(".yaml"), registry()).file
    assert file.invoice["seller.name"].constant == "Oma Oy"
    assert file.invoice["seller.business_id"].constant == "2331972-7"
    assert file.invoice["seller.payment_details.iban"].constant == "FI2112345600000785"
    assert file.invoice["buyer.entity_type"].constant == "BUSINESS"
    assert file.missing_reference == "fi"


def test_words_that_nobody_knows_are_asked_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ("2601;Lasku", "2602;Hyvityslasku", "2603;Kertalasku")
    path = csv(tmp_path / "laskut.csv", "Laskunumero;Laskulaji", *rows)
    text = plan_of(path)
    assert "\n  # ? type: {column: Laskulaji, transform: [lower], table: kinds}" in text
    assert "the words kertalasku are not known" in text
    _, said = answered(monkeypatch, tmp_path, "\n\ny\n\n\n\n\n1\n", "map", path)
    assert 'hat does "kertalasku" mean' in said, said
    text = path.with_suffix(".yaml").read_text("utf-8")
    assert "\n    kertalasku: INVOICE\n" in text, said


def test_a_date_that_can_be_read_in_two_ways_stays_a_question(tmp_path: Path) -> None:
    path = csv(tmp_path / "laskut.csv", "Laskunumero;Laskupvm", "1001;01/06/2026", "1002;02/06/2026", "1003;03/06/2026")
    text = plan_of(path)
    assert "\n  # ? dates: ['%d/%m/%Y']" in text
    assert "\n  # ? dates: ['%m/%d/%Y']" in text
    assert "\n  dates:" not in text


# -- what is written -------------------------------------------------------------------------------------------------------


def test_a_mapping_is_never_written_over_another_unless_that_is_asked_for(tmp_path: Path) -> None:
    path = csv(tmp_path / "laskut.csv", "Laskunumero;Eräpäivä", "1001;13.6.2026")
    mapping = tmp_path / "laskut.yaml"
    mapping.write_text("mine", "utf-8")
    code, said = run(tmp_path, "map", path)
    assert (code, mapping.read_text("utf-8")) == (2, "mine")
    assert "there is such a file already" in said
    run(tmp_path, "map", path, "--output", tmp_path / "toinen.yaml")
    assert (tmp_path / "toinen.yaml").exists()
    run(tmp_path, "map", path, "--replace")
    assert "Laskunumero" in mapping.read_text("utf-8")


def test_headers_that_yaml_would_misread_are_read_again_as_they_are(tmp_path: Path) -> None:
    rows = [[1001 + row, dt.date(2026, 6, 13), dt.date(2026, 7, 13), f"Ostaja {'abc'[row]}"] for row in range(3)]
    head = ["Lasku #", "Lasku: päivä", "*Eräpäivä", "Asiakkaan\nnimi"]
    path = saved(tmp_path / "x.xlsx", Laskut=[head, *rows])
    (tmp_path / "x.yaml").write_text(plan_of(path), "utf-8")
    with pytest.raises(MappingError) as refused:
        load_mapping(tmp_path / "x.yaml", registry())
    assert "this is not YAML" not in str(refused.value)
    assert "invoice.number" not in str(refused.value)
    assert "invoice.buyer.name" not in str(refused.value)


def test_a_block_with_open_lines_alone_is_no_mistake_and_they_are_pointed_at(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "Numero;Nimi;Summa", "1001;Ab Oy;10,50", "1002;Ef Oy;20,50", "1003;Gh Oy;7,25")
    code, said = run(tmp_path, "map", path)
    assert code == 1
    assert "nothing stands here" not in said
    assert re.search(r"rows: no row field is mapped: an invoice needs rows; line \d+ proposes it", said)


def test_columns_that_nothing_needs_are_listed_and_not_asked(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "Laskunumero;Tila;Kustannuspaikka", "1001;Avoin;10", "1002;Maksettu;20")
    text = plan_of(path)
    assert '\n# "Tila", "Kustannuspaikka"\n' in text


def test_a_list_of_invoices_received_is_told_as_such(tmp_path: Path) -> None:
    path = csv(tmp_path / "x.csv", "Toimittaja;Laskun numero;Y-tunnus", "Ab Oy;17;0112038-9", "Ef Oy;18;2331972-7")
    _, said = run(tmp_path, "map", path)
    assert "is this a list of invoices that you received?" in said
    assert "business_id: Y-tunnus" not in re.sub(r"# \?.*", "", path.with_suffix(".yaml").read_text("utf-8"))


# -- what a shipped mapping reads as it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_our_own_template_maps_by_itself(tmp_path: Path, language: Any) -> None:
    path = tmp_path / "pohja.xlsx"
    make(path, language)
    code, said = run(tmp_path, "map", path)
    assert code == 0, said
    assert load_mapping(path.with_suffix(".yaml"), registry()).file.extends == "template"


@pytest.mark.parametrize(("name", "file"), [("row-per-line", "invoices.csv"), ("excel-list-fi", "invoices.xlsx")])
def test_our_own_results_file_maps_by_itself(tmp_path: Path, name: str, file: str) -> None:
    source = tmp_path / file
    source.write_bytes((SAMPLES / name / file).read_bytes())
    code, said = run(tmp_path, "send", source)
    assert code == 0, said
    results = next(path for path in tmp_path.iterdir() if ".results" in path.name)
    code, said = run(tmp_path, "map", results)
    assert code == 0, said
    assert f"the shipped mapping {name} reads it as it is" in said
    mapping = next(tmp_path.glob("*.yaml"))
    assert "".join(mapping.read_text("utf-8").splitlines(keepends=True)[1:]) == (
        f"version: 1\nname: {results.stem}\nextends: {name}\n"
    )


def test_results_in_a_list_of_your_own_are_no_columns_of_an_invoice(finnish: Path, tmp_path: Path) -> None:
    book = load_workbook(finnish)
    for place, word in enumerate(("confirma_state", "confirma_message", "confirma_updated", "confirma_case_id"), 40):
        book["Myynti"].cell(3, place, word)
        book["Myynti"].cell(4, place, "2026-11-02")
    book.save(finnish)
    assert "confirma_" not in plan_of(finnish).removeprefix("# Made by `confirma map`")


def test_an_export_of_another_program_is_asked_for_what_it_does_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "xero.csv"
    source.write_bytes((SAMPLES / "xero" / "invoices.csv").read_bytes())
    answers = "Oma Oy\n2331972-7\nFI2112345600000785\n1\n"
    code, said = answered(monkeypatch, tmp_path, answers, "map", source)
    assert code == 0, said
    assert load_mapping(source.with_suffix(".yaml"), registry()).file.locale.dates == ("%d/%m/%Y",)
    _, said = run(tmp_path, "check", source, "--mapping", source.with_suffix(".yaml"))
    assert "ready: 2" in said, said


def test_a_mapping_whose_lines_are_open_passes_no_check_as_if_it_were_whole(tmp_path: Path) -> None:
    source = tmp_path / "xero.csv"
    source.write_bytes((SAMPLES / "xero" / "invoices.csv").read_bytes())
    assert run(tmp_path, "map", source)[0] == 1
    assert run(tmp_path, "check", source, "--mapping", source.with_suffix(".yaml"))[0] == 2


def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<own><a/></own>", "utf-8")
    code, said = run(tmp_path, "map", path)
    assert code == 2
    assert "is no list of rows and columns" in said
    assert not path.with_suffix(".yaml").exists()

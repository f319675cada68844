"""`confirma map` on prices with VAT, totals that come out, columns without a known word, and numbers that stand twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from mapped import registry

from confirma_connector.errors import MappingError
from confirma_connector.limits import Limits
from confirma_connector.mapping import load_mapping
from confirma_connector.proposing.plan import Line, Place, Plan, Question
from confirma_connector.proposing.proposer import Proposer
from confirma_connector.proposing.writing import mapping_text

HEAD = "Laskun nro;Laskupvm;Eräpäivä;Asiakkaan nimi;Selite"
SOLD = ((2, "49,90"), (3, "20,00"), (4, "75,50"), (5, "12,35"))
AS_IS, WITH_VAT = ("99,80", "60,00", "302,00", "61,75"), ("125,25", "75,30", "379,01", "77,50")


def listed(folder: Path, head: str, totals: Sequence[str] = (), numbers: Sequence[int] = (1, 2, 3, 4)) -> Proposer:
    """Write a list of sold things, with a total on each row where there are some."""
    lines = [f"{HEAD};{head}"]
    for at, (quantity, price) in enumerate(SOLD):
        known = f"260{numbers[at]};{numbers[at]}.6.2026;2{numbers[at]}.6.2026;Ostaja {'ABCD'[numbers[at] - 1]}"
        lines.append(";".join((f"{known};Työ {at}", str(quantity), price, "25,5", *totals[at : at + 1])))
    path = folder / "lista.csv"
    path.write_text("\n".join((*lines, "")), "utf-8")
    return Proposer(path, registry(), Limits())


def question(plan: Plan, *place: str) -> Question | None:
    return next((one for one in plan.questions if one.place == place), None)


def answered(proposer: Proposer, answers: Mapping[Place, int]) -> Plan:
    """Take for each place the line of that number."""
    taken: dict[Place, Line | None] = {}
    for place, number in answers.items():
        found = question(proposer.plan(taken), *place)
        assert found is not None, place
        taken[place] = found.lines[number]
    return proposer.plan(taken)


# -- prices with or without VAT ----------------------------------------------------------------------------------------


def test_a_total_with_vat_that_is_quantity_by_price_makes_the_prices_gross(tmp_path: Path) -> None:
    proposer = listed(tmp_path, "kpl;hinta;ALV %;yhteensä sis alv", AS_IS)
    asked = question(proposer.plan({}), "prices")
    assert asked is not None
    assert asked.is_asked
    assert [line.value for line in asked.lines] == ["gross", "net"]
    assert (
        '"kpl" × "hinta" = "yhteensä sis alv" in 4 of 4 rows; "yhteensä sis alv" is with VAT' in asked.lines[0].evidence
    )
    plan = answered(proposer, {("prices",): 0, ("rows", "quantity"): 0, ("rows", "unit_price"): 0})
    assert question(plan, "prices") is None
    assert "\nprices: gross  #" in mapping_text(plan, tmp_path / "lista.csv")


def test_a_net_column_beside_it_tells_that_a_total_of_no_word_is_with_vat(tmp_path: Path) -> None:
    nets = ("79,52", "47,81", "240,64", "49,20")
    both = [f"{gross};{net}" for gross, net in zip(AS_IS, nets, strict=True)]
    asked = question(listed(tmp_path, "kpl;hinta;ALV %;Yhteensä;Veroton yhteensä", both).plan({}), "prices")
    assert asked is not None
    assert asked.lines[0].value == "gross"


def test_a_price_whose_header_says_vat_is_gross_before_anything_else(tmp_path: Path) -> None:
    asked = question(listed(tmp_path, "kpl;Yksikköhinta sis. ALV;ALV %").plan({}), "prices")
    assert asked is not None
    assert asked.lines[0].value == "gross"
    assert asked.lines[0].evidence.endswith('the header "Yksikköhinta sis. ALV" says it')


@pytest.mark.parametrize(
    ("head", "totals"),
    [
        ("kpl;Yksikköhinta veroton;ALV %", ()),
        ("kpl;Yksikköhinta;ALV %;Veroton yhteensä", AS_IS),
        ("kpl;Yksikköhinta;ALV %;Yhteensä", WITH_VAT),
    ],
)
def test_prices_that_are_surely_without_vat_are_no_question(tmp_path: Path, head: str, totals: Sequence[str]) -> None:
    assert question(listed(tmp_path, head, totals).plan({}), "prices") is None


def test_where_nothing_tells_it_the_mapping_is_not_whole_before_somebody_does(tmp_path: Path) -> None:
    proposer = listed(tmp_path, "kpl;Yksikköhinta;ALV %")
    plan = answered(proposer, {("rows", "quantity"): 0, ("invoice", "currency_code"): 0})
    asked = question(plan, "prices")
    assert asked is not None
    assert asked.is_asked
    assert "prices" in plan.lacking[""]
    text = mapping_text(plan, tmp_path / "lista.csv").replace(
        "# ? seller.name: {constant: }", "seller.name: {constant: A}"
    )
    mapping = tmp_path / "lista.yaml"
    mapping.write_text(text, "utf-8")
    with pytest.raises(MappingError, match=r"say whether unit prices are net or gross; line [0-9]+ proposes it"):
        load_mapping(mapping, registry())
    mapping.write_text(text.replace("# ? prices: net", "prices: net"), "utf-8")
    assert load_mapping(mapping, registry()).file.prices == "net"


# -- totals that come out ------------------------------------------------------------------------------------------------


def test_a_total_that_comes_out_is_asked_for_since_check_compares_it(tmp_path: Path) -> None:
    plan = listed(tmp_path, "kpl;Yksikköhinta;ALV %;Yhteensä", WITH_VAT).plan({})
    asked = question(plan, "invoice", "amounts.gross_amount")
    assert asked is not None
    assert asked.is_asked
    assert '"kpl" × "Yksikköhinta" and the VAT on it make "Yhteensä" in 4 of 4 cases' in asked.lines[0].evidence


def test_a_total_of_several_rows_is_compared_with_their_sum(tmp_path: Path) -> None:
    path = tmp_path / "lista.csv"
    rows = [
        f"260{number};{number}.6.2026;2{number}.6.2026;Ostaja Oy;Työ;{number + row};10,00;25,5;{(2 * number + 3) * 10},00"
        for number in (1, 2, 3)
        for row in (1, 2)
    ]
    path.write_text("\n".join((f"{HEAD};kpl;Yksikköhinta;ALV %;Summa alv 0 %", *rows, "")), "utf-8")
    plan = Proposer(path, registry(), Limits()).plan({})
    asked = question(plan, "invoice", "amounts.net_amount")
    assert asked is not None
    assert asked.is_asked
    assert '"Summa alv 0 %" in 3 of 3 invoices' in asked.lines[0].evidence
    assert question(plan, "rows", "net_amount") is None


def test_a_quantity_is_no_candidate_for_an_amount_nor_an_amount_for_a_quantity(tmp_path: Path) -> None:
    for head, totals in (("Määrä;Yksikköhinta;ALV %", ()), ("Määrä;Hinta;ALV %;Kesto", AS_IS)):
        plan = listed(tmp_path, head, totals).plan({})
        fields = {line.column.header: set[str]() for one in plan.questions for line in one.lines if line.column}
        for one in plan.questions:
            for line in one.lines:
                if line.column is not None:
                    fields[line.column.header].add(one.place[-1])
        assert fields["Määrä"] == {"quantity"}, head
        assert "quantity" not in fields.get("Kesto", ())


# -- columns that are left over ------------------------------------------------------------------------------------------


def test_what_is_needed_and_has_no_word_is_asked_of_the_columns_that_are_left(tmp_path: Path) -> None:
    path = tmp_path / "lista.csv"
    rows = [
        f"260{at};{at}.6.2026;2{at}.6.2026;Väki {'ABCD'[at - 1]};Katu {at};0010{at};Kylä {'ABC'[at % 3]}"
        for at in (1, 2, 3, 4)
    ]
    path.write_text("\n".join(("Laskun nro;Laskupvm;Eräpäivä;Kohde A;Katu;Postinro;Kohde B", *rows, "")), "utf-8")
    plan = Proposer(path, registry(), Limits()).plan({})
    for field in ("buyer.name", "buyer.address.postal_district"):
        asked = question(plan, "invoice", field)
        assert asked is not None, field
        assert asked.is_asked
        assert {line.column.header for line in asked.lines if line.column} == {"Kohde A", "Kohde B"}
    text = mapping_text(plan, path)
    said = "the header says nothing of it; 4 of 4 values are texts; different ones: 4"
    assert f"\n  # ? buyer.name: Kohde A  # {said}" in text
    assert "the buyer's name (buyer.name): open above" in text
    assert "that nothing needs" not in text


def test_a_column_that_is_left_is_taken_where_a_person_says_so(tmp_path: Path) -> None:
    path = tmp_path / "lista.csv"
    rows = [f"{at}.6.2026;2{at}.6.2026;260{at}{'x' * (at % 2)};Väki {'ABCD'[at - 1]}" for at in (1, 2, 3, 4)]
    path.write_text("\n".join(("Laskupvm;Eräpäivä;Kohde A;Kohde B", *rows, "")), "utf-8")
    plan = answered(Proposer(path, registry(), Limits()), {("invoice", "number"): 0, ("invoice", "buyer.name"): 0})
    settled = {".".join(place): line.value for place, line in plan.settled().items()}
    assert settled["invoice.buyer.name"] == "Kohde B"
    assert plan.shape is not None
    assert plan.shape.evidence == "4 rows have an invoice number each, all different"


# -- a number on several rows --------------------------------------------------------------------------------------------


def test_a_number_on_rows_of_two_buyers_names_the_rows_and_what_yes_and_no_mean(tmp_path: Path) -> None:
    path = tmp_path / "lista.csv"
    rows = (
        "2601;1.6.2026;Aava Oy;5",
        "2602;1.6.2026;Beeta Oy;6",
        "2602;1.6.2026;Ceta Oy;7",
        "2604;1.6.2026;Delta Oy;8",
    )
    path.write_text("\n".join(("Laskun nro;Laskupvm;Asiakkaan nimi;Kpl", *rows, "")), "utf-8")
    asked = question(Proposer(path, registry(), Limits()).plan({}), "group_by")
    assert asked is not None
    said = asked.lines[0].evidence
    assert "the rows are line 3, line 4; yes: rows with the same number are one invoice; no: each row is" in said
    assert said.endswith("the buyers on these rows differ, so no is likelier")

"""What columns are named by `confirma map`: words apply, values and sums prove or contradict, nothing is guessed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.mapping import load_mapping, shipped
from confirma_connector.parsing import Locale
from confirma_connector.plugins import discover
from confirma_connector.proposing.arithmetic import roles
from confirma_connector.proposing.candidates import Named, meaning_of
from confirma_connector.proposing.evidence import Facts
from confirma_connector.proposing.found import Column
from confirma_connector.proposing.naming import Naming, naming
from confirma_connector.proposing.reading import reading
from confirma_connector.proposing.words import the_words
from confirma_connector.references import finnish

IDS = ("0112038-9", "2331972-7", "9111222-6", "9222333-1", "9333444-7", "9444555-2")
NAMES = ("Kukka Oy", "Metsä Ab", "Meri Mallikas", "Ossi Esimerkki", "Saha Ky", "Lumo Tmi")
DAY = dt.date(2026, 6, 13)

VALUES: Mapping[str, Sequence[str]] = {
    "number": [str(2601 + row) for row in range(6)],
    "date": [f"{DAY + dt.timedelta(days=row):%d.%m.%Y}" for row in range(6)],
    "due_date": [f"{DAY + dt.timedelta(days=row + 14):%d.%m.%Y}" for row in range(6)],
    "buyer.name": NAMES,
    "buyer.business_id": IDS,
    "buyer.customer_account_id": ["101", "102", "103", "104", "105", "106"],
    "buyer.address.street": [f"Katu {row}" for row in range(1, 7)],
    "buyer.address.postal_code": ["00100", "00120", "02100", "33100", "90100", "65100"],
    "buyer.address.postal_district": ["HELSINKI", "HELSINKI", "ESPOO", "TAMPERE", "OULU", "VAASA"],
    "buyer.contact.email": [f"lasku{row}@example.com" for row in range(6)],
    "buyer.electronic_invoice_account": [f"0037{one.replace('-', '')}" for one in IDS],
    "buyer.electronic_routing_address": [
        "003721291126",
        "NDEAFIHH",
        "003721291126",
        "OKOYFIHH",
        "003703575029",
        "NDEAFIHH",
    ],
    "references.payment": [finnish(str(2601 + row)) for row in range(6)],
    "currency_code": ["EUR"] * 6,
    "seller.name": ["Oma Oy"] * 6,
    "seller.business_id": ["9234567-0"] * 6,
    "seller.payment_details.iban": ["FI2112345600000785"] * 6,
    "rows.quantity": ["1", "6,5", "3", "85,25", "4", "5"],
    "rows.unit": ["kk", "h", "kpl", "m2", "m3", "kpl"],
    "rows.unit_price": ["420,00", "42,90", "65,50", "3,75", "98,00", "24,90"],
    "rows.vat_percentage": ["25,5", "25,5", "25,5", "25,5", "25,5", "13,5"],
    "rows.description": ["Hoito", "Haravointi", "Leikkaus", "Pesu", "Puut", "Kirja"],
    "distribution.method": ["Verkkolasku", "Kirje", "Sähköposti", "Kirje", "Kirje", "Verkkolasku"],
}
"""What stands in the columns of a list, by the field they are."""


def column(header: str, values: Sequence[str], place: int = 1) -> Column:
    return Column(header, place, tuple(values))


def named(columns: Mapping[str, Sequence[str]], **confirmed: int) -> Naming:
    made = [column(header, values, place) for place, (header, values) in enumerate(columns.items(), 1)]
    sums = roles(made, Locale(decimal=","))
    return naming([Named(Facts(one), meaning_of(one), sums.get(one.place, ())) for one in made], ",", confirmed)


def applied(found: Naming) -> dict[str, str]:
    return {one.column.header: one.field for one in found.applied}


def proposed(found: Naming, header: str) -> list[str]:
    return [one.field for one in found.proposed if one.column.header == header]


# -- words ---------------------------------------------------------------------------------------------------------------


def test_every_field_that_lists_have_is_known_by_a_word() -> None:
    flags = {name for name, kind in INVOICE_FIELDS.items() if kind == "flag"} | {"prices", "rows.prices"}
    fields = {*INVOICE_FIELDS, *(f"rows.{name}" for name in ROW_FIELDS)} - flags
    known = {the_words().meaning(word).exact for name in fields for word in the_words().of(name)}
    several = {name for word in ("Maksettu", "Avoinna", "Alennus") for name in the_words().meaning(word).may_be}
    assert fields - known - several == set()


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("LASKUN NRO:", "number"),
        ("*InvoiceNumber", "number"),
        ("invoice_no", "number"),
        ("Laskunumero / Fakturanummer", "number"),
        ("Asiakkaan\u00a0Y-tunnus", "buyer.business_id"),
        ("Kundens FO-nummer", "buyer.business_id"),
        ("Billing City", "buyer.address.postal_district"),
        ("Ship-to Postal Code", "delivery.address.postal_code"),
        ("à-hinta (EUR)", "rows.unit_price"),
        ("erapaiva", "due_date"),
        ("Moms-%", "rows.vat_percentage"),
    ],
)
def test_signs_spaces_and_letters_make_no_other_word(header: str, field: str) -> None:
    assert the_words().meaning(header).exact == field


@pytest.mark.parametrize(
    "header",
    [
        "Nimi",
        "Osoite",
        "Yhteensä",
        "Summa",
        "ALV",
        "Pvm",
        "Numero",
        "Asiakas",
        "Hinta",
        "Total",
        "Amount",
        "Name",
        "Date",
        "Address",
        "Tunnus",
        "Viite",
        "Myyjä",
        "Määrä",
        "Selite",
    ],
)
def test_a_word_with_several_meanings_is_never_exact(header: str) -> None:
    meaning = the_words().meaning(header)
    assert not meaning.exact
    assert meaning.may_be


def test_the_headings_of_our_own_mappings_are_known_words_of_their_fields() -> None:
    registry = discover([], [])
    for name in ("template", "excel-list-fi", "row-per-invoice", "row-per-line"):
        file = load_mapping(shipped()[name], registry).file
        for field, rule in [*file.invoice.items(), *((f"rows.{name}", rule) for name, rule in file.rows.items())]:
            for word in rule.sources():
                for header in file.columns[word]:
                    meaning = the_words().meaning(header)
                    assert field in (meaning.exact, *meaning.may_be), (name, header)


# -- values --------------------------------------------------------------------------------------------------------------


def test_a_header_alone_is_applied_with_what_its_values_say() -> None:
    found = named({"Laskunumero": VALUES["number"], "Asiakkaan Y-tunnus": VALUES["buyer.business_id"]})
    assert applied(found) == {"Laskunumero": "number", "Asiakkaan Y-tunnus": "buyer.business_id"}
    said = next(one.evidence for one in found.applied if one.field == "buyer.business_id")
    assert said == "the header is a word for it; 6 of 6 values are Finnish business ids with right check digits"


def test_no_evidence_holds_a_value() -> None:
    found = named(dict(VALUES) | {"Nimi": NAMES, "X": VALUES["buyer.contact.email"]})
    values = {value for name in ("buyer.name", "buyer.business_id", "buyer.contact.email") for value in VALUES[name]}
    assert not [one for one in (*found.applied, *found.proposed) if any(value in one.evidence for value in values)]


def test_a_word_whose_values_contradict_it_is_asked_with_the_contradiction() -> None:
    found = named({"Y-tunnus (asiakas)": VALUES["date"], "Asiakkaan Y-tunnus": VALUES["date"], "Eräpäivä": NAMES})
    assert not found.applied
    said = next(one.evidence for one in found.proposed if one.field == "due_date" and one.column.header == "Eräpäivä")
    assert "but only 0 of 6 values could be that" in said


def test_of_two_columns_with_a_word_for_the_same_neither_is_applied_and_both_are_named() -> None:
    found = named({"Laskunumero": VALUES["number"], "Laskun nro": VALUES["number"]})
    assert not found.applied
    said = [one.evidence for one in found.proposed if one.field == "number"]
    assert len(said) == 2
    assert all('several columns have a word for it: "Laskunumero", "Laskun nro"' in one for one in said)


def test_a_bare_business_id_is_the_buyers_where_it_differs_and_nothing_speaks_against_it() -> None:
    list_ = {"Laskunumero": VALUES["number"], "Asiakas": NAMES, "Y-tunnus": IDS}
    assert applied(named(list_))["Y-tunnus"] == "buyer.business_id"
    for other in (
        list_ | {"Y-tunnus": ["9234567-0"] * 6},  # the same on all rows: ours, or one customer's
        list_ | {"Toimittaja": NAMES},  # invoices from suppliers
        {"Asiakas": NAMES, "Y-tunnus": IDS},  # nothing says that these are invoices
        list_ | {"Y-tunnus": ["0112038-1", *IDS[:1] * 5]},
        {"Laskunumero": VALUES["number"], "Y-tunnus": IDS},
        list_ | {"FO-nummer": IDS},
    ):
        assert "Y-tunnus" not in applied(named(other)), list(other)


def test_columns_below_a_group_title_are_of_that_party() -> None:
    columns = [
        Column("Laskunumero", 1, tuple(VALUES["number"])),
        Column("Nimi", 2, NAMES, above="Asiakas"),
        Column("Postinumero", 3, tuple(VALUES["buyer.address.postal_code"]), above="Toimitus"),
    ]
    found = naming([Named(Facts(one), meaning_of(one)) for one in columns], ",", {})
    assert applied(found) == {
        "Laskunumero": "number",
        "Nimi": "buyer.name",
        "Postinumero": "delivery.address.postal_code",
    }


def test_a_seller_that_differs_is_not_applied() -> None:
    assert not named({"Myyjän Y-tunnus": IDS}).applied
    assert applied(named({"Myyjän Y-tunnus": ["9234567-0"] * 6})) == {"Myyjän Y-tunnus": "seller.business_id"}


def test_numbers_that_would_be_changed_are_asked() -> None:
    for values, rule in (
        (["INV-17", "INV-18", "INV-19"], {"prefixes": {"INV-": ""}}),
        (["000123", "000124", "000125"], {"transform": ["strip_zeros"]}),
        (["INV-17", "CN-17", "INV-18"], {"prefixes": {"CN-": "1", "INV-": "2"}}),
        (["2026/17", "2026/18", "2026/19"], {"transform": ["digits"]}),
    ):
        found = named({"Laskunumero": values})
        assert not found.applied
        assert found.proposed[0].rule == rule


@pytest.mark.parametrize(
    ("field", "values", "rule"),
    [
        ("rows.vat_percentage", ["25,5 %", "14 %"], {"transform": ["percent"]}),
        ("rows.vat_percentage", ["0,255", "0,255"], {"table": "vat_rates"}),
        ("buyer.business_id", ["FI01120389", "2331972-7"], {"transform": ["business_id"]}),
        ("buyer.business_id", ["01120389", "556036-0793"], {}),
        ("buyer.address.country_code", ["Suomi", "SE"], {"transform": ["country"]}),
        ("currency_code", ["eur", "SEK"], {"transform": ["upper"]}),
        ("currency_code", ["€", "€"], {"transform": ["lower"], "table": "currencies"}),
        ("rows.net_amount", ["12,50 €", "3,00 €"], {"split": {"at": "€", "take": "1"}, "transform": ["strip"]}),
        ("type", ["Lasku", "Hyvityslasku"], {"transform": ["lower"], "table": "kinds"}),
    ],
)
def test_values_are_read_as_they_are_spelled(field: str, values: list[str], rule: dict[str, object]) -> None:
    assert reading(field, Facts(column("X", values))).rule == rule


def test_sums_that_come_out_order_what_is_proposed() -> None:
    quantities, prices = [2, 3, 4, 5], [10.5, 20, 30.25, 7]
    nets = [one * two for one, two in zip(quantities, prices, strict=True)]
    vats = [round(net * 0.255 + 1e-9, 2) for net in nets]
    told = {
        "Sarake A": quantities,
        "Sarake B": prices,
        "Summa": [net + vat for net, vat in zip(nets, vats, strict=True)],
        "Netto": nets,
        "ALV": vats,
    }
    found = named({header: [f"{one:.2f}".replace(".", ",") for one in values] for header, values in told.items()})
    assert not found.applied
    assert proposed(found, "Summa")[0] == "amounts.gross_amount"
    assert set(proposed(found, "ALV")) >= {"rows.vat_amount"}
    assert "rows.quantity" in proposed(found, "Sarake A")
    said = next(
        one.evidence for one in found.proposed if one.field == "rows.net_amount" and one.column.header == "Netto"
    )
    assert '"Sarake A" × "Sarake B" = "Netto" in 4 of 4 rows' in said


def test_a_confirmed_column_is_taken_and_offered_to_nothing_else() -> None:
    list_ = {"Pvm": VALUES["date"], "Päiväys": VALUES["due_date"]}
    found = named(list_, date=1)
    assert [(one.field, one.column.header) for one in found.confirmed] == [("date", "Pvm")]
    assert not proposed(found, "Pvm")
    assert "date" not in proposed(found, "Päiväys")


# -- never a wrong one ---------------------------------------------------------------------------------------------------


@st.composite
def lists(draw: st.DrawFn) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    """A list of some columns in any order under any of their words, and what each is."""
    fields = draw(st.lists(st.sampled_from(sorted(VALUES)), min_size=3, unique=True))
    told, columns = {}, {}
    for field in fields:
        word = draw(st.sampled_from(the_words().of(field)))
        told[word] = field
        columns[word] = VALUES[field]
    return columns, told


@settings(max_examples=60, deadline=None)
@given(lists())
def test_in_any_order_and_under_any_words_no_column_is_named_wrongly(
    drawn: tuple[dict[str, Sequence[str]], dict[str, str]],
) -> None:
    columns, told = drawn
    found = applied(named(columns))
    assert all(told[header] == field for header, field in found.items())
    assert len(found) == len(columns)


_KINDS = ("date", "buyer.contact.email", "seller.payment_details.iban", "buyer.name", "currency_code")


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([*_KINDS, "buyer.business_id", "number", "rows.unit_price"]), st.sampled_from(_KINDS), st.data())
def test_a_word_over_values_of_another_kind_is_never_applied(field: str, values: str, data: st.DataObject) -> None:
    if field == values or (field == "buyer.name" and values == "currency_code"):
        return
    word = data.draw(st.sampled_from(the_words().of(field)))
    assert word not in applied(named({word: VALUES[values], "Laskun nro": VALUES["number"]})) or field == "number"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(sorted(VALUES)), min_size=2, unique=True), st.randoms())
def test_values_without_words_are_only_proposed(fields: list[str], random: object) -> None:
    found = named({f"Sarake {place}": VALUES[field] for place, field in enumerate(fields)})
    assert not found.applied


def test_a_list_of_hours_names_nothing_of_persons() -> None:
    list_: dict[str, Sequence[str]] = {
        "User": NAMES,
        "Email": VALUES["buyer.contact.email"],
        "Client": ["Asiakas Oy"] * 6,
        "Description": VALUES["rows.description"],
        "Start date": VALUES["date"],
        "Duration": ["01:30:00"] * 6,
    }
    assert not named(list_).applied


@pytest.mark.parametrize("header", ["Verkkolaskutunnus", "Asiakkaan verkkolaskutunnus"])
@pytest.mark.parametrize("values", [("003723319727", "372332000000", "3,72332E+11"), ("3,72332E+11",) * 3])
def test_a_column_whose_numbers_were_shortened_is_asked_with_the_damage(header: str, values: Sequence[str]) -> None:
    found = named({"Laskunumero": ["1", "2", "3"], "Asiakkaan nimi": NAMES[:3], header: values})
    (asked,) = [one for one in found.proposed if one.column.header == header]
    assert asked.field == "buyer.electronic_invoice_account"
    lost = sum(not value.startswith("0037") for value in values)
    assert f"but {lost} of 3 values are numbers that a spreadsheet has shortened" in asked.evidence
    assert header not in [column.header for column in found.unused]


def test_an_error_among_whole_values_leaves_its_column_settled() -> None:
    found = named({"Laskunumero": ["1", "2", "3"], "Asiakkaan Y-tunnus": [IDS[0], "#N/A", "#N/A"]})
    assert applied(found)["Asiakkaan Y-tunnus"] == "buyer.business_id"
    found = named({"Laskunumero": ["1", "2", "3"], "Asiakkaan Y-tunnus": ["#N/A"] * 3})
    assert proposed(found, "Asiakkaan Y-tunnus") == ["buyer.business_id"]

"""Invoices on which no rule speaks are known at one look: that look lets nothing pass on which one does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invoices import invoice

from confirma_connector.invoice import Invoice
from confirma_connector.rules import RULES, check
from confirma_connector.rules.plain import is_plain, is_plain_row, is_plain_seller

ODD: dict[str, list[Any]] = {
    "number": [0, 2_147_483_648],
    "type": ["CREDIT_NOTE"],
    "date": ["2012-12-31", "2026-02-01"],
    "due_date": [None, "2026-01-14"],
    "supply_date": [None, "2024-08-31", "2012-01-01"],
    "currency_code": ["eur", ""],
    "language_code": [None, "fi", " "],
    "references__payment": [None, "", " ", "1234562", "RF471234567890", "RF00", "123 4561"],
    "references__invoice_copy_url": ["", "ftp://x", "https://example.com/a"],
    "seller__business_id": [None, " ", "0112038-8", "01120389"],
    "seller__vat_code": [None, "", "FI01120388", "FI23319727", "SE1"],
    "seller__address": [None, {}],
    "seller__address__country_code": ["SE", "fi", "", "XX"],
    "seller__address__postal_code": ["0010", "", " "],
    "seller__contact": [{"email": "no"}, {"contact_person": {"email": "no"}}, {"email": "a@b.fi"}, {"phone": "1"}],
    "seller__payment_details__iban": [None, "", "FI21", "SE3550000000054910000003"],
    "seller__payment_details__bic": [None, "NDEA"],
    "buyer": [
        {"entity_type": "CONSUMER", "name": name, "contact": {"email": "a@b.fi"}} for name in ("Ab Ostaja ", "Virtanen")
    ],
    "buyer__entity_type": ["CONSUMER"],
    "buyer__name": ["Virtanen Matti", " Ab Ostaja "],
    "buyer__business_id": [None, "", "2331972-8", " 2331972-7"],
    "buyer__vat_code": ["FI23319727", "FI01120389", "", "12345678", "US1"],
    "buyer__personal_identity_number": ["131052-308T", "131052-3080"],
    "buyer__gln_number": ["6400001000001", "0", " "],
    "buyer__language_code": ["SV", "sv", ""],
    "buyer__electronic_invoice_account": ["003723319727", "0037", "0", " 0 ", "37233197", "", "laskut"],
    "buyer__electronic_routing_address": ["NDEAFIHH", "ndeafihh", "0", "", "NDEAFIHHXXX", "OPERATOR"],
    "buyer__address": [None, {}],
    "buyer__address__street": [None, " "],
    "buyer__address__postal_code": [None, "2100", "11455", " 02100"],
    "buyer__address__postal_district": [None, ""],
    "buyer__address__country_code": [None, "SE", "Fi", "ZZ"],
    "buyer__contact": [None, {"phone": "1"}, {"email": "a@b.fi", "contact_person": {"email": "no"}}],
    "buyer__contact__email": ["", "no", " laskut@example.com"],
    "recipient": [{"email": "no"}, {"electronic_routing_address": "0"}],
    "delivery": [{"address": {"country_code": "XX"}}],
    "attachments": [[{"url": "no"}]],
    "distribution__method": ["EMAIL", "EDI", "LETTER"],
    **{f"amounts__{name}_amount": ["0.01", "-0.001", "-5"] for name in ("rounding", "paid", "prepaid", "payable")},
    "amounts__gross_amount": ["-1.00", "125.505"],
    "amounts__net_amount": ["100.005"],
    "amounts__vat_amount": ["25.505"],
    "rows": [[]],
    "rows__0__description": [None, " ", ""],
    "rows__0__product_name": ["Tuote", " "],
    "rows__0__quantity": [None, "2.001", "3", "1E+3"],
    "rows__0__unit_price": [None, "50.001", "49.99", "49.99999"],
    "rows__0__discount_percentage": ["10", "0"],
    "rows__0__discount_amount": ["0.001", "10", "0"],
    "rows__0__vat_percentage": [None, "0", "24", "-25.5"],
    "rows__0__net_amount": ["100.01", "100.005", "99.98", "1E+2"],
    "rows__0__vat_amount": ["25.51", "25.52", "25.505", "25.48"],
    "rows__0__gross_amount": ["125.505", "1E+2"],
}


def asked_one_by_one(made: Invoice) -> list[tuple[str, str]]:
    """What every rule has to say, each asked by itself."""
    return [(rule.code, finding.field) for rule in RULES for finding in rule.findings(made)]


def told(made: Invoice) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in check(made)]


def is_all_plain(made: Invoice) -> bool:
    return is_plain(made) and is_plain_seller(made.seller) and all(map(is_plain_row, made.rows))


def test_the_plain_invoice_is_plain() -> None:
    assert is_all_plain(invoice())
    assert asked_one_by_one(invoice()) == []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_one_oddity_is_told_as_by_the_rules_one_by_one(name: str, value: Any) -> None:
    made = changed({name: value})
    assert told(made) == asked_one_by_one(made)


@pytest.mark.parametrize(
    "row",
    [
        {"quantity": "2.0001"},
        {"unit_price": "50.0001"},
        {"quantity": None, "unit_price": None, "net_amount": "100.06", "vat_amount": "25.50"},  # 25.5153
        {"quantity": None, "unit_price": None, "net_amount": "99.98", "vat_amount": "25.48"},  # 25.4949 is within 1.5
        {"quantity": None, "unit_price": None, "net_amount": "99.94", "vat_amount": "25.50"},  # 25.4847
    ],
)
def test_a_row_that_is_hardly_off_is_told_as_by_the_rules_one_by_one(row: dict[str, Any]) -> None:
    made = changed({f"rows__0__{name}": value for name, value in row.items()})
    assert told(made) == asked_one_by_one(made)
    assert bool(told(made)) is (row.get("net_amount") != "99.98")


@pytest.mark.parametrize("name", ["street", "postal_code", "postal_district", "country_code"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_letter_needs_its_whole_address(name: str, value: str | None) -> None:
    made = changed({"distribution__method": "LETTER", f"buyer__address__{name}": value})
    assert told(made) == asked_one_by_one(made) != []


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in ODD.items()}))
@settings(max_examples=150, deadline=None)
def test_what_passes_the_look_has_nothing_that_a_rule_speaks_on(changes: dict[str, Any]) -> None:
    made = changed(changes)
    assert told(made) == asked_one_by_one(made)


@pytest.mark.parametrize("method", ["EMAIL", "EDI", "LETTER"])
@pytest.mark.parametrize("account", [None, "003723319727"])
@pytest.mark.parametrize("operator", [None, "NDEAFIHH"])
@pytest.mark.parametrize("contact", [None, {"email": "a@b.fi"}])
def test_each_way_of_distribution_needs_its_address(
    method: str, account: str | None, operator: str | None, contact: Any
) -> None:
    made = invoice(
        distribution__method=method,
        buyer__electronic_invoice_account=account,
        buyer__electronic_routing_address=operator,
        buyer__contact=contact,
    )
    assert told(made) == asked_one_by_one(made)
    assert is_all_plain(made) is not bool(told(made))


def changed(changes: dict[str, Any]) -> Invoice:
    """The plain invoice with these changes, as far as there is a place for them."""
    whole = sorted(changes, key=lambda name: name.count("__"))
    kept = [name for name in whole if not any(name.startswith(f"{other}__") for other in whole)]
    return invoice(**{name: changes[name] for name in kept})

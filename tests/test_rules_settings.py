"""The rules as a whole: what is asked, how strictly, and how they report."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoices import invoice, vendors_example

from confirma_connector.rules import RULES, check, severities


def test_no_rule_speaks_on_a_plain_invoice() -> None:
    assert check(invoice()) == []


def test_the_rules_that_speak_on_the_vendors_own_example() -> None:
    spoken = [(problem.severity, problem.code, problem.field) for problem in check(vendors_example())]
    assert spoken == [
        ("warning", "E-VAT-NUMBER", "seller.vat_code"),
        ("warning", "E-VAT-NUMBER", "buyer.vat_code"),
        ("error", "E-IBAN", "seller.payment_details.iban"),
        ("error", "E-REFERENCE", "references.payment"),
    ]


def test_the_vendors_example_passes_when_its_checksums_are_not_asked() -> None:
    assert check(vendors_example(), {"vat-number": "off", "iban": "off", "reference": "off"}) == []


def test_a_problem_has_field_value_and_expectation_but_no_place() -> None:
    (problem,) = check(invoice(seller__payment_details__iban="FI2112345600000786"))
    assert (problem.code, problem.severity) == ("E-IBAN", "error")
    assert (problem.field, problem.value) == ("seller.payment_details.iban", "FI2112345600000786")
    assert problem.message.startswith("expected an IBAN")
    assert (problem.where, problem.header) == ("", "")


def test_every_rule_has_a_code_of_its_own_and_one_line_about_it() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"E-[A-Z]+(-[A-Z]+)*", rule.code)
        assert rule.severity in ("error", "warning")
        assert rule.summary.endswith(".")
        assert "\n" not in rule.summary


def test_only_what_would_bill_wrongly_is_fixed() -> None:
    assert {rule.code for rule in RULES if rule.fixed} == {"E-PAYABLE", "E-DECIMALS"}


@pytest.mark.parametrize(("severity", "expected"), [("warning", ["warning"]), ("error", ["error"]), ("off", [])])
def test_a_user_chooses_how_much_a_rule_weighs(severity: str, expected: list[str]) -> None:
    wrong = invoice(seller__payment_details__iban="FI2112345600000786")
    assert [problem.severity for problem in check(wrong, {"iban": severity})] == expected


@pytest.mark.parametrize("name", ["E-VAT-RATE", "e-vat-rate", "vat-rate", "VAT-Rate", " vat_rate "])
def test_a_rule_may_be_named_with_or_without_its_e_in_any_case(name: str) -> None:
    assert severities({name: "Error"}) == {"E-VAT-RATE": "error"}


def test_settings_that_were_checked_once_may_be_checked_again() -> None:
    once = severities({"iban": "off", "postal-code": "warning"})
    assert severities(once) == once


@pytest.mark.parametrize(
    ("name", "nearest"), [("ibann", "E-IBAN"), ("E-BUISNESS-ID", "E-BUSINESS-ID"), ("ovtt", "E-OVT")]
)
def test_an_unknown_rule_is_refused_naming_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match=f'no rule "{name}"\\. Did you mean "{nearest}"'):
        severities({name: "off"})


def test_a_rule_like_no_other_is_refused_naming_all() -> None:
    with pytest.raises(ValueError, match="The rules are E-NUMBER, "):
        severities({"qqqqqqqqqqqqq": "off"})


def test_an_unknown_severity_is_refused() -> None:
    with pytest.raises(ValueError, match='error, warning or off for rule E-IBAN, found "no"'):
        severities({"iban": "no"})


@pytest.mark.parametrize("severity", ["warning", "off"])
def test_a_fixed_rule_cannot_be_softened(severity: str) -> None:
    with pytest.raises(ValueError, match="E-PAYABLE is fixed"):
        severities({"payable": severity})
    with pytest.raises(ValueError, match="E-PAYABLE is fixed"):
        check(invoice(), {"payable": severity})


def test_a_fixed_rule_may_be_set_to_what_it_is() -> None:
    assert severities({"payable": "error"}) == {"E-PAYABLE": "error"}


def test_a_rule_set_twice_in_two_ways_is_refused() -> None:
    with pytest.raises(ValueError, match="E-IBAN is set twice"):
        severities({"iban": "off", "E-IBAN": "error"})


_TEXT_FIELDS = (
    "currency_code",
    "language_code",
    "references__payment",
    "references__invoice_copy_url",
    "seller__business_id",
    "seller__vat_code",
    "seller__payment_details__iban",
    "seller__payment_details__bic",
    "seller__address__country_code",
    "buyer__personal_identity_number",
    "buyer__business_id",
    "buyer__vat_code",
    "buyer__electronic_invoice_account",
    "buyer__electronic_routing_address",
    "buyer__gln_number",
    "buyer__address__postal_code",
    "buyer__address__country_code",
    "buyer__contact__email",
    "recipient__email",
    "rows__0__description",
)


@given(
    field=st.sampled_from(_TEXT_FIELDS),
    text=st.text(max_size=30) | st.from_regex(r"(FI|SE|RF|0037|EL|BE)?[0-9 \-–²٣]{1,20}\n?", fullmatch=True),
    method=st.sampled_from(["EMAIL", "EDI", "LETTER"]),
)
def test_no_text_breaks_a_rule(field: str, text: str, method: str) -> None:
    for problem in check(invoice(**{field: text}, distribution__method=method)):
        assert problem.field
        assert not problem.message.endswith(".")


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_no_number_breaks_a_rule(number: Decimal) -> None:
    columns = ("quantity", "unit_price", "vat_percentage", "net_amount", "discount_amount")
    check(invoice(**{f"rows__0__{column}": number for column in columns}, amounts__paid_amount=number))


@given(value=st.text(alphabet="ABCDEFGHIJ0123456789", min_size=6, max_size=20))
def test_the_expectation_never_repeats_the_value(value: str) -> None:
    wrong = invoice(seller__business_id=value, seller__payment_details__iban=value, references__payment=value)
    assert all(value not in problem.message for problem in check(wrong))

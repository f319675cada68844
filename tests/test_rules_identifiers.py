from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoices import invoice, spoken

from confirma_connector.rules import check

PARTIES = ("seller", "buyer", "recipient")
VALID_IDS = ["0112038-9", "112038-9", "01120389", "2331972-7", "2331972–7", " 2331972-7 ", "0646115-8", "", None]
INVALID_IDS = ["0112038-8", "112038-8", "0000000-0", "00000000", "1120389", "556016-0680", "2331972", "tilaus", "1-1"]


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("business_id", INVALID_IDS)
def test_a_business_id_with_wrong_check_digits_is_an_error(party: str, business_id: str) -> None:
    wrong = invoice(**{f"{party}__business_id": business_id})
    assert spoken("E-BUSINESS-ID", wrong) == [("error", f"{party}.business_id", business_id)]


@pytest.mark.parametrize("party", PARTIES)
@pytest.mark.parametrize("business_id", VALID_IDS)
def test_a_right_or_absent_business_id_is_let_be(party: str, business_id: str | None) -> None:
    assert spoken("E-BUSINESS-ID", invoice(**{f"{party}__business_id": business_id})) == []


@pytest.mark.parametrize("country", ["SE", "NO", "DE"])
def test_a_business_id_from_abroad_is_not_asked(country: str) -> None:
    abroad = invoice(buyer__business_id="556016-0680", buyer__address__country_code=country)
    assert spoken("E-BUSINESS-ID", abroad) == []


@pytest.mark.parametrize("country", ["FI", "fi", "AX", "", None])
def test_a_business_id_of_an_unknown_country_is_taken_as_finnish(country: str | None) -> None:
    wrong = invoice(buyer__business_id="556016-0680", buyer__address__country_code=country)
    assert spoken("E-BUSINESS-ID", wrong) == [("error", "buyer.business_id", "556016-0680")]
    assert spoken("E-BUSINESS-ID", invoice(buyer__business_id="556016-0680", buyer__address=None)) != []


@given(st.integers(1, 9_999_999))
def test_of_ten_check_digits_at_most_one_is_right(number: int) -> None:
    weighed = sum(int(digit) * weight for digit, weight in zip(f"{number:07d}", (7, 9, 10, 5, 8, 4, 2), strict=True))
    right = {0: "0", 1: ""}.get(weighed % 11, str(11 - weighed % 11))
    taken = [
        check_digit
        for check_digit in "0123456789"
        if not spoken("E-BUSINESS-ID", invoice(buyer__business_id=f"{number:07d}-{check_digit}"))
    ]
    assert taken == ([right] if right else [])


@pytest.mark.parametrize("business_id", [None, "", " "])
def test_a_seller_without_business_id_is_a_warning(business_id: str | None) -> None:
    assert spoken("E-SELLER-ID", invoice(seller__business_id=business_id)) == [("warning", "seller.business_id", "")]
    assert spoken("E-SELLER-ID", invoice(buyer__business_id=business_id)) == []


@pytest.mark.parametrize(
    "vat_code",
    ["FI01120388", "FI1234567", "FI00000000", "FI", "01120389", "0112038-9", "SE556016068002", "DE136695977"],
)
def test_a_wrong_vat_number_is_a_warning(vat_code: str) -> None:
    assert spoken("E-VAT-NUMBER", invoice(buyer__vat_code=vat_code)) == [("warning", "buyer.vat_code", vat_code)]


@pytest.mark.parametrize(
    "vat_code",
    ["FI23319727", "fi 2331972-7", "SE556016068001", "DE136695976", "EL094259216", "NO123456789MVA", "GB1", "", None],
)
def test_a_right_vat_number_or_one_that_cannot_be_checked_is_let_be(vat_code: str | None) -> None:
    assert spoken("E-VAT-NUMBER", invoice(buyer__vat_code=vat_code)) == []


def test_a_vat_number_without_its_country_is_let_be_abroad() -> None:
    abroad = invoice(buyer__vat_code="999888777MVA", buyer__address__country_code="NO", buyer__business_id="999888777")
    assert spoken("E-VAT-NUMBER", abroad) == []


def test_a_finnish_vat_number_has_the_digits_of_the_business_id() -> None:
    other = invoice(seller__vat_code="FI23319727")
    assert spoken("E-VAT-NUMBER", other) == [("warning", "seller.vat_code", "FI23319727")]
    old_form = invoice(seller__business_id="112038-9", seller__vat_code="FI01120389")
    assert spoken("E-VAT-NUMBER", old_form) == []
    without = invoice(seller__business_id=None, seller__vat_code="FI23319727")
    assert spoken("E-VAT-NUMBER", without) == []


def test_one_mistake_is_told_once() -> None:
    wrong = invoice(seller__business_id="0112038-8")
    assert [problem.code for problem in check(wrong)] == ["E-BUSINESS-ID"]


@pytest.mark.parametrize("number", ["131052-308U", "310252-308Y", "1310523088", "131052-308", "131052A908T"])
def test_a_wrong_personal_identity_code_is_a_warning_that_hides_it(number: str) -> None:
    (found,) = spoken("E-HETU", invoice(buyer__personal_identity_number=number))
    severity, field, value = found
    assert (severity, field) == ("warning", "buyer.personal_identity_number")
    assert set(value) <= {"*", "-"}
    assert len(value) == len(number)


@pytest.mark.parametrize("number", ["131052-308T", "131052a308t", "131052Y308T", "", None])
def test_a_right_personal_identity_code_is_let_be(number: str | None) -> None:
    assert spoken("E-HETU", invoice(buyer__personal_identity_number=number)) == []


@pytest.mark.parametrize("party", ["buyer", "recipient"])
def test_a_gln_has_thirteen_digits_and_its_check_digit(party: str) -> None:
    for wrong in ("6430000000008", "96385074", "643000000000", "gln"):
        asked = invoice(**{f"{party}__gln_number": wrong})
        assert spoken("E-GLN", asked) == [("warning", f"{party}.gln_number", wrong)]
    for right in ("6430000000009", "", None):
        assert spoken("E-GLN", invoice(**{f"{party}__gln_number": right})) == []


@pytest.mark.parametrize("party", ["buyer", "recipient"])
@pytest.mark.parametrize("ovt", ["003723319728", "0037233197", "003700000000", "003723319727123456", "003723319727 1"])
def test_a_wrong_ovt_is_a_warning(party: str, ovt: str) -> None:
    asked = invoice(**{f"{party}__electronic_invoice_account": ovt})
    assert spoken("E-OVT", asked) == [("warning", f"{party}.electronic_invoice_account", ovt)]


@pytest.mark.parametrize("party", ["buyer", "recipient"])
@pytest.mark.parametrize("number", ["372332000000", "3723319727", "37233197271", "372331972700001"])
def test_an_ovt_that_a_spreadsheet_kept_as_a_number_is_a_warning(party: str, number: str) -> None:
    asked = invoice(**{f"{party}__electronic_invoice_account": number})
    assert spoken("E-OVT", asked) == [("warning", f"{party}.electronic_invoice_account", number)]


@pytest.mark.parametrize("number", ["3700000000006", "3723319728", "37233197", "5561234567", "3723319727AB"])
def test_another_number_is_no_ovt_without_its_zeros(number: str) -> None:
    assert spoken("E-OVT", invoice(buyer__electronic_invoice_account=number)) == []


@pytest.mark.parametrize(
    "account", ["003723319727", "00372331972700001", "003723319727AB", "FI2112345600000785", "TE003723319728", "", None]
)
def test_a_right_ovt_and_any_other_account_is_let_be(account: str | None) -> None:
    assert spoken("E-OVT", invoice(buyer__electronic_invoice_account=account)) == []


@pytest.mark.parametrize("party", ["buyer", "recipient"])
@pytest.mark.parametrize("operator", ["MAVENTA", "NDEAFIHX", "003721291127", "NDEAFIHHABC"])
def test_an_unknown_operator_is_a_warning(party: str, operator: str) -> None:
    asked = invoice(**{f"{party}__electronic_routing_address": operator})
    assert spoken("E-OPERATOR", asked) == [("warning", f"{party}.electronic_routing_address", operator)]


@pytest.mark.parametrize(
    "operator", ["003721291126", "NDEAFIHH", "ndeafihh", "NDEAFIHHXXX", "INEXCHANGE", "E204503", ""]
)
def test_a_known_operator_is_let_be(operator: str) -> None:
    assert spoken("E-OPERATOR", invoice(buyer__electronic_routing_address=operator)) == []


_CONSUMER = {"buyer__entity_type": "CONSUMER", "buyer__business_id": None}


@pytest.mark.parametrize(
    "name",
    [
        *("Meri Oy", "MERI OYJ", "Saha Ky", "Metsä Ab", "Kerho ry", "Osuuskauppa Osk", "Lumo Tmi", "Meri Oy Ab"),
        *("Havet Ab Oy", "Oy Meri", "Tmi Lumo", "As Oy Katu 1", "Asunto Oy Katu 1", "Klubben rf", "Meri Oy. "),
    ],
)
def test_a_consumer_with_the_name_of_a_company_is_a_warning(name: str) -> None:
    asked = invoice(buyer__name=name, **_CONSUMER)
    assert spoken("E-COMPANY-NAME", asked) == [("warning", "buyer.name", name.strip())]


@pytest.mark.parametrize("name", ["Meri Mallikas", "Aboy", "Oy", "Ky Nieminen", "Roy", "Tabry Oyala"])
def test_a_consumer_with_the_name_of_a_person_is_let_be(name: str) -> None:
    assert spoken("E-COMPANY-NAME", invoice(buyer__name=name, **_CONSUMER)) == []


def test_a_company_name_says_nothing_where_the_buyer_is_known() -> None:
    assert spoken("E-COMPANY-NAME", invoice(buyer__name="Meri Oy", buyer__business_id=None)) == []
    assert spoken("E-COMPANY-NAME", invoice(buyer__name="Meri Oy", buyer__entity_type="CONSUMER")) == []
    known = invoice(buyer__name="Lumo Tmi", buyer__personal_identity_number="131052-308T", **_CONSUMER)
    assert spoken("E-COMPANY-NAME", known) == []

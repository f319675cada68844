from __future__ import annotations

from typing import Any

import pytest
from invoices import invoice, spoken

MEMBERS = ("street", "postal_code", "postal_district", "country_code")


def letter(**changes: Any) -> Any:
    return invoice(distribution__method="LETTER", **changes)


def test_a_letter_with_a_full_address_is_right() -> None:
    assert spoken("E-LETTER-ADDRESS", letter()) == []


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("blank", [None, "", " "])
def test_each_missing_member_of_a_letters_address_is_named(member: str, blank: str | None) -> None:
    wrong = letter(**{f"buyer__address__{member}": blank})
    assert spoken("E-LETTER-ADDRESS", wrong) == [("error", f"buyer.address.{member}", "")]


def test_a_letter_without_any_address_lacks_all_four() -> None:
    fields = [field for _, field, _ in spoken("E-LETTER-ADDRESS", letter(buyer__address=None))]
    assert fields == [f"buyer.address.{member}" for member in MEMBERS]


def test_a_recipient_with_an_address_gets_the_letter() -> None:
    wrong = letter(recipient={"address": {"street": "Postilokero 1", "country_code": "FI"}})
    assert [field for _, field, _ in spoken("E-LETTER-ADDRESS", wrong)] == [
        "recipient.address.postal_code",
        "recipient.address.postal_district",
    ]


@pytest.mark.parametrize("address", [None, {}, {"street": ""}, {"country_code": "FI", "country_name": "Suomi"}])
def test_a_recipient_with_no_more_than_a_country_leaves_the_letter_to_the_buyer(address: Any) -> None:
    assert spoken("E-LETTER-ADDRESS", letter(recipient={"address": address})) == []
    wrong = letter(recipient={"address": address}, buyer__address__street="")
    assert spoken("E-LETTER-ADDRESS", wrong) == [("error", "buyer.address.street", "")]


@pytest.mark.parametrize("method", ["EMAIL", "EDI"])
def test_only_a_letter_needs_a_postal_address(method: str) -> None:
    assert spoken("E-LETTER-ADDRESS", invoice(distribution__method=method, buyer__address=None)) == []


WRONG_CODES = [
    ("FI", "100"),
    ("FI", "0010O"),
    ("FI", "FI-00100"),
    ("FI", "001000"),
    ("FI", "٠٠١٠٠"),
    ("fi", "100"),
    ("AX", "2210"),
    ("SE", "1145"),
    ("SE", "11 455"),
    ("SE", "SE-114 55"),
    ("NO", "150"),
    ("NO", "01500"),
    ("DK", "DK-2100"),
]
RIGHT_CODES = [
    ("FI", "00100"),
    ("FI", "22100"),
    ("FI", " 00100 "),
    ("AX", "22100"),
    ("SE", "11455"),
    ("SE", "114 55"),
    ("NO", "0150"),
    ("DK", "2100"),
    ("DE", "D-1"),
    ("GB", "SW1A 1AA"),
    (None, "1"),
    ("FI", None),
    ("FI", ""),
]


@pytest.mark.parametrize(("country", "code"), WRONG_CODES)
def test_a_postal_code_that_does_not_fit_its_country_stops_a_letter(country: str, code: str) -> None:
    wrong = {"buyer__address__country_code": country, "buyer__address__postal_code": code}
    assert spoken("E-POSTAL-CODE", letter(**wrong)) == [("error", "buyer.address.postal_code", code)]


@pytest.mark.parametrize(("country", "code"), WRONG_CODES)
def test_the_same_code_is_only_a_warning_where_no_letter_goes(country: str, code: str) -> None:
    wrong = {"buyer__address__country_code": country, "buyer__address__postal_code": code}
    assert spoken("E-POSTAL-CODE", invoice(**wrong)) == [("warning", "buyer.address.postal_code", code)]


@pytest.mark.parametrize(("country", "code"), RIGHT_CODES)
def test_a_postal_code_that_fits_or_cannot_be_checked_is_let_be(country: str | None, code: str | None) -> None:
    right = letter(buyer__address__country_code=country, buyer__address__postal_code=code)
    assert spoken("E-POSTAL-CODE", right) == []


def test_a_letter_asks_firmly_only_for_the_address_it_goes_to() -> None:
    wrong = letter(
        seller__address__postal_code="1",
        buyer__address__postal_code="2",
        recipient={"address": {"street": "Tie", "postal_code": "3", "country_code": "FI"}},
        delivery={"address": {"postal_code": "4", "country_code": "SE"}},
    )
    assert spoken("E-POSTAL-CODE", wrong) == [
        ("warning", "seller.address.postal_code", "1"),
        ("warning", "buyer.address.postal_code", "2"),
        ("error", "recipient.address.postal_code", "3"),
        ("warning", "delivery.address.postal_code", "4"),
    ]


@pytest.mark.parametrize("contact", [None, {}, {"email": " "}, {"contact_person": {"email": "maija@example.com"}}])
def test_an_invoice_by_email_needs_an_address_to_go_to(contact: Any) -> None:
    assert spoken("E-EMAIL-MISSING", invoice(buyer__contact=contact)) == [("error", "buyer.contact.email", "")]
    elsewhere = invoice(buyer__contact=contact, recipient={"email": "laskut@example.com"})
    assert spoken("E-EMAIL-MISSING", elsewhere) == []
    assert spoken("E-EMAIL-MISSING", letter(buyer__contact=contact)) == []


def test_an_einvoice_needs_address_and_operator_of_one_party() -> None:
    account, operator = "electronic_invoice_account", "electronic_routing_address"
    edi: dict[str, Any] = {"distribution__method": "EDI"}
    assert [field for _, field, _ in spoken("E-EDI-ADDRESS", invoice(**edi))] == [
        f"buyer.{account}",
        f"buyer.{operator}",
    ]
    half = invoice(**edi, buyer__electronic_invoice_account="003723319727")
    assert spoken("E-EDI-ADDRESS", half) == [("error", f"buyer.{operator}", "")]
    split = invoice(
        **edi, buyer__electronic_invoice_account="003723319727", recipient={operator: "003721291126", account: ""}
    )
    assert spoken("E-EDI-ADDRESS", split) == [("error", f"recipient.{account}", "")]


@pytest.mark.parametrize("party", ["buyer", "recipient"])
def test_an_einvoice_with_address_and_operator_is_right(party: str) -> None:
    right = {
        f"{party}__electronic_invoice_account": "003723319727",
        f"{party}__electronic_routing_address": "003721291126",
    }
    assert spoken("E-EDI-ADDRESS", invoice(distribution__method="EDI", **right)) == []
    assert spoken("E-EDI-ADDRESS", invoice()) == []


def test_the_zero_that_a_lookup_gives_for_an_empty_cell_is_no_address() -> None:
    account, operator = "electronic_invoice_account", "electronic_routing_address"
    wrong = invoice(distribution__method="EDI", **{f"buyer__{account}": "0", f"buyer__{operator}": "0"})
    assert spoken("E-EDI-ADDRESS", wrong) == [
        ("error", f"buyer.{account}", ""),
        ("error", f"buyer.{operator}", ""),
    ]


@pytest.mark.parametrize("party", ["buyer", "recipient"])
@pytest.mark.parametrize("account", ["0", "", None])
def test_an_operator_without_an_address_is_a_warning_where_the_invoice_goes_another_way(
    party: str, account: str | None
) -> None:
    account_field, operator = f"{party}__electronic_invoice_account", f"{party}__electronic_routing_address"
    asked = invoice(**{account_field: account, operator: "003721291126"})
    assert spoken("E-OPERATOR-ALONE", asked) == [("warning", f"{party}.electronic_invoice_account", account or "")]


def test_an_operator_beside_an_address_or_of_no_use_is_let_be() -> None:
    account, operator = "buyer__electronic_invoice_account", "buyer__electronic_routing_address"
    assert spoken("E-OPERATOR-ALONE", invoice(**{account: "003723319727", operator: "003721291126"})) == []
    assert spoken("E-OPERATOR-ALONE", invoice(**{operator: "0"})) == []
    assert spoken("E-OPERATOR-ALONE", invoice(distribution__method="EDI", **{operator: "003721291126"})) == []

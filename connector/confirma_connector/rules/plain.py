"""Invoices as most are, and their rows: what is looked at once, so that no rule has to be asked of them.

Every look here is narrower than the rules: what it lets pass has nothing that one of them speaks on; of what it does
not, they are asked. A rule that is to speak on more has to be thought of here as well; its tests fail until it is.
"""

from __future__ import annotations

from decimal import Decimal

from confirma_connector import references
from confirma_connector.invoice import Amounts, Buyer, Invoice, PartyAddress, Row, Seller
from confirma_connector.rules.codes import COUNTRIES, CURRENCIES, LANGUAGES, OPERATORS
from confirma_connector.rules.distribution import expected_postal_code
from confirma_connector.rules.documents import LARGEST
from confirma_connector.rules.identifiers import business_id_digits, expected_ovt, expected_vat_number, is_of_company
from confirma_connector.rules.payments import bic_is_valid, iban_is_valid
from confirma_connector.rules.places import is_finnish
from confirma_connector.rules.spelling import is_email
from confirma_connector.rules.vat import finnish_rates

__all__ = ["is_plain", "is_plain_row", "is_plain_seller"]

_CENT, _NO_CENTS, _LESS_A_CENT = Decimal("0.01"), Decimal("0.00"), Decimal("-0.01")
_LEAST_OFF, _MOST_OFF = Decimal("-1.49"), Decimal("1.49")  # hundredths: the rule bears 1.5
_HUNDRED = Decimal(100)
_in_cents = _CENT.same_quantum


def is_plain(invoice: Invoice) -> bool:
    """Tell that no rule speaks on anything of *invoice* but its rows, if they and its seller are plain.

    It is an INVOICE to the buyer, with a due date and a Finnish reference, and nothing of it is paid.
    """
    due, others = invoice.due_date, invoice.references
    return (
        invoice.type == "INVOICE"
        and 0 < invoice.number <= LARGEST
        and due is not None
        and due >= invoice.date
        and invoice.recipient is None
        and invoice.delivery is None
        and not invoice.attachments
        and others.invoice_copy_url is None
        and others.payment is not None
        and invoice.currency_code in CURRENCIES
        and (invoice.language_code is None or invoice.language_code in LANGUAGES)
        and _is_whole(invoice.amounts)
        and _has_known_rates(invoice)
        and _is_reached(invoice.buyer, invoice.distribution.method)
        and references.is_finnish(others.payment)
    )


def _is_whole(amounts: Amounts) -> bool:
    """Tell that nothing is paid, rounded or negative in a total."""
    return (
        not amounts.rounding_amount
        and not amounts.paid_amount
        and not amounts.prepaid_amount
        and amounts.payable_amount is None
        and amounts.gross_amount >= 0
        and _in_cents(amounts.gross_amount)
        and _in_cents(amounts.net_amount)
        and _in_cents(amounts.vat_amount)
    )


def _has_known_rates(invoice: Invoice) -> bool:
    known = finnish_rates(invoice.supply_date or invoice.date)
    rates = [row.vat_percentage for row in invoice.rows]
    return bool(known and rates) and all(map(known.__contains__, rates))


def _is_reached(buyer: Buyer, method: str) -> bool:
    """Tell that a buyer can be reached, and that what stands there of it is right."""
    account, operator, contact, address = (
        buyer.electronic_invoice_account,
        buyer.electronic_routing_address,
        buyer.contact,
        buyer.address,
    )
    if buyer.personal_identity_number or buyer.gln_number:
        return False
    if buyer.entity_type == "CONSUMER" and is_of_company(buyer.name.strip()):
        return False
    if buyer.language_code is not None and buyer.language_code not in LANGUAGES:
        return False
    if account is not None and (account in ("0", "") or account != account.strip() or expected_ovt(account)):
        return False
    if operator is not None and (account is None or operator not in OPERATORS):
        return False
    if contact is not None and (contact.contact_person is not None or not is_email(contact.email or "")):
        return False
    if address is not None and not _is_plain_address(address):
        return False
    if method == "EDI":
        is_reached = account is not None and operator is not None
    else:
        is_reached = (contact if method == "EMAIL" else address) is not None
    return is_reached and _is_known(buyer.business_id, buyer.vat_code, buyer)


def _is_known(business_id: str | None, vat_code: str | None, party: Buyer | Seller) -> bool:
    """Tell that a party's numbers fit; what is blank is none."""
    if business_id is not None and not business_id_digits(business_id):
        return False
    return vat_code is None or not expected_vat_number(vat_code, business_id or "", finnish=is_finnish(party))


def _is_plain_address(address: PartyAddress) -> bool:
    """Tell that a letter arrives there."""
    code, country, street, place = (
        address.postal_code,
        address.country_code,
        address.street,
        address.postal_district,
    )
    return bool(
        (code and country and street and place)
        and country in COUNTRIES
        and not (code.isspace() or street.isspace() or place.isspace())
        and not expected_postal_code(code, country)
    )


def is_plain_seller(seller: Seller) -> bool:
    """Tell that no rule speaks on a seller with a Finnish business id."""
    details, contact = seller.payment_details, seller.contact
    return (
        (seller.address is None or _is_plain_address(seller.address))
        and (contact is None or (contact.contact_person is None and (not contact.email or is_email(contact.email))))
        and seller.business_id is not None
        and _is_known(seller.business_id, seller.vat_code, seller)
        and (details is None or details.iban is None or iban_is_valid(details.iban))
        and (details is None or details.bic is None or bic_is_valid(details.bic))
    )


def is_plain_row(row: Row) -> bool:
    """Tell that no rule speaks on *row*: then those with `beside_rows` need not be asked.

    It has a text, a rate above zero and no discount; its amounts are written in cents, its price and quantity no finer;
    price and VAT fit its amounts.
    """
    net, vat, rate, price, quantity = (
        row.net_amount,
        row.vat_amount,
        row.vat_percentage,
        row.unit_price,
        row.quantity,
    )
    text = row.description or row.product_name
    if not (text and rate and text.strip()) or row.discount_amount or row.discount_percentage:
        return False
    if not (_in_cents(net) and _in_cents(vat) and _in_cents(row.gross_amount)):
        return False
    if not _LEAST_OFF <= net * rate - vat * _HUNDRED <= _MOST_OFF:
        return False
    if price is None or quantity is None:
        return price is None and quantity is None
    return _in_cents(price + quantity + _NO_CENTS) and _LESS_A_CENT <= quantity * price - net <= _CENT

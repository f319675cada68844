"""The invoice as Confirma's schema has it, in our words: frozen, closed, money in Decimal.

Field names are the wire names in snake_case (`contract.yaml` holds the wire names themselves). Amounts are in the
invoice's currency with two decimals; dates are calendar dates; identifiers are text with their zeros.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import field
from decimal import Decimal
from typing import Literal

from confirma_connector.parts import Part, part

__all__ = [
    "Address",
    "Amounts",
    "Attachment",
    "Buyer",
    "Contact",
    "ContactPerson",
    "Delivery",
    "Distribution",
    "Invoice",
    "PartyAddress",
    "PaymentDetails",
    "Processing",
    "Recipient",
    "References",
    "Row",
    "Seller",
]


@part
class Processing(Part):
    """What the service does besides distributing: for Invoice Intermediation nothing."""

    payment_control_enabled: bool = False
    manual_approval_enabled: bool = False
    accounting_invoice_enabled: bool = False
    show_product_code_enabled: bool | None = None


@part
class Distribution(Part):
    """How the invoice reaches its recipient."""

    method: Literal["EMAIL", "EDI", "LETTER"]
    enabled: bool = True


@part
class References(Part):
    """References of both sides; `payment` is the Finnish or RF reference the buyer pays with."""

    sales: str | None = None
    buyer: str | None = None
    agreement: str | None = None
    payment: str | None = None
    order_number: str | None = None
    order_date: dt.date | None = None
    electronic_payment_code: str | None = None
    credited_invoice_number: int | None = None
    invoice_copy_url: str | None = None


@part
class PartyAddress(Part):
    """A postal address of one line of street; country as ISO 3166-1 alpha-2."""

    street: str | None = None
    postal_code: str | None = None
    postal_district: str | None = None
    country_code: str | None = None
    country_name: str | None = None


@part
class Address(PartyAddress):
    """A postal address of up to three lines."""

    street2: str | None = None
    street3: str | None = None


@part
class ContactPerson(Part):
    """A named person at a party."""

    name: str | None = None
    email: str | None = None


@part
class Contact(Part):
    """How a party is reached."""

    contact_person: ContactPerson | None = None
    email: str | None = None
    phone: str | None = None


@part
class PaymentDetails(Part):
    """Where the buyer pays to: the creditor's own account."""

    iban: str | None = None
    bic: str | None = None
    bankgiro: str | None = None
    postgiro: str | None = None


@part
class Seller(Part):
    """The creditor."""

    business_id: str | None = None
    name: str
    vat_code: str | None = None
    address: PartyAddress | None = None
    contact: Contact | None = None
    payment_details: PaymentDetails | None = None


@part
class Recipient(Part):
    """Who gets the invoice, when it is not the buyer."""

    name: str | None = None
    business_id: str | None = None
    vat_code: str | None = None
    electronic_invoice_account: str | None = None
    electronic_routing_address: str | None = None
    gln_number: str | None = None
    email: str | None = None
    language_code: str | None = None
    address: Address | None = None


@part
class Buyer(Part):
    """Who bought, and usually who gets the invoice."""

    entity_type: Literal["BUSINESS", "CONSUMER"]
    name: str
    customer_account_id: str | None = None
    personal_identity_number: str | None = field(default=None, repr=False)
    business_id: str | None = None
    vat_code: str | None = None
    electronic_invoice_account: str | None = None
    electronic_routing_address: str | None = None
    gln_number: str | None = None
    language_code: str | None = None
    disable_collection: bool | None = None
    address: Address | None = None
    contact: Contact | None = None


@part
class Delivery(Part):
    """Where the goods went."""

    name: str | None = None
    address: Address | None = None


@part
class Row(Part):
    """One invoice row. `net_amount` is authoritative; quantity and unit price may have more than two decimals."""

    row_number: str | None = None
    product_code: str | None = None
    product_name: str | None = None
    description: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    unit_price: Decimal | None = None
    discount_percentage: Decimal | None = None
    discount_amount: Decimal | None = None
    vat_percentage: Decimal | None = None
    vat_code: str | None = None
    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal


@part
class Amounts(Part):
    """Totals. `rounding_amount` is what the total differs from the sum of its rows."""

    net_amount: Decimal
    vat_amount: Decimal
    gross_amount: Decimal
    rounding_amount: Decimal | None = None
    paid_amount: Decimal | None = None
    prepaid_amount: Decimal | None = None
    payable_amount: Decimal | None = None


@part
class Attachment(Part):
    """A PDF, as base64 or by URL."""

    file_name: str | None = None
    content_type: str = "application/pdf"
    data: str | None = field(default=None, repr=False)
    url: str | None = None


@part
class Invoice(Part):
    """One invoice, complete and typed, ready for the rules and for the wire."""

    number: int
    type: Literal["INVOICE", "CREDIT_NOTE"] = "INVOICE"
    date: dt.date
    due_date: dt.date | None = None
    supply_date: dt.date | None = None
    description: str | None = None
    additional_information: str | None = None
    currency_code: str
    language_code: str | None = None
    references: References = References()
    seller: Seller
    buyer: Buyer
    recipient: Recipient | None = None
    delivery: Delivery | None = None
    rows: tuple[Row, ...] = ()
    amounts: Amounts
    attachments: tuple[Attachment, ...] = ()
    processing: Processing = Processing()
    distribution: Distribution

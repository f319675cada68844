"""What a field is called in people's words: the part of the invoice it is in, and its name there."""

from __future__ import annotations

from collections.abc import Mapping

from confirma_connector.language import mark, tr

__all__ = ["name_of", "section_of"]

_SECTIONS: Mapping[str, str] = {
    "": mark("Invoice"),
    "references": mark("References"),
    "seller": mark("Seller"),
    "buyer": mark("Buyer"),
    "recipient": mark("Recipient"),
    "delivery": mark("Delivery address"),
    "rows": mark("Rows"),
    "amounts": mark("Totals"),
    "attachments": mark("Attachments"),
    "processing": mark("Processing"),
    "distribution": mark("Distribution"),
}

_NAMES: Mapping[str, str] = {
    "number": mark("Invoice number"),
    "type": mark("Type"),
    "date": mark("Invoice date"),
    "due_date": mark("Due date"),
    "supply_date": mark("Supply date"),
    "description": mark("Description"),
    "additional_information": mark("Additional information"),
    "currency_code": mark("Currency"),
    "language_code": mark("Language"),
    "prices": mark("Unit prices are"),
    "references.sales": mark("Seller's reference"),
    "references.buyer": mark("Buyer's reference"),
    "references.agreement": mark("Agreement"),
    "references.payment": mark("Payment reference"),
    "references.order_number": mark("Order number"),
    "references.order_date": mark("Order date"),
    "references.electronic_payment_code": mark("Electronic payment code"),
    "references.credited_invoice_number": mark("Credits invoice"),
    "references.invoice_copy_url": mark("Address of a copy"),
    "business_id": mark("Business id"),
    "name": mark("Name"),
    "vat_code": mark("VAT number"),
    "street": mark("Street address"),
    "street2": mark("Street address, line 2"),
    "street3": mark("Street address, line 3"),
    "postal_code": mark("Postal code"),
    "postal_district": mark("Post office (city)"),
    "country_code": mark("Country code"),
    "country_name": mark("Country"),
    "contact_person.name": mark("Contact person"),
    "contact_person.email": mark("E-mail of the contact person"),
    "email": mark("E-mail"),
    "phone": mark("Phone"),
    "iban": mark("IBAN"),
    "bic": mark("BIC"),
    "bankgiro": mark("Bankgiro"),
    "postgiro": mark("Postgiro"),
    "entity_type": mark("Company or consumer"),
    "customer_account_id": mark("Customer number"),
    "personal_identity_number": mark("Personal identity number"),
    "electronic_invoice_account": mark("E-invoice address"),
    "electronic_routing_address": mark("Operator of the e-invoice address"),
    "gln_number": mark("GLN"),
    "disable_collection": mark("No collection"),
    "row_number": mark("Row number"),
    "product_code": mark("Product code"),
    "product_name": mark("Product"),
    "quantity": mark("Quantity"),
    "unit": mark("Unit"),
    "unit_price": mark("Unit price"),
    "discount_percentage": mark("Discount %"),
    "discount_amount": mark("Discount"),
    "vat_percentage": mark("VAT %"),
    "rows.vat_code": mark("VAT code"),
    "net_amount": mark("Net"),
    "vat_amount": mark("VAT"),
    "gross_amount": mark("Gross"),
    "rounding_amount": mark("Rounding"),
    "paid_amount": mark("Paid"),
    "prepaid_amount": mark("Paid in advance"),
    "payable_amount": mark("To be paid"),
    "payment_control_enabled": mark("Payment control"),
    "manual_approval_enabled": mark("Approval by hand"),
    "accounting_invoice_enabled": mark("For accounting"),
    "show_product_code_enabled": mark("Show product codes"),
    "method": mark("Way of distribution"),
    "enabled": mark("Distributed"),
    "attachments.file": mark("File"),
    "attachments.url": mark("Address"),
}
"""By the end of the field's own name: the longest that fits."""


def section_of(field: str) -> str:
    """Give the part of the invoice that *field* ("buyer.address.street", "rows.quantity") is in."""
    section = field.partition(".")[0]
    return tr(_SECTIONS[section if "." in field else ""])


def name_of(field: str) -> str:
    """Give the name of *field* within that part."""
    parts = field.split(".")
    names = (".".join(parts[start:]) for start in range(len(parts)))
    return next((tr(_NAMES[name]) for name in names if name in _NAMES), field)

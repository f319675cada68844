"""What fields are called by people who have never seen a mapping."""

from __future__ import annotations

from collections.abc import Mapping

from confirma_connector.language import mark, tr

__all__ = ["called"]

_CALLED: Mapping[str, str] = {
    "number": mark("the invoice number"),
    "type": mark("invoice or credit note"),
    "date": mark("the invoice date"),
    "due_date": mark("the due date"),
    "supply_date": mark("the supply date"),
    "description": mark("the description of the invoice"),
    "additional_information": mark("the additional information"),
    "currency_code": mark("the currency"),
    "language_code": mark("the language of the invoice"),
    "references.sales": mark("the seller's reference"),
    "references.buyer": mark("the buyer's reference"),
    "references.agreement": mark("the agreement number"),
    "references.payment": mark("the payment reference"),
    "references.order_number": mark("the order number"),
    "references.order_date": mark("the order date"),
    "references.credited_invoice_number": mark("the number of the invoice that is credited"),
    "seller.name": mark("the seller's name"),
    "seller.business_id": mark("the seller's business id"),
    "seller.vat_code": mark("the seller's VAT number"),
    "seller.payment_details.iban": mark("the seller's account number (IBAN)"),
    "seller.payment_details.bic": mark("the BIC of the seller's bank"),
    "buyer.name": mark("the buyer's name"),
    "buyer.entity_type": mark("company or consumer"),
    "buyer.customer_account_id": mark("the customer number"),
    "buyer.business_id": mark("the buyer's business id"),
    "buyer.vat_code": mark("the buyer's VAT number"),
    "buyer.electronic_invoice_account": mark("the buyer's e-invoice address"),
    "buyer.electronic_routing_address": mark("the operator of the e-invoice address"),
    "buyer.address.street": mark("the buyer's street address"),
    "buyer.address.postal_code": mark("the buyer's postal code"),
    "buyer.address.postal_district": mark("the buyer's post office (city)"),
    "buyer.address.country_code": mark("the buyer's country"),
    "buyer.contact.email": mark("the buyer's e-mail address"),
    "distribution.method": mark("the way of distribution"),
    "amounts.net_amount": mark("the total of the invoice without VAT"),
    "amounts.vat_amount": mark("the VAT of the invoice"),
    "amounts.gross_amount": mark("the total of the invoice with VAT"),
    "rows.product_code": mark("the product code"),
    "rows.product_name": mark("the product's name"),
    "rows.description": mark("the text of the row"),
    "rows.quantity": mark("the quantity"),
    "rows.unit": mark("the unit"),
    "rows.unit_price": mark("the unit price"),
    "rows.discount_percentage": mark("the discount in per cent"),
    "rows.vat_percentage": mark("the VAT rate"),
    "rows.vat_code": mark("the VAT code"),
    "rows.net_amount": mark("the row's amount without VAT"),
    "rows.vat_amount": mark("the row's VAT"),
    "rows.gross_amount": mark("the row's amount with VAT"),
    "source.sheet": mark("the sheet with the invoices"),
    "source.hidden": mark("what becomes of hidden rows"),
    "source.encoding": mark("the encoding of the file"),
    "source.delimiter": mark("what stands between the columns"),
    "source.header_row": mark("the row with the headers"),
    "locale.decimal": mark("the decimal mark"),
    "locale.dates": mark("how dates are spelled"),
    "group_by": mark("which rows make one invoice"),
    "fill_down": mark("blank cells that mean the same as above"),
    "first_in_group": mark("columns of which the first row of an invoice counts"),
    "scattered": mark("rows of one invoice that stand apart"),
    "prices": mark("unit prices with or without VAT"),
    "missing_reference": mark("a payment reference made of the invoice number"),
    "skip": mark("rows that are no invoice rows"),
    "extends": mark("the shipped mapping that fits"),
}


_WHOSE: Mapping[str, str] = {
    "seller": mark("of the seller"),
    "buyer": mark("of the buyer"),
    "delivery": mark("of the delivery"),
    "recipient": mark("of the recipient"),
}
_WHAT: Mapping[str, str] = {
    "name": mark("name"),
    "business_id": mark("business id"),
    "vat_code": mark("VAT number"),
    "electronic_invoice_account": mark("e-invoice address"),
    "electronic_routing_address": mark("operator"),
    "gln_number": mark("GLN"),
    "street": mark("street address"),
    "street2": mark("second line of the address"),
    "street3": mark("third line of the address"),
    "postal_code": mark("postal code"),
    "postal_district": mark("post office (city)"),
    "country_code": mark("country"),
    "country_name": mark("name of the country"),
    "email": mark("e-mail address"),
    "phone": mark("phone number"),
    "language_code": mark("language"),
}


def called(name: str) -> str:
    """Give the words of a field; its own name where it has none: such a field is never asked for."""
    if name in _CALLED:
        return tr(_CALLED[name])
    whose, what = _WHOSE.get(name.partition(".")[0], ""), _WHAT.get(name.rpartition(".")[2], "")
    return tr("{what} {whose}", what=tr(what), whose=tr(whose)) if whose and what else name

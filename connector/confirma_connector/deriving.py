"""How a field came about that stands in no column: made, worked out, or the same for every invoice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confirma_connector.language import mark, tr
from confirma_connector.mapper import Filled
from confirma_connector.mapping import LoadedMapping

__all__ = ["derived", "worked_out"]

_METHODS: Mapping[str, str] = {
    "EDI": mark("there is an e-invoice address"),
    "EMAIL": mark("there is an e-mail address, and no e-invoice address"),
    "LETTER": mark("there is neither an e-invoice address nor an e-mail address"),
}
_MADE: Mapping[str, str] = {
    "type": mark("nothing says otherwise: an ordinary invoice"),
    "buyer.entity_type": mark("a company, as there is a business id or a VAT number"),
    "amounts.net_amount": mark("worked out: the sum of the rows"),
    "amounts.vat_amount": mark("worked out: the sum of the rows"),
    "amounts.gross_amount": mark("worked out: net + VAT"),
    "amounts.rounding_amount": mark("worked out: the total less the rows"),
}


def derived(name: str, value: Any, mapping: LoadedMapping) -> str:
    """Say how a field of the invoice came about that no column and no constant gives."""
    if name == "references.payment":
        return tr("made from the invoice number, {line}", line=mapping.line_of("missing_reference"))
    if name == "distribution.method":
        return tr(_METHODS[value]) if value in _METHODS else ""
    if name == "amounts.vat_amount" and mapping.file.vat == "per_rate":
        return tr("worked out: net × VAT rate, rounded once a rate")
    return tr(_MADE[name]) if name in _MADE else tr("the same for every invoice")


def worked_out(name: str, filled: Filled, mapping: LoadedMapping) -> str:
    """Say how an amount of the rows was worked out from what the first of them gives."""
    row: Mapping[str, Any] = filled.rows[0] if filled.rows else {}
    is_gross = (row.get("prices") or filled.fields.get("prices") or mapping.file.prices) == "gross"
    priced = tr("quantity × unit price")
    if "discount_percentage" in row or "discount_amount" in row:
        priced = tr("quantity × unit price, less the discount")
    has_net, has_vat, has_gross = (part in row for part in ("net_amount", "vat_amount", "gross_amount"))
    is_priced_gross = is_gross and not has_net and not has_gross
    if name == "vat_amount":
        is_difference = has_gross or is_priced_gross
        how = tr("gross − net") if is_difference else tr("net × VAT rate")
    elif name == "gross_amount":
        how = priced if is_priced_gross else tr("net + VAT")
    elif has_gross or is_priced_gross:
        how = tr("gross − VAT") if has_vat else tr("gross less the VAT in it")
    else:
        how = priced
    return tr("worked out: {how}", how=how)

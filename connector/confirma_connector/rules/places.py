"""Where in an invoice things of one kind stand, each with its field path. Blank text counts as absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from confirma_connector.invoice import Address, Buyer, Invoice, PartyAddress, Recipient, Row, Seller
from confirma_connector.language import number, tr
from confirma_connector.rules.rule import Finding

__all__ = [
    "addresses",
    "country",
    "finds_once",
    "given",
    "is_finnish",
    "parties",
    "postal_target",
    "receivers",
    "spelled",
]

Party = Seller | Buyer | Recipient
Receiver = Buyer | Recipient

_FINNISH = frozenset({"", "FI", "AX"})


def given(text: str | None) -> str:
    """Give *text* without outer space; "" when it is absent or blank."""
    return text.strip() if text else ""


def parties(invoice: Invoice) -> tuple[tuple[str, Party], ...]:
    """Give the parties that have identifiers."""
    if invoice.recipient is None:
        return (("seller", invoice.seller), ("buyer", invoice.buyer))
    return (("seller", invoice.seller), ("buyer", invoice.buyer), ("recipient", invoice.recipient))


def receivers(invoice: Invoice) -> tuple[tuple[str, Receiver], ...]:
    """Give the parties to whom the invoice may be delivered."""
    if invoice.recipient is None:
        return (("buyer", invoice.buyer),)
    return (("buyer", invoice.buyer), ("recipient", invoice.recipient))


def addresses(invoice: Invoice) -> list[tuple[str, PartyAddress]]:
    """Give every postal address of the invoice."""
    found: list[tuple[str, PartyAddress]] = []
    if (of_seller := invoice.seller.address) is not None:
        found.append(("seller.address", of_seller))
    if (of_buyer := invoice.buyer.address) is not None:
        found.append(("buyer.address", of_buyer))
    if (recipient := invoice.recipient) is not None and recipient.address is not None:
        found.append(("recipient.address", recipient.address))
    if (delivery := invoice.delivery) is not None and delivery.address is not None:
        found.append(("delivery.address", delivery.address))
    return found


def postal_target(invoice: Invoice) -> tuple[str, Address]:
    """Give the address that a letter goes to: the recipient's if it has one, else the buyer's.

    A recipient whose address names no more than a country has none.
    """
    recipient = invoice.recipient.address if invoice.recipient is not None else None
    if recipient is not None and any(
        given(text)
        for text in (
            recipient.street,
            recipient.street2,
            recipient.street3,
            recipient.postal_code,
            recipient.postal_district,
        )
    ):
        return "recipient.address", recipient
    return "buyer.address", invoice.buyer.address or _NOWHERE


_NOWHERE = Address()


def country(party: Party) -> str:
    """Give the country code of the party's address in capitals; "" when it is unknown."""
    return given(party.address.country_code).upper() if party.address is not None else ""


def is_finnish(party: Party) -> bool:
    """Say whether Finnish identifiers are expected: in Finland and Åland, and where the country is unknown."""
    return country(party) in _FINNISH


def spelled(amount: Decimal) -> str:
    """Give a number as text, without exponent and without zeros that say nothing."""
    text = f"{amount:f}"
    return number(Decimal(text.rstrip("0").rstrip(".") if "." in text else text))


def finds_once(
    rows: tuple[Row, ...], column: str, message: str, speaks: Callable[[Row], object], **values: object
) -> Iterable[Finding]:
    """Give one finding for all rows on which *speaks* holds: at the first of them, saying how many there are.

    *message* is one of the catalogues, with its *values*.
    """
    if not any(map(speaks, rows)):
        return ()
    found = [index for index, row in enumerate(rows) if speaks(row)]
    value = getattr(rows[found[0]], column)
    so_often = tr(" (so on {count} rows)", count=len(found)) if len(found) > 1 else ""
    text = spelled(value) if isinstance(value, Decimal) else given(value)
    return (Finding(f"rows[{found[0]}].{column}", tr(message, **values) + so_often, text),)

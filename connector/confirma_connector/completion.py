"""From typed fields to a whole `Invoice`: what follows from other fields is filled in, what is missing is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from confirma_connector import references
from confirma_connector.assembling import Held, assembled, given_in, row, usual_row
from confirma_connector.attachments import attachment
from confirma_connector.fields import CHOICES, NOT_SENT, REQUIRED
from confirma_connector.invoice import Amounts, Attachment, Invoice, Row
from confirma_connector.language import either, number, tr
from confirma_connector.mistakes import sentence
from confirma_connector.money import MoneyError, Prices, Vat, complete_row, complete_totals, negated
from confirma_connector.parts import members

__all__ = ["Completion", "Obstacle"]

_AMOUNTS = tuple((f"amounts.{name}", name) for name in members(Amounts))
_TELLING_THE_ENTITY = ("buyer.entity_type", "buyer.business_id", "buyer.vat_code")
_MAKERS: Mapping[str, Callable[[str], str]] = {
    "fi": references.finnish,
    "rf": lambda digits: references.rf(references.finnish(digits)),
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a field keeps its invoice from being one."""

    code: str
    field: str
    message: str


@dataclass
class Completion:
    """One attempt to make an invoice of *fields* (dotted name → typed value) and *rows*; obstacles are collected.

    *unreadable* are the fields that had a value which could not be read: there is no invoice then, but what else is
    wrong is found all the same.
    """

    fields: dict[str, Any]
    rows: Sequence[Held]
    prices: Prices = "net"
    vat: Vat = "per_row"
    missing_reference: Literal["fi", "rf"] | None = None
    attachments: Path | None = None
    credit_sign: str = "negative"
    unreadable: frozenset[str] = frozenset()
    obstacles: list[Obstacle] = field(default_factory=list)

    def invoice(self) -> Invoice | None:
        """Give the invoice, or None and `obstacles`."""
        self._require()
        self._fill_type()
        self._fill_entity_type()
        if "distribution.method" not in self.fields:
            self.fields["distribution.method"] = _method(self.fields)
        self._fill_reference()
        has_files = "attachments.file" in self.fields or "attachments.url" in self.fields
        files = tuple(self._files()) if has_files else ()
        rows = self._rows()
        if self.obstacles or self.unreadable:
            return None
        given = {own: self.fields[name] for name, own in _AMOUNTS if name in self.fields}
        try:
            amounts = complete_totals(rows, given, self.vat)
            whole = assembled(self.fields, rows, amounts, files)
        except MoneyError as error:
            self._object(error.code, error.field, str(error))
            return None
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_input=False):
                name = _spelled(detail["loc"])
                self._object("E-VALUE", name, _expected(name, sentence(detail)))
            return None
        return _signed(whole, self.credit_sign)

    def _object(self, code: str, name: str, message: str) -> None:
        self.obstacles.append(Obstacle(code, name, message))

    def _require(self) -> None:
        for name in REQUIRED:
            if name not in self.fields and name not in self.unreadable:
                self._object("E-MISSING", name, tr("is empty, and every invoice needs it"))

    def _fill_type(self) -> None:
        kind = self.fields.setdefault("type", "INVOICE")
        if kind in NOT_SENT:
            self._object("E-TYPE", "type", tr("{kind} is not sent: {reason}", kind=kind, reason=tr(NOT_SENT[kind])))
        elif kind not in CHOICES["type"]:
            self._object("E-TYPE", "type", _expected("type", ""))

    def _fill_entity_type(self) -> None:
        if "buyer.entity_type" in self.fields or not self.unreadable.isdisjoint(_TELLING_THE_ENTITY):
            return
        if self.fields.get("buyer.business_id") or self.fields.get("buyer.vat_code"):
            self.fields["buyer.entity_type"] = "BUSINESS"
        else:
            self._object(
                "E-ENTITY-TYPE",
                "buyer.entity_type",
                tr(
                    "a buyer without business id or VAT number is a company or a consumer: the mapping has to say which"
                ),
            )

    def _fill_reference(self) -> None:
        is_missing = "references.payment" not in self.fields and "references.payment" not in self.unreadable
        if self.missing_reference and is_missing and "number" in self.fields:
            try:
                self.fields["references.payment"] = _MAKERS[self.missing_reference](str(self.fields["number"]))
            except ValueError as error:
                self._object("E-REFERENCE", "references.payment", str(error))

    def _files(self) -> Iterator[Attachment]:
        if name := self.fields.get("attachments.file"):
            try:
                yield attachment(self.attachments, name)
            except ValueError as error:
                self._object("E-ATTACHMENT", "attachments.file", str(error))
        if url := self.fields.get("attachments.url"):
            yield Attachment(url=url)

    def _rows(self) -> tuple[Row, ...]:
        prices = self.fields.get("prices") or self.prices
        is_clear = not self.unreadable and prices in CHOICES["prices"]
        made = [
            (usual_row(held) if is_clear else None) or self._row(index, held, prices)
            for index, held in enumerate(self.rows)
        ]
        return tuple(filter(None, made))

    def _row(self, index: int, held: Held, prices: str) -> Row | None:
        given = given_in(held)
        if any(name.startswith(f"rows[{index}].") for name in self.unreadable):
            return None
        rate: Decimal | None = given.get("vat_percentage")
        if rate and rate.adjusted() < 0:  # more than nothing, and less than one
            self._object("E-VAT-FRACTION", f"rows[{index}].vat_percentage", _two_readings(rate))
            return None
        try:
            return row(held, complete_row(given, _prices(given.get("prices") or prices)))
        except MoneyError as error:
            self._object(error.code, f"rows[{index}].{error.field}", str(error))
            return None


def _prices(said: str) -> Prices:
    """Say whether the unit price of a row is net or gross. Raises MoneyError for another word."""
    if said == "net":
        return "net"
    if said == "gross":
        return "gross"
    raise MoneyError("E-VALUE", "prices", _expected("prices", ""))


def _two_readings(rate: Decimal) -> str:
    return tr(
        "can be read as {found} % or {counted} %: write the rate in per cent, or give the cell a percent format",
        found=number(rate),
        counted=number((rate * 100).normalize()),
    )


def _spelled(place: tuple[str | int, ...]) -> str:
    """Spell a member's place as fields are named: rows[2].description."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")


def _expected(name: str, otherwise: str) -> str:
    if name not in CHOICES:
        return otherwise
    return tr("expected {choices}; a table: in the mapping can translate other words", choices=either(CHOICES[name]))


def _method(fields: Mapping[str, Any]) -> str:
    """Give the way an invoice goes when the source does not say: e-invoice, else e-mail, else letter."""
    if fields.get("recipient.electronic_invoice_account") or fields.get("buyer.electronic_invoice_account"):
        return "EDI"
    return "EMAIL" if fields.get("recipient.email") or fields.get("buyer.contact.email") else "LETTER"


def _signed(invoice: Invoice, credit_sign: str) -> Invoice:
    """Give a credit note the sign that the contract says, whatever the sign in its source."""
    gross = invoice.amounts.gross_amount
    if invoice.type != "CREDIT_NOTE" or not (gross > 0 if credit_sign == "negative" else gross < 0):
        return invoice
    rows = tuple(replace(row, **_turned(row, "quantity")) for row in invoice.rows)
    return replace(invoice, rows=rows, amounts=replace(invoice.amounts, **_turned(invoice.amounts)))


def _turned(part: Row | Amounts, *also: str) -> dict[str, Any]:
    names = [name for name in members(type(part)) if name.endswith("_amount") or name in also]
    return {name: negated(value) for name in names if (value := getattr(part, name)) is not None}

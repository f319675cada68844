"""A script that checks a file with pandas and pydantic: types, patterns, check digits, the sums of each invoice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

__all__ = ["run"]

DATES = ["Pvm", "Eräpvm", "Toimituspvm"]
AMOUNTS = ["Määrä", "à-hinta", "ALV %", "Veroton", "ALV", "Lasku yhteensä"]
CENT = Decimal("0.01")

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Line(BaseModel):
    """One row."""

    product: Text = Field(alias="Tuote")
    name: Text = Field(alias="Nimike")
    description: str = Field(alias="Selite")
    quantity: Decimal = Field(alias="Määrä")
    unit: Text = Field(alias="Yks")
    price: Decimal = Field(alias="à-hinta")
    rate: Decimal = Field(alias="ALV %")
    net: Decimal = Field(alias="Veroton")
    vat: Decimal = Field(alias="ALV")

    @model_validator(mode="after")
    def _adds_up(self) -> Line:
        if abs(self.quantity * self.price - self.net) > CENT or abs(self.net * self.rate / 100 - self.vat) > CENT:
            raise ValueError("the row does not add up")
        return self


class Invoice(BaseModel):
    """One invoice with its rows."""

    number: int = Field(alias="Laskunro")
    issued: date = Field(alias="Pvm")
    due: date = Field(alias="Eräpvm")
    supplied: date = Field(alias="Toimituspvm")
    reference: str = Field(alias="Viitenumero", pattern=r"^\d{4,20}$")
    currency: str = Field(alias="Valuutta", pattern=r"^[A-Z]{3}$")
    language: str = Field(alias="Kieli", pattern=r"^[A-Z]{2}$")
    method: Literal["Verkkolasku", "Sähköposti", "Kirje"] = Field(alias="Toimitustapa")
    customer: Text = Field(alias="Asiakasnro")
    name: Text = Field(alias="Asiakas")
    business_id: str = Field(alias="Y-tunnus", pattern=r"^\d{7}-\d$")
    street: Text = Field(alias="Katuosoite")
    postal_code: str = Field(alias="Postinro", pattern=r"^\d{5}$")
    district: Text = Field(alias="Toimipaikka")
    country: str = Field(alias="Maa", pattern=r"^[A-Z]{2}$")
    email: str = Field(alias="Sähköposti", pattern=r"^[^@\s]+@[^@\s]+\.[a-z]+$")
    address: Text = Field(alias="Verkkolaskuosoite")
    operator: Text = Field(alias="Välittäjä")
    total: Decimal = Field(alias="Lasku yhteensä")
    lines: list[Line]

    @field_validator("business_id")
    @classmethod
    def _business_id(cls, text: str) -> str:
        rest = sum(int(digit) * weight for digit, weight in zip(text, (7, 9, 10, 5, 8, 4, 2), strict=False)) % 11
        if rest == 1 or int(text[-1]) != (11 - rest if rest else 0):
            raise ValueError("wrong check digit")
        return text

    @field_validator("reference")
    @classmethod
    def _reference(cls, text: str) -> str:
        weighted = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(text[:-1])))
        if int(text[-1]) != -weighted % 10:
            raise ValueError("wrong check digit")
        return text

    @model_validator(mode="after")
    def _adds_up(self) -> Invoice:
        if self.due < self.issued:
            raise ValueError("due before its date")
        if sum((line.net + line.vat for line in self.lines), Decimal(0)) != self.total:
            raise ValueError("the rows do not add up to the total")
        return self


def invoices(source: str) -> Iterator[dict[str, Any]]:
    """Give the invoices of a file as pydantic wants them: whole columns made ready by pandas, then cut into groups."""
    frame = pd.read_csv(source, sep=";", dtype=str, keep_default_na=False)
    for name in DATES:
        frame[name] = pd.to_datetime(frame[name], format="%d.%m.%Y").dt.date
    for name in AMOUNTS:
        frame[name] = frame[name].str.replace(" ", "", regex=False).str.replace(",", ".", regex=False)
    for _, group in groupby(frame.to_dict("records"), itemgetter("Laskunro")):
        rows = list(group)
        yield {**rows[0], "lines": rows}


def run(source: str) -> dict[str, int]:
    """Check a file; count what is right and what is wrong."""
    ready = invalid = 0
    for given in invoices(source):
        try:
            Invoice.model_validate(given)
            ready += 1
        except ValidationError as error:
            print(given["Laskunro"], re.sub(r"\s+", " ", str(error)))
            invalid += 1
    return {"ready": ready, "invalid": invalid}

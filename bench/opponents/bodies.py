"""Request bodies made from a text file by a few lines of Python, for the tools that only move them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

__all__ = ["HEADERS", "PATH", "bodies", "body"]

PATH = "/api/v1/partner/invoice"
HEADERS = {"X-Api-Key": "a-key-for-the-bench", "Accept": "application/json"}
METHODS = {"Verkkolasku": "EDI", "Sähköposti": "EMAIL", "Kirje": "LETTER"}
SELLER = {
    "name": "Esimerkki Oy",
    "businessId": "0112038-9",
    "paymentDetails": {"iban": "FI2112345600000785", "bic": "NDEAFIHH"},
}


def bodies(source: str) -> Iterator[dict[str, Any]]:
    """Give a body for each invoice of a file."""
    with Path(source).open(encoding="utf-8", newline="") as file:
        for _, rows in groupby(csv.DictReader(file, delimiter=";"), itemgetter("Laskunro")):
            yield body(list(rows))


def body(rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Give the body of the invoice that stands in these rows."""
    first = rows[0]
    lines = [
        {
            "rowNumber": number,
            "productCode": row["Tuote"],
            "productName": row["Nimike"],
            "description": row["Selite"],
            "quantity": _number(row["Määrä"]),
            "unit": row["Yks"],
            "unitPrice": _number(row["à-hinta"]),
            "vatPercentage": _number(row["ALV %"]),
            "netAmount": _number(row["Veroton"]),
            "vatAmount": _number(row["ALV"]),
        }
        for number, row in enumerate(rows, 1)
    ]
    return {
        "processing": {"paymentControlEnabled": False},
        "distribution": {"method": METHODS[first["Toimitustapa"]], "enabled": True},
        "invoice": {
            "header": {
                "number": int(first["Laskunro"]),
                "type": "INVOICE",
                "date": _date(first["Pvm"]),
                "dueDate": _date(first["Eräpvm"]),
                "currencyCode": first["Valuutta"],
                "languageCode": first["Kieli"],
            },
            "references": {
                "payment": first["Viitenumero"],
                "orderNumber": first["Tilausnro"],
                "agreement": first["Viitteemme"],
            },
            "parties": {
                "sellerParty": SELLER,
                "buyerParty": {
                    "name": first["Asiakas"],
                    "customerAccountId": first["Asiakasnro"],
                    "businessId": first["Y-tunnus"],
                    "electronicInvoiceAccount": first["Verkkolaskuosoite"],
                    "electronicRoutingAddress": first["Välittäjä"],
                    "address": {
                        "street": first["Katuosoite"],
                        "postalCode": first["Postinro"],
                        "postalDistrict": first["Toimipaikka"],
                        "countryCode": first["Maa"],
                    },
                    "contact": {"email": first["Sähköposti"]},
                },
            },
            "rows": lines,
            "amounts": {"grossAmount": _number(first["Lasku yhteensä"])},
        },
    }


def _number(text: str) -> float:
    return float(text.replace(" ", "").replace(",", "."))


def _date(text: str) -> str:
    return datetime.strptime(text, "%d.%m.%Y").date().isoformat()

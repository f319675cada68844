"""Finnish-looking invoices in files of any size: the same seed makes the same bytes.

python -m bench.making csv 100000 invoices.csv      (rows; five to an invoice)
python -m bench.making xlsx 50000 invoices.xlsx
python -m bench.making finvoice 1000 invoices.xml   (invoices)
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

__all__ = ["HEADERS", "MAPPING", "Line", "lines", "write_csv", "write_finvoice", "write_xlsx"]

ROWS_PER_INVOICE = 5
FIRST_NUMBER = 100_001
BEGIN = date(2026, 10, 26)
_CENT = Decimal("0.01")
_RATES = (Decimal("25.5"), Decimal("13.5"), Decimal(10))
_WORDS = (
    "Huoltotyö",
    "Ikkunanpesu",
    "Lämmityspolttoöljy",
    "Matkakulut",
    "Kärrykuorma soraa",
    "Tilintarkastus",
    "Vuokra",
)
_UNITS = ("h", "kpl", "l", "km", "kk")
_STREETS = ("Mäkitie", "Rantakatu", "Pitkäkatu", "Koulutie", "Länsiväylä", "Åkervägen")
_PLACES = (("00100", "HELSINKI"), ("33100", "TAMPERE"), ("20100", "TURKU"), ("65100", "VAASA"), ("90100", "OULU"))
_NAMES = ("Korhonen", "Mäkinen", "Lindström", "Åberg", "Hämäläinen", "Öhman", "Niemi")
_OPERATORS = ("NDEAFIHH", "OKOYFIHH", "DABAFIHH", "HELSFIHH")

HEADERS = (
    *("Laskunro", "Pvm", "Eräpvm", "Toimituspvm", "Viitenumero", "Valuutta", "Kieli", "Toimitustapa"),
    *("Asiakasnro", "Asiakas", "Y-tunnus", "Katuosoite", "Postinro", "Toimipaikka", "Maa", "Sähköposti"),
    *("Verkkolaskuosoite", "Välittäjä", "Tilausnro", "Viitteemme", "Tuote", "Nimike", "Selite", "Määrä", "Yks"),
    *("à-hinta", "ALV %", "Veroton", "ALV", "Lasku yhteensä"),
)
"""Thirty columns, as exports of accounting programs have them."""

MAPPING = """\
version: 1
name: bench
adapter: {adapter}
locale: {{decimal: ",", thousands: [" "], dates: ["%d.%m.%Y"]}}
group_by: Laskunro
invoice:
  number: Laskunro
  date: Pvm
  due_date: Eräpvm
  supply_date: Toimituspvm
  currency_code: Valuutta
  language_code: Kieli
  distribution.method: {{column: Toimitustapa, table: methods}}
  references.payment: {{column: Viitenumero, transform: [reference]}}
  references.order_number: Tilausnro
  references.agreement: Viitteemme
  seller.name: {{constant: Esimerkki Oy}}
  seller.business_id: {{constant: 0112038-9}}
  seller.payment_details.iban: {{constant: FI2112345600000785}}
  seller.payment_details.bic: {{constant: NDEAFIHH}}
  buyer.customer_account_id: Asiakasnro
  buyer.name: Asiakas
  buyer.business_id: {{column: Y-tunnus, transform: [business_id]}}
  buyer.address.street: Katuosoite
  buyer.address.postal_code: Postinro
  buyer.address.postal_district: Toimipaikka
  buyer.address.country_code: Maa
  buyer.contact.email: Sähköposti
  buyer.electronic_invoice_account: Verkkolaskuosoite
  buyer.electronic_routing_address: Välittäjä
  amounts.gross_amount: Lasku yhteensä
rows:
  product_code: Tuote
  product_name: Nimike
  description: Selite
  quantity: Määrä
  unit: Yks
  unit_price: à-hinta
  vat_percentage: {{column: ALV %, transform: [percent]}}
  net_amount: Veroton
  vat_amount: ALV
tables:
  methods: {{Verkkolasku: EDI, Sähköposti: EMAIL, Kirje: LETTER}}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file: its thirty values, dates and amounts typed."""

    values: tuple[str | int | date | Decimal, ...]


def lines(count: int, seed: int = 1, *, per_invoice: int = ROWS_PER_INVOICE, begin: date = BEGIN) -> Iterator[Line]:
    """Give *count* rows of invoices that are all valid, *per_invoice* to an invoice, of 28 days from *begin*."""
    chance = random.Random(seed)
    for index in range(-(-count // per_invoice)):
        number = FIRST_NUMBER + index
        day = begin + timedelta(days=index % 28)
        head = _head(chance, number, day)
        rows = [_row(chance) for _ in range(min(per_invoice, count - index * per_invoice))]
        total = sum((amount for row in rows for amount in row[-2:] if isinstance(amount, Decimal)), Decimal(0))
        for row in rows:
            yield Line((*head, *row, total))


def _head(chance: random.Random, number: int, day: date) -> tuple[str | int | date, ...]:
    name = chance.choice(_NAMES)
    customer = chance.randrange(1000, 99999)
    method = ("Verkkolasku", "Sähköposti", "Kirje")[number % 3]
    code, place = chance.choice(_PLACES)
    return (
        *(number, day, day + timedelta(days=14), day, _reference(str(number)), "EUR", "FI", method, customer),
        *(
            f"{name} & {chance.choice(_NAMES)} Oy",
            _business_id(customer),
            f"{chance.choice(_STREETS)} {customer % 99 + 1}",
        ),
        *(code, place, "FI", f"laskut{customer}@example.com", f"0037{_business_id(customer).replace('-', '')}"),
        *(chance.choice(_OPERATORS), f"T-{chance.randrange(10_000, 99_999)}", f"MK{customer % 7}"),
    )


def _row(chance: random.Random) -> tuple[str | Decimal, ...]:
    quantity, price = Decimal(chance.randrange(1, 400)) / 10, Decimal(chance.randrange(100, 90_000)) / 100
    rate = chance.choice(_RATES)
    net = (quantity * price).quantize(_CENT, ROUND_HALF_UP)
    vat = (net * rate / 100).quantize(_CENT, ROUND_HALF_UP)
    word = chance.choice(_WORDS)
    code = str(chance.randrange(1000, 9999))
    return (
        code,
        word,
        f"{word}, viikko {chance.randrange(1, 53)}",
        quantity,
        chance.choice(_UNITS),
        price,
        rate,
        net,
        vat,
    )


def _reference(number: str) -> str:
    weighted = sum(int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(number)))
    return f"{number}{-weighted % 10}"


def _business_id(customer: int) -> str:
    """Give a business id with a right check digit; one in eleven bodies has none, and gets another body."""
    for body in range(1_000_000 + customer * 11, 1_000_000 + customer * 11 + 11):
        rest = sum(int(digit) * weight for digit, weight in zip(str(body), (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if rest != 1:
            return f"{body}-{11 - rest if rest else 0}"
    raise AssertionError("eleven bodies in a row have no check digit")


def spelled(value: str | int | date | Decimal) -> str:
    """Spell a value as a Finnish export does."""
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y")
    return str(value).replace(".", ",") if isinstance(value, Decimal) else str(value)


def write_csv(path: Path, count: int, seed: int = 1, *, begin: date = BEGIN) -> None:
    """Write *count* rows, UTF-8, semicolons, CRLF."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(";".join(HEADERS) + "\r\n")
        for line in lines(count, seed, begin=begin):
            file.write(";".join(map(spelled, line.values)) + "\r\n")


def write_xlsx(path: Path, count: int, seed: int = 1, *, begin: date = BEGIN) -> None:
    """Write *count* rows as a workbook with typed dates and amounts."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Laskut")
    sheet.append(HEADERS)
    for line in lines(count, seed, begin=begin):
        sheet.append(line.values)
    book.save(path)


def write_finvoice(path: Path, count: int, template: Path) -> None:
    """Write *count* messages one after the other, each the *template* with a number of its own."""
    text = template.read_bytes()
    begin, end = text.index(b"<InvoiceNumber>") + len(b"<InvoiceNumber>"), text.index(b"</InvoiceNumber>")
    with path.open("wb") as file:
        for index in range(count):
            file.write(text[:begin] + str(FIRST_NUMBER + index).encode() + text[end:])


if __name__ == "__main__":
    kind, size, out, *more = sys.argv[1:]
    if kind == "finvoice":
        write_finvoice(Path(out), int(size), Path(more[0]))
    else:
        {"csv": write_csv, "xlsx": write_xlsx}[kind](Path(out), int(size))

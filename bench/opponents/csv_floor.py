"""The floor of reading a text file: `csv.DictReader`, six amounts and two dates a row, nothing checked."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

__all__ = ["run"]

AMOUNTS = ("Määrä", "à-hinta", "ALV %", "Veroton", "ALV", "Lasku yhteensä")
DATES = ("Pvm", "Eräpvm")


def run(source: str) -> dict[str, int]:
    """Read every row."""
    rows = 0
    with Path(source).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            for name in AMOUNTS:
                Decimal(row[name].replace(",", "."))
            for name in DATES:
                day, month, year = row[name].split(".")
                date(int(year), int(month), int(day))
            rows += 1
    return {"rows": rows}

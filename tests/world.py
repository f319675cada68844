"""A small world for tests of whole runs: CSV sources, a mapping for them, settings, and runs against the stand-in."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from confirma_connector import contract, pipeline, plugins
from confirma_connector.journal import Entry, Journal
from confirma_connector.pipeline import Choice, Run
from confirma_connector.report import Report
from confirma_connector.sandbox import Fault, StandIn
from confirma_connector.settings import Settings
from confirma_connector.stopping import Stop

__all__ = ["DAY", "HEADERS", "MAPPING", "TOKEN", "Clock", "World", "csv_rows", "csv_text", "invoice_rows"]

TOKEN = "MARKER-7f3a9c-token"
"""The key of every test: it must turn up nowhere."""

DAY = dt.date.today() - dt.timedelta(days=7)

HEADERS = (
    *("Nro", "Laji", "Hyvittää", "Pvm", "Eräpvm", "Myyjä", "Y-tunnus", "IBAN", "Asiakas", "Asiakkaan tunnus"),
    *("Katu", "Postinumero", "Kaupunki", "Sähköposti", "Selite", "Määrä", "Hinta", "ALV"),
)

MAPPING = """
version: 1
name: test
adapter: csv_file
locale: {decimal: ",", dates: ["%d.%m.%Y"], empty: [""]}
columns:
  number: [Nro]
  kind: [Laji]
  credits: [Hyvittää]
  date: [Pvm]
  due: [Eräpvm]
  seller: [Myyjä]
  seller_id: [Y-tunnus]
  iban: [IBAN]
  buyer: [Asiakas]
  buyer_id: [Asiakkaan tunnus]
  street: [Katu]
  postal_code: [Postinumero]
  city: [Kaupunki]
  email: [Sähköposti]
  text: [Selite]
  quantity: [Määrä]
  price: [Hinta]
  vat: [ALV]
group_by: [number]
invoice:
  number: number
  type: {column: kind, table: kinds, default: INVOICE}
  references.credited_invoice_number: credits
  date: date
  due_date: due
  currency_code: {constant: EUR}
  language_code: {constant: FI}
  seller.name: seller
  seller.business_id: seller_id
  seller.payment_details.iban: iban
  buyer.name: buyer
  buyer.business_id: buyer_id
  buyer.address.street: street
  buyer.address.postal_code: postal_code
  buyer.address.postal_district: city
  buyer.address.country_code: {constant: FI}
  buyer.contact.email: email
rows:
  description: text
  quantity: quantity
  unit_price: price
  vat_percentage: vat
tables:
  kinds: {Hyvitys: CREDIT_NOTE}
missing_reference: fi
"""

_PLAIN = {
    "Myyjä": "Myyjä Oy",
    "Y-tunnus": "0112038-9",
    "IBAN": "FI2112345600000785",
    "Asiakas": "Ostaja Åkerström €uro Oy",
    "Asiakkaan tunnus": "2331972-7",
    "Katu": "Tie 2",
    "Postinumero": "00100",
    "Kaupunki": "HELSINKI",
    "Sähköposti": "laskut@example.com",
    "Selite": "Työ",
    "Määrä": "2",
    "Hinta": "50,00",
    "ALV": "25,5",
}


def invoice_rows(number: int | str, lines: int = 1, *, credits: int | None = None, **changes: str) -> list[list[str]]:
    """Give the rows of one invoice; *changes* are cells by header, for all its rows."""
    values = _PLAIN | {
        "Nro": str(number),
        "Pvm": f"{DAY:%d.%m.%Y}",
        "Eräpvm": f"{DAY + dt.timedelta(days=14):%d.%m.%Y}",
    }
    if credits is not None:
        values |= {"Laji": "Hyvitys", "Hyvittää": str(credits), "Määrä": "-2", "Eräpvm": ""}
    values |= changes
    return [[values.get(header, "") for header in HEADERS] for _ in range(lines)]


def csv_text(rows: Iterable[Sequence[str]], end: str = "\n") -> str:
    """Give a source with our headers."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator=end)
    writer.writerow(HEADERS)
    writer.writerows(rows)
    return out.getvalue()


def csv_rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    """Read a results file as people see it."""
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


class Clock:
    """Our clock, with a difference."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@cache
def _registry() -> plugins.Registry:
    return plugins.discover()


@dataclass(frozen=True)
class World:
    """One account with a folder, a journal and a server."""

    folder: Path
    server: StandIn | None
    settings: Settings
    stop: Stop = field(default_factory=Stop)

    @classmethod
    def at(cls, folder: Path, server: StandIn | None, url: str = "", **changes: Any) -> World:
        """Make a world in *folder*; *changes* are settings."""
        mapping = folder / "mapping.yaml"
        mapping.write_text(MAPPING, encoding="utf-8")
        values: dict[str, Any] = {
            "environment": "staging",
            "url": url or (server.url if server else None),
            "token": TOKEN,
            "account": "acme",
            "journal": folder / "journal" / "journal.sqlite3",
            "quiet_period": 0,
            "timeout": 5,
            "concurrency": 2,
            "mapping": str(mapping),
        }
        return cls(folder, server, Settings.model_validate(values | changes))

    def but(self, **changes: Any) -> World:
        """Give the same world with other settings."""
        values = self.settings.model_dump() | {"token": self.settings.token.get_secret_value()} | changes
        return replace(self, settings=Settings.model_validate(values), stop=Stop())

    def source(self, *numbers: int, name: str = "in.csv", rows: Sequence[Sequence[str]] = ()) -> Path:
        """Write a source with plain invoices of *numbers*, then *rows*."""
        path = self.folder / name
        text = csv_text([*(row for number in numbers for row in invoice_rows(number)), *rows])
        path.write_text(text, encoding="utf-8", newline="")
        return path

    def run(self, **more: Any) -> Run:
        """Give what a run needs."""
        return Run(self.settings, contract.read(self.settings.contract), _registry(), stop=self.stop, **more)

    def send(self, *paths: Path, **choice: Any) -> Report:
        """Send files."""
        return pipeline.send(self.run(), Choice(paths, **choice))

    def track(self, *paths: Path, **choice: Any) -> Report:
        """Fetch delivery information."""
        return pipeline.track(self.run(), Choice(paths, **choice))

    def fault(self, route: str, kind: str, **more: Any) -> None:
        """Let the stand-in do wrong."""
        assert self.server is not None
        self.server.faults.add(Fault.model_validate({"route": route, "kind": kind, **more}))

    def arrived(self) -> list[int]:
        """Give the numbers the server took, one for each copy, in order of number."""
        assert self.server is not None
        return sorted(self.server.ledger.numbers(pending=True))

    def posts(self) -> int:
        """Count the create requests that came in."""
        assert self.server is not None
        return self.server.ledger.request_count("create")

    def entries(self) -> dict[int, Entry]:
        """Give the journal's entries by number."""
        with Journal(self.settings.journal, self.settings.environment, self.settings.account) as journal:
            return {entry.number: entry for entry in journal.entries()}

    def states(self) -> dict[int, str]:
        """Give the journal's states by number."""
        return {number: entry.state for number, entry in self.entries().items()}

    def environ(self, **more: str) -> dict[str, str]:
        """Give the environment variables of a command in this world."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CONFIRMA_")}
        own = {
            "CONFIRMA_ENVIRONMENT": self.settings.environment,
            "CONFIRMA_URL": self.settings.url or "",
            "CONFIRMA_TOKEN": self.settings.token.get_secret_value(),
            "CONFIRMA_ACCOUNT": self.settings.account,
            "CONFIRMA_JOURNAL": str(self.settings.journal),
            "CONFIRMA_QUIET_PERIOD": str(self.settings.quiet_period),
            "CONFIRMA_CONCURRENCY": str(self.settings.concurrency),
            "CONFIRMA_TIMEOUT": str(self.settings.timeout),
            "CONFIRMA_MAPPING": self.settings.mapping or "",
            "CONFIRMA_CONTRACT": str(self.settings.contract or ""),
            "CONFIRMA_LANGUAGE": "en",
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONIOENCODING": "utf-8",
        }
        return kept | own | more

    def command(self, *words: object, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run `confirma` in a process of its own."""
        return subprocess.run(
            _confirma(words),
            env=self.environ(**environ),
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def start(self, *words: object, **environ: str) -> subprocess.Popen[str]:
        """Start `confirma` in a process of its own, to be waited for or killed."""
        return subprocess.Popen(
            _confirma(words),
            env=self.environ(**environ),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def places_of_the_token(self, *outputs: str) -> list[str]:
        """Give every file below the folder, and every one of *outputs*, that has the key in it."""
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        found = [str(path) for path in files if TOKEN.encode() in path.read_bytes()]
        return found + [output for output in outputs if TOKEN in output]


def _confirma(words: Iterable[object]) -> list[str]:
    return [sys.executable, "-m", "confirma_connector.cli", *map(str, words)]


def as_json(output: str) -> Mapping[str, Any]:
    """Read a report."""
    tree: Mapping[str, Any] = json.loads(output)
    return tree

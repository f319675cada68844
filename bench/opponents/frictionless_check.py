"""frictionless validates a text file against a schema: types, formats, required cells, patterns; no sums, no groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from frictionless import Dialect, Resource, Schema, formats

__all__ = ["run"]

_DATE = {"type": "date", "format": "%d.%m.%Y", "constraints": {"required": True}}
_AMOUNT = {"type": "number", "decimalChar": ",", "groupChar": " ", "constraints": {"required": True}}


def _text(pattern: str = "", *, required: bool = True) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if required else {}
    return {"type": "string", "constraints": constraints | ({"pattern": pattern} if pattern else {})}


FIELDS: dict[str, dict[str, Any]] = {
    "Laskunro": {"type": "integer", "constraints": {"required": True}},
    "Pvm": _DATE,
    "Eräpvm": _DATE,
    "Toimituspvm": _DATE,
    "Viitenumero": _text(r"[0-9]{4,20}"),
    "Valuutta": _text(r"[A-Z]{3}"),
    "Kieli": _text(r"[A-Z]{2}"),
    "Toimitustapa": {"type": "string", "constraints": {"enum": ["Verkkolasku", "Sähköposti", "Kirje"]}},
    "Asiakasnro": _text(),
    "Asiakas": _text(),
    "Y-tunnus": _text(r"[0-9]{7}-[0-9]"),
    "Katuosoite": _text(),
    "Postinro": _text(r"[0-9]{5}"),
    "Toimipaikka": _text(),
    "Maa": _text(r"[A-Z]{2}"),
    "Sähköposti": {"type": "string", "format": "email"},
    "Verkkolaskuosoite": _text(),
    "Välittäjä": _text(),
    "Tilausnro": _text(required=False),
    "Viitteemme": _text(required=False),
    "Tuote": _text(),
    "Nimike": _text(),
    "Selite": _text(),
    "Määrä": _AMOUNT,
    "Yks": _text(),
    "à-hinta": _AMOUNT,
    "ALV %": _AMOUNT,
    "Veroton": _AMOUNT,
    "ALV": _AMOUNT,
    "Lasku yhteensä": _AMOUNT,
}


def run(source: str) -> dict[str, int]:
    """Validate a file; count its rows and what is wrong."""
    schema = Schema.from_descriptor({"fields": [{"name": name, **field} for name, field in FIELDS.items()]})
    dialect = Dialect(controls=[formats.CsvControl(delimiter=";")])
    file = Path(source)
    resource = Resource(path=file.name, basepath=str(file.parent), schema=schema, dialect=dialect, encoding="utf-8")
    report = resource.validate()
    return {"rows": report.task.stats["rows"], "errors": report.stats["errors"]}

"""The whole story by drt: DuckDB reads and groups the file, a template writes the body, drt posts one by one.

Its pacing (ten requests a second, unless told otherwise) is switched off; all else is as it comes.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["run"]

PROFILE = "bench:\n  type: duckdb\n  database: ':memory:'\n"
PROJECT = "name: bench\nversion: '1'\nprofile: bench\n"
SYNC = """\
name: invoices
model: ref('invoices')
destination:
  type: rest_api
  url: "{url}/api/v1/partner/invoice"
  method: POST
  headers:
    Content-Type: application/json
    X-Api-Key: a-key-for-the-bench
  body_template: |
{body}
sync:
  mode: full
  rate_limit:
    requests_per_second: 0
"""
MODEL = """\
SELECT "Laskunro" AS number,
    strftime(strptime(first("Pvm"), '%d.%m.%Y'), '%Y-%m-%d') AS date,
    strftime(strptime(first("Eräpvm"), '%d.%m.%Y'), '%Y-%m-%d') AS due,
    first("Viitenumero") AS reference, first("Valuutta") AS currency, first("Kieli") AS language,
    CASE first("Toimitustapa") WHEN 'Verkkolasku' THEN 'EDI' WHEN 'Sähköposti' THEN 'EMAIL' ELSE 'LETTER' END AS method,
    first("Asiakasnro") AS customer, first("Asiakas") AS name, first("Y-tunnus") AS business_id,
    first("Katuosoite") AS street, first("Postinro") AS postal_code, first("Toimipaikka") AS district,
    first("Maa") AS country, first("Sähköposti") AS email, first("Verkkolaskuosoite") AS account,
    first("Välittäjä") AS operator, first("Tilausnro") AS order_number, first("Viitteemme") AS agreement,
    replace(first("Lasku yhteensä"), ',', '.') AS total,
    to_json(list({{
        'productCode': "Tuote", 'productName': "Nimike", 'description': "Selite", 'unit': "Yks",
        'quantity': replace("Määrä", ',', '.')::DECIMAL(18, 2),
        'unitPrice': replace("à-hinta", ',', '.')::DECIMAL(18, 2),
        'vatPercentage': replace("ALV %", ',', '.')::DECIMAL(18, 2),
        'netAmount': replace("Veroton", ',', '.')::DECIMAL(18, 2), 'vatAmount': replace("ALV", ',', '.')::DECIMAL(18, 2)
    }}))::VARCHAR AS lines
FROM read_csv('{source}', delim = ';', header = true, all_varchar = true)
GROUP BY "Laskunro" ORDER BY "Laskunro"
"""
BODY = """\
{"processing": {"paymentControlEnabled": false}, "distribution": {"method": "{{ row.method }}", "enabled": true},
 "invoice": {
  "header": {"number": {{ row.number }}, "type": "INVOICE", "date": "{{ row.date }}", "dueDate": "{{ row.due }}",
             "currencyCode": "{{ row.currency }}", "languageCode": "{{ row.language }}"},
  "references": {"payment": "{{ row.reference }}", "orderNumber": "{{ row.order_number }}",
                 "agreement": "{{ row.agreement }}"},
  "parties": {
   "sellerParty": {"name": "Esimerkki Oy", "businessId": "0112038-9",
                   "paymentDetails": {"iban": "FI2112345600000785", "bic": "NDEAFIHH"}},
   "buyerParty": {"name": {{ row.name | tojson }}, "customerAccountId": "{{ row.customer }}",
    "businessId": "{{ row.business_id }}", "electronicInvoiceAccount": "{{ row.account }}",
    "electronicRoutingAddress": "{{ row.operator }}",
    "address": {"street": {{ row.street | tojson }}, "postalCode": "{{ row.postal_code }}",
                "postalDistrict": {{ row.district | tojson }}, "countryCode": "{{ row.country }}"},
    "contact": {"email": "{{ row.email }}"}}},
  "rows": {{ row.lines }},
  "amounts": {"grossAmount": {{ row.total }}}}}
"""


def run(source: str, url: str, folder: str) -> dict[str, int]:
    """Send every invoice of a file by `drt run`, its project in *folder*."""
    project = Path(folder)
    (project / "syncs" / "models").mkdir(parents=True)
    (Path.home() / ".drt").mkdir(exist_ok=True)
    (Path.home() / ".drt" / "profiles.yml").write_text(PROFILE, "utf-8")
    (project / "drt_project.yml").write_text(PROJECT, "utf-8")
    (project / "syncs" / "models" / "invoices.sql").write_text(MODEL.format(source=Path(source).resolve()), "utf-8")
    body = "".join(f"    {line}\n" for line in BODY.splitlines())
    (project / "syncs" / "invoices.yml").write_text(SYNC.format(url=url, body=body), "utf-8")
    os.chdir(project)
    from drt.cli.main import app

    try:
        app(["run"], standalone_mode=False)
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(f"ended with exit {ended.code}") from None
    return {}

"""The beginnings of files of other formats: none of them is another adapter's own."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["FOREIGN"]

_XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'

FOREIGN: Mapping[str, bytes] = {
    "invoices.csv": b"Invoice number;Invoice date;Buyer;Total\n1001;2026-11-02;Acme Oy;125.50\n",
    "invoices.txt": b"Dear customer,\n\nplease find our invoices below.\n\nNumber Date Total\n1001 2.11.2026 125,50\n",
    "invoices.tsv": b"Laskunro\tP\xc3\xa4iv\xc3\xa4ys\tSumma\n1001\t2.11.2026\t125,50\n",
    "invoices.xlsx": b"PK\x03\x04\x14\x00\x00\x00\x08\x00\x00\x00!\x00b\xee\x9dh^\x01\x00\x00\x90\x04\x00\x00\x13\x00"
    b"\x00\x00[Content_Types].xml\xac\x94\xcbN\xc30\x10E\xf7H",
    "invoices.ods": b"PK\x03\x04\x14\x00\x00\x08\x00\x00\x00\x00!\x00\x85l9\x8a.\x00\x00\x00.\x00\x00\x00"
    b"\x08\x00\x00\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK\x03\x04",
    "archive.zip": b"PK\x03\x04\x0a\x00\x00\x00\x00\x00\x00\x00!\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    b"\x05\x00\x00\x00docs/PK\x01\x02",
    "invoices.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00" + bytes(200),
    "finvoice.xml": _XML + b'<Finvoice Version="3.0"><MessageTransmissionDetails/></Finvoice>\n',
    "ubl.xml": _XML + b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"></Invoice>\n',
    "invoices.json": b'{"invoices": [{"number": 1001, "total": "125.50"}]}\n',
    "lines.jsonl": b'{"number": 1001, "total": "125.50"}\n{"number": 1002, "total": "1.00"}\n',
    "invoices.edi": b"UNA:+.? 'UNB+UNOC:3+SENDER+RECEIVER+261102:0812+1'UNH+1+INVOIC:D:96A:UN'",
    "invoices.yaml": b"version: 1\nname: own\nadapter: csv_file\n",
    "settings.ini": b"[service]\nhost = example.com\nport = 443\n",
    "bank.dat": b"T00322000000000000000000000010000000000000\n10001123456\n",
    "invoice.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
    "logo.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00",
    "page.html": b"<!doctype html>\n<html><head><title>Invoices</title></head><body></body></html>\n",
    "letter.rtf": b"{\\rtf1\\ansi Dear customer,\\par please pay.}\n",
    "table.parquet": b"PAR1\x15\x04\x15\x10\x15\x14L\x15\x02\x15\x00",
    "mail.eml": b"From: a@example.com\nTo: b@example.com\nSubject: Invoices\n\nSee below.\n",
}
"""Heads by file name. What is a family of formats (delimited text, markup) an adapter may call "generic"."""

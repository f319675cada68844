"""A vendor's API as its OpenAPI file describes it, and a server that speaks exactly that: what it does not know it refuses.

Written by hand beside the contract, and nothing of `contracting` is used: the names are spelled here a second time. What
a test changes of it, it changes in the file (`doc`) and, where the server has to find something, in `ways`.
"""

from __future__ import annotations

import contextlib
import copy
import datetime as dt
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from other_wire import Answer, Asked, Wire, serving

__all__ = ["Api", "Served", "at", "object_of", "put", "served", "text"]

STATUSES = ["PAUSED", "DRAFT", "ACCEPTED", "INVOICED", "INTERMEDIATED", "CREDITED", "MANUAL", "ERROR", "DUPLICATE"]
TEXT: dict[str, Any] = {"type": "string"}


def text(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def object_of(members: dict[str, Any], *required: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": members}
    return made | ({"required": list(required)} if required else {})


def _texts(names: str) -> dict[str, Any]:
    return {name: text(nullable=True) for name in names.split()}


def _money(names: str) -> dict[str, Any]:
    return {name: {"type": "number", "format": "double"} for name in names.split()}


def _flags(names: str) -> dict[str, Any]:
    return {name: {"type": "boolean"} for name in names.split()}


def _invoice() -> dict[str, Any]:
    day = text(format="date")
    street = "street street2 street3 postalCode postalDistrict countryCode countryName"
    contact = object_of({"contactPerson": object_of(_texts("name email"))} | _texts("email phone"))
    address = {"$ref": "#/components/schemas/Address"}
    electronic = _texts("electronicInvoiceAccount electronicRoutingAddress glnNumber languageCode")
    pay = object_of(_texts("iban bic bankgiro postgiro"))
    seller = {"address": address, "contact": contact, "paymentDetails": pay}
    buyer = {"entityType": text(enum=["BUSINESS", "CONSUMER"]), "address": address, "contact": contact}
    buyer |= (
        _flags("disableCollection")
        | _texts("name customerAccountId personalIdentityNumber businessId vatCode")
        | electronic
    )
    row = _texts("rowNumber productCode productName description unit vatCode")
    row |= _money("quantity unitPrice discountPercentage discountAmount vatPercentage vatAmount netAmount grossAmount")
    header = {
        "number": {"type": "integer"},
        "type": text(enum=["INVOICE", "CREDIT_NOTE", "REMINDER"], nullable=True),
        "date": day,
        "dueDate": day,
    }
    references = _texts("sales buyer agreement payment orderNumber electronicPaymentCode invoiceCopyUrl")
    references |= {"orderDate": day, "creditedInvoiceNumber": {"type": "integer", "nullable": True}}
    parties = {
        "sellerParty": object_of(_texts("businessId name vatCode") | seller, "name"),
        "buyerParty": object_of(buyer, "name"),
        "invoiceRecipientParty": object_of(electronic | _texts("name businessId vatCode email") | {"address": address}),
        "deliveryParty": object_of(_texts("name") | {"address": address}),
    }
    address_of = object_of(_texts(street))
    return {
        "Address": address_of,
        "InvoiceHeader": object_of(
            header | _texts("description additionalInformation currencyCode languageCode"), "number", "date"
        ),
        "InvoiceReferences": object_of(references),
        "InvoiceParties": object_of(parties, "sellerParty", "buyerParty"),
        "InvoiceRowData": object_of(row, "netAmount"),
        "InvoiceAmounts": object_of(_money("netAmount vatAmount grossAmount roundingAmount"), "grossAmount"),
        "InvoiceAttachment": object_of(_texts("fileName contentType data url")),
        "Invoice": object_of(
            {
                "header": {"$ref": "#/components/schemas/InvoiceHeader"},
                "references": {"$ref": "#/components/schemas/InvoiceReferences"},
                "parties": {"$ref": "#/components/schemas/InvoiceParties"},
                "rows": {"type": "array", "items": {"$ref": "#/components/schemas/InvoiceRowData"}},
                "amounts": {"$ref": "#/components/schemas/InvoiceAmounts"},
                "attachments": {"type": "array", "items": {"$ref": "#/components/schemas/InvoiceAttachment"}},
            },
            *("header", "parties", "rows", "amounts"),
        ),
        "CreateRequest": object_of(
            {
                "processing": object_of(
                    _flags(
                        "paymentControlEnabled manualApprovalEnabled accountingInvoiceEnabled showProductCodeEnabled"
                    )
                ),
                "distribution": object_of(
                    {"method": text(enum=["EMAIL", "EDI", "LETTER"]), "enabled": {"type": "boolean"}}, "method"
                ),
                "invoice": {"$ref": "#/components/schemas/Invoice"},
            },
            *("distribution", "invoice"),
        ),
    }


def _answers() -> dict[str, Any]:
    moment = text(format="date-time", nullable=True)
    filters = _texts("invoiceNumber fromInvDate toInvDate fetchType") | _flags("defaultLast30Days")
    counts = {name: {"type": "integer"} for name in ("totalCount", "successfulCount", "failedCount")}
    record = {
        "invoiceNumber": {"type": "integer"},
        "invoiceDate": text(format="date"),
        "status": text(enum=list(STATUSES)),
    }
    record |= _texts("method paymentControlStatus caseId message") | {"createdAt": moment, "distributedAt": moment}
    return {
        "Listing": object_of(
            {
                "metaData": object_of(counts | {"filtersApplied": object_of(filters)}),
                "distributions": {"type": "array", "items": object_of(record, "invoiceNumber", "status")},
            }
        ),
        "Received": object_of(
            _texts("message") | {"invoiceNumber": {"type": "integer"}, "status": text(enum=list(STATUSES))}
        ),
        "Error": object_of(
            _texts("message") | {"errors": {"type": "array", "items": object_of(_texts("field message"))}}
        ),
    }


def document() -> dict[str, Any]:
    """Give the file as OpenAPI 3.0."""

    def answer(name: str) -> dict[str, Any]:
        return {
            "description": name,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }

    refusals = {"400": answer("Error"), "401": answer("Error")}
    day = text(format="date")
    query = [
        {"name": "invoiceNumber", "in": "query", "schema": {"type": "integer"}},
        {"name": "fromInvDate", "in": "query", "schema": day},
        {"name": "toInvDate", "in": "query", "schema": day},
    ]
    body = {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CreateRequest"}}},
    }
    plain = {"responses": {"200": {"description": "fine"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Finance Integrations", "version": "2.1"},
        "servers": [{"url": "https://staging-integrations.confirmafinance.com/api/v1/partner"}],
        "security": [{"key": []}],
        "paths": {
            "/invoice": {"post": {"requestBody": body, "responses": {"200": answer("Received")} | refusals}},
            "/invoice/distribution": {"get": {"parameters": query, "responses": {"200": answer("Listing")} | refusals}},
            "/validate": {"get": plain},
            "/renew": {"get": plain},
        },
        "components": {
            "schemas": _invoice() | _answers(),
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Api-Key"}},
        },
    }


WAYS = {
    "create": "/api/v1/partner/invoice",
    "listing": "/api/v1/partner/invoice/distribution",
    "number": "invoice/header/number",
    "date": "invoice/header/date",
    "gross": "invoice/amounts/grossAmount",
    "query.number": "invoiceNumber",
    "query.from": "fromInvDate",
    "query.to": "toInvDate",
    "records": "distributions",
    "total": "metaData/totalCount",
    "record.number": "invoiceNumber",
    "record.date": "invoiceDate",
    "record.status": "status",
    "record.created": "createdAt",
    "key": "X-Api-Key",
    "errors": "errors",
    "error.field": "field",
    "error.message": "message",
    "message": "message",
}


@dataclass
class Api:
    """One such API. *ways* is where the server finds and puts things, and *taken_as*, *ends_as* its statuses."""

    doc: dict[str, Any] = field(default_factory=document)
    ways: dict[str, str] = field(default_factory=lambda: dict(WAYS))
    key_before: str = ""
    taken_as: str | int = "ACCEPTED"
    ends_as: str | int = "INTERMEDIATED"
    page: int = 0

    def schema(self, name: str) -> dict[str, Any]:
        """Give one schema of the file, to be changed."""
        found: dict[str, Any] = self.doc["components"]["schemas"][name]
        return found

    def rename(self, schema: str, before: str, after: str) -> None:
        """Call a member of a schema otherwise, in its place."""
        rename(self.schema(schema), before, after)

    def call(self, path: str, method: str) -> dict[str, Any]:
        """Give one call of the file, to be changed."""
        found: dict[str, Any] = self.doc["paths"][path][method]
        return found

    def as_31(self) -> None:
        """Say the same as OpenAPI 3.1 says it."""
        self.doc = _as_31(self.doc)
        self.doc["openapi"] = "3.1.0"


def rename(schema: dict[str, Any], before: str, after: str) -> None:
    schema["properties"] = {after if name == before else name: one for name, one in schema["properties"].items()}
    schema["required"] = [after if name == before else name for name in schema.get("required", [])]


def _as_31(tree: Any) -> Any:
    if isinstance(tree, list):
        return [_as_31(one) for one in tree]
    if not isinstance(tree, dict):
        return tree
    made = {name: _as_31(one) for name, one in tree.items() if name != "nullable"}
    if tree.get("nullable") is True:
        if "enum" in made:
            rest = {name: made.pop(name) for name in list(made)}
            made = {"anyOf": [rest, {"type": "null"}]}
        else:
            made["type"] = [made["type"], "null"]
    return made


def at(tree: Any, way: str) -> Any:
    """Give what stands at the end of a way; None where nothing does."""
    for name in way.split("/") if way else ():
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def put(tree: dict[str, Any], way: str, value: Any) -> None:
    """Put a value where a way leads."""
    *above, last = way.split("/")
    for name in above:
        tree = tree.setdefault(name, {})
    tree[last] = value


@dataclass
class Served:
    """The server: all it took as it came, what it complained of, and how it spells numbers."""

    api: Api
    key: str
    url: str = ""
    taken: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    loses: int = 0
    is_over: bool = False

    def numbers(self) -> Counter[str]:
        """Count the copies by number."""
        return Counter(str(at(body, self.api.ways["number"])) for body in self.taken)

    def hear(self, asked: Asked) -> Answer:
        address, ways = urlsplit(asked.target), self.api.ways
        name = next((name for name in ("create", "listing") if ways[name] == address.path), "")
        if asked.headers.get(ways["key"].lower()) != self.api.key_before + self.key:
            return self._refused(401, [("", "no key")])
        if not name or asked.method != ("POST" if name == "create" else "GET"):
            return self._refused(404, [("", "no such path")])
        call = self._call(address.path, asked.method.lower())
        query = dict(parse_qsl(address.query))
        wrong = list(self._wrong_parameters(call, asked, query))
        if name == "create":
            return self._create(call, json.loads(asked.body()), wrong)
        return self._refused(400, wrong) if wrong else self._listing(query)

    def _call(self, path: str, method: str) -> dict[str, Any]:
        servers = [urlsplit(one["url"]).path.rstrip("/") for one in self.api.doc.get("servers", [{"url": ""}])]
        found = [
            one[method] for own, one in self.api.doc["paths"].items() for server in servers if server + own == path
        ]
        call: dict[str, Any] = found[0]
        return call

    def _wrong_parameters(self, call: dict[str, Any], asked: Asked, query: dict[str, str]) -> Iterator[tuple[str, str]]:
        known = {one["name"]: one for one in call.get("parameters", [])}
        yield from ((name, "is no parameter") for name in query if name not in known)
        for name, one in known.items():
            given = query.get(name) if one["in"] == "query" else asked.headers.get(name.lower())
            words = one["schema"].get("enum")
            if given is None and one.get("required"):
                yield name, "is required"
            elif given is not None and words and given not in map(str, words):
                yield name, "is none of the words"
            elif given is not None and one["schema"].get("format") == "date-time" and "T" not in given:
                yield name, "is no time"

    def _create(self, call: dict[str, Any], body: Any, wrong: list[tuple[str, str]]) -> Answer:
        schema = call["requestBody"]["content"]["application/json"]["schema"]
        wrong += list(self._wrong(schema, body, ""))
        number = str(at(body, self.api.ways["number"]))
        if number in self.refuses:
            wrong.append(("invoice", "the postal code is not valid"))
        if wrong:
            return self._refused(400, wrong)
        self.taken.append(body)
        if self.loses:
            self.loses -= 1
            return Answer(502, {"Content-Type": "text/html"}, b"<html>gone</html>")
        return _json(200, {"message": "Received"})

    def _wrong(self, schema: dict[str, Any], value: Any, way: str) -> Iterator[tuple[str, str]]:
        while "$ref" in schema:
            schema = at(self.api.doc, schema["$ref"].removeprefix("#/"))
        for part in schema.get("allOf", ()):
            yield from self._wrong(part, value, way)
        for key in ("anyOf", "oneOf"):
            if key in schema and all(list(self._wrong(one, value, way)) for one in schema[key]):
                yield way, "is none of these"
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds] if kinds else []
        kinds = [*kinds, "null"] if schema.get("nullable") else kinds
        if kinds and not any(_is(kind, value) for kind in kinds):
            yield way, f"is no {kinds}"
            return
        if "enum" in schema and value not in schema["enum"]:
            yield way, "is none of the words"
        if schema.get("format") == "date" and value is not None and not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            yield way, "is no date"
        if isinstance(value, list):
            for index, one in enumerate(value):
                yield from self._wrong(schema.get("items", {}), one, f"{way}[{index}]")
        if isinstance(value, dict) and ("properties" in schema or schema.get("additionalProperties") is False):
            inner = schema.get("properties", {})
            yield from ((f"{way}.{name}", "is required") for name in schema.get("required", ()) if name not in value)
            for name, one in value.items():
                if name in inner:
                    yield from self._wrong(inner[name], one, f"{way}.{name}")
                elif schema.get("additionalProperties") is False:
                    yield f"{way}.{name}", "is not known"

    def _refused(self, status: int, wrong: list[tuple[str, str]]) -> Answer:
        ways = self.api.ways
        self.complaints += [f"{status} {name}: {said}" for name, said in wrong]
        body: dict[str, Any] = {}
        put(body, ways["message"], "refused")
        put(body, ways["errors"], [{ways["error.field"]: name, ways["error.message"]: said} for name, said in wrong])
        return _json(status, body)

    def _listing(self, query: dict[str, str]) -> Answer:
        ways = self.api.ways
        first, last = (query[ways[f"query.{end}"]][:10] for end in ("from", "to"))
        number = query.get(ways["query.number"])
        shown = [
            body
            for body in self.taken
            if first <= str(at(body, ways["date"]))[:10] <= last and number in (None, str(at(body, ways["number"])))
        ]
        records = []
        for body in shown:
            record: dict[str, Any] = {}
            put(record, ways["record.number"], at(body, ways["number"]))
            put(record, ways["record.date"], at(body, ways["date"]))
            put(record, ways["record.status"], self.api.ends_as if self.is_over else self.api.taken_as)
            put(record, ways["record.created"], dt.datetime.now(dt.UTC).isoformat())
            records.append(record)
        tree: dict[str, Any] = {}
        page = self.api.page or len(records)
        put(tree, ways["records"], records[:page])
        if ways["total"]:
            put(tree, ways["total"], len(records))
        return _json(200, tree)


def _is(kind: str, value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return {
        "object": isinstance(value, dict),
        "array": isinstance(value, list),
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": is_number and value == int(value),
        "number": is_number,
        "null": value is None,
    }[kind]


def _json(status: int, tree: Any) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(tree).encode())


@contextlib.contextmanager
def served(api: Api, key: str) -> Iterator[Served]:
    """Serve it on this machine."""
    server = Served(copy.deepcopy(api), key)
    with serving(Wire(), server.hear, random.Random(0)) as server.url:
        yield server

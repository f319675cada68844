"""`confirma contract diff`: a vendor's OpenAPI file is read, adapts us, and then send and track work as it describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner
from described_api import Api, Served, at, object_of, rename, served, text
from world import TOKEN, World, invoice_rows

from confirma_connector.cli import main
from confirma_connector.contract import read
from confirma_connector.sandbox import StandIn

Change = Callable[[Api], None]


def compared(folder: Path, api: Api, *words: str, name: str = "api.json", **environ: str) -> tuple[int, dict[str, Any]]:
    """Compare a file, and write its overlay beside it."""
    env = {"CONFIRMA_LANGUAGE": "en", "XDG_CONFIG_HOME": str(folder / "none"), **environ}
    path = folder / name
    path.write_text(json.dumps(api.doc) if name.endswith("json") else yaml.safe_dump(api.doc, sort_keys=False), "utf-8")
    told = ["contract", "diff", str(path), "--overlay", str(folder / "overlay.yaml"), "--json", *words]
    result = CliRunner().invoke(main, told, env=env)
    assert result.exit_code in (0, 1), result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["needs_person"] is (result.exit_code == 1)
    return result.exit_code, found


def refused(folder: Path, content: str | bytes, name: str = "api.yaml") -> str:
    """Compare what is no such file; gives what is said."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = CliRunner().invoke(main, ["contract", "diff", str(path)], env={"CONFIRMA_LANGUAGE": "en"})
    assert (result.exit_code, result.stdout) == (2, "")
    assert str(path) in result.stderr
    return result.stderr


def found(told: dict[str, Any], line: str) -> list[dict[str, Any]]:
    return [one for one in told["findings"] if one["line"] == line]


def kinds(told: dict[str, Any], line: str) -> set[str]:
    return {one["kind"] for one in found(told, line)}


def round_trip(folder: Path, api: Api) -> Served:
    """Send two invoices and a credit note by the overlay, and track: one is refused, the answer for one is lost."""
    with served(api, TOKEN) as server:
        world = World.at(folder, None, server.url, contract=folder / "overlay.yaml", concurrency=1)
        source = world.source(1001, 1002, rows=invoice_rows(1003, credits=1001))
        server.refuses.add("1002")
        server.loses = 1
        world.send(source)
        states = world.states()
        assert (states[1001], states[1002]) == ("uncertain", "rejected"), server.complaints
        assert "postal code" in world.entries()[1002].message
        world.send(source)
        server.is_over = True
        world.track()
        assert world.states() == {1001: "delivered", 1002: "rejected", 1003: "delivered"}
        assert server.numbers() == {"1001": 1, "1003": 1}
        assert [said for said in server.complaints if "postal" not in said] == []
        return server


# -- what adapts us by itself ------------------------------------------------------------------------------------------


def nothing(api: Api) -> None:
    """The contract as it is."""


def containers_renamed(api: Api) -> None:
    api.rename("Invoice", "rows", "invoiceRows")
    api.rename("Invoice", "amounts", "totals")
    api.rename("InvoiceParties", "buyerParty", "customer")
    api.rename("InvoiceParties", "sellerParty", "supplier")
    api.rename("CreateRequest", "distribution", "delivery")
    api.ways |= {"gross": "invoice/totals/grossAmount"}


def snake_case(api: Api) -> None:
    for name, schema in api.doc["components"]["schemas"].items():
        if name not in ("Listing", "Received", "Error"):
            for member in list(schema["properties"]):
                rename(schema, member, snake(member))
    for inner in ("sellerParty", "buyerParty", "invoiceRecipientParty", "deliveryParty"):
        for member in list((party := at(api.schema("InvoiceParties"), f"properties/{snake(inner)}"))["properties"]):
            rename(party, member, snake(member))


def snake(name: str) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in name)


def listing_renamed(api: Api) -> None:
    api.rename("Listing", "distributions", "deliveries")
    record = at(api.schema("Listing"), "properties/deliveries/items")
    rename(record, "invoiceNumber", "invoice_no")
    rename(record, "status", "state")
    rename(record, "createdAt", "creationTime")
    record["properties"]["invoice_no"] = text()
    api.ways |= {"records": "deliveries", "record.number": "invoice_no", "record.status": "state"}
    api.ways |= {"record.created": "creationTime"}


def listing_nested(api: Api) -> None:
    inner = api.schema("Listing")["properties"]
    counted = object_of({"total": {"type": "integer"}, "pageSize": {"type": "integer"}})
    data = object_of({"items": inner["distributions"], "warnings": {"type": "array", "items": text()}})
    api.doc["components"]["schemas"]["Listing"] = object_of({"data": data, "paging": counted})
    api.ways |= {"records": "data/items", "total": "paging/total"}


def status_nested(api: Api) -> None:
    record = at(api.schema("Listing"), "properties/distributions/items")
    status = record["properties"].pop("status")
    record["properties"]["delivery"] = object_of({"status": status, "attempts": {"type": "integer"}})
    record["required"] = ["invoiceNumber"]
    api.ways["record.status"] = "delivery/status"


def total_beside(api: Api) -> None:
    listing = api.schema("Listing")
    listing["properties"] = {"totalElements": {"type": "integer"}, "content": listing["properties"]["distributions"]}
    api.ways |= {"records": "content", "total": "totalElements"}


def words_otherwise(api: Api) -> None:
    at(api.schema("CreateRequest"), "properties/distribution/properties/method")["enum"] = [
        "email",
        "einvoice",
        "paper",
    ]
    at(api.schema("InvoiceHeader"), "properties/type")["enum"] = ["Invoice", "CreditNote"]
    buyer = at(api.schema("InvoiceParties"), "properties/buyerParty/properties/entityType")
    buyer["enum"] = ["COMPANY", "PERSON"]


def numbers_as_texts(api: Api) -> None:
    api.schema("InvoiceHeader")["properties"]["number"] = text(pattern="^[0-9]{1,20}$")
    api.schema("InvoiceReferences")["properties"]["creditedInvoiceNumber"] = text(nullable=True)
    at(api.schema("Listing"), "properties/distributions/items/properties")["invoiceNumber"] = text()


def money_as_texts(api: Api) -> None:
    for schema in ("InvoiceRowData", "InvoiceAmounts"):
        members = api.schema(schema)["properties"]
        members |= {name: text() for name, one in members.items() if one["type"] == "number"}


def row_number_as_integer(api: Api) -> None:
    api.schema("InvoiceRowData")["properties"]["rowNumber"] = {"type": "integer"}


def errors_otherwise(api: Api) -> None:
    details = {"type": "array", "items": object_of({"target": text(), "description": text()})}
    api.doc["components"]["schemas"]["Error"] = object_of(
        {"error": object_of({"code": text(), "userMessage": text(), "details": details})}
    )
    api.ways |= {"errors": "error/details", "error.field": "target", "error.message": "description"}
    api.ways |= {"message": "error/userMessage"}


def header_added(api: Api) -> None:
    version = {"name": "X-Service-Version", "in": "header", "required": True, "schema": text(enum=["2024-06"])}
    for path, method in (("/invoice", "post"), ("/invoice/distribution", "get")):
        api.call(path, method).setdefault("parameters", []).append(version)


def key_header_renamed(api: Api) -> None:
    api.doc["components"]["securitySchemes"]["key"]["name"] = "Ocp-Apim-Subscription-Key"
    api.ways["key"] = "Ocp-Apim-Subscription-Key"


def key_as_bearer(api: Api) -> None:
    api.doc["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    api.ways["key"], api.key_before = "Authorization", "Bearer "


def paths_moved(api: Api) -> None:
    paths = api.doc["paths"]
    api.doc["paths"] = {"/invoices": paths["/invoice"], "/invoices/distributions": paths["/invoice/distribution"]}
    api.doc["servers"] = [{"url": "https://staging-integrations.confirmafinance.com/api/v2/partner/"}]
    api.ways |= {"create": "/api/v2/partner/invoices", "listing": "/api/v2/partner/invoices/distributions"}


def paths_whole(api: Api) -> None:
    api.doc["paths"] = {f"/api/v3{path}": one for path, one in api.doc["paths"].items()}
    api.doc["servers"] = [{"url": "/"}]
    api.ways |= {"create": "/api/v3/invoice", "listing": "/api/v3/invoice/distribution"}


def days_renamed(api: Api) -> None:
    call = api.call("/invoice/distribution", "get")
    for one, name in zip(call["parameters"], ("number", "invoiceDateFrom", "invoiceDateTo"), strict=True):
        one["name"] = name
    call["parameters"][1]["schema"]["format"] = call["parameters"][2]["schema"]["format"] = "date-time"
    size = {"name": "pageSize", "in": "query", "schema": {"type": "integer", "maximum": 500}}
    page = {"name": "page", "in": "query", "required": True, "schema": {"type": "integer", "default": 1}}
    call["parameters"] += [size, page]
    api.ways |= {"query.number": "number", "query.from": "invoiceDateFrom", "query.to": "invoiceDateTo"}


def wrapped(api: Api) -> None:
    body = api.doc["components"]["schemas"].pop("CreateRequest")
    api.doc["components"]["schemas"]["Document"] = body
    api.doc["components"]["schemas"]["CreateRequest"] = object_of({"data": {"$ref": "#/components/schemas/Document"}})
    api.ways |= {name: f"data/{api.ways[name]}" for name in ("number", "date", "gross")}


def header_dissolved(api: Api) -> None:
    schemas = api.doc["components"]["schemas"]
    header, invoice = schemas.pop("InvoiceHeader"), schemas["Invoice"]
    del invoice["properties"]["header"]
    invoice["properties"] |= header["properties"]
    invoice["required"] = ["number", "date", "parties", "rows"]
    api.ways |= {"number": "invoice/number", "date": "invoice/date"}


def due_date_moved(api: Api) -> None:
    due = api.schema("InvoiceHeader")["properties"].pop("dueDate")
    api.schema("Invoice")["properties"]["terms"] = object_of({"dueDate": due}, "dueDate")


def required_constants(api: Api) -> None:
    api.schema("CreateRequest")["properties"]["schemaVersion"] = {"type": "integer", "enum": [2]}
    api.schema("InvoiceHeader")["properties"]["origin"] = text(enum=["API"])
    for name, member in (("CreateRequest", "schemaVersion"), ("InvoiceHeader", "origin")):
        api.schema(name)["required"].append(member)


def in_parts(api: Api) -> None:
    invoice = api.schema("Invoice")
    first = {name: one for name, one in invoice["properties"].items() if name in ("header", "parties")}
    rest = {name: one for name, one in invoice["properties"].items() if name not in first}
    api.doc["components"]["schemas"]["Invoice"] = {
        "allOf": [{"type": "object", "properties": first, "required": ["header"]}, {"properties": rest}]
    }
    party = api.schema("InvoiceParties")["properties"]
    party["buyerParty"] = {"oneOf": [party["buyerParty"], object_of({"ssn": text()}, "ssn")]}


TOGETHER: list[tuple[Change, ...]] = [
    (nothing,),
    (words_otherwise, numbers_as_texts, containers_renamed, errors_otherwise, header_added, listing_nested),
    (snake_case, key_header_renamed, total_beside),
    (money_as_texts, row_number_as_integer, status_nested, key_as_bearer, paths_moved, in_parts, required_constants),
    (days_renamed, listing_renamed, wrapped, paths_whole),
    (words_otherwise, header_dissolved),
    (due_date_moved, numbers_as_texts),
]


@pytest.mark.parametrize("changes", TOGETHER, ids=lambda changes: changes[0].__name__)
def test_what_is_sure_adapts_us_and_every_invoice_is_delivered_once(
    changes: tuple[Change, ...], tmp_path: Path, read_once: None, no_waiting: list[float]
) -> None:
    api = Api()
    for change in changes:
        change(api)
    code, told = compared(tmp_path, api)
    assert (code, [one for one in told["findings"] if one["needs_person"]]) == (0, [])
    round_trip(tmp_path, api)
    overlay = tmp_path / "overlay.yaml"
    before = read(overlay).file
    again, told = compared(tmp_path, api, "--replace", CONFIRMA_CONTRACT=str(overlay))
    assert (again, told["changes"], read(overlay).file == before) == (0, [], True)


def test_the_same_as_openapi_31_and_as_yaml_is_the_same(tmp_path: Path) -> None:
    api = Api()
    for change in (words_otherwise, numbers_as_texts, containers_renamed, listing_nested, errors_otherwise):
        change(api)
    told = [compared(tmp_path, api)[1]["changes"]]
    told.append(compared(tmp_path, api, "--replace", name="api.yaml")[1]["changes"])
    api.as_31()
    told.append(compared(tmp_path, api, "--replace")[1]["changes"])
    assert told[0] == told[1] == told[2]
    assert len(told[0]) > 15


# -- what is left for a person -----------------------------------------------------------------------------------------


def two_names(api: Api) -> None:
    invoice = api.schema("Invoice")
    invoice["properties"]["invoiceLines"] = invoice["properties"]["invoiceRows"] = invoice["properties"].pop("rows")
    invoice["required"].remove("rows")


def no_evidence(api: Api) -> None:
    api.rename("InvoiceHeader", "dueDate", "xq")


def swapped_meaning(api: Api) -> None:
    api.rename("InvoiceHeader", "date", "deliveryDate")


def field_gone(api: Api) -> None:
    del at(api.schema("InvoiceParties"), "properties/buyerParty/properties")["disableCollection"]


def field_demanded(api: Api) -> None:
    api.schema("Invoice")["properties"]["contractId"] = text()
    api.schema("Invoice")["required"].append("contractId")


def row_field_demanded(api: Api) -> None:
    api.schema("InvoiceRowData")["properties"]["account"] = text(enum=["3000"])
    api.schema("InvoiceRowData")["required"].append("account")


def header_demanded(api: Api) -> None:
    tenant = {"name": "X-Tenant", "in": "header", "required": True, "schema": text()}
    api.call("/invoice", "post")["parameters"] = [tenant]


def parties_swapped(api: Api) -> None:
    api.rename("InvoiceParties", "sellerParty", "partyA")
    api.rename("InvoiceParties", "buyerParty", "partyB")


def word_unknown(api: Api) -> None:
    at(api.schema("CreateRequest"), "properties/distribution/properties/method")["enum"] = ["EMAIL", "NET", "MAIL"]


def statuses_unknown(api: Api) -> None:
    statuses = at(api.schema("Listing"), "properties/distributions/items/properties/status")
    statuses["enum"] = ["PAUSED", "ACCEPTED", "ERROR", "DELIVERED", "PRINTED"]


def no_failure(api: Api) -> None:
    at(api.schema("Listing"), "properties/distributions/items/properties/status")["enum"].remove("ERROR")


def total_gone(api: Api) -> None:
    metadata = at(api.schema("Listing"), "properties/metaData/properties")
    metadata["count"] = metadata.pop("totalCount")


def days_of_something(api: Api) -> None:
    for one, name in zip(
        api.call("/invoice/distribution", "get")["parameters"][1:], ("createdFrom", "createdTo"), strict=True
    ):
        one["name"] = name


def two_lists(api: Api) -> None:
    members = api.schema("Listing")["properties"]
    members["active"] = members["archived"] = members.pop("distributions")


def no_status(api: Api) -> None:
    record = at(api.schema("Listing"), "properties/distributions/items")
    del record["properties"]["status"]
    record["required"] = []


def path_gone(api: Api) -> None:
    del api.doc["paths"]["/invoice/distribution"]


def key_in_the_address(api: Api) -> None:
    api.doc["components"]["securitySchemes"]["key"]["in"] = "query"


def amounts_whole(api: Api) -> None:
    api.schema("InvoiceAmounts")["properties"]["grossAmount"] = {"type": "integer"}


def many_at_once(api: Api) -> None:
    content = api.call("/invoice", "post")["requestBody"]["content"]["application/json"]
    content["schema"] = {"type": "array", "items": content["schema"]}


def not_json(api: Api) -> None:
    content = api.call("/invoice", "post")["requestBody"]["content"]
    content["application/xml"] = content.pop("application/json")


PERSON: list[tuple[Change, str, str, str, tuple[str, ...]]] = [
    (two_names, "request.invoice.rows", "stops", "ambiguous", ("invoiceLines", "invoiceRows")),
    (no_evidence, "request.invoice.header.due_date", "stops", "ambiguous", ("xq",)),
    (swapped_meaning, "request.invoice.header.date", "stops", "ambiguous", ("deliveryDate",)),
    (field_gone, "request.invoice.parties.buyer.disable_collection", "loss", "missing", ()),
    (field_demanded, "", "stops", "new", ()),
    (row_field_demanded, "", "stops", "new", ()),
    (header_demanded, "headers.X-Tenant", "stops", "new", ()),
    (parties_swapped, "request.invoice.parties.seller", "stops", "ambiguous", ("partyA", "partyB")),
    (word_unknown, "enums.method.EDI", "danger", "ambiguous", ("NET", "MAIL")),
    (statuses_unknown, "statuses.PRINTED", "danger", "new", ()),
    (statuses_unknown, "statuses", "danger", "missing", ()),
    (no_failure, "statuses", "danger", "missing", ()),
    (total_gone, "listing.meta.total", "danger", "missing", ()),
    (days_of_something, "listing.query.from", "danger", "ambiguous", ("createdFrom",)),
    (two_lists, "listing.records", "stops", "ambiguous", ("active", "archived")),
    (no_status, "listing.record.status", "stops", "missing", ()),
    (path_gone, "paths.listing", "stops", "missing", ()),
    (key_in_the_address, "headers.key", "stops", "unlike", ()),
    (amounts_whole, "request.invoice.amounts.gross_amount", "stops", "unlike", ()),
    (many_at_once, "request", "stops", "unlike", ()),
    (not_json, "paths.create", "stops", "unlike", ()),
]


@pytest.mark.parametrize(
    ("change", "line", "weight", "kind", "choices"), PERSON, ids=lambda one: getattr(one, "__name__", None)
)
def test_what_is_not_sure_is_left_to_a_person(
    change: Change, line: str, weight: str, kind: str, choices: tuple[str, ...], tmp_path: Path, read_once: None
) -> None:
    api = Api()
    change(api)
    code, told = compared(tmp_path, api)
    left = [one for one in told["findings"] if one["needs_person"] and (one["line"], one["kind"]) == (line, kind)]
    assert code == 1
    assert [(one["weight"], tuple(one["candidates"])) for one in left] == [(weight, choices)], told["findings"][:4]
    assert left[0]["pointer"].startswith("#/")
    closed = {one["line"]: one for one in told["changes"] if not one["is_open"]}
    if kind == "missing" and weight == "loss":
        assert closed[line]["wire"] == ""
    else:
        assert line not in closed
    overlay = (tmp_path / "overlay.yaml").read_text("utf-8")
    assert all(f'wire: "{name}"' in overlay for name in choices)
    assert (
        read(tmp_path / "overlay.yaml").state_of("PRINTED")
        == read(tmp_path / "overlay.yaml").state_of("DELIVERED")
        == "unknown"
    )


def test_a_line_that_a_person_chose_is_a_line_of_the_overlay(
    tmp_path: Path, read_once: None, no_waiting: list[float]
) -> None:
    api = Api()
    for change in (no_evidence, header_demanded, statuses_unknown):
        change(api)
    api.call("/invoice/distribution", "get")["parameters"].append(api.call("/invoice", "post")["parameters"][0])
    compared(tmp_path, api)
    overlay = tmp_path / "overlay.yaml"
    chosen = overlay.read_text("utf-8").replace("# ? ", "").replace('X-Tenant: {wire: ""}', 'X-Tenant: {wire: "7"}')
    chosen = chosen.replace(
        'DELIVERED: {wire: "DELIVERED", state: unknown}', 'DELIVERED: {wire: "DELIVERED", state: delivered}'
    )
    overlay.write_text(chosen, "utf-8")
    api.ends_as = "DELIVERED"
    round_trip(tmp_path, api)
    _, told = compared(tmp_path, api, "--replace", CONFIRMA_CONTRACT=str(overlay))
    assert {one["line"] for one in told["findings"] if one["needs_person"]} == set()


def test_statuses_that_nobody_knows_are_no_deliveries(tmp_path: Path, read_once: None) -> None:
    api = Api(ends_as="DELIVERED")
    statuses_unknown(api)
    compared(tmp_path, api)
    with served(api, TOKEN) as server:
        world = World.at(tmp_path, None, server.url, contract=tmp_path / "overlay.yaml")
        world.send(world.source(1001))
        server.is_over = True
        world.track()
        assert world.states() == {1001: "unknown"}


def test_findings_come_in_order_of_consequence_with_their_place(tmp_path: Path) -> None:
    api = Api()
    for change in (field_gone, statuses_unknown, amounts_whole, containers_renamed):
        change(api)
    api.schema("Invoice")["properties"]["theme"] = text()
    _, told = compared(tmp_path, api, name="api.yaml")
    weights = [one["weight"] for one in told["findings"]]
    order = ["stops", "danger", "loss", "adapted", "new", "fits"]
    assert weights == sorted(weights, key=order.index)
    assert set(weights) == set(order)
    renamed = found(told, "request.invoice.rows")[0]
    assert renamed["pointer"] == "#/components/schemas/Invoice/properties/invoiceRows"
    lines = (tmp_path / "api.yaml").read_text("utf-8").splitlines()
    assert "invoiceRows:" in lines[renamed["file_line"] - 1]
    assert "invoice.rows.quantity" not in {one["line"] for one in told["changes"]}
    assert "request.invoice.rows.quantity" in told["unconfirmed_but_there"]


def test_the_description_of_the_stand_in_itself_fits(stand_in: StandIn, tmp_path: Path) -> None:
    doc = httpx.get(f"{stand_in.url}/openapi.json").json()
    code, told = compared(tmp_path, Api(doc))
    assert (code, told["changes"]) == (0, [])
    assert "request.invoice.rows.vat_percentage" in told["unconfirmed_but_there"]


def test_another_host_is_never_taken_over(tmp_path: Path) -> None:
    api = Api()
    api.doc["servers"] = [{"url": "https://elsewhere.example/api/v1/partner"}]
    api.doc["paths"]["@elsewhere.example/invoice"] = api.doc["paths"]["/invoice"]
    code, told = compared(tmp_path, api)
    assert (code, [one for one in told["changes"] if not one["is_open"]]) == (0, [])
    assert {item.wire for item in read(tmp_path / "overlay.yaml").file.hosts.values()} == {
        item.wire for item in read().file.hosts.values()
    }


def test_calls_that_have_nothing_in_common_are_found_by_what_they_take_and_give(tmp_path: Path) -> None:
    api = Api()
    api.doc["servers"] = [{"url": "/"}]
    paths = api.doc["paths"]
    api.doc["paths"] = {
        "/v2/sales/documents": paths["/invoice"],
        "/reports/where-is-it": paths["/invoice/distribution"],
        "/v2/sales": {"get": {"responses": {}}, "post": {"requestBody": {"content": {"application/json": {}}}}},
    }
    code, _ = compared(tmp_path, api)
    contract = read(tmp_path / "overlay.yaml")
    assert (contract.path("create"), contract.path("listing")) == ("/v2/sales/documents", "/reports/where-is-it")
    assert code == 0


# -- the overlay -------------------------------------------------------------------------------------------------------


def test_an_overlay_that_is_there_is_kept_unless_told_and_its_lines_and_confirmations_stay(tmp_path: Path) -> None:
    overlay, word = (
        tmp_path / "overlay.yaml",
        '{line: "request.invoice.rows", value: "rows", by: "M", on: "2026-01-02", ground: "g"}',
    )
    overlay.write_text(f"behaviour: {{credit_note_sign: {{wire: positive}}}}\nconfirmations:\n  - {word}\n", "utf-8")
    api = Api()
    header_added(api)
    path = tmp_path / "api.json"
    path.write_text(json.dumps(api.doc), "utf-8")
    words = ["contract", "diff", str(path), "--overlay", str(overlay)]
    env = {"CONFIRMA_LANGUAGE": "en", "CONFIRMA_CONTRACT": str(overlay), "XDG_CONFIG_HOME": str(tmp_path)}
    before = overlay.read_bytes()
    kept = CliRunner().invoke(main, words, env=env)
    assert (kept.exit_code, overlay.read_bytes()) == (2, before)
    assert "--replace" in kept.stderr
    done = CliRunner().invoke(main, [*words, "--replace"], env=env)
    assert (done.exit_code, done.stderr) == (0, "")
    contract = read(overlay)
    assert (contract.behaviour("credit_note_sign"), contract.extra_headers) == (
        "positive",
        {"X-Service-Version": "2024-06"},
    )
    assert contract.file.request["invoice.rows"].confirmed
    assert [one.by for one in contract.file.confirmations] == ["M"]


def test_nothing_is_confirmed_by_a_file(tmp_path: Path) -> None:
    compared(tmp_path, Api())
    before, after = (len(read(one).provisional()) for one in (None, tmp_path / "overlay.yaml"))
    assert before == after > 50


# -- files that are none, or mean harm ---------------------------------------------------------------------------------


def minimal(schema: Any = None, **more: Any) -> str:
    """Give a small file that describes the create call alone."""
    content = {"application/json": {"schema": schema}}
    api = {"openapi": "3.0.0", "paths": {"/api/v1/partner/invoice": {"post": {"requestBody": {"content": content}}}}}
    return json.dumps(api | more)


def deep(levels: int) -> str:
    return '{"openapi": "3.0.0", "paths": ' + '{"a":' * levels + "1" + "}" * levels + "}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"swagger": "2.0", "paths": {"/a": {}}}', "Swagger 2.0"),
        ("swagger: '2.0'\npaths: {/a: {}}\n", "Swagger 2.0"),
        ('{"openapi": "4.0.0", "paths": {"/a": {}}}', "OpenAPI 4.0.0"),
        ('{"openapi": "3.0.0", "paths": {}}', "no paths"),
        ("", "no OpenAPI file"),
        ("just words", "no OpenAPI file"),
        ("[1, 2]", "no OpenAPI file"),
        ("{", "not JSON"),
        ('{"openapi": "3.0.0", "openapi": "3.0.1"}', "stands twice"),
        ("openapi: 3.0.0\nopenapi: 3.0.1\n", "line 2"),
        ("openapi: 3.0.0\npaths: [\n", "line"),
        ("openapi: 3.0.0\npaths: &a\n  b: *a\n", "line 3"),
        ("openapi: 3.0.0\n---\nopenapi: 3.0.0\n", "second document"),
        (b"openapi: \xff", "UTF-8"),
        (b"openapi: \x00", "YAML"),
        (deep(200), "deeper"),
        (deep(100_000), "deeper"),
        ("openapi: 3.0.0\npaths: " + "{a: " * 200 + "1" + "}" * 200, "deeper"),
        (b" " * 50_000_000, "larger"),
        (minimal({"$ref": "http://127.0.0.1:1/schema.json"}), "nothing is fetched"),
        (minimal({"$ref": "other.yaml#/a"}), "nothing is fetched"),
        (minimal({"$ref": "#/nowhere"}), "points at nothing"),
        (minimal({"$ref": "#/a"}, a={"$ref": "#/b"}, b={"$ref": "#/a"}), "circle"),
    ],
    ids=lambda one: one if isinstance(one, str) and len(one) < 20 else "",
)
def test_what_is_no_such_file_gets_a_clear_error(content: str | bytes, said: str, tmp_path: Path) -> None:
    assert said in refused(tmp_path, content)


def test_schemas_that_hold_themselves_and_very_many_come_to_an_end(tmp_path: Path) -> None:
    api = Api()
    schemas = api.doc["components"]["schemas"]
    schemas["Invoice"]["properties"]["parent"] = {"$ref": "#/components/schemas/Invoice"}
    schemas["Loop"] = {"allOf": [{"$ref": "#/components/schemas/Loop"}]}
    schemas["Invoice"]["properties"]["loop"] = {"$ref": "#/components/schemas/Loop"}
    for level in range(40):  # doubled at every level
        inner = {"$ref": f"#/components/schemas/Bomb{level + 1}"}
        schemas[f"Bomb{level}"] = object_of({"a": inner, "b": inner}) | {"allOf": [inner, inner]}
    schemas["Bomb40"] = text()
    schemas["Listing"]["properties"]["bomb"] = {"$ref": "#/components/schemas/Bomb0"}
    code, told = compared(tmp_path, api)
    assert (code, len(told["findings"]) > 100) == (0, True)

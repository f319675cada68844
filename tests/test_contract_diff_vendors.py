"""`contract diff` on files as the usual generators of services write them: .NET, Spring, FastAPI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from described_api import STATUSES, Api, at, object_of, rename, text
from test_contract_diff import compared, found, kinds, round_trip

from confirma_connector.cli import main
from confirma_connector.contract import read


def left(told: dict[str, Any]) -> set[str]:
    return {one["line"] for one in told["findings"] if one["needs_person"]}


def numbered(*words: str) -> dict[str, Any]:
    return {"type": "integer", "enum": list(range(len(words))), "x-enumNames": list(words)}


def record_of(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = at(api.schema("Listing"), "properties/distributions/items")
    return found


def capitals(schema: dict[str, Any]) -> None:
    for name in list(schema.get("properties", {})):
        capitals(schema["properties"][name])
        rename(schema, name, name[0].upper() + name[1:])


def as_dotnet(api: Api) -> None:
    """Capital names, enums as numbers, moments for days, parties and sums without containers, numbers as texts."""
    names = ("Address", "InvoiceHeader", "InvoiceReferences", "InvoiceParties", "InvoiceRowData", "InvoiceAttachment")
    for name in (*names, "Invoice", "CreateRequest"):
        capitals(api.schema(name))
    capitals(record_of(api))
    moment = text(format="date-time")
    header = api.schema("InvoiceHeader")["properties"]
    header |= {"Date": moment, "DueDate": moment, "Number": text(), "Type": numbered("Invoice", "CreditNote")}
    api.schema("InvoiceReferences")["properties"] |= {"OrderDate": moment, "CreditedInvoiceNumber": text()}
    invoice = api.schema("Invoice")["properties"]
    del invoice["Parties"], invoice["Amounts"]
    parties = api.schema("InvoiceParties")["properties"]
    parties["BuyerParty"]["properties"]["EntityType"] = numbered("Business", "Consumer")
    sums = {name: {"type": "number"} for name in ("TotalExclVat", "TotalVat", "TotalInclVat", "Rounding")}
    invoice |= {"Seller": parties["SellerParty"], "Customer": parties["BuyerParty"], **sums}
    api.schema("Invoice")["required"] = ["Header", "Rows"]
    rename(api.schema("InvoiceRowData"), "RowNumber", "LineNumber")
    api.schema("InvoiceRowData")["properties"]["LineNumber"] = {"type": "integer"}
    at(api.schema("CreateRequest"), "properties/Distribution/properties")["Method"] = numbered("Email", "Edi", "Letter")
    record_of(api)["properties"]["Status"] = numbered(*(status.title() for status in STATUSES))
    api.ways |= {"number": "Invoice/Header/Number", "date": "Invoice/Header/Date", "gross": "Invoice/TotalInclVat"}
    api.ways |= {"record.number": "InvoiceNumber", "record.date": "InvoiceDate", "record.status": "Status"}
    api.ways["record.created"] = "CreatedAt"
    api.taken_as, api.ends_as = STATUSES.index("ACCEPTED"), STATUSES.index("INTERMEDIATED")


def test_capitals_numbers_for_words_and_containers_that_are_none_adapt_us(
    tmp_path: Path, read_once: None, no_waiting: list[float]
) -> None:
    api = Api()
    as_dotnet(api)
    _, told = compared(tmp_path, api)
    dates = {f"request.invoice.{name}" for name in ("header.date", "header.due_date", "references.order_date")}
    parties = {f"request.invoice.parties.{name}" for name in ("recipient", "delivery")}
    assert left(told) == dates | parties
    assert 'called "4 (Intermediated)"' in found(told, "statuses.INTERMEDIATED")[0]["text"]
    server = round_trip(tmp_path, api)
    body = server.taken[0]
    assert (body["Invoice"]["Header"]["Type"], body["Distribution"]["Method"]) == (0, 0)
    assert body["Invoice"]["Header"]["Date"].endswith("T00:00:00Z")
    overlay = tmp_path / "overlay.yaml"
    again, told = compared(tmp_path, api, "--replace", CONFIRMA_CONTRACT=str(overlay))
    assert (again, told["changes"]) == (0, [])


def test_numbers_without_names_are_left_to_a_person(tmp_path: Path) -> None:
    api = Api()
    at(api.schema("CreateRequest"), "properties/distribution/properties")["method"] = {
        "type": "integer",
        "enum": [0, 1],
    }
    record_of(api)["properties"]["status"] = {"type": "integer", "enum": [0, 1]}
    code, told = compared(tmp_path, api)
    assert code == 1
    assert {"enums.method.EMAIL", "statuses.0", "statuses.1"} <= left(told)
    contract = read(tmp_path / "overlay.yaml")
    assert (contract.state_of("0"), contract.state_of("1")) == ("unknown", "unknown")


def test_the_statuses_are_known_by_their_words_where_their_name_has_gone_to_something_else(tmp_path: Path) -> None:
    for status, way in ((text(enum=["OPEN", "CLOSED"]), "deliveryStatus"), (None, "status/code")):
        api = Api()
        record = record_of(api)["properties"]
        words = record["status"]
        record |= {"deliveryStatus": words, "status": status} if status else {}
        record |= {} if status else {"status": object_of({"code": words, "label": text()})}
        code, told = compared(tmp_path, api, "--replace")
        assert (code, read(tmp_path / "overlay.yaml").names("listing", "record.status")[0]) == (0, way)
        assert kinds(told, "listing.record.status") == {"renamed"}


def test_what_only_resembles_a_name_does_not_hide_the_others(tmp_path: Path) -> None:
    api = Api()
    api.rename("InvoiceAmounts", "netAmount", "amount")
    api.rename("InvoiceAmounts", "grossAmount", "total")
    _, told = compared(tmp_path, api)
    assert found(told, "request.invoice.amounts.gross_amount")[0]["candidates"] == ["amount", "total"]
    assert not [one for one in told["findings"] if "invoice.amounts.total" in one["text"]]


def test_what_invoices_may_lack_and_the_file_demands_is_said(tmp_path: Path) -> None:
    api = Api()
    api.schema("InvoiceReferences")["required"] = ["orderNumber", "payment"]
    code, told = compared(tmp_path, api)
    said = [one["text"] for one in told["findings"] if "without it are refused" in one["text"]]
    assert (code, said) == (
        0,
        ['"invoice.references.orderNumber" is required there: invoices without it are refused'],
    )


def test_a_default_is_not_told_as_the_only_value(tmp_path: Path) -> None:
    api = Api()
    version = {"name": "Api-Version", "in": "header", "required": True, "schema": text(default="1.0")}
    api.call("/invoice", "post")["parameters"] = [version]
    api.schema("InvoiceHeader")["properties"]["origin"] = text(default="API")
    api.schema("InvoiceHeader")["required"].append("origin")
    code, told = compared(tmp_path, api)
    for line in ("headers.Api-Version", "constants.invoice/header/origin"):
        assert "is required; the default of the file" in found(told, line)[0]["text"]
    assert (code, read(tmp_path / "overlay.yaml").extra_headers) == (0, {"Api-Version": "1.0"})


def test_an_object_in_the_query_is_its_members(tmp_path: Path) -> None:
    api = Api()
    size = {"type": "integer", "maximum": 1000}
    pageable = object_of({"page": {"type": "integer"}, "size": size})
    api.call("/invoice/distribution", "get")["parameters"].append(
        {"name": "pageable", "in": "query", "required": True, "schema": pageable}
    )
    code, _ = compared(tmp_path, api)
    assert (code, read(tmp_path / "overlay.yaml").extra_query) == (0, {"size": "1000"})


def test_what_is_read_only_is_no_new_name_for_ours(tmp_path: Path) -> None:
    api = Api()
    api.rename("Invoice", "rows", "invoiceRows")
    api.schema("Invoice")["properties"]["invoiceRows"] |= {"readOnly": True}
    _, told = compared(tmp_path, api)
    assert "renamed" not in kinds(told, "request.invoice.rows")


def test_a_number_that_the_service_gives_itself_is_left_to_a_person(tmp_path: Path) -> None:
    api = Api()
    api.schema("InvoiceHeader")["properties"]["number"]["readOnly"] = True
    api.schema("InvoiceHeader")["properties"]["description"]["readOnly"] = True
    code, told = compared(tmp_path, api)
    assert (code, left(told)) == (1, {"request.invoice.header.number"})
    assert told["findings"][0]["weight"] == "stops"


def test_what_may_be_a_field_that_is_not_sent_yet_is_told_once_and_what_is_required_always(tmp_path: Path) -> None:
    for required in (False, True):
        api = Api()
        api.schema("InvoiceHeader")["properties"]["deliveryDate"] = text(format="date")
        api.schema("InvoiceHeader")["required"] += ["deliveryDate"] if required else []
        code, told = compared(tmp_path, api, "--replace")
        said = [one for one in told["findings"] if "deliveryDate" in one["text"]]
        assert (code, len(said)) == (int(required), 1 + required)


def test_a_reason_of_failure_is_the_message_and_a_candidate_is_told_once(tmp_path: Path) -> None:
    api = Api()
    rename(record_of(api), "message", "failureReason")
    code, told = compared(tmp_path, api)
    assert (code, kinds(told, "listing.record.message")) == (0, {"renamed"})
    api = Api()
    rename(record_of(api), "createdAt", "createdAtTime")
    _, told = compared(tmp_path, api, "--replace")
    assert found(told, "listing.record.created_at")[0]["candidates"] == ["createdAtTime"]
    assert not [one for one in told["findings"] if one["text"].startswith('"createdAtTime" is there')]


def test_refusals_that_name_each_place_by_its_steps_are_understood(tmp_path: Path) -> None:
    api = Api()
    steps = {"type": "array", "items": {"anyOf": [text(), {"type": "integer"}]}}
    fault = object_of({"loc": steps, "msg": text(), "type": text()}, "loc", "msg", "type")
    api.doc["components"]["schemas"]["Error"] = object_of({"detail": {"type": "array", "items": fault}})
    code, told = compared(tmp_path, api)
    assert (code, kinds(told, "answer.error.field"), kinds(told, "answer.message")) == (0, {"confirmed"}, set())


@pytest.mark.parametrize(("name", "line"), [("api.yaml", True), ("api.json", False)])
def test_a_long_place_is_told_short_where_the_line_is_known(name: str, line: bool, tmp_path: Path) -> None:
    api = Api()
    api.rename("InvoiceRowData", "quantity", "pieces")
    request = api.call("/invoice", "post")["requestBody"]["content"]["application/json"]
    request["schema"] = api.doc["components"]["schemas"].pop("CreateRequest")
    request["schema"]["properties"]["distribution"]["properties"]["enabled"] = text()
    compared(tmp_path, api, name=name)
    said = CliRunner().invoke(
        main,
        ["contract", "diff", str(tmp_path / name)],
        env={"CONFIRMA_LANGUAGE": "en", "XDG_CONFIG_HOME": str(tmp_path)},
    )
    told = next(one for one in said.stdout.splitlines() if "distribution.enabled" in one)
    assert ("#/…/distribution/properties/enabled (line " in told) is line
    assert ("#/paths/~1invoice/post/" in told) is not line

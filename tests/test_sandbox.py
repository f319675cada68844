"""The stand-in, over real HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from confirma_connector.sandbox import Fault, Ledger, StandIn, serve_in_thread
from confirma_connector.sandbox.example import vendor_example

CREATE = "/api/v1/partner/invoice"
LISTING = "/api/v1/partner/invoice/distribution"
NOW = datetime(2025, 12, 10, 12, tzinfo=UTC).timestamp()
ALL = {"fromInvDate": "2000-01-01", "toInvDate": "2100-01-01"}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


class Caller:
    """A client of the stand-in, and the clock that both live by."""

    def __init__(self, stand_in: StandIn, clock: Clock, http: httpx.Client) -> None:
        self.stand_in, self.clock, self.http = stand_in, clock, http
        self.ledger, self.faults = stand_in.ledger, stand_in.faults

    def post(self, invoice: dict[str, Any] | bytes, **more: Any) -> httpx.Response:
        body = invoice if isinstance(invoice, bytes) else json.dumps(invoice).encode()
        return self.http.post(CREATE, content=body, **more)

    def listing(self, **query: Any) -> dict[str, Any]:
        response = self.http.get(LISTING, params=query or ALL)
        assert response.status_code == 200, response.text
        return response.json()

    def records(self, **query: Any) -> list[dict[str, Any]]:
        return self.listing(**query)["distributions"]

    def statuses(self) -> list[str]:
        return [record["status"] for record in self.records()]

    def fault(self, route: str, kind: str, **more: Any) -> int:
        return self.faults.add(Fault(route=route, kind=kind, **more))


@contextmanager
def calling(store: Path, *, pace: float = 60, key: str = "key", **more: Any) -> Iterator[Caller]:
    clock = Clock()
    headers = {"X-Api-Key": key, "Content-Type": "application/json"}
    with (
        serve_in_thread(store, key="key", pace=pace, clock=clock, **more) as stand_in,
        httpx.Client(base_url=stand_in.url, headers=headers, timeout=10, trust_env=False) as http,
    ):
        yield Caller(stand_in, clock, http)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    with calling(tmp_path_factory.mktemp("sandbox") / "store.db") as caller:
        yield caller


@pytest.fixture
def call(served: Caller) -> Caller:
    served.ledger.clear()
    served.faults.clear()
    served.clock.now = NOW
    return served


def invoice(number: int = 1001, **parts: Any) -> dict[str, Any]:
    """The vendor's example under another number; parts by their path, `__` for a dot."""
    document = vendor_example()
    document["invoice"]["header"]["number"] = number
    for path, value in parts.items():
        *way, last = path.split("__")
        at: Any = document if way[:1] in (["distribution"], ["processing"]) else document["invoice"]
        for name in way:
            at = at[name]
        at[last] = value
    return document


BUYER = "parties__buyerParty__"


def test_the_vendors_example_is_taken_as_it_stands(call: Caller) -> None:
    response = call.post(vendor_example())
    assert response.status_code == 200
    assert response.json() == {"message": "Invoice received", "invoiceNumber": 251601000, "status": "PAUSED"}
    assert call.ledger.numbers() == [251601000]
    assert call.ledger.strangers() == []


@pytest.mark.parametrize(
    "path", [CREATE, LISTING, "/api/v1/partner/validate", "/api/v1/partner/renew", "/sandbox/faults"]
)
@pytest.mark.parametrize("key", ["", "wrong", "KEY"])
def test_nothing_opens_without_the_key(call: Caller, path: str, key: str) -> None:
    method = "POST" if path == CREATE else "GET"
    response = call.http.request(method, path, headers={"X-Api-Key": key}, json=invoice() if method == "POST" else None)
    assert response.status_code == 401
    assert list(response.json()) == ["message"]
    assert call.ledger.numbers() == []


def test_a_key_is_validated_and_renewed(call: Caller) -> None:
    assert call.http.get("/api/v1/partner/validate").json() == {"isValid": True, "message": "Token is valid"}
    assert list(call.http.get("/api/v1/partner/renew").json()) == ["Message"]


def test_each_key_is_an_account_of_its_own(tmp_path: Path) -> None:
    with calling(tmp_path / "s.db", pace=0, other_keys=["other"]) as call:
        call.post(invoice(1))
        call.post(invoice(1), headers={"X-Api-Key": "other"})
        assert call.statuses() == ["INTERMEDIATED"]
        assert call.http.get(LISTING, params=ALL, headers={"X-Api-Key": "other"}).json()["metaData"]["totalCount"] == 1


def test_an_unknown_path_and_method_get_a_json_answer(call: Caller) -> None:
    assert call.http.get("/api/v1/partner/invoices").status_code == 404
    assert call.http.post(CREATE + "/", json={}).json() == {"message": "Not Found"}
    assert call.http.put(CREATE, json={}).status_code == 405


def test_the_openapi_page_holds_the_vendors_example(call: Caller) -> None:
    page = call.http.get("/openapi.json").json()
    content = page["paths"][CREATE]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"] == vendor_example()
    assert [each["name"] for each in page["paths"][LISTING]["get"]["parameters"]] == ["invoiceNumber", *ALL]
    assert "html" in call.http.get("/docs").headers["content-type"]


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"header__number": "1001"}, "invoice.header.number"),
        ({"header__number": 1001.0}, "invoice.header.number"),
        ({"header__number": True}, "invoice.header.number"),
        ({"header__number": None}, "invoice.header.number"),
        ({"header__number": 2**63}, "invoice.header.number"),
        ({"header__date": "1.12.2025"}, "invoice.header.date"),
        ({"header__date": "20251201"}, "invoice.header.date"),
        ({"header__date": "2025-02-30"}, "invoice.header.date"),
        ({"header__type": "LASKU"}, "invoice.header.type"),
        ({BUYER + "name": " "}, "invoice.parties.buyerParty.name"),
        ({"parties": None}, "invoice.parties.buyerParty.name"),
        ({"parties": []}, "invoice.parties"),
        ({"distribution__method": "PIGEON"}, "distribution.method"),
        ({"distribution__method": None}, "distribution.method"),
        ({"references__creditedInvoiceNumber": "1"}, "invoice.references.creditedInvoiceNumber"),
        ({"amounts": {"grossAmount": "100.25"}}, "invoice.amounts.grossAmount"),
        ({"amounts": {"grossAmount": 100.255}}, "invoice.amounts.grossAmount"),
        ({"amounts": {"grossAmount": True}}, "invoice.amounts.grossAmount"),
        ({"rows": {}}, "invoice.rows"),
        ({"rows": [{}, {"vatPercentage": "25,5 %"}]}, "invoice.rows[1].vatPercentage"),
        ({"rows": [{"quantity": ""}]}, "invoice.rows[0].quantity"),
    ],
)
def test_a_malformed_invoice_is_refused_by_its_member(call: Caller, parts: dict[str, Any], field: str) -> None:
    response = call.post(invoice(**parts))
    assert response.status_code == 400
    assert response.json()["message"] == "The invoice is malformed"
    assert field in [error["field"] for error in response.json()["errors"]]
    assert call.ledger.numbers() == []


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"\xff", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"[" * 100_000]
)
def test_what_is_no_json_object_is_refused(call: Caller, body: bytes) -> None:
    response = call.post(body)
    assert response.status_code == 400
    assert "message" in response.json()


def test_only_json_is_taken(call: Caller) -> None:
    assert call.post(invoice(), headers={"Content-Type": "text/plain"}).status_code == 415


def test_optional_members_may_be_null_empty_or_absent(call: Caller) -> None:
    bare = {
        "distribution": {"method": "EMAIL"},
        "invoice": {
            "header": {"number": 5, "date": "2025-12-01", "type": None},
            "references": "",
            "rows": None,
            "amounts": {"grossAmount": None},
            "parties": {"buyerParty": {"name": "Oy", "address": "", "contact": None}},
        },
    }
    assert call.post(bare).status_code == 200


def test_the_body_is_kept_to_the_byte(call: Caller) -> None:
    exact = json.dumps(invoice(7, amounts={"grossAmount": 0})).replace('"grossAmount": 0', '"grossAmount":  100.250')
    assert call.post(exact.encode()).status_code == 200
    assert call.ledger.bodies(7) == [exact.encode()]


def test_exact_prices_and_large_amounts_pass(call: Caller) -> None:
    body = json.dumps(invoice(rows=[{"unitPrice": 1, "netAmount": 2}])).replace(
        '"unitPrice": 1', '"unitPrice": 0.123456789'
    )
    assert (
        call.post(
            body.replace('"netAmount": 2', '"netAmount": 12345678901234567890123456789012.10').encode()
        ).status_code
        == 200
    )
    assert (
        call.post(
            body.replace('"netAmount": 2', '"netAmount": 1.0000000000000000000000000000000001').encode()
        ).status_code
        == 400
    )


def test_unknown_members_are_taken_and_remembered(call: Caller) -> None:
    rows = [{"colour": 1}, {"colour": 2, "netAmount": 1}]
    assert call.post(invoice(3, rows=rows, header__numbre=1, terms={"any": "thing"})).status_code == 200
    assert call.ledger.strangers(3) == ["invoice.header.numbre", "invoice.rows[].colour"]
    assert call.ledger.strangers(4) == []


def test_an_invoice_is_paused_then_accepted_then_intermediated(call: Caller) -> None:
    call.post(invoice(8))
    seen = []
    for _ in range(4):
        seen += call.statuses()
        call.clock.now += 60
    assert seen == ["PAUSED", "ACCEPTED", "INTERMEDIATED", "INTERMEDIATED"]
    assert call.records() == [
        {
            "invoiceNumber": 8,
            "invoiceDate": "2025-12-01",
            "status": "INTERMEDIATED",
            "method": "EMAIL",
            "createdAt": "2025-12-10T12:00:00.000Z",
            "distributedAt": "2025-12-10T12:02:00.000Z",
            "paymentControlStatus": None,
            "caseId": None,
            "message": None,
        }
    ]


def test_at_pace_zero_the_listing_is_final_at_once(tmp_path: Path) -> None:
    with calling(tmp_path / "s.db", pace=0) as call:
        assert call.post(invoice()).json()["status"] == "PAUSED"
        assert call.statuses() == ["INTERMEDIATED"]


def address(**parts: str) -> dict[str, Any]:
    whole = {"street": "Katu 1", "postalCode": "00100", "postalDistrict": "HELSINKI", "countryCode": "FI"} | parts
    return {"distribution__method": "LETTER", BUYER + "address": whole}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (address(), None),
        (address(postalCode="00001"), "postal code is not valid"),
        (address(postalCode="100"), "postal code is not valid"),
        (address(postalCode="1234", countryCode="NO"), None),
        (address(postalCode="12345", countryCode="DK"), "postal code is not valid"),
        (address(postalCode="123 45", countryCode="SE"), None),
        (address(postalCode="EC1A 1BB", countryCode="GB"), None),
        (address(street=""), "street is missing"),
        (address(postalDistrict="", countryCode=""), "postal district is missing; country code is missing"),
        (address(countryCode="Suomi"), "country code is not valid"),
        (address() | {"parties__invoiceRecipientParty__address": {"street": "Tie 2"}}, "postal code is missing; postal district is missing; country code is missing"),
        ({BUYER + "contact": None}, "e-mail address is missing"),
        ({BUYER + "contact": None, "parties__invoiceRecipientParty__email": "a@b.fi"}, None),
        ({BUYER + "contact__email": "a b@c.fi"}, "e-mail address is not valid"),
        ({"distribution__method": "EDI"}, "electronic invoice account or routing address is missing"),
        ({"distribution__method": "EDI", BUYER + "electronicInvoiceAccount": "003712345678", BUYER + "electronicRoutingAddress": "DABAFIHH"}, None),
        ({"header__type": "CREDIT_NOTE"}, "a credit note must refer to the credited invoice (references.creditedInvoiceNumber)"),
        ({"header__type": "CREDIT_NOTE", "references__creditedInvoiceNumber": 9}, None),
    ],
)  # fmt: skip
def test_bad_distribution_data_surfaces_only_in_the_listing(
    call: Caller, parts: dict[str, Any], message: str | None
) -> None:
    assert call.post(invoice(11, **parts)).json()["status"] == "PAUSED"
    call.clock.now += 60 if message else 120
    (record,) = call.records()
    assert (record["status"], record["message"]) == ("ERROR" if message else "INTERMEDIATED", message)
    assert record["caseId"] == ("CASE-11" if message else None)


def test_manual_approval_waits_for_a_person(call: Caller) -> None:
    call.post(invoice(12, processing__manualApprovalEnabled=True))
    call.clock.now += 120
    assert [(each["status"], each["caseId"], each["distributedAt"]) for each in call.records()] == [
        ("MANUAL", "CASE-12", None)
    ]


def test_an_invoice_with_distribution_off_stays_accepted(call: Caller) -> None:
    call.post(invoice(distribution__enabled=False))
    call.clock.now += 10_000
    assert call.statuses() == ["ACCEPTED"]


def test_a_second_copy_is_taken_and_later_a_duplicate(call: Caller) -> None:
    assert [call.post(invoice()).json()["status"] for _ in range(3)] == ["PAUSED"] * 3
    call.post(invoice(header__date="2025-12-02"))
    call.clock.now += 120
    assert call.statuses() == ["INTERMEDIATED", "DUPLICATE", "DUPLICATE", "DUPLICATE"]
    assert [each["status"] for each in call.records(fromInvDate="2025-12-02")] == ["DUPLICATE"]
    assert call.listing(**ALL)["metaData"] | {"filtersApplied": 0} == {
        "totalCount": 4,
        "successfulCount": 1,
        "failedCount": 3,
        "filtersApplied": 0,
    }


def test_a_corrected_copy_of_a_failed_invoice_is_no_duplicate(call: Caller) -> None:
    call.post(invoice(**address(postalCode="00001")))
    call.post(invoice(**address()))
    call.post(invoice(**address()))
    call.clock.now += 120
    assert call.statuses() == ["ERROR", "INTERMEDIATED", "DUPLICATE"]


def test_without_dates_only_the_last_30_days_are_listed(call: Caller) -> None:
    for number, day in enumerate(["2025-11-09", "2025-11-10", "2025-12-10", "2025-12-11"]):
        call.post(invoice(number + 1, header__date=day))
    answer = call.http.get(LISTING).json()
    assert [each["invoiceNumber"] for each in answer["distributions"]] == [2, 3]
    assert answer["metaData"]["filtersApplied"] == {
        "invoiceNumber": None,
        "fromInvDate": "2025-11-10",
        "toInvDate": "2025-12-10",
        "fetchType": None,
        "defaultLast30Days": True,
    }
    assert call.records(invoiceNumber=1) == []
    assert len(call.records(invoiceNumber=1, fromInvDate="2025-11-09")) == 1


def test_the_bounds_of_the_listing_are_inclusive(call: Caller) -> None:
    for number, day in enumerate(["2025-11-30", "2025-12-01", "2025-12-02", "2025-12-03"]):
        call.post(invoice(number + 1, header__date=day))
    answer = call.listing(fromInvDate="2025-12-01", toInvDate="2025-12-02")
    assert [each["invoiceNumber"] for each in answer["distributions"]] == [2, 3]
    assert answer["metaData"]["totalCount"] == 2
    assert answer["metaData"]["filtersApplied"]["defaultLast30Days"] is False


@pytest.mark.parametrize(
    "query",
    [
        {"fromInvDate": "1.12.2025"},
        {"toInvDate": ""},
        {"invoiceNumber": "x"},
        {"invoiceNumber": str(2**63)},
        {"fromInvDate": "2025-12-02", "toInvDate": "2025-12-01"},
    ],
)
def test_a_bad_filter_is_refused(call: Caller, query: dict[str, str]) -> None:
    response = call.http.get(LISTING, params=query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] in query


def test_the_date_header_follows_the_clock(call: Caller) -> None:
    call.clock.now += 86_400
    assert parsedate_to_datetime(call.http.get(LISTING).headers["date"]) == datetime.fromtimestamp(
        NOW, UTC
    ) + timedelta(days=1)
    assert len(call.post(invoice()).headers.get_list("date")) == 1


def test_each_request_is_noted_whatever_becomes_of_it(call: Caller) -> None:
    call.fault("create", "status", times=1)
    call.post(invoice(1))
    call.post(b"{")
    call.listing(invoiceNumber=1)
    noted = [(each.route, each.query, each.number) for each in call.ledger.requests()]
    assert noted == [("create", "", 1), ("create", "", None), ("listing", "invoiceNumber=1", 1)]
    assert call.ledger.request_count("create") == 2
    assert call.ledger.request_count() == 3


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_status_on_demand_comes_before_or_after_the_commit(call: Caller, after_commit: bool) -> None:
    call.fault("create", "status", status=429, retry_after="120", after_commit=after_commit)
    response = call.post(invoice())
    assert (response.status_code, response.headers["retry-after"]) == (429, "120")
    assert response.json() == {"message": "Too Many Requests"}
    assert call.ledger.numbers() == ([1001] if after_commit else [])


@pytest.mark.parametrize(
    ("options", "content_type", "text"),
    [
        ({"body": "html"}, "text/html; charset=utf-8", "<!doctype html>"),
        ({"body": "text"}, "text/plain; charset=utf-8", "Service Unavailable"),
        ({"body": "empty"}, None, ""),
        ({"content": "{'x'", "content_type": "application/problem+json"}, "application/problem+json", "{'x'"),
        ({"status": 302, "body": "empty", "headers": {"Location": "/elsewhere"}}, None, ""),
        ({"status": 204}, None, ""),
        ({"status": 599, "body": "text"}, "text/plain; charset=utf-8", "Status"),
    ],
)
def test_the_error_answer_may_hold_anything(
    call: Caller, options: dict[str, Any], content_type: str | None, text: str
) -> None:
    call.fault("create", "status", **options)
    response = call.post(invoice())
    assert response.status_code == options.get("status", 503)
    assert response.text.startswith(text)
    if content_type:
        assert response.headers["content-type"] == content_type
    if "headers" in options:
        assert response.headers["location"] == "/elsewhere"


@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"kind": "drop"}, httpx.ReadError),
        ({"kind": "drop", "reset": False}, httpx.RemoteProtocolError),
        ({"kind": "truncated"}, httpx.RemoteProtocolError),
        ({"kind": "garbage"}, httpx.RemoteProtocolError),
    ],
)
def test_a_connection_is_cut_before_or_after_the_commit(
    call: Caller, options: dict[str, Any], error: type[Exception], after_commit: bool
) -> None:
    call.fault("create", after_commit=after_commit, times=1, **options)
    with pytest.raises(error):
        call.post(invoice(1))
    assert call.ledger.numbers() == ([1] if after_commit else [])
    assert call.post(invoice(2)).status_code == 200
    call.fault("listing", **options)
    with pytest.raises(error):
        call.listing()


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_web_page_answers_200_before_or_after_the_commit(call: Caller, after_commit: bool) -> None:
    call.fault("create", "html", after_commit=after_commit)
    response = call.post(invoice())
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert len(call.ledger.numbers()) == after_commit


def test_a_late_commit_is_dropped_now_and_there_later(call: Caller) -> None:
    call.fault("create", "late", seconds=30, times=1)
    with pytest.raises(httpx.ReadError):
        call.post(invoice())
    assert (call.ledger.numbers(), call.ledger.numbers(pending=True), call.records()) == ([], [1001], [])
    call.clock.now += 10
    call.post(invoice())
    call.clock.now += 10_000
    assert [(each["status"], each["createdAt"][11:19]) for each in call.records()] == [
        ("INTERMEDIATED", "12:00:10"),
        ("DUPLICATE", "12:00:30"),
    ]


def test_a_late_commit_may_be_answered_with_a_status(call: Caller) -> None:
    call.fault("create", "late", seconds=30, status=504)
    assert call.post(invoice()).status_code == 504
    call.clock.now += 30
    assert call.ledger.numbers() == [1001]


def test_a_slow_answer_is_the_true_one(call: Caller) -> None:
    call.fault("create", "slow", seconds=0.01)
    assert call.post(invoice()).json()["status"] == "PAUSED"


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_client_that_does_not_wait_knows_nothing(tmp_path: Path, after_commit: bool) -> None:
    with calling(tmp_path / "s.db") as call:
        call.fault("create", "slow", seconds=600, after_commit=after_commit)
        with pytest.raises(httpx.ReadTimeout):
            call.post(invoice(), timeout=0.2)
    with Ledger(tmp_path / "s.db") as ledger:
        assert len(ledger.numbers()) == after_commit


def test_faults_choose_their_requests(call: Caller) -> None:
    call.fault("create", "status", every=3, times=2)
    call.fault("create", "status", status=500, numbers=[5])
    codes = [call.post(invoice(number)).status_code for number in range(1, 12)]
    assert codes == [200, 200, 503, 200, 500, 503, 200, 200, 200, 200, 200]
    assert [(each.seen, each.struck) for each in call.faults.active()] == [(6, 2), (1, 1)]


def test_a_lagging_listing_looks_whole(call: Caller) -> None:
    call.post(invoice(1))
    call.clock.now += 100
    call.post(invoice(2))
    call.fault("listing", "lag", seconds=50)
    answer = call.listing()
    assert (answer["metaData"]["totalCount"], [each["invoiceNumber"] for each in answer["distributions"]]) == (1, [1])


@pytest.mark.parametrize(
    ("options", "total", "numbers"),
    [
        ({"kind": "page", "size": 2}, 3, [1, 2]),
        ({"kind": "cut"}, 3, [1, 2]),
        ({"kind": "forget", "numbers": [2, 9]}, 2, [1, 3]),
        ({"kind": "hide_paused"}, 0, []),
        ({"kind": "no_totals"}, None, [1, 2, 3]),
    ],
)
def test_the_listing_misbehaves_on_demand(
    call: Caller, options: dict[str, Any], total: int | None, numbers: list[int]
) -> None:
    for number in (1, 2, 3):
        call.post(invoice(number))
    call.fault("listing", times=1, **options)
    answer = call.listing()
    assert answer["metaData"].get("totalCount") == total
    assert [each["invoiceNumber"] for each in answer["distributions"]] == numbers
    assert len(call.records()) == 3


def test_faults_are_set_seen_and_ended_over_http(call: Caller) -> None:
    added = call.http.post(
        "/sandbox/faults", json=[{"route": "create", "kind": "status", "times": 1}, {"route": "listing", "kind": "cut"}]
    )
    assert added.status_code == 201
    first, second = added.json()["ids"]
    assert call.post(invoice()).status_code == 503
    assert call.http.get("/sandbox/faults").json()["faults"] == [
        {"id": first, "seen": 1, "struck": 1, "route": "create", "kind": "status", "times": 1},
        {"id": second, "seen": 0, "struck": 0, "route": "listing", "kind": "cut"},
    ]
    assert [each["id"] for each in call.http.delete("/sandbox/faults", params={"id": first}).json()["faults"]] == [
        second
    ]
    assert call.http.delete("/sandbox/faults").json() == {"faults": []}


@pytest.mark.parametrize(
    "fault",
    [
        {"route": "create", "kind": "lag", "seconds": 1},
        {"route": "listing", "kind": "late", "seconds": 1},
        {"route": "create", "kind": "slow"},
        {"route": "listing", "kind": "forget"},
        {"route": "create", "kind": "statsu"},
        {"route": "create", "kind": "status", "tmies": 1},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(call: Caller, fault: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(fault)
    assert call.http.post("/sandbox/faults", json=fault).status_code == 422
    assert call.faults.active() == ()


# -- the store ---------------------------------------------------------------------------------------------------------


def test_the_store_outlives_the_server(tmp_path: Path) -> None:
    with calling(tmp_path / "deep" / "s.db") as call:
        call.post(invoice(1))
    with calling(tmp_path / "deep" / "s.db", pace=0) as call:
        assert call.statuses() == ["INTERMEDIATED"]
        assert call.ledger.request_count("create") == 1


def test_two_servers_share_one_store(tmp_path: Path) -> None:
    with calling(tmp_path / "s.db", pace=0) as one, calling(tmp_path / "s.db", pace=0) as two:
        with ThreadPoolExecutor(8) as pool:
            calls: list[Callable[..., httpx.Response]] = [one.post, two.post]
            answers = list(pool.map(lambda n: calls[n % 2](invoice(1000 + n)).status_code, range(100)))
        assert answers == [200] * 100
        assert sorted(one.ledger.numbers()) == list(range(1000, 1100))
        assert one.records() == two.records()


def test_many_processes_may_create_one_store(tmp_path: Path) -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}; from pathlib import Path; from confirma_connector.sandbox import Ledger; Ledger(Path({str(tmp_path / 's.db')!r})).note_request('create', '', 1)"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(6)]
    assert [process.wait(60) for process in started] == [0] * 6
    with Ledger(tmp_path / "s.db") as ledger:
        assert ledger.request_count() == 6


def test_a_port_can_be_taken_again_at_once_but_not_twice(tmp_path: Path) -> None:
    with calling(tmp_path / "s.db") as call:
        port = int(call.stand_in.url.rpartition(":")[2])
        call.post(invoice(1))
        with pytest.raises(OSError), serve_in_thread(tmp_path / "t.db", key="key", port=port):  # noqa: PT011
            pass
    with calling(tmp_path / "s.db", port=port) as call:
        assert len(call.records()) == 1


def test_the_package_loads_without_fastapi() -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}; import confirma_connector.sandbox; sys.exit('fastapi' in sys.modules or 'uvicorn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_it_runs_alone_until_interrupted(tmp_path: Path) -> None:
    code = f"import sys; sys.path[:] = {sys.path!r}; from pathlib import Path; from confirma_connector.sandbox import run; print('up', flush=True); run('127.0.0.1', int(sys.argv[1]), Path({str(tmp_path / 's.db')!r}), 'key', 0)"
    with serve_in_thread(tmp_path / "free.db", key="key") as stand_in:
        port = stand_in.url.rpartition(":")[2]
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, port], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    transport = httpx.HTTPTransport(retries=8)  # with its back-off: about a minute at most
    try:
        with httpx.Client(transport=transport, headers={"X-Api-Key": "key"}, trust_env=False) as http:
            assert http.get(f"http://127.0.0.1:{port}/api/v1/partner/validate").json()["isValid"] is True
    finally:
        process.terminate() if sys.platform == "win32" else process.send_signal(2)
        out, err = process.communicate(timeout=30)
    assert (out, err) == (b"up\n", b"") or sys.platform == "win32"
    assert process.returncode == 0 or sys.platform == "win32"

"""What the API says: listings that are whole or are not, and refusals in every shape it uses."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confirma_connector import answers
from confirma_connector.answers import Listed
from confirma_connector.contract import read
from confirma_connector.errorbodies import Explanation, alike, explanation
from confirma_connector.masking import masked

CONTRACT = read()
TIME = "2026-11-20T10:00:00Z"


def listing(*records: Any, total: Any = None, name: str = "distributions") -> answers.Listing:
    tree = {"metaData": {"totalCount": len(records) if total is None else total}, name: list(records)}
    return answers.listing(json.dumps(tree).encode(), CONTRACT)


def record(**changes: Any) -> dict[str, Any]:
    return {"invoiceNumber": "1001", "invoiceDate": "2026-11-02", "status": "PAUSED", "createdAt": TIME, **changes}


def test_a_record_is_read_by_the_contract() -> None:
    told = record(method="EDI", distributedAt=TIME, caseId=77, message="two\nlines", grossAmount=125.5)
    (one,) = listing(told).records
    assert (one.number, one.status, one.state, one.invoice_date) == (1001, "PAUSED", "waiting", dt.date(2026, 11, 2))
    assert one.created_at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)
    assert (one.method, one.distributed_at, one.case_id, one.message) == ("EDI", TIME, "77", "two lines")
    assert (one.gross, type(one.gross)) == (Decimal("125.5"), Decimal)
    assert json.loads(one.raw) == told


VALUES = (
    *(None, True, 7, 12.5, "", "two\nlines", 'a "quote"', "131052-308T", "\\u002d", "131052\\u002d308T", "ä\u2028"),
    *("\ud83d", {"at": "131052-308T"}, ["131052A308T", None]),
)


@given(st.dictionaries(st.sampled_from(["message", "caseId", "131052-308T", 'ä"', "x"]), st.sampled_from(VALUES)))
def test_a_record_is_remembered_as_json_says_it_but_for_personal_numbers(more: dict[str, Any]) -> None:
    (one,) = listing(record(**more)).records
    spelled = json.dumps(record(**more), ensure_ascii=False, sort_keys=True)
    assert one.raw == masked(spelled.encode("utf-8", "replace").decode())


@pytest.mark.parametrize(
    ("alias", "field", "value"),
    [
        ("distributionStatus", "status", "ERROR"),
        ("deliveryStatus", "status", "ERROR"),
        ("distributionMethod", "method", "EDI"),
        ("deliveryMethod", "method", "EDI"),
        ("distributionDate", "distributed_at", "2026-11-20"),
        ("deliveredAt", "distributed_at", "2026-11-20"),
        ("errorMessage", "message", "why"),
        ("error", "message", "why"),
        ("description", "message", "why"),
        ("reason", "message", "why"),
    ],
)
def test_other_names_are_understood_also_beside_an_empty_expected_one(alias: str, field: str, value: str) -> None:
    (one,) = listing(record(**{"status": "", "method": None, "message": "", "distributedAt": "", alias: value})).records
    assert getattr(one, field) == value


def test_the_one_array_beside_the_meta_data_is_the_records_whatever_its_name() -> None:
    assert len(listing(record(), name="items").records) == 1
    assert len(answers.listing(json.dumps([record()]).encode(), CONTRACT).records) == 1
    tree = {"metaData": {"totalCount": 1}, "distributions": [record()], "warnings": ["x"]}
    assert answers.listing(json.dumps(tree).encode(), CONTRACT).whole


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"5",
        b'"x"',
        b"{}",
        b'{"a": [], "b": []}',
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"n": 1' + b"0" * 9000 + b"}",
    ],
)
def test_what_is_no_listing_is_none(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  each of these has its own words
        answers.listing(body, CONTRACT)


@pytest.mark.parametrize(
    ("total", "is_whole"),
    [
        (1, True),
        ("1", True),
        (2, False),
        (0, False),
        ("many", False),
        (True, False),
        (1.0, False),
        ("²", False),
        ("9" * 5000, False),
    ],
)
def test_a_listing_is_whole_only_if_the_server_counts_what_came(total: Any, is_whole: bool) -> None:
    assert listing(record(), total=total).whole is is_whole


@pytest.mark.parametrize(
    ("numbers", "total", "is_whole"),
    [
        ((1001, 1001), 1, True),
        ((1001, 1001), 2, True),
        ((1001, 1001, 1002, 1002), 2, True),
        ((1001, 1001, 1002, 1002), 3, False),
        ((1001, 1001, 1002, 1002), 4, False),  # counted once and cut short, for all that can be told
    ],
)
def test_records_that_are_listed_twice_hide_no_other(numbers: tuple[int, ...], total: int, is_whole: bool) -> None:
    assert listing(*(record(invoiceNumber=number) for number in numbers), total=total).whole is is_whole


def test_a_listing_without_a_count_is_never_whole() -> None:
    assert not answers.listing(json.dumps({"distributions": []}).encode(), CONTRACT).whole
    assert not answers.listing(json.dumps({"metaData": None, "distributions": []}).encode(), CONTRACT).whole
    assert listing(total=0).whole


@pytest.mark.parametrize(
    "odd",
    [
        None,
        5,
        "x",
        [],
        {},
        {"invoiceNumber": "A1"},
        {"invoiceNumber": None},
        {"invoiceNumber": 1.5},
        {"invoiceNumber": True},
    ],
)
def test_a_record_without_a_readable_number_keeps_the_listing_from_being_whole(odd: Any) -> None:
    found = listing(record(), odd)
    assert (len(found.records), found.unreadable, found.whole) == (1, 1, False)


@pytest.mark.parametrize(("number", "read_as"), [("1001", 1001), (1001, 1001), (" 001001 ", 1001)])
def test_numbers_are_compared_as_integers(number: Any, read_as: int) -> None:
    assert listing(record(invoiceNumber=number)).records[0].number == read_as


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "x", None, True, {}])
def test_a_total_that_is_no_amount_is_none(amount: Any) -> None:
    assert listing(record(grossAmount=amount)).records[0].gross is None


def test_amounts_of_a_listing_are_exact() -> None:
    body = b'{"metaData":{"totalCount":1},"distributions":[{"invoiceNumber":1,"grossAmount":0.10000000000000000001}]}'
    assert answers.listing(body, CONTRACT).records[0].gross == Decimal("0.10000000000000000001")


def test_an_unreadable_date_or_time_is_none_and_a_naive_time_is_utc() -> None:
    (one,) = listing(record(invoiceDate="yesterday", createdAt="soon")).records
    assert (one.invoice_date, one.created_at) == (None, None)
    (one,) = listing(record(createdAt="2026-11-20T10:00:00")).records
    assert one.created_at == dt.datetime(2026, 11, 20, 10, tzinfo=dt.UTC)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["invoiceNumber", "status", "createdAt", "message", "errors", "x"]), inner, max_size=4
        )
    ),
    max_leaves=10,
)


@given(_json, _json)
def test_no_json_can_break_the_reading(tree: Any, total: Any) -> None:
    listing(tree, total=total)
    body = json.dumps(tree).encode()
    explanation(body, "application/json", CONTRACT)
    answers.stated_status(body, CONTRACT)


@given(st.binary(max_size=40))
def test_no_bytes_can_break_the_reading(body: bytes) -> None:
    for kind in ("", "text/plain", "text/html", "application/json"):
        explanation(body, kind, CONTRACT)
    answers.stated_status(body, CONTRACT)


# ---- several records for one number ----


def listed(status: str, created: str | None = TIME) -> Listed:
    time = dt.datetime.fromisoformat(created) if created else None
    return Listed(1, status, CONTRACT.state_of(status), created_at=time)


EARLIER, LATER = "2026-11-01T00:00:00Z", "2026-11-21T00:00:00Z"


@pytest.mark.parametrize(
    ("records", "status", "state"),
    [
        ([listed("ERROR")], "ERROR", "failed"),
        ([listed("DUPLICATE", LATER), listed("INTERMEDIATED", EARLIER)], "INTERMEDIATED", "delivered"),
        ([listed("INVOICED", None), listed("ERROR", None)], "INVOICED", "delivered"),
        ([listed("ERROR", EARLIER), listed("PAUSED", LATER)], "PAUSED", "waiting"),
        ([listed("PAUSED", LATER), listed("ERROR", EARLIER)], "PAUSED", "waiting"),
        ([listed("PAUSED", LATER), listed("ERROR", None)], "ERROR", "attention"),
        ([listed("PAUSED"), listed("ERROR")], "ERROR", "attention"),
        ([listed("PAUSED"), listed("ACCEPTED")], "ACCEPTED", "waiting"),
        ([listed("NEW_ONE")], "NEW_ONE", "unknown"),
    ],
)
def test_delivered_prevails_then_the_latest_and_when_that_cannot_be_told_a_person_looks(
    records: list[Listed], status: str, state: str
) -> None:
    found, meaning = answers.prevailing(records)
    assert (found.status, meaning) == (status, state)


# ---- answers to a create ----


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"status": "PAUSED"}', "PAUSED"),
        (b'{"status": " duplicate "}', "DUPLICATE"),
        (b'{"status": "NEW_ONE"}', ""),
        (b'{"status": 5}', ""),
        (b"[]", ""),
        (b"", ""),
        (b"OK", None),
    ],
)
def test_only_a_known_status_of_a_success_is_taken(body: bytes, status: str | None) -> None:
    assert answers.stated_status(body, CONTRACT) == status


@pytest.mark.parametrize(
    ("body", "kind", "message", "fields"),
    [
        ('{"message": "No"}', "application/json", "No", ()),
        ('{"Message": "No\\n way"}', "application/json", "No way", ()),
        (
            '{"title": "Bad", "status": 400, "errors": {"a.b": ["x", "y"], "c": "z"}}',
            "application/problem+json",
            "Bad",
            (("a.b", "x; y"), ("c", "z")),
        ),
        (
            '{"errors": [{"field": "rows[1]", "message": "m"}, {"path": "p", "detail": "d"}, "text"]}',
            "application/json",
            "",
            (("rows[1]", "m"), ("p", "d"), ("", "text")),
        ),
        ('[{"field": "a", "message": "m"}]', "application/json", "", (("a", "m"),)),
        ('{"errors": "plain"}', "application/json", "", (("", "plain"),)),
        ('"Invalid number"', "application/json", "Invalid number", ()),
        ("Invalid\nnumber", "text/plain; charset=utf-8", "Invalid number", ()),
        ("Invalid number", "", "Invalid number", ()),
    ],
)
def test_a_refusal_is_understood_in_every_known_shape(body: str, kind: str, message: str, fields: Any) -> None:
    assert explanation(body.encode(), kind, CONTRACT) == Explanation(message, fields)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "application/json"),
        ("  ", "text/plain"),
        ("<html>Bad Request</html>", "text/html"),
        ("Bad Request", "Text/HTML; charset=x"),
        (" <!DOCTYPE html>", ""),
        ("Bad Request", "application/json"),
        ("{}", "application/json"),
        ("[]", "application/json"),
        ('""', "application/json"),
        ("5", "application/json"),
        ("null", "application/json"),
        ('{"errors": [{}], "message": ""}', "application/json"),
        ('{"errors": {"a": []}}', "application/json"),
        ('{"code": 7}', "application/json"),
    ],
)
def test_a_gateways_page_or_nothing_is_no_word_of_the_api(body: str, kind: str) -> None:
    assert explanation(body.encode(), kind, CONTRACT) is None


def test_refusals_of_one_kind_are_alike_whatever_their_values() -> None:
    one, other = (
        Explanation("1001 is bad", (("a", "1001"), ("b", ""))),
        Explanation("1002 is bad", (("b", "x"), ("a", "1002"))),
    )
    assert alike(one, 400) == alike(other, 400)
    assert alike(one, 400) != alike(one, 422)
    assert alike(Explanation("x"), 400) != alike(Explanation("y"), 400)
    assert alike(None, 400) == alike(None, 400)


def test_an_overlay_changes_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "overlay.yaml"
    path.write_text("listing: {record.status: {wire: state}, records: {wire: items}}\n", "utf-8")
    tree = {"metaData": {"totalCount": 1}, "items": [{"invoiceNumber": 1, "state": "ERROR"}], "other": []}
    assert answers.listing(json.dumps(tree).encode(), read(path)).records[0].state == "failed"


@pytest.mark.parametrize(
    ("filters", "is_whole"),
    [
        ({"fromInvDate": None, "defaultLast30Days": True}, False),
        ({"fromInvDate": "2026-03-01", "defaultLast30Days": True}, True),
        ({"fromInvDate": "2026-03-01", "defaultLast30Days": False}, True),
        ({"fromInvDate": None, "defaultLast30Days": False}, True),
    ],
)
def test_a_listing_of_the_last_thirty_days_is_no_answer_to_a_question_with_dates(filters: Any, is_whole: bool) -> None:
    body = json.dumps({"metaData": {"totalCount": 0, "filtersApplied": filters}, "distributions": []}).encode()
    assert answers.listing(body, CONTRACT).whole is is_whole

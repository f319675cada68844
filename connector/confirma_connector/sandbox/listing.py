"""Answer the question for delivery information: which invoices, in which state, and how many."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from confirma_connector.sandbox import lifecycle
from confirma_connector.sandbox.faults import Habits
from confirma_connector.sandbox.intake import LARGEST_NUMBER, Complaint, Malformed, iso_date
from confirma_connector.sandbox.ledger import Ledger, Listed


@dataclass(frozen=True, slots=True)
class Question:
    """What a listing call asks for; *asked_first* and *asked_last* as the answer repeats them."""

    number: int | None
    first: date | None
    last: date | None
    last_30_days: bool
    fetch_type: str | None


def read_question(query: Mapping[str, str], *, today: date) -> Question:
    """Read the query of a listing call; raise Malformed. Without dates it means the last 30 days."""
    number, first, last = query.get("invoiceNumber"), _day(query, "fromInvDate"), _day(query, "toInvDate")
    if number is not None and (not re.fullmatch("[0-9]{1,19}", number) or int(number) > LARGEST_NUMBER):
        raise Malformed("Bad filter", (Complaint("invoiceNumber", "must be an integer"),))
    if first and last and first > last:
        raise Malformed("Bad filter", (Complaint("fromInvDate", "is later than toInvDate"),))
    default = first is None and last is None
    if default:
        first, last = today - timedelta(days=30), today
    return Question(None if number is None else int(number), first, last, default, query.get("fetchType"))


def answer(ledger: Ledger, account: str, question: Question, *, pace: float, habits: Habits) -> dict[str, Any]:
    """Return the listing of an account as the service would give it, misbehaving as *habits* say."""
    now = ledger.clock()
    dates = (question.first or date.min, question.last or date.max)
    found = ledger.listed(account, until=now - habits.lag, dates=dates, number=question.number)
    records = [_record(each, now=now, pace=pace) for each in found if each.number not in habits.forgotten]
    if habits.hide_paused:
        records = [record for record in records if record["status"] != lifecycle.PAUSED]
    shown = records if habits.page is None else records[: habits.page]
    return {
        "metaData": ({} if habits.no_totals else _totals(records)) | {"filtersApplied": _filters(question)},
        "distributions": shown[:-1] if habits.cut else shown,
    }


def _day(query: Mapping[str, str], name: str) -> date | None:
    if name not in query:
        return None
    day = iso_date(query[name])
    if day is None:
        raise Malformed("Bad filter", (Complaint(name, "must be a date, YYYY-MM-DD"),))
    return day


def _totals(records: list[dict[str, Any]]) -> dict[str, Any]:
    statuses = [record["status"] for record in records]
    return {
        "totalCount": len(records),
        "successfulCount": statuses.count(lifecycle.INTERMEDIATED),
        "failedCount": statuses.count(lifecycle.ERROR) + statuses.count(lifecycle.DUPLICATE),
    }


def _filters(question: Question) -> dict[str, Any]:
    return {
        "invoiceNumber": question.number,
        "fromInvDate": question.first and question.first.isoformat(),
        "toInvDate": question.last and question.last.isoformat(),
        "fetchType": question.fetch_type,
        "defaultLast30Days": question.last_30_days,
    }


def _record(listed: Listed, *, now: float, pace: float) -> dict[str, Any]:
    status = lifecycle.status_at(listed.ending, duplicate=listed.duplicate, age=now - listed.created_at, pace=pace)
    delivered = status == lifecycle.INTERMEDIATED
    with_case = status in (lifecycle.MANUAL, lifecycle.ERROR)
    return {
        "invoiceNumber": listed.number,
        "invoiceDate": listed.invoice_date.isoformat(),
        "status": status,
        "method": listed.method,
        "createdAt": _moment(listed.created_at),
        "distributedAt": _moment(listed.created_at + 2 * pace) if delivered else None,
        "paymentControlStatus": None,
        "caseId": f"CASE-{listed.number}" if with_case else None,
        "message": listed.message if status == lifecycle.ERROR else None,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

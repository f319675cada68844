"""What the API says, read by the contract: delivery listings, and the explanations of its refusals."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import simplejson

from confirma_connector.contract import Contract, Observed
from confirma_connector.errors import legible
from confirma_connector.language import tr
from confirma_connector.masking import masked

__all__ = [
    "Explanation",
    "Listed",
    "Listing",
    "alike",
    "explanation",
    "json_body",
    "listing",
    "prevailing",
    "stated_status",
]


@dataclass(frozen=True, slots=True)
class Listed:
    """One distribution record. Times are aware datetimes; *gross* is there only when the listing shows a total."""

    number: int
    status: str
    state: Observed
    invoice_date: dt.date | None = None
    method: str = ""
    created_at: dt.datetime | None = None
    distributed_at: str = ""
    case_id: str = ""
    message: str = ""
    gross: Decimal | None = None
    raw: str = ""

    @property
    def mark(self) -> str:
        """What tells this record, as it is now, from any other: the same record with news has another mark."""
        created = self.created_at.isoformat() if self.created_at else ""
        said = "\n".join((str(self.number), created, self.status, self.distributed_at, self.message))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Listing:
    """One answer of the delivery information. *total* is what the server says there is; None when it does not say."""

    records: tuple[Listed, ...]
    total: int | None
    unreadable: int = 0

    @property
    def whole(self) -> bool:
        """Whether everything the server has is here, and readable.

        A record may be listed twice, and counted once or twice. Counted once among others, the rest may be missing.
        """
        if self.unreadable or self.total is None:
            return False
        distinct = len({record.raw or id(record) for record in self.records})
        is_of_one = len({record.number for record in self.records}) <= 1
        return self.total == distinct or (self.total == len(self.records) and is_of_one)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the API refused: its sentence, and the wire paths it named with what it said of each."""

    message: str
    fields: tuple[tuple[str, str], ...] = ()


def json_body(body: bytes) -> Any:
    """Parse a body as JSON with exact numbers. Raises ValueError."""
    try:
        return simplejson.loads(body.decode("utf-8-sig"), use_decimal=True)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    except InvalidOperation:
        raise ValueError(tr("it has a number with an exponent beyond all bounds")) from None


def listing(body: bytes, contract: Contract) -> Listing:
    """Read a listing. Raises ValueError when it is none (not JSON, no record array, two arrays)."""
    tree = json_body(body)
    if isinstance(tree, list):
        tree = {"": tree}
    if not isinstance(tree, dict):
        raise ValueError(tr("the listing is not a JSON object"))
    arrays = {name: value for name, value in tree.items() if isinstance(value, list)}
    expected = contract.names("listing", "records")[0]
    if expected in arrays:
        arrays = {expected: arrays[expected]}
    if len(arrays) != 1:
        raise ValueError(tr("the listing has {count} arrays where one was expected", count=len(arrays)))
    (rows,) = arrays.values()
    records = [record for row in rows if (record := _listed(row, contract)) is not None]
    return Listing(tuple(records), _total(tree, contract), len(rows) - len(records))


def _total(tree: Mapping[str, Any], contract: Contract) -> int | None:
    """Give how many records there are by the server's word; None too when it answered without our dates."""
    meta = _first(tree, contract.names("listing", "meta"))
    if isinstance(meta, dict) and _is_by_default(meta, contract):
        return None
    total = _first(meta, contract.names("listing", "meta.total")) if isinstance(meta, dict) else None
    text = str(total)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _is_by_default(meta: Mapping[str, Any], contract: Contract) -> bool:
    """Whether a listing is of the last thirty days: we always ask with dates, so that answers another question."""
    filters = _first(meta, contract.names("listing", "meta.filters"))
    if not isinstance(filters, dict):
        return False
    says_so = _first(filters, contract.names("listing", "meta.filters.default")) is True
    return says_so and _first(filters, contract.names("listing", "meta.filters.from")) is None


def _listed(row: Any, contract: Contract) -> Listed | None:
    if not isinstance(row, dict):
        return None

    def said(key: str) -> Any:
        return _first(row, contract.names("listing", f"record.{key}"))

    number = str(said("invoice_number")).strip()
    if not (number.isascii() and number.isdigit() and len(number) < 40):
        return None
    status = _text(said("status")).upper()
    return Listed(
        number=int(number),
        status=status,
        state=contract.state_of(status),
        invoice_date=_date(said("invoice_date")),
        method=_text(said("method")),
        created_at=_time(said("created_at")),
        distributed_at=_text(said("distributed_at")),
        case_id=_text(said("case_id")),
        message=_words(said("message")),
        gross=_amount(said("gross_amount")),
        raw=masked(_storable(simplejson.dumps(row, use_decimal=True, ensure_ascii=False, sort_keys=True))),
    )


def _first(tree: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((tree[name] for name in names if tree.get(name) not in (None, "")), None)


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, (dict, list)) else legible(" ".join(str(value).split()))


def _storable(text: str) -> str:
    """Give *text* without halves of a pair of surrogates: JSON can spell them, and no database or file takes them."""
    return text.encode("utf-8", "replace").decode()


def _words(value: Any) -> str:
    """Give what is said for people: it may repeat what an invoice says, but no personal identity number."""
    return masked(_text(value))


def _date(value: Any) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _time(value: Any) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)


def _amount(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def prevailing(records: Iterable[Listed]) -> tuple[Listed, Observed]:
    """Say what several records for one number mean together, and which of them says it.

    Delivered if any is; otherwise the latest created; when that cannot be told, a person has to look.
    """
    found = list(records)
    for record in found:
        if record.state == "delivered":
            return record, "delivered"
    if len(found) == 1:
        return found[0], found[0].state
    dated = [(record.created_at, record) for record in found if record.created_at is not None]
    if len(dated) < len(found):
        return found[-1], "attention"
    last = max(time for time, _ in dated)
    latest = [record for time, record in dated if time == last]
    states = {record.state for record in latest}
    return latest[-1], latest[-1].state if len(states) == 1 else "attention"


def stated_status(body: bytes, contract: Contract) -> str:
    """Give the status that a success answer states, "" when it states none that we know."""
    try:
        tree = json_body(body)
    except ValueError:
        return ""
    status = _first(tree, contract.names("answer", "status")) if isinstance(tree, dict) else None
    text = status.strip().upper() if isinstance(status, str) else ""
    return text if contract.state_of(text) != "unknown" else ""


def explanation(body: bytes, content_type: str, contract: Contract) -> Explanation | None:
    """Read a refusal in any shape the API is known to use; None when the body is a gateway's page or nothing."""
    text = body.decode("utf-8", "replace").strip()
    kind = content_type.split(";")[0].strip().lower()
    if not text or text.startswith("<") or "html" in kind:
        return None
    try:
        tree = json_body(body)
    except ValueError:
        return Explanation(_words(text)) if kind in ("text/plain", "") else None
    if isinstance(tree, str):
        return Explanation(_words(tree)) if _words(tree) else None
    if isinstance(tree, list):
        fields = tuple(_field_errors(tree, contract))
        return Explanation("", fields) if fields else None
    if not isinstance(tree, dict):
        return None
    fields = tuple(_field_errors(_first(tree, contract.names("answer", "errors")), contract))
    message = next((said for name in contract.names("answer", "message") if (said := _words(tree.get(name)))), "")
    return Explanation(message, fields) if message or fields else None


def _field_errors(errors: Any, contract: Contract) -> Iterator[tuple[str, str]]:
    """Read `[{field, message}]`, `{field: [message]}`, `[message]`."""
    if isinstance(errors, dict):
        for field, said in errors.items():
            texts = said if isinstance(said, list) else [said]
            if message := "; ".join(filter(None, map(_words, texts))):
                yield _text(field), message
    elif isinstance(errors, list):
        for error in errors:
            if isinstance(error, dict):
                field = _text(_first(error, contract.names("answer", "error.field")))
                message = _words(_first(error, contract.names("answer", "error.message")))
                if field or message:
                    yield field, message
            elif text := _words(error):
                yield "", text
    elif text := _words(errors):
        yield "", text


def alike(explained: Explanation | None, status: int) -> str:
    """Give a mark by which refusals of one and the same kind are recognised."""
    fields = ",".join(sorted(field for field, _ in explained.fields)) if explained else ""
    kind = f"{status}|{fields}|{'' if fields or explained is None else explained.message}"
    return hashlib.sha256(kind.encode()).hexdigest()

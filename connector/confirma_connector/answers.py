"""What the API says of invoices that it took, read by the contract: delivery listings, and a status at once."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, NamedTuple

import simplejson

from confirma_connector.contract import Contract, Observed
from confirma_connector.errorbodies import errors_of
from confirma_connector.jsontext import element_at, first, further_in, json_body, json_listing, json_text, words
from confirma_connector.jsontext import text as _text
from confirma_connector.language import tr
from confirma_connector.masking import masked

__all__ = [
    "Listed",
    "Listing",
    "listing",
    "prevailing",
    "stated_status",
]


_KEYS = (
    *("invoice_number", "status", "invoice_date", "method", "created_at"),
    *("distributed_at", "case_id", "message", "gross_amount"),
)
_NESTED = frozenset({dict, list})
_LINES = frozenset({str, type(None)})
_encoded = simplejson.JSONEncoder(use_decimal=True, ensure_ascii=False, sort_keys=True).encode


class Listed(NamedTuple):
    """One distribution record: a tuple, as many of them are read.

    Times are aware datetimes; *gross* is there only when the listing shows a total.

    *fields* are the wire paths that an ERROR names, with what it says of each. *text* is the record itself, or the
    whole listing, in which it stands *at* a place.
    """

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
    fields: tuple[tuple[str, str], ...] = ()
    text: str = ""
    at: int = -1

    def __repr__(self) -> str:
        """Leave out what the record says: it is long, and may be personal."""
        return f"Listed({self.number}, {self.status})"  # not for people

    @property
    def raw(self) -> str:
        """The whole record as it is remembered: of a long list few are new, so it is written when it is asked for."""
        return self.text if self.at < 0 else _remembered(element_at(self.text, self.at))

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
        counts = Counter(record.number for record in self.records)
        several = [record for record in self.records if counts[record.number] > 1]
        distinct = len(self.records) - len(several) + len({record.raw or id(record) for record in several})
        is_of_one = len(counts) <= 1
        return self.total == distinct or (self.total == len(self.records) and is_of_one)


def listing(body: bytes, contract: Contract) -> Listing:
    """Read a listing. Raises ValueError when it is none (not JSON, no record array, two arrays)."""
    reader, expected = _Reader(contract), contract.names("listing", "records")[0]
    text = json_text(body)
    del body  # who calls has given it away
    tree = json_listing(text, reader.listed)
    if isinstance(tree, list):
        tree = {"": tree}
    if not isinstance(tree, dict):
        raise ValueError(tr("the listing is not a JSON object"))
    arrays = {name: value for name, value in tree.items() if isinstance(value, list)}
    inner = further_in(tree, expected) if "/" in expected else None
    if isinstance(inner, list):
        arrays = {expected: list(map(reader.listed, inner))}
    if expected in arrays:
        arrays = {expected: arrays[expected]}
    if len(arrays) != 1:
        raise ValueError(tr("the listing has {count} arrays where one was expected", count=len(arrays)))
    (rows,) = arrays.values()
    records = tuple(record for record in rows if record is not None)
    return Listing(records, _total(tree, contract), len(rows) - len(records))


def _total(tree: Mapping[str, Any], contract: Contract) -> int | None:
    """Give how many records there are by the server's word; None too when it answered without our dates."""
    meta = first(tree, contract.names("listing", "meta"))
    if isinstance(meta, dict) and _is_by_default(meta, contract):
        return None
    total = first(meta, contract.names("listing", "meta.total")) if isinstance(meta, dict) else None
    count = str(total)
    return int(count) if count.isascii() and count.isdigit() and len(count) < 20 else None


def _is_by_default(meta: Mapping[str, Any], contract: Contract) -> bool:
    """Whether a listing is of the last thirty days: we always ask with dates, so that answers another question."""
    filters = first(meta, contract.names("listing", "meta.filters"))
    if not isinstance(filters, dict):
        return False
    says_so = first(filters, contract.names("listing", "meta.filters.default")) is True
    return says_so and first(filters, contract.names("listing", "meta.filters.from")) is None


class _Reader:
    """Reads the records of one listing: what the many of them have in common is looked up, and kept, once."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._names = [contract.names("listing", f"record.{key}") for key in _KEYS]
        self._errors = (*contract.names("answer", "errors"), *contract.names("listing", "record.message"))
        self._said_by = lru_cache(maxsize=100)(self._what_is_said)
        self._line, self._status = lru_cache(maxsize=1000)(_text), lru_cache(maxsize=100)(self._status_and_state)
        self._date, self._time = lru_cache(maxsize=1000)(_date), lru_cache(maxsize=1000)(_time)

    def listed(self, row: Any, text: str = "", at: int = -1) -> Listed | None:
        """Read one record, *at* a place of a *text* if that is known; None when it is none, or has no number."""
        if not isinstance(row, dict):
            return None
        said = self._said_by(tuple(row))(row)
        number, status, invoice_date, method, created_at, distributed_at, case_id, message, gross = said
        digits = str(number).strip()
        if not (digits.isascii() and digits.isdigit() and len(digits) < 40):
            return None
        line = self._line
        return Listed(
            int(digits),
            *self._status(status if status.__class__ is str else _text(status)),
            self._date(str(invoice_date)),
            line(method) if method.__class__ is str else _text(method),
            self._time(str(created_at)),
            line(distributed_at) if distributed_at.__class__ is str else _text(distributed_at),
            line(case_id) if case_id.__class__ is str else _text(case_id),
            "" if message is None else words(message),
            None if gross is None else _amount(gross),
            () if _NESTED.isdisjoint(map(type, row.values())) else tuple(self._complaints(row)),
            text or _remembered(row),
            at,
        )

    def _what_is_said(self, members: tuple[str, ...]) -> Callable[[Mapping[str, Any]], Iterable[Any]]:
        """Give how a record with these *members* says the value for each key: mostly there is one name for it."""
        there = [tuple(name for name in names if name.partition("/")[0] in members) for names in self._names]
        if all(not names or (len(names) == 1 and names[0] in members) for names in there):
            alone: list[Any] = [names[0] if names else None for names in there]
            return lambda row: map(row.get, alone)
        return lambda row: [first(row, names) for names in there]

    def _status_and_state(self, status: str) -> tuple[str, Observed]:
        status = _text(status).upper()
        return status, self._contract.state_of(status)

    def _complaints(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Read the list of errors that a record may carry, or have in the place of its message."""
        for name in self._errors:
            if isinstance(found := first(row, (name,)), (dict, list)):
                yield from errors_of(found, self._contract)
                return


def _remembered(row: Any) -> str:
    """Spell a record as it is remembered. Where nothing is nested each text is spelled by itself: most recur."""
    if isinstance(row, dict) and _LINES.issuperset(map(type, row.values())):
        return f"{{{', '.join([f'{_spelled(name)}: {_spelled(row[name])}' for name in sorted(row)])}}}"
    return _spelled_whole(row)


def _spelled_whole(value: Any) -> str:
    return masked(_storable(_encoded(value)))


_spelled = lru_cache(maxsize=1000)(_spelled_whole)


def _storable(text: str) -> str:
    """Give *text* without halves of a pair of surrogates: JSON can spell them, and no database or file takes them."""
    return text.encode("utf-8", "replace").decode()


def _date(value: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(value[:10])
    except ValueError:
        return None


def _time(value: str) -> dt.datetime | None:
    try:
        time = dt.datetime.fromisoformat(value)
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


def stated_status(body: bytes, contract: Contract) -> str | None:
    """Give the status that a success answer states, "" when it states none that we know; None when it is no JSON."""
    if not body.strip():
        return ""
    try:
        tree = json_body(body)
    except ValueError:
        return None
    status = first(tree, contract.names("answer", "status")) if isinstance(tree, dict) else None
    stated = status.strip().upper() if isinstance(status, str) else ""
    return stated if contract.state_of(stated) != "unknown" else ""

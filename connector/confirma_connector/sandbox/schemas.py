"""What the stand-in takes and answers, as the schemas of its own OpenAPI description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from confirma_connector.sandbox import lifecycle, wire

__all__ = ["error", "listing", "received", "request"]

_TEXT: Mapping[str, Any] = {"type": ["string", "null"]}
_LEAVES: Mapping[str, Mapping[str, Any]] = {
    wire.ANY: {},
    wire.NUMBER: {"type": ["number", "null"]},
    wire.MONEY: {"type": ["number", "null"], "format": "double"},
    wire.INTEGER: {"type": ["integer", "null"]},
}
_STATUSES = (
    *(lifecycle.PAUSED, lifecycle.ACCEPTED, lifecycle.INTERMEDIATED),
    *(lifecycle.MANUAL, lifecycle.ERROR, lifecycle.DUPLICATE),
)
_STATUS = {"type": "string", "enum": list(_STATUSES)}
_DAY = {"type": "string", "format": "date"}
_TIME = {"type": ["string", "null"], "format": "date-time"}


def request() -> dict[str, Any]:
    """Describe a create call: every member that is known or believed in, and what has to be there."""
    schema = _described(wire.shape())
    members = schema["properties"]
    members["distribution"]["properties"]["method"] = {"type": "string", "enum": list(wire.METHODS)}
    header = members["invoice"]["properties"]["header"]
    header["properties"] |= {"date": dict(_DAY), "type": {"type": ["string", "null"], "enum": [*wire.TYPES, None]}}
    header["required"] = ["number", "date"]
    schema["required"] = ["distribution", "invoice"]
    return schema


def received() -> dict[str, Any]:
    """Describe the answer to an invoice that was taken."""
    return _object({"message": dict(_TEXT), "invoiceNumber": {"type": "integer"}, "status": dict(_STATUS)})


def listing() -> dict[str, Any]:
    """Describe the delivery information."""
    filters = {name: dict(_TEXT) for name in ("fromInvDate", "toInvDate", "fetchType")}
    filters |= {"invoiceNumber": {"type": ["integer", "null"]}, "defaultLast30Days": {"type": "boolean"}}
    counts = {name: {"type": "integer"} for name in ("totalCount", "successfulCount", "failedCount")}
    texts = {name: dict(_TEXT) for name in ("method", "paymentControlStatus", "caseId", "message")}
    record = {"invoiceNumber": {"type": "integer"}, "invoiceDate": dict(_DAY), "status": dict(_STATUS)} | texts
    record |= {"createdAt": dict(_TIME), "distributedAt": dict(_TIME)}
    return _object(
        {
            "metaData": _object(counts | {"filtersApplied": _object(filters)}),
            "distributions": {"type": "array", "items": _object(record)},
        }
    )


def error() -> dict[str, Any]:
    """Describe a refusal."""
    errors = {"type": "array", "items": _object({"field": dict(_TEXT), "message": dict(_TEXT)})}
    return _object({"message": dict(_TEXT), "errors": errors})


def _described(shape: Any) -> dict[str, Any]:
    if isinstance(shape, str):
        return dict(_LEAVES[shape])
    if isinstance(shape, list):
        return {"type": "array", "items": _described(shape[0])}
    return _object({name: _described(inner) for name, inner in shape.items()})


def _object(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members} if members else {"type": "object"}

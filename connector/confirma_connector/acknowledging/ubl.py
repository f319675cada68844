"""UBL 2.1 ApplicationResponse: one document for each invoice that has a verdict; it claims no Peppol profile."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from confirma_connector.acknowledging.answered import Answered, Batch, Kind, Verdict, Written, each
from confirma_connector.acknowledging.markup import Element, element, line, spelled

__all__ = ["UBL"]

_CODES: Mapping[Verdict, str] = {"taken": "AB", "delivered": "AP", "refused": "RE"}
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SENDER = "Confirma Finance"  # not for people
_SPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
_SPACES = (
    ("xmlns", f"{_SPACE}ApplicationResponse-2"),
    ("xmlns:cac", f"{_SPACE}CommonAggregateComponents-2"),
    ("xmlns:cbc", f"{_SPACE}CommonBasicComponents-2"),
)


def _write(answered: Sequence[Answered], batch: Batch) -> Written:
    has_verdict = (one for one in answered if one.verdict != "none")
    answers, notices = each(has_verdict, lambda one: _document(one, batch))
    return Written(tuple(answers), tuple(notices))


def _document(one: Answered, batch: Batch) -> bytes:
    name = one.named("document_id")
    parts = (
        element("cbc:UBLVersionID", "2.1"),
        element("cbc:ID", f"confirma-{name}-{batch.time([one], '%Y%m%d%H%M%S')}"),
        element("cbc:IssueDate", batch.time([one], "%Y-%m-%d")),
        element("cbc:IssueTime", batch.time([one], "%H:%M:%S")),
        element("cac:SenderParty", [element("cac:PartyName", [element("cbc:Name", _SENDER)])]),
        _receiver(one.values),
        element("cac:DocumentResponse", [_response(one), _reference(name, one.values)]),
    )
    return spelled(Element("ApplicationResponse", parts, "", _SPACES), "UTF-8")


def _receiver(values: Mapping[str, str]) -> Element:
    endpoint, scheme, name = (values.get(value) for value in ("receiver", "receiver_scheme", "receiver_name"))
    told = {"schemeID": scheme} if scheme else {}
    return element(
        "cac:ReceiverParty",
        [
            element("cbc:EndpointID", endpoint, **told) if endpoint else None,
            element("cac:PartyName", [element("cbc:Name", line(name))]) if name else None,
        ],
    )


def _response(one: Answered) -> Element:
    reasons = [
        element(
            "cac:Status",
            [element("cbc:StatusReasonCode", problem.code), element("cbc:StatusReason", line(_reason(problem.text())))],
        )
        for problem in one.problems
        if problem.severity == "error"
    ]
    code = element("cbc:ResponseCode", _CODES[one.verdict], listID="UNCL4343")
    return element("cac:Response", [code, element("cbc:Description", line(one.text)), *reasons])


def _reason(text: str) -> str:
    return text.rpartition(" [")[0] or text


def _reference(name: str, values: Mapping[str, str]) -> Element:
    date, kind = values.get("document_date", ""), values.get("document_type")
    return element(
        "cac:DocumentReference",
        [
            element("cbc:ID", name),
            element("cbc:IssueDate", date) if _DATE.fullmatch(date) else None,
            element("cbc:DocumentTypeCode", kind) if kind else None,
        ],
    )


UBL = Kind(_write, ("document_id",), ("document_date", "document_type", "receiver", "receiver_scheme", "receiver_name"))

"""Finvoiceack 2.0: what a bank sends back for a Finvoice message that it refuses, one document for each.

Sender, receiver, id and time are those of the refused message; reason 6 is "another error" in the operators' list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from confirma_connector.acknowledging.answered import Answered, Batch, Kind, Written, each
from confirma_connector.acknowledging.markup import Element, element, line, spelled
from confirma_connector.records import Problem

__all__ = ["FINVOICEACK"]

_OTHER_ERROR = "6"
_SPACES = (
    ("xmlns", "http://www.pankkiyhdistys.fi/verkkolasku/finvoice/finvoiceack.xsd"),
    ("xmlns:eb", "http://www.oasis-open.org/committees/ebxml-msg/schema/msg-header-2_0.xsd"),
    ("Version", "2.0"),
)


def _write(answered: Sequence[Answered], _: Batch) -> Written:
    answers, notices = each((one for one in answered if one.verdict == "refused"), _document)
    return Written(tuple(answers), tuple(notices))


def _document(one: Answered) -> bytes:
    parties = (
        ("eb:From", "sender", "Sender"),
        ("eb:From", "sender_intermediator", "Intermediator"),
        ("eb:To", "receiver", "Receiver"),
        ("eb:To", "receiver_intermediator", "Intermediator"),
    )
    acknowledgement = element(
        "Acknowledgement",
        [
            *(
                element(tag, [element("eb:PartyId", one.named(name)), element("eb:Role", role)])
                for tag, name, role in parties
            ),
            element(
                "MessageData",
                [
                    element("eb:MessageId", one.named("message_id")),
                    element("eb:Timestamp", one.named("message_time")),
                ],
            ),
            element("Reason", [element("Code", _OTHER_ERROR), element("Text", line(f"{one.number} {one.text}"))]),
        ],
    )
    return spelled(Element("Finvoiceack", (acknowledgement, *_errors(one)), "", _SPACES), "ISO-8859-15")


def _errors(one: Answered) -> Iterator[Element]:
    for problem in one.problems:
        place = _place(problem)
        yield element(
            "Error",
            [
                element("Code", problem.code),
                element("Text", line(problem.message) or problem.code),
                element("Severity", problem.severity.upper()),
                element("Location", place) if place else None,
            ],
        )


def _place(problem: Problem) -> str:
    return line(f"{problem.header} ({problem.where})" if problem.header and problem.where else problem.where)


FINVOICEACK = Kind(
    _write,
    ("message_id", "message_time", "sender", "sender_intermediator", "receiver", "receiver_intermediator"),
)

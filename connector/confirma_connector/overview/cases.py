"""The open invoices on a page: why they are open, and each of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from confirma_connector.journal import Entry, signed
from confirma_connector.language import tr
from confirma_connector.outcome import entry_words
from confirma_connector.overview.ledger import moment
from confirma_connector.overview.markup import element, table
from confirma_connector.overview.spelling import amount, whole_number
from confirma_connector.overview.sums import stage_of

__all__ = ["case_table", "reason_table"]

_REASONS, _NUMBERS, _CASES = 50, 8, 500
"""How many reasons, how many numbers with each, and how many invoices a page lists."""


def reason_table(entries: Sequence[Entry]) -> Iterator[Element]:
    """List the reasons, the most frequent first, each with its invoices; say what is left out."""
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for entry in entries:
        found[entry.state, entry_words(entry) or stage_of(entry.state)].append(entry.number)
    ordered = Counter({reason: len(numbers) for reason, numbers in found.items()}).most_common(_REASONS)
    rows = [(state, words, whole_number(count), _named(found[state, words])) for (state, words), count in ordered]
    yield table("Reasons", ("state", "reason", "invoices", "numbers"), rows, {1: "words", 2: "number", 3: "words"})
    if len(found) > _REASONS:
        yield element(
            "p",
            tr("{whole_number} more reasons are not listed.", whole_number=whole_number(len(found) - _REASONS)),
            class_="soft",
        )


def case_table(entries: Sequence[Entry]) -> Iterator[Element]:
    """List the open invoices, the oldest invoice date first; say what is left out."""
    ordered = sorted(entries, key=lambda entry: (entry.date, entry.number))[:_CASES]
    header = (
        "number",
        "type",
        tr("invoice date"),
        "gross",
        "",
        "method",
        "state",
        tr("what is said"),
        tr("last change"),
        tr("case id"),
    )
    rows = [
        (
            str(entry.number),
            tr("credit note") if entry.type == "CREDIT_NOTE" else "invoice",
            entry.date.isoformat(),
            amount(signed(entry.type, entry.gross)),
            entry.currency,
            entry.method,
            entry.state,
            entry_words(entry),
            moment(entry.changed_at)[:10],
            entry.case_id,
        )
        for entry in ordered
    ]
    yield table(tr("Open invoices, oldest first"), header, rows, {3: "number", 7: "words", 9: "id"})
    if len(entries) > _CASES:
        left = whole_number(len(entries) - _CASES)
        yield element(
            "p", tr("{left} more are not listed here: confirma status --csv lists them all.", left=left), class_="soft"
        )


def _named(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NUMBERS]))
    return f"{shown} and {whole_number(len(numbers) - _NUMBERS)} more" if len(numbers) > _NUMBERS else shown

"""The open invoices on a page: why they are open, and each of them."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from confirma_connector.journal import Entry, signed
from confirma_connector.language import day, tr
from confirma_connector.outcome import entry_words
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
        found[entry.state, entry_words(entry) or tr(stage_of(entry.state))].append(entry.number)
    ordered = Counter({reason: len(numbers) for reason, numbers in found.items()}).most_common(_REASONS)
    rows = [(state, words, whole_number(count), _named(found[state, words])) for (state, words), count in ordered]
    header = (tr("state"), tr("reason"), tr("invoices"), tr("numbers"))
    yield table(tr("Reasons"), header, rows, {1: "words", 2: "number", 3: "words"})
    if len(found) > _REASONS:
        yield element(
            "p",
            tr("{left} more reasons are not listed.", left=whole_number(len(found) - _REASONS)),
            class_="soft",
        )


def case_table(entries: Sequence[Entry]) -> Iterator[Element]:
    """List the open invoices, the oldest invoice date first; say what is left out."""
    ordered = sorted(entries, key=lambda entry: (entry.date, entry.number))[:_CASES]
    header = (
        tr("number"),
        tr("type"),
        tr("invoice date"),
        tr("gross"),
        "",
        tr("method"),
        tr("state"),
        tr("what is said"),
        tr("last change"),
        tr("case id"),
    )
    rows = [
        (
            str(entry.number),
            tr("credit note") if entry.type == "CREDIT_NOTE" else tr("invoice"),
            day(entry.date),
            amount(signed(entry.type, entry.gross)),
            entry.currency,
            entry.method,
            entry.state,
            entry_words(entry),
            day(dt.date.fromtimestamp(entry.changed_at)),
            entry.case_id,
        )
        for entry in ordered
    ]
    yield table(tr("Invoices still to be dealt with, oldest first"), header, rows, {3: "number", 7: "words", 9: "id"})
    if len(entries) > _CASES:
        left = whole_number(len(entries) - _CASES)
        yield element(
            "p", tr("{left} more are not listed here: confirma status --csv lists them all.", left=left), class_="soft"
        )


def _named(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:_NUMBERS]))
    left = len(numbers) - _NUMBERS
    return tr("{numbers} and {left} more", numbers=shown, left=whole_number(left)) if left > 0 else shown

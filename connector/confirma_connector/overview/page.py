"""One page about the invoices of an account: numbers, pictures, what is open; whole in one file, without a network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from confirma_connector.journal import Entry, Total
from confirma_connector.overview.cases import case_table, reason_table
from confirma_connector.overview.markup import element, picture, table
from confirma_connector.overview.plots import bars, stacked
from confirma_connector.overview.series import Series, series
from confirma_connector.overview.spelling import amount, group_table, whole_number
from confirma_connector.overview.sums import OPEN, STAGES, gathered, totals_of

__all__ = ["Heading", "page"]

_HOLDS = (
    "This page holds what the journal of this account knows: invoice numbers, dates, amounts, methods, states, case"
    " ids, and the words that Confirma and this program said about them. Names and addresses of buyers are not among"
    " it, unless Confirma's own words name one. Credit notes count with a minus. Times are of the machine that made"
    " the page."
)
_SANDBOX = "SANDBOX: every invoice and every state on this page is a TEST; nothing was sent to anybody."
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class Heading:
    """What a page is about: an account, a period of invoice dates (None: open at that end), the day it is made."""

    environment: str
    account: str
    first: dt.date | None
    last: dt.date | None
    today: dt.date


def page(entries: Sequence[Entry], about: Heading) -> bytes:
    """Make the page as UTF-8. The same entries and heading give the same bytes."""
    totals = list(totals_of(entries))
    banner = [element("p", _SANDBOX, class_="test")] if about.environment == "sandbox" else []
    last = [element("p", _SANDBOX, class_="test")] if banner else []
    body = element("body", *banner, element("main", *_top(entries, totals, about), *_sections(entries, totals)), *last)
    title = f"Invoices of {about.account} ({about.environment})"
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"{title}{', SANDBOX' if banner else ''}"),
        element("style", resources.files(__package__).joinpath("page.css").read_text("utf-8")),
    )
    html = tostring(element("html", head, body, lang="en"), "unicode", method="html")
    return f"<!DOCTYPE html>\n{html}\n".encode()


def _top(entries: Sequence[Entry], totals: Sequence[Total], about: Heading) -> Iterator[Element]:
    first, last = (day.isoformat() if day else "" for day in (about.first, about.last))
    period = f"from {first} to {last}" if first and last else f"from {first}" if first else f"until {last}"
    dated = f"Invoices dated {period}" if first or last else "All invoices"
    yield element("h1", f"Invoices of account {about.account}")
    yield element("p", f"{dated}. Environment {about.environment}. Made on {about.today}.")
    yield element("p", _HOLDS, class_="soft")
    counts = {stage: sum(entry.state in states for entry in entries) for stage, states in STAGES.items()}
    cards = [("invoices", whole_number(len(entries)))]
    cards += [(stage, whole_number(counts[stage])) for stage in tuple(STAGES)[::-1]]
    for whole in gathered(totals):
        cards += [(f"gross, {currency}", amount(gross)) for currency, gross in whole.gross.items()]
    yield element("ul", *(element("li", element("b", number), name) for name, number in cards), class_="cards")


def _sections(entries: Sequence[Entry], totals: Sequence[Total]) -> Iterator[Element]:
    if not entries:
        return
    (whole,) = gathered(totals)
    yield element("h2", "By state and method")
    yield group_table("Invoices by state", gathered(totals, "state"), whole, "state", dates=True)
    yield group_table("Invoices by method and state", gathered(totals, "method", "state"), whole, "method", "state")
    yield from _over_time(series(entries))
    open_cases = [entry for entry in entries if entry.state in OPEN]
    yield element("h2", "What is open, and why")
    if open_cases:
        yield from reason_table(open_cases)
        yield from case_table(open_cases)
    else:
        yield element("p", "Nothing: no invoice needs a person, and none waits to be sent.")


def _over_time(shown: Series) -> Iterator[Element]:
    yield element("h2", f"By {shown.unit} of the invoice date")
    for counted, by in ((shown.stages, "how far they have come"), (shown.methods, "method")):
        names = [str(name) or "none" for name in counted.columns]
        rows = [(name, *map(whole_number, row)) for name, row in zip(counted.index, counted.to_numpy(), strict=True)]
        drawn = stacked(counted, shown.unit)
        yield from _pair(f"Invoices by {shown.unit} and {by}", drawn, (shown.unit, *names), rows)
    for currency, sums in shown.gross.items():
        rows = [(name, amount(gross)) for name, gross in sums.items()]
        drawn = bars(sums, shown.unit, currency)
        yield from _pair(f"Gross amount by {shown.unit}, {currency}", drawn, (shown.unit, currency), rows)


def _pair(title: str, svg: bytes, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Element]:
    """Show a picture and, beside it, the same in numbers."""
    text = f"Bars: {title}, from {rows[0][0]} to {rows[-1][0]}. The table that follows has the same numbers."
    numbers = dict.fromkeys(range(1, len(header)), "number")
    yield element("h3", title)
    yield element("div", picture(svg, text), table("The same in numbers", header, rows, numbers), class_="pair")

"""One page about the invoices of an account: numbers, pictures, what is open; whole in one file, without a network."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from xml.etree.ElementTree import Element, tostring

from confirma_connector.journal import Entry, Total
from confirma_connector.language import current, day, mark, tr
from confirma_connector.overview.cases import case_table, reason_table
from confirma_connector.overview.markup import element, picture, table
from confirma_connector.overview.plots import bars, stacked
from confirma_connector.overview.series import Series, series
from confirma_connector.overview.spelling import amount, group_table, stretch, whole_number
from confirma_connector.overview.sums import OPEN, STAGES, gathered, totals_of

__all__ = ["Heading", "page"]

_HOLDS = mark(
    "This page holds what the journal of this account knows: invoice numbers, dates, amounts, methods, states, case"
    " ids, and the words that Confirma and this program said about them. Names and addresses of buyers are not among"
    " it, unless Confirma's own words name one. Credit notes count with a minus. Times are of the machine that made"
    " the page."
)
_SANDBOX = mark("SANDBOX: every invoice and every state on this page is a TEST; nothing was sent to anybody.")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"  # not for people
_DATED = {
    (True, True): mark("Invoices dated from {first} to {last}."),
    (True, False): mark("Invoices dated from {first}."),
    (False, True): mark("Invoices dated until {last}."),
    (False, False): mark("All invoices."),
}
"""By whether a first and a last day are named."""


@dataclass(frozen=True, slots=True)
class _Titles:
    """What stands above the pictures of one unit."""

    unit: str
    whole: str
    stages: str
    methods: str
    gross: str


_TITLES: Mapping[str, _Titles] = {
    "week": _Titles(
        mark("week"),
        mark("By week of the invoice date"),
        mark("Invoices by week and how far they have come"),
        mark("Invoices by week and method"),
        mark("Gross amount by week, {currency}"),
    ),
    "month": _Titles(
        mark("month"),
        mark("By month of the invoice date"),
        mark("Invoices by month and how far they have come"),
        mark("Invoices by month and method"),
        mark("Gross amount by month, {currency}"),
    ),
    "year": _Titles(
        mark("year"),
        mark("By year of the invoice date"),
        mark("Invoices by year and how far they have come"),
        mark("Invoices by year and method"),
        mark("Gross amount by year, {currency}"),
    ),
}


@dataclass(frozen=True, slots=True)
class Heading:
    """What a page is about: an account, a period of invoice dates (None: open at that end), the day it is made."""

    environment: str
    account: str
    first: dt.date | None
    last: dt.date | None
    today: dt.date


def page(entries: Sequence[Entry], about: Heading) -> bytes:
    """Make the page, in the language of the day, as UTF-8. The same entries and heading give the same bytes."""
    totals = list(totals_of(entries))
    banner = [element("p", tr(_SANDBOX), class_="test")] if about.environment == "sandbox" else []
    last = [element("p", tr(_SANDBOX), class_="test")] if banner else []
    body = element("body", *banner, element("main", *_top(entries, totals, about), *_sections(entries, totals)), *last)
    title = tr("Invoices of {account} ({environment})", account=about.account, environment=about.environment)
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"{title}{', SANDBOX' if banner else ''}"),
        element("style", resources.files(__package__).joinpath("page.css").read_text("utf-8")),
    )
    html = tostring(element("html", head, body, lang=current()), "unicode", method="html")
    return f"<!DOCTYPE html>\n{html}\n".encode()


def _top(entries: Sequence[Entry], totals: Sequence[Total], about: Heading) -> Iterator[Element]:
    first, last = (day(date) if date else "" for date in (about.first, about.last))
    dated = tr(_DATED[bool(first), bool(last)], first=first, last=last)
    made = tr("Environment {environment}. Made on {date}.", environment=about.environment, date=day(about.today))
    yield element("h1", tr("Invoices of account {account}", account=about.account))
    yield element("p", f"{dated} {made}")
    yield element("p", tr(_HOLDS), class_="soft")
    counts = {stage: sum(entry.state in states for entry in entries) for stage, states in STAGES.items()}
    cards = [(tr("invoices"), whole_number(len(entries)))]
    cards += [(tr(stage), whole_number(counts[stage])) for stage in tuple(STAGES)[::-1]]
    for whole in gathered(totals):
        cards += [
            (tr("gross, {currency}", currency=currency), amount(gross)) for currency, gross in whole.gross.items()
        ]
    yield element("ul", *(element("li", element("b", number), name) for name, number in cards), class_="cards")


def _sections(entries: Sequence[Entry], totals: Sequence[Total]) -> Iterator[Element]:
    if not entries:
        return
    (whole,) = gathered(totals)
    yield element("h2", tr("By state and method"))
    yield group_table(tr("Invoices by state"), gathered(totals, "state"), whole, "state", dates=True)
    yield group_table(tr("Invoices by method and state"), gathered(totals, "method", "state"), whole, "method", "state")
    yield from _over_time(series(entries))
    open_cases = [entry for entry in entries if entry.state in OPEN]
    yield element("h2", tr("What is left to do, and why"))
    if open_cases:
        yield from reason_table(open_cases)
        yield from case_table(open_cases)
    else:
        yield element("p", tr("Nothing: no invoice needs a person, and none waits to be sent."))


def _over_time(shown: Series) -> Iterator[Element]:
    titles = _TITLES[shown.unit]
    unit = tr(titles.unit)
    yield element("h2", tr(titles.whole))
    for counted, title in ((shown.stages, titles.stages), (shown.methods, titles.methods)):
        names = [_column(str(name)) for name in counted.columns]
        rows = [
            (stretch(name, shown.unit), *map(whole_number, row))
            for name, row in zip(counted.index, counted.to_numpy(), strict=True)
        ]
        yield from _pair(tr(title), stacked(counted, shown.unit), (unit, *names), rows)
    for currency, sums in shown.gross.items():
        amounts = [(stretch(name, shown.unit), amount(gross)) for name, gross in sums.items()]
        drawn = bars(sums, shown.unit, currency)
        yield from _pair(tr(titles.gross, currency=currency), drawn, (unit, currency), amounts)


def _column(name: str) -> str:
    return (tr(name) if name in STAGES else name) or tr("none")


def _pair(title: str, svg: bytes, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Element]:
    """Show a picture and, beside it, the same in numbers."""
    text = tr(
        "Bars: {title}, from {first} to {last}. The table that follows has the same numbers.",
        title=title,
        first=rows[0][0],
        last=rows[-1][0],
    )
    numbers = dict.fromkeys(range(1, len(header)), "number")
    yield element("h3", title)
    yield element("div", picture(svg, text), table(tr("The same in numbers"), header, rows, numbers), class_="pair")

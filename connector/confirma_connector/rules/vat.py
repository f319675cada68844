"""Value added tax: the Finnish rates by date, and the reason for no tax."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial

from confirma_connector.invoice import Invoice, Row
from confirma_connector.language import day, mark
from confirma_connector.rules.places import finds_once, given, is_finnish, spelled
from confirma_connector.rules.rule import Finding, Rule, nothing

__all__ = ["FINNISH_RATES", "RULES", "RatesSince", "finnish_rates"]


@dataclass(frozen=True, slots=True)
class RatesSince:
    """The VAT rates above zero in force from a day on, in per cent, and where that was read."""

    since: date
    rates: tuple[Decimal, ...]
    source: str


FINNISH_RATES = (
    RatesSince(
        date(2013, 1, 1),
        (Decimal(24), Decimal(14), Decimal(10)),
        "https://www.vatcalc.com/finland/finland-increases-vat-to-24-january-2013/",
    ),
    RatesSince(
        date(2024, 9, 1),
        (Decimal("25.5"), Decimal(14), Decimal(10)),
        "https://www.dailynorthern.com/5508/finland-raises-value-added-tax-to-25-5-as-part-of-fiscal-measures/",
    ),
    RatesSince(
        date(2026, 1, 1),
        (Decimal("25.5"), Decimal("13.5"), Decimal(10)),
        "https://vatapi.com/news/article/finland-lowers-reduced-vat-rate-to-13-5-effective-1-january-2026",
    ),
)
"""Oldest first. (What moved from 10 % to 14 % on 2025-01-01 changed no rate.)"""


@lru_cache(maxsize=4096)
def finnish_rates(on: date, *, ever: bool = False) -> tuple[Decimal, ...]:
    """Give the rates in force on a day, or with *ever* all that were in force on it or before; none before the table.

    A supply is taxed at the rate of the day of supply, so the invoice date may be a later one.
    """
    begun = [period for period in FINNISH_RATES if period.since <= on]
    periods = begun if ever else begun[-1:]
    return tuple(sorted({rate for period in periods for rate in period.rates}, reverse=True))


def _rate(invoice: Invoice) -> Iterable[Finding]:
    if not is_finnish(invoice.seller):
        return ()
    supplied = invoice.supply_date
    when = supplied or invoice.date
    known = finnish_rates(when, ever=supplied is None and invoice.type == "CREDIT_NOTE")
    unknown = [rate for row in invoice.rows if (rate := row.vat_percentage) and rate not in known] if known else ()
    return _unknown({*unknown}, known, when, invoice) if unknown else ()


def _unknown(unknown: Iterable[Decimal], known: tuple[Decimal, ...], when: date, invoice: Invoice) -> Iterator[Finding]:
    for rate in sorted(unknown):
        yield from finds_once(
            invoice.rows,
            "vat_percentage",
            _in_force(invoice),
            partial(_has_rate, rate),
            date=day(when),
            rates=", ".join(f"{spelled(one)} %" for one in known),
        )


def _has_rate(rate: Decimal, row: Row) -> bool:
    return row.vat_percentage == rate


def _in_force(invoice: Invoice) -> str:
    if invoice.supply_date is not None:
        return mark("expected a Finnish VAT rate that was in force on the supply date {date}: {rates} or 0 %")
    if invoice.type == "CREDIT_NOTE":
        return mark("expected a Finnish VAT rate that was in force by {date}: {rates} or 0 %")
    return mark(
        "expected a Finnish VAT rate that was in force on the invoice date {date} (the supply date, which decides, is "
        "not known): {rates} or 0 %"
    )


def _zero(invoice: Invoice) -> Iterable[Finding]:
    return finds_once(
        invoice.rows, "vat_code", mark("expected a VAT code as the reason for 0 % on the row"), _has_no_reason
    )


def _has_no_reason(row: Row) -> bool:
    if row.vat_percentage or row.vat_percentage is None:
        return False
    return bool(row.net_amount) and not given(row.vat_code)


RULES = (
    Rule("E-VAT-RATE", "warning", mark("A VAT rate was in force in Finland on the supply date."), _rate),
    Rule("E-VAT-ZERO", "warning", mark("A row with 0 % VAT has a VAT code as its reason."), _zero, False, nothing),
)

"""What a file comes to, for people: to tick off against the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from confirma_connector.cli.fitting import lined_up
from confirma_connector.language import money, number, tr, trn
from confirma_connector.summary import CurrencySum, KindSum, Summary, Worth

__all__ = ["sum_lines"]


def sum_lines(summary: Summary) -> Iterator[str]:
    """Give a table for each currency: by kind and by VAT rate; below it what becomes of the invoices."""
    for one in summary.currencies:
        yield from (f"  {line}" for line in lined_up(list(_table(one)), range(1, 6)))
    for said, worth in (
        (tr("to be sent"), summary.to_send),
        (tr("sent before"), summary.sent_before),
        (tr("waiting for a decision"), summary.waiting),
    ):
        if worth.count:
            yield f"  {said}: {_worth(worth)}"
    if summary.not_valid:
        count = trn("{count} invoice", "{count} invoices", summary.not_valid)
        yield f"  {tr('not valid')}: {count}"
    if summary.methods:
        methods = ", ".join(f"{count} {method}" for method, count in sorted(summary.methods.items()))
        yield f"  {tr('by method')}: {methods}"


def _worth(worth: Worth) -> str:
    count = trn("{count} invoice", "{count} invoices", worth.count)
    return f"{count}, {', '.join(f'{money(gross)} {currency}' for currency, gross in sorted(worth.gross.items()))}"


def _table(one: CurrencySum) -> Iterator[tuple[str, ...]]:
    yield one.currency, tr("count"), tr("rows"), tr("net"), tr("VAT"), tr("gross")
    yield _line(tr("invoices"), one.invoices)
    if one.credit_notes.count:
        yield _line(tr("credit notes"), one.credit_notes)
        yield _line(tr("together"), one.together)
    for rate in one.together.rates:
        label = tr("no rate") if rate.rate is None else tr("VAT {rate} %", rate=number(_plain(rate.rate)))
        yield f"  {label}", "", str(rate.rows), money(rate.net), money(rate.vat), money(rate.net + rate.vat)
    if any(rounding := one.together.rounding()):
        yield f"  {tr('rounding')}", "", "", *(money(amount) for amount in rounding)


def _line(label: str, sums: KindSum) -> tuple[str, ...]:
    return label, str(sums.count), str(sums.rows), money(sums.net), money(sums.vat), money(sums.gross)


def _plain(rate: Decimal) -> Decimal:
    """Take off the zeros behind the decimal mark."""
    return rate.quantize(Decimal(1)) if rate == rate.to_integral_value() else rate.normalize()

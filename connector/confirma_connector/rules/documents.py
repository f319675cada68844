"""The invoice as a document: its number, its dates, and what a credit note credits."""

from __future__ import annotations

from collections.abc import Sequence

from confirma_connector.invoice import Invoice
from confirma_connector.language import day, mark, tr
from confirma_connector.rules.rule import Finding, Rule, nothing

__all__ = ["LARGEST", "RULES"]

LARGEST = 2_147_483_647


def _number(invoice: Invoice) -> Sequence[Finding]:
    if invoice.number > 0:
        return ()
    return (Finding("number", tr("expected an invoice number above zero"), str(invoice.number)),)


def _number_size(invoice: Invoice) -> Sequence[Finding]:
    if invoice.number <= LARGEST:
        return ()
    message = tr(
        "expected an invoice number of at most {largest}: the service may not take a larger one", largest=LARGEST
    )
    return (Finding("number", message, str(invoice.number)),)


def _due_date(invoice: Invoice) -> Sequence[Finding]:
    if invoice.due_date is None or invoice.due_date >= invoice.date:
        return ()
    return (Finding("due_date", tr("expected a due date on or after the invoice date"), day(invoice.due_date)),)


def _due_date_missing(invoice: Invoice) -> Sequence[Finding]:
    if invoice.type != "INVOICE" or invoice.due_date is not None:
        return ()
    return (Finding("due_date", tr("expected the due date")),)


def _credited_number(invoice: Invoice) -> Sequence[Finding]:
    if invoice.type != "CREDIT_NOTE" or invoice.references.credited_invoice_number is not None:
        return ()
    return (Finding("references.credited_invoice_number", tr("expected the number of the invoice that is credited")),)


RULES = (
    Rule("E-NUMBER", "error", mark("The invoice number is above zero."), _number),
    Rule("E-NUMBER-SIZE", "warning", mark("The invoice number is at most 2147483647."), _number_size),
    Rule("E-DUE-DATE", "error", mark("The due date is not before the invoice date."), _due_date),
    Rule("E-DUE-DATE-MISSING", "error", mark("An invoice has a due date."), _due_date_missing),
    Rule("E-CREDITED-NUMBER", "error", mark("A credit note names the invoice that it credits."), _credited_number),
    Rule(
        "E-OLD-INVOICE",
        "warning",
        mark(
            "An invoice dated more than 35 days ago was not sent elsewhere (asked by `send`; an error in production)."
        ),
        nothing,  # only `send` knows whether an old invoice was sent before
    ),
)

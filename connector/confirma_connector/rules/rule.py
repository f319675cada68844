"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from confirma_connector.invoice import Invoice
from confirma_connector.records import Severity

__all__ = ["Finding", "Rule", "Strictness", "nothing"]

Strictness = Literal["error", "warning", "off"]
"""How much a rule weighs: it stops the invoice, it is only said, or it is not asked at all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule finds: the field to change, what was expected there, and what stands there.

    *message* is a sentence without the value. *at_most* lowers this one finding below the severity of its rule.
    """

    field: str
    message: str
    value: str = ""
    at_most: Severity = "error"


@dataclass(frozen=True, slots=True)
class Rule:
    """One domain rule: its code, its weight, one line about it for the docs, and the pure function that asks it.

    A *fixed* rule cannot be softened, because the customer would be billed wrongly. *beside_rows* is what is left to
    ask where all rows are plain (`plain.is_plain`): of most rules all, of those about rows mostly nothing.
    """

    code: str
    severity: Strictness
    summary: str
    findings: Callable[[Invoice], Iterable[Finding]]
    fixed: bool = False
    beside_rows: Callable[[Invoice], Iterable[Finding]] | None = None


def nothing(_: Invoice) -> Iterable[Finding]:
    """Find nothing: what rules about rows alone have to say where all rows are plain."""
    return ()

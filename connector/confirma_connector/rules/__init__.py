"""The domain rules: what must hold on a complete invoice, each rule with a code and a severity the user may change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from confirma_connector.invoice import Invoice
from confirma_connector.language import tr
from confirma_connector.records import Problem, Severity
from confirma_connector.rules import amounts, arithmetic, distribution, documents, identifiers, payments, spelling, vat
from confirma_connector.rules.plain import is_plain, is_plain_row, is_plain_seller
from confirma_connector.rules.rule import Finding, Rule, Strictness, nothing

__all__ = ["RULES", "Finding", "Rule", "Strictness", "check", "severities"]

RULES: tuple[Rule, ...] = (
    *documents.RULES,
    *distribution.RULES,
    *identifiers.RULES,
    *payments.RULES,
    *spelling.RULES,
    *vat.RULES,
    *amounts.RULES,
    *arithmetic.RULES,
)
"""Every rule, in the order in which their problems are reported."""

_BY_CODE = MappingProxyType({rule.code: rule for rule in RULES})
_STRICTNESSES: Mapping[str, Strictness] = MappingProxyType({"error": "error", "warning": "warning", "off": "off"})
_AS_THEY_ARE: Mapping[str, str] = MappingProxyType({})


def check(invoice: Invoice, severities: Mapping[str, str] = _AS_THEY_ARE) -> list[Problem]:
    """Give what is wrong with *invoice*: code, severity, field path (`rows[2].vat_percentage`), message and value.

    *severities* are a user's settings, spelled as `severities()` takes them, which also says what is wrong with them.
    """
    whole, beside_rows = _asked(tuple(severities.items()))
    has_plain_rows = all(map(is_plain_row, invoice.rows))
    if has_plain_rows and is_plain(invoice) and is_plain_seller(invoice.seller):
        return []
    found: list[Problem] = []
    for code, severity, findings in beside_rows if has_plain_rows else whole:
        for finding in findings(invoice):
            weight: Severity = "warning" if finding.at_most == "warning" else severity
            found.append(Problem(code, finding.message, weight, value=finding.value, field=finding.field))
    return found


def severities(given: Mapping[str, str]) -> dict[str, Strictness]:
    """Give a user's settings by full code: keys as "E-IBAN" or "iban" in any case, values error, warning or off.

    Raises `ValueError` with a sentence for an unknown rule (naming the nearest), an unknown value, a rule set twice
    in two ways, and a fixed rule that would be softened.
    """
    chosen: dict[str, Strictness] = {}
    for name, text in given.items():
        rule = _named(name)
        value = _STRICTNESSES.get(text.strip().lower())
        if value is None:
            raise ValueError(
                tr('expected error, warning or off for rule {code}, found "{text}"', code=rule.code, text=text)
            )
        if rule.fixed and value != rule.severity:
            raise ValueError(
                tr(
                    "Rule {code} is fixed: it cannot be set to {value}. {summary}",
                    code=rule.code,
                    value=value,
                    summary=tr(rule.summary),
                )
            )
        if chosen.setdefault(rule.code, value) != value:
            raise ValueError(
                tr(
                    "Rule {code} is set twice: to {chosen} and to {value}.",
                    code=rule.code,
                    chosen=chosen[rule.code],
                    value=value,
                )
            )
    return chosen


def _named(name: str) -> Rule:
    code = "E-" + name.strip().upper().replace("_", "-").removeprefix("E-")
    if code in _BY_CODE:
        return _BY_CODE[code]
    nearest = get_close_matches(code, _BY_CODE, n=1, cutoff=0.5)
    if nearest:
        raise ValueError(tr('There is no rule "{name}". Did you mean "{nearest}"?', name=name, nearest=nearest[0]))
    raise ValueError(tr('There is no rule "{name}". The rules are {codes}.', name=name, codes=", ".join(_BY_CODE)))


_Asked = tuple[tuple[str, Severity, Callable[[Invoice], Iterable[Finding]]], ...]


@lru_cache(maxsize=64)
def _asked(settings: tuple[tuple[str, str], ...]) -> tuple[_Asked, _Asked]:
    """Give what is asked of an invoice, and what of one whose rows are all plain."""
    chosen = severities(dict(settings))
    weighed = [(rule, chosen.get(rule.code, rule.severity)) for rule in RULES]
    whole = [(rule, weight) for rule, weight in weighed if weight != "off" and rule.findings is not nothing]
    rest = [(rule.code, weight, rule.beside_rows or rule.findings) for rule, weight in whole]
    return (
        tuple((rule.code, weight, rule.findings) for rule, weight in whole),
        tuple(asked for asked in rest if asked[2] is not nothing),
    )

"""What one column may be: by the word above it, and by what its values and the sums they make say."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from confirma_connector.language import tr
from confirma_connector.proposing.arithmetic import Role
from confirma_connector.proposing.evidence import Facts, verdict
from confirma_connector.proposing.found import Column, Proposal
from confirma_connector.proposing.reading import reading
from confirma_connector.proposing.values import plain_number
from confirma_connector.proposing.words import Meaning, the_words

__all__ = ["Named", "candidates", "levels", "meaning_of"]

_EXACT, _DOUBTED, _WORD, _PROVED, _IN_A_SUM, _NEAR, _BY_VALUE = 100, 90, 60, 25, 20, 40, 30
_CONTRADICTED = 40
_PARTIES = ("buyer", "seller", "delivery", "recipient")
_LEAST_TOLD = 3
"""Fewer values prove nothing where the header says nothing."""

_ROLES: Mapping[str, tuple[str, ...]] = {
    "quantity": ("rows.quantity",),
    "price": ("rows.unit_price",),
    "product": ("rows.net_amount",),
    "net": ("rows.net_amount", "amounts.net_amount"),
    "vat": ("rows.vat_amount", "amounts.vat_amount"),
    "gross": ("amounts.gross_amount", "rows.gross_amount"),
    "rate": ("rows.vat_percentage",),
}
_BY_KIND: Mapping[str, tuple[str, ...]] = {
    "business_id": ("buyer.business_id", "seller.business_id"),
    "vat_number": ("buyer.vat_code", "seller.vat_code"),
    "iban": ("seller.payment_details.iban", "buyer.electronic_invoice_account"),
    "ovt": ("buyer.electronic_invoice_account", "buyer.electronic_routing_address"),
    "operator": ("buyer.electronic_routing_address",),
    "email": ("buyer.contact.email",),
    "identity_code": ("buyer.personal_identity_number",),
    "word_of_type": ("type",),
    "word_of_distribution.method": ("distribution.method",),
    "word_of_buyer.entity_type": ("buyer.entity_type",),
    "currency": ("currency_code",),
    "unit": ("rows.unit",),
    "country": ("buyer.address.country_code",),
    "date": ("date", "due_date"),
    "rate": ("rows.vat_percentage",),
    "reference": ("references.payment",),
    "postal": ("buyer.address.postal_code",),
    "street": ("buyer.address.street",),
    "company": ("buyer.name",),
    "numbered": ("number",),
}
"""What a column of unknown name may be where nine of ten values are of a kind, the surest kinds first."""


@dataclass(frozen=True, slots=True)
class Named:
    """One column with its facts, what its header means, and the sums its numbers make."""

    facts: Facts
    meaning: Meaning
    roles: tuple[Role, ...] = ()

    @property
    def column(self) -> Column:
        """Give the column."""
        return self.facts.column


def meaning_of(column: Column) -> Meaning:
    """Say what the header of *column* means, with what stands over a group of headers."""
    words = the_words()
    alone = words.meaning(column.header)
    if not column.above or alone.is_ours:
        return alone
    together = words.meaning(f"{column.above} {column.header}")
    if together.exact or together.may_be:
        return together
    party = words.party(column.above)
    named = (alone.exact or next(iter(alone.may_be), "")).partition(".")[0]
    if words.meaning(column.above).is_of_another or (party and named in _PARTIES and named != party):
        names = (alone.exact, *alone.may_be) if alone.exact else alone.may_be
        return Meaning(may_be=names, is_of_another=True)
    return alone


def candidates(one: Named, decimal: str) -> Iterator[Proposal]:
    """Give what the column may be: at most one is exact, and nothing else is given beside it."""
    if one.meaning.is_ours or one.meaning.is_unneeded or not (one.facts.count or one.meaning.exact):
        return
    if exact := one.meaning.exact:
        found = _of_word(one, exact, decimal, _EXACT)
        yield found
        if found.is_exact or found.strength == _DOUBTED:
            return
    given = {exact}
    for index, name in enumerate(one.meaning.may_be):
        if verdict(name, one.facts).is_possible:
            given.add(name)
            yield _of_word(one, name, decimal, _WORD - 4 * index)
    if not one.meaning.exact and not one.meaning.may_be:
        for name in the_words().near(one.column.header)[:2]:
            if name not in given and verdict(name, one.facts).is_possible:
                given.add(name)
                yield _of_word(one, name, decimal, _NEAR)
    for name, strength, said in _by_value(one):
        if name not in given:
            given.add(name)
            told = reading(name, one.facts, decimal)
            evidence = _joined(tr("the header says nothing of it"), said, told.doubt)
            yield Proposal(name, one.column, False, evidence, strength, told.rule, told.table)


def _of_word(one: Named, name: str, decimal: str, strength: int) -> Proposal:
    found = verdict(name, one.facts, is_sure=strength == _EXACT)
    told = reading(name, one.facts, decimal)
    sums = [role.evidence for role in one.roles if name in _ROLES[role.name]]
    if strength == _EXACT:
        said = tr("the header is a word for it")
        is_exact = found.is_possible and not told.doubt
        strength = _EXACT if is_exact else _DOUBTED if found.is_possible else _CONTRADICTED
    elif strength == _NEAR:
        is_exact, said = False, tr("the header has a word for it within")
    else:
        is_exact, said = False, tr("the header may mean it, or something else")
        strength += _PROVED * found.is_proved
    evidence = _joined(said, found.evidence, *sums[:2], told.doubt)
    weight = strength + (_IN_A_SUM if sums and not is_exact else 0)
    return Proposal(name, one.column, is_exact, evidence, weight, told.rule, told.table)


def _by_value(one: Named) -> Iterator[tuple[str, int, str]]:
    """Give the fields that values alone speak for, with the evidence; nothing where the header is a known word."""
    if one.meaning.may_be and any(verdict(name, one.facts).is_possible for name in one.meaning.may_be):
        return
    if one.meaning.is_of_another:
        return
    for role in one.roles:
        for index, name in enumerate(_ROLES[role.name]):
            yield name, _BY_VALUE + _IN_A_SUM - index, role.evidence
    if one.facts.count < _LEAST_TOLD:
        return
    for kind in _BY_KIND:
        if one.facts.are(kind) and (kind not in _SURE_OF or _SURE_OF[kind](one.facts)):
            said = one.facts.said(kind) if kind != "company" else one.facts.said("letters")
            for index, name in enumerate(_BY_KIND[kind]):
                if verdict(name, one.facts).is_possible:
                    yield name, _BY_VALUE - 3 * index, said
            return


def _is_like_rates(facts: Facts) -> bool:
    """Whether there is one among the rates that hardly anything else is: 25,5 or with a sign."""
    return any("%" in text or "." in plain_number(text) for text in facts.counts)


def _is_like_numbers(facts: Facts) -> bool:
    """Whether the values are whole numbers that rise from row to row, each in one block of rows."""
    told = [text for raw in facts.column.texts if (text := raw.strip())]
    blocks = [text for place, text in enumerate(told) if place == 0 or told[place - 1] != text]
    if len(blocks) != len(set(blocks)) or not all(text.isascii() and text.isdigit() for text in blocks):
        return False
    rising = sum(int(first) < int(second) for first, second in itertools.pairwise(blocks))
    return rising * 10 >= (len(blocks) - 1) * 9 and min(map(int, blocks)) > len(blocks)


_SURE_OF: Mapping[str, Callable[[Facts], bool]] = {"numbered": _is_like_numbers, "rate": _is_like_rates}


def _joined(*sentences: str) -> str:
    return "; ".join(dict.fromkeys(sentence for sentence in sentences if sentence))


def levels(column: Column, groups: Sequence[int]) -> str:
    """Say whether a column is of the "invoice" or of the "row": "" where no invoice has several rows to tell it."""
    first: dict[int, str] = {}
    several = differs = 0
    for group, text in zip(groups, column.texts, strict=True):
        if group in first:
            several += 1
            differs += bool(text.strip()) and text.strip() != first[group]
        first.setdefault(group, text.strip())
    if several < _LEAST_TOLD:
        return ""
    return "row" if differs else "invoice"

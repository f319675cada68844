"""Naming the columns of a file: what words say beyond doubt is applied, anything weaker proposed, strongest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from confirma_connector.language import tr
from confirma_connector.proposing.candidates import Named, candidates, levels
from confirma_connector.proposing.evidence import verdict
from confirma_connector.proposing.found import Column, Proposal
from confirma_connector.proposing.values import kinds_of

__all__ = ["Naming", "invoices", "naming"]

_TWICE, _APPLIED = 85, 100
_MOST, _NEARLY = 3, 10
"""Of one column at most so many proposals are told, each nearly as strong as the strongest."""
_OF_MONEY = ("net_amount", "vat_amount", "gross_amount")
_OTHER_LEVEL, _NEEDED_LEVEL = -30, 6


@dataclass(frozen=True, slots=True)
class Naming:
    """The columns of a file by what they are: *applied* beyond doubt, *confirmed* by a person, *proposed*, *unused*."""

    applied: tuple[Proposal, ...]
    confirmed: tuple[Proposal, ...]
    proposed: tuple[Proposal, ...]
    unused: tuple[Column, ...]

    def taken(self) -> Mapping[str, Proposal]:
        """Give what was applied or confirmed, by field."""
        return {one.field: one for one in (*self.applied, *self.confirmed)}

    def strongest(self, field: str) -> Proposal | None:
        """Give what fills *field*, or else what is likeliest to."""
        return self.taken().get(field) or next((one for one in self.proposed if one.field == field), None)

    def with_more(self, told: Iterable[Proposal]) -> Naming:
        """Give it with further proposals, ahead of what else was proposed of a field."""
        more = {(one.field, one.column.place): one for one in told}
        rest = (one for one in self.proposed if (one.field, one.column.place) not in more)
        places = {place for _, place in more}
        unused = tuple(one for one in self.unused if one.place not in places)
        return replace(self, proposed=(*more.values(), *rest), unused=unused)

    def doubted(self, mark: str) -> Naming:
        """Give it with what was applied but names codes that mean numbers with the *mark*: that may be another."""
        doubtful = tuple(one for one in self.applied if any(mark in meaning for meaning in one.table.values()))
        sure = tuple(one for one in self.applied if one not in doubtful)
        return replace(self, applied=sure).with_more(replace(one, is_exact=False) for one in doubtful)

    def without(self, places: Collection[int]) -> Naming:
        """Give it without what was proposed of the columns at *places*."""
        return replace(self, proposed=tuple(one for one in self.proposed if one.column.place not in places))


def naming(columns: Sequence[Named], decimal: str, confirmed: Mapping[str, int | None]) -> Naming:
    """Name the *columns*. *confirmed* says which column, by its place, a person gave a field; None for none of them."""
    found = {one.column.place: list(candidates(one, decimal)) for one in columns}
    _settle_the_bare(columns, found, confirmed)
    _level(columns, found, confirmed)
    _contradict(columns, found)
    proposals = [proposal for told in found.values() for proposal in told]
    sure = _without_twins([one for one in proposals if one.is_exact])
    by_person = [*_by_person(columns, proposals, confirmed)]
    decided = {field for field, place in confirmed.items() if place is not None}
    gone = {place for place in confirmed.values() if place is not None}
    applied = tuple(one for one in sure if one.field not in decided and one.column.place not in gone)
    applied = tuple(one for one in applied if confirmed.get(one.field, 0) is not None)
    taken = {one.field for one in applied} | decided
    used = {one.column.place for one in applied} | gone
    left = (one for one in proposals if one.field not in taken and one.column.place not in used)
    rest = _likely(_strongest_first(_with_twins(left, [one for one in proposals if one.is_exact])))
    asked = {one.column.place for one in rest}
    unused = tuple(one.column for one in columns if one.column.place not in used | asked and not one.meaning.is_ours)
    return Naming(applied, tuple(by_person), tuple(rest), unused)


def _by_person(
    columns: Sequence[Named], proposals: Sequence[Proposal], confirmed: Mapping[str, int | None]
) -> Iterator[Proposal]:
    """Give what a person took, also where nothing here spoke for it."""
    told = {(one.field, one.column.place): one for one in proposals}
    by_place = {one.column.place: one.column for one in columns}
    for field, place in confirmed.items():
        if place is not None:
            yield told.get((field, place)) or Proposal(field, by_place[place], False, "")


def _without_twins(exact: Sequence[Proposal]) -> list[Proposal]:
    often = Counter(one.field for one in exact)
    return [one for one in exact if often[one.field] == 1]


def _with_twins(proposals: Iterator[Proposal], exact: Sequence[Proposal]) -> Iterator[Proposal]:
    for one in proposals:
        headers = [other.column.header for other in exact if other.field == one.field]
        if not one.is_exact:
            yield one
        elif len(headers) > 1:
            names = ", ".join(f'"{header}"' for header in headers)
            said = tr("several columns have a word for it: {names}", names=names)
            yield replace(one, is_exact=False, strength=_TWICE, evidence=f"{said}; {one.evidence}")
        else:
            yield replace(one, is_exact=False, strength=_TWICE)


def _strongest_first(proposals: Iterator[Proposal]) -> list[Proposal]:
    return sorted(proposals, key=lambda one: (-one.strength, one.column.place, one.field))


def _likely(proposals: Sequence[Proposal]) -> list[Proposal]:
    best: dict[int, int] = {}
    often: Counter[int] = Counter()
    kept = []
    for one in proposals:
        place = one.column.place
        if one.strength >= best.setdefault(place, one.strength) - _NEARLY and often[place] < _MOST:
            often[place] += 1
            kept.append(one)
    return kept


def _settle_the_bare(
    columns: Sequence[Named], found: dict[int, list[Proposal]], confirmed: Mapping[str, int | None]
) -> None:
    """Apply `Postinumero` and the like to the buyer where nothing in the file speaks for anybody else."""
    sure = {one.field for told in found.values() for one in told if one.is_exact} | {
        field for field, place in confirmed.items() if place is not None
    }
    has_buyer = any(
        (one.meaning.exact or next(iter(one.meaning.may_be), "")).startswith("buyer.") and not one.meaning.is_bare
        for one in columns
    )
    if "number" not in sure or not has_buyer or any(one.meaning.is_of_another for one in columns):
        return
    often = Counter(one.meaning.may_be[0] for one in columns if one.meaning.is_bare)
    for one in columns:
        name = one.meaning.may_be[0] if one.meaning.is_bare else ""
        if not name or often[name] > 1 or name in sure or one.facts.different < 2:
            continue
        told = found[one.column.place]
        first = next((proposal for proposal in told if proposal.field == name), None)
        seen = verdict(name, one.facts)
        if first is None or not seen.is_possible or first.strength >= _APPLIED or _is_doubted(first, name, one):
            continue
        said = tr("the header is a word for it, and no other column tells of anybody but the buyer")
        found[one.column.place] = [
            replace(first, is_exact=True, strength=_APPLIED, evidence=f"{said}; {seen.evidence}")
        ]


def _is_doubted(first: Proposal, name: str, one: Named) -> bool:
    """Whether the line would change values in a way a person should see, or the check digits do not speak for it."""
    needs_proof = name.endswith(("business_id", "vat_code"))
    return (
        bool(one.facts.doubt(name))
        or "postal_code_fi" in first.rule.get("transform", ())
        or (needs_proof and not verdict(name, one.facts).is_proved)
    )


def _level(columns: Sequence[Named], found: dict[int, list[Proposal]], confirmed: Mapping[str, int | None]) -> None:
    """Tell totals of invoices from amounts of rows by whether they differ among the rows of one invoice."""
    proposals = [one for told in found.values() for one in told]
    number = next((one.column for one in columns if one.column.place == confirmed.get("number")), None)
    number = number or next((one.column for one in _strongest_first(iter(proposals)) if one.field == "number"), None)
    groups = invoices(number) if number is not None else []
    strong = {one.field for one in proposals if one.strength >= _APPLIED // 2}
    is_priced = {"rows.quantity", "rows.unit_price"} <= strong
    for one in columns:
        level = levels(one.column, groups) if groups else ""
        told = found[one.column.place]
        for place, proposal in enumerate(told):
            if _leaf(proposal.field) not in _OF_MONEY:
                continue
            is_of_row = proposal.field.startswith("rows.")
            weight = _OTHER_LEVEL if level == ("invoice" if is_of_row else "row") else 0
            weight += _NEEDED_LEVEL if not level and is_of_row != is_priced else 0
            is_exact = proposal.is_exact and weight != _OTHER_LEVEL
            told[place] = replace(proposal, strength=proposal.strength + weight, is_exact=is_exact)


def _contradict(columns: Sequence[Named], found: dict[int, list[Proposal]]) -> None:
    """Drop what the sums speak against: no quantity is an amount, and no amount that comes out is a quantity."""
    counting = [one for one in columns if _first(one) == "rows.quantity"]
    has_price = any(_first(one) == "rows.unit_price" and one.facts.count for one in columns)
    for one in columns:
        names = {role.name for role in one.roles}
        refused: tuple[str, ...] = ()
        if names and names <= {"quantity", "price"}:
            refused = _OF_MONEY
        elif names & {"product", "net", "vat", "gross"} and not names & {"quantity", "price"}:
            refused = ("quantity", "unit_price") if "product" in names else ("quantity",)
        elif not names and has_price and counting == [one]:
            refused = _OF_MONEY
        place = one.column.place
        found[place] = [told for told in found[place] if told.is_exact or _leaf(told.field) not in refused]


def _first(one: Named) -> str:
    return one.meaning.exact or next(iter(one.meaning.may_be), "")


def _leaf(field: str) -> str:
    return field.rpartition(".")[2]


def invoices(number: Column) -> list[int]:
    """Give each row the count of its invoice: rows that stand together with one number, or with none below it."""
    groups: list[int] = []
    last = ""
    for text in number.texts:
        told = text.strip()
        is_new = bool(told) and told != last and bool(kinds_of(told) & {"numbered", "whole"})
        groups.append((groups[-1] if groups else 0) + is_new)
        last = told or last
    return groups

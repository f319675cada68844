"""What the numbers of a file prove about its columns: quantity × price is the net amount, net and VAT the gross."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from confirma_connector.language import tr
from confirma_connector.parsing import CENT, Locale, cents
from confirma_connector.proposing.found import Column
from confirma_connector.proposing.grid import looks_numeric

__all__ = ["Numbers", "Role", "is_proof", "numbers", "roles"]

_LOOKED_AT, _MOST_COLUMNS, _FEWEST = 200, 14, 3
_HUNDRED = Decimal(100)

Numbers = Sequence[Decimal | None]
"""The cells of a column as numbers; None for what is none."""

_Relation = Callable[[Decimal, Decimal, Decimal], bool | None]
"""Whether three numbers stand in a relation; None where they say nothing about it."""


@dataclass(frozen=True, slots=True)
class Role:
    """What a column is in a sum that comes out: quantity, price, net, vat, gross or rate; with how often it does."""

    name: str
    evidence: str


def numbers(column: Column, locale: Locale) -> tuple[Decimal | None, ...]:
    """Read the cells of *column* as numbers; None for what is none."""
    kinds = column.kinds or ("",) * len(column.texts)
    return tuple(_number(text, kind, locale) for text, kind in zip(column.texts, kinds, strict=True))


def _number(text: str, kind: str, locale: Locale) -> Decimal | None:
    if kind == "date" or not (kind == "number" or looks_numeric(text)):
        return None
    try:
        return Decimal(text) if kind == "number" else locale.number(text.replace("€", "").replace("%", ""))
    except (ValueError, ArithmeticError):
        return None


def roles(columns: Sequence[Column], locale: Locale) -> Mapping[int, tuple[Role, ...]]:
    """Give what each column, by its place, is in the sums that come out in nearly every row."""
    read = {column.place: numbers(column, locale) for column in columns}
    read = {place: told for place, told in read.items() if _is_worth_it(told)}
    read = dict(list(read.items())[:_MOST_COLUMNS])
    headers = {column.place: column.header for column in columns}
    found: dict[int, dict[str, Role]] = defaultdict(dict)
    for names, places, evidence in (*_products(read, headers), *_sums(read, headers)):
        for name, place in zip(names, places, strict=True):
            found[place].setdefault(name, Role(name, evidence))
    return {place: tuple(told.values()) for place, told in found.items()}


def _is_worth_it(told: Numbers) -> bool:
    filled = [number for number in told if number is not None]
    return len(filled) >= _FEWEST and any(filled)


def _products(
    read: Mapping[int, Numbers], headers: Mapping[int, str]
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...], str]]:
    for first, second in itertools.combinations(read, 2):
        for whole in read:
            if whole in (first, second):
                continue
            hits, count = _held(read, (first, second, whole), _is_product)
            if not is_proof(hits, count):
                continue
            rate, net = (first, second) if _is_rate(read[first]) else (second, first)
            if _is_rate(read[rate]) and is_proof(*_held(read, (rate, net, whole), _is_share)):
                continue
            said = tr(
                '"{first}" × "{second}" = "{whole}" in {hits} of {count} rows',
                first=headers[first],
                second=headers[second],
                whole=headers[whole],
                hits=hits,
                count=count,
            )
            yield ("quantity", "price", "product"), (first, second, whole), said
            yield ("price", "quantity"), (first, second), said
    for rate in (place for place in read if _is_rate(read[place])):
        for net, vat in itertools.permutations(read, 2):
            hits, count = _held(read, (rate, net, vat), _is_share) if rate not in (net, vat) else (0, 0)
            if is_proof(hits, count):
                said = tr(
                    '"{rate}" of "{net}" is "{vat}" in {hits} of {count} rows',
                    rate=headers[rate],
                    net=headers[net],
                    vat=headers[vat],
                    hits=hits,
                    count=count,
                )
                yield ("rate", "net", "vat"), (rate, net, vat), said


def _sums(
    read: Mapping[int, Numbers], headers: Mapping[int, str]
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...], str]]:
    for net, vat in itertools.permutations(read, 2):
        for gross in read:
            if gross in (net, vat):
                continue
            hits, count = _held(read, (net, vat, gross), _is_sum)
            if is_proof(hits, count):
                said = tr(
                    '"{net}" + "{vat}" = "{gross}" in {hits} of {count} rows',
                    net=headers[net],
                    vat=headers[vat],
                    gross=headers[gross],
                    hits=hits,
                    count=count,
                )
                yield ("net", "vat", "gross"), (net, vat, gross), said


def _held(read: Mapping[int, Numbers], places: tuple[int, int, int], test: _Relation) -> tuple[int, int]:
    """Count in how many rows a relation holds, of those that could speak against it."""
    hits = count = 0
    for one, two, three in zip(*(read[place] for place in places), strict=True):
        if one is None or two is None or three is None or (told := test(one, two, three)) is None:
            continue
        hits, count = hits + told, count + 1
        if count >= _LOOKED_AT or (count - hits > 1 and count - hits > count // 10):
            break
    return hits, count


def is_proof(hits: int, count: int) -> bool:
    """Tell whether so many hits are enough, and nearly all."""
    return count >= _FEWEST and hits * 20 >= count * 19


def _is_rate(told: Numbers) -> bool:
    return all(number is None or 0 <= number <= 30 for number in told)


def _is_product(one: Decimal, two: Decimal, three: Decimal) -> bool | None:
    return None if {abs(one), abs(two)} & {Decimal(0), Decimal(1)} else abs(cents(one * two) - three) <= CENT


def _is_share(rate: Decimal, net: Decimal, vat: Decimal) -> bool | None:
    if not (rate and net):
        return None
    return abs(cents(net * rate / _HUNDRED) - vat) <= CENT or (rate < 1 and abs(cents(net * rate) - vat) <= CENT)


def _is_sum(net: Decimal, vat: Decimal, gross: Decimal) -> bool | None:
    if not (net and vat):
        return None
    return net + vat == gross and 0 < vat / net < Decimal("0.31")

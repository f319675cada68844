"""Places that follow one another, told as one range: "Laskut!G2–G215" for two hundred cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from confirma_connector.language import trn

__all__ = ["PlaceRange", "Ranges", "merged", "ranges_of", "spelled"]

_NUMBERS = re.compile(r"(\d+)")
_LETTERS = re.compile(r"(?:^|!)([A-Z]{1,3})$")
_MOST = 5
"""As many ranges are named; of more it is said how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRange:
    """So many places in a row, from the *first* to the *last*; both are the same where there is only one."""

    first: str
    last: str
    count: int

    def spelled(self) -> tuple[str, str, str]:
        """Give what the places begin with, what tells them apart ("2–215", "G2–G215"), and what they end with."""
        if self.first == self.last:
            lead, _, cell = self.first.rpartition("!")
            found = re.fullmatch(r"(\D*)(\d+)", self.first)
            return (f"{lead}!", cell, "") if lead else ((found[1], found[2], "") if found else ("", self.first, ""))
        firsts, lasts = _NUMBERS.split(self.first), _NUMBERS.split(self.last)
        at = next(index for index, pair in enumerate(zip(firsts, lasts, strict=True)) if pair[0] != pair[1])
        before, after = "".join(firsts[:at]), "".join(firsts[at + 1 :])
        letters = found[1] if (found := _LETTERS.search(before)) else ""
        lead = before.removesuffix(letters)
        return lead, f"{letters}{firsts[at]}–{letters}{lasts[at]}", after


class Ranges:
    """Collects places in their order; what follows what was there last makes its range longer."""

    def __init__(self) -> None:
        self._whole: list[PlaceRange] = []
        self._first: list[str] = []
        self._last: list[str] = []
        self._at = 0
        self._count = 0

    def add(self, place: str) -> None:
        """Take *place* down; one that was there a moment ago is not counted again."""
        parts = _NUMBERS.split(place)
        if self._count and parts == self._last:
            return
        at = self._follows(parts)
        if at and self._at in (0, at):
            self._last, self._at, self._count = parts, at, self._count + 1
            return
        self._whole.extend(self._current())
        self._first, self._last, self._at, self._count = parts, parts, 0, 1

    def take(self, range_: PlaceRange) -> None:
        """Take a whole range down; of one place as that place."""
        if range_.count == 1:
            self.add(range_.first)
        else:
            self._whole += [*self._current(), range_]
            self._count = 0

    def told(self) -> tuple[PlaceRange, ...]:
        """Give the ranges."""
        return (*self._whole, *self._current())

    def _current(self) -> Iterator[PlaceRange]:
        if self._count:
            yield PlaceRange(first="".join(self._first), last="".join(self._last), count=self._count)

    def _follows(self, parts: Sequence[str]) -> int:
        """Give which part is the number that is one more than in the last place; 0 where it does not follow."""
        if not self._count or len(parts) != len(self._last):
            return 0
        odd = [index for index, pair in enumerate(zip(self._last, parts, strict=True)) if pair[0] != pair[1]]
        if len(odd) != 1 or odd[0] % 2 == 0:
            return 0
        return odd[0] if parts[odd[0]] == str(int(self._last[odd[0]]) + 1) else 0


def ranges_of(places: Iterable[str]) -> tuple[PlaceRange, ...]:
    """Give *places* as ranges."""
    ranges = Ranges()
    for place in places:
        ranges.add(place)
    return ranges.told()


def spelled(ranges: Sequence[PlaceRange], most: int = _MOST) -> str:
    """Name the ranges, the sheet or the word "line" only once: "Laskut!G2–G5, G9 and 4 more"."""
    told: list[str] = []
    before = ("", "")
    for one in ranges[:most]:
        lead, between, after = one.spelled()
        told.append(between if told and (lead, after) == before and not after else f"{lead}{between}{after}")
        before = lead, after
    named = ", ".join(told)
    left = sum(one.count for one in ranges[most:])
    return trn("{names} and {count} more", "{names} and {count} more", left, names=named) if left else named


def merged(all_of: Iterable[PlaceRange]) -> tuple[PlaceRange, ...]:
    """Give ranges as longer ones, where single places follow one another."""
    ranges = Ranges()
    for one in all_of:
        ranges.take(one)
    return ranges.told()

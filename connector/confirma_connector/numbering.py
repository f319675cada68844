"""Numbers of invoices, each with its year: of very many, as few bytes as can be are held."""

from __future__ import annotations

__all__ = ["Key", "Numbers"]

Key = tuple[int, int]
"""An invoice's number, and its year where numbers begin anew every year (else 0)."""


class Numbers:
    """A set of keys. (A set of tuples would hold a tuple for each; here the numbers are those of the invoices.)"""

    def __init__(self) -> None:
        self._by_year: dict[int, set[int]] = {}

    def add(self, key: Key) -> bool:
        """Put a key in; tell whether it was not there before."""
        number, year = key
        numbers = self._by_year.setdefault(year, set())
        before = len(numbers)
        numbers.add(number)
        return len(numbers) > before

    def __contains__(self, key: object) -> bool:
        """Tell whether a key is there; None never is."""
        return isinstance(key, tuple) and key[0] in self._by_year.get(key[1], ())

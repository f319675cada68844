"""What headers mean: the words people write above columns, in Finnish, Swedish and English (words.yaml)."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from confirma_connector import yamltext
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.records import RESULT_HEADERS

__all__ = ["CODED", "Meaning", "Words", "folded", "the_words"]

CODED = ("type", "distribution.method", "buyer.entity_type", "language_code", "currency_code")
"""Fields whose words in a file are translated by a table of the mapping."""

_SIGNS = re.compile(r"[^\w%€#+]|_")
_DOUBLED = re.compile(r"#[0-9]+ (?=.)")
_IN_MONEY = re.compile(r"(?:eur|euro|euroa|€)$")
_PARTS = re.compile(r"\s*[/|\n]\s*")
_PLACES = {f"recipient.{name}": f"recipient.{short}" for name, short in (("contact.email", "email"),)}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a header may say: one field and nothing else (*exact*), or one of *may_be*, likeliest first.

    *is_bare* marks what a party has (`Postinumero`) without a word for whose it is. *is_of_another* marks a column that
    tells of somebody who is not the buyer. *is_ours* marks a result column, *is_unneeded* what no field of ours is.
    """

    exact: str = ""
    may_be: tuple[str, ...] = ()
    is_bare: bool = False
    is_of_another: bool = False
    is_ours: bool = False
    is_unneeded: bool = False


class Words:
    """The words of words.yaml, ready to be asked."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._exact: dict[str, str] = {}
        self._bare: dict[str, str] = {}
        self._several: dict[str, tuple[str, ...]] = {}
        self._others, self._suppliers, self._terms, self._unneeded = (
            frozenset(map(folded, _listed(tree[name]))) for name in ("others", "suppliers", "terms", "unneeded")
        )
        self._add_exact(tree)
        for entry in tree["several"]:
            for word in _listed(entry["words"]):
                both = (*self._several.get(folded(word), ()), *entry["may_be"])
                self._several[folded(word)] = tuple(dict.fromkeys(both))
        self._exact = {word: name for word, name in self._exact.items() if word not in self._several}
        self._bare = {word: name for word, name in self._bare.items() if word not in {*self._several, *self._exact}}
        self.codes: Mapping[str, Mapping[str, tuple[tuple[str, ...], ...]]] = {
            name: {meaning: tuple(tuple(_listed([line])) for line in lines) for meaning, lines in codes.items()}
            for name, codes in tree["codes"].items()
        }
        self._vat = {said: tuple(map(folded, _listed(lines))) for said, lines in tree["vat"].items()}
        self.units = frozenset(map(str.casefold, _listed(tree["units"])))

    def _add_exact(self, tree: Mapping[str, Any]) -> None:
        for name, lines in tree["exact"].items():
            for word in _listed(lines):
                self._exact[folded(word)] = name
        parties: Mapping[str, list[str]] = {party: list(_listed(lines)) for party, lines in tree["parties"].items()}
        self._parties = {party: frozenset(map(folded, prefixes)) for party, prefixes in parties.items()}
        for attribute, lines in tree["attributes"].items():
            for word in _listed(lines):
                if attribute != "name":
                    self._bare[folded(word)] = attribute
                for party, prefixes in parties.items():
                    if name := _field_of(party, attribute):
                        for prefix in prefixes:
                            self._exact.setdefault(folded(f"{prefix} {word}"), name)

    def meaning(self, header: str) -> Meaning:
        """Say what *header* means; an empty Meaning where nobody knows it."""
        plain = _DOUBLED.sub("", header)
        word = folded(plain)
        if not word:
            return Meaning()
        if word in _OURS:
            return Meaning(is_ours=True)
        if word in self._terms or word in self._unneeded:
            return Meaning(is_unneeded=True)
        is_of_another = word in self._others
        for tried in dict.fromkeys((word, _IN_MONEY.sub("", word))):
            found = self._of_word(tried, is_of_another=is_of_another)
            if found is not None and (tried == word or _is_money(found)):
                return found
        return self._of_parts(plain) or Meaning(is_of_another=is_of_another)

    def _of_word(self, word: str, *, is_of_another: bool) -> Meaning | None:
        if word in self._several:
            return Meaning(may_be=self._several[word], is_of_another=is_of_another)
        if word in self._exact:
            return Meaning(exact=self._exact[word], is_of_another=is_of_another)
        if word in self._bare:
            attribute = self._bare[word]
            names = (_field_of(party, attribute) for party in ("buyer", "seller"))
            return Meaning(may_be=tuple(name for name in names if name), is_bare=True, is_of_another=is_of_another)
        return None

    def _of_parts(self, header: str) -> Meaning | None:
        """Give what a header in two languages means (`Laskunumero / Fakturanummer`): the same in both."""
        parts = [found for part in _PARTS.split(header) if (found := self._of_word(folded(part), is_of_another=False))]
        if len(parts) < 2 or len(parts) != len(_PARTS.split(header)):
            return None
        if all(part == parts[0] for part in parts):
            return parts[0]
        names = [name for part in parts for name in ((part.exact,) if part.exact else part.may_be)]
        return Meaning(may_be=tuple(dict.fromkeys(names)))

    def party(self, title: str) -> str:
        """Name the party that a title over several headers means; "" for none that is known."""
        word = folded(title)
        return next((party for party, prefixes in self._parties.items() if word in prefixes), "")

    def is_supplier(self, header: str) -> bool:
        """Tell whether *header* stands above those who sent the invoices of a list."""
        return folded(header) in self._suppliers

    def is_terms(self, header: str) -> bool:
        """Tell whether *header* stands above terms of payment."""
        return folded(header) in self._terms

    def vat_of(self, header: str) -> str:
        """Tell whether *header* says that its amounts are "net" or "gross"; "" where it says neither, or both."""
        word = folded(header)
        found = [
            said
            for said, parts in self._vat.items()
            if any(word == part or (len(part) >= _LEAST_PART and part in word) for part in parts)
        ]
        return found[0] if len(found) == 1 else ""

    def near(self, header: str) -> tuple[str, ...]:
        """Name the fields whose words stand within *header*, the longest word first: no more than a hint."""
        word = folded(_DOUBLED.sub("", header))
        found = [known for known in self._exact if len(known) >= _LEAST and known in word and known != word]
        return tuple(dict.fromkeys(self._exact[known] for known in sorted(found, key=lambda one: (-len(one), one))))

    def of(self, name: str) -> tuple[str, ...]:
        """Give the exact words of a field, folded, in order."""
        return tuple(word for word, field in self._exact.items() if field == name)

    def code(self, name: str, text: str) -> str:
        """Give what *text* means as a code of the field *name*; "" where nobody knows."""
        return self._meanings.get(name, {}).get(" ".join(text.casefold().split()), "")

    @functools.cached_property
    def _meanings(self) -> Mapping[str, Mapping[str, str]]:
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for name, codes in self.codes.items():
            for meaning, languages in codes.items():
                for words in languages:
                    found[name] |= dict.fromkeys(words, meaning)
        return found

    def table(self, name: str, texts: Iterable[str]) -> dict[str, str]:
        """Give a table for the words *texts* of the field *name*, with the others that their languages have for it."""
        told = list(dict.fromkeys(" ".join(text.casefold().split()) for text in texts))
        languages = {
            index
            for lines in self.codes[name].values()
            for index, words in enumerate(lines)
            for word in words
            if word in told
        }
        known = {
            word: meaning
            for meaning, lines in self.codes[name].items()
            for index, words in enumerate(lines)
            for word in words
            if index in languages
        }
        return {word: self.code(name, word) for word in (*told, *known) if self.code(name, word)}


_LEAST, _LEAST_PART = 6, 4
"""A shorter word, or part of one, stands within too many others."""


def folded(header: str) -> str:
    """Give *header* as it is compared: small letters without their dots, no spaces, no signs but % € # +."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return _SIGNS.sub("", "".join(sign for sign in plain if not unicodedata.combining(sign)))


_OURS = frozenset(map(folded, RESULT_HEADERS.names()))


def _listed(lines: Sequence[str]) -> Iterator[str]:
    return (word for line in lines for part in line.split(",") if (word := part.strip()))


def _field_of(party: str, attribute: str) -> str:
    """Name the field of a party; "" where it has none."""
    name = f"{party}.{attribute}"
    name = _PLACES.get(name, name)
    return name if name in INVOICE_FIELDS else ""


def _is_money(meaning: Meaning) -> bool:
    names = (meaning.exact,) if meaning.exact else meaning.may_be
    kinds = {INVOICE_FIELDS.get(name) or ROW_FIELDS.get(name.removeprefix("rows.")) for name in names}
    return bool(kinds & {"money", "number"})


@functools.cache
def the_words() -> Words:
    """Give the words that come with the product."""
    with resources.as_file(resources.files("confirma_connector.proposing") / "words.yaml") as path:
        tree = yamltext.load(path).tree
    assert isinstance(tree, dict)
    return Words(MappingProxyType(tree))

"""What validators usually say, in plain words: required, form, length, choice, type, date, number."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from importlib import resources

import yaml

from confirma_connector.forms import form_words
from confirma_connector.language import number, tr, trn

__all__ = ["lacking", "plain", "says_needed"]

_MACROS = {
    "<must>": r"(?:(?:input|value|it|this value)\s+)?(?:must|should|shall|has to|needs? to|ought to)",  # not for people
    "<not>": r"(?:must|may|can|should|shall) ?not",
    "<n>": r"(?P<n>-?\d+(?:[.,]\d+)?)",
    "<m>": r"(?P<m>-?\d+(?:[.,]\d+)?)",
    "<signs>": r"(?:characters?|chars?|signs?|letters?|symbols?|code ?points?)",
    "<a>": r"(?:a |an )?(?:valid |well-formed )?",
    "<unread>": r"(?:could not|cannot) be (?:converted|parsed|deserialized).{0,40}?[\s\[]",  # not for people
}
_CLAUSE = re.compile(r"\b(?:not|no|when|if|unless|must|should|is|are|cannot|may|can)\b", re.IGNORECASE)
"""In what stands before a phrase: then it is not the name of a field alone."""

_AFTER = re.compile(
    r"\s*(?:\[type=.*|\(type=.*|for further information.*|path: .*|\| linenumber.*|\((?:null|was|got|received)\b.*)\Z",
    re.IGNORECASE | re.DOTALL,
)
"""What frameworks put behind their phrases."""

_LACKING = re.compile(
    r"(?:(?:object |data )?(?:must|should) (?:have|contain)(?: the)? required (?:property|field|key|member)"
    r"|(?:is )?missing(?: the)?(?: required)? (?:property|field|key|member)"
    r"|(?:the )?required (?:property|field|key|member))\s*:?\s*[\"'`](?P<before>[\w.]+)[\"'`].{0,30}"
    r"|[\"'`](?P<after>[\w.]+)[\"'`] is a required (?:property|field|key|member)",
    re.IGNORECASE,
)
_LONGEST = 300
_MOST_WORDS, _LONGEST_WORD = 20, 40
_UNBOUNDED = 2**31 - 1
"""The greatest length there is: it says that there is no bound."""


def plain(said: str) -> str | None:
    """Give what a validator said as a sentence about a cell; None when it is none of the phrases we know."""
    text = _AFTER.sub("", " ".join(said.split())).rstrip(" .!")
    if len(text) > _LONGEST:
        return None
    if lacking(text):
        return _needed()
    for meaning, pattern in _patterns():
        found = pattern.fullmatch(text)
        if found and not _CLAUSE.search(found["subject"] or "") and (sentence := _WORDS[meaning](found)):
            return sentence
    return None


def says_needed(said: str) -> bool:
    """Tell whether *said* is that a value is missing."""
    return plain(said) == _needed()


def lacking(said: str) -> str:
    """Give the member that an object lacks, by a sentence about the object; "" when it says no such thing."""
    found = _LACKING.fullmatch(said.strip(" .!"))
    return (found["before"] or found["after"]) if found else ""


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    text = resources.files("confirma_connector").joinpath("phrases.yaml").read_text("utf-8")
    return [
        (meaning, re.compile(rf"(?P<subject>[^;!?]{{0,100}}?[\s:]+)?(?:{_spelled_out(phrase)})", re.IGNORECASE))
        for meaning, phrases in yaml.safe_load(text).items()
        for phrase in phrases
    ]


def _spelled_out(phrase: str) -> str:
    for macro, spelled in _MACROS.items():
        phrase = phrase.replace(macro, spelled)
    return phrase


def _needed() -> str:
    return tr("Confirma needs a value here")


def _form(found: re.Match[str]) -> str:
    pattern = found.groupdict().get("pattern") or ""
    return form_words(pattern.strip(" \"'`/").replace("\\\\", "\\")) or tr("it has not the form that Confirma expects")


def _at_most(found: re.Match[str]) -> str:
    return trn("Confirma takes at most {count} character", "Confirma takes at most {count} characters", int(found["n"]))


def _at_least(found: re.Match[str]) -> str:
    count = int(found["n"])
    return trn("Confirma expects at least {count} character", "Confirma expects at least {count} characters", count)


def _length(found: re.Match[str]) -> str:
    least, most = int(found["n"]), int(found["m"])
    if most >= _UNBOUNDED:
        return _at_least(found)
    if least <= 1:
        return trn("Confirma takes at most {count} character", "Confirma takes at most {count} characters", most)
    return tr("Confirma expects {least} to {most} characters", least=least, most=most)


def _exactly(found: re.Match[str]) -> str:
    count = int(found["n"])
    return trn("Confirma expects exactly {count} character", "Confirma expects exactly {count} characters", count)


def _one_of(found: re.Match[str]) -> str:
    parts = re.split(r",|\bor\b|\band\b|\|", found["words"])
    words = [word for part in parts if (word := part.strip(" \"'`[](){}."))]
    if not words or len(words) > _MOST_WORDS or any(len(word) > _LONGEST_WORD for word in words):
        return ""
    return tr("Confirma expects one of these words: {words}", words=", ".join(words))


def _between(found: re.Match[str]) -> str:
    return tr("Confirma expects a number from {least} to {most}", least=_bound(found), most=_bound(found, "m"))


def _decimals(found: re.Match[str]) -> str:
    return trn("Confirma takes at most {count} decimal", "Confirma takes at most {count} decimals", int(found["n"]))


def _bound(found: re.Match[str], name: str = "n") -> str:
    try:
        return number(Decimal(found[name].replace(",", ".")))
    except InvalidOperation:
        return found[name]


_WORDS: Mapping[str, Callable[[re.Match[str]], str]] = {
    "needed": lambda _: _needed(),
    "form": _form,
    "at_most": _at_most,
    "too_long": lambda _: tr("it is too long for Confirma"),
    "at_least": _at_least,
    "too_short": lambda _: tr("it is too short for Confirma"),
    "digits": lambda found: form_words(rf"\d{{{int(found['n'])}}}"),
    "exactly": _exactly,
    "length": _length,
    "one_of": _one_of,
    "other_word": lambda _: tr("it is none of the words that Confirma takes here"),
    "email": lambda _: tr("Confirma expects an e-mail address"),
    "past": lambda _: tr("Confirma expects a date that has passed"),
    "future": lambda _: tr("Confirma expects a date that is still to come"),
    "date": lambda _: tr("Confirma expects a date"),
    "above_zero": lambda _: tr("Confirma expects a number above {bound}", bound=0),
    "not_negative": lambda _: tr("Confirma expects a number of at least {bound}", bound=0),
    "between": _between,
    "no_less": lambda found: tr("Confirma expects a number of at least {bound}", bound=_bound(found)),
    "above": lambda found: tr("Confirma expects a number above {bound}", bound=_bound(found)),
    "no_more": lambda found: tr("Confirma expects a number of at most {bound}", bound=_bound(found)),
    "below": lambda found: tr("Confirma expects a number below {bound}", bound=_bound(found)),
    "decimals": _decimals,
    "whole_number": lambda _: tr("Confirma expects a whole number"),
    "number": lambda _: tr("Confirma expects a number"),
    "text": lambda _: tr("Confirma expects text"),
    "yes_or_no": lambda _: tr("Confirma expects yes or no"),
    "there_already": lambda _: tr("Confirma has this one already"),
    "not_found": lambda _: tr("Confirma does not find this one"),
    "wrong": lambda _: tr("Confirma says that it is not valid"),
}

"""The encoding of a text file that does not tell it: proved by the words that only one encoding makes of its bytes."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from confirma_connector.encodings import Opener, encoding_of
from confirma_connector.errors import SourceError
from confirma_connector.language import tr, trn
from confirma_connector.limits import Limits

__all__ = ["Alphabet", "alphabet"]

_CANDIDATES = ("cp1252", "iso8859-15", "iso8859-1", "cp850")
_READ = 1 << 22
_WORD = re.compile(rb"[0-9A-Za-z\x80-\xff]+(?:-[0-9A-Za-z\x80-\xff]+)*")
_LETTERS = frozenset("åäöéüæøõšžàáèêëíïñóôúçß")
_SIGNS = frozenset("€£§°½¼¾²³´µ·×–—’‘“”•…©®\u00a0«»")
_RARE = frozenset("õÕ")
"""What cp850 makes of ä and å: a letter, but one of Estonian only."""
_MOST_WORDS = 20_000


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The encoding to declare, "" where the file tells it by itself; or *candidates*, of which one is to be chosen."""

    declared: str
    candidates: tuple[str, ...]
    why: str


def alphabet(open_: Opener, name: str, limits: Limits) -> Alphabet:
    """Find the encoding. Raises SourceError for what is damaged or no text."""
    fault: SourceError | None = None
    try:
        found, bom = encoding_of(open_, name, None, limits.line_length)
    except SourceError as error:  # what cannot be told by the bytes alone may be told by the words
        found, bom, fault = "", b"", error
    if bom or found == "utf-8":
        return Alphabet("", (), "")
    words = _words(open_)
    readings = {codec: _readings(words, codec) for codec in _CANDIDATES}
    most = max((sum(fits) for fits in readings.values() if fits is not None), default=0)
    whole = [codec for codec, fits in readings.items() if fits is not None and sum(fits) == most]
    close = [codec for codec, fits in readings.items() if fits is not None and 2 * sum(fits) >= most]
    if fault and most < len(words):
        raise fault
    if not most or 10 * most < 9 * len(words) or (most < len(words) and close != whole):
        return Alphabet(
            "", tuple(close), tr("in no encoding do all its words with other letters than a to z look right")
        )
    spelled = {codec: tuple(word.decode(codec) for word in words) for codec in whole}
    usual = [codec for codec in whole if not any(_RARE.intersection(word) for word in spelled[codec])]
    whole = usual or whole
    if len({spelled[codec] for codec in whole}) > 1:
        return Alphabet(
            "", tuple(whole), tr("its words with other letters than a to z look right in several encodings")
        )
    if found in whole:
        return Alphabet("", (), "")
    why = trn(
        "its only word with other letters than a to z looks right in no other encoding",
        "its {count} words with other letters than a to z look right in no other encoding",
        len(words),
    )
    return Alphabet(whole[0], (), why)


def _words(open_: Opener) -> list[bytes]:
    """Give the different words that have bytes beyond ASCII."""
    with open_() as file:
        data = file.read(_READ)
    found = dict.fromkeys(word for word in _WORD.findall(data) if not word.isascii())
    return list(found)[:_MOST_WORDS]


def _readings(words: list[bytes], codec: str) -> list[bool] | None:
    """Say of each word whether it looks right in *codec*; None where one cannot be decoded."""
    try:
        return [_looks_right(word.decode(codec)) for word in words]
    except UnicodeDecodeError:
        return None


def _looks_right(word: str) -> bool:
    """Tell whether the letters beyond a to z are letters of words here, and the signs stand where such signs stand."""
    if len(word) == 1 and word.isalpha():
        return True  # one letter alone says nothing
    word = unicodedata.normalize("NFC", word)
    for at, sign in enumerate(word):
        if sign.isascii() or _is_letter_here(word, at, sign):
            continue
        if sign not in _SIGNS or _stands_within(word, at, sign):
            return False
    return True


def _is_letter_here(word: str, at: int, sign: str) -> bool:
    if sign.lower() not in _LETTERS:
        return False
    beside = [other for other in (word[at - 1 : at], word[at + 1 : at + 2]) if other]
    if not any(map(str.isalpha, beside)):
        return not any(map(str.isdigit, beside)) and sign.lower() in "åäöàáé"
    return not (sign.isupper() and word[at - 1 : at].islower())  # a capital within a word


def _stands_within(word: str, at: int, sign: str) -> bool:
    """Tell whether a sign that is no letter stands between letters, where only an apostrophe or a dash may."""
    before, after = word[at - 1 : at] if at else "", word[at + 1 : at + 2]
    if sign in "’´–—\u00a0·":
        return False
    if sign in "½¼¾":
        return before.isalpha() or after.isalpha()
    return before.isalpha() and after.isalpha()

"""What is nowhere to be seen: personal identity numbers, what an answer repeats of a person, the key."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["PEOPLE", "PERSONAL", "SHORTEST_KEY", "hidden", "masked", "without_key"]

PERSONAL = frozenset({"buyer.personal_identity_number"})
"""Fields whose value is never shown."""

PEOPLE = frozenset(
    {
        *("buyer.name", "buyer.contact.contact_person.name", "buyer.contact.contact_person.email"),
        *("buyer.contact.email", "buyer.contact.phone", "recipient.name", "recipient.email"),
        *(f"{party}.address.street{line}" for party in ("buyer", "recipient", "delivery") for line in ("", "2", "3")),
    }
)
"""Fields whose value is not told on when an answer repeats it."""

_DASH = r"(?:[-+A-FU-Ya-fu-y]|\\u002[bBdD])"
_FORM = re.compile(rf"(?<![0-9A-Za-z])(?:19|20)?\d{{6}}{_DASH}\d{{3}}[0-9A-Za-z](?![0-9A-Za-z-])", re.ASCII)
_ITS_MIDDLE = re.compile(rf"[0-9]{{6}}{_DASH}")
"""A search for this alone is several times as quick, and hardly ever finds anything."""
SHORTEST_KEY = 8
"""A shorter one is no secret, and might be part of any text."""

_PLAIN = frozenset("0123456789abcdefghjlmnopqrtuvwxyz")
_PIECE = 1 << 20
_SHORTEST = 5
"""As many letters and digits make a value that can be told from any other word of an answer."""


def hidden(text: str) -> str:
    """Give *text* with a star for each letter and digit."""
    return "".join("*" if sign.isalnum() else sign for sign in text)


def masked(text: str, known: Iterable[str] = ()) -> str:
    """Give *text* with everything hidden that has the form of a Finnish or Swedish personal identity number.

    The values in *known* are hidden as well, right or wrong, in whatever spelling a server repeats them.
    """
    for value in known:
        signs = [sign for sign in value if sign.isalnum()]
        if len(signs) >= _SHORTEST and _may_hold(text, signs):
            between = r"(?:\\u00[0-9a-f]{2}|%[0-9a-f]{2}|[^0-9a-z])*?"
            pattern = rf"(?<![0-9a-z]){between.join(map(re.escape, signs))}(?![0-9a-z])"
            text = re.sub(pattern, lambda found: hidden(found[0]), text, flags=re.IGNORECASE)
    return _FORM.sub(lambda found: hidden(found[0]), text) if _ITS_MIDDLE.search(text) else text


def _may_hold(text: str, signs: Iterable[str]) -> bool:
    """Tell whether *signs* may stand in *text* in this order: most answers are short, and a search costs much more.

    Only those are looked at that are one letter in either case and no other (i, k and s have further forms).
    """
    left = iter(text.lower())
    return all(sign in left for sign in map(str.lower, signs) if sign in _PLAIN)


def without_key(content: bytes, key: str) -> bytes:
    """Give *content* with stars for *key*, however JSON, HTML, an address, UTF-16 or base64 may spell it."""
    if len(key) < SHORTEST_KEY or not _may_spell(content, key.encode("ascii")):
        return content
    return _spellings(key).sub(b"***", content)


def _may_spell(content: bytes, key: bytes) -> bool:
    """Tell whether *key* may be in *content*: the search for all its spellings is slow, and listings are long."""
    if any(sign in content for sign in (b"\\", b"%", b"&#")):
        return True
    if any(form in content for form in _in_base64(key)):
        return True
    wanted, plain = key.lower(), b""
    for start in range(0, len(content), _PIECE):  # a listing is not copied whole
        plain = plain[-len(wanted) :] + content[start : start + _PIECE].translate(None, b" \t\n\r\v\f\0").lower()
        if wanted in plain:
            return True
    return False


_GAP = r"(?:[\s\0]|\\{1,4}[nrt]){0,16}"
"""A line may end within it. (Bounds, as an answer may be made to exhaust a search.)"""


@lru_cache(maxsize=8)
def _spellings(key: str) -> re.Pattern[bytes]:
    signs = (_sign(sign) for sign in key)
    plain = _GAP.join(signs).encode("ascii")
    return re.compile(b"|".join([plain, *map(re.escape, _in_base64(key.encode("ascii")))]))


def _sign(sign: str) -> str:
    number, either = ord(sign), f"[{sign.lower()}{sign.upper()}]" if sign.isalpha() else re.escape(sign)
    return rf"(?:\\{{0,4}}{either}|(?i:\\{{1,4}}u00{number:02x}|%{number:02x}|&#0*{number};|&#x0*{number:x};))"


@lru_cache(maxsize=8)
def _in_base64(data: bytes) -> frozenset[bytes]:
    """Give what base64 makes of *data* within a longer text, wherever that begins; the signs it shares are left out."""
    forms: set[bytes] = set()
    for before in range(3):
        shared = (before * 8 + 5) // 6
        whole = base64.b64encode(bytes(before) + data).rstrip(b"=")[shared : (before + len(data)) * 8 // 6]
        forms |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return frozenset(forms)

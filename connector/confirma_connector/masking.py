"""Personal identity numbers are in the source and in the request body, and nowhere else that this program writes."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["PERSONAL", "hidden", "masked"]

PERSONAL = frozenset({"buyer.personal_identity_number"})
"""Fields whose value is never shown."""

_DASH = r"(?:[-+A-FU-Ya-fu-y]|\\u002[bBdD])"
_FORM = re.compile(rf"(?<![0-9A-Za-z])(?:19|20)?\d{{6}}{_DASH}\d{{3}}[0-9A-Za-z](?![0-9A-Za-z-])", re.ASCII)
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
        signs = [re.escape(sign) for sign in value if sign.isalnum()]
        if len(signs) >= _SHORTEST:
            between = r"(?:\\u00[0-9a-f]{2}|%[0-9a-f]{2}|[^0-9a-z])*?"
            pattern = rf"(?<![0-9a-z]){between.join(signs)}(?![0-9a-z])"
            text = re.sub(pattern, lambda found: hidden(found[0]), text, flags=re.IGNORECASE)
    return _FORM.sub(lambda found: hidden(found[0]), text)

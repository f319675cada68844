"""A regular expression in plain words, where it says no more than how many digits and letters there are."""

from __future__ import annotations

import re

from confirma_connector.language import tr, trn

__all__ = ["form_words"]

_CLASSES = {
    r"\d": "0",
    "[0-9]": "0",
    "[A-Z]": "A",
    "[a-z]": "a",
    "[A-Za-z]": "a",
    "[a-zA-Z]": "a",
    "[A-Z0-9]": "X",
    "[0-9A-Z]": "X",
    "[A-Za-z0-9]": "X",
    "[a-zA-Z0-9]": "X",
    "[0-9A-Za-z]": "X",
    r"\w": "X",
}
_PIECE = re.compile(
    r"(?P<of>\\d|\\w|\[[^\]\[]{1,20}\]|\\(?P<escaped>[^\w\s])|(?P<sign>[A-Za-z0-9 @/_:;,#%&=-]))"
    r"(?P<count>\{(?P<least>\d{1,3})(?P<to>,(?P<most>\d{0,3}))?\}|[+*?])?"
)
_LONGEST = 40


def form_words(pattern: str) -> str:
    """Say what a text that fits *pattern* looks like; "" when that takes more than counting digits and letters."""
    text = pattern.removeprefix("^").removeprefix(r"\A").removesuffix("$").removesuffix(r"\z").removesuffix(r"\Z")
    pieces, at = [], 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None:
            return ""
        pieces.append(found)
        at = found.end()
    return _single(pieces[0]) if len(pieces) == 1 else _several(pieces)


def _single(piece: re.Match[str]) -> str:
    kind, least, most = _CLASSES.get(piece["of"]), *_counts(piece)
    if kind is None or (most is None and least > 1):
        return ""
    if most is None:
        alone = {"0": tr("Confirma expects digits only"), "A": tr("Confirma expects capital letters only")}
        return alone.get(kind, tr("Confirma expects letters only") if kind == "a" else "")
    if least not in (0, 1, most) or (least != most and most > 1 and least > 1):
        between = {
            "0": tr("Confirma expects {least} to {most} digits", least=least, most=most),
            "A": tr("Confirma expects {least} to {most} capital letters", least=least, most=most),
            "a": tr("Confirma expects {least} to {most} letters", least=least, most=most),
        }
        return between.get(kind, tr("Confirma expects {least} to {most} letters or digits", least=least, most=most))
    if least < most:
        up_to = {
            "0": trn("Confirma expects at most {count} digit", "Confirma expects at most {count} digits", most),
            "a": trn("Confirma expects at most {count} letter", "Confirma expects at most {count} letters", most),
        }
        return up_to.get(kind, "")
    exactly = {
        "0": trn("Confirma expects exactly {count} digit", "Confirma expects exactly {count} digits", most),
        "A": trn(
            "Confirma expects exactly {count} capital letter", "Confirma expects exactly {count} capital letters", most
        ),
        "a": trn("Confirma expects exactly {count} letter", "Confirma expects exactly {count} letters", most),
    }
    return exactly.get(
        kind,
        trn(
            "Confirma expects exactly {count} letter or digit",
            "Confirma expects exactly {count} letters or digits",
            most,
        ),
    )


def _several(pieces: list[re.Match[str]]) -> str:
    form = ""
    for piece in pieces:
        least, most = _counts(piece)
        if most != least:
            return ""
        kind = _CLASSES.get(piece["of"]) or piece["escaped"] or piece["sign"]
        if kind is None or (piece["sign"] and piece["sign"] in "0AaX"):
            return ""
        form += kind * least
    if not form or len(form) > _LONGEST:
        return ""
    if not any(sign in form for sign in "AaX"):
        return tr("Confirma expects the form {form}, where each 0 is a digit", form=form)
    return tr("Confirma expects the form {form}, where 0 is a digit, A or a is a letter, X is either", form=form)


def _counts(piece: re.Match[str]) -> tuple[int, int | None]:
    """Give how often a piece may stand: at least, and at most (None: without end)."""
    if piece["least"]:
        least = int(piece["least"])
        return least, (int(piece["most"]) if piece["most"] else None) if piece["to"] else least
    return {"+": (1, None), "*": (0, None), "?": (0, 1)}.get(piece["count"] or "", (1, 1))

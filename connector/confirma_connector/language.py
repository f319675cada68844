"""What people read, in their language: English stands in the code, Finnish and Swedish in the catalogues of `locale/`.

The language is that of `using(…)`, else CONFIRMA_LANGUAGE, else the system's; English where that is neither of ours.
"""

from __future__ import annotations

import datetime as dt
import functools
import gettext
import locale
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import Decimal
from pathlib import Path
from typing import Literal, get_args

__all__ = [
    "CATALOGUES",
    "DOMAIN",
    "LANGUAGES",
    "LanguageCode",
    "because",
    "current",
    "day",
    "either",
    "known",
    "listed",
    "mark",
    "marks",
    "money",
    "number",
    "of_environment",
    "speak",
    "time_of",
    "tr",
    "trn",
    "using",
    "whole",
]

LanguageCode = Literal["en", "fi", "sv"]
LANGUAGES: tuple[LanguageCode, ...] = get_args(LanguageCode)

DOMAIN = "confirma"
CATALOGUES = Path(__file__).parent / "locale"

_VARIABLES = ("CONFIRMA_LANGUAGE", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_NO_BREAK = "\u00a0"

_chosen: ContextVar[LanguageCode | None] = ContextVar("language", default=None)


def tr(text: str, /, **values: object) -> str:
    """Give *text* in the current language, with the *values* put in at their {names}."""
    translated = _catalogue(current()).gettext(text) if text else ""  # what a catalogue has for "" is its header
    return translated.format(**values) if values else translated


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Give *one* or *many*, as *count* asks for, with {count} and the *values* put in."""
    return _catalogue(current()).ngettext(one, many, count).format(count=count, **values)


def mark(text: str) -> str:
    """Give *text* as it is: it goes into the catalogues, and through `tr` when it is shown."""
    return text


def marks(one: str, many: str) -> tuple[str, str]:
    """Give *one* and *many* as they are: they go into the catalogues together, as `trn` has them."""
    return one, many


def number(value: Decimal) -> str:
    """Spell *value* plainly, with the decimal mark of the language."""
    return f"{value:f}" if current() == "en" else f"{value:f}".replace(".", ",")


def money(value: Decimal) -> str:
    """Spell *value* with two decimals and the thousands apart, as the language writes sums of money."""
    text = f"{value:,.2f}"
    return text if current() == "en" else text.replace(",", _NO_BREAK).replace(".", ",")


def whole(count: int) -> str:
    """Spell a whole number with the thousands apart."""
    return f"{count:,}" if current() == "en" else f"{count:,}".replace(",", _NO_BREAK)


def listed(names: Sequence[str], most: int) -> str:
    """Give the first *most* of *names* with commas between, and how many more there are."""
    shown, left = ", ".join(names[:most]), len(names) - most
    return trn("{names} and {count} more", "{names} and {count} more", left, names=shown) if left > 0 else shown


def either(names: Iterable[str]) -> str:
    """Give *names* as a choice: "a, b or c"."""
    *first, last = names
    return tr(" or ").join((", ".join(first), last)) if first else last


def because(error: OSError) -> str:
    """Say why the system did not do it: in the language of the day where it is one of the usual reasons."""
    return tr(error.strerror) if error.strerror else str(error) or type(error).__name__


_REASONS = (
    *(mark("No such file or directory"), mark("Permission denied"), mark("Operation not permitted")),
    *(mark("Is a directory"), mark("Not a directory"), mark("File exists"), mark("File name too long")),
    *(mark("No space left on device"), mark("Read-only file system"), mark("Input/output error")),
    *(mark("Device or resource busy"), mark("Too many open files"), mark("Address already in use")),
)
"""What `because` finds in the catalogues: systems say it in English."""


def day(date: dt.date) -> str:
    """Spell a date: 26.11.2026 in Finnish and in the Swedish of Finland, else 2026-11-26."""
    return f"{date.day}.{date.month}.{date.year}" if current() != "en" else date.isoformat()


def time_of(seconds: float) -> str:
    """Spell a time, given as seconds since 1970, as this machine's clock shows it: its day, and hours to seconds."""
    local = time.localtime(seconds)
    return f"{day(dt.date(*local[:3]))} {time.strftime('%H:%M:%S', local)}"


def current() -> LanguageCode:
    """Give the language of the day."""
    return _chosen.get() or _of_surroundings(*(os.environ.get(name, "") for name in _VARIABLES))


@contextmanager
def using(code: LanguageCode | None) -> Iterator[None]:
    """Speak *code* meanwhile; None changes nothing. It holds in this context: a thread is told anew."""
    token = _chosen.set(code or _chosen.get())
    try:
        yield
    finally:
        _chosen.reset(token)


def speak(code: LanguageCode | None) -> None:
    """Speak *code* from here to the end of the `using` around it; None changes nothing."""
    if code:
        _chosen.set(code)


def of_environment(environ: Mapping[str, str]) -> LanguageCode | None:
    """Give the first language that *environ* names and that is one of ours; as `fi`, `fi_FI.UTF-8` or `fi:en`."""
    for name in _VARIABLES:
        for word in environ.get(name, "").split(":"):
            if code := known(word):
                return code
        if environ.get(name, "").strip():
            return None if name == "CONFIRMA_LANGUAGE" else "en"
    return None


@functools.cache
def _of_surroundings(*values: str) -> LanguageCode:
    return of_environment(dict(zip(_VARIABLES, values, strict=True))) or _of_windows() or "en"


def _of_windows() -> LanguageCode | None:
    """Ask Windows which language it shows its own menus in; other systems say it in the environment."""
    if sys.platform != "win32":
        return None
    import ctypes

    return known(locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), ""))


def known(word: str) -> LanguageCode | None:
    """Give the language of ours that *word* names, as `fi`, `FI` or `fi_FI.UTF-8`; None when it names another."""
    code = word.strip().lower().replace("-", "_").partition("_")[0].partition(".")[0]
    return next((one for one in LANGUAGES if one == code), None)


@functools.cache
def _catalogue(code: LanguageCode) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, CATALOGUES, [code], fallback=False)

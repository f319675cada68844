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
from collections.abc import Iterator, Mapping
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
    "current",
    "day",
    "mark",
    "money",
    "number",
    "of_environment",
    "tr",
    "trn",
    "using",
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
    translated = _catalogue(current()).gettext(text)
    return translated.format(**values) if values else translated


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """Give *one* or *many*, as *count* asks for, with {count} and the *values* put in."""
    return _catalogue(current()).ngettext(one, many, count).format(count=count, **values)


def mark(text: str) -> str:
    """Give *text* as it is: it goes into the catalogues, and through `tr` when it is shown."""
    return text


def number(value: Decimal) -> str:
    """Spell *value* plainly, with the decimal mark of the language."""
    return f"{value:f}" if current() == "en" else f"{value:f}".replace(".", ",")


def money(value: Decimal) -> str:
    """Spell *value* with two decimals and the thousands apart, as the language writes sums of money."""
    text = f"{value:,.2f}"
    return text if current() == "en" else text.replace(",", _NO_BREAK).replace(".", ",")


def day(date: dt.date) -> str:
    """Spell a date: 26.11.2026 in Finnish, else 2026-11-26."""
    return f"{date.day}.{date.month}.{date.year}" if current() == "fi" else date.isoformat()


def current() -> LanguageCode:
    """Give the language of the day."""
    return _chosen.get() or _surroundings()


@contextmanager
def using(code: LanguageCode | None) -> Iterator[None]:
    """Speak *code* meanwhile; None changes nothing. It holds in this context: a thread is told anew."""
    token = _chosen.set(code or _chosen.get())
    try:
        yield
    finally:
        _chosen.reset(token)


def of_environment(environ: Mapping[str, str]) -> LanguageCode | None:
    """Give the first language that *environ* names and that is one of ours; as `fi`, `fi_FI.UTF-8` or `fi:en`."""
    for name in _VARIABLES:
        for word in environ.get(name, "").split(":"):
            if code := _known(word):
                return code
        if environ.get(name, "").strip():
            return None if name == "CONFIRMA_LANGUAGE" else "en"
    return None


@functools.cache
def _surroundings() -> LanguageCode:
    return of_environment(os.environ) or _of_windows() or "en"


def _of_windows() -> LanguageCode | None:
    """Ask Windows which language it shows its own menus in; other systems say it in the environment."""
    if sys.platform != "win32":
        return None
    import ctypes

    return _known(locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), ""))


def _known(word: str) -> LanguageCode | None:
    code = word.strip().lower().replace("-", "_").partition("_")[0].partition(".")[0]
    return next((known for known in LANGUAGES if known == code), None)


@functools.cache
def _catalogue(code: LanguageCode) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, CATALOGUES, [code], fallback=False)

"""Payment references: the Finnish one (7-3-1) and the RF creditor reference (ISO 11649) made of it.

Source: Finance Finland, "Viitenumeron ja viitteen rakenneohje".
"""

from __future__ import annotations

import re
from operator import mul

from confirma_connector.language import tr

__all__ = ["finnish", "is_finnish", "rf", "values_of"]

_WEIGHTS = (7, 3, 1) * 7
_VALUES = bytes(max(0, sign - ord("0")) for sign in range(256))
_BASE = re.compile(r"[0-9]{3,19}")
_REFERENCE = re.compile(r"[0-9]{4,20}")


def finnish(number: str) -> str:
    """Make the Finnish reference of a number: its digits and a check digit, without leading zeros, 4 to 20 digits.

    Raises `ValueError` with a sentence when the number is not 3 to 19 digits (leading zeros not counted).
    """
    base = "".join(number.split()).lstrip("0")
    if not _BASE.fullmatch(base):
        raise ValueError(tr("expected 3 to 19 digits to make a reference of, not counting zeros in front"))
    return base + _check_digit(base)


def values_of(digits: str) -> bytes:
    """Give what the digits 0 to 9 in a text stand for, one by one."""
    return digits.encode().translate(_VALUES)


def rf(number: str) -> str:
    """Make the RF reference of a Finnish reference: RF, two check digits, and *number* without leading zeros.

    The check digit that *number* has itself is not looked at: make it with `finnish`, or ask `is_finnish`.
    Raises `ValueError` with a sentence when *number* is not 4 to 20 digits (leading zeros not counted).
    """
    reference = "".join(number.split()).lstrip("0")
    if not _REFERENCE.fullmatch(reference):
        raise ValueError(tr("expected a reference of 4 to 20 digits, not counting zeros in front"))
    rest = int(f"{reference}271500") % 97  # R is 27, F is 15, and 00 stands where the check digits will
    return f"RF{98 - rest:02d}{reference}"


def is_finnish(text: str) -> bool:
    """Say whether *text* is a Finnish reference whose check digit fits. Spaces and leading zeros do not matter."""
    digits = "".join(text.split())
    base = digits[:-1].lstrip("0")
    return _REFERENCE.fullmatch(digits) is not None and len(base) >= 3 and _check_digit(base) == digits[-1]


def _check_digit(base: str) -> str:
    return str(-sum(map(mul, _WEIGHTS, values_of(base)[::-1])) % 10)
